//! The one loop: a plain future that owns the buffers and joins any session to any wire.
//!
//! ```text
//!           ┌────────────────────── no transport ◄──────────────────────┐
//!           │ link = Over: the future ends                              │ News::Down, Lost
//!           ▼ link = Up: poll_dial                                      │
//!        dialled ──News::Up──► talking: write, read, feed, timers ──────┤
//!                                 │ link = Half: shut the writing side  │
//!                                 ▼ link = Down, Over                   │
//!                              leaving: write out, flush, shut,         │
//!                              read and throw away until LINGER ────────┘
//! ```
//!
//! Each turn of the loop asks the clock first, and the alarm last: a late timer is harmless. Spawn
//! the future, join it, or let a reactor run it; when it ends, also by being dropped, the session
//! is closed, so every call's future ends.

use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use crate::client::{Client, Clock, Shared};
use crate::session::{Flow, Link, News, Session};

/// Octets gathered for one write; also the first size of a stream's receive buffer.
pub const BATCH: usize = 16_384;

/// Turns of the loop in one poll; then the other tasks of this thread have theirs.
pub const TURNS: usize = 64;

/// Messages of one read that are used in one turn.
const SHARE: usize = 64;

/// How long a peer may take over our last words: the link goes when nothing of them moved for so
/// long, or when the peer has not closed its own side so long after the last.
pub const LINGER: Duration = Duration::from_secs(2);

/// What a runtime lends: a transport, and an alarm. An error is news about the flow beside it.
pub trait Wire {
    /// A transport that is there.
    type Io;
    /// `()` for a stream, [`Peer`](crate::session::Peer) for datagrams.
    type Flow: Flow;

