//! What the daemon answers to a line, before it does: how many replies, and of which form.
//!
//! The daemon answers strictly in order, but not every line is answered, some have two replies,
//! and only the command tells how a reply ends. Whoever counts wrong is out of step for ever.

use super::super::lexer::arguments;
use super::super::wire::atoi;

/// What the reply of a line depends on, beside the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The management version that the greeting told.
    pub management: u32,
    /// The version that the daemon was told with `version «n»`: 1 if it was not.
    pub announced: u32,
}

/// The replies of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// None: a blank line, a comment, `version «n»` to most releases, `test 0`.
    Nothing,
    /// None, and the daemon closes the connection.
    Leave,
    /// One, or two one after the other.
    Reply(Part, Option<Part>),
    /// The header of a text, if the daemon accepts it: one line comes after the `END`.
    Text(Input),
}

/// One reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// One `SUCCESS:` or `ERROR:` line.
    Line,
    /// Lines up to `END`, or one such line instead.
    Block(Kind),
    /// So many lines without an end.
    Lines(u64),
    /// Notes, then one line about the clients, then one about the command.
    PushUpdate,
    /// `>PKCS11ID-COUNT:…`.
    Pkcs11Count,
    /// `>PKCS11ID-ENTRY:…`.
    Pkcs11Entry,
}

/// What stands in a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Lines for people.
    Lines,
    /// Title and management version.
    Version,
    /// A listing, of either side.
    Status,
    /// State lines.
    States,
    /// Log lines.
    Log,
    /// Echo lines.
    Echo,
    /// One number.
    RemoteCount,
    /// Remotes.
    Remotes,
}

/// What the daemon has to wait for, to accept a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// Nothing.
    Always,
    /// A signature.
    Signature,
    /// A certificate.
    Certificate,
    /// A password.
    Password,
}

const fn one(part: Part) -> Shape {
    Shape::Reply(part, None)
}

/// What this line, as the daemon sees it, is answered with.
///
/// ```
/// use netlever_core::openvpn::command::shape::{Dialect, Kind, Part, Shape, shape};
///
/// let dialect = Dialect { management: 5, announced: 1 };
/// let both = Shape::Reply(Part::Line, Some(Part::Block(Kind::Log)));
/// assert_eq!(shape(b"log on all", dialect), both);
/// assert_eq!(shape(b"version 3", dialect), Shape::Nothing);
/// ```
#[must_use]
pub fn shape(line: &[u8], dialect: Dialect) -> Shape {
    let Ok(args) = arguments(line) else { return one(Part::Line) };
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    of_arguments(&args, dialect)
}

pub(crate) fn of_arguments(args: &[&[u8]], dialect: Dialect) -> Shape {
    let Some((word, args)) = args.split_first() else { return Shape::Nothing };
    match *word {
        b"help" | b"net" => one(Part::Block(Kind::Lines)),
        b"version" => version(args, dialect),
        b"exit" | b"quit" => Shape::Leave,
        b"status" => one(Part::Block(Kind::Status)),
        b"state" if args.is_empty() => one(Part::Block(Kind::States)),
        b"state" => history(args, Kind::States),
        b"log" => history(args, Kind::Log),
        b"echo" => history(args, Kind::Echo),
        b"remote-entry-count" => one(Part::Block(Kind::RemoteCount)),
        b"remote-entry-get" if !args.is_empty() => one(Part::Block(Kind::Remotes)),
        b"push-update-broad" | b"push-update-cid" => one(Part::PushUpdate),
        b"pkcs11-id-count" => one(Part::Pkcs11Count),
        b"pkcs11-id-get" if !args.is_empty() => one(Part::Pkcs11Entry),
        b"test" if !args.is_empty() => match u64::try_from(atoi(args[0])) {
            Ok(lines @ 1..) => one(Part::Lines(lines)),
            _ => Shape::Nothing,
        },
        b"client-auth" if args.len() > 1 && args[..2].iter().all(|id| scans(id)) => {
            Shape::Text(Input::Always)
        }
        b"client-pf" if dialect.management < 5 && args.first().is_some_and(|id| scans(id)) => {
            Shape::Text(Input::Always)
        }
        b"pk-sig" if dialect.management > 1 => Shape::Text(Input::Signature),
        b"rsa-sig" => Shape::Text(Input::Signature),
        b"certificate" => Shape::Text(Input::Certificate),
        b"password" if args.len() == 1 && dialect.management >= 6 && dialect.announced >= 5 => {
            Shape::Text(Input::Password)
        }
        _ => one(Part::Line),
    }
}

