//! Packets as each link carries them, files of both formats, and damaged ones.

use std::io::Cursor;
use std::net::SocketAddr;

use etherparse::PacketBuilder;
use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::pcapng::PcapNgWriter;
use pcap_file::pcapng::blocks::enhanced_packet::EnhancedPacketBlock;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use proptest::prelude::*;

use super::*;

const MARK: Mark = Mark { packet: 1, time: Duration::ZERO };

/// An IP packet from 10.0.0.1:40000 to 10.0.0.2:7911, with nothing before it.
fn packet(seq: u32, octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .tcp(40_000, 7911, seq, 1000)
        .ack(77)
        .write(&mut out, octets)
        .unwrap();
    out
}

fn behind(head: &[u8], packet: &[u8]) -> Vec<u8> {
    [head, packet].concat()
}

#[test]
fn each_link_gives_the_same_segment() {
    let ip = packet(5, b"octets");
    let (mut ethernet, mut tagged) = (vec![2; 12], vec![2; 12]);
    ethernet.extend([8, 0]);
    tagged.extend([0x81, 0, 0, 9, 8, 0]);
    let mut cooked = vec![0; 14];
    cooked.extend([8, 0]);
    let mut cooked2 = vec![8, 0];
    cooked2.extend([0; 18]);
    for (link, octets) in [
        (Link::Ethernet, behind(&behind(&ethernet, &ip), &[0; 6])), // padded
        (Link::Ethernet, behind(&tagged, &ip)),
        (Link::Ip, ip.clone()),
        (Link::Cooked, behind(&cooked, &ip)),
        (Link::Cooked2, behind(&cooked2, &ip)),
        (Link::Loopback, behind(&[2, 0, 0, 0], &ip)),
    ] {
        let segment = segment(link, MARK, &octets).unwrap_or_else(|| panic!("{link:?}"));
        assert_eq!(segment.from, SocketAddr::from(([10, 0, 0, 1], 40_000)), "{link:?}");
        assert_eq!(segment.to, SocketAddr::from(([10, 0, 0, 2], 7911)));
        assert_eq!((segment.seq, segment.ack), (5, Some(77)));
        assert_eq!(segment.octets, b"octets", "{link:?}");
        for cut in 0..octets.len() {
            let _ = super::segment(link, MARK, &octets[..cut]);
        }
    }
    assert!(segment(Link::Other(105), MARK, &ip).is_none());
}

#[test]
fn ipv6_is_followed_and_other_protocols_are_not() {
    let mut six = Vec::new();
    PacketBuilder::ipv6([1; 16], [2; 16], 64)
        .tcp(40_000, 7911, 1, 1000)
        .syn()
        .write(&mut six, &[])
        .unwrap();
    let found = segment(Link::Ip, MARK, &six).unwrap();
    assert!(found.from.is_ipv6() && found.syn && found.ack.is_none());
    let mut udp = Vec::new();
    PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
        .udp(7911, 7911)
        .write(&mut udp, b"x")
        .unwrap();
    assert!(segment(Link::Ip, MARK, &udp).is_none());
}

fn read(file: &[u8]) -> (Vec<(Duration, Link, usize)>, Option<CaptureError>) {
    let mut packets = match Packets::new(Cursor::new(file)) {
        Ok(packets) => packets,
        Err(why) => return (Vec::new(), Some(why)),
    };
    let mut found = Vec::new();
    loop {
        match packets.next() {
            Ok(None) => return (found, None),
            Ok(Some(packet)) => {
                assert_eq!(packet.mark.packet, found.len() as u64 + 1);
                found.push((packet.mark.time, packet.link, packet.octets.len()));
            }
            Err(why) => return (found, Some(why)),
        }
    }
}

const WHEN: Duration = Duration::new(1_795_000_000, 123_456_000);

fn classic(times: usize) -> Vec<u8> {
    let header = PcapHeader { datalink: DataLink::LINUX_SLL, ..PcapHeader::default() };
    let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
    for _ in 0..times {
        writer.write_packet(&PcapPacket::new(WHEN, 60, &[7; 60])).unwrap();
    }
    writer.into_writer()
}

fn next_generation(resolution: Option<u8>, units: u64) -> Vec<u8> {
    let mut writer = PcapNgWriter::new(Vec::new()).unwrap();
    let options = resolution.map(InterfaceDescriptionOption::IfTsResol).into_iter().collect();
    let linktype = DataLink::ETHERNET;
    writer.write_pcapng_block(InterfaceDescriptionBlock { linktype, snaplen: 0, options }).unwrap();
    let packet = EnhancedPacketBlock {
        interface_id: 0,
        timestamp: Duration::from_nanos(units), // the library writes these as units
        original_len: 61,
        data: vec![7; 61].into(),
        options: Vec::new(),
    };
    writer.write_pcapng_block(packet).unwrap();
    writer.into_inner()
}

