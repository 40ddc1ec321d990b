//! The words of the command line that all commands share.
//!
//! Options marked `global` may stand anywhere behind the word that they belong to, also behind the
//! verb: clap hands them down. It cannot require such an option, so each command asks for what it
//! needs itself, and a verb that needs nothing asks for nothing.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use clap::error::ErrorKind;
use clap::{ArgAction, Args, Parser};

use crate::commands::Command;
use crate::duration;
use crate::failure::{Failure, Status};
use crate::output::{Colour, Output};
use crate::runtime::Choice;

/// One lever on what runs a network.
#[derive(Debug, Parser)]
#[command(name = "netlever", version, max_term_width = 100, after_help = EXAMPLES)]
#[command(args_override_self = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  netlever demo                                        what it can do, without any server
  netlever sim omapi --listen 127.0.0.1:7911 --key-name k --key c2VjcmV0   a simulated server
  netlever omapi --server dhcp1 --key-name k --secret-file key lookup lease --ip 10.0.0.7
  netlever --json --profile office omapi scan 10.0.0.0/24

Exit status: 0 done; 1 other failure; 2 usage or bad input, nothing was sent; 3 not found;
4 refused by the peer; 5 authentication failed; 6 timeout; 7 no connection, or connection lost.

Settings: netlever/config.toml in the user's configuration folder (or --config FILE) holds
profiles whose keys are named as the options; [profile.default] is used without --profile:
  [profile.office.omapi]
  server = \"dhcp1\"
  key-name = \"k\"
  secret-file = \"/etc/netlever/omapi.key\"";

/// Options of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Print one JSON document, or JSON lines for streams, and nothing else, on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// What runs underneath; the result is the same
    #[arg(long, global = true, value_enum, value_name = "WHICH", default_value_t)]
    pub(crate) runtime: Choice,
    /// How long each call may take, as in 500ms or 2m: 5s if not given, for a shutdown 40s
    #[arg(long, global = true, value_name = "TIME", value_parser = duration::parse)]
    pub(crate) timeout: Option<Duration>,
    /// Settings to read instead of netlever/config.toml in the user's configuration folder
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Which profile of the settings to use
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// Show messages on stderr; twice: their octets too
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Colours on stdout and stderr
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t)]
    pub(crate) color: Colour,
}

/// The default of `--timeout`, where a command has no other.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads the command line. What is wrong with it, or the help that was asked for, is printed.
pub(crate) fn parse() -> Result<Cli, Status> {
    Cli::try_parse().map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            Status::Done
        }
        // The help tells more than a line could; it goes to stderr.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            let failure = Failure::usage("a word is missing behind the last one; see --help");
            failure.report_json(&output())
        }
        _ => Failure::usage(one_line(&error.render().to_string())).report(&output()),
    })
}

/// Where the errors of a command line go that could not be read.
fn output() -> Output {
    let json = std::env::args_os()
        .take_while(|word| word != OsStr::new("--"))
        .any(|word| word == OsStr::new("--json"));
    Output::new(json, Colour::default())
}

/// clap's paragraphs, each behind the other.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<_> = lines
        .map(|line| line.strip_prefix("error: ").unwrap_or(line).trim_end_matches('.'))
        .collect();
    lines.join("; ").replace(":; ", ": ")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_grammar_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_of_many_lines_becomes_one() {
        let text = "error: unexpected argument '--frob' found\n\n  tip: a similar one exists\n\n\
                    Usage: netlever demo\n\nFor more information, try '--help'.\n";
        assert_eq!(
            one_line(text),
            "unexpected argument '--frob' found; tip: a similar one exists; \
             Usage: netlever demo; For more information, try '--help'"
        );
    }
}