fn version(args: &[&[u8]], dialect: Dialect) -> Shape {
    match args.first() {
        None => one(Part::Block(Kind::Version)),
        Some(_) if dialect.management <= 1 => one(Part::Block(Kind::Version)),
        Some(number) if dialect.management >= 6 && atoi(number) >= 4 => one(Part::Line),
        Some(_) => Shape::Nothing,
    }
}

/// One reply for each of up to two parameters; a bad word gives an `ERROR:` line in its place.
fn history(args: &[&[u8]], kind: Kind) -> Shape {
    let part = |arg: &&[u8]| match *arg {
        b"on" | b"off" => Part::Line,
        b"all" => Part::Block(kind),
        number if atoi(number) > 0 => Part::Block(kind),
        _ => Part::Line,
    };
    match args {
        [] => one(Part::Line),
        [first, rest @ ..] => Shape::Reply(part(first), rest.first().map(part)),
    }
}

/// Whether C's `%lu` finds a number: blanks, a sign, a digit, and no look at the rest.
fn scans(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    text.strip_prefix(b"-")
        .or_else(|| text.strip_prefix(b"+"))
        .unwrap_or(text)
        .first()
        .is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str, management: u32, announced: u32) -> Shape {
        shape(line.as_bytes(), Dialect { management, announced })
    }

    #[test]
    fn a_number_behind_version_is_answered_by_release() {
        assert_eq!(of("version 3", 1, 1), one(Part::Block(Kind::Version)));
        assert_eq!(of("version 9", 3, 1), Shape::Nothing);
        assert_eq!(of("version 9", 5, 1), Shape::Nothing);
        assert_eq!(of("version 3", 6, 1), Shape::Nothing);
        assert_eq!(of("version x", 6, 1), Shape::Nothing);
        assert_eq!(of("version 4", 6, 1), one(Part::Line));
        assert_eq!(of("version", 6, 1), one(Part::Block(Kind::Version)));
    }

    #[test]
    fn each_parameter_of_a_history_is_answered() {
        let block = Part::Block(Kind::Log);
        for (line, first, second) in [
            ("log on all", Part::Line, Some(block)),
            ("log 2 on", block, Some(Part::Line)),
            ("log 0 5x", Part::Line, Some(block)),
            ("log foo", Part::Line, None),
            ("log", Part::Line, None),
            ("log all all all", block, Some(block)),
        ] {
            assert_eq!(of(line, 5, 1), Shape::Reply(first, second), "{line}");
        }
        assert_eq!(of("state", 5, 1), one(Part::Block(Kind::States)));
    }

    #[test]
    fn text_is_entered_only_if_the_header_is_accepted() {
        assert_eq!(of("client-auth 1 0", 5, 1), Shape::Text(Input::Always));
        assert_eq!(of("client-auth 1x -3", 5, 1), Shape::Text(Input::Always));
        for line in ["client-auth x 1", "client-auth 1", "client-auth", "client-pf x"] {
            assert_eq!(of(line, 3, 1), one(Part::Line), "{line}");
        }
        assert_eq!(of("client-pf 1", 3, 1), Shape::Text(Input::Always));
        assert_eq!(of("client-pf 1", 5, 1), one(Part::Line));
        assert_eq!(of("pk-sig", 1, 1), one(Part::Line));
        assert_eq!(of("pk-sig", 3, 1), Shape::Text(Input::Signature));
        assert_eq!(of("password Auth", 6, 4), one(Part::Line));
        assert_eq!(of("password Auth", 6, 5), Shape::Text(Input::Password));
        assert_eq!(of("password Auth x", 6, 5), one(Part::Line));
    }

    #[test]
    fn what_the_lexer_refuses_has_one_reply_and_what_it_skips_none() {
        assert_eq!(of("log on \"all", 5, 1), one(Part::Line));
        assert_eq!(of(" # x", 5, 1), Shape::Nothing);
        assert_eq!(of("test 0", 5, 1), Shape::Nothing);
        assert_eq!(of("test -1", 5, 1), Shape::Nothing);
        assert_eq!(of("test", 5, 1), one(Part::Line));
        assert_eq!(of("quit", 5, 1), Shape::Leave);
    }
}
