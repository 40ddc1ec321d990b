//! The session, and a server that is played by hand.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use netlever_core::backoff::Reconnect;
use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::wire::{
    Attributes, Decoder, Header, Introduction, Limits, Opcode, encode,
};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::session::{Call, News, Session, Step};

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const AUTHID: u32 = 77;

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) header: Header,
    pub(crate) message: Attributes,
    pub(crate) object: Attributes,
    pub(crate) len: usize,
}

/// A client session, and a server that says what the test wants.
pub(crate) struct Table {
    pub(crate) session: Omapi,
    pub(crate) now: Instant,
    pub(crate) key: Option<Key>,
}

pub(crate) fn key() -> Key {
    Key::new("defomapi", Algorithm::HmacMd5, b"a secret").unwrap()
}

pub(crate) fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 99, 0, last)
}

pub(crate) fn status(code: u32, text: &str) -> Attributes {
    let mut message = Attributes::new();
    message.push("result", code.to_be_bytes());
    if !text.is_empty() {
        message.push("message", text);
    }
    message
}

pub(crate) fn lease(ip: Ipv4Addr, padding: usize) -> Attributes {
    let mut object = Attributes::new();
    object.push("state", [0, 0, 0, 2]).push("ip-address", ip.octets());
    object.push("vendor-string", vec![b'x'; padding]);
    object
}

impl Table {
    pub(crate) fn new(config: Config) -> Self {
        let key = config.key.clone();
        Self { session: Omapi::new(config), now: Instant::now(), key }
    }

    /// A signed session, ready.
    pub(crate) fn signed() -> Self {
        Self::ready(Config::signed(key(), 1))
    }

    pub(crate) fn ready(config: Config) -> Self {
        let mut table = Self::new(config);
        table.shake_hands();
        table
    }

    pub(crate) fn shake_hands(&mut self) {
        self.session.handle_link(self.now, News::Up);
        let out = self.out();
        self.introduce();
        if self.key.is_some() {
            let asked = decode_all(&out[8..]).remove(0);
            self.answer_handshake(&asked, asked.object.clone());
        }
        assert!(self.session.is_ready());
    }

    pub(crate) fn introduce(&mut self) {
        let mut out = vec![];
        Introduction::OURS.encode(&mut out);
        self.feed(&out);
    }

    pub(crate) fn answer_handshake(&mut self, asked: &Seen, object: Attributes) {
        let header = Header {
            opcode: Opcode::Update.code(),
            handle: AUTHID,
            tid: 9,
            rid: asked.header.tid,
            authid: 0,
        };
        let mut out = vec![];
        encode(&mut out, &header, Attributes::new().as_dictionary(), object.as_dictionary(), None);
        self.feed(&out);
    }

    pub(crate) fn out(&mut self) -> Vec<u8> {
        let mut out = vec![];
        while self.session.poll_transmit(self.now, &mut out).is_some() {}
        out
    }

    pub(crate) fn sent(&mut self) -> Vec<Seen> {
        let out = self.out();
        decode_all(&out)
    }

    pub(crate) fn feed(&mut self, mut input: &[u8]) {
        while !input.is_empty() {
            match self.session.handle_input(self.now, (), input) {
                0 => panic!("{} octets were not used", input.len()),
                used => input = &input[used..],
            }
        }
    }

    pub(crate) fn signed_octets(
        &self,
        header: Header,
        message: &Attributes,
        object: &Attributes,
    ) -> Vec<u8> {
        let mut out = vec![];
        let authid = if self.key.is_some() { AUTHID } else { 0 };
        let header = Header { authid, tid: 5, ..header };
        let (message, object) = (message.as_dictionary(), object.as_dictionary());
        encode(&mut out, &header, message, object, self.key.as_ref());
        out
    }

    pub(crate) fn update(&mut self, to: &Seen, handle: u32, object: &Attributes) {
        let header = Header {
            opcode: Opcode::Update.code(),
            handle,
            rid: to.header.tid,
            ..Header::default()
        };
        let octets = self.signed_octets(header, &Attributes::new(), object);
        self.feed(&octets);
    }

    pub(crate) fn status(&mut self, to: &Seen, code: u32, text: &str) {
        let octets = self.status_octets(to.header.tid, code, text);
        self.feed(&octets);
    }

    pub(crate) fn status_octets(&self, rid: u32, code: u32, text: &str) -> Vec<u8> {
        let header = Header { opcode: Opcode::Status.code(), rid, ..Header::default() };
        self.signed_octets(header, &status(code, text), &Attributes::new())
    }

    pub(crate) fn step<C: Call<Omapi>>(&mut self, call: &mut C) -> Option<C::Output> {
        match call.step(&mut self.session, self.now) {
            Step::Done(output) => Some(output),
            Step::Wait(_) => None,
        }
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
            assert!(self.session.poll_timeout().is_none_or(|at| at > self.now));
        }
    }
}

pub(crate) fn decode_all(mut input: &[u8]) -> Vec<Seen> {
    let mut all = vec![];
    while let Some(message) = Decoder::new(Limits::default()).decode(input).unwrap() {
        all.push(Seen {
            header: message.header,
            message: message.message.into(),
            object: message.object.into(),
            len: message.len(),
        });
        input = &input[message.len()..];
        if input.is_empty() {
            break;
        }
    }
    all
}

pub(crate) fn lookups(table: &mut Table, count: u8) -> Vec<Lookup<Lease>> {
    let calls = (0..count).map(|n| Lookup::lease().ip_address(ip(n)));
    let mut calls: Vec<_> = calls.collect();
    for call in &mut calls {
        assert!(table.step(call).is_none());
    }
    calls
}

pub(crate) fn never(mut config: Config) -> Config {
    config.reconnect = Reconnect::Never;
    config
}

pub(crate) fn unsigned(
    opcode: Opcode,
    rid: u32,
    message: &Attributes,
    object: &Attributes,
) -> Vec<u8> {
    let header = Header { opcode: opcode.code(), rid, handle: 1, ..Header::default() };
    let mut out = vec![];
    encode(&mut out, &header, message.as_dictionary(), object.as_dictionary(), None);
    out
}
