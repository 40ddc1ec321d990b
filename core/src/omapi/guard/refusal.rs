//! Why a request was not sent.

use thiserror::Error;

use crate::omapi::statements::StatementError;

/// A request that would harm the server, or do something else than it says.
///
/// Each text says what is wrong, what dhcpd 4.4.3-P1 would make of it, and what to do instead.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// An OPEN without a type.
    #[error("an OPEN without a type reads a handle instead: name the type, or use REFRESH")]
    NoType,
    /// A key in the message dictionary that the server keeps for itself.
    #[error(
        "the key {name} in the message dictionary makes the server close the connection: put \
         attributes into the object dictionary"
    )]
    ReservedKey {
        /// The key.
        name: String,
    },
    /// A name that stands twice in one dictionary.
    #[error("{name} stands twice and the server would use only the last value: give it once")]
    Repeated {
        /// The attribute.
        name: String,
    },
    /// An OPEN of a type that has no lookup.
    #[error(
        "a {object_type} cannot be looked up: REFRESH the handle that a lease has of it ({})",
        if object_type == "pool" { "its attribute pool" } else { "such as its attribute subnet" }
    )]
    NoLookup {
        /// The type.
        object_type: String,
    },
    /// An OPEN without a lookup key.
    #[error(
        "an OPEN of a {object_type} without a lookup key seems to succeed and finds nothing: \
         give {keys}"
    )]
    NoKey {
        /// The type.
        object_type: String,
        /// What it can be looked up by.
        keys: String,
    },
    /// An empty value in an OPEN.
    #[error("{name} is empty, which finds nothing and can crash the server: leave it out")]
    EmptyInOpen {
        /// The attribute.
        name: String,
    },
    /// An empty value where the server follows a null pointer.
    #[error(
        "an empty {name} of a {object_type} crashes the server: it cannot be unset, so leave it out \
         or give it a value"
    )]
    Empty {
        /// The type, `handle of unknown type` where it is not known.
        object_type: String,
        /// The attribute.
        name: String,
    },
    /// A value of another length than its kind has.
    #[error("{name} has {found} octets: it must have {expected}")]
    Length {
        /// The attribute.
        name: String,
        /// How many octets there are.
        found: usize,
        /// How many there should be.
        expected: &'static str,
    },
    /// A number outside of its range.
    #[error("{name} {found} is out of range: {expected}")]
    Range {
        /// The attribute.
        name: String,
        /// The number.
        found: u32,
        /// What it may be.
        expected: &'static str,
    },
    /// The name of a host or group is no token.
    #[error(
        "{name:?} is no safe name: the server writes it unquoted into its leases file, and the \
         record would be lost at its next start; use letters, digits, '.', '_' and '-'"
    )]
    Name {
        /// The name.
        name: String,
    },
    /// The name of a host or group is longer than [`LONGEST_NAME`](super::LONGEST_NAME).
    #[error(
        "a name of {octets} octets is too long: the server reads back {} at most from its leases \
         file, and the record would be lost at its next start",
        super::LONGEST_NAME
    )]
    LongName {
        /// Its octets.
        octets: usize,
    },
    /// A value that the server writes to its leases file in a way that it cannot read.
    #[error(
        "{name} {value:?} would make the leases file unreadable at the server's next start: use \
         printable ASCII without quotes and backslashes"
    )]
    LeasesFile {
        /// The attribute.
        name: String,
        /// Its value.
        value: String,
    },
    /// Statements that are not whole, or not kept.
    #[error(transparent)]
    Statements(#[from] StatementError),
    /// An attribute of a lease that cannot be set, or that there is not.
    #[error(
        "{name} cannot be set on a lease: the server would store four octets of its own memory \
         under that name; of a lease, set state, ends and flags"
    )]
    LeaseVariable {
        /// The attribute.
        name: String,
    },
    /// A new end without a state behind it.
    #[error(
        "setting ends alone frees the lease at once, whatever the time: put state (2 to keep it \
         active) behind ends in the same UPDATE"
    )]
    EndsAlone,
    /// New flags without a state behind them.
    #[error(
        "setting other flags alone frees an active lease: put state (2 to keep it active) behind \
         flags in the same UPDATE"
    )]
    FlagsAlone,
    /// A hardware address without its type, for a new host.
    #[error(
        "a host created with a hardware-address and no hardware-type gets the unknown type 0: give \
         hardware-type, 1 for Ethernet"
    )]
    NoHardwareType,
    /// An address for a host of a DHCPv6 server.
    #[error(
        "a DHCPv6 server writes a host's ip-address as IPv4 addresses to its leases file and reads \
         wrong ones at its next start: put the address into its configuration"
    )]
    Ipv6Host,
}
