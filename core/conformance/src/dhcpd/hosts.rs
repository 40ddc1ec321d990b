//! Hosts: made in every form, changed, synced, deleted.

use std::net::IpAddr;

use netlever_core::Client;
use netlever_core::omapi::calls::{AddHost, Delete, Lookup, Remove, SetHost, SyncHost, Synced};
use netlever_core::omapi::error::{Error, Kind};
use netlever_core::omapi::objects::Host;
use netlever_core::omapi::statements::{
    Action, CLASSLESS_STATIC_ROUTES, OptionValue, Route, Statements,
};
use netlever_core::omapi::values::{HardwareAddress, HardwareType};
use netlever_core::omapi::{Omapi, wire::Attributes};
use netlever_core::runtime::Runtime;

use super::lab::{Lab, code, requests};

const EXISTS: u32 = 18;
const NOT_FOUND: u32 = 23;
const KEY_CONFLICT: u32 = 0x60007;
const BAD_PARSE: u32 = 0x60008;

/// The hosts of one test: removed before and after, whatever a former run left.
struct Hosts<'a, R: Runtime> {
    lab: &'a Lab<R>,
    client: Client<Omapi>,
    /// The test's part of the hardware addresses.
    test: u8,
}

impl<'a, R: Runtime> Hosts<'a, R> {
    fn new(lab: &'a Lab<R>, test: u8) -> Self {
        let hosts = Self { lab, client: lab.client(&lab.shared("dhcpd-sha256")), test };
        hosts.clear();
        hosts
    }

    fn mac(&self, host: u8) -> HardwareAddress {
        self.lab.seat.mac(self.test, host)
    }

    fn ip(&self, host: u8) -> IpAddr {
        [10, 99, 2, host].into()
    }

    fn by_mac(&self, host: u8) -> Lookup<Host> {
        Lookup::host().hardware_address(self.mac(host))
    }

    /// What its hardware address finds.
    fn find(&self, host: u8) -> Host {
        self.lab.ask(&self.client, self.by_mac(host)).expect("the host")
    }

    fn clear(&self) {
        for host in 0..10 {
            match self.lab.ask(&self.client, Remove::new(self.by_mac(host))) {
                Ok(_) => {}
                Err(error) => assert!(error.is_not_found(), "{error}"),
            }
        }
    }
}

/// Each form of `AddHost`, read back by name and by hardware address.
pub fn added_in_every_form_and_read_back<R: Runtime>(lab: &Lab<R>) {
    let hosts = Hosts::new(lab, 1);
    let (seat, client) = (lab.seat, &hosts.client);
    let add = |call: AddHost| lab.ask(client, call).expect("a new host");

    let nameless = add(AddHost::new(hosts.mac(0)));
    let name = nameless.name().expect("a name that the server made");
    assert!(name.starts_with("nh") && name.len() >= 10, "{name}");
    assert!(nameless.ip_addresses().is_empty());
    assert_eq!(hosts.find(0).name(), Some(name));

    let plain = add(AddHost::new(hosts.mac(1)).name(seat.name("plain")).ip_address(hosts.ip(1)));
    assert_eq!(plain.ip_addresses(), [hosts.ip(1)]);
    let by_name = lab.ask(client, Lookup::host().name(&seat.name("plain"))).expect("by name");
    assert_eq!(by_name.hardware_address(), Some(hosts.mac(1)));
    assert_eq!(by_name.hardware_type(), Some(HardwareType::ETHERNET));
    assert_eq!(by_name.object().attributes, hosts.find(1).object().attributes);

    let ips: Vec<IpAddr> = (20..24).map(|last| hosts.ip(last)).collect();
    let several = AddHost::new(hosts.mac(2)).name(seat.name("several"));
    add(ips.iter().fold(several, |host, ip| host.ip_address(*ip)));
    assert_eq!(hosts.find(2).ip_addresses(), ips, "16 octets are four IPv4 addresses");

    add(AddHost::new(hosts.mac(3)).name(seat.name("grouped")).group("staff"));
    assert_eq!(hosts.find(3).name(), Some(&*seat.name("grouped")));

    let mut statements = Statements::supersede_host(
        Some("pc \"7\" \\ x"),
        &[[10, 99, 0, 1].into()],
        Some("a.example"),
    )
    .expect("statements");
    statements.filename("boot\\x64").expect("a file name").next_server([34, 34, 34, 34].into());
    statements
        .option(Action::Default, "default-url", OptionValue::Text("http://a/"))
        .expect("an option");
    add(AddHost::new(hosts.mac(4)).name(seat.name("stated")).statements(statements));

    let routes = ["16.11.0.0/16,10.10.10.1", "0.0.0.0/0,192.168.1.1"];
    let routes = routes.map(|route| route.parse::<Route>().expect("a route"));
    let mut statements = Statements::new();
    statements.routes(CLASSLESS_STATIC_ROUTES, &routes).expect("option 121");
    statements.routes("ms-classless-static-routes", &routes).expect("option 249");
    add(AddHost::new(hosts.mac(5)).name(seat.name("routed")).statements(statements));

    let ring = AddHost::new(hosts.mac(6)).hardware_type(HardwareType::TOKEN_RING);
    add(ring.name(seat.name("ring")).not_exclusive());
    assert_eq!(code(lab.ask(client, hosts.by_mac(6))), NOT_FOUND, "not of type ethernet");
    let ring = hosts.by_mac(6).hardware_type(HardwareType::TOKEN_RING);
    let ring = lab.ask(client, Remove::new(ring)).expect("of its own type");
    assert_eq!(ring.hardware_type(), Some(HardwareType::TOKEN_RING));

    let identifier = [&b"\xff\0id-of-"[..], seat.name.as_bytes()].concat();
    let by_id = Lookup::host().client_id(&identifier);
    let _ = lab.ask(client, Remove::new(by_id.clone()));
    add(AddHost::by_client_id(&*identifier).name(seat.name("by-id")));
    let host = lab.ask(client, Remove::new(by_id)).expect("by client id");
    assert_eq!(host.dhcp_client_identifier(), Some(&*identifier));
    assert_eq!(host.hardware_address(), None);

    let mut longest = [0xa0; HardwareAddress::MAX];
    longest[..6].copy_from_slice(hosts.mac(7).octets());
    let longest = HardwareAddress::new(&longest).expect("twenty octets");
    let _ = lab.ask(client, Remove::new(Lookup::host().hardware_address(longest)));
    add(AddHost::new(longest).name(seat.name("longest")));
    let host = Remove::new(Lookup::host().name(&seat.name("longest")));
    assert_eq!(lab.ask(client, host).expect("twenty octets").hardware_address(), Some(longest));
    hosts.clear();
}

