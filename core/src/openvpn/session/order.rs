//! Commands on their way: checked when a call submits them, sent when their turn comes.

use std::time::Instant;

use super::{Event, Management, Replies, WINDOW, WINDOW_OCTETS};
use crate::openvpn::command::shape::{self, Part, Shape};
use crate::openvpn::command::{Command, CommandError, Warning};
use crate::openvpn::error::{Error, Refused};
use crate::session::Ticket;

/// A command that may be sent.
#[derive(Clone, Debug)]
pub(super) struct Order {
    command: Command,
    /// That go out.
    octets: usize,
    /// The daemon hangs up on it.
    leaves: bool,
    /// The connection that it is for, where it names a client.
    link: Option<u64>,
}

/// A command on the wire.
#[derive(Debug)]
pub(super) struct Flight {
    /// Of its line.
    pub(super) number: u64,
    pub(super) command: Command,
    pub(super) owner: Owner,
    /// A block is due, or an `ERROR:` line; no other line can be the answer.
    pub(super) block: bool,
    /// That went out.
    pub(super) octets: usize,
    pub(super) since: Instant,
    /// What came of its answer, and how many octets.
    pub(super) replies: Replies,
    pub(super) size: usize,
}

/// Who hears the answer.
#[derive(Clone, Copy, Debug)]
pub(super) enum Owner {
    Call(Ticket),
    /// The session, of one of its settings.
    Own,
}

impl Order {
    /// A command that the encoder lets pass. A raw line that would open a text is refused: all
    /// that other calls send would become part of it.
    pub(super) fn new(command: &Command, link: Option<u64>) -> Result<Self, CommandError> {
        let encoded = command.encode()?;
        let warns = |warning| encoded.warnings().contains(&warning);
        if matches!(command, Command::Raw(_)) && warns(Warning::OpensText) {
            let why = "a raw line cannot bring its text along: use the typed command";
            return Err(CommandError::TextRefused { why });
        }
        let (octets, leaves) = (encoded.expose().len(), warns(Warning::Closes));
        Ok(Self { command: command.clone(), octets, leaves, link })
    }

    /// For a call that waits already: it is never sent.
    pub(super) fn again(command: &Command) -> Self {
        Self { command: command.clone(), octets: 0, leaves: false, link: None }
    }

    /// Whether it is for one connection only.
    pub(super) const fn is_bound(&self) -> bool {
        self.link.is_some()
    }

    /// Whether it is for another connection than this.
    pub(super) fn is_stale(&self, link: u64) -> bool {
        self.link.is_some_and(|own| own != link)
    }
}

impl Management {
    /// Sends the next command whose turn it is.
    pub(super) fn send(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let window = if self.config.one_at_a_time { 1 } else { WINDOW };
        while self.flight.len() < window {
            if let Some(command) = self.own.pop_front() {
                match self.put(now, command.clone(), out, Owner::Own) {
                    Ok(_) => return Some(()),
                    Err(wrong) => {
                        let refused = Refused {
                            command: word(&command),
                            text: wrong.to_string().into(),
                            notes: vec![],
                        };
                        self.events.push_back(Event::SettingRefused(refused));
                        continue;
                    }
                }
            }
            let (alone, on_wire) = (self.flight.is_empty(), self.octets);
            let (ticket, order) = self.desk.send_next(now, |order| {
                alone || !order.leaves && on_wire + order.octets <= WINDOW_OCTETS
            })?;
            if order.is_stale(self.link) {
                self.desk.settle(ticket, Err(Error::Stale));
                continue;
            }
            self.until = None;
            match self.put(now, order.command, out, Owner::Call(ticket)) {
                Ok(true) => return Some(()),
                Ok(false) => {
                    self.desk.settle(ticket, Ok((self.link, Replies::new())));
                    self.rest(now);
                    if order.leaves {
                        self.hang_up();
                    }
                    return Some(());
                }
                Err(wrong) => {
                    self.desk.settle(ticket, Err(Error::Input(wrong)));
                    self.rest(now);
                }
            }
        }
        None
    }

    /// Puts a command into the output; `true`: an answer is due.
    fn put(
        &mut self,
        now: Instant,
        command: Command,
        out: &mut Vec<u8>,
        owner: Owner,
    ) -> Result<bool, CommandError> {
        let start = out.len();
        let queued = self.reader.send(&command, out)?;
        self.counters.commands += 1;
        if queued.answered {
            let sent = &out[start..];
            let line = sent.split(|octet| *octet == b'\n').next().unwrap_or_default();
            let shape = shape::shape(line, self.reader.dialect());
            self.octets += sent.len();
            self.flight.push_back(Flight {
                number: queued.number,
                command,
                owner,
                block: matches!(shape, Shape::Reply(Part::Block(_), None)),
                octets: sent.len(),
                since: now,
                replies: Replies::new(),
                size: 0,
            });
        }
        Ok(queued.answered)
    }
}

/// Whether the command names a client by an id, which another connection's daemon may have given
/// to another client.
pub(super) const fn names_client(command: &Command) -> bool {
    matches!(
        command,
        Command::ClientKill { .. }
            | Command::ClientAuth { .. }
            | Command::ClientAuthNt { .. }
            | Command::ClientDeny { .. }
            | Command::ClientPendingAuth { .. }
            | Command::ClientPf { .. }
            | Command::PushUpdateCid(..)
    )
}

/// The word of a command, for people.
pub(crate) fn word(command: &Command) -> String {
    let line = match command {
        Command::Raw(line) => Ok(line.0.to_vec()),
        command => command.encode().map(|encoded| encoded.expose().to_vec()),
    };
    let line = zeroize::Zeroizing::new(line.unwrap_or_default());
    let word = line.split(|octet| matches!(octet, b' ' | b'\n')).find(|word| !word.is_empty());
    String::from_utf8_lossy(word.unwrap_or_default()).into_owned()
}
