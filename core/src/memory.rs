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

use std::collections::{BTreeMap, VecDeque, btree_map};
use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use crate::backoff::Chance;
use crate::client::Clock;
use crate::drive::Wire;
use crate::runtime::{Bound, Endpoint, Listening, Runtime};
use crate::session::Peer;

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

impl World {
    fn wire(&self, dial: Dial) -> Stream {
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

enum Dial {
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
    world: World,
    at: Endpoint,
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

/// A wire in memory, for datagrams.
pub struct Datagrams {
    shelf: Arc<Shelf>,
    id: u64,
}

/// The sockets of a datagram wire in memory.
pub struct Sockets {
    shelf: Arc<Shelf>,
    id: u64,
    /// Which socket is looked at first: each has its turn.
    turn: usize,
}

/// What is open, whatever the link does.
struct Shelf {
    world: World,
    bound: Bound,
    home: Option<SocketAddr>,
    open: Mutex<Vec<(u16, SocketAddr)>>,
}

impl Shelf {
    /// Opens a socket that can reach this peer.
    fn bind(&self, socket: u16, to: SocketAddr) -> io::Result<SocketAddr> {
        let mut inner = self.world.lock();
        let any: IpAddr = match (self.home, to) {
            (Some(home), _) => home.ip(),
            (None, SocketAddr::V4(_)) => Ipv4Addr::LOCALHOST.into(),
            (None, SocketAddr::V6(_)) => std::net::Ipv6Addr::LOCALHOST.into(),
        };
        let wanted = self.home.filter(|_| socket == 0).map_or(0, |home| home.port());
        let port = match wanted {
            0 => 20_000 + u16::try_from(inner.number() % 20_000).unwrap_or(0),
            port => port,
        };
        let addr = SocketAddr::new(any, port);
        match inner.mailboxes.entry(addr) {
            btree_map::Entry::Occupied(_) => return Err(ErrorKind::AddrInUse.into()),
            btree_map::Entry::Vacant(place) => place.insert(Mailbox::default()),
        };
        self.bound.tell(socket, addr);
        self.open().push((socket, addr));
        Ok(addr)
    }

    fn open(&self) -> MutexGuard<'_, Vec<(u16, SocketAddr)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let open = std::mem::take(&mut *self.open());
        let mut inner = self.world.lock();
        for (_, addr) in open {
            inner.mailboxes.remove(&addr);
        }
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.shelf.world.lock().disarm(self.id);
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.shelf.world.lock().disarm(self.id);
    }
}

impl Wire for Datagrams {
    type Io = Sockets;
    type Flow = Peer;

    fn poll_dial(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Sockets>> {
        let id = self.shelf.world.lock().number();
        Poll::Ready(Ok(Sockets { shelf: self.shelf.clone(), id, turn: 0 }))
    }

    fn poll_read(
        io: &mut Sockets,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<(Peer, io::Result<usize>)> {
        let Sockets { shelf, id, turn } = io;
        let open = shelf.open();
        let mut inner = shelf.world.lock();
        let (now, mut next) = (inner.now, None::<Instant>);
        for step in 0..open.len() {
            let at = (*turn + step) % open.len();
            let (socket, home) = open[at];
            let Some(mailbox) = inner.mailboxes.get_mut(&home) else { continue };
            let Some(first) = mailbox.mail.first_entry() else {
                mailbox.waker = Some(cx.waker().clone());
                continue;
            };
            if first.key().0 > now {
                next = next.into_iter().chain([first.key().0]).min();
                mailbox.waker = Some(cx.waker().clone());
                continue;
            }
            let Mail { from, what } = first.remove();
            *turn = at + 1;
            let got = what.map_err(io::Error::from).map(|octets| {
                let n = octets.len().min(buf.len()); // what is longer is cut, as a socket does
                buf[..n].copy_from_slice(&octets[..n]);
                n
            });
            return Poll::Ready((Peer { socket, addr: from }, got));
        }
        drop(inner);
        if let Some(at) = next
            && shelf.world.alarm(cx, at, *id).is_ready()
        {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_write(
        io: &mut Sockets,
        _: &mut Context<'_>,
        to: Peer,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let open = io.shelf.open().iter().find(|(socket, _)| *socket == to.socket).copied();
        let home = match open {
            Some((_, addr)) => addr,
            None => io.shelf.bind(to.socket, to.addr)?,
        };
        let mut inner = io.shelf.world.lock();
        let weather = inner.weather;
        if inner.chance(weather.loss) {
            return Poll::Ready(Ok(buf.len()));
        }
        let copies = if inner.chance(weather.twice) { 2 } else { 1 };
        let mut wake = vec![];
        for _ in 0..copies {
            let slow = if inner.chance(weather.late) { 3 } else { 1 };
            let (key, there) = ((inner.now + weather.latency * slow, inner.number()), to.addr);
            // Nobody there: the sender's own mailbox gets the news.
            let (lands, mail) = if inner.mailboxes.contains_key(&there) {
                (there, Mail { from: home, what: Ok(buf.to_vec()) })
            } else if weather.told {
                (home, Mail { from: there, what: Err(ErrorKind::ConnectionRefused) })
            } else {
                continue;
            };
            let Some(mailbox) = inner.mailboxes.get_mut(&lands) else { continue };
            mailbox.mail.insert(key, mail);
            wake.extend(mailbox.waker.take());
        }
        drop(inner);
        wake.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.shelf.world.alarm(cx, at, self.id)
    }
}
