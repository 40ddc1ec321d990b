//! `netlever decode`.

use clap::Subcommand;

use super::{Context, Ended};
use crate::failure::Failure;

/// The words behind `decode`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    protocol: Protocol,
}

#[derive(Debug, Subcommand)]
enum Protocol {
    /// OMAPI messages
    Omapi,
}

pub(crate) fn run(_context: &Context, args: Args) -> Ended {
    match args.protocol {
        Protocol::Omapi => Err(Failure::other("decode is being written")),
    }
}
