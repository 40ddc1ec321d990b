//! What breaks a stream.

use thiserror::Error;

/// A daemon that sends more than the reader's [`Limits`](crate::openvpn::wire::Limits) allow.
///
/// `at` is the offset of the offending line in the stream, in octets from its beginning.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Fault {
    /// A line is too long, or never ends.
    #[error("a line of more than {limit} octets at octet {at}")]
    Line {
        /// Offset of the line.
        at: u64,
        /// [`Limits::line`](crate::openvpn::wire::Limits::line).
        limit: usize,
    },
    /// A block has too many lines, or never ends.
    #[error("a block of more than {limit} lines, at octet {at}")]
    BlockLines {
        /// Offset of the first line that is too many.
        at: u64,
        /// [`Limits::block_lines`](crate::openvpn::wire::Limits::block_lines).
        limit: usize,
    },
    /// A block has too many octets.
    #[error("a block of more than {limit} octets, at octet {at}")]
    BlockOctets {
        /// Offset of the line that is too much.
        at: u64,
        /// [`Limits::block_octets`](crate::openvpn::wire::Limits::block_octets).
        limit: usize,
    },
    /// An environment has too many variables.
    #[error("an environment of more than {limit} variables, at octet {at}")]
    EnvVariables {
        /// Offset of the first line that is too many.
        at: u64,
        /// [`Limits::env_variables`](crate::openvpn::wire::Limits::env_variables).
        limit: usize,
    },
    /// An environment has too many octets.
    #[error("an environment of more than {limit} octets, at octet {at}")]
    EnvOctets {
        /// Offset of the line that is too much.
        at: u64,
        /// [`Limits::env_octets`](crate::openvpn::wire::Limits::env_octets).
        limit: usize,
    },
}
