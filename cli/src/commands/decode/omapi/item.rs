//! What is explained: each message, and what stands between them.

use netlever_core::omapi::objects::Object;
use netlever_core::omapi::wire::{Attributes, Header, Introduction};

use crate::capture::{Mark, Side};

/// Something at a place in the octets.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    /// The first octet, counted from 0 in its direction.
    pub(crate) offset: u64,
    /// How many octets.
    pub(crate) length: u64,
    /// Who sent it, as far as it is known.
    pub(crate) sender: Option<Side>,
    /// Which packet completed it, in a capture.
    pub(crate) mark: Option<Mark>,
    pub(crate) what: What,
}

#[derive(Clone, Debug)]
pub(crate) enum What {
    Introduction(Introduction),
    Message(Box<Told>),
    /// Octets that were not captured.
    Gap,
    /// A message begins here and the octets end before it does.
    Cut,
    /// No message, and why.
    Broken(String),
}

/// A whole message.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) header: Header,
    pub(crate) signature: Vec<u8>,
    pub(crate) message: Attributes,
    /// The object dictionary; its type is empty where nothing tells it.
    pub(crate) object: Object,
    pub(crate) proof: Proof,
}

/// What is known about the origin of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proof {
    /// It is not signed.
    Unsigned,
    /// Signed, and there is no key to check it with.
    Unchecked,
    /// Signed by an authenticator that was opened for another key than the one given.
    OtherKey,
    /// The signature is the given key's.
    Good,
    /// It is not.
    Wrong,
    /// It names an authenticator and has no signature: dhcpd 4.4.3-P1 serves it, and it proves
    /// nothing.
    Claimed,
}

impl Proof {
    /// Whether the signature holds; `None` where there is none, or nothing to check it with.
    pub(crate) const fn verified(self) -> Option<bool> {
        match self {
            Self::Good => Some(true),
            Self::Wrong | Self::Claimed => Some(false),
            Self::Unsigned | Self::Unchecked | Self::OtherKey => None,
        }
    }
}
