//! The guard rails: requests that would harm the server, or do something else than they say.
//!
//! dhcpd trusts who speaks OMAPI to it. An empty value crashes it, an OPEN without a lookup key
//! "succeeds" with an object that does not exist, a wrong name makes its leases file unreadable.
//! The session asks these functions before it sends anything, unless an expert told it not to.
//! What the server itself refuses cleanly is left to the server. All was observed on dhcpd
//! 4.4.3-P1.
//!
//! | rule | else |
//! |---|---|
//! | an OPEN names its type and a lookup key of it, not empty | an empty, dead object as answer |
//! | flags have 4 octets, reserved keys stay out of the message | error, or the connection closes |
//! | no name twice | only the last value counts |
//! | no empty value, except in an UPDATE of host, ignored lease attributes, lease variables | crash |
//! | addresses, hardware types, states, times have their length and range | stored as they are |
//! | on a lease `state` follows `ends` and `flags` | these alone free an active lease |
//! | no unknown attribute, `tstp`, `tsfp`, `atsfp` or `cltt` set on a lease | garbage is stored |
//! | a new host or group has a name of letters, digits, `.`, `_`, `-` | lost at the next start |
//! | that name has [`LONGEST_NAME`] octets at most | lost at the next start |
//! | a new host with a hardware address has its type | the address is of type 0 |
//! | `statements` are whole and readable again | dropped, or lost at the next start |
//! | no addresses are written to hosts of a DHCPv6 server | wrong addresses after the next start |
//!
//! Deleting a group twice through one handle crashes the server too: the session remembers which
//! handles are spent.
//!
//! ```
//! use netlever_core::omapi::{guard, values::Family, wire::Attributes};
//!
//! let mut changes = Attributes::new();
//! changes.push("ends", [0x7f, 0xff, 0xff, 0xff]);
//! let refusal = guard::check_update(Some("lease"), changes.as_dictionary(), Family::V4);
//! assert_eq!(refusal, Err(guard::Refusal::EndsAlone));
//!
//! changes.push("state", [0, 0, 0, 2]);
//! assert_eq!(guard::check_update(Some("lease"), changes.as_dictionary(), Family::V4), Ok(()));
//! ```

mod refusal;
mod written;

use std::collections::BTreeSet;

pub use refusal::Refusal;

use super::{values::Family, wire::Dictionary};
use written::{check_addresses, check_hardware, check_length, check_written};

/// Whether an OPEN may be sent: its `type`, both dictionaries, and what the server serves.
///
/// # Errors
///
/// [`Refusal`] for the first rule that is broken.
pub fn check_open(
    object_type: &str,
    message: Dictionary<'_>,
    object: Dictionary<'_>,
    family: Family,
) -> Result<(), Refusal> {
    if object_type.is_empty() {
        return Err(Refusal::NoType);
    }
    check_once(message)?;
    for (name, value) in message {
        if RESERVED.contains(&name) {
            return Err(Refusal::ReservedKey { name: text(name) });
        }
        if FLAGS.contains(&name) {
            check_length(name, value, &[4])?;
        }
    }
    check_once(object)?;
    for (name, value) in object {
        if value.is_empty() {
            return Err(Refusal::EmptyInOpen { name: text(name) });
        }
    }
    check_key(object_type, object)?;
    check_hardware(object)?;
    check_addresses(object_type, object, family)?;
    if let Some(handle) = object.get("handle") {
        check_length(b"handle", handle, &[4])?;
    }
    let set = |flag| message.get(flag).is_some_and(|value| value != [0; 4]);
    if set("create") && object_type == "host" {
        let has = |name| object.get(name).is_some();
        if has("hardware-address") && !has("hardware-type") {
            return Err(Refusal::NoHardwareType);
        }
    }
    if set("create") || set("update") {
        check_written(Some(object_type), object, family)?;
    }
    Ok(())
}

/// Whether an UPDATE may be sent. A handle of unknown type is held to the rules of all types.
///
/// # Errors
///
/// [`Refusal`] for the first rule that is broken.
pub fn check_update(
    object_type: Option<&str>,
    object: Dictionary<'_>,
    family: Family,
) -> Result<(), Refusal> {
    check_once(object)?;
    check_hardware(object)?;
    check_addresses(object_type.unwrap_or(""), object, family)?;
    check_written(object_type, object, family)
}

/// Whether `name` may be the name of a new host or group: one or more of `A-Z`, `a-z`, `0-9`, `.`,
/// `_` and `-`, [`LONGEST_NAME`] at most. The server writes it into its leases file without quotes.
///
/// # Errors
///
/// [`Refusal::Name`], [`Refusal::LongName`].
pub fn check_name(name: impl AsRef<[u8]>) -> Result<(), Refusal> {
    let name = name.as_ref();
    if name.len() > LONGEST_NAME {
        return Err(Refusal::LongName { octets: name.len() });
    }
    let of_token = |octet: &u8| octet.is_ascii_alphanumeric() || b"._-".contains(octet);
    if !name.is_empty() && name.iter().all(of_token) {
        Ok(())
    } else {
        Err(Refusal::Name { name: text(name) })
    }
}

/// Octets that the name of a host or group may have: with 1490 it is read back when the server
/// starts again, with 1600 its record is lost ("token larger than internal buffer").
pub const LONGEST_NAME: usize = 1490;

/// The attributes by which objects of a type are found, any one of them; a subclass needs its
/// `hashstring` besides. Empty for types that need none (control) or cannot be looked up (pool,
/// subnet, shared-network); `None` for other types.
pub fn lookup_keys(object_type: &str) -> Option<&'static [&'static str]> {
    Some(match object_type {
        "lease" => &["ip-address", "hardware-address", "dhcp-client-identifier", "handle"],
        "host" => &["name", "hardware-address", "ip-address", "dhcp-client-identifier", "handle"],
        "group" | "failover-state" | "interface" => &["name", "handle"],
        "class" | "subclass" | "authenticator" => &["name"],
        "control" | "pool" | "subnet" | "shared-network" => &[],
        _ => return None,
    })
}

/// Flags of the message dictionary.
const FLAGS: [&[u8]; 3] = [b"create", b"exclusive", b"update"];

/// Keys for which the server closes the connection.
const RESERVED: [&[u8]; 8] =
    [b"object", b"notify-object", b"authenticator", b"authid", b"op", b"handle", b"id", b"rid"];

fn check_key(object_type: &str, object: Dictionary<'_>) -> Result<(), Refusal> {
    let has = |name: &&str| object.get(name).is_some();
    let found = match object_type {
        "control" => true,
        "pool" | "subnet" | "shared-network" => {
            return Err(Refusal::NoLookup { object_type: object_type.into() });
        }
        "subclass" => has(&"name") && has(&"hashstring"),
        _ => match lookup_keys(object_type) {
            Some(keys) => keys.iter().any(has),
            None => !object.is_empty(),
        },
    };
    if found {
        return Ok(());
    }
    let keys = match object_type {
        "subclass" => "name and hashstring".into(),
        _ => lookup_keys(object_type).unwrap_or(&["an attribute"]).join(", "),
    };
    Err(Refusal::NoKey { object_type: object_type.into(), keys })
}

/// The server would take the last value of a repeated name, and say nothing.
fn check_once(dictionary: Dictionary<'_>) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    match dictionary.iter().find(|(name, _)| !seen.insert(*name)) {
        Some((name, _)) => Err(Refusal::Repeated { name: text(name) }),
        None => Ok(()),
    }
}

/// A name for a message to people.
fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

#[cfg(test)]
mod tests;
