//! A client by hand: it writes requests to a connection and reads the answers.

use std::time::{Duration, Instant};

use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::peer::{Connection, Pool, Server, Setup};
use netlever_core::omapi::wire::{
    Attributes, Decoder, Header, Introduction, Limits, Opcode, encode,
};
use netlever_core::session::{Link, News, Session};

/// The time of day at the start of each test.
pub(crate) const UNIX: u32 = 1_795_300_000;

/// Attributes of a request.
pub(crate) type Pairs<'a> = &'a [(&'a str, &'a [u8])];

/// One message from the server, owned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    pub(crate) header: Header,
    pub(crate) words: Attributes,
    pub(crate) object: Attributes,
    /// What the desk's key says about the signature; `None`: there is no signature.
    pub(crate) signed: Option<bool>,
}

impl Reply {
    pub(crate) fn opcode(&self) -> Opcode {
        Opcode::from_u32(self.header.opcode).expect("an opcode")
    }

    /// Code and text of a STATUS.
    #[track_caller]
    pub(crate) fn status(&self) -> (ResultCode, &str) {
        assert_eq!(self.opcode(), Opcode::Status, "{self:?}");
        let result = self.words.get("result").expect("a result");
        let text = self.words.get("message").unwrap_or_default();
        (ResultCode(number(result)), str::from_utf8(text).expect("text"))
    }

    /// The names of an UPDATE's attributes.
    #[track_caller]
    pub(crate) fn names(&self) -> Vec<&str> {
        assert_eq!(self.opcode(), Opcode::Update, "{self:?}");
        self.object.iter().map(|entry| str::from_utf8(entry.0).expect("text")).collect()
    }

    #[track_caller]
    pub(crate) fn number(&self, name: &str) -> u32 {
        number(self.object.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")))
    }
}

pub(crate) fn number(value: &[u8]) -> u32 {
    u32::from_be_bytes(value.try_into().expect("four octets"))
}

pub(crate) fn key() -> Key {
    Key::new("defomapi", Algorithm::HmacSha256, b"a secret of the tests").expect("a key")
}

/// A server with a key, and the pool 10.0.0.10 to 10.0.0.50.
pub(crate) fn server(now: Instant) -> Server {
    filled(Setup::new(now, UNIX).with_key(key()))
}

pub(crate) fn filled(setup: Setup) -> Server {
    let server = Server::new(setup);
    let ip = |last| [10, 0, 0, last].into();
    server.add_pool(Pool { first: ip(10), last: ip(50), subnet: ip(0) }).expect("a pool");
    server
}

/// A connection and what its client knows.
pub(crate) struct Desk {
    pub(crate) connection: Connection,
    pub(crate) now: Instant,
    /// The key that signs, once it was opened, and its authid.
    pub(crate) key: Option<(Key, u32)>,
    decoder: Decoder,
    input: Vec<u8>,
    introduced: bool,
    tid: u32,
}

impl Desk {
    /// A connection whose introductions were exchanged.
    pub(crate) fn new(server: &Server, now: Instant) -> Self {
        let mut connection = server.session();
        connection.handle_link(now, News::Up);
        let mut desk = Self {
            connection,
            now,
            key: None,
            decoder: Decoder::new(Limits::default()),
            input: Vec::new(),
            introduced: false,
            tid: 0x1000,
        };
        let mut hello = Vec::new();
        Introduction::OURS.encode(&mut hello);
        desk.write(&hello);
        desk
    }

    /// The same, with the key opened.
    pub(crate) fn signed(server: &Server, now: Instant) -> Self {
        let mut desk = Self::new(server, now);
        desk.open_key(key());
        desk
    }

    #[track_caller]
    pub(crate) fn open_key(&mut self, key: Key) {
        let (name, algorithm) = (key.name().to_owned(), key.algorithm().wire_name());
        let reply = self.open(
            "authenticator",
            &[],
            &[("name", name.as_bytes()), ("algorithm", algorithm.as_bytes())],
        );
        assert_eq!(reply.opcode(), Opcode::Update, "{reply:?}");
        self.key = Some((key, reply.header.handle));
    }

    /// Feeds octets as a driver does.
    pub(crate) fn write(&mut self, mut octets: &[u8]) {
        while !octets.is_empty() {
            let used = self.connection.handle_input(self.now, (), octets);
            assert!(used > 0, "{} octets were left", octets.len());
            while self.connection.poll_event().is_some() {}
            octets = &octets[used..];
        }
    }

    /// The next request's octets; counts the tid.
    pub(crate) fn octets(
        &mut self,
        opcode: Opcode,
        handle: u32,
        words: &Attributes,
        object: &Attributes,
    ) -> Vec<u8> {
        self.tid += 1;
        let authid = self.key.as_ref().map_or(0, |key| key.1);
        let header = Header { authid, opcode: opcode.code(), handle, tid: self.tid, rid: 0 };
        let mut out = Vec::new();
        let key = self.key.as_ref().map(|key| &key.0);
        encode(&mut out, &header, words.as_dictionary(), object.as_dictionary(), key);
        out
    }

    /// What the server sends now.
    pub(crate) fn receive(&mut self) -> Option<Reply> {
        while self.connection.poll_transmit(self.now, &mut self.input).is_some() {}
        if !self.introduced {
            Introduction::decode(&self.input).expect("no fault")?;
            self.input.drain(..8);
            self.introduced = true;
        }
        let message = self.decoder.decode(&self.input).expect("no fault")?;
        let key = self.key.as_ref().map(|key| &key.0);
        let reply = Reply {
            header: message.header,
            words: message.message.into(),
            object: message.object.into(),
            signed: (!message.signature.is_empty())
                .then(|| key.is_some_and(|key| message.verify(key))),
        };
        let used = message.len();
        self.input.drain(..used);
        Some(reply)
    }

    #[track_caller]
    pub(crate) fn ask(
        &mut self,
        opcode: Opcode,
        handle: u32,
        words: &Attributes,
        object: &Attributes,
    ) -> Reply {
        let octets = self.octets(opcode, handle, words, object);
        self.write(&octets);
        let reply = self.receive().expect("an answer");
        assert_eq!(reply.header.rid, self.tid);
        reply
    }

    #[track_caller]
    pub(crate) fn open(&mut self, kind: &str, flags: &[&str], object: Pairs<'_>) -> Reply {
        let mut words: Attributes = [("type", kind)].into_iter().collect();
        words.extend(flags.iter().map(|flag| (flag, [0, 0, 0, 1])));
        self.ask(Opcode::Open, 0, &words, &object.iter().copied().collect())
    }

    #[track_caller]
    pub(crate) fn refresh(&mut self, handle: u32) -> Reply {
        self.ask(Opcode::Refresh, handle, &Attributes::new(), &Attributes::new())
    }

    #[track_caller]
    pub(crate) fn update(&mut self, handle: u32, object: Pairs<'_>) -> Reply {
        let object = object.iter().copied().collect();
        self.ask(Opcode::Update, handle, &Attributes::new(), &object)
    }

    #[track_caller]
    pub(crate) fn delete(&mut self, handle: u32) -> Reply {
        self.ask(Opcode::Delete, handle, &Attributes::new(), &Attributes::new())
    }

    /// Whether the server has ended the connection without another word.
    pub(crate) fn is_closed(&mut self) -> bool {
        self.receive().is_none() && self.connection.link() == Link::Over
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.connection.poll_timeout().is_some_and(|at| at <= self.now) {
            self.connection.handle_timeout(self.now);
        }
    }
}
