//! The guard rails: what is known to kill dhcpd, or to cost it its leases file, does not leave.

use netlever_core::Client;
use netlever_core::omapi::calls::{
    AddClass, AddGroup, AddHost, AddSubclass, Lookup, Raw, Remove, SetHost, SetLease,
};
use netlever_core::omapi::error::Error;
use netlever_core::omapi::request::{Handle, ObjectType, Request};
use netlever_core::omapi::statements::Statements;
use netlever_core::omapi::wire::Attributes;
use netlever_core::omapi::{Omapi, key::Algorithm};
use netlever_core::runtime::Runtime;

use super::lab::{Lab, requests};

const TYPES: [&str; 7] =
    ["lease", "host", "group", "class", "subclass", "failover-state", "interface"];

/// Null values, OPENs without a key, spoilt headers, dead handles, wrong lengths.
pub fn nothing_that_kills_dhcpd_is_sent<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha384");
    let client = lab.client(&daemon);
    let handles = handles(lab, &client);
    let sent = requests(&client);
    let refused = |what: &dyn std::fmt::Debug, outcome: Result<(), Error>| {
        assert!(matches!(outcome, Err(Error::Guarded(_))), "{what:?}: {outcome:?}");
        assert_eq!(requests(&client), sent, "{what:?} was sent");
    };

    // A null pointer is followed.
    for (object_type, name) in [
        ("lease", "state"),
        ("lease", "ends"),
        ("lease", "flags"),
        ("group", "name"),
        ("group", "statements"),
        ("class", "name"),
        ("class", "match"),
        ("class", "group"),
        ("class", "option"),
        ("subclass", "name"),
        ("subclass", "hashstring"),
        ("subclass", "group"),
        ("subclass", "option"),
        ("control", "state"),
        ("failover-state", "local-state"),
    ] {
        let null: Attributes = [(name, "")].into_iter().collect();
        let of = ObjectType::from(object_type);
        let open = Request::open(of.clone(), null.clone());
        for request in [open.clone(), open.clone().flag("create"), open.flag("update")] {
            refused(&request, lab.ask(&client, Raw::new(request.clone())).map(drop));
        }
        for (_, handle) in handles.iter().filter(|(known, _)| *known == object_type) {
            let typed = Request::update(handle, null.clone());
            let untyped = Request::update(&Handle::raw(handle.number()), null.clone());
            for request in [typed, untyped] {
                refused(&request, lab.ask(&client, Raw::new(request.clone())).map(drop));
            }
        }
    }
    // It seems to succeed.
    for object_type in TYPES {
        let of = ObjectType::from(object_type);
        let stranger: Attributes = [("nmae", "x")].into_iter().collect();
        for object in [Attributes::new(), stranger] {
            let request = Request::open(of.clone(), object);
            refused(&request, lab.ask(&client, Raw::new(request.clone())).map(drop));
        }
    }
    // The connection closes, or the value is of another length than dhcpd reads.
    let printer: Attributes = [("name", "printer")].into_iter().collect();
    for (key, value) in [
        ("authid", &[0, 0, 0, 1][..]),
        ("authenticator", b"x"),
        ("op", &[0, 0, 0, 2]),
        ("handle", &[0, 0, 0, 1]),
        ("rid", &[0, 0, 0, 1]),
        ("create", &[1]),
        ("update", b"yes"),
    ] {
        let mut request = Request::open(ObjectType::HOST, printer.clone());
        request.message.push(key, value);
        refused(&request, lab.ask(&client, Raw::new(request.clone())).map(drop));
    }
    // Control: only shutdown can be set, and that has a call of its own.
    let (_, control) = handles.iter().find(|(known, _)| *known == "control").expect("control");
    for state in [0_u32, 1, 3, 4] {
        let change: Attributes = [("state", state.to_be_bytes())].into_iter().collect();
        let request = Request::update(control, change);
        refused(&request, lab.ask(&client, Raw::new(request.clone())).map(drop));
    }
    // The typed calls cannot be talked into it either.
    let empty = Statements::new();
    let lease = || SetLease::of([10, 99, 0, 101].into());
    refused(&"group", lab.ask(&client, AddGroup::new("", &empty)).map(drop));
    refused(&"class", lab.ask(&client, AddClass::new("")).map(drop));
    refused(&"subclass", lab.ask(&client, AddSubclass::new("bymac", [])).map(drop));
    refused(&"host", lab.ask(&client, AddHost::by_client_id([])).map(drop));
    for name in ["state", "ends", "flags"] {
        let sent = requests(&client);
        let outcome = lab.ask(&client, lease().attribute(name, [])).map(drop);
        assert!(matches!(outcome, Err(Error::Guarded(_))), "{name}: {outcome:?}");
        assert_eq!(requests(&client), sent + 1, "{name}: only the lookup");
    }
    lab.assert_alive(&daemon);
    assert_eq!(daemon.key().map(|key| key.algorithm()), Some(Algorithm::HmacSha384));
}

