//! Authentication, the decision table of OPEN, and the requests that no object answers.

use std::time::Instant;

use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::peer::{Harm, Host, Lease, Setup};
use netlever_core::omapi::wire::{Attributes, Header, Opcode, encode};

use super::desk::{Desk, Pairs, UNIX, filled, key, server};

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const TYPE: [u8; 4] = [0, 0, 0, 1];

#[test]
fn the_decision_table_of_open() {
    let now = Instant::now();
    let server = server(now);
    server.add_host(Host::ethernet("here", MAC)).expect("a host");
    let mut desk = Desk::signed(&server, now);
    const FOUND: Pairs<'_> = &[("name", b"here")];
    const ABSENT: Pairs<'_> = &[("name", b"there")];
    let table: &[(&str, &[&str], Pairs<'_>, u32, &str)] = &[
        ("host", &[], FOUND, 0, ""),
        ("host", &["exclusive"], FOUND, 0, ""),
        ("host", &["create", "exclusive"], FOUND, 18, "specified object already exists"),
        ("host", &["create"], FOUND, 18, "can't update object"),
        ("host", &["update"], FOUND, 18, "can't update object"),
        ("host", &[], ABSENT, 23, "no object matches specification"),
        ("host", &["update"], ABSENT, 23, "no object matches specification"),
        ("host", &["create"], ABSENT, 0x60003, "can't update object"),
        ("host", &["create"], &[], 0x60003, "can't update object"),
        ("host", &["create"], &[("frob", b"x")], 0x60020, "can't update object"),
        (
            "host",
            &[],
            &[("hardware-address", &MAC), ("hardware-type", b"\x01")],
            0x60003,
            "object lookup failed",
        ),
        ("host", &[], &[("handle", &[0, 0, 0, 1])], 0x60003, "object lookup failed"),
        ("host", &[], &[("handle", &[0, 0, 9, 9])], 23, "no object matches specification"),
        ("lease", &[], &[("ip-address", b"abc")], 0x60003, "object lookup failed"),
        ("lease", &["create"], &[("ip-address", &[10, 9, 9, 9])], 27, "can't create new object"),
        ("lease", &[], &[("name", b"x")], 27, "can't create new object"),
        ("pool", &[], &[], 27, "can't create new object"),
        ("subnet", &[], &[], 27, "can't create new object"),
        ("failover-state", &[], &[], 27, "can't create new object"),
        ("failover-state", &[], &[("name", b"x")], 23, "no object matches specification"),
        ("listener", &[], &[], 27, "unsearchable object type"),
        ("frobnicate", &[], &[], 23, "no matching handle"),
        ("frobnicate", &["create"], &[], 0x60003, "type required on create"),
        ("control", &[], &[], 0, ""),
        ("control", &["create", "exclusive"], &[], 18, "specified object already exists"),
        (
            "class",
            &["create"],
            &[("name", b"c"), ("match", b"other")],
            0x60003,
            "can't update object",
        ),
        ("group", &["create"], &[("name", b"g")], 0x60003, "can't update object"),
        ("group", &["create"], &[("name", b"g"), ("frob", b"x")], 23, "can't update object"),
        (
            "authenticator",
            &["update"],
            &[("name", b"defomapi"), ("algorithm", b"HMAC-sha256.sig-alg.reg.int.")],
            0,
            "can't update object",
        ),
    ];
    for (row, (kind, flags, object, code, text)) in table.iter().enumerate() {
        let reply = desk.open(kind, flags, object);
        assert_eq!(reply.signed, Some(true), "row {row}");
        if *code == 0 && text.is_empty() {
            assert_eq!(reply.opcode(), Opcode::Update, "row {row}: {reply:?}");
            assert_ne!(reply.header.handle, 0);
        } else {
            assert_eq!(reply.status(), (ResultCode(*code), *text), "row {row}");
        }
    }
    assert_eq!(server.harms(), []);
}

#[test]
fn a_flag_of_another_length_is_refused_and_an_empty_one_is_absent() {
    let now = Instant::now();
    let mut desk = Desk::signed(&server(now), now);
    let object = [("name", "x")].into_iter().collect();
    for (flag, text) in [
        ("create", "invalid create flag value"),
        ("update", "invalid update flag value"),
        ("exclusive", "invalid exclusive flag value"),
    ] {
        let words: Attributes = [("type", "host"), (flag, "\u{1}")].into_iter().collect();
        let reply = desk.ask(Opcode::Open, 0, &words, &object);
        assert_eq!(reply.status(), (ResultCode::INVALID_ARGUMENT, text));
        let words: Attributes =
            [("type", "host"), (flag, ""), ("other", "?")].into_iter().collect();
        let reply = desk.ask(Opcode::Open, 0, &words, &object);
        assert_eq!(reply.status().0, ResultCode::NOT_FOUND);
    }
}

#[test]
fn an_open_without_a_key_makes_a_temporary_object_and_is_noted() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    for (kind, object) in [
        ("host", &[][..]),
        ("host", &[("ip-adress", &b"\x0a\0\0\x0a"[..])][..]),
        ("group", &[]),
        ("class", &[]),
        ("subclass", &[]),
    ] {
        let reply = desk.open(kind, &[], object);
        assert_eq!(reply.names(), [""; 0]);
        let handle = reply.header.handle;
        assert_ne!(handle, 0);
        assert_eq!(desk.refresh(handle).status(), (ResultCode::NOT_FOUND, "no matching handle"));
    }
    assert_eq!(server.harms().len(), 5);
    assert_eq!(server.harms()[0], Harm::EmptyOpen { kind: "host" });
    assert_eq!(server.would_have_died(), 0);
}

