//! The client's side of a connection to dhcpd.
//!
//! ```text
//!                 a call waits, no backoff                     News::Up: send introduction
//!        Down ─────────────────────────────► (dialling) ──────────┐  and OPEN authenticator
//!         ▲ ▲                                                     ▼
//!         │ └── News::Down ── Leaving ◄── idle, broken peer ── Greeting ── its introduction
//!         │                      ▲                                │
//!         │                      │ STATUS: the key is refused     ▼
//!         │                      ├──────────────────────── Authenticating (skipped unsigned)
//!         │                      │                                │ UPDATE: handle = authid
//!         └── News::Lost ────────┴─────────────────────────── Ready: bursts
//!             owed calls end,                                     │ UPDATE control state 2
//!             queued ones wait for the next link                  ▼
//!                                              Leaving ◄─ end ─ Draining: shutting dhcpd down
//! ```
//!
//! # Bursts
//!
//! dhcpd aborts when the length of a signature lies across an edge of its 4048-octet buffers
//! (4.4.3-P1). Both buffers are surely empty only when nothing is owed, so requests go out in
//! *bursts*: as many as surely fit, then nothing until the last answer is there. How many fit is
//! learnt from the largest answer seen on the connection, once one was of a lease that is held. A
//! call that timed out or was dropped keeps its place, so the burst stays closed until its answer
//! has come.

mod answers;
mod burst;
mod config;
mod handshake;

use std::collections::{BTreeSet, VecDeque};
use std::convert::Infallible;
use std::io::ErrorKind;
use std::time::{Duration, Instant};

pub(crate) use answers::status;
use burst::Burst;
pub use burst::{BURST, BURST_OBJECTS, BURST_REQUESTS};
pub use config::{Config, Counters};

use crate::backoff::{Chance, Reconnect, Retries};
use crate::desk::{Desk, Fail};
use crate::omapi::error::{Error, Fault};
use crate::omapi::guard;
use crate::omapi::request::{Answer, Expects, Handle, ObjectType, Request};
use crate::omapi::wire::{self, Decoder, Header, Opcode};
use crate::session::{Link, News, Session, Step, Ticket, later};

/// How many deleted handles a connection remembers.
const DELETED: usize = 65_536;

/// The client session: see the module's page.
#[derive(Debug)]
pub struct Omapi {
    config: Config,
    desk: Desk<Request, Answer, Error>,
    phase: Phase,
    decoder: Decoder,
    /// Handshake octets to be sent.
    greeting: Vec<u8>,
    /// Requests on the wire, in order.
    flight: VecDeque<Flight>,
    burst: Burst,
    retries: Retries,
    /// The number of the present connection.
    link: u64,
    authid: u32,
    tid: u32,
    deleted: BTreeSet<u32>,
    /// When the handshake, or the idle time, ends.
    until: Option<Instant>,
    /// When the rate allows the next request.
    allowed: Option<Instant>,
    /// Why the last dial failed, until one succeeds: what a call hears that waited in vain.
    unreachable: Option<ErrorKind>,
    /// What ended the session for good.
    end: Option<Error>,
    counters: Counters,
    pub(crate) patience: Option<Duration>,
    pub(crate) expert: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No transport.
    Down,
    /// Waits for the introduction.
    Greeting,
    /// Waits for the authenticator's handle.
    Authenticating,
    Ready,
    /// The server was told to shut down: it says nothing more.
    Draining,
    /// To be hung up.
    Leaving,
}

#[derive(Debug)]
struct Flight {
    ticket: Ticket,
    tid: u32,
    expects: Expects,
    object_type: Option<ObjectType>,
}

