//! Captures, of whatever protocol: their connections, one after the other.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;

use netlever_core::omapi::values::Time;
use serde_json::{Map, Value as Json};

use crate::capture::{self, CaptureError, Connections, Event, Mark, Packets, Side};
use crate::commands::Context;
use crate::failure::Failure;
use crate::output::Output;

/// One connection of a capture.
pub(crate) struct Followed {
    pub(crate) number: u64,
    pub(crate) client: SocketAddr,
    pub(crate) server: SocketAddr,
}

/// What was in a capture.
pub(crate) struct Seen {
    pub(crate) connections: u64,
    /// Why it could not be read to its end.
    pub(crate) broken: Option<String>,
}

/// A capture, or standard input for `-`.
pub(crate) fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let opened = File::open(path)
        .map_err(|why| Failure::usage(format!("reading {}: {why}", path.display())))?;
    Ok(Box::new(BufReader::new(opened)))
}

/// Tells all that happened on connections to this port.
pub(crate) fn each(
    context: &Context,
    input: &mut dyn BufRead,
    port: u16,
    mut tell: impl FnMut(Event),
) -> Result<Seen, Failure> {
    let mut packets = Packets::new(input).map_err(Failure::usage)?;
    let (mut connections, mut events) = (Connections::new(port), Vec::new());
    let (mut strange, mut broken) = (None, None);
    loop {
        match packets.next() {
            Ok(None) => break,
            Ok(Some(packet)) => {
                if let capture::Link::Other(number) = packet.link {
                    strange.get_or_insert(number);
                }
                if let Some(segment) = capture::segment(packet.link, packet.mark, &packet.octets) {
                    connections.push(&segment, &mut events);
                }
            }
            Err(why @ CaptureError::Cut(_)) => {
                context.output.warn(&why.to_string());
                break;
            }
            Err(why) => {
                broken = Some(why.to_string());
                break;
            }
        }
        events.drain(..).for_each(&mut tell);
    }
    connections.finish(&mut events);
    events.drain(..).for_each(&mut tell);
    if let Some(number) = strange {
        context.output.warn(&format!("packets of link type {number} were passed over"));
    }
    if connections.left_out() > 0 {
        let count = connections.left_out();
        context.output.warn(&format!("too many connections at once: {count} segments left out"));
    }
    Ok(Seen { connections: connections.count(), broken })
}

/// A connection begins.
pub(crate) fn opened(output: &Output, on: &Followed, whole: bool) {
    output.print(
        || {
            let mut line = Map::new();
            line.insert("kind".into(), "connection".into());
            place(&mut line, on, None);
            line.insert("whole".into(), whole.into());
            line.into()
        },
        |palette| {
            let note = if whole { "" } else { ", whose beginning was not captured" };
            let dim = palette.dim;
            let Followed { number, client, server } = on;
            format!("{dim}connection {number}: {client} to {server}{note}{dim:#}\n")
        },
    );
}

/// A connection ends.
pub(crate) fn closed(
    output: &Output,
    on: &Followed,
    reset: Option<Side>,
    mark: Option<Mark>,
    retransmitted: u64,
) {
    output.print(
        || {
            let mut line = Map::new();
            line.insert("kind".into(), "closed".into());
            place(&mut line, on, mark);
            line.insert("reset-by".into(), reset.map(Side::name).into());
            line.insert("retransmitted".into(), retransmitted.into());
            line.into()
        },
        |palette| {
            let how = match (reset, mark) {
                (Some(side), _) => format!("reset by the {}", side.name()),
                (None, Some(_)) => "closed".to_owned(),
                (None, None) => "still open at the end of the capture".to_owned(),
            };
            let again = match retransmitted {
                0 => String::new(),
                count => format!(", {count} segments retransmitted"),
            };
            let dim = palette.dim;
            format!("{dim}connection {}: {how}{again}{dim:#}\n", on.number)
        },
    );
}

/// Where something stands in the capture.
pub(crate) fn place(line: &mut Map<String, Json>, on: &Followed, mark: Option<Mark>) {
    line.insert("connection".into(), on.number.into());
    line.insert("client".into(), on.client.to_string().into());
    line.insert("server".into(), on.server.to_string().into());
    if let Some(mark) = mark {
        line.insert("packet".into(), mark.packet.into());
        line.insert("time".into(), time(mark).into());
    }
}

/// RFC 3339, in UTC, with microseconds.
pub(crate) fn time(mark: Mark) -> Option<String> {
    let seconds = u32::try_from(mark.time.as_secs()).ok()?;
    let whole = Time(seconds).rfc3339()?;
    Some(format!("{}.{:06}Z", whole.trim_end_matches('Z'), mark.time.subsec_micros()))
}
