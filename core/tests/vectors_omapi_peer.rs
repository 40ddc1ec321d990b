//! The recorded clients against our server: the same answers, in any cuts.
//!
//! The server's data are taken from the recording itself: the first answer about a lease, host or
//! class that the recording did not make says what was there. Requests that carry a handle are
//! signed anew, since our server counts its handles from 1.
#![cfg(feature = "omapi")]

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::peer::{
    Class, Connection, FailoverPeer, Group, Host, Interface, Lease, Pool, Server, Setup, Subclass,
};
use netlever_core::omapi::values::{HardwareAddress, HardwareType, LeaseFlags, LeaseState};
use netlever_core::omapi::wire::{
    Attributes, Decoder, Dictionary, Header, Introduction, Limits, Message, encode,
};
use netlever_core::session::{Link, News, Session};
use serde_json::Value;

/// The time of day at the start of each replay: the recordings are of that time.
const UNIX: u32 = 1_795_300_000;

struct Recording {
    name: String,
    key: Option<Key>,
    exchanges: Vec<Exchange>,
}

struct Exchange {
    from_client: bool,
    kind: String,
    octets: Vec<u8>,
}

impl Exchange {
    fn message(&self) -> Message<'_> {
        let message = Decoder::new(Limits::default()).decode(&self.octets);
        message.expect("no fault").expect("a whole message")
    }
}

fn recordings() -> Vec<Recording> {
    let folder = env::var_os("NETLEVER_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let file = folder.join("omapi.json");
    let json = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let items: Vec<Value> = serde_json::from_str(&json).expect("a list of recordings");
    items.iter().map(recording).collect()
}

fn recording(item: &Value) -> Recording {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let key = item.get("key").map(|key| {
        let algorithm = text(&key["algorithm"]).parse().expect("an algorithm");
        Key::from_base64(text(&key["name"]), algorithm, &text(&key["secret_base64"]))
            .expect("a key")
    });
    let exchange = |exchange: &Value| Exchange {
        from_client: exchange["dir"] == "c2s",
        kind: text(&exchange["decoded"]["kind"]),
        octets: unhex(&text(&exchange["hex"])),
    };
    let exchanges = item["exchanges"].as_array().expect("a list").iter().map(exchange).collect();
    Recording { name: text(&item["name"]), key, exchanges }
}

fn unhex(hex: &str) -> Vec<u8> {
    let octet = |pair| u8::from_str_radix(str::from_utf8(pair).expect("ASCII"), 16).expect("hex");
    hex.as_bytes().chunks(2).map(octet).collect()
}

impl Recording {
    /// Each request with its answer; `None`: the server closed.
    fn pairs(&self) -> Vec<(Message<'_>, Option<Message<'_>>)> {
        let messages = || self.exchanges.iter().filter(|exchange| exchange.kind == "message");
        let answers: BTreeMap<u32, Message<'_>> = messages()
            .filter(|exchange| !exchange.from_client)
            .map(|exchange| (exchange.message().header.rid, exchange.message()))
            .collect();
        messages()
            .filter(|exchange| exchange.from_client)
            .map(|exchange| {
                (exchange.message(), answers.get(&exchange.message().header.tid).copied())
            })
            .collect()
    }

    /// A server that knows what the recorded one knew.
    fn server(&self, now: Instant) -> Server {
        let pairs = self.pairs();
        let mut setup = Setup::new(now, UNIX);
        let default = || Key::new("defomapi", Algorithm::HmacMd5, b"any").expect("a key");
        let serves_unsigned = pairs.iter().any(|(request, answer)| {
            let shown = answer.is_some_and(|answer| answer.header.opcode == 3);
            request.header.authid == 0 && kind(request) != "authenticator" && shown
        });
        setup = setup.with_key(self.key.clone().unwrap_or_else(default));
        if serves_unsigned {
            setup.omapi_key = None;
        }
        for (request, answer) in &pairs {
            let Some(answer) = answer else { continue };
            if kind(request) == "authenticator" && result(answer) == Some(0x6000b) {
                let name = text(request.object, "name");
                let algorithm = text(request.object, "algorithm").parse().expect("an algorithm");
                setup.keys.push(Key::new(name, algorithm, b"spare").expect("a key"));
            }
        }
        let server = Server::new(setup);
        fill(&server, &pairs);
        server
    }
}

fn kind<'a>(request: &Message<'a>) -> &'a str {
    str::from_utf8(request.message.get("type").unwrap_or_default()).expect("text")
}

fn text(dictionary: Dictionary<'_>, name: &str) -> String {
    String::from_utf8_lossy(dictionary.get(name).unwrap_or_default()).into_owned()
}

fn result(answer: &Message<'_>) -> Option<u32> {
    answer.message.get("result").map(number)
}

