//! Calls that wait, and places on the wire: the part that every client session shares.
//!
//! A window confuses two things that a [`Desk`] keeps apart. A *call* waits for its answer until
//! its deadline, or until nobody wants it any more. A *place on the wire* is taken from the moment
//! when a request is sent until its answer comes, also when the call has long gone: the peer owes
//! an answer, and the next one belongs to whoever stands next.
//!
//! ```text
//!   step ──► queue ──send──► owed ──settle──► answered ──step──► the caller
//!              │               │                 ▲
//!              │ expire, cancel│ expire          │ expire, lose: an error
//!              ▼               ▼                 │
//!           removed      place stays taken ──────┘
//! ```
//!
//! [`Desk::step`] is what a [`Call`](crate::session::Call) is made of; the session uses the rest.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::time::Instant;

use crate::session::{Step, Ticket};

/// Why a call ended without an answer. Each protocol's error wraps it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fail {
    /// Too many calls are waiting already; nothing was sent.
    #[error("too many calls are waiting; nothing was sent")]
    Busy,
    /// The session is closed; nothing was sent.
    #[error("the session is closed; nothing was sent")]
    Closed,
    /// The deadline passed first.
    #[error("no answer before the deadline ({})", was(*sent))]
    TimedOut {
        /// Whether the request may have been carried out.
        sent: bool,
    },
    /// The link was lost, or could not be had.
    #[error("the connection failed: {why} ({})", was(*sent))]
    Lost {
        /// Whether the request may have been carried out.
        sent: bool,
        /// What the system said.
        why: ErrorKind,
    },
}

impl Fail {
    /// Whether the request may have been carried out by the peer.
    #[must_use]
    pub const fn sent(self) -> bool {
        matches!(self, Self::TimedOut { sent: true } | Self::Lost { sent: true, .. })
    }
}

const fn was(sent: bool) -> &'static str {
    if sent { "the request was sent and may have been carried out" } else { "nothing was sent" }
}

/// Requests of type `R`, answers of type `T`, errors of type `E`, in the order of their tickets.
#[derive(Debug)]
pub struct Desk<R, T, E = Fail> {
    window: usize,
    bound: usize,
    next: u64,
    stride: u64,
    closed: bool,
    /// Not sent yet.
    queue: BTreeMap<Ticket, R>,
    /// Sent, and when: the peer owes an answer, even to a call that has gone.
    owed: BTreeMap<Ticket, Instant>,
    /// Calls that wait, by deadline.
    due: BTreeSet<(Instant, Ticket)>,
    slots: BTreeMap<Ticket, Slot<T, E>>,
    done: VecDeque<Ticket>,
}

#[derive(Debug)]
struct Slot<T, E> {
    until: Instant,
    answer: Option<Result<T, E>>,
}

impl<R, T, E: From<Fail>> Desk<R, T, E> {
    /// At most `window` requests on the wire, at most `bound` calls in all; one more is
    /// [`Fail::Busy`] at once. An answer that was not taken yet still counts.
    #[must_use]
    pub fn new(window: usize, bound: usize) -> Self {
        Self::with_tickets(window, bound, 1, 1)
    }

    /// The same, with tickets `first`, `first + stride`, …: a session with two desks gives each
    /// its own numbers.
    #[must_use]
    pub fn with_tickets(window: usize, bound: usize, first: u64, stride: u64) -> Self {
        Self {
            window,
            bound,
            next: first,
            stride,
            closed: false,
            queue: BTreeMap::new(),
            owed: BTreeMap::new(),
            due: BTreeSet::new(),
            slots: BTreeMap::new(),
            done: VecDeque::new(),
        }
    }

    /// One exchange of a call: submits `request` the first time, with the deadline `until`; later
    /// says whether the answer is there. `mine` is the call's own memory of its ticket.
    pub fn step(
        &mut self,
        mine: &mut Option<Ticket>,
        until: Instant,
        request: impl FnOnce() -> R,
    ) -> Step<Result<T, E>> {
        let ticket = match *mine {
            Some(ticket) => ticket,
            None if self.closed => return Step::Done(Err(Fail::Closed.into())),
            None if self.slots.len() >= self.bound => return Step::Done(Err(Fail::Busy.into())),
            None => {
                let ticket = Ticket(self.next);
                self.next += self.stride;
                self.queue.insert(ticket, request());
                self.due.insert((until, ticket));
                self.slots.insert(ticket, Slot { until, answer: None });
                *mine.insert(ticket)
            }
        };
        let Some(slot) = self.slots.get_mut(&ticket) else {
            *mine = None; // cancelled under the caller's feet
            return Step::Done(Err(Fail::Closed.into()));
        };
        let Some(answer) = slot.answer.take() else { return Step::Wait(ticket) };
        self.slots.remove(&ticket);
        *mine = None; // a next step would be a next exchange
        Step::Done(answer)
    }

