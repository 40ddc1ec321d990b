//! Both directions of a connection in, what was said out: without sockets, without a clock.
//!
//! ```text
//!              octets of the daemon                    octets that we sent
//!                      │ next                                │ sent, send, login
//!                      ▼                                     ▼
//!   Start ── ENTER PASSWORD: ──► Locked        deleted and cut as the daemon does
//!     │                            │                         │
//!     │ greeting          SUCCESS: │ greeting                ▼
//!     └───────────► Ready ◄────────┘             lines whose replies are due, in order
//!                      │                                     │
//!                      ▼                                     │
//!    block open? ── yes: every line is the block's, up to END (or the listing breaks off)
//!        │ no                                                │
//!    `>`? ── yes: a notification; its ENV lines are gathered │
//!        │ no                                                │
//!    the next reply of the line whose turn it is ◄───────────┘
//! ```
//!
//! A reader takes nothing from its input that it does not report: [`Reader::next`] says how many
//! octets it used, and an unfinished line stays with the caller and comes again, longer. Items
//! borrow from the input or from the reader; blocks are handed out as they were gathered, without
//! a second copy.
//!
//! ```
//! use netlever_core::openvpn::{Event, Item, Reader};
//!
//! let mut reader = Reader::default();
//! let mut octets = &b">INFO:OpenVPN Management Interface Version 5 -- type 'help'\r\n\
//!     >HOLD:Waiting for hold release:0\r\nSUCCESS: pid=7\r\n>ST"[..];
//! reader.sent(b"pid\n")?;
//! let mut seen = Vec::new();
//! loop {
//!     let (used, item) = reader.next(octets)?;
//!     octets = &octets[used..];
//!     match item {
//!         Some(Item::Greeting { version }) => seen.push(format!("version {version}")),
//!         Some(Item::Event(event)) => seen.push(event.kind().to_string()),
//!         Some(Item::Reply(reply)) => seen.push(format!("{} -> {:?}", reply.line(), reply.answer)),
//!         Some(other) => panic!("{other:?}"),
//!         None => break,
//!     }
//! }
//! assert_eq!(seen, ["version 5", "HOLD", "pid -> Success(\"pid=7\")"]);
//! assert_eq!(octets, b">ST");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod fault;
mod gather;
mod item;
mod sent;

#[cfg(test)]
mod tests;

use memchr::memchr;

pub use fault::Fault;
pub use item::{Answer, Item, Pkcs11Entry, Reply};
pub use sent::Sent;

use super::command::shape::{self, Dialect, Kind, Part};
use super::command::{Command, CommandError, Warning};
use super::event::Notification;
use super::event::client::{Opens, opens};
use super::event::env::EnvBuffer;
use super::event::password::{PasswordEvent, Wanted};
use super::input::{Input, SAFE_LINE, is_deleted};
use super::octets::{Octets, Secret};
use super::version;
use super::wire::{END, Limits, PASSWORD_ACCEPTED, PASSWORD_PROMPT, strip_cr};
use gather::{Gather, Gathered};
use sent::{Due, Queue};

/// How far the connection has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Nothing was told yet.
    Start,
    /// The daemon waits for the management password.
    Locked,
    /// The password was right; the greeting follows.
    Unlocked,
    /// Commands are answered.
    Ready,
}

/// What became of a command that was put into the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The number of its line: replies carry it, in [`Reply::number`].
    pub number: u64,
    /// Whether the daemon will answer at all.
    pub answered: bool,
    /// What the caller should know.
    pub warnings: Vec<Warning>,
}

