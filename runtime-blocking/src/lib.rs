//! netlever's sessions for plain blocking code: wires for TCP, Unix sockets and UDP over mio, and a
//! small executor.
//!
//! What it is: a script's door to one peer ([`connect`], then [`Connection::call`]), and a
//! [`Reactor`] that runs thousands of sessions on one thread; the same machinery, so a program may
//! begin with the first and grow into the second. No thread is started: the one that waits does the
//! work. What it is not: a place for any protocol; those are sessions of the core.
//!
//! ```
//! use netlever_core::runtime::{Endpoint, Listening, Runtime};
//! use netlever_blocking::{Connection, Reactor};
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
//! let reactor = Reactor::new()?;
//! let listening = reactor.listen(&Endpoint::tcp("127.0.0.1", 0))?;
//! let here = listening.endpoint();
//! let serving = reactor.serve(listening, |_from| Echo::default());
//! reactor.spawn(async { serving.await.unwrap() });
//!
//! let connection = Connection::on(&reactor, Ask(Desk::new(8, 64)), &here);
//! assert_eq!(connection.call(Octet(42, None)), Ok(42));
//! connection.close();
//! # Ok(())
//! # }
//! ```
//!
//! Here the server runs on the same reactor. A script that has its server elsewhere writes two
//! lines: `let connection = netlever_blocking::connect(session, &endpoint)?;` and
//! `connection.call(…)`.
//!
//! A name is looked up at each dial, by the system, and blocks the thread that leads as long as
//! that takes: give an address where it may be long.

mod executor;
mod reactor;
mod stream;
mod udp;

use std::fmt;
use std::io;

use netlever_core::runtime::{Endpoint, Runtime};
use netlever_core::{Call, Client, Session, drive};

pub use executor::Reactor;
pub use stream::{Accepting, Socket, Stream};
pub use udp::{Datagrams, Sockets};

/// One session with one peer, for code that waits. It may be used from many threads.
pub struct Connection<S: Session> {
    client: Client<S>,
    reactor: Reactor,
    /// The number of its driver.
    driver: usize,
}

/// A session with the peer at this endpoint, on a reactor of its own. It dials when the session
/// wants to, mostly with the first call.
///
/// # Errors
/// The system gives no more file descriptors. That the peer is not there, the first call says.
pub fn connect<S>(session: S, to: &Endpoint) -> io::Result<Connection<S>>
where
    S: Session<Flow = (), Event: Send> + Send + 'static,
{
    Ok(Connection::on(&Reactor::new()?, session, to))
}

impl<S: Session<Flow = (), Event: Send> + Send + 'static> Connection<S> {
    /// A session on a reactor that others share.
    pub fn on(reactor: &Reactor, session: S, to: &Endpoint) -> Self {
        let client = Client::new(session, reactor.clock());
        let driver = reactor.start(drive(&client, reactor.stream(to)));
        Self { client, reactor: reactor.clone(), driver }
    }
}

impl<S: Session> Connection<S> {
    /// Makes a call and waits for its end: its answer, its refusal or its deadline.
    pub fn call<C: Call<S>>(&self, call: C) -> C::Output {
        self.reactor.block_on(self.client.call(call))
    }

    /// Makes many calls, at most `window` at a time, and hands each output on, in the order of the
    /// calls.
    pub fn batch<C, I>(&self, calls: I, window: usize) -> impl Iterator<Item = C::Output>
    where
        C: Call<S>,
        I: IntoIterator<Item = C>,
    {
        let mut batch = self.client.batch(calls, window);
        std::iter::from_fn(move || self.reactor.block_on(batch.next()))
    }

    /// The handle below: for events, for settings, for calls beside each other.
    #[must_use]
    pub fn client(&self) -> &Client<S> {
        &self.client
    }

    /// The reactor below.
    #[must_use]
    pub fn reactor(&self) -> &Reactor {
        &self.reactor
    }

    /// Closes the session and waits until the last words are out. Dropping the connection closes
    /// too, but does not wait.
    pub fn close(self) {
        self.client.close();
        self.reactor.finish(self.driver);
    }
}

impl<S: Session> fmt::Debug for Connection<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").finish_non_exhaustive()
    }
}