    /// The next request, in order, and its place on the wire; `None` when the window is full, the
    /// queue empty, or the next one does not fit.
    pub fn send_next(
        &mut self,
        now: Instant,
        fits: impl FnOnce(&R) -> bool,
    ) -> Option<(Ticket, R)> {
        if self.owed.len() >= self.window {
            return None;
        }
        let entry = self.queue.first_entry()?;
        if !fits(entry.get()) {
            return None;
        }
        let (ticket, request) = entry.remove_entry();
        self.owed.insert(ticket, now);
        Some((ticket, request))
    }

    /// The first request of the queue that fits, which may overtake others: for a protocol whose
    /// far ends do not wait for each other.
    pub fn send_any(
        &mut self,
        now: Instant,
        mut fits: impl FnMut(&R) -> bool,
    ) -> Option<(Ticket, R)> {
        if self.owed.len() >= self.window {
            return None;
        }
        let ticket = *self.queue.iter().find(|(_, request)| fits(request))?.0;
        let request = self.queue.remove(&ticket)?;
        self.owed.insert(ticket, now);
        Some((ticket, request))
    }

    /// Whose answer comes next where answers come in order, and since when it is owed.
    #[must_use]
    pub fn first(&self) -> Option<(Ticket, Instant)> {
        self.owed.first_key_value().map(|(ticket, since)| (*ticket, *since))
    }

    /// How many requests are on the wire.
    #[must_use]
    pub fn owed(&self) -> usize {
        self.owed.len()
    }

    /// How many requests wait for a place on the wire.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Frees the place of this ticket and ends its call; `false`: nobody waits for it any more
    /// (count it).
    pub fn settle(&mut self, ticket: Ticket, answer: Result<T, E>) -> bool {
        self.owed.remove(&ticket);
        self.end(ticket, answer)
    }

    /// Ends the calls whose deadline has passed. A place on the wire stays taken until its answer
    /// comes or the link ends.
    pub fn expire(&mut self, now: Instant) {
        self.expire_with(now, |sent| Fail::TimedOut { sent }.into());
    }

    /// [`expire`](Self::expire) with an error of the protocol's own; `sent` as in [`Fail`].
    pub fn expire_with(&mut self, now: Instant, error: impl Fn(bool) -> E) {
        while let Some((_, ticket)) = self.due.first().copied().filter(|due| due.0 <= now) {
            let sent = self.owed.contains_key(&ticket);
            self.end(ticket, Err(error(sent)));
        }
    }

    /// The link has ended: what was sent ends with `answer`; what was not waits for the next link,
    /// unless the desk is closed, when it ends too.
    pub fn lose(&mut self, why: ErrorKind) {
        self.lose_with(|sent| Fail::Lost { sent, why }.into());
    }

    /// [`lose`](Self::lose) with an error of the protocol's own; `sent` as in [`Fail`].
    pub fn lose_with(&mut self, error: impl Fn(bool) -> E) {
        for ticket in std::mem::take(&mut self.owed).into_keys() {
            self.end(ticket, Err(error(true)));
        }
        if self.closed {
            for ticket in std::mem::take(&mut self.queue).into_keys() {
                self.end(ticket, Err(error(false)));
            }
        }
    }

    /// Ends those calls that were not sent and for which there is an error.
    pub fn refuse(&mut self, error: impl Fn(&R) -> Option<E>) {
        let refused: Vec<_> = self
            .queue
            .iter()
            .filter_map(|(ticket, request)| Some((*ticket, error(request)?)))
            .collect();
        for (ticket, error) in refused {
            self.end(ticket, Err(error));
        }
    }

    /// Nobody waits for this call any more. What was not sent is not sent.
    pub fn cancel(&mut self, ticket: Ticket) {
        if let Some(slot) = self.slots.remove(&ticket) {
            self.due.remove(&(slot.until, ticket));
            self.queue.remove(&ticket);
        }
    }

    /// No new calls.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// Whether [`close`](Self::close) was said.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// Whether the call of this ticket waits for its answer.
    #[must_use]
    pub fn waits_for(&self, ticket: Ticket) -> bool {
        self.slots.get(&ticket).is_some_and(|slot| slot.answer.is_none())
    }

    /// Whether some call waits for an answer.
    #[must_use]
    pub fn waiting(&self) -> bool {
        !self.due.is_empty()
    }

    /// Closed, and no call waits.
    #[must_use]
    pub fn over(&self) -> bool {
        self.closed && self.due.is_empty()
    }

