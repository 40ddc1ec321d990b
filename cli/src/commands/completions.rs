//! `netlever completions`.

use super::{Context, Ended};
use crate::failure::Failure;

/// The words behind `completions`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &Context, _args: Args) -> Ended {
    Err(Failure::other("completions is being written"))
}
