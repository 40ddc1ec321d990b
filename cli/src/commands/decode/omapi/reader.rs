//! One direction of a connection: octets to messages, each with its offset.

use netlever_core::omapi::wire::{Decoder, Introduction, Limits, Message, Opcode};

use crate::capture::{Mark, Side};

use super::dialogue::Dialogue;
use super::item::{Item, What};

/// Where an introduction may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Begin {
    /// The first octets of a direction: an introduction and nothing else.
    Introduction,
    /// Octets from anywhere: an introduction, or a message.
    Anywhere,
}

/// Octets that are not read yet.
pub(crate) struct Reader {
    side: Option<Side>,
    begin: Begin,
    /// Whether octets are missing just before the next: a message is looked for at each segment.
    lost: bool,
    decoder: Decoder,
    buffer: Vec<u8>,
    /// Octets at the start of the buffer that were read.
    used: usize,
    /// The offset of the buffer's first octet.
    offset: u64,
    /// Which packet the last octets came in.
    mark: Option<Mark>,
}

impl Reader {
    /// Of this sender; `None` where nothing tells.
    pub(crate) fn new(side: Option<Side>, begin: Begin) -> Self {
        Self {
            side,
            begin,
            lost: false,
            decoder: Decoder::new(Limits::default()),
            buffer: Vec::new(),
            used: 0,
            offset: 0,
            mark: None,
        }
    }

    /// Reads on. `false`: the octets are broken, and a reader that cannot wait for a next segment
    /// is at its end.
    pub(crate) fn push(
        &mut self,
        octets: &[u8],
        mark: Option<Mark>,
        dialogue: &mut Dialogue,
        out: &mut Vec<Item>,
    ) -> bool {
        self.mark = mark;
        self.buffer.extend_from_slice(octets);
        let sound = loop {
            match self.next(dialogue) {
                Ok(None) => break true,
                Ok(Some(item)) => out.push(item),
                Err(item) => {
                    // After a loss the first octets may well be the middle of a message.
                    if !self.lost || self.buffer.len() == self.used {
                        out.extend(item);
                    }
                    self.skip();
                    break false;
                }
            }
        };
        self.buffer.drain(..self.used);
        self.offset += self.used as u64;
        self.used = 0;
        sound
    }

    /// Octets are missing here.
    pub(crate) fn gap(&mut self, length: u64, out: &mut Vec<Item>) {
        let at = self.offset;
        out.extend(self.cut());
        self.skip();
        self.buffer.clear();
        let offset = self.offset + self.used as u64;
        self.offset = offset + length;
        self.used = 0;
        debug_assert!(offset >= at);
        out.push(self.item(offset, length, What::Gap));
    }

    /// The end of the octets; `Some` when it cuts a message.
    pub(crate) fn cut(&self) -> Option<Item> {
        let rest = (self.buffer.len() - self.used) as u64;
        (rest > 0).then(|| self.item(self.offset + self.used as u64, rest, What::Cut))
    }

    /// Nothing of what is buffered can be read.
    fn skip(&mut self) {
        self.used = self.buffer.len();
        self.lost = true;
        self.decoder = Decoder::new(Limits::default());
    }

    fn item(&self, offset: u64, length: u64, what: What) -> Item {
        Item { offset, length, sender: self.side, mark: self.mark, what }
    }

    /// The next introduction or message.
    fn next(&mut self, dialogue: &mut Dialogue) -> Result<Option<Item>, Option<Item>> {
        let (input, at) = (&self.buffer[self.used..], self.offset + self.used as u64);
        if input.is_empty() {
            return Ok(None);
        }
        match self.introduction(input) {
            Known::Yes(Ok(theirs)) => {
                self.begin = match self.side {
                    Some(_) => Begin::Anywhere,
                    None => self.begin, // the other side's may follow
                };
                self.decoder.set_header_size(theirs.header_size);
                self.used += Introduction::LEN;
                let length = Introduction::LEN as u64;
                return Ok(Some(self.item(at, length, What::Introduction(theirs))));
            }
            Known::Yes(Err(why)) => return Err(Some(self.broken(at, why))),
            Known::NotYet => return Ok(None),
            Known::No => {}
        }
        match self.decoder.decode(input) {
            Ok(None) => Ok(None),
            Ok(Some(message)) if self.lost && !plausible(&message) => Err(None),
            Ok(Some(message)) => {
                let length = message.len();
                let (sender, told) = dialogue.explain(self.side, &message);
                self.lost = false;
                self.used += length;
                let item = self.item(at, length as u64, What::Message(told));
                Ok(Some(Item { sender, ..item }))
            }
            Err(why) => Err(Some(self.broken(at, why.to_string()))),
        }
    }

    fn broken(&self, at: u64, why: String) -> Item {
        let rest = (self.buffer.len() - self.used) as u64;
        self.item(at, rest, What::Broken(why))
    }

    /// Whether an introduction stands here.
    fn introduction(&self, input: &[u8]) -> Known {
        let decoded = Introduction::decode(input);
        match self.begin {
            Begin::Introduction if self.lost => Known::No,
            Begin::Introduction => match decoded {
                Ok(None) => Known::NotYet,
                Ok(Some(theirs)) => Known::Yes(Ok(theirs)),
                Err(why) => Known::Yes(Err(why.to_string())),
            },
            // Version 100 and headers of 24 octets are no message: there, 24 would be the length
            // of a signature, and none has it.
            Begin::Anywhere => match decoded {
                Ok(Some(theirs)) if theirs == Introduction::OURS => Known::Yes(Ok(theirs)),
                _ if input.len() < 8 => Known::NotYet,
                _ => Known::No,
            },
        }
    }
}

enum Known {
    Yes(Result<Introduction, String>),
    NotYet,
    No,
}

/// Whether octets that decode as a message after a loss are likely to be one.
fn plausible(message: &Message<'_>) -> bool {
    let length = message.signature.len();
    Opcode::from_u32(message.header.opcode).is_some()
        && matches!(length, 0 | 16 | 20 | 28 | 32 | 48 | 64)
        && (length == 0 || message.header.authid != 0)
}
