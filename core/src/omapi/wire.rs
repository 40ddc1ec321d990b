//! Octets to messages and back.
//!
//! A connection begins with an [`Introduction`] from each side; after it comes one message after
//! the other. All integers are unsigned and big-endian:
//!
//! | offset | octets | field |
//! |---|---|---|
//! | 0 | 4 | authid: handle of an opened authenticator, 0 when unsigned |
//! | 4 | 4 | octets of the signature, 0 when unsigned |
//! | 8 | 4 | [`Opcode`] |
//! | 12 | 4 | handle of the object that the message is about, or 0 |
//! | 16 | 4 | transaction id, of the sender's choice |
//! | 20 | 4 | the transaction id that this answers, 0 in a request |
//! | 24 | | message dictionary, ended by `00 00` |
//! | | | object dictionary, ended by `00 00` |
//! | | | signature |
//!
//! An attribute of a dictionary is a name behind its length in 2 octets and a value behind its
//! length in 4. The signature covers all from offset 4 up to itself: not the authid, but the
//! signature's own length with its final value.
//!
//! Reading borrows from the input ([`Decoder`], [`Message`], [`Dictionary`]); what is written
//! stands in [`Attributes`] in the form of the wire already.
//!
//! ```
//! use netlever_core::omapi::key::{Algorithm, Key};
//! use netlever_core::omapi::wire::{Attributes, Decoder, Dictionary, Header, Limits, Opcode, encode};
//!
//! // Ask for a lease, signed by an authenticator that was opened as handle 1: octets that dhcpd
//! // accepted.
//! let key = Key::from_base64("defomapi", Algorithm::HmacMd5, "+bFQtBCta6j2vWkjPkNFtgA=")?;
//! let header = Header { authid: 1, opcode: Opcode::Open.code(), tid: 0x1002, ..Header::default() };
//! let message: Attributes = [("type", "lease")].into_iter().collect();
//! let object: Attributes = [("ip-address", [10, 99, 0, 250])].into_iter().collect();
//! let mut out = Vec::new();
//! encode(&mut out, &header, message.as_dictionary(), object.as_dictionary(), Some(&key));
//! assert_eq!(out[63..], 0xf37fd5a9784e09c35d4554fbff6fa27b_u128.to_be_bytes());
//!
//! let mut decoder = Decoder::new(Limits::default());
//! let request = decoder.decode(&out)?.expect("a whole message");
//! assert_eq!(request.header, header);
//! assert_eq!(request.object.get("ip-address"), Some(&[10, 99, 0, 250][..]));
//! assert!(request.verify(&key));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod decoder;
mod dictionary;
mod error;

use std::fmt;

pub use decoder::Decoder;
pub use dictionary::{AttributeError, Attributes, Dictionary, Entries};
pub use error::WireError;

use super::key::Key;

/// The one protocol version there is.
pub const PROTOCOL_VERSION: u32 = 100;

/// Octets of the six header fields, and what both sides usually announce.
pub const HEADER_SIZE: u32 = 24;

/// The longest header, in octets, that a peer may announce. The protocol knows no limit; no peer
/// is known to announce more than 24.
pub const MAX_HEADER_SIZE: u32 = 4096;

/// The eight octets with which each side begins, without waiting for the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Introduction {
    /// Protocol version: 100.
    pub version: u32,
    /// Octets of the headers that this side will send. What exceeds 24 is skipped by the receiver.
    pub header_size: u32,
}

impl Introduction {
    /// What this implementation announces, as dhcpd does: version 100, headers of 24 octets.
    pub const OURS: Self = Self { version: PROTOCOL_VERSION, header_size: HEADER_SIZE };

    /// How many octets an introduction has.
    pub const LEN: usize = 8;

    /// Reads the introduction at the start of `input`; `None` when fewer than 8 octets are there.
    ///
    /// # Errors
    ///
    /// [`WireError::Version`] for another version than 100, as soon as its 4 octets are there;
    /// [`WireError::HeaderSize`] for a size below 24 or above [`MAX_HEADER_SIZE`]. dhcpd closes the
    /// connection for both a foreign version and a size below 24.
    ///
    /// ```
    /// use netlever_core::omapi::wire::Introduction;
    ///
    /// let octets = [0, 0, 0, 100, 0, 0, 0, 24];
    /// assert_eq!(Introduction::decode(&octets)?, Some(Introduction::OURS));
    /// assert_eq!(Introduction::decode(&octets[..7])?, None);
    /// # Ok::<(), netlever_core::omapi::wire::WireError>(())
    /// ```
    pub fn decode(input: &[u8]) -> Result<Option<Self>, WireError> {
        let Some(version) = u32_at(input, 0) else { return Ok(None) };
        if version != PROTOCOL_VERSION {
            return Err(WireError::Version { at: 0, found: version });
        }
        let Some(header_size) = u32_at(input, 4) else { return Ok(None) };
        if !(HEADER_SIZE..=MAX_HEADER_SIZE).contains(&header_size) {
            return Err(WireError::HeaderSize { at: 4, found: header_size });
        }
        Ok(Some(Self { version, header_size }))
    }

    /// Appends the eight octets.
    pub fn encode(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.version.to_be_bytes());
        out.extend_from_slice(&self.header_size.to_be_bytes());
    }
}

