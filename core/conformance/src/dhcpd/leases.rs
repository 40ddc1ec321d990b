//! Changing leases. Each test has leases of its own, and begins by making them active.

use std::net::Ipv4Addr;

use netlever_core::Client;
use netlever_core::omapi::Omapi;
use netlever_core::omapi::calls::{Expert, Lookup, Open, SetLease, Update};
use netlever_core::omapi::error::Error;
use netlever_core::omapi::guard::Refusal;
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::values::{LeaseFlags, LeaseState, Time};
use netlever_core::omapi::wire::Attributes;
use netlever_core::runtime::Runtime;

use super::lab::{Lab, code, requests};

const NO_PERMISSION: u32 = 6;
const INVALID_ARGUMENT: u32 = 0x60003;

/// 2036-01-01.
const LATER: Time = Time(2_082_758_400);

/// A lease of the seat, active and without flags.
fn fresh<R: Runtime>(lab: &Lab<R>, number: u8) -> (Client<Omapi>, Ipv4Addr) {
    let client = lab.client(&lab.shared("dhcpd-sha224"));
    let ip = lab.seat.lease(number);
    let call = SetLease::of(ip).active_until(LATER).flags(LeaseFlags::NONE);
    let lease = lab.ask(&client, call).expect("a lease that may be changed");
    assert_eq!((lease.state(), lease.ends()), (Some(LeaseState::ACTIVE), Some(LATER)));
    (client, ip)
}

fn read<R: Runtime>(lab: &Lab<R>, client: &Client<Omapi>, ip: Ipv4Addr) -> Lease {
    lab.ask(client, Lookup::lease().ip_address(ip)).expect("the lease")
}

/// Free at once, its hostname gone; what UPDATE leaves behind is not shown as a variable.
pub fn released<R: Runtime>(lab: &Lab<R>) {
    let (client, ip) = fresh(lab, 0);
    let lease = lab.ask(&client, SetLease::release(ip)).expect("a release");
    assert_eq!((lease.state(), lease.ip_address()), (Some(LeaseState::FREE), Some(ip)));
    assert_eq!((lease.client_hostname(), lease.billing_class()), (None, None));
    assert!(!lease.is_active_at(0));
    let lease = read(lab, &client, ip);
    assert!(lease.object().get("remote-handle").is_some(), "{lease:?}");
    assert_eq!(lease.variables().count(), 0, "{lease:?}");
    assert_eq!(lease.hardware_address(), read(lab, &client, ip).hardware_address());
}

/// Shorter, longer, for ever; and over.
pub fn ended_and_extended<R: Runtime>(lab: &Lab<R>) {
    let (client, ip) = fresh(lab, 1);
    for ends in [Time(1_900_000_000), Time(2_140_000_000), Time::NEVER] {
        let lease = lab.ask(&client, SetLease::of(ip).active_until(ends)).expect("another end");
        assert_eq!((lease.state(), lease.ends()), (Some(LeaseState::ACTIVE), Some(ends)));
        assert!(read(lab, &client, ip).is_active_at(1_899_999_999));
    }
    let over = SetLease::of(ip).active_until(Time(1_600_000_000));
    let lease = lab.ask(&client, over).expect("an end that has passed");
    assert!(!lease.is_active_at(1_700_000_000), "{lease:?}");
}

/// Reserved without a host, and given back; bits that there are not are masked off. It stays
/// active, which it would not if its flags went alone.
pub fn reserved_by_flags<R: Runtime>(lab: &Lab<R>) {
    let (client, ip) = fresh(lab, 2);
    for (flags, read_back) in [
        (LeaseFlags::RESERVED, LeaseFlags::RESERVED),
        (LeaseFlags(0xff), LeaseFlags::MASK),
        (LeaseFlags::NONE, LeaseFlags::NONE),
    ] {
        let lease = lab.ask(&client, SetLease::of(ip).flags(flags)).expect("flags");
        assert_eq!(lease.flags(), Some(read_back));
        assert_eq!(lease.object().attributes, read(lab, &client, ip).object().attributes);
        assert_eq!((lease.state(), lease.ends()), (Some(LeaseState::ACTIVE), Some(LATER)));
    }
    let sent = requests(&client);
    let handle = read(lab, &client, ip).handle().clone();
    let flags: Attributes = [("flags", [LeaseFlags::RESERVED.0])].into_iter().collect();
    let alone = lab.ask(&client, Update::new(&handle, flags.clone()));
    assert_eq!(alone, Err(Error::Guarded(Refusal::FlagsAlone)));
    assert_eq!(requests(&client), sent + 1, "only the lookup");
    lab.ask(&client, Expert(Update::new(&handle, flags))).expect("an expert's update");
    assert_eq!(read(lab, &client, ip).state(), Some(LeaseState::FREE), "as the guard said");
}

