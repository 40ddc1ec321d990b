//! One handle for every protocol under every runtime.
//!
//! A [`Client`] is a cloneable handle on a session behind one mutex. The lock is held for one step
//! of a pure machine and never across an await; wakers fire after it is released. There is no
//! channel, so nothing is queued twice. [`drive`](crate::drive::drive) moves the bytes.
//!
//! ```text
//!  Client ──call──► Calling ─┐
//!  Client ──batch─► Batch ───┼─► Session ◄─── drive ◄──► Wire (a runtime's)
//!  Client ─listen─► Listener ┘
//! ```
//!
//! Dropping a [`Calling`] abandons that call alone. Dropping the last handle closes the session.

mod batch;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::future::{Future, poll_fn};
use std::mem;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

pub use batch::Batch;

use crate::session::{Call, Link, Session, Step, Ticket};

/// Tells what time it is: the runtime's clock, or a test's.
pub type Clock = Arc<dyn Fn() -> Instant + Send + Sync>;

/// What a [`Listener`] hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard<E> {
    /// The peer told this.
    Event(E),
    /// So many events were dropped just here.
    Gap(u64),
}

/// Above so many times the room of a listener, events are dropped and counted.
const OVERFLOW: usize = 8;

/// A handle on a session. Clone it freely; the session closes when the last one goes.
pub struct Client<S: Session>(Arc<Handle<S>>);

struct Handle<S: Session>(Arc<Shared<S>>);

/// What the handles and the driver share.
pub(crate) struct Shared<S: Session>(Mutex<Hub<S>>);

pub(crate) struct Hub<S: Session> {
    pub(crate) session: S,
    clock: Clock,
    /// Events that the listener may lag behind; 0: nobody listens.
    room: usize,
    /// Which listener is the present one.
    listening: u64,
    heard: VecDeque<Heard<S::Event>>,
    calls: BTreeMap<Ticket, Waker>,
    /// What calls waited for that have not been stepped since.
    settled: BTreeSet<Ticket>,
    listener: Option<Waker>,
    driver: Option<Waker>,
    /// To be woken when the lock is released.
    wake: Vec<Waker>,
}

impl<S: Session> Client<S> {
    /// A handle on this session. Nothing moves until somebody
    /// [drives](crate::drive::drive) it.
    pub fn new(session: S, clock: Clock) -> Self {
        Self(Arc::new(Handle(Shared::new(session, clock))))
    }

    /// Begins a call when polled first. Each call has a deadline of its protocol's, so the future
    /// ends as long as somebody drives the session. Dropping it abandons this call alone.
    pub fn call<C: Call<S>>(&self, call: C) -> Calling<'_, S, C> {
        Calling { shared: self.shared(), call, state: State::New }
    }

    /// Runs many calls, at most `window` at a time, and gives their outputs in the order in which
    /// the calls came. The session's own window and bursts hold as always; `window` only says how
    /// many may wait at its door.
    pub fn batch<C, I>(&self, calls: I, window: usize) -> Batch<'_, S, C, I::IntoIter>
    where
        C: Call<S>,
        I: IntoIterator<Item = C>,
    {
        Batch::new(self, calls.into_iter(), window)
    }

    /// Keeps events from now on, for one listener: a former one hears the end.
    ///
    /// While the listener lags by more than `room` events nothing is read, which a stream carries
    /// to the peer; but only while no call is in flight, so that a listener may make calls. Above
    /// eight times `room` events are dropped, and a [`Heard::Gap`] stands where they were.
    pub fn listen(&self, room: usize) -> Listener<S> {
        let number = self.shared().with(|hub, _| {
            hub.room = room.max(1);
            hub.listening += 1;
            hub.wake.extend(hub.listener.take());
            hub.listening
        });
        Listener { client: self.clone(), number }
    }

    /// No new exchanges; those in flight end with their answers or deadlines, then the driver ends.
    /// A call of several exchanges ends where its next one would begin.
    pub fn close(&self) {
        self.shared().close();
    }

    /// Looks at the session, or changes a setting of it, between two steps.
    pub fn with<T>(&self, look: impl FnOnce(&mut S) -> T) -> T {
        self.shared().with(|hub, _| {
            let seen = look(&mut hub.session);
            hub.stir();
            seen
        })
    }

    pub(crate) fn shared(&self) -> &Arc<Shared<S>> {
        &self.0.0
    }
}

impl<S: Session> Clone for Client<S> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<S: Session> fmt::Debug for Client<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl<S: Session> Drop for Handle<S> {
    fn drop(&mut self) {
        self.0.close();
    }
}

impl<S: Session> Shared<S> {
    pub(crate) fn new(session: S, clock: Clock) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Hub {
            session,
            clock,
            room: 0,
            listening: 0,
            heard: VecDeque::new(),
            calls: BTreeMap::new(),
            settled: BTreeSet::new(),
            listener: None,
            driver: None,
            wake: Vec::new(),
        })))
    }

    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Hub<S>, Instant) -> T) -> T {
        let mut hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (hub.clock)();
        let out = f(&mut hub, now);
        hub.pump();
        if hub.wake.is_empty() {
            return out;
        }
        let wake = mem::take(&mut hub.wake);
        drop(hub); // wake outside the lock
        wake.into_iter().for_each(Waker::wake);
        out
    }

    fn close(&self) {
        self.with(|hub, _| {
            hub.session.close();
            hub.stir();
        });
    }
}