/// What a peer may send. Each limit is held against a length before its octets are waited for.
///
/// dhcpd itself accepts names of 65 535 octets, values of megabytes and any number of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one attribute's name: 1024 by default.
    pub name: usize,
    /// Octets of one attribute's value: 65 536 by default.
    pub value: usize,
    /// Attributes in each of the two dictionaries: 4096 by default.
    pub attributes: usize,
    /// Octets of the signature: 64 by default, that of HMAC-SHA512.
    pub signature: usize,
    /// Octets of the whole message, header and signature included: 1 048 576 by default.
    pub message: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { name: 1024, value: 65_536, attributes: 4096, signature: 64, message: 1 << 20 }
    }
}

/// What a message asks for or says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u32)]
pub enum Opcode {
    /// Look up or create an object. Answered by an UPDATE with the object, or a STATUS.
    Open = 1,
    /// Send the object behind the handle again. Answered as OPEN is.
    Refresh,
    /// To the server: set attributes of the object behind the handle, answered by a STATUS. From
    /// the server: the contents of an object.
    Update,
    /// Reserved: dhcpd answers STATUS 27, "notify not implemented yet".
    Notify,
    /// From the server: a result code, in the message dictionary.
    Status,
    /// Remove the object behind the handle. Answered by a STATUS.
    Delete,
}

impl Opcode {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] =
        [Self::Open, Self::Refresh, Self::Update, Self::Notify, Self::Status, Self::Delete];

    /// The opcode with this number; `None` outside 1 to 6, for which dhcpd closes the connection.
    pub const fn from_u32(code: u32) -> Option<Self> {
        Some(match code {
            1 => Self::Open,
            2 => Self::Refresh,
            3 => Self::Update,
            4 => Self::Notify,
            5 => Self::Status,
            6 => Self::Delete,
            _ => return None,
        })
    }

    /// The number on the wire.
    pub const fn code(self) -> u32 {
        self as u32
    }

    /// The name in lower case, as in `open`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Refresh => "refresh",
            Self::Update => "update",
            Self::Notify => "notify",
            Self::Status => "status",
            Self::Delete => "delete",
        }
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The header fields that a sender chooses; the signature's length follows from the key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Handle of the authenticator that signs, 0 when the message is unsigned.
    pub authid: u32,
    /// Number of the [`Opcode`]; kept as it came when it names none.
    pub opcode: u32,
    /// Handle of the object that the message is about, or 0.
    pub handle: u32,
    /// Transaction id, of the sender's choice.
    pub tid: u32,
    /// Transaction id of the request that this answers; 0 in a request.
    pub rid: u32,
}

impl Header {
    /// The fields at the start of a message.
    fn decode(input: &[u8]) -> Option<Self> {
        Some(Self {
            authid: u32_at(input, 0)?,
            opcode: u32_at(input, 8)?,
            handle: u32_at(input, 12)?,
            tid: u32_at(input, 16)?,
            rid: u32_at(input, 20)?,
        })
    }
}

/// One whole message, borrowed from the input.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The header fields, without the signature's length.
    pub header: Header,
    /// What belongs to the request or answer itself, such as `type` or `result`.
    pub message: Dictionary<'a>,
    /// The attributes of the object.
    pub object: Dictionary<'a>,
    /// The signature; empty when there is none. It is not verified yet: see
    /// [`covered`](Self::covered).
    pub signature: &'a [u8],
    covered: [&'a [u8]; 2],
    len: usize,
}

impl<'a> Message<'a> {
    /// The octets under the signature, as [`Key::verify`] takes them.
    ///
    /// Two runs, because header octets beyond the six fields are not signed; the second one is
    /// empty in the usual case.
    pub const fn covered(&self) -> [&'a [u8]; 2] {
        self.covered
    }

    /// Whether the signature is the one that `key` makes, in length and content.
    ///
    /// This is the only proof of origin: an authid alone proves nothing.
    pub fn verify(&self, key: &Key) -> bool {
        key.verify(self.covered, self.signature)
    }

    /// The opcode, when the number is a known one.
    pub const fn opcode(&self) -> Option<Opcode> {
        Opcode::from_u32(self.header.opcode)
    }

    /// How many octets the message takes on the wire, surplus header octets included.
    #[expect(clippy::len_without_is_empty, reason = "a message has 28 octets at least")]
    pub const fn len(&self) -> usize {
        self.len
    }
}

/// Appends one message.
///
/// It is signed when there is a key and `header.authid` is not 0: the signature's length is the
/// digest's. Otherwise that length is 0. Whether the two agree with the connection's state is the
/// caller's affair: dhcpd requires no signature of a message that merely names an authid.
pub fn encode(
    out: &mut Vec<u8>,
    header: &Header,
    message: Dictionary<'_>,
    object: Dictionary<'_>,
    key: Option<&Key>,
) {
    let key = key.filter(|_| header.authid != 0);
    let authlen = key.map_or(0, |key| key.algorithm().signature_len());
    let start = out.len();
    let dictionaries = message.octets().len() + object.octets().len() + 4;
    out.reserve(HEADER_SIZE as usize + dictionaries + authlen);
    let fields =
        [header.authid, authlen as u32, header.opcode, header.handle, header.tid, header.rid];
    for field in fields {
        out.extend_from_slice(&field.to_be_bytes());
    }
    for dictionary in [message, object] {
        out.extend_from_slice(dictionary.octets());
        out.extend_from_slice(&[0, 0]);
    }
    if let Some(key) = key {
        let signature = key.signature([&out[start + 4..]]);
        out.extend_from_slice(&signature);
    }
}

/// The two octets at `at` as a number, when they are there.
#[inline]
fn u16_at(input: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*input.get(at..)?.first_chunk()?))
}

/// The four octets at `at` as a number, when they are there.
#[inline]
fn u32_at(input: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*input.get(at..)?.first_chunk()?))
}

#[cfg(test)]
mod tests;