impl Omapi {
    /// A session that dials when the first call waits.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut chance = Chance::new(config.seed);
        let tid = chance.number() as u32;
        Self {
            desk: Desk::new(BURST_REQUESTS, config.bound),
            phase: Phase::Down,
            decoder: Decoder::new(config.limits),
            greeting: Vec::new(),
            flight: VecDeque::new(),
            burst: Burst::default(),
            retries: Retries::new(config.reconnect, chance.number()),
            link: 0,
            authid: 0,
            tid,
            deleted: BTreeSet::new(),
            until: None,
            allowed: None,
            unreachable: None,
            end: None,
            counters: Counters::default(),
            patience: None,
            expert: config.expert,
            config,
        }
    }

    /// How it behaves.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// What it has seen.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    /// Whether the handshake is done and requests can go out.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }

    /// Whether a lost link is dialled again.
    pub(crate) fn reconnects(&self) -> bool {
        self.end.is_none() && matches!(self.config.reconnect, Reconnect::Backoff(_))
    }

    /// When a call that begins now has to end.
    pub(crate) fn deadline(&self, now: Instant) -> Instant {
        later(now, self.patience.unwrap_or(self.config.deadline))
    }

    /// Submits a request under the guard rails, then waits for its answer, whatever it says.
    pub(crate) fn ask(
        &mut self,
        mine: &mut Option<Ticket>,
        until: Instant,
        request: impl FnOnce() -> Request,
    ) -> Step<Result<Answer, Error>> {
        if mine.is_some() {
            return self.desk.step(mine, until, request);
        }
        if let Some(end) = &self.end {
            return Step::Done(Err(end.clone()));
        }
        let request = request();
        if let Err(refusal) = self.guarded(&request) {
            return Step::Done(Err(refusal));
        }
        self.desk.step(mine, until, || request)
    }

    /// Whether the guard rails let this request pass.
    pub(crate) fn guarded(&self, request: &Request) -> Result<(), Error> {
        if self.expert {
            return Ok(());
        }
        let (message, object) = (request.message.as_dictionary(), request.object.as_dictionary());
        let object_type = request.object_type.as_ref().map(ObjectType::as_str);
        match request.opcode {
            Opcode::Open => {
                guard::check_open(object_type.unwrap_or(""), message, object, self.config.family)?;
            }
            Opcode::Update => guard::check_update(object_type, object, self.config.family)?,
            // The handles that are spent are known to `on_wire`; the rest the server refuses itself.
            Opcode::Delete | Opcode::Refresh | Opcode::Notify | Opcode::Status => {}
        }
        Ok(())
    }

    /// The handle as it stands on the wire, if it means what it meant when it was given.
    fn on_wire(&self, handle: Handle) -> Result<u32, Error> {
        let stale = handle.link().is_some_and(|link| link != self.link)
            || self.deleted.contains(&handle.number());
        if stale { Err(Error::StaleHandle(handle.number())) } else { Ok(handle.number()) }
    }

    // --- the link ---------------------------------------------------------------------------

    fn ready(&mut self, now: Instant) {
        self.phase = Phase::Ready;
        self.counters.links += 1;
        self.retries.succeeded();
        self.rest(now);
    }

    /// Nothing is owed: a new burst may begin, and idleness counts from now.
    fn rest(&mut self, now: Instant) {
        self.burst = Burst::default();
        self.until = self.config.idle.filter(|_| !self.desk.waiting()).map(|idle| later(now, idle));
    }

    /// The transport has ended, or is to end: what is owed ends with this error.
    fn lose(&mut self, now: Instant, error: impl Fn(bool) -> Error, phase: Phase) {
        let drained = self.phase == Phase::Draining;
        self.phase = phase;
        self.until = None;
        self.deleted.clear();
        for flight in std::mem::take(&mut self.flight) {
            // A server that shuts down says so by hanging up.
            if drained && flight.expects == Expects::Silence {
                self.desk.settle(flight.ticket, Ok(Answer::hung_up()));
            }
        }
        if !self.retries.failed(now) {
            self.desk.close();
            self.end.get_or_insert_with(|| error(false));
        }
        self.desk.lose_with(error);
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

    /// The link ends otherwise than a server that shuts down ends it.
    fn no_farewell(&mut self) {
        if self.phase == Phase::Draining {
            self.phase = Phase::Ready;
        }
    }

    /// The server breaks the protocol.
    fn broken(&mut self, now: Instant, fault: Fault) {
        self.no_farewell();
        self.lose(now, |sent| Error::Broken { fault: fault.clone(), sent }, Phase::Leaving);
    }

    /// The key is not accepted, and will not be when asked again.
    fn refused(&mut self, now: Instant, error: Error) {
        self.desk.close();
        self.end = Some(error.clone());
        self.lose(now, |_| error.clone(), Phase::Leaving);
    }

    // --- output -----------------------------------------------------------------------------

    /// Whether the rate allows a request now.
    fn allows(&self, now: Instant) -> bool {
        self.allowed.is_none_or(|at| at <= now)
    }

    fn count_rate(&mut self, now: Instant) {
        let Some(rate) = self.config.rate.filter(|rate| *rate > 0) else { return };
        let from = self.allowed.map_or(now, |at| at.max(now));
        self.allowed = Some(from + Duration::from_secs(1) / rate);
    }

    /// The next request that this burst has room for, with its handle as on the wire.
    fn next(&mut self, now: Instant) -> Option<(Ticket, Request, u32)> {
        loop {
            let signature =
                self.config.key.as_ref().map_or(0, |key| key.algorithm().signature_len());
            let burst = &self.burst;
            let (ticket, request) = self.desk.send_next(now, |request| {
                burst.has_room(request.len() + signature, request.expects)
            })?;
            match request.handle.as_ref().map_or(Ok(0), |handle| self.on_wire(handle.clone())) {
                Ok(handle) => return Some((ticket, request, handle)),
                Err(stale) => self.desk.settle(ticket, Err(stale)),
            };
        }
    }
}

impl Session for Omapi {
    type Flow = ();
    type Event = Infallible;

    fn limit(&self) -> usize {
        self.config.limits.message
    }

