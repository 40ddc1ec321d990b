//! What becomes of calls and events when a link comes and goes.

use std::io::ErrorKind;

use netlever_core::desk::Fail;
use netlever_core::openvpn::calls::{Within, kill_client, load_stats, pid, set_verb, verb};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Config, Error};
use netlever_core::session::{Link, News, Session};

use super::table::{S, Table, downs, never};

fn lost(sent: bool, why: ErrorKind) -> Error {
    Fail::Lost { sent, why }.into()
}

#[test]
fn a_lost_link_ends_what_was_sent_and_keeps_what_was_not() {
    let mut config = Config::new(1);
    config.one_at_a_time = true;
    let mut table = Table::ready_with(config);
    let mut change = table.begin(set_verb(4));
    assert_eq!(table.out(), "verb 4\n");
    let mut waits = table.begin(set_verb(5));
    table.news(News::Lost(ErrorKind::ConnectionReset));
    assert_eq!(table.end(&mut change), Err(lost(true, ErrorKind::ConnectionReset)));
    assert_eq!(downs(table.events()), [lost(false, ErrorKind::ConnectionReset)]);
    assert_eq!(table.step(&mut waits), None);
    assert_eq!(table.session.link(), Link::Down, "it waits before it dials");
    table.pass(S);
    table.greet();
    assert!(matches!(table.events()[..], [Event::Up { link: 2, version: 5 }]));
    assert_eq!(table.out(), "verb 5\n");
    table.feed("SUCCESS: verb level changed\r\n");
    assert_eq!(table.end(&mut waits), Ok(()));
}

#[test]
fn a_read_that_was_lost_is_asked_again_and_a_change_is_not() {
    let mut table = Table::ready();
    let mut read = table.begin(load_stats());
    table.out();
    table.news(News::Eof);
    assert_eq!(table.step(&mut read), None, "it waits for the next link");
    table.news(News::Down);
    table.pass(S);
    table.greet();
    assert_eq!(table.out(), "load-stats\n");
    table.feed("SUCCESS: nclients=0,bytesin=0,bytesout=0\r\n");
    assert_eq!(table.end(&mut read), Ok(Default::default()));

    let mut table = Table::ready_with(never());
    let mut read = table.begin(load_stats());
    table.out();
    table.news(News::Eof);
    assert_eq!(table.end(&mut read), Err(lost(true, ErrorKind::UnexpectedEof)));
    assert_eq!(table.session.link(), Link::Over);
    assert_eq!(table.step(&mut pid()), Some(Err(lost(false, ErrorKind::UnexpectedEof))));
}

#[test]
fn the_last_words_of_a_daemon_are_the_reason() {
    let mut table = Table::ready();
    let mut call = table.begin(set_verb(3));
    table.out();
    table.feed(">FATAL:Error: private key password verification failed\r\n");
    table.news(News::Eof);
    let error = table.end(&mut call).unwrap_err();
    assert!(error.sent() && error.to_string().contains("private key password"), "{error}");
    let events = table.events();
    assert!(matches!(&events[0], Event::Notification(told) if told.view().kind() == "FATAL"));
    assert!(matches!(downs(events)[..], [Error::Ended { sent: false, .. }]));
}

#[test]
fn an_environment_that_is_cut_by_the_end_is_told_as_cut() {
    let mut table = Table::ready();
    table.feed(">CLIENT:CONNECT,0,1\r\n>CLIENT:ENV,n_clients=0\r\n>CLI");
    assert!(table.events().is_empty());
    table.news(News::Eof);
    let events = table.events();
    let Event::Notification(connect) = &events[0] else { panic!("{events:?}") };
    assert!(!connect.view().is_complete());
    assert_eq!(connect.view().env().len(), 1);
    assert_eq!(downs(events), [lost(false, ErrorKind::UnexpectedEof)]);
}

#[test]
fn an_answer_that_is_cut_by_the_end_is_lost() {
    let mut table = Table::ready_with(never());
    let mut call = table.begin(netlever_core::openvpn::calls::server_status());
    table.out();
    table.feed("TITLE\tOpenVPN 2.6.14\r\nTIME\tx\t1\r\n");
    table.news(News::Eof);
    assert_eq!(table.end(&mut call), Err(lost(true, ErrorKind::UnexpectedEof)));
}

