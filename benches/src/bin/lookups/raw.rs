//! The yardstick: a client that writes and reads a socket and does nothing else.
//!
//! It has the codec, one connection or several in a row, and blocks. No session, no runtime, no
//! deadline: what it needs, every client needs.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use netlever_benches::server::addresses;
use netlever_core::omapi::key::Key;
use netlever_core::omapi::wire::{
    Attributes, Decoder, Header, Introduction, Limits, Opcode, encode,
};

use crate::{Outcome, Since, Target, Took, WARM_UP, Way};

/// `count` lookups: a burst on each connection, then all answers, then the next bursts.
pub(crate) fn measure(way: Way, target: &Target, count: usize) -> Outcome<Took> {
    let mut raws = Vec::new();
    for _ in 0..way.connections {
        raws.push(Raw::connect(target)?);
    }
    let mut ips = addresses(target.first, target.leases);
    let mut look_up = |count: usize| {
        let each = way.window * way.connections;
        for _ in 0..count.div_ceil(each) {
            for raw in &mut raws {
                raw.ask(ips.by_ref().take(way.window))?;
            }
            for raw in &mut raws {
                raw.hear(way.window)?;
            }
        }
        Ok::<usize, io::Error>(count.div_ceil(each) * each)
    };
    look_up(WARM_UP)?;
    let since = Since::now()?;
    let lookups = look_up(count)?;
    since.took(lookups)
}

struct Raw {
    stream: TcpStream,
    key: Key,
    authid: u32,
    tid: u32,
    out: Vec<u8>,
    input: Vec<u8>,
    /// Received: `input[..fill]`.
    fill: usize,
    decoder: Decoder,
    message: Attributes,
}

impl Raw {
    fn connect(target: &Target) -> Outcome<Self> {
        let addr = target.at.socket_addr().ok_or("the server needs an address")?;
        let mut stream = TcpStream::connect(addr)?;
        stream.set_nodelay(true)?;
        let mut out = Vec::new();
        Introduction::OURS.encode(&mut out);
        let key = target.key.clone();
        let header = Header { opcode: Opcode::Open.code(), tid: 1, ..Header::default() };
        let message: Attributes = [("type", "authenticator")].into_iter().collect();
        let names = [("name", key.name()), ("algorithm", key.algorithm().wire_name())];
        let object: Attributes = names.into_iter().collect();
        encode(&mut out, &header, message.as_dictionary(), object.as_dictionary(), None);
        stream.write_all(&out)?;
        stream.read_exact(&mut out[..Introduction::LEN])?;
        let mut raw = Self {
            stream,
            key,
            authid: 0,
            tid: 1,
            out,
            input: vec![0; 65_536],
            fill: 0,
            decoder: Decoder::new(Limits::default()),
            message: [("type", "lease")].into_iter().collect(),
        };
        raw.fill = raw.stream.read(&mut raw.input)?;
        let message = raw.decoder.decode(&raw.input[..raw.fill])?.ok_or("a cut handshake")?;
        raw.authid = message.header.handle;
        raw.fill = 0;
        Ok(raw)
    }

    /// Sends a burst.
    fn ask(&mut self, ips: impl Iterator<Item = Ipv4Addr>) -> io::Result<()> {
        self.out.clear();
        for ip in ips {
            self.tid += 1;
            let (authid, opcode) = (self.authid, Opcode::Open.code());
            let header = Header { authid, opcode, tid: self.tid, ..Header::default() };
            let object: Attributes = [("ip-address", ip.octets())].into_iter().collect();
            let (message, object) = (self.message.as_dictionary(), object.as_dictionary());
            encode(&mut self.out, &header, message, object, Some(&self.key));
        }
        self.stream.write_all(&self.out)
    }

    /// Takes the answers of a burst.
    fn hear(&mut self, burst: usize) -> io::Result<()> {
        let (mut head, mut next) = (0, self.tid + 1 - burst as u32);
        while next <= self.tid {
            let decoded = self.decoder.decode(&self.input[head..self.fill]);
            let Some(message) = decoded.map_err(io::Error::other)? else {
                self.input.copy_within(head..self.fill, 0);
                (head, self.fill) = (0, self.fill - head);
                self.fill += match self.stream.read(&mut self.input[self.fill..])? {
                    0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                    got => got,
                };
                continue;
            };
            let right = message.opcode() == Some(Opcode::Update) && message.header.rid == next;
            if !right || !message.verify(&self.key) {
                return Err(io::Error::other(format!("no lease, or no answer to it: {message:?}")));
            }
            (head, next) = (head + message.len(), next + 1);
        }
        self.fill = 0; // nothing follows the last answer of a burst
        Ok(())
    }
}
