//! Hardware addresses.

use std::{fmt, hash, str::FromStr};

use super::ValueError;

/// A hardware address of 1 to 20 octets, without its type.
///
/// Text is hex pairs joined by `:`, lower case. Read are also `-` between the groups, groups of one
/// digit, groups of four digits joined by `.`, and twelve digits without any separator.
///
/// ```
/// use netlever_core::omapi::values::HardwareAddress;
///
/// let address: HardwareAddress = "2479.2A0A.13C0".parse()?;
/// assert_eq!(address.to_string(), "24:79:2a:0a:13:c0");
/// assert_eq!("24-79-2a-a-13-c0".parse(), Ok(address));
/// assert_eq!(address.octets(), [0x24, 0x79, 0x2a, 0x0a, 0x13, 0xc0]);
/// # Ok::<(), netlever_core::omapi::values::ValueError>(())
/// ```
#[derive(Clone, Copy)]
pub struct HardwareAddress {
    octets: [u8; Self::MAX],
    length: u8,
}

impl HardwareAddress {
    /// The most octets that dhcpd keeps; 21 are refused (dhcpd 4.4.3-P1).
    pub const MAX: usize = 20;

    /// The address with these octets.
    ///
    /// # Errors
    ///
    /// [`ValueError::HardwareAddressLength`] unless there are 1 to 20.
    pub fn new(octets: &[u8]) -> Result<Self, ValueError> {
        let found = octets.len();
        if found == 0 || found > Self::MAX {
            return Err(ValueError::HardwareAddressLength { found });
        }
        let mut padded = [0; Self::MAX];
        padded[..found].copy_from_slice(octets);
        Ok(Self { octets: padded, length: found as u8 })
    }

    /// The octets on the wire.
    pub fn octets(&self) -> &[u8] {
        &self.octets[..usize::from(self.length)]
    }
}

impl From<[u8; 6]> for HardwareAddress {
    fn from(octets: [u8; 6]) -> Self {
        let mut padded = [0; Self::MAX];
        padded[..6].copy_from_slice(&octets);
        Self { octets: padded, length: 6 }
    }
}

impl AsRef<[u8]> for HardwareAddress {
    fn as_ref(&self) -> &[u8] {
        self.octets()
    }
}

impl PartialEq for HardwareAddress {
    fn eq(&self, other: &Self) -> bool {
        self.octets() == other.octets()
    }
}

impl Eq for HardwareAddress {}

impl PartialOrd for HardwareAddress {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for HardwareAddress {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.octets().cmp(other.octets())
    }
}

impl hash::Hash for HardwareAddress {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.octets().hash(state);
    }
}

impl fmt::Display for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&colon_hex(self.octets()))
    }
}

impl fmt::Debug for HardwareAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for HardwareAddress {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let wrong = || ValueError::HardwareAddress { text: text.into() };
        let octets = if text.contains('.') {
            quads(text)
        } else if text.len() == 12 && !text.contains([':', '-']) {
            pairs(text)
        } else {
            let separator = if text.contains('-') { '-' } else { ':' };
            groups(text, separator)
        };
        Self::new(&octets.ok_or_else(wrong)?)
    }
}

/// Octets as hex pairs joined by `:`, lower case: `0a:13`.
pub(in crate::omapi) fn colon_hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 3);
    for octet in octets {
        if !text.is_empty() {
            text.push(':');
        }
        text.push(digit(octet >> 4));
        text.push(digit(octet & 15));
    }
    text
}

fn digit(value: u8) -> char {
    char::from_digit(value.into(), 16).unwrap_or('0')
}

/// Octets of groups of one or two hex digits.
pub(in crate::omapi) fn groups(text: &str, separator: char) -> Option<Vec<u8>> {
    text.split(separator)
        .map(|group| match group.len() {
            1 | 2 => hex(group).and_then(|number| u8::try_from(number).ok()),
            _ => None,
        })
        .collect()
}

/// Octets of hex digits without separators.
pub(in crate::omapi) fn pairs(text: &str) -> Option<Vec<u8>> {
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match *pair {
            [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
            _ => None,
        })
        .collect()
}

/// Octets of groups of four hex digits, joined by dots.
fn quads(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::new();
    for group in text.split('.') {
        if group.len() != 4 {
            return None;
        }
        octets.extend(hex(group).and_then(|number| u16::try_from(number).ok())?.to_be_bytes());
    }
    Some(octets)
}

/// The number of hex digits alone; a sign is none.
fn hex(digits: &str) -> Option<u32> {
    digits.bytes().try_fold(0, |number, octet| Some(number << 4 | u32::from(nibble(octet)?)))
}

fn nibble(octet: u8) -> Option<u8> {
    char::from(octet).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ways_people_write_an_address() {
        let address = HardwareAddress::from([0, 1, 2, 0xa, 0xb, 0xcc]);
        for text in [
            "00:01:02:0a:0b:cc",
            "00-01-02-0A-0B-CC",
            "0001.020a.0bcc",
            "0:1:2:a:b:cc",
            "0-1-2-a-b-CC",
            "0001020a0bcc",
        ] {
            assert_eq!(text.parse(), Ok(address), "{text}");
        }
        assert_eq!("a".parse::<HardwareAddress>().expect("one octet").octets(), [10]);
    }

    #[test]
    fn other_text_is_no_address() {
        for text in [
            "",
            ":",
            "00:01:02:0a:0b:",
            "00:01-02:0a:0b:cc",
            "001:02",
            "0g:00",
            "+1:02",
            "aabb",
            "aabb.ccd",
            "aabb.",
            "aabbccddeefg",
            "aabbccddeef",
            "aa:bb.cccc",
            "0é:00",
            "é12345678901",
        ] {
            let error = ValueError::HardwareAddress { text: text.into() };
            assert_eq!(text.parse::<HardwareAddress>(), Err(error));
        }
    }

    #[test]
    fn one_to_twenty_octets() {
        assert!(HardwareAddress::new(&[1; 20]).is_ok());
        let error = Err(ValueError::HardwareAddressLength { found: 21 });
        assert_eq!(HardwareAddress::new(&[1; 21]), error);
        assert_eq!(["ff"; 21].join(":").parse::<HardwareAddress>(), error);
        assert_eq!(HardwareAddress::new(&[]), Err(ValueError::HardwareAddressLength { found: 0 }));
    }

    #[test]
    fn a_longer_address_is_another_one() {
        let (short, long) = (HardwareAddress::new(&[1]), HardwareAddress::new(&[1, 0]));
        assert_ne!(short, long);
    }

    proptest! {
        #[test]
        fn text_is_read_back(octets in prop::collection::vec(any::<u8>(), 1..=20)) {
            let address = HardwareAddress::new(&octets).expect("1 to 20 octets");
            prop_assert_eq!(address.to_string().parse(), Ok(address));
            prop_assert_eq!(address.octets(), &octets);
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,40}") {
            let _ = text.parse::<HardwareAddress>();
        }
    }
}
