//! What can become of a call.
//!
//! | the caller learns | variants |
//! |---|---|
//! | nothing was sent, the command was wrong | [`Error::Input`], [`Error::Stale`] |
//! | the daemon said no | [`Error::Refused`] |
//! | the management password is not right | [`Error::WrongPassword`], [`Error::PasswordRequired`] |
//! | somebody else has the one place | [`Error::Occupied`] |
//! | the daemon breaks the protocol | [`Error::Broken`], [`Error::Form`] |
//! | no answer | [`Error::Failed`], [`Error::Ended`]: busy, closed, deadline, lost link |

use std::io::ErrorKind;

use crate::desk::Fail;

use super::command::CommandError;
use super::octets::Text;
use super::reader;

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The daemon answered `ERROR:`.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The management password is wrong. The session has ended: a daemon hangs up after three.
    #[error(
        "the management password is wrong; the right one is the first line of the file that the \
         daemon's `management` option names"
    )]
    WrongPassword,
    /// The daemon asks for a management password, and none was given.
    #[error("the daemon asks for a management password, and none was given")]
    PasswordRequired,
    /// The connection was accepted, but the daemon says nothing: it serves one client at a time,
    /// and another one is attached.
    #[error(
        "busy: another client is attached to the management interface, which serves one at a time \
         (the connection was accepted, but there was no greeting); nothing was sent"
    )]
    Occupied,
    /// The command would not do what it says, or the daemon does not know it. Nothing was sent.
    #[error("{0}; nothing was sent")]
    Input(#[from] CommandError),
    /// The command names a client of a connection that has gone, where its number may mean another
    /// client by now. Nothing was sent.
    #[error(
        "the connection on which the client was told of has gone, and its id may be another's by \
         now; nothing was sent"
    )]
    Stale,
    /// The daemon breaks the protocol; the connection was given up.
    #[error("the daemon breaks the protocol: {fault} ({})", was(*sent))]
    Broken {
        /// What it did.
        fault: Fault,
        /// Whether the command may have been carried out.
        sent: bool,
    },
    /// The daemon ended, and said why (`>FATAL`).
    #[error("the daemon has ended: {} ({})", shown(text), was(*sent))]
    Ended {
        /// Its last words.
        text: Text<'static>,
        /// Whether the command may have been carried out.
        sent: bool,
    },
    /// The daemon answered, but not what this command is answered with: a client has no list of
    /// clients, for instance.
    #[error("the answer to {command} is {found}, not what was asked for")]
    Form {
        /// The command's word.
        command: String,
        /// What came.
        found: &'static str,
    },
    /// The session itself hung up: it was idle, or `exit` was sent. Only in
    /// [`Event::Down`](super::session::Event::Down).
    #[error("the session hung up")]
    HungUp,
    /// There was no answer.
    #[error(transparent)]
    Failed(#[from] Fail),
}

/// The daemon answered `ERROR:`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{command}: {}{}{}", shown(text), noted(notes), hint(self.kind()))]
pub struct Refused {
    /// The command's word.
    pub command: String,
    /// What stands behind `ERROR: `.
    pub text: Text<'static>,
    /// Lines that came before, without a prefix: `auth-retry`, push updates.
    pub notes: Vec<Text<'static>>,
}

/// What a [`Refused`] is about, for a caller that acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The daemon's release does not know the command.
    UnknownCommand,
    /// It knows the command, but not in its mode: one for servers at a client, or before the
    /// tunnel is up (in hold, or while a password is awaited).
    Unsupported,
    /// `kill`: nobody has this name or address.
    NotFound,
    /// `client-…`: there is no such client or key, or it was answered already.
    NoSuchClient,
    /// An answer to a question that the daemon did not ask.
    NotAsked,
    /// The daemon could not take the line apart, or a parameter is missing.
    BadArguments,
    /// Any other refusal.
    Other,
}

/// How a daemon broke the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// It sent more than the limits allow.
    #[error(transparent)]
    Reader(#[from] reader::Fault),
    /// What it sent first is no greeting: this is no management interface.
    #[error("this is no management interface; instead of a greeting came \"{}\"", shown(line))]
    NoGreeting {
        /// The line, or its beginning.
        line: Text<'static>,
    },
    /// A block was due and a line came: it left out an answer, and all that follow would be given
    /// to the wrong callers.
    #[error("it answered {command} with the line \"{}\": an answer is missing", shown(line))]
    OutOfStep {
        /// The command's word.
        command: String,
        /// What stands behind `SUCCESS: `.
        line: Text<'static>,
    },
    /// One command was answered with too many lines.
    #[error("a command was answered with more lines than the limit of {limit}, at octet {at}")]
    Replies {
        /// Offset behind the line that is too many.
        at: u64,
        /// [`Limits::block_lines`](super::wire::Limits::block_lines).
        limit: usize,
    },
}

