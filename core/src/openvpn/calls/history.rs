//! States, log lines and echoes: what was, and what comes from now on.
//!
//! Live lines are told as [`Event::Notification`](crate::openvpn::session::Event) and end with the
//! connection; [`Settings`](crate::openvpn::Settings) asks for them on every connection.

use super::{Ask, pick};
use crate::openvpn::command::{Command, Show};
use crate::openvpn::history::{EchoHistory, LogHistory};
use crate::openvpn::state::States;

const fn switch(on: bool) -> Show {
    if on { Show::On } else { Show::Off }
}

/// All, or so many of the last.
const fn last(count: Option<u32>) -> Show {
    match count {
        Some(count) => Show::Last(count),
        None => Show::All,
    }
}

fn asks_states(command: Command) -> Ask<States<'static>> {
    Ask::new(command, |reading| reading.find(pick!(States)))
}

fn asks_log(command: Command) -> Ask<LogHistory<'static>> {
    Ask::new(command, |reading| reading.find(pick!(Log)))
}

fn asks_echo(command: Command) -> Ask<EchoHistory<'static>> {
    Ask::new(command, |reading| reading.find(pick!(Echo)))
}

/// `state`: the present one is [`States::last`]; none before the daemon's first.
pub fn state() -> Ask<States<'static>> {
    asks_states(Command::State(None, None))
}

/// `state all`, or `state «n»`: oldest first; the daemon keeps 100.
pub fn states(count: Option<u32>) -> Ask<States<'static>> {
    asks_states(Command::State(Some(last(count)), None))
}

/// `state on all`: the history, and from now on live, with nothing lost between.
pub fn state_and_follow() -> Ask<States<'static>> {
    asks_states(Command::State(Some(Show::On), Some(Show::All)))
}

/// `state on`, `state off`.
pub fn follow_state(on: bool) -> Ask<()> {
    Ask::new(Command::State(Some(switch(on)), None), |reading| reading.done())
}

/// `log all`, or `log «n»`: oldest first; the daemon keeps 250 by default.
pub fn log(count: Option<u32>) -> Ask<LogHistory<'static>> {
    asks_log(Command::Log(last(count), None))
}

/// `log on all`: the history, and from now on live, with nothing lost between.
pub fn log_and_follow() -> Ask<LogHistory<'static>> {
    asks_log(Command::Log(Show::On, Some(Show::All)))
}

/// `log on`, `log off`.
pub fn follow_log(on: bool) -> Ask<()> {
    Ask::new(Command::Log(switch(on), None), |reading| reading.done())
}

/// `echo all`, or `echo «n»`: oldest first; the daemon keeps 100.
pub fn echo(count: Option<u32>) -> Ask<EchoHistory<'static>> {
    asks_echo(Command::Echo(last(count), None))
}

/// `echo on all`: the history, and from now on live, with nothing lost between.
pub fn echo_and_follow() -> Ask<EchoHistory<'static>> {
    asks_echo(Command::Echo(Show::On, Some(Show::All)))
}

/// `echo on`, `echo off`.
pub fn follow_echo(on: bool) -> Ask<()> {
    Ask::new(Command::Echo(switch(on), None), |reading| reading.done())
}
