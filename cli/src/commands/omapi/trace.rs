//! `-v`: what goes over the wire, on stderr.
//!
//! A session around the session, which looks at the octets as they pass. The secret of a key is
//! never among them; a signature is, with `-vv`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::ErrorKind;
use std::time::Instant;

use netlever_core::omapi::Omapi;
use netlever_core::omapi::values::{Family, decode, decode_message};
use netlever_core::omapi::wire::{Decoder, Introduction, Message, Opcode};
use netlever_core::{Call, Link, News, Session, Step, Ticket};

use crate::commands::Context;
use crate::output::Output;

/// The client's session, shown while it works.
#[derive(Debug)]
pub(crate) struct Traced {
    omapi: Omapi,
    /// `None` without `-v`.
    view: Option<View>,
}

impl Traced {
    pub(crate) fn new(omapi: Omapi, context: &Context) -> Self {
        let view = (context.verbose > 0).then(|| View {
            output: context.output.clone(),
            octets: context.verbose > 1,
            family: omapi.config().family,
            limits: omapi.config().limits,
            ours: None,
            theirs: None,
            asked: BTreeMap::new(),
            types: BTreeMap::new(),
            closed: false,
        });
        Self { omapi, view }
    }
}

/// A call of the session inside.
#[derive(Clone, Debug)]
pub(crate) struct On<C>(pub(crate) C);

impl<C: Call<Omapi>> Call<Traced> for On<C> {
    type Output = C::Output;

    fn step(&mut self, traced: &mut Traced, now: Instant) -> Step<C::Output> {
        self.0.step(&mut traced.omapi, now)
    }
}

impl Session for Traced {
    type Flow = ();
    type Event = Infallible;

    fn limit(&self) -> usize {
        self.omapi.limit()
    }

    fn link(&self) -> Link {
        self.omapi.link()
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        if let Some(view) = &mut self.view {
            view.news(news);
        }
        self.omapi.handle_link(now, news);
    }

    fn wants_input(&self) -> bool {
        self.omapi.wants_input()
    }

