//! Faults on demand: what a broken or hostile server might do.
//!
//! Each has a text form, for the command line:
//!
//! ```
//! use netlever_core::omapi::peer::{Fault, Strike, When};
//!
//! let strike: Strike = "wrong-signature@3".parse()?;
//! assert_eq!(strike, Strike { fault: Fault::WrongSignature, when: When::Nth(3) });
//! assert_eq!("slow=250@every-2".parse::<Strike>()?.to_string(), "slow=250@every-2");
//! # Ok::<(), netlever_core::omapi::peer::FaultError>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// One way of going wrong.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The introduction names this protocol version.
    Version(u32),
    /// The introduction announces headers of so many octets. 24 and more is legal: each message
    /// then really carries the surplus, unsigned. Below 24 is a fault.
    HeaderSize(u32),
    /// The last octet of the signature is flipped.
    WrongSignature,
    /// The answer is not signed although the request was.
    Unsigned,
    /// The answer names another request than the one that it follows.
    WrongRid,
    /// The connection ends after so many octets of the answer.
    CloseAt(usize),
    /// The answer comes in two pieces, cut after so many octets, this long apart.
    SplitAt(usize, Duration),
    /// All attributes of the answer come twice, the second time with another value.
    RepeatedNames,
    /// The answer's object has an attribute that no document knows.
    UnknownAttribute,
    /// The answer announces a value of nearly 4 GiB.
    LongValue,
    /// The answer announces a name of 65 535 octets.
    LongName,
    /// The answer announces a signature of 2 GiB.
    LongSignature,
    /// REFRESH, UPDATE and DELETE hear that the handle is unknown, as after a restart.
    StaleHandle,
    /// The request is served and no answer comes; later ones are answered.
    Silence,
    /// The answer comes so much later, and all later ones behind it.
    Slow(Duration),
    /// The handshake's answer names another key.
    WrongKeyName,
    /// The handshake's answer names another algorithm.
    WrongAlgorithm,
    /// The server shuts down instead of serving the request.
    Shutdown,
}

/// When a fault strikes. Answers are counted from 1 over all connections of the server, the
/// handshake's among them; the faults of the introduction count connections instead.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// Each time.
    #[default]
    Always,
    /// Only this time.
    Nth(u64),
    /// Every so many times.
    Every(u64),
}

impl When {
    /// Whether the time with this number is meant.
    #[must_use]
    pub const fn strikes(self, number: u64) -> bool {
        match self {
            Self::Always => true,
            Self::Nth(nth) => nth == number,
            Self::Every(every) => every > 0 && number.is_multiple_of(every),
        }
    }
}

/// A fault and when it strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strike {
    /// What goes wrong.
    pub fault: Fault,
    /// When.
    pub when: When,
}

impl From<Fault> for Strike {
    fn from(fault: Fault) -> Self {
        Self { fault, when: When::Always }
    }
}

/// This names no fault.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{text}\" is no fault: write one of {}, with =N where it stands, then @N or @every-N", FORMS.join(", "))]
pub struct FaultError {
    text: String,
}

/// The text form of each fault, for a help text.
pub const FORMS: &[&str] = &[
    "version=N",
    "header-size=OCTETS",
    "wrong-signature",
    "unsigned",
    "wrong-rid",
    "close-at=OCTETS",
    "split-at=OCTETS/MILLISECONDS",
    "repeated-names",
    "unknown-attribute",
    "long-value",
    "long-name",
    "long-signature",
    "stale-handle",
    "silence",
    "slow=MILLISECONDS",
    "wrong-key-name",
    "wrong-algorithm",
    "shutdown",
];

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        parse(text).ok_or_else(|| FaultError { text: text.into() })
    }
}

