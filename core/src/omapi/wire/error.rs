//! What can be wrong with the octets of a peer.

use thiserror::Error;

/// Octets that are no OMAPI message, or one that is larger than the reader's
/// [`Limits`](super::Limits).
///
/// `at` is the offset of the offending field, in octets, counted from the start of the message (or
/// of the introduction). After any of these the stream cannot be followed further: where a message
/// ends is only known by reading it.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WireError {
    /// The introduction names a protocol version other than 100.
    #[error("protocol version {found} at octet {at}: only {} is known", super::PROTOCOL_VERSION)]
    Version {
        /// Offset of the version.
        at: usize,
        /// The version that the peer announced.
        found: u32,
    },
    /// The introduction announces headers that are too short or absurdly long.
    #[error(
        "header size {found} at octet {at}: it must be {} to {}",
        super::HEADER_SIZE,
        super::MAX_HEADER_SIZE
    )]
    HeaderSize {
        /// Offset of the header size.
        at: usize,
        /// The size that the peer announced, in octets.
        found: u32,
    },
    /// The signature is longer than any that is known.
    #[error("signature of {found} octets announced at octet {at}: the limit is {limit}")]
    Signature {
        /// Offset of the signature length.
        at: usize,
        /// The announced length, in octets.
        found: u32,
        /// [`Limits::signature`](super::Limits::signature).
        limit: usize,
    },
    /// An attribute's name is too long.
    #[error("name of {found} octets announced at octet {at}: the limit is {limit}")]
    Name {
        /// Offset of the name length.
        at: usize,
        /// The announced length, in octets.
        found: u16,
        /// [`Limits::name`](super::Limits::name).
        limit: usize,
    },
    /// An attribute's value is too long.
    #[error("value of {found} octets announced at octet {at}: the limit is {limit}")]
    Value {
        /// Offset of the value length.
        at: usize,
        /// The announced length, in octets.
        found: u32,
        /// [`Limits::value`](super::Limits::value).
        limit: usize,
    },
    /// A dictionary has too many attributes.
    #[error("more than {limit} attributes in one dictionary, at octet {at}")]
    Attributes {
        /// Offset of the first attribute that is too many.
        at: usize,
        /// [`Limits::attributes`](super::Limits::attributes).
        limit: usize,
    },
    /// The message as a whole is too long.
    #[error("a message of at least {needed} octets, known at octet {at}: the limit is {limit}")]
    Message {
        /// Offset of the field that makes the message too long.
        at: usize,
        /// Octets that the message has at least, by what was read so far.
        needed: usize,
        /// [`Limits::message`](super::Limits::message).
        limit: usize,
    },
}
