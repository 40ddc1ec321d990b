//! How a command ends when it does not succeed: an exit status, one line, one JSON object.

use std::fmt::Display;
use std::io;
use std::process::ExitCode;

use netlever_core::desk::Fail;
use netlever_core::omapi::Error;
use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::error::Refused;
use serde_json::{Value, json};

use crate::output::Output;

/// The exit status of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Status {
    /// Done.
    Done = 0,
    /// Any failure that is none of the others, a broken protocol included.
    Other = 1,
    /// Usage or bad input: nothing was sent.
    Usage = 2,
    /// Not found.
    NotFound = 3,
    /// Refused by the peer.
    Refused = 4,
    /// Authentication failed.
    Authentication = 5,
    /// Timeout.
    Timeout = 6,
    /// No connection, or connection lost.
    Connection = 7,
}

impl Status {
    /// Of several items: 0 if all succeeded, the code that all failures share, else 1.
    pub(crate) fn of_all(items: impl IntoIterator<Item = Self>) -> Self {
        let mut failures = items.into_iter().filter(|&item| item != Self::Done);
        let Some(first) = failures.next() else { return Self::Done };
        if failures.all(|item| item == first) { first } else { Self::Other }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// What kind of failure it is: each has its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    NotFound,
    Refused,
    Authentication,
    Timeout,
    Connection,
    Usage,
    Protocol,
    Other,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Refused => "refused",
            Self::Authentication => "authentication",
            Self::Timeout => "timeout",
            Self::Connection => "connection",
            Self::Usage => "usage",
            Self::Protocol => "protocol",
            Self::Other => "other",
        }
    }

    pub(crate) const fn status(self) -> Status {
        match self {
            Self::NotFound => Status::NotFound,
            Self::Refused => Status::Refused,
            Self::Authentication => Status::Authentication,
            Self::Timeout => Status::Timeout,
            Self::Connection => Status::Connection,
            Self::Usage => Status::Usage,
            Self::Protocol | Self::Other => Status::Other,
        }
    }
}

/// Why a command, or one item of it, did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// The protocol's number and name of it, where it has one.
    pub(crate) code: Option<(u32, Option<&'static str>)>,
    /// What was tried, at which peer, what came back, what to do; one line.
    pub(crate) message: String,
}

impl Failure {
    /// The command line, a file or a setting is wrong; nothing was sent.
    pub(crate) fn usage(message: impl Display) -> Self {
        Self::new(Kind::Usage, message)
    }

    /// Anything on this machine that did not work.
    pub(crate) fn other(message: impl Display) -> Self {
        Self::new(Kind::Other, message)
    }

    pub(crate) fn new(kind: Kind, message: impl Display) -> Self {
        Self { kind, code: None, message: one_line(&message.to_string()) }
    }

    /// A call over OMAPI failed: `tried` says what it was to do (`looking up host name=a`), `peer`
    /// where.
    pub(crate) fn omapi(error: &Error, tried: &str, peer: impl Display) -> Self {
        let (kind, hint) = kind_of(error);
        Self {
            kind,
            code: error.code().map(|code| (code.0, code.name())),
            message: one_line(&format!("{tried} at {peer}: {error}{hint}")),
        }
    }

    pub(crate) const fn status(&self) -> Status {
        self.kind.status()
    }

    /// What stands under `error` in JSON.
    pub(crate) fn json(&self) -> Value {
        let mut error = json!({ "kind": self.kind.name() });
        if let Some((code, name)) = self.code {
            error["code"] = code.into();
            error["name"] = name.into();
        }
        error["message"] = self.message.as_str().into();
        error
    }

    /// Tells it on stderr, and with `--json` on stdout, and gives the exit status.
    pub(crate) fn report(&self, output: &Output) -> Status {
        output.error(&self.message);
        self.report_json(output)
    }

    /// Tells it on stdout, with `--json`, where stderr has heard of it already.
    pub(crate) fn report_json(&self, output: &Output) -> Status {
        if output.json {
            output.last_line(&json!({ "error": self.json() }).to_string());
        }
        self.status()
    }
}

