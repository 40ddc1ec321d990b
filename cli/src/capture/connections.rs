//! The connections of one service port, each with its two directions.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::stream::Stream;
use super::{Mark, Piece, Segment};

/// Connections that are followed at once; further ones are counted and left out.
pub(crate) const CONNECTIONS: usize = 10_000;

/// Who sent something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Side {
    /// The one that speaks to the service's port.
    Client,
    /// The one that owns it.
    Server,
}

impl Side {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// Something happened on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Its number in the capture, counted from 1.
    pub(crate) connection: u64,
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// The first segment; `whole` says whether the capture has the connection's beginning.
    Opened { whole: bool },
    /// A direction went on.
    Piece(Side, Piece),
    /// The connection is over: by a reset of this side, by both sides' ends (`None`), or with the
    /// capture.
    Closed { reset: Option<Side>, mark: Option<Mark>, retransmitted: u64 },
}

struct Connection {
    number: u64,
    client: Stream,
    server: Stream,
}

impl Connection {
    fn stream(&mut self, side: Side) -> &mut Stream {
        match side {
            Side::Client => &mut self.client,
            Side::Server => &mut self.server,
        }
    }
}

/// All connections to one port.
pub(crate) struct Connections {
    port: u16,
    open: BTreeMap<(SocketAddr, SocketAddr), Connection>,
    count: u64,
    left_out: u64,
}

impl Connections {
    /// Of the service at this port.
    pub(crate) const fn new(port: u16) -> Self {
        Self { port, open: BTreeMap::new(), count: 0, left_out: 0 }
    }

    /// How many connections were seen.
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Segments of connections above [`CONNECTIONS`].
    pub(crate) const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// Takes a segment of any connection; those of other ports are passed over.
    pub(crate) fn push(&mut self, segment: &Segment<'_>, out: &mut Vec<Event>) {
        // Between two ports of this number, whoever spoke first is the client.
        let from_client = segment.to.port() == self.port
            && !(segment.from.port() == self.port
                && self.open.contains_key(&(segment.to, segment.from)));
        let (side, client, server) = match from_client {
            true => (Side::Client, segment.from, segment.to),
            false if segment.from.port() == self.port => (Side::Server, segment.to, segment.from),
            false => return,
        };
        let key = (client, server);
        let anew = segment.syn
            && self.open.get_mut(&key).is_some_and(|on| !on.stream(side).begins_with(segment.seq));
        if anew {
            self.close(key, None, None, out);
        }
        if !self.open.contains_key(&key) {
            if segment.rst || segment.octets.is_empty() && !segment.syn {
                return; // the last words of a connection that is over, or not begun
            }
            if self.open.len() >= CONNECTIONS {
                self.left_out += 1;
                return;
            }
            self.count += 1;
            let (client, server) = (Stream::default(), Stream::default());
            self.open.insert(key, Connection { number: self.count, client, server });
            let what = What::Opened { whole: segment.syn };
            out.push(Event { connection: self.count, client: key.0, server: key.1, what });
        }
        let Some(on) = self.open.get_mut(&key) else { return };
        let other = if side == Side::Client { Side::Server } else { Side::Client };
        let mut pieces = Vec::new();
        if let Some(ack) = segment.ack {
            on.stream(other).acknowledged(ack, &mut pieces);
            tell(on.number, key, other, &mut pieces, out);
        }
        let mut seq = segment.seq;
        if segment.syn {
            on.stream(side).begin(seq);
            seq = seq.wrapping_add(1);
        }
        on.stream(side).push(seq, segment.octets, segment.fin, segment.mark, &mut pieces);
        tell(on.number, key, side, &mut pieces, out);
        if segment.rst {
            self.close(key, Some(side), Some(segment.mark), out);
        } else if on.client.ended() && on.server.ended() {
            self.close(key, None, Some(segment.mark), out);
        }
    }

    /// The capture is over.
    pub(crate) fn finish(&mut self, out: &mut Vec<Event>) {
        while let Some(&key) = self.open.keys().next() {
            self.close(key, None, None, out);
        }
    }

    fn close(
        &mut self,
        key: (SocketAddr, SocketAddr),
        reset: Option<Side>,
        mark: Option<Mark>,
        out: &mut Vec<Event>,
    ) {
        let Some(mut on) = self.open.remove(&key) else { return };
        for side in [Side::Client, Side::Server] {
            let mut pieces = Vec::new();
            on.stream(side).finish(&mut pieces);
            tell(on.number, key, side, &mut pieces, out);
        }
        let retransmitted = on.client.retransmitted() + on.server.retransmitted();
        let what = What::Closed { reset, mark, retransmitted };
        out.push(Event { connection: on.number, client: key.0, server: key.1, what });
    }
}

fn tell(
    connection: u64,
    (client, server): (SocketAddr, SocketAddr),
    side: Side,
    pieces: &mut Vec<Piece>,
    out: &mut Vec<Event>,
) {
    out.extend(pieces.drain(..).map(|piece| Event {
        connection,
        client,
        server,
        what: What::Piece(side, piece),
    }));
}
