//! netlever: one command line for the things that run a network.
//!
//! ```text
//!   args ──► commands ──► a call of the core, under one of three runtimes
//!              │  ▲
//!              │  └── config, secret: what the command line leaves out
//!              ▼
//!     output: stdout            failure: one line on stderr, and the exit status
//! ```

mod args;
mod capture;
mod commands;
mod config;
mod duration;
mod failure;
mod output;
mod progress;
mod runtime;
mod secret;

use std::process::ExitCode;

fn main() -> ExitCode {
    match args::parse() {
        Ok(cli) => {
            let context = commands::Context::new(cli.global);
            let ended = commands::run(&context, cli.command);
            ended.unwrap_or_else(|failure| failure.report(&context.output)).into()
        }
        Err(status) => status.into(),
    }
}