/// The kind of an OMAPI failure, and what to do about it where the error does not say so itself.
fn kind_of(error: &Error) -> (Kind, &'static str) {
    match error {
        Error::Refused(refused) => kind_of_refusal(refused),
        Error::Guarded(_) => (Kind::Usage, ""),
        Error::Broken { .. } => (Kind::Protocol, "; is this an OMAPI port?"),
        Error::Failed(Fail::TimedOut { .. } | Fail::Lost { why: io::ErrorKind::TimedOut, .. }) => {
            (Kind::Timeout, "; try again, or with a longer --timeout")
        }
        Error::Failed(Fail::Lost { why: io::ErrorKind::ConnectionRefused, .. }) => {
            (Kind::Connection, "; does dhcpd run there, and has its dhcpd.conf omapi-port?")
        }
        Error::Failed(Fail::Lost { why: io::ErrorKind::NotFound, sent: false }) => {
            (Kind::Connection, "; is there a machine, or a socket, of this name?")
        }
        Error::Failed(Fail::Lost { sent: true, .. }) => {
            (Kind::Connection, "; look what was done before you try again")
        }
        Error::Failed(Fail::Lost { .. }) => {
            (Kind::Connection, "; is the server's name or address right, and dhcpd's port open?")
        }
        error if error.is_authentication() => (Kind::Authentication, ""),
        _ => (Kind::Other, ""),
    }
}

fn kind_of_refusal(refused: &Refused) -> (Kind, &'static str) {
    let host = refused.object_type == "host";
    match refused.code {
        ResultCode::NO_KEYS | ResultCode::INVALID_KEY => {
            (Kind::Authentication, "; compare the key with omapi-key in dhcpd.conf")
        }
        ResultCode::NOT_FOUND if refused.text == "can't update object" => {
            (Kind::NotFound, "; is there such a group?")
        }
        ResultCode::NOT_FOUND if refused.object_type == "lease" => {
            (Kind::NotFound, "; only addresses in a pool have leases")
        }
        ResultCode::NOT_FOUND => (Kind::NotFound, "; names are exact, and case matters"),
        ResultCode::EXISTS if host => (Kind::Refused, "; sync host changes the one that is there"),
        ResultCode::BAD_PARSE => (Kind::Refused, "; dhcpd's log tells where in the statements"),
        _ => (Kind::Refused, ""),
    }
}

/// Text from a peer or a file cannot begin a line of its own, nor steer a terminal.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' => line.push(' '),
            control if control.is_control() => line.extend(control.escape_default()),
            other => line.push(other),
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use netlever_core::omapi::wire::Opcode;

    use super::*;

    fn refused(code: ResultCode) -> Error {
        let (object_type, text) = ("host".into(), "no\u{1b}[2J\nway".into());
        Refused { opcode: Opcode::Open, object_type, code, text }.into()
    }

    #[test]
    fn several_items_end_with_the_status_that_all_share() {
        use Status::{Done, NotFound, Other, Refused};
        for (items, status) in [
            (&[][..], Done),
            (&[Done, Done], Done),
            (&[NotFound, Done, NotFound], NotFound),
            (&[NotFound, Refused], Other),
        ] {
            assert_eq!(Status::of_all(items.iter().copied()), status);
        }
    }

    #[test]
    fn the_most_specific_status_wins() {
        for (code, status) in [
            (ResultCode::NOT_FOUND, Status::NotFound),
            (ResultCode::INVALID_KEY, Status::Authentication),
            (ResultCode::NO_KEYS, Status::Authentication),
            (ResultCode::EXISTS, Status::Refused),
        ] {
            assert_eq!(Failure::omapi(&refused(code), "looking", "here").status(), status);
        }
        let error = Error::KeyRefused {
            name: "k".into(),
            algorithm: "hmac-md5",
            code: ResultCode::NOT_FOUND,
            text: String::new(),
        };
        assert_eq!(Failure::omapi(&error, "looking", "here").status(), Status::Authentication);
    }

    #[test]
    fn a_peer_cannot_break_the_line() {
        let failure = Failure::omapi(&refused(ResultCode::EXISTS), "adding host a", "[::1]:7911");
        assert!(
            failure.message.starts_with("adding host a at [::1]:7911: "),
            "{}",
            failure.message
        );
        assert!(!failure.message.contains(char::is_control), "{}", failure.message);
        assert_eq!(failure.json()["code"], 18);
        assert_eq!(failure.json()["name"], "EXISTS");
    }
}
