//! The beginning of a connection.

use std::io::ErrorKind;

use netlever_core::desk::Fail;
use netlever_core::openvpn::calls::{Credentials, load_stats, pid, raw, release_hold};
use netlever_core::openvpn::error::Fault;
use netlever_core::openvpn::event::{Notification, PasswordEvent};
use netlever_core::openvpn::session;
use netlever_core::openvpn::{CommandError, Config, Error, Event};
use netlever_core::session::{Link, News, Session};

use super::table::{GREETING, S, Table, downs, idle, never};

const PROMPT: &str = "ENTER PASSWORD:";
const ACCEPTED: &str = "SUCCESS: password is correct\r\n";

fn locked(password: &str) -> Table {
    let mut table = Table::new(Config::with_password(password, 1));
    table.up();
    assert_eq!(table.out(), "", "nothing is sent before the prompt");
    table
}

#[test]
fn a_session_attaches_at_once_to_hear_events() {
    let mut table = Table::new(Config::new(1));
    assert_eq!(table.session.link(), Link::Up);
    table.up();
    table.feed(format!("{GREETING}>HOLD:Waiting for hold release:0\r\n"));
    let events = table.events();
    assert!(matches!(events[0], session::Event::Up { link: 1, version: 5 }));
    assert!(
        matches!(&events[1], session::Event::Notification(hold) if hold.view().kind() == "HOLD")
    );
    assert_eq!(table.session.management_version(), Some(5));
}

#[test]
fn an_idle_session_dials_when_a_call_waits_and_leaves_the_place_to_others_afterwards() {
    let mut table = Table::new(idle());
    assert_eq!(table.session.link(), Link::Down);
    let mut call = table.begin(pid());
    table.greet();
    assert_eq!(table.out(), "pid\n");
    table.pass(S * 2);
    assert_eq!(table.session.link(), Link::Up, "an answer is owed");
    table.feed("SUCCESS: pid=7\r\n");
    assert_eq!(table.end(&mut call), Ok(7));
    table.events();
    table.pass(S);
    assert_eq!(table.session.link(), Link::Down);
    assert_eq!(downs(table.events()), [Error::HungUp]);
    table.news(News::Down);
    assert_eq!(table.session.link(), Link::Down);
    table.begin(load_stats());
    assert_eq!(table.session.link(), Link::Up);
}

#[test]
fn a_call_that_goes_before_it_is_sent_leaves_an_idle_session_idle() {
    let mut table = Table::new(idle());
    let mut ticket = None;
    let call = table.begin(pid());
    if let netlever_core::session::Step::Wait(waits) =
        netlever_core::session::Call::step(&mut call.clone(), &mut table.session, table.now)
    {
        ticket = Some(waits);
    }
    table.up();
    table.feed(GREETING);
    table.session.cancel(ticket.unwrap());
    assert_eq!(table.out(), "");
    table.pass(S);
    assert_eq!(table.session.link(), Link::Down);
}

#[test]
fn the_prompt_is_answered_and_then_the_greeting_comes() {
    let mut table = locked("s3cret \"x\"");
    table.feed("ENTER PASS");
    assert_eq!(table.out(), "");
    table.feed("WORD:");
    let shown = format!("{:?}", table.session);
    assert!(!shown.contains("s3cret") && !shown.contains("115, 51"), "{shown}");
    assert_eq!(table.out(), "s3cret \"x\"\n", "raw, without quotes");
    let mut call = table.begin(pid());
    assert_eq!(table.out(), "", "no command before the greeting");
    table.feed(format!("{ACCEPTED}{GREETING}"));
    assert_eq!(table.out(), "pid\n");
    table.feed("SUCCESS: pid=1\r\n");
    assert_eq!(table.end(&mut call), Ok(1));
}

#[test]
fn no_secret_of_a_call_is_in_debug_output() {
    let mut table = Table::ready();
    let prompt = Notification::new(b"PASSWORD:Need 'Auth' username/password");
    let Event::Password(PasswordEvent::Need(need)) = prompt.event() else { panic!("a need") };
    let call = table.begin(Credentials::answer(&need, "carol", "s3cret", None));
    let raw = table.begin(raw("password Auth s3cret"));
    for sent in [false, true] {
        let shown = format!("{:?} {call:?} {raw:?}", table.session);
        assert!(!shown.contains("s3cret") && !shown.contains("115, 51"), "{sent}: {shown}");
        table.out();
    }
}

#[test]
fn prompt_and_acceptance_may_come_in_one_read() {
    let mut table = locked("x");
    table.feed(format!("{PROMPT}{ACCEPTED}{GREETING}"));
    assert!(table.session.is_ready());
    assert_eq!(table.out(), "x\n");
}

#[test]
fn a_daemon_without_password_is_not_told_ours() {
    let mut table = Table::ready_with(Config::with_password("x", 1));
    assert_eq!(table.out(), "");
}

