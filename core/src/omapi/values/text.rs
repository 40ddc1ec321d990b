//! From what a user typed to the octets on the wire.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::{
    Family, HardwareAddress, Kind, LeaseFlags, Time, ValueError,
    hardware::{groups, pairs},
    kind,
};

/// The octets of `text` for the attribute `name` of an object of `object_type`.
///
/// | kind | text |
/// |---|---|
/// | text | as it stands, or in double quotes with `\"` and `\\` inside |
/// | octets | `0x0102`, `01:02`, or quoted text |
/// | hardware address | as [`HardwareAddress`] reads it |
/// | IP address | one; of a host several, joined by commas |
/// | integer, handle | decimal, or hex behind `0x` |
/// | flags | as [`LeaseFlags`] reads them |
/// | time | as [`Time`] reads it |
/// | enumeration | a name or a number |
/// | unknown name | omshell's forms: quoted text, a number (4 octets), `10.0.0.1`, `01:02`; also `0x0102` (octets) |
///
/// Empty text is the empty value, which unsets an attribute; where that would harm the server, the
/// [guard](crate::omapi::guard) refuses it.
///
/// # Errors
///
/// [`ValueError`] when the text is no value of the attribute's kind. Ranges are the guard's affair.
///
/// ```
/// use netlever_core::omapi::values::{Family, encode_text};
///
/// let state = encode_text("lease", "state", "free", Family::V4)?;
/// assert_eq!(state, [0, 0, 0, 1]);
/// let addresses = encode_text("host", "ip-address", "10.0.0.1,10.0.0.2", Family::V4)?;
/// assert_eq!(addresses, [10, 0, 0, 1, 10, 0, 0, 2]);
/// # Ok::<(), netlever_core::omapi::values::ValueError>(())
/// ```
pub fn encode_text(
    object_type: &str,
    name: &str,
    text: &str,
    family: Family,
) -> Result<Vec<u8>, ValueError> {
    if text.is_empty() {
        return Ok(Vec::new());
    }
    match kind(object_type, name) {
        Kind::Text if text.starts_with('"') => unquoted(text),
        Kind::Text => Ok(text.into()),
        Kind::Octets if is_known_octets(object_type, name) => octets(text),
        Kind::Octets => unknown(text),
        Kind::HardwareAddress => Ok(text.parse::<HardwareAddress>()?.octets().into()),
        Kind::IpAddress if object_type == "lease" && text.contains(',') => {
            Err(ValueError::OneAddress { text: text.into() })
        }
        Kind::IpAddress if object_type == "lease" => ip_addresses(text, Family::V4),
        Kind::IpAddress => ip_addresses(text, family),
        Kind::Integer | Kind::Handle => {
            let integer = number(text).ok_or_else(|| ValueError::Integer { text: text.into() })?;
            Ok(integer.to_be_bytes().into())
        }
        Kind::Flags => Ok(vec![text.parse::<LeaseFlags>()?.0]),
        Kind::Time => Ok(text.parse::<Time>()?.octets().into()),
        Kind::Enumeration(list) => Ok(list.parse(text)?.to_be_bytes().into()),
    }
}

/// A number of 32 bits: decimal digits, or hex digits behind `0x`.
pub(super) fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // The language's own parser would take a sign.
    let all = digits.chars().all(|character| character.is_digit(radix));
    if all { u32::from_str_radix(digits, radix).ok() } else { None }
}

/// The attributes that are octets by the table, and not merely for want of an entry.
fn is_known_octets(object_type: &str, name: &str) -> bool {
    matches!(name, "dhcp-client-identifier" | "hashstring" | "load-balance-hba")
        || object_type == "failover-state" && matches!(name, "partner-address" | "local-address")
}

fn octets(text: &str) -> Result<Vec<u8>, ValueError> {
    if text.starts_with('"') {
        return unquoted(text);
    }
    let octets = match text.strip_prefix("0x") {
        Some(digits) => pairs(digits),
        None => groups(text, ':'),
    };
    octets.ok_or_else(|| ValueError::Octets { text: text.into() })
}

fn unknown(text: &str) -> Result<Vec<u8>, ValueError> {
    if text.starts_with('"') {
        return unquoted(text);
    }
    if text.starts_with("0x") || text.contains(':') {
        return octets(text);
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(address.octets().into());
    }
    let integer = number(text).ok_or_else(|| ValueError::Unknown { text: text.into() })?;
    Ok(integer.to_be_bytes().into())
}

