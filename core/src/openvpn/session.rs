//! The client's side of a connection to a daemon.
//!
//! ```text
//!              wanted: always, or while a call waits              News::Up
//!        Down ───────────────────────────────► (dialling) ───────────────┐
//!         ▲ ▲                                                            ▼
//!         │ └── News::Down ── Leaving ◄── nothing came: Occupied ──── Greeting
//!         │                      ▲                                    │      │ ENTER PASSWORD:
//!         │                      ├─── wrong password, or none given ──│── Locked
//!         │                      │                                    ▼      ▼ SUCCESS, >INFO
//!         └── News::Lost ────────┴── end of file, broken, idle ──── Ready: settings, then calls
//!             what is owed ends, what was not sent waits for the next link
//! ```
//!
//! It dials, or a daemon with `management-client` is let in through a [`Door`](crate::door::Door):
//! the octets are the same.
//!
//! # Pipelining
//!
//! The daemon answers strictly in order, so commands go out without waiting, up to [`WINDOW`] and
//! [`WINDOW_OCTETS`]; no line has more than [`SAFE_LINE`](super::input::SAFE_LINE) octets, which
//! its input buffer survives in any burst (2.6.14). A call that timed out or was dropped keeps its
//! place: the next answer finds its owner. What has no answer is settled when it is sent. `exit`
//! discards replies that are on their way, so it waits until none is; a session that is closed
//! shuts its sending side instead, for the daemon then answers all and hangs up.

mod config;
mod event;
mod greet;
mod order;
mod replies;

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

pub use config::{Config, Counters, Settings};
pub use event::Event;
pub(crate) use order::word;
use order::{Flight, Order};
use replies::Took;
pub(crate) use replies::refusal;

use super::command::Command;
use super::error::{Error, Fault};
use super::octets::{Secret, Text};
use super::reader::{Answer, Item, Reader};
use super::version::Version;
use crate::backoff::{Chance, Reconnect, Retries};
use crate::desk::{Desk, Fail};
use crate::session::{Link, News, Session, Step, Ticket, later};

/// The most commands on the wire.
pub const WINDOW: usize = 1024;

/// The most octets of commands on the wire, unless one alone has more.
pub const WINDOW_OCTETS: usize = 65_536;

/// All that the daemon says to one command: one reply, two of `log on all`, several of a push
/// update or `test`, none of `exit`.
pub type Replies = Vec<Answer<'static>>;

/// The client session: see the module's page.
#[derive(Debug)]
pub struct Management {
    config: Config,
    desk: Desk<Order, (u64, Replies), Error>,
    phase: Phase,
    reader: Reader,
    /// The management password, to be sent.
    login: Option<Secret>,
    /// The session's own commands, to be sent before those of calls.
    own: VecDeque<Command>,
    /// Commands on the wire, in order, and their octets.
    flight: VecDeque<Flight>,
    octets: usize,
    retries: Retries,
    /// The number of the present connection.
    link: u64,
    /// When the daemon's patience with the greeting, or ours with idleness, ends.
    until: Option<Instant>,
    /// When an answer last came on.
    progress: Option<Instant>,
    /// Something came on this connection.
    heard: bool,
    /// What was last told about the link.
    told: Told,
    /// Why there is no link, until there is one: what a call hears that waited in vain.
    unreachable: Option<Error>,
    /// The daemon's last words.
    fatal: Option<Text<'static>>,
    /// What ended the session for good.
    end: Option<Error>,
    management: Option<u32>,
    version: Option<Version<'static>>,
    pid: Option<u64>,
    events: VecDeque<Event>,
    counters: Counters,
    pub(crate) patience: Option<Duration>,
    /// The connection that a call is for.
    pub(crate) bound_to: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No transport.
    Down,
    /// Waits for the greeting, or for a prompt.
    Greeting,
    /// The password was sent.
    Locked,
    Ready,
    /// To be hung up.
    Leaving,
}

#[derive(Debug)]
enum Told {
    Nothing,
    Up,
    Down(Error),
}

