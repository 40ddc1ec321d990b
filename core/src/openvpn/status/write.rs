//! Listings, written as the daemon does: for simulated peers and tests.

use super::super::octets::Octets;
use super::super::version::Release;
use super::{Client, Format, Route, UNDEF};

/// The longest line, in octets without its line end. Before a longer one the daemon stops the
/// listing: that line, all that follow and the `END` are missing (2.6.14).
pub const MAX_LINE: usize = 511;

const CLIENT_COLUMNS: [&str; 12] = [
    "Common Name",
    "Real Address",
    "Virtual Address",
    "Virtual IPv6 Address",
    "Bytes Received",
    "Bytes Sent",
    "Connected Since",
    "Connected Since (time_t)",
    "Username",
    "Client ID",
    "Peer ID",
    "Data Channel Cipher",
];

const ROUTE_COLUMNS: [&str; 5] =
    ["Virtual Address", "Common Name", "Real Address", "Last Ref", "Last Ref (time_t)"];

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Section {
    Clients,
    Routes,
    Globals,
}

/// Writes one listing: clients, then routes, then global statistics, then [`end`](Self::end).
///
/// ```
/// use netlever_core::openvpn::status::{Client, Format, Status, Writer};
/// use netlever_core::openvpn::version::Release;
///
/// let mut out = Vec::new();
/// let release = Release { major: 2, minor: 6, patch: 14 };
/// let mut writer = Writer::new(&mut out, Format::Three, release);
/// writer.begin("OpenVPN 2.6.14".into(), "2026-11-21 20:47:14".into(), 1_795_294_034);
/// let (name, since) = ("bob".into(), "2026-11-21 20:47:11".into());
/// writer.client(&Client { common_name: name, connected_since: since, ..Client::default() });
/// writer.global("Max bcast/mcast queue length", 0);
/// writer.end();
/// assert_eq!(Status::parse(&out)?.client_count(), 1);
/// # Ok::<(), netlever_core::openvpn::status::NoStatus>(())
/// ```
pub struct Writer<'o> {
    out: &'o mut Vec<u8>,
    format: Format,
    columns: usize,
    section: Section,
    stopped: bool,
}

impl<'o> Writer<'o> {
    /// A listing behind what `out` holds already; before 2.5 it has no cipher column.
    pub fn new(out: &'o mut Vec<u8>, format: Format, release: Release) -> Self {
        let columns = if (release.major, release.minor) < (2, 5) { 11 } else { 12 };
        Self { out, format, columns, section: Section::Clients, stopped: false }
    }

    /// Whether a line was too long, so that the listing ended there.
    #[must_use]
    pub const fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// The title, the time (as text and in Unix seconds) and the names of the client columns.
    pub fn begin(&mut self, title: Octets<'_>, updated: Octets<'_>, time: u64) {
        if self.format == Format::One {
            self.line(&[b"OpenVPN CLIENT LIST"]);
            self.line(&[b"Updated", updated.as_bytes()]);
            self.line(&[b"Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since"]);
            return;
        }
        self.line(&[b"TITLE", title.as_bytes()]);
        self.line(&[b"TIME", updated.as_bytes(), time.to_string().as_bytes()]);
        self.header(b"CLIENT_LIST", &CLIENT_COLUMNS[..self.columns]);
    }

    /// One client. What is `None` is written as the daemon writes what it has not.
    pub fn client(&mut self, client: &Client<'_>) {
        let bytes = [client.bytes_received, client.bytes_sent].map(|bytes| bytes.to_string());
        let since = client.connected_since_time.unwrap_or(0).to_string();
        let cid = client.cid.unwrap_or(0).to_string();
        let peer_id = client.peer_id.unwrap_or(u32::MAX).to_string();
        if self.format == Format::One {
            self.line(&[
                client.common_name.as_bytes(),
                client.real_address.as_bytes(),
                bytes[0].as_bytes(),
                bytes[1].as_bytes(),
                client.connected_since.as_bytes(),
            ]);
            return;
        }
        let fields: [&[u8]; 13] = [
            b"CLIENT_LIST",
            client.common_name.as_bytes(),
            client.real_address.as_bytes(),
            client.virtual_address.unwrap_or_default().as_bytes(),
            client.virtual_ipv6.unwrap_or_default().as_bytes(),
            bytes[0].as_bytes(),
            bytes[1].as_bytes(),
            client.connected_since.as_bytes(),
            since.as_bytes(),
            client.username.unwrap_or_else(|| UNDEF.into()).as_bytes(),
            cid.as_bytes(),
            peer_id.as_bytes(),
            client.cipher.unwrap_or_default().as_bytes(),
        ];
        self.line(&fields[..=self.columns]);
    }

    /// One route.
    pub fn route(&mut self, route: &Route<'_>) {
        self.reach(Section::Routes);
        let row = [
            route.virtual_address.as_bytes(),
            route.common_name.as_bytes(),
            route.real_address.as_bytes(),
            route.last_ref.as_bytes(),
        ];
        if self.format == Format::One {
            self.line(&row);
            return;
        }
        let time = route.last_ref_time.unwrap_or(0).to_string();
        self.line(&[b"ROUTING_TABLE", row[0], row[1], row[2], row[3], time.as_bytes()]);
    }

    /// One of the global statistics.
    pub fn global(&mut self, name: &str, value: u64) {
        self.reach(Section::Globals);
        let value = value.to_string();
        match self.format {
            Format::One => self.line(&[name.as_bytes(), value.as_bytes()]),
            _ => self.line(&[b"GLOBAL_STATS", name.as_bytes(), value.as_bytes()]),
        }
    }

    /// The `END`, behind all sections.
    pub fn end(mut self) {
        self.reach(Section::Globals);
        self.line(&[b"END"]);
    }

    /// Writes the heads of the sections up to this one.
    fn reach(&mut self, section: Section) {
        if self.section < Section::Routes && section >= Section::Routes {
            match self.format {
                Format::One => {
                    self.line(&[b"ROUTING TABLE"]);
                    self.line(&[b"Virtual Address,Common Name,Real Address,Last Ref"]);
                }
                _ => self.header(b"ROUTING_TABLE", &ROUTE_COLUMNS),
            }
        }
        if self.section < Section::Globals
            && section == Section::Globals
            && self.format == Format::One
        {
            self.line(&[b"GLOBAL STATS"]);
        }
        if self.section < section {
            self.section = section;
        }
    }

    fn header(&mut self, table: &[u8], names: &[&str]) {
        let mut fields = vec![&b"HEADER"[..], table];
        fields.extend(names.iter().map(|name| name.as_bytes()));
        self.line(&fields);
    }

    pub(super) fn line(&mut self, fields: &[&[u8]]) {
        let length: usize = fields.iter().map(|field| field.len() + 1).sum();
        self.stopped |= length > MAX_LINE + 1;
        if self.stopped {
            return;
        }
        for (at, field) in fields.iter().enumerate() {
            if at > 0 {
                self.out.push(self.format.separator());
            }
            self.out.extend_from_slice(field);
        }
        self.out.extend_from_slice(b"\r\n");
    }
}
