//! `netlever openvpn`: watch and steer an OpenVPN daemon over its management interface.

mod act;
mod ask;
mod auth;
mod daemon;
pub(crate) mod event;
mod events;
mod kill;
mod listing;
pub(crate) mod options;
mod parse;
mod prometheus;
pub(crate) mod render;
pub(crate) mod replies;
mod top;
pub(crate) mod trace;

use std::ffi::OsString;

use clap::Subcommand;
use netlever_core::openvpn::Command;
use netlever_core::openvpn::command::RawLine;
use netlever_core::runtime::Runtime;

use super::{Context, Ended};
use crate::failure::Status;
use crate::runtime::on_runtime;
use daemon::Daemon;
use options::{Options, Stay};

/// The words behind `openvpn`.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Args {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    verb: Verb,
}

const EXAMPLES: &str = "\
Examples:
  netlever openvpn --connect 127.0.0.1:7505 status           clients, addresses, octets
  netlever openvpn --unix /run/openvpn.sock --password-file pw state
  netlever --json openvpn … stats                            {\"nclients\", \"bytesin\", \"bytesout\"}
  netlever openvpn … kill bob; netlever openvpn … client-kill 7
  netlever --json openvpn … events --only CLIENT             JSON lines, over restarts
  netlever openvpn … top                                     a live table of clients
  netlever openvpn … auth --users users                      lets clients in, or not
  netlever openvpn … raw 'log on all'                        any line, and all its answers
  netlever openvpn parse status /run/openvpn/server.status   without any daemon

… stands for --connect, --unix or --listen and --password-file, which may also stand behind the
verb, or in a profile. The password may be in NETLEVER_OPENVPN_PASSWORD. A daemon serves one client
at a time: exit status 6 with \"busy\" means that another one is attached. The interface is clear
text, and whoever reaches it owns the VPN: keep it on a Unix socket or on loopback.";

/// The verbs.
#[derive(Debug, Subcommand)]
enum Verb {
    #[command(flatten)]
    Ask(ask::Verb),
    /// Throw out clients by name or address
    Kill(kill::Verb),
    #[command(flatten)]
    Act(act::Verb),
    /// Send a line as it is, and print all that it is answered with
    Raw {
        /// The line, as the daemon is to see it
        line: OsString,
    },
    /// Print what the daemon tells, as it happens
    Events(events::Verb),
    /// Let clients in, or not: from a users file, a command, or all
    Auth(auth::Verb),
    /// Show a live table of a server's clients
    Top(top::Verb),
    /// Make a line of the users file of `auth`
    Passwd(auth::Passwd),
    /// Read a status file, without any daemon
    Parse(parse::Verb),
}

/// Does what the command line says.
pub(crate) fn run(context: &Context, args: Args) -> Ended {
    match args.verb {
        Verb::Parse(verb) => parse::run(context, verb),
        Verb::Passwd(verb) => verb.run(context),
        verb => {
            let options = args.options;
            on_runtime!(context.runtime, runtime => dispatch(&runtime, context, options, verb))
        }
    }
}

async fn dispatch<R: Runtime>(
    runtime: &R,
    context: &Context,
    options: Options,
    verb: Verb,
) -> Ended {
    let connect = |stay| Daemon::connect(runtime, context, options.target(context, stay)?);
    match verb {
        Verb::Ask(verb) => ask::run(&connect(Stay::Short)?, context, verb).await,
        Verb::Kill(verb) => kill::run(&connect(Stay::Short)?, context, &verb).await,
        Verb::Act(verb) => act::run(&connect(Stay::Short)?, context, verb).await,
        Verb::Raw { line } => {
            let command = Command::Raw(RawLine(act::text(&line)));
            let replies = connect(Stay::Short)?.command(context, command).await?;
            replies::print(&context.output, &replies);
            Ok(Status::Done)
        }
        Verb::Events(verb) => events::run(runtime, context, &options, verb).await,
        Verb::Auth(verb) => auth::run(runtime, context, &options, verb).await,
        Verb::Top(verb) => top::run(runtime, context, &options, &verb).await,
        Verb::Passwd(verb) => verb.run(context),
        Verb::Parse(verb) => parse::run(context, verb),
    }
}
