//! Pipelining: who gets which answer.

use netlever_core::desk::Fail;
use netlever_core::openvpn::calls::{
    OnLink, announce, client_count, command, exit, follow_log, help, load_stats, log_and_follow,
    pid, push_update_all, raw, server_status, set_verb, state, status, test, verb, version,
};
use netlever_core::openvpn::error::{Fault, Kind};
use netlever_core::openvpn::session::{Event, WINDOW, WINDOW_OCTETS};
use netlever_core::openvpn::wire::Limits;
use netlever_core::openvpn::{Command, CommandError, Config, Error};
use netlever_core::session::{Call, Link, News, Session, Step};

use super::table::{S, Table, downs};

#[test]
fn commands_go_out_without_waiting_and_answers_come_in_order() {
    let mut table = Table::ready();
    let mut pid = table.begin(pid());
    let mut stats = table.begin(load_stats());
    let mut verb = table.begin(verb());
    assert_eq!(table.out(), "pid\nload-stats\nverb\n");
    table.feed("SUCCESS: pid=7\r\nSUCCESS: nclients=1,bytesin=2,bytesout=3\r\nSUCC");
    assert_eq!(table.end(&mut pid), Ok(7));
    assert_eq!(table.end(&mut stats).unwrap().bytes_out, 3);
    assert_eq!(table.step(&mut verb), None, "its answer is cut");
    table.feed("ESS: verb=4\r\n");
    assert_eq!(table.end(&mut verb), Ok(4));
    assert_eq!(table.session.counters().answers, 3);
}