    /// The earliest deadline.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.first().map(|due| due.0)
    }

    /// The next call whose wait is over.
    pub fn poll_done(&mut self) -> Option<Ticket> {
        self.done.pop_front()
    }

    fn end(&mut self, ticket: Ticket, answer: Result<T, E>) -> bool {
        self.queue.remove(&ticket);
        let Some(slot) = self.slots.get_mut(&ticket).filter(|slot| slot.answer.is_none()) else {
            return false;
        };
        self.due.remove(&(slot.until, ticket));
        slot.answer = Some(answer);
        self.done.push_back(ticket);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn desk() -> (Desk<&'static str, u32>, Instant) {
        (Desk::new(2, 3), Instant::now())
    }

    fn ask(
        desk: &mut Desk<&'static str, u32>,
        mine: &mut Option<Ticket>,
        until: Instant,
    ) -> Step<Result<u32, Fail>> {
        desk.step(mine, until, || "request")
    }

    #[test]
    fn one_past_the_bound_is_busy_and_an_untaken_answer_still_counts() {
        let (mut desk, now) = desk();
        let mut mine = [None; 4];
        for ticket in &mut mine[..3] {
            assert!(matches!(ask(&mut desk, ticket, now + S), Step::Wait(_)));
        }
        assert_eq!(ask(&mut desk, &mut mine[3], now + S), Step::Done(Err(Fail::Busy)));
        let (first, _) = desk.send_next(now, |_| true).unwrap();
        assert!(desk.settle(first, Ok(7)));
        assert_eq!(ask(&mut desk, &mut mine[3], now + S), Step::Done(Err(Fail::Busy)));
        assert_eq!(ask(&mut desk, &mut mine[0], now + S), Step::Done(Ok(7)));
        assert!(matches!(ask(&mut desk, &mut mine[3], now + S), Step::Wait(_)));
    }

    #[test]
    fn a_call_that_timed_out_keeps_its_place_until_the_answer_comes() {
        let (mut desk, now) = desk();
        let (mut a, mut b, mut c) = (None, None, None);
        for mine in [&mut a, &mut b, &mut c] {
            let _ = ask(&mut desk, mine, now + S);
        }
        let (first, _) = desk.send_next(now, |_| true).unwrap();
        let _second = desk.send_next(now, |_| true).unwrap();
        assert!(desk.send_next(now, |_| true).is_none(), "the window is full");
        desk.expire(now + S);
        assert_eq!(ask(&mut desk, &mut a, now), Step::Done(Err(Fail::TimedOut { sent: true })));
        assert_eq!(
            ask(&mut desk, &mut c, now),
            Step::Done(Err(Fail::TimedOut { sent: false })),
            "the third was never sent"
        );
        assert_eq!((desk.owed(), desk.queued()), (2, 0));
        assert!(!desk.settle(first, Ok(1)), "nobody waits for it");
        assert_eq!(desk.owed(), 1);
    }

    #[test]
    fn a_cancelled_request_is_not_sent_but_one_on_the_wire_keeps_its_place() {
        let (mut desk, now) = desk();
        let (mut a, mut b) = (None, None);
        let _ = (ask(&mut desk, &mut a, now + S), ask(&mut desk, &mut b, now + S));
        let (sent, _) = desk.send_next(now, |_| true).unwrap();
        desk.cancel(sent);
        desk.cancel(b.unwrap());
        assert!(desk.send_next(now, |_| true).is_none());
        assert_eq!((desk.owed(), desk.poll_timeout()), (1, None));
        assert_eq!(desk.first().map(|first| first.0), Some(sent));
    }

    #[test]
    fn a_lost_link_ends_what_was_sent_and_only_that() {
        let (mut desk, now) = desk();
        let (mut a, mut b) = (None, None);
        let _ = (ask(&mut desk, &mut a, now + S), ask(&mut desk, &mut b, now + S));
        desk.send_next(now, |_| true).unwrap();
        desk.lose(ErrorKind::ConnectionReset);
        let lost = |sent| Step::Done(Err(Fail::Lost { sent, why: ErrorKind::ConnectionReset }));
        assert_eq!(ask(&mut desk, &mut a, now + S), lost(true));
        assert!(matches!(ask(&mut desk, &mut b, now + S), Step::Wait(_)));
        desk.close();
        desk.lose(ErrorKind::ConnectionReset);
        assert_eq!(ask(&mut desk, &mut b, now + S), lost(false));
        assert!(desk.over());
        assert_eq!(ask(&mut desk, &mut a, now + S), Step::Done(Err(Fail::Closed)));
    }

    #[test]
    fn calls_that_were_not_sent_are_refused_one_by_one() {
        let mut desk: Desk<u8, ()> = Desk::new(1, 9);
        let now = Instant::now();
        let mut calls = [None; 3];
        for (call, size) in calls.iter_mut().zip(0..) {
            let _ = desk.step(call, now + S, || size);
        }
        desk.send_next(now, |_| true).unwrap();
        desk.refuse(|size| (*size < 2).then_some(Fail::Busy));
        let steps = calls.map(|mut call| desk.step(&mut call, now + S, || 0));
        assert!(matches!(steps[0], Step::Wait(_)), "it was sent");
        assert_eq!(steps[1], Step::Done(Err(Fail::Busy)));
        assert!(matches!(steps[2], Step::Wait(_)));
    }

    #[test]
    fn what_does_not_fit_holds_the_line_or_is_overtaken() {
        let mut desk: Desk<u8, ()> = Desk::new(9, 9);
        let now = Instant::now();
        for size in [9, 1] {
            let _ = desk.step(&mut None, now + S, || size);
        }
        assert!(desk.send_next(now, |size| *size < 5).is_none());
        assert_eq!(desk.send_any(now, |size| *size < 5).map(|sent| sent.1), Some(1));
    }
}
