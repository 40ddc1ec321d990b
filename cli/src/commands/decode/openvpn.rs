//! `netlever decode openvpn`: a management interface's octets, explained.
//!
//! With both directions, from a capture, each reply is told with the command that it answers. Of
//! one direction alone, events are explained and all else is told line by line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use netlever_core::openvpn::reader::{Phase, Reader, Sent};
use netlever_core::openvpn::wire::{Limits, Lines};
use netlever_core::openvpn::{Item, Octets};
use serde_json::{Map, Value as Json, json};

use super::input;
use super::packets::{self, Followed, place};
use crate::capture::{Event, Mark, Piece, Side, What};
use crate::commands::openvpn::event::Told;
use crate::commands::openvpn::render::{shown, text};
use crate::commands::openvpn::replies;
use crate::commands::openvpn::trace::{Mask, redacted};
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Kind, Status};
use crate::output::Output;

/// The words behind `decode openvpn`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = HELP,
    group(clap::ArgGroup::new("octets").required(true).args(["hex", "file", "pcap"]))
)]
pub(crate) struct Args {
    /// What a daemon sent, in hex: white space, colons and 0x do not count; - reads stdin
    #[arg(value_name = "HEX")]
    hex: Vec<String>,
    /// A file of what a daemon sent, or of hex
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A capture of tcpdump or Wireshark (pcap or pcapng); - reads stdin
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// The management port in the capture
    #[arg(long, value_name = "PORT", default_value_t = 7505)]
    port: u16,
    /// In the capture the daemon connects (management-client)
    #[arg(long)]
    daemon_connects: bool,
    /// What is given was sent to the daemon
    #[arg(long, conflicts_with = "pcap")]
    commands: bool,
}

const HELP: &str = "\
With --json a line for each: {\"kind\": \"prompt|accepted|rejected|greeting|command|reply|event|line|
partial|gap|broken\", …}; a reply has \"command\" and \"answer\", an event what `openvpn events` prints,
a command and a line \"line\". From a capture each has \"connection\", \"client\", \"server\", \"packet\" and
\"time\" too, and connections begin and end with \"connection\" and \"closed\". Passwords are
\"[redacted]\".

Exit status: 0; 1 broken octets, or nothing at all.

Example:
  tcpdump -w - -i lo tcp port 7505 | netlever decode openvpn --pcap -";

/// Where a line comes from, and whom it is told to.
struct Page<'a> {
    output: &'a Output,
    on: Option<&'a Followed>,
    mark: Option<Mark>,
}

impl Page<'_> {
    fn tell(&self, kind: &str, fields: Json, text: impl FnOnce() -> String) {
        let line = || {
            let mut line = Map::new();
            line.insert("kind".into(), kind.into());
            if let Some(on) = self.on {
                place(&mut line, on, self.mark);
            }
            if let Json::Object(fields) = fields {
                for (name, value) in fields {
                    // An event's own time stands beside the packet's.
                    let taken = line.contains_key(&name);
                    line.insert(if taken { format!("event_{name}") } else { name }, value);
                }
            }
            line.into()
        };
        self.output.print(line, |_| {
            let on = self.on.map(|on| format!("[{}] ", on.number)).unwrap_or_default();
            format!("{on}{}\n", text())
        });
    }
}

/// One connection, both ways.
struct Talk {
    reader: Reader,
    /// What the daemon sent and was not read yet.
    theirs: Vec<u8>,
    /// The beginning of a line of the client's.
    ours: Vec<u8>,
    mask: Mask,
    count: u64,
    broken: Option<String>,
}

impl Talk {
    /// From the beginning, or from somewhere in the middle.
    fn new(whole: bool) -> Self {
        let limits = Limits::default();
        let reader = if whole { Reader::new(limits) } else { Reader::ready(limits, 5) };
        let (theirs, ours, mask) = (Vec::new(), Vec::new(), Mask::default());
        Self { reader, theirs, ours, mask, count: 0, broken: None }
    }

    /// The client sent this.
    fn sent(&mut self, octets: &[u8], page: &Page<'_>) {
        if let Err(why) = self.reader.sent(octets) {
            self.broken.get_or_insert_with(|| why.to_string());
        }
        self.ours.extend_from_slice(octets);
        while let Some(end) = self.ours.iter().position(|octet| *octet == b'\n') {
            let line: Vec<u8> = self.ours.drain(..=end).collect();
            let line = Lines::new(&line).next().unwrap_or_default();
            let locked = matches!(self.reader.phase(), Phase::Start | Phase::Locked);
            let open = if locked { 0 } else { self.mask.open(line) };
            let shown = redacted(line, open);
            self.count += 1;
            page.tell("command", json!({ "line": shown }), || format!("> {shown}"));
        }
        // No line of a client's has more.
        if self.ours.len() > Limits::default().line {
            self.ours.clear();
        }
    }

    /// The daemon sent this.
    fn heard(&mut self, octets: &[u8], page: &Page<'_>) {
        self.theirs.extend_from_slice(octets);
        let mut used = 0;
        while self.broken.is_none() {
            match self.reader.next(&self.theirs[used..]) {
                Ok((octets, item)) => {
                    let Some(item) = item else {
                        used += octets;
                        break;
                    };
                    self.count += 1;
                    tell(&item, page);
                    used += octets;
                }
                Err(fault) => {
                    let why = fault.to_string();
                    page.tell("broken", json!({ "why": why }), || format!("broken: {why}"));
                    self.broken = Some(why);
                }
            }
        }
        self.theirs.drain(..used);
    }