    fn handle_input(&mut self, now: Instant, (): (), input: &[u8]) -> usize {
        let used = self.omapi.handle_input(now, (), input);
        if let (Some(view), Some(octets)) = (&mut self.view, input.get(..used)) {
            view.octets(octets, Side::Server);
        }
        used
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.omapi.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        let sent = self.omapi.poll_transmit(now, out);
        if let (Some(view), Some(octets)) = (&mut self.view, out.get(start..)) {
            view.octets(octets, Side::Client);
        }
        sent
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.omapi.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<Infallible> {
        self.omapi.poll_event()
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        self.omapi.poll_done()
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.omapi.cancel(ticket);
    }

    fn close(&mut self) {
        if let Some(view) = &mut self.view {
            view.closed = true;
        }
        self.omapi.close();
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Client,
    Server,
}

/// What is known of the conversation.
#[derive(Debug)]
struct View {
    output: Output,
    octets: bool,
    family: Family,
    limits: netlever_core::omapi::wire::Limits,
    /// Each side's decoder, once its introduction has passed.
    ours: Option<Decoder>,
    theirs: Option<Decoder>,
    /// The object types of requests that are not answered yet, by transaction id.
    asked: BTreeMap<u32, String>,
    /// The object types of handles.
    types: BTreeMap<u32, String>,
    /// Whether we have hung up.
    closed: bool,
}

impl View {
    fn news(&mut self, news: News) {
        (self.ours, self.theirs) = (None, None);
        self.asked.clear();
        self.types.clear();
        let said = match news {
            News::Up => "connected".to_owned(),
            News::Eof => "the server says no more".to_owned(),
            News::Down => "hung up".to_owned(),
            News::Lost(ErrorKind::BrokenPipe) if self.closed => "hung up".to_owned(),
            News::Lost(why) => format!("connection failed: {why}"),
        };
        self.output.trace(&format!("* {said}"));
    }

    /// Shows the messages in these octets: whole ones only, as both ends give them.
    fn octets(&mut self, mut octets: &[u8], side: Side) {
        while !octets.is_empty() {
            let decoder = match side {
                Side::Client => &mut self.ours,
                Side::Server => &mut self.theirs,
            };
            let Some(mut known) = decoder.take() else {
                let Ok(Some(introduction)) = Introduction::decode(octets) else {
                    return self.show(side, "what is no introduction", octets);
                };
                let mut known = Decoder::new(self.limits);
                known.set_header_size(introduction.header_size);
                *decoder = Some(known);
                let (first, rest) = octets.split_at(Introduction::LEN.min(octets.len()));
                let text = format!(
                    "introduction version={} header={}",
                    introduction.version, introduction.header_size
                );
                self.show(side, &text, first);
                octets = rest;
                continue;
            };
            let Ok(Some(message)) = known.decode(octets) else {
                return self.show(side, "what is no message", octets);
            };
            let text = self.describe(&message, side);
            let (first, rest) = octets.split_at(message.len().min(octets.len()));
            self.show(side, &text, first);
            octets = rest;
            match side {
                Side::Client => self.ours = Some(known),
                Side::Server => self.theirs = Some(known),
            }
        }
    }

    fn describe(&mut self, message: &Message<'_>, side: Side) -> String {
        let header = message.header;
        let asked = message.message.get("type").map(|name| String::from_utf8_lossy(name).into());
        let object_type: String = match side {
            Side::Client => {
                let known = asked.or_else(|| self.types.get(&header.handle).cloned());
                self.asked.insert(header.tid, known.clone().unwrap_or_default());
                known.unwrap_or_default()
            }
            Side::Server => {
                let known = self.asked.remove(&header.rid).unwrap_or_default();
                if header.handle != 0 && !known.is_empty() {
                    self.types.insert(header.handle, known.clone());
                }
                known
            }
        };
        let name = match message.opcode() {
            Some(opcode) => opcode.to_string(),
            None => format!("opcode {}", header.opcode),
        };
        let mut text = match side {
            Side::Client => format!("{name} tid={:#010x}", header.tid),
            Side::Server => format!("{name} rid={:#010x}", header.rid),
        };
        if header.handle != 0 {
            text.push_str(&format!(" handle={}", header.handle));
        }
        if header.authid == 0 {
            text.push_str(" unsigned");
        }
        for (name, octets) in message.message.iter() {
            let value = decode_message(name, octets);
            text.push_str(&format!(" {}={value}", String::from_utf8_lossy(name)));
        }
        if message.opcode() != Some(Opcode::Status) {
            text.push_str(" |");
        }
        for (name, octets) in message.object.iter() {
            let value = decode(&object_type, name, octets, self.family);
            text.push_str(&format!(" {}={value}", String::from_utf8_lossy(name)));
        }
        text
    }

    fn show(&self, side: Side, text: &str, octets: &[u8]) {
        let arrow = if side == Side::Client { '>' } else { '<' };
        let text: String = text.chars().flat_map(visible).collect();
        self.output.trace(&format!("{arrow} {text}"));
        if self.octets {
            for (number, row) in octets.chunks(16).enumerate() {
                self.output.trace(&format!("  {:04x}  {}", number * 16, hex_row(row)));
            }
        }
    }
}

fn visible(character: char) -> impl Iterator<Item = char> {
    let (shown, escaped) = if character.is_control() {
        (None, Some(character.escape_default()))
    } else {
        (Some(character), None)
    };
    shown.into_iter().chain(escaped.into_iter().flatten())
}

/// Sixteen octets in hex, and as ASCII where they are.
pub(crate) fn hex_row(row: &[u8]) -> String {
    let hex: Vec<_> = row.iter().map(|octet| format!("{octet:02x}")).collect();
    let ascii: String = row
        .iter()
        .map(|&octet| if (b' '..=b'~').contains(&octet) { char::from(octet) } else { '.' })
        .collect();
    format!("{:47}  {ascii}", hex.join(" "))
}