fn number(value: &[u8]) -> u32 {
    u32::from_be_bytes(value.try_into().expect("four octets"))
}

fn integer(dictionary: Dictionary<'_>, name: &str) -> u32 {
    dictionary.get(name).map(number).unwrap_or_default()
}

fn hardware(object: Dictionary<'_>) -> (HardwareType, Option<HardwareAddress>) {
    let kind = object.get("hardware-type").map_or(1, number);
    let address = object.get("hardware-address").map(|it| HardwareAddress::new(it).expect("one"));
    (HardwareType(kind as u8), address)
}

/// The objects that the answers show, as they were at first.
fn fill(server: &Server, pairs: &[(Message<'_>, Option<Message<'_>>)]) {
    let ip = |last| Ipv4Addr::new(10, 99, 0, last);
    server.add_pool(Pool { first: ip(101), last: ip(161), subnet: ip(0) }).expect("a pool");
    let mut mine = BTreeSet::new(); // names that the client made
    let mut seen = BTreeSet::new();
    for (request, answer) in pairs {
        let Some(answer) = answer else { continue };
        let (keys, shown, kind) = (request.object, answer.object, kind(request));
        let name = text(keys, "name");
        let found = answer.header.opcode == 3 && request.header.opcode == 1;
        if request.message.get("create").is_some() {
            mine.insert((kind.to_owned(), name));
            continue;
        }
        let id = (kind.to_owned(), name.clone());
        if result(answer) == Some(0x60006) {
            let (hardware_type, hardware_address) = hardware(keys);
            for last in [103, 104] {
                let lease = Lease { hardware_type, hardware_address, ..Lease::free(ip(last)) };
                server.add_lease(lease).expect("a lease");
            }
        }
        if result(answer) == Some(0x60007)
            && kind == "lease"
            && let Some(address) = keys.get("ip-address")
        {
            let address = Ipv4Addr::from_bits(number(address));
            let (hardware_type, hardware_address) = hardware(keys);
            let other = ip(if address == ip(102) { 101 } else { 102 });
            let lease = Lease { hardware_type, hardware_address, ..Lease::free(other) };
            server.add_lease(lease).expect("a lease");
        }
        if !found || mine.contains(&id) {
            continue;
        }
        let fresh = kind != "lease" && seen.insert(id);
        match kind {
            "lease" => {
                let lease = lease(server, shown);
                if seen.insert(("lease".to_owned(), lease.ip_address.to_string())) {
                    let _ = server.add_pool(Pool {
                        first: lease.ip_address,
                        last: lease.ip_address,
                        subnet: ip(0),
                    });
                    server.add_lease(lease).expect("a lease");
                }
            }
            "host" if !shown.is_empty() && fresh => {
                let (hardware_type, hardware_address) = hardware(shown);
                let host = Host {
                    hardware_type,
                    hardware_address,
                    client_id: shown.get("dhcp-client-identifier").unwrap_or_default().into(),
                    ip_address: shown.get("ip-address").unwrap_or_default().into(),
                    ..Host::ethernet(text(shown, "name"), [0; 6])
                };
                server.add_host(host).expect("a host");
            }
            "group" if !name.is_empty() && fresh => {
                server.add_group(Group { name, statements: None }).expect("a group");
            }
            "class" if !name.is_empty() => {
                let lease_limit = integer(shown, "lease-limit");
                let _ = server.add_class(Class { name, lease_limit, ..Class::default() });
            }
            "subclass" if keys.get("hashstring").is_some() && !name.is_empty() => {
                let _ = server.add_class(Class { name: name.clone(), ..Class::default() });
                let hash = keys.get("hashstring").unwrap_or_default().into();
                let _ = server.add_subclass(Subclass { class: name, hash, group: None });
            }
            "failover-state" if fresh => {
                let peer = FailoverPeer {
                    load_balance_hba: shown
                        .get("load-balance-hba")
                        .and_then(|it| it.try_into().ok()),
                    ..FailoverPeer::primary(name, integer(shown, "local-stos"))
                };
                server.add_failover(peer).expect("a failover relation");
            }
            "interface" if fresh => {
                let up = shown.get("state") == Some(b"up");
                server.add_interface(Interface { name, up }).expect("an interface");
            }
            _ => {}
        }
    }
}

