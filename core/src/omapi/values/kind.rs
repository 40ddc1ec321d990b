//! The table of attributes: what a value is, by object type and name.

use super::Enumeration;

/// What a value is.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Text without terminator; dhcpd copies it and knows no character set.
    Text,
    /// Octets without further meaning, and everything that is not in the table.
    Octets,
    /// 1 to 20 octets.
    HardwareAddress,
    /// Addresses of 4 octets, or of 16 from a DHCPv6 daemon; a lease has one, a host a list.
    IpAddress,
    /// 4 octets.
    Integer,
    /// A mask in 1 octet: `flags` of a lease.
    Flags,
    /// 4 octets; 0 is none.
    Handle,
    /// 4 octets, seconds since 1970; 0 is none, 0x7fffffff never.
    Time,
    /// 4 octets, a number with a name.
    Enumeration(Enumeration),
}

/// The kind of an attribute in the object dictionary of `object_type` (the `type` of the OPEN).
///
/// As observed on dhcpd 4.4.3-P1. Site-defined lease variables are octets: the server sends text
/// and numbers without a mark that tells them apart. So are `partner-address` and `local-address`
/// of a failover state, which hold memory addresses of the server.
///
/// ```
/// use netlever_core::omapi::values::{Enumeration, Kind, kind};
///
/// assert_eq!(kind("lease", "state"), Kind::Enumeration(Enumeration::LeaseState));
/// assert_eq!(kind("interface", "state"), Kind::Text);
/// assert_eq!(kind("lease", "vendor-string"), Kind::Octets);
/// ```
pub fn kind(object_type: &str, name: impl AsRef<[u8]>) -> Kind {
    let Ok(name) = str::from_utf8(name.as_ref()) else { return Kind::Octets };
    match (object_type, name) {
        ("host" | "class" | "subclass", "group") | ("interface", "state") => Kind::Text,
        ("lease", "state") => Kind::Enumeration(Enumeration::LeaseState),
        ("control", "state") => Kind::Enumeration(Enumeration::ControlState),
        ("lease", "flags") => Kind::Flags,
        ("lease", "host" | "subnet" | "pool" | "billing-class") => Kind::Handle,
        ("lease", "ends" | "starts" | "tstp" | "tsfp" | "atsfp" | "cltt")
        | (
            "failover-state",
            "partner-stos" | "local-stos" | "last-packet-sent" | "last-timestamp-received",
        ) => Kind::Time,
        (_, "hardware-address") => Kind::HardwareAddress,
        (_, "ip-address") => Kind::IpAddress,
        (_, "hardware-type") => Kind::Enumeration(Enumeration::HardwareType),
        (_, "partner-state" | "local-state") => Kind::Enumeration(Enumeration::FailoverState),
        (_, "hierarchy") => Kind::Enumeration(Enumeration::Hierarchy),
        (
            _,
            "name" | "client-hostname" | "statements" | "match" | "algorithm" | "ddns-fwd-name"
            | "ddns-rev-name" | "ddns-client-fqdn",
        ) => Kind::Text,
        (
            _,
            "partner-port"
            | "local-port"
            | "max-outstanding-updates"
            | "mclt"
            | "load-balance-max-secs"
            | "skew"
            | "max-response-delay"
            | "cur-unacked-updates"
            | "lease-count"
            | "free-leases"
            | "backup-leases"
            | "lease-limit"
            | "leases-used"
            | "known"
            | "remote-handle",
        ) => Kind::Integer,
        _ => Kind::Octets,
    }
}

/// The kind of an attribute in a message dictionary.
pub fn message_kind(name: impl AsRef<[u8]>) -> Kind {
    match name.as_ref() {
        b"type" | b"message" => Kind::Text,
        b"create" | b"exclusive" | b"update" => Kind::Integer,
        b"result" => Kind::Enumeration(Enumeration::Result),
        _ => Kind::Octets,
    }
}
