//! A toy protocol of lines: `7 key` asks, `7 value` answers, `! text` is news.
//!
//! [`Kv`] is its client, with a policy for lost links and a time after which an idle one is hung
//! up. [`Shop`] is its server: it counts how often each key was asked for, in a [`Book`] that all
//! connections share, and does some keys' bidding.

use std::collections::{BTreeMap, VecDeque};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use netlever_core::backoff::{Backoff, Reconnect, Retries};
use netlever_core::desk::{Desk, Fail};
use netlever_core::{Call, Link, News, Session, Step, Ticket};

use crate::checked::Checked;

/// The client.
#[derive(Debug)]
pub struct Kv {
    /// Its calls: a request is a key, an answer a value.
    pub desk: Desk<String, String>,
    /// How often the link was lost, or could not be had.
    pub losses: u32,
    /// Answers that nobody waited for.
    pub strays: u32,
    /// How much news there was.
    pub told: u32,
    retries: Retries,
    /// Wants a link also while nobody calls.
    eager: bool,
    idle: Option<Duration>,
    rest: Option<Instant>,
    up: bool,
    hangs_up: bool,
    ended: bool,
    news: VecDeque<String>,
}

impl Kv {
    /// At most `window` requests on the wire and `bound` calls in all; a link from the start, and
    /// never a second one.
    #[must_use]
    pub fn new(window: usize, bound: usize) -> Self {
        Self {
            desk: Desk::new(window, bound),
            losses: 0,
            strays: 0,
            told: 0,
            retries: Retries::new(Reconnect::Never, 1),
            eager: true,
            idle: None,
            rest: None,
            up: false,
            hangs_up: false,
            ended: false,
            news: VecDeque::new(),
        }
    }

    /// The same, which dials when somebody calls, and again after such waits.
    #[must_use]
    pub fn patient(first: Duration, most: Duration) -> Self {
        let policy = Reconnect::Backoff(Backoff { first, most, jitter: 25 });
        Self { retries: Retries::new(policy, 1), eager: false, ..Self::new(32, 64) }
    }

    /// The same, which hangs up when nobody has called for so long.
    #[must_use]
    pub fn idle(self, after: Duration) -> Self {
        Self { idle: Some(after), ..self }
    }

    /// Whether a link is there.
    #[must_use]
    pub const fn up(&self) -> bool {
        self.up
    }

    fn lost(&mut self, now: Instant, why: ErrorKind) {
        (self.up, self.hangs_up, self.rest) = (false, false, None);
        self.losses += 1;
        if !self.retries.failed(now) {
            self.ended = true;
            self.desk.close();
        }
        self.desk.lose(why);
    }
}

impl Session for Kv {
    type Flow = ();
    type Event = String;

    fn link(&self) -> Link {
        if self.ended || self.desk.over() {
            Link::Over
        } else if self.up {
            if self.hangs_up { Link::Down } else { Link::Up }
        } else if self.retries.waits() || !self.eager && !self.desk.waiting() {
            Link::Down
        } else {
            Link::Up
        }
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        match news {
            News::Up => {
                self.up = true;
                self.rest = self.idle.map(|idle| now + idle);
            }
            News::Eof => {
                self.desk.lose(ErrorKind::UnexpectedEof);
                self.hangs_up = true;
            }
            News::Down if self.rest.is_none() && self.idle.is_some() => {
                (self.up, self.hangs_up) = (false, false); // idle, as we wanted
            }
            News::Down => self.lost(now, ErrorKind::UnexpectedEof),
            News::Lost(why) => self.lost(now, why),
        }
    }

