//! Captures of connections that never were.

use std::time::Duration;

use etherparse::PacketBuilder;
use pcap_file::DataLink;
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};

/// A capture of these packets, a millisecond apart.
pub(crate) fn pcap(packets: &[Vec<u8>], link: DataLink) -> Vec<u8> {
    let header = PcapHeader { datalink: link, ..PcapHeader::default() };
    let mut writer = PcapWriter::with_header(Vec::new(), header).unwrap();
    for (number, packet) in packets.iter().enumerate() {
        let time = Duration::from_secs(1_795_000_000) + Duration::from_millis(number as u64);
        writer.write_packet(&PcapPacket::new(time, packet.len() as u32, packet)).unwrap();
    }
    writer.into_writer()
}

/// Two ends that make segments of what they say.
pub(crate) struct Wire {
    port: u16,
    pub(crate) next: [u32; 2],
    pub(crate) packets: Vec<Vec<u8>>,
}

impl Wire {
    /// A connection whose beginning is not captured.
    pub(crate) fn midway(port: u16) -> Self {
        Self { port, next: [7000, 5000], packets: Vec::new() }
    }

    /// A connection with its first packets. Sequence numbers are about to wrap around.
    pub(crate) fn open(port: u16) -> Self {
        let mut wire = Self { port, next: [u32::MAX - 20, 5000], packets: Vec::new() };
        wire.segment(true, 0, &[], |packet| packet.syn());
        wire.next[0] = wire.next[0].wrapping_add(1);
        wire.segment(false, 0, &[], |packet| packet.syn());
        wire.next[1] += 1;
        wire
    }

    /// A segment whose sequence number is `ahead` of the next.
    pub(crate) fn segment(
        &mut self,
        client: bool,
        ahead: u32,
        octets: &[u8],
        flags: impl Fn(
            etherparse::PacketBuilderStep<etherparse::TcpHeader>,
        ) -> etherparse::PacketBuilderStep<etherparse::TcpHeader>,
    ) {
        let (a, b) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (from, to) = if client { (a, b) } else { (b, a) };
        let (source, target) = if client { (40_000, self.port) } else { (self.port, 40_000) };
        let seq = self.next[usize::from(!client)].wrapping_add(ahead);
        let ack = self.next[usize::from(client)];
        let syn = octets.is_empty() && self.packets.is_empty();
        let packet = PacketBuilder::ipv4(from, to, 64).tcp(source, target, seq, 1000);
        let packet = flags(if syn { packet } else { packet.ack(ack) });
        let mut out = Vec::new();
        packet.write(&mut out, octets).unwrap();
        self.packets.push(out);
    }

    /// Says this in pieces of so many octets, each second pair of them swapped, one sent twice.
    pub(crate) fn say(&mut self, client: bool, octets: &[u8], cut: usize) {
        let pieces: Vec<_> = octets.chunks(cut).enumerate().collect();
        for pair in pieces.chunks(2) {
            let mut pair = pair.to_vec();
            if pair[0].0 % 4 == 0 {
                pair.reverse();
            }
            for (number, piece) in pair {
                self.segment(client, (number * cut) as u32, piece, |packet| packet);
                if number % 3 == 0 {
                    self.segment(client, (number * cut) as u32, piece, |packet| packet);
                }
            }
        }
        let next = &mut self.next[usize::from(!client)];
        *next = next.wrapping_add(octets.len() as u32);
    }
}