#[test]
fn requests_on_handles() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    let authid = desk.key.as_ref().expect("a key").1;
    assert_eq!(authid, 1);
    assert_eq!(desk.refresh(authid).names(), ["name", "algorithm"]);
    let refused = desk.update(authid, &[("name", b"x")]);
    assert_eq!(refused.status(), (ResultCode::SUCCESS, "cannot update authenticator"));
    let refused = desk.delete(authid);
    assert_eq!(refused.status(), (ResultCode::NOT_IMPLEMENTED, "no remove method for object"));
    for opcode in [Opcode::Refresh, Opcode::Update, Opcode::Delete] {
        for handle in [0, 77] {
            let none = Attributes::new();
            let reply = desk.ask(opcode, handle, &none, &none);
            assert_eq!(reply.status(), (ResultCode::NOT_FOUND, "no matching handle"));
        }
    }
    let control = desk.open("control", &[], &[]);
    assert_eq!(control.number("state"), 0);
    let control = control.header.handle;
    let table: &[(Pairs<'_>, u32)] = &[
        (&[], 0x60003),
        (&[("state", &[0, 0, 0, 1])], 0x60003),
        (&[("state", b"\x02")], 0x60003),
        (&[("other", &[0, 0, 0, 2])], 23),
    ];
    for (object, code) in table {
        let reply = desk.update(control, object);
        assert_eq!(reply.status(), (ResultCode(*code), "can't update object"));
    }
    assert_eq!(desk.delete(control).status(), (ResultCode::NO_PERMISSION, ""));
    let none = Attributes::new();
    let reply = desk.ask(Opcode::Notify, 0, &none, &none);
    assert_eq!(reply.status(), (ResultCode::NOT_IMPLEMENTED, "notify not implemented yet"));
    assert!(!server.is_ending());
}

#[test]
fn tids_count_up_and_rid_is_the_requests() {
    let now = Instant::now();
    let mut desk = Desk::signed(&server(now), now);
    let first = desk.refresh(0).header.tid;
    assert_eq!(desk.refresh(0).header.tid, first + 1);
}

