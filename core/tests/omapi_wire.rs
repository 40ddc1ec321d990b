//! Arbitrary messages: they survive the round trip, and their cuts change nothing.
#![cfg(feature = "omapi")]

use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::wire::{Attributes, Decoder, Header, Limits, encode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

/// Names and values as pairs, among them repeated names and empty values.
fn pairs() -> impl Strategy<Value = Pairs> {
    let name = prop_oneof![
        4 => select(vec!["type", "state", "ip-address", "cltt"]).prop_map(|name| name.into()),
        1 => vec(any::<u8>(), 1..40),
        1 => vec(any::<u8>(), 1000..1025),
    ];
    let value = prop_oneof![8 => vec(any::<u8>(), 0..40), 1 => vec(any::<u8>(), 250..1000)];
    vec((name, value), 0..12)
}

fn header() -> impl Strategy<Value = Header> {
    (0..3_u32, any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>())
        .prop_map(|(authid, opcode, handle, tid, rid)| Header { authid, opcode, handle, tid, rid })
}

fn key() -> impl Strategy<Value = Option<Key>> {
    let secret = vec(any::<u8>(), 1..200);
    let key = (select(Algorithm::ALL.to_vec()), secret)
        .prop_map(|(algorithm, secret)| Key::new("k", algorithm, &secret).expect("a key"));
    proptest::option::of(key)
}

fn owned<'a>(pairs: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Pairs {
    pairs.into_iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

proptest! {
    #[test]
    fn what_is_encoded_decodes_to_the_same(
        header in header(), message in pairs(), object in pairs(), key in key()
    ) {
        let words: Attributes = message.iter().cloned().collect();
        let things: Attributes = object.iter().cloned().collect();
        let mut octets = vec![0xee; 3]; // what stands there already is left alone
        encode(&mut octets, &header, words.as_dictionary(), things.as_dictionary(), key.as_ref());
        prop_assert_eq!(&octets[..3], [0xee; 3]);

        let mut decoder = Decoder::new(Limits::default());
        let decoded = decoder.decode(&octets[3..]).expect("within limits").expect("whole");
        prop_assert_eq!(decoded.len(), octets.len() - 3);
        prop_assert_eq!(decoded.header, header);
        prop_assert_eq!(owned(decoded.message), message);
        prop_assert_eq!(owned(decoded.object), object);
        match key.filter(|_| header.authid != 0) {
            Some(key) => prop_assert!(decoded.verify(&key)),
            None => prop_assert!(decoded.signature.is_empty()),
        }
    }

    #[test]
    fn cuts_change_nothing(
        messages in vec((header(), pairs(), pairs(), key()), 1..4), steps in vec(1..200_usize, 1..20)
    ) {
        let mut stream = Vec::new();
        let mut ends = Vec::new();
        for (header, message, object, key) in messages {
            let (words, things): (Attributes, Attributes) =
                (message.into_iter().collect(), object.into_iter().collect());
            let key = key.as_ref();
            encode(&mut stream, &header, words.as_dictionary(), things.as_dictionary(), key);
            ends.push(stream.len());
        }
        let mut decoder = Decoder::new(Limits::default());
        let (mut start, mut seen, mut found) = (0, 0, Vec::new());
        for step in steps.into_iter().cycle() {
            seen = stream.len().min(seen + step);
            while let Some(message) = decoder.decode(&stream[start..seen]).expect("within limits") {
                let mut fresh = Decoder::new(Limits::default());
                let at_once = fresh.decode(&stream[start..]).expect("within limits").expect("whole");
                prop_assert_eq!(message.header, at_once.header);
                prop_assert_eq!(message.message, at_once.message);
                prop_assert_eq!(message.object, at_once.object);
                prop_assert_eq!(message.covered(), at_once.covered());
                prop_assert_eq!(message.signature, at_once.signature);
                start += message.len();
                found.push(start);
            }
            if seen == stream.len() {
                break;
            }
        }
        prop_assert_eq!(found, ends);
    }

    #[test]
    fn any_octets_give_a_message_a_wait_or_an_error(
        mut octets in vec(any::<u8>(), 0..400), plausible in any::<bool>(), cut in 0..400_usize
    ) {
        if plausible && octets.len() > 32 {
            octets[4..7].fill(0);
            octets[24..32].copy_from_slice(b"\0\x01n\0\0\0\x01v");
        }
        let (mut at_once, mut in_two) =
            (Decoder::new(Limits::default()), Decoder::new(Limits::default()));
        let whole = at_once.decode(&octets).map(|message| message.map(|message| message.len()));
        let first = in_two.decode(&octets[..cut.min(octets.len())]);
        let first = first.map(|message| message.map(|message| message.len()));
        let second = match first {
            Ok(None) => in_two.decode(&octets).map(|message| message.map(|message| message.len())),
            settled => settled,
        };
        prop_assert_eq!(whole, second);
    }
}
