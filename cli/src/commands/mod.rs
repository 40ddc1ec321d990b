//! The commands. Each file has the words of its command line and what they do.

pub(crate) mod completions;
pub(crate) mod decode;
pub(crate) mod demo;
pub(crate) mod man;
pub(crate) mod omapi;
pub(crate) mod openvpn;
pub(crate) mod sim;

use std::time::Duration;

use clap::Subcommand;

use crate::args::{Global, TIMEOUT};
use crate::config::{self, Profile};
use crate::failure::{Failure, Status};
use crate::output::Output;
use crate::runtime::Choice;

/// The first word.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Read and change a running ISC DHCP server
    Omapi(Box<omapi::Args>),
    /// Watch and steer an OpenVPN daemon over its management interface
    Openvpn(Box<openvpn::Args>),
    /// Serve a simulated peer on a real socket
    Sim(sim::Args),
    /// Show what netlever does, against simulated peers on this machine
    Demo(demo::Args),
    /// Explain captured bytes, and verify their signatures
    Decode(decode::Args),
    /// Print the completions of a shell
    Completions(completions::Args),
    /// Print the manual page
    Man(man::Args),
}

/// How a command ends: with an exit status, 0 as a rule, or with a failure that is still to be
/// reported.
pub(crate) type Ended = Result<Status, Failure>;

/// Does what the command line says.
pub(crate) fn run(context: &Context, command: Command) -> Ended {
    match command {
        Command::Omapi(args) => omapi::run(context, *args),
        Command::Openvpn(args) => openvpn::run(context, *args),
        Command::Sim(args) => sim::run(context, args),
        Command::Demo(args) => demo::run(context, args),
        Command::Decode(args) => decode::run(context, args),
        Command::Completions(args) => completions::run(context, args),
        Command::Man(args) => man::run(context, args),
    }
}

/// What the global options say.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) output: Output,
    pub(crate) runtime: Choice,
    /// How many `-v` there were.
    pub(crate) verbose: u8,
    timeout: Option<Duration>,
    global: Global,
}

impl Context {
    pub(crate) fn new(global: Global) -> Self {
        Self {
            output: Output::new(global.json, global.color),
            runtime: global.runtime,
            verbose: global.verbose,
            timeout: global.timeout,
            global,
        }
    }

    /// How long a call may take.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or(TIMEOUT)
    }

    /// `--timeout`, if it was given: for calls whose own default is another.
    pub(crate) const fn asked_timeout(&self) -> Option<Duration> {
        self.timeout
    }

    /// The profile, read now: a command that has no use for it does not stumble over its file.
    pub(crate) fn profile(&self) -> Result<Profile, Failure> {
        config::profile(self.global.config.as_deref(), self.global.profile.as_deref())
    }
}
