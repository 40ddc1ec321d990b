//! What a reader reports.

use std::fmt;

use super::super::block::Block;
use super::super::command::shape::Part;
use super::super::event::Notification;
use super::super::history::{EchoHistory, LogHistory};
use super::super::octets::{Octets, Text};
use super::super::remotes::Remotes;
use super::super::state::States;
use super::super::status::{ClientStatus, Status};
use super::super::version::Version;
use super::super::wire::{decimal, find};
use super::sent::Sent;

/// One thing that happened on the connection, in the order of the stream.
#[derive(Debug)]
#[non_exhaustive]
pub enum Item<'a> {
    /// The daemon asks for the management password.
    PasswordPrompt,
    /// It was right; the greeting follows.
    PasswordAccepted,
    /// It was wrong; the next prompt follows. Of the third wrong one nothing is said: the stream
    /// ends.
    PasswordRejected,
    /// The daemon is ready for commands.
    Greeting {
        /// The management version: 1 for 2.4, 3 for 2.5, 5 for 2.6 and 2.7.
        version: u32,
    },
    /// A reply, or one part of several.
    Reply(Reply<'a>),
    /// Something told unasked.
    Event(Notification<'a>),
    /// A line that no command explains.
    Unexpected(Octets<'a>),
    /// A line without its end, at the end of the stream.
    Partial(Octets<'a>),
    /// The stream has ended.
    Eof,
    /// Lines that were sent, should have been answered, and were not; in order.
    Unanswered(Vec<Sent>),
}

/// A reply and the line that it answers.
#[derive(Debug)]
pub struct Reply<'a> {
    /// What was sent. Of a text command the header.
    pub sent: &'a Sent,
    /// What the daemon says to it.
    pub answer: Answer<'a>,
    /// Whether it is the last reply to this line.
    pub last: bool,
}

impl<'a> Reply<'a> {
    /// The number of the line among all that were sent.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.sent.number()
    }

    /// The line as the daemon saw it: without its line end and without what the daemon deletes. It
    /// may hold a password: printing the [`Sent`] itself is safe.
    #[must_use]
    pub fn line(&self) -> Octets<'a> {
        self.sent.line()
    }
}

