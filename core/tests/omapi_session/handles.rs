//! Handles: bound to their connection, and spent by a DELETE.

use std::io::ErrorKind;

use netlever_core::omapi::Error;
use netlever_core::omapi::calls::{Delete, Expert, Lookup, Open, Refresh, Update};
use netlever_core::session::{News, Session};

use super::table::*;

#[test]
fn a_handle_of_another_connection_is_not_sent() {
    let mut table = Table::signed();
    let mut call = Lookup::host().name("x");
    table.step(&mut call);
    let asked = table.sent().remove(0);
    table.update(&asked, 40, &[("name", "x")].into_iter().collect());
    let host = table.step(&mut call).unwrap().unwrap();
    let mut read = Refresh::new(host.handle());
    assert!(table.step(&mut read).is_none());
    assert_eq!(table.sent()[0].header.handle, 40, "on its own connection it is good");
    table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
    table.pass(S);
    let mut change = Update::new(host.handle(), [("group", "g")].into_iter().collect());
    assert!(table.step(&mut change).is_none(), "it waits for a connection");
    table.shake_hands();
    let sent = table.sent();
    assert!(sent.iter().all(|seen| seen.header.handle != 40), "{sent:?}");
    assert_eq!(table.step(&mut change), Some(Err(Error::StaleHandle(40))));
}

#[test]
fn a_group_is_deleted_once_through_one_handle() {
    let mut table = Table::signed();
    let mut lookup = Lookup::group("g");
    table.step(&mut lookup);
    let asked = table.sent().remove(0);
    table.update(&asked, 9, &[("name", "g")].into_iter().collect());
    let group = table.step(&mut lookup).unwrap().unwrap();
    let (mut first, mut second) = (Delete::new(group.handle()), Delete::new(group.handle()));
    assert!(table.step(&mut first).is_none() && table.step(&mut second).is_none());
    let sent = table.sent();
    assert_eq!(sent.len(), 1, "a second DELETE would kill the daemon");
    assert_eq!(table.step(&mut second), Some(Err(Error::StaleHandle(9))));
    table.status(&sent[0], 0, "");
    assert_eq!(table.step(&mut first), Some(Ok(())));
}

#[test]
fn what_harms_the_server_is_not_sent_unless_an_expert_says_so() {
    let mut table = Table::signed();
    let mut guarded = Open::new("host");
    let Some(Err(Error::Guarded(_))) = table.step(&mut guarded) else { panic!("it was sent") };
    assert!(table.sent().is_empty());
    let mut expert = Expert(Open::new("host"));
    assert!(table.step(&mut expert).is_none());
    assert_eq!(table.sent().len(), 1);
    let mut again = Open::new("host");
    assert!(table.step(&mut again).is_some(), "the override was for one call");
}
