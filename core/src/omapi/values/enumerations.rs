//! Numbers that have names.

use std::{fmt, str::FromStr};

use super::ValueError;
use crate::omapi::code::ResultCode;

/// Which list of names a number belongs to.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Enumeration {
    /// [`LeaseState`]: `state` of a lease.
    LeaseState,
    /// [`ControlState`]: `state` of the control object.
    ControlState,
    /// [`FailoverState`]: `local-state` and `partner-state`.
    FailoverState,
    /// [`Hierarchy`]: `hierarchy` of a failover state.
    Hierarchy,
    /// [`HardwareType`]: `hardware-type`.
    HardwareType,
    /// [`ResultCode`]: `result` of a STATUS message.
    Result,
}

impl Enumeration {
    /// The name of a number, if it has one.
    pub fn name(self, number: u32) -> Option<&'static str> {
        match self {
            Self::LeaseState => LeaseState(number).name(),
            Self::ControlState => ControlState(number).name(),
            Self::FailoverState => FailoverState(number).name(),
            Self::Hierarchy => Hierarchy(number).name(),
            Self::HardwareType => u8::try_from(number).ok().and_then(|n| HardwareType(n).name()),
            Self::Result => ResultCode(number).name(),
        }
    }

    /// The number of a name or of decimal digits.
    ///
    /// # Errors
    ///
    /// [`ValueError::Name`] for other text.
    pub fn parse(self, text: &str) -> Result<u32, ValueError> {
        match self {
            Self::LeaseState => text.parse().map(|LeaseState(number)| number),
            Self::ControlState => text.parse().map(|ControlState(number)| number),
            Self::FailoverState => text.parse().map(|FailoverState(number)| number),
            Self::Hierarchy => text.parse().map(|Hierarchy(number)| number),
            Self::HardwareType => text.parse().map(|HardwareType(number)| number.into()),
            Self::Result => ResultCode::from_name(text)
                .map(|ResultCode(number)| number)
                .or_else(|| text.parse().ok())
                .ok_or_else(|| ValueError::Name { what: "result", text: text.into(), names: &[] }),
        }
    }
}

