//! Verbs that ask, and change nothing.

use clap::{Args, Subcommand};
use netlever_core::openvpn::calls::{self, Listing};
use netlever_core::openvpn::command::Entries;
use netlever_core::openvpn::reader::Pkcs11Entry;
use netlever_core::openvpn::state::State;
use netlever_core::openvpn::status::Format;
use netlever_core::openvpn::{Octets, Text};
use serde_json::{Map, Value as Json, json};

use super::daemon::Daemon;
use super::render::{maybe_shown, mode, moment, put_time, shown, state, text};
use super::{listing, prometheus};
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Status};
use crate::output::{Table, list};

/// Verbs that ask.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Which OpenVPN it is, and the version of its management interface
    Version,
    /// What the daemon is doing: one state, or its history
    State(History),
    /// The clients and routes of a server, or the counters of a client
    Status(Listed),
    /// Totals since the daemon started: clients, octets in and out
    #[command(visible_alias = "load-stats")]
    Stats,
    /// How many clients a server has
    Nclients,
    /// The daemon's log: all that it keeps, or the last lines
    Log(History),
    /// What was echoed to the daemon: all that it keeps, or the last lines
    Echo(History),
    /// The number of the daemon's process
    Pid,
    /// The daemon's own list of commands
    Help,
    /// How many servers a client can connect to
    RemoteEntryCount,
    /// The servers that a client can connect to
    RemoteEntryGet(Remotes),
    /// How many certificates there are on tokens
    Pkcs11IdCount,
    /// A certificate on a token, by its place
    Pkcs11IdGet {
        /// Its place, from 0
        #[arg(value_name = "N")]
        index: u32,
    },
    /// What Windows knows of its network
    Net,
    /// So many lines, to try the connection
    Test {
        /// How many
        #[arg(value_name = "N")]
        lines: u32,
    },
}

#[derive(Debug, Args)]
pub(super) struct History {
    /// all, or how many of the last
    #[arg(value_name = "all|N", value_parser = how_many)]
    count: Option<Count>,
}

#[derive(Clone, Copy, Debug)]
enum Count {
    All,
    Last(u32),
}

impl Count {
    const fn last(self) -> Option<u32> {
        match self {
            Self::All => None,
            Self::Last(count) => Some(count),
        }
    }
}