#[test]
fn both_formats_tell_octets_and_times() {
    let (packets, why) = read(&classic(2));
    assert_eq!(packets, [(WHEN, Link::Cooked, 60); 2]);
    assert!(why.is_none());
    for (resolution, units) in [
        (None, 1_795_000_000_123_456),
        (Some(6), 1_795_000_000_123_456),
        (Some(9), 1_795_000_000_123_456_000),
    ] {
        let (packets, why) = read(&next_generation(resolution, units));
        assert_eq!(packets, [(WHEN, Link::Ethernet, 61)], "{resolution:?}");
        assert!(why.is_none());
    }
    let (packets, _) = read(&next_generation(Some(0x80 | 10), 2048 + 512));
    assert_eq!(packets[0].0, Duration::from_millis(2500));
    let (packets, _) = read(&next_generation(Some(0x7f), 9));
    assert_eq!(packets[0].0, Duration::ZERO, "a resolution that no clock has");
}

/// A packet longer on the wire than the file's snapshot length.
#[test]
fn a_packet_that_was_cut_to_the_snapshot_length_is_read() {
    let mut file = classic(1);
    let little = file[0] == 0xd4;
    let length = if little { 50_u32.to_le_bytes() } else { 50_u32.to_be_bytes() };
    file[16..20].copy_from_slice(&length);
    assert_eq!(read(&file).0.len(), 1);
}

#[test]
fn damaged_files_say_after_which_packet() {
    assert!(matches!(
        read(b"no capture, but text that is long enough").1,
        Some(CaptureError::NoCapture)
    ));
    assert!(matches!(read(b"").1, Some(CaptureError::NoCapture)));
    let file = classic(2);
    let (packets, why) = read(&file[..file.len() - 1]);
    assert_eq!(packets.len(), 1);
    assert!(matches!(why, Some(CaptureError::Cut(1))), "{why:?}");
}

fn segment_of(from: u16, to: u16, seq: u32, octets: &'static [u8]) -> Segment<'static> {
    let at = |port| SocketAddr::from(([10, 0, 0, 1], port));
    Segment {
        mark: MARK,
        from: at(from),
        to: at(to),
        seq,
        ack: Some(0),
        syn: false,
        fin: false,
        rst: false,
        octets,
    }
}

#[test]
fn a_port_that_is_used_again_is_another_connection() {
    let (mut connections, mut out) = (Connections::new(7911), Vec::new());
    let syn = |seq| Segment { syn: true, ack: None, ..segment_of(40_000, 7911, seq, b"") };
    connections.push(&syn(100), &mut out);
    connections.push(&syn(100), &mut out);
    connections.push(&segment_of(40_000, 7911, 101, b"one"), &mut out);
    connections.push(&segment_of(50, 51, 101, b"other service"), &mut out);
    assert_eq!(connections.count(), 1);
    connections.push(&syn(9_000), &mut out);
    connections.push(&segment_of(40_000, 7911, 9_001, b"two"), &mut out);
    connections.push(&Segment { rst: true, ..segment_of(7911, 40_000, 1, b"") }, &mut out);
    let told: Vec<_> = out.iter().map(|event| (event.connection, &event.what)).collect();
    assert!(matches!(told[0], (1, What::Opened { whole: true })));
    assert!(matches!(told[1], (1, What::Piece(Side::Client, Piece::Octets { offset: 0, .. }))));
    assert!(matches!(told[2], (1, What::Closed { reset: None, mark: None, .. })));
    assert!(matches!(told[3], (2, What::Opened { whole: true })));
    assert!(matches!(told[4], (2, What::Piece(Side::Client, Piece::Octets { offset: 0, .. }))));
    assert!(matches!(told[5], (2, What::Closed { reset: Some(Side::Server), .. })));
    assert_eq!(told.len(), 6);
}

#[test]
fn connections_are_bounded() {
    let (mut connections, mut out) = (Connections::new(7911), Vec::new());
    for number in 0..10_001u32 {
        let from = SocketAddr::from((number.to_be_bytes(), 40_000));
        let segment = Segment { from, ..segment_of(1, 7911, 1, b"x") };
        connections.push(&segment, &mut out);
    }
    assert_eq!((connections.count(), connections.left_out()), (10_000, 1));
    connections.finish(&mut out);
}

proptest! {
    /// Whatever a file holds: an end, no panic.
    #[test]
    fn any_octets_are_read_to_an_end(
        mut file in prop_oneof![
            Just(classic(3)),
            Just(next_generation(None, 1)),
            Just(next_generation(Some(9), 1)),
        ],
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        for (at, octet) in changes {
            let at = at.index(file.len());
            file[at] = octet;
        }
        file.truncate(cut.index(file.len() + 1));
        let _ = read(&file);
    }

    #[test]
    fn any_packet_is_looked_at(octets in prop::collection::vec(any::<u8>(), 0..80)) {
        for link in [Link::Ethernet, Link::Ip, Link::Cooked, Link::Cooked2, Link::Loopback] {
            let _ = segment(link, MARK, &octets);
        }
        let mut ip = packet(1, b"octets");
        for (at, octet) in octets.iter().enumerate().filter(|(_, octet)| **octet < 40) {
            let length = ip.len();
            ip[at % length] = *octet;
        }
        let _ = segment(Link::Ip, MARK, &ip);
    }
}
