use std::net::IpAddr;

use super::*;
use crate::omapi::values::{FailoverState, HardwareType, LeaseFlags, LeaseState};

/// The lease that pypureomapi's readme prints, with `agent.*` variables of the site.
fn ruckus() -> Attributes {
    let mut answer = Attributes::new();
    answer.push("state", 2_u32.to_be_bytes()).push("ip-address", [192, 168, 10, 167]);
    answer.push("dhcp-client-identifier", b"\x01$y*\x06U\xc0");
    answer.push("subnet", 6126_u32.to_be_bytes()).push("pool", 6127_u32.to_be_bytes());
    answer.push("hardware-address", [0x24, 0x79, 0x2a, 0x0a, 0x13, 0xc0]);
    answer.push("hardware-type", 1_u32.to_be_bytes());
    answer.push("ends", 1_549_885_690_u32.to_be_bytes());
    answer.push("starts", 1_549_885_390_u32.to_be_bytes());
    for name in ["tstp", "tsfp", "atsfp"] {
        answer.push(name, 1_549_885_840_u32.to_be_bytes());
    }
    answer.push("cltt", 1_549_885_390_u32.to_be_bytes()).push("flags", [0]);
    answer.push("clientip", "192.168.10.167").push("vendor-class-identifier", "Ruckus CPE");
    answer.push("agent.circuit-id", b"\x00\x04\x00\x12\x00-");
    answer
}

fn lease(answer: Attributes) -> Lease {
    Lease::from(Object::new(Lease::TYPE, 1, answer))
}

#[test]
fn the_lease_of_the_readme() {
    let lease = lease(ruckus());
    assert_eq!(lease.state(), Some(LeaseState::ACTIVE));
    assert_eq!(lease.ip_address(), Some([192, 168, 10, 167].into()));
    assert_eq!(lease.dhcp_client_identifier(), Some(&b"\x01$y*\x06U\xc0"[..]));
    assert_eq!((lease.subnet(), lease.pool(), lease.host()), (Some(6126), Some(6127), None));
    assert_eq!(lease.hardware_address(), "24:79:2a:0a:13:c0".parse().ok());
    assert_eq!(lease.hardware_type(), Some(HardwareType::ETHERNET));
    assert_eq!(lease.flags(), Some(LeaseFlags::NONE));
    assert_eq!(lease.tsfp(), Some(Time(1_549_885_840)));
    let printed: Vec<String> = lease
        .object()
        .fields()
        .map(|field| format!("{}: {}", field.name_text(), field.value))
        .collect();
    let expected = [
        "state: active",
        "ip-address: 192.168.10.167",
        "dhcp-client-identifier: 01:24:79:2a:06:55:c0",
        "subnet: 6126",
        "pool: 6127",
        "hardware-address: 24:79:2a:0a:13:c0",
        "hardware-type: ethernet",
        "ends: 2019-02-11T11:48:10Z",
        "starts: 2019-02-11T11:43:10Z",
        "tstp: 2019-02-11T11:50:40Z",
        "tsfp: 2019-02-11T11:50:40Z",
        "atsfp: 2019-02-11T11:50:40Z",
        "cltt: 2019-02-11T11:43:10Z",
        "flags: 0",
        "clientip: 31:39:32:2e:31:36:38:2e:31:30:2e:31:36:37",
        "vendor-class-identifier: 52:75:63:6b:75:73:20:43:50:45",
        "agent.circuit-id: 00:04:00:12:00:2d",
    ];
    assert_eq!(printed, expected);
}

#[test]
fn a_lease_is_held_until_its_end() {
    let with = |state: u32, ends: u32| {
        let mut answer = ruckus();
        answer.set("state", state.to_be_bytes()).set("ends", ends.to_be_bytes());
        lease(answer)
    };
    let held = with(2, 100);
    assert!(held.is_active_at(99) && held.is_active_at(100) && !held.is_active_at(101));
    assert!(!with(1, 100).is_active_at(99));
    assert!(with(2, Time::NEVER.0).is_active_at(u64::MAX));
    assert!(!with(2, 0).is_active_at(0));
    let mut endless = ruckus();
    endless.remove("ends");
    assert!(!lease(endless).is_active_at(0));
}

#[test]
fn of_a_repeated_name_the_first_is_the_attribute() {
    let mut answer = ruckus();
    // What dhcpd sends after somebody wrote `cltt`: a variable with four octets of a pointer.
    answer.push("cltt", [0xb0, 0x49, 0x69, 0xb4]).push("remote-handle", [0, 0, 0, 6]);
    let lease = lease(answer);
    assert_eq!(lease.cltt(), Some(Time(1_549_885_390)));
    let repeated: Vec<_> = lease.object().fields().filter(|field| field.repeated).collect();
    let [second] = &repeated[..] else { panic!("one is repeated: {repeated:?}") };
    assert_eq!((second.name, second.octets), (&b"cltt"[..], &[0xb0, 0x49, 0x69, 0xb4][..]));
    assert_eq!(second.value, Value::Time(Time(0xb049_69b4)));
    let variables: Vec<_> = lease.variables().map(|field| field.name_text()).collect();
    assert_eq!(variables, ["clientip", "vendor-class-identifier", "agent.circuit-id", "cltt"]);
}

