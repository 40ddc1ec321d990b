//! What a client did that would have harmed a real server.

use std::fmt;

/// A request that this server survived and dhcpd 4.4.3-P1 would not, or not unharmed.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Harm {
    /// An empty value where dhcpd follows a null pointer. It dies.
    EmptyValue {
        /// The type of the object.
        kind: &'static str,
        /// The attribute.
        attribute: String,
    },
    /// A group was deleted twice through one handle. It may die.
    SecondDelete,
    /// A signed request began where its `authlen` lies across the edge of an input buffer. It
    /// aborts.
    InputEdge {
        /// Octets since the input buffer was last empty.
        offset: usize,
    },
    /// A signed answer began where its `authlen` lies across the edge of an output buffer. It
    /// aborts.
    OutputEdge {
        /// Octets since the output buffer was last empty.
        offset: usize,
    },
    /// A name that leases do not know was written: dhcpd keeps a variable that holds garbage.
    GarbageVariable {
        /// The name.
        name: String,
    },
    /// An OPEN without a lookup attribute: dhcpd makes a temporary object, which looks like
    /// success.
    EmptyOpen {
        /// The type of the object.
        kind: &'static str,
    },
    /// An authid without a signature: dhcpd takes it for proof. This server closes the connection.
    UnprovenAuthid,
}

impl Harm {
    /// Whether dhcpd dies of it.
    #[must_use]
    pub const fn kills(&self) -> bool {
        matches!(
            self,
            Self::EmptyValue { .. }
                | Self::SecondDelete
                | Self::InputEdge { .. }
                | Self::OutputEdge { .. }
        )
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::EmptyValue { kind, attribute } => {
                write!(f, "an empty {attribute} of a {kind} kills dhcpd")
            }
            Self::SecondDelete => f.write_str("deleting a group twice may kill dhcpd"),
            Self::InputEdge { offset } => {
                write!(f, "a signed request {offset} octets into the input aborts dhcpd")
            }
            Self::OutputEdge { offset } => {
                write!(f, "a signed answer {offset} octets into the output aborts dhcpd")
            }
            Self::GarbageVariable { name } => {
                write!(f, "writing {name} leaves a lease variable with garbage")
            }
            Self::EmptyOpen { kind } => {
                write!(f, "opening a {kind} without a key makes a temporary object")
            }
            Self::UnprovenAuthid => f.write_str("an authid came without a signature"),
        }
    }
}
