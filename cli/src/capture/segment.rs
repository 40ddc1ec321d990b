//! From a packet to its TCP segment.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};

use super::Mark;

/// What stands before the IP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Link {
    /// Ethernet II, VLAN tags included.
    Ethernet,
    /// Nothing.
    Ip,
    /// Linux "cooked" capture, version 1: 16 octets.
    Cooked,
    /// Linux "cooked" capture, version 2: 20 octets.
    Cooked2,
    /// BSD loopback: 4 octets.
    Loopback,
    /// A link type that is not known here, by its number in the file.
    Other(u32),
}

/// One TCP segment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) mark: Mark,
    pub(crate) from: SocketAddr,
    pub(crate) to: SocketAddr,
    /// Sequence number of the SYN, or of the first octet.
    pub(crate) seq: u32,
    /// The acknowledgement, where there is one.
    pub(crate) ack: Option<u32>,
    pub(crate) syn: bool,
    pub(crate) fin: bool,
    pub(crate) rst: bool,
    pub(crate) octets: &'a [u8],
}

/// The TCP segment in a packet; `None` for everything else, fragments of IP included.
pub(crate) fn segment(link: Link, mark: Mark, octets: &[u8]) -> Option<Segment<'_>> {
    let packet = match link {
        Link::Ethernet => LaxSlicedPacket::from_ethernet(octets).ok()?,
        Link::Ip => LaxSlicedPacket::from_ip(octets).ok()?,
        Link::Cooked => behind(octets, 16, 14)?,
        Link::Cooked2 => behind(octets, 20, 0)?,
        Link::Loopback => LaxSlicedPacket::from_ip(octets.get(4..)?).ok()?,
        Link::Other(_) => return None,
    };
    let (from, to): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into())
        }
        LaxNetSlice::Ipv6(ip) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return None };
    Some(Segment {
        mark,
        from: SocketAddr::new(from, tcp.source_port()),
        to: SocketAddr::new(to, tcp.destination_port()),
        seq: tcp.sequence_number(),
        ack: tcp.ack().then(|| tcp.acknowledgment_number()),
        syn: tcp.syn(),
        fin: tcp.fin(),
        rst: tcp.rst(),
        octets: tcp.payload(),
    })
}

/// Behind a header of `length` octets that holds the Ethernet type at `at`.
fn behind(octets: &[u8], length: usize, at: usize) -> Option<LaxSlicedPacket<'_>> {
    let kind = u16::from_be_bytes(*octets.get(at..)?.first_chunk()?);
    Some(LaxSlicedPacket::from_ether_type(EtherType(kind), octets.get(length..)?))
}
