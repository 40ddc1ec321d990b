//! What can be wrong with a value that a user typed.

use thiserror::Error;

use super::Time;

/// Text that is not a value of its kind.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ValueError {
    /// Not written as a hardware address.
    #[error(
        "{text:?} is not a hardware address: write it as aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff or \
         aabb.ccdd.eeff"
    )]
    HardwareAddress {
        /// What was written.
        text: String,
    },
    /// No octets, or more than dhcpd takes.
    #[error("a hardware address of {found} octets: it must have 1 to 20")]
    HardwareAddressLength {
        /// How many octets there are.
        found: usize,
    },
    /// Not written as a time.
    #[error(
        "{text:?} is not a time: write it as 2030-11-24T10:00:00Z (1970 to 2106), as seconds since \
         1970, or as \"never\""
    )]
    Time {
        /// What was written.
        text: String,
    },
    /// A date whose number stands for something else.
    #[error(
        "{text:?} cannot be told from {means:?}: write \"{means}\" or a second earlier or later"
    )]
    SpecialTime {
        /// What was written.
        text: String,
        /// What the server would understand.
        means: Time,
    },
    /// Not an IP address of the right family.
    #[error("{text:?} is not an {family} address")]
    IpAddress {
        /// What was written.
        text: String,
        /// `IPv4` or `IPv6`.
        family: &'static str,
    },
    /// Several addresses where one belongs.
    #[error("{text:?}: a lease has one address")]
    OneAddress {
        /// What was written.
        text: String,
    },
    /// Not a number of 32 bits.
    #[error("{text:?} is not a number: write 0 to 4294967295, in decimal or as 0x…")]
    Integer {
        /// What was written.
        text: String,
    },
    /// Neither a known name nor a number.
    #[error("{text:?} is not a {what}: write a number{}", Names(names))]
    Name {
        /// What it should name.
        what: &'static str,
        /// What was written.
        text: String,
        /// The known names.
        names: &'static [&'static str],
    },
    /// Not written as octets.
    #[error("{text:?} is not a run of octets: write 0x0102, 01:02 or \"text\"")]
    Octets {
        /// What was written.
        text: String,
    },
    /// Quoted text that does not end, or goes on after its end.
    #[error("{text:?} is not a quoted text: write \"…\", with \\\" and \\\\ inside")]
    Quotes {
        /// What was written.
        text: String,
    },
    /// A value of an unknown attribute in no known form.
    #[error(
        "{text:?} is no value of an unknown attribute: write \"text\", a number, an address such \
         as 10.0.0.1, or octets as 01:02 or 0x0102"
    )]
    Unknown {
        /// What was written.
        text: String,
    },
}

/// The names behind "write a number".
struct Names<'a>(&'a [&'a str]);

impl std::fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " or one of {}", self.0.join(", ")) }
    }
}
