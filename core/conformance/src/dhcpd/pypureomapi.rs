//! The Python package that netlever replaces, beside it on the same servers.

use std::process::Command;

use netlever_core::omapi::calls::{AddHost, Lookup, Remove, SetHost, SetLease};
use netlever_core::omapi::objects::{Lease, Object};
use netlever_core::omapi::values::{HardwareAddress, LeaseState, Time, Value};
use netlever_core::runtime::Runtime;
use serde_json::{Map, Value as Json, json};

use super::lab::{Daemon, Lab};
use crate::peers::run;

/// pypureomapi knows HMAC-MD5 and unsigned connections.
const SERVERS: [&str; 2] = ["dhcpd-md5", "dhcpd-none"];

/// Runs these calls of pypureomapi against the daemon; what each gave.
///
/// A call is `[method, [argument, …], {keyword: argument, …}]`. What it gave is `{"ok": …}`, with
/// octets as `{"hex": …}`, or `{"error": class}`.
fn python<R: Runtime>(lab: &Lab<R>, daemon: &Daemon, calls: &Json) -> Vec<Json> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/dhcpd/run_pypureomapi.py");
    let key = match daemon.key() {
        Some(key) => json!([key.name(), daemon.fact("secret")]),
        None => json!([null, null]),
    };
    let order = json!({
        "server": daemon.fact("address"),
        "port": daemon.fact("port"),
        "key": key,
        "calls": calls,
    });
    let printed = run(Command::new(lab.python()).arg(script).arg(order.to_string()));
    serde_json::from_str(&printed).expect("a JSON list")
}

/// An object as the package's raw lookup gives it: a repeated name has its last value there.
fn raw(object: &Object) -> Json {
    let mut map = Map::new();
    for (name, octets) in &object.attributes {
        map.insert(String::from_utf8_lossy(name).into_owned(), hex(octets));
    }
    json!({ "ok": map })
}

/// The same decoded, by the package's own table of names.
fn decoded(object: &Object) -> Json {
    let mut map = Map::new();
    for field in object.fields() {
        let numbers = [
            "starts",
            "ends",
            "tstp",
            "tsfp",
            "atsfp",
            "cltt",
            "subnet",
            "pool",
            "state",
            "hardware-type",
        ];
        let name = field.name_text().into_owned();
        let value = match &field.value {
            Value::IpAddresses(ips) if ips.len() == 1 => json!(ips[0].to_string()),
            Value::HardwareAddress(address) => json!(address.to_string()),
            value if numbers.contains(&&*name) => json!(value.number()),
            _ => hex(field.octets),
        };
        map.insert(name, value);
    }
    json!({ "ok": map })
}

fn hex(octets: &[u8]) -> Json {
    let text: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    json!({ "hex": text })
}

/// Leases, hosts and failover states, raw and decoded, and what is not found.
pub fn finds_the_same<R: Runtime>(lab: &Lab<R>) {
    for name in SERVERS {
        let daemon = lab.shared(name);
        let client = lab.client(&daemon);
        let object = |outcome: Result<Object, netlever_core::omapi::Error>| match outcome {
            Ok(object) => Some(object),
            Err(error) if error.kind().is_some() => None,
            Err(error) => panic!("{error}"),
        };
        let (mut calls, mut objects) = (vec![], vec![]);
        let mut compare = |method: &str, keys: Json, found: Option<Object>| {
            for raw in [true, false] {
                let mut keys = keys.clone();
                keys["raw"] = json!(raw);
                calls.push(json!([method, [], keys]));
            }
            objects.push(found);
        };
        for last in (95..=112).chain([200, 201]) {
            let ip = std::net::Ipv4Addr::from([10, 99, 0, last]);
            let found = lab.ask(&client, Lookup::lease().ip_address(ip)).map(Lease::into_object);
            compare("lookup_by_lease", json!({ "ip": ip.to_string() }), object(found));
        }
        for last in [1, 4, 0x77, 0xee] {
            let mac = HardwareAddress::from([2, 0, 0, 0, 1, last]);
            let lease = Lookup::lease().hardware_address(mac);
            let found = lab.ask(&client, lease).map(Lease::into_object);
            compare("lookup_by_lease", json!({ "mac": mac.to_string() }), object(found));
        }
        let both = Lookup::lease().ip_address([10, 99, 0, 101].into());
        let both = both.hardware_address([2, 0, 0, 0, 1, 2].into());
        let keys = json!({ "ip": "10.99.0.101", "mac": "02:00:00:00:01:02" });
        let found = lab.ask(&client, both).map(Lease::into_object);
        compare("lookup_by_lease", keys, object(found));
        for name in ["printer", "alpha-host", "staff-desk", "nobody"] {
            let found = lab.ask(&client, Lookup::host().name(name));
            compare(
                "lookup_by_host",
                json!({ "name": name }),
                object(found.map(|h| h.into_object())),
            );
        }
        let host = Lookup::host().ip_address([10, 99, 0, 101].into());
        let found = lab.ask(&client, host).map(|host| host.into_object());
        compare("lookup_by_host", json!({ "ip": "10.99.0.101" }), object(found));
        for name in ["fo-a", "fo-b"] {
            let found = lab.ask(&client, Lookup::failover(name)).map(|pair| pair.into_object());
            compare("lookup_by_failoverstate", json!({ "name": name }), object(found));
        }

        let theirs = python(lab, &daemon, &json!(calls));
        assert_eq!(theirs.len(), objects.len() * 2);
        for ((ours, theirs), call) in objects.iter().zip(theirs.chunks(2)).zip(calls.chunks(2)) {
            match ours {
                Some(object) => {
                    assert_same(&raw(object), &theirs[0], &call[0]);
                    assert_same(&decoded(object), &theirs[1], &call[1]);
                }
                None => {
                    let not_found = json!({ "error": "OmapiErrorNotFound" });
                    assert_eq!(theirs, [not_found.clone(), not_found], "{call:?}");
                }
            }
        }
        assert!(objects.iter().flatten().count() > 20);
    }
}

