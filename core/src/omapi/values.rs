//! What the octets of an attribute mean.
//!
//! The wire says only how long a value is. Its meaning follows from the type of the object and the
//! name of the attribute, **never from the octets**: a client identifier that happens to be UTF-8
//! is still octets, and a hardware address of six letters is still an address. [`kind`] is that
//! table; [`decode`] follows it, and [`encode_text`] follows it for what a user typed.
//!
//! ```
//! use netlever_core::omapi::values::{Family, Time, Value, decode};
//!
//! let never = [0x7f, 0xff, 0xff, 0xff];
//! let v4 = Family::V4;
//! assert_eq!(decode("lease", "ends", &never, v4), Value::Time(Time::NEVER));
//! assert_eq!(decode("lease", "state", &[0, 0, 0, 2], v4).to_string(), "active");
//! assert_eq!(decode("interface", "state", b"up", v4), Value::Text("up"));
//! assert_eq!(decode("lease", "dhcp-client-identifier", b"abc", v4), Value::Octets(b"abc"));
//! ```

mod enumerations;
mod error;
mod hardware;
mod kind;
mod text;
mod time;

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

pub use enumerations::{
    ControlState, Enumeration, FailoverState, HardwareType, Hierarchy, LeaseFlags, LeaseState,
};
pub use error::ValueError;
pub use hardware::HardwareAddress;
pub(in crate::omapi) use hardware::colon_hex;
pub use kind::{Kind, kind, message_kind};
pub use text::encode_text;
pub use time::Time;

/// Which protocol the daemon serves. Nothing on the wire tells, so the user has to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Family {
    /// DHCPv4: 16 octets of `ip-address` are four addresses.
    #[default]
    V4,
    /// DHCPv6 (`dhcpd -6`): a host's `ip-address` holds addresses of 16 octets.
    V6,
}

/// A decoded value.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// Text in UTF-8.
    Text(&'a str),
    /// Octets: a kind without further structure, an unknown attribute, text that is not UTF-8, or
    /// a value whose length does not fit its kind.
    Octets(&'a [u8]),
    /// An address of 1 to 20 octets.
    HardwareAddress(HardwareAddress),
    /// One address or more.
    IpAddresses(Vec<IpAddr>),
    /// A number or mask.
    Integer(u32),
    /// The handle of another object; 0 is none.
    Handle(u32),
    /// A time.
    Time(Time),
    /// A number of a list with names.
    Enumeration {
        /// The number on the wire.
        number: u32,
        /// Its name, where it has one.
        name: Option<&'static str>,
    },
}

impl Value<'_> {
    /// The number of an integer, handle, time or enumeration.
    pub const fn number(&self) -> Option<u32> {
        match *self {
            Self::Integer(number) | Self::Handle(number) | Self::Enumeration { number, .. } => {
                Some(number)
            }
            Self::Time(Time(number)) => Some(number),
            _ => None,
        }
    }
}

impl fmt::Display for Value<'_> {
    /// For people. Control characters of a text are escaped, for they come from DHCP clients and
    /// could drive a terminal; octets are hex pairs joined by `:`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => {
                let mut shown = String::with_capacity(text.len());
                for character in text.chars() {
                    if character.is_control() {
                        shown.extend(character.escape_default());
                    } else {
                        shown.push(character);
                    }
                }
                f.pad(&shown)
            }
            Self::Octets(octets) => f.pad(&colon_hex(octets)),
            Self::HardwareAddress(address) => address.fmt(f),
            Self::IpAddresses(addresses) => {
                let addresses: Vec<String> = addresses.iter().map(IpAddr::to_string).collect();
                f.pad(&addresses.join(", "))
            }
            Self::Integer(number) | Self::Handle(number) => number.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Enumeration { name: Some(name), .. } => f.pad(name),
            Self::Enumeration { number, name: None } => number.fmt(f),
        }
    }
}

/// Decodes an attribute of an object's dictionary.
///
/// A value whose length does not fit its kind is octets; an empty value is empty text for a text
/// attribute, else empty octets. Nothing fails.
pub fn decode<'a>(
    object_type: &str,
    name: impl AsRef<[u8]>,
    octets: &'a [u8],
    family: Family,
) -> Value<'a> {
    let name = name.as_ref();
    // Leases are of DHCPv4 only; elsewhere there may be several addresses.
    let (family, single) =
        if object_type == "lease" { (Family::V4, true) } else { (family, false) };
    match kind(object_type, name) {
        Kind::IpAddress if single && octets.len() != 4 => Value::Octets(octets),
        kind => kind.decode(octets, family),
    }
}

/// Decodes an attribute of a message dictionary, such as `result`.
pub fn decode_message<'a>(name: impl AsRef<[u8]>, octets: &'a [u8]) -> Value<'a> {
    message_kind(name.as_ref()).decode(octets, Family::V4)
}

impl Kind {
    fn decode(self, octets: &[u8], family: Family) -> Value<'_> {
        let number = || octets.try_into().ok().map(u32::from_be_bytes);
        let value = match self {
            Self::Text => str::from_utf8(octets).ok().map(Value::Text),
            Self::Octets => None,
            Self::HardwareAddress => HardwareAddress::new(octets).ok().map(Value::HardwareAddress),
            Self::IpAddress => ip_addresses(octets, family).map(Value::IpAddresses),
            Self::Flags => match *octets {
                [mask] => Some(Value::Integer(mask.into())),
                _ => None,
            },
            Self::Integer => number().map(Value::Integer),
            Self::Handle => number().map(Value::Handle),
            Self::Time => number().map(|number| Value::Time(Time(number))),
            Self::Enumeration(list) => {
                number().map(|number| Value::Enumeration { number, name: list.name(number) })
            }
        };
        value.unwrap_or(Value::Octets(octets))
    }
}

/// The addresses of a list without separators; `None` when the length is no multiple, or 0.
fn ip_addresses(octets: &[u8], family: Family) -> Option<Vec<IpAddr>> {
    if octets.is_empty() {
        return None;
    }
    match family {
        Family::V4 => match octets.as_chunks() {
            (addresses, []) => {
                Some(addresses.iter().map(|&one| Ipv4Addr::from(one).into()).collect())
            }
            _ => None,
        },
        Family::V6 => match octets.as_chunks::<16>() {
            (addresses, []) => {
                Some(addresses.iter().map(|&one| Ipv6Addr::from(one).into()).collect())
            }
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests;
