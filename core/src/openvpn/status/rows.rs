//! One client, one route.

use memchr::memchr_iter;

use super::super::address::{PeerAddress, TunnelAddress};
use super::super::octets::Octets;
use super::super::wire::{decimal, rsplit_once, split_once};
use super::columns::{Column, Columns, Fields};
use super::{Format, UNDEF};

/// A row whose numbers are none, or with too few columns: kept as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a row of the listing cannot be read: {line:?}")]
pub struct MalformedRow<'a> {
    /// The row without its tag.
    pub line: Octets<'a>,
}

/// A client of the server.
///
/// Before it is authorised its name may be `UNDEF`, its virtual addresses are empty, and its
/// cipher says `BF-CBC`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Client<'a> {
    /// From its certificate, or its user name under `username-as-common-name`. Not unique.
    pub common_name: Octets<'a>,
    /// Its outer address as printed; [`peer`](Self::peer) reads it.
    pub real_address: Octets<'a>,
    /// Its IPv4 address in the tunnel; `None` when empty, and in format 1.
    pub virtual_address: Option<Octets<'a>>,
    /// Its IPv6 address in the tunnel; `None` when empty, and in format 1.
    pub virtual_ipv6: Option<Octets<'a>>,
    /// Octets received from it.
    pub bytes_received: u64,
    /// Octets sent to it.
    pub bytes_sent: u64,
    /// Since when, as text in the daemon's local time.
    pub connected_since: Octets<'a>,
    /// Since when, in Unix seconds; not in format 1.
    pub connected_since_time: Option<u64>,
    /// Its user name; `None` for `UNDEF` (which a user can be called too), and in format 1.
    pub username: Option<Octets<'a>>,
    /// The only key that is safe: counted up from 0 while the daemon runs. Not in format 1.
    pub cid: Option<u64>,
    /// Its number in data packets; 4 294 967 295 (16 777 215 in what follows 2.7) for none.
    pub peer_id: Option<u32>,
    /// The cipher of its data channel, since 2.5.
    pub cipher: Option<Octets<'a>>,
    /// Columns that are none of the above.
    pub others: Others<'a>,
}