/// The reader: see the module's page.
#[derive(Debug)]
pub struct Reader {
    limits: Limits,
    phase: Phase,
    /// Octets at the front of the input that are known to hold no line end.
    scanned: usize,
    /// Octets used since the connection began.
    offset: u64,
    fault: Option<Fault>,
    /// What the daemon makes of our octets.
    input: Input,
    queue: Queue,
    /// A password was refused; the prompt behind it was not told yet.
    rejected: bool,
    gather: Option<Gather>,
    env: EnvBuffer,
    /// The line that an environment belongs to, without its `>`.
    head: Vec<u8>,
    open_env: Option<OpenEnv>,
    /// What the environment buffer holds was handed out.
    env_done: bool,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct OpenEnv {
    /// With the `>`, up to the variable.
    prefix: &'static [u8],
    /// Whether an environment follows for sure.
    sure: bool,
}

/// How much of the end was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum End {
    Open,
    Block,
    Env,
    Partial,
    Eof,
    Unanswered,
}

/// What one look at the input found.
enum Look {
    /// The line at the front is not whole.
    Cut,
    /// So many octets were used, and nothing is to be told yet.
    Used(usize),
    /// So many octets are this.
    Found(usize, Found),
}

enum Found {
    Prompt,
    Accepted,
    Rejected,
    Greeting(u32),
    Notification,
    Environment {
        complete: bool,
    },
    /// A line that is a reply, or part of one.
    Line,
    /// Boxed, for it is large, and most lines are something else.
    Block(Box<Answer<'static>>),
    Unexpected,
}

impl Default for Reader {
    fn default() -> Self {
        Self::new(Limits::default())
    }
}

impl Reader {
    /// A reader for a connection that begins.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            phase: Phase::Start,
            scanned: 0,
            offset: 0,
            fault: None,
            input: Input::default(),
            queue: Queue::default(),
            rejected: false,
            gather: None,
            env: EnvBuffer::default(),
            head: Vec::new(),
            open_env: None,
            env_done: false,
            end: End::Open,
        }
    }

    /// A reader for a connection that was greeted already, by a daemon of this management version.
    #[must_use]
    pub fn ready(limits: Limits, management: u32) -> Self {
        let mut reader = Self::new(limits);
        reader.phase = Phase::Ready;
        reader.queue.dialect.management = management;
        reader
    }

    /// How far the connection has come.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The management version of the greeting (0 before it), and the version that was announced.
    #[must_use]
    pub const fn dialect(&self) -> Dialect {
        self.queue.dialect
    }

    /// How many lines were sent whose replies have not all come.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.queue.len()
    }

    /// Octets used since the connection began.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether a reply or an environment is half there.
    #[must_use]
    pub const fn is_inside(&self) -> bool {
        self.gather.is_some() || self.open_env.is_some()
    }

    /// These octets were sent, in any cuts; they may be anything. The lines that the daemon makes
    /// of them are numbered from 0, lines of text included.
    ///
    /// # Errors
    ///
    /// [`CommandError::TooManyPending`] when too much is unanswered: the reader no longer knows
    /// what was sent, and the connection is to be closed.
    pub fn sent(&mut self, octets: &[u8]) -> Result<(), CommandError> {
        let (queue, limits) = (&mut self.queue, &self.limits);
        let hidden = self.phase != Phase::Ready;
        let mut fits = true;
        self.input.feed(octets, |line| fits &= queue.push(line, hidden, limits));
        if fits { Ok(()) } else { Err(CommandError::TooManyPending { pending: self.queue.len() }) }
    }

    /// The number that the next line will have.
    #[must_use]
    pub const fn next_number(&self) -> u64 {
        self.queue.next_number()
    }

    /// Puts a command into `out`, for which its reply will then be told.
    ///
    /// # Errors
    ///
    /// [`CommandError`]: what [`Command::encode`] refuses; a command before the greeting, which
    /// the daemon could take for a password; a text that the daemon does not wait for, whose lines
    /// it would run as commands. Nothing is put into `out` then.
    pub fn send(&mut self, command: &Command, out: &mut Vec<u8>) -> Result<Queued, CommandError> {
        if self.phase != Phase::Ready {
            return Err(CommandError::NotReady);
        }
        self.queue.allows(command)?;
        let (octets, warnings) = command.encode()?.into_parts();
        let lines = octets.iter().filter(|octet| **octet == b'\n').count();
        if !self.queue.has_room(lines, octets.len(), &self.limits) {
            return Err(CommandError::TooManyPending { pending: self.queue.len() });
        }
        let first = octets.split(|octet| *octet == b'\n').next().unwrap_or_default();
        let shape = shape::shape(first, self.queue.dialect);
        let answered = !matches!(shape, shape::Shape::Nothing | shape::Shape::Leave);
        let number = self.next_number();
        self.sent(&octets)?;
        out.extend_from_slice(&octets);
        Ok(Queued { number, answered, warnings })
    }

    /// Puts the management password into `out`: raw, without quotes. The daemon need not have
    /// asked yet.
    ///
    /// # Errors
    ///
    /// [`CommandError::ControlOctet`] and [`CommandError::LineTooLong`]: no such password can be
    /// right.
    pub fn login(&mut self, password: &Secret, out: &mut Vec<u8>) -> Result<(), CommandError> {
        let password = password.expose();
        if let Some(&octet) = password.iter().find(|octet| is_deleted(**octet) || **octet == b'\n')
        {
            return Err(CommandError::ControlOctet { octet });
        }
        if password.len() >= SAFE_LINE {
            return Err(CommandError::LineTooLong { octets: password.len() + 1 });
        }
        self.sent(password)?;
        self.sent(b"\n")?;
        out.extend_from_slice(password);
        out.push(b'\n');
        Ok(())
    }

    /// Reads on: how many octets at the front of `input` were used, and what they were. Call it
    /// again with what is left until it says `None`; then keep what is left, and come again with
    /// more behind it.
    ///
    /// # Errors
    ///
    /// A [`Fault`] when the daemon breaks a limit: the stream cannot be followed further, and the
    /// same comes again.
    pub fn next<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Item<'a>>), Fault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        if self.env_done {
            self.env.clear();
            self.env_done = false;
        }
        self.queue.settle();
        let mut used = 0;
        let found = loop {
            let look = self.look(&input[used..]).inspect_err(|fault| self.fault = Some(*fault))?;
            let (octets, found) = match look {
                Look::Cut => {
                    self.scanned = input.len() - used;
                    break None;
                }
                Look::Used(octets) => (octets, None),
                Look::Found(octets, found) => (octets, Some(found)),
            };
            let start = used;
            used += octets;
            self.offset += octets as u64;
            if octets > 0 {
                self.scanned = 0;
            }
            if let Some(found) = found {
                break Some((&input[start..used], found));
            }
        };
        let item = found.map(|(octets, found)| {
            let line = octets.strip_suffix(b"\n").map_or(octets, strip_cr);
            self.item(line, found)
        });
        Ok((used, item))
    }

    fn look(&mut self, rest: &[u8]) -> Result<Look, Fault> {
        if matches!(self.phase, Phase::Start | Phase::Locked)
            && let Some(look) = self.prompt(rest)
        {
            return Ok(look);
        }
        let scanned = self.scanned.min(rest.len());
        let Some(end) = memchr(b'\n', &rest[scanned..]) else {
            // The last octet may be the CR of the line end.
            if strip_cr(rest).len() > self.limits.line {
                return Err(Fault::Line { at: self.offset, limit: self.limits.line });
            }
            return Ok(Look::Cut);
        };
        let used = scanned + end + 1;
        let line = strip_cr(&rest[..used - 1]);
        if line.len() > self.limits.line {
            return Err(Fault::Line { at: self.offset, limit: self.limits.line });
        }
        self.scanned = 0;
        if self.gather.is_some() {
            return self.inside(line, &rest[..used]);
        }
        if line.first() == Some(&b'>') {
            return self.notification(line, used);
        }
        if let Some(open) = self.open_env.filter(|open| !open.sure) {
            return Ok(self.close_env(open));
        }
        self.reply(line, &rest[..used])
    }

    /// The token that has no line end, before the greeting.
    fn prompt(&mut self, rest: &[u8]) -> Option<Look> {
        if rest.len() < PASSWORD_PROMPT.len() {
            return PASSWORD_PROMPT.starts_with(rest).then_some(Look::Cut);
        }
        if !rest.starts_with(PASSWORD_PROMPT) {
            return None;
        }
        let again = self.phase == Phase::Locked && !std::mem::take(&mut self.rejected);
        if again && self.queue.drop_password() {
            self.rejected = true;
            return Some(Look::Found(0, Found::Rejected));
        }
        self.phase = Phase::Locked;
        Some(Look::Found(PASSWORD_PROMPT.len(), Found::Prompt))
    }

    /// A line of the block that is open.
    fn inside(&mut self, line: &[u8], octets: &[u8]) -> Result<Look, Fault> {
        let Some(gather) = &mut self.gather else { return Ok(Look::Used(0)) };
        // A listing that was cut before its routes, and the END of an empty block behind it.
        let foreign_end =
            line == END && gather.is_before_routes() && self.queue.next_may_be_empty();
        let complete = match gather.line(line, octets, &self.limits, self.offset)? {
            Gathered::More => return Ok(Look::Used(octets.len())),
            Gathered::End => !foreign_end,
            Gathered::Foreign => false,
        };
        let answer =
            self.gather.take().map_or_else(Answer::empty, |gather| gather.finish(complete));
        self.queue.answered(true);
        Ok(Look::Found(if complete { octets.len() } else { 0 }, Found::Block(answer.into())))
    }

    fn notification(&mut self, line: &[u8], used: usize) -> Result<Look, Fault> {
        if let Some(open) = self.open_env {
            if let Some(variable) = line.strip_prefix(open.prefix) {
                if variable == END {
                    self.open_env = None;
                    return Ok(Look::Found(used, self.environment(true)));
                }
                return self.variable(variable).map(|()| Look::Used(used));
            }
            if !open.sure || opening(line).is_some() {
                return Ok(self.close_env(open));
            }
        }
        if let Some(open) = opening(line) {
            self.head.clear();
            self.head.extend_from_slice(&line[1..]);
            self.open_env = Some(open);
            return Ok(Look::Used(used));
        }
        let found = match line.get(1) {
            Some(b'I') if self.phase != Phase::Ready => {
                let info =
                    line.strip_prefix(b">INFO:").and_then(|info| version::greeting(info.into()));
                info.map(|management| {
                    self.phase = Phase::Ready;
                    self.queue.dialect.management = management;
                    Found::Greeting(management)
                })
            }
            Some(b'P' | b'N' | b'R') => {
                self.queue.asked(line);
                (line.starts_with(b">PKCS11ID-")
                    && self.phase == Phase::Ready
                    && self.queue.takes_event(line))
                .then_some(Found::Line)
            }
            _ => None,
        };
        Ok(Look::Found(used, found.unwrap_or(Found::Notification)))
    }

    fn variable(&mut self, variable: &[u8]) -> Result<(), Fault> {
        if self.env.variables() == self.limits.env_variables {
            return Err(Fault::EnvVariables { at: self.offset, limit: self.limits.env_variables });
        }
        let limit = self.limits.env_octets.min(u32::MAX as usize);
        if self.env.octets() + variable.len() > limit {
            return Err(Fault::EnvOctets { at: self.offset, limit });
        }
        self.env.push(variable);
        Ok(())
    }

    fn environment(&mut self, complete: bool) -> Found {
        self.env_done = true;
        Found::Environment { complete }
    }

    /// Ends an environment at a line that is not its own.
    fn close_env(&mut self, open: OpenEnv) -> Look {
        self.open_env = None;
        Look::Found(0, self.environment(!open.sure))
    }

    /// A line that is no notification, outside of blocks.
    fn reply(&mut self, line: &[u8], octets: &[u8]) -> Result<Look, Fault> {
        let used = octets.len();
        match self.phase {
            Phase::Start | Phase::Locked if line == PASSWORD_ACCEPTED => {
                self.phase = Phase::Unlocked;
                self.queue.drop_password();
                return Ok(Look::Found(used, Found::Accepted));
            }
            Phase::Ready => {}
            _ => return Ok(Look::Found(used, Found::Unexpected)),
        }
        let verdict = item::Verdict::of(line);
        Ok(match self.queue.due(verdict) {
            Due::Nothing => Look::Found(used, Found::Unexpected),
            Due::Reply(Part::Block(kind)) if verdict == item::Verdict::Neither => {
                return self.open_block(kind, line, octets);
            }
            Due::Reply(part) => {
                let over = match part {
                    Part::Lines(_) => verdict == item::Verdict::Error,
                    Part::PushUpdate => item::ends_push_update(line),
                    _ => verdict != item::Verdict::Neither,
                };
                self.queue.answered(over);
                Look::Found(used, Found::Line)
            }
        })
    }

    fn open_block(&mut self, kind: Kind, line: &[u8], octets: &[u8]) -> Result<Look, Fault> {
        let mut gather = Gather::new(kind, line);
        if line == END {
            self.queue.answered(true);
            return Ok(Look::Found(octets.len(), Found::Block(gather.finish(true).into())));
        }
        gather.first(octets, &self.limits, self.offset)?;
        self.gather = Some(gather);
        Ok(Look::Used(octets.len()))
    }

    fn item<'a>(&'a self, line: &'a [u8], found: Found) -> Item<'a> {
        match found {
            Found::Prompt => Item::PasswordPrompt,
            Found::Accepted => Item::PasswordAccepted,
            Found::Rejected => Item::PasswordRejected,
            Found::Greeting(version) => Item::Greeting { version },
            Found::Notification => Item::Event(Notification::new(&line[1..])),
            Found::Environment { complete } => {
                Item::Event(Notification::with_env(&self.head, self.env.view(), complete))
            }
            Found::Unexpected => Item::Unexpected(Octets(line)),
            Found::Block(answer) => self.queue.reply(*answer),
            Found::Line => self.queue.reply(self.queue.answer(line)),
        }
    }

    /// The daemon will send no more: what is open, in order. `rest` is what [`next`](Self::next)
    /// left. Call it until it says `None`.
    pub fn finish<'a>(&'a mut self, rest: &'a [u8]) -> Option<Item<'a>> {
        if self.env_done {
            self.env.clear();
            self.env_done = false;
        }
        self.queue.settle();
        if self.end < End::Block {
            self.end = End::Block;
            if let Some(gather) = self.gather.take() {
                self.queue.answered(true);
                return Some(self.queue.reply(gather.finish(false)));
            }
        }
        if self.end < End::Env {
            self.end = End::Env;
            if let Some(open) = self.open_env.take() {
                let found = self.environment(!open.sure);
                return Some(self.item(&[], found));
            }
        }
        if self.end < End::Partial {
            self.end = End::Partial;
            if !rest.is_empty() {
                return Some(Item::Partial(Octets(rest)));
            }
        }
        if self.end < End::Eof {
            self.end = End::Eof;
            return Some(Item::Eof);
        }
        if self.end < End::Unanswered {
            self.end = End::Unanswered;
            let unanswered = self.queue.unanswered(self.phase);
            return (!unanswered.is_empty()).then_some(Item::Unanswered(unanswered));
        }
        None
    }
}

/// What environment a line opens.
fn opening(line: &[u8]) -> Option<OpenEnv> {
    if let Some(payload) = line.strip_prefix(b">CLIENT:") {
        let prefix = b">CLIENT:ENV,";
        return match opens(payload) {
            Opens::Nothing => None,
            Opens::Env => Some(OpenEnv { prefix, sure: true }),
            Opens::Perhaps => Some(OpenEnv { prefix, sure: false }),
        };
    }
    let prefix = b">UPDOWN:ENV,";
    matches!(line, b">UPDOWN:UP" | b">UPDOWN:DOWN").then_some(OpenEnv { prefix, sure: true })
}
