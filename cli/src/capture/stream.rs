//! One direction of a TCP connection, put in order (RFC 9293, section 3.4: sequence numbers).

use std::collections::BTreeMap;

use super::Mark;

/// Octets that may wait for one that is missing, in each direction: 1 MiB, as much as any usual
/// receive window. When there are more, the missing ones are given up as a gap.
pub(crate) const WAITING: usize = 1 << 20;

/// Segments that may wait so.
pub(crate) const WAITING_SEGMENTS: usize = 4096;

/// Positions farther ahead than this are of no sane sender: the segment is left out.
const WINDOW: i64 = 1 << 30;

/// What comes out of a direction, in the order of its sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Octets from this offset on.
    Octets {
        /// Counted from the sender's first octet, or from the first that was captured.
        offset: u64,
        octets: Vec<u8>,
        mark: Mark,
    },
    /// Octets that were not captured.
    Gap { offset: u64, length: u64 },
    /// The sender has said that there is no more.
    End { mark: Mark },
}

/// The state of one direction.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The sequence number at `offset`, once anything was seen.
    next: Option<u32>,
    offset: u64,
    /// Whether the SYN was seen, so that offset 0 is the sender's first octet.
    whole: bool,
    waiting: BTreeMap<u64, (Vec<u8>, Mark)>,
    held: usize,
    end: Option<(u64, Mark)>,
    ended: bool,
    retransmitted: u64,
}

impl Stream {
    /// The sender begins here.
    pub(crate) fn begin(&mut self, syn: u32) {
        if self.next.is_none() {
            (self.next, self.whole) = (Some(syn.wrapping_add(1)), true);
        }
    }

    /// Whether this SYN is the one that the stream began with, or the first.
    pub(crate) fn begins_with(&self, syn: u32) -> bool {
        self.next.is_none_or(|next| {
            self.whole && syn.wrapping_add(1) == next.wrapping_sub(self.offset as u32)
        })
    }

    /// Segments that brought nothing new.
    pub(crate) const fn retransmitted(&self) -> u64 {
        self.retransmitted
    }

    /// Whether all that the sender had to say has come out.
    pub(crate) const fn ended(&self) -> bool {
        self.ended
    }

    /// Takes a segment; what is in order now is appended to `out`.
    pub(crate) fn push(
        &mut self,
        seq: u32,
        octets: &[u8],
        fin: bool,
        mark: Mark,
        out: &mut Vec<Piece>,
    ) {
        if octets.is_empty() && !fin {
            return;
        }
        if self.next.is_none() && octets.is_empty() {
            self.next = Some(seq);
        }
        let Some(position) = self.position(seq) else { return };
        let end = position + octets.len() as i64;
        if fin && end >= self.offset as i64 {
            self.end.get_or_insert((end as u64, mark));
        }
        if end <= self.offset as i64 {
            self.retransmitted += u64::from(!octets.is_empty());
        } else {
            let known = usize::try_from(self.offset as i64 - position).unwrap_or(0);
            self.hold(position.max(self.offset as i64) as u64, &octets[known..], mark);
        }
        self.drain(out);
        while self.held > WAITING || self.waiting.len() > WAITING_SEGMENTS {
            self.give_up(out);
        }
    }

    /// The other side has received everything up to this number: what is missing before it will
    /// not come again.
    pub(crate) fn acknowledged(&mut self, ack: u32, out: &mut Vec<Piece>) {
        if self.next.is_none() {
            return;
        }
        let Some(position) = self.position(ack) else { return };
        while self.waiting.first_key_value().is_some_and(|(at, _)| (*at as i64) < position) {
            self.give_up(out);
        }
    }

    /// The capture, or the connection, is over: whatever waits comes out, with its gaps.
    pub(crate) fn finish(&mut self, out: &mut Vec<Piece>) {
        while !self.waiting.is_empty() {
            self.give_up(out);
        }
        if let Some((end, _)) = self.end
            && end > self.offset
        {
            out.push(Piece::Gap { offset: self.offset, length: end - self.offset });
            self.skip_to(end);
            self.drain(out);
        }
    }

    /// Where a sequence number lies, counted as offsets are; `None` when it makes no sense.
    fn position(&mut self, seq: u32) -> Option<i64> {
        let next = *self.next.get_or_insert(seq);
        let ahead = i64::from(seq.wrapping_sub(next) as i32);
        (ahead.abs() <= WINDOW).then_some(self.offset as i64 + ahead)
    }

    fn hold(&mut self, at: u64, octets: &[u8], mark: Mark) {
        if let Some((longer, _)) = self.waiting.get(&at)
            && longer.len() >= octets.len()
        {
            self.retransmitted += 1;
            return;
        }
        self.held += octets.len();
        if let Some((shorter, _)) = self.waiting.insert(at, (octets.to_vec(), mark)) {
            self.held -= shorter.len();
        }
    }

    /// All that follows without a hole.
    fn drain(&mut self, out: &mut Vec<Piece>) {
        while let Some(first) = self.waiting.first_entry() {
            let at = *first.key();
            if at > self.offset {
                break;
            }
            let (mut octets, mark) = first.remove();
            self.held -= octets.len();
            let known = (self.offset - at).min(octets.len() as u64) as usize;
            if known == octets.len() {
                self.retransmitted += 1;
                continue;
            }
            octets.drain(..known);
            let offset = self.offset;
            self.skip_to(offset + octets.len() as u64);
            out.push(Piece::Octets { offset, octets, mark });
        }
        if let Some((end, mark)) = self.end
            && self.offset >= end
            && !self.ended
        {
            self.ended = true;
            out.push(Piece::End { mark });
        }
    }

