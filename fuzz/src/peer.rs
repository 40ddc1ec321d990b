//! The simulated OMAPI server, driven by hand, against clients of every kind.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use netlever_core::omapi::peer::{self, Bounds, Connection, Server, Setup, Strike};
use netlever_core::omapi::wire::{
    Attributes, Decoder, HEADER_SIZE, Header, Introduction, Limits, Message, Opcode, encode,
};
use netlever_core::{Link, News, Session};

use crate::calls::{Word, attributes};
use crate::pair::{Trouble, UNIX};
use crate::{beginning, key};

/// What comes in on two connections of one server.
#[derive(Arbitrary, Debug)]
pub struct Script {
    keyed: bool,
    faults: Vec<Trouble>,
    /// Octets beyond 24 in the clients' headers.
    surplus: u8,
    acts: Vec<Act>,
}

#[derive(Arbitrary, Debug)]
enum Act {
    /// The other connection goes on.
    Switch,
    /// So many milliseconds.
    Pass(u16),
    /// The handshake.
    Authenticate,
    Ask(Ask),
    Octets(Vec<u8>),
    /// The client reads what waits for it, or does not.
    Stick,
    Eof,
    Close,
}

/// A request with a header of its own making.
#[derive(Arbitrary, Debug)]
struct Ask {
    opcode: u8,
    handle: u8,
    authid: Option<u8>,
    rid: bool,
    well_signed: bool,
    message: Vec<(Word, Vec<u8>)>,
    object: Vec<(Word, Vec<u8>)>,
}

/// Octets of answers that may wait on a connection.
const OUTPUT: usize = 4096;

impl Script {
    /// Runs it; panics when a promise is broken.
    pub fn run(self) {
        let now = beginning();
        let mut setup = Setup::new(now, UNIX);
        if self.keyed {
            setup = setup.with_key(key());
        }
        let honest = self.faults.is_empty();
        setup.faults = self.faults.into_iter().map(Strike::from).collect();
        setup.bounds = Bounds { objects: 200, output: OUTPUT, ..Bounds::default() };
        let server = Server::new(setup);
        peer::small_office(&server, UNIX).expect("an empty server");
        let header_size = HEADER_SIZE + u32::from(self.surplus);
        let mut here = Side::new(&server, now, header_size, honest, self.keyed);
        let mut there = Side::new(&server, now, header_size, honest, self.keyed);
        for act in self.acts {
            if matches!(act, Act::Switch) {
                std::mem::swap(&mut here, &mut there);
            }
            if let Act::Pass(millis) = act {
                let time = Duration::from_millis(millis.into());
                (here.now, there.now) = (here.now + time, there.now + time);
            }
            here.act(act);
            there.settle();
        }
        for side in [here, there] {
            side.leave();
        }
        assert_eq!(server.connections(), 0);
    }
}

/// A request that is to be answered.
struct Owed {
    tid: u32,
    /// It may be answered by an object: it is proven, or needs no proof.
    trusted: bool,
}

/// One connection, and its client.
struct Side {
    session: Connection,
    now: Instant,
    header_size: u32,
    /// The server has no faults.
    honest: bool,
    keyed: bool,
    authid: u32,
    tid: u32,
    inbox: Vec<u8>,
    introduced: bool,
    eof: bool,
    stuck: bool,
    decoder: Decoder,
    owed: VecDeque<Owed>,
    answers: Decoder,
    outbox: Vec<u8>,
    greeted: bool,
}

impl Side {
    fn new(server: &Server, now: Instant, header_size: u32, honest: bool, keyed: bool) -> Self {
        let mut decoder = Decoder::new(Limits::default());
        decoder.set_header_size(header_size);
        let mut session = server.session();
        assert_eq!(session.link(), Link::Up);
        session.handle_link(now, News::Up);
        let mut side = Self {
            session,
            now,
            header_size,
            honest,
            keyed,
            authid: 0,
            tid: 0,
            inbox: Vec::new(),
            introduced: false,
            eof: false,
            stuck: false,
            decoder,
            owed: VecDeque::new(),
            answers: Decoder::new(Limits { value: 1 << 20, ..Limits::default() }),
            outbox: Vec::new(),
            greeted: false,
        };
        let mut octets = Vec::new();
        Introduction { header_size, ..Introduction::OURS }.encode(&mut octets);
        side.receive(&octets);
        side.settle();
        side
    }

    fn act(&mut self, act: Act) {
        match act {
            Act::Switch | Act::Pass(_) => {}
            Act::Authenticate => self.authenticate(),
            Act::Ask(ask) => self.ask(&ask),
            Act::Octets(octets) => self.receive(&octets),
            Act::Stick => self.stuck = !self.stuck,
            Act::Eof if !self.eof && self.session.link() == Link::Up => {
                self.eof = true;
                self.session.handle_link(self.now, News::Eof);
            }
            Act::Eof => {}
            Act::Close => self.session.close(),
        }
        self.settle();
    }