    fn handle_input(&mut self, now: Instant, (): (), input: &[u8]) -> usize {
        let Some(end) = input.iter().position(|octet| *octet == b'\n') else { return 0 };
        let line = String::from_utf8_lossy(&input[..end]);
        let (id, text) = line.split_once(' ').unwrap_or_default();
        self.retries.succeeded();
        self.rest = self.idle.map(|idle| now + idle);
        match id.parse() {
            Ok(id) => {
                let wanted = self.desk.settle(Ticket::new(id), Ok(text.into()));
                self.strays += u32::from(!wanted);
            }
            Err(_) => {
                self.told += 1;
                self.news.push_back(text.into());
            }
        }
        end + 1
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.desk.expire(now);
        self.retries.handle_timeout(now);
        if self.rest.is_some_and(|rest| rest <= now) {
            self.rest = self.idle.map(|idle| now + idle).filter(|_| self.desk.waiting());
            self.hangs_up |= self.rest.is_none();
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let (ticket, key) = self.desk.send_next(now, |_| !self.hangs_up)?;
        out.extend(format!("{} {key}\n", ticket.number()).bytes());
        Some(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        [self.desk.poll_timeout(), self.retries.poll_timeout(), self.rest]
            .into_iter()
            .flatten()
            .min()
    }

    fn poll_event(&mut self) -> Option<String> {
        self.news.pop_front()
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        self.desk.poll_done()
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.desk.cancel(ticket);
    }

    fn close(&mut self) {
        self.desk.close();
    }
}

/// Asks for a key, for so long.
#[derive(Clone, Debug)]
pub struct Get {
    key: String,
    patience: Duration,
    ticket: Option<Ticket>,
}

/// Asks for a key; five seconds.
#[must_use]
pub fn get(key: impl Into<String>) -> Get {
    Get { key: key.into(), patience: Duration::from_secs(5), ticket: None }
}

impl Get {
    /// With this deadline, from when the call begins.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

impl Call<Kv> for Get {
    type Output = Result<String, Fail>;

    fn step(&mut self, kv: &mut Kv, now: Instant) -> Step<Self::Output> {
        let Self { key, patience, ticket } = self;
        kv.desk.step(ticket, now + *patience, || key.clone())
    }
}

impl Call<Checked<Kv>> for Get {
    type Output = Result<String, Fail>;

    fn step(&mut self, checked: &mut Checked<Kv>, now: Instant) -> Step<Self::Output> {
        checked.step(now, |kv| Call::<Kv>::step(self, kv, now))
    }
}

/// How often each key was asked for, in all shops.
pub type Book = Arc<Mutex<BTreeMap<String, u64>>>;

/// The server. `bye` is its last answer; `big N` is answered with N octets; `flood N` is answered
/// behind N news; `mute` is not answered.
#[derive(Debug, Default)]
pub struct Shop {
    book: Book,
    out: VecDeque<String>,
    over: bool,
}

impl Shop {
    /// A server that counts in this book.
    #[must_use]
    pub fn new(book: &Book) -> Self {
        Self { book: book.clone(), ..Self::default() }
    }
}

impl Session for Shop {
    type Flow = ();
    type Event = ();

    fn link(&self) -> Link {
        if self.over { Link::Over } else { Link::Up }
    }

    fn handle_link(&mut self, _: Instant, news: News) {
        self.over |= news != News::Up; // what waits to be written is written all the same
    }

    fn wants_input(&self) -> bool {
        self.out.len() < 1000
    }

    fn handle_input(&mut self, _: Instant, (): (), input: &[u8]) -> usize {
        let Some(end) = input.iter().position(|octet| *octet == b'\n') else { return 0 };
        let line = String::from_utf8_lossy(&input[..end]);
        let (id, key) = line.split_once(' ').unwrap_or_default();
        let (verb, number) = key.split_once(' ').unwrap_or((key, "0"));
        let number = number.parse().unwrap_or(0);
        match verb {
            "mute" => return end + 1,
            "flood" => self.out.extend((0..number).map(|n| format!("! {n}\n"))),
            "big" => {
                self.out.push_back(format!("{id} {}\n", "x".repeat(number)));
                return end + 1;
            }
            "bye" => self.over = true,
            _ => {}
        }
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let count = book.entry(verb.into()).or_default();
        *count += 1;
        self.out.push_back(format!("{id} {verb}={count}\n"));
        end + 1
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<()> {
        self.out.pop_front().map(|line| out.extend(line.bytes()))
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        None
    }

    fn cancel(&mut self, _: Ticket) {}

    fn close(&mut self) {
        self.over = true;
    }
}
