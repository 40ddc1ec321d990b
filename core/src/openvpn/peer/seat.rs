//! The one management client that is served: its input, its output, its settings.

use std::collections::VecDeque;
use std::time::Instant;

use super::text::TextInput;
use crate::openvpn::Text;
use crate::openvpn::input::{BUFFER, is_deleted};

/// Octets that the daemon reads at a time.
pub(super) const READ: usize = 256;

/// Octets of one piece of output.
const PIECE: usize = 16_384;

/// One thing that a connection did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Served {
    /// It is served from now on: whoever was before it has left.
    Seated,
    /// It gave a management password.
    Password {
        /// Whether that was right.
        right: bool,
    },
    /// It sent a command.
    Command {
        /// The line as the daemon logs it: without passwords.
        line: Text<'static>,
        /// What it was answered.
        outcome: Outcome,
    },
}

/// How a command was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not at all.
    Nothing,
    /// With a line `SUCCESS: …` first.
    Success,
    /// With a line `ERROR: …` first.
    Error,
    /// With other lines first.
    Lines,
}

impl Outcome {
    pub(super) fn of(reply: &[u8]) -> Self {
        match reply {
            [] => Self::Nothing,
            reply if reply.starts_with(b"SUCCESS: ") => Self::Success,
            reply if reply.starts_with(b"ERROR: ") => Self::Error,
            _ => Self::Lines,
        }
    }
}

/// Octets on their way out.
pub(super) struct Piece {
    /// Not before.
    at: Option<Instant>,
    octets: Vec<u8>,
    sent: usize,
}

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// So many wrong passwords were given.
    Locked(u8),
    Ready,
}

/// What a command writes while it runs.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) octets: Vec<u8>,
    /// Where its reply begins, once it has begun.
    pub(super) reply: Option<usize>,
}

pub(super) struct Seat {
    pub(super) number: u64,
    pub(super) phase: Phase,
    pub(super) state_on: bool,
    pub(super) log_on: bool,
    pub(super) echo_on: bool,
    pub(super) text: Option<TextInput>,
    pub(super) draft: Option<Draft>,
    /// Lines of `test` that are still to come: the next, and the end.
    pub(super) test: Option<(u64, u64)>,
    /// What waits is sent; then the end.
    pub(super) closing: bool,
    /// No more input comes.
    pub(super) ending: bool,
    pub(super) served: VecDeque<Served>,
    /// At most [`BUFFER`] octets.
    input: Vec<u8>,
    lines: VecDeque<Vec<u8>>,
    out: VecDeque<Piece>,
    /// Octets in `out`.
    pub(super) waiting: usize,
}

impl Seat {
    pub(super) fn new(number: u64, locked: bool) -> Self {
        Self {
            number,
            phase: if locked { Phase::Locked(0) } else { Phase::Ready },
            state_on: false,
            log_on: false,
            echo_on: false,
            text: None,
            draft: None,
            test: None,
            closing: false,
            ending: false,
            served: VecDeque::new(),
            input: Vec::with_capacity(BUFFER),
            lines: VecDeque::new(),
            out: VecDeque::new(),
            waiting: 0,
        }
    }

    /// Takes one read of the daemon's. All of it goes into the line buffer before the first line
    /// is looked for, so a long line can be lost with what stands behind it.
    pub(super) fn read(&mut self, octets: &[u8]) {
        for &octet in octets {
            if is_deleted(octet) {
                continue;
            }
            if self.input.len() == BUFFER {
                self.input.clear(); // with this octet
            } else {
                self.input.push(octet);
            }
        }
        while let Some(end) = memchr::memchr(b'\n', &self.input) {
            self.lines.push_back(self.input[..end].to_vec());
            self.input.drain(..=end);
        }
    }

    /// The next line to be run.
    pub(super) fn next_line(&mut self) -> Option<Vec<u8>> {
        if self.closing || self.test.is_some() { None } else { self.lines.pop_front() }
    }