impl<'a> Client<'a> {
    /// Its outer address, typed.
    #[must_use]
    pub fn peer(&self) -> Option<PeerAddress<'a>> {
        PeerAddress::parse(self.real_address.as_bytes())
    }

    pub(super) fn read(
        format: Format,
        columns: &'a Columns,
        header: &'a [u8],
        row: &'a [u8],
    ) -> Result<Self, MalformedRow<'a>> {
        let read = match format {
            Format::One => client_of_format_one(row),
            Format::Three => Self::by_columns(columns, row, b'\t'),
            Format::Two => {
                match (memchr_iter(b',', row).count() + 1).checked_sub(columns.as_slice().len()) {
                    Some(surplus @ 1..) => Self::guess(columns, row, surplus),
                    _ => Self::by_columns(columns, row, b','),
                }
            }
        };
        let others = Others { header, row, columns: Some(columns), separator: format.separator() };
        read.map(|client| Self { others, ..client }).ok_or(MalformedRow { line: Octets(row) })
    }

    fn by_columns(columns: &Columns, row: &'a [u8], separator: u8) -> Option<Self> {
        let mut client = Self::default();
        let mut seen = 0;
        for (field, column) in Fields::new(row, separator).zip(columns.as_slice()) {
            client.set(*column, field)?;
            seen += 1;
        }
        (seen > 1).then_some(client)
    }

    /// `None` for a number that is none.
    fn set(&mut self, column: Column, field: &'a [u8]) -> Option<()> {
        match column {
            Column::CommonName => self.common_name = Octets(field),
            Column::RealAddress => self.real_address = Octets(field),
            Column::VirtualAddress => self.virtual_address = Octets(field).filled(),
            Column::VirtualIpv6 => self.virtual_ipv6 = Octets(field).filled(),
            Column::BytesReceived => self.bytes_received = decimal(field)?,
            Column::BytesSent => self.bytes_sent = decimal(field)?,
            Column::When => self.connected_since = Octets(field),
            Column::WhenTime => self.connected_since_time = Some(decimal(field)?),
            Column::Username => {
                self.username = Some(Octets(field)).filter(|name| *name != UNDEF);
            }
            Column::Cid => self.cid = Some(decimal(field)?),
            Column::PeerId => self.peer_id = Some(decimal(field)?.try_into().ok()?),
            Column::Cipher => self.cipher = Some(Octets(field)),
            Column::Other => {}
        }
        Some(())
    }

    /// A row of format 2 with more commas than columns: they are in the common name, in the user
    /// name, or in both. What stands behind the user name is counted from the right; the common
    /// name is the shortest for which all between the two looks right.
    fn guess(columns: &Columns, row: &'a [u8], surplus: usize) -> Option<Self> {
        let columns = columns.as_slice();
        let username = columns.iter().position(|column| *column == Column::Username);
        if columns.first() != Some(&Column::CommonName) {
            return None;
        }
        let fields: Vec<&[u8]> = Fields::new(row, b',').collect();
        let offset = |field: &[u8]| field.as_ptr() as usize - row.as_ptr() as usize;
        let join = |from: usize, to: usize| {
            &row[offset(fields[from])..offset(fields[to]) + fields[to].len()]
        };
        let shortest = if username.is_some() { 0 } else { surplus };
        (shortest..=surplus).find_map(|in_name| {
            let mut client = Self::default();
            let mut next = 0;
            for column in columns {
                let more = match column {
                    Column::CommonName => in_name,
                    Column::Username => surplus - in_name,
                    _ => 0,
                };
                let field = join(next, next + more);
                next += more + 1;
                let right = match column {
                    Column::RealAddress => PeerAddress::parse(field).is_some(),
                    Column::VirtualAddress | Column::VirtualIpv6 => {
                        field.is_empty() || TunnelAddress::parse(field).is_some()
                    }
                    Column::When => is_time_text(field),
                    _ => true,
                };
                if !right {
                    return None;
                }
                client.set(*column, field)?;
            }
            Some(client)
        })
    }
}

/// A row of the routing table.
#[derive(Clone, Copy, Debug, Default)]
pub struct Route<'a> {
    /// What is routed, as printed; [`target`](Self::target) reads it.
    pub virtual_address: Octets<'a>,
    /// The common name of the client that it is routed to.
    pub common_name: Octets<'a>,
    /// The outer address of that client as printed; [`peer`](Self::peer) reads it.
    pub real_address: Octets<'a>,
    /// When it was last used, as text in the daemon's local time.
    pub last_ref: Octets<'a>,
    /// When it was last used, in Unix seconds; not in format 1.
    pub last_ref_time: Option<u64>,
    /// Columns that are none of the above.
    pub others: Others<'a>,
}

impl<'a> Route<'a> {
    /// What is routed, typed.
    #[must_use]
    pub fn target(&self) -> Option<TunnelAddress> {
        TunnelAddress::parse(self.virtual_address.as_bytes())
    }