    /// Connects, accepts, or makes ready to open sockets. Asked again after each loss, for as long
    /// as the session wants a transport. A TLS handshake belongs here.
    fn poll_dial(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Self::Io>>;

    /// Reads into `buf`: 0 octets of a stream are its end. An error on datagrams is news about
    /// that peer alone.
    fn poll_read(
        io: &mut Self::Io,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<(Self::Flow, io::Result<usize>)>;

    /// Writes some octets of a stream, or one whole datagram.
    fn poll_write(
        io: &mut Self::Io,
        cx: &mut Context<'_>,
        flow: Self::Flow,
        buf: &[u8],
    ) -> Poll<io::Result<usize>>;

    /// Hands on what the transport keeps back, as TLS does.
    fn poll_flush(io: &mut Self::Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = (io, cx);
        Poll::Ready(Ok(()))
    }

    /// Shuts the writing half.
    fn poll_close(io: &mut Self::Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let _ = (io, cx);
        Poll::Ready(Ok(()))
    }

    /// Ready when the instant has come; else the task is woken then, or earlier.
    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()>;
}

/// Drives the session of this client over this wire until the session is over.
pub fn drive<S: Session, W: Wire<Flow = S::Flow>>(client: &Client<S>, wire: W) -> Driver<S, W> {
    Driver::new(client.shared().clone(), wire)
}

/// Drives a session that nobody calls: a server's, for one accepted connection or one socket.
pub fn drive_alone<S: Session, W: Wire<Flow = S::Flow>>(
    session: S,
    clock: Clock,
    wire: W,
) -> Driver<S, W> {
    Driver::new(Shared::new(session, clock), wire)
}

/// The future that [`drive`] and [`drive_alone`] give.
#[must_use = "nothing moves until the driver is polled"]
pub struct Driver<S: Session, W: Wire<Flow = S::Flow>> {
    shared: Arc<Shared<S>>,
    wire: W,
    line: Option<Line<W>>,
    /// Set while leaving: when the peer's patience ends.
    linger: Option<Instant>,
    /// The session's limit.
    limit: usize,
}

/// Nothing in it is pinned: the wire and its transports are only ever lent as `&mut`.
impl<S: Session, W: Wire<Flow = S::Flow>> Unpin for Driver<S, W> {}

impl<S: Session, W: Wire<Flow = S::Flow>> Future for Driver<S, W> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..TURNS {
            match self.turn(cx) {
                Turn::Busy => {}
                Turn::Over => return Poll::Ready(()),
                Turn::Idle(alarm) => {
                    let rings = |at| self.wire.poll_alarm(cx, at).is_ready();
                    if !alarm.is_some_and(rings) {
                        return Poll::Pending;
                    }
                }
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl<S: Session, W: Wire<Flow = S::Flow>> Drop for Driver<S, W> {
    /// Ended or dropped: nobody is left waiting.
    fn drop(&mut self) {
        let up = self.line.is_some();
        self.shared.with(|hub, now| {
            hub.session.close();
            hub.pump();
            if up || hub.session.link() != Link::Over {
                hub.session.handle_link(now, News::Lost(ErrorKind::BrokenPipe));
            }
        });
    }
}

impl<S: Session, W: Wire<Flow = S::Flow>> fmt::Debug for Driver<S, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driver").field("up", &self.line.is_some()).finish_non_exhaustive()
    }
}

/// How a turn of the loop ended.
enum Turn {
    /// Something moved: turn again.
    Busy,
    /// Nothing to do before this instant, or before something wakes us.
    Idle(Option<Instant>),
    Over,
}

/// What the session wants in this turn.
struct Wish {
    now: Instant,
    link: Link,
    alarm: Option<Instant>,
    reads: bool,
}

impl<S: Session, W: Wire<Flow = S::Flow>> Driver<S, W> {
    fn new(shared: Arc<Shared<S>>, wire: W) -> Self {
        let limit = shared.with(|hub, _| hub.session.limit());
        Self { shared, wire, line: None, linger: None, limit }
    }

    fn turn(&mut self, cx: &mut Context<'_>) -> Turn {
        let wish = self.ask(cx);
        match (self.line.is_some(), wish.link) {
            (true, _) => self.talk(cx, &wish),
            (false, Link::Over) => Turn::Over,
            (false, Link::Up) => self.dial(cx, wish.alarm),
            (false, _) => Turn::Idle(wish.alarm),
        }
    }

    /// Timers first, then output is topped up, then what the session wants is read off.
    fn ask(&mut self, cx: &Context<'_>) -> Wish {
        let line = &mut self.line;
        self.shared.with(|hub, now| {
            hub.attend(cx.waker());
            if hub.session.poll_timeout().is_some_and(|at| at <= now) {
                hub.session.handle_timeout(now);
                hub.pump();
            }
            let session = &mut hub.session;
            if let Some(line) = line {
                while line.takes() {
                    let Some(flow) = session.poll_transmit(now, &mut line.tx) else { break };
                    line.to = Some(flow);
                }
            }
            let (link, alarm) = (session.link(), session.poll_timeout());
            Wish { now, link, alarm, reads: hub.reads() }
        })
    }

    fn dial(&mut self, cx: &mut Context<'_>, alarm: Option<Instant>) -> Turn {
        let Poll::Ready(dialled) = self.wire.poll_dial(cx) else { return Turn::Idle(alarm) };
        match dialled {
            Ok(io) => {
                // Asked again: a call may have gone, or the session been closed, since the dial.
                let wanted = self.shared.with(|hub, now| {
                    let wanted = hub.session.link() == Link::Up;
                    if wanted {
                        hub.session.handle_link(now, News::Up);
                    }
                    wanted
                });
                let room = if W::Flow::WHOLE { self.limit } else { self.limit.min(BATCH) };
                self.line = wanted.then(|| Line::new(io, room));
            }
            Err(why) => self.tell(News::Lost(why.kind())),
        }
        Turn::Busy
    }

    fn talk(&mut self, cx: &mut Context<'_>, wish: &Wish) -> Turn {
        let Some(line) = &mut self.line else { return Turn::Busy };
        let unwanted = matches!(wish.link, Link::Down | Link::Over);
        // Once leaving, always leaving: there is no way back before the news of the end.
        let leaving = self.linger.is_some() || unwanted || line.shut && line.eof;
        let to = line.to;
        let output = line.poll_out(cx, leaving || wish.link == Link::Half);
        if leaving {
            line.forget_input(); // read and throw away: no reset overtakes our last words
        }
        let input = if line.eof || !leaving && !wish.reads {
            Poll::Pending
        } else {
            line.poll_in(cx, self.limit)
        };
        let (moved, heard) = (output.is_ready(), input.is_ready());
        let mut end = None;
        if let Poll::Ready(Err(why)) = output {
            match to {
                Some(to) if W::Flow::WHOLE => self.unreachable(to, why.kind()),
                _ => line.broke(why.kind()), // the peer may still have something to say
            }
        }
        if let Some(line) = &mut self.line {
            match input {
                Poll::Pending => {}
                Poll::Ready(Err(_)) if leaving && line.shut => line.eof = true, // all was said
                Poll::Ready(Ok(())) if leaving => {}
                Poll::Ready(Ok(())) if line.eof => match line.broken {
                    Some(why) => end = Some(News::Lost(why)),
                    None => self.shared.with(|hub, now| {
                        if !hub.leaves() {
                            hub.session.handle_link(now, News::Eof);
                        }
                    }),
                },
                Poll::Ready(Ok(())) => line.feed(&self.shared),
                Poll::Ready(Err(why)) => match line.from {
                    Some(from) if W::Flow::WHOLE => self.unreachable(from, why.kind()),
                    _ => end = Some(News::Lost(line.broken.unwrap_or_else(|| why.kind()))),
                },
            }
        }
        if leaving && (moved || self.linger.is_none()) {
            self.linger = Some(wish.now + LINGER); // so long after the last progress
        }
        let late = self.linger.is_some_and(|until| until <= wish.now);
        if let Some(line) = self.line.as_ref().filter(|_| leaving) {
            // To hang up on a peer that still talks is a reset, which overtakes our last words: so
            // all is said when the peer has said all too, or its time is up.
            if line.shut && (line.eof || late || W::Flow::WHOLE) {
                end = Some(News::Down);
            } else if late {
                end = Some(News::Lost(ErrorKind::TimedOut));
            }
        }
        if let Some(news) = end {
            (self.line, self.linger) = (None, None);
            self.tell(news);
            return Turn::Busy;
        }
        if moved || heard { Turn::Busy } else { Turn::Idle(earlier(wish.alarm, self.linger)) }
    }

    fn tell(&self, news: News) {
        self.shared.with(|hub, now| hub.session.handle_link(now, news));
    }

    fn unreachable(&self, flow: W::Flow, why: ErrorKind) {
        self.shared.with(|hub, now| hub.session.handle_unreachable(now, flow, why));
    }
}

fn earlier(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    a.into_iter().chain(b).min()
}

/// One transport, with the bytes on their way.
struct Line<W: Wire> {
    io: W::Io,
    /// Received: `rx[head..fill]` waits to be used; it came from `from`.
    rx: Vec<u8>,
    head: usize,
    fill: usize,
    from: Option<W::Flow>,
    /// There are octets that the session may use now.
    fresh: bool,
    eof: bool,
    /// To be sent: `tx[sent..]` goes to `to`, which is `None` while there is nothing.
    tx: Vec<u8>,
    sent: usize,
    to: Option<W::Flow>,
    /// Written, not flushed.
    dirty: bool,
    /// The writing half is shut, or broken.
    shut: bool,
    broken: Option<ErrorKind>,
}

impl<W: Wire> Line<W> {
    fn new(io: W::Io, room: usize) -> Self {
        Self {
            io,
            rx: vec![0; room],
            head: 0,
            fill: 0,
            from: None,
            fresh: false,
            eof: false,
            tx: Vec::new(),
            sent: 0,
            to: None,
            dirty: false,
            shut: false,
            broken: None,
        }
    }

    /// Whether another message may be appended to what is to be sent.
    fn takes(&self) -> bool {
        let room = self.to.is_none() || !W::Flow::WHOLE && self.tx.len() < BATCH;
        !self.shut && room
    }

    /// Writes; when all is written flushes; when all is flushed shuts, if wanted.
    fn poll_out(&mut self, cx: &mut Context<'_>, shut: bool) -> Poll<io::Result<()>> {
        let Some(flow) = self.to else {
            if self.dirty {
                ready!(W::poll_flush(&mut self.io, cx))?;
                self.dirty = false;
            } else if shut && !self.shut {
                ready!(W::poll_close(&mut self.io, cx))?;
                self.shut = true;
            } else {
                return Poll::Pending;
            }
            return Poll::Ready(Ok(()));
        };
        let wrote = ready!(W::poll_write(&mut self.io, cx, flow, &self.tx[self.sent..]));
        self.sent += *wrote.as_ref().unwrap_or(&0);
        if W::Flow::WHOLE || self.sent == self.tx.len() {
            self.tx.clear();
            (self.sent, self.to, self.dirty) = (0, None, true);
        }
        Poll::Ready(match wrote {
            Ok(0) if !W::Flow::WHOLE => Err(ErrorKind::WriteZero.into()),
            wrote => wrote.map(drop),
        })
    }

    fn poll_in(&mut self, cx: &mut Context<'_>, limit: usize) -> Poll<io::Result<()>> {
        if self.fresh {
            return Poll::Ready(Ok(())); // kept octets are offered again
        }
        if self.head > 0 {
            self.rx.copy_within(self.head..self.fill, 0); // only a cut message's head ever moves
            (self.head, self.fill) = (0, self.fill - self.head);
        }
        if self.fill == limit {
            return Poll::Ready(Err(ErrorKind::InvalidData.into())); // longer than the session wants
        }
        if self.fill == self.rx.len() {
            self.rx.resize(limit.min(self.fill * 2), 0);
        }
        let (from, got) = ready!(W::poll_read(&mut self.io, cx, &mut self.rx[self.fill..]));
        self.from = Some(from);
        let got = got?;
        self.fill += got;
        self.eof = got == 0 && !W::Flow::WHOLE;
        self.fresh = true;
        Poll::Ready(Ok(()))
    }

    /// Offers what was received, message by message, for as long as the session reads. One that
    /// has said its last word gets nothing more.
    fn feed<S: Session<Flow = W::Flow>>(&mut self, shared: &Shared<S>) {
        let Some(from) = self.from else { return };
        shared.with(|hub, now| {
            for _ in 0..SHARE {
                if !self.fresh || hub.leaves() {
                    break;
                }
                let input = &self.rx[self.head..self.fill];
                let used = hub.session.handle_input(now, from, input);
                debug_assert!(used <= input.len(), "a session used more than there was");
                hub.pump();
                self.head += used;
                if W::Flow::WHOLE || self.head == self.fill {
                    self.forget_input();
                } else if used == 0 {
                    self.fresh = !hub.session.wants_input(); // cut, unless it paused just now
                    break;
                } else if !hub.reads() {
                    break; // asked between any two messages
                }
            }
        });
    }

    fn forget_input(&mut self) {
        (self.head, self.fill, self.fresh) = (0, 0, false);
    }

    /// Writing failed: nothing more is sent, but what the peer still had to say is read.
    fn broke(&mut self, why: ErrorKind) {
        self.tx.clear();
        (self.sent, self.to, self.dirty) = (0, None, false);
        (self.shut, self.broken) = (true, Some(why));
    }
}
