//! What all connections share: the daemon itself.

use std::collections::{BTreeMap, VecDeque};
use std::mem;
use std::task::Waker;
use std::time::Instant;

use super::agenda::{Act, Agenda, Due};
use super::members::Members;
use super::prompt::Prompt;
use super::seat::{Draft, Outcome, Phase, Seat, Served};
use super::walk::Walk;
use super::{Edition, Fault, Mode, Setup, Strike, clock};
use crate::backoff::Chance;
use crate::session::later;

/// What `state` and `echo` keep.
const HISTORY: usize = 100;
/// What `log` keeps: the daemon's default.
const LOG_HISTORY: usize = 250;
/// Things that may fall due in one step; what repeats is put off beyond them.
const CATCH_UP: usize = 100_000;

/// Settings that outlive a connection.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub(super) verb: i64,
    pub(super) mute: i64,
    pub(super) hold: bool,
    pub(super) auth_retry: &'static str,
    pub(super) env_filter: i64,
    /// What the management client says that it understands.
    pub(super) announced: i64,
    /// Seconds; 0 for never.
    pub(super) bytecount: u64,
}

/// The daemon's memory.
pub(super) struct Store {
    pub(super) setup: Setup,
    pub(super) now: Instant,
    pub(super) chance: Chance,
    pub(super) agenda: Agenda,
    pub(super) settings: Settings,
    pub(super) seat: Option<Seat>,
    /// Connections that wait for the seat, in order.
    pub(super) waiting: VecDeque<u64>,
    arrivals: u64,
    /// Commands with a reply so far, for the faults.
    replies: u64,
    /// Notifications that were dropped.
    pub(super) dropped: u64,
    pub(super) logs: VecDeque<Vec<u8>>,
    pub(super) states: VecDeque<Vec<u8>>,
    pub(super) echoes: VecDeque<Vec<u8>>,
    pub(super) prompt: Option<Prompt>,
    /// Whether the tunnel is up, or about to be: then the commands of its mode are there.
    pub(super) live: bool,
    pub(super) ended: bool,
    pub(super) pid: u64,
    /// When it started, in Unix seconds.
    pub(super) started: u64,
    /// Octets received and sent since then.
    pub(super) totals: (u64, u64),
    pub(super) members: Members,
    pub(super) walk: Walk,
    /// Whether names end in octets that are not UTF-8.
    pub(super) spoiled: bool,
    watchers: BTreeMap<u64, Waker>,
    watcher: u64,
    /// Whether somebody else's connection has something to do.
    stirred: bool,
}

impl Store {
    pub(super) fn new(setup: Setup) -> Self {
        let mut store = Self {
            now: setup.now,
            chance: Chance::new(setup.seed),
            agenda: Agenda::default(),
            settings: Self::settings(&setup),
            seat: None,
            waiting: VecDeque::new(),
            arrivals: 0,
            replies: 0,
            dropped: 0,
            logs: VecDeque::new(),
            states: VecDeque::new(),
            echoes: VecDeque::new(),
            prompt: None,
            live: false,
            ended: false,
            pid: 0,
            started: 0,
            totals: (0, 0),
            members: Members::new(&setup),
            walk: Walk::default(),
            spoiled: false,
            watchers: BTreeMap::new(),
            watcher: 0,
            stirred: false,
            setup,
        };
        store.spoil();
        store.start();
        store
    }

    fn settings(setup: &Setup) -> Settings {
        Settings {
            verb: setup.verb.into(),
            mute: 0,
            hold: setup.hold,
            auth_retry: "none",
            env_filter: 0,
            announced: 1,
            bytecount: 0,
        }
    }

    /// A process of the daemon begins, with nothing in its memory.
    pub(super) fn start(&mut self) {
        self.pid = 1000 + self.chance.below(31_000);
        self.started = self.unix();
        self.settings = Self::settings(&self.setup);
        self.agenda = Agenda::default();
        self.members = Members::new(&self.setup);
        self.walk = Walk::default();
        (self.totals, self.prompt, self.live) = ((0, 0), None, false);
        self.logs.clear();
        self.states.clear();
        self.echoes.clear();
        self.log("", self.setup.edition.title());
        self.state("CONNECTING", "", "");
        self.begin();
        self.begin_churn();
    }

    pub(super) fn edition(&self) -> Edition {
        self.setup.edition
    }

    pub(super) fn is_server(&self) -> bool {
        matches!(self.setup.mode, Mode::Server(_))
    }

    /// The time of day, in Unix seconds.
    pub(super) fn unix(&self) -> u64 {
        self.setup.unix + self.now.saturating_duration_since(self.setup.now).as_secs()
    }

    /// The time of day as printed.
    pub(super) fn clock(&self, unix: u64) -> String {
        clock::text(self.setup.edition, unix)
    }

    // ---- time ----

