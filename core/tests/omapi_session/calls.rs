//! Calls of several exchanges.

use std::io::ErrorKind;
use std::time::Duration;

use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{
    AddHost, Delete, Lookup, Remove, SetHost, SetLease, SyncHost, Within,
};
use netlever_core::omapi::request::Handle;
use netlever_core::omapi::wire::Opcode;
use netlever_core::omapi::{Config, Error};
use netlever_core::session::{News, Session};

use super::table::*;

#[test]
fn a_lease_is_extended_by_ends_and_then_state_and_read_back() {
    use netlever_core::omapi::values::Time;
    let mut table = Table::signed();
    let mut call = SetLease::of(ip(1)).active_until(Time(2_000_000_000));
    assert!(table.step(&mut call).is_none());
    let open = table.sent().remove(0);
    table.update(&open, 5, &lease(ip(1), 1));
    assert!(table.step(&mut call).is_none());
    let change = table.sent().remove(0);
    let names: Vec<_> = change.object.iter().map(|(name, _)| name.to_vec()).collect();
    assert_eq!(names, [b"ends".to_vec(), b"state".to_vec()]);
    table.status(&change, 0, "");
    assert!(table.step(&mut call).is_none());
    let read = table.sent().remove(0);
    assert_eq!((read.header.opcode, read.header.handle), (Opcode::Refresh.code(), 5));
    table.update(&read, 5, &lease(ip(1), 2));
    assert!(table.step(&mut call).unwrap().is_ok());
}

#[test]
fn one_deadline_holds_for_all_exchanges_of_a_call() {
    let mut table = Table::signed();
    let mut call = Remove::new(Lookup::host().name("x"));
    assert!(table.step(&mut call).is_none());
    let open = table.sent().remove(0);
    table.pass(4 * S);
    table.update(&open, 5, &[("name", "x")].into_iter().collect());
    assert!(table.step(&mut call).is_none());
    table.sent();
    table.pass(S);
    assert_eq!(table.step(&mut call), Some(Err(Error::Failed(Fail::TimedOut { sent: true }))));
}

/// A sync that has deleted the host of another name; the new one is not sent yet.
fn half_synced(table: &mut Table) -> SyncHost {
    let mut call = SyncHost::new(AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("new"));
    assert!(table.step(&mut call).is_none());
    let open = table.sent().remove(0);
    table.update(&open, 5, &[("name", "old")].into_iter().collect());
    assert!(table.step(&mut call).is_none());
    let delete = table.sent().remove(0);
    assert_eq!(delete.header.opcode, Opcode::Delete.code());
    table.status(&delete, 0, "");
    call
}

#[test]
fn a_call_that_changed_something_never_says_that_nothing_was_sent() {
    let mut table = Table::signed();
    let mut call = half_synced(&mut table);
    assert!(table.step(&mut call).is_none());
    table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
    table.pass(5 * S);
    assert!(table.step(&mut call).is_none(), "it tries to put the old host back");
    table.pass(S);
    let Some(Err(Error::NotRestored { failed, restoring })) = table.step(&mut call) else {
        panic!("the host is gone")
    };
    let late = Error::from(Fail::TimedOut { sent: true });
    assert_eq!((*failed, *restoring), (late.clone(), late));

    let mut table = Table::signed();
    let mut call = half_synced(&mut table);
    table.session.close();
    let error = table.step(&mut call).unwrap().unwrap_err();
    assert!(error.sent() && !error.to_string().contains("nothing was sent"), "{error}");
}

#[test]
fn a_change_that_cannot_be_read_back_says_that_it_was_sent() {
    let lost = |why| Some(Err(Error::from(Fail::Lost { sent: true, why })));
    for read_sent in [true, false] {
        let mut table = Table::signed();
        let mut call = SetLease::release(ip(1));
        table.step(&mut call);
        let open = table.sent().remove(0);
        table.update(&open, 5, &lease(ip(1), 1));
        table.step(&mut call);
        let change = table.sent().remove(0);
        table.status(&change, 0, "");
        assert!(table.step(&mut call).is_none());
        if read_sent {
            assert_eq!(table.sent().len(), 1);
        }
        table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
        if read_sent {
            assert_eq!(table.step(&mut call), lost(ErrorKind::ConnectionReset));
            continue;
        }
        table.pass(S);
        table.shake_hands();
        assert!(table.sent().is_empty(), "the handle was of the other connection");
        let half = Error::HalfDone(Box::new(Error::StaleHandle(5)));
        assert!(half.sent());
        assert_eq!(table.step(&mut call), Some(Err(half)));
    }
}

#[test]
fn a_sync_is_guarded_before_it_deletes() {
    let mut table = Table::signed();
    let mut call = SyncHost::new(AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("a b"));
    let Some(Err(Error::Guarded(_))) = table.step(&mut call) else { panic!("it was sent") };
    assert!(table.sent().is_empty());
}

#[test]
fn a_deadline_may_be_as_long_as_a_program_can_say() {
    let mut config = Config::signed(key(), 1);
    (config.deadline, config.handshake) = (Duration::MAX, Duration::MAX);
    (config.stall, config.idle) = (Duration::MAX, Some(Duration::MAX));
    let mut table = Table::ready(config);
    let mut call = lookups(&mut table, 1).remove(0);
    let mut other = Within(Lookup::host().name("x"), Duration::MAX);
    assert!(table.step(&mut other).is_none());
    let asked = table.sent();
    table.pass(S * 86_400 * 365);
    assert!(table.step(&mut call).is_none());
    table.update(&asked[0], 1, &lease(ip(0), 1));
    assert!(table.step(&mut call).unwrap().is_ok());
}

#[test]
fn adding_a_host_names_its_hardware_type_and_asks_exclusively() {
    let mut table = Table::signed();
    let mut call =
        AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("ws1").ip_address(ip(9).into());
    assert!(table.step(&mut call).is_none());
    let asked = table.sent().remove(0);
    for flag in ["create", "exclusive"] {
        assert_eq!(asked.message.get(flag), Some(&[0, 0, 0, 1][..]));
    }
    assert_eq!(asked.object.get("hardware-type"), Some(&[0, 0, 0, 1][..]));
    assert_eq!(asked.object.get("ip-address"), Some(&[10, 99, 0, 9][..]));
}

#[test]
fn a_change_whose_object_is_deleted_before_it_is_read_back_is_half_done() {
    let mut table = Table::signed();
    let mut change = SetHost::new(Lookup::host().name("x")).group("g");
    assert!(table.step(&mut change).is_none());
    let open = table.sent().remove(0);
    table.update(&open, 9, &[("name", "x")].into_iter().collect());
    assert!(table.step(&mut change).is_none());
    let update = table.sent().remove(0);
    let mut delete = Delete::new(&Handle::raw(9));
    assert!(table.step(&mut delete).is_none());
    table.status(&update, 0, "");
    let deleting = table.sent().remove(0);
    assert!(table.step(&mut change).is_none());
    table.status(&deleting, 0, "");
    assert!(table.sent().is_empty(), "a spent handle is not sent");
    let half = Error::HalfDone(Box::new(Error::StaleHandle(9)));
    assert!(half.sent() && half.to_string().contains("stays done"), "{half}");
    assert_eq!(table.step(&mut change).map(Result::err), Some(Some(half)));
}
