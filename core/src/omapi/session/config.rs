//! How a session behaves, and what it counts.

use std::time::Duration;

use crate::backoff::{Backoff, Reconnect};
use crate::omapi::key::Key;
use crate::omapi::values::Family;
use crate::omapi::wire::Limits;

/// How a session behaves. Start from [`Config::signed`] or [`Config::unsigned`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// Signs every request; `None` only where the server has no `omapi-key`.
    pub key: Option<Key>,
    /// How long a call may take, unless [`Within`](crate::omapi::calls::Within) says otherwise:
    /// 5 s by default.
    pub deadline: Duration,
    /// How long the handshake may take: 5 s by default.
    pub handshake: Duration,
    /// How long an answer may be owed before the link is given up: 30 s by default. A call's own
    /// deadline ends the call, not the link.
    pub stall: Duration,
    /// Hang up after so long without a call; never by default.
    pub idle: Option<Duration>,
    /// Whether to dial again after a loss. By default with backoff.
    pub reconnect: Reconnect,
    /// At most so many requests a second; no limit by default. dhcpd serves OMAPI and DHCP from
    /// one thread, so load here delays leases there.
    pub rate: Option<u32>,
    /// How many calls may wait at once: 65 536 by default.
    pub bound: usize,
    /// What a server may send.
    pub limits: Limits,
    /// Whether 16 octets of a host's `ip-address` are four IPv4 addresses or an IPv6 one.
    pub family: Family,
    /// Switches the guard rails off: requests that harm the server are sent as they are.
    pub expert: bool,
    /// Where transaction ids begin, and the jitter of backoff. Take it from the system's random
    /// numbers.
    pub seed: u64,
}

impl Config {
    /// Every request is signed with this key.
    #[must_use]
    pub fn signed(key: Key, seed: u64) -> Self {
        Self { key: Some(key), ..Self::unsigned(seed) }
    }

    /// No request is signed: for a server without `omapi-key`.
    #[must_use]
    pub fn unsigned(seed: u64) -> Self {
        Self {
            key: None,
            deadline: Duration::from_secs(5),
            handshake: Duration::from_secs(5),
            stall: Duration::from_secs(30),
            idle: None,
            reconnect: Reconnect::Backoff(Backoff::default()),
            rate: None,
            bound: 65_536,
            limits: Limits::default(),
            family: Family::default(),
            expert: false,
            seed,
        }
    }
}

/// What a session has seen, over all its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that came to be ready.
    pub links: u64,
    /// Requests sent, the handshakes' not counted.
    pub requests: u64,
    /// Bursts that they went out in.
    pub bursts: u64,
    /// Answers that came.
    pub answers: u64,
    /// Answers that nobody waited for any more.
    pub late: u64,
    /// Octets of the largest answer seen on the present connection.
    pub largest: usize,
}
