//! A wrapper that watches the orders in which a session's methods may be called.
//!
//! The rules are those at the top of [`netlever_core::session`], with the same numbers. Some bind
//! whoever drives the session, some the session itself; a breach panics with its rule. As a panic
//! may happen in a background task, where nobody looks, the first one is also kept for
//! [`assert_kept`].

use std::cell::Cell;
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use netlever_core::{Call, Flow, Link, News, Session, Step, Ticket};

static FIRST_BREACH: Mutex<Option<String>> = Mutex::new(None);

/// Fails when some session of this process, in whichever task, has met a breach.
///
/// # Panics
/// With the first breach.
pub fn assert_kept() {
    let first = FIRST_BREACH.lock().unwrap_or_else(PoisonError::into_inner).take();
    assert_eq!(first, None, "a breach of the contract");
}

#[track_caller]
fn rule(number: u8, kept: bool, breach: &str) {
    if kept || std::thread::panicking() {
        return;
    }
    let breach = format!("rule {number}: {breach}");
    let mut first = FIRST_BREACH.lock().unwrap_or_else(PoisonError::into_inner);
    first.get_or_insert_with(|| breach.clone());
    drop(first);
    panic!("{breach}");
}

/// A session whose callers, and which itself, are held to the rules.
#[derive(Debug)]
pub struct Checked<S: Session> {
    inner: S,
    now: Option<Instant>,
    /// `poll_done` and `poll_event` have said `None` since the last change.
    drained: (bool, bool),
    /// A transport is there.
    up: bool,
    eof: bool,
    /// What `link` has said: `Down` or `Over` while a transport was there, and `Over` ever.
    leaving: Cell<bool>,
    over: Cell<bool>,
    /// The first message was cut: these octets must come again, longer.
    cut: Vec<u8>,
}

impl<S: Session> Checked<S> {
    /// Watches this session from now on.
    pub fn new(inner: S) -> Self {
        Self {
            inner,
            now: None,
            drained: (true, true),
            up: false,
            eof: false,
            leaving: false.into(),
            over: false.into(),
            cut: vec![],
        }
    }

    /// The session itself, to look at or to set something.
    pub fn inner(&mut self) -> &mut S {
        &mut self.inner
    }

    /// Whether a transport is there.
    #[must_use]
    pub const fn up(&self) -> bool {
        self.up
    }

    /// For calls: one step against the session itself.
    pub fn step<T>(&mut self, now: Instant, step: impl FnOnce(&mut S) -> Step<T>) -> Step<T> {
        self.changes(Some(now));
        step(&mut self.inner)
    }

    fn changes(&mut self, now: Option<Instant>) {
        if let Some(now) = now {
            self.passes(now);
        }
        self.drained = (false, false);
    }

    fn passes(&mut self, now: Instant) {
        rule(1, self.now.is_none_or(|before| before <= now), "the clock went back");
        self.now = Some(now);
    }

    fn asks(&self) {
        rule(2, self.drained == (true, true), "asked before poll_done and poll_event said None");
    }
}

impl<S: Session> Session for Checked<S> {
    type Flow = S::Flow;
    type Event = S::Event;

    fn limit(&self) -> usize {
        self.inner.limit()
    }

    fn link(&self) -> Link {
        self.asks();
        let link = self.inner.link();
        rule(5, !self.over.get() || link == Link::Over, "a session came back from Over");
        let leaves = matches!(link, Link::Down | Link::Over);
        rule(5, !self.leaving.get() || leaves, "a session came back from Down before the news");
        self.leaving.set(self.leaving.get() || self.up && leaves);
        self.over.set(link == Link::Over);
        link
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        match news {
            News::Up => {
                rule(3, !self.up, "Up twice");
                rule(3, self.inner.link() == Link::Up, "Up, but no transport is wanted");
                (self.up, self.eof) = (true, false);
                self.cut.clear();
            }
            News::Eof => {
                rule(4, self.up, "Eof without a transport");
                rule(4, !self.eof, "Eof twice");
                rule(5, !self.leaving.get(), "Eof for a session that has left");
                self.eof = true;
            }
            News::Down => {
                rule(4, self.up, "Down without a transport");
                rule(5, self.leaving.get() || self.eof, "Down, but a transport is wanted");
            }
            News::Lost(_) => {}
        }
        if matches!(news, News::Down | News::Lost(_)) {
            self.up = false;
            self.leaving.set(false);
        }
        self.changes(Some(now));
        self.inner.handle_link(now, news);
    }

    fn handle_unreachable(&mut self, now: Instant, flow: S::Flow, why: ErrorKind) {
        rule(4, self.up, "an unreachable peer without a transport");
        self.changes(Some(now));
        self.inner.handle_unreachable(now, flow, why);
    }

    fn wants_input(&self) -> bool {
        self.inner.wants_input()
    }

