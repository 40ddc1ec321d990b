//! Arguments of a command, as the daemon takes them apart and as they are put together.
//!
//! | input | effect |
//! |---|---|
//! | space | separates, outside quotes |
//! | `"…"` | one argument; `\` escapes inside |
//! | `'…'` | one argument; no escapes inside |
//! | `\\` `\"` `\ ` | the character itself, outside single quotes |
//! | `\` before any other | the whole line is refused |
//! | a quote inside an unquoted word | literal |
//! | text right after a closing quote | a new argument |
//! | `#` or `;` where an argument would begin | the rest is a comment, also after a `\` |
//!
//! All of it was seen with OpenVPN 2.6.14. A free text is put between double quotes with `\` and
//! `"` escaped, which is right for every octet that may be sent at all.

use thiserror::Error;

/// Octets that one argument may have once it is unquoted. One more and the daemon refuses the
/// line.
pub const MAX_ARGUMENT: usize = 256;

/// Arguments that the daemon looks at, the command word included; it ignores what follows.
pub const MAX_ARGUMENTS: usize = 16;

/// Why the daemon refuses a line before it looks at the command: one `ERROR:` line says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LexError {
    /// A `\` stands before something that needs no escape.
    #[error("a backslash before an octet that needs no escape")]
    Backslash,
    /// An argument has more than [`MAX_ARGUMENT`] octets.
    #[error("an argument of more than {MAX_ARGUMENT} octets")]
    TooLong,
    /// A double quote is not closed.
    #[error("a double quote is not closed")]
    Quote,
    /// A single quote is not closed.
    #[error("a single quote is not closed")]
    SingleQuote,
    /// The line ends in a `\`.
    #[error("the line ends in a backslash")]
    Residue,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Between,
    Unquoted,
    Double,
    Single,
}

/// The arguments of `line` as the daemon sees them, the command word first; none for a blank line
/// or a comment. At most [`MAX_ARGUMENTS`].
///
/// # Errors
///
/// For what the daemon refuses.
///
/// ```
/// use netlever_core::openvpn::lexer::arguments;
///
/// assert_eq!(arguments(br#"kill "Doe, Jane" # all"#), Ok(vec![b"kill".to_vec(), b"Doe, Jane".to_vec()]));
/// assert_eq!(arguments(b"; nothing"), Ok(vec![]));
/// ```
pub fn arguments(line: &[u8]) -> Result<Vec<Vec<u8>>, LexError> {
    let mut arguments = Vec::new();
    let mut argument = Vec::new();
    let mut state = State::Between;
    let mut escaped = false;
    // The daemon's loop sees the NUL behind the line as one more blank.
    for octet in line.iter().copied().map(Some).chain([None]) {
        if octet == Some(b'\\') && !escaped && state != State::Single {
            escaped = true;
            continue;
        }
        let blank = matches!(octet, None | Some(b' '));
        let mut kept = None;
        let mut done = false;
        match state {
            State::Between if blank => {}
            State::Between if matches!(octet, Some(b'#' | b';')) => break,
            State::Between => match octet {
                Some(b'"') if !escaped => state = State::Double,
                Some(b'\'') if !escaped => state = State::Single,
                _ => {
                    kept = octet;
                    state = State::Unquoted;
                }
            },
            State::Unquoted if blank && !escaped => done = true,
            State::Double if octet == Some(b'"') && !escaped => done = true,
            State::Single if octet == Some(b'\'') => done = true,
            _ => kept = octet,
        }
        if done {
            arguments.push(std::mem::take(&mut argument));
            state = State::Between;
        }
        if let Some(octet) = kept {
            if escaped && !matches!(octet, b'\\' | b'"' | b' ') {
                return Err(LexError::Backslash);
            }
            if argument.len() == MAX_ARGUMENT {
                return Err(LexError::TooLong);
            }
            argument.push(octet);
        }
        escaped = false;
        if arguments.len() == MAX_ARGUMENTS {
            break;
        }
    }
    match state {
        State::Between => Ok(arguments),
        State::Unquoted => Err(LexError::Residue),
        State::Double => Err(LexError::Quote),
        State::Single => Err(LexError::SingleQuote),
    }
}

