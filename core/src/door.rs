//! A wire that dials by accepting: for a protocol whose server connects to us.
//!
//! An OpenVPN daemon with `management-client` is such a one: the library's user listens, and the
//! daemon is the one that connects; when it has gone, the next dial waits for the next daemon.
//! The listener holds one connection at a time; others wait in its backlog.
//!
//! ```
//! use netlever_core::door::Door;
//! use netlever_core::memory::World;
//! use netlever_core::runtime::{Endpoint, Listening, Runtime};
//!
//! # let now = std::time::Instant::now();
//! let world = World::new(now, 1);
//! let listening = world.listen(&Endpoint::tcp("127.0.0.1", 7505))?;
//! assert_eq!(listening.endpoint().to_string(), "127.0.0.1:7505");
//! let wire = Door::new(&world, listening); // to be driven as any other wire
//! # let _ = wire;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use crate::drive::Wire;
use crate::runtime::{Endpoint, Listening, Runtime};

/// What [`Door`] waits for: the listener comes back with who came.
type Arrival<R> = (<R as Runtime>::Listening, io::Result<(<R as Runtime>::Stream, Endpoint)>);

/// A wire that accepts from a listener each time its session wants a link.
pub struct Door<R: Runtime> {
    state: State<R>,
    /// Lends its alarm, before anybody came too.
    stream: R::Stream,
}

enum State<R: Runtime> {
    /// Nobody is asked in.
    Closed(Option<R::Listening>),
    Waits(Pin<Box<dyn Future<Output = Arrival<R>> + Send>>),
    /// Somebody came, and the stream is being made ready.
    Came(R::Listening),
}

impl<R: Runtime> Door<R> {
    /// A wire that accepts here.
    pub fn new(runtime: &R, listening: R::Listening) -> Self {
        let stream = runtime.stream(&listening.endpoint());
        Self { state: State::Closed(Some(listening)), stream }
    }
}

impl<R: Runtime> Wire for Door<R> {
    type Io = <R::Stream as Wire>::Io;
    type Flow = ();

    fn poll_dial(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Io>> {
        loop {
            self.state = match std::mem::replace(&mut self.state, State::Closed(None)) {
                State::Closed(None) => return Poll::Pending,
                State::Closed(Some(mut listening)) => State::Waits(Box::pin(async move {
                    let came = listening.accept().await;
                    (listening, came)
                })),
                State::Waits(mut waits) => match waits.as_mut().poll(cx) {
                    Poll::Pending => {
                        self.state = State::Waits(waits);
                        return Poll::Pending;
                    }
                    Poll::Ready((listening, Err(why))) => {
                        self.state = State::Closed(Some(listening));
                        return Poll::Ready(Err(why));
                    }
                    Poll::Ready((listening, Ok((stream, _)))) => {
                        self.stream = stream;
                        State::Came(listening)
                    }
                },
                State::Came(listening) => {
                    self.state = State::Came(listening);
                    let dialled = ready!(self.stream.poll_dial(cx));
                    if let State::Came(listening) =
                        std::mem::replace(&mut self.state, State::Closed(None))
                    {
                        self.state = State::Closed(Some(listening));
                    }
                    return Poll::Ready(dialled);
                }
            };
        }
    }

    fn poll_read(
        io: &mut Self::Io,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<((), io::Result<usize>)> {
        R::Stream::poll_read(io, cx, buf)
    }

    fn poll_write(
        io: &mut Self::Io,
        cx: &mut Context<'_>,
        flow: (),
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        R::Stream::poll_write(io, cx, flow, buf)
    }

    fn poll_flush(io: &mut Self::Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        R::Stream::poll_flush(io, cx)
    }

    fn poll_close(io: &mut Self::Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        R::Stream::poll_close(io, cx)
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.stream.poll_alarm(cx, at)
    }
}

impl<R: Runtime> fmt::Debug for Door<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door").finish_non_exhaustive()
    }
}
