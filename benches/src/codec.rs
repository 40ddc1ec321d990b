//! The lease reply and the requests that the codec is measured with, and the steps themselves.

use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::wire::{Attributes, Decoder, Header, Limits, Opcode, encode};

/// The secret of every key here.
pub const SECRET: &[u8] = b"netlever-benches";

/// A key of this algorithm.
#[must_use]
pub fn key(algorithm: Algorithm) -> Key {
    Key::new("benches", algorithm, SECRET).expect("a name and a secret")
}

/// The reply to a lookup of a lease: 15 attributes as dhcpd 4.4.3-P1 orders them; 328 octets when
/// signed with HMAC-MD5.
#[must_use]
pub fn lease_reply(key: &Key) -> Vec<u8> {
    let number = |number: u32| number.to_be_bytes().to_vec();
    let object: Attributes = [
        ("state", number(2)),
        ("ip-address", vec![192, 168, 10, 167]),
        ("dhcp-client-identifier", vec![1, 0x24, 0x79, 0x2a, 0x0a, 0x13, 0xc0]),
        ("client-hostname", b"wireless-east".to_vec()),
        ("subnet", number(6)),
        ("pool", number(7)),
        ("hardware-address", vec![0x24, 0x79, 0x2a, 0x0a, 0x13, 0xc0]),
        ("hardware-type", number(1)),
        ("ends", number(1_549_885_690)),
        ("starts", number(1_549_882_090)),
        ("tstp", number(1_549_885_840)),
        ("tsfp", number(1_549_885_840)),
        ("atsfp", number(1_549_885_840)),
        ("cltt", number(1_549_882_090)),
        ("flags", vec![0]),
    ]
    .into_iter()
    .collect();
    let (opcode, tid, rid) = (Opcode::Update.code(), 0x544a_b979, 0x1002);
    let header = Header { authid: 1, opcode, handle: 5, tid, rid };
    let mut octets = Vec::new();
    encode(
        &mut octets,
        &header,
        Attributes::new().as_dictionary(),
        object.as_dictionary(),
        Some(key),
    );
    octets
}

/// The header and dictionaries of a lookup: OPEN of a lease by its address.
#[must_use]
pub fn lookup() -> (Header, Attributes, Attributes) {
    let header = Header { authid: 1, opcode: Opcode::Open.code(), tid: 7, ..Header::default() };
    let message = [("type", "lease")].into_iter().collect();
    let object = [("ip-address", [192, 168, 10, 167])].into_iter().collect();
    (header, message, object)
}

/// Decodes one whole message; its length, so that the work is not optimised away.
///
/// # Panics
/// When the octets are not one whole message: that is a bug of the bench.
#[must_use]
pub fn decode(octets: &[u8]) -> usize {
    let message = Decoder::new(Limits::default()).decode(octets);
    message.expect("well-formed").expect("whole").len()
}

/// Decodes one whole message and reads every attribute; how many octets they have.
///
/// # Panics
/// As [`decode`].
#[must_use]
pub fn decode_and_read(octets: &[u8]) -> usize {
    let message = Decoder::new(Limits::default()).decode(octets);
    let message = message.expect("well-formed").expect("whole");
    message.object.iter().map(|(name, value)| name.len() + value.len()).sum()
}

/// Decodes one whole message and verifies its signature.
///
/// # Panics
/// As [`decode`], and when the signature is wrong.
pub fn decode_and_verify(octets: &[u8], key: &Key) {
    let message = Decoder::new(Limits::default()).decode(octets);
    assert!(message.expect("well-formed").expect("whole").verify(key), "a signature of this key");
}

/// Encodes and signs a request into a buffer that is used again.
pub fn sign_and_encode(
    out: &mut Vec<u8>,
    (header, message, object): &(Header, Attributes, Attributes),
    key: &Key,
) {
    out.clear();
    encode(out, header, message.as_dictionary(), object.as_dictionary(), Some(key));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reply_is_the_one_that_the_figures_are_about() {
        let key = key(Algorithm::HmacMd5);
        let octets = lease_reply(&key);
        assert_eq!(octets.len(), 328);
        decode_and_verify(&octets, &key);
        let message = Decoder::new(Limits::default()).decode(&octets).unwrap().unwrap();
        assert_eq!(message.object.len(), 15);
    }
}