#[test]
fn values_of_another_length_are_no_values_of_their_getters() {
    let mut answer = Attributes::new();
    answer.push("state", [2]).push("ip-address", [1, 2, 3, 4, 5, 6, 7, 8]).push("flags", [0; 4]);
    answer.push("hardware-address", [0; 21]).push("hardware-type", 257_u32.to_be_bytes());
    answer.push("ends", "").push("client-hostname", b"\xff").push("pool", [0; 4]);
    let lease = lease(answer);
    assert_eq!((lease.state(), lease.ip_address(), lease.flags()), (None, None, None));
    assert_eq!((lease.hardware_address(), lease.hardware_type()), (None, None));
    assert_eq!((lease.ends(), lease.client_hostname(), lease.pool()), (None, None, None));
    assert_eq!(lease.object().get("client-hostname"), Some(&b"\xff"[..]));
    assert_eq!(lease.object().fields().count(), 8);
}

#[test]
fn a_host_may_have_several_addresses() {
    let mut answer = Attributes::new();
    answer.push("ip-address", [10, 0, 0, 1, 10, 0, 0, 2]).push("name", "printer");
    answer.push("hardware-address", [2, 0, 0, 0, 1, 1]).push("hardware-type", [0, 0, 0, 1]);
    let host = Host::from(Object::new("host", 11, answer));
    assert_eq!(host.ip_addresses(), [[10, 0, 0, 1], [10, 0, 0, 2]].map(IpAddr::from));
    assert_eq!(host.ip_address(), Some([10, 0, 0, 1].into()));
    assert_eq!((host.name(), host.handle().number()), (Some("printer"), 11));
    assert_eq!(host.dhcp_client_identifier(), None);
    assert!(!host.object().is_empty());

    let mut answer = Attributes::new();
    answer.push("ip-address", [1, 2, 3, 4, 5]);
    assert!(Host::from(Object::new("host", 1, answer)).ip_addresses().is_empty());

    let mut answer = Attributes::new();
    answer.push("ip-address", [0; 16]);
    let object = Object::new("host", 1, answer).of_family(Family::V6);
    assert_eq!(Host::from(object).ip_address(), Some("::".parse().expect("an address")));
}

#[test]
fn nothing_found_is_an_empty_object() {
    assert!(Object::new("host", 12, Attributes::new()).is_empty());
}

#[test]
fn a_pool_opened_through_its_lease_is_read_as_a_pool() {
    let mut answer = Attributes::new();
    answer.push("lease-count", 61_u32.to_be_bytes()).push("free-leases", 50_u32.to_be_bytes());
    answer.push("backup-leases", 6_u32.to_be_bytes());
    let pool = Pool::from(Object::new("lease", 5, answer));
    assert_eq!(pool.object().object_type.as_str(), "pool");
    assert_eq!((pool.lease_count(), pool.free_leases()), (Some(61), Some(50)));
    assert_eq!(pool.leases_taken(), Some(5));
}

#[test]
fn addresses_of_a_failover_state_are_never_decoded() {
    let pointer = [0xb0, 0x49, 0x69, 0xb4, 0x7b, 0x55, 0, 0];
    let mut answer = Attributes::new();
    answer.push("name", "fo-a").push("partner-address", pointer);
    answer.push("partner-port", 647_u32.to_be_bytes()).push("partner-state", [0; 4]);
    answer.push("local-state", 6_u32.to_be_bytes()).push("last-packet-sent", [0; 4]);
    let failover = Failover::from(Object::new(Failover::TYPE, 2, answer));
    assert_eq!(failover.object().value("partner-address"), Some(Value::Octets(&pointer)));
    assert_eq!((failover.name(), failover.partner_port()), (Some("fo-a"), Some(647)));
    assert_eq!(failover.partner_state(), Some(FailoverState::UNKNOWN));
    assert_eq!(failover.local_state(), Some(FailoverState::RECOVER));
    assert_eq!(failover.last_packet_sent(), Some(Time::NONE));
    assert_eq!(failover.hierarchy(), None);
}

#[test]
fn the_state_of_control_is_a_number_and_that_of_an_interface_a_word() {
    let mut answer = Attributes::new();
    answer.push("state", [0; 4]);
    let control = Control::from(Object::new("control", 1, answer));
    assert_eq!(control.state().map(|state| state.0), Some(0));
    let mut answer = Attributes::new();
    answer.push("state", "up");
    let interface = Interface::from(Object::new("interface", 1, answer));
    assert_eq!((interface.state(), interface.is_up()), (Some("up"), true));
    let mut answer = Attributes::new();
    answer.push("lease-limit", 4_u32.to_be_bytes()).push("leases-used", 1_u32.to_be_bytes());
    let class = Class::from(Object::new("class", 1, answer.clone()));
    let subclass = Subclass::from(Object::new("subclass", 1, answer));
    assert_eq!((class.lease_limit(), subclass.leases_used()), (Some(4), Some(1)));
}
