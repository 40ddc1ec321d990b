//! A small DHCP server's OMAPI side: the simulated peer.
//!
//! A [`Server`] holds leases, hosts, groups, classes, failover relations and its own life, and
//! behaves on the wire as dhcpd 4.4.3-P1 does: the same decisions, result codes and phrases, the
//! same order of attributes, one answer to each request and in their order. Where dhcpd would die
//! it refuses, and notes the [`Harm`]. Faults are made on demand ([`Strike`]).
//!
//! ```text
//!                ┌─────────────── Server (one, shared) ───────────────┐
//!                │ leases hosts groups classes failover  handles  keys │
//!                │ faults  harms  life: running ─► ending ─► gone      │
//!                └──▲──────────────────▲──────────────────▲────────────┘
//!                   │ one lock,        │                  │
//!                   │ one request      │                  │
//!              Connection          Connection         Connection     Server::session()
//!
//!   New ──Up──► Introduction ──8 octets──► Talking ──end, fault, bad octets──► Closing ──► Gone
//! ```
//!
//! ```
//! use std::time::Instant;
//!
//! use netlever_core::memory::World;
//! use netlever_core::omapi::peer::{self, Server, Setup};
//! use netlever_core::omapi::wire::{Attributes, Decoder, Header, Introduction, Limits, Opcode, encode};
//! use netlever_core::session::{News, Session};
//!
//! let now = Instant::now();
//! let server = Server::new(Setup::new(now, 1_795_000_000)); // no key: unsigned requests are served
//! peer::small_office(&server, 1_795_000_000)?;
//!
//! // A client by hand: its introduction, and the question who has 192.168.10.101.
//! let mut client = Vec::new();
//! Introduction::OURS.encode(&mut client);
//! let words: Attributes = [("type", "lease")].into_iter().collect();
//! let keys: Attributes = [("ip-address", [192, 168, 10, 101])].into_iter().collect();
//! let header = Header { opcode: Opcode::Open.code(), tid: 7, ..Header::default() };
//! encode(&mut client, &header, words.as_dictionary(), keys.as_dictionary(), None);
//!
//! let mut connection = server.session();
//! connection.handle_link(now, News::Up);
//! let mut used = 0;
//! while used < client.len() {
//!     used += connection.handle_input(now, (), &client[used..]);
//! }
//! let mut answer = Vec::new();
//! while connection.poll_transmit(now, &mut answer).is_some() {}
//!
//! let lease = Decoder::new(Limits::default()).decode(&answer[8..])?.expect("a whole message");
//! assert_eq!((lease.opcode(), lease.header.rid), (Some(Opcode::Update), 7));
//! assert_eq!(lease.object.get("client-hostname"), Some(&b"frontdesk"[..]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`serve()`] puts a server behind a listener of any runtime.

mod classes;
mod data;
mod decide;
mod edges;
mod failover;
mod faults;
mod groups;
mod handles;
mod harm;
mod hosts;
mod leases;
mod life;
mod objects;
mod records;
mod reply;
mod request;
mod serve;
mod server;
mod session;
mod setup;
mod statements;
mod store;
mod table;

pub use data::small_office;
pub use faults::{FORMS, Fault, FaultError, Strike, When};
pub use harm::Harm;
pub use life::Ending;
pub use records::{Class, FailoverPeer, Group, Host, Interface, Lease, NEVER, Pool, Subclass};
pub use serve::serve;
pub use server::{DataError, Server};
pub use session::{Connection, Served};
pub use setup::{Bounds, Setup, Timeline};