#[test]
fn a_wrong_password_is_tried_once_and_ends_the_session() {
    let mut table = locked("wrong");
    let mut call = table.begin(pid());
    table.feed(PROMPT);
    assert_eq!(table.out(), "wrong\n");
    table.feed(PROMPT);
    assert_eq!(table.end(&mut call), Err(Error::WrongPassword));
    assert_eq!(table.out(), "", "each wrong one counts, and the third hangs up");
    assert_eq!(table.session.link(), Link::Over);
    assert_eq!(downs(table.events()), [Error::WrongPassword]);
    assert_eq!(table.step(&mut pid()), Some(Err(Error::WrongPassword)));
    assert!(Error::WrongPassword.is_authentication());
}

#[test]
fn the_end_of_file_behind_a_third_wrong_password_is_a_lost_link() {
    let mut table = locked("wrong");
    table.feed(PROMPT);
    table.out();
    table.news(News::Eof);
    let lost = Fail::Lost { sent: false, why: ErrorKind::UnexpectedEof };
    assert_eq!(downs(table.events()), [lost.into()]);
    assert_eq!(table.session.link(), Link::Down);
}

#[test]
fn a_password_that_is_wanted_and_not_there_is_its_own_error() {
    let mut table = Table::new(Config::new(1));
    let mut call = table.begin(pid());
    table.up();
    table.feed(PROMPT);
    assert_eq!(table.end(&mut call), Err(Error::PasswordRequired));
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn a_password_that_no_daemon_could_read_is_not_sent() {
    let mut table = locked("a\nb");
    let mut call = table.begin(pid());
    table.feed(PROMPT);
    let wrong = CommandError::ControlOctet { octet: b'\n' };
    assert_eq!(table.end(&mut call), Err(Error::Input(wrong)));
    assert_eq!(table.out(), "");
}

#[test]
fn a_silent_daemon_has_another_client() {
    let mut table = Table::new(Config::new(1));
    let mut call = table.begin(pid());
    table.up();
    table.pass(S * 3);
    assert_eq!(table.end(&mut call), Err(Error::Occupied));
    assert_eq!(downs(table.events()), [Error::Occupied]);
    assert_eq!(table.session.link(), Link::Down, "it hangs up, and tries again later");
    table.news(News::Down);
    table.pass(S);
    assert_eq!(table.session.link(), Link::Up);
    table.up();
    table.pass(S * 3);
    assert_eq!(downs(table.events()), [], "that is no news");
    table.news(News::Down);
    table.pass(S);
    table.greet();
    let (_, answer) = table.ask(pid(), "SUCCESS: pid=7\r\n");
    assert_eq!(answer, Ok(7));
}

#[test]
fn a_silent_daemon_ends_a_session_that_does_not_reconnect() {
    let mut table = Table::new(never());
    table.up();
    table.pass(S * 3);
    assert_eq!(table.session.link(), Link::Over);
    assert_eq!(table.step(&mut pid()), Some(Err(Error::Occupied)));
}

#[test]
fn half_a_greeting_is_no_busy_daemon() {
    let mut table = Table::new(never());
    table.up();
    table.feed(">INFO:OpenVPN Mana");
    table.pass(S * 3);
    let lost = Fail::Lost { sent: false, why: ErrorKind::TimedOut };
    assert_eq!(table.step(&mut pid()), Some(Err(lost.into())));
}

#[test]
fn a_daemon_that_does_not_judge_the_password_in_time_is_given_up() {
    let mut table = locked("x");
    table.feed(PROMPT);
    table.out();
    table.pass(S * 2);
    table.pass(S);
    let lost = Fail::Lost { sent: false, why: ErrorKind::TimedOut };
    assert_eq!(downs(table.events()), [lost.into()]);
}

#[test]
fn what_greets_otherwise_is_no_management_interface() {
    let mut table = Table::new(Config::new(1));
    let mut call = table.begin(pid());
    table.up();
    table.feed(format!("SSH-2.0-OpenSSH_10.0 {}\r\n", "x".repeat(100)));
    let [Error::Broken { fault: Fault::NoGreeting { line }, sent: false }] =
        &downs(table.events())[..]
    else {
        panic!("one reason")
    };
    assert!(line.starts_with(b"SSH-2.0") && line.len() == 80);
    assert_eq!(table.session.link(), Link::Down);
    table.news(News::Down);
    table.pass(S * 5);
    let said = table.end(&mut call).unwrap_err().to_string();
    assert!(said.contains("SSH-2.0"), "a call that waited in vain hears why: {said}");
}

#[test]
fn a_dial_that_fails_is_told_to_calls_that_waited_in_vain() {
    let mut table = Table::new(Config::new(1));
    let mut call = table.begin(release_hold());
    table.news(News::Lost(ErrorKind::ConnectionRefused));
    let refused = Error::from(Fail::Lost { sent: false, why: ErrorKind::ConnectionRefused });
    assert_eq!(downs(table.events()), std::slice::from_ref(&refused));
    table.pass(S * 5);
    assert_eq!(table.end(&mut call), Err(refused));
}
