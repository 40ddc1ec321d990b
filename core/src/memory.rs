//! A runtime without sockets, threads or a real clock: for tests, examples and simulations.
//!
//! A [`World`] is an executor with a virtual clock and a network of its own. When no task can go
//! on, the clock jumps to the next alarm: hours of backoff pass in a millisecond, and two runs
//! with the same seed do the same. Streams are cut into small pieces on purpose; datagrams are
//! lost, doubled and reordered as the [`Weather`] says.
//!
//! ```
//! use netlever_core::memory::World;
//! use netlever_core::runtime::Runtime;
//! use std::time::{Duration, Instant};
//!
//! let start = Instant::now();
//! let world = World::new(start, 1);
//! world.block_on(world.sleep_until(start + Duration::from_secs(3600)));
//! assert_eq!(world.now(), start + Duration::from_secs(3600));
//! ```

mod datagrams;
mod stream;

use std::collections::{BTreeMap, VecDeque, btree_map};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use datagrams::Shelf;
pub use datagrams::{Datagrams, Sockets};
use stream::Dial;
pub use stream::{Accepting, Io, Stream};

use crate::backoff::Chance;
use crate::client::Clock;
use crate::runtime::{Bound, Endpoint, Runtime};

/// How the network treats what passes through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weather {
    /// The most octets of a stream that one read gives.
    pub cut: usize,
    /// How many octets of a stream may be on their way before its writer waits.
    pub pipe: usize,
    /// How long a stream's octets and a datagram travel.
    pub latency: Duration,
    /// Of 100 datagrams, so many are lost.
    pub loss: u8,
    /// Of 100 datagrams, so many arrive twice.
    pub twice: u8,
    /// Of 100 datagrams, so many travel three times as long, and arrive late.
    pub late: u8,
    /// Whether a datagram to where nobody listens is told to its sender, as ICMP does.
    pub told: bool,
}

impl Default for Weather {
    /// Reads of 1460 octets, 64 KiB pipes, 1 ms, no loss.
    fn default() -> Self {
        Self {
            cut: 1460,
            pipe: 65_536,
            latency: Duration::from_millis(1),
            loss: 0,
            twice: 0,
            late: 0,
            told: true,
        }
    }
}

/// The executor, its clock and its network. A clone is another handle on the same world.
///
/// One thread at a time is in [`block_on`](Runtime::block_on). Tasks that have not ended hold the
/// world, and the world holds them: a process that makes many worlds lets their tasks end.
#[derive(Clone)]
pub struct World(Arc<Mutex<Inner>>);

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

struct Inner {
    now: Instant,
    chance: Chance,
    weather: Weather,
    next: u64,
    /// `None` while the task is being polled.
    tasks: BTreeMap<u64, Option<Task>>,
    ready: VecDeque<u64>,
    alarms: BTreeMap<(Instant, u64), Waker>,
    /// Each alarm's owner has one, the last that it asked for.
    set: BTreeMap<u64, Instant>,
    listeners: BTreeMap<Endpoint, Door>,
    mailboxes: BTreeMap<SocketAddr, Mailbox>,
}

/// Where a listener's streams wait to be accepted.
#[derive(Default)]
struct Door {
    waiting: VecDeque<(Io, Endpoint)>,
    waker: Option<Waker>,
}

/// A bound datagram socket: what arrives, by the time of its arrival.
#[derive(Default)]
struct Mailbox {
    mail: BTreeMap<(Instant, u64), Mail>,
    waker: Option<Waker>,
}

struct Mail {
    from: SocketAddr,
    what: Result<Vec<u8>, ErrorKind>,
}

impl World {
    /// A world that begins at this instant and draws its chances from this seed.
    #[must_use]
    pub fn new(now: Instant, seed: u64) -> Self {
        Self(Arc::new(Mutex::new(Inner {
            now,
            chance: Chance::new(seed),
            weather: Weather::default(),
            next: 0,
            tasks: BTreeMap::new(),
            ready: VecDeque::new(),
            alarms: BTreeMap::new(),
            set: BTreeMap::new(),
            listeners: BTreeMap::new(),
            mailboxes: BTreeMap::new(),
        })))
    }

    /// The same world under this weather, from now on.
    #[must_use]
    pub fn under(self, weather: Weather) -> Self {
        self.lock().weather = weather;
        self
    }