    /// The hole before the first segment that waits is there for good.
    fn give_up(&mut self, out: &mut Vec<Piece>) {
        let Some((&at, _)) = self.waiting.first_key_value() else { return };
        if at > self.offset {
            out.push(Piece::Gap { offset: self.offset, length: at - self.offset });
            self.skip_to(at);
        }
        self.drain(out);
    }

    fn skip_to(&mut self, offset: u64) {
        self.next = self.next.map(|next| next.wrapping_add((offset - self.offset) as u32));
        self.offset = offset;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MARK: Mark = Mark { packet: 1, time: std::time::Duration::ZERO };

    fn begun(syn: u32) -> Stream {
        let mut stream = Stream::default();
        stream.begin(syn);
        stream
    }

    fn octets(pieces: &[Piece]) -> Vec<u8> {
        let each = pieces.iter().flat_map(|piece| match piece {
            Piece::Octets { octets, .. } => octets.clone(),
            _ => Vec::new(),
        });
        each.collect()
    }

    #[test]
    fn segments_out_of_order_repeated_and_overlapping_come_out_in_order() {
        let (mut stream, mut out) = (begun(u32::MAX - 2), Vec::new());
        let seq = u32::MAX - 1;
        stream.push(seq.wrapping_add(3), b"def", false, MARK, &mut out);
        assert_eq!(out, []);
        stream.push(seq, b"abcd", false, MARK, &mut out); // over the edge of the numbers
        stream.push(seq, b"abcd", false, MARK, &mut out);
        stream.push(seq.wrapping_add(5), b"fgh", true, MARK, &mut out);
        assert_eq!(octets(&out), b"abcdefgh");
        assert_eq!(out.last(), Some(&Piece::End { mark: MARK }));
        assert_eq!(stream.retransmitted(), 1);
        assert!(stream.ended());
    }

    #[test]
    fn a_hole_becomes_a_gap_once_it_is_sure() {
        let (mut stream, mut out) = (begun(0), Vec::new());
        stream.push(1, b"ab", false, MARK, &mut out);
        stream.push(6, b"cd", false, MARK, &mut out);
        stream.acknowledged(3, &mut out);
        assert_eq!(octets(&out), b"ab", "it may still come");
        stream.acknowledged(8, &mut out);
        assert_eq!(out[1], Piece::Gap { offset: 2, length: 3 });
        assert_eq!(octets(&out), b"abcd");
        stream.push(11, b"", true, MARK, &mut out);
        stream.finish(&mut out);
        assert_eq!(out[3..], [Piece::Gap { offset: 7, length: 3 }, Piece::End { mark: MARK }]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let (mut stream, mut out) = (begun(0), Vec::new());
        let block = vec![7; 4096];
        for each in 0..WAITING / block.len() {
            stream.push(2 + (each * block.len()) as u32, &block, false, MARK, &mut out);
        }
        assert_eq!(out, [], "a mebibyte may wait");
        stream.push(2 + WAITING as u32, &block, false, MARK, &mut out);
        assert_eq!(out[0], Piece::Gap { offset: 0, length: 1 });
        assert_eq!(octets(&out).len(), WAITING + block.len());

        let (mut stream, mut out) = (begun(0), Vec::new());
        for each in 0..=WAITING_SEGMENTS as u32 {
            assert_eq!(out, []);
            stream.push(2 + 2 * each, b"x", false, MARK, &mut out);
        }
        assert_eq!(out[0], Piece::Gap { offset: 0, length: 1 });
    }

    #[test]
    fn without_a_syn_the_first_octets_begin_it() {
        let (mut stream, mut out) = (Stream::default(), Vec::new());
        stream.push(900, b"ab", false, MARK, &mut out);
        stream.push(890, b"old", false, MARK, &mut out);
        assert_eq!(octets(&out), b"ab");
        assert!(!stream.whole);
        stream.push(900u32.wrapping_add(1 << 31), b"far", false, MARK, &mut out);
        assert_eq!(octets(&out), b"ab");
    }

    proptest! {
        /// Whatever comes, every octet of a position comes out once and no offset goes back.
        #[test]
        fn offsets_only_grow(
            pushes in prop::collection::vec(
                (any::<u32>(), 0_usize..40, any::<bool>(), prop::option::of(any::<u32>())), 0..60),
            near in any::<bool>(),
        ) {
            let (mut stream, mut out) = (begun(7), Vec::new());
            for (seq, length, fin, ack) in pushes {
                let seq = if near { 8 + seq % 200 } else { seq };
                stream.push(seq, &vec![0; length], fin, MARK, &mut out);
                if let Some(ack) = ack {
                    stream.acknowledged(if near { 8 + ack % 200 } else { ack }, &mut out);
                }
            }
            stream.finish(&mut out);
            let mut at = 0;
            for piece in out {
                match piece {
                    Piece::Octets { offset, octets, .. } => {
                        prop_assert_eq!(offset, at);
                        at += octets.len() as u64;
                    }
                    Piece::Gap { offset, length } => {
                        prop_assert_eq!(offset, at);
                        at += length;
                    }
                    Piece::End { .. } => {}
                }
            }
        }
    }
}