/// What the daemon says to a command.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Answer<'a> {
    /// The text behind `SUCCESS: `. [`success`](crate::openvpn::success) reads the numbers in it.
    Success(Text<'a>),
    /// The text behind `ERROR: `: the command was refused.
    Error(Text<'a>),
    /// A line without either, before the one that has it: `auth-retry bogus`, push updates.
    Preamble(Text<'a>),
    /// One line of a reply without an end: `test`.
    Line(Text<'a>),
    /// A block without a form of its own: `help`, `net`, or one that has another form than its
    /// command's.
    Lines(Block<'a>),
    /// Of `version`.
    Version(Version<'a>),
    /// Of `status`, from a server.
    Status(Status<'a>),
    /// Of `status`, from a client.
    ClientStatus(ClientStatus<'a>),
    /// Of `state`.
    States(States<'a>),
    /// Of `log`.
    Log(LogHistory<'a>),
    /// Of `echo`.
    Echo(EchoHistory<'a>),
    /// Of `remote-entry-count`.
    RemoteCount(u64),
    /// Of `remote-entry-get`.
    Remotes(Remotes<'a>),
    /// Of `pkcs11-id-count`.
    Pkcs11Count(u64),
    /// Of `pkcs11-id-get`.
    Pkcs11Entry(Pkcs11Entry<'a>),
}

impl Answer<'_> {
    pub(super) fn empty() -> Self {
        Self::Lines(Block::default())
    }

    /// A copy that borrows nothing. Blocks are owned already and are not copied.
    #[must_use]
    pub fn into_owned(self) -> Answer<'static> {
        match self {
            Self::Success(text) => Answer::Success(text.into_owned()),
            Self::Error(text) => Answer::Error(text.into_owned()),
            Self::Preamble(text) => Answer::Preamble(text.into_owned()),
            Self::Line(text) => Answer::Line(text.into_owned()),
            Self::Lines(block) => Answer::Lines(block.into_owned()),
            Self::Version(version) => Answer::Version(version.into_owned()),
            Self::Status(status) => Answer::Status(status.into_owned()),
            Self::ClientStatus(status) => Answer::ClientStatus(status.into_owned()),
            Self::States(states) => Answer::States(states.into_owned()),
            Self::Log(log) => Answer::Log(log.into_owned()),
            Self::Echo(echo) => Answer::Echo(echo.into_owned()),
            Self::RemoteCount(count) => Answer::RemoteCount(count),
            Self::Remotes(remotes) => Answer::Remotes(remotes.into_owned()),
            Self::Pkcs11Count(count) => Answer::Pkcs11Count(count),
            Self::Pkcs11Entry(entry) => Answer::Pkcs11Entry(entry.into_owned()),
        }
    }
}

/// A certificate on a token: `'«n»', ID:'«id»', BLOB:'«base64»'`, or `'«n»'` where there is none.
#[derive(Clone, PartialEq, Eq)]
pub struct Pkcs11Entry<'a> {
    /// Its place, from 0.
    pub index: u64,
    /// Its id and its octets in base64.
    pub certificate: Option<(Text<'a>, Text<'a>)>,
}

impl<'a> Pkcs11Entry<'a> {
    /// Reads the payload of `>PKCS11ID-ENTRY`.
    #[must_use]
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        let rest = payload.strip_prefix(b"'")?.strip_suffix(b"'")?;
        let Some(at) = find(rest, b"', ID:'") else {
            return Some(Self { index: decimal(rest)?, certificate: None });
        };
        let (index, rest) = (decimal(&rest[..at])?, &rest[at + b"', ID:'".len()..]);
        let at = memchr::memmem::rfind(rest, b"', BLOB:'")?;
        let (id, blob) = (&rest[..at], &rest[at + b"', BLOB:'".len()..]);
        Some(Self { index, certificate: Some((id.into(), blob.into())) })
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Pkcs11Entry<'static> {
        let certificate = self.certificate.map(|(id, blob)| (id.into_owned(), blob.into_owned()));
        Pkcs11Entry { index: self.index, certificate }
    }
}

impl fmt::Debug for Pkcs11Entry<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.certificate.as_ref().map(|(id, _)| id);
        f.debug_struct("Pkcs11Entry").field("index", &self.index).field("id", &id).finish()
    }
}

/// How a reply line begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Success,
    Error,
    Neither,
}

const SUCCESS: &[u8] = b"SUCCESS: ";
const ERROR: &[u8] = b"ERROR: ";

impl Verdict {
    pub(super) fn of(line: &[u8]) -> Self {
        if line.starts_with(SUCCESS) {
            Self::Success
        } else if line.starts_with(ERROR) {
            Self::Error
        } else {
            Self::Neither
        }
    }
}

/// Whether no more lines follow this one in the reply to a push update. What is refused before it
/// begins has this one line; an id that is no number has two.
pub(super) fn ends_push_update(line: &[u8]) -> bool {
    const ENDS: [&[u8]; 9] = [
        b"SUCCESS: push-update",
        b"ERROR: push-update",
        b"ERROR: unknown command",
        b"ERROR: the 'push-update",
        b"ERROR: The 'push-update",
        b"ERROR: Options ",
        b"ERROR: The push-update",
        b"ERROR: the push-update",
        b"ERROR: client-push-update",
    ];
    ENDS.iter().any(|end| line.starts_with(end))
}

/// What one line of a reply of this kind is.
pub(super) fn answer(part: Part, line: &[u8]) -> Answer<'_> {
    if let Some(text) = line.strip_prefix(ERROR) {
        return Answer::Error(text.into());
    }
    if let Part::Lines(_) = part {
        return Answer::Line(line.into());
    }
    if let Some(text) = line.strip_prefix(SUCCESS) {
        return Answer::Success(text.into());
    }
    pkcs11(line).unwrap_or_else(|| Answer::Preamble(line.into()))
}

/// The reply that looks like a notification, if the line is one.
pub(super) fn pkcs11(line: &[u8]) -> Option<Answer<'_>> {
    if let Some(count) = line.strip_prefix(b">PKCS11ID-COUNT:") {
        return decimal(count).map(Answer::Pkcs11Count);
    }
    Pkcs11Entry::parse(line.strip_prefix(b">PKCS11ID-ENTRY:")?).map(Answer::Pkcs11Entry)
}
