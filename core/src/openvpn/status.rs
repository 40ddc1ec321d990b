//! Listings of `status`: clients, routes and global statistics of a server, in three formats.
//!
//! | format | separator | sure? |
//! |---|---|---|
//! | [`Format::One`] | comma, columns counted from the right | names may hold commas; no ids, no Unix times |
//! | [`Format::Two`] | comma | guesswork when a common name or user name holds commas |
//! | [`Format::Three`] | tab | exact: no field can hold a tab. Prefer it |
//!
//! A listing is kept as its text; rows are read from it as they are asked for. The columns are
//! those that the listing's own header names: eleven in 2.4, twelve since 2.5, and unknown ones
//! are kept. Times beside the Unix columns are in the daemon's local time.
//!
//! The daemon stops a listing without a word before a line of 512 octets or more, which any user
//! can cause with a long user name (440 octets were enough on 2.6.14): such a listing is not
//! [complete](Status::is_complete).
//!
//! ```
//! use netlever_core::openvpn::status::{Format, Status};
//!
//! let text = "TITLE\tOpenVPN 2.6.14\nTIME\t2026-11-21 20:47:14\t1795294034\n\
//!     HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tBytes Received\tBytes Sent\tClient ID\n\
//!     CLIENT_LIST\tsmith, john\t192.0.2.2:53568\t2150\t2303\t1\nEND\n";
//! let status = Status::parse(text.as_bytes())?;
//! assert_eq!((status.format(), status.is_complete()), (Format::Three, true));
//! let client = status.clients().next().expect("one client").expect("a good row");
//! assert_eq!(client.common_name, "smith, john");
//! assert_eq!((client.cid, client.bytes_sent), (Some(1), 2303));
//! assert_eq!(client.peer().expect("an address").port, Some(53568));
//! # Ok::<(), netlever_core::openvpn::status::NoStatus>(())
//! ```

mod columns;
mod local;
mod rows;
mod scan;
mod write;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use thiserror::Error;

pub use local::ClientStatus;
pub use rows::{Client, MalformedRow, Others, Route};
pub use write::{MAX_LINE, Writer};

use super::octets::Octets;
use super::version::Release;
use super::wire::{Lines, decimal, rsplit_once, split_once};
use columns::Columns;
use scan::Marks;
pub(crate) use scan::{Fit, Scanner};

/// The user name and common name of a client that has none.
pub const UNDEF: &str = "UNDEF";

/// The form of a listing. Without a number, `status` answers in the daemon's own
/// (`status-version`, by default 1), so look at what came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Format {
    /// For people: commas, no ids.
    One = 1,
    /// Tagged lines, commas.
    Two,
    /// Tagged lines, tabs.
    Three,
}

impl Format {
    /// Its number in the command.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    const fn separator(self) -> u8 {
        if matches!(self, Self::Three) { b'\t' } else { b',' }
    }
}

/// A text that does not begin as a listing of a server does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no status listing: it begins with neither TITLE nor OpenVPN CLIENT LIST")]
pub struct NoStatus;

/// A listing of a server.
#[derive(Clone)]
pub struct Status<'a> {
    text: Cow<'a, [u8]>,
    format: Format,
    complete: bool,
    layout: Box<Layout>,
}

/// Where the sections are, and what their columns mean.
#[derive(Clone)]
struct Layout {
    marks: Marks,
    clients: Columns,
    routes: Columns,
}

impl<'a> Status<'a> {
    /// Reads a listing in any of the three formats: the reply of `status`, or a status file. What
    /// follows its `END` is not looked at.
    ///
    /// # Errors
    ///
    /// [`NoStatus`] when it does not begin as one. A listing that breaks off is no error: it is
    /// not [complete](Self::is_complete).
    pub fn parse(text: &'a [u8]) -> Result<Self, NoStatus> {
        let mut lines = Lines::new(text);
        let mut scanner = lines.next().and_then(Scanner::begin).ok_or(NoStatus)?;
        let mut complete = false;
        loop {
            let start = lines.offset();
            let Some(line) = lines.next() else { break };
            match scanner.line(line, start..lines.offset()) {
                Fit::Belongs => {}
                Fit::End => {
                    complete = true;
                    break;
                }
                Fit::Foreign => break,
            }
        }
        Ok(Self::new(Cow::Borrowed(text), &scanner, complete))
    }

    pub(crate) fn new(text: Cow<'a, [u8]>, scanner: &Scanner, complete: bool) -> Self {
        let (format, marks) = (scanner.format(), scanner.marks());
        let header = |range: &Range<usize>| text.get(range.clone()).unwrap_or_default();
        let clients = Columns::of_clients(format, header(&marks.client_header));
        let routes = Columns::of_routes(format, header(&marks.route_header));
        let layout = Box::new(Layout { marks, clients, routes });
        Self { text, format, complete, layout }
    }