    /// Lets all happen that is due by now, each thing at its own time.
    pub(super) fn advance(&mut self, now: Instant) {
        for _ in 0..CATCH_UP {
            let Some((at, due)) = self.agenda.pop(now) else { break };
            self.now = self.now.max(at);
            self.fall_due(due);
        }
        self.now = self.now.max(now);
        while let Some((_, due)) = self.agenda.pop(now) {
            // Too much at once: what repeats goes on from now.
            if let Due::Client(cid, Act::Leave | Act::Expire) = due {
                self.leave_client(cid);
            } else {
                self.agenda.set(due, now + std::time::Duration::from_millis(1));
            }
        }
    }

    fn fall_due(&mut self, due: Due) {
        match due {
            Due::Begin => self.begin(),
            Due::Step => self.step(),
            Due::ByteCount => self.tell_bytecount(),
            Due::Arrival => self.churn_arrival(),
            Due::Reauthentication => self.churn_reauthentication(),
            Due::Traffic => self.churn_traffic(),
            Due::Client(cid, act) => self.act(cid, act),
        }
    }

    /// This is due so long from now.
    pub(super) fn after(&mut self, wait: std::time::Duration, due: Due) {
        self.agenda.set(due, later(self.now, wait));
    }

    // ---- connections ----

    /// A connection is there; it is served, or waits. `false`: it is to be closed.
    pub(super) fn arrive(&mut self) -> Option<u64> {
        let held = self.waiting.len() + usize::from(self.seat.is_some());
        if self.ended || held >= self.setup.bounds.connections {
            return None;
        }
        self.arrivals += 1;
        self.waiting.push_back(self.arrivals);
        self.settle();
        Some(self.arrivals)
    }

    /// Whether the connection gets not one octet.
    pub(super) fn ignores(&self, number: u64) -> bool {
        let strike = self.setup.faults.iter().find(|strike| strike.fault == Fault::Busy);
        strike.is_some_and(|strike| strike.when.strikes(number))
    }

    /// The connection has gone.
    pub(super) fn leave(&mut self, number: u64) {
        self.waiting.retain(|waits| *waits != number);
        if self.seat.as_ref().is_some_and(|seat| seat.number == number) {
            self.vacate();
        }
        self.settle();
    }

    fn vacate(&mut self) {
        self.seat = None;
        self.stirred = true;
        self.log("", "MANAGEMENT: Client disconnected");
        if self.edition() >= Edition::V27 || self.is_server() {
            self.settings.bytecount = 0;
            self.agenda.clear(Due::ByteCount);
        }
        if self.setup.ends_with_client {
            self.end();
        }
    }

    /// Frees the seat of a connection that is through, and gives it to the next.
    pub(super) fn settle(&mut self) {
        if let Some(seat) = &mut self.seat
            && seat.ending
        {
            seat.finish();
        }
        if self.seat.as_ref().is_some_and(|seat| seat.closing && seat.is_idle()) {
            self.vacate();
        }
        if self.seat.is_some() || self.ended {
            return;
        }
        while let Some(number) = self.waiting.pop_front() {
            if self.ignores(number) {
                continue;
            }
            let mut seat = Seat::new(number, self.setup.password.is_some());
            seat.served.push_back(Served::Seated);
            self.seat = Some(seat);
            self.stirred = true;
            self.greet_first();
            return;
        }
    }

    fn greet_first(&mut self) {
        let port = 40_000 + self.arrivals % 20_000;
        self.log("", format!("MANAGEMENT: Client connected from [AF_INET]127.0.0.1:{port}"));
        let Some(seat) = &mut self.seat else { return };
        let number = seat.number;
        let strikes = |fault: &Fault| {
            self.setup.faults.iter().any(|it| it.fault == *fault && it.when.strikes(number))
        };
        if strikes(&Fault::WrongPrompt) {
            seat.push(None, b"login: ");
        }
        match seat.phase {
            Phase::Locked(_) => seat.push(None, crate::openvpn::wire::PASSWORD_PROMPT),
            Phase::Ready => self.greet(),
        }
    }

    /// The greeting, and the question that is open.
    pub(super) fn greet(&mut self) {
        let version = self.edition().management();
        self.notify(
            format!(
                ">INFO:OpenVPN Management Interface Version {version} -- type 'help' for more info"
            )
            .as_bytes(),
        );
        self.repeat_prompt();
        self.begin_bytecount();
    }

    /// The daemon is gone when the last words are out.
    pub(super) fn end(&mut self) {
        self.ended = true;
        self.stirred = true;
        self.agenda = Agenda::default();
        self.waiting.clear();
        self.prompt = None;
        if let Some(seat) = &mut self.seat {
            seat.close();
        }
    }

    // ---- lines out ----

    /// Writes a line that nobody asked for.
    pub(super) fn notify(&mut self, line: &[u8]) {
        self.notify_all(&[line]);
    }

    /// Writes lines that belong together, all or none.
    pub(super) fn notify_all(&mut self, lines: &[&[u8]]) {
        let bound = self.setup.bounds.output;
        let Some(seat) = self.seat.as_mut().filter(|seat| seat.is_ready() && !seat.closing) else {
            return;
        };
        if seat.waiting >= bound {
            self.dropped += 1;
            return;
        }
        self.stirred = true;
        let mut octets = Vec::new();
        for line in lines {
            octets.extend_from_slice(line);
            octets.extend_from_slice(b"\r\n");
        }
        match &mut seat.draft {
            Some(draft) => draft.octets.extend_from_slice(&octets),
            None => seat.push(None, &octets),
        }
    }

