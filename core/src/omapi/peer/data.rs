//! Believable data: the network of a small office.

use std::net::Ipv4Addr;

use super::records::{Class, FailoverPeer, Group, Host, Interface, Lease, NEVER, Pool, Subclass};
use super::{DataError, Server};
use crate::omapi::values::{FailoverState, LeaseFlags, LeaseState};

/// Fills a new server with a small office of 2026. `unix` is the present time, in seconds since
/// 1970; leases began before it and end after it.
///
/// | address in 192.168.10.0/24 | |
/// |---|---|
/// | .100 to .199 | the pool; what is not named below is free |
/// | .101 | active, client id, host name `frontdesk` |
/// | .102 | active, of the class `guests` |
/// | .103, .104 | active, both of the MAC 02:00:00:00:01:03 |
/// | .105 | active for ever and reserved, the host `printer` |
/// | .106 | expired |
/// | .107 | released, for another hour |
/// | .108 | abandoned |
/// | .109 | backup, for the failover partner |
/// | .167 | active, 24:79:2a:0a:13:c0, with variables of a wireless network |
///
/// Hosts `printer` and `camera-1` (group `cameras`), `camera-2`; groups `cameras` and `staff`;
/// classes `guests` (4 leases at most) and `phones` with one subclass; the failover relation
/// `office-pair`; the interfaces `eth0` and `eth1`.
///
/// # Errors
/// [`DataError`] when the server holds such objects already.
pub fn small_office(server: &Server, unix: u32) -> Result<(), DataError> {
    pool(server)?;
    declarations(server)?;
    leases(server, unix)?;
    let mut pair = FailoverPeer::primary("office-pair", unix.saturating_sub(90_000));
    pair.partner_state = FailoverState::NORMAL;
    pair.local_state = FailoverState::COMMUNICATIONS_INTERRUPTED;
    pair.last_packet_sent = unix.saturating_sub(45);
    pair.last_timestamp_received = unix.saturating_sub(75);
    server.add_failover(pair)?;
    server.add_interface(Interface { name: "eth0".into(), up: true })?;
    server.add_interface(Interface { name: "eth1".into(), up: false })
}

const fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 10, last)
}

const fn mac(fifth: u8, last: u8) -> [u8; 6] {
    [2, 0, 0, 0, fifth, last]
}

fn pool(server: &Server) -> Result<(), DataError> {
    server.add_pool(Pool { first: ip(100), last: ip(199), subnet: ip(0) })
}

fn declarations(server: &Server) -> Result<(), DataError> {
    for (name, statements) in
        [("cameras", "option domain-name \"cameras.example\";"), ("staff", "max-lease-time 86400;")]
    {
        server.add_group(Group { name: name.into(), statements: Some(statements.into()) })?;
    }
    let printer =
        Host { ip_address: ip(105).octets().into(), ..Host::ethernet("printer", mac(1, 5)) };
    let camera = Host {
        ip_address: ip(20).octets().into(),
        group: Some("cameras".into()),
        ..Host::ethernet("camera-1", mac(2, 1))
    };
    let spare = Host {
        client_id: b"\x00camera-2".into(),
        ip_address: [ip(21).octets(), ip(22).octets()].concat(),
        ..Host::ethernet("camera-2", mac(2, 2))
    };
    for host in [printer, camera, spare] {
        server.add_host(host)?;
    }
    server.add_class(Class { name: "guests".into(), lease_limit: 4, ..Class::default() })?;
    server.add_class(Class {
        name: "phones".into(),
        matches: Some("hardware".into()),
        ..Class::default()
    })?;
    server.add_subclass(Subclass {
        class: "phones".into(),
        hash: vec![1, 2, 0, 0, 0, 3, 1],
        group: None,
    })
}

fn leases(server: &Server, unix: u32) -> Result<(), DataError> {
    let (began, ends) = (unix.saturating_sub(1800), unix.saturating_add(5400).min(NEVER - 1));
    let active = |last, mac| Lease::active(ip(last), mac, began, ends);
    let frontdesk = Lease {
        client_id: [&[1][..], &mac(1, 1)].concat(),
        client_hostname: b"frontdesk".into(),
        variables: vec![("vendor-string".into(), b"MSFT 5.0".into())],
        ..active(101, mac(1, 1))
    };
    let guest = Lease {
        client_hostname: b"visitor".into(),
        billing_class: Some("guests".into()),
        ..active(102, mac(1, 2))
    };
    let printer = Lease {
        host: Some("printer".into()),
        ends: NEVER,
        tstp: NEVER,
        flags: LeaseFlags::RESERVED,
        ..active(105, mac(1, 5))
    };
    let ended = |last, state, ends| Lease { state, ends, tstp: ends, ..active(last, mac(1, last)) };
    for lease in [
        frontdesk,
        guest,
        active(103, mac(1, 3)),
        active(104, mac(1, 3)),
        printer,
        ended(106, LeaseState::EXPIRED, unix.saturating_sub(600)),
        ended(107, LeaseState::RELEASED, unix.saturating_add(3600)),
        Lease { hardware_address: None, ..ended(108, LeaseState::ABANDONED, ends) },
        Lease { state: LeaseState::BACKUP, ..Lease::free(ip(109)) },
        wireless(unix, ends),
    ] {
        server.add_lease(lease)?;
    }
    Ok(())
}

/// The lease that pypureomapi's readme shows, with times of today.
fn wireless(unix: u32, ends: u32) -> Lease {
    let mac = [0x24, 0x79, 0x2a, 0x0a, 0x13, 0xc0];
    let variables: [(&str, &[u8]); 7] = [
        ("clientip", b"192.168.10.167"),
        ("clientmac", b"24:79:2a:0a:13:c0"),
        ("clientmac_hostname", b"24792a0a13c0"),
        ("vendor-class-identifier", b"Ruckus CPE"),
        ("agent.circuit-id", b"\x00\x04\x00\x12\x00-"),
        ("agent.remote-id", b"\x00\x06\x00\x12\xf2\x8e!\x00"),
        ("agent.subscriber-id", b"wifi-basement"),
    ];
    let expiry = ends.saturating_add(150);
    Lease {
        client_id: b"\x01$y*\x06U\xc0".into(),
        tstp: expiry,
        tsfp: expiry,
        atsfp: expiry,
        variables: variables.map(|(name, value)| (name.to_owned(), value.to_vec())).into(),
        ..Lease::active(ip(167), mac, unix.saturating_sub(300), ends)
    }
}