    /// The format that came, which need not be the one that was asked for.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// Whether its `END` came: `false` when the daemon or the stream stopped inside. What is there
    /// is right, but clients and routes are missing.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// The daemon's title, in formats 2 and 3.
    #[must_use]
    pub fn title(&self) -> Option<Octets<'_>> {
        match self.format {
            Format::One => None,
            _ => Some(Octets(
                split_once(self.line(&self.layout.marks.title), self.format.separator())?.1,
            )),
        }
    }

    /// The release in the title.
    #[must_use]
    pub fn release(&self) -> Option<Release> {
        Release::parse(self.title()?.as_bytes())
    }

    /// When it was made, as text in the daemon's local time.
    #[must_use]
    pub fn updated(&self) -> Option<Octets<'_>> {
        let rest = split_once(self.line(&self.layout.marks.time), self.format.separator())?.1;
        match self.format {
            Format::One => Some(Octets(rest)),
            _ => Some(Octets(rsplit_once(rest, self.format.separator())?.0)),
        }
    }

    /// When it was made, in Unix seconds; formats 2 and 3.
    #[must_use]
    pub fn time(&self) -> Option<u64> {
        match self.format {
            Format::One => None,
            _ => {
                decimal(rsplit_once(self.line(&self.layout.marks.time), self.format.separator())?.1)
            }
        }
    }

    /// How many clients are listed.
    #[must_use]
    pub fn client_count(&self) -> usize {
        self.layout.marks.client_count
    }

    /// How many routes are listed.
    #[must_use]
    pub fn route_count(&self) -> usize {
        self.layout.marks.route_count
    }

    /// The clients, in the daemon's order: that of its hash table. Names repeat; only
    /// [`Client::cid`] is unique.
    pub fn clients(&self) -> impl Iterator<Item = Result<Client<'_>, MalformedRow<'_>>> {
        let header = self.line(&self.layout.marks.client_header);
        self.rows(&self.layout.marks.clients, b"CLIENT_LIST")
            .map(move |row| Client::read(self.format, &self.layout.clients, header, row))
    }

    /// The routes: of one client there may be several, in both families.
    pub fn routes(&self) -> impl Iterator<Item = Result<Route<'_>, MalformedRow<'_>>> {
        let header = self.line(&self.layout.marks.route_header);
        self.rows(&self.layout.marks.routes, b"ROUTING_TABLE")
            .map(move |row| Route::read(self.format, &self.layout.routes, header, row))
    }

    /// Global statistics by name: `Max bcast/mcast queue length`, and `dco_enabled` since 2.6.
    pub fn global_stats(&self) -> impl Iterator<Item = (Octets<'_>, u64)> {
        self.rows(&self.layout.marks.globals, b"GLOBAL_STATS").filter_map(|row| {
            let (name, value) = rsplit_once(row, self.format.separator())?;
            Some((Octets(name), decimal(value)?))
        })
    }

    /// The text that it was read from.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// A copy that borrows nothing; none is made of what is owned already.
    #[must_use]
    pub fn into_owned(self) -> Status<'static> {
        Status { text: Cow::Owned(self.text.into_owned()), ..self }
    }

    fn line(&self, range: &Range<usize>) -> &[u8] {
        Lines::new(&self.text[range.clone()]).next().unwrap_or_default()
    }

    /// The rows of a section, without their tag.
    fn rows<'s>(&'s self, section: &Range<usize>, tag: &'static [u8]) -> Rows<'s> {
        let tag = if self.format == Format::One { b"" } else { tag };
        Rows {
            lines: Lines::new(&self.text[section.clone()]),
            tag,
            separator: self.format.separator(),
        }
    }
}

struct Rows<'a> {
    lines: Lines<'a>,
    /// Empty in format 1, where all lines of a section are rows.
    tag: &'static [u8],
    separator: u8,
}

impl<'a> Iterator for Rows<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        loop {
            let line = self.lines.next()?;
            if self.tag.is_empty() {
                return Some(line);
            }
            if let Some([separator, row @ ..]) = line.strip_prefix(self.tag)
                && *separator == self.separator
            {
                return Some(row);
            }
        }
    }
}

impl PartialEq for Status<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.complete == other.complete
    }
}

impl Eq for Status<'_> {}

impl fmt::Debug for Status<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Status")
            .field("format", &self.format)
            .field("complete", &self.complete)
            .field("updated", &self.updated())
            .field("clients", &self.client_count())
            .field("routes", &self.route_count())
            .finish_non_exhaustive()
    }
}