    /// Writes a line of the reply.
    pub(super) fn reply(&mut self, line: impl AsRef<[u8]>) {
        self.reply_octets(&[line.as_ref(), b"\r\n"].concat());
    }

    /// Writes lines of the reply, with their line ends.
    pub(super) fn reply_octets(&mut self, octets: &[u8]) {
        let Some(seat) = &mut self.seat else { return };
        let draft = seat.draft.get_or_insert_with(Draft::default);
        draft.reply.get_or_insert(draft.octets.len());
        draft.octets.extend_from_slice(octets);
    }

    pub(super) fn success(&mut self, text: impl AsRef<[u8]>) {
        self.reply([b"SUCCESS: ", text.as_ref()].concat());
    }

    pub(super) fn error(&mut self, text: impl AsRef<[u8]>) {
        self.reply([b"ERROR: ", text.as_ref()].concat());
    }

    /// A command begins to write.
    pub(super) fn open_draft(&mut self) {
        self.spoil();
        if let Some(seat) = &mut self.seat {
            seat.draft = Some(Draft::default());
        }
    }

    /// Whether names are spoiled from now on: as the next reply's fault wants it.
    fn spoil(&mut self) {
        let next = self.replies + 1;
        let strikes = |it: &Strike| it.fault == Fault::NonUtf8 && it.when.strikes(next);
        self.spoiled = self.setup.faults.iter().any(strikes);
    }

    /// A command has written: its reply is sent as the faults want it.
    pub(super) fn close_draft(&mut self, line: Vec<u8>, word: &[u8]) {
        let Some(seat) = &mut self.seat else { return };
        let Some(draft) = seat.draft.take() else { return };
        let start = draft.reply.unwrap_or(draft.octets.len());
        let (before, reply) = draft.octets.split_at(start);
        let outcome = Outcome::of(reply);
        seat.served.push_back(Served::Command { line: line.into(), outcome });
        seat.push(None, before);
        if reply.is_empty() {
            return;
        }
        self.replies += 1;
        let number = self.replies;
        let faults = self.setup.faults.iter().filter(|strike| strike.when.strikes(number));
        let faults: Vec<Fault> = faults.map(|strike| strike.fault.clone()).collect();
        if faults.is_empty() {
            seat.push(None, reply);
        } else {
            self.send_disturbed(reply.to_vec(), word, &faults);
        }
    }

    // ---- histories ----

    /// A line of the log.
    pub(super) fn log(&mut self, flags: &str, text: impl AsRef<[u8]>) {
        let line = [format!("{},{flags},", self.unix()).as_bytes(), text.as_ref()].concat();
        if self.seat.as_ref().is_some_and(|seat| seat.log_on) {
            self.notify(&[b">LOG:", &line[..]].concat());
        }
        keep(&mut self.logs, line, LOG_HISTORY);
    }

    /// A new state; `addresses` is what stands behind the detail, its comma included.
    pub(super) fn state(&mut self, name: &str, detail: &str, addresses: &str) {
        let addresses = if addresses.is_empty() { ",,,,," } else { addresses };
        let line = format!("{},{name},{detail}{addresses}", self.unix());
        if self.seat.as_ref().is_some_and(|seat| seat.state_on) {
            self.log("", format!("MANAGEMENT: >STATE:{line}"));
            self.notify(format!(">STATE:{line}").as_bytes());
        }
        keep(&mut self.states, line.into_bytes(), HISTORY);
    }

    /// An echo of the server.
    pub(super) fn echo(&mut self, text: &[u8]) {
        let line = [format!("{},", self.unix()).as_bytes(), text].concat();
        if self.seat.as_ref().is_some_and(|seat| seat.echo_on) {
            self.notify(&[b">ECHO:", &line[..]].concat());
        }
        keep(&mut self.echoes, line, HISTORY);
    }

    // ---- wakers ----

    /// A number for one who wants to be woken.
    pub(super) fn watcher(&mut self) -> u64 {
        self.watcher += 1;
        self.watcher
    }

    /// Wakes this one when there may be something for its connection. The former waker is given
    /// back, to be dropped outside the lock.
    pub(super) fn watch(&mut self, number: u64, waker: &Waker) -> Option<Waker> {
        self.watchers.insert(number, waker.clone())
    }

    pub(super) fn unwatch(&mut self, number: u64) -> Option<Waker> {
        self.watchers.remove(&number)
    }

    /// Those who are to be woken when the lock is released.
    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        if !mem::take(&mut self.stirred) {
            return Vec::new();
        }
        mem::take(&mut self.watchers).into_values().collect()
    }
}

fn keep(history: &mut VecDeque<Vec<u8>>, line: Vec<u8>, most: usize) {
    if history.len() == most {
        history.pop_front();
    }
    history.push_back(line);
}