#[test]
fn notifications_stand_before_between_and_behind_answers() {
    let mut table = Table::ready();
    let mut first = table.begin(pid());
    let mut second = table.begin(state());
    table.out();
    table.feed(
        ">LOG:1,D,MANAGEMENT: CMD 'pid'\r\nSUCCESS: pid=7\r\n>BYTECOUNT:1,2\r\n\
         1,CONNECTED,SUCCESS,10.9.0.1,,,192.0.2.1,1194\r\nEND\r\n>BYTECOUNT:3,4\r\n",
    );
    assert_eq!(table.end(&mut first), Ok(7));
    assert_eq!(table.end(&mut second).unwrap().last().unwrap().name, "CONNECTED");
    let kinds: Vec<_> = table
        .events()
        .iter()
        .map(|event| match event {
            Event::Notification(told) => told.view().kind().to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(kinds, ["LOG", "BYTECOUNT", "BYTECOUNT"]);
}

#[test]
fn a_block_belongs_to_one_call_whatever_its_lines_look_like() {
    let mut table = Table::ready();
    let mut log = table.begin(log_and_follow());
    let mut pid = table.begin(pid());
    assert_eq!(table.out(), "log on all\npid\n");
    table.feed("SUCCESS: real-time log notification set to ON\r\n1,,ERROR: x\r\n");
    assert_eq!(table.step(&mut log), None, "the second part is not there");
    table.feed("2,I,SUCCESS: pid=9\r\n3,,>LOG:1,,x\r\nEND\r\nSUCCESS: pid=7\r\n");
    assert_eq!(table.end(&mut log).unwrap().iter().count(), 3);
    assert_eq!(table.end(&mut pid), Ok(7));
}

#[test]
fn a_refusal_in_place_of_a_block_is_one_answer() {
    let mut table = Table::ready();
    let mut status = table.begin(server_status());
    let mut pid = table.begin(pid());
    assert_eq!(table.out(), "status 3\npid\n");
    let mode = "The 'status' command is not supported by the current daemon mode";
    table.feed(format!("ERROR: {mode}\r\nSUCCESS: pid=7\r\n"));
    let refused = table.end(&mut status).unwrap_err();
    assert_eq!(refused.kind(), Some(Kind::Unsupported));
    assert!(refused.to_string().starts_with(&format!("status: {mode}")), "{refused}");
    assert_eq!(table.end(&mut pid), Ok(7));
}

#[test]
fn what_has_no_answer_is_done_when_it_is_sent() {
    let mut table = Table::ready();
    let mut announced = table.begin(announce(3));
    let mut comment = table.begin(raw("# nothing"));
    let mut pid = table.begin(pid());
    assert_eq!(table.out(), "version 3\n# nothing\npid\n");
    assert_eq!(table.end(&mut announced), Ok(()));
    assert_eq!(table.end(&mut comment), Ok(vec![]));
    table.feed("SUCCESS: pid=7\r\n");
    assert_eq!(table.end(&mut pid), Ok(7), "it is still in step");
}

#[test]
fn lines_before_the_verdict_belong_to_the_same_answer() {
    let mut table = Table::ready();
    let mut push = table.begin(push_update_all("route 10.0.0.0"));
    let mut lines = table.begin(test(2));
    let mut wrong = table.begin(raw("auth-retry bogus"));
    let mut pid = table.begin(pid());
    table.out();
    table.feed(
        "ERROR: Peer ID: 3 has not been updated\r\nSUCCESS: 2 client(s) updated\r\n\
         ERROR: push-update command failed\r\nmy test line 0\r\nmy test line 1\r\n\
         Options error: unknown\r\nERROR: bad auth-retry parameter\r\nSUCCESS: pid=7\r\n",
    );
    let Err(Error::Refused(refused)) = table.end(&mut push) else { panic!("it was refused") };
    assert_eq!(refused.text.octets(), "Peer ID: 3 has not been updated");
    assert_eq!(refused.notes.len(), 1);
    assert_eq!(table.end(&mut lines).unwrap().len(), 2);
    let Err(Error::Refused(refused)) = table.end(&mut wrong) else { panic!("it was refused") };
    assert_eq!((refused.command.as_str(), refused.notes.len()), ("auth-retry", 1));
    assert_eq!(table.end(&mut pid), Ok(7));
}

#[test]
fn a_late_answer_finds_its_place_empty_and_the_next_its_owner() {
    let mut table = Table::ready();
    let mut late = table.begin(pid());
    assert_eq!(table.out(), "pid\n");
    table.pass(S * 5);
    assert_eq!(table.end(&mut late), Err(Fail::TimedOut { sent: true }.into()));
    let mut dropped = client_count();
    let Step::Wait(ticket) = dropped.step(&mut table.session, table.now) else { panic!("waits") };
    assert_eq!(table.out(), "nclients\n");
    table.session.cancel(ticket);
    let mut next = table.begin(verb());
    assert_eq!(table.out(), "verb\n");
    table.feed("SUCCESS: pid=7\r\nSUCCESS: nclients=2\r\nSUCCESS: verb=3\r\n");
    assert_eq!(table.end(&mut next), Ok(3));
    assert_eq!(table.session.counters().late, 2);
    assert_eq!(table.session.pid(), Some(7), "it is learnt all the same");
}

#[test]
fn a_call_dropped_before_it_is_sent_is_not_sent() {
    let mut table = Table::ready();
    let mut call = set_verb(11);
    let Step::Wait(ticket) = call.step(&mut table.session, table.now) else { panic!("waits") };
    table.session.cancel(ticket);
    assert_eq!(table.out(), "");
}

#[test]
fn the_window_is_bounded_in_commands_and_in_octets() {
    let mut table = Table::ready();
    for _ in 0..WINDOW + 1 {
        table.begin(command(Command::Pid));
    }
    assert_eq!(table.out().lines().count(), WINDOW);
    table.feed("SUCCESS: pid=7\r\n");
    assert_eq!(table.out(), "pid\n");

    let mut table = Table::ready();
    let config = vec!["x".repeat(700).into(); 40];
    for kid in 0..3 {
        table.begin(netlever_core::openvpn::calls::accept(1, kid, config.clone()));
    }
    let first = table.out();
    assert_eq!(first.matches("END\n").count(), 2, "three are too much: {}", first.len());
    assert!(first.len() <= WINDOW_OCTETS && first.ends_with("END\n"), "texts go whole");
    table.feed("SUCCESS: client-auth command succeeded\r\n");
    assert_eq!(table.out().matches("END\n").count(), 1);
}

#[test]
fn one_text_larger_than_the_window_goes_alone() {
    let mut table = Table::ready();
    table.begin(pid());
    table.begin(netlever_core::openvpn::calls::accept(1, 1, vec!["x".repeat(700).into(); 100]));
    assert_eq!(table.out(), "pid\n");
    table.feed("SUCCESS: pid=7\r\n");
    assert!(table.out().len() > WINDOW_OCTETS);
}

#[test]
fn one_at_a_time_waits_for_each_answer() {
    let mut config = Config::new(1);
    config.one_at_a_time = true;
    config.settings.state = true;
    let mut table = Table::ready_with(config);
    let mut first = table.begin(pid());
    let mut second = table.begin(verb());
    assert_eq!(table.out(), "state on\n");
    table.feed("SUCCESS: real-time state notification set to ON\r\n");
    assert_eq!(table.out(), "pid\n");
    table.pass(S * 5);
    assert!(table.end(&mut first).is_err());
    assert!(table.step(&mut second).is_some(), "its deadline has passed too");
    let mut third = table.begin(verb());
    assert_eq!(table.out(), "", "the place is still taken");
    table.feed("SUCCESS: pid=7\r\n");
    assert_eq!(table.out(), "verb\n");
    table.feed("SUCCESS: verb=3\r\n");
    assert_eq!(table.end(&mut third), Ok(3));
}

#[test]
fn exit_waits_until_nothing_is_owed_and_goes_last() {
    for leave in [exit(), command(Command::Quit).map_done(), raw("exit").map_done()] {
        let mut table = Table::ready();
        let mut pid = table.begin(pid());
        let mut leave = table.begin(leave);
        let mut behind = table.begin(verb());
        assert_eq!(table.out(), "pid\n", "it would discard the answer");
        table.feed("SUCCESS: pid=7\r\n");
        assert_eq!(table.end(&mut pid), Ok(7));
        let sent = table.out();
        assert!(sent == "exit\n" || sent == "quit\n", "{sent}");
        assert_eq!(table.end(&mut leave), Ok(()));
        assert_eq!(table.session.link(), Link::Down);
        assert_eq!(downs(table.events()), [Error::HungUp]);
        table.news(News::Down);
        table.greet();
        assert_eq!(table.out(), "verb\n", "what was not sent waits for the next link");
        table.feed("SUCCESS: verb=1\r\n");
        assert_eq!(table.end(&mut behind), Ok(1));
    }
}

/// Three calls of one type.
trait Done {
    fn map_done(self) -> netlever_core::openvpn::calls::Ask<()>;
}

impl<T> Done for netlever_core::openvpn::calls::Ask<T> {
    fn map_done(self) -> netlever_core::openvpn::calls::Ask<()> {
        netlever_core::openvpn::calls::Ask::new(self.command().clone(), |reading| reading.done())
    }
}

#[test]
fn bad_input_is_refused_at_once_and_nothing_is_sent() {
    let mut table = Table::ready();
    let control = Error::Input(CommandError::ControlOctet { octet: b'\n' });
    assert_eq!(table.step(&mut raw("pid\nsignal SIGTERM")), Some(Err(control)));
    let long = "x".repeat(769);
    let too_long = Error::Input(CommandError::LineTooLong { octets: 770 });
    assert_eq!(table.step(&mut raw(long.clone())), Some(Err(too_long)));
    let opens = table.end(&mut raw("client-auth 1 1")).unwrap_err();
    assert!(matches!(opens, Error::Input(CommandError::TextRefused { .. })), "{opens}");
    let unasked = table.begin(netlever_core::openvpn::calls::sign(vec![1]));
    assert_eq!(table.out(), "", "a text goes out only while it is wanted");
    let unasked = table.end(&mut unasked.clone()).unwrap_err();
    assert!(unasked.to_string().ends_with("nothing was sent"), "{unasked}");
    // The longest line that is safe goes out among others.
    table.begin(pid());
    table.begin(raw(long[1..].to_owned()).map_done());
    assert_eq!(table.out().len(), 4 + 769);
}

#[test]
fn a_line_that_no_command_explains_is_told_and_disturbs_nobody() {
    let mut table = Table::ready();
    table.feed("SUCCESS: out of the blue\r\n");
    let events = table.events();
    assert!(matches!(&events[..], [Event::Unexpected(line)] if line.ends_with(b"blue")));
    assert_eq!(table.ask(pid(), "SUCCESS: pid=7\r\n").1, Ok(7));
}

#[test]
fn a_block_that_is_left_out_breaks_the_link_rather_than_the_order() {
    let mut table = Table::ready();
    let mut status = table.begin(status(None));
    let mut pid = table.begin(pid());
    table.out();
    table.feed("SUCCESS: pid=7\r\n");
    let Err(Error::Broken { fault: Fault::OutOfStep { command, .. }, sent: true }) =
        table.end(&mut status)
    else {
        panic!("it got the answer of another command")
    };
    assert_eq!(command, "status");
    assert_eq!(table.session.link(), Link::Down);
    assert!(table.end(&mut pid).is_err(), "lost with the link; a broken one is not asked again");
}

#[test]
fn a_status_that_stops_short_ends_with_the_next_line_that_is_not_its_own() {
    let mut table = Table::ready();
    let mut status = table.begin(server_status());
    let mut pid = table.begin(pid());
    table.out();
    table.feed(
        "TITLE\tOpenVPN 2.6.14\r\nTIME\t2026-11-21 20:47:14\t1795294034\r\n\
         HEADER\tCLIENT_LIST\tCommon Name\tReal Address\r\n",
    );
    assert_eq!(table.step(&mut status), None);
    table.feed("SUCCESS: pid=7\r\n");
    assert!(!table.end(&mut status).unwrap().is_complete());
    assert_eq!(table.end(&mut pid), Ok(7));
}

#[test]
fn more_answers_than_the_limit_break_the_link() {
    let mut config = Config::new(1);
    config.limits = Limits { block_lines: 3, ..Limits::default() };
    let mut table = Table::ready_with(config);
    let mut few = table.begin(test(3));
    let mut many = table.begin(test(4));
    table.out();
    table.feed("a\r\nb\r\nc\r\n");
    assert_eq!(table.end(&mut few).unwrap().len(), 3);
    table.feed("a\r\nb\r\nc\r\nd\r\n");
    let error = table.end(&mut many).unwrap_err();
    assert!(matches!(error, Error::Broken { fault: Fault::Replies { limit: 3, .. }, .. }));

    // A daemon that never comes to the verdict.
    let mut config = Config::new(1);
    config.limits = Limits { block_octets: 100, ..Limits::default() };
    let mut table = Table::ready_with(config);
    let mut call = table.begin(pid());
    table.out();
    table.feed("x".repeat(40) + "\r\n");
    table.feed("x".repeat(40) + "\r\n");
    assert_eq!(table.step(&mut call), None);
    table.feed("x".repeat(40) + "\r\n");
    assert!(matches!(table.end(&mut call), Err(Error::Broken { sent: true, .. })));
}

#[test]
fn an_endless_line_breaks_the_link_and_says_where() {
    let mut table = Table::ready();
    let mut call = table.begin(help());
    table.out();
    table.feed("x".repeat(table.session.limit()));
    let error = table.end(&mut call).unwrap_err().to_string();
    assert!(error.contains("at octet 75"), "{error}");
}

#[test]
fn version_and_process_are_asked_for_once_on_a_connection() {
    let mut table = Table::ready();
    let title = "OpenVPN Version: OpenVPN 2.6.14 x86_64\r\nManagement Version: 5\r\nEND\r\n";
    let (sent, told) = table.ask(version(), title);
    assert_eq!((sent.as_str(), told.unwrap().management), ("version\n", 5));
    assert_eq!(table.session.release().unwrap().octets(), "OpenVPN 2.6.14 x86_64");
    let known = table.end(&mut version()).unwrap().release().unwrap();
    assert_eq!(known.to_string(), "2.6.14");
    assert_eq!(table.out(), "");
    table.begin(version().fresh());
    assert_eq!(table.out(), "version\n");
    table.session.forget();
    table.begin(version());
    assert_eq!(table.out(), "version\n");
}

#[test]
fn too_many_calls_are_refused_at_the_door() {
    let mut config = Config::new(1);
    config.bound = 2;
    let mut table = Table::ready_with(config);
    table.begin(pid());
    table.begin(OnLink(pid(), None));
    assert_eq!(table.step(&mut follow_log(true)), Some(Err(Fail::Busy.into())));
}
