//! One answer on its way to octets, and what the faults do to it.

use super::Fault;
use crate::omapi::code::ResultCode;
use crate::omapi::key::Key;
use crate::omapi::wire::{Attributes, HEADER_SIZE, Header, Opcode, encode};

use super::request::Answer;

/// An answer before it is written.
pub(super) struct Reply {
    pub(super) header: Header,
    words: Attributes,
    object: Attributes,
}

impl Reply {
    /// `None` for silence.
    pub(super) fn new(answer: Answer, authid: u32, tid: u32, rid: u32) -> Option<Self> {
        let header = Header { authid, tid, rid, ..Header::default() };
        let (opcode, handle, words, object) = match answer {
            Answer::Nothing => return None,
            Answer::Object(handle, object) => (Opcode::Update, handle, Attributes::new(), object),
            Answer::Status(ResultCode(code), text) => {
                let mut words = Attributes::new();
                words.push("result", code.to_be_bytes());
                if !text.is_empty() {
                    words.push("message", text);
                }
                (Opcode::Status, 0, words, Attributes::new())
            }
        };
        let header = Header { opcode: opcode.code(), handle, ..header };
        Some(Self { header, words, object })
    }

    /// What a fault changes before the answer is signed. `handshake`: it opens an authenticator.
    pub(super) fn disturb(&mut self, fault: Fault, handshake: bool) {
        match fault {
            Fault::Unsigned => self.header.authid = 0,
            Fault::WrongRid => self.header.rid = self.header.rid.wrapping_add(1),
            Fault::RepeatedNames => {
                for attributes in [&mut self.words, &mut self.object] {
                    let again = attributes.clone();
                    for (name, value) in &again {
                        let other: Vec<u8> = value.iter().map(|octet| !octet).collect();
                        attributes.push(name, other);
                    }
                }
            }
            Fault::UnknownAttribute => {
                self.object.push("frobnicate", [0xff, 0x00]);
            }
            Fault::WrongKeyName if handshake => {
                self.object.set("name", "another-key");
            }
            Fault::WrongAlgorithm if handshake => {
                self.object.set("algorithm", "hmac-none.SIG-ALG.REG.INT.");
            }
            _ => {}
        }
    }

    /// The octets, with `surplus` ones in the header. Signed when there is a key and an authid.
    pub(super) fn octets(&self, key: Option<&Key>, surplus: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let (words, object) = (self.words.as_dictionary(), self.object.as_dictionary());
        encode(&mut out, &self.header, words, object, key);
        let end = HEADER_SIZE as usize;
        out.splice(end..end, std::iter::repeat_n(0xee, surplus));
        out
    }
}

/// What a fault changes in the octets; `body` is where the dictionaries begin.
pub(super) fn spoil(octets: &mut Vec<u8>, fault: Fault, body: usize, signed: bool) {
    match fault {
        Fault::WrongSignature if signed => {
            if let Some(last) = octets.last_mut() {
                *last ^= 1;
            }
        }
        Fault::LongValue => {
            octets.splice(body..body, *b"\0\x04frob\xff\xff\xff\xf0");
        }
        Fault::LongName => {
            octets.splice(body..body, [0xff, 0xff]);
        }
        Fault::LongSignature => {
            octets.splice(4..8, 0x8000_0000_u32.to_be_bytes());
        }
        _ => {}
    }
}
