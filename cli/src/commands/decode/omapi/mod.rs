//! `netlever decode omapi`.
//!
//! ```text
//!   HEX, --file ──────────────────────► Reader ──► Item ──► show
//!   --pcap ──► Connections ──► Reader ──►  ▲         (message, gap, broken octets)
//!                              each way    └── Dialogue: types, keys
//! ```

mod dialogue;
mod item;
mod reader;
mod show;

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::{Path, PathBuf};

use netlever_core::omapi::key::Algorithm;
use netlever_core::omapi::values::Family;

use super::packets::Followed;
use super::{input, packets};
use crate::capture::{self, Event, Piece, Side};
use crate::commands::omapi::options::{KEY_VARIABLE, PORT, secret};
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Kind, Status};
use crate::secret::{Places, Secret};
use dialogue::{Dialogue, Keys};
use item::{Item, Proof, What};
use reader::{Begin, Reader};

/// The words behind `decode omapi`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = HELP,
    group(clap::ArgGroup::new("octets").required(true).args(["hex", "file", "pcap"]))
)]
pub(crate) struct Args {
    /// The octets in hex: white space, colons and 0x do not count; - reads stdin, hex or binary
    #[arg(value_name = "HEX")]
    hex: Vec<String>,
    /// A file of octets, or of hex
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// A capture of tcpdump or Wireshark (pcap or pcapng); - reads stdin
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// The server's port in the capture
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
    /// Check only signatures of this key; without it, all are checked with the secret
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,
    /// The key's secret in base64; better in a file or in NETLEVER_OMAPI_KEY
    #[arg(long, value_name = "BASE64", value_parser = secret)]
    key: Option<Secret>,
    /// A file whose first line is the key's secret in base64
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The key's algorithm; without it, the length of a signature tells
    #[arg(long, value_name = "NAME")]
    algorithm: Option<Algorithm>,
    /// The type of objects where the octets do not tell, as in an answer without its request
    #[arg(long = "type", value_name = "TYPE", default_value = "")]
    object_type: String,
    /// The server is a DHCPv6 one: addresses of hosts have 16 octets
    #[arg(long)]
    dhcpv6: bool,
}

const HELP: &str = "\
The type of an object follows from its OPEN: through the transaction id to the answer, and through
the handle to later requests, so an exchange tells more than one message. Captures may have any
cuts, retransmissions, segments out of order and gaps; links: Ethernet, raw IP, Linux cooked
(versions 1 and 2) and loopback.

