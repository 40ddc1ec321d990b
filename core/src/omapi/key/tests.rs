//! Published HMAC answers, the forms of a written secret, and what must never be told.

use super::*;

/// The RFCs' second test case: a short key.
const SHORT: (&[u8], &[u8]) = (b"Jefe", b"what do ya want for nothing?");
/// The RFCs' sixth test case: a key longer than the block, 80 octets in RFC 2202, 131 in RFC 4231.
const LONG: (&[u8], &[u8]) =
    (&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");

/// Answers of both cases: RFC 2202 for MD5 and SHA1, RFC 4231 for the others.
const ANSWERS: [(Algorithm, &str, &str); 6] = [
    (Algorithm::HmacMd5, "750c783e6ab0b503eaa86e310a5db738", "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd"),
    (
        Algorithm::HmacSha1,
        "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "aa4ae5e15272d00e95705637ce8a3b55ed402112",
    ),
    (
        Algorithm::HmacSha224,
        "a30e01098bc6dbbf45690f3a7e9e6d0f8bbea2a39e6148008fd05e44",
        "95e9a0db962095adaebe9b2d6f0dbce2d499f112f2d2b7273fa6870e",
    ),
    (
        Algorithm::HmacSha256,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        Algorithm::HmacSha384,
        "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e\
         8e2240ca5e69e2c78b3239ecfab21649",
        "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c6\
         0c2ef6ab4030fe8296248df163f44952",
    ),
    (
        Algorithm::HmacSha512,
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554\
         9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352\
         6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
    ),
];

fn key(algorithm: Algorithm, secret: &[u8]) -> Key {
    Key::new("k", algorithm, secret).unwrap()
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn all_six_algorithms_give_the_published_answers() {
    for (algorithm, short, long) in ANSWERS {
        let block = if algorithm.signature_len() < 28 { 80 } else { 131 };
        for (secret, data, answer) in [(SHORT.0, SHORT.1, short), (&LONG.0[..block], LONG.1, long)]
        {
            let key = key(algorithm, secret);
            let mut signature = Vec::new();
            key.sign([data], &mut signature);
            assert_eq!(hex(&signature), answer, "{algorithm}");
            assert_eq!(signature.len(), algorithm.signature_len(), "{algorithm}");
            assert!(key.verify([data], &signature), "{algorithm}");
        }
    }
}

#[test]
fn the_runs_of_what_is_covered_count_as_one() {
    let key = key(Algorithm::HmacSha1, b"secret");
    let mut signature = Vec::new();
    key.sign([&b"ab"[..], b"", b"cdef"], &mut signature);
    assert!(key.verify([&b"abcdef"[..]], &signature));
}

#[test]
fn a_signature_must_match_in_every_bit_and_in_length() {
    for algorithm in Algorithm::ALL {
        let key = key(algorithm, b"secret");
        let mut good = Vec::new();
        key.sign([&b"data"[..]], &mut good);
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            assert!(!key.verify([&b"data"[..]], &bad), "{algorithm}, bit {bit}");
        }
        assert!(!key.verify([&b"data"[..]], &good[1..]), "{algorithm}");
        assert!(!key.verify([&b"data"[..]], &[]), "{algorithm}");
        assert!(!key.verify([&b"data"[..]], &[&good[..], &[0]].concat()), "{algorithm}");
        assert!(!key.verify([&b"date"[..]], &good), "{algorithm}");
    }
}

#[test]
fn base64_is_read_with_missing_and_surplus_padding_and_space_around() {
    let mut expected = Vec::new();
    key(Algorithm::HmacMd5, b"four").sign([&b"x"[..]], &mut expected);
    for text in ["Zm91cg==", "Zm91cg", "Zm91cg=", "Zm91cg====", " Zm91cg==\r\n", "\tZm91cg "] {
        let key = Key::from_base64("k", Algorithm::HmacMd5, text).unwrap();
        assert!(key.verify([&b"x"[..]], &expected), "{text:?}");
    }
}

#[test]
fn a_secret_that_is_no_base64_is_refused_by_place_and_not_by_letter() {
    let read = |text| Key::from_base64("k", Algorithm::HmacMd5, text).map(|_| ());
    assert_eq!(read("Zm9!cg=="), Err(KeyError::Base64 { at: 3 }));
    assert_eq!(read("  Zm 1cg=="), Err(KeyError::Base64 { at: 4 }));
    assert_eq!(read("Zm=1cg"), Err(KeyError::Base64 { at: 2 }));
    assert_eq!(read("Zm91c"), Err(KeyError::Base64 { at: 5 }));
    assert_eq!(read("Zm91-_"), Err(KeyError::Base64 { at: 4 }));
    assert!(!read("Zm9!cg==").unwrap_err().to_string().contains('!'));
}

#[test]
fn empty_names_and_secrets_are_refused() {
    for text in ["", "  ", "=", "===="] {
        let made = Key::from_base64("k", Algorithm::HmacMd5, text).map(|_| ());
        assert_eq!(made, Err(KeyError::NoSecret), "{text:?}");
    }
    let made = Key::new("k", Algorithm::HmacMd5, b"").map(|_| ());
    assert_eq!(made, Err(KeyError::NoSecret));
    let made = Key::new("", Algorithm::HmacMd5, b"x").map(|_| ());
    assert_eq!(made, Err(KeyError::NoName));
}

#[test]
fn debug_tells_neither_the_secret_nor_the_state() {
    let shown = format!("{:?}", key(Algorithm::HmacSha512, b"hunter2"));
    assert_eq!(shown, r#"Key { name: "k", algorithm: HmacSha512, .. }"#);
}

#[test]
fn algorithms_are_read_in_any_case_with_the_suffix_or_without() {
    for algorithm in Algorithm::ALL {
        let (name, wire) = (algorithm.name(), algorithm.wire_name());
        assert_eq!(wire, format!("{name}{SUFFIX}"));
        for text in [name, wire, &name.to_uppercase(), &wire.to_lowercase()] {
            assert_eq!(text.parse(), Ok(algorithm));
        }
        assert_eq!(key(algorithm, b"x").algorithm(), algorithm);
    }
}

#[test]
fn other_algorithms_are_refused_by_name() {
    for text in
        ["", "md5", "hmac-md5.", "hmac-md5.SIG-ALG.REG.INT", SUFFIX, "hmac-sha3", "hmac-äää"]
    {
        let found = text.to_owned();
        assert_eq!(text.parse::<Algorithm>(), Err(KeyError::Algorithm { found }));
    }
}

#[test]
fn the_states_wipe_themselves() {
    // An HMAC is two such cores behind one buffer.
    fn wiped<D: hmac::EagerHash<Core: zeroize::ZeroizeOnDrop>>(_: &Hmac<D>) {}
    for algorithm in Algorithm::ALL {
        match &*key(algorithm, b"x").secret {
            Secret::Md5(state) => wiped(state),
            Secret::Sha1(state) => wiped(state),
            Secret::Sha224(state) => wiped(state),
            Secret::Sha256(state) => wiped(state),
            Secret::Sha384(state) => wiped(state),
            Secret::Sha512(state) => wiped(state),
        }
    }
}
