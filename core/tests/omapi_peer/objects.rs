//! Leases, hosts, groups, classes and the rest: what may be read, set and deleted.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::peer::{
    Class, FailoverPeer, Group, Harm, Host, Lease, NEVER, Server, small_office,
};
use netlever_core::omapi::values::{FailoverState, LeaseState};
use netlever_core::omapi::wire::Opcode;

use super::desk::{Desk, Pairs, UNIX, key, server};

const MAC: [u8; 6] = [2, 0, 0, 0, 0, 1];
const IP: Ipv4Addr = Ipv4Addr::new(10, 0, 0, 10);

fn leased(now: Instant) -> (Server, Desk, u32) {
    let server = server(now);
    server.add_class(Class { name: "c".into(), ..Class::default() }).expect("a class");
    let lease = Lease {
        client_hostname: b"alpha".into(),
        billing_class: Some("c".into()),
        ..Lease::active(IP, MAC, UNIX - 60, UNIX + 3600)
    };
    server.add_lease(lease).expect("a lease");
    let mut desk = Desk::signed(&server, now);
    let handle = desk.open("lease", &[], &[("ip-address", &IP.octets())]).header.handle;
    (server, desk, handle)
}

#[test]
fn what_an_update_may_do_to_a_lease() {
    let table: &[(Pairs<'_>, u32)] = &[
        (&[("ip-address", &[10, 0, 0, 11])], 6),
        (&[("pool", &[0; 4])], 6),
        (&[("starts", &[0; 4])], 6),
        (&[("subnet", &[0; 4])], 0x60003),
        (&[("state", &[0, 0, 0, 0])], 0x60003),
        (&[("state", &[0, 0, 0, 8])], 0x60003),
        (&[("state", b"\x02")], 0x60003),
        (&[("ends", b"\x02")], 0x60003),
        (&[("flags", b"\x02\x02")], 0x60003),
        (&[("client-hostname", b"beta"), ("hardware-address", b""), ("host", b"")], 0),
        (&[("state", &[0, 0, 0, 2])], 0),
        (&[("flags", &[0])], 0),
        (&[("site", b"")], 0x60020),
        (&[], 0x60003),
    ];
    let now = Instant::now();
    for (object, code) in table {
        let (server, mut desk, handle) = leased(now);
        let reply = desk.update(handle, object);
        let text = if *code == 0 { "" } else { "can't update object" };
        assert_eq!(reply.status(), (ResultCode(*code), text), "{object:?}");
        let lease = server.lease(IP).expect("a lease");
        assert_eq!((lease.state, &lease.client_hostname[..]), (LeaseState::ACTIVE, &b"alpha"[..]));
        assert_eq!(server.harms(), []);
    }
    let (_, mut desk, handle) = leased(now);
    assert_eq!(desk.delete(handle).status(), (ResultCode::NOT_IMPLEMENTED, ""));
}

#[test]
fn flags_are_masked_and_an_update_leaves_its_handle() {
    let (_, mut desk, handle) = leased(Instant::now());
    desk.update(handle, &[("flags", &[0, 0, 0, 0xff])]);
    let lease = desk.refresh(handle);
    assert_eq!(lease.object.get("flags"), Some(&[0x4e][..]));
    assert_eq!(lease.number("remote-handle"), handle);
    assert_eq!(lease.names().last(), Some(&"remote-handle"));
}

#[test]
fn the_end_or_the_flags_alone_free_a_lease_and_the_state_behind_them_keeps_it() {
    let now = Instant::now();
    let later = (UNIX + 9999).to_be_bytes();
    for (object, state) in [
        (&[("ends", &later[..])][..], LeaseState::FREE),
        (&[("ends", &later), ("state", &[0, 0, 0, 2])], LeaseState::ACTIVE),
        (&[("state", &[0, 0, 0, 2]), ("ends", &later)], LeaseState::FREE),
        (&[("ends", &[0; 4]), ("state", &[0, 0, 0, 2])], LeaseState::FREE),
        (&[("flags", b"\x04")], LeaseState::FREE),
        (&[("flags", b"\x04"), ("state", &[0, 0, 0, 2])], LeaseState::ACTIVE),
        (&[("state", &[0, 0, 0, 2]), ("flags", b"\x04")], LeaseState::FREE),
        (&[("state", &[0, 0, 0, 6])], LeaseState::FREE),
        (&[("state", &[0, 0, 0, 5])], LeaseState::ABANDONED),
    ] {
        let (server, mut desk, handle) = leased(now);
        assert_eq!(desk.update(handle, object).status().0, ResultCode::SUCCESS);
        let lease = server.lease(IP).expect("a lease");
        assert_eq!(lease.state, state, "{object:?}");
        assert_eq!((lease.client_hostname.len(), lease.billing_class), (0, None), "dropped");
        assert_eq!(lease.hardware_address, Some(MAC.into()), "kept");
        assert_eq!(lease.ends, lease.tstp);
    }
}

#[test]
fn a_lease_runs_out_by_the_clock() {
    let (server, mut desk, handle) = leased(Instant::now());
    desk.update(handle, &[("state", &[0, 0, 0, 4])]);
    assert_eq!(desk.refresh(handle).number("state"), 4, "released until its end");
    desk.pass(Duration::from_secs(3600));
    assert_eq!(desk.refresh(handle).number("state"), 1);
    let never = NEVER.to_be_bytes();
    desk.update(handle, &[("ends", &never), ("state", &[0, 0, 0, 2])]);
    desk.pass(Duration::from_secs(1_000_000_000));
    assert_eq!(desk.refresh(handle).number("state"), 2);
    assert_eq!(server.harms(), []);
}

#[test]
fn unknown_names_become_garbage_and_are_noted() {
    let (server, mut desk, handle) = leased(Instant::now());
    assert_eq!(desk.update(handle, &[("cltt", &[0, 0, 0, 9])]).status().0, ResultCode::SUCCESS);
    let lease = desk.refresh(handle);
    assert_eq!(lease.number("cltt"), UNIX - 60, "the first is the real one");
    assert_eq!(lease.names().iter().filter(|name| **name == "cltt").count(), 2);
    assert_eq!(server.harms(), [Harm::GarbageVariable { name: "cltt".into() }]);
    assert_eq!(desk.update(handle, &[("cltt", b"")]).status().0, ResultCode::SUCCESS);
    assert_eq!(desk.refresh(handle).names().iter().filter(|name| **name == "cltt").count(), 1);
    for n in 0..99 {
        let name = format!("v{n}");
        let code = desk.update(handle, &[(&name, b"x")]).status().0;
        let expected = if n < 63 { ResultCode::SUCCESS } else { ResultCode::NO_MEMORY };
        assert_eq!(code, expected, "{name}: one is the handle's");
    }
}

#[test]
fn every_empty_value_that_kills_dhcpd_is_refused_and_noted() {
    let now = Instant::now();
    let (server, mut desk, lease) = leased(now);
    server.add_failover(FailoverPeer::primary("fo", UNIX)).expect("a relation");
    let group = desk.open("group", &["create"], &[("name", b"g"), ("statements", b" ")]);
    let class = desk.open("class", &[], &[("name", b"c")]).header.handle;
    let control = desk.open("control", &[], &[]).header.handle;
    let failover = desk.open("failover-state", &[], &[("name", b"fo")]).header.handle;
    for (handle, name) in [
        (lease, "state"),
        (lease, "ends"),
        (lease, "flags"),
        (group.header.handle, "name"),
        (group.header.handle, "statements"),
        (class, "name"),
        (class, "match"),
        (class, "group"),
        (class, "option"),
        (control, "state"),
        (failover, "local-state"),
    ] {
        let before = server.would_have_died();
        let reply = desk.update(handle, &[(name, b"")]);
        assert_eq!(reply.status(), (ResultCode::INVALID_ARGUMENT, "can't update object"));
        assert_eq!(server.would_have_died(), before + 1, "{name}");
    }
    let reply = desk.open("subclass", &["create"], &[("name", b"c"), ("hashstring", b"")]);
    assert_eq!(reply.status().0, ResultCode::INVALID_ARGUMENT);
    let last = Harm::EmptyValue { kind: "subclass", attribute: "hashstring".into() };
    assert_eq!(server.harms().last(), Some(&last));
    assert!(server.harms().iter().all(Harm::kills));
    assert!(!server.is_ending());
}

#[test]
fn what_may_be_done_to_a_host() {
    let now = Instant::now();
    let server = server(now);
    server.add_group(Group { name: "g".into(), statements: None }).expect("a group");
    let mut desk = Desk::signed(&server, now);
    let new = &[("name", &b"pc"[..]), ("hardware-address", &MAC), ("group", b"g"), ("known", b"1")];
    let host = desk.open("host", &["create", "exclusive"], new);
    assert_eq!(host.names(), ["name", "hardware-address", "hardware-type"]);
    assert_eq!(host.number("hardware-type"), 0, "0 is stored when none was said");
    let handle = host.header.handle;
    let table: &[(Pairs<'_>, u32)] = &[
        (&[("ip-address", &[10, 0, 0, 60, 10, 0, 0, 61])], 0),
        (&[("ip-address", b"12345")], 0),
        (&[("ip-address", b"")], 0),
        (&[("hardware-type", &[0, 0, 0, 1])], 0),
        (&[("hardware-type", &[0, 0, 1, 0])], 0x60003),
        (&[("name", b"other")], 18),
        (&[("hardware-address", &[9; 6])], 18),
        (&[("dhcp-client-identifier", b"\x01id")], 0),
        (&[("dhcp-client-identifier", b"\x02id")], 18),
        (&[("group", b"nowhere")], 23),
        (&[("group", b"")], 0x60003),
        (&[("statements", b"filename \"x\";")], 0),
        (&[("statements", b"filename \"y\";")], 18),
        (&[("frob", b"x")], 0x60020),
        (&[], 0x60003),
    ];
    for (object, code) in table {
        assert_eq!(desk.update(handle, object).status().0, ResultCode(*code), "{object:?}");
    }
    let host = server.host("pc").expect("a host");
    assert_eq!((host.group.as_deref(), host.ip_address.len()), (Some("g"), 0));
    assert_eq!(host.statements.as_deref(), Some("filename \"x\";"));
    let found = desk.open("host", &[], &[("dhcp-client-identifier", b"\x01id")]);
    assert_eq!(found.header.handle, handle);
}

#[test]
fn earlier_attributes_of_a_refused_update_stay() {
    let now = Instant::now();
    let server = server(now);
    server.add_host(Host::ethernet("pc", MAC)).expect("a host");
    let mut desk = Desk::signed(&server, now);
    let handle = desk.open("host", &[], &[("name", b"pc")]).header.handle;
    let reply = desk.update(
        handle,
        &[("ip-address", b"abcd"), ("name", b"x"), ("hardware-type", &[0, 0, 0, 6])],
    );
    assert_eq!(reply.status().0, ResultCode::EXISTS);
    let host = server.host("pc").expect("a host");
    assert_eq!((&host.ip_address[..], host.hardware_type.0), (&b"abcd"[..], 1));
}

#[test]
fn how_a_host_comes_and_goes() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    let nameless = desk.open("host", &["create"], &[("hardware-address", &MAC)]);
    let name =
        String::from_utf8(nameless.object.get("name").expect("a name").into()).expect("text");
    assert!(name.starts_with("nh") && name[2..].chars().all(|c| c.is_ascii_hexdigit()), "{name}");
    for (object, code) in [
        (&[("name", &b"a"[..])][..], 0x60003),
        (&[("name", b"a\"b"), ("hardware-address", &[3; 6])], 26),
        (&[("name", b"a\\b"), ("hardware-address", &[3; 6])], 26),
        (&[("name", "ä".as_bytes()), ("hardware-address", &[3; 6])], 26),
        (&[("name", name.as_bytes()), ("hardware-address", &[3; 6])], 18),
        (&[("name", b"a"), ("hardware-address", &[3; 21])], 0x60003),
        (
            &[("name", b"a"), ("hardware-address", &[3; 6]), ("statements", b"what is this")],
            0x60008,
        ),
    ] {
        let reply = desk.open("host", &["create", "exclusive"], object);
        assert_eq!(reply.status(), (ResultCode(code), "can't update object"), "{object:?}");
    }
    assert_eq!(server.hosts(), 1, "a refused host leaves no trace");
    let handle = nameless.header.handle;
    for _ in 0..2 {
        assert_eq!(desk.delete(handle).status(), (ResultCode::SUCCESS, ""));
        assert_eq!(desk.refresh(handle).names().len(), 3, "the old contents");
    }
    let gone = desk.open("host", &[], &[("name", name.as_bytes())]);
    assert_eq!(gone.status().0, ResultCode::NOT_FOUND);
    let again = desk.open(
        "host",
        &["create", "exclusive"],
        &[("hardware-address", &MAC), ("name", name.as_bytes())],
    );
    assert_ne!(again.header.handle, handle);
    assert_eq!(server.harms(), []);
}

#[test]
fn a_group_is_deleted_once() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    let new = &[("name", &b"g"[..]), ("statements", b" ")];
    let group = desk.open("group", &["create", "exclusive"], new);
    assert_eq!(group.names(), ["name"]);
    let handle = group.header.handle;
    assert_eq!(desk.update(handle, &[("statements", b" ")]).status().0, ResultCode::EXISTS);
    assert_eq!(desk.update(handle, &[("name", b"h")]).status().0, ResultCode::EXISTS);
    assert_eq!(desk.update(handle, &[("other", b"h")]).status().0, ResultCode::NOT_FOUND);
    assert_eq!(desk.delete(handle).status(), (ResultCode::SUCCESS, ""));
    assert_eq!(desk.refresh(handle).status(), (ResultCode::NOT_FOUND, "no matching handle"));
    assert_eq!(server.harms(), []);
    assert_eq!(desk.delete(handle).status(), (ResultCode::NOT_FOUND, "no matching handle"));
    assert_eq!(server.harms(), [Harm::SecondDelete]);
    assert_ne!(desk.open("group", &["create", "exclusive"], new).header.handle, handle);
}

