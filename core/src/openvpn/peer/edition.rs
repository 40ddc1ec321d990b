//! Which OpenVPN a simulated daemon is, and what differs for it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::openvpn::version::Release;

/// A line of releases that behave alike.
///
/// ```
/// use netlever_core::openvpn::peer::Edition;
///
/// assert_eq!("2.4".parse(), Ok(Edition::V24));
/// assert_eq!((Edition::V27.management(), Edition::V27.to_string()), (5, "2.7".into()));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edition {
    /// 2.4: management version 1, eleven columns of clients, `ctime` texts.
    V24,
    /// 2.5: management version 3.
    V25,
    /// 2.6: management version 5.
    #[default]
    V26,
    /// 2.7: management version 5, real addresses with a protocol.
    V27,
    /// What follows 2.7: management version 6.
    Next,
}

/// This names no edition.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{text}\" is no release of the simulated daemon: write 2.4, 2.5, 2.6, 2.7 or next")]
pub struct EditionError {
    text: String,
}

impl Edition {
    /// All of them, the oldest first.
    pub const ALL: [Self; 5] = [Self::V24, Self::V25, Self::V26, Self::V27, Self::Next];

    /// The management version that its greeting tells.
    #[must_use]
    pub const fn management(self) -> u32 {
        match self {
            Self::V24 => 1,
            Self::V25 => 3,
            Self::V26 | Self::V27 => 5,
            Self::Next => 6,
        }
    }

    /// One release of it.
    #[must_use]
    pub const fn release(self) -> Release {
        let (minor, patch) = match self {
            Self::V24 => (4, 12),
            Self::V25 => (5, 11),
            Self::V26 => (6, 14),
            Self::V27 => (7, 0),
            Self::Next => (8, 0),
        };
        Release { major: 2, minor, patch }
    }

    /// How that release calls itself.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::V24 => {
                "OpenVPN 2.4.12 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] \
                 [MH/PKTINFO] [AEAD] built on Aug 21 2023"
            }
            Self::V25 => {
                "OpenVPN 2.5.11 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] \
                 [MH/PKTINFO] [AEAD] built on Sep 17 2024"
            }
            Self::V26 => {
                "OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] \
                 [MH/PKTINFO] [AEAD] [DCO]"
            }
            Self::V27 => {
                "OpenVPN 2.7.0 x86_64-pc-linux-gnu [SSL (OpenSSL)] [LZO] [LZ4] [EPOLL] [PKCS11] \
                 [MH/PKTINFO] [AEAD] [DCO]"
            }
            Self::Next => {
                "OpenVPN 2.8_git x86_64-pc-linux-gnu [SSL (OpenSSL)] [EPOLL] [MH/PKTINFO] [AEAD]"
            }
        }
    }
}

impl FromStr for Edition {
    type Err = EditionError;

    fn from_str(text: &str) -> Result<Self, EditionError> {
        let named = Self::ALL.into_iter().find(|edition| edition.to_string() == text);
        named.ok_or_else(|| EditionError { text: text.into() })
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V24 => "2.4",
            Self::V25 => "2.5",
            Self::V26 => "2.6",
            Self::V27 => "2.7",
            Self::Next => "next",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_edition_is_read_as_printed_and_its_title_names_its_release() {
        for edition in Edition::ALL {
            assert_eq!(edition.to_string().parse(), Ok(edition));
            assert_eq!(Release::parse(edition.title().as_bytes()), Some(edition.release()));
        }
        let error = "2.3".parse::<Edition>().expect_err("too old").to_string();
        assert!(error.contains("\"2.3\""), "{error}");
    }
}
