//! What a daemon says it is: its title, its release, and the version of its management interface.
//!
//! Do not infer the release from the management version: 2.6 and 2.7 both say 5.

use super::block::Block;
use super::octets::{Octets, Text};
use super::wire::{decimal, split_once};

/// What `version` answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version<'a> {
    /// `OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)] …`.
    pub title: Text<'a>,
    /// The management version: 1 for 2.4, 3 for 2.5, 5 for 2.6 and 2.7, 6 for what comes next.
    pub management: u32,
}

impl<'a> Version<'a> {
    /// Takes the block of a reply.
    ///
    /// # Errors
    ///
    /// The block itself, when it has another form.
    pub fn new(block: Block<'a>) -> Result<Self, Block<'a>> {
        let mut lines = block.lines();
        let title =
            lines.next().and_then(|line| line.as_bytes().strip_prefix(b"OpenVPN Version: "));
        let management =
            lines.next().and_then(|line| line.as_bytes().strip_prefix(b"Management Version: "));
        match (title, management.and_then(decimal).and_then(|n| n.try_into().ok())) {
            (Some(title), Some(management)) => {
                Ok(Self { title: title.to_vec().into(), management })
            }
            _ => {
                drop(lines);
                Err(block)
            }
        }
    }

    /// The release that the title names.
    #[must_use]
    pub fn release(&self) -> Option<Release> {
        Release::parse(&self.title)
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Version<'static> {
        Version { title: self.title.into_owned(), management: self.management }
    }
}

/// A release of OpenVPN.
///
/// ```
/// use netlever_core::openvpn::version::Release;
///
/// let release = Release::parse(b"OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)]").unwrap();
/// assert!(release >= Release { major: 2, minor: 6, patch: 0 });
/// assert_eq!(release.to_string(), "2.6.14");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release {
    /// 2.
    pub major: u16,
    /// 4 to 8.
    pub minor: u16,
    /// The third number; 0 where the title has none (`2.8_git`, `2.7_rc1`).
    pub patch: u16,
}

impl Release {
    /// The release in a title; `None` when it does not begin with `OpenVPN` and a number.
    #[must_use]
    pub fn parse(title: &[u8]) -> Option<Self> {
        let word = title.strip_prefix(b"OpenVPN ")?;
        let word = split_once(word, b' ').map_or(word, |(word, _)| word);
        let (major, rest) = number(word)?;
        let (minor, rest) = number(rest.strip_prefix(b".")?)?;
        let patch = rest.strip_prefix(b".").and_then(number).map_or(0, |(patch, _)| patch);
        Some(Self { major, minor, patch })
    }
}

impl std::fmt::Display for Release {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

fn number(text: &[u8]) -> Option<(u16, &[u8])> {
    let digits = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
    Some((decimal(&text[..digits])?.try_into().ok()?, &text[digits..]))
}

/// The management version in a greeting: the payload of the first `>INFO:`.
#[must_use]
pub fn greeting(info: Octets<'_>) -> Option<u32> {
    let rest = info.as_bytes().strip_prefix(b"OpenVPN Management Interface Version ")?;
    let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
    decimal(&rest[..digits])?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_of_all_kinds() {
        let cases = [
            ("OpenVPN 2.4.12 x86_64-pc-linux-gnu built on Aug 21 2023", (2, 4, 12)),
            ("OpenVPN 2.8_git x86_64", (2, 8, 0)),
            ("OpenVPN 2.7_rc1 x86_64", (2, 7, 0)),
            ("OpenVPN 2.6", (2, 6, 0)),
        ];
        for (title, (major, minor, patch)) in cases {
            let expected = Some(Release { major, minor, patch });
            assert_eq!(Release::parse(title.as_bytes()), expected, "{title}");
        }
        for title in ["", "OpenVPN", "OpenVPN x", "OpenVPN 2", "OpenVPN 99999.1"] {
            assert_eq!(Release::parse(title.as_bytes()), None, "{title}");
        }
    }

    #[test]
    fn the_greeting_names_the_management_version() {
        let info = "OpenVPN Management Interface Version 5 -- type 'help' for more info";
        assert_eq!(greeting(info.into()), Some(5));
        assert_eq!(greeting("hello".into()), None);
        assert_eq!(greeting("OpenVPN Management Interface Version x".into()), None);
    }

    #[test]
    fn another_block_is_given_back() {
        let block = Block::new(b"OpenVPN Version: x\r\nManagement Version: 5\r\n");
        let version = Version::new(block).expect("a version");
        assert_eq!((version.title.octets(), version.management), ("x".into(), 5));
        assert!(Version::new(Block::new(b"OpenVPN Version: x\r\n")).is_err());
    }
}
