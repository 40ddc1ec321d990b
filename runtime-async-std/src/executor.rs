//! Who runs the background work: a thread that waits in `block_on`, or else async-std's pool.
//!
//! async-std alone would run a driver on one of its threads, and each exchange would pass from
//! thread to thread four times. So a task that can go on goes to a thread that is in
//! [`block_on`](Runtime::block_on) anyway; only while there is none, to the pool.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use async_io::Timer;
use netlever_core::Clock;
use netlever_core::runtime::{Bound, Endpoint, Runtime};

use crate::{Accepting, Datagrams, Stream};

/// How often tasks and futures that are ready at once are run before async-io is asked again.
const ROUNDS: usize = 8;

/// async-std, which is one for the whole process.
///
/// Background work runs on a thread that is in [`block_on`](Runtime::block_on), and on async-std's
/// own threads while there is none, as in a program that is async from its `main` on.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsyncStd;

/// Whom background work waits for.
static STAGE: Stage = Stage {
    ready: Mutex::new(VecDeque::new()),
    seats: Mutex::new(BTreeMap::new()),
    numbers: AtomicU64::new(0),
};

struct Stage {
    /// Tasks that can go on; empty while there is no seat.
    ready: Mutex<VecDeque<Arc<Task>>>,
    seats: Mutex<BTreeMap<u64, Arc<Seat>>>,
    numbers: AtomicU64,
}

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A background future. Only its wakers keep it: one that nobody can wake is dropped.
struct Task {
    /// It is on its way to be run.
    queued: AtomicBool,
    job: Mutex<Option<Job>>,
}

/// A thread in `block_on`, and the waker of its own future.
struct Seat {
    number: u64,
    thread: Waker,
    woken: AtomicBool,
    /// It looks at the ready tasks once more before it sleeps.
    awake: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Stage {
    /// This task can go on.
    fn push(&self, task: Arc<Task>) {
        let seats = lock(&self.seats);
        match seats.first_key_value() {
            Some((_, seat)) => {
                lock(&self.ready).push_back(task);
                let seat = seat.clone();
                drop(seats);
                seat.ring();
            }
            None => {
                drop(seats);
                to_pool(task);
            }
        }
    }

    fn enter(&self, thread: Waker) -> Arc<Seat> {
        let number = self.numbers.fetch_add(1, SeqCst);
        let seat = Seat { number, thread, woken: true.into(), awake: true.into() };
        let seat = Arc::new(seat);
        lock(&self.seats).insert(number, seat.clone());
        seat
    }

    /// What this seat leaves undone, the next one does, or else the pool.
    fn leave(&self, seat: &Seat) {
        let mut seats = lock(&self.seats);
        seats.remove(&seat.number);
        if let Some((_, next)) = seats.first_key_value() {
            let next = next.clone();
            drop(seats);
            next.ring();
        } else {
            let left = std::mem::take(&mut *lock(&self.ready));
            drop(seats);
            left.into_iter().for_each(to_pool);
        }
    }

    fn ready(&self) -> usize {
        lock(&self.ready).len()
    }

    /// Runs the tasks that are ready now; who gets ready meanwhile waits for the next round.
    fn run(&self) {
        for _ in 0..self.ready() {
            let Some(task) = lock(&self.ready).pop_front() else { break };
            task.run();
        }
    }
}

fn to_pool(task: Arc<Task>) {
    async_std::task::spawn(async move { task.run() });
}

impl Task {
    fn run(self: Arc<Self>) {
        self.queued.store(false, SeqCst); // from here on a wake counts
        let mut job = lock(&self.job);
        let Some(future) = job.as_mut() else { return };
        let waker = Waker::from(self.clone());
        let poll = || future.as_mut().poll(&mut Context::from_waker(&waker));
        // A panic ends that task alone, and dropping it ends its calls.
        if !matches!(catch_unwind(AssertUnwindSafe(poll)), Ok(Poll::Pending)) {
            let ended = job.take();
            drop(job);
            drop(ended);
        }
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, SeqCst) {
            STAGE.push(self);
        }
    }
}

impl Seat {
    fn ring(&self) {
        if !self.awake.load(SeqCst) {
            self.thread.wake_by_ref();
        }
    }
}

impl Wake for Seat {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.woken.swap(true, SeqCst) {
            self.ring();
        }
    }
}

/// Leaves on every way out.
struct Leaving(Arc<Seat>);

impl Drop for Leaving {
    fn drop(&mut self) {
        STAGE.leave(&self.0);
    }
}

impl Runtime for AsyncStd {
    type Stream = Stream;
    type Datagrams = Datagrams;
    type Listening = Accepting;

    fn clock(&self) -> Clock {
        crate::clock()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut mine: Option<(Leaving, Waker)> = None;
        async_io::block_on(poll_fn(move |cx| {
            let (Leaving(seat), waker) = mine.get_or_insert_with(|| {
                let seat = STAGE.enter(cx.waker().clone());
                (Leaving(seat.clone()), seat.into())
            });
            seat.awake.store(true, SeqCst);
            for _ in 0..ROUNDS {
                if seat.woken.swap(false, SeqCst)
                    && let Poll::Ready(out) = future.as_mut().poll(&mut Context::from_waker(waker))
                {
                    return Poll::Ready(out);
                }
                STAGE.run();
                if !seat.woken.load(SeqCst) && STAGE.ready() == 0 {
                    break;
                }
            }
            seat.awake.store(false, SeqCst); // from here on whoever pushes rings
            if seat.woken.load(SeqCst) || STAGE.ready() > 0 {
                cx.waker().wake_by_ref();
            }
            Poll::Pending
        }))
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let job = Mutex::new(Some(Box::pin(future) as Job));
        STAGE.push(Arc::new(Task { queued: true.into(), job }));
    }

    fn stream(&self, to: &Endpoint) -> Stream {
        Stream::to(to)
    }

    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Datagrams, Bound)> {
        Datagrams::bind(at)
    }

    fn listen(&self, at: &Endpoint) -> io::Result<Accepting> {
        Accepting::bind(at)
    }

    async fn sleep_until(&self, at: Instant) {
        Timer::at(at).await;
    }
}
