//! How a server is set up.

use std::time::{Duration, Instant};

use super::Strike;
use crate::omapi::key::Key;
use crate::omapi::wire::Limits;

/// The settings of a [`Server`](super::Server): all public, with believable defaults.
#[derive(Clone, Debug)]
pub struct Setup {
    /// An instant of the clock that drives the server …
    pub now: Instant,
    /// … and the time of day then, in seconds since 1970. What the server calls the time is
    /// counted from this pair.
    pub unix: u32,
    /// Where the transaction ids and handles' garbage come from. The same seed, the same octets.
    pub seed: u64,
    /// Every `key` of the configuration.
    pub keys: Vec<Key>,
    /// The name in `omapi-key`. With one, requests must be signed with this key; without, every
    /// key can be opened and unsigned requests are served too.
    pub omapi_key: Option<String>,
    /// What a message may measure.
    pub limits: Limits,
    /// What the server may hold.
    pub bounds: Bounds,
    /// How a shutdown goes.
    pub timeline: Timeline,
    /// What goes wrong, and when.
    pub faults: Vec<Strike>,
    /// Whether a signed message across a buffer edge aborts the server, as it does dhcpd. If not,
    /// it is noted in [`Server::harms`](super::Server::harms) and served.
    pub aborts: bool,
}

impl Setup {
    /// A server without keys and faults. `unix` is the time of day at `now`, in seconds since 1970.
    #[must_use]
    pub fn new(now: Instant, unix: u32) -> Self {
        Self {
            now,
            unix,
            seed: 0,
            keys: Vec::new(),
            omapi_key: None,
            limits: Limits::default(),
            bounds: Bounds::default(),
            timeline: Timeline::default(),
            faults: Vec::new(),
            aborts: false,
        }
    }

    /// Configures this key and makes it the `omapi-key`.
    #[must_use]
    pub fn with_key(mut self, key: Key) -> Self {
        self.omapi_key = Some(key.name().to_owned());
        self.keys.push(key);
        self
    }

    /// Adds a fault.
    #[must_use]
    pub fn with_fault(mut self, fault: impl Into<Strike>) -> Self {
        self.faults.push(fault.into());
        self
    }
}

/// What a server holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections; one more is closed at once. dhcpd has descriptors for about 190.
    pub connections: usize,
    /// Objects of each kind; a request for one more gets result 1, out of memory.
    pub objects: usize,
    /// Deleted hosts whose handle still answers.
    pub remains: usize,
    /// Variables of one lease.
    pub variables: usize,
    /// Octets of answers that wait on a connection before it stops reading.
    pub output: usize,
    /// Entries of [`Server::harms`](super::Server::harms); later ones are only counted.
    pub harms: usize,
}

impl Default for Bounds {
    /// 190 connections, 100 000 objects of a kind, 1024 deleted hosts, 64 variables, 256 KiB of
    /// output, 1024 harms.
    fn default() -> Self {
        Self {
            connections: 190,
            objects: 100_000,
            remains: 1024,
            variables: 64,
            output: 262_144,
            harms: 1024,
        }
    }
}

/// What happens how long after a shutdown was asked for; as observed on dhcpd 4.4.3-P1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeline {
    /// The other connections are closed.
    pub others: Duration,
    /// The connection that asked is closed.
    pub asker: Duration,
    /// The process ends.
    pub exit: Duration,
}

impl Default for Timeline {
    /// 6, 11 and 12 seconds.
    fn default() -> Self {
        Self {
            others: Duration::from_secs(6),
            asker: Duration::from_secs(11),
            exit: Duration::from_secs(12),
        }
    }
}
