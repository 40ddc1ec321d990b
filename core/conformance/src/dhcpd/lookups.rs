//! Finding things, in a daemon that nobody changes in these places.

use netlever_core::omapi::calls::{Lookup, PoolUsage, scan};
use netlever_core::omapi::error::{Error, Kind};
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::values::{
    ControlState, FailoverState, HardwareType, Hierarchy, LeaseFlags, LeaseState, Time, Value,
};
use netlever_core::runtime::Runtime;

use super::lab::{Lab, code};

const NOT_FOUND: u32 = 23;
const MULTIPLE: u32 = 0x60006;
const KEY_CONFLICT: u32 = 0x60007;

/// 2025-01-01, when the leases of the seed begin.
const SEED_STARTS: Time = Time(1_735_689_600);
/// 2037-01-01, when they end.
const SEED_ENDS: Time = Time(2_114_380_800);

/// A lease of the seed, by its last octet.
fn lease(last: u8) -> Lookup<Lease> {
    Lookup::lease().ip_address([10, 99, 0, last].into())
}

/// The hardware address `02:00:00:00:A:B`.
fn mac(a: u8, b: u8) -> netlever_core::omapi::values::HardwareAddress {
    [2, 0, 0, 0, a, b].into()
}

/// By address, hardware address, client identifier, and by several of them.
pub fn leases_by_each_key<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    let client_id = [1, 2, 0, 0, 0, 1, 1];
    for lookup in [
        lease(101),
        Lookup::lease().hardware_address(mac(1, 1)),
        Lookup::lease().hardware_type(HardwareType::ETHERNET).hardware_address(mac(1, 1)),
        Lookup::lease().client_id(client_id),
        lease(101).hardware_address(mac(1, 1)),
        Lookup::lease().client_id(client_id).hardware_address(mac(1, 1)),
        lease(101).hardware_address(mac(1, 1)).client_id(client_id),
    ] {
        let found = lab.ask(&client, lookup.clone()).unwrap_or_else(|e| panic!("{lookup:?}: {e}"));
        assert_eq!(found.ip_address(), Some([10, 99, 0, 101].into()), "{lookup:?}");
    }
    let octets = [0xff, 0, 0xfe, 0x80, 0x22, 0x0a];
    let found = lab.ask(&client, Lookup::lease().client_id(octets)).expect("a client id of octets");
    assert_eq!(found.ip_address(), Some([10, 99, 0, 102].into()));
}

/// Each lease of the seed, typed.
pub fn leases_of_the_seed_have_their_fields<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    let lease = |last| lab.ask(&client, lease(last)).expect("a lease of the seed");

    let alpha = lease(101);
    assert_eq!(alpha.state(), Some(LeaseState::ACTIVE));
    assert_eq!((alpha.starts(), alpha.ends()), (Some(SEED_STARTS), Some(SEED_ENDS)));
    assert_eq!(alpha.cltt(), Some(SEED_STARTS));
    assert!(alpha.is_active_at(1_800_000_000) && !alpha.is_active_at(2_114_380_801));
    assert_eq!(alpha.client_hostname(), Some("alpha"));
    assert_eq!(alpha.dhcp_client_identifier(), Some(&[1, 2, 0, 0, 0, 1, 1][..]));
    assert_eq!(alpha.hardware_address(), Some(mac(1, 1)));
    assert_eq!(alpha.hardware_type(), Some(HardwareType::ETHERNET));
    assert_eq!(alpha.flags(), Some(LeaseFlags::NONE));
    assert!(alpha.subnet().is_some() && alpha.pool().is_some() && alpha.billing_class().is_none());
    let variables: Vec<_> = alpha.variables().collect();
    assert_eq!(variables.len(), 1, "{variables:?}");
    assert_eq!(variables[0].name, b"vendor-string");
    assert_eq!(variables[0].value, Value::Octets(b"TEST-device 1"));

    let octets = lease(102);
    assert_eq!(octets.client_hostname(), None);
    let identifier = [0xff, 0, 0xfe, 0x80, 0x22, 0x0a];
    assert_eq!(octets.dhcp_client_identifier(), Some(&identifier[..]));
    assert_eq!(octets.variables().count(), 0);

    let forever = lease(103);
    assert_eq!((forever.ends(), forever.client_hostname()), (Some(Time::NEVER), Some("forever")));
    assert!(forever.is_active_at(u64::from(u32::MAX)));

    assert_eq!(lease(104).flags(), Some(LeaseFlags::RESERVED));
    assert!(lease(105).billing_class().is_some());
    for (last, name) in [(106, "twin-a"), (107, "twin-b")] {
        let twin = lease(last);
        let told = (twin.client_hostname(), twin.hardware_address());
        assert_eq!(told, (Some(name), Some(mac(1, 0x77))));
    }
    let abandoned = lease(108);
    assert_eq!(abandoned.state(), Some(LeaseState::ABANDONED));
    assert_eq!(abandoned.hardware_address(), None);

    let free = lease(110);
    assert_eq!(free.state(), Some(LeaseState::FREE));
    assert_eq!(free.client_hostname(), None);
    assert!(!free.is_active_at(0) && free.pool() == alpha.pool());
}

