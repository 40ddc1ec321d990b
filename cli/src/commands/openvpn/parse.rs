//! `parse`: what a daemon wrote, read without the daemon.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use netlever_core::openvpn::block::Block;
use netlever_core::openvpn::calls::Listing;
use netlever_core::openvpn::status::{ClientStatus, Status};
use netlever_core::openvpn::wire::{END, Lines};

use super::{listing, prometheus};
use crate::commands::decode::input;
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Status as Exit};

/// The words behind `parse`.
#[derive(Debug, Args)]
pub(super) struct Verb {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// A listing of status, or the file that the daemon's option `status` names
    Status(Listed),
}

#[derive(Debug, Args)]
#[command(after_help = "\
Formats 1, 2 and 3 of OpenVPN 2.4 to 2.7, and the counters of a client. Only format 3 is exact; in
2, commas in names are guesswork, and 1 has no ids, no addresses in the tunnel and no Unix times.

With --json: {\"title\", \"time\", \"clients\": [{\"common_name\", \"real_address\", \"virtual_address\",
\"virtual_ipv6_address\", \"bytes_received\", \"bytes_sent\", \"connected_since\",
\"connected_since_time\", \"username\", \"client_id\", \"peer_id\", \"data_channel_cipher\", …}],
\"routes\": [{\"virtual_address\", \"common_name\", \"real_address\", \"last_ref\", …}],
\"global_stats\": {…}, \"complete\", \"format\"}. Times are Unix seconds, with their twin …_time in RFC
3339; null where a format lacks a column. The daemon's own texts, in its local time, are …_text. A
listing that breaks off has \"complete\": false, and a warning on stderr.

Example:
  netlever openvpn parse status /run/openvpn/server.status --json | jq '.clients[].common_name'")]
struct Listed {
    /// The file; - reads stdin
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Print metrics in Prometheus' text form
    #[arg(long, conflicts_with = "json")]
    prometheus: bool,
}

pub(super) fn run(context: &Context, verb: Verb) -> Ended {
    let What::Status(Listed { file, prometheus: metrics }) = verb.what;
    let octets = input::octets(&file)?;
    let listing = read(&file, &octets)?;
    if matches!(listing, Listing::Client(_)) && !Lines::new(&octets).any(|line| line == END) {
        context.output.warn(listing::CUT);
    }
    if metrics {
        listing::warn(&context.output, &listing);
        context.output.text(&prometheus::text(&listing));
    } else {
        listing::print(&context.output, &listing);
    }
    Ok(Exit::Done)
}

fn read(file: &Path, octets: &[u8]) -> Result<Listing, Failure> {
    match Status::parse(octets) {
        Ok(status) => Ok(Listing::Server(status.into_owned())),
        Err(why) => match ClientStatus::new(Block::new(octets)) {
            Ok(status) => Ok(Listing::Client(status.into_owned())),
            Err(_) => Err(Failure::usage(format!("reading {}: {why}", file.display()))),
        },
    }
}