fn how_many(text: &str) -> Result<Count, String> {
    match text {
        "all" | "history" => Ok(Count::All),
        _ => match text.parse() {
            Ok(count @ 1..) => Ok(Count::Last(count)),
            _ => Err("write all, or a number from 1".to_owned()),
        },
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
With --json the object that `parse status --help` tells of; of a daemon that is a client
{\"time_text\", \"counters\": {\"TUN/TAP read bytes\": …}}.

Examples:
  netlever openvpn --unix /run/openvpn.sock status
  netlever openvpn … --json status | jq -r '.clients[] | [.client_id, .common_name] | @tsv'
  netlever openvpn … status --prometheus > /var/lib/node_exporter/openvpn.prom.new")]
pub(super) struct Listed {
    /// The form that is asked for; only 3 is exact, and it alone has no guesswork
    #[arg(long, value_name = "1|2|3", default_value = "3", value_parser = format)]
    format: Format,
    /// Print metrics in Prometheus' text form
    #[arg(long, conflicts_with = "json")]
    prometheus: bool,
}

fn format(text: &str) -> Result<Format, String> {
    match text {
        "1" => Ok(Format::One),
        "2" => Ok(Format::Two),
        "3" => Ok(Format::Three),
        _ => Err("there are formats 1, 2 and 3".to_owned()),
    }
}

#[derive(Debug, Args)]
pub(super) struct Remotes {
    /// The first place, from 0; without it, all
    #[arg(value_name = "FROM")]
    from: Option<u32>,
    /// The place behind the last one; without it, one entry
    #[arg(value_name = "TO")]
    to: Option<u32>,
}

pub(super) async fn run(daemon: &Daemon, context: &Context, verb: Verb) -> Ended {
    match verb {
        Verb::Version => version(daemon, context).await?,
        Verb::State(History { count: None }) => present(daemon, context).await?,
        Verb::State(History { count: Some(count) }) => states(daemon, context, count).await?,
        Verb::Status(how) => status(daemon, context, how).await?,
        Verb::Stats => stats(daemon, context).await?,
        Verb::Nclients => {
            number(
                context,
                "nclients",
                daemon.call("counting its clients", calls::client_count()).await?,
            );
        }
        Verb::Log(History { count }) => log(daemon, context, count.and_then(Count::last)).await?,
        Verb::Echo(History { count }) => echo(daemon, context, count.and_then(Count::last)).await?,
        Verb::Pid => {
            number(context, "pid", daemon.call("reading its process", calls::pid()).await?)
        }
        Verb::Help => {
            let block = daemon.call("reading its help", calls::help()).await?;
            lines(context, block.lines());
        }
        Verb::RemoteEntryCount => {
            let count = daemon.call("counting its remotes", calls::remote_count()).await?;
            number(context, "count", count);
        }
        Verb::RemoteEntryGet(which) => remotes(daemon, context, &which).await?,
        Verb::Pkcs11IdCount => {
            let count = daemon.call("counting certificates", calls::pkcs11_count()).await?;
            number(context, "count", count);
        }
        Verb::Pkcs11IdGet { index } => {
            let call = calls::pkcs11_entry(index);
            return certificate(context, &daemon.call("reading a certificate", call).await?);
        }
        Verb::Net => {
            let block = daemon.call("reading its network", calls::net()).await?;
            lines(context, block.lines());
        }
        Verb::Test { lines: count } => {
            let came = daemon.call("asking for lines", calls::test(count)).await?;
            lines(context, came.iter().map(Text::octets));
        }
    }
    Ok(Status::Done)
}

/// One number, under its name.
fn number(context: &Context, name: &str, number: u64) {
    context.output.print(|| json!({ name: number }), |_| number.to_string());
}

/// Lines without any form.
fn lines<'a>(context: &Context, all: impl Iterator<Item = Octets<'a>>) {
    let all: Vec<_> = all.collect();
    context.output.print(
        || json!({ "lines": all.iter().map(|line| text(*line)).collect::<Vec<_>>() }),
        |_| all.iter().map(|line| shown(*line) + "\n").collect(),
    );
}

async fn version(daemon: &Daemon, context: &Context) -> Result<(), Failure> {
    let version = daemon.call("reading the version", calls::version()).await?;
    let release = version.release().map(|release| release.to_string());
    context.output.print(
        || {
            json!({
                "release": text(version.title.octets()),
                "version": release,
                "management_version": version.management,
            })
        },
        |palette| {
            let rows = [
                ("release", shown(version.title.octets())),
                ("version", release.clone().unwrap_or_default()),
                ("management version", version.management.to_string()),
            ];
            list(rows, palette)
        },
    );
    Ok(())
}

async fn present(daemon: &Daemon, context: &Context) -> Result<(), Failure> {
    let states = daemon.call("reading the state", calls::state()).await?;
    let last = states.last();
    context.output.print(
        || state(last.as_ref()).into(),
        |palette| match &last {
            None => "no state yet\n".to_owned(),
            Some(state) => list(rows(state), palette),
        },
    );
    Ok(())
}

/// What there is of a state, for people.
fn rows(state: &State<'_>) -> Vec<(&'static str, String)> {
    let port = |port: Option<u16>| port.map(|port| port.to_string()).unwrap_or_default();
    let rows = [
        ("state", shown(state.name)),
        ("since", moment(state.time)),
        ("description", maybe_shown(state.detail)),
        ("mode", mode(state).unwrap_or_default().to_owned()),
        ("local ipv4", maybe_shown(state.tun_ip4)),
        ("local ipv6", maybe_shown(state.tun_ip6)),
        ("remote address", maybe_shown(state.remote)),
        ("remote port", port(state.remote_port)),
        ("local address", maybe_shown(state.local)),
        ("local port", port(state.local_port)),
    ];
    rows.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

async fn states(daemon: &Daemon, context: &Context, count: Count) -> Result<(), Failure> {
    let states = daemon.call("reading its states", calls::states(count.last())).await?;
    context.output.print(
        || states.iter().map(|it| Json::from(state(Some(&it)))).collect(),
        |palette| {
            let mut table =
                Table::new(&["time", "state", "description", "local ipv4", "remote", "local"]);
            for state in states.iter() {
                table.row(vec![
                    moment(state.time),
                    shown(state.name),
                    maybe_shown(state.detail),
                    maybe_shown(state.tun_ip4),
                    maybe_shown(state.remote),
                    maybe_shown(state.local),
                ]);
            }
            table.render(palette)
        },
    );
    Ok(())
}

async fn status(daemon: &Daemon, context: &Context, how: Listed) -> Result<(), Failure> {
    let listing: Listing =
        daemon.call("reading the status", calls::status(Some(how.format))).await?;
    if how.prometheus {
        listing::warn(&context.output, &listing);
        context.output.text(&prometheus::text(&listing));
    } else {
        listing::print(&context.output, &listing);
    }
    Ok(())
}

async fn stats(daemon: &Daemon, context: &Context) -> Result<(), Failure> {
    let stats = daemon.call("reading its totals", calls::load_stats()).await?;
    let rows =
        [("nclients", stats.clients), ("bytesin", stats.bytes_in), ("bytesout", stats.bytes_out)];
    context.output.print(
        || rows.iter().map(|(name, value)| ((*name).to_owned(), Json::from(*value))).collect(),
        |palette| list(rows.map(|(name, value)| (name, value.to_string())), palette),
    );
    Ok(())
}

async fn log(daemon: &Daemon, context: &Context, count: Option<u32>) -> Result<(), Failure> {
    let log = daemon.call("reading its log", calls::log(count)).await?;
    context.output.print(
        || {
            log.iter()
                .map(|entry| {
                    let mut map = Map::new();
                    put_time(&mut map, "time", Some(entry.time));
                    map.insert("flags".into(), text(entry.flags));
                    map.insert("message".into(), text(entry.message));
                    Json::from(map)
                })
                .collect()
        },
        |_| {
            log.iter()
                .map(|entry| {
                    let flags = shown(entry.flags);
                    format!("{} {flags:3} {}\n", moment(entry.time), shown(entry.message))
                })
                .collect()
        },
    );
    Ok(())
}

async fn echo(daemon: &Daemon, context: &Context, count: Option<u32>) -> Result<(), Failure> {
    let echo = daemon.call("reading its echoes", calls::echo(count)).await?;
    context.output.print(
        || {
            echo.iter()
                .map(|entry| {
                    let mut map = Map::new();
                    put_time(&mut map, "time", Some(entry.time));
                    map.insert("text".into(), text(entry.text));
                    Json::from(map)
                })
                .collect()
        },
        |_| {
            echo.iter()
                .map(|entry| format!("{} {}\n", moment(entry.time), shown(entry.text)))
                .collect()
        },
    );
    Ok(())
}

async fn remotes(daemon: &Daemon, context: &Context, which: &Remotes) -> Result<(), Failure> {
    let entries = match (which.from, which.to) {
        (None, _) => Entries::All,
        (Some(from), None) => Entries::One(from),
        (Some(from), Some(to)) => Entries::Range(from, to),
    };
    let remotes = daemon.call("reading its remotes", calls::remotes(entries)).await?;
    context.output.print(
        || {
            remotes
                .iter()
                .map(|entry| {
                    json!({
                        "index": entry.index,
                        "host": text(entry.host),
                        "port": text(entry.port),
                        "protocol": text(entry.protocol),
                        "status": text(entry.status),
                    })
                })
                .collect()
        },
        |palette| {
            let mut table = Table::new(&["index", "host", "port", "protocol", "status"]);
            for entry in remotes.iter() {
                let index = entry.index.to_string();
                let rest = [entry.host, entry.port, entry.protocol, entry.status].map(shown);
                table.row(std::iter::once(index).chain(rest).collect());
            }
            table.render(palette)
        },
    );
    Ok(())
}

fn certificate(context: &Context, entry: &Pkcs11Entry<'_>) -> Ended {
    let Some((id, blob)) = &entry.certificate else {
        let message = format!("there is no certificate at place {}", entry.index);
        return Err(Failure::new(crate::failure::Kind::NotFound, message));
    };
    let (id, blob) = (id.octets(), blob.octets());
    context.output.print(
        || json!({ "index": entry.index, "id": text(id), "blob": text(blob) }),
        |palette| list([("id", shown(id)), ("blob", shown(blob))], palette),
    );
    Ok(Status::Done)
}
