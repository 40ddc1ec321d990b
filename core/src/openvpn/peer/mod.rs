//! An OpenVPN daemon's management side: the simulated peer.
//!
//! A [`Daemon`] is a server with clients that come, authenticate, move octets and go, or a client
//! that asks for passwords and connects; of 2.4 to 2.7 and what follows ([`Edition`]). It reads,
//! lexes and answers as OpenVPN 2.6.14 does: the same texts, the same losses of long lines, the
//! same order of events and replies. Faults are made on demand ([`Strike`]).
//!
//! ```text
//!                ┌──────────────── Daemon (one, shared) ────────────────┐
//!                │ clients  states log echo  prompt  settings  agenda   │
//!                └──▲──────────────────▲──────────────────▲─────────────┘
//!                   │ the seat         │ waits, silent    │ waits, silent
//!              Connection          Connection         Connection   Daemon::session()
//!
//!   locked ──password──► ready ──exit, end of input, fault──► through: the next one is seated
//! ```
//!
//! ```
//! use std::time::Instant;
//!
//! use netlever_core::openvpn::peer::{Client, Daemon, Setup};
//! use netlever_core::session::{News, Session};
//!
//! let now = Instant::now();
//! let daemon = Daemon::new(Setup::server(now, 1_795_294_029));
//! let mut connection = daemon.session();
//! connection.handle_link(now, News::Up);
//! daemon.connect_client(now, Client::new("bob", "192.0.2.2:53568".parse()?));
//!
//! let mut heard = Vec::new();
//! while connection.poll_transmit(now, &mut heard).is_some() {}
//! connection.handle_input(now, (), b"client-auth-nt 0 1\n");
//! while connection.poll_transmit(now, &mut heard).is_some() {}
//! let heard = String::from_utf8(heard)?;
//! assert!(heard.starts_with(">INFO:OpenVPN Management Interface Version 5"));
//! assert!(heard.contains(">CLIENT:CONNECT,0,1\r\n>CLIENT:ENV,n_clients=0\r\n"));
//! assert!(heard.ends_with("SUCCESS: client-auth command succeeded\r\n"));
//!
//! // The client is let in a moment later.
//! let later = connection.poll_timeout().expect("something is due");
//! connection.handle_timeout(later);
//! let mut heard = Vec::new();
//! while connection.poll_transmit(later, &mut heard).is_some() {}
//! assert!(heard.starts_with(b">CLIENT:ADDRESS,0,10.9.0.2,1\r\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`serve()`] puts a daemon behind a listener of any runtime; [`dial()`] lets it connect to us.

mod agenda;
mod churn;
mod client;
mod clock;
mod commands;
mod daemon;
mod data;
mod disturb;
mod edition;
mod env;
mod faults;
mod help;
mod life;
mod listing;
mod local;
mod local_commands;
mod members;
mod prompt;
mod seat;
mod serve;
mod server_commands;
mod session;
mod setup;
mod store;
mod text;
mod walk;

pub use client::{Client, Subnet};
pub use daemon::{ClientState, Daemon};
pub use data::{crowd, home_office, small_office};
pub use edition::{Edition, EditionError};
pub use faults::{FORMS, Fault, FaultError, Strike, When};
pub use local::{ClientSide, DynamicChallenge, Login, PendingAuth, RemoteServer, StaticChallenge};
pub use members::Stage;
pub use seat::{Outcome, Served};
pub use serve::{dial, serve};
pub use session::Connection;
pub use setup::{Bounds, Churn, Mode, ServerSide, Setup, Timers};
