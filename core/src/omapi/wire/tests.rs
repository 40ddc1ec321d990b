//! Headers, introductions and each limit, with one step past it.

use super::*;
use crate::omapi::key::Algorithm;

fn key() -> Key {
    Key::new("k", Algorithm::HmacSha1, b"secret").unwrap()
}

fn encoded(
    header: &Header,
    message: &Attributes,
    object: &Attributes,
    key: Option<&Key>,
) -> Vec<u8> {
    let mut out = Vec::new();
    encode(&mut out, header, message.as_dictionary(), object.as_dictionary(), key);
    out
}

/// A signed lookup: two dictionaries, one attribute each.
fn lookup() -> Vec<u8> {
    let header = Header { authid: 9, opcode: 1, handle: 7, tid: 6, rid: 5 };
    let message = [("type", "lease")].into_iter().collect();
    let object = [("ip-address", [10, 0, 0, 1])].into_iter().collect();
    encoded(&header, &message, &object, Some(&key()))
}

/// An unsigned message without attributes.
fn shortest() -> Vec<u8> {
    encoded(&Header::default(), &Attributes::new(), &Attributes::new(), None)
}

/// Decodes under limits that differ from the default in one point.
fn decode(change: impl FnOnce(&mut Limits), input: &[u8]) -> Result<Option<usize>, WireError> {
    let mut limits = Limits::default();
    change(&mut limits);
    Ok(Decoder::new(limits).decode(input)?.map(|message| message.len()))
}

#[test]
fn introductions_of_another_version_or_size_are_refused() {
    let introduce = |version: u32, size: u32| {
        let mut out = Vec::new();
        Introduction { version, header_size: size }.encode(&mut out);
        Introduction::decode(&out)
    };
    assert_eq!(introduce(100, 24), Ok(Some(Introduction::OURS)));
    assert_eq!(introduce(99, 24), Err(WireError::Version { at: 0, found: 99 }));
    assert_eq!(introduce(101, 24), Err(WireError::Version { at: 0, found: 101 }));
    assert_eq!(introduce(100, 23), Err(WireError::HeaderSize { at: 4, found: 23 }));
    let most = Introduction { version: 100, header_size: MAX_HEADER_SIZE };
    assert_eq!(introduce(100, MAX_HEADER_SIZE), Ok(Some(most)));
    assert_eq!(
        introduce(100, MAX_HEADER_SIZE + 1),
        Err(WireError::HeaderSize { at: 4, found: MAX_HEADER_SIZE + 1 })
    );
    assert_eq!(
        Introduction::decode(b"SSH-"),
        Err(WireError::Version { at: 0, found: 0x5353_482d })
    );
    assert_eq!(Introduction::decode(&[0, 0, 0]), Ok(None));
}

#[test]
fn the_shortest_message_has_28_octets() {
    let octets = shortest();
    assert_eq!(octets.len(), 28);
    assert_eq!(decode(|_| {}, &octets), Ok(Some(28)));
    let mut decoder = Decoder::new(Limits::default());
    let message = decoder.decode(&octets).unwrap().unwrap();
    assert!(message.message.is_empty() && message.object.is_empty());
    assert!(message.signature.is_empty());
    assert_eq!(message.opcode(), None);
}

#[test]
fn octets_behind_a_message_belong_to_the_next() {
    let first = lookup();
    let both = [&first[..], &shortest()].concat();
    let mut decoder = Decoder::new(Limits::default());
    assert_eq!(decoder.decode(&both).unwrap().unwrap().len(), first.len());
    assert_eq!(decoder.decode(&both[first.len()..]).unwrap().unwrap().len(), 28);
}

#[test]
fn signing_needs_a_key_and_an_authid() {
    let header = Header { authid: 3, ..Header::default() };
    let none = Attributes::new();
    assert_eq!(encoded(&header, &none, &none, Some(&key())).len(), 28 + 20);
    assert_eq!(encoded(&header, &none, &none, None).len(), 28);
    assert_eq!(encoded(&Header::default(), &none, &none, Some(&key())).len(), 28);
}

#[test]
fn the_signature_covers_all_but_the_authid_and_itself() {
    let good = lookup();
    let covered = 4..good.len() - 20;
    for at in 0..good.len() - 20 {
        let mut octets = good.clone();
        octets[at] ^= 0x80;
        // A length may now promise more than there is: such a message is cut, and not wrong.
        if let Ok(Some(message)) = Decoder::new(Limits::default()).decode(&octets) {
            assert_eq!(message.verify(&key()), !covered.contains(&at), "octet {at}");
        }
    }
}

#[test]
fn surplus_header_octets_are_skipped_and_not_signed() {
    let plain = lookup();
    let long = [&plain[..24], b"future!!", &plain[24..]].concat();
    let mut decoder = Decoder::new(Limits::default());
    decoder.set_header_size(32);
    for cut in 0..long.len() {
        assert!(decoder.decode(&long[..cut]).unwrap().is_none(), "cut at {cut}");
    }
    let message = decoder.decode(&long).unwrap().unwrap();
    assert_eq!(message.len(), long.len());
    assert_eq!(message.header, Header { authid: 9, opcode: 1, handle: 7, tid: 6, rid: 5 });
    assert_eq!(message.message.get("type"), Some(&b"lease"[..]));
    assert_eq!(message.covered().concat(), plain[4..plain.len() - 20]);
    assert!(message.verify(&key()));
}