#[test]
fn who_may_open_a_key() {
    let now = Instant::now();
    let mut setup = Setup::new(now, UNIX).with_key(key());
    setup.keys.push(Key::new("spare", Algorithm::HmacMd5, b"s").expect("a key"));
    let mut free = setup.clone();
    free.omapi_key = None;
    let (server, free) = (filled(setup), filled(free));
    let ask = |server, name: &str, algorithm: &str| {
        let mut desk = Desk::new(server, now);
        desk.open(
            "authenticator",
            &[],
            &[("name", name.as_bytes()), ("algorithm", algorithm.as_bytes())],
        )
    };
    let sha = "hmac-sha256.SIG-ALG.REG.INT.";
    let reply = ask(&server, "DEFOMAPI", "HMAC-SHA256.sig-alg.reg.int.");
    assert_eq!(reply.object.get("name"), Some(&b"defomapi"[..]), "the server's spelling");
    assert_eq!(reply.object.get("algorithm"), Some(sha.as_bytes()));
    assert_eq!((reply.header.authid, reply.signed), (0, None));
    for (name, algorithm) in [
        ("nobody", sha),
        ("defomapi", "hmac-sha256"),
        ("defomapi", "hmac-sha256.SIG-ALG.REG.INT"),
        ("defomapi", "hmac-md5.SIG-ALG.REG.INT."),
    ] {
        let reply = ask(&server, name, algorithm);
        assert_eq!(reply.status(), (ResultCode::NOT_FOUND, "no object matches specification"));
    }
    let spare = "hmac-md5.SIG-ALG.REG.INT.";
    let refused = ask(&server, "spare", spare);
    assert_eq!(refused.status(), (ResultCode::INVALID_KEY, "can't select authenticator"));
    assert_eq!(ask(&free, "spare", spare).opcode(), Opcode::Update);
    // Without an omapi-key unsigned requests are served.
    let mut desk = Desk::new(&free, now);
    assert_eq!(desk.open("control", &[], &[]).opcode(), Opcode::Update);
}

#[test]
fn what_is_not_signed_or_not_by_the_key_is_refused_and_the_connection_goes_on() {
    let now = Instant::now();
    let mut desk = Desk::new(&server(now), now);
    let refused = desk.open("lease", &[], &[("ip-address", &[10, 0, 0, 10])]);
    assert_eq!(refused.status(), (ResultCode::NO_KEYS, "No authenticator on message"));
    desk.open_key(key());
    let none = Attributes::new();
    for spoil in [40, 5, 20] {
        let mut octets = desk.octets(Opcode::Refresh, 0, &none, &none);
        match spoil {
            40 => octets[40] ^= 1, // the signature
            5 => {
                octets.truncate(28 + 8); // a short one
                octets[7] = 8;
            }
            _ => octets[19] ^= 1, // the tid
        }
        desk.write(&octets);
        let reply = desk.receive().expect("an answer");
        assert_eq!(reply.status(), (ResultCode::INVALID_KEY, ""));
        assert_eq!((reply.header.authid, reply.signed), (0, None));
        assert_ne!(reply.header.rid, 0);
    }
    assert_eq!(desk.refresh(0).signed, Some(true));
    let (key, authid) = desk.key.clone().expect("a key");
    desk.open_key(key);
    assert_eq!(desk.key.as_ref().expect("a key").1, authid, "the same handle again");
}

#[test]
fn an_authid_alone_or_of_another_connection_proves_nothing() {
    let now = Instant::now();
    let server = server(now);
    let mut first = Desk::signed(&server, now);
    let none = Attributes::new();
    let octets = first.octets(Opcode::Refresh, 0, &none, &none);
    let mut second = Desk::new(&server, now);
    second.write(&octets);
    assert!(second.receive().is_none() && second.is_closed(), "not opened here");

    let mut octets = first.octets(Opcode::Refresh, 0, &none, &none);
    octets.truncate(28);
    octets[4..8].fill(0);
    first.write(&octets);
    assert!(first.is_closed());
    assert_eq!(server.harms(), [Harm::UnprovenAuthid]);
}

#[test]
fn an_unsigned_request_may_carry_octets_for_a_signature() {
    let now = Instant::now();
    let mut desk = Desk::new(&filled(Setup::new(now, UNIX)), now);
    let none = Attributes::new();
    let mut octets = desk.octets(Opcode::Refresh, 0, &none, &none);
    octets[7] = 3;
    octets.extend(b"sig");
    desk.write(&octets);
    let reply = desk.receive().expect("an answer");
    assert_eq!((reply.status().0, reply.signed), (ResultCode::NOT_FOUND, None));
}

