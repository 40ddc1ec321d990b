//! The daemon's input: which lines it makes of the octets that it is sent.
//!
//! Octets below 0x20 other than LF, and 0x7F, are deleted without a word. What is left fills a
//! buffer of 1024 octets; when one more comes, the buffer is thrown away together with that octet,
//! and **the rest of the line runs as a command of its own** (2.6.14): an unchecked long argument
//! is a command injection. [`command`](super::command) therefore refuses long lines; a reader of
//! both directions has to follow what was sent all the same.

/// Octets that the daemon's line buffer holds, LF included.
pub const BUFFER: usize = 1024;

/// The longest line, in octets and with its LF, that is safe however the daemon's reads fall. A
/// longer one can be lost, with commands behind it, when more input follows in the same burst:
/// losses were seen from 771 on (2.6.14).
pub const SAFE_LINE: usize = 769;

/// Whether the daemon deletes this octet from its input.
#[must_use]
pub const fn is_deleted(octet: u8) -> bool {
    (octet < 0x20 && octet != b'\n') || octet == 0x7f
}

/// Makes lines of octets as the daemon does.
///
/// ```
/// use netlever_core::openvpn::input::Input;
///
/// let mut lines = Vec::new();
/// Input::default().feed(b"ki\rll \"x\ty\"\nhalf", |line| lines.push(line.to_vec()));
/// assert_eq!(lines, [b"kill \"xy\""]);
/// ```
#[derive(Clone, Default)]
pub struct Input {
    /// At most [`BUFFER`] octets.
    line: zeroize::Zeroizing<Vec<u8>>,
}

impl Input {
    /// Takes octets in any cuts and hands out each line that became whole, without its LF.
    pub fn feed(&mut self, octets: &[u8], mut line: impl FnMut(&[u8])) {
        // At once, so that no copy of half a password is left behind.
        let room = BUFFER - self.line.len();
        self.line.reserve_exact(room);
        for &octet in octets {
            if is_deleted(octet) {
                continue;
            }
            if self.line.len() == BUFFER {
                self.line.clear();
            } else if octet == b'\n' {
                line(&self.line);
                self.line.clear();
            } else {
                self.line.push(octet);
            }
        }
    }
}

impl std::fmt::Debug for Input {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may hold half a password.
        f.debug_struct("Input").field("octets", &self.line.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(octets: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        let mut input = Input::default();
        octets.chunks(7).for_each(|cut| input.feed(cut, |line| lines.push(line.to_vec())));
        lines
    }

    #[test]
    fn the_longest_line_has_1024_octets_with_its_line_end() {
        let mut octets = vec![b'x'; BUFFER - 1];
        octets.push(b'\n');
        assert_eq!(lines(&octets), [vec![b'x'; BUFFER - 1]]);
    }

    #[test]
    fn one_octet_more_and_the_line_is_gone() {
        let mut octets = vec![b'x'; BUFFER];
        octets.extend_from_slice(b"\npid\n");
        assert_eq!(lines(&octets), [b"pid"]);
    }

    #[test]
    fn the_rest_of_a_longer_line_runs_as_a_command() {
        let mut octets = vec![b'x'; BUFFER + 1];
        octets.extend_from_slice(b"pid\n");
        assert_eq!(lines(&octets), [b"pid"]);
    }

    #[test]
    fn control_octets_are_deleted_before_they_count() {
        assert_eq!(lines(b"\x01E\tN\0D\x7f\r\n\n\xe9\n"), [&b"END"[..], b"", b"\xe9"]);
    }
}
