//! `netlever omapi`: read and change a running ISC DHCP server.

pub(crate) mod options;
mod server;
mod shell;
mod trace;

use clap::Subcommand;
use netlever_core::runtime::Runtime;

use super::{Context, Ended};
use crate::runtime::on_runtime;
pub(crate) use options::Options;
pub(crate) use server::Server;

/// The words behind `omapi`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  netlever omapi --server dhcp1 --key-name k --secret-file key shell < script";

/// The verbs.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Run an omshell script from stdin
    Shell(shell::Args),
}

/// Does what the command line says.
pub(crate) fn run(context: &Context, args: Args) -> Ended {
    on_runtime!(context.runtime, runtime => dispatch(&runtime, context, args))
}

async fn dispatch<R: Runtime>(runtime: &R, context: &Context, args: Args) -> Ended {
    let Args { options, verb } = args;
    match verb {
        Verb::Shell(args) => shell::run(runtime, context, &options, args).await,
    }
}
