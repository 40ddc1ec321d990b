//! `netlever sim`.

use clap::Subcommand;

use super::{Context, Ended};
use crate::failure::Failure;

/// The words behind `sim`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    peer: Peer,
}

#[derive(Debug, Subcommand)]
enum Peer {
    /// A small DHCP server's OMAPI side
    Omapi,
}

pub(crate) fn run(_context: &Context, args: Args) -> Ended {
    match args.peer {
        Peer::Omapi => Err(Failure::other("sim is being written")),
    }
}
