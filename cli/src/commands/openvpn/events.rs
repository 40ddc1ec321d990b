//! `events`: what a daemon tells unasked, over its restarts.

use std::collections::BTreeSet;

use clap::Args;
use netlever_core::client::Heard;
use netlever_core::openvpn::session::{Event, Settings};
use netlever_core::runtime::Runtime;

use super::daemon::Daemon;
use super::event::Told;
use super::options::{Options, Stay};
use crate::commands::{Context, Ended};
use crate::failure::Status;

/// The words behind `events`.
#[derive(Debug, Args)]
#[command(after_help = "\
A line for each event, as it happens; with --json:
  {\"event\": \"CLIENT:CONNECT\", \"client_id\", \"key_id\", \"environment\": [[\"name\", \"value\"], …]}
  {\"event\": \"STATE\", \"time\", \"state\", \"description\", …}      as `state` prints it
  {\"event\": \"UP\", \"link\", \"management_version\"}   attached; \"DOWN\", \"why\": not, and tried again
  {\"event\": \"GAP\", \"lost\": n}                     so many events were lost just here
Passwords and tokens are \"[redacted]\". Kinds: CLIENT:CONNECT, :REAUTH, :ESTABLISHED, :ADDRESS,
:DISCONNECT, :CR_RESPONSE, STATE, LOG, ECHO, BYTECOUNT, BYTECOUNT_CLI, HOLD, PASSWORD, NEED-OK,
NEED-STR, NEED-CERTIFICATE, PK_SIGN, RSA_SIGN, REMOTE, PROXY, NOTIFY, INFOMSG, UPDOWN, INFO, FATAL,
UP, DOWN, GAP, UNEXPECTED, SETTING-REFUSED, and whatever else a daemon tells. Nothing is told again
of what happened while nobody was attached.

A daemon that cannot be had at the start is an error; one that goes later is waited for.

Examples:
  netlever openvpn --unix /run/openvpn.sock --json events --only CLIENT | while read -r line; do …
  netlever openvpn … events --log
  netlever openvpn … events --only BYTECOUNT_CLI --bytecount 5")]
pub(super) struct Verb {
    /// Print only events of this kind, repeatable; CLIENT is every CLIENT:…
    #[arg(long, value_name = "KIND")]
    only: Vec<String>,
    /// Ask for log lines too; --only LOG does
    #[arg(long)]
    log: bool,
    /// Ask for counters every so many seconds; --only BYTECOUNT… does, every 5
    #[arg(long, value_name = "SECONDS")]
    bytecount: Option<u32>,
    /// Set how much of the environment events bring: 0 is all
    #[arg(long, value_name = "LEVEL")]
    env_filter: Option<u32>,
    /// End after so many events
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

/// Events that may wait to be printed before nothing more is read.
pub(super) const ROOM: usize = 10_000;

/// Seconds between counters that were asked for by their kind alone.
const OFTEN: u32 = 5;

impl Verb {
    /// What the daemon is asked to tell.
    fn settings(&self, settings: &mut Settings) {
        let kinds: BTreeSet<String> =
            self.only.iter().map(|kind| kind.to_ascii_uppercase()).collect();
        let wanted = |kind: &str| kinds.is_empty() || kinds.contains(kind);
        settings.state = wanted("STATE");
        settings.echo = wanted("ECHO");
        settings.log = self.log || kinds.contains("LOG");
        let counters = kinds.contains("BYTECOUNT") || kinds.contains("BYTECOUNT_CLI");
        settings.byte_count = self.bytecount.or_else(|| counters.then_some(OFTEN));
        settings.env_filter = self.env_filter;
    }
}

pub(super) async fn run<R: Runtime>(
    runtime: &R,
    context: &Context,
    options: &Options,
    verb: Verb,
) -> Ended {
    let mut target = options.target(context, Stay::Attached)?;
    verb.settings(&mut target.config.settings);
    let daemon = Daemon::connect(runtime, context, target)?;
    let mut listener = daemon.listen(ROOM);
    let (mut told, mut attached) = (0, false);
    while let Some(heard) = listener.next().await {
        let event = match &heard {
            Heard::Event(event) => Told::of(event),
            Heard::Gap(lost) => Told::gap(*lost),
        };
        match &heard {
            Heard::Event(Event::Up { .. }) => attached = true,
            Heard::Event(Event::Down { why }) if !attached || daemon.is_over() => {
                return Err(daemon.failure("attaching", why));
            }
            _ => {}
        }
        if !verb.only.is_empty() && !verb.only.iter().any(|kind| event.is(kind)) {
            continue;
        }
        print(context, event);
        told += 1;
        if verb.count.is_some_and(|count| told >= count) {
            break;
        }
    }
    Ok(Status::Done)
}

fn print(context: &Context, event: Told) {
    if context.output.json {
        context.output.json_line(&event.json());
    } else {
        context.output.text(&event.text());
    }
}
