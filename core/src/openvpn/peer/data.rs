//! Believable data: who is connected.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Instant;

use super::client::Subnet;
use super::members::Stage;
use super::{Client, Daemon};
use crate::openvpn::command::Transport;

/// Where nobody really is.
fn at(ip: impl Into<IpAddr>, port: u16) -> SocketAddr {
    SocketAddr::new(ip.into(), port)
}

/// Gives a server the clients of a small office; their ids are 0 to 5.
///
/// | id | name | what is special |
/// |---|---|---|
/// | 0 | alice | user name with a quote and a backslash, subnets of both families behind her |
/// | 1 | bob | over IPv6 |
/// | 2 | bob | the same name again, an IPv4 peer on an IPv6 socket |
/// | 3 | `Smith, John (home)` | commas and spaces |
/// | 4 | gateway-7 | over TCP |
/// | 5 | UNDEF | its TLS handshake is not done |
pub fn small_office(daemon: &Daemon, now: Instant) {
    let here = |last| Ipv4Addr::new(198, 51, 100, last);
    let mut alice =
        Client::new("alice", at(here(21), 41623)).with_login("al\"ice\\x", "pa ss,w=ord");
    alice.routes = vec![
        Subnet { ip: Ipv4Addr::new(10, 88, 0, 0).into(), bits: 24 },
        Subnet { ip: Ipv6Addr::new(0xfd00, 0x88, 0, 0, 0, 0, 0, 0).into(), bits: 64 },
    ];
    (alice.bytes_received, alice.bytes_sent) = (48_230_711, 6_014_992_100);
    let six = Ipv6Addr::new(0x2001, 0xdb8, 0, 0x17, 0, 0, 0, 2);
    let bob = Client::new("bob", at(six, 53568));
    let mut again = Client::new("bob", at(here(22), 52004));
    again.mapped = true;
    let mut smith = Client::new("Smith, John (home)", at(here(23), 1194));
    smith.username = Some("john.smith@example.org".into());
    let mut gateway = Client::new("gateway-7", at(here(24), 36332));
    gateway.transport = Transport::Tcp;
    gateway.cipher = "CHACHA20-POLY1305".into();
    let mut stranger = Client::new("UNDEF", at(here(25), 60111));
    (stranger.bytes_received, stranger.bytes_sent) = (418, 0);
    for client in [alice, bob, again, smith, gateway] {
        daemon.add_client(now, client, Stage::Up);
    }
    daemon.add_client(now, stranger, Stage::Handshake);
}

/// Gives a server three clients whose listing even old readers take: IPv4, no commas.
pub fn home_office(daemon: &Daemon, now: Instant) {
    for (last, name) in [(31, "laptop"), (32, "phone"), (33, "printer")] {
        let client =
            Client::new(name, at(Ipv4Addr::new(203, 0, 113, last), 50_000 + u16::from(last)));
        daemon.add_client(now, client, Stage::Up);
    }
}

/// Gives a server so many clients, established: `client-00000` and so on.
pub fn crowd(daemon: &Daemon, now: Instant, count: u32) {
    for number in 0..count {
        let ip = Ipv4Addr::from_bits(Ipv4Addr::new(100, 64, 0, 0).to_bits() + number % 0x0040_0000);
        let port = 1024 + (number % 60_000) as u16;
        let mut client = Client::new(format!("client-{number:05}"), at(ip, port));
        client.bytes_received = u64::from(number) * 7919;
        client.bytes_sent = u64::from(number) * 104_729;
        if number % 3 == 0 {
            client.username = Some(format!("user{number}@example.org").into());
        }
        daemon.add_client(now, client, Stage::Up);
    }
}