#[test]
fn dials_that_fail_wait_longer_each_time_and_are_told_once() {
    let mut table = Table::new(Config::new(1));
    let mut waits = vec![];
    for _ in 0..5 {
        table.news(News::Lost(ErrorKind::ConnectionRefused));
        assert_eq!(table.session.link(), Link::Down);
        let before = table.now;
        table.pass(table.session.poll_timeout().unwrap() - before);
        waits.push(table.now - before);
        assert_eq!(table.session.link(), Link::Up);
    }
    assert!(waits[4] > waits[0] * 4, "{waits:?}");
    assert_eq!(downs(table.events()).len(), 1);
    table.news(News::Lost(ErrorKind::PermissionDenied));
    assert_eq!(downs(table.events()).len(), 1, "another reason is news");
}

#[test]
fn an_answer_that_is_owed_for_too_long_costs_the_link() {
    let mut table = Table::ready();
    let mut call = table.begin(Within(load_stats(), S));
    table.out();
    table.pass(S);
    assert_eq!(table.end(&mut call), Err(Fail::TimedOut { sent: true }.into()));
    table.feed(">BYTECOUNT:1,2\r\n");
    table.pass(S * 28);
    assert_eq!(table.session.link(), Link::Up);
    table.pass(S);
    assert_eq!(table.session.link(), Link::Down, "a notification is no answer");
    assert_eq!(downs(table.events()), [lost(false, ErrorKind::TimedOut)]);
}

#[test]
fn an_answer_that_comes_slowly_is_waited_for() {
    let mut table = Table::ready();
    let call = netlever_core::openvpn::calls::help();
    let mut call = table.begin(Within(call, S * 1000));
    table.out();
    for _ in 0..50 {
        table.pass(S * 20);
        table.feed("a line\r\n");
    }
    table.pass(S * 20);
    assert_eq!(table.step(&mut call).map(|answer| answer.is_ok()), Some(false), "1000 s are over");
    assert_eq!(table.session.link(), Link::Up);
}

#[test]
fn closing_lets_calls_end_and_shuts_only_the_sending_side() {
    let mut table = Table::ready();
    let mut sent = table.begin(pid());
    assert_eq!(table.out(), "pid\n");
    let mut queued = table.begin(verb());
    table.session.close();
    assert_eq!(table.session.link(), Link::Up, "one is not sent yet");
    assert_eq!(table.step(&mut pid()), Some(Err(Fail::Closed.into())));
    assert_eq!(table.out(), "verb\n");
    assert_eq!(table.session.link(), Link::Half);
    table.feed(">HOLD:Waiting for hold release:0\r\nSUCCESS: pid=7\r\n");
    assert_eq!(table.end(&mut sent), Ok(7));
    assert_eq!(table.session.link(), Link::Half);
    table.feed("SUCCESS: verb=3\r\n");
    assert_eq!(table.end(&mut queued), Ok(3));
    assert_eq!(table.session.link(), Link::Over);
    table.news(News::Down);
    assert_eq!(table.session.link(), Link::Over);
    assert_eq!(downs(table.events()), [], "that is no news to who closed it");
}

#[test]
fn a_daemon_that_hangs_up_on_a_half_closed_link_leaves_nobody_waiting() {
    let mut table = Table::ready();
    let mut call = table.begin(pid());
    table.out();
    table.session.close();
    assert_eq!(table.session.link(), Link::Half);
    table.news(News::Eof);
    table.news(News::Down);
    let ended = table.end(&mut call);
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn a_closed_session_that_nobody_waits_for_is_over_at_once() {
    let mut table = Table::new(Config::new(1));
    table.session.close();
    assert_eq!(table.session.link(), Link::Over);
    let mut table = Table::ready();
    table.session.close();
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn a_driver_that_is_dropped_while_it_hangs_up_ends_every_call() {
    let mut table = Table::new(Config::new(1));
    let mut call = table.begin(kill_client(1, None));
    table.up();
    table.news(News::Eof);
    assert_eq!(table.step(&mut call), None, "it waits for the next link");
    table.session.close();
    table.news(News::Lost(ErrorKind::BrokenPipe));
    assert_eq!(table.end(&mut call), Err(lost(false, ErrorKind::BrokenPipe)));
    assert_eq!(table.session.link(), Link::Over);
}