/// 23, 0x60006 and 0x60007 are told apart.
pub fn a_lookup_that_finds_nothing_several_or_a_conflict_says_which<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    let unknown = mac(0xee, 0xee);
    for (lookup, expected, kind) in [
        (lease(99), NOT_FOUND, Kind::NotFound),
        (Lookup::lease().hardware_address(unknown), NOT_FOUND, Kind::NotFound),
        (Lookup::lease().client_id([9, 9]), NOT_FOUND, Kind::NotFound),
        (Lookup::lease().hardware_address(mac(1, 0x77)), MULTIPLE, Kind::Multiple),
        (lease(101).hardware_address(mac(1, 2)), KEY_CONFLICT, Kind::Conflict),
        (lease(102).client_id([1, 2, 0, 0, 0, 1, 1]), KEY_CONFLICT, Kind::Conflict),
    ] {
        let error = lab.ask(&client, lookup.clone()).expect_err("no lease");
        assert_eq!(error.kind(), Some(kind), "{lookup:?}: {error}");
        assert_eq!(code::<()>(Err(error)), expected);
    }
    let error = lab.ask(&client, lease(99)).expect_err("no lease");
    assert!(error.is_not_found() && !error.sent());
    let Error::Refused(refused) = error else { panic!("{error}") };
    assert_eq!(refused.text, "no object matches specification");
    assert_eq!(refused.object_type, "lease");
}

/// By name, hardware address, both, and by the address of a lease.
pub fn hosts_by_each_key<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    for lookup in [
        Lookup::host().name("printer"),
        Lookup::host().hardware_address(mac(3, 1)),
        Lookup::host().name("printer").hardware_address(mac(3, 1)),
    ] {
        let printer = lab.ask(&client, lookup).expect("the printer");
        assert_eq!(printer.name(), Some("printer"));
        assert_eq!(printer.hardware_address(), Some(mac(3, 1)));
        assert_eq!(printer.hardware_type(), Some(HardwareType::ETHERNET));
        assert_eq!(printer.ip_addresses(), [std::net::IpAddr::from([10, 99, 0, 20])]);
        assert_eq!(printer.dhcp_client_identifier(), None);
    }
    let alpha = lab.ask(&client, Lookup::host().ip_address([10, 99, 0, 101].into()));
    let alpha = alpha.expect("the host whose hardware address holds the lease");
    assert_eq!((alpha.name(), alpha.ip_address()), (Some("alpha-host"), None));
    let staff = lab.ask(&client, Lookup::host().name("staff-desk")).expect("a host of a group");
    assert_eq!(staff.hardware_address(), Some(mac(3, 2)));

    for (lookup, expected) in [
        (Lookup::host().name("Printer"), NOT_FOUND),
        (Lookup::host().ip_address([10, 99, 0, 20].into()), NOT_FOUND),
        (Lookup::host().hardware_address(mac(0xee, 0xee)), NOT_FOUND),
        (Lookup::host().client_id([1, 2, 3]), NOT_FOUND),
        (Lookup::host().name("printer").hardware_address(mac(3, 2)), KEY_CONFLICT),
    ] {
        assert_eq!(code(lab.ask(&client, lookup.clone())), expected, "{lookup:?}");
    }
}

