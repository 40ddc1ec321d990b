//! Why a command is not sent, and what to know about one that is.

use thiserror::Error;

use super::super::input::SAFE_LINE;
use super::super::lexer::{LexError, MAX_ARGUMENT, MAX_ARGUMENTS};

/// A command that would not do what it says, or do more. Nothing is sent.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CommandError {
    /// There is no command word.
    #[error("there is no command")]
    Empty,
    /// An argument or a line of text holds an octet that the daemon would delete, or end the line
    /// at.
    #[error("control octet {octet:#04x}: the daemon would delete it, or end the line there")]
    ControlOctet {
        /// The first of them.
        octet: u8,
    },
    /// An argument is longer than the daemon takes.
    #[error("an argument of {octets} octets: the daemon takes {MAX_ARGUMENT}")]
    ArgumentTooLong {
        /// Octets that it has.
        octets: usize,
    },
    /// There are more arguments than the daemon looks at.
    #[error("{arguments} arguments: the daemon looks at {MAX_ARGUMENTS}")]
    TooManyArguments {
        /// How many there are, the command word included.
        arguments: usize,
    },
    /// A line is longer than is safe in every burst.
    #[error("a line of {octets} octets: up to {SAFE_LINE} are safe")]
    LineTooLong {
        /// Octets that it has, its line end included.
        octets: usize,
    },
    /// `kill` of a name that holds a `:`.
    #[error("kill takes a name with a colon for an address: use client-kill with the client's id")]
    KillColon,
    /// A line of text is `END` and would end the text.
    #[error("line {line} of the text is END, which would end the text")]
    EndInText {
        /// Which, from 1.
        line: usize,
    },
    /// The text would have no header that the daemon accepts: its lines would run as commands.
    #[error("the daemon would refuse the header and run the text as commands: {why}")]
    TextRefused {
        /// What is wrong with the header.
        why: &'static str,
    },
    /// The daemon is too old or too new for the command, and text would run as commands.
    #[error("a daemon of management version {management} does not know this command")]
    Unsupported {
        /// What its greeting told.
        management: u32,
    },
    /// The daemon is not ready: it waits for the management password, or has not greeted yet.
    #[error("the daemon has not greeted yet")]
    NotReady,
    /// Too much was sent that is not answered yet.
    #[error("too many commands are unanswered: {pending}")]
    TooManyPending {
        /// How many.
        pending: usize,
    },
}

/// What the caller should know about a line that is sent all the same.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Warning {
    /// The daemon's log says success, but the client's daemon drops a longer text (2.6.14).
    #[error("the text for the client has {octets} octets: its daemon drops more than {max}", max = super::MAX_PENDING_EXTRA)]
    PendingExtraTooLong {
        /// Octets that it has.
        octets: usize,
    },
    /// The daemon looks at the beginning of the name only.
    #[error("the daemon cuts the name of {octets} octets at {max}", max = super::MAX_KILL_NAME)]
    KillNameCut {
        /// Octets that it has.
        octets: usize,
    },
    /// `kill` of a name that holds a `:`, in a raw line.
    #[error("kill takes a name with a colon for an address, or cuts it there: use client-kill")]
    KillColon,
    /// The daemon says nothing to a blank line or a comment.
    #[error("a blank line or a comment has no reply")]
    NothingSaid,
    /// Whether there is a reply depends on the daemon's release.
    #[error("version with a number has no reply from most releases")]
    ReplyByRelease,
    /// The daemon closes the connection and discards replies that are on their way.
    #[error("the daemon closes the connection; replies still on their way are lost")]
    Closes,
    /// The daemon takes all that follows for text, up to a line `END`.
    #[error("all lines that follow are text for this command, up to a line END")]
    OpensText,
    /// The daemon takes a word for the number 0.
    #[error("argument {argument} is no number: the daemon reads 0, or what digits it begins with")]
    NotANumber {
        /// Which, the command word being 0.
        argument: usize,
    },
    /// The daemon ignores what follows.
    #[error("{arguments} arguments: the daemon ignores all beyond {MAX_ARGUMENTS}")]
    ArgumentsIgnored {
        /// How many there are, the command word included.
        arguments: usize,
    },
    /// The daemon refuses the line.
    #[error("the daemon will refuse the line: {0}")]
    Refused(LexError),
}