/// But for the two times that go on while a failover partner is waited for.
fn assert_same(ours: &Json, theirs: &Json, call: &Json) {
    let steady = |json: &Json| {
        let mut map = json["ok"].as_object().cloned().unwrap_or_default();
        for name in ["last-packet-sent", "last-timestamp-received"] {
            map.remove(name);
        }
        map
    };
    assert!(ours["ok"].is_object() && theirs["ok"].is_object(), "{call}: {ours} {theirs}");
    assert_eq!(steady(ours), steady(theirs), "{call}");
}

/// Added by Python, changed and deleted here; added here, deleted by Python; groups changed.
pub fn hosts_of_one_are_seen_by_the_other<R: Runtime>(lab: &Lab<R>) {
    for server in SERVERS {
        let daemon = lab.shared(server);
        let client = lab.client(&daemon);
        let (plain, named, free, ours) =
            (lab.seat.mac(11, 0), lab.seat.mac(11, 1), lab.seat.mac(11, 2), lab.seat.mac(11, 3));
        for mac in [plain, named, free, ours] {
            let _ = lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac)));
        }
        let (theirs, mine) = (lab.seat.name("python"), lab.seat.name("rust"));
        let gave = python(
            lab,
            &daemon,
            &json!([
                ["add_host", ["10.99.3.1", plain.to_string()], {}],
                [
                    "add_host_supersede",
                    ["10.99.3.2", named.to_string(), theirs, "pc", "10.99.3.254", "a.example"],
                    {}
                ],
                ["add_host_without_ip", [free.to_string()], {}],
                ["add_host", ["10.99.3.1", plain.to_string()], {}],
            ]),
        );
        let done = json!({ "ok": null });
        assert_eq!(gave[..3], [done.clone(), done.clone(), done.clone()]);
        assert_eq!(gave[3], json!({ "error": "OmapiError" }));

        let found = |mac| lab.ask(&client, Lookup::host().hardware_address(mac)).expect("a host");
        assert_eq!(found(plain).ip_address(), Some([10, 99, 3, 1].into()));
        assert_eq!(found(named).name(), Some(&*theirs));
        assert_eq!(found(free).ip_address(), None);
        let moved =
            SetHost::new(Lookup::host().name(&theirs)).ip_addresses(&[[10, 99, 3, 9].into()]);
        lab.ask(&client, moved).expect("another address");
        let host = AddHost::new(ours).name(&mine).ip_address([10, 99, 3, 4].into());
        lab.ask(&client, host).expect("a host of ours");

        let gave = python(
            lab,
            &daemon,
            &json!([
                ["lookup_host", [theirs], {}],
                ["lookup_host_host", [ours.to_string()], {}],
                ["lookup_ip_host", [ours.to_string()], {}],
                ["del_host", [ours.to_string()], {}],
                ["del_host", [ours.to_string()], {}],
            ]),
        );
        let (named_text, ours_text) = (named.to_string(), ours.to_string());
        assert_eq!(
            gave,
            [
                json!({ "ok": { "ip": "10.99.3.9", "mac": named_text, "hostname": theirs } }),
                json!({ "ok": { "ip": "10.99.3.4", "mac": ours_text, "name": mine } }),
                json!({ "ok": "10.99.3.4" }),
                done,
                json!({ "error": "OmapiErrorNotFound" }),
            ]
        );
        let gone = lab.ask(&client, Lookup::host().name(&mine)).expect_err("deleted by Python");
        assert!(gone.is_not_found(), "{gone}");
        for mac in [plain, named, free] {
            lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac))).expect("the host");
        }
        lab.assert_alive(&daemon);
    }
}

/// A lease that was extended and released here reads there as here.
pub fn a_changed_lease_reads_the_same<R: Runtime>(lab: &Lab<R>) {
    for server in SERVERS {
        let daemon = lab.shared(server);
        let client = lab.client(&daemon);
        let ip = lab.seat.lease(6);
        let read = json!([["lookup_by_lease", [], { "ip": ip.to_string(), "raw": true }]]);
        let longer = SetLease::of(ip).active_until(Time(2_082_758_400));
        for (call, state) in
            [(longer, LeaseState::ACTIVE), (SetLease::release(ip), LeaseState::FREE)]
        {
            let lease = lab.ask(&client, call).expect("a change");
            assert_eq!(lease.state(), Some(state));
            assert_eq!(python(lab, &daemon, &read), [raw(lease.object())]);
        }
    }
}