/// A handle of each type that has something to write.
fn handles<R: Runtime>(lab: &Lab<R>, client: &Client<Omapi>) -> Vec<(&'static str, Handle)> {
    let member = Lookup::subclass("bymac", [1, 2, 0, 0, 0, 4, 1]);
    let lease = Lookup::lease().ip_address([10, 99, 0, 101].into());
    vec![
        ("lease", lab.ask(client, lease).expect("a lease").handle().clone()),
        ("group", lab.ask(client, Lookup::group("staff")).expect("a group").handle().clone()),
        ("class", lab.ask(client, Lookup::class("bymac")).expect("a class").handle().clone()),
        ("subclass", lab.ask(client, member).expect("a subclass").handle().clone()),
        ("control", lab.ask(client, Lookup::control()).expect("control").handle().clone()),
        (
            "failover-state",
            lab.ask(client, Lookup::failover("fo-a")).expect("a pair").handle().clone(),
        ),
    ]
}

/// Names, statements and addresses that dhcpd would write in a way that it cannot read again.
pub fn nothing_that_spoils_the_leases_file_is_sent<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha384");
    let client = lab.client(&daemon);
    let mac = lab.seat.mac(9, 0);
    let _ = lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac)));
    lab.ask(&client, AddHost::new(mac)).expect("a new host");
    let sent = requests(&client);
    let none = Statements::new();
    for name in ["we ird", "a\"b", "a{", "a;b", "a\nb", "ä", "x} host y {", "#"] {
        let host = lab.ask(&client, AddHost::new(lab.seat.mac(9, 1)).name(name));
        assert!(matches!(host, Err(Error::Guarded(_))), "{name:?}: {host:?}");
        let group = lab.ask(&client, AddGroup::new(name, &none));
        assert!(matches!(group, Err(Error::Guarded(_))), "{name:?}: {group:?}");
    }
    for name in ["a\"b", "a\\", "a\nb", "ä"] {
        let class = lab.ask(&client, AddClass::new(name));
        assert!(matches!(class, Err(Error::Guarded(_))), "{name:?}: {class:?}");
    }
    for text in ["option host-name \"x", "option x", "if true {", "}", "option a \"\\\"\";", "# x"]
    {
        let mut statements = Statements::new();
        statements.raw_unchecked(text);
        let host = AddHost::new(lab.seat.mac(9, 1)).statements(statements.clone());
        let host = lab.ask(&client, host);
        assert!(matches!(host, Err(Error::Guarded(_))), "{text:?}: {host:?}");
        let group = lab.ask(&client, AddGroup::new("x", &statements));
        assert!(matches!(group, Err(Error::Guarded(_))), "{text:?}: {group:?}");
    }
    assert_eq!(requests(&client), sent, "nothing was sent");

    let of = || SetHost::new(Lookup::host().hardware_address(mac));
    for (call, requests_more) in [
        (of().attribute("ip-address", [10, 0, 0, 0, 1]), 1),
        (of().attribute("hardware-type", [0, 0, 1, 0]), 1),
        (of().attribute("name", "a b"), 1),
    ] {
        let sent = requests(&client);
        let outcome = lab.ask(&client, call.clone());
        assert!(matches!(outcome, Err(Error::Guarded(_))), "{call:?}: {outcome:?}");
        assert_eq!(requests(&client), sent + requests_more, "only the lookup");
    }
    lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac))).expect("the host");
    lab.assert_alive(&daemon);
}