#[test]
fn a_header_size_below_24_is_taken_for_24() {
    let mut decoder = Decoder::new(Limits::default());
    decoder.set_header_size(0);
    assert_eq!(decoder.decode(&lookup()).unwrap().unwrap().len(), lookup().len());
}

#[test]
fn one_octet_more_of_signature_is_refused_before_it_comes() {
    let octets = lookup();
    assert_eq!(decode(|limits| limits.signature = 20, &octets), Ok(Some(octets.len())));
    let refused = Err(WireError::Signature { at: 4, found: 20, limit: 19 });
    assert_eq!(decode(|limits| limits.signature = 19, &octets), refused);
    assert_eq!(decode(|limits| limits.signature = 19, &octets[..8]), refused);
    assert_eq!(decode(|limits| limits.signature = 19, &octets[..7]), Ok(None));
}

#[test]
fn one_octet_more_of_name_is_refused_before_it_comes() {
    let octets = lookup(); // the longest name is "ip-address", its length stands at 41
    assert_eq!(decode(|limits| limits.name = 10, &octets), Ok(Some(octets.len())));
    let refused = Err(WireError::Name { at: 41, found: 10, limit: 9 });
    assert_eq!(decode(|limits| limits.name = 9, &octets), refused);
    assert_eq!(decode(|limits| limits.name = 9, &octets[..43]), refused);
    assert_eq!(decode(|limits| limits.name = 9, &octets[..42]), Ok(None));
}

#[test]
fn one_octet_more_of_value_is_refused_before_it_comes() {
    let octets = lookup(); // the longest value is "lease", its length stands at 30
    assert_eq!(decode(|limits| limits.value = 5, &octets), Ok(Some(octets.len())));
    let refused = Err(WireError::Value { at: 30, found: 5, limit: 4 });
    assert_eq!(decode(|limits| limits.value = 4, &octets), refused);
    assert_eq!(decode(|limits| limits.value = 4, &octets[..34]), refused);
    assert_eq!(decode(|limits| limits.value = 4, &octets[..33]), Ok(None));
}

#[test]
fn one_attribute_more_in_a_dictionary_is_refused() {
    let three: Attributes = [("a", "1"), ("b", "2"), ("c", "3")].into_iter().collect();
    let octets = encoded(&Header::default(), &three, &three, None);
    assert_eq!(decode(|limits| limits.attributes = 3, &octets), Ok(Some(octets.len())));
    // The third begins behind the header and two attributes of 8 octets.
    let refused = Err(WireError::Attributes { at: 40, limit: 2 });
    assert_eq!(decode(|limits| limits.attributes = 2, &octets), refused);
    let octets = encoded(&Header::default(), &Attributes::new(), &three, None);
    let refused = Err(WireError::Attributes { at: 42, limit: 2 });
    assert_eq!(decode(|limits| limits.attributes = 2, &octets), refused);
}

#[test]
fn one_octet_more_of_message_is_refused_by_each_kind_of_field() {
    let octets = lookup();
    let whole = octets.len();
    assert_eq!(decode(|limits| limits.message = whole, &octets), Ok(Some(whole)));
    // By the last value's length, long before the signature comes.
    let limit = whole - 1;
    let refused = Err(WireError::Message { at: 53, needed: whole, limit });
    assert_eq!(decode(|limits| limits.message = limit, &octets[..57]), refused);
    assert_eq!(decode(|limits| limits.message = limit, &octets[..56]), Ok(None));
    // By a name's length.
    let refused = Err(WireError::Message { at: 24, needed: 24 + 10 + 4 + 20, limit: 57 });
    assert_eq!(decode(|limits| limits.message = 57, &octets[..26]), refused);
    // By the signature's length.
    let refused = Err(WireError::Message { at: 4, needed: 48, limit: 47 });
    assert_eq!(decode(|limits| limits.message = 47, &octets[..8]), refused);
}

#[test]
fn the_longest_lengths_there_are_do_not_overflow() {
    let most = Limits {
        name: usize::MAX,
        value: usize::MAX,
        attributes: usize::MAX,
        signature: usize::MAX,
        message: usize::MAX,
    };
    let mut octets = shortest();
    octets[4..8].fill(0xff);
    assert_eq!(Decoder::new(most).decode(&octets).unwrap().map(|message| message.len()), None);
    octets[4..8].fill(0);
    octets.splice(24.., *b"\0\x01n\xff\xff\xff\xff");
    assert_eq!(Decoder::new(most).decode(&octets).unwrap().map(|message| message.len()), None);
}

#[test]
fn errors_say_where_and_how_much() {
    let text = WireError::Value { at: 30, found: 70_000, limit: 65_536 }.to_string();
    assert_eq!(text, "value of 70000 octets announced at octet 30: the limit is 65536");
    let text = WireError::HeaderSize { at: 4, found: 8 }.to_string();
    assert_eq!(text, "header size 8 at octet 4: it must be 24 to 4096");
}

#[test]
fn opcodes_have_their_numbers_and_names() {
    for (code, opcode) in (1..).zip(Opcode::ALL) {
        assert_eq!(opcode.code(), code);
        assert_eq!(Opcode::from_u32(code), Some(opcode));
        assert_eq!(opcode.to_string(), opcode.name());
    }
    assert_eq!((Opcode::from_u32(0), Opcode::from_u32(7)), (None, None));
}
