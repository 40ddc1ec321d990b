//! What came: replies, each to its owner, and notifications.

use std::time::Instant;

use super::order::{Owner, word};
use super::{Event, Management, Phase};
use crate::openvpn::command::{Command, Hold};
use crate::openvpn::error::{Error, Fault, Refused};
use crate::openvpn::event::OwnedNotification;
use crate::openvpn::octets::Text;
use crate::openvpn::reader::{Answer, Item};
use crate::openvpn::success;

/// What the reader found, no longer borrowed from it.
pub(super) enum Took {
    Prompt,
    Rejected,
    Greeting(u32),
    Reply {
        number: u64,
        last: bool,
        answer: Answer<'static>,
    },
    Event(OwnedNotification),
    Unexpected(Text<'static>),
    /// Nothing to act on.
    Passed,
}

impl Took {
    pub(super) fn of(item: Item<'_>) -> Self {
        match item {
            Item::PasswordPrompt => Self::Prompt,
            Item::PasswordRejected => Self::Rejected,
            Item::Greeting { version } => Self::Greeting(version),
            Item::Reply(reply) => Self::Reply {
                number: reply.number(),
                last: reply.last,
                answer: reply.answer.into_owned(),
            },
            Item::Event(notification) => Self::Event(notification.to_owned()),
            Item::Unexpected(line) => Self::Unexpected(line.as_bytes().to_vec().into()),
            Item::PasswordAccepted | Item::Partial(_) | Item::Eof | Item::Unanswered(_) => {
                Self::Passed
            }
        }
    }
}

impl Management {
    pub(super) fn take(&mut self, now: Instant, took: Took) {
        match took {
            Took::Prompt => self.asked_for_password(now),
            Took::Rejected => self.refused(now, Error::WrongPassword),
            Took::Greeting(version) => self.greeted(now, version),
            Took::Reply { number, last, answer } => self.replied(now, number, last, answer),
            Took::Event(notification) => self.notified(notification),
            Took::Unexpected(line) if self.phase == Phase::Ready => {
                self.counters.unexpected += 1;
                self.events.push_back(Event::Unexpected(line));
            }
            Took::Unexpected(line) => self.not_greeted(now, &line),
            Took::Passed => {}
        }
    }

    fn notified(&mut self, notification: OwnedNotification) {
        self.counters.events += 1;
        match notification.view().kind().as_bytes() {
            // One release answers all holds that were told before it is sent.
            b"HOLD" if self.config.settings.release_hold => {
                let release = Command::Hold(Hold::Release);
                if !self.own.contains(&release) {
                    self.own.push_back(release);
                }
            }
            b"FATAL" => {
                let text = notification.view().payload().as_bytes().to_vec();
                self.fatal = Some(text.into());
            }
            _ => {}
        }
        self.events.push_back(Event::Notification(notification));
    }

    fn replied(&mut self, now: Instant, number: u64, last: bool, answer: Answer<'static>) {
        self.progress = Some(now);
        let limits = self.config.limits;
        let Some(flight) = self.flight.front_mut().filter(|flight| flight.number == number) else {
            // A line of a text whose header was refused, and which ran as a command.
            self.counters.unexpected += 1;
            return self.events.push_back(Event::Unexpected(line(answer)));
        };
        if flight.block
            && let Answer::Success(line) = answer
        {
            let command = word(&flight.command);
            return self.broken(now, Fault::OutOfStep { command, line });
        }
        flight.size += size(&answer);
        if flight.replies.len() >= limits.block_lines || flight.size > limits.block_octets {
            let (at, limit) = (self.reader.offset(), limits.block_lines);
            return self.broken(now, Fault::Replies { at, limit });
        }
        flight.replies.push(answer);
        if last {
            self.answered(now);
        }
    }

    /// All replies to the oldest command are there.
    fn answered(&mut self, now: Instant) {
        let Some(flight) = self.flight.pop_front() else { return };
        self.octets -= flight.octets;
        self.counters.answers += 1;
        self.learn(&flight.replies);
        match flight.owner {
            Owner::Call(ticket) => {
                if !self.desk.settle(ticket, Ok((self.link, flight.replies))) {
                    self.counters.late += 1;
                }
            }
            Owner::Own => {
                if let Err(refused) = refusal(&flight.command, &flight.replies) {
                    self.events.push_back(Event::SettingRefused(refused));
                }
            }
        }
        if self.flight.is_empty() {
            self.rest(now);
        }
    }

    /// What the daemon says about itself does not change while a connection lasts.
    fn learn(&mut self, replies: &[Answer<'static>]) {
        match replies {
            [Answer::Version(version)] => self.version = Some(version.clone()),
            [Answer::Success(text)] => {
                self.pid = success::number(text.octets(), "pid").or(self.pid);
            }
            _ => {}
        }
    }
}

/// Whether the daemon refused the command.
///
/// # Errors
///
/// The refusal.
pub(crate) fn refusal(command: &Command, replies: &[Answer<'static>]) -> Result<(), Refused> {
    let mut notes = vec![];
    let mut refusal = None;
    for reply in replies {
        match reply {
            Answer::Preamble(text) => notes.push(text.clone()),
            // Of two, the first says more.
            Answer::Error(text) if refusal.is_none() => refusal = Some(text.clone()),
            Answer::Error(text) => notes.push(text.clone()),
            _ => {}
        }
    }
    match refusal {
        Some(text) => Err(Refused { command: word(command), text, notes }),
        None => Ok(()),
    }
}

/// The line that a reply was, where it was one.
fn line(answer: Answer<'static>) -> Text<'static> {
    match answer {
        Answer::Success(text)
        | Answer::Error(text)
        | Answer::Preamble(text)
        | Answer::Line(text) => text,
        _ => Text::default(),
    }
}

/// Octets of a reply that is a line. Those of blocks were counted by the reader.
fn size(answer: &Answer<'_>) -> usize {
    match answer {
        Answer::Success(text)
        | Answer::Error(text)
        | Answer::Preamble(text)
        | Answer::Line(text) => text.len(),
        _ => 0,
    }
}
