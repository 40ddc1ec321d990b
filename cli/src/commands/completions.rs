//! `netlever completions`: what a shell needs to complete netlever's words.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Context, Ended};
use crate::args::Cli;
use crate::failure::Status;

/// The words behind `completions`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  netlever completions bash > /etc/bash_completion.d/netlever
  netlever completions zsh > \"${fpath[1]}/_netlever\"
  netlever completions fish > ~/.config/fish/completions/netlever.fish")]
pub(crate) struct Args {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(context: &Context, args: Args) -> Ended {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "netlever", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    context.output.print(|| serde_json::json!({ "completions": script }), |_| script.clone());
    Ok(Status::Done)
}