    /// The outer address of the client, typed.
    #[must_use]
    pub fn peer(&self) -> Option<PeerAddress<'a>> {
        PeerAddress::parse(self.real_address.as_bytes())
    }

    pub(super) fn read(
        format: Format,
        columns: &'a Columns,
        header: &'a [u8],
        row: &'a [u8],
    ) -> Result<Self, MalformedRow<'a>> {
        let read = match format {
            Format::One => route_of_format_one(row),
            Format::Three => Self::by_columns(columns, row, b'\t'),
            Format::Two => {
                let fields = memchr_iter(b',', row).count() + 1;
                let known = columns.as_slice().len();
                if fields > known {
                    Self::counted(known, row)
                } else {
                    Self::by_columns(columns, row, b',')
                }
            }
        };
        let others = Others { header, row, columns: Some(columns), separator: format.separator() };
        read.map(|route| Self { others, ..route }).ok_or(MalformedRow { line: Octets(row) })
    }

    fn by_columns(columns: &Columns, row: &'a [u8], separator: u8) -> Option<Self> {
        let mut route = Self::default();
        let mut seen = 0;
        for (field, column) in Fields::new(row, separator).zip(columns.as_slice()) {
            match column {
                Column::VirtualAddress => route.virtual_address = Octets(field),
                Column::CommonName => route.common_name = Octets(field),
                Column::RealAddress => route.real_address = Octets(field),
                Column::When => route.last_ref = Octets(field),
                Column::WhenTime => route.last_ref_time = Some(decimal(field)?),
                _ => {}
            }
            seen += 1;
        }
        (seen > 1).then_some(route)
    }

    /// A row of format 2 with commas in its common name: all else is counted from the two sides.
    fn counted(columns: usize, row: &'a [u8]) -> Option<Self> {
        if columns != 5 {
            return None;
        }
        let (rest, time) = rsplit_once(row, b',')?;
        let route = route_of_format_one(rest)?;
        Some(Self { last_ref_time: Some(decimal(time)?), ..route })
    }
}

/// `common name,real address,in,out,time`: the common name is what the right leaves over.
pub(super) fn client_of_format_one(row: &[u8]) -> Option<Client<'_>> {
    let (rest, since) = rsplit_once(row, b',')?;
    let (rest, sent) = rsplit_once(rest, b',')?;
    let (rest, received) = rsplit_once(rest, b',')?;
    let (name, real) = rsplit_once(rest, b',')?;
    is_time_text(since).then_some(())?;
    Some(Client {
        common_name: Octets(name),
        real_address: Octets(real),
        bytes_received: decimal(received)?,
        bytes_sent: decimal(sent)?,
        connected_since: Octets(since),
        ..Client::default()
    })
}

/// `virtual address,common name,real address,time`.
pub(super) fn route_of_format_one(row: &[u8]) -> Option<Route<'_>> {
    let (address, rest) = split_once(row, b',')?;
    let (rest, last_ref) = rsplit_once(rest, b',')?;
    let (name, real) = rsplit_once(rest, b',')?;
    is_time_text(last_ref).then(|| Route {
        virtual_address: Octets(address),
        common_name: Octets(name),
        real_address: Octets(real),
        last_ref: Octets(last_ref),
        ..Route::default()
    })
}

/// `2026-11-21 20:49:42`, or `Wed Mar  7 16:03:13 2018` until 2.4.
fn is_time_text(text: &[u8]) -> bool {
    let form: &[u8] = match text.len() {
        19 => b"dddd-dd-dd dd:dd:dd",
        24 => b"www www sd dd:dd:dd dddd",
        _ => return false,
    };
    text.iter().zip(form).all(|(octet, form)| match form {
        b'd' => octet.is_ascii_digit(),
        b'w' => octet.is_ascii_alphabetic(),
        b's' => *octet == b' ' || octet.is_ascii_digit(),
        _ => octet == form,
    })
}

/// Columns of a row that this release of the library does not know, by their names.
#[derive(Clone, Copy, Default)]
pub struct Others<'a> {
    header: &'a [u8],
    row: &'a [u8],
    columns: Option<&'a Columns>,
    separator: u8,
}

impl<'a> Others<'a> {
    /// Name and value of each; none in format 1.
    pub fn iter(&self) -> impl Iterator<Item = (Octets<'a>, Octets<'a>)> + use<'a> {
        let columns = self.columns.map_or(&[][..], Columns::as_slice);
        let names = Fields::new(self.header, self.separator).skip(2);
        let fields = Fields::new(self.row, self.separator);
        columns
            .iter()
            .zip(names.zip(fields))
            .filter(|(column, _)| **column == Column::Other)
            .map(|(_, (name, field))| (Octets(name), Octets(field)))
    }
}

impl std::fmt::Debug for Others<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