    fn handle_input(&mut self, now: Instant, flow: S::Flow, input: &[u8]) -> usize {
        rule(4, self.up, "input without a transport");
        rule(4, !self.eof, "input after Eof");
        rule(5, !self.leaving.get(), "input for a session that has left");
        let longer = input.len() > self.cut.len() && input.starts_with(&self.cut);
        rule(6, self.cut.is_empty() || longer, "a cut message came again, but not longer");
        self.changes(Some(now));
        let used = self.inner.handle_input(now, flow, input);
        rule(6, used <= input.len(), "a session used more than there was");
        self.cut.clear();
        if used == 0 && !S::Flow::WHOLE && self.inner.wants_input() {
            self.cut.extend(input);
        }
        used
    }

    fn handle_timeout(&mut self, now: Instant) {
        let due = self.inner.poll_timeout().is_some_and(|at| at <= now);
        rule(8, due, "handle_timeout before its time");
        self.changes(Some(now));
        self.inner.handle_timeout(now);
        let later = self.inner.poll_timeout().is_none_or(|at| at > now);
        rule(8, later, "after handle_timeout a session still wants it");
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<S::Flow> {
        self.asks();
        self.passes(now);
        rule(4, self.up, "poll_transmit without a transport");
        let late = self.inner.poll_timeout().is_some_and(|at| at <= now);
        rule(8, !late, "poll_transmit before a handle_timeout that is due");
        let before = out.len();
        let flow = self.inner.poll_transmit(now, out);
        let appended = out.len() > before || flow.is_none() && out.len() == before;
        rule(4, S::Flow::WHOLE || appended, "poll_transmit appends a message, or says None");
        flow
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.asks();
        self.inner.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<S::Event> {
        let event = self.inner.poll_event();
        self.drained.1 = event.is_none();
        event
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        let done = self.inner.poll_done();
        self.drained.0 = done.is_none();
        done
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.changes(None);
        self.inner.cancel(ticket);
    }

    fn close(&mut self) {
        self.changes(None);
        self.inner.close();
    }
}

/// A call of the session that is being watched.
#[derive(Clone, Debug)]
pub struct On<C>(pub C);

impl<S: Session, C: Call<S>> Call<Checked<S>> for On<C> {
    type Output = C::Output;

    fn step(&mut self, session: &mut Checked<S>, now: Instant) -> Step<C::Output> {
        session.step(now, |session| self.0.step(session, now))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Does as it is told, rightly or wrongly.
    struct Puppet {
        link: Link,
        timeout: Option<Instant>,
        uses: usize,
        appends: usize,
        done: usize,
    }

    impl Session for Puppet {
        type Flow = ();
        type Event = ();
        fn link(&self) -> Link {
            self.link
        }
        fn handle_link(&mut self, _: Instant, _: News) {}
        fn handle_input(&mut self, _: Instant, (): (), _: &[u8]) -> usize {
            self.uses
        }
        fn handle_timeout(&mut self, _: Instant) {}
        fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<()> {
            out.resize(out.len() + self.appends, 0);
            Some(())
        }
        fn poll_timeout(&self) -> Option<Instant> {
            self.timeout
        }
        fn poll_event(&mut self) -> Option<()> {
            None
        }
        fn poll_done(&mut self) -> Option<Ticket> {
            self.done = self.done.checked_sub(1)?;
            Some(Ticket::new(1))
        }
        fn cancel(&mut self, _: Ticket) {}
        fn close(&mut self) {}
    }

    fn up() -> (Checked<Puppet>, Instant) {
        let puppet = Puppet { link: Link::Up, timeout: None, uses: 1, appends: 1, done: 0 };
        let (mut checked, now) = (Checked::new(puppet), Instant::now());
        checked.handle_link(now, News::Up);
        drain(&mut checked);
        (checked, now)
    }

    fn drain(checked: &mut Checked<Puppet>) {
        while checked.poll_done().is_some() {}
        while checked.poll_event().is_some() {}
    }

    const S: Duration = Duration::from_secs(1);

    #[test]
    fn what_keeps_the_rules_passes() {
        let (mut checked, now) = up();
        checked.inner.done = 2;
        assert_eq!(checked.handle_input(now, (), b"xy"), 1);
        drain(&mut checked);
        checked.inner.uses = 0;
        assert_eq!(checked.handle_input(now, (), b"y"), 0);
        drain(&mut checked);
        assert_eq!(checked.handle_input(now, (), b"yz"), 0);
        checked.inner.timeout = Some(now + S);
        drain(&mut checked);
        assert_eq!(checked.poll_transmit(now, &mut vec![]), Some(()));
        checked.handle_link(now, News::Eof);
        drain(&mut checked);
        checked.inner.link = Link::Down;
        assert_eq!(checked.link(), Link::Down);
        assert_eq!(checked.poll_transmit(now, &mut vec![]), Some(()), "last words");
        checked.handle_link(now + S, News::Down);
        drain(&mut checked);
        checked.inner.link = Link::Up;
        assert_eq!(checked.link(), Link::Up, "after the news it may come back");
        checked.handle_link(now + S, News::Up);
    }

    #[test]
    #[should_panic(expected = "rule 1")]
    fn the_clock_goes_back() {
        let (mut checked, now) = up();
        checked.handle_input(now.checked_sub(S).unwrap(), (), b"x");
    }

    #[test]
    #[should_panic(expected = "rule 2")]
    fn asked_before_it_was_drained() {
        let (mut checked, now) = up();
        checked.handle_input(now, (), b"x");
        let _ = checked.poll_done();
        let _ = checked.link();
    }

    #[test]
    #[should_panic(expected = "rule 2")]
    fn drained_but_not_to_the_end() {
        let (mut checked, now) = up();
        checked.inner.done = 1;
        checked.cancel(Ticket::new(1));
        let _ = (checked.poll_done(), checked.poll_event());
        let _ = checked.poll_transmit(now, &mut vec![]);
    }

    #[test]
    #[should_panic(expected = "rule 3: Up twice")]
    fn up_twice() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Up);
    }

    #[test]
    #[should_panic(expected = "rule 3: Up, but")]
    fn up_unwanted() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Lost(ErrorKind::ConnectionReset));
        checked.inner.link = Link::Down;
        checked.handle_link(now, News::Up);
    }

    #[test]
    #[should_panic(expected = "rule 4: input without")]
    fn input_without_a_transport() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Lost(ErrorKind::ConnectionReset));
        checked.handle_input(now, (), b"x");
    }

    #[test]
    #[should_panic(expected = "rule 4: input after Eof")]
    fn input_after_the_end() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Eof);
        checked.handle_input(now, (), b"x");
    }

    #[test]
    #[should_panic(expected = "rule 4: Eof twice")]
    fn two_ends() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Eof);
        checked.handle_link(now, News::Eof);
    }

    #[test]
    #[should_panic(expected = "rule 4: poll_transmit without")]
    fn output_without_a_transport() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Lost(ErrorKind::ConnectionReset));
        drain(&mut checked);
        let _ = checked.poll_transmit(now, &mut vec![]);
    }

    #[test]
    #[should_panic(expected = "rule 4: poll_transmit appends")]
    fn a_message_of_nothing() {
        let (mut checked, now) = up();
        checked.inner.appends = 0;
        let _ = checked.poll_transmit(now, &mut vec![]);
    }

    #[test]
    #[should_panic(expected = "rule 5: input for")]
    fn input_for_one_who_has_left() {
        let (mut checked, now) = up();
        checked.inner.link = Link::Down;
        let _ = checked.link();
        checked.handle_input(now, (), b"x");
    }

    #[test]
    #[should_panic(expected = "rule 5: a session came back from Down")]
    fn a_way_back() {
        let (mut checked, _) = up();
        checked.inner.link = Link::Down;
        let _ = checked.link();
        checked.inner.link = Link::Up;
        let _ = checked.link();
    }

    #[test]
    #[should_panic(expected = "rule 5: a session came back from Over")]
    fn life_after_the_end() {
        let (mut checked, now) = up();
        checked.inner.link = Link::Over;
        let _ = checked.link();
        checked.handle_link(now, News::Down);
        drain(&mut checked);
        checked.inner.link = Link::Up;
        let _ = checked.link();
    }

    #[test]
    #[should_panic(expected = "rule 5: Down, but")]
    fn hung_up_unwanted() {
        let (mut checked, now) = up();
        checked.handle_link(now, News::Down);
    }

    #[test]
    #[should_panic(expected = "rule 6: a session used more")]
    fn used_more_than_there_was() {
        let (mut checked, now) = up();
        checked.inner.uses = 2;
        checked.handle_input(now, (), b"x");
    }

    #[test]
    #[should_panic(expected = "rule 6: a cut message")]
    fn a_cut_message_came_again_as_it_was() {
        let (mut checked, now) = up();
        checked.inner.uses = 0;
        checked.handle_input(now, (), b"x");
        checked.handle_input(now, (), b"x");
    }

    #[test]
    #[should_panic(expected = "rule 8: handle_timeout before")]
    fn an_early_timer() {
        let (mut checked, now) = up();
        checked.inner.timeout = Some(now + S);
        checked.handle_timeout(now);
    }

    #[test]
    #[should_panic(expected = "rule 8: after handle_timeout")]
    fn a_timer_that_rings_on() {
        let (mut checked, now) = up();
        checked.inner.timeout = Some(now);
        checked.handle_timeout(now);
    }

    #[test]
    #[should_panic(expected = "rule 8: poll_transmit before")]
    fn output_before_a_timer_that_is_due() {
        let (mut checked, now) = up();
        checked.inner.timeout = Some(now);
        let _ = checked.poll_transmit(now, &mut vec![]);
    }
}
