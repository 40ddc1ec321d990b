//! The suite that every runtime runs: what the contract promises, one function each.
//!
//! A runtime's `tests/conformance.rs` is one line for each set of properties, with an expression
//! that makes a fresh runtime:
//!
//! ```text
//! netlever_conformance::every_runtime!(Tokio::new().unwrap());
//! netlever_conformance::real_sockets!(Tokio::new().unwrap());
//! ```
//!
//! The sessions in it are toys: [`kv`] (lines, with a desk and events), [`hand`] (a stream's end
//! that a test plays), [`pipe`] (bodies in pieces) and [`ask`] (datagrams). All run inside
//! [`Checked`], which asserts the orders of calls; a protocol's own tests may use it too.

pub mod ask;
pub mod checked;
pub mod hand;
pub mod kv;
pub mod pipe;

pub mod bodies;
pub mod calls;
pub mod datagrams;
pub mod dhcpd;
pub mod events;
pub mod farewells;
pub mod links;
pub mod openvpn;

mod lab;
mod peers;
mod suite;

pub use checked::{Checked, On};