fn parse(text: &str) -> Option<Fault> {
    if let Some((name, number)) = text.split_once('=') {
        return Some(match name {
            "version" => Fault::Version(number.parse().ok()?),
            "header-size" => Fault::HeaderSize(number.parse().ok()?),
            "close-at" => Fault::CloseAt(number.parse().ok()?),
            "slow" => Fault::Slow(Duration::from_millis(number.parse().ok()?)),
            "split-at" => {
                let (at, pause) = number.split_once('/')?;
                Fault::SplitAt(at.parse().ok()?, Duration::from_millis(pause.parse().ok()?))
            }
            _ => return None,
        });
    }
    Some(match text {
        "wrong-signature" => Fault::WrongSignature,
        "unsigned" => Fault::Unsigned,
        "wrong-rid" => Fault::WrongRid,
        "repeated-names" => Fault::RepeatedNames,
        "unknown-attribute" => Fault::UnknownAttribute,
        "long-value" => Fault::LongValue,
        "long-name" => Fault::LongName,
        "long-signature" => Fault::LongSignature,
        "stale-handle" => Fault::StaleHandle,
        "silence" => Fault::Silence,
        "wrong-key-name" => Fault::WrongKeyName,
        "wrong-algorithm" => Fault::WrongAlgorithm,
        "shutdown" => Fault::Shutdown,
        _ => return None,
    })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version(number) => return write!(f, "version={number}"),
            Self::HeaderSize(octets) => return write!(f, "header-size={octets}"),
            Self::CloseAt(at) => return write!(f, "close-at={at}"),
            Self::SplitAt(at, pause) => {
                return write!(f, "split-at={at}/{}", pause.as_millis());
            }
            Self::Slow(delay) => return write!(f, "slow={}", delay.as_millis()),
            Self::WrongSignature => "wrong-signature",
            Self::Unsigned => "unsigned",
            Self::WrongRid => "wrong-rid",
            Self::RepeatedNames => "repeated-names",
            Self::UnknownAttribute => "unknown-attribute",
            Self::LongValue => "long-value",
            Self::LongName => "long-name",
            Self::LongSignature => "long-signature",
            Self::StaleHandle => "stale-handle",
            Self::Silence => "silence",
            Self::WrongKeyName => "wrong-key-name",
            Self::WrongAlgorithm => "wrong-algorithm",
            Self::Shutdown => "shutdown",
        })
    }
}

impl FromStr for Strike {
    type Err = FaultError;

    /// Reads a fault, alone or with `@N` (only that time) or `@every-N` behind it.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError { text: text.into() };
        let (fault, when) = match text.split_once('@') {
            None => (text, When::Always),
            Some((fault, when)) => {
                let (every, number) = match when.strip_prefix("every-") {
                    Some(number) => (true, number),
                    None => (false, when),
                };
                let number = number.parse().ok().filter(|n| *n > 0).ok_or_else(wrong)?;
                (fault, if every { When::Every(number) } else { When::Nth(number) })
            }
        };
        Ok(Self { fault: parse(fault).ok_or_else(wrong)?, when })
    }
}

impl fmt::Display for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.when {
            When::Always => self.fault.fmt(f),
            When::Nth(nth) => write!(f, "{}@{nth}", self.fault),
            When::Every(every) => write!(f, "{}@every-{every}", self.fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_read_and_printed_again() {
        for form in FORMS {
            let text =
                form.replace("OCTETS", "30").replace("MILLISECONDS", "250").replace("=N", "=7");
            for when in ["", "@1", "@every-12"] {
                let text = format!("{text}{when}");
                assert_eq!(text.parse::<Strike>().map(|strike| strike.to_string()), Ok(text));
            }
        }
    }

    #[test]
    fn other_text_is_no_fault_and_the_error_lists_them() {
        for text in [
            "",
            "silent",
            "slow",
            "slow=",
            "silence=1",
            "close-at=-1",
            "silence@",
            "silence@0",
            "silence@every-0",
            "split-at=3",
        ] {
            let error = text.parse::<Strike>().expect_err(text).to_string();
            assert!(error.contains("wrong-rid, close-at=OCTETS"), "{error}");
        }
    }

    #[test]
    fn rules_name_their_times() {
        let times = |when: When| (1..=6).filter(|&n| when.strikes(n)).collect::<Vec<_>>();
        assert_eq!(times(When::Always), [1, 2, 3, 4, 5, 6]);
        assert_eq!(times(When::Nth(2)), [2]);
        assert_eq!(times(When::Every(3)), [3, 6]);
        assert_eq!(times(When::Every(0)), []);
    }
}
