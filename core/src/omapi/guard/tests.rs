use super::*;
use crate::omapi::{statements::StatementError, wire::Attributes};

type Pairs<'a> = &'a [(&'a str, &'a [u8])];

const ONE: &[u8] = &[0, 0, 0, 1];
const TWO: &[u8] = &[0, 0, 0, 2];
const MAC: &[u8] = &[2, 0, 0, 0, 1, 1];

fn dictionary(pairs: Pairs<'_>) -> Attributes {
    pairs.iter().copied().collect()
}

fn open(object_type: &str, message: Pairs<'_>, object: Pairs<'_>) -> Result<(), Refusal> {
    let (message, object) = (dictionary(message), dictionary(object));
    check_open(object_type, message.as_dictionary(), object.as_dictionary(), Family::V4)
}

fn look_up(object_type: &str, object: Pairs<'_>) -> Result<(), Refusal> {
    open(object_type, &[("type", object_type.as_bytes())], object)
}

fn create(object_type: &str, object: Pairs<'_>) -> Result<(), Refusal> {
    open(object_type, &[("create", ONE), ("exclusive", ONE)], object)
}

fn update(object_type: &str, object: Pairs<'_>) -> Result<(), Refusal> {
    check_update(Some(object_type), dictionary(object).as_dictionary(), Family::V4)
}

fn update_unknown(object: Pairs<'_>) -> Result<(), Refusal> {
    check_update(None, dictionary(object).as_dictionary(), Family::V4)
}

fn length(name: &str, found: usize, expected: &'static str) -> Result<(), Refusal> {
    Err(Refusal::Length { name: name.into(), found, expected })
}

/// Whether it was refused as an empty value that would crash the server.
fn is_empty_refusal(result: Result<(), Refusal>) -> bool {
    matches!(result, Err(Refusal::Empty { .. }))
}

