//! The link: losses, backoff, idleness, shutdown, and the end.

use std::io::ErrorKind;

use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{AddHost, Lookup, Shutdown, Within};
use netlever_core::omapi::error::Fault;
use netlever_core::omapi::wire::{Attributes, Opcode};
use netlever_core::omapi::{Config, Error};
use netlever_core::session::{Call, Link, News, Session, Step};
use proptest::prelude::*;

use super::table::*;

#[test]
fn a_lost_read_is_asked_again_and_a_lost_change_is_not() {
    let mut table = Table::signed();
    let mut read = Lookup::host().name("x");
    let mut change = AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("ws1");
    assert!(table.step(&mut read).is_none() && table.step(&mut change).is_none());
    assert_eq!(table.sent().len(), 2);
    table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
    let lost = Fail::Lost { sent: true, why: ErrorKind::ConnectionReset };
    assert_eq!(table.step(&mut change).map(Result::err), Some(Some(lost.into())));
    assert!(table.step(&mut read).is_none(), "it waits for the next connection");
    assert_eq!(table.session.link(), Link::Down, "not before the backoff has passed");
    table.pass(S);
    assert_eq!(table.session.link(), Link::Up);
    table.shake_hands();
    let again = table.sent();
    assert_eq!(again.len(), 1);
    table.update(&again[0], 1, &[("name", "x")].into_iter().collect());
    assert!(table.step(&mut read).unwrap().is_ok());
}

#[test]
fn a_call_that_waits_in_vain_for_a_connection_says_why() {
    let mut table = Table::new(Config::signed(key(), 1));
    let mut call = lookups(&mut table, 1).remove(0);
    for _ in 0..3 {
        table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionRefused));
        assert_eq!(table.session.link(), Link::Down);
        table.pass(S);
    }
    table.pass(3 * S);
    let refused = Fail::Lost { sent: false, why: ErrorKind::ConnectionRefused };
    assert_eq!(table.step(&mut call), Some(Err(refused.into())));
}

#[test]
fn a_silent_server_is_left_after_a_while() {
    let mut table = Table::signed();
    let mut call = Within(Lookup::host().name("x"), 3600 * S);
    assert!(table.step(&mut call).is_none());
    table.sent();
    table.pass(29 * S);
    assert_eq!(table.session.link(), Link::Up);
    table.pass(S);
    assert_eq!(table.session.link(), Link::Down, "and there is no way back before the news of it");
}

#[test]
fn an_idle_link_is_hung_up_and_dialled_again_for_the_next_call() {
    let mut config = Config::signed(key(), 1);
    config.idle = Some(60 * S);
    let mut table = Table::ready(config);
    table.pass(60 * S);
    assert_eq!(table.session.link(), Link::Down);
    let mut call = Lookup::host().name("x");
    assert!(table.step(&mut call).is_none());
    assert_eq!(table.session.link(), Link::Down, "it is still being hung up");
    table.session.handle_link(table.now, News::Down);
    assert_eq!(table.session.link(), Link::Up);
}

#[test]
fn idleness_counts_also_from_a_call_that_was_dropped_before_it_was_sent() {
    let mut config = Config::signed(key(), 1);
    config.idle = Some(60 * S);
    let mut table = Table::new(config);
    let mut call = Lookup::host().name("x");
    let Step::Wait(ticket) = call.step(&mut table.session, table.now) else { panic!("it waits") };
    table.shake_hands();
    table.session.cancel(ticket);
    assert!(table.sent().is_empty());
    table.pass(60 * S);
    assert_eq!(table.session.link(), Link::Down);
}

#[test]
fn a_refused_key_ends_the_session_for_every_call() {
    let mut table = Table::new(Config::signed(key(), 1));
    let mut calls = lookups(&mut table, 2);
    table.session.handle_link(table.now, News::Up);
    let asked = decode_all(&table.out()[8..]).remove(0);
    table.introduce();
    let refusal = unsigned(
        Opcode::Status,
        asked.header.tid,
        &status(23, "no object matches specification"),
        &Attributes::new(),
    );
    table.feed(&refusal);
    for call in &mut calls {
        assert!(matches!(table.step(call), Some(Err(Error::KeyRefused { .. }))));
    }
    assert_eq!(table.session.link(), Link::Over, "asking again would be a hot loop");
    assert!(matches!(
        table.step(&mut Lookup::host().name("x")),
        Some(Err(Error::KeyRefused { .. }))
    ));
}