    fn link(&self) -> Link {
        match self.phase {
            Phase::Leaving if self.end.is_some() || self.desk.over() => Link::Over,
            Phase::Leaving => Link::Down,
            _ if self.desk.over() => Link::Over,
            Phase::Down if !self.desk.waiting() || self.retries.waits() => Link::Down,
            _ => Link::Up,
        }
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        match news {
            News::Up => self.greet(now),
            News::Down | News::Lost(_) if self.phase == Phase::Leaving => self.left(news),
            News::Eof => {
                let why = ErrorKind::UnexpectedEof;
                self.lose(now, |sent| Fail::Lost { sent, why }.into(), Phase::Leaving);
            }
            News::Down => {
                let why = ErrorKind::NotConnected;
                self.lose(now, |sent| Fail::Lost { sent, why }.into(), Phase::Down);
            }
            News::Lost(why) => {
                if !matches!(why, ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted) {
                    self.no_farewell();
                }
                self.unreachable = Some(why).filter(|_| self.phase == Phase::Down);
                self.lose(now, |sent| Fail::Lost { sent, why }.into(), Phase::Down);
            }
        }
    }

    fn handle_input(&mut self, now: Instant, (): (), input: &[u8]) -> usize {
        if self.phase == Phase::Greeting {
            return self.introduced(now, input);
        }
        // The decoder is lent out while the message that it found is looked at.
        let mut decoder = std::mem::replace(&mut self.decoder, Decoder::new(self.config.limits));
        let used = match decoder.decode(input) {
            Ok(None) => 0,
            Ok(Some(message)) => {
                if self.phase == Phase::Authenticating {
                    self.authenticated(now, &message);
                } else {
                    self.answered(now, &message);
                }
                message.len()
            }
            Err(fault) => {
                self.broken(now, fault.into());
                input.len()
            }
        };
        self.decoder = decoder;
        used
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.retries.handle_timeout(now);
        self.allowed = self.allowed.filter(|at| *at > now);
        let unreachable = self.unreachable;
        self.desk.expire_with(now, |sent| match unreachable {
            Some(why) if !sent => Fail::Lost { sent, why }.into(),
            _ => Fail::TimedOut { sent }.into(),
        });
        let stalled = self.stalls().is_some_and(|at| at <= now);
        let late = self.until.is_some_and(|at| at <= now);
        match self.phase {
            Phase::Greeting | Phase::Authenticating if late => {
                let why = ErrorKind::TimedOut;
                self.lose(now, |sent| Fail::Lost { sent, why }.into(), Phase::Leaving);
            }
            Phase::Ready | Phase::Draining if stalled => {
                self.no_farewell();
                let why = ErrorKind::TimedOut;
                self.lose(now, |sent| Fail::Lost { sent, why }.into(), Phase::Leaving);
            }
            Phase::Ready if late => {
                self.until = None;
                if self.flight.is_empty() && !self.desk.waiting() {
                    self.phase = Phase::Leaving;
                    self.deleted.clear();
                }
            }
            _ => {}
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        if !self.greeting.is_empty() {
            out.append(&mut self.greeting);
            return Some(());
        }
        if self.phase != Phase::Ready || !self.allows(now) {
            return None;
        }
        let Some((ticket, request, handle)) = self.next(now) else {
            if self.until.is_none() && self.flight.is_empty() {
                self.rest(now); // the last call went before it was sent
            }
            return None;
        };
        self.until = None;
        let tid = next_tid(&mut self.tid);
        let header =
            Header { authid: self.authid, opcode: request.opcode.code(), handle, tid, rid: 0 };
        let start = out.len();
        let (message, object) = (request.message.as_dictionary(), request.object.as_dictionary());
        wire::encode(out, &header, message, object, self.config.key.as_ref());
        if self.burst.requests == 0 {
            self.counters.bursts += 1;
        }
        self.counters.requests += 1;
        self.burst.add(out.len() - start, request.expects, self.counters.largest);
        self.count_rate(now);
        if request.opcode == Opcode::Delete {
            self.forget(handle);
        }
        if request.expects == Expects::Silence {
            self.phase = Phase::Draining;
        }
        let (expects, object_type) = (request.expects, request.object_type);
        self.flight.push_back(Flight { ticket, tid, expects, object_type });
        Some(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let rate = self.allowed.filter(|_| self.desk.queued() > 0 && self.phase == Phase::Ready);
        let times = [self.desk.poll_timeout(), self.retries.poll_timeout(), self.until];
        times.into_iter().chain([rate, self.stalls()]).flatten().min()
    }

    fn poll_event(&mut self) -> Option<Infallible> {
        None
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

impl Omapi {
    /// When the oldest owed answer has been owed for too long. A server that shuts down owes none
    /// while somebody waits for its end.
    fn stalls(&self) -> Option<Instant> {
        let (oldest, since) = self.desk.first()?;
        let owes = match self.phase {
            Phase::Ready => true,
            Phase::Draining => !self.desk.waits_for(oldest),
            _ => false,
        };
        owes.then(|| later(since, self.config.stall))
    }

    /// A deleted object's handle is not used again: a second DELETE of a group kills dhcpd.
    fn forget(&mut self, handle: u32) {
        self.deleted.insert(handle);
        if self.deleted.len() > DELETED {
            self.deleted.pop_first();
        }
    }
}

/// The next transaction id; never 0, which means "a request".
fn next_tid(tid: &mut u32) -> u32 {
    *tid = tid.wrapping_add(1).max(1);
    *tid
}
