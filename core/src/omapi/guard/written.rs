//! Values that are about to be written.

use super::{Refusal, check_name, text};
use crate::omapi::{
    statements,
    values::{FailoverState, Family, HardwareAddress},
    wire::Dictionary,
};

/// Lease attributes that the server takes and ignores.
const IGNORED: [&[u8]; 6] = [
    b"dhcp-client-identifier",
    b"client-hostname",
    b"host",
    b"billing-class",
    b"hardware-address",
    b"hardware-type",
];

/// Lease attributes of which the server knows that they cannot be written, and says so.
const REFUSED: [&[u8]; 4] = [b"ip-address", b"starts", b"subnet", b"pool"];

/// Lease attributes that the server sends but takes for variables when they are written.
const READ_ONLY: [&[u8]; 4] = [b"tstp", b"tsfp", b"atsfp", b"cltt"];

/// Attributes of other types, which a handle of unknown type may have.
const ELSEWHERE: [&[u8]; 8] = [
    b"name",
    b"group",
    b"statements",
    b"known",
    b"match",
    b"hashstring",
    b"option",
    b"local-state",
];

/// Whether these attributes may be set on an object of this type.
pub(super) fn check_written(
    object_type: Option<&str>,
    object: Dictionary<'_>,
    family: Family,
) -> Result<(), Refusal> {
    for (name, value) in object {
        if value.is_empty() {
            check_empty(object_type, name)?;
        } else {
            check_value(object_type, name, value, family)?;
        }
    }
    if matches!(object_type, Some("lease") | None) {
        let place = |wanted: &[u8]| object.iter().position(|(name, _)| name == wanted);
        let state = place(b"state");
        let last = |name| place(name).is_none_or(|at| state.is_some_and(|state| state > at));
        if !last(b"ends") {
            return Err(Refusal::EndsAlone);
        }
        if !last(b"flags") {
            return Err(Refusal::FlagsAlone);
        }
    }
    Ok(())
}

/// A null value: only these are known to leave the server alive.
fn check_empty(object_type: Option<&str>, name: &[u8]) -> Result<(), Refusal> {
    let own = is_own(name) || READ_ONLY.contains(&name);
    let safe = match object_type {
        Some("host") => true,
        Some("lease") => IGNORED.contains(&name) || !own,
        _ => false,
    };
    if safe {
        return Ok(());
    }
    let object_type = object_type.unwrap_or("handle of unknown type");
    Err(Refusal::Empty { object_type: object_type.into(), name: text(name) })
}

fn check_value(
    object_type: Option<&str>,
    name: &[u8],
    value: &[u8],
    family: Family,
) -> Result<(), Refusal> {
    match (object_type, name) {
        (Some("host" | "group") | None, b"name") => check_name(value),
        (Some("class" | "subclass"), b"name") => {
            let printable = value.iter().all(|octet| (b' '..=b'~').contains(octet));
            if printable && !statements::breaks_leases_file(value) {
                Ok(())
            } else {
                Err(Refusal::LeasesFile { name: text(name), value: text(value) })
            }
        }
        (Some("subclass") | None, b"hashstring") if statements::breaks_leases_file(value) => {
            Err(Refusal::LeasesFile { name: text(name), value: text(value) })
        }
        (Some("host" | "group") | None, b"statements") => Ok(statements::check(value)?),
        (Some("host"), b"ip-address") if family == Family::V6 => Err(Refusal::Ipv6Host),
        (Some("control"), b"state") => {
            check_range(name, value, |number| number == 2, "only 2, shutdown, can be set")
        }
        (Some("lease") | None, b"state") => {
            let expected = "a lease's state can be set to 1 (free) to 7 (backup)";
            check_range(name, value, |number| (1..=7).contains(&number), expected)
        }
        (Some("lease") | None, b"ends") => check_length(name, value, &[4]),
        (Some("lease") | None, b"flags") => check_length(name, value, &[1, 4]),
        (Some("failover-state") | None, b"local-state") => {
            let known = |number| FailoverState(number).name().is_some();
            check_range(name, value, known, "it must be 0 to 11 or 254, a failover state")
        }
        (Some("lease"), name) if !is_own(name) => Err(Refusal::LeaseVariable { name: text(name) }),
        (None, name) if !is_own(name) && !ELSEWHERE.contains(&name) => {
            Err(Refusal::LeaseVariable { name: text(name) })
        }
        _ => Ok(()),
    }
}

/// Whether the server knows the attribute as one of a lease that is written.
fn is_own(name: &[u8]) -> bool {
    [&b"state"[..], b"ends", b"flags"].contains(&name)
        || IGNORED.contains(&name)
        || REFUSED.contains(&name)
}

/// The hardware address and its type, in an OPEN or UPDATE of any object.
pub(super) fn check_hardware(object: Dictionary<'_>) -> Result<(), Refusal> {
    if let Some(address) = object.get("hardware-address")
        && address.len() > HardwareAddress::MAX
    {
        let (name, found) = ("hardware-address".into(), address.len());
        return Err(Refusal::Length { name, found, expected: "1 to 20" });
    }
    match object.get("hardware-type") {
        None | Some([]) => Ok(()),
        Some(value) => {
            let expected = "it must be 1 (Ethernet) to 255";
            check_range(b"hardware-type", value, |number| (1..=255).contains(&number), expected)
        }
    }
}

/// The length of `ip-address`, in an OPEN or UPDATE.
pub(super) fn check_addresses(
    object_type: &str,
    object: Dictionary<'_>,
    family: Family,
) -> Result<(), Refusal> {
    let Some(value) = object.get("ip-address") else { return Ok(()) };
    let (fits, expected) = match (object_type, family) {
        ("lease", _) => (matches!(value.len(), 0 | 4), "4"),
        (_, Family::V4) => (value.len().is_multiple_of(4), "4 for each address"),
        (_, Family::V6) => (value.len().is_multiple_of(16), "16 for each address"),
    };
    let (name, found) = (String::from("ip-address"), value.len());
    if fits { Ok(()) } else { Err(Refusal::Length { name, found, expected }) }
}

/// A number of 4 octets that `allowed` takes.
fn check_range(
    name: &[u8],
    value: &[u8],
    allowed: impl FnOnce(u32) -> bool,
    expected: &'static str,
) -> Result<(), Refusal> {
    let Ok(octets) = value.try_into() else { return check_length(name, value, &[4]) };
    let found = u32::from_be_bytes(octets);
    if allowed(found) { Ok(()) } else { Err(Refusal::Range { name: text(name), found, expected }) }
}

/// The length of a value, which must be one of `allowed`.
pub(super) fn check_length(name: &[u8], value: &[u8], allowed: &[usize]) -> Result<(), Refusal> {
    if allowed.contains(&value.len()) {
        return Ok(());
    }
    let expected = if allowed == [4] { "4" } else { "1 or 4" };
    Err(Refusal::Length { name: text(name), found: value.len(), expected })
}
