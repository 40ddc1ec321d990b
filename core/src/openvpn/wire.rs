//! Lines, numbers and limits: what all of the protocol is made of.
//!
//! The daemon ends its lines with CR LF; a bare LF is accepted too. Exactly the line end is taken
//! off: a space or a tab before it is data (the last column of a listing may be empty, a value of
//! the environment may end in a space). What we send ends in LF.

use memchr::memchr;

/// What a daemon with a management password says first, and again after each wrong one. It has no
/// line end, and it is a token only before the greeting: later it is ordinary text.
pub const PASSWORD_PROMPT: &[u8] = b"ENTER PASSWORD:";

/// What follows the right management password, as a line.
pub const PASSWORD_ACCEPTED: &[u8] = b"SUCCESS: password is correct";

/// The line that closes a block of a reply and the body of a text command: exactly this.
pub const END: &[u8] = b"END";

/// What a daemon may send before it is taken for broken. Each is held before memory is given.
///
/// ```
/// use netlever_core::openvpn::wire::Limits;
///
/// let limits = Limits { block_octets: 16 << 20, ..Limits::default() };
/// assert_eq!(limits.line, 16_384);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of one line without its line end: 16 384 by default. The daemon formats its messages
    /// in 10 240 octets (2.6, 2.7) or 8192 (2.4, 2.5).
    pub line: usize,
    /// Lines of one block: 8 388 608 by default. A status of 100 000 clients has some 300 000.
    pub block_lines: usize,
    /// Octets of one block, line ends included: 1 073 741 824 by default. A status of 100 000
    /// clients has some 35 000 000.
    pub block_octets: usize,
    /// Variables of one environment: 4096 by default. Some 70 were seen.
    pub env_variables: usize,
    /// Octets of one environment, names and values: 1 048 576 by default.
    pub env_octets: usize,
    /// Lines that were sent and whose replies have not come: 65 536 by default.
    pub pending: usize,
    /// Octets of those lines: 16 777 216 by default.
    pub pending_octets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line: 16_384,
            block_lines: 8 << 20,
            block_octets: 1 << 30,
            env_variables: 4096,
            env_octets: 1 << 20,
            pending: 65_536,
            pending_octets: 16 << 20,
        }
    }
}

/// The line at the front of `octets` and how many octets it has with its line end; `None` when the
/// line end is not there yet.
///
/// ```
/// use netlever_core::openvpn::wire::split_line;
///
/// assert_eq!(split_line(b"pid=7\r\nEND"), Some((&b"pid=7"[..], 7)));
/// assert_eq!(split_line(b"pid=7\nEND"), Some((&b"pid=7"[..], 6)));
/// assert_eq!(split_line(b"pid=7\r"), None);
/// ```
#[must_use]
pub fn split_line(octets: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr(b'\n', octets)?;
    Some((strip_cr(&octets[..end]), end + 1))
}

pub(crate) fn strip_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// The lines of a text that is whole: a last one without line end counts too.
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a [u8],
    at: usize,
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    #[must_use]
    pub const fn new(text: &'a [u8]) -> Self {
        Self { rest: text, at: 0 }
    }

    /// Offset of the next line in the text.
    pub(crate) const fn offset(&self) -> usize {
        self.at
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, used) =
            split_line(self.rest).unwrap_or_else(|| (strip_cr(self.rest), self.rest.len()));
        self.rest = &self.rest[used..];
        self.at += used;
        Some(line)
    }
}

/// An unsigned decimal number: digits only, at most 2^64 - 1.
///
/// Counters, ids and times are 64 bits wide in every release.
///
/// ```
/// use netlever_core::openvpn::wire::decimal;
///
/// assert_eq!(decimal(b"18446744073709551615"), Some(u64::MAX));
/// assert_eq!(decimal(b"18446744073709551616"), None);
/// assert_eq!(decimal(b"+1"), None);
/// assert_eq!(decimal(b""), None);
/// ```
#[must_use]
pub fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    if digits.len() < 20 {
        let (number, rest) = leading_number(digits)?;
        return rest.is_empty().then_some(number);
    }
    let mut number = 0_u64;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        number = number.checked_mul(10)?.checked_add(digit.into())?;
    }
    Some(number)
}

