//! The OMAPI client session under a script of operations, driven by hand.
//!
//! The table keeps the orders of `netlever_core::session` as a driver does, plays the server from
//! well-formed and malformed answers, and checks after each operation what a session promises.

use std::collections::{BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use netlever_core::backoff::{Backoff, Reconnect};
use netlever_core::omapi::session::{BURST, BURST_REQUESTS};
use netlever_core::omapi::wire::{
    Attributes, Decoder, Header, Introduction, Limits, Opcode, encode,
};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::{Link, News, Session, Step, Ticket};

use crate::calls::{Asked, Running, Word, attributes};
use crate::{beginning, key};

/// What happens to a session.
#[derive(Arbitrary, Debug)]
pub struct Script {
    signed: bool,
    redials: bool,
    rate: Option<u8>,
    idle: Option<u8>,
    bound: u8,
    /// A message may have 4096 octets instead of a million.
    narrow: bool,
    seed: u32,
    acts: Vec<Act>,
    /// The driver is dropped at the end; otherwise time passes until every call has ended.
    dropped: bool,
}

#[derive(Arbitrary, Debug)]
enum Act {
    /// So many milliseconds.
    Pass(u16),
    Call(Asked),
    /// The call of this number is dropped.
    Cancel(u8),
    /// The call of this number is stepped for no reason.
    Poke(u8),
    Dialled,
    Refused,
    /// The greeting of an honest server.
    Greet,
    /// The honest answer to the next request: an object.
    Object(u8, Vec<(Word, Vec<u8>)>),
    /// The honest answer to the next request: a result.
    Status(u8),
    /// Something else.
    Answer(Answer),
    Octets(Vec<u8>),
    Eof,
    HungUp,
    Lost,
    /// The peer stops or begins to read what we send.
    Stick,
    Close,
}

/// An answer of a server that is not to be trusted.
#[derive(Arbitrary, Debug)]
struct Answer {
    opcode: u8,
    authid: Option<u8>,
    /// Added to the transaction id that should be answered.
    off: i8,
    sign: Sign,
    handle: u8,
    message: Vec<(Word, Vec<u8>)>,
    object: Vec<(Word, Vec<u8>)>,
    /// So many octets are kept back.
    short: u8,
}

#[derive(Arbitrary, Clone, Copy, Debug, PartialEq)]
enum Sign {
    Well,
    Not,
    Badly,
}

const RESULTS: [u32; 8] = [0, 18, 23, 27, 0x60006, 0x60007, 0x60009, 0x6000b];
const AUTHID: u32 = 9;

impl Script {
    /// Runs it; panics when a promise is broken.
    pub fn run(self) {
        let mut table = Table::new(&self);
        for act in self.acts {
            table.act(act);
            table.settle();
        }
        if self.dropped { table.drop_driver() } else { table.wait_for_the_end() }
    }
}

/// A call that has not ended.
struct Live {
    step: Running,
    waits: Ticket,
    /// When it must have ended.
    until: Option<Instant>,
}

struct Table {
    session: Omapi,
    signed: bool,
    now: Instant,
    up: bool,
    eof: bool,
    /// The session said that it wants to hang up.
    leaving: bool,
    stuck: bool,
    over: bool,
    /// Received, not used yet.
    inbox: Vec<u8>,
    /// Requests that no answer was taken for.
    asked: VecDeque<Header>,
    /// The handshake's request.
    greeted: Option<Header>,
    answers: u64,
    burst: usize,
    count: usize,
    live: Vec<Live>,
    done: BTreeSet<Ticket>,
}

impl Table {
    fn new(script: &Script) -> Self {
        let seed = u64::from(script.seed);
        let mut config =
            if script.signed { Config::signed(key(), seed) } else { Config::unsigned(seed) };
        config.reconnect =
            if script.redials { Reconnect::Backoff(Backoff::default()) } else { Reconnect::Never };
        config.rate = script.rate.map(u32::from);
        config.idle = script.idle.map(|tenths| Duration::from_millis(100 * u64::from(tenths)));
        config.bound = usize::from(script.bound) + 1;
        if script.narrow {
            config.limits = Limits { message: 4096, ..Limits::default() };
        }
        Self {
            session: Omapi::new(config),
            signed: script.signed,
            now: beginning(),
            up: false,
            eof: false,
            leaving: false,
            stuck: false,
            over: false,
            inbox: Vec::new(),
            asked: VecDeque::new(),
            greeted: None,
            answers: 0,
            burst: 0,
            count: 0,
            live: Vec::new(),
            done: BTreeSet::new(),
        }
    }

    fn act(&mut self, act: Act) {
        let chosen = |number: u8, live: &[Live]| usize::from(number) % live.len().max(1);
        match act {
            Act::Pass(millis) => self.now += Duration::from_millis(millis.into()),
            Act::Call(asked) => self.call(asked),
            Act::Cancel(number) if !self.live.is_empty() => {
                let gone = self.live.remove(chosen(number, &self.live));
                self.session.cancel(gone.waits);
            }
            Act::Poke(number) if !self.live.is_empty() => {
                let at = chosen(number, &self.live);
                let live = &mut self.live[at];
                assert_eq!((live.step)(&mut self.session, self.now), Step::Wait(live.waits));
            }
            Act::Dialled if self.wants_dial() => self.news(News::Up),
            Act::Refused if self.wants_dial() => {
                self.news(News::Lost(ErrorKind::ConnectionRefused));
                assert_ne!(self.session.link(), Link::Up, "it would dial in a hot loop");
            }
            Act::Greet => self.greet(),
            Act::Object(handle, object) => self.object(handle, &object),
            Act::Status(result) => self.status(result),
            Act::Answer(answer) => self.answer(&answer),
            Act::Octets(octets) => self.receive(&octets),
            Act::Eof if self.reads() => {
                self.eof = true;
                self.news(News::Eof);
            }
            Act::HungUp if self.up && self.leaving => self.news(News::Down),
            Act::Lost if self.up => self.news(News::Lost(ErrorKind::ConnectionReset)),
            Act::Stick => self.stuck = !self.stuck,
            Act::Close => self.session.close(),
            _ => {}
        }
    }

    // --- what a driver does -------------------------------------------------------------------

    fn wants_dial(&self) -> bool {
        !self.up && self.session.link() == Link::Up
    }

    fn reads(&self) -> bool {
        self.up && !self.eof && !self.leaving
    }

    fn news(&mut self, news: News) {
        let up = match news {
            News::Up => true,
            News::Eof => self.up,
            News::Down | News::Lost(_) => false,
        };
        if up != self.up {
            (self.up, self.eof, self.leaving) = (up, false, false);
            (self.greeted, self.burst, self.count) = (None, 0, 0);
            self.inbox.clear();
            self.asked.clear();
        }
        self.session.handle_link(self.now, news);
    }

    fn receive(&mut self, octets: &[u8]) {
        if self.reads() {
            self.inbox.extend_from_slice(octets);
        }
        while self.reads() && !self.inbox.is_empty() {
            let used = self.session.handle_input(self.now, (), &self.inbox);
            assert!(used <= self.inbox.len(), "it used more than there was");
            self.inbox.drain(..used);
            self.look();
            if used == 0 {
                assert!(self.inbox.len() < self.session.limit(), "it waits for too much");
                break;
            }
        }
        let taken = self.session.counters().answers - self.answers;
        self.answers += taken;
        for _ in 0..taken {
            self.asked.pop_front().expect("no answer that was not owed");
        }
    }

    /// What the session wants; whether it may want that.
    fn look(&mut self) {
        let link = self.session.link();
        assert!(!self.over || link == Link::Over, "over is over");
        self.over = link == Link::Over;
        let leaves = matches!(link, Link::Down | Link::Over);
        assert!(!self.leaving || leaves, "no way back before the news");
        self.leaving = self.up && leaves;
        if self.leaving {
            self.inbox.clear();
        }
    }

    /// Timers, then settled calls, then output: until nothing moves.
    fn settle(&mut self) {
        for turn in 0.. {
            assert!(turn < 2000, "it does not come to rest");
            let due = self.session.poll_timeout().is_some_and(|at| at <= self.now);
            if due {
                self.session.handle_timeout(self.now);
                assert!(self.session.poll_timeout().is_none_or(|at| at > self.now), "still due");
            }
            let ended = self.finish();
            self.look();
            if !self.transmit() && !ended && !due {
                break;
            }
        }
        let late = self.live.iter().find(|live| live.until.is_some_and(|until| until < self.now));
        assert!(late.is_none(), "a call outlived its deadline");
    }

    fn finish(&mut self) -> bool {
        let mut any = false;
        while let Some(ticket) = self.session.poll_done() {
            any = true;
            assert!(self.done.insert(ticket), "a ticket was settled twice");
            let Some(at) = self.live.iter().position(|live| live.waits == ticket) else { continue };
            match (self.live[at].step)(&mut self.session, self.now) {
                Step::Done(()) => drop(self.live.remove(at)),
                Step::Wait(next) => {
                    assert_ne!(next, ticket, "it waits for what has come");
                    self.live[at].waits = next;
                }
            }
        }
        any
    }

    fn transmit(&mut self) -> bool {
        let mut out = Vec::new();
        if !self.up || self.stuck || self.session.poll_transmit(self.now, &mut out).is_none() {
            return false;
        }
        let mut messages = &out[..];
        if messages.starts_with(&[0, 0, 0, 100]) {
            assert_eq!(Introduction::decode(messages), Ok(Some(Introduction::OURS)));
            messages = &messages[Introduction::LEN..];
            if !self.signed {
                assert!(messages.is_empty());
                return true;
            }
        }
        let mut decoder =
            Decoder::new(Limits { message: usize::MAX, value: 1 << 20, ..Limits::default() });
        let request = decoder.decode(messages).expect("a message").expect("a whole one");
        assert_eq!(request.len(), messages.len(), "one at a time");
        assert!(request.header.tid != 0 && request.header.rid == 0);
        if self.signed && self.greeted.is_none() {
            assert!(request.header.authid == 0 && request.signature.is_empty());
            self.greeted = Some(request.header);
            return true;
        }
        assert!(!self.leaving, "a request without hope of an answer");
        assert_eq!(request.header.authid, if self.signed { AUTHID } else { 0 });
        assert!(!self.signed || request.verify(&key()));
        if self.asked.is_empty() {
            (self.burst, self.count) = (0, 0);
        }
        self.asked.push_back(request.header);
        (self.burst, self.count) = (self.burst + request.len(), self.count + 1);
        assert!(self.count == 1 || self.burst <= BURST, "a burst that may end the server");
        assert!(self.count <= BURST_REQUESTS);
        true
    }

    fn call(&mut self, asked: Asked) {
        let until = self.now.checked_add(asked.patience());
        let mut step = asked.begin();
        match step(&mut self.session, self.now) {
            Step::Done(()) => {}
            Step::Wait(waits) => self.live.push(Live { step, waits, until }),
        }
    }

    // --- what a server does -------------------------------------------------------------------

    fn send(&mut self, header: &Header, message: &Attributes, object: &Attributes, sign: bool) {
        let (mut octets, key) = (Vec::new(), key());
        let (message, object) = (message.as_dictionary(), object.as_dictionary());
        encode(&mut octets, header, message, object, Some(&key).filter(|_| sign));
        self.receive(&octets);
    }

    fn greet(&mut self) {
        let mut introduction = Vec::new();
        Introduction::OURS.encode(&mut introduction);
        self.receive(&introduction);
        let Some(Header { tid: rid, .. }) = self.greeted else { return };
        let opcode = Opcode::Update.code();
        let header = Header { opcode, handle: AUTHID, tid: 1, rid, ..Header::default() };
        let key = key();
        let names = [("name", key.name()), ("algorithm", key.algorithm().wire_name())];
        self.send(&header, &Attributes::new(), &names.into_iter().collect(), false);
    }

    /// The header of an honest answer to the next request.
    fn honest(&self, opcode: Opcode, handle: u32) -> Option<Header> {
        let authid = if self.signed { AUTHID } else { 0 };
        let rid = self.asked.front()?.tid;
        Some(Header { authid, opcode: opcode.code(), handle, tid: 5, rid })
    }

    fn object(&mut self, handle: u8, object: &[(Word, Vec<u8>)]) {
        if let Some(header) = self.honest(Opcode::Update, handle.into()) {
            self.send(&header, &Attributes::new(), &attributes(object), self.signed);
        }
    }

    fn status(&mut self, result: u8) {
        let code = RESULTS[usize::from(result) % RESULTS.len()];
        let message: Attributes = [("result", code.to_be_bytes())].into_iter().collect();
        if let Some(header) = self.honest(Opcode::Status, 0) {
            self.send(&header, &message, &Attributes::new(), self.signed);
        }
    }

    fn answer(&mut self, answer: &Answer) {
        let tid = self.asked.front().or(self.greeted.as_ref()).map_or(1, |asked| asked.tid);
        let authid = match answer.sign {
            Sign::Not => answer.authid.map_or(0, u32::from),
            _ => answer.authid.map_or(AUTHID, u32::from),
        };
        let header = Header {
            authid,
            opcode: u32::from(answer.opcode % 8),
            handle: answer.handle.into(),
            tid: 5,
            rid: tid.wrapping_add_signed(answer.off.into()),
        };
        let (message, object) = (attributes(&answer.message), attributes(&answer.object));
        let (message, object) = (message.as_dictionary(), object.as_dictionary());
        let (mut octets, key) = (Vec::new(), key());
        encode(
            &mut octets,
            &header,
            message,
            object,
            Some(&key).filter(|_| answer.sign != Sign::Not),
        );
        if answer.sign == Sign::Badly
            && let Some(last) = octets.last_mut()
        {
            *last ^= 0x80;
        }
        octets.truncate(octets.len().saturating_sub(answer.short.into()));
        self.receive(&octets);
    }

    // --- the end ------------------------------------------------------------------------------

    fn drop_driver(mut self) {
        self.session.close();
        if self.up || self.session.link() != Link::Over {
            self.news(News::Lost(ErrorKind::BrokenPipe));
        }
        self.settle();
        assert!(self.live.is_empty(), "a call that nobody will end");
        assert_eq!(self.session.link(), Link::Over);
    }

    fn wait_for_the_end(mut self) {
        for _ in 0..10_000 {
            if self.live.iter().all(|live| live.until.is_none()) {
                break;
            }
            let at = self.session.poll_timeout().expect("a deadline of the calls that wait");
            self.now = self.now.max(at);
            self.settle();
        }
        self.live.retain(|live| live.until.is_none());
        for gone in std::mem::take(&mut self.live) {
            self.session.cancel(gone.waits);
        }
        self.session.close();
        assert_eq!(self.session.link(), Link::Over, "closed, and nobody waits");
    }
}
