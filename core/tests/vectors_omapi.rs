//! Recorded octets of dhcpd 4.4.3-P1 and its clients: decoded, verified, encoded again, and cut.
//!
//! `vectors/omapi.json` is a list of `{name, key?, exchanges}`, where each exchange is one whole
//! message as hex beside what it means. The environment variable `NETLEVER_VECTORS` names another
//! folder to read it from.
#![cfg(feature = "omapi")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

use netlever_core::omapi::key::Key;
use netlever_core::omapi::wire::{
    Attributes, Decoder, Dictionary, HEADER_SIZE, Header, Introduction, Limits, Message, Opcode,
    encode,
};
use serde_json::Value;

/// One recorded message and the key of its connection.
struct Recorded {
    place: String,
    key: Option<Key>,
    /// What the sender announced for its headers.
    header_size: u32,
    octets: Vec<u8>,
    decoded: Value,
}

impl Recorded {
    fn number(&self, name: &str) -> u32 {
        let number =
            self.decoded[name].as_u64().unwrap_or_else(|| panic!("{}: {name}", self.place));
        number.try_into().expect("32 bits")
    }

    fn header(&self) -> Header {
        Header {
            authid: self.number("authid"),
            opcode: self.number("opcode"),
            handle: self.number("handle"),
            tid: self.number("tid"),
            rid: self.number("rid"),
        }
    }

    fn dictionary(&self, name: &str) -> Attributes {
        let entries = self.decoded[name].as_array().expect("a list of attributes");
        entries.iter().map(|entry| (text(&entry["name"]), unhex(text(&entry["hex"])))).collect()
    }

    /// What the recording says about the signature, where it says something.
    fn valid(&self) -> Option<bool> {
        self.decoded.get("signature_valid").and_then(Value::as_bool)
    }

    /// A decoder that saw nothing before.
    fn decoder(&self) -> Decoder {
        let mut decoder = Decoder::new(Limits::default());
        decoder.set_header_size(self.header_size);
        decoder
    }

    /// Decodes the whole message at once.
    fn message(&self) -> Message<'_> {
        match self.decoder().decode(&self.octets) {
            Ok(Some(message)) => message,
            other => panic!("{}: {other:?}", self.place),
        }
    }
}