    /// Whether nothing is left to be run or sent.
    pub(super) fn is_idle(&self) -> bool {
        self.out.is_empty() && self.test.is_none() && (self.closing || self.lines.is_empty())
    }

    /// The connection ends when all is sent; what was not run is forgotten.
    pub(super) fn close(&mut self) {
        self.closing = true;
        self.lines.clear();
        self.test = None;
    }

    /// No more input comes: what is here is still run and answered.
    pub(super) fn finish(&mut self) {
        self.ending = true;
        self.closing |= self.test.is_none() && self.lines.is_empty();
    }

    /// The connection ends now, with what waits unsent.
    pub(super) fn hang_up(&mut self) {
        self.close();
        self.out.clear();
        self.waiting = 0;
        if let Some(draft) = &mut self.draft {
            *draft = Draft::default();
        }
    }

    /// Queues octets, behind all that waits.
    pub(super) fn push(&mut self, at: Option<Instant>, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        // In order: a late piece holds up those behind it.
        let at = self.out.back().and_then(|last| last.at).max(at);
        self.waiting += octets.len();
        match self.out.back_mut() {
            Some(last) if last.at == at && last.octets.len() + octets.len() <= PIECE => {
                last.octets.extend_from_slice(octets);
            }
            _ => self.out.push_back(Piece { at, octets: octets.to_vec(), sent: 0 }),
        }
    }

    /// Hands out what is to be sent now.
    pub(super) fn transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> bool {
        let Some(piece) = self.out.front_mut().filter(|piece| piece.at.is_none_or(|at| at <= now))
        else {
            return false;
        };
        let end = piece.octets.len().min(piece.sent + PIECE);
        out.extend_from_slice(&piece.octets[piece.sent..end]);
        self.waiting -= end - piece.sent;
        piece.sent = end;
        if end == piece.octets.len() {
            self.out.pop_front();
        }
        true
    }

    /// When the next piece may be sent that may not be sent yet.
    pub(super) fn due(&self, now: Instant) -> Option<Instant> {
        self.out.front()?.at.filter(|at| *at > now)
    }

    /// Whether it has passed the password.
    pub(super) fn is_ready(&self) -> bool {
        self.phase == Phase::Ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<usize> {
        let mut seat = Seat::new(1, false);
        input.chunks(READ).for_each(|read| seat.read(read));
        std::iter::from_fn(|| seat.next_line()).map(|line| line.len()).collect()
    }

    #[test]
    fn a_line_is_lost_where_a_read_overruns_the_buffer() {
        let long = |length: usize, rest: &str| [&vec![b'x'; length][..], rest.as_bytes()].concat();
        assert_eq!(lines(&long(768, "\npid\n")), [768, 3]);
        assert_eq!(lines(&long(1023, "\npid\n")), [1023, 3]);
        assert_eq!(lines(&long(1024, "\npid\n")), [3], "the line end fell out");
        assert_eq!(lines(&long(1025, "pid\n")), [3], "the rest runs as a command");
        // Begun 200 octets into a burst, a line of 1005 is lost, and four commands behind it: as
        // recorded of OpenVPN 2.6.14.
        let long = format!("pid{}\n", " a".repeat(500) + " ");
        let burst = "hold\n".repeat(40) + &long + &"verb\n".repeat(60);
        assert_eq!((long.len(), lines(burst.as_bytes()).len()), (1005, 96));
    }

    #[test]
    fn a_late_piece_holds_up_those_behind_it() {
        let now = Instant::now();
        let later = now + std::time::Duration::from_secs(1);
        let mut seat = Seat::new(1, false);
        seat.push(Some(later), b"a");
        seat.push(None, b"b");
        let mut out = Vec::new();
        assert!(!seat.transmit(now, &mut out));
        assert_eq!(seat.due(now), Some(later));
        while seat.transmit(later, &mut out) {}
        assert_eq!((out, seat.waiting), (b"ab".to_vec(), 0));
    }
}
