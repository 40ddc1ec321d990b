//! Lines that were sent, and whose turn it is to be answered.
//!
//! What the daemon makes of a line depends on what went before: whether it is greeted, whether a
//! signature is wanted, what was announced. So a line is looked at when its turn comes, not when
//! it is sent.

use std::collections::VecDeque;
use std::fmt;

use zeroize::Zeroizing;

use super::super::command::shape::{Dialect, Input, Kind, Part, Shape, of_arguments};
use super::super::command::{Command, CommandError, show};
use super::super::lexer::arguments;
use super::super::octets::{Octets, REDACTED};
use super::super::wire::{END, Limits, atoi};
use super::item::{Answer, Item, Reply, Verdict, answer, pkcs11};
use super::{PasswordEvent, Phase, Wanted};

/// A line that was sent, as the daemon sees it.
pub struct Sent {
    number: u64,
    line: Zeroizing<Vec<u8>>,
    /// It may have been sent for a management password.
    hidden: bool,
}

impl Sent {
    /// Its number among all lines that were sent on the connection, from 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The line without its line end and without what the daemon deletes. It may hold a password:
    /// printing the `Sent` itself is safe.
    #[must_use]
    pub fn line(&self) -> Octets<'_> {
        Octets(&self.line)
    }
}

impl fmt::Debug for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.hidden { f.write_str(REDACTED) } else { show(&self.line, f) }
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// Lines in order; the first may be in the middle of its replies.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) dialect: Dialect,
    lines: VecDeque<Sent>,
    octets: usize,
    next: u64,
    current: Option<Current>,
    /// The daemon was told to close the connection: it looks at nothing more.
    left: bool,
    asked: Asked,
}

/// What the daemon waits for.
#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    signature: bool,
    certificate: bool,
    password: bool,
}

/// The line whose replies come.
#[derive(Debug)]
struct Current {
    sent: Sent,
    part: Part,
    then: Option<Part>,
    /// What the last answer was part of.
    was: Part,
    /// All was answered; the next call forgets it.
    over: bool,
}

/// What the next reply is.
pub(super) enum Due {
    Nothing,
    Reply(Part),
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            dialect: Dialect { management: 0, announced: 1 },
            lines: VecDeque::new(),
            octets: 0,
            next: 0,
            current: None,
            left: false,
            asked: Asked::default(),
        }
    }
}

impl Queue {
    pub(super) const fn next_number(&self) -> u64 {
        self.next
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len() + usize::from(self.current.as_ref().is_some_and(|current| !current.over))
    }

    pub(super) fn has_room(&self, lines: usize, octets: usize, limits: &Limits) -> bool {
        self.lines.len() + lines <= limits.pending && self.octets + octets <= limits.pending_octets
    }

    /// Adds a line, to be `hidden` where it may be a password; `false` when there is no room.
    pub(super) fn push(&mut self, line: &[u8], hidden: bool, limits: &Limits) -> bool {
        let number = self.next;
        self.next += 1;
        let room = self.has_room(1, line.len(), limits);
        if room {
            self.octets += line.len();
            let line = Zeroizing::new(line.to_vec());
            self.lines.push_back(Sent { number, line, hidden });
        }
        room
    }

    fn pop(&mut self) -> Option<Sent> {
        let sent = self.lines.pop_front()?;
        self.octets -= sent.line.len();
        Some(sent)
    }

    /// Takes the line that was tried as management password.
    pub(super) fn drop_password(&mut self) -> bool {
        self.pop().is_some()
    }

    /// Whether the last reply of a line was told just now.
    pub(super) fn is_settling(&self) -> bool {
        self.current.as_ref().is_some_and(|current| current.over)
    }

    /// Forgets the line whose last reply was told.
    pub(super) fn settle(&mut self) {
        if self.is_settling() {
            self.current = None;
        }
    }

    /// The reply that a line is of which it is known how it begins.
    pub(super) fn due(&mut self, verdict: Verdict) -> Due {
        if self.turn() {
            return self.current.as_ref().map_or(Due::Nothing, |current| Due::Reply(current.part));
        }
        // A text whose END was not sent yet gets no reply, unless its header was refused.
        if verdict == Verdict::Error
            && !self.left
            && let Some(sent) = self.pop()
        {
            self.begin(sent, Part::Line, None);
            return Due::Reply(Part::Line);
        }
        Due::Nothing
    }

    /// Whether this line is the reply of a PKCS#11 command whose turn it is.
    pub(super) fn takes_event(&mut self, line: &[u8]) -> bool {
        let takes = match pkcs11(line) {
            Some(Answer::Pkcs11Count(_)) => Part::Pkcs11Count,
            Some(Answer::Pkcs11Entry(_)) => Part::Pkcs11Entry,
            _ => return false,
        };
        let due = self.turn() && self.current.as_ref().is_some_and(|current| current.part == takes);
        if due {
            self.answered(true);
        }
        due
    }

    /// A line or block of the reply was read; `over` when it was its last.
    pub(super) fn answered(&mut self, over: bool) {
        let Some(current) = &mut self.current else { return };
        current.was = current.part;
        match &mut current.part {
            Part::Lines(left @ 2..) if !over => *left -= 1,
            Part::Lines(_) => current.over = true,
            _ if !over => {}
            part => match current.then.take() {
                Some(then) => *part = then,
                None => current.over = true,
            },
        }
    }