    /// What time it is here.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.lock().now
    }

    /// How many background tasks have not ended.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.lock().tasks.len()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls every background task that can go on; `false`: there was none.
    fn turn(&self) -> bool {
        let mut moved = false;
        loop {
            let (id, mut task) = {
                let mut inner = self.lock();
                let Some(id) = inner.ready.pop_front() else { return moved };
                let Some(task) = inner.tasks.get_mut(&id).and_then(Option::take) else { continue };
                (id, task)
            };
            moved = true;
            let waker = Waker::from(Arc::new(TaskWaker { world: Arc::downgrade(&self.0), id }));
            let over = task.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
            if over {
                self.lock().tasks.remove(&id);
            } else if let Some(place) = self.lock().tasks.get_mut(&id) {
                *place = Some(task);
                continue;
            }
            drop(task); // outside the lock: its own drop may look at the world
        }
    }

    /// Lets the clock jump to the next alarm; `false`: there is none.
    fn jump(&self) -> bool {
        let mut due = vec![];
        {
            let mut inner = self.lock();
            let Some((&(at, _), _)) = inner.alarms.first_key_value() else { return false };
            inner.now = inner.now.max(at);
            while let Some(entry) = inner.alarms.first_entry()
                && entry.key().0 <= at
            {
                let (key, waker) = entry.remove_entry();
                inner.set.remove(&key.1);
                due.push(waker);
            }
        }
        due.into_iter().for_each(Waker::wake);
        true
    }

    fn alarm(&self, cx: &Context<'_>, at: Instant, id: u64) -> Poll<()> {
        let mut inner = self.lock();
        inner.disarm(id);
        if at <= inner.now {
            return Poll::Ready(());
        }
        inner.set.insert(id, at);
        inner.alarms.insert((at, id), cx.waker().clone());
        Poll::Pending
    }
}

impl Inner {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    fn disarm(&mut self, id: u64) {
        if let Some(at) = self.set.remove(&id) {
            self.alarms.remove(&(at, id));
        }
    }

    fn chance(&mut self, percent: u8) -> bool {
        self.chance.below(100) < u64::from(percent)
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

struct TaskWaker {
    world: std::sync::Weak<Mutex<Inner>>,
    id: u64,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Some(world) = self.world.upgrade() else { return };
        let mut inner = world.lock().unwrap_or_else(PoisonError::into_inner);
        if !inner.ready.contains(&self.id) {
            inner.ready.push_back(self.id);
        }
    }
}

/// The future that [`World::block_on`] runs has this flag for a waker.
#[derive(Default)]
struct Flag(std::sync::atomic::AtomicBool);

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.0.store(true, std::sync::atomic::Ordering::SeqCst);
    }
}

impl Runtime for World {
    type Stream = Stream;
    type Datagrams = Datagrams;
    type Listening = Accepting;

    fn clock(&self) -> Clock {
        let world = self.clone();
        Arc::new(move || world.now())
    }

    /// # Panics
    /// When every task waits and no alarm is set: nobody could ever go on.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let flag = Arc::new(Flag(true.into()));
        let waker = Waker::from(flag.clone());
        loop {
            while flag.0.swap(false, std::sync::atomic::Ordering::SeqCst) {
                if let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
                    return out;
                }
            }
            let goes_on =
                self.turn() || self.jump() || flag.0.load(std::sync::atomic::Ordering::SeqCst);
            assert!(goes_on, "every task waits, and no alarm is set");
        }
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let mut inner = self.lock();
        let id = inner.number();
        inner.tasks.insert(id, Some(Box::pin(future)));
        inner.ready.push_back(id);
    }

    fn stream(&self, to: &Endpoint) -> Stream {
        self.wire(Dial::To(to.clone()))
    }

    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Datagrams, Bound)> {
        let bound = Bound::default();
        let (world, id) = (self.clone(), self.lock().number());
        let shelf = Shelf { world, bound: bound.clone(), home: at, open: Mutex::default() };
        if let Some(at) = at {
            shelf.bind(0, at)?;
        }
        Ok((Datagrams { shelf: Arc::new(shelf), id }, bound))
    }

    fn listen(&self, at: &Endpoint) -> io::Result<Accepting> {
        let mut inner = self.lock();
        let at = match at {
            Endpoint::Tcp { host, port: 0 } => {
                let port = 40_000 + u16::try_from(inner.number() % 20_000).unwrap_or(0);
                Endpoint::tcp(host.clone(), port)
            }
            at => at.clone(),
        };
        match inner.listeners.entry(at.clone()) {
            btree_map::Entry::Occupied(_) => Err(ErrorKind::AddrInUse.into()),
            btree_map::Entry::Vacant(place) => {
                place.insert(Door::default());
                Ok(Accepting { world: self.clone(), at })
            }
        }
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send {
        let world = self.clone();
        let id = world.lock().number();
        poll_fn(move |cx| world.alarm(cx, at, id))
    }
}
