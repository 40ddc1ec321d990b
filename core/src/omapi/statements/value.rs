//! Values of options, written so that they survive the leases file.

use std::net::Ipv4Addr;

use super::StatementError;
use crate::omapi::values::colon_hex;

/// The longest text of an option, in octets. dhcpd 4.4.3-P1 fails somewhere below 1600.
pub const MAX_TEXT: usize = 1024;

/// The most `"` and `\` in one value: each is an expression of its own, nested by the server.
pub const MAX_ESCAPES: usize = 32;

/// The value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptionValue<'a> {
    /// Text without control characters, 1 to [`MAX_TEXT`] octets.
    Text(&'a str),
    /// One address or more.
    Addresses(&'a [Ipv4Addr]),
    /// A number of 8 bits.
    Integer8(u8),
    /// A number of 16 bits.
    Integer16(u16),
    /// A number of 32 bits.
    Integer32(u32),
    /// On or off.
    Flag(bool),
    /// The octets of the option, whatever they mean; at least one.
    Octets(&'a [u8]),
}

impl OptionValue<'_> {
    /// What stands between the name and the `;`. `what` is the name, for errors.
    pub(super) fn statement(self, what: &str) -> Result<String, StatementError> {
        let empty = || StatementError::Empty { what: what.into() };
        match self {
            Self::Text("") | Self::Octets([]) | Self::Addresses([]) => Err(empty()),
            Self::Text(text) if text.len() > MAX_TEXT => {
                Err(StatementError::Long { what: what.into(), octets: text.len() })
            }
            Self::Text(text) if text.contains(char::is_control) => {
                Err(StatementError::Control { what: what.into(), text: text.into() })
            }
            Self::Text(text) if text.contains(ENDS_A_STRING.map(char::from)) => {
                Ok(format!("= {}", expression(&[text.as_bytes()], what)?))
            }
            Self::Text(text) => Ok(format!("\"{text}\"")),
            Self::Octets(octets) if breaks_leases_file(octets) => {
                Ok(format!("= {}", expression(&[octets], what)?))
            }
            Self::Octets(octets) => Ok(format!("= {}", colon_hex(octets))),
            Self::Addresses(addresses)
                if addresses.iter().any(|one| breaks_leases_file(&one.octets())) =>
            {
                let addresses: Vec<[u8; 4]> = addresses.iter().map(Ipv4Addr::octets).collect();
                let addresses: Vec<&[u8]> = addresses.iter().map(<[u8; 4]>::as_slice).collect();
                Ok(format!("= {}", expression(&addresses, what)?))
            }
            Self::Addresses(addresses) => {
                let addresses: Vec<String> = addresses.iter().map(Ipv4Addr::to_string).collect();
                Ok(addresses.join(", "))
            }
            Self::Integer8(number) => Ok(integer(number.into(), &number.to_be_bytes())),
            Self::Integer16(number) => Ok(integer(number.into(), &number.to_be_bytes())),
            Self::Integer32(number) => Ok(integer(number, &number.to_be_bytes())),
            Self::Flag(flag) => Ok(flag.to_string()),
        }
    }
}

/// One address, as `next-server` takes it.
pub(super) fn address(address: Ipv4Addr) -> String {
    let octets = address.octets();
    if breaks_leases_file(&octets) {
        format!("= {}", concat(&pieces(&[&octets])))
    } else {
        address.to_string()
    }
}

/// The two octets that a string in the leases file cannot hold.
const ENDS_A_STRING: [u8; 2] = [b'"', b'\\'];

/// Whether dhcpd 4.4.3-P1, when it writes this value to its leases file, writes something else than
/// what it will read there: it puts values of printable octets between quotes and escapes nothing.
pub(in crate::omapi) fn breaks_leases_file(octets: &[u8]) -> bool {
    octets.iter().all(|octet| (b' '..=b'~').contains(octet))
        && octets.iter().any(|octet| ENDS_A_STRING.contains(octet))
}

fn integer(number: u32, octets: &[u8]) -> String {
    if breaks_leases_file(octets) {
        format!("= encode-int ({number}, {})", octets.len() * 8)
    } else {
        number.to_string()
    }
}

/// An expression whose value is all of `parts`, with no `"` or `\` in a string.
fn expression(parts: &[&[u8]], what: &str) -> Result<String, StatementError> {
    let escapes = parts.iter().flat_map(|part| part.iter());
    let escapes = escapes.filter(|octet| ENDS_A_STRING.contains(octet)).count();
    if escapes > MAX_ESCAPES {
        return Err(StatementError::Escapes { what: what.into(), found: escapes });
    }
    Ok(concat(&pieces(parts)))
}

fn concat(pieces: &[String]) -> String {
    match pieces {
        [one] => one.clone(),
        _ => format!("concat ({})", pieces.join(", ")),
    }
}

fn pieces(parts: &[&[u8]]) -> Vec<String> {
    let mut pieces = Vec::new();
    for part in parts {
        for run in part.split_inclusive(|octet| ENDS_A_STRING.contains(octet)) {
            let (plain, last) = match run.split_last() {
                Some((last, before)) if ENDS_A_STRING.contains(last) => (before, Some(last)),
                _ => (run, None),
            };
            match str::from_utf8(plain) {
                Ok("") => {}
                Ok(text) if plain.iter().all(|octet| (b' '..=b'~').contains(octet)) => {
                    pieces.push(format!("\"{text}\""));
                }
                _ => pieces.push(colon_hex(plain)),
            }
            pieces.extend(last.map(|octet| format!("encode-int ({octet}, 8)")));
        }
    }
    pieces
}
