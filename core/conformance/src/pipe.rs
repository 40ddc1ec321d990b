//! A body in pieces, both ways: while nobody asks for the next piece, nothing is read.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use netlever_core::desk::{Desk, Fail};
use netlever_core::{Call, Link, News, Session, Step, Ticket};

use crate::checked::Checked;

/// The longest piece.
pub const CHUNK: usize = 65_536;

/// How long a call may wait.
const PATIENCE: Duration = Duration::from_secs(30);

/// One end; both are alike.
#[derive(Debug)]
pub struct Pipe {
    push: Desk<Vec<u8>, ()>,
    pull: Desk<(), Vec<u8>>,
    eof: bool,
    finished: bool,
    over: bool,
    /// The most octets that it was ever offered at once.
    pub most: usize,
}

impl Default for Pipe {
    fn default() -> Self {
        Self {
            push: Desk::with_tickets(1, 2, 1, 2),
            pull: Desk::with_tickets(1, 2, 2, 2),
            eof: false,
            finished: false,
            over: false,
            most: 0,
        }
    }
}

impl Session for Pipe {
    type Flow = ();
    type Event = ();

    fn link(&self) -> Link {
        match (self.over, self.finished) {
            (true, _) => Link::Over,
            (false, true) => Link::Half,
            (false, false) => Link::Up,
        }
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        match news {
            News::Up => {}
            News::Eof => {
                self.eof = true;
                while let Some((ticket, ())) = self.pull.send_next(now, |()| true) {
                    self.pull.settle(ticket, Ok(vec![]));
                }
            }
            News::Down | News::Lost(_) => {
                self.over = true;
                self.close();
                let why = if let News::Lost(why) = news { why } else { ErrorKind::NotConnected };
                self.push.lose(why);
                self.pull.lose(why);
            }
        }
    }

    fn wants_input(&self) -> bool {
        self.pull.queued() > 0
    }

    fn handle_input(&mut self, now: Instant, (): (), input: &[u8]) -> usize {
        self.most = self.most.max(input.len());
        let Some((ticket, ())) = self.pull.send_next(now, |()| true) else { return 0 };
        let used = input.len().min(CHUNK);
        self.pull.settle(ticket, Ok(input[..used].to_vec()));
        used
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.push.expire(now);
        self.pull.expire(now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let (ticket, chunk) = self.push.send_next(now, |_| true)?;
        self.push.settle(ticket, Ok(()));
        out.extend(chunk);
        Some(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.push.poll_timeout().into_iter().chain(self.pull.poll_timeout()).min()
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        self.push.poll_done().or_else(|| self.pull.poll_done())
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.push.cancel(ticket);
        self.pull.cancel(ticket);
    }

    fn close(&mut self) {
        self.push.close();
        self.pull.close();
        self.over |= !self.push.waiting() && !self.pull.waiting();
    }
}

/// Sends one piece.
#[derive(Debug)]
pub struct SendChunk(Vec<u8>, Option<Ticket>);

impl SendChunk {
    /// Of these octets.
    #[must_use]
    pub const fn new(octets: Vec<u8>) -> Self {
        Self(octets, None)
    }
}

impl Call<Checked<Pipe>> for SendChunk {
    type Output = Result<(), Fail>;

    fn step(&mut self, checked: &mut Checked<Pipe>, now: Instant) -> Step<Self::Output> {
        let Self(octets, ticket) = self;
        checked.step(now, |pipe| pipe.push.step(ticket, now + PATIENCE, || std::mem::take(octets)))
    }
}

/// Waits for the next piece; an empty one is the end.
#[derive(Debug, Default)]
pub struct NextChunk(Option<Ticket>);

impl Call<Checked<Pipe>> for NextChunk {
    type Output = Result<Vec<u8>, Fail>;

    fn step(&mut self, checked: &mut Checked<Pipe>, now: Instant) -> Step<Self::Output> {
        checked.step(now, |pipe| {
            if pipe.eof && self.0.is_none() {
                return Step::Done(Ok(vec![]));
            }
            pipe.pull.step(&mut self.0, now + PATIENCE, || ())
        })
    }
}

/// There are no more pieces to send.
#[derive(Debug)]
pub struct Finish;

impl Call<Checked<Pipe>> for Finish {
    type Output = ();

    fn step(&mut self, checked: &mut Checked<Pipe>, now: Instant) -> Step<()> {
        checked.step(now, |pipe| {
            pipe.finished = true;
            Step::Done(())
        })
    }
}
