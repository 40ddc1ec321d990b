//! Many calls of one task, and what it costs to wait for them.
//!
//! A batch of a thousand calls is one task with one waker. What wakes it is one answer, or a
//! handful; so it looks up whose they are, and never walks over all that wait.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::{Calling, Client, Hub};
use crate::session::{Call, Session, Ticket};

/// Many calls, their outputs in order: see [`Client::batch`].
#[must_use = "a batch runs when `next` is awaited"]
pub struct Batch<'a, S: Session, C: Call<S>, I> {
    client: &'a Client<S>,
    calls: I,
    window: usize,
    running: VecDeque<Running<'a, S, C>>,
    /// The number of the first in `running`; they are counted through.
    first: u64,
    /// Whose each ticket is.
    waiting: BTreeMap<Ticket, u64>,
    /// Who is woken when one of them is settled.
    waker: Option<Waker>,
}

enum Running<'a, S: Session, C: Call<S>> {
    Waits(Calling<'a, S, C>),
    Ended(C::Output),
}

impl<'a, S: Session, C: Call<S>, I: Iterator<Item = C>> Batch<'a, S, C, I> {
    pub(super) fn new(client: &'a Client<S>, calls: I, window: usize) -> Self {
        Self {
            client,
            calls,
            window: window.max(1),
            running: VecDeque::new(),
            first: 0,
            waiting: BTreeMap::new(),
            waker: None,
        }
    }

    /// The output of the next call; `None` after the last.
    pub async fn next(&mut self) -> Option<C::Output> {
        poll_fn(|cx| self.poll_next(cx)).await
    }

    fn poll_next(&mut self, cx: &Context<'_>) -> Poll<Option<C::Output>> {
        let waits = !matches!(self.running.front(), Some(Running::Ended(_)));
        let before = self.running.len();
        // A slow reader of outputs does not let the wire run dry; a fast one begins calls by the
        // handful, with the lock taken once.
        if waits || before <= self.window / 2 {
            self.begin();
        }
        if waits || self.running.len() > before {
            let client = self.client;
            client.shared().with(|hub, now| self.step(hub, now, cx, before));
        }
        match self.running.pop_front() {
            None => Poll::Ready(None),
            Some(Running::Ended(output)) => {
                self.first += 1;
                Poll::Ready(Some(output))
            }
            Some(waits) => {
                self.running.push_front(waits);
                Poll::Pending
            }
        }
    }

    /// Takes new calls. The iterator is the caller's code: it runs outside the lock.
    fn begin(&mut self) {
        while self.running.len() < self.window
            && let Some(call) = self.calls.next()
        {
            self.running.push_back(Running::Waits(self.client.call(call)));
        }
    }

    /// Steps the calls whose tickets are settled, and those from place `new` on.
    fn step(&mut self, hub: &mut Hub<S>, now: Instant, cx: &Context<'_>, new: usize) {
        let end = self.first + self.running.len() as u64;
        let known = self.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
        if known {
            let settled = hub.settled.iter().filter_map(|ticket| self.waiting.get(ticket));
            let settled: Vec<u64> = settled.copied().collect();
            settled.into_iter().for_each(|number| self.step_one(hub, now, cx, number));
            (self.first + new as u64..end).for_each(|number| self.step_one(hub, now, cx, number));
        } else {
            self.waker = Some(cx.waker().clone());
            (self.first..end).for_each(|number| self.step_one(hub, now, cx, number));
        }
    }

    fn step_one(&mut self, hub: &mut Hub<S>, now: Instant, cx: &Context<'_>, number: u64) {
        let place = usize::try_from(number - self.first).ok();
        let Some(running) = place.and_then(|place| self.running.get_mut(place)) else { return };
        let Running::Waits(calling) = running else { return };
        if let Some(ticket) = calling.ticket() {
            self.waiting.remove(&ticket);
        }
        match calling.poll_in(hub, now, cx) {
            Poll::Ready(output) => *running = Running::Ended(output),
            Poll::Pending => self.waiting.extend(calling.ticket().map(|ticket| (ticket, number))),
        }
    }
}

impl<S: Session, C: Call<S>, I> fmt::Debug for Batch<'_, S, C, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch").field("running", &self.running.len()).finish_non_exhaustive()
    }
}