/// What becomes of each state that can be set.
pub fn every_state<R: Runtime>(lab: &Lab<R>) {
    for (state, becomes) in [
        (LeaseState::FREE, LeaseState::FREE),
        (LeaseState::EXPIRED, LeaseState::EXPIRED),
        (LeaseState::RELEASED, LeaseState::RELEASED),
        (LeaseState::ABANDONED, LeaseState::ABANDONED),
        (LeaseState::RESET, LeaseState::RESET),
        (LeaseState::BACKUP, LeaseState::BACKUP),
    ] {
        let (client, ip) = fresh(lab, 3);
        let lease = lab.ask(&client, SetLease::of(ip).state(state)).expect("a state");
        assert_eq!(lease.state(), Some(becomes), "{state}");
    }
    let (client, ip) = fresh(lab, 3);
    let by_mac = Lookup::lease().hardware_address(
        read(lab, &client, ip).hardware_address().expect("the seed's hardware address"),
    );
    let lease = lab.ask(&client, SetLease::found_by(by_mac).state(LeaseState::FREE));
    assert_eq!(lease.expect("by hardware address").ip_address(), Some(ip));
}

/// dhcpd says no, or nothing was sent; the lease is as before.
pub fn what_dhcpd_refuses<R: Runtime>(lab: &Lab<R>) {
    let (client, ip) = fresh(lab, 4);
    let before = read(lab, &client, ip);
    for (name, value, expected) in [
        ("ip-address", &[10, 99, 0, 199][..], NO_PERMISSION),
        ("starts", &[0x60, 0, 0, 0], NO_PERMISSION),
        ("pool", &[0, 0, 0, 1], NO_PERMISSION),
        ("subnet", &[0, 0, 0, 1], INVALID_ARGUMENT),
    ] {
        let call = SetLease::of(ip).attribute(name, value);
        assert_eq!(code(lab.ask(&client, call)), expected, "{name}");
    }
    let sent = requests(&client);
    let handle = before.handle();
    let ends: Attributes = [("ends", LATER.octets())].into_iter().collect();
    let alone = lab.ask(&client, Update::new(handle, ends));
    assert_eq!(alone, Err(Error::Guarded(Refusal::EndsAlone)));
    for (name, value) in [
        ("state", &[0, 0, 0, 0][..]),
        ("state", &[0, 0, 0, 8]),
        ("state", &[2]),
        ("flags", &[4]),
        ("tstp", &[0, 0, 0, 1]),
        ("cltt", &[0, 0, 0, 1]),
        ("vendor-string", b"mine"),
    ] {
        let change: Attributes = [(name, value)].into_iter().collect();
        let refused = lab.ask(&client, Update::new(handle, change));
        assert!(matches!(refused, Err(Error::Guarded(_))), "{name}: {refused:?}");
    }
    assert_eq!(requests(&client), sent, "nothing was sent");
    let create = Open::new("lease").with("ip-address", [10, 99, 0, 9]).create();
    assert_eq!(code(lab.ask(&client, create)), 27);
    assert_eq!(read(lab, &client, ip).object().attributes, before.object().attributes);
}

/// Success, and nothing has changed.
pub fn what_dhcpd_takes_and_ignores<R: Runtime>(lab: &Lab<R>) {
    let (client, ip) = fresh(lab, 5);
    let before = read(lab, &client, ip);
    for (name, value) in [
        ("hardware-address", &[2, 2, 2, 2, 2, 2][..]),
        ("hardware-type", &[0, 0, 0, 6]),
        ("client-hostname", b"mine"),
        ("dhcp-client-identifier", &[1, 1]),
        ("state", &[0, 0, 0, 2]),
    ] {
        let call = SetLease::of(ip).attribute(name, value);
        let after = lab.ask(&client, call).expect(name);
        assert_eq!(after.object().attributes, before.object().attributes, "{name}");
    }
}
