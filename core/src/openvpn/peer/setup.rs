//! How a daemon is set up.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use super::local::ClientSide;
use super::{Edition, Strike};
use crate::openvpn::Secret;
use crate::openvpn::status::Format;

/// The settings of a [`Daemon`](super::Daemon): all public, with believable defaults.
#[derive(Clone, Debug)]
pub struct Setup {
    /// An instant of the clock that drives the daemon …
    pub now: Instant,
    /// … and the time of day then, in seconds since 1970. What the daemon calls the time is
    /// counted from this pair.
    pub unix: u64,
    /// Where chance comes from. The same seed, the same octets.
    pub seed: u64,
    /// Which OpenVPN it is.
    pub edition: Edition,
    /// Server or client of a VPN.
    pub mode: Mode,
    /// The management password: `management … pwfile`.
    pub password: Option<Secret>,
    /// Whether it holds at the start and at restarts: `management-hold`.
    pub hold: bool,
    /// Whether it ends when its management client leaves, as with `management-client`.
    pub ends_with_client: bool,
    /// The format of a `status` without a number: `status-version`.
    pub status_version: Format,
    /// The level of the log, 0 to 15: from 3 on commands are logged.
    pub verb: u8,
    /// What happens by itself; only a server has it.
    pub churn: Churn,
    /// How long things take.
    pub timers: Timers,
    /// What the daemon may hold.
    pub bounds: Bounds,
    /// What goes wrong, and when.
    pub faults: Vec<Strike>,
}

impl Setup {
    /// A server of 2.6 whose clients are authorised by the management client. `unix` is the time of
    /// day at `now`, in seconds since 1970.
    #[must_use]
    pub fn server(now: Instant, unix: u64) -> Self {
        Self {
            now,
            unix,
            seed: 0,
            edition: Edition::default(),
            mode: ServerSide::default().into(),
            password: None,
            hold: false,
            ends_with_client: false,
            status_version: Format::One,
            verb: 3,
            churn: Churn::default(),
            timers: Timers::default(),
            bounds: Bounds::default(),
            faults: Vec::new(),
        }
    }

    /// A client of 2.6 that connects without asking anything.
    #[must_use]
    pub fn client(now: Instant, unix: u64) -> Self {
        Self { mode: ClientSide::default().into(), ..Self::server(now, unix) }
    }

    /// The same daemon of another release.
    #[must_use]
    pub const fn with_edition(mut self, edition: Edition) -> Self {
        self.edition = edition;
        self
    }

    /// The same daemon with a management password.
    #[must_use]
    pub fn with_password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Adds a fault.
    #[must_use]
    pub fn with_fault(mut self, fault: impl Into<Strike>) -> Self {
        self.faults.push(fault.into());
        self
    }
}

/// Which end of the VPN a daemon is.
#[derive(Clone, Debug)]
pub enum Mode {
    /// It serves clients.
    Server(ServerSide),
    /// It connects to a server.
    Client(Box<ClientSide>),
}

impl From<ServerSide> for Mode {
    fn from(server: ServerSide) -> Self {
        Self::Server(server)
    }
}

impl From<ClientSide> for Mode {
    fn from(client: ClientSide) -> Self {
        Self::Client(Box::new(client))
    }
}

/// What a server is like.
#[derive(Clone, Debug)]
pub struct ServerSide {
    /// Where it listens.
    pub local: IpAddr,
    /// The port.
    pub port: u16,
    /// Its own address in the tunnel, and the bits of the subnet from which clients get theirs.
    pub tunnel_ipv4: (Ipv4Addr, u8),
    /// Its own IPv6 address in the tunnel; the subnet has 64 bits.
    pub tunnel_ipv6: Option<Ipv6Addr>,
    /// Whether clients wait for `client-auth`: `management-client-auth`. Without it only
    /// ESTABLISHED is told.
    pub client_auth: bool,
    /// Whether clients get tokens for later authentications: `auth-gen-token`.
    pub auth_token: bool,
    /// Whether it carries Ethernet: then no ADDRESS is told.
    pub tap: bool,
}

impl Default for ServerSide {
    fn default() -> Self {
        Self {
            local: Ipv4Addr::new(192, 0, 2, 1).into(),
            port: 1194,
            tunnel_ipv4: (Ipv4Addr::new(10, 9, 0, 1), 16),
            tunnel_ipv6: Some(Ipv6Addr::new(0xfd00, 9, 0, 0, 0, 0, 0, 1)),
            client_auth: true,
            auth_token: false,
            tap: false,
        }
    }
}

/// What happens by itself on a server, by the clock and the seed. `None`: never.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Churn {
    /// How often a client comes or goes.
    pub arrivals: Option<Duration>,
    /// How often a client authenticates again.
    pub reauthentications: Option<Duration>,
    /// How often clients move octets.
    pub traffic: Option<Duration>,
}

/// How long things take; as observed on OpenVPN 2.6.14, but for those that depend on a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// From the permission to ESTABLISHED: 100 ms.
    pub establish: Duration,
    /// How long an authentication waits for an answer: 60 s.
    pub answer: Duration,
    /// From `client-deny` to DISCONNECT: 5 s.
    pub deny: Duration,
    /// From `client-kill` to DISCONNECT: 5 s.
    pub kill: Duration,
    /// From a client's explicit exit to DISCONNECT: 6 s.
    pub remote_exit: Duration,
    /// From the question of a pending authentication to the client's response: 1 s.
    pub response: Duration,
    /// Between two states of a client daemon: 100 ms.
    pub step: Duration,
    /// From RECONNECTING to the next attempt: 1 s.
    pub restart: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            establish: Duration::from_millis(100),
            answer: Duration::from_secs(60),
            deny: Duration::from_secs(5),
            kill: Duration::from_secs(5),
            remote_exit: Duration::from_secs(6),
            response: Duration::from_secs(1),
            step: Duration::from_millis(100),
            restart: Duration::from_secs(1),
        }
    }
}

/// What a daemon holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Connections that are served or wait; one more is closed at once.
    pub connections: usize,
    /// Clients of a server.
    pub clients: usize,
    /// Octets of output that wait. Commands are not run above it, and notifications are dropped
    /// and counted; a real daemon keeps them without limit.
    pub output: usize,
    /// Octets of one text input.
    pub text: usize,
}

impl Default for Bounds {
    /// 16 connections, 100 000 clients, 64 MiB of output, 64 KiB of text.
    fn default() -> Self {
        Self { connections: 16, clients: 100_000, output: 64 << 20, text: 64 << 10 }
    }
}
