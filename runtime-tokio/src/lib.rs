//! netlever's sessions over tokio: wires for TCP, Unix sockets and UDP, and a [`Runtime`].
//!
//! What it is: three small files between [`netlever_core`] and tokio's sockets and timers. What
//! it is not: a place for any protocol; those are sessions of the core, and all of them run here
//! without a line of their own.
//!
//! ```text
//!    your task ──► Client ──► Session ◄── drive (a tokio task) ◄──► Stream, Datagrams
//! ```
//!
//! Inside a tokio program take [`Tokio::current`]; plain code makes a runtime of its own:
//!
//! ```
//! use netlever_core::runtime::{Endpoint, Listening, Runtime};
//! use netlever_tokio::Tokio;
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
//! let tokio = Tokio::new()?;
//! let listening = tokio.listen(&Endpoint::tcp("127.0.0.1", 0))?;
//! let here = listening.endpoint();
//! let serving = tokio.serve(listening, |_from| Echo::default());
//! tokio.spawn(async { serving.await.unwrap() });
//!
//! let client = tokio.connect(Ask(Desk::new(8, 64)), &here);
//! assert_eq!(tokio.block_on(client.call(Octet(42, None))), Ok(42));
//! # Ok(())
//! # }
//! ```
//!
//! The clock is tokio's, so a test that pauses it runs a session's hours in a moment. A wire may
//! be built by hand from anything that reads and writes: [`Stream::new`], [`Stream::given`]; then
//! spawn [`drive`](netlever_core::drive()) with it.

mod stream;
mod udp;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Instant;

use netlever_core::Clock;
use netlever_core::runtime::{Bound, Endpoint, Runtime};
use tokio::runtime::{Builder, Handle};

pub use stream::{Accepting, Socket, Stream};
pub use udp::{Datagrams, Sockets};

/// A tokio runtime, ours or the caller's. Clones are handles: they do not keep it alive.
#[derive(Debug)]
pub struct Tokio {
    handle: Handle,
    /// Ours, in the value that made it.
    _owner: Option<Arc<Owned>>,
    owned: Weak<Owned>,
}

/// A runtime that may be dropped anywhere, also by one of its own tasks.
#[derive(Debug)]
struct Owned(Option<tokio::runtime::Runtime>);

impl Drop for Owned {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

impl Tokio {
    /// A new runtime of one thread: whoever is in [`block_on`](Runtime::block_on), and nothing
    /// moves while nobody is. It ends, with all that it runs, when this value is dropped; clones
    /// do not keep it.
    ///
    /// # Errors
    /// The system gives no more file descriptors.
    pub fn new() -> io::Result<Self> {
        Self::build(&mut Builder::new_current_thread())
    }

    /// The same with so many threads of its own: background work never rests.
    ///
    /// # Errors
    /// The system gives no more threads or file descriptors.
    pub fn with_workers(threads: usize) -> io::Result<Self> {
        Self::build(Builder::new_multi_thread().worker_threads(threads.max(1)))
    }

    fn build(builder: &mut Builder) -> io::Result<Self> {
        let runtime = builder.enable_all().build()?;
        let handle = runtime.handle().clone();
        let owner = Arc::new(Owned(Some(runtime)));
        Ok(Self { handle, owned: Arc::downgrade(&owner), _owner: Some(owner) })
    }

    /// The runtime that we are in.
    ///
    /// # Panics
    /// Outside of one.
    #[must_use]
    pub fn current() -> Self {
        Self::of(Handle::current())
    }

    /// The runtime of this handle, which must have its I/O and its time switched on.
    #[must_use]
    pub fn of(handle: Handle) -> Self {
        Self { handle, _owner: None, owned: Weak::new() }
    }
}

impl Clone for Tokio {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), _owner: None, owned: self.owned.clone() }
    }
}

impl Runtime for Tokio {
    type Stream = Stream;
    type Datagrams = Datagrams;
    type Listening = Accepting;

    fn clock(&self) -> Clock {
        Arc::new(|| tokio::time::Instant::now().into_std())
    }

    /// As tokio's.
    ///
    /// # Panics
    /// Inside a runtime: `await` there.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        match self.owned.upgrade().as_deref() {
            Some(Owned(Some(runtime))) => runtime.block_on(future),
            _ => self.handle.block_on(future),
        }
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(future);
    }

    fn stream(&self, to: &Endpoint) -> Stream {
        Stream::to(to)
    }

    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Datagrams, Bound)> {
        let _inside = self.handle.enter();
        Datagrams::bind(at)
    }

    fn listen(&self, at: &Endpoint) -> io::Result<Accepting> {
        let _inside = self.handle.enter();
        Accepting::bind(at)
    }

    async fn sleep_until(&self, at: Instant) {
        let sleep = {
            let _inside = self.handle.enter();
            tokio::time::sleep_until(at.into())
        };
        sleep.await;
    }
}