fn ip_addresses(text: &str, family: Family) -> Result<Vec<u8>, ValueError> {
    let mut octets = Vec::new();
    for address in text.split(',').map(str::trim) {
        let wrong = |family| ValueError::IpAddress { text: address.into(), family };
        match family {
            Family::V4 => {
                octets.extend(address.parse::<Ipv4Addr>().map_err(|_| wrong("IPv4"))?.octets());
            }
            Family::V6 => {
                octets.extend(address.parse::<Ipv6Addr>().map_err(|_| wrong("IPv6"))?.octets());
            }
        }
    }
    Ok(octets)
}

/// The text between double quotes; a backslash gives the next character.
fn unquoted(text: &str) -> Result<Vec<u8>, ValueError> {
    let wrong = || ValueError::Quotes { text: text.into() };
    let inner = text.strip_prefix('"').ok_or_else(wrong)?;
    let mut plain = String::with_capacity(inner.len());
    let mut characters = inner.chars();
    loop {
        match characters.next().ok_or_else(wrong)? {
            '"' => break,
            '\\' => plain.push(characters.next().ok_or_else(wrong)?),
            character => plain.push(character),
        }
    }
    if characters.next().is_some() { Err(wrong()) } else { Ok(plain.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encode(object_type: &str, name: &str, text: &str) -> Result<Vec<u8>, ValueError> {
        encode_text(object_type, name, text, Family::V4)
    }

    #[test]
    fn each_kind_has_its_text() {
        for (object_type, name, text, octets) in [
            ("host", "name", "printer", &b"printer"[..]),
            ("host", "name", r#""a \"b\" \\c""#, br#"a "b" \c"#),
            ("host", "name", "", b""),
            ("lease", "pool", "", b""),
            ("host", "hardware-address", "0:1:2:a:b:c", &[0, 1, 2, 10, 11, 12]),
            ("host", "hardware-type", "ethernet", &[0, 0, 0, 1]),
            ("host", "ip-address", "10.0.0.1, 10.0.0.2", &[10, 0, 0, 1, 10, 0, 0, 2]),
            ("host", "known", "1", &[0, 0, 0, 1]),
            ("host", "dhcp-client-identifier", "0x01020a", &[1, 2, 10]),
            ("host", "dhcp-client-identifier", "1:2:a", &[1, 2, 10]),
            ("host", "dhcp-client-identifier", r#""abc""#, b"abc"),
            ("subclass", "hashstring", "12", &[0x12]),
            ("lease", "ends", "never", &[0x7f, 0xff, 0xff, 0xff]),
            ("lease", "ends", "2019-02-11T11:48:10Z", &[0x5c, 0x61, 0x60, 0xfa]),
            ("lease", "state", "active", &[0, 0, 0, 2]),
            ("lease", "flags", "reserved", &[4]),
            ("lease", "pool", "0x10", &[0, 0, 0, 16]),
            ("control", "state", "shutdown", &[0, 0, 0, 2]),
            ("failover-state", "local-state", "partner-down", &[0, 0, 0, 4]),
        ] {
            assert_eq!(encode(object_type, name, text).as_deref(), Ok(octets), "{name} {text}");
        }
    }

    #[test]
    fn an_unknown_attribute_takes_the_forms_of_omshell() {
        for (text, octets) in [
            (r#""12""#, &b"12"[..]),
            ("12", &[0, 0, 0, 12]),
            ("10.0.0.1", &[10, 0, 0, 1]),
            ("1:2", &[1, 2]),
            ("0x0102", &[1, 2]),
        ] {
            assert_eq!(encode("host", "frob", text).as_deref(), Ok(octets), "{text}");
        }
        for text in
            ["word", "-1", "+1", "4294967296", "10.0.0", "1:2:", "0x012", r#""a"#, r#""a"b"#]
        {
            assert!(encode("host", "frob", text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_the_kind_is_refused() {
        for (object_type, name, text) in [
            ("host", "ip-address", "10.0.0.1,"),
            ("host", "ip-address", "10.0.0.256"),
            ("host", "ip-address", "2001:db8::1"),
            ("host", "ip-address", "10.0.0.01"),
            ("lease", "ip-address", "10.0.0.1,10.0.0.2"),
            ("lease", "state", "busy"),
            ("lease", "pool", "x"),
            ("host", "dhcp-client-identifier", "abc"),
            ("host", "dhcp-client-identifier", "0x1"),
            ("host", "name", r#""open"#),
            ("host", "name", r#""open\"#),
        ] {
            assert!(encode(object_type, name, text).is_err(), "{name} {text}");
        }
    }

    #[test]
    fn a_daemon_of_the_other_family_takes_its_addresses() {
        let text = "2001:db8::1";
        let octets = encode_text("host", "ip-address", text, Family::V6).expect("an address");
        assert_eq!(octets.len(), 16);
        assert!(encode_text("host", "ip-address", "10.0.0.1", Family::V6).is_err());
        assert!(encode_text("lease", "ip-address", "10.0.0.1", Family::V6).is_ok());
    }
}