/// Taken names and addresses, unknown groups and options: each with its own code, and nothing made.
pub fn what_dhcpd_refuses<R: Runtime>(lab: &Lab<R>) {
    let hosts = Hosts::new(lab, 2);
    let (seat, client) = (lab.seat, &hosts.client);
    let first = AddHost::new(hosts.mac(0)).name(seat.name("first"));
    lab.ask(client, first.clone()).expect("a new host");

    for (call, expected, text) in [
        (first.clone(), EXISTS, "specified object already exists"),
        (first.clone().not_exclusive(), EXISTS, "can't update object"),
        (AddHost::new(hosts.mac(1)).name(seat.name("first")), EXISTS, "can't update object"),
        (AddHost::new(hosts.mac(0)).name(seat.name("other")), KEY_CONFLICT, "object lookup failed"),
        (AddHost::new(hosts.mac(0)), EXISTS, "specified object already exists"),
        (AddHost::new(hosts.mac(2)).group("no-such-group"), NOT_FOUND, "can't update object"),
    ] {
        match lab.ask(client, call.clone()) {
            Err(Error::Refused(refused)) => {
                assert_eq!((refused.code.0, &*refused.text), (expected, text), "{call:?}");
            }
            other => panic!("{call:?}: {other:?}"),
        }
    }
    for text in ["option no-such-option 1;", "if { }"] {
        let mut statements = Statements::new();
        statements.raw(text).expect("whole, whatever it means");
        let call = AddHost::new(hosts.mac(3)).statements(statements);
        let error = lab.ask(client, call).expect_err(text);
        assert_eq!((error.kind(), code::<()>(Err(error))), (Some(Kind::BadParse), BAD_PARSE));
    }
    for host in 1..4 {
        assert_eq!(code(lab.ask(client, hosts.by_mac(host))), NOT_FOUND, "it was not made");
    }
    hosts.clear();
}

/// Addresses, group, statements and client identifier of a host that is there.
pub fn changed<R: Runtime>(lab: &Lab<R>) {
    let hosts = Hosts::new(lab, 3);
    let (seat, client) = (lab.seat, &hosts.client);
    let name = seat.name("changed");
    let call = AddHost::new(hosts.mac(0)).name(&name).ip_address(hosts.ip(30));
    lab.ask(client, call).expect("a new host");
    let set = || SetHost::new(Lookup::host().name(&name));

    let moved = lab.ask(client, set().ip_addresses(&[hosts.ip(31)])).expect("another address");
    assert_eq!(moved.ip_addresses(), [hosts.ip(31)]);
    let more = [hosts.ip(32), hosts.ip(33)];
    let moved = lab.ask(client, set().ip_addresses(&more)).expect("two addresses");
    assert_eq!(moved.ip_addresses(), more);
    let none = lab.ask(client, set().ip_addresses(&[])).expect("no address");
    assert!(none.ip_addresses().is_empty());
    assert!(hosts.find(0).object().get("ip-address").is_none());

    lab.ask(client, set().group("staff")).expect("a group that there is");
    assert_eq!(code(lab.ask(client, set().group("no-such-group"))), NOT_FOUND);

    let mut statements = Statements::new();
    statements.host_name("changed").expect("a name");
    lab.ask(client, set().statements(&statements)).expect("statements, once");
    assert_eq!(code(lab.ask(client, set().statements(&statements))), EXISTS);

    let identifier = [&[0, 7][..], seat.name.as_bytes()].concat();
    let identified = lab.ask(client, set().client_id(&identifier)).expect("a client id, once");
    assert_eq!(identified.dhcp_client_identifier(), Some(&*identifier));
    assert_eq!(code(lab.ask(client, set().client_id([0, 8, 8]))), EXISTS);

    let stranger = SetHost::new(Lookup::host().name(&seat.name("nobody")));
    assert_eq!(code(lab.ask(client, stranger.ip_addresses(&more))), NOT_FOUND);
    hosts.clear();
}

