//! `netlever demo`.

use super::{Context, Ended};
use crate::failure::Failure;

/// The words behind `demo`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_context: &Context, _args: Args) -> Ended {
    Err(Failure::other("demo is being written"))
}
