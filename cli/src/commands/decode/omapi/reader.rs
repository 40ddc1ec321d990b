//! One direction of a connection: octets to messages, each with its offset.

use netlever_core::omapi::wire::{Decoder, Introduction, Limits, Opcode};

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
        if self.lost && !plausible(input) {
            return Err(None);
        }
        match self.decoder.decode(input) {
            Ok(None) => Ok(None),
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

/// Whether what begins here after a loss is likely to be a message. Octets from the middle of one
/// could announce a length that swallows many real ones.
fn plausible(input: &[u8]) -> bool {
    let field = |at: usize| {
        let octets = input.get(at..at + 4)?;
        octets.try_into().ok().map(u32::from_be_bytes)
    };
    let (authid, authlen, opcode) = (field(0), field(4), field(8));
    opcode.is_none_or(|opcode| Opcode::from_u32(opcode).is_some())
        && authlen.is_none_or(|length| matches!(length, 0 | 16 | 20 | 28 | 32 | 48 | 64))
        && (authid != Some(0) || authlen.is_none_or(|length| length == 0))
}

#[cfg(test)]
mod tests {
    use netlever_core::omapi::values::Family;
    use netlever_core::omapi::wire::{Attributes, Header, encode};
    use proptest::prelude::*;

    use super::*;

    fn dialogue() -> Dialogue {
        Dialogue::new(None, String::new(), Family::V4)
    }

    /// An introduction and three requests for leases.
    fn requests() -> Vec<u8> {
        let mut octets = Vec::new();
        Introduction::OURS.encode(&mut octets);
        for tid in 1..4 {
            let header = Header { opcode: Opcode::Open.code(), tid, ..Header::default() };
            let message: Attributes = [("type", "lease")].into_iter().collect();
            let object: Attributes = [("ip-address", [10, 0, 0, 1])].into_iter().collect();
            encode(&mut octets, &header, message.as_dictionary(), object.as_dictionary(), None);
        }
        octets
    }

    fn explain(pieces: &[&[u8]], begin: Begin) -> Vec<String> {
        let (mut reader, mut dialogue) = (Reader::new(Some(Side::Client), begin), dialogue());
        let mut items = Vec::new();
        for piece in pieces {
            reader.push(piece, None, &mut dialogue, &mut items);
        }
        items.extend(reader.cut());
        items.iter().map(|item| format!("{item:?}")).collect()
    }

    #[test]
    fn after_a_gap_the_next_segment_that_begins_a_message_is_read() {
        let octets = requests();
        let (mut reader, mut dialogue) =
            (Reader::new(Some(Side::Client), Begin::Introduction), dialogue());
        let mut items = Vec::new();
        let length = (octets.len() - 8) / 3;
        reader.push(&octets[..8 + length / 2], None, &mut dialogue, &mut items);
        reader.gap(50, &mut items);
        reader.push(&octets[8 + length + 10..8 + 2 * length], None, &mut dialogue, &mut items);
        reader.push(&octets[8 + 2 * length..], None, &mut dialogue, &mut items);
        let told: Vec<_> = items.iter().map(|item| (item.offset, item.length)).collect();
        let cut = (length / 2) as u64;
        let third = 8 + cut + 50 + (length - 10) as u64;
        assert_eq!(told, [(0, 8), (8, cut), (8 + cut, 50), (third, length as u64)]);
        assert!(matches!(items[3].what, What::Message(_)));
    }

    proptest! {
        #[test]
        fn cuts_change_nothing(cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
            let octets = requests();
            let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(octets.len())).collect();
            cuts.sort_unstable();
            let (mut rest, mut at, mut pieces) = (&octets[..], 0, Vec::new());
            for cut in cuts {
                let (piece, behind) = rest.split_at(cut - at);
                pieces.push(piece);
                (rest, at) = (behind, cut);
            }
            pieces.push(rest);
            for begin in [Begin::Introduction, Begin::Anywhere] {
                prop_assert_eq!(explain(&pieces, begin), explain(&[&octets], begin));
            }
        }

        #[test]
        fn any_octets_are_read_to_an_end(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..6),
            gaps in prop::collection::vec(any::<bool>(), 6),
            sound in any::<bool>(),
        ) {
            let (mut reader, mut dialogue) = (Reader::new(None, Begin::Anywhere), dialogue());
            let mut items = Vec::new();
            if sound {
                reader.push(&requests(), None, &mut dialogue, &mut items);
            }
            for (piece, gap) in pieces.iter().zip(gaps) {
                reader.push(piece, None, &mut dialogue, &mut items);
                if gap {
                    reader.gap(9, &mut items);
                }
            }
            let mut at = 0;
            for item in items {
                prop_assert!(item.offset >= at, "{:?}", item);
                at = item.offset;
            }
        }
    }
}
