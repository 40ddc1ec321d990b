//! Sans-IO sessions for the protocols that run a network.
//!
//! `netlever-core` turns bytes into meaning and back, and nothing else: it has no socket, no
//! clock, no thread and no runtime. Each protocol is written once, as a pair of state machines (the
//! client, and a simulated peer that behaves as the real one), and runs over tokio, async-std,
//! plain blocking code, or in memory with a virtual clock, always in the same way.
//!
//! | module | what it speaks to |
//! |---|---|
//! | [`omapi`] | ISC DHCP's `dhcpd`, over OMAPI: leases, hosts, groups, classes, failover |
//! | [`openvpn`] | OpenVPN daemons, over their management interface: clients, state, passwords |
//!
//! # How the parts meet
//!
//! ```text
//!   your code ──► Client ──► Session ◄── drive ◄──► Wire ◄── netlever-tokio
//!                 (handle)   (protocol)  (one loop)          netlever-async-std
//!                                                            netlever-blocking
//!                                                            memory::World
//! ```
//!
//! * [`session`]: what a protocol is, and in which order its methods are called.
//! * [`desk`]: calls that wait and places on the wire, shared by all client sessions.
//! * [`client`]: the handle; calls, batches of calls, events.
//! * [`mod@drive`]: the one loop between a session and a transport; [`door`]: a transport that comes
//!   to us.
//! * [`backoff`]: when to dial again.
//! * [`runtime`]: what a runtime lends; [`memory`]: a runtime without sockets.
//!
//! Protocols know nothing of futures, plumbing knows nothing of protocols.
#![warn(clippy::disallowed_methods, clippy::unwrap_used)]
#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::unwrap_used))]

pub mod backoff;
pub mod client;
pub mod desk;
pub mod door;
pub mod drive;
pub mod memory;
pub mod runtime;
pub mod session;

#[cfg(feature = "omapi")]
pub mod omapi;
#[cfg(feature = "openvpn")]
pub mod openvpn;

pub use client::{Batch, Calling, Client, Clock, Heard, Listener};
pub use drive::{Driver, Wire, drive, drive_alone};
pub use session::{Call, Flow, Link, News, Peer, Session, Step, Ticket};
