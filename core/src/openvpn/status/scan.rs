//! Which lines belong to a listing, and where its sections are.

use std::ops::Range;

use super::super::wire::{END, decimal, rsplit_once};
use super::Format;
use super::rows::{client_of_format_one, route_of_format_one};

/// Whether a line belongs to the listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    Belongs,
    /// It is the `END`.
    End,
    /// It is something else: the listing broke off before it.
    Foreign,
}

/// Offsets in the text.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) title: Range<usize>,
    pub(super) time: Range<usize>,
    pub(super) client_header: Range<usize>,
    pub(super) clients: Range<usize>,
    pub(super) client_count: usize,
    pub(super) route_header: Range<usize>,
    pub(super) routes: Range<usize>,
    pub(super) route_count: usize,
    pub(super) globals: Range<usize>,
}

/// Follows a listing line by line.
#[derive(Clone, Debug)]
pub(crate) struct Scanner {
    format: Format,
    /// What comes next, in format 1.
    section: Section,
    marks: Marks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Updated,
    ClientHeader,
    Clients,
    RouteHeader,
    Routes,
    Globals,
}

impl Scanner {
    /// Begins with the first line, at offset 0; `None` when no listing begins so.
    pub(crate) fn begin(first: &[u8]) -> Option<Self> {
        let format = match first {
            b"OpenVPN CLIENT LIST" => Format::One,
            _ if first.starts_with(b"TITLE,") => Format::Two,
            _ if first.starts_with(b"TITLE\t") => Format::Three,
            _ => return None,
        };
        let marks = Marks { title: 0..first.len(), ..Marks::default() };
        Some(Self { format, section: Section::Updated, marks })
    }

    pub(crate) const fn format(&self) -> Format {
        self.format
    }

    pub(super) fn marks(&self) -> Marks {
        self.marks.clone()
    }

    /// Whether the routing table was begun, as in every whole listing.
    pub(crate) fn reached_routes(&self) -> bool {
        self.marks.route_header.end > 0
    }

    /// Looks at the next line; `place` is where it stands in the text, line end included.
    pub(crate) fn line(&mut self, line: &[u8], place: Range<usize>) -> Fit {
        match self.format {
            _ if line == END => Fit::End,
            Format::One => self.plain(line, place),
            _ => self.tagged(line, place),
        }
    }

    fn tagged(&mut self, line: &[u8], place: Range<usize>) -> Fit {
        let separator = self.format.separator();
        let tag = |tag: &[u8]| {
            line.len() > tag.len() && line[tag.len()] == separator && line.starts_with(tag)
        };
        let marks = &mut self.marks;
        if tag(b"CLIENT_LIST") {
            marks.client_count += 1;
            extend(&mut marks.clients, place);
        } else if tag(b"ROUTING_TABLE") {
            marks.route_count += 1;
            extend(&mut marks.routes, place);
        } else if tag(b"GLOBAL_STATS") {
            extend(&mut marks.globals, place);
        } else if tag(b"TIME") {
            marks.time = place;
        } else if tag(b"HEADER") {
            let of = &line[b"HEADER".len() + 1..];
            if of.starts_with(b"CLIENT_LIST") {
                marks.client_header = place;
            } else if of.starts_with(b"ROUTING_TABLE") {
                marks.route_header = place;
            }
        } else {
            // A second TITLE too: the next listing.
            return Fit::Foreign;
        }
        Fit::Belongs
    }

    fn plain(&mut self, line: &[u8], place: Range<usize>) -> Fit {
        let marks = &mut self.marks;
        self.section = match self.section {
            Section::Updated if line.starts_with(b"Updated,") => {
                marks.time = place;
                Section::ClientHeader
            }
            Section::ClientHeader if line.starts_with(b"Common Name,") => {
                marks.client_header = place;
                Section::Clients
            }
            // Section words count only when they are the whole line: a row has commas.
            Section::Clients if line == b"ROUTING TABLE" => Section::RouteHeader,
            Section::Clients if client_of_format_one(line).is_some() => {
                marks.client_count += 1;
                extend(&mut marks.clients, place);
                Section::Clients
            }
            Section::RouteHeader if line.starts_with(b"Virtual Address,") => {
                marks.route_header = place;
                Section::Routes
            }
            Section::Routes if line == b"GLOBAL STATS" => Section::Globals,
            Section::Routes if route_of_format_one(line).is_some() => {
                marks.route_count += 1;
                extend(&mut marks.routes, place);
                Section::Routes
            }
            Section::Globals if is_global(line) => {
                extend(&mut marks.globals, place);
                Section::Globals
            }
            _ => return Fit::Foreign,
        };
        Fit::Belongs
    }
}

fn is_global(line: &[u8]) -> bool {
    rsplit_once(line, b',').is_some_and(|(_, value)| decimal(value).is_some())
        && !line.starts_with(b">")
}

fn extend(section: &mut Range<usize>, place: Range<usize>) {
    if section.start == section.end {
        *section = place;
    } else {
        section.end = place.end;
    }
}
