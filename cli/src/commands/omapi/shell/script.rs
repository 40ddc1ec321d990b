//! Lines of an omshell script to verbs.
//!
//! ```text
//!   server 10.0.0.1          # a comment
//!   key defomapi c2VjcmV0==
//!   set name = "text"        text, with \" \\ \n \t \ooo and \xhh inside
//!   set hardware-type = 1    a number: 4 octets
//!   set ip-address = 10.0.0.9              octets in decimal
//!   set hardware-address = 02:00:00:0a:0b:0c   octets in hex
//! ```

use crate::secret::Secret;

/// The longest line, in octets; omshell's own limit is 1024.
pub(super) const LINE: usize = 65_536;

/// One line.
#[derive(Clone, Debug)]
pub(super) enum Verb {
    /// Nothing but white space and comment.
    Nothing,
    Help,
    Server(String),
    Port(String),
    Key(String, Secret),
    Algorithm(String),
    Connect,
    Disconnect,
    New(String),
    Set(String, Given),
    Unset(String),
    Open,
    Create,
    Update,
    Refresh,
    Remove,
    Close,
    /// Not of omshell, but what people type.
    Exit,
}

impl Verb {
    /// Its word in a script.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Help => "help",
            Self::Server(_) => "server",
            Self::Port(_) => "port",
            Self::Key(..) => "key",
            Self::Algorithm(_) => "key-algorithm",
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::New(_) => "new",
            Self::Set(..) => "set",
            Self::Unset(_) => "unset",
            Self::Open => "open",
            Self::Create => "create",
            Self::Update => "update",
            Self::Refresh => "refresh",
            Self::Remove => "remove",
            Self::Close => "close",
            Self::Exit => "exit",
        }
    }
}

/// A value as the script gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Given {
    Text(Vec<u8>),
    /// Its low 32 bits go out; omshell takes negative numbers too.
    Number(i64),
    Octets(Vec<u8>),
}

impl Given {
    /// What goes over the wire.
    pub(super) fn octets(&self) -> Vec<u8> {
        match self {
            Self::Text(octets) | Self::Octets(octets) => octets.clone(),
            Self::Number(number) => (*number as u32).to_be_bytes().to_vec(),
        }
    }
}

/// Reads a line.
///
/// # Errors
///
/// What omshell would say; never a part of a secret.
pub(super) fn parse(line: &str) -> Result<Verb, String> {
    let line = line.trim();
    let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let word = word.to_ascii_lowercase();
    if word == "key" {
        return key(rest.trim());
    }
    let words = words(rest)?;
    let none = |verb| match words.as_slice() {
        [] => Ok(verb),
        _ => Err(format!("usage: {word}")),
    };
    let one = |usage: &str| match words.as_slice() {
        [Word::Bare(only)] => Ok(only.clone()),
        [Word::Quoted(only)] => {
            String::from_utf8(only.clone()).map_err(|_| format!("usage: {usage}"))
        }
        _ => Err(format!("usage: {usage}")),
    };
    match word.as_str() {
        "" => Ok(Verb::Nothing),
        comment if comment.starts_with('#') => Ok(Verb::Nothing),
        "help" | "?" => Ok(Verb::Help),
        "server" => one("server <server>").map(Verb::Server),
        "port" => one("port <port>").map(Verb::Port),
        "key-algorithm" => one("key-algorithm <algorithm name>").map(Verb::Algorithm),
        "connect" => none(Verb::Connect),
        "disconnect" => none(Verb::Disconnect),
        "new" => one("new <object-type>").map(Verb::New),
        "set" => set(&words),
        "unset" => one("unset <name>").map(Verb::Unset),
        "open" => none(Verb::Open),
        "create" => none(Verb::Create),
        "update" => none(Verb::Update),
        "refresh" => none(Verb::Refresh),
        "remove" => none(Verb::Remove),
        "close" => none(Verb::Close),
        "exit" | "quit" => none(Verb::Exit),
        _ => Err(format!("unknown token: {word}")),
    }
}

