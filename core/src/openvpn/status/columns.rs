//! Which column of a listing means what, by the names in its header.

use memchr::memchr_iter;

use super::Format;

/// Columns that are told apart; what a header names beyond is not looked at.
pub(super) const MAX_COLUMNS: usize = 32;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    CommonName,
    RealAddress,
    VirtualAddress,
    VirtualIpv6,
    BytesReceived,
    BytesSent,
    /// Connected Since, or Last Ref.
    When,
    /// The same as a number.
    WhenTime,
    Username,
    Cid,
    PeerId,
    Cipher,
    Other,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Columns {
    columns: [Column; MAX_COLUMNS],
    count: usize,
}

impl Columns {
    pub(super) fn as_slice(&self) -> &[Column] {
        &self.columns[..self.count]
    }

    /// Of the header line of the client list, tags included.
    pub(super) fn of_clients(format: Format, header: &[u8]) -> Self {
        Self::read(format, header, |name| match name {
            b"Common Name" => Column::CommonName,
            b"Real Address" => Column::RealAddress,
            b"Virtual Address" => Column::VirtualAddress,
            b"Virtual IPv6 Address" => Column::VirtualIpv6,
            b"Bytes Received" => Column::BytesReceived,
            b"Bytes Sent" => Column::BytesSent,
            b"Connected Since" => Column::When,
            b"Connected Since (time_t)" => Column::WhenTime,
            b"Username" => Column::Username,
            b"Client ID" => Column::Cid,
            b"Peer ID" => Column::PeerId,
            b"Data Channel Cipher" => Column::Cipher,
            _ => Column::Other,
        })
    }

    /// Of the header line of the routing table, tags included.
    pub(super) fn of_routes(format: Format, header: &[u8]) -> Self {
        Self::read(format, header, |name| match name {
            b"Virtual Address" => Column::VirtualAddress,
            b"Common Name" => Column::CommonName,
            b"Real Address" => Column::RealAddress,
            b"Last Ref" => Column::When,
            b"Last Ref (time_t)" => Column::WhenTime,
            _ => Column::Other,
        })
    }

    fn read(format: Format, header: &[u8], column: impl Fn(&[u8]) -> Column) -> Self {
        let header = super::super::wire::strip_cr(header.strip_suffix(b"\n").unwrap_or(header));
        let mut columns = Self { columns: [Column::Other; MAX_COLUMNS], count: 0 };
        let tags = if format == Format::One { 0 } else { 2 };
        let names = Fields::new(header, format.separator()).skip(tags);
        for (slot, name) in columns.columns.iter_mut().zip(names) {
            *slot = column(name);
            columns.count += 1;
        }
        columns
    }
}

/// The fields of a line.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    line: &'a [u8],
    separators: memchr::Memchr<'a>,
    /// Where the next field begins; behind the line when all are out.
    start: usize,
}

impl<'a> Fields<'a> {
    pub(super) fn new(line: &'a [u8], separator: u8) -> Self {
        Self { line, separators: memchr_iter(separator, line), start: 0 }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let end = match self.separators.next() {
            Some(end) => end,
            None if self.start <= self.line.len() => self.line.len(),
            None => return None,
        };
        let field = &self.line[self.start..end];
        self.start = end + 1;
        Some(field)
    }
}
