use super::*;

fn decode_v4<'a>(object_type: &str, name: &str, octets: &'a [u8]) -> Value<'a> {
    decode(object_type, name, octets, Family::V4)
}

#[test]
fn the_name_decides_and_never_the_content() {
    // Six letters are an address under one name, octets under another.
    let letters = b"abcdef";
    assert_eq!(decode_v4("host", "hardware-address", letters).to_string(), "61:62:63:64:65:66");
    for name in ["dhcp-client-identifier", "vendor-string", "hashstring"] {
        assert_eq!(decode_v4("lease", name, letters), Value::Octets(letters));
    }
    // Four octets are as many things as there are names.
    let four = &[0, 0, 0, 2];
    assert_eq!(decode_v4("lease", "pool", four), Value::Handle(2));
    assert_eq!(decode_v4("lease", "site-variable", four), Value::Octets(four));
    assert_eq!(decode_v4("lease", "ends", four), Value::Time(Time(2)));
    assert_eq!(decode_v4("host", "ends", four), Value::Octets(four));
    assert_eq!(decode_v4("lease", "group", b"abc"), Value::Octets(b"abc"));
    assert_eq!(decode_v4("pool", "free-leases", four), Value::Integer(2));
    assert_eq!(decode_v4("lease", "remote-handle", four), Value::Integer(2));
    assert_eq!(decode_v4("host", "name", four), Value::Text("\0\0\0\x02"));
}

#[test]
fn a_state_is_of_its_object() {
    let two = &[0, 0, 0, 2];
    let named = |name| Value::Enumeration { number: 2, name };
    assert_eq!(decode_v4("lease", "state", two), named(Some("active")));
    assert_eq!(decode_v4("control", "state", two), named(Some("shutdown")));
    assert_eq!(decode_v4("failover-state", "partner-state", two), named(Some("normal")));
    assert_eq!(decode_v4("failover-state", "hierarchy", two), named(None));
    assert_eq!(decode_v4("interface", "state", b"down"), Value::Text("down"));
    assert_eq!(decode_v4("somewhere", "state", two), Value::Octets(two));
}

#[test]
fn another_length_is_octets() {
    for (object_type, name) in [
        ("lease", "state"),
        ("lease", "pool"),
        ("lease", "ends"),
        ("lease", "ip-address"),
        ("host", "ip-address"),
        ("host", "hardware-type"),
        ("host", "known"),
        ("control", "state"),
    ] {
        for octets in [&[1, 2, 3][..], &[1, 2, 3, 4, 5], &[]] {
            assert_eq!(decode_v4(object_type, name, octets), Value::Octets(octets), "{name}");
        }
    }
    assert_eq!(decode_v4("lease", "flags", &[0, 0, 0, 4]), Value::Octets(&[0, 0, 0, 4]));
    assert_eq!(decode_v4("lease", "flags", &[4]), Value::Integer(4));
    assert_eq!(decode_v4("host", "hardware-address", &[0; 21]), Value::Octets(&[0; 21]));
    assert_eq!(decode_v4("host", "hardware-address", b""), Value::Octets(b""));
}

#[test]
fn an_empty_value_is_empty_text_for_text_only() {
    assert_eq!(decode_v4("host", "name", b""), Value::Text(""));
    assert_eq!(decode_v4("host", "dhcp-client-identifier", b""), Value::Octets(b""));
}

#[test]
fn text_that_is_not_utf_8_stays_octets() {
    assert_eq!(decode_v4("lease", "client-hostname", b"\xff"), Value::Octets(b"\xff"));
}

#[test]
fn a_lease_has_one_address_and_a_host_has_a_list() {
    let sixteen: Vec<u8> = (1..=16).collect();
    let Value::IpAddresses(four) = decode_v4("host", "ip-address", &sixteen) else {
        panic!("a list")
    };
    assert_eq!(four.len(), 4);
    assert_eq!(four[1], IpAddr::from([5, 6, 7, 8]));
    assert_eq!(decode_v4("lease", "ip-address", &sixteen[..8]), Value::Octets(&sixteen[..8]));
    assert_eq!(decode_v4("lease", "ip-address", &sixteen[..4]).to_string(), "1.2.3.4");

    let Value::IpAddresses(one) = decode("host", "ip-address", &sixteen, Family::V6) else {
        panic!("a list")
    };
    assert_eq!(one, ["102:304:506:708:90a:b0c:d0e:f10".parse::<IpAddr>().expect("an address")]);
    let four = &sixteen[..4];
    assert_eq!(decode("host", "ip-address", four, Family::V6), Value::Octets(four));
    assert_eq!(decode("lease", "ip-address", four, Family::V6).to_string(), "1.2.3.4");
}

#[test]
fn the_addresses_of_a_failover_state_are_garbage_and_stay_octets() {
    let pointer = &[0xb0, 0x49, 0x69, 0xb4, 0x7b, 0x55, 0, 0];
    for name in ["partner-address", "local-address"] {
        assert_eq!(decode_v4("failover-state", name, pointer), Value::Octets(pointer));
        assert_eq!(decode_v4("failover-state", name, &pointer[..4]), Value::Octets(&pointer[..4]));
    }
}

#[test]
fn the_message_dictionary_has_a_table_of_its_own() {
    let found = decode_message("result", &[0, 0, 0, 23]);
    assert_eq!(found, Value::Enumeration { number: 23, name: Some("NOTFOUND") });
    assert_eq!(decode_message("type", b"lease"), Value::Text("lease"));
    assert_eq!(decode_message("create", &[0, 0, 0, 1]), Value::Integer(1));
    assert_eq!(decode_message("create", &[1]), Value::Octets(&[1]));
    assert_eq!(decode_message("name", b"x"), Value::Octets(b"x"));
    // In an object these are variables of the site.
    assert_eq!(decode_v4("lease", "result", &[0, 0, 0, 23]), Value::Octets(&[0, 0, 0, 23]));
}

#[test]
fn text_for_people_cannot_drive_their_terminal() {
    let value = decode_v4("lease", "client-hostname", b"\x1b[2Jpc\n");
    assert_eq!(value.to_string(), "\\u{1b}[2Jpc\\n");
}

#[test]
fn a_name_that_is_not_ascii_is_unknown() {
    assert_eq!(kind("lease", b"\xff\xfe"), Kind::Octets);
}
