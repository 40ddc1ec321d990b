//! Captured packets, as tcpdump and Wireshark store them, to the octets of TCP connections.
//!
//! ```text
//!   file ──► Packets ──► segment() ──► Connections ──► Event: octets of one direction, in order
//!            pcap,       link, IP      reassembly,     gaps, ends
//!            pcapng      and TCP       both ways
//! ```
//!
//! A capture is hostile input: lengths are believed only as far as octets are there, and what a
//! connection may hold back is bounded.

mod connections;
mod file;
mod segment;
mod stream;

pub(crate) use connections::{Connections, Event, Side, What};
pub(crate) use file::{CaptureError, Packets};
pub(crate) use segment::{Link, Segment, segment};
pub(crate) use stream::Piece;

use std::time::Duration;

/// Which packet of the file something came in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The packet's number, counted from 1 as Wireshark does.
    pub(crate) packet: u64,
    /// When it was captured, since 1970.
    pub(crate) time: Duration,
}

#[cfg(test)]
mod tests;
