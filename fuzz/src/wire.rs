//! The OMAPI codec against octets of any origin.

use arbitrary::Arbitrary;
use netlever_core::omapi::objects::Object;
use netlever_core::omapi::wire::{
    Attributes, Decoder, Dictionary, HEADER_SIZE, Header, Introduction, Limits, MAX_HEADER_SIZE,
    Message, WireError, encode,
};

use crate::key;

/// Octets, and how they are read.
#[derive(Arbitrary, Debug)]
pub struct Input<'a> {
    /// How many octets come at a time, one number after the other.
    cuts: [u8; 4],
    /// Header octets beyond the usual 24.
    surplus: u8,
    /// Read under narrow limits.
    narrow: bool,
    octets: &'a [u8],
}

/// Limits that short inputs can break, too.
const NARROW: Limits = Limits { name: 8, value: 16, attributes: 3, signature: 20, message: 120 };

/// Types whose attributes mean different things.
const TYPES: [&str; 6] = ["lease", "host", "failover-state", "control", "pool", "elsewhere"];

impl Input<'_> {
    /// Reads the octets in every way; panics when two ways disagree.
    pub fn run(&self) {
        let _ = Introduction::decode(self.octets);
        let limits = if self.narrow { NARROW } else { Limits::default() };
        let header_size = HEADER_SIZE + u32::from(self.surplus);
        assert!(header_size <= MAX_HEADER_SIZE);
        let mut decoder = Decoder::new(limits);
        decoder.set_header_size(header_size);

        let mut at_once = Vec::new();
        let mut rest = self.octets;
        let end = loop {
            match decoder.clone().decode(rest) {
                Ok(Some(message)) => {
                    assert!(message.len() <= rest.len() && message.len() >= 28);
                    check(&message, &rest[..message.len()], &limits, header_size);
                    at_once.push((message.header, message.len()));
                    rest = &rest[message.len()..];
                }
                Ok(None) => break None,
                Err(fault) => break Some(fault),
            }
        };
        let (in_cuts, fault) = self.in_cuts(decoder);
        assert_eq!((in_cuts, fault), (at_once, end));
    }

    /// Reads the octets as they trickle in.
    fn in_cuts(&self, mut decoder: Decoder) -> (Vec<(Header, usize)>, Option<WireError>) {
        let mut found = Vec::new();
        let (mut head, mut fill) = (0, 0);
        let mut cuts = self.cuts.iter().cycle();
        loop {
            match decoder.decode(&self.octets[head..fill]) {
                Ok(Some(message)) => {
                    found.push((message.header, message.len()));
                    head += message.len();
                }
                Ok(None) if fill == self.octets.len() => return (found, None),
                Ok(None) => {
                    let more = usize::from(*cuts.next().unwrap_or(&1)) + 1;
                    fill = self.octets.len().min(fill + more);
                }
                Err(fault) => return (found, Some(fault)),
            }
        }
    }
}

/// What holds for every message that was accepted.
fn check(message: &Message<'_>, octets: &[u8], limits: &Limits, header_size: u32) {
    assert!(octets.len() <= limits.message && message.signature.len() <= limits.signature);
    for dictionary in [message.message, message.object] {
        assert!(dictionary.len() <= limits.attributes);
        let again: Attributes = dictionary.iter().collect();
        assert_eq!(again.as_dictionary(), dictionary);
        assert_eq!(Attributes::from(dictionary), again);
        for (name, value) in dictionary {
            assert!(!name.is_empty() && name.len() <= limits.name && value.len() <= limits.value);
            let first = dictionary.iter().find(|entry| entry.0 == name).map(|entry| entry.1);
            assert_eq!(dictionary.get(name), first);
        }
    }
    for object_type in TYPES {
        let object = Object::new(object_type, message.header.handle, message.object.into());
        let fields: Vec<_> = object.fields().collect();
        assert_eq!(fields.len(), message.object.len());
        let _ = format!("{fields:?}");
    }
    write_again(message, octets, header_size);
}

/// The same message once more: with its own header unsigned, and signed by a key of ours.
fn write_again(message: &Message<'_>, octets: &[u8], header_size: u32) {
    let Message { header, message: first, object, signature, .. } = *message;
    let mut plain = Vec::new();
    encode(&mut plain, &header, first, object, None);
    let body = HEADER_SIZE as usize;
    assert_eq!(plain[..4], octets[..4]);
    assert_eq!(plain[8..body], octets[8..body]);
    assert_eq!(plain[body..], octets[header_size as usize..octets.len() - signature.len()]);

    let (key, header) = (key(), Header { authid: 7, ..header });
    let mut signed = Vec::new();
    encode(&mut signed, &header, first, object, Some(&key));
    let whole = Limits { message: usize::MAX, signature: 64, ..Limits::default() };
    let mut decoder = Decoder::new(whole);
    let again = decoder.decode(&signed).expect("what we wrote").expect("all of it");
    assert!(again.verify(&key) && again.header == header && again.len() == signed.len());
    assert_eq!((again.message, again.object), (first, object));
    assert!(object.is_empty() || Dictionary::EMPTY != again.object);
    let last = signed.len() - 1;
    signed[last] ^= 1;
    let forged = decoder.decode(&signed).expect("still a message").expect("all of it");
    assert!(!forged.verify(&key));
}
