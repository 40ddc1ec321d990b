//! One look at the front of the input: which line it is, and whose.

use memchr::memchr;

use super::super::command::shape::{Kind, Part};
use super::super::event::client::{Opens, opens};
use super::super::version;
use super::super::wire::{END, PASSWORD_ACCEPTED, PASSWORD_PROMPT, strip_cr};
use super::fault::Fault;
use super::gather::{Gather, Gathered};
use super::item::{Answer, Verdict, ends_push_update};
use super::sent::Due;
use super::{Phase, Reader};

/// What one look at the input found.
pub(super) enum Look {
    /// The line at the front is not whole.
    Cut,
    /// So many octets were used, and nothing is to be told yet.
    Used(usize),
    /// So many octets are this.
    Found(usize, Found),
}

pub(super) enum Found {
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OpenEnv {
    /// With the `>`, up to the variable.
    pub(super) prefix: &'static [u8],
    /// Whether an environment follows for sure.
    pub(super) sure: bool,
}

impl Reader {
    pub(super) fn look(&mut self, rest: &[u8]) -> Result<Look, Fault> {
        if matches!(self.phase, Phase::Start | Phase::Locked)
            && let Some(look) = self.prompt(rest)
        {
            return Ok(look);
        }
        if let Some(open) = self.open_env.filter(|_| self.gather.is_none()) {
            let used = self.variables(open, rest)?;
            if used > 0 {
                self.scanned = 0;
                return Ok(Look::Used(used));
            }
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
                return self.variable(variable, self.offset).map(|()| Look::Used(used));
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

    /// All lines at the front that are variables of the open environment; how many octets.
    fn variables(&mut self, open: OpenEnv, rest: &[u8]) -> Result<usize, Fault> {
        let (mut used, mut scanned) = (0, self.scanned.min(rest.len()));
        while let Some(end) = memchr(b'\n', &rest[used + scanned..]) {
            let end = used + scanned + end;
            let line = strip_cr(&rest[used..end]);
            match line.strip_prefix(open.prefix) {
                Some(variable) if variable != END && line.len() <= self.limits.line => {
                    self.variable(variable, self.offset + used as u64)?;
                }
                _ => break,
            }
            (used, scanned) = (end + 1, 0);
        }
        Ok(used)
    }

    fn variable(&mut self, variable: &[u8], at: u64) -> Result<(), Fault> {
        if self.env.variables() == self.limits.env_variables {
            return Err(Fault::EnvVariables { at, limit: self.limits.env_variables });
        }
        let limit = self.limits.env_octets.min(u32::MAX as usize);
        if self.env.octets() + variable.len() > limit {
            return Err(Fault::EnvOctets { at, limit });
        }
        self.env.push(variable);
        Ok(())
    }

    pub(super) fn environment(&mut self, complete: bool) -> Found {
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
        let verdict = Verdict::of(line);
        Ok(match self.queue.due(verdict) {
            Due::Nothing => Look::Found(used, Found::Unexpected),
            Due::Reply(Part::Block(kind)) if verdict == Verdict::Neither => {
                return self.open_block(kind, line, octets);
            }
            Due::Reply(part) => {
                let over = match part {
                    Part::Lines(_) => verdict == Verdict::Error,
                    Part::PushUpdate => ends_push_update(line),
                    _ => verdict != Verdict::Neither,
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
}

/// A line at the front that is a notification of a kind that changes nothing here, without its `>`,
/// and its octets.
#[inline]
pub(super) fn plain_notification(input: &[u8], limit: usize) -> Option<(&[u8], usize)> {
    // Neither CLIENT nor UPDOWN, PASSWORD, PK_SIGN, PKCS11ID-…, NEED-CERTIFICATE, RSA_SIGN, INFO.
    if let [b'>', b'B' | b'E' | b'F' | b'H' | b'L' | b'S', ..] = input {
        let end = memchr(b'\n', input)?;
        let line = strip_cr(&input[1..end]);
        return (line.len() < limit).then_some((line, end + 1));
    }
    None
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