impl<S: Session> Hub<S> {
    /// Whether the driver may read: a lagging listener stops it, but never an answer.
    pub(crate) fn reads(&self) -> bool {
        let lags = self.room > 0 && self.heard.len() > self.room && self.calls.is_empty();
        self.session.wants_input() && !lags
    }

    /// There may be something to send, or to read again.
    fn stir(&mut self) {
        self.wake.extend(self.driver.take());
    }

    /// The driver waits for the next stir.
    pub(crate) fn attend(&mut self, waker: &Waker) {
        if !self.driver.as_ref().is_some_and(|driver| driver.will_wake(waker)) {
            self.driver = Some(waker.clone());
        }
    }

    /// Brings what came out of the session to whom it is for.
    pub(crate) fn pump(&mut self) {
        while let Some(ticket) = self.session.poll_done() {
            let Some(waker) = self.calls.remove(&ticket) else { continue };
            self.settled.insert(ticket);
            if !self.wake.last().is_some_and(|last| last.will_wake(&waker)) {
                self.wake.push(waker);
            }
        }
        while let Some(event) = self.session.poll_event() {
            let full = self.heard.len() >= self.room * OVERFLOW;
            match self.heard.back_mut() {
                _ if !full => self.heard.push_back(Heard::Event(event)),
                Some(Heard::Gap(lost)) => *lost += 1,
                _ => self.heard.push_back(Heard::Gap(1)),
            }
        }
        if self.listener.is_some() && (!self.heard.is_empty() || self.over()) {
            self.wake.extend(self.listener.take());
        }
    }

    fn over(&self) -> bool {
        matches!(self.session.link(), Link::Over)
    }

    /// Whether the session wants its transport to end.
    pub(crate) fn leaves(&self) -> bool {
        matches!(self.session.link(), Link::Down | Link::Over)
    }
}

/// A call in flight: a future of its output.
#[must_use = "a call begins when its future is polled"]
pub struct Calling<'a, S: Session, C: Call<S>> {
    shared: &'a Shared<S>,
    call: C,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Waits(Ticket),
    Ended,
}

/// Nothing in it is pinned: `call` is only ever lent as `&mut`.
impl<S: Session, C: Call<S>> Unpin for Calling<'_, S, C> {}

impl<S: Session, C: Call<S>> Calling<'_, S, C> {
    /// What it waits for.
    const fn ticket(&self) -> Option<Ticket> {
        if let State::Waits(ticket) = self.state { Some(ticket) } else { None }
    }

    fn poll_in(&mut self, hub: &mut Hub<S>, now: Instant, cx: &Context<'_>) -> Poll<C::Output> {
        assert!(self.state != State::Ended, "a call was polled after it had ended");
        if let State::Waits(ticket) = self.state {
            hub.settled.remove(&ticket);
        }
        match self.call.step(&mut hub.session, now) {
            Step::Done(output) => {
                self.state = State::Ended;
                hub.stir();
                Poll::Ready(output)
            }
            Step::Wait(ticket) => {
                if self.state != State::Waits(ticket) {
                    self.state = State::Waits(ticket);
                    hub.stir(); // a new ticket only: a step that just waits would spin an executor
                }
                hub.calls.insert(ticket, cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl<S: Session, C: Call<S>> Future for Calling<'_, S, C> {
    type Output = C::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<C::Output> {
        let shared = self.shared;
        shared.with(|hub, now| self.poll_in(hub, now, cx))
    }
}

impl<S: Session, C: Call<S>> Drop for Calling<'_, S, C> {
    fn drop(&mut self) {
        let State::Waits(ticket) = self.state else { return };
        self.shared.with(|hub, _| {
            hub.calls.remove(&ticket);
            hub.settled.remove(&ticket);
            hub.session.cancel(ticket);
            hub.stir();
        });
    }
}

impl<S: Session, C: Call<S>> fmt::Debug for Calling<'_, S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Calling").finish_non_exhaustive()
    }
}

/// Hears what the peer tells unasked: see [`Client::listen`]. It counts as a handle.
pub struct Listener<S: Session> {
    client: Client<S>,
    number: u64,
}

impl<S: Session> Listener<S> {
    /// The next event, or gap; `None`: the session is over, or another listener took over.
    pub async fn next(&mut self) -> Option<Heard<S::Event>> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&self, cx: &Context<'_>) -> Poll<Option<Heard<S::Event>>> {
        self.client.shared().with(|hub, _| {
            if hub.listening != self.number {
                return Poll::Ready(None);
            }
            let heard = hub.heard.pop_front();
            if heard.is_none() && !hub.over() {
                hub.listener = Some(cx.waker().clone());
                return Poll::Pending;
            }
            hub.stir(); // there is room again
            Poll::Ready(heard)
        })
    }
}

impl<S: Session> Drop for Listener<S> {
    /// What was not heard is counted: the next listener hears the gap first.
    fn drop(&mut self) {
        self.client.shared().with(|hub, _| {
            if hub.listening != self.number {
                return;
            }
            hub.room = 0;
            let count = |heard| if let Heard::Gap(lost) = heard { lost } else { 1 };
            let lost = hub.heard.drain(..).map(count).sum();
            if lost > 0 {
                hub.heard.push_back(Heard::Gap(lost));
            }
            hub.stir();
        });
    }
}

impl<S: Session> fmt::Debug for Listener<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").finish_non_exhaustive()
    }
}
