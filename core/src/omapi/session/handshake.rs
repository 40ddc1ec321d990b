//! The beginning of a connection: introductions, and the authenticator.

use std::time::Instant;

use super::{Burst, Omapi, Phase, next_tid};
use crate::omapi::error::{Error, Fault};
use crate::omapi::key::Key;
use crate::omapi::session::answers::status;
use crate::omapi::wire::{
    self, Attributes, Decoder, Dictionary, Header, Introduction, Message, Opcode,
};
use crate::session::later;

impl Omapi {
    pub(super) fn greet(&mut self, now: Instant) {
        self.link += 1;
        self.unreachable = None;
        self.phase = Phase::Greeting;
        self.decoder = Decoder::new(self.config.limits);
        (self.authid, self.burst, self.counters.largest) = (0, Burst::default(), 0);
        self.until = Some(later(now, self.config.handshake));
        self.greeting.clear();
        Introduction::OURS.encode(&mut self.greeting);
        if let Some(key) = &self.config.key {
            let header = Header {
                opcode: Opcode::Open.code(),
                tid: next_tid(&mut self.tid),
                ..Header::default()
            };
            let message: Attributes = [("type", "authenticator")].into_iter().collect();
            let names = [("name", key.name()), ("algorithm", key.algorithm().wire_name())];
            let object: Attributes = names.into_iter().collect();
            let (message, object) = (message.as_dictionary(), object.as_dictionary());
            wire::encode(&mut self.greeting, &header, message, object, None);
        }
    }

    pub(super) fn introduced(&mut self, now: Instant, input: &[u8]) -> usize {
        match Introduction::decode(input) {
            Ok(None) => return 0,
            Ok(Some(theirs)) => self.decoder.set_header_size(theirs.header_size),
            Err(fault) => {
                self.broken(now, fault.into());
                return input.len();
            }
        }
        if self.config.key.is_some() {
            self.phase = Phase::Authenticating;
        } else {
            self.ready(now);
        }
        Introduction::LEN
    }

    pub(super) fn authenticated(&mut self, now: Instant, message: &Message<'_>) {
        let Some(key) = self.config.key.clone() else { return };
        let header = message.header;
        if header.rid != self.tid {
            let fault = Fault::OutOfOrder { expected: self.tid, found: header.rid };
            return self.broken(now, fault);
        }
        if header.authid != 0 || !message.signature.is_empty() {
            return self.broken(now, Fault::Authenticator(header.authid));
        }
        match message.opcode() {
            Some(Opcode::Update) => match other_key(&key, message.object) {
                None if header.handle != 0 => {
                    self.authid = header.handle;
                    self.ready(now);
                }
                None => self.broken(now, Fault::Authenticator(0)),
                Some(other) => self.broken(now, Fault::OtherKey(other)),
            },
            Some(Opcode::Status) => match status(message.message) {
                None => self.broken(now, Fault::NoResult),
                Some((code, text)) => {
                    let (name, algorithm) = (key.name().to_owned(), key.algorithm().name());
                    self.refused(now, Error::KeyRefused { name, algorithm, code, text });
                }
            },
            _ => self.broken(now, Fault::NoAnswer(header.opcode)),
        }
    }
}

/// What the handshake came back with, if it is not this key.
fn other_key(key: &Key, object: Dictionary<'_>) -> Option<String> {
    let name = object.get("name").unwrap_or_default();
    let algorithm = object.get("algorithm").unwrap_or_default();
    let same = name.eq_ignore_ascii_case(key.name().as_bytes())
        && algorithm.eq_ignore_ascii_case(key.algorithm().wire_name().as_bytes());
    (!same).then(|| {
        let [name, algorithm] = [name, algorithm].map(String::from_utf8_lossy);
        format!("name \"{name}\", algorithm \"{algorithm}\"")
    })
}