    pub(super) fn answer<'a>(&self, line: &'a [u8]) -> Answer<'a> {
        answer(self.current.as_ref().map_or(Part::Line, |current| current.was), line)
    }

    /// The item of an answer to the line whose turn it is.
    pub(super) fn reply<'a>(&'a self, answer: Answer<'a>) -> Item<'a> {
        match &self.current {
            Some(current) => Item::Reply(Reply { sent: &current.sent, answer, last: current.over }),
            // Answers are read for a current line only.
            None => Item::Unexpected(Octets(b"")),
        }
    }

    /// Whether the line behind the current one can be answered with an `END` alone.
    pub(super) fn next_may_be_empty(&self) -> bool {
        let next = self.lines.iter().find_map(|sent| match self.shape(&sent.line) {
            Shape::Nothing => None,
            shape => Some(shape),
        });
        let empty = [Kind::States, Kind::Log, Kind::Echo, Kind::Remotes];
        matches!(next, Some(Shape::Reply(Part::Block(kind), _)) if empty.contains(&kind))
    }

    fn shape(&self, line: &[u8]) -> Shape {
        let Ok(args) = arguments(line) else { return Shape::Reply(Part::Line, None) };
        let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
        match of_arguments(&args, self.dialect) {
            Shape::Text(input) if !self.is_asked(input) => Shape::Reply(Part::Line, None),
            shape => shape,
        }
    }

    const fn is_asked(&self, input: Input) -> bool {
        match input {
            Input::Always => true,
            Input::Signature => self.asked.signature,
            Input::Certificate => self.asked.certificate,
            Input::Password => self.asked.password,
        }
    }

    /// Makes the next line that is answered the current one; `false` when there is none.
    fn turn(&mut self) -> bool {
        self.settle();
        while self.current.is_none() && !self.left {
            let Some(front) = self.lines.front() else { return false };
            match self.shape(&front.line) {
                Shape::Nothing => {
                    self.announce();
                    self.pop();
                }
                Shape::Leave => {
                    self.left = true;
                    self.pop();
                }
                Shape::Reply(part, then) => {
                    self.announce();
                    if let Some(sent) = self.pop() {
                        self.begin(sent, part, then);
                    }
                }
                Shape::Text(input) => {
                    let Some(end) = self.lines.iter().position(|sent| *sent.line == END) else {
                        return false;
                    };
                    let header = self.pop();
                    (0..end).for_each(|_| drop(self.pop()));
                    match input {
                        Input::Always => {}
                        Input::Signature => self.asked.signature = false,
                        Input::Certificate => self.asked.certificate = false,
                        Input::Password => self.asked.password = false,
                    }
                    if let Some(header) = header {
                        self.begin(header, Part::Line, None);
                    }
                }
            }
        }
        self.current.is_some()
    }

    fn begin(&mut self, sent: Sent, part: Part, then: Option<Part>) {
        self.current = Some(Current { sent, part, then, was: part, over: false });
    }

    /// Notes the version that the line at the front announces.
    fn announce(&mut self) {
        let Some(Ok(args)) = self.lines.front().map(|sent| arguments(&sent.line)) else { return };
        if let [word, number, ..] = args.as_slice()
            && word == b"version"
            && self.dialect.management > 1
        {
            self.dialect.announced = u32::try_from(atoi(number)).unwrap_or(0);
        }
    }

    /// Notes what a notification asks for.
    pub(super) fn asked(&mut self, line: &[u8]) {
        if line.starts_with(b">PK_SIGN:") || line.starts_with(b">RSA_SIGN:") {
            self.asked.signature = true;
        } else if line.starts_with(b">NEED-CERTIFICATE:") {
            self.asked.certificate = true;
        } else if let Some(payload) = line.strip_prefix(b">PASSWORD:") {
            self.asked.password = matches!(
                PasswordEvent::parse(payload),
                Some(PasswordEvent::Need(need)) if need.wanted != Wanted::Username
            );
        }
    }

    /// Whether the lines of this command surely become its text.
    pub(super) fn allows(&self, command: &Command) -> Result<(), CommandError> {
        let Dialect { management, announced } = self.dialect;
        let unsupported = Err(CommandError::Unsupported { management });
        let (input, why) = match command {
            Command::ClientPf { .. } if management >= 5 => return unsupported,
            Command::PkSig(_) if management < 3 => return unsupported,
            Command::PasswordText { .. } if management < 6 || announced < 5 => return unsupported,
            Command::PkSig(_) | Command::RsaSig(_) => (Input::Signature, "no signature is wanted"),
            Command::Certificate(_) => (Input::Certificate, "no certificate is wanted"),
            Command::PasswordText { .. } => (Input::Password, "no password is wanted"),
            _ => return Ok(()),
        };
        // One that is on its way already uses the request up.
        let taken = self.lines.iter().any(|sent| self.shape(&sent.line) == Shape::Text(input));
        if self.is_asked(input) && !taken { Ok(()) } else { Err(CommandError::TextRefused { why }) }
    }

    /// What should have been answered and was not.
    pub(super) fn unanswered(&mut self, phase: Phase) -> Vec<Sent> {
        let mut unanswered = Vec::new();
        if phase != Phase::Ready {
            while let Some(sent) = self.pop() {
                unanswered.push(Sent { hidden: true, ..sent });
            }
            return unanswered;
        }
        loop {
            if self.turn() {
                unanswered.extend(self.current.take().map(|current| current.sent));
            } else if let Some(header) = self.pop() {
                // A text without its END, or what stands behind an exit.
                let silent = matches!(self.shape(&header.line), Shape::Nothing | Shape::Leave);
                let text = !self.left;
                if text || !silent {
                    unanswered.push(header);
                }
                if text {
                    self.lines.clear();
                }
            } else {
                return unanswered;
            }
        }
    }
}