impl Management {
    /// A session that connects at once, or with [`Config::idle`] when the first call waits.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut chance = Chance::new(config.seed);
        let window = if config.one_at_a_time { 1 } else { WINDOW };
        Self {
            desk: Desk::new(window, config.bound),
            phase: Phase::Down,
            reader: Reader::new(config.limits),
            login: None,
            own: VecDeque::new(),
            flight: VecDeque::new(),
            octets: 0,
            retries: Retries::new(config.reconnect, chance.number()),
            link: 0,
            until: None,
            progress: None,
            heard: false,
            told: Told::Nothing,
            unreachable: None,
            fatal: None,
            end: None,
            management: None,
            version: None,
            pid: None,
            events: VecDeque::new(),
            counters: Counters::default(),
            patience: None,
            bound_to: None,
            config,
        }
    }

    /// How it behaves.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What is asked for from the next connect on. For the present connection there are calls.
    pub const fn settings_mut(&mut self) -> &mut Settings {
        &mut self.config.settings
    }

    /// What it has seen.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether the daemon has greeted and commands can go out.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// The version of the interface, from the greeting of this connection.
    #[must_use]
    pub const fn management_version(&self) -> Option<u32> {
        self.management
    }

    /// What the daemon answered when it was last asked for its version, on this connection.
    #[must_use]
    pub const fn version(&self) -> Option<&Version<'static>> {
        self.version.as_ref()
    }

    /// The daemon's title, as `version` told it on this connection.
    #[must_use]
    pub fn release(&self) -> Option<&Text<'static>> {
        self.version.as_ref().map(|version| &version.title)
    }

    /// The daemon's process, when it was asked for on this connection.
    #[must_use]
    pub const fn pid(&self) -> Option<u64> {
        self.pid
    }

    /// The number of the present connection, or of the last.
    #[must_use]
    pub const fn link_number(&self) -> u64 {
        self.link
    }

    /// Forgets version and process: they are asked for when next wanted.
    pub fn forget(&mut self) {
        (self.version, self.pid) = (None, None);
    }

    /// Whether a lost link is dialled again.
    pub(crate) fn reconnects(&self) -> bool {
        self.end.is_none() && matches!(self.config.reconnect, Reconnect::Backoff(_))
    }

    /// When a call that begins now has to end.
    pub(crate) fn deadline(&self, now: Instant) -> Instant {
        later(now, self.patience.unwrap_or(self.config.deadline))
    }

    /// Submits a command, checked, then waits for all its replies, whatever they say, and the
    /// number of the connection that they came on.
    ///
    /// A command that names a client goes out on the connection it is submitted on, or not at all.
    pub(crate) fn ask(
        &mut self,
        mine: &mut Option<Ticket>,
        until: Instant,
        command: &Command,
    ) -> Step<Result<(u64, Replies), Error>> {
        if mine.is_some() {
            return self.desk.step(mine, until, || Order::again(command));
        }
        if let Some(end) = &self.end {
            return Step::Done(Err(end.clone()));
        }
        let here = self.is_ready() && order::names_client(command);
        let link = self.bound_to.or_else(|| here.then_some(self.link));
        match Order::new(command, link) {
            Ok(order) if order.is_stale(self.link) => Step::Done(Err(Error::Stale)),
            Ok(order) => self.desk.step(mine, until, || order),
            Err(wrong) => Step::Done(Err(wrong.into())),
        }
    }

    // --- the link ---------------------------------------------------------------------------

    /// Whether a link is wanted.
    fn wanted(&self) -> bool {
        self.config.idle.is_none() && !self.desk.closed() || self.desk.waiting()
    }

    /// Whether nothing more is to be sent on this link, for there are no new calls.
    fn has_said_all(&self) -> bool {
        self.desk.closed() && self.desk.queued() == 0
    }

    /// Nothing is owed: idleness counts from now.
    fn rest(&mut self, now: Instant) {
        self.until = self.config.idle.filter(|_| !self.desk.waiting()).map(|idle| later(now, idle));
    }

    /// The transport has ended, or is to end: what is owed ends with this error.
    fn lose(&mut self, now: Instant, error: impl Fn(bool) -> Error, phase: Phase) {
        if self.phase == Phase::Ready {
            self.flush();
        } else {
            self.unreachable = Some(error(false));
        }
        self.forget_link(phase);
        if !self.retries.failed(now) {
            self.desk.close();
            self.end.get_or_insert_with(|| error(false));
        }
        self.desk.lose_with(&error);
        // Ids of clients end with the connection.
        self.desk.refuse(|order| order.is_bound().then_some(Error::Stale));
        self.tell_down(error(false));
    }

    fn forget_link(&mut self, phase: Phase) {
        self.phase = phase;
        self.until = None;
        self.flight.clear();
        self.octets = 0;
        self.own.clear();
        self.login = None;
        self.management = None;
        self.forget();
    }

    /// An environment that was half there is told as it is.
    fn flush(&mut self) {
        while let Some(item) = self.reader.finish(&[]) {
            if let Item::Event(notification) = item {
                self.counters.events += 1;
                self.events.push_back(Event::Notification(notification.to_owned()));
            }
        }
    }

    fn tell_down(&mut self, why: Error) {
        let again = matches!(&self.told, Told::Down(told) if *told == why);
        // That a link ends whose session was closed is no news.
        let expected = self.desk.closed() && self.end.is_none();
        if !again && !expected {
            self.told = Told::Down(why.clone());
            self.events.push_back(Event::Down { why });
        }
    }

    /// Hangs up without any trouble.
    fn hang_up(&mut self) {
        self.flush();
        self.forget_link(Phase::Leaving);
        self.tell_down(Error::HungUp);
    }

    /// The transport that was given up has gone. A closed session gets no other one, nor does one
    /// whose driver was dropped: what was not sent ends too.
    fn left(&mut self, news: News) {
        self.phase = Phase::Down;
        if self.desk.closed() {
            let why = if let News::Lost(why) = news { why } else { ErrorKind::NotConnected };
            self.desk.lose_with(|sent| Fail::Lost { sent, why }.into());
        }
    }

    fn lost(&mut self, now: Instant, why: ErrorKind, phase: Phase) {
        match self.fatal.take() {
            Some(text) => self.lose(now, |sent| Error::Ended { text: text.clone(), sent }, phase),
            None => self.lose(now, |sent| Fail::Lost { sent, why }.into(), phase),
        }
    }

    /// The daemon breaks the protocol.
    fn broken(&mut self, now: Instant, fault: Fault) {
        self.lose(now, |sent| Error::Broken { fault: fault.clone(), sent }, Phase::Leaving);
    }

    /// The daemon does not let us in, and will not when asked again.
    fn refused(&mut self, now: Instant, error: Error) {
        self.desk.close();
        self.end = Some(error.clone());
        self.lose(now, |_| error.clone(), Phase::Leaving);
    }

    /// When the oldest owed answer has kept us waiting for too long.
    fn stalls(&self) -> Option<Instant> {
        let since = self.flight.front().filter(|_| self.phase == Phase::Ready)?.since;
        Some(later(self.progress.map_or(since, |at| at.max(since)), self.config.stall))
    }
}