#[test]
fn what_closes_the_connection() {
    let now = Instant::now();
    let server = filled(Setup::new(now, UNIX));
    let header = Header { opcode: 2, tid: 1, ..Header::default() };
    let none = Attributes::new();
    let mut cases = vec![
        (Header { opcode: 5, ..header }, none.clone()),
        (Header { opcode: 0, ..header }, none.clone()),
        (Header { opcode: 7, ..header }, none.clone()),
        (Header { rid: 9, ..header }, none.clone()),
        (Header { authid: 9, ..header }, none),
    ];
    for name in ["object", "notify-object", "authenticator", "authid", "op", "handle", "id", "rid"]
    {
        cases.push((header, [(name, "x")].into_iter().collect()));
    }
    for (header, words) in cases {
        let mut desk = Desk::new(&server, now);
        let mut octets = Vec::new();
        encode(
            &mut octets,
            &header,
            words.as_dictionary(),
            Attributes::new().as_dictionary(),
            None,
        );
        desk.write(&octets);
        assert!(desk.is_closed(), "{header:?} {words:?}");
    }
}

#[test]
fn a_repeated_name_takes_the_last_value_in_the_first_place() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    let reply = desk.open(
        "host",
        &["create"],
        &[
            ("name", b"first"),
            ("hardware-address", &MAC),
            ("hardware-type", &TYPE),
            ("name", b"second"),
        ],
    );
    assert_eq!(reply.object.get("name"), Some(&b"second"[..]));
    assert!(server.host("first").is_none());
}

#[test]
fn keys_that_disagree_and_keys_that_are_shared() {
    let now = Instant::now();
    let server = server(now);
    let ip = |last: u8| [10, 0, 0, last];
    for (last, mac) in [(10, 1), (11, 2), (12, 2)] {
        let mac = [2, 0, 0, 0, 1, mac];
        let mut lease = Lease::active(ip(last).into(), mac, UNIX - 9, UNIX + 99);
        lease.client_id = [&[1][..], &mac].concat();
        server.add_lease(lease).expect("a lease");
    }
    server.add_host(Host::ethernet("one", [2, 0, 0, 0, 1, 1])).expect("a host");
    server.add_host(Host::ethernet("two", [2, 0, 0, 0, 1, 9])).expect("a host");
    let mut desk = Desk::signed(&server, now);
    let (one, two, nine, no) = ([2, 0, 0, 0, 1, 1], [2, 0, 0, 0, 1, 2], [2, 0, 0, 0, 1, 9], [9; 6]);
    let table: &[(&str, Pairs<'_>, u32)] = &[
        ("lease", &[("hardware-address", &one)], 0),
        ("lease", &[("hardware-address", &one), ("hardware-type", &[0, 0, 0, 6])], 23),
        ("lease", &[("hardware-address", &two)], 0x60006),
        ("lease", &[("dhcp-client-identifier", b"\x01\x02\0\0\0\x01\x02")], 0x60006),
        ("lease", &[("ip-address", &ip(10)), ("hardware-address", &one)], 0),
        ("lease", &[("ip-address", &ip(10)), ("hardware-address", &no)], 0x60007),
        ("lease", &[("ip-address", &ip(10)), ("hardware-address", &two)], 0x60007),
        ("lease", &[("ip-address", &ip(11)), ("hardware-address", &two)], 0x60007),
        ("lease", &[("ip-address", &ip(12)), ("hardware-address", &two)], 0x60006),
        ("lease", &[("ip-address", &ip(99)), ("hardware-address", &one)], 23),
        ("host", &[("name", b"one"), ("hardware-address", &one)], 0),
        ("host", &[("name", b"one"), ("hardware-address", &nine)], 0x60007),
        ("host", &[("name", b"none"), ("hardware-address", &nine)], 0x60007),
        ("host", &[("name", b"one"), ("hardware-address", &no)], 23),
        ("host", &[("name", b"One")], 23),
        // By address: through the lease's hardware address, before the name is looked at.
        ("host", &[("ip-address", &ip(10))], 0),
        ("host", &[("ip-address", &ip(10)), ("name", b"two")], 0x60007),
        ("host", &[("ip-address", &ip(11))], 23),
        ("host", &[("ip-address", &ip(99)), ("name", b"one")], 23),
        ("host", &[("ip-address", &ip(99)), ("hardware-address", &nine)], 0),
    ];
    for (row, (kind, object, code)) in table.iter().enumerate() {
        let reply = desk.open(kind, &[], object);
        match code {
            0 => assert_eq!(reply.opcode(), Opcode::Update, "row {row}: {reply:?}"),
            code => assert_eq!(reply.status().0, ResultCode(*code), "row {row}"),
        }
    }
}
