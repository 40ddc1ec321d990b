//! Why a statement was not written.

use std::net::Ipv4Addr;

use thiserror::Error;

/// A part that cannot be made into a statement, or statements that are not whole.
///
/// `at` is an offset into the text, in octets.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StatementError {
    /// Not the name of an option.
    #[error("{name:?} is no option name: it may have letters, digits, - and _, and one . in front")]
    OptionName {
        /// What was given.
        name: String,
    },
    /// An option without a value.
    #[error("{what} has no value: leave it out, or give it one")]
    Empty {
        /// The option.
        what: String,
    },
    /// A control character in a text.
    #[error("{what} {text:?} holds a control character: no option of text may")]
    Control {
        /// The option.
        what: String,
        /// What was given.
        text: String,
    },
    /// A text beyond the limit.
    #[error("{what} of {octets} octets: {} are the most", super::MAX_TEXT)]
    Long {
        /// The option.
        what: String,
        /// Its length.
        octets: usize,
    },
    /// Too many `"` and `\` in a value.
    #[error("{what} holds {found} quotes and backslashes: {} are the most", super::MAX_ESCAPES)]
    Escapes {
        /// The option.
        what: String,
        /// How many there are.
        found: usize,
    },
    /// A string that does not end.
    #[error("the string that begins at octet {at} of the statements does not end")]
    OpenString {
        /// Where the string begins.
        at: usize,
    },
    /// A backslash, which the server would lose.
    #[error(
        "a backslash at octet {at} of the statements: dhcpd writes it to its leases file so that \
         the file cannot be read again; write the character as encode-int (34, 8) for a quote or \
         encode-int (92, 8) for a backslash, joined to the rest by concat (…)"
    )]
    Backslash {
        /// Where it stands.
        at: usize,
    },
    /// A control character, or a character beyond ASCII outside of a string.
    #[error(
        "octet {octet:#04x} at octet {at} of the statements: only printable text may stand there"
    )]
    RawControl {
        /// Where it stands.
        at: usize,
        /// What it is.
        octet: u8,
    },
    /// A comment, which could swallow what follows.
    #[error(
        "a comment at octet {at} of the statements: it could swallow what follows, leave it out"
    )]
    Comment {
        /// Where it begins.
        at: usize,
    },
    /// Braces that do not match.
    #[error("unmatched brace, seen at octet {at} of the statements")]
    Brace {
        /// The closing brace, or the end of the text.
        at: usize,
    },
    /// The last statement has no end.
    #[error("the last statement has no `;`: dhcpd would drop it without an error")]
    NoEnd,
}

/// Text or numbers that are no route.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum RouteError {
    /// Not written as a route.
    #[error("{text:?} is no route: write it as 10.0.0.0/8,192.168.1.1 (destination, then gateway)")]
    Text {
        /// What was written.
        text: String,
    },
    /// More bits than an address has.
    #[error("a prefix of {found} bits: 32 are the most")]
    Prefix {
        /// What was given.
        found: u8,
    },
    /// The destination is no network of that size.
    #[error("{destination}/{prefix} has bits behind its prefix: did you mean {network}/{prefix}?")]
    HostBits {
        /// What was given.
        destination: Ipv4Addr,
        /// Its prefix.
        prefix: u8,
        /// The network that holds it.
        network: Ipv4Addr,
    },
}