#[test]
fn a_shutdown_is_done_when_the_server_hangs_up_and_nothing_follows_it() {
    for news in [News::Eof, News::Lost(ErrorKind::ConnectionReset)] {
        let mut table = Table::signed();
        let (mut call, mut other) = (Shutdown::new(), Lookup::host().name("x"));
        assert!(table.step(&mut call).is_none());
        let open = table.sent().remove(0);
        table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
        assert!(table.step(&mut call).is_none());
        let change = table.sent().remove(0);
        assert_eq!(change.object.get("state"), Some(&[0, 0, 0, 2][..]));
        assert!(table.step(&mut other).is_none());
        assert!(table.sent().is_empty(), "the server says nothing any more");
        table.pass(4 * S);
        table.session.handle_link(table.now, news);
        assert_eq!(table.step(&mut call), Some(Ok(())));
    }
}

#[test]
fn a_link_that_breaks_on_our_side_is_no_shutdown() {
    for why in [ErrorKind::BrokenPipe, ErrorKind::TimedOut] {
        let mut table = Table::signed();
        let mut call = Shutdown::new();
        table.step(&mut call);
        let open = table.sent().remove(0);
        table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
        table.step(&mut call);
        assert_eq!(table.sent().len(), 1);
        table.session.handle_link(table.now, News::Lost(why));
        let lost = Fail::Lost { sent: true, why };
        assert_eq!(table.step(&mut call), Some(Err(lost.into())));
    }
}

#[test]
fn a_shutdown_whose_answer_breaks_the_protocol_is_not_done() {
    let mut table = Table::signed();
    let mut call = Shutdown::new();
    table.step(&mut call);
    let open = table.sent().remove(0);
    table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
    table.step(&mut call);
    let change = table.sent().remove(0);
    let forged = unsigned(Opcode::Status, change.header.tid, &status(0, ""), &Attributes::new());
    table.feed(&forged);
    let broken = Error::Broken { fault: Fault::Unsigned, sent: true };
    assert_eq!(table.step(&mut call), Some(Err(broken)));
}

#[test]
fn a_shutdown_without_an_end_is_unknown() {
    let mut table = Table::signed();
    let mut call = Shutdown::new();
    table.step(&mut call);
    let open = table.sent().remove(0);
    table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
    table.step(&mut call);
    table.sent();
    table.pass(Shutdown::DEADLINE);
    let unknown = Fail::TimedOut { sent: true };
    assert_eq!(table.step(&mut call), Some(Err(unknown.into())));
    assert_eq!(table.session.link(), Link::Down, "the next call is not to wait for this server");
}

#[test]
fn closing_lets_calls_end_and_takes_no_new_ones() {
    let mut table = Table::signed();
    let mut call = lookups(&mut table, 1).remove(0);
    let asked = table.sent().remove(0);
    table.session.close();
    assert_eq!(table.session.link(), Link::Up);
    assert_eq!(table.step(&mut Lookup::host().name("x")), Some(Err(Error::Failed(Fail::Closed))));
    table.update(&asked, 1, &lease(ip(0), 1));
    assert!(table.step(&mut call).unwrap().is_ok());
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn a_driver_that_is_dropped_while_it_hangs_up_ends_the_calls_that_wait_for_the_next_link() {
    let mut table = Table::new(Config::signed(key(), 1));
    let mut call = lookups(&mut table, 1).remove(0);
    table.session.handle_link(table.now, News::Up);
    table.session.handle_link(table.now, News::Eof);
    assert_eq!(table.step(&mut call), None, "it was not sent: it waits for the next link");
    table.session.close();
    table.session.handle_link(table.now, News::Lost(ErrorKind::BrokenPipe));
    let lost = Fail::Lost { sent: false, why: ErrorKind::BrokenPipe };
    assert_eq!(table.step(&mut call), Some(Err(Error::Failed(lost))));
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn secrets_are_in_no_debug_output() {
    let table = Table::signed();
    let shown = format!("{:?} {:?}", table.session, table.session.config());
    assert!(!shown.contains("a secret") && !shown.contains("97, 32, 115"), "{shown}");
}

proptest! {
    /// Whatever the server sends, in whatever pieces: no panic, and every call ends in time.
    #[test]
    fn any_input_ends_every_call(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20),
        introduced in any::<bool>(),
        signed in any::<bool>(),
    ) {
        let config = if signed { Config::signed(key(), 1) } else { Config::unsigned(1) };
        let mut table = Table::new(config);
        let mut calls = lookups(&mut table, 3);
        table.session.handle_link(table.now, News::Up);
        table.out();
        if introduced {
            table.introduce();
        }
        let mut left = vec![];
        for piece in pieces {
            left.extend(piece);
            while table.session.link() == Link::Up && !left.is_empty() {
                let used = table.session.handle_input(table.now, (), &left);
                prop_assert!(used <= left.len());
                left.drain(..used);
                table.out();
                if used == 0 { break }
            }
        }
        for _ in 0..50 {
            table.pass(S);
            match table.session.link() {
                Link::Down => table.session.handle_link(table.now, News::Down),
                Link::Up => {}
                _ => break,
            }
        }
        for call in &mut calls {
            prop_assert!(table.step(call).is_some());
        }
    }
}