fn lease(server: &Server, shown: Dictionary<'_>) -> Lease {
    const KNOWN: &str = "state ip-address dhcp-client-identifier client-hostname host subnet pool \
        billing-class hardware-address hardware-type ends starts tstp tsfp atsfp cltt flags";
    let mut names = BTreeSet::new();
    let variable = |entry: &(&[u8], &[u8])| {
        let name = String::from_utf8_lossy(entry.0).into_owned();
        let known = KNOWN.split_whitespace().any(|known| known == name);
        !names.insert(name) || !known // what comes a second time is a variable
    };
    let variables = shown.iter().filter(variable);
    let variables = variables
        .map(|(name, value)| (String::from_utf8_lossy(name).into(), value.into()))
        .collect();
    let billing_class = shown.get("billing-class").map(|_| "limited".to_owned());
    let host = shown.get("host").map(|_| "in-use".to_owned());
    if billing_class.is_some() {
        let _ =
            server.add_class(Class { name: "limited".into(), lease_limit: 4, ..Class::default() });
    }
    if host.is_some() {
        let _ = server.add_host(Host::ethernet("in-use", [2, 0, 0, 0, 0xff, 0xff]));
    }
    let (hardware_type, hardware_address) = hardware(shown);
    Lease {
        state: LeaseState(integer(shown, "state")),
        client_id: shown.get("dhcp-client-identifier").unwrap_or_default().into(),
        client_hostname: shown.get("client-hostname").unwrap_or_default().into(),
        host,
        billing_class,
        hardware_type,
        hardware_address,
        ends: integer(shown, "ends"),
        starts: integer(shown, "starts"),
        tstp: integer(shown, "tstp"),
        tsfp: integer(shown, "tsfp"),
        atsfp: integer(shown, "atsfp"),
        cltt: integer(shown, "cltt"),
        flags: LeaseFlags(shown.get("flags").map_or(0, |flags| flags[0])),
        variables,
        ..Lease::free(Ipv4Addr::from_bits(integer(shown, "ip-address")))
    }
}

/// Handles of the recording, and ours.
#[derive(Default)]
struct Handles(BTreeMap<u32, u32>);

impl Handles {
    /// The request with our handle, signed anew where that changes anything.
    fn translate(&self, octets: &[u8], key: Option<&Key>) -> Vec<u8> {
        let message =
            Decoder::new(Limits::default()).decode(octets).expect("no fault").expect("whole");
        let header = message.header;
        let handle = self.0.get(&header.handle).copied().unwrap_or(header.handle);
        let authid = self.0.get(&header.authid).copied().unwrap_or(header.authid);
        let mut out = octets.to_vec();
        out[..4].copy_from_slice(&authid.to_be_bytes()); // not signed
        if handle != header.handle && key.is_none_or(|key| message.verify(key)) {
            let header = Header { authid, handle, ..header };
            out.clear();
            encode(&mut out, &header, message.message, message.object, key);
        }
        out
    }

    fn learn(&mut self, recorded: &Message<'_>, ours: &Message<'_>) {
        self.0.insert(recorded.header.handle, ours.header.handle);
        for name in ["host", "subnet", "pool", "billing-class"] {
            let pair = (recorded.object.get(name), ours.object.get(name));
            if let (Some(recorded), Some(ours)) = pair
                && recorded.len() == 4
            {
                self.0.insert(number(recorded), number(ours));
            }
        }
    }
}

/// Feeds octets in pieces of this size.
fn feed(connection: &mut Connection, now: Instant, octets: &[u8], cut: usize) {
    let (mut head, mut fill) = (0, 0);
    while fill < octets.len() {
        fill = octets.len().min(fill.saturating_add(cut));
        loop {
            let used = connection.handle_input(now, (), &octets[head..fill]);
            while connection.poll_event().is_some() {}
            head += used;
            if used == 0 || head == fill {
                break;
            }
        }
    }
    assert_eq!(head, octets.len(), "all was used");
}

/// Replays one recording, in pieces of this size.
fn replay(recording: &Recording, cut: usize) {
    let now = Instant::now();
    let server = recording.server(now);
    let mut connection = server.session();
    connection.handle_link(now, News::Up);
    let mut answered = Vec::new();
    let mut handles = Handles::default();
    let expected = |exchange: &&Exchange| !exchange.from_client && exchange.kind == "message";
    let mut expected = recording.exchanges.iter().filter(expected);
    for (at, exchange) in recording.exchanges.iter().enumerate() {
        let place = format!("{}, exchange {at}, cut {cut}", recording.name);
        match (exchange.from_client, exchange.kind.as_str()) {
            (true, "startup") => feed(&mut connection, now, &exchange.octets, cut),
            (true, _) => {
                let octets = handles.translate(&exchange.octets, recording.key.as_ref());
                feed(&mut connection, now, &octets, cut);
            }
            (false, "close") => {
                assert!(connection.poll_transmit(now, &mut answered).is_none(), "{place}");
                assert_eq!(connection.link(), Link::Over, "{place}");
                continue;
            }
            (false, _) => continue,
        }
        while connection.poll_transmit(now, &mut answered).is_some() {}
        if exchange.kind == "startup" {
            let hello: Vec<u8> = answered.drain(..8).collect();
            assert_eq!(Introduction::decode(&hello), Ok(Some(Introduction::OURS)), "{place}");
        }
        while !answered.is_empty() {
            let ours = Decoder::new(Limits::default())
                .decode(&answered)
                .expect("no fault")
                .expect("whole");
            let recorded =
                expected.next().unwrap_or_else(|| panic!("{place}: one answer too many"));
            compare(&recorded.message(), &ours, recording.key.as_ref(), &place);
            handles.learn(&recorded.message(), &ours);
            let used = ours.len();
            answered.drain(..used);
        }
    }
    assert!(expected.next().is_none(), "{}: all was answered", recording.name);
}