/// A number with names for some of its values.
macro_rules! enumeration {
    (
        $(#[$outer:meta])*
        $type:ident($number:ty), $what:literal {
            $($(#[$doc:meta])* $constant:ident = $value:literal, $name:literal;)*
        }
    ) => {
        $(#[$outer])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub $number);

        impl $type {
            $($(#[$doc])* pub const $constant: Self = Self($value);)*

            /// Every name, by its number.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name of this number; `None` for a number that has none.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($name),)*
                    _ => None,
                }
            }

            /// The four octets on the wire.
            #[allow(clippy::useless_conversion, reason = "one of the types is u8")]
            pub fn octets(self) -> [u8; 4] {
                u32::from(self.0).to_be_bytes()
            }
        }

        impl fmt::Display for $type {
            /// The name, or the number where there is none.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => f.pad(name),
                    None => self.0.fmt(f),
                }
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{} ({self})", self.0)
            }
        }

        impl FromStr for $type {
            type Err = ValueError;

            /// Reads a name in any case, or the number.
            fn from_str(text: &str) -> Result<Self, ValueError> {
                $(if text.eq_ignore_ascii_case($name) {
                    return Ok(Self::$constant);
                })*
                if text.bytes().all(|octet| octet.is_ascii_digit()) && let Ok(number) = text.parse() {
                    return Ok(Self(number));
                }
                Err(ValueError::Name { what: $what, text: text.into(), names: Self::NAMES })
            }
        }
    };
}

enumeration! {
    /// The binding state of a lease.
    LeaseState(u32), "lease state" {
        /// Nobody holds the address.
        FREE = 1, "free";
        /// A client holds the address.
        ACTIVE = 2, "active";
        /// The lease ran out.
        EXPIRED = 3, "expired";
        /// The client gave the address back. Stays so until `ends` has passed.
        RELEASED = 4, "released";
        /// Somebody else was seen to use the address.
        ABANDONED = 5, "abandoned";
        /// On its way to free; setting it gives free at once.
        RESET = 6, "reset";
        /// Free, and set aside for the failover partner.
        BACKUP = 7, "backup";
        /// In the manual page only; cannot be set.
        RESERVED = 8, "reserved";
        /// In the manual page only; cannot be set.
        BOOTP = 9, "bootp";
    }
}

impl LeaseState {
    /// Whether dhcpd takes this number in an UPDATE: 1 to 7 (dhcpd 4.4.3-P1).
    pub const fn is_settable(self) -> bool {
        matches!(self.0, 1..=7)
    }
}

enumeration! {
    /// Where one end of a failover pair stands.
    FailoverState(u32), "failover state" {
        /// Nothing was heard yet.
        UNKNOWN = 0, "unknown";
        /// Just started.
        STARTUP = 1, "startup";
        /// Both ends work together.
        NORMAL = 2, "normal";
        /// The ends do not reach each other.
        COMMUNICATIONS_INTERRUPTED = 3, "communications-interrupted";
        /// The operator said that the partner is down: this end serves all addresses.
        PARTNER_DOWN = 4, "partner-down";
        /// Both ends may have served the same addresses.
        POTENTIAL_CONFLICT = 5, "potential-conflict";
        /// Learning the leases from the partner.
        RECOVER = 6, "recover";
        /// Leaving for a short while.
        PAUSED = 7, "paused";
        /// Leaving for long.
        SHUTDOWN = 8, "shutdown";
        /// Recovered, waiting for the partner.
        RECOVER_DONE = 9, "recover-done";
        /// Lost the partner while resolving a conflict.
        RESOLUTION_INTERRUPTED = 10, "resolution-interrupted";
        /// The conflict is resolved.
        CONFLICT_DONE = 11, "conflict-done";
        /// Waiting until old leases are surely over.
        RECOVER_WAIT = 254, "recover-wait";
    }
}

enumeration! {
    /// Which of the two ends of a failover pair a server is.
    Hierarchy(u32), "hierarchy" {
        /// The primary server.
        PRIMARY = 0, "primary";
        /// The secondary server.
        SECONDARY = 1, "secondary";
    }
}

enumeration! {
    /// What the server as a whole does. Replies always say 0, also while it runs; the only number
    /// that it takes is 2 (dhcpd 4.4.3-P1).
    ControlState(u32), "control state" {
        /// Starting.
        STARTUP = 0, "startup";
        /// Running.
        RUNNING = 1, "running";
        /// Shutting down.
        SHUTDOWN = 2, "shutdown";
        /// Hibernating.
        HIBERNATE = 3, "hibernate";
        /// Waking up.
        AWAKEN = 4, "awaken";
    }
}

enumeration! {
    /// The link that a [`HardwareAddress`](super::HardwareAddress) belongs to, as ARP numbers them.
    HardwareType(u8), "hardware type" {
        /// Ethernet.
        ETHERNET = 1, "ethernet";
        /// Token ring and other IEEE 802 networks.
        TOKEN_RING = 6, "token-ring";
        /// FDDI.
        FDDI = 8, "fddi";
        /// InfiniBand.
        INFINIBAND = 32, "infiniband";
        /// IP multipathing.
        IPMP = 255, "ipmp";
    }
}

/// The marks of a lease: a mask of one octet on the wire.
///
/// ```
/// use netlever_core::omapi::values::LeaseFlags;
///
/// let flags: LeaseFlags = "reserved,bootp".parse()?;
/// assert_eq!((flags.0, flags.contains(LeaseFlags::RESERVED)), (6, true));
/// assert_eq!(flags.to_string(), "bootp,reserved");
/// # Ok::<(), netlever_core::omapi::values::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct LeaseFlags(pub u8);

impl LeaseFlags {
    /// Nothing marked.
    pub const NONE: Self = Self(0);
    /// The lease was given to a BOOTP client.
    pub const BOOTP: Self = Self(2);
    /// The address stays with its client.
    pub const RESERVED: Self = Self(4);
    /// The client ends its text with NUL.
    pub const NUL_TERMINATED: Self = Self(8);
    /// Workaround for clients that mix up unicast and broadcast.
    pub const UNICAST_BROADCAST: Self = Self(64);
    /// All bits that dhcpd keeps; it masks off the others (4.4.3-P1).
    pub const MASK: Self = Self(0x4e);

    const NAMED: [(Self, &'static str); 4] = [
        (Self::BOOTP, "bootp"),
        (Self::RESERVED, "reserved"),
        (Self::NUL_TERMINATED, "nul-terminated"),
        (Self::UNICAST_BROADCAST, "unicast-broadcast"),
    ];
    const NAMES: [&'static str; 4] = ["bootp", "reserved", "nul-terminated", "unicast-broadcast"];

    /// Whether all bits of `other` are set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The names of the bits that are set and have one, lowest first.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMED.into_iter().filter(move |entry| self.contains(entry.0)).map(|entry| entry.1)
    }
}

impl std::ops::BitOr for LeaseFlags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for LeaseFlags {
    /// Names joined by commas, bits without a name in hex behind them; `none` when nothing is set.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<String> = self.names().map(String::from).collect();
        let nameless = self.0 & !Self::MASK.0;
        if nameless != 0 {
            parts.push(format!("{nameless:#04x}"));
        }
        if parts.is_empty() { f.pad("none") } else { f.pad(&parts.join(",")) }
    }
}

impl fmt::Debug for LeaseFlags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self})", self.0)
    }
}