#[test]
fn classes_and_subclasses() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    let class =
        desk.open("class", &["create", "exclusive"], &[("name", b"c"), ("match", b"hardware")]);
    assert_eq!(class.names(), ["lease-limit", "leases-used"]);
    let hash = [1, 2, 0, 0, 0, 0, 1];
    let keys = &[("name", &b"c"[..]), ("hashstring", &hash)];
    let missing = desk.open("subclass", &["create"], &[("name", b"d"), ("hashstring", &hash)]);
    assert_eq!(missing.status(), (ResultCode::NOT_FOUND, "can't update object"));
    let subclass = desk.open("subclass", &["create", "exclusive"], keys).header.handle;
    assert!(server.subclass("c", &hash).is_some());
    let twice = desk.open("subclass", &["create", "exclusive"], keys);
    assert_eq!(twice.status().0, ResultCode::EXISTS);
    for handle in [subclass, class.header.handle] {
        assert_eq!(desk.delete(handle).status().0, ResultCode::SUCCESS);
        assert_eq!(desk.refresh(handle).status().0, ResultCode::NOT_FOUND);
    }
    assert!(server.class("c").is_none());
}

#[test]
fn the_small_office_is_all_there() {
    let now = Instant::now();
    let server = Server::new(netlever_core::omapi::peer::Setup::new(now, UNIX).with_key(key()));
    small_office(&server, UNIX).expect("a new server");
    let mut desk = Desk::signed(&server, now);
    let at = |last: u8| [192, 168, 10, last];
    let mut states: Vec<u32> = (101..=110)
        .map(|last| desk.open("lease", &[], &[("ip-address", &at(last))]).number("state"))
        .collect();
    states.sort_unstable();
    states.dedup();
    assert_eq!(states, [1, 2, 3, 4, 5, 7], "every state that lasts");
    let lease = desk.open("lease", &[], &[("hardware-address", b"\x24\x79\x2a\x0a\x13\xc0")]);
    assert_eq!(lease.names()[..3], ["state", "ip-address", "dhcp-client-identifier"]);
    assert_eq!(lease.object.get("agent.subscriber-id"), Some(&b"wifi-basement"[..]));
    let pool = lease.number("pool");
    assert_eq!(desk.refresh(pool).names(), ["lease-count", "free-leases", "backup-leases"]);
    assert_eq!(desk.refresh(pool).number("lease-count"), 100);
    assert_eq!(desk.refresh(pool).number("backup-leases"), 1);
    assert_eq!(desk.refresh(lease.number("subnet")).names(), [""; 0]);
    assert_eq!(desk.delete(pool).status(), (ResultCode::NOT_IMPLEMENTED, ""));
    let printer = desk.open("lease", &[], &[("ip-address", &at(105))]);
    assert_eq!(desk.refresh(printer.number("host")).object.get("name"), Some(&b"printer"[..]));
    let guest = desk.open("lease", &[], &[("ip-address", &at(102))]);
    let class = desk.refresh(guest.number("billing-class"));
    assert_eq!((class.number("lease-limit"), class.number("leases-used")), (4, 1));
    let shared = desk.open("lease", &[], &[("hardware-address", &[2, 0, 0, 0, 1, 3])]);
    assert_eq!(shared.status(), (ResultCode::MULTIPLE, "object lookup failed"));
    let eth0 = desk.open("interface", &[], &[("name", b"eth0")]);
    assert_eq!(eth0.object.get("state"), Some(&b"up"[..]));
    let refused = desk.update(eth0.header.handle, &[("state", b"down")]);
    assert_eq!(refused.status().0, ResultCode::NOT_FOUND);
    let failover = desk.open("failover-state", &[], &[("name", b"office-pair")]);
    assert_eq!(failover.object.get("partner-address").map(<[u8]>::len), Some(8));
    let handle = failover.header.handle;
    for (name, value, code) in [
        ("mclt", &[0, 0, 0, 9][..], 0),
        ("local-state", &[4], 0x60003),
        ("local-state", &[0, 0, 0, 4], 0),
        ("frob", &[0, 0, 0, 4], 23),
    ] {
        assert_eq!(desk.update(handle, &[(name, value)]).status().0, ResultCode(code), "{name}");
    }
    let peer = server.failover("office-pair").expect("a relation");
    assert_eq!(
        (peer.local_state, peer.local_stos, peer.mclt),
        (FailoverState::PARTNER_DOWN, UNIX, 600)
    );
    assert_eq!(
        desk.open("host", &[], &[("name", b"camera-2")]).object.get("ip-address").map(<[u8]>::len),
        Some(8)
    );
    assert_eq!(
        desk.open("subclass", &[], &[("name", b"phones"), ("hashstring", &[1, 2, 0, 0, 0, 3, 1])])
            .opcode(),
        Opcode::Update
    );
    assert_eq!(server.harms(), []);
}
