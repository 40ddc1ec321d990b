//! netlever's sessions over async-std, or over any executor beside async-io: wires for TCP, Unix
//! sockets and UDP, and a [`Runtime`](netlever_core::runtime::Runtime).
//!
//! What it is: three small files between [`netlever_core`] and async-io's sockets and timers. What
//! it is not: a place for any protocol; those are sessions of the core, and all of them run here
//! without a line of their own.
//!
//! ```text
//!    your task ──► Client ──► Session ◄── drive (a task) ◄──► Stream, Datagrams
//! ```
//!
//! ```
//! use netlever_core::runtime::{Endpoint, Listening, Runtime};
//! use netlever_async_std::AsyncStd;
//! use std::time::{Duration, Instant};
//! # use netlever_core::{Call, Link, News, Session, Step, Ticket, desk::{Desk, Fail}};
//! # #[derive(Default)] struct Echo { kept: Vec<u8>, over: bool }
//! # impl Session for Echo {
//! #     type Flow = ();
//! #     type Event = ();
//! #     fn link(&self) -> Link { if self.over { Link::Over } else { Link::Up } }
//! #     fn handle_link(&mut self, _: Instant, news: News) { self.over |= news != News::Up }
//! #     fn handle_input(&mut self, _: Instant, (): (), input: &[u8]) -> usize { self.kept.extend(input); input.len() }
//! #     fn handle_timeout(&mut self, _: Instant) {}
//! #     fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<()> {
//! #         if self.kept.is_empty() { return None; }
//! #         out.append(&mut self.kept);
//! #         Some(())
//! #     }
//! #     fn poll_timeout(&self) -> Option<Instant> { None }
//! #     fn poll_event(&mut self) -> Option<()> { None }
//! #     fn poll_done(&mut self) -> Option<Ticket> { None }
//! #     fn cancel(&mut self, _: Ticket) {}
//! #     fn close(&mut self) { self.over = true }
//! # }
//! # struct Ask(Desk<u8, u8>);
//! # impl Session for Ask {
//! #     type Flow = ();
//! #     type Event = ();
//! #     fn link(&self) -> Link { if self.0.over() { Link::Over } else { Link::Up } }
//! #     fn handle_link(&mut self, _: Instant, news: News) { if let News::Lost(why) = news { self.0.close(); self.0.lose(why) } }
//! #     fn handle_input(&mut self, _: Instant, (): (), input: &[u8]) -> usize {
//! #         if let (Some((ticket, _)), Some(octet)) = (self.0.first(), input.first()) { self.0.settle(ticket, Ok(*octet)); }
//! #         1
//! #     }
//! #     fn handle_timeout(&mut self, now: Instant) { self.0.expire(now) }
//! #     fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> { self.0.send_next(now, |_| true).map(|(_, octet)| out.push(octet)) }
//! #     fn poll_timeout(&self) -> Option<Instant> { self.0.poll_timeout() }
//! #     fn poll_event(&mut self) -> Option<()> { None }
//! #     fn poll_done(&mut self) -> Option<Ticket> { self.0.poll_done() }
//! #     fn cancel(&mut self, ticket: Ticket) { self.0.cancel(ticket) }
//! #     fn close(&mut self) { self.0.close() }
//! # }
//! # struct Octet(u8, Option<Ticket>);
//! # impl Call<Ask> for Octet {
//! #     type Output = Result<u8, Fail>;
//! #     fn step(&mut self, ask: &mut Ask, now: Instant) -> Step<Self::Output> { ask.0.step(&mut self.1, now + Duration::from_secs(5), || self.0) }
//! # }
//!
//! # fn main() -> std::io::Result<()> {
//! let async_std = AsyncStd;
//! let listening = async_std.listen(&Endpoint::tcp("127.0.0.1", 0))?;
//! let here = listening.endpoint();
//! let serving = async_std.serve(listening, |_from| Echo::default());
//! async_std.spawn(async { serving.await.unwrap() });
//!
//! let client = async_std.connect(Ask(Desk::new(8, 64)), &here);
//! assert_eq!(async_std.block_on(client.call(Octet(42, None))), Ok(42));
//! # Ok(())
//! # }
//! ```
//!
//! Under smol, or with an executor of your own, take the wires alone and spawn
//! [`drive`](netlever_core::drive()) where you like; `examples/smol.rs` does. The feature
//! `async-std` may then be left out.

mod stream;
mod udp;

#[cfg(feature = "async-std")]
mod executor;

use std::sync::Arc;
use std::time::Instant;

use netlever_core::Clock;

#[cfg(feature = "async-std")]
pub use executor::AsyncStd;
pub use stream::{Accepting, Socket, Stream};
pub use udp::{Datagrams, Sockets};

/// The clock that goes with the wires: async-io's, which is the system's.
#[must_use]
pub fn clock() -> Clock {
    Arc::new(Instant::now)
}
