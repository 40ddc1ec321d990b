//! Ids of clients mean nothing on another connection: commands that name one never change over.

use std::io::ErrorKind;

use netlever_core::desk::Fail;
use netlever_core::openvpn::calls::{KillNamed, OnLink, accept, deny, kill_client, verb};
use netlever_core::openvpn::error::Kind;
use netlever_core::openvpn::{Config, Error};
use netlever_core::session::News;

use super::table::{S, Table};

fn again(table: &mut Table) {
    table.news(News::Lost(ErrorKind::ConnectionReset));
    table.pass(S);
    table.greet();
}

#[test]
fn an_answer_for_a_client_that_was_not_sent_ends_with_its_connection() {
    let mut config = Config::new(1);
    config.one_at_a_time = true;
    let mut table = Table::ready_with(config);
    table.begin(verb());
    table.out();
    let mut accept = table.begin(accept(0, 1, vec![]));
    let mut deny = table.begin(OnLink(deny(1, 1, "no", None), Some(1)));
    table.news(News::Lost(ErrorKind::ConnectionReset));
    assert_eq!(table.end(&mut accept), Err(Error::Stale));
    assert_eq!(table.end(&mut deny), Err(Error::Stale));
}

#[test]
fn a_call_for_one_connection_is_refused_on_another() {
    let mut table = Table::ready();
    again(&mut table);
    assert_eq!(table.session.link_number(), 2);
    assert_eq!(table.step(&mut OnLink(accept(0, 1, vec![]), Some(1))), Some(Err(Error::Stale)));
    table.begin(OnLink(accept(0, 1, vec![]), Some(2)));
    assert_eq!(table.out(), "client-auth-nt 0 1\n");
}

#[test]
fn without_a_link_the_caller_knows_the_id_from_elsewhere() {
    let mut table = Table::new(Config::new(1));
    let mut kill = table.begin(kill_client(5, Some("HALT".into())));
    table.greet();
    assert_eq!(table.out(), "client-kill 5 HALT\n");
    table.feed("ERROR: client-kill command failed\r\n");
    assert_eq!(table.end(&mut kill).unwrap_err().kind(), Some(Kind::NoSuchClient));
}

const STATUS: &str = "TITLE\tOpenVPN 2.6.14\r\nTIME\tx\t1\r\n\
    HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tBytes Received\tBytes Sent\tClient ID\r\n\
    CLIENT_LIST\ta:b\t192.0.2.2:1\t1\t2\t3\r\nCLIENT_LIST\tbob\t192.0.2.3:1\t1\t2\t4\r\n\
    CLIENT_LIST\ta:b\t192.0.2.4:1\t1\t2\t9\r\n\
    HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\r\nEND\r\n";

#[test]
fn all_clients_of_a_name_are_thrown_out_by_id_whatever_the_name() {
    let mut table = Table::ready();
    let mut kill = table.begin(KillNamed::new("a:b").message("HALT,[N]bye"));
    assert_eq!(table.out(), "status 3\n");
    table.feed(STATUS);
    assert_eq!(table.step(&mut kill), None);
    assert_eq!(table.out(), "client-kill 3 \"HALT,[N]bye\"\n");
    table.feed("ERROR: client-kill command failed\r\n");
    assert_eq!(table.step(&mut kill), None, "it left by itself");
    assert_eq!(table.out(), "client-kill 9 \"HALT,[N]bye\"\n");
    table.feed("SUCCESS: client-kill command succeeded\r\n");
    assert_eq!(table.end(&mut kill), Ok(2));
    let nobody = table.ask(KillNamed::new("carol"), STATUS).1.unwrap_err();
    assert!(nobody.is_not_found(), "{nobody}");
}

#[test]
fn nobody_is_thrown_out_by_the_list_of_another_connection() {
    let mut table = Table::ready();
    let mut kill = table.begin(KillNamed::new("bob"));
    table.out();
    table.feed(STATUS);
    again(&mut table);
    assert_eq!(table.step(&mut kill), Some(Err(Error::Stale)));

    let mut table = Table::ready();
    let mut kill = table.begin(KillNamed::new("a:b"));
    table.out();
    table.feed(STATUS);
    table.step(&mut kill);
    table.out();
    table.feed("SUCCESS: client-kill command succeeded\r\n");
    again(&mut table);
    let gone = Fail::Lost { sent: true, why: ErrorKind::NotConnected };
    assert_eq!(table.step(&mut kill), Some(Err(gone.into())), "one was thrown out");
}
