//! Faults on demand: what a broken or hostile daemon, or a bad network, might do.
//!
//! Each has a text form, for the command line:
//!
//! ```
//! use netlever_core::openvpn::peer::{Fault, Strike, When};
//!
//! let strike: Strike = "truncated-block@3".parse()?;
//! assert_eq!(strike, Strike { fault: Fault::TruncatedBlock, when: When::Nth(3) });
//! assert_eq!("drop=status@every-2".parse::<Strike>()?.to_string(), "drop=status@every-2");
//! # Ok::<(), netlever_core::openvpn::peer::FaultError>(())
//! ```

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// One way of going wrong.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The connection gets not one octet, as if another one were being served.
    Busy,
    /// The greeting follows a prompt that no daemon has.
    WrongPrompt,
    /// The connection ends after so many octets of the reply.
    CloseAt(usize),
    /// The reply comes in two pieces, cut after so many octets, this long apart.
    SplitAt(usize, Duration),
    /// The command is carried out and its reply does not come; later ones do.
    Silence,
    /// The reply comes so much later, and all that follows behind it.
    Slow(Duration),
    /// In place of the reply comes a line of 1 MiB that does not end; then the connection does.
    EndlessLine,
    /// The second half of the reply's lines is missing, the `END` among them.
    TruncatedBlock,
    /// So many notifications stand before the reply.
    Flood(u32),
    /// The reply's last line has lost its line end, and the next line is glued to it.
    Glued,
    /// A line that is no part of the protocol stands before the reply.
    Garbage,
    /// Names in the reply, and in environments until the next, end in octets that are not UTF-8.
    NonUtf8,
    /// The daemon ends and is started again: the connection is lost, and with it all clients,
    /// settings and histories.
    Restart,
    /// The connection ends in place of the reply; with a word, only to a command of this name.
    Drop(Option<String>),
}

/// When a fault strikes. Commands that have a reply are counted from 1 over all connections of the
/// daemon; the faults of the greeting count connections instead.
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
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[error("\"{text}\" is no fault: write one of {}, with =… where it stands, then @N or @every-N", FORMS.join(", "))]
pub struct FaultError {
    text: String,
}

/// The text form of each fault, for a help text. `drop` needs no word.
pub const FORMS: &[&str] = &[
    "busy",
    "wrong-prompt",
    "close-at=OCTETS",
    "split-at=OCTETS/MILLISECONDS",
    "silence",
    "slow=MILLISECONDS",
    "endless-line",
    "truncated-block",
    "flood=N",
    "glued",
    "garbage",
    "non-utf8",
    "restart",
    "drop=WORD",
];

/// More notifications than these are not made for one [`Fault::Flood`].
const MAX_FLOOD: u32 = 1_000_000;

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        parse(text).ok_or_else(|| FaultError { text: text.into() })
    }
}

fn parse(text: &str) -> Option<Fault> {
    if let Some((name, value)) = text.split_once('=') {
        return Some(match name {
            "close-at" => Fault::CloseAt(value.parse().ok()?),
            "slow" => Fault::Slow(Duration::from_millis(value.parse().ok()?)),
            "split-at" => {
                let (at, pause) = value.split_once('/')?;
                Fault::SplitAt(at.parse().ok()?, Duration::from_millis(pause.parse().ok()?))
            }
            "flood" => Fault::Flood(value.parse().ok().filter(|count| *count <= MAX_FLOOD)?),
            "drop" if !value.is_empty() => Fault::Drop(Some(value.to_owned())),
            _ => return None,
        });
    }
    Some(match text {
        "busy" => Fault::Busy,
        "wrong-prompt" => Fault::WrongPrompt,
        "silence" => Fault::Silence,
        "endless-line" => Fault::EndlessLine,
        "truncated-block" => Fault::TruncatedBlock,
        "glued" => Fault::Glued,
        "garbage" => Fault::Garbage,
        "non-utf8" => Fault::NonUtf8,
        "restart" => Fault::Restart,
        "drop" => Fault::Drop(None),
        _ => return None,
    })
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CloseAt(at) => return write!(f, "close-at={at}"),
            Self::SplitAt(at, pause) => return write!(f, "split-at={at}/{}", pause.as_millis()),
            Self::Slow(delay) => return write!(f, "slow={}", delay.as_millis()),
            Self::Flood(count) => return write!(f, "flood={count}"),
            Self::Drop(Some(word)) => return write!(f, "drop={word}"),
            Self::Busy => "busy",
            Self::WrongPrompt => "wrong-prompt",
            Self::Silence => "silence",
            Self::EndlessLine => "endless-line",
            Self::TruncatedBlock => "truncated-block",
            Self::Glued => "glued",
            Self::Garbage => "garbage",
            Self::NonUtf8 => "non-utf8",
            Self::Restart => "restart",
            Self::Drop(None) => "drop",
        })
    }
}

impl FromStr for Strike {
    type Err = FaultError;

    /// Reads a fault, alone or with `@N` (only that time) or `@every-N` behind it.
    fn from_str(text: &str) -> Result<Self, FaultError> {
        let wrong = || FaultError { text: text.into() };
        let (fault, when) = match text.rsplit_once('@') {
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
        for form in FORMS.iter().chain(&["drop"]) {
            let text = form
                .replace("OCTETS", "30")
                .replace("MILLISECONDS", "250")
                .replace("=N", "=7")
                .replace("WORD", "load-stats");
            for when in ["", "@1", "@every-12"] {
                let text = format!("{text}{when}");
                assert_eq!(text.parse::<Strike>().map(|strike| strike.to_string()), Ok(text));
            }
        }
    }

    #[test]
    fn other_text_is_no_fault_and_the_error_lists_them() {
        for text in ["", "slow", "slow=", "silence=1", "close-at=-1", "busy@", "busy@0", "drop="] {
            let error = text.parse::<Strike>().expect_err(text).to_string();
            assert!(error.contains("wrong-prompt, close-at=OCTETS"), "{error}");
        }
        assert!("flood=1000001".parse::<Fault>().is_err());
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