/// The number that a text begins with, and what stands behind it; `None` without a digit and above
/// 2^64 - 1.
#[inline]
pub(crate) fn leading_number(text: &[u8]) -> Option<(u64, &[u8])> {
    let (mut number, mut rest) = (0_u64, text);
    while let [digit @ b'0'..=b'9', behind @ ..] = rest {
        number = number.wrapping_mul(10).wrapping_add(u64::from(digit - b'0'));
        rest = behind;
    }
    match text.len() - rest.len() {
        0 => None,
        // Less than 10^19: no overflow.
        1..20 => Some((number, rest)),
        digits => Some((decimal(&text[..digits])?, rest)),
    }
}

/// A number as C's `atoi` reads it, which is how the daemon reads most of its arguments: blanks, a
/// sign, digits, and no complaint about the rest; 0 for a word.
pub(crate) fn atoi(text: &[u8]) -> i64 {
    let text = text.trim_ascii_start();
    let (negative, digits) = match text.first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    };
    let mut number = 0_i64;
    for digit in digits.iter().take_while(|octet| octet.is_ascii_digit()) {
        number = number.saturating_mul(10).saturating_add(i64::from(digit - b'0'));
    }
    if negative { -number } else { number }
}

/// The two sides of the first `separator`.
pub(crate) fn split_once(octets: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    // Fields are short: looking at each octet is quicker than to begin a search.
    let at = octets.iter().position(|octet| *octet == separator)?;
    Some((&octets[..at], &octets[at + 1..]))
}

/// The two sides of the last `separator`.
pub(crate) fn rsplit_once(octets: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memrchr(separator, octets)?;
    Some((&octets[..at], &octets[at + 1..]))
}

/// Where `needle` first stands.
pub(crate) fn find(octets: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(octets, needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_in_either_way_and_keep_their_blanks() {
        let lines: Vec<_> = Lines::new(b"a\t\r\n\n b \nlast").collect();
        assert_eq!(lines, [&b"a\t"[..], b"", b" b ", b"last"]);
        assert_eq!(Lines::new(b"").count(), 0);
    }

    #[test]
    fn numbers_are_read_as_the_daemon_does() {
        let cases: [(&[u8], i64); 7] =
            [(b"12x", 12), (b"x", 0), (b" -3", -3), (b"+4", 4), (b"", 0), (b"all", 0), (b"0", 0)];
        for (text, number) in cases {
            assert_eq!(atoi(text), number, "{}", text.escape_ascii());
        }
        assert_eq!(atoi(&[b'9'; 40]), i64::MAX);
    }

    #[test]
    fn a_leading_number_ends_where_its_digits_do() {
        assert_eq!(leading_number(b"12,3"), Some((12, &b",3"[..])));
        assert_eq!(leading_number(b"18446744073709551615"), Some((u64::MAX, &b""[..])));
        assert_eq!(leading_number(b"18446744073709551616"), None);
        assert_eq!(leading_number(b",3"), None);
    }

    #[test]
    fn a_number_may_have_leading_zeros_but_not_too_many_digits() {
        assert_eq!(decimal(b"00000000000000000000001"), Some(1));
        assert_eq!(decimal(b"99999999999999999999"), None);
        assert_eq!(decimal(b"12 "), None);
        for number in [9, 12_345_678, 123_456_789, 9_999_999_999_999_999_999, u64::MAX - 1] {
            assert_eq!(decimal(number.to_string().as_bytes()), Some(number));
        }
        for octet in (0..=0xff).filter(|octet: &u8| !octet.is_ascii_digit()) {
            for at in 0..9 {
                let mut digits = *b"123456789";
                digits[at] = octet;
                assert_eq!(decimal(&digits), None, "{octet} at {at}");
            }
        }
    }
}
