//! The buffer edges at which dhcpd 4.4.3-P1 aborts.
//!
//! It keeps input and output in chained buffers and asserts that the four octets of a signed
//! message's `authlen` lie in one of them. Observed, counted from the point where the buffer was
//! last empty: a signed request that begins at 4041 to 4043 kills it, 4040 and 4044 do not; a
//! signed answer that begins at 4040 to 4042 kills it, 4039 and 4043 do not. An output buffer of
//! 4048 octets holds one less. That later edges follow in the same distances is an assumption.

use super::Harm;

/// Octets of an input buffer.
const INPUT: usize = 4048;
/// Octets that an output buffer holds.
const OUTPUT: usize = 4047;
/// Where `authlen` stands in a message, and its length.
const AUTHLEN: usize = 4;

/// How far the buffers of one connection are filled since they were last empty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Edges {
    input: usize,
    output: usize,
}

impl Edges {
    /// A message of the input begins here.
    pub(super) fn request(&self, signed: bool) -> Option<Harm> {
        let offset = self.input;
        (signed && crosses(offset, INPUT)).then_some(Harm::InputEdge { offset })
    }

    /// So many octets of the input were used, and so many more wait.
    pub(super) fn used(&mut self, octets: usize, rest: usize) {
        self.input = if rest == 0 { 0 } else { self.input + octets };
    }

    /// An answer of so many octets is appended to the output.
    pub(super) fn answer(&mut self, signed: bool, octets: usize) -> Option<Harm> {
        let offset = self.output;
        self.output += octets;
        (signed && crosses(offset, OUTPUT)).then_some(Harm::OutputEdge { offset })
    }

    /// All output has been handed on.
    pub(super) fn drained(&mut self) {
        self.output = 0;
    }
}

fn crosses(offset: usize, buffer: usize) -> bool {
    (offset + AUTHLEN) % buffer > buffer - AUTHLEN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_die_at_4041_to_4043() {
        let dies = |input| Edges { input, output: 0 }.request(true).is_some();
        let deadly: Vec<usize> = (0..4100).filter(|&at| dies(at)).collect();
        assert_eq!(deadly, [4041, 4042, 4043]);
        assert_eq!(Edges { input: 4042, output: 0 }.request(false), None, "unsigned");
    }

    #[test]
    fn answers_die_at_4040_to_4042() {
        let dies = |output| Edges { input: 0, output }.answer(true, 99).is_some();
        let deadly: Vec<usize> = (0..4100).filter(|&at| dies(at)).collect();
        assert_eq!(deadly, [4040, 4041, 4042]);
    }

    #[test]
    fn an_empty_buffer_begins_anew() {
        let mut edges = Edges::default();
        edges.used(8, 1);
        edges.used(4033, 500);
        assert_eq!(edges.request(true), Some(Harm::InputEdge { offset: 4041 }));
        edges.used(500, 0);
        assert_eq!(edges.request(true), None);
        assert_eq!(edges.answer(true, 4040), None);
        edges.drained();
        assert_eq!(edges.answer(true, 4040), None);
        assert_eq!(edges.answer(true, 1), Some(Harm::OutputEdge { offset: 4040 }));
    }
}
