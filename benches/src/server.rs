//! The simulated server that lookups are measured against where no dhcpd is.

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use netlever_core::omapi::key::Key;
use netlever_core::omapi::peer::{Lease, Pool, Server, Setup, serve};
use netlever_core::runtime::{Endpoint, Listening, Runtime};

/// The first address that is leased.
pub const FIRST: Ipv4Addr = Ipv4Addr::new(10, 100, 0, 1);

const NOW: u32 = 1_795_000_000;

/// A server with so many active leases from [`FIRST`] on, all as a load test's dhcpd has them.
///
/// # Panics
/// With more than 65 000 leases.
#[must_use]
pub fn simulated(key: Key, leases: u32) -> Server {
    assert!(leases <= 65_000, "they have to fit into 10.100.0.0/16");
    let server = Server::new(Setup::new(Instant::now(), NOW).with_key(key));
    let subnet = Ipv4Addr::new(10, 100, 0, 0);
    let last = Ipv4Addr::new(10, 100, 255, 254);
    server.add_pool(Pool { first: FIRST, last, subnet }).expect("an empty server");
    for (number, ip) in (1..).zip(addresses(FIRST, leases).take(leases as usize)) {
        let [_, _, high, low] = ip.octets();
        let mac = [2, 0, 0, 1, high, low];
        let lease = Lease {
            client_id: [&[1][..], &mac].concat(),
            client_hostname: format!("load{number}").into_bytes(),
            variables: vec![("vendor-string".into(), b"TEST-load".into())],
            ..Lease::active(ip, mac, NOW - 1800, NOW + 86_400)
        };
        server.add_lease(lease).expect("an address of the pool");
    }
    server
}

/// Serves it on a free port of loopback for as long as the process lives; `told` hears where.
///
/// # Errors
/// No port, or no more connections.
pub fn run<R: Runtime>(
    runtime: &R,
    server: Server,
    told: impl FnOnce(&Endpoint),
) -> io::Result<()> {
    let listening = runtime.listen(&Endpoint::tcp("127.0.0.1", 0))?;
    told(&listening.endpoint());
    runtime.block_on(serve(runtime.clone(), listening, server))
}

/// Addresses of leases, over and over.
pub fn addresses(first: Ipv4Addr, leases: u32) -> impl Iterator<Item = Ipv4Addr> + Clone + Send {
    (0..leases).cycle().map(move |number| Ipv4Addr::from(u32::from(first).wrapping_add(number)))
}

/// The host and port of an endpoint, for a program that takes them apart.
#[must_use]
pub fn host_and_port(at: &Endpoint) -> Option<(IpAddr, u16)> {
    at.socket_addr().map(|addr| (addr.ip(), addr.port()))
}
