//! `netlever omapi shell`: omshell's verbs.

use netlever_core::runtime::Runtime;

use super::Options;
use crate::commands::{Context, Ended};
use crate::failure::Failure;

/// The words behind `shell`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

/// Reads the script. The options are taken as they stand: a script names its own server and key.
pub(crate) async fn run<R: Runtime>(
    _runtime: &R,
    _context: &Context,
    _options: &Options,
    _args: Args,
) -> Ended {
    Err(Failure::other("shell is being written"))
}