/// Groups, classes and subclasses of dhcpd.conf.
pub fn groups_and_classes<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    let staff = lab.ask(&client, Lookup::group("staff")).expect("a group with a name");
    assert_eq!(staff.name(), Some("staff"));
    assert_eq!(code(lab.ask(&client, Lookup::group("nobody"))), NOT_FOUND);

    let limited = lab.ask(&client, Lookup::class("limited")).expect("a class");
    assert_eq!(limited.lease_limit(), Some(4));
    assert!(limited.leases_used().is_some_and(|used| used <= 4), "{limited:?}");
    let bymac = lab.ask(&client, Lookup::class("bymac")).expect("a class");
    assert_eq!((bymac.lease_limit(), bymac.leases_used()), (Some(0), Some(0)));
    assert_eq!(code(lab.ask(&client, Lookup::class("first"))), NOT_FOUND);

    let member = Lookup::subclass("bymac", [1, 2, 0, 0, 0, 4, 1]);
    assert_eq!(lab.ask(&client, member).expect("a subclass").leases_used(), Some(0));
    let stranger = Lookup::subclass("bymac", [1, 2, 0, 0, 0, 4, 2]);
    assert_eq!(code(lab.ask(&client, stranger)), NOT_FOUND);
}

/// The objects that stand for the server itself.
pub fn failover_control_and_interface<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    let pair = lab.ask(&client, Lookup::failover("fo-a")).expect("the failover state");
    assert_eq!(pair.name(), Some("fo-a"));
    assert_eq!((pair.partner_port(), pair.local_port()), (Some(647), Some(647)));
    assert_eq!((pair.max_outstanding_updates(), pair.mclt()), (Some(10), Some(600)));
    assert_eq!((pair.load_balance_max_secs(), pair.max_response_delay()), (Some(3), Some(30)));
    assert_eq!(pair.load_balance_hba().map(<[u8]>::len), Some(32));
    assert_eq!(pair.hierarchy(), Some(Hierarchy::PRIMARY));
    assert_eq!((pair.cur_unacked_updates(), pair.skew()), (Some(0), Some(0)));
    assert!(pair.local_state().is_some_and(|state| state.name().is_some()), "{pair:?}");
    assert_ne!(pair.local_state(), Some(FailoverState::PARTNER_DOWN));
    assert!(pair.partner_state().is_some() && pair.local_stos().is_some());
    assert_eq!(code(lab.ask(&client, Lookup::failover("fo-b"))), NOT_FOUND);

    let control = lab.ask(&client, Lookup::control()).expect("the control object");
    assert_eq!(control.state(), Some(ControlState::STARTUP));

    let interface = lab.ask(&client, Lookup::interface("dhv0")).expect("the interface");
    assert!(interface.is_up(), "{interface:?}");
    assert_eq!(code(lab.ask(&client, Lookup::interface("eth7"))), NOT_FOUND);
}

/// By the handle that a lease has of its pool.
pub fn pool_usage<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    for ip in [[10, 99, 0, 101], [10, 99, 1, 101]] {
        let pool = lab.ask(&client, PoolUsage::of(ip.into())).expect("the pool");
        assert_eq!(pool.lease_count(), Some(101));
        let (free, taken) = (pool.free_leases().unwrap_or(0), pool.leases_taken().unwrap_or(0));
        assert!(free > 0 && taken > 0 && free + taken <= 101, "{pool:?}");
    }
    assert_eq!(code(lab.ask(&client, PoolUsage::of([10, 99, 0, 20].into()))), NOT_FOUND);
}

/// Every address from outside to outside, in order, in bursts.
pub fn a_scan_of_the_whole_pool<R: Runtime>(lab: &Lab<R>) {
    let client = lab.client(&lab.shared("dhcpd-sha256"));
    let range = scan([10, 99, 0, 95].into(), [10, 99, 0, 205].into());
    let found = lab.ask_all(&client, range, 64);
    assert_eq!(found.len(), 111);
    for (last, lease) in (95..=205).zip(found) {
        match lease {
            Ok(lease) => assert_eq!(lease.ip_address(), Some([10, 99, 0, last].into())),
            Err(error) => assert!(error.is_not_found() && !(100..=200).contains(&last), "{error}"),
        }
    }
    let counters = client.with(|omapi| omapi.counters());
    assert_eq!((counters.requests, counters.answers), (111, 111));
    assert!(counters.bursts <= 40, "{counters:?}");
}