impl Session for Management {
    type Flow = ();
    type Event = Event;

    fn limit(&self) -> usize {
        self.config.limits.line.saturating_add(2)
    }

    fn link(&self) -> Link {
        match self.phase {
            Phase::Leaving if self.end.is_some() || self.desk.over() => Link::Over,
            Phase::Leaving => Link::Down,
            _ if self.desk.over() => Link::Over,
            Phase::Down if !self.wanted() || self.retries.waits() => Link::Down,
            Phase::Ready if self.has_said_all() => Link::Half,
            _ => Link::Up,
        }
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        match news {
            News::Up => self.greet(now),
            News::Down | News::Lost(_) if self.phase == Phase::Leaving => self.left(news),
            News::Eof => self.lost(now, ErrorKind::UnexpectedEof, Phase::Leaving),
            News::Down => self.lost(now, ErrorKind::NotConnected, Phase::Down),
            News::Lost(why) => self.lost(now, why, Phase::Down),
        }
    }

    fn handle_input(&mut self, now: Instant, (): (), input: &[u8]) -> usize {
        self.heard = true;
        while self.phase != Phase::Leaving {
            let (used, took) = match self.reader.next(input) {
                Ok((used, item)) => (used, item.map(Took::of)),
                Err(fault) => {
                    self.broken(now, fault.into());
                    break;
                }
            };
            let Some(took) = took else {
                if used > 0 && self.reader.is_inside() {
                    self.progress = Some(now);
                }
                return used;
            };
            self.take(now, took);
            if used > 0 {
                return used;
            }
            // What is told before its octets are used is told once.
        }
        input.len()
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.retries.handle_timeout(now);
        let unreachable = self.unreachable.as_ref();
        self.desk.expire_with(now, |sent| match unreachable {
            Some(error) if !sent => error.clone(),
            _ => Fail::TimedOut { sent }.into(),
        });
        let stalled = self.stalls().is_some_and(|at| at <= now);
        let late = self.until.is_some_and(|at| at <= now);
        match self.phase {
            Phase::Greeting | Phase::Locked if late => self.no_greeting(now),
            Phase::Ready if stalled => self.lost(now, ErrorKind::TimedOut, Phase::Leaving),
            Phase::Ready if late => {
                self.until = None;
                if self.flight.is_empty() && !self.desk.waiting() {
                    self.hang_up();
                }
            }
            _ => {}
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        if let Some(login) = self.login.take() {
            out.extend_from_slice(login.expose());
            return Some(());
        }
        if self.phase != Phase::Ready || self.has_said_all() {
            return None;
        }
        let sent = self.send(now, out);
        if sent.is_none() && self.until.is_none() && self.flight.is_empty() {
            self.rest(now); // the last call went before it was sent
        }
        sent
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let times =
            [self.desk.poll_timeout(), self.retries.poll_timeout(), self.until, self.stalls()];
        times.into_iter().flatten().min()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        self.desk.poll_done()
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.desk.cancel(ticket);
    }

    fn close(&mut self) {
        self.desk.close();
    }
}