/// By name and by hardware address; the second time there is nothing, and its handle is spent.
pub fn deleted<R: Runtime>(lab: &Lab<R>) {
    let hosts = Hosts::new(lab, 4);
    let (seat, client) = (lab.seat, &hosts.client);
    let names = [seat.name("by-name"), seat.name("by-mac")];
    for (host, name) in (0..).zip(&names) {
        lab.ask(client, AddHost::new(hosts.mac(host)).name(name)).expect("a new host");
    }
    let by_name = || Remove::new(Lookup::host().name(&names[0]));
    let gone = lab.ask(client, by_name()).expect("by name");
    assert_eq!(gone.hardware_address(), Some(hosts.mac(0)));
    assert_eq!(code(lab.ask(client, by_name())), NOT_FOUND);

    let handle = hosts.find(1).handle().clone();
    lab.ask(client, Delete::new(&handle)).expect("through its handle");
    let before = requests(client);
    let again = lab.ask(client, Delete::new(&handle));
    assert_eq!(again, Err(Error::StaleHandle(handle.number())));
    assert_eq!(requests(client), before, "nothing was sent");
    assert_eq!(code(lab.ask(client, hosts.by_mac(1))), NOT_FOUND);
    assert_eq!(code(lab.ask(client, Lookup::host().name(&names[1]))), NOT_FOUND);
}

/// Added, unchanged, changed, replaced: one call, whatever was there.
pub fn synced<R: Runtime>(lab: &Lab<R>) {
    let hosts = Hosts::new(lab, 5);
    let (seat, client) = (lab.seat, &hosts.client);
    let sync = |host: AddHost| lab.ask(client, SyncHost::new(host)).expect("a sync");
    let wish = AddHost::new(hosts.mac(0)).name(seat.name("synced")).ip_address(hosts.ip(40));

    assert_eq!(sync(wish.clone()), Synced::Added);
    assert_eq!(sync(wish.clone()), Synced::Unchanged);
    assert_eq!(sync(wish.clone().ip_address(hosts.ip(41))), Synced::Changed);
    assert_eq!(hosts.find(0).ip_addresses(), [hosts.ip(40), hosts.ip(41)]);
    assert_eq!(sync(AddHost::new(hosts.mac(0)).name(seat.name("synced"))), Synced::Changed);
    assert!(hosts.find(0).ip_addresses().is_empty());
    assert_eq!(sync(wish.clone().group("staff")), Synced::Changed);
    assert_eq!(hosts.find(0).ip_addresses(), [hosts.ip(40)]);

    assert_eq!(sync(wish.clone().name(seat.name("renamed"))), Synced::Replaced);
    assert_eq!(hosts.find(0).name(), Some(&*seat.name("renamed")));
    assert_eq!(code(lab.ask(client, Lookup::host().name(&seat.name("synced")))), NOT_FOUND);

    let mut statements = Statements::new();
    statements.domain_name("sync.example").expect("a domain");
    let stated = wish.name(seat.name("renamed")).statements(statements);
    assert_eq!(sync(stated.clone()), Synced::Replaced);
    assert_eq!(sync(stated), Synced::Replaced, "statements cannot be compared");
    hosts.clear();
}

/// The new host is refused after the old one was deleted: the old one comes back.
pub fn a_host_that_cannot_be_replaced_is_put_back<R: Runtime>(lab: &Lab<R>) {
    let hosts = Hosts::new(lab, 6);
    let (seat, client) = (lab.seat, &hosts.client);
    let old = AddHost::new(hosts.mac(0)).name(seat.name("old"));
    let old = old.ip_address(hosts.ip(50)).ip_address(hosts.ip(51));
    lab.ask(client, old).expect("a new host");
    let before: Attributes = hosts.find(0).into_object().attributes;

    let wish = AddHost::new(hosts.mac(0)).name(seat.name("new")).ip_address(hosts.ip(52));
    let refused = lab.ask(client, SyncHost::new(wish.clone().group("no-such-group")));
    assert_eq!(code(refused), NOT_FOUND);
    assert_eq!(hosts.find(0).object().attributes, before);

    let mut statements = Statements::new();
    statements.raw("option no-such-option 1;").expect("whole");
    assert_eq!(code(lab.ask(client, SyncHost::new(wish.statements(statements)))), BAD_PARSE);
    assert_eq!(hosts.find(0).object().attributes, before);
    assert_eq!(code(lab.ask(client, Lookup::host().name(&seat.name("new")))), NOT_FOUND);
    hosts.clear();
}
