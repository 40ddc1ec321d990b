//! `netlever man`: manual pages, made from the same words as `--help`.

use std::path::PathBuf;

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use serde_json::json;

use super::{Context, Ended};
use crate::args::Cli;
use crate::failure::{Failure, Status};

/// The words behind `man`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  netlever man | man -l -
  netlever man omapi lookup | man -l -
  netlever man --dir /usr/local/share/man/man1")]
pub(crate) struct Args {
    /// The command whose page is printed; none: netlever's own
    #[arg(value_name = "COMMAND", conflicts_with = "dir")]
    words: Vec<String>,
    /// Write the pages of all commands, a file each, into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(crate) fn run(context: &Context, args: Args) -> Ended {
    let mut root = Cli::command().disable_help_subcommand(true);
    root.build();
    if let Some(dir) = &args.dir {
        let wrong = |why| Failure::other(format!("writing pages to {}: {why}", dir.display()));
        std::fs::create_dir_all(dir).map_err(wrong)?;
        let mut written = Vec::new();
        pages(&root, &mut |page| {
            written.push(page.generate_to(dir)?.display().to_string());
            Ok(())
        })
        .map_err(wrong)?;
        context.output.print(|| json!({ "written": written }), |_| written.join("\n"));
        return Ok(Status::Done);
    }
    let mut command = &root;
    for word in &args.words {
        command = command.find_subcommand(word).ok_or_else(|| {
            let known: Vec<_> = command.get_subcommands().map(Command::get_name).collect();
            Failure::usage(format!("there is no command \"{word}\", but: {}", known.join(", ")))
        })?;
    }
    let mut page = Vec::new();
    Man::new(command.clone())
        .render(&mut page)
        .map_err(|why| Failure::other(format!("making the page: {why}")))?;
    let page = String::from_utf8_lossy(&page).into_owned();
    context.output.print(|| json!({ "page": page }), |_| page.clone());
    Ok(Status::Done)
}

/// The page of a command, then those of the commands below it.
fn pages(
    command: &Command,
    each: &mut impl FnMut(Man) -> std::io::Result<()>,
) -> std::io::Result<()> {
    each(Man::new(command.clone()))?;
    command.get_subcommands().try_for_each(|below| pages(below, each))
}