/// Appends one argument between double quotes.
///
/// ```
/// use netlever_core::openvpn::lexer::quote;
///
/// let mut line = b"kill ".to_vec();
/// quote(&mut line, br#"o"neil\x"#);
/// assert_eq!(line, br#"kill "o\"neil\\x""#);
/// ```
pub fn quote(out: &mut Vec<u8>, argument: &[u8]) {
    out.reserve(argument.len() + 2);
    out.push(b'"');
    for &octet in argument {
        if matches!(octet, b'\\' | b'"') {
            out.push(b'\\');
        }
        out.push(octet);
    }
    out.push(b'"');
}

/// Whether an argument needs no quotes: letters, digits and some signs.
#[must_use]
pub fn is_plain(argument: &[u8]) -> bool {
    let plain = |octet: &u8| octet.is_ascii_alphanumeric() || b"-_.:/+=,@".contains(octet);
    !argument.is_empty() && argument.iter().all(plain)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lexed(line: &str) -> Result<Vec<String>, LexError> {
        let text = |octets: Vec<u8>| String::from_utf8(octets).expect("UTF-8");
        arguments(line.as_bytes()).map(|all| all.into_iter().map(text).collect())
    }

    #[test]
    fn lines_are_taken_apart_as_the_daemon_does() {
        let cases: [(&str, &[&str]); 13] = [
            ("  pid  ", &["pid"]),
            ("'pid'", &["pid"]),
            ("kill 'a\\b'", &["kill", "a\\b"]),
            ("kill a\\ b", &["kill", "a b"]),
            ("kill a\"b\"c", &["kill", "a\"b\"c"]),
            ("kill \"a\"b", &["kill", "a", "b"]),
            ("kill \"\"", &["kill", ""]),
            ("kill #x", &["kill"]),
            ("kill \\#x", &["kill"]),
            ("kill a#x", &["kill", "a#x"]),
            ("", &[]),
            ("   ", &[]),
            ("kill \\", &["kill"]),
        ];
        for (line, expected) in cases {
            assert_eq!(lexed(line).expect(line), expected, "{line}");
        }
        assert_eq!(lexed("p\\id"), Err(LexError::Backslash));
        assert_eq!(lexed("\"open"), Err(LexError::Quote));
        assert_eq!(lexed("'open"), Err(LexError::SingleQuote));
        assert_eq!(lexed("kill trailing\\"), Err(LexError::Residue));
    }

    #[test]
    fn an_argument_may_have_256_octets_and_no_more() {
        let long = "x".repeat(MAX_ARGUMENT);
        assert_eq!(lexed(&format!("kill {long}")), Ok(vec!["kill".to_owned(), long.clone()]));
        assert_eq!(lexed(&format!("kill {long}x")), Err(LexError::TooLong));
    }

    #[test]
    fn what_follows_16_arguments_is_not_looked_at() {
        let line = "a ".repeat(MAX_ARGUMENTS) + "\"open";
        assert_eq!(lexed(&line).expect("16 arguments").len(), MAX_ARGUMENTS);
    }

    proptest! {
        #[test]
        fn what_is_quoted_comes_back(
            words in prop::collection::vec(
                prop::collection::vec(
                    any::<u8>().prop_filter("deleted", |&b| b >= 0x20 && b != 0x7f), 0..=256),
                1..8),
        ) {
            let mut line = Vec::new();
            for word in &words {
                quote(&mut line, word);
                line.push(b' ');
            }
            prop_assert_eq!(arguments(&line), Ok(words));
        }

        #[test]
        fn any_line_is_lexed(line in prop::collection::vec(any::<u8>(), 0..600)) {
            if let Ok(all) = arguments(&line) {
                prop_assert!(all.len() <= MAX_ARGUMENTS);
                prop_assert!(all.iter().all(|one| one.len() <= MAX_ARGUMENT));
            }
        }
    }
}