    /// Octets of either side are missing: who answers what is no longer known.
    fn gap(&mut self, side: Side, length: u64, page: &Page<'_>) {
        let management = self.reader.dialect().management.max(1);
        self.reader = Reader::ready(Limits::default(), management);
        self.theirs.clear();
        self.ours.clear();
        let sender = side.name();
        page.tell("gap", json!({ "sender": sender, "length": length }), || {
            format!("{length} octets of the {sender} were not captured")
        });
    }

    /// There is no more.
    fn finish(&mut self, page: &Page<'_>) {
        let rest = std::mem::take(&mut self.theirs);
        while let Some(item) = self.reader.finish(&rest) {
            self.count += u64::from(!matches!(item, Item::Eof));
            tell(&item, page);
        }
    }
}

fn tell(item: &Item<'_>, page: &Page<'_>) {
    let nothing = || Json::Object(Map::new());
    match item {
        Item::PasswordPrompt => page.tell("prompt", nothing(), || "< the password prompt".into()),
        Item::PasswordAccepted => {
            page.tell("accepted", nothing(), || "< the password is right".into());
        }
        Item::PasswordRejected => {
            page.tell("rejected", nothing(), || "< the password is wrong".into());
        }
        Item::Greeting { version } => {
            page.tell("greeting", json!({ "management_version": version }), || {
                format!("< greeting, management version {version}")
            });
        }
        Item::Reply(reply) => {
            let (command, answer) = (command(reply.sent), replies::json(&reply.answer));
            let text = format!("< {command} -> {answer}");
            page.tell("reply", json!({ "command": command, "answer": answer }), || text);
        }
        Item::Event(notification) => {
            let told = Told::of_notification(notification);
            let line = told.text();
            page.tell("event", told.json(), || format!("< {line}"));
        }
        Item::Unexpected(line) => {
            page.tell("line", json!({ "line": text(*line) }), || format!("< {}", shown(*line)));
        }
        Item::Partial(rest) => {
            let octets = rest.as_bytes();
            page.tell("partial", json!({ "line": text(Octets(octets)) }), || {
                format!("< {} (cut)", shown(Octets(octets)))
            });
        }
        Item::Unanswered(lines) => {
            let lines: Vec<String> = lines.iter().map(command).collect();
            let text = format!("not answered: {}", lines.join("; "));
            page.tell("unanswered", json!({ "commands": lines }), || text);
        }
        _ => {}
    }
}

/// A line that was sent, without its secrets.
fn command(sent: &Sent) -> String {
    let text = sent.to_string();
    text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&text).to_owned()
}

pub(super) fn run(context: &Context, args: Args) -> Ended {
    if let Some(path) = &args.pcap {
        return read_capture(context, path, &args);
    }
    let octets = match (&args.file, args.hex.as_slice()) {
        (Some(path), _) => input::file(path)?,
        (None, [dash]) if dash == "-" => input::file(Path::new("-"))?,
        (None, words) => input::hex(&words.join(" "))?,
    };
    let whole = octets.starts_with(b"ENTER PASSWORD:") || octets.starts_with(b">INFO:");
    let mut talk = Talk::new(whole);
    let page = Page { output: &context.output, on: None, mark: None };
    if args.commands {
        talk.sent(&octets, &page);
    } else {
        talk.heard(&octets, &page);
        talk.finish(&page);
    }
    end(talk.count, talk.broken, || "there are no lines to decode".into())
}

fn read_capture(context: &Context, path: &Path, args: &Args) -> Ended {
    let (mut talks, mut count, mut broken) = (BTreeMap::new(), 0, None);
    let mut input = packets::open(path)?;
    let seen = packets::each(context, &mut *input, args.port, |event| {
        follow(context, event, args.daemon_connects, &mut talks, &mut count, &mut broken);
    })?;
    end(count, broken.or(seen.broken), || match seen.connections {
        0 => format!("no connection of TCP port {} in the capture; see --port", args.port),
        _ => "no line in the capture".into(),
    })
}

fn follow(
    context: &Context,
    event: Event,
    daemon_connects: bool,
    talks: &mut BTreeMap<u64, Talk>,
    count: &mut u64,
    broken: &mut Option<String>,
) {
    let Event { connection: number, client, server, what } = event;
    let on = Followed { number, client, server };
    let page = |mark| Page { output: &context.output, on: Some(&on), mark };
    match what {
        What::Opened { whole } => {
            talks.insert(number, Talk::new(whole));
            packets::opened(&context.output, &on, whole);
        }
        What::Piece(side, piece) => {
            let Some(talk) = talks.get_mut(&number) else { return };
            let from_daemon = (side == Side::Server) != daemon_connects;
            match piece {
                Piece::Octets { octets, mark, .. } if from_daemon => {
                    talk.heard(&octets, &page(Some(mark)));
                }
                Piece::Octets { octets, mark, .. } => talk.sent(&octets, &page(Some(mark))),
                Piece::Gap { length, .. } => talk.gap(side, length, &page(None)),
                Piece::End { .. } => {}
            }
        }
        What::Closed { reset, mark, retransmitted } => {
            let Some(mut talk) = talks.remove(&number) else { return };
            talk.finish(&page(mark));
            *count += talk.count;
            if let Some(why) = talk.broken {
                broken.get_or_insert_with(|| format!("connection {number}: {why}"));
            }
            packets::closed(&context.output, &on, reset, mark, retransmitted);
        }
    }
}

fn end(count: u64, broken: Option<String>, nothing: impl FnOnce() -> String) -> Ended {
    match (broken, count) {
        (Some(why), _) => Err(Failure::new(Kind::Protocol, why)),
        (None, 0) => Err(Failure::other(nothing())),
        (None, _) => Ok(Status::Done),
    }
}
