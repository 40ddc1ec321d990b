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
mod look;
mod sent;

#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use item::{Answer, Item, Pkcs11Entry, Reply};
pub use sent::Sent;

use super::command::shape::{self, Dialect};
use super::command::{Command, CommandError, Warning};
use super::event::Notification;
use super::event::env::EnvBuffer;
use super::event::password::{PasswordEvent, Wanted};
use super::input::{Input, SAFE_LINE, is_deleted};
use super::octets::{Octets, Secret};
use super::wire::{Limits, strip_cr};
use gather::Gather;
use look::{Found, Look, OpenEnv, plain_notification};
use sent::Queue;

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
    /// Nothing is half there, so a plain notification can be told at once.
    at_rest: bool,
    end: End,
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
            at_rest: false,
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
    #[inline]
    pub fn next<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Item<'a>>), Fault> {
        if self.at_rest
            && let Some((line, used)) = plain_notification(input, self.limits.line)
        {
            self.offset += used as u64;
            return Ok((used, Some(Item::Event(Notification::new(line)))));
        }
        self.next_of_any(input)
    }

    fn next_of_any<'a>(&'a mut self, input: &'a [u8]) -> Result<(usize, Option<Item<'a>>), Fault> {
        self.at_rest = false;
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
        self.at_rest = self.phase == Phase::Ready
            && self.scanned == 0
            && !self.env_done
            && !self.is_inside()
            && !self.queue.is_settling();
        let item = found.map(|(octets, found)| {
            let line = octets.strip_suffix(b"\n").map_or(octets, strip_cr);
            self.item(line, found)
        });
        Ok((used, item))
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
