//! Streams in memory: pipes whose octets take their time and come in pieces.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::World;
use crate::drive::Wire;
use crate::runtime::{Endpoint, Listening};

impl World {
    pub(super) fn wire(&self, dial: Dial) -> Stream {
        Stream { world: self.clone(), dial, id: self.lock().number() }
    }

    /// Two ends of a stream, for a test that plays one end by hand.
    #[must_use]
    pub fn pair(&self) -> (Stream, Stream) {
        let (a, b) = self.pipe();
        (self.wire(Dial::Given(Some(a))), self.wire(Dial::Given(Some(b))))
    }

    fn pipe(&self) -> (Io, Io) {
        let (there, back) = (Pipe::default(), Pipe::default());
        let end = |rx, tx| Io { world: self.clone(), id: self.lock().number(), rx, tx };
        (end(back.clone(), there.clone()), end(there, back))
    }
}

pub(super) enum Dial {
    To(Endpoint),
    Given(Option<Io>),
}

/// A wire in memory, for streams.
pub struct Stream {
    world: World,
    dial: Dial,
    id: u64,
}

/// A dialled stream in memory. Dropping it ends both directions.
pub struct Io {
    world: World,
    id: u64,
    rx: Pipe,
    tx: Pipe,
}

/// One direction of a stream.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Flow>>);

#[derive(Default)]
struct Flow {
    /// Pieces on their way, with the time of their arrival.
    pieces: VecDeque<(Instant, Vec<u8>)>,
    len: usize,
    /// The writer has shut it.
    shut: bool,
    /// The reader has gone.
    gone: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Pipe {
    fn with<T>(&self, f: impl FnOnce(&mut Flow) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wake(&self) {
        let (reader, writer) = self.with(|flow| (flow.reader.take(), flow.writer.take()));
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }
}

impl Drop for Io {
    fn drop(&mut self) {
        self.tx.with(|flow| flow.shut = true);
        self.rx.with(|flow| flow.gone = true);
        self.world.lock().disarm(self.id);
        self.tx.wake();
        self.rx.wake();
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.world.lock().disarm(self.id);
    }
}

impl Wire for Stream {
    type Io = Io;
    type Flow = ();

    fn poll_dial(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Io>> {
        match &mut self.dial {
            Dial::Given(io) => io.take().map_or(Poll::Pending, |io| Poll::Ready(Ok(io))),
            Dial::To(to) => {
                let (mine, theirs) = self.world.pipe();
                let from = Endpoint::tcp("127.0.0.1", 0);
                let waker = {
                    let mut inner = self.world.lock();
                    let Some(door) = inner.listeners.get_mut(to) else {
                        return Poll::Ready(Err(ErrorKind::ConnectionRefused.into()));
                    };
                    door.waiting.push_back((theirs, from));
                    door.waker.take()
                };
                waker.into_iter().for_each(Waker::wake);
                Poll::Ready(Ok(mine))
            }
        }
    }

    fn poll_read(
        io: &mut Io,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<((), io::Result<usize>)> {
        let (now, cut) = {
            let inner = io.world.lock();
            (inner.now, inner.weather.cut.max(1))
        };
        let got = io.rx.with(|flow| {
            let Some((at, piece)) = flow.pieces.front_mut() else {
                if flow.shut {
                    return Ok(0);
                }
                flow.reader = Some(cx.waker().clone());
                return Err(None);
            };
            if *at > now {
                flow.reader = Some(cx.waker().clone());
                return Err(Some(*at));
            }
            let n = piece.len().min(buf.len()).min(cut);
            buf[..n].copy_from_slice(&piece[..n]);
            piece.drain(..n);
            flow.len -= n;
            if piece.is_empty() {
                flow.pieces.pop_front();
            }
            Ok(n)
        });
        match got {
            Ok(n) => {
                let writer = io.rx.with(|flow| flow.writer.take());
                writer.into_iter().for_each(Waker::wake);
                Poll::Ready(((), Ok(n)))
            }
            Err(None) => Poll::Pending,
            Err(Some(at)) => {
                if io.world.alarm(cx, at, io.id).is_ready() {
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }

    fn poll_write(
        io: &mut Io,
        cx: &mut Context<'_>,
        (): (),
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let (at, pipe) = {
            let inner = io.world.lock();
            (inner.now + inner.weather.latency, inner.weather.pipe.max(1))
        };
        let wrote = io.tx.with(|flow| {
            if flow.gone || flow.shut {
                return Some(Err(ErrorKind::BrokenPipe.into()));
            }
            let n = buf.len().min(pipe.saturating_sub(flow.len));
            if n == 0 {
                flow.writer = Some(cx.waker().clone());
                return None;
            }
            flow.pieces.push_back((at, buf[..n].to_vec()));
            flow.len += n;
            Some(Ok(n))
        });
        let Some(wrote) = wrote else { return Poll::Pending };
        let reader = io.tx.with(|flow| flow.reader.take());
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(wrote)
    }

    fn poll_close(io: &mut Io, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        io.tx.with(|flow| flow.shut = true);
        io.tx.wake();
        Poll::Ready(Ok(()))
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.world.alarm(cx, at, self.id)
    }
}

/// A listener in memory.
pub struct Accepting {
    pub(super) world: World,
    pub(super) at: Endpoint,
}

impl Listening for Accepting {
    type Stream = Stream;

    fn endpoint(&self) -> Endpoint {
        self.at.clone()
    }

    async fn accept(&mut self) -> io::Result<(Stream, Endpoint)> {
        let (io, from) = poll_fn(|cx| {
            let mut inner = self.world.lock();
            let Some(door) = inner.listeners.get_mut(&self.at) else { return Poll::Pending };
            if let Some(came) = door.waiting.pop_front() {
                return Poll::Ready(came);
            }
            door.waker = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
        Ok((self.world.wire(Dial::Given(Some(io))), from))
    }
}

impl Drop for Accepting {
    /// The door closes: later dials are refused, and who still waited is hung up on.
    fn drop(&mut self) {
        let door = self.world.lock().listeners.remove(&self.at);
        drop(door); // outside the lock
    }
}