impl FromStr for LeaseFlags {
    type Err = ValueError;

    /// Reads names and numbers (decimal, or hex behind `0x`) joined by commas, or `none`.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        let part = |part: &str| {
            if part == "none" {
                return Some(Self::NONE);
            }
            let named = Self::NAMED.iter().find(|entry| part.eq_ignore_ascii_case(entry.1));
            named
                .map(|entry| entry.0)
                .or_else(|| super::text::number(part)?.try_into().ok().map(Self))
        };
        let flags = text.split(',').map(part).try_fold(Self::NONE, |all, one| Some(all | one?));
        flags.ok_or_else(|| ValueError::Name {
            what: "lease flag",
            text: text.into(),
            names: &Self::NAMES,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_the_daemon_s_name() {
        let names: Vec<_> = (0..=10).map(|number| LeaseState(number).name()).collect();
        let expected = [
            None,
            Some("free"),
            Some("active"),
            Some("expired"),
            Some("released"),
            Some("abandoned"),
            Some("reset"),
            Some("backup"),
            Some("reserved"),
            Some("bootp"),
            None,
        ];
        assert_eq!(names, expected);
        assert_eq!(FailoverState(254).to_string(), "recover-wait");
        assert_eq!(FailoverState(12).to_string(), "12");
        assert_eq!(Hierarchy(1).name(), Some("secondary"));
        assert_eq!(ControlState::SHUTDOWN.octets(), [0, 0, 0, 2]);
    }

    #[test]
    fn one_to_seven_can_be_set() {
        let settable: Vec<u32> = (0..300).filter(|&n| LeaseState(n).is_settable()).collect();
        assert_eq!(settable, [1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn names_and_numbers_are_read() {
        assert_eq!("Active".parse(), Ok(LeaseState::ACTIVE));
        assert_eq!("77".parse(), Ok(LeaseState(77)));
        assert_eq!("partner-down".parse(), Ok(FailoverState::PARTNER_DOWN));
        assert_eq!("ethernet".parse(), Ok(HardwareType::ETHERNET));
        assert_eq!(Enumeration::Result.parse("NOTFOUND"), Ok(23));
        for text in ["", "256", "-1", "+1", "0x1", "ethernet "] {
            let error = text.parse::<HardwareType>().expect_err("no hardware type");
            assert!(error.to_string().contains("ethernet, token-ring"), "{error}");
        }
    }

    #[test]
    fn a_number_has_a_name_only_in_its_own_list() {
        assert_eq!(Enumeration::LeaseState.name(2), Some("active"));
        assert_eq!(Enumeration::ControlState.name(2), Some("shutdown"));
        assert_eq!(Enumeration::HardwareType.name(256), None);
        assert_eq!(Enumeration::HardwareType.name(257), None);
        assert_eq!(Enumeration::Result.name(0x60007), Some("KEYCONFLICT"));
    }

    #[test]
    fn flags_are_read_back_from_their_text() {
        for number in 0..=255 {
            let flags = LeaseFlags(number);
            assert_eq!(flags.to_string().parse(), Ok(flags));
        }
        assert_eq!(LeaseFlags::MASK.names().count(), 4);
        assert_eq!(
            LeaseFlags(0xff).to_string(),
            "bootp,reserved,nul-terminated,unicast-broadcast,0xb1"
        );
        assert!("reserved,".parse::<LeaseFlags>().is_err());
        assert!("256".parse::<LeaseFlags>().is_err());
    }
}