#[test]
fn no_open_without_a_lookup_key() {
    let without: &[(&str, Pairs<'_>)] = &[
        ("lease", &[]),
        ("lease", &[("client-hostname", b"pc")]),
        ("host", &[]),
        ("host", &[("nmae", b"pc")]),
        ("host", &[("hardware-type", ONE)]),
        ("group", &[("statements", b" ")]),
        ("class", &[("match", b"hardware")]),
        ("subclass", &[("name", b"c")]),
        ("subclass", &[("hashstring", b"c")]),
        ("failover-state", &[]),
        ("interface", &[]),
        ("frob", &[]),
    ];
    for &(object_type, object) in without {
        let refusal = look_up(object_type, object).expect_err(object_type);
        assert!(matches!(refusal, Refusal::NoKey { .. }), "{refusal}");
    }
    let with: &[(&str, Pairs<'_>)] = &[
        ("lease", &[("ip-address", &[10, 0, 0, 1])]),
        ("lease", &[("hardware-address", MAC)]),
        ("lease", &[("dhcp-client-identifier", b"\x01x")]),
        ("lease", &[("handle", ONE)]),
        ("host", &[("name", b"we ird")]),
        ("host", &[("ip-address", &[10, 0, 0, 1, 10, 0, 0, 2])]),
        ("group", &[("name", b"g")]),
        ("class", &[("name", b"c")]),
        ("subclass", &[("name", b"c"), ("hashstring", b"\x01x")]),
        ("failover-state", &[("name", b"fo")]),
        ("interface", &[("name", b"eth0")]),
        ("control", &[]),
        ("authenticator", &[("name", b"k"), ("algorithm", b"a")]),
        ("frob", &[("x", b"y")]),
    ];
    for &(object_type, object) in with {
        assert_eq!(look_up(object_type, object), Ok(()), "{object_type}");
    }
}

#[test]
fn an_open_names_a_type_that_can_be_looked_up() {
    assert_eq!(look_up("", &[("name", b"x")]), Err(Refusal::NoType));
    for object_type in ["pool", "subnet", "shared-network"] {
        let refusal = Refusal::NoLookup { object_type: object_type.into() };
        assert_eq!(look_up(object_type, &[("name", b"x")]), Err(refusal));
    }
}

#[test]
fn a_lookup_key_has_its_length() {
    let ip = |octets| look_up("lease", &[("ip-address", octets)]);
    assert_eq!(ip(&[10, 0, 0]), length("ip-address", 3, "4"));
    assert_eq!(ip(&[0; 8]), length("ip-address", 8, "4"));
    let host = |octets| look_up("host", &[("ip-address", octets)]);
    assert_eq!(host(&[0; 5]), length("ip-address", 5, "4 for each address"));
    assert_eq!(host(&[0; 8]), Ok(()));
    let mac = |octets| look_up("host", &[("hardware-address", octets)]);
    assert_eq!(mac(&[0; 20]), Ok(()));
    assert_eq!(mac(&[0; 21]), length("hardware-address", 21, "1 to 20"));
    assert_eq!(look_up("host", &[("handle", &[1])]), length("handle", 1, "4"));
}

#[test]
fn a_hardware_type_is_one_to_255_in_four_octets() {
    let with = |number: u32| {
        let number = number.to_be_bytes();
        look_up("lease", &[("hardware-address", MAC), ("hardware-type", &number)])
    };
    assert_eq!((with(1), with(255)), (Ok(()), Ok(())));
    for number in [0, 256] {
        assert!(matches!(with(number), Err(Refusal::Range { found, .. }) if found == number));
    }
    let short = look_up("lease", &[("hardware-address", MAC), ("hardware-type", &[1])]);
    assert_eq!(short, length("hardware-type", 1, "4"));
}

#[test]
fn nothing_in_an_open_is_empty() {
    for name in ["name", "hardware-address", "ip-address", "group"] {
        let refusal = Refusal::EmptyInOpen { name: name.into() };
        assert_eq!(look_up("host", &[("dhcp-client-identifier", b"x"), (name, b"")]), Err(refusal));
    }
}

#[test]
fn flags_have_four_octets_and_some_keys_are_the_server_s_own() {
    let key: Pairs<'_> = &[("name", b"x")];
    for flag in ["create", "exclusive", "update"] {
        for octets in [&[][..], &[1], &[0, 0, 1], &[0, 0, 0, 0, 1]] {
            assert_eq!(open("group", &[(flag, octets)], key), length(flag, octets.len(), "4"));
        }
    }
    for name in ["object", "notify-object", "authenticator", "authid", "op", "handle", "id", "rid"]
    {
        let refusal = Refusal::ReservedKey { name: name.into() };
        assert_eq!(open("group", &[(name, ONE)], key), Err(refusal));
    }
    assert_eq!(open("group", &[("type", b"group"), ("unknown", b"")], key), Ok(()));
}

#[test]
fn a_name_stands_once() {
    let repeated = |name: &str| Err(Refusal::Repeated { name: name.into() });
    let twice: Pairs<'_> = &[("statements", b" "), ("statements", b" ")];
    assert_eq!(update("group", twice), repeated("statements"));
    assert_eq!(look_up("host", &[("name", b"a"), ("name", b"b")]), repeated("name"));
    let key: Pairs<'_> = &[("name", b"x")];
    assert_eq!(open("group", &[("create", ONE), ("create", ONE)], key), repeated("create"));
}

#[test]
fn empty_values_that_crash_the_server() {
    for (object_type, name) in [
        ("lease", "state"),
        ("lease", "ends"),
        ("lease", "flags"),
        ("lease", "starts"),
        ("lease", "cltt"),
        ("group", "name"),
        ("group", "statements"),
        ("class", "name"),
        ("class", "match"),
        ("class", "group"),
        ("class", "option"),
        ("subclass", "hashstring"),
        ("control", "state"),
        ("failover-state", "local-state"),
        ("interface", "name"),
        ("pool", "x"),
        ("frob", "x"),
    ] {
        assert!(is_empty_refusal(update(object_type, &[(name, b"")])), "{object_type} {name}");
        assert!(is_empty_refusal(update_unknown(&[(name, b"")])), "{name}");
    }
}

#[test]
fn empty_values_that_unset_something() {
    assert_eq!(update("host", &[("ip-address", b"")]), Ok(()));
    assert_eq!(update("lease", &[("client-hostname", b"")]), Ok(()));
    assert_eq!(update("lease", &[("vendor-string", b"")]), Ok(()));
}

#[test]
fn a_lease_takes_states_one_to_seven() {
    for state in 1..=7_u32 {
        assert_eq!(update("lease", &[("state", &state.to_be_bytes())]), Ok(()));
    }
    for state in [0, 8, 9, u32::MAX] {
        let result = update("lease", &[("state", &state.to_be_bytes())]);
        assert!(matches!(result, Err(Refusal::Range { found, .. }) if found == state));
    }
    assert_eq!(update("lease", &[("state", &[2])]), length("state", 1, "4"));
}

#[test]
fn a_state_follows_the_end_of_a_lease() {
    assert_eq!(update("lease", &[("ends", ONE)]), Err(Refusal::EndsAlone));
    assert_eq!(update("lease", &[("state", TWO), ("ends", ONE)]), Err(Refusal::EndsAlone));
    assert_eq!(update("lease", &[("ends", ONE), ("state", TWO)]), Ok(()));
    assert_eq!(update("lease", &[("ends", ONE), ("flags", &[4]), ("state", TWO)]), Ok(()));
    let short = update("lease", &[("ends", &[1, 2, 3]), ("state", TWO)]);
    assert_eq!(short, length("ends", 3, "4"));
    let message: Pairs<'_> = &[("update", ONE)];
    let opened = open("lease", message, &[("hardware-address", MAC), ("ends", ONE)]);
    assert_eq!(opened, Err(Refusal::EndsAlone));
}

#[test]
fn a_state_follows_the_flags_of_a_lease() {
    let alone = Err(Refusal::FlagsAlone);
    assert_eq!(update("lease", &[("flags", &[4])]), alone);
    assert_eq!(update("lease", &[("state", TWO), ("flags", &[4])]), alone);
    assert_eq!(update_unknown(&[("flags", &[4])]), alone);
    assert_eq!(update("lease", &[("flags", &[4]), ("state", TWO)]), Ok(()));
}

#[test]
fn flags_of_a_lease_have_one_octet_or_four() {
    let flags = |octets| update("lease", &[("flags", octets), ("state", TWO)]);
    assert_eq!(flags(&[4]), Ok(()));
    assert_eq!(flags(ONE), Ok(()));
    assert_eq!(flags(&[0, 4]), length("flags", 2, "1 or 4"));
}

#[test]
fn no_variable_is_set_on_a_lease() {
    for name in ["tstp", "tsfp", "atsfp", "cltt", "vendor-string", "remote-handle", "name"] {
        let refusal = Refusal::LeaseVariable { name: name.into() };
        assert_eq!(update("lease", &[(name, ONE)]), Err(refusal), "{name}");
    }
    // The server refuses or ignores these itself.
    for name in ["ip-address", "starts", "pool", "client-hostname"] {
        assert_eq!(update("lease", &[(name, ONE)]), Ok(()), "{name}");
    }
}

#[test]
fn names_of_hosts_and_groups_are_tokens() {
    for name in ["a", "PC-7.example_x", "0"] {
        assert_eq!(check_name(name), Ok(()));
        let named: Pairs<'_> = &[("name", name.as_bytes())];
        assert_eq!((create("host", named), create("group", named)), (Ok(()), Ok(())));
    }
    for name in ["", "we ird", "a\"b", "a;", "a\n", "{", "é", "a/b"] {
        let refusal = Err(Refusal::Name { name: name.into() });
        assert_eq!(check_name(name), refusal);
        if !name.is_empty() {
            let named: Pairs<'_> = &[("name", name.as_bytes())];
            assert_eq!((create("host", named), create("group", named)), (refusal.clone(), refusal));
        }
    }
}

#[test]
fn names_of_classes_and_hashes_can_be_read_again() {
    assert_eq!(create("class", &[("name", b"we ird")]), Ok(()));
    for name in [&b"q\"uote"[..], b"back\\slash", b"line\n", b"\xff"] {
        let result = create("class", &[("name", name)]);
        assert!(matches!(result, Err(Refusal::LeasesFile { .. })), "{name:?}");
    }
    let hash = |hash| create("subclass", &[("name", b"c"), ("hashstring", hash)]);
    assert_eq!(hash(b"\x01a\"b"), Ok(()));
    assert!(matches!(hash(b"a\"b"), Err(Refusal::LeasesFile { .. })));
}

#[test]
fn a_new_host_has_the_type_of_its_address() {
    let without: Pairs<'_> = &[("name", b"h"), ("hardware-address", MAC)];
    assert_eq!(create("host", without), Err(Refusal::NoHardwareType));
    let with = [without, &[("hardware-type", ONE)]].concat();
    assert_eq!(create("host", &with), Ok(()));
    assert_eq!(look_up("host", without), Ok(()));
    assert_eq!(create("host", &[("dhcp-client-identifier", b"x")]), Ok(()));
}

#[test]
fn statements_are_whole() {
    for object_type in ["host", "group"] {
        let with = |text| create(object_type, &[("name", b"x"), ("statements", text)]);
        assert_eq!(with(b"option domain-name \"x\";"), Ok(()));
        assert_eq!(with(b" "), Ok(()));
        assert_eq!(with(b"option x 1"), Err(Refusal::Statements(StatementError::NoEnd)));
        let open = StatementError::OpenString { at: 9 };
        assert_eq!(with(b"filename \"x;"), Err(Refusal::Statements(open)));
        let escaped = StatementError::Backslash { at: 11 };
        assert_eq!(with(b"filename \"x\\\"\";"), Err(Refusal::Statements(escaped)));
    }
}

#[test]
fn addresses_of_hosts_have_their_length() {
    assert_eq!(update("host", &[("ip-address", &[0; 12])]), Ok(()));
    let five = update("host", &[("ip-address", &[0; 5])]);
    assert_eq!(five, length("ip-address", 5, "4 for each address"));
    let v6 = |octets: &[u8]| {
        let object = dictionary(&[("ip-address", octets)]);
        let (object, none) = (object.as_dictionary(), Dictionary::EMPTY);
        (
            check_open("host", none, object, Family::V6),
            check_update(Some("host"), object, Family::V6),
        )
    };
    assert_eq!(v6(&[0; 16]), (Ok(()), Err(Refusal::Ipv6Host)));
    let four = length("ip-address", 4, "16 for each address");
    assert_eq!(v6(&[0; 4]), (four.clone(), four));
}

#[test]
fn a_failover_state_that_there_is() {
    for state in (0..=11).chain([254_u32]) {
        assert_eq!(update("failover-state", &[("local-state", &state.to_be_bytes())]), Ok(()));
    }
    for state in [12_u32, 253, 255] {
        let result = update("failover-state", &[("local-state", &state.to_be_bytes())]);
        assert!(matches!(result, Err(Refusal::Range { .. })), "{state}");
    }
    assert_eq!(update("failover-state", &[("local-state", &[4])]), length("local-state", 1, "4"));
}

#[test]
fn control_can_only_be_shut_down() {
    assert_eq!(update("control", &[("state", TWO)]), Ok(()));
    for state in [0_u32, 1, 3, 4] {
        let result = update("control", &[("state", &state.to_be_bytes())]);
        assert!(matches!(result, Err(Refusal::Range { .. })), "{state}");
    }
}

#[test]
fn a_handle_of_unknown_type_is_held_to_all_rules() {
    assert_eq!(update_unknown(&[("ends", ONE)]), Err(Refusal::EndsAlone));
    assert_eq!(update_unknown(&[("group", b"staff")]), Ok(()));
    assert_eq!(update_unknown(&[("ip-address", &[10, 0, 0, 1])]), Ok(()));
    let refusal = Refusal::LeaseVariable { name: "frob".into() };
    assert_eq!(update_unknown(&[("frob", ONE)]), Err(refusal));
    assert!(matches!(update_unknown(&[("name", b"a b")]), Err(Refusal::Name { .. })));
}

#[test]
fn a_refusal_says_what_why_and_what_to_do() {
    let text = look_up("host", &[]).expect_err("no key").to_string();
    assert_eq!(
        text,
        "an OPEN of a host without a lookup key seems to succeed and finds nothing: give name, \
         hardware-address, ip-address, dhcp-client-identifier, handle"
    );
}

#[test]
fn a_name_that_is_too_long_to_be_read_back_is_refused() {
    assert_eq!(check_name("a".repeat(LONGEST_NAME)), Ok(()));
    let octets = LONGEST_NAME + 1;
    assert_eq!(check_name("a".repeat(octets)), Err(Refusal::LongName { octets }));
}
