//! Who runs what: tasks with a ready list, and threads that take turns in leading.
//!
//! ```text
//!   block_on ──► nobody leads? ──yes──► lead: my future, ready tasks, mio ──► my future is done
//!                     │ no                                ▲                          │
//!                     ▼                                   │ my turn                  ▼
//!                 follow: park until my future is woken ──┘◄───────────────── call a follower
//! ```
//!
//! No thread is ever started here: whoever waits for a future of its own runs the work of all
//! until that is done, then hands the lead to another who waits.

use std::any::Any;
use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread, ThreadId};
use std::time::Instant;

use netlever_core::Clock;
use netlever_core::runtime::{Bound, Endpoint, Runtime};

use crate::reactor::{Alarm, Core, Eyes, lock};
use crate::stream::{Accepting, Stream};
use crate::udp::Datagrams;

/// How often tasks and futures that are ready at once are run before mio is looked at again.
const ROUNDS: usize = 8;

/// An executor over mio for any number of sessions, and a handle on it: clone it freely, use it
/// from any thread.
///
/// Nothing moves while no thread is in [`block_on`](Runtime::block_on) or [`run`](Self::run). When
/// the last handle goes, so do the tasks that have not ended, and their sessions with them; a task
/// that holds a handle itself, as a server does, keeps the reactor for ever.
#[derive(Clone)]
pub struct Reactor(Arc<Inner>);

struct Inner {
    core: Arc<Core>,
    eyes: Mutex<Eyes>,
    tasks: Mutex<BTreeMap<usize, Arc<Task>>>,
    seats: Mutex<Seats>,
    /// Who waits for the end of some task.
    ended: Mutex<Vec<Waker>>,
}

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A background future.
pub(crate) struct Task {
    number: usize,
    core: Arc<Core>,
    /// It is in the ready list.
    queued: AtomicBool,
    job: Mutex<Option<Job>>,
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.queued.swap(true, SeqCst) {
            self.core.push(self.clone());
        }
    }
}

/// The threads that are in `block_on`.
#[derive(Default)]
struct Seats {
    leads: Option<ThreadId>,
    follow: BTreeMap<usize, Arc<Seat>>,
}

/// One thread in `block_on`, and the waker of its future.
struct Seat {
    number: usize,
    thread: Thread,
    core: Arc<Core>,
    woken: AtomicBool,
    leads: AtomicBool,
    /// It may try to lead now.
    called: AtomicBool,
}

impl Wake for Seat {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.woken.swap(true, SeqCst) {
            return;
        }
        if self.leads.load(SeqCst) {
            self.core.ring();
        } else {
            self.thread.unpark();
        }
    }
}

impl Reactor {
    /// A reactor with nothing to do.
    ///
    /// # Errors
    /// The system gives no more file descriptors.
    pub fn new() -> io::Result<Self> {
        let (core, eyes) = Core::new()?;
        let (tasks, seats, ended) = (Mutex::default(), Mutex::default(), Mutex::default());
        Ok(Self(Arc::new(Inner { core, eyes: Mutex::new(eyes), tasks, seats, ended })))
    }

    /// Runs the background work until none is left: the main loop of a program of many sessions.
    pub fn run(&self) {
        self.wait_until(BTreeMap::is_empty);
    }

    /// Runs the background work until this task has ended.
    pub(crate) fn finish(&self, task: usize) {
        self.wait_until(|tasks| !tasks.contains_key(&task));
    }

    fn wait_until(&self, done: impl Fn(&BTreeMap<usize, Arc<Task>>) -> bool) {
        self.block_on(poll_fn(|cx| {
            let tasks = lock(&self.0.tasks);
            if done(&tasks) {
                return Poll::Ready(());
            }
            lock(&self.0.ended).push(cx.waker().clone());
            Poll::Pending
        }));
    }

    /// Runs a future in the background; its number.
    pub(crate) fn start(&self, future: impl Future<Output = ()> + Send + 'static) -> usize {
        let core = &self.0.core;
        let number = core.number();
        let task = Arc::new(Task {
            number,
            core: core.clone(),
            queued: true.into(),
            job: Mutex::new(Some(Box::pin(future))),
        });
        lock(&self.0.tasks).insert(number, task.clone());
        core.push(task);
        number
    }

    /// How many background futures have not ended.
    #[must_use]
    pub fn tasks(&self) -> usize {
        lock(&self.0.tasks).len()
    }

    pub(crate) fn core(&self) -> &Arc<Core> {
        &self.0.core
    }
}

impl fmt::Debug for Reactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reactor").field("tasks", &self.tasks()).finish_non_exhaustive()
    }
}