/// All exchanges of one kind: `startup`, `message` or `close`.
fn recorded(kind: &str) -> Vec<Recorded> {
    let folder = env::var_os("NETLEVER_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let file = folder.join("omapi.json");
    let json = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let items: Vec<Value> = serde_json::from_str(&json).expect("a list of recordings");
    let mut found = Vec::new();
    for item in &items {
        let exchanges = item["exchanges"].as_array().expect("a list of exchanges");
        let mut header_sizes = BTreeMap::new();
        for (number, exchange) in exchanges.iter().enumerate() {
            let sender = text(&exchange["dir"]);
            if let Some(size) = exchange["decoded"]["header_size"].as_u64() {
                header_sizes.insert(sender, size.try_into().expect("32 bits"));
            }
            if exchange["decoded"]["kind"] == kind {
                found.push(Recorded {
                    place: format!("{}, exchange {number}", text(&item["name"])),
                    key: item.get("key").map(key),
                    header_size: header_sizes.get(sender).copied().unwrap_or(HEADER_SIZE),
                    octets: unhex(text(&exchange["hex"])),
                    decoded: exchange["decoded"].clone(),
                });
            }
        }
    }
    found
}

fn key(key: &Value) -> Key {
    let algorithm = text(&key["algorithm"]).parse().expect("one of the six algorithms");
    Key::from_base64(text(&key["name"]), algorithm, text(&key["secret_base64"])).expect("a key")
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn unhex(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    let octet = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    pairs.map(octet).collect()
}

#[test]
fn vectors_omapi_introductions_decode_and_encode_to_the_same_octets() {
    for it in recorded("startup") {
        let expected =
            Introduction { version: it.number("version"), header_size: it.number("header_size") };
        assert_eq!(Introduction::decode(&it.octets), Ok(Some(expected)), "{}", it.place);
        for cut in 0..it.octets.len() {
            assert_eq!(Introduction::decode(&it.octets[..cut]), Ok(None), "{}", it.place);
        }
        let mut out = Vec::new();
        expected.encode(&mut out);
        assert_eq!(out, it.octets, "{}", it.place);
    }
}

#[test]
fn vectors_omapi_messages_decode_to_what_was_recorded() {
    for it in recorded("message") {
        let (message, place) = (it.message(), &it.place);
        assert_eq!(message.len(), it.octets.len(), "{place}");
        assert_eq!(message.header, it.header(), "{place}");
        assert_eq!(message.message, it.dictionary("message").as_dictionary(), "{place}");
        assert_eq!(message.object, it.dictionary("object").as_dictionary(), "{place}");
        assert_eq!(message.signature, unhex(text(&it.decoded["signature"])), "{place}");
        assert_eq!(message.signature.len(), it.number("authlen") as usize, "{place}");
        // An opcode outside the known six is among the recordings.
        if let Some(opcode) = message.opcode() {
            assert_eq!(opcode.name(), text(&it.decoded["op"]), "{place}");
        }
    }
}

#[test]
fn vectors_omapi_every_attribute_is_found_in_its_place() {
    for it in recorded("message") {
        let message = it.message();
        for (name, dictionary) in [("message", message.message), ("object", message.object)] {
            let expected = it.decoded[name].as_array().expect("a list of attributes");
            assert_eq!(dictionary.len(), expected.len(), "{}", it.place);
            for (entry, expected) in dictionary.iter().zip(expected) {
                assert_eq!(entry.0, text(&expected["name"]).as_bytes(), "{}", it.place);
                assert_eq!(entry.1, unhex(text(&expected["hex"])), "{}", it.place);
            }
            for first in expected {
                let name = text(&first["name"]);
                let first = expected.iter().find(|entry| entry["name"] == name).expect("itself");
                let value = unhex(text(&first["hex"]));
                assert_eq!(dictionary.get(name), Some(&value[..]), "{}", it.place);
            }
        }
    }
}

#[test]
fn vectors_omapi_signatures_are_verified() {
    for it in recorded("message") {
        let (Some(key), Some(valid)) = (&it.key, it.valid()) else { continue };
        let message = it.message();
        assert_eq!(message.verify(key), valid, "{}", it.place);
        assert_eq!(key.verify(message.covered(), message.signature), valid, "{}", it.place);
    }
}

#[test]
fn vectors_omapi_messages_encode_to_the_same_octets() {
    for it in recorded("message") {
        let message = it.message();
        let owned = (Attributes::from(message.message), Attributes::from(message.object));
        let (words, object) = (owned.0.as_dictionary(), owned.1.as_dictionary());
        let authlen = it.number("authlen");
        let mut out = Vec::new();
        let key = it.key.as_ref().filter(|_| authlen != 0 && it.valid() == Some(true));
        encode(&mut out, &message.header, words, object, key);
        if authlen != 0 && key.is_none() {
            // A signature that no key makes: all around it must be the same.
            out[4..8].copy_from_slice(&authlen.to_be_bytes());
            out.extend_from_slice(message.signature);
        }
        // What a sender adds to its headers has no meaning, and is not written.
        let surplus = 24..it.header_size as usize;
        out.splice(24..24, it.octets[surplus].iter().copied());
        assert_eq!(out, it.octets, "{}", it.place);
    }
}

#[test]
fn vectors_omapi_every_cut_is_waited_for() {
    for it in recorded("message") {
        let mut growing = it.decoder();
        for cut in 0..it.octets.len() {
            let fresh = it.decoder().decode(&it.octets[..cut]).map(is_whole);
            assert_eq!(fresh, Ok(false), "{}, cut at {cut}", it.place);
            let grown = growing.decode(&it.octets[..cut]).map(is_whole);
            assert_eq!(grown, Ok(false), "{}, octet {cut}", it.place);
        }
        let grown = growing.decode(&it.octets).expect("no fault").expect("a whole message");
        let whole = it.message();
        assert_eq!(parts(&grown), parts(&whole), "{}", it.place);
    }
}

#[test]
fn vectors_omapi_one_decoder_reads_them_all_from_one_stream() {
    let all = recorded("message");
    let stream: Vec<u8> = all.iter().flat_map(|it| it.octets.iter().copied()).collect();
    let (mut decoder, mut rest) = (Decoder::new(Limits::default()), &stream[..]);
    for it in &all {
        decoder.set_header_size(it.header_size);
        let message = decoder.decode(rest).expect("no fault").expect("a whole message");
        assert_eq!(parts(&message), parts(&it.message()), "{}", it.place);
        rest = &rest[message.len()..];
    }
    assert!(rest.is_empty());
}

fn is_whole(message: Option<Message<'_>>) -> bool {
    message.is_some()
}

type Parts<'a> = (Header, Dictionary<'a>, Dictionary<'a>, &'a [u8], [&'a [u8]; 2], Option<Opcode>);

fn parts<'a>(message: &Message<'a>) -> Parts<'a> {
    let Message { header, message: words, object, signature, .. } = *message;
    (header, words, object, signature, message.covered(), message.opcode())
}