With --json a line for each message:
  {\"kind\": \"message\", \"offset\", \"length\", \"sender\": \"client|server\", \"authid\", \"authlen\",
   \"opcode\", \"opcode-name\", \"handle\", \"id\", \"rid\", \"message\": {…}, \"type\", \"object\": {…},
   \"signature\": {\"hex\": …} or null, \"verified\": true|false|null}
and for what stands between them \"introduction\" (\"version\", \"header-size\"), \"gap\", \"cut\" and
\"broken\" (\"why\"), all with offset and length in octets of their direction. From a capture each
has \"connection\", \"client\", \"server\", \"packet\" and \"time\" too, and connections begin and end
with \"connection\" and \"closed\".

Exit status: 0; 1 broken octets, or no message at all; 5 a wrong signature, or an authenticator
named without one.

Examples:
  netlever decode omapi 00000064 00000018
  tcpdump -w - -i any tcp port 7911 | netlever decode omapi --pcap - --secret-file key";

/// What was found, for the exit status.
#[derive(Debug, Default)]
struct Found {
    messages: u64,
    /// How many signatures are wrong, and where the first is.
    wrong: (u64, Option<String>),
    /// The first broken octets.
    broken: Option<String>,
}

impl Found {
    fn note(&mut self, item: &Item, connection: Option<u64>) {
        let on = connection.map(|on| format!(" of connection {on}")).unwrap_or_default();
        let by = item.sender.filter(|_| connection.is_some());
        let by = by.map(|side| format!(", from the {}", side.name())).unwrap_or_default();
        let place = format!("octet {}{on}{by}", item.offset);
        match &item.what {
            What::Introduction(_) => self.messages += 1,
            What::Message(told) => {
                self.messages += 1;
                if matches!(told.proof, Proof::Wrong | Proof::Claimed) {
                    self.wrong.0 += 1;
                    self.wrong.1.get_or_insert(place);
                }
            }
            What::Broken(why) => {
                self.broken.get_or_insert_with(|| format!("broken at {place}: {why}"));
            }
            // A capture may end anywhere; octets given by hand should be whole.
            What::Cut if connection.is_none() => {
                self.broken.get_or_insert_with(|| {
                    format!("the message at {place} is cut: {} octets of it are there", item.length)
                });
            }
            What::Cut | What::Gap => {}
        }
    }

    fn end(self, nothing: impl FnOnce() -> String) -> Ended {
        match self {
            Self { wrong: (count @ 1.., Some(place)), .. } => {
                let more =
                    if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
                let message = format!("the message at {place} is not signed with this key{more}");
                Err(Failure::new(Kind::Authentication, message))
            }
            Self { broken: Some(why), .. } => Err(Failure::new(Kind::Protocol, why)),
            Self { messages: 0, .. } => Err(Failure::other(nothing())),
            _ => Ok(Status::Done),
        }
    }
}

pub(super) fn run(context: &Context, args: Args) -> Ended {
    let keys = args.keys(context)?;
    let family = if args.dhcpv6 { Family::V6 } else { Family::V4 };
    let dialogue = || Dialogue::new(keys.clone(), args.object_type.clone(), family);
    if let Some(path) = &args.pcap {
        return read_capture(context, &mut *packets::open(path)?, args.port, dialogue);
    }
    let octets = match (&args.file, args.hex.as_slice()) {
        (Some(path), _) => input::file(path)?,
        (None, [dash]) if dash == "-" => input::file(Path::new("-"))?,
        (None, words) => input::hex(&words.join(" "))?,
    };
    let (mut found, mut items) = (Found::default(), Vec::new());
    let mut reader = Reader::new(None, Begin::Anywhere);
    if reader.push(&octets, None, &mut dialogue(), &mut items) {
        items.extend(reader.cut());
    }
    for item in items {
        show::item(&context.output, &item, None);
        found.note(&item, None);
    }
    found.end(|| "there are no octets to decode".into())
}

impl Args {
    fn keys(&self, context: &Context) -> Result<Option<Keys>, Failure> {
        let places = Places {
            argument: ("--key", self.key.as_ref()),
            file: ("--secret-file", self.secret_file.as_ref()),
            variable: KEY_VARIABLE,
            profile: None,
            profile_file: None,
        };
        let Some(secret) = places.find(context)? else { return Ok(None) };
        let keys = Keys::new(self.key_name.as_deref(), self.algorithm, secret.expose());
        keys.map(Some).map_err(Failure::usage)
    }
}

struct Talk {
    dialogue: Dialogue,
    client: Reader,
    server: Reader,
}

fn read_capture(
    context: &Context,
    input: &mut dyn BufRead,
    port: u16,
    dialogue: impl Fn() -> Dialogue,
) -> Ended {
    let (mut talks, mut found) = (BTreeMap::new(), Found::default());
    let seen = packets::each(context, input, port, |event| {
        follow(context, event, &mut talks, &mut found, &dialogue);
    })?;
    if let Some(why) = seen.broken {
        found.broken.get_or_insert(why);
    }
    found.end(|| match seen.connections {
        0 => format!("no connection of TCP port {port} in the capture; see --port"),
        _ => "no message in the capture".into(),
    })
}

fn follow(
    context: &Context,
    event: Event,
    talks: &mut BTreeMap<u64, Talk>,
    found: &mut Found,
    dialogue: impl Fn() -> Dialogue,
) {
    let Event { connection: number, client, server, what } = event;
    let on = Followed { number, client, server };
    let mut items = Vec::new();
    match what {
        capture::What::Opened { whole } => {
            // Who comes late to a connection may find the middle of a message.
            let begin = if whole { Begin::Introduction } else { Begin::Anywhere };
            let [client, server] =
                [Side::Client, Side::Server].map(|side| Reader::new(Some(side), begin));
            talks.insert(number, Talk { dialogue: dialogue(), client, server });
            packets::opened(&context.output, &on, whole);
        }
        capture::What::Piece(side, piece) => {
            let Some(talk) = talks.get_mut(&number) else { return };
            let reader = match side {
                Side::Client => &mut talk.client,
                Side::Server => &mut talk.server,
            };
            match piece {
                Piece::Octets { octets, mark, .. } => {
                    reader.push(&octets, Some(mark), &mut talk.dialogue, &mut items);
                }
                Piece::Gap { length, .. } => reader.gap(length, &mut items),
                Piece::End { .. } => {}
            }
        }
        capture::What::Closed { reset, mark, retransmitted } => {
            let Some(talk) = talks.remove(&number) else { return };
            items.extend(talk.client.cut());
            items.extend(talk.server.cut());
            for item in items.drain(..) {
                show::item(&context.output, &item, Some(&on));
            }
            packets::closed(&context.output, &on, reset, mark, retransmitted);
        }
    }
    for item in items {
        found.note(&item, Some(number));
        show::item(&context.output, &item, Some(&on));
    }
}