impl Inner {
    fn run_task(&self, task: &Arc<Task>) {
        task.queued.store(false, SeqCst); // from here on a wake counts
        let mut job = lock(&task.job);
        let Some(future) = job.as_mut() else { return };
        let waker = Waker::from(task.clone());
        let polled = poll_safely(|| future.as_mut().poll(&mut Context::from_waker(&waker)));
        if matches!(polled, Ok(Poll::Pending)) {
            return;
        }
        // It has ended. A panic ends that task alone, and dropping it ends its calls.
        let ended = job.take();
        drop(job);
        lock(&self.tasks).remove(&task.number);
        drop(ended);
        let waiting = std::mem::take(&mut *lock(&self.ended));
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Leads until the future of this seat is done.
    fn lead<F: Future>(&self, seat: &Seat, mut future: Pin<&mut F>, waker: &Waker) -> F::Output {
        let mut eyes = lock(&self.eyes);
        loop {
            for _ in 0..ROUNDS {
                if seat.woken.swap(false, SeqCst)
                    && let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(waker))
                {
                    return out;
                }
                let ready = self.core.ready(); // who gets ready meanwhile waits for the next round
                for _ in 0..ready {
                    let Some(task) = self.core.pop() else { break };
                    self.run_task(&task);
                }
                if !seat.woken.load(SeqCst) && self.core.ready() == 0 {
                    break;
                }
            }
            let rests = || !seat.woken.load(SeqCst) && self.core.ready() == 0;
            self.core.watch(&mut eyes, rests);
        }
    }

    /// Whether this seat leads now; else it is among those who follow.
    fn takes_lead(&self, seat: &Arc<Seat>) -> bool {
        let mut seats = lock(&self.seats);
        match seats.leads {
            None => {
                seats.leads = Some(seat.thread.id());
                seats.follow.remove(&seat.number);
                seat.leads.store(true, SeqCst);
                true
            }
            Some(leader) => {
                assert!(leader != seat.thread.id(), "block_on inside of block_on: await instead");
                seats.follow.insert(seat.number, seat.clone());
                false
            }
        }
    }

    /// This seat's future is done, or has panicked: somebody else must lead.
    fn leave(&self, seat: &Seat) {
        let mut seats = lock(&self.seats);
        seats.follow.remove(&seat.number);
        if seat.leads.load(SeqCst) {
            seats.leads = None;
        }
        if seats.leads.is_none()
            && let Some((_, next)) = seats.follow.pop_first()
        {
            next.called.store(true, SeqCst);
            next.thread.unpark();
        }
    }
}

fn poll_safely(poll: impl FnOnce() -> Poll<()>) -> Result<Poll<()>, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(poll))
}

impl Drop for Inner {
    /// Nobody will run the tasks: each ends as if dropped.
    fn drop(&mut self) {
        for task in std::mem::take(&mut *lock(&self.tasks)).into_values() {
            let job = lock(&task.job).take();
            drop(job);
        }
        self.core.forget_ready();
    }
}

/// Leaves on every way out.
struct Leaving<'a>(&'a Inner, &'a Seat);

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        self.0.leave(self.1);
    }
}

impl Runtime for Reactor {
    type Stream = Stream;
    type Datagrams = Datagrams;
    type Listening = Accepting;

    /// The system's.
    fn clock(&self) -> Clock {
        Arc::new(Instant::now)
    }

    /// Runs a future to its end, from any thread; meanwhile this thread also runs the background
    /// work, unless another does already.
    ///
    /// # Panics
    /// Inside another `block_on` of the same reactor on the same thread: `await` there.
    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let seat = Arc::new(Seat {
            number: self.0.core.number(),
            thread: thread::current(),
            core: self.0.core.clone(),
            woken: true.into(),
            leads: false.into(),
            called: false.into(),
        });
        let waker = Waker::from(seat.clone());
        let _leaving = Leaving(&self.0, &seat);
        loop {
            if self.0.takes_lead(&seat) {
                return self.0.lead(&seat, future, &waker);
            }
            while !seat.called.swap(false, SeqCst) {
                if !seat.woken.swap(false, SeqCst) {
                    thread::park();
                } else if let Poll::Ready(out) =
                    future.as_mut().poll(&mut Context::from_waker(&waker))
                {
                    return out;
                }
            }
        }
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.start(future);
    }

    /// A name is looked up in the thread that leads, and all others wait for it: where that takes
    /// long, give an address.
    fn stream(&self, to: &Endpoint) -> Stream {
        Stream::to(self, to)
    }

    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Datagrams, Bound)> {
        Datagrams::bind(self.core(), at)
    }

    fn listen(&self, at: &Endpoint) -> io::Result<Accepting> {
        Accepting::bind(self, at)
    }

    async fn sleep_until(&self, at: Instant) {
        let mut alarm = Alarm::new(self.core());
        poll_fn(|cx| alarm.poll(cx, at)).await;
    }
}