    fn authenticate(&mut self) {
        let message: Attributes = [("type", "authenticator")].into_iter().collect();
        let key = key();
        let names = [("name", key.name()), ("algorithm", key.algorithm().wire_name())];
        let object: Attributes = names.into_iter().collect();
        let header = Header { opcode: Opcode::Open.code(), ..Header::default() };
        self.send(header, &message, &object, true);
    }

    fn ask(&mut self, ask: &Ask) {
        let header = Header {
            authid: ask.authid.map_or(self.authid, u32::from),
            opcode: u32::from(ask.opcode % 8),
            handle: ask.handle.into(),
            tid: 0,
            rid: ask.rid.into(),
        };
        self.send(header, &attributes(&ask.message), &attributes(&ask.object), ask.well_signed);
    }

    fn send(&mut self, header: Header, message: &Attributes, object: &Attributes, signs: bool) {
        self.tid += 1;
        let (header, key) = (Header { tid: self.tid, ..header }, key());
        let (message, object) = (message.as_dictionary(), object.as_dictionary());
        let mut octets = Vec::new();
        encode(&mut octets, &header, message, object, Some(&key).filter(|_| signs));
        let surplus = vec![0xee; (self.header_size - HEADER_SIZE) as usize];
        octets.splice(HEADER_SIZE as usize..HEADER_SIZE as usize, surplus);
        self.receive(&octets);
    }

    fn receive(&mut self, octets: &[u8]) {
        if !self.eof && self.session.link() == Link::Up {
            self.inbox.extend_from_slice(octets);
        }
        self.feed();
    }

    fn feed(&mut self) {
        while !self.inbox.is_empty()
            && self.session.wants_input()
            && self.session.link() == Link::Up
        {
            let used = self.session.handle_input(self.now, (), &self.inbox);
            assert!(used <= self.inbox.len(), "it used more than there was");
            if used == 0 {
                assert!(self.inbox.len() < self.session.limit(), "it waits for too much");
                break;
            }
            let taken: Vec<u8> = self.inbox.drain(..used).collect();
            if !self.introduced {
                self.introduced = true;
            } else if let Ok(Some(message)) = self.decoder.decode(&taken) {
                let owed = Owed { tid: message.header.tid, trusted: self.trusts(&message) };
                self.owed.push_back(owed);
            }
            while self.session.poll_event().is_some() {}
        }
    }

    fn trusts(&self, message: &Message<'_>) -> bool {
        let handshake = message.message.get("type") == Some(b"authenticator");
        let signed = message.header.authid != 0;
        if signed { message.verify(&key()) } else { handshake || !self.keyed }
    }

    fn settle(&mut self) {
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
            assert!(self.session.poll_timeout().is_none_or(|at| at > self.now), "still due");
        }
        if self.stuck {
            return;
        }
        loop {
            while self.session.poll_transmit(self.now, &mut self.outbox).is_some() {}
            if self.honest {
                self.read();
            }
            let before = self.inbox.len();
            self.feed();
            if self.inbox.len() == before || self.inbox.is_empty() {
                break;
            }
        }
        while self.session.poll_transmit(self.now, &mut self.outbox).is_some() {}
        if self.honest { self.read() } else { self.outbox.clear() }
    }

    /// An honest server's answers: in order, signed where the request was, no secrets for strangers.
    fn read(&mut self) {
        if !self.greeted && self.outbox.len() >= Introduction::LEN {
            assert_eq!(Introduction::decode(&self.outbox), Ok(Some(Introduction::OURS)));
            self.outbox.drain(..Introduction::LEN);
            self.greeted = true;
        }
        let mut used = 0;
        while let Some(answer) = self.answers.decode(&self.outbox[used..]).expect("a message") {
            used += answer.len();
            let owed = loop {
                let owed = self.owed.pop_front().expect("an answer to what was asked, in order");
                if owed.tid == answer.header.rid {
                    break owed;
                }
            };
            let shows = answer.opcode() == Some(Opcode::Update);
            assert!(shows || answer.opcode() == Some(Opcode::Status));
            assert!(!shows || owed.trusted, "an object for a stranger");
            if answer.header.authid != 0 {
                assert!(answer.verify(&key()));
            } else if shows && answer.object.get("algorithm").is_some() {
                self.authid = answer.header.handle;
            }
        }
        self.outbox.drain(..used);
        assert!(self.outbox.is_empty(), "whole answers");
    }

    fn leave(mut self) {
        self.session.close();
        self.session.handle_link(self.now, News::Lost(std::io::ErrorKind::BrokenPipe));
        assert_eq!(self.session.link(), Link::Over);
        assert_eq!(self.session.poll_timeout(), None);
    }
}
