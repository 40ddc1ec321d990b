//! The two file formats, told apart by their first octets.

use std::io::{self, BufRead};
use std::time::Duration;

use pcap_file::pcap::PcapReader;
use pcap_file::pcapng::blocks::interface_description::{
    InterfaceDescriptionBlock, InterfaceDescriptionOption,
};
use pcap_file::pcapng::{Block, PcapNgReader};
use pcap_file::{DataLink, PcapError, TsResolution};

use super::{Link, Mark};

/// What a pcapng file begins with, in either octet order.
const SECTION_HEADER: [u8; 4] = [0x0a, 0x0d, 0x0d, 0x0a];

/// Why a capture cannot be read, or not to its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CaptureError {
    /// Neither format.
    #[error("this is no capture: it begins as neither pcap nor pcapng does")]
    NoCapture,
    /// The last packet is cut, as when the capturing program was killed.
    #[error("the capture is cut after packet {0}")]
    Cut(u64),
    /// Octets that no writer makes.
    #[error("the capture is damaged after packet {after}: {why}")]
    Damaged {
        /// The last good packet, counted from 1.
        after: u64,
        /// What is wrong with the next.
        why: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// The packets of a capture, one after the other, in constant memory.
pub(crate) struct Packets<R: BufRead> {
    reader: Reader<R>,
    /// How many packets came out.
    count: u64,
}

enum Reader<R: BufRead> {
    Classic(PcapReader<R>),
    Next(PcapNgReader<R>),
}

/// One packet with its link header.
#[derive(Debug)]
pub(crate) struct Packet {
    pub(crate) mark: Mark,
    pub(crate) link: Link,
    /// As many octets as were captured.
    pub(crate) octets: Vec<u8>,
}

impl<R: BufRead> Packets<R> {
    /// Reads the head of the file.
    pub(crate) fn new(mut input: R) -> Result<Self, CaptureError> {
        let next = input.fill_buf()?.starts_with(&SECTION_HEADER);
        let reader = if next {
            PcapNgReader::new(input).map(Reader::Next)
        } else {
            PcapReader::new(input).map(Reader::Classic)
        };
        Ok(Self { reader: reader.map_err(|_| CaptureError::NoCapture)?, count: 0 })
    }

    /// The next packet; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Packet>, CaptureError> {
        let after = self.count;
        let packet = match &mut self.reader {
            Reader::Classic(reader) => classic(reader),
            Reader::Next(reader) => next_generation(reader),
        };
        match packet.map_err(|why| fault(after, &why))? {
            None => Ok(None),
            Some((time, link, octets)) => {
                self.count += 1;
                let mark = Mark { packet: self.count, time };
                Ok(Some(Packet { mark, link, octets }))
            }
        }
    }
}

fn fault(after: u64, why: &PcapError) -> CaptureError {
    match why {
        PcapError::IoError(why) if why.kind() == io::ErrorKind::UnexpectedEof => {
            CaptureError::Cut(after)
        }
        PcapError::IncompleteBuffer => CaptureError::Cut(after),
        why => CaptureError::Damaged { after, why: why.to_string() },
    }
}

type Read = Result<Option<(Duration, Link, Vec<u8>)>, PcapError>;

/// Raw packets are taken, since the library's checked ones refuse those that were cut to the
/// snapshot length.
fn classic<R: BufRead>(reader: &mut PcapReader<R>) -> Read {
    let header = reader.header();
    let Some(packet) = reader.next_raw_packet() else { return Ok(None) };
    let packet = packet?;
    let fraction = u64::from(packet.ts_frac);
    let fraction = match header.ts_resolution {
        TsResolution::MicroSecond => Duration::from_micros(fraction),
        TsResolution::NanoSecond => Duration::from_nanos(fraction),
    };
    let time = Duration::from_secs(packet.ts_sec.into()) + fraction;
    Ok(Some((time, link(header.datalink), packet.data.into_owned())))
}

fn next_generation<R: BufRead>(reader: &mut PcapNgReader<R>) -> Read {
    loop {
        let (interface, units, octets) = match reader.next_block() {
            None => return Ok(None),
            Some(block) => match block? {
                Block::EnhancedPacket(packet) => {
                    // The library takes every unit for a nanosecond.
                    let units = packet.timestamp.as_nanos() as u64;
                    (packet.interface_id, units, packet.data.into_owned())
                }
                Block::Packet(packet) => {
                    (packet.interface_id.into(), packet.timestamp, packet.data.into_owned())
                }
                Block::SimplePacket(packet) => {
                    // What is longer than the packet was is padding.
                    let length = packet.data.len().min(packet.original_len as usize);
                    (0, 0, packet.data[..length].to_vec())
                }
                _ => continue,
            },
        };
        let Some(interface) = reader.interfaces().get(interface as usize) else {
            return Err(PcapError::InvalidInterfaceId(interface));
        };
        return Ok(Some((since_1970(interface, units), link(interface.linktype), octets)));
    }
}

/// `if_tsresol` of pcapng: a power of ten, or of two where the highest bit is set; a millionth
/// where it is absent.
fn since_1970(interface: &InterfaceDescriptionBlock<'_>, units: u64) -> Duration {
    let resolution = interface.options.iter().find_map(|option| match option {
        InterfaceDescriptionOption::IfTsResol(resolution) => Some(*resolution),
        _ => None,
    });
    let resolution = resolution.unwrap_or(6);
    let power = u32::from(resolution & 0x7f);
    let base: u128 = if resolution & 0x80 == 0 { 10 } else { 2 };
    let Some(each) = base.checked_pow(power) else { return Duration::ZERO };
    let units = u128::from(units);
    let seconds = u64::try_from(units / each).unwrap_or(u64::MAX);
    let nanos = (units % each).checked_mul(1_000_000_000).map_or(0, |scaled| scaled / each);
    Duration::new(seconds, u32::try_from(nanos).unwrap_or(0))
}

fn link(link: DataLink) -> Link {
    match link {
        DataLink::ETHERNET => Link::Ethernet,
        DataLink::RAW | DataLink::IPV4 | DataLink::IPV6 => Link::Ip,
        DataLink::LINUX_SLL => Link::Cooked,
        DataLink::LINUX_SLL2 => Link::Cooked2,
        DataLink::NULL | DataLink::LOOP => Link::Loopback,
        // Raw IP where the file's writer did not translate its system's own number (12 and 14).
        DataLink::Unknown(12 | 14) => Link::Ip,
        other => Link::Other(u32::from(other)),
    }
}
