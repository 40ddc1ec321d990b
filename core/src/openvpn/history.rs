//! Log and echo lines, live and from the history.
//!
//! `>LOG:` and the history of `log` have the form `time,flags,text`; `>ECHO:` and that of `echo`
//! have `time,text`. Texts may hold commas, begin with `>` or look like a reply. The daemon does
//! not clean log messages: one can hold a line end, and then its rest stands on a line without a
//! time, which belongs to the entry before.

use super::block::Block;
use super::octets::Octets;
use super::wire::{Lines, decimal, split_once};

/// One line of the daemon's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogEntry<'a> {
    /// When, in Unix seconds.
    pub time: u64,
    /// Some of `I` (information), `F` (fatal), `N` (error), `W` (warning), `D` (debug); often none.
    pub flags: Octets<'a>,
    /// The message.
    pub message: Octets<'a>,
}

impl<'a> LogEntry<'a> {
    /// Reads a log line; `None` without a time and flags.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (time, rest) = split_once(line, b',')?;
        let (flags, message) = split_once(rest, b',')?;
        let flags_only = flags.iter().all(u8::is_ascii_alphabetic);
        let time = decimal(time).filter(|_| flags_only)?;
        Some(Self { time, flags: Octets(flags), message: Octets(message) })
    }
}

/// One echo: what the configuration or the server said for programs like this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EchoEntry<'a> {
    /// When, in Unix seconds.
    pub time: u64,
    /// The text.
    pub text: Octets<'a>,
}

impl<'a> EchoEntry<'a> {
    /// Reads an echo line; `None` without a time.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (time, text) = split_once(line, b',')?;
        Some(Self { time: decimal(time)?, text: Octets(text) })
    }
}

/// What `log all` and `log «n»` answer, oldest first.
///
/// ```
/// use netlever_core::openvpn::block::Block;
/// use netlever_core::openvpn::history::LogHistory;
///
/// let text = b"17,W,two lines:\nthe second\r\n18,,done\r\n";
/// let log = LogHistory::new(Block::new(text)).expect("a log");
/// let messages: Vec<_> = log.iter().map(|entry| entry.message).collect();
/// assert_eq!(messages, ["two lines:\nthe second", "done"]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogHistory<'a>(Block<'a>);

impl<'a> LogHistory<'a> {
    /// Takes the block of a reply.
    ///
    /// # Errors
    ///
    /// The block itself, when it does not begin with a log line.
    pub fn new(block: Block<'a>) -> Result<Self, Block<'a>> {
        if Lines::new(block.text()).next().is_some_and(|line| LogEntry::parse(line).is_none()) {
            return Err(block);
        }
        Ok(Self(block))
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = LogEntry<'_>> {
        entries(self.0.text(), |line| LogEntry::parse(line).is_some()).filter_map(LogEntry::parse)
    }

    /// The block that it was read from.
    #[must_use]
    pub const fn block(&self) -> &Block<'a> {
        &self.0
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> LogHistory<'static> {
        LogHistory(self.0.into_owned())
    }
}

/// What `echo all` and `echo «n»` answer, oldest first; at most 100 are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EchoHistory<'a>(Block<'a>);

impl<'a> EchoHistory<'a> {
    /// Takes the block of a reply.
    ///
    /// # Errors
    ///
    /// The block itself, when it does not begin with an echo line.
    pub fn new(block: Block<'a>) -> Result<Self, Block<'a>> {
        if Lines::new(block.text()).next().is_some_and(|line| EchoEntry::parse(line).is_none()) {
            return Err(block);
        }
        Ok(Self(block))
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = EchoEntry<'_>> {
        entries(self.0.text(), |line| EchoEntry::parse(line).is_some()).filter_map(EchoEntry::parse)
    }

    /// The block that it was read from.
    #[must_use]
    pub const fn block(&self) -> &Block<'a> {
        &self.0
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> EchoHistory<'static> {
        EchoHistory(self.0.into_owned())
    }
}

/// Lines of `text`, each with the lines behind it that do not begin an entry.
fn entries(text: &[u8], begins: impl Fn(&[u8]) -> bool) -> impl Iterator<Item = &[u8]> {
    let mut lines = Lines::new(text).peekable();
    let mut start = 0;
    // Where the line behind the one at hand begins.
    let mut at = Offsets { text, at: 0 };
    std::iter::from_fn(move || {
        let line = lines.next()?;
        let (mut end, mut next) = at.pass(line);
        while let Some(more) = lines.next_if(|line| !begins(line)) {
            (end, next) = at.pass(more);
        }
        let entry = &text[start..end];
        start = next;
        Some(entry)
    })
}

/// Follows [`Lines`] through a text.
struct Offsets<'a> {
    text: &'a [u8],
    at: usize,
}

impl Offsets<'_> {
    /// Where this line ends without and with its line end.
    fn pass(&mut self, line: &[u8]) -> (usize, usize) {
        let end = self.at + line.len();
        self.at = self.text.len().min(match self.text.get(end) {
            Some(b'\r') => end + 2,
            _ => end + 1,
        });
        (end, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_may_hold_anything() {
        let text = b"1,D,a,b\r\n2,,>LOG:1,,x\r\n3,I,SUCCESS: pid=1\r\n4,,\r\nEND of it\r\n";
        let log = LogHistory::new(Block::new(text)).expect("a log");
        let messages: Vec<_> = log.iter().map(|entry| entry.message).collect();
        assert_eq!(messages, ["a,b", ">LOG:1,,x", "SUCCESS: pid=1", "\r\nEND of it"]);
        let echo = EchoHistory::new(Block::new(b"7,forget-passwords,x\nmore\n")).expect("an echo");
        let texts: Vec<_> = echo.iter().map(|entry| entry.text).collect();
        assert_eq!(texts, ["forget-passwords,x\nmore"]);
    }

    #[test]
    fn an_empty_history_is_one_and_another_block_is_not() {
        assert_eq!(LogHistory::new(Block::new(b"")).expect("empty").iter().count(), 0);
        assert!(LogHistory::new(Block::new(b"Commands:\r\n")).is_err());
        assert!(EchoHistory::new(Block::new(b"Commands:\r\n")).is_err());
    }
}