/// Handles, our transaction ids and what is garbage in the recording may differ.
fn compare(recorded: &Message<'_>, ours: &Message<'_>, key: Option<&Key>, place: &str) {
    assert_eq!(ours.opcode(), recorded.opcode(), "{place}");
    assert_eq!(ours.header.rid, recorded.header.rid, "{place}");
    assert_eq!(ours.header.authid == 0, recorded.header.authid == 0, "{place}");
    assert_eq!(ours.message, recorded.message, "{place}");
    assert_eq!(ours.signature.len(), recorded.signature.len(), "{place}");
    if !ours.signature.is_empty() {
        assert!(ours.verify(key.expect("a key")), "{place}");
    }
    let names = |message: &Message<'_>| -> Vec<String> {
        message.object.iter().map(|entry| String::from_utf8_lossy(entry.0).into_owned()).collect()
    };
    assert_eq!(names(ours), names(recorded), "{place}");
    for ((name, ours), (_, recorded)) in ours.object.iter().zip(recorded.object) {
        let name = String::from_utf8_lossy(name);
        match &*name {
            "host" | "subnet" | "pool" | "billing-class" | "remote-handle" | "partner-address"
            | "local-address" | "free-leases" | "lease-count" | "leases-used" => {
                assert_eq!(ours.len(), recorded.len(), "{place}: {name}");
            }
            _ => assert_eq!(ours, recorded, "{place}: {name}"),
        }
    }
}

#[test]
fn vectors_omapi_peer_answers_as_recorded() {
    for recording in recordings() {
        replay(&recording, usize::MAX);
    }
}

#[test]
fn vectors_omapi_peer_answers_the_same_in_any_cuts() {
    for recording in recordings() {
        for cut in [1, 2, 3, 7, 13, 29, 64] {
            replay(&recording, cut);
        }
    }
}

/// All requests of a recording in one write: the answers are those of one at a time.
#[test]
fn vectors_omapi_peer_answers_a_burst_in_order() {
    let now = Instant::now();
    for recording in recordings() {
        let plain = recording.exchanges.iter().all(|exchange| {
            exchange.kind != "message"
                || exchange.message().header.handle == 0
                || !exchange.from_client
        });
        if !plain || recording.exchanges.iter().any(|exchange| exchange.kind == "close") {
            continue;
        }
        let of = |from_client| move |exchange: &&Exchange| exchange.from_client == from_client;
        let all: Vec<u8> =
            recording.exchanges.iter().filter(of(true)).flat_map(|it| it.octets.clone()).collect();
        let mut connection = recording.server(now).session();
        connection.handle_link(now, News::Up);
        // The authid is 1 in every recording, and here it is the first handle too.
        feed(&mut connection, now, &all, usize::MAX);
        let mut answered = Vec::new();
        while connection.poll_transmit(now, &mut answered).is_some() {}
        let mut rest = &answered[8..];
        for exchange in recording.exchanges.iter().filter(of(false)).skip(1) {
            let ours =
                Decoder::new(Limits::default()).decode(rest).expect("no fault").expect("whole");
            compare(&exchange.message(), &ours, recording.key.as_ref(), &recording.name);
            rest = &rest[ours.len()..];
        }
        assert!(rest.is_empty(), "{}", recording.name);
    }
}

#[test]
fn a_repeated_name_of_a_recorded_answer_stays_a_variable() {
    let mut shown = Attributes::new();
    shown.push("state", [0, 0, 0, 1]).push("ip-address", [10, 99, 0, 101]);
    shown.push("cltt", [0, 0, 0, 9]).push("cltt", [1, 2, 3, 4]).push("site", "x");
    let server = Server::new(Setup::new(Instant::now(), UNIX));
    let lease = lease(&server, shown.as_dictionary());
    assert_eq!(lease.cltt, 9);
    assert_eq!(
        lease.variables,
        [("cltt".into(), vec![1, 2, 3, 4]), ("site".into(), b"x".to_vec())]
    );
}
