//! The incremental reader of messages.

use super::{Dictionary, HEADER_SIZE, Header, Limits, Message, WireError, u16_at, u32_at};

/// Octets of the six header fields.
const FIELDS: usize = HEADER_SIZE as usize;

/// Finds whole messages at the start of the input, whatever its cuts.
///
/// OMAPI has no overall length, so a message ends where a walk over both dictionaries ends. The
/// decoder remembers how far it walked: feeding a message octet by octet costs as much as feeding
/// it at once. Every length is held against the [`Limits`] as soon as it is read, before anything
/// waits for the octets that it announces; nothing is allocated.
///
/// ```
/// use netlever_core::omapi::wire::{Decoder, Limits};
///
/// // A success without text: STATUS, result 0.
/// let octets = b"\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0\0\0\0\0\x09\0\0\0\x07\
///     \0\x06result\0\0\0\x04\0\0\0\0\0\0\0\0";
/// let mut decoder = Decoder::new(Limits::default());
/// assert!(decoder.decode(&octets[..30])?.is_none());
/// let status = decoder.decode(octets)?.expect("a whole message");
/// assert_eq!((status.header.opcode, status.header.rid), (5, 7));
/// assert_eq!(status.message.get("result"), Some(&[0; 4][..]));
/// assert_eq!(status.len(), octets.len());
/// # Ok::<(), netlever_core::omapi::wire::WireError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    limits: Limits,
    /// Octets of the peer's headers; those after the six fields are skipped.
    header_size: usize,
    walk: Walk,
}

/// How far the current message was read.
#[derive(Clone, Copy, Debug)]
struct Walk {
    /// Where the next attribute or terminator begins; 0 while nothing was read.
    at: usize,
    /// Attributes seen in the current dictionary.
    attributes: usize,
    /// Where the message dictionary's terminator stands, once it was found.
    message_end: Option<usize>,
}

impl Walk {
    const START: Self = Self { at: 0, attributes: 0, message_end: None };
}

impl Decoder {
    /// A decoder for a peer whose headers have the usual 24 octets.
    pub const fn new(limits: Limits) -> Self {
        Self { limits, header_size: FIELDS, walk: Walk::START }
    }

    /// Takes the header size of the peer's [`Introduction`](super::Introduction), in octets.
    ///
    /// To be called between messages; below 24 there is nothing to announce and 24 is kept.
    pub fn set_header_size(&mut self, octets: u32) {
        self.header_size = octets.max(HEADER_SIZE) as usize;
        self.walk = Walk::START;
    }

    /// Reads the message that begins at the start of `input`; `None` when more octets are needed.
    ///
    /// Until a message comes out, each call must be given the same octets again, with more behind
    /// them. After a message, the next call begins at the octet behind it
    /// ([`Message::len`]).
    ///
    /// # Errors
    ///
    /// [`WireError`] as soon as a length goes beyond the limits, and again at each later call.
    pub fn decode<'a>(&mut self, input: &'a [u8]) -> Result<Option<Message<'a>>, WireError> {
        let Some(authlen) = u32_at(input, 4) else { return Ok(None) };
        if authlen as usize > self.limits.signature {
            let limit = self.limits.signature;
            return Err(WireError::Signature { at: 4, found: authlen, limit });
        }
        let authlen = authlen as usize;
        let Some((message_end, object_end)) = self.walk(input, authlen)? else { return Ok(None) };
        let signature_start = object_end + 2;
        let len = signature_start + authlen;
        let (Some(header), Some(whole)) = (Header::decode(input), input.get(..len)) else {
            return Ok(None);
        };
        self.walk = Walk::START;
        let (body, signature) = whole.split_at(signature_start);
        Ok(Some(Message {
            header,
            message: Dictionary::checked(&body[self.header_size..message_end]),
            object: Dictionary::checked(&body[message_end + 2..object_end]),
            signature,
            covered: match self.header_size {
                FIELDS => [&body[4..], &[]],
                size => [&body[4..FIELDS], &body[size..]],
            },
            len,
        }))
    }

    /// Goes on to the terminator of the object dictionary; returns where both terminators stand.
    fn walk(&mut self, input: &[u8], authlen: usize) -> Result<Option<(usize, usize)>, WireError> {
        let Walk { mut at, mut attributes, mut message_end } = self.walk;
        // What must follow in any case: a terminator for each open dictionary, and the signature.
        let mut tail = authlen + if message_end.is_some() { 2 } else { 4 };
        if at == 0 {
            at = self.header_size;
            self.fits(4, at + tail)?;
        }
        let ends = loop {
            let Some(name) = u16_at(input, at) else { break None };
            if name == 0 {
                match message_end {
                    Some(message_end) => break Some((message_end, at)),
                    None => message_end = Some(at),
                }
                (at, attributes, tail) = (at + 2, 0, tail - 2);
                continue;
            }
            if attributes == self.limits.attributes {
                return Err(WireError::Attributes { at, limit: self.limits.attributes });
            }
            if usize::from(name) > self.limits.name {
                return Err(WireError::Name { at, found: name, limit: self.limits.name });
            }
            let length_at = at + 2 + usize::from(name);
            self.fits(at, length_at + 4 + tail)?;
            let Some(value) = u32_at(input, length_at) else { break None };
            if value as usize > self.limits.value {
                let limit = self.limits.value;
                return Err(WireError::Value { at: length_at, found: value, limit });
            }
            let end = (length_at + 4).saturating_add(value as usize);
            self.fits(length_at, end.saturating_add(tail))?;
            if input.len() < end {
                break None;
            }
            (at, attributes) = (end, attributes + 1);
        };
        self.walk = Walk { at, attributes, message_end };
        Ok(ends)
    }

    /// Refuses a message that will have `needed` octets at least, by the field at `at`.
    fn fits(&self, at: usize, needed: usize) -> Result<(), WireError> {
        match self.limits.message {
            limit if needed > limit => Err(WireError::Message { at, needed, limit }),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Attributes, encode};
    use super::*;

    #[test]
    fn fed_octet_by_octet_no_attribute_is_read_twice() {
        let many: Attributes = (0..500).map(|_| ("name", [0; 10])).collect();
        let mut octets = Vec::new();
        encode(&mut octets, &Header::default(), many.as_dictionary(), many.as_dictionary(), None);
        let mut decoder = Decoder::new(Limits::default());
        for fed in 0..octets.len() {
            assert!(decoder.decode(&octets[..fed]).unwrap().is_none());
            // What is left to read again is less than one attribute of 20 octets.
            assert!(fed < decoder.walk.at + 20 || fed < 8, "{fed}: {:?}", decoder.walk);
        }
        assert_eq!(decoder.decode(&octets).unwrap().unwrap().len(), octets.len());
        assert_eq!(decoder.walk.at, 0);
    }

    #[test]
    fn a_fault_is_reported_again() {
        let mut octets = vec![0; 24];
        octets.extend(*b"\xff\xff");
        let mut decoder = Decoder::new(Limits::default());
        let fault = Err(WireError::Name { at: 24, found: 0xffff, limit: 1024 });
        for _ in 0..2 {
            assert_eq!(decoder.decode(&octets).map(|message| message.is_some()), fault);
        }
    }
}
