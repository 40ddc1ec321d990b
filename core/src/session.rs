//! What a protocol is: bytes, time and news go in; bytes, events, settled tickets and a deadline
//! come out.
//!
//! ```text
//!             handle_input  handle_link  handle_timeout          Call::step, cancel, close
//!                   │            │             │                            │
//!                   ▼            ▼             ▼                            ▼
//!            ┌──────────────────────── a Session ────────────────────────────────┐
//!            │  no socket, no clock, no thread, no runtime: the same in any run   │
//!            └────────────────────────────────────────────────────────────────────┘
//!                   │            │             │             │              │
//!                   ▼            ▼             ▼             ▼              ▼
//!            poll_transmit     link      poll_timeout    poll_event     poll_done
//! ```
//!
//! # The orders in which methods may be called
//!
//! One caller, [`drive`](crate::drive()), keeps these for every protocol; whoever drives a session
//! by hand keeps them too. The conformance suite has a wrapper that checks them.
//!
//! 1. `now` never goes back.
//! 2. After any `handle_*`, `Call::step`, `cancel` or `close`, drain: `poll_done` and
//!    `poll_event` until each says `None`; then ask `link`, `poll_transmit` and `poll_timeout`.
//! 3. `handle_link(News::Up)` comes only while `link` says [`Link::Up`] and no transport is there.
//! 4. `handle_input`, `poll_transmit` and `News::Eof` come only between `News::Up` and the
//!    `News::Down` or `News::Lost` that ends that transport. `News::Eof` comes once, after the
//!    last input.
//! 5. Once `link` has said [`Link::Down`] or [`Link::Over`] while a transport was there, no input
//!    follows: what was to be sent is still taken with `poll_transmit`, then `News::Down` or
//!    `News::Lost` comes. There is no way back from `Down` before that news.
//! 6. `handle_input` is asked again with what is left, as long as it uses something; 0 means that
//!    the first message is still cut, and the same bytes come again, longer.
//! 7. A driver that is dropped says `close` and then `News::Lost(BrokenPipe)`, whatever the link
//!    was; nothing follows.
//! 8. When `poll_timeout` has passed, `handle_timeout` comes before the next `poll_transmit`, and
//!    never earlier; after it `poll_timeout` says a later instant or `None`.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// Names one call in flight. A session numbers its calls and never uses a number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub(crate) u64);

impl Ticket {
    /// The ticket of this number, for a session that keeps no [`Desk`](crate::desk::Desk).
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// The transport that a session wants just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A transport, to read and to write.
    Up,
    /// A transport, to read only: the writing side is shut when all is written.
    Half,
    /// None for now. One that is there is written out, shut, and hung up.
    Down,
    /// None ever again: the driver ends when the last words are out.
    Over,
}

/// What happened to a transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum News {
    /// It is there.
    Up,
    /// The peer will say no more; it may still listen.
    Eof,
    /// It was hung up, as the session wanted.
    Down,
    /// It could not be had (`ConnectionRefused`, …) or it broke (`ConnectionReset`, …).
    Lost(ErrorKind),
}

/// So long after `now`; a wait that no clock can hold (`Duration::MAX`, for "never") ends in
/// thirty years.
pub(crate) fn later(now: Instant, wait: Duration) -> Instant {
    const FAR: Duration = Duration::from_secs(30 * 365 * 86_400);
    now.checked_add(wait).unwrap_or_else(|| now + FAR)
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<T> {
    /// It has ended.
    Done(T),
    /// It waits for the session to settle this ticket.
    Wait(Ticket),
}

impl<T> Step<T> {
    /// The same progress, with what comes out at the end changed by `f`.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Step<U> {
        match self {
            Self::Done(output) => Step::Done(f(output)),
            Self::Wait(ticket) => Step::Wait(ticket),
        }
    }
}

mod sealed {
    #[expect(unnameable_types, reason = "only this module says what may be a flow")]
    pub trait Sealed {}
    impl Sealed for () {}
    impl Sealed for super::Peer {}
}

