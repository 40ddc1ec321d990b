//! What is awaited: sockets that become ready, and timers.
//!
//! mio tells of each change once. So every socket remembers, for each side, whether it may be
//! ready: a try that finds it is not, or a read that was short, forgets it until mio tells again.
//! A sequential exchange thus costs one write, one wait and one read.

use std::collections::{BTreeMap, VecDeque};
use std::io::{self, ErrorKind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use mio::event::{Event, Source as Socket};
use mio::{Events, Interest, Registry, Token};

use crate::executor::Task;

const BELL: Token = Token(usize::MAX);

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What every wire, timer and task of one reactor shares.
pub(crate) struct Core {
    registry: Registry,
    bell: mio::Waker,
    /// Whether the leading thread sleeps in mio, or is about to.
    asleep: AtomicBool,
    /// Tasks that can go on, each once.
    ready: Mutex<VecDeque<Arc<Task>>>,
    sources: Mutex<BTreeMap<usize, Arc<Source>>>,
    timers: Mutex<BTreeMap<(Instant, usize), Waker>>,
    numbers: AtomicUsize,
}

/// What the leading thread alone looks through.
pub(crate) struct Eyes {
    poll: mio::Poll,
    events: Events,
    wake: Vec<Waker>,
}

impl Core {
    pub(crate) fn new() -> io::Result<(Arc<Self>, Eyes)> {
        let poll = mio::Poll::new()?;
        let core = Self {
            registry: poll.registry().try_clone()?,
            bell: mio::Waker::new(poll.registry(), BELL)?,
            asleep: false.into(),
            ready: Mutex::default(),
            sources: Mutex::default(),
            timers: Mutex::default(),
            numbers: AtomicUsize::new(0),
        };
        Ok((Arc::new(core), Eyes { poll, events: Events::with_capacity(1024), wake: vec![] }))
    }

    pub(crate) fn number(&self) -> usize {
        self.numbers.fetch_add(1, SeqCst)
    }

    /// This task can go on.
    pub(crate) fn push(&self, task: Arc<Task>) {
        lock(&self.ready).push_back(task);
        self.ring();
    }

    pub(crate) fn pop(&self) -> Option<Arc<Task>> {
        lock(&self.ready).pop_front()
    }

    /// How many tasks can go on.
    pub(crate) fn ready(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Wakes the leading thread, if it really sleeps.
    pub(crate) fn ring(&self) {
        if self.asleep.swap(false, SeqCst) {
            // It fails only when the reactor is gone, and then nobody sleeps.
            let _ = self.bell.wake();
        }
    }

    /// Waits for sockets and timers while `rests` says that nothing else is to be done, and wakes
    /// whom they concern.
    pub(crate) fn watch(&self, eyes: &mut Eyes, rests: impl FnOnce() -> bool) {
        self.asleep.store(true, SeqCst); // from here on the bell rings: `rests` sees all that was before
        let next = lock(&self.timers).first_key_value().map(|((at, _), _)| *at);
        let pause = if rests() {
            next.map(|at| at.saturating_duration_since(Instant::now()))
        } else {
            Some(std::time::Duration::ZERO)
        };
        let waited = eyes.poll.poll(&mut eyes.events, pause);
        self.asleep.store(false, SeqCst);
        match waited {
            Err(why) if why.kind() != ErrorKind::Interrupted => {
                panic!("the system cannot wait for sockets: {why}")
            }
            Err(_) => eyes.events.clear(),
            Ok(()) => {}
        }
        let sources = lock(&self.sources);
        for event in eyes.events.iter().filter(|event| event.token() != BELL) {
            if let Some(source) = sources.get(&event.token().0) {
                source.happened(event, &mut eyes.wake);
            }
        }
        drop(sources);
        if let Some(next) = next {
            self.ring_timers(next, &mut eyes.wake);
        }
        eyes.wake.drain(..).for_each(Waker::wake);
    }

    fn ring_timers(&self, next: Instant, wake: &mut Vec<Waker>) {
        let now = Instant::now();
        if now < next {
            return;
        }
        let mut timers = lock(&self.timers);
        while let Some(first) = timers.first_entry().filter(|first| first.key().0 <= now) {
            wake.push(first.remove());
        }
    }

    /// Forgets the tasks that can go on: nobody will run them.
    pub(crate) fn forget_ready(&self) {
        let ready = std::mem::take(&mut *lock(&self.ready));
        drop(ready); // outside the lock
    }
}

/// What is known of one socket.
#[derive(Default)]
struct Source {
    reader: Side,
    writer: Side,
    /// The peer has closed, or an error stands: reading never waits again.
    closed: AtomicBool,
}

/// One direction of a socket.
#[derive(Default)]
pub(crate) struct Side {
    ready: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Source {
    fn happened(&self, event: &Event, wake: &mut Vec<Waker>) {
        if event.is_read_closed() {
            self.closed.store(true, SeqCst);
        }
        if event.is_readable() || event.is_read_closed() || event.is_error() {
            self.reader.happened(wake);
        }
        if event.is_writable() || event.is_write_closed() || event.is_error() {
            self.writer.happened(wake);
        }
    }
}

impl Side {
    fn happened(&self, wake: &mut Vec<Waker>) {
        self.ready.store(true, SeqCst);
        wake.extend(lock(&self.waker).take());
    }

    /// Ready once after each time that mio told, or [`again`](Self::again) was said.
    pub(crate) fn poll(&self, cx: &Context<'_>) -> Poll<()> {
        if self.ready.swap(false, SeqCst) {
            return Poll::Ready(());
        }
        *lock(&self.waker) = Some(cx.waker().clone());
        if self.ready.swap(false, SeqCst) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// It may still be ready.
    pub(crate) fn again(&self) {
        self.ready.store(true, SeqCst);
    }
}

/// A socket that mio watches, for as long as this lives.
pub(crate) struct Watched<T: Socket> {
    pub(crate) socket: T,
    token: Token,
    source: Arc<Source>,
    core: Arc<Core>,
}

impl<T: Socket> Watched<T> {
    pub(crate) fn new(core: &Arc<Core>, mut socket: T) -> io::Result<Self> {
        let (token, source) = (Token(core.number()), Arc::<Source>::default());
        lock(&core.sources).insert(token.0, source.clone());
        let interest = Interest::READABLE | Interest::WRITABLE;
        let registered = core.registry.register(&mut socket, token, interest);
        // From here on the drop takes the source away.
        let watched = Self { socket, token, source, core: core.clone() };
        registered.map(|()| watched)
    }

    pub(crate) fn writer(&self) -> &Side {
        &self.source.writer
    }

    /// Reads with `f` when there may be something; `more` says whether there may still be.
    pub(crate) fn poll_read<R>(
        &self,
        cx: &Context<'_>,
        f: impl FnMut(&T) -> io::Result<R>,
        more: impl FnOnce(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        let closed = || self.source.closed.load(SeqCst);
        self.poll(&self.source.reader, cx, f, |read| more(read) || closed())
    }

    /// Writes with `f` when there may be room; `more` says whether there may still be.
    pub(crate) fn poll_write<R>(
        &self,
        cx: &Context<'_>,
        f: impl FnMut(&T) -> io::Result<R>,
        more: impl FnOnce(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        self.poll(&self.source.writer, cx, f, more)
    }

    fn poll<R>(
        &self,
        side: &Side,
        cx: &Context<'_>,
        mut f: impl FnMut(&T) -> io::Result<R>,
        more: impl FnOnce(&R) -> bool,
    ) -> Poll<io::Result<R>> {
        loop {
            ready!(side.poll(cx));
            match f(&self.socket) {
                Err(why) if why.kind() == ErrorKind::WouldBlock => {} // until mio tells
                Err(why) if why.kind() == ErrorKind::Interrupted => side.again(),
                done => {
                    if done.as_ref().map_or(true, more) {
                        side.again();
                    }
                    return Poll::Ready(done);
                }
            }
        }
    }
}

impl<T: Socket> Drop for Watched<T> {
    fn drop(&mut self) {
        lock(&self.core.sources).remove(&self.token.0);
        let _ = self.core.registry.deregister(&mut self.socket);
    }
}

/// A timer that is set rarely: while it would ring too early it is left alone, since deadlines of
/// calls mostly move on.
pub(crate) struct Alarm {
    core: Arc<Core>,
    number: usize,
    set: Option<Instant>,
}

impl Alarm {
    pub(crate) fn new(core: &Arc<Core>) -> Self {
        Self { core: core.clone(), number: core.number(), set: None }
    }

    pub(crate) fn poll(&mut self, cx: &Context<'_>, at: Instant) -> Poll<()> {
        if at <= Instant::now() {
            return Poll::Ready(());
        }
        let mut timers = lock(&self.core.timers);
        if let Some(set) = self.set.filter(|set| *set <= at)
            && let Some(waker) = timers.get_mut(&(set, self.number))
        {
            waker.clone_from(cx.waker());
            return Poll::Pending;
        }
        if let Some(set) = self.set.replace(at) {
            timers.remove(&(set, self.number));
        }
        timers.insert((at, self.number), cx.waker().clone());
        let first = timers.first_key_value().is_some_and(|(key, _)| *key == (at, self.number));
        drop(timers);
        if first {
            self.core.ring(); // the leading thread may sleep too long
        }
        Poll::Pending
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        if let Some(set) = self.set {
            lock(&self.core.timers).remove(&(set, self.number));
        }
    }
}