/// Base64 holds `=`, so this line is no run of words: a name, and all that follows.
fn key(rest: &str) -> Result<Verb, String> {
    let usage = || "usage: key <name> <value>".to_owned();
    let (name, secret) = rest.split_once(char::is_whitespace).ok_or_else(usage)?;
    let name = name.trim_matches('"');
    let secret = secret.split('#').next().unwrap_or_default().trim().trim_end_matches(';');
    let secret: String = secret.trim_matches('"').split_whitespace().collect();
    if name.is_empty() || secret.is_empty() {
        return Err(usage());
    }
    Ok(Verb::Key(name.to_owned(), Secret::new(secret)))
}

fn set(words: &[Word]) -> Result<Verb, String> {
    let usage = "usage: set <name> = <value>";
    let [Word::Bare(name), Word::Equals, value @ ..] = words else { return Err(usage.into()) };
    match value {
        [] => Err("invalid value.".into()),
        [Word::Quoted(text)] => Ok(Verb::Set(name.clone(), Given::Text(text.clone()))),
        [Word::Bare(word)] => match bare(word) {
            Some(given) => Ok(Verb::Set(name.clone(), given)),
            None => Err(format!("invalid value. {usage}")),
        },
        _ => Err(usage.into()),
    }
}

/// A value without quotes: `10.0.0.9`, `02:0a`, `7`, `-1` or `0x1f`.
fn bare(word: &str) -> Option<Given> {
    if word.contains(':') {
        let octet = |text: &str| match text.len() {
            1 | 2 if text.bytes().all(|digit| digit.is_ascii_hexdigit()) => {
                u8::from_str_radix(text, 16).ok()
            }
            _ => None,
        };
        return word.split(':').map(octet).collect::<Option<_>>().map(Given::Octets);
    }
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    if word.contains('.') {
        let octet = |text: &str| if digits(text) { text.parse().ok() } else { None };
        return word.split('.').map(octet).collect::<Option<_>>().map(Given::Octets);
    }
    let number = match word.strip_prefix("0x") {
        Some(hex) if !hex.starts_with(['+', '-']) => i64::from_str_radix(hex, 16).ok()?,
        Some(_) => return None,
        None if digits(word.strip_prefix('-').unwrap_or(word)) => word.parse().ok()?,
        None => return None,
    };
    let fits = (i64::from(i32::MIN)..=i64::from(u32::MAX)).contains(&number);
    fits.then_some(Given::Number(number))
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    Bare(String),
    Quoted(Vec<u8>),
    Equals,
}

fn words(line: &str) -> Result<Vec<Word>, String> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while let Some(first) = rest.chars().next() {
        match first {
            '#' => break,
            ';' => rest = &rest[1..],
            '=' => {
                words.push(Word::Equals);
                rest = &rest[1..];
            }
            '"' => {
                let (text, behind) = quoted(&rest[1..])?;
                words.push(Word::Quoted(text));
                rest = behind;
            }
            _ => {
                let end = rest.find(|next: char| next.is_whitespace() || "=\"#;".contains(next));
                let (word, behind) = rest.split_at(end.unwrap_or(rest.len()));
                words.push(Word::Bare(word.to_owned()));
                rest = behind;
            }
        }
        rest = rest.trim_start();
    }
    Ok(words)
}