impl Error {
    /// What the refusal is about, when it is one.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        let Self::Refused(refused) = self else { return None };
        Some(refused.kind())
    }

    /// Whether `kill` found nobody of this name or address.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == Some(Kind::NotFound)
    }

    /// Whether the management password was not accepted, or is missing.
    #[must_use]
    pub const fn is_authentication(&self) -> bool {
        matches!(self, Self::WrongPassword | Self::PasswordRequired)
    }

    /// What a failure is to a call that has changed something before: it can no longer say that
    /// nothing was sent.
    pub(crate) fn halfway(self) -> Self {
        let lost = |why| Fail::Lost { sent: true, why };
        match self {
            Self::Failed(Fail::TimedOut { .. }) => Fail::TimedOut { sent: true }.into(),
            Self::Failed(Fail::Lost { why, .. }) => lost(why).into(),
            Self::Failed(Fail::Closed) | Self::Stale => lost(ErrorKind::NotConnected).into(),
            Self::Broken { fault, .. } => Self::Broken { fault, sent: true },
            Self::Ended { text, .. } => Self::Ended { text, sent: true },
            other => other,
        }
    }

    /// Whether the command may have been carried out although there is no answer.
    #[must_use]
    pub const fn sent(&self) -> bool {
        match self {
            Self::Failed(fail) => fail.sent(),
            Self::Broken { sent, .. } | Self::Ended { sent, .. } => *sent,
            _ => false,
        }
    }
}

impl Refused {
    /// What the refusal is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let text: &[u8] = &self.text;
        let holds = |part: &[u8]| super::wire::find(text, part).is_some();
        if text.starts_with(b"unknown command") {
            Kind::UnknownCommand
        } else if text.ends_with(b"command is not supported by the current daemon mode") {
            Kind::Unsupported
        } else if self.command == "kill" && text.ends_with(b"not found") {
            Kind::NotFound
        } else if self.command.starts_with("client-") && text.ends_with(b"command failed") {
            Kind::NoSuchClient
        } else if holds(b"is currently needed at this time") || holds(b"but we need one of type") {
            Kind::NotAsked
        } else if text.starts_with(b"Options ") || holds(b"command requires") {
            Kind::BadArguments
        } else {
            Kind::Other
        }
    }
}

/// Text of the daemon for a terminal: nothing in it moves the cursor.
fn shown(text: &Text<'_>) -> String {
    let text = text.octets().lossy();
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

fn noted(notes: &[Text<'_>]) -> String {
    notes.iter().map(|note| format!(" ({})", shown(note))).collect()
}

const fn hint(kind: Kind) -> &'static str {
    match kind {
        Kind::UnknownCommand => "; this release does not know it",
        Kind::Unsupported => {
            "; it is for the other side of a VPN, or the daemon is held or waits for a password"
        }
        Kind::NotFound => "; names are exact, and a client's id is surer",
        Kind::NoSuchClient => "; the client is gone, or was answered already",
        _ => "",
    }
}

const fn was(sent: bool) -> &'static str {
    if sent { "the command was sent and may have been carried out" } else { "nothing was sent" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(command: &str, text: &'static str) -> Kind {
        Refused { command: command.into(), text: text.into(), notes: vec![] }.kind()
    }

    #[test]
    fn refusals_are_told_apart() {
        let mode = "The 'kill' command is not supported by the current daemon mode";
        for (command, text, expected) in [
            ("x", "unknown command, enter 'help' for more options", Kind::UnknownCommand),
            ("x", "unknown command [x], enter 'help' for more options", Kind::UnknownCommand),
            ("kill", mode, Kind::Unsupported),
            ("kill", "common name 'bob' not found", Kind::NotFound),
            ("kill", "client at address 192.0.2.1:9 not found", Kind::NotFound),
            ("client-kill", "client-kill command failed", Kind::NoSuchClient),
            ("username", "no username is currently needed at this time", Kind::NotAsked),
            ("client-deny", "the 'client-deny' command requires 3 parameters", Kind::BadArguments),
            ("hold", "bad hold command parameter", Kind::Other),
        ] {
            assert_eq!(kind(command, text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_shown_moves_no_cursor() {
        let text = Text::from("common name '\u{1b}[2Jx' not found");
        let refused = Refused { command: "kill".into(), text, notes: vec!["a note".into()] };
        let shown = refused.to_string();
        assert!(!shown.contains('\u{1b}') && shown.contains("(a note)"), "{shown}");
    }
}