/// Where bytes come from and go to: `()` on a stream, a [`Peer`] on datagrams.
///
/// A [`Session`] and the [`Wire`](crate::drive::Wire) below it share this type, so a stream
/// protocol on a datagram socket does not compile.
pub trait Flow: Copy + sealed::Sealed + Send + 'static {
    /// Whether each message is one datagram, whole.
    const WHOLE: bool;
}

impl Flow for () {
    const WHOLE: bool = false;
}

impl Flow for Peer {
    const WHOLE: bool = true;
}

/// One far end of a datagram session, seen from one of our sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Peer {
    /// One of our sockets, by a number that the session chooses; the wire opens it when the
    /// number is new and keeps it, so a retransmission keeps its source port.
    pub socket: u16,
    /// The far end.
    pub addr: SocketAddr,
}

/// One end of a protocol: a client, or the peer that it talks to.
///
/// The module's page draws it and says in which order the methods are called.
pub trait Session {
    /// `()` for a stream, [`Peer`] for datagrams.
    type Flow: Flow;
    /// What the peer tells unasked; `std::convert::Infallible` where it tells nothing.
    type Event;

    /// The longest message, in octets, that the session wants to see whole. The driver's receive
    /// buffer never grows past it; a longer message ends the link with `InvalidData`.
    fn limit(&self) -> usize {
        65_536
    }

    /// The transport that is wanted now.
    fn link(&self) -> Link;

    /// Something happened to the transport.
    fn handle_link(&mut self, now: Instant, news: News);

    /// A datagram did not reach this peer, or its host says that nobody listens there. The other
    /// peers are as well as before.
    fn handle_unreachable(&mut self, now: Instant, flow: Self::Flow, why: ErrorKind) {
        let _ = (now, flow, why);
    }

    /// Whether input is welcome. While it is not, bytes wait in the driver's buffer, then in the
    /// peer; the driver looks again whenever a call has moved.
    fn wants_input(&self) -> bool {
        true
    }

    /// Takes one message from the front of `input` and says how many octets it used. 0: the
    /// message is cut, or the session has just paused. A peer that breaks the protocol is no
    /// error here: the session settles its calls and goes [`Link::Down`] or [`Link::Over`].
    fn handle_input(&mut self, now: Instant, flow: Self::Flow, input: &[u8]) -> usize;

    /// The instant that [`poll_timeout`](Self::poll_timeout) named has come.
    fn handle_timeout(&mut self, now: Instant);

    /// Appends the next message to `out` and says where it goes; `None`: nothing to send now.
    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Self::Flow>;

    /// When the session next wants [`handle_timeout`](Self::handle_timeout): the earliest of all
    /// that it waits for.
    fn poll_timeout(&self) -> Option<Instant>;

    /// The next thing that the peer told unasked.
    fn poll_event(&mut self) -> Option<Self::Event>;

    /// The next call whose wait is over.
    fn poll_done(&mut self) -> Option<Ticket>;

    /// The call with this ticket has gone: nobody waits for it any more. What the wire demands is
    /// kept; a request that was not sent is not sent.
    fn cancel(&mut self, ticket: Ticket);

    /// No new calls. [`Link::Over`] once those in flight have ended, at the latest when the link
    /// is lost.
    fn close(&mut self);
}

/// A typed operation, of one exchange or of many, stepped against its session.
///
/// `step` submits a request, learns its ticket, and when that is settled takes its own typed
/// answer by it. A call may submit again: an operation of many exchanges is written once, here,
/// for every runtime. `step` is called once at the start and then whenever the ticket that it
/// waits for is settled (or for no reason: it then says the same again). After
/// [`Step::Done`] it is not called any more.
pub trait Call<S> {
    /// What the caller gets: typically a `Result`.
    type Output;

    /// Goes as far as it can.
    fn step(&mut self, session: &mut S, now: Instant) -> Step<Self::Output>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_no_clock_holds_is_only_long() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        assert_eq!(later(now, second), now + second);
        assert!(later(now, Duration::MAX) > now + second * 86_400 * 365 * 29);
    }
}