/// The octets up to the closing quote, and what stands behind it.
fn quoted(text: &str) -> Result<(Vec<u8>, &str), String> {
    let mut octets = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(['"', '\\']).ok_or("eof in string constant")?;
        octets.extend_from_slice(&rest.as_bytes()[..end]);
        let escaped = rest.as_bytes()[end] == b'\\';
        rest = &rest[end + 1..];
        if !escaped {
            return Ok((octets, rest));
        }
        let next = rest.chars().next().ok_or("eof in string constant")?;
        let number = |digits: Option<&str>, radix| {
            digits.and_then(|digits| u8::from_str_radix(digits, radix).ok())
        };
        match next {
            'x' => {
                let octet = number(rest.get(1..3), 16).ok_or("invalid \\x in string constant")?;
                octets.push(octet);
                rest = &rest[3..];
            }
            '0'..='3' => {
                octets.push(number(rest.get(..3), 8).ok_or("invalid \\ooo in string constant")?);
                rest = &rest[3..];
            }
            _ => {
                let plain = match next {
                    't' => '\t',
                    'r' => '\r',
                    'n' => '\n',
                    'b' => '\u{8}',
                    other => other,
                };
                octets.extend_from_slice(plain.encode_utf8(&mut [0; 4]).as_bytes());
                rest = &rest[next.len_utf8()..];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<Given> {
        match parse(&format!("set a-b = {text}")) {
            Ok(Verb::Set(name, given)) if name == "a-b" => Some(given),
            _ => None,
        }
    }

    #[test]
    fn values_in_omshells_forms() {
        for (text, given) in [
            (r#""a b""#, Given::Text(b"a b".into())),
            (r#""a \"b\" \\ \x41\102\n" # comment"#, Given::Text(b"a \"b\" \\ AB\n".into())),
            ("7", Given::Number(7)),
            ("-5", Given::Number(-5)),
            ("01", Given::Number(1)),
            ("0x1f", Given::Number(31)),
            ("4294967295;", Given::Number(4_294_967_295)),
            ("10.99.0.101", Given::Octets(vec![10, 99, 0, 101])),
            ("10.0.0", Given::Octets(vec![10, 0, 0])),
            ("1:2:ff", Given::Octets(vec![1, 2, 255])),
            ("02:00:00:00:09:01", Given::Octets(vec![2, 0, 0, 0, 9, 1])),
        ] {
            assert_eq!(value(text), Some(given), "{text}");
        }
        assert_eq!(value("-1").map(|given| given.octets()), Some(vec![255; 4]));
        for text in [
            "foo",
            "",
            "1:2:",
            ":",
            "1:222",
            "256.1",
            "1.2.",
            "--1",
            "0x-1",
            "4294967296",
            "1 2",
            r#""open"#,
            r#""\"#,
            r#""\x4"#,
            r#""\x4é""#,
            r#""\19é""#,
            "+1",
        ] {
            assert_eq!(value(text), None, "{text}");
        }
        assert_eq!(parse(r#"set t="nospace""#).map(|verb| verb.word()), Ok("set"));
    }

    #[test]
    fn verbs_and_their_usage() {
        for line in ["", "  # set a = 1", "#", "\t"] {
            assert!(matches!(parse(line), Ok(Verb::Nothing)), "{line}");
        }
        for (line, says) in [
            ("bogus", "unknown token: bogus"),
            ("new", "usage: new <object-type>"),
            ("new a b", "usage: new <object-type>"),
            ("open now", "usage: open"),
            ("set name", "usage: set <name> = <value>"),
            ("set name = ", "invalid value."),
            ("server", "usage: server <server>"),
            ("key x", "usage: key <name> <value>"),
            ("set a = \"b", "eof in string constant"),
        ] {
            assert_eq!(parse(line).map(|verb| verb.word()), Err(says.to_owned()), "{line}");
        }
        assert!(matches!(parse("NEW host # x"), Ok(Verb::New(kind)) if kind == "host"));
        assert!(matches!(parse("server \"::1\""), Ok(Verb::Server(name)) if name == "::1"));
        assert!(matches!(parse("quit"), Ok(Verb::Exit)));
    }

    #[test]
    fn a_secret_may_hold_what_is_a_word_elsewhere() {
        for line in ["key k YWI+/w==", "key \"k\" \"YWI+/w==\" # mine", "key k YWI+/w==;"] {
            let Ok(Verb::Key(name, secret)) = parse(line) else { panic!("{line}") };
            assert_eq!((name.as_str(), secret.expose()), ("k", "YWI+/w=="));
        }
        assert!(!format!("{:?}", parse("key k YWI+/w==")).contains("YWI"));
    }

    proptest::proptest! {
        #[test]
        fn any_line_is_read_without_panic(line in "(set a = )?[\\PC\\\\\"=;# 0-9x]{0,40}") {
            let _ = parse(&line);
        }
    }
}
