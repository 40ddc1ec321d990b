//! `netlever omapi`: read and change a running ISC DHCP server.

mod columns;
mod group;
mod host;
mod import;
mod keygen;
mod keys;
mod lease;
mod lookup;
pub(crate) mod options;
mod raw;
pub(crate) mod render;
mod scan;
mod server;
mod shell;
mod shutdown;
pub(crate) mod trace;
mod wish;

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
  netlever omapi keygen --key-name k --write key             a key, and the lines for dhcpd.conf
  netlever omapi --server dhcp1 --key-name k --secret-file key --algorithm hmac-sha256 \\
      lookup lease --ip 10.0.0.7
  netlever --json omapi … lookup host --name printer         one JSON object of attributes
  netlever omapi … add host --mac 24:79:2a:0a:13:c0 --ip 10.0.0.9 --name printer
  netlever omapi … import hosts.csv                          many hosts; can be run again
  netlever omapi … scan 10.0.0.0/24 --state active           a table of leases
  netlever omapi … update host name=printer --set ip-address=10.0.0.12

… stands for --server, --key-name, --secret-file and --algorithm, which may also stand behind the
verb, or in a profile. The key's secret may be in NETLEVER_OMAPI_KEY. OMAPI hides nothing and its
port lets in whoever knows the key's name: keep it behind a firewall or a tunnel.";

/// The verbs.
#[derive(Debug, Subcommand)]
enum Verb {
    /// Look up a lease, host, failover state, group, class, subclass, pool or interface
    Lookup(lookup::Verb),
    /// Add a host, group, class or subclass
    #[command(subcommand)]
    Add(Add),
    /// Change a host, lease or failover state
    #[command(subcommand)]
    Set(Set),
    /// Make a host be there: add or change it
    #[command(subcommand)]
    Sync(Sync),
    /// Delete a host, group, class or subclass
    #[command(subcommand)]
    Del(Del),
    /// Free a lease
    #[command(subcommand)]
    Release(Release),
    /// Send OPEN: look up or create any object
    Open(raw::Opens),
    /// Send REFRESH: read any object
    Refresh(raw::Refreshes),
    /// Send UPDATE: set attributes of any object
    Update(raw::Updates),
    /// Send DELETE: remove any object
    Remove(raw::Removes),
    /// Add or change the hosts of a CSV file
    Import(import::Import),
    /// List the leases of an address range
    Scan(scan::Scan),
    /// Make a key, and the lines of dhcpd.conf for it
    Keygen(keygen::Keygen),
    /// Run an omshell script from stdin
    Shell(shell::Args),
    /// Shut the server down in good order
    Shutdown(shutdown::Shuts),
}

#[derive(Debug, Subcommand)]
enum Add {
    /// A host declaration: a static lease
    Host(Box<host::Add>),
    /// A group of hosts that share statements
    Group(group::AddsGroup),
    /// A class
    Class(group::AddsClass),
    /// A subclass: a member of a class
    Subclass(group::AddsSubclass),
}

#[derive(Debug, Subcommand)]
enum Set {
    /// Change a host's addresses, group or what its client is sent
    Host(Box<host::Set>),
    /// Extend, end, free or reserve a lease
    Lease(lease::Set),
    /// Tell the server that its failover partner is down
    Failover(lease::SetsFailover),
}

#[derive(Debug, Subcommand)]
enum Sync {
    /// Add the host, or change or replace the one that is there
    Host(Box<host::Sync>),
}

#[derive(Debug, Subcommand)]
enum Del {
    /// A host; also one that dhcpd.conf declares
    Host(host::Del),
    /// A group; its hosts stay
    Group(group::Named),
    /// A class
    Class(group::Named),
    /// A subclass
    Subclass(group::Subclassed),
}

#[derive(Debug, Subcommand)]
enum Release {
    /// Free a lease at once
    Lease(lease::Release),
}

/// Does what the command line says.
pub(crate) fn run(context: &Context, args: Args) -> Ended {
    if let Verb::Keygen(verb) = &args.verb {
        return keygen::run(context, &args.options, verb);
    }
    on_runtime!(context.runtime, runtime => dispatch(&runtime, context, args))
}

async fn dispatch<R: Runtime>(runtime: &R, context: &Context, args: Args) -> Ended {
    let Args { options, verb } = args;
    let connect = || Ok(Server::connect(runtime, context, options.target(context)?));
    match verb {
        Verb::Lookup(verb) => lookup::run(&connect()?, context, verb).await,
        Verb::Add(what) => add(&connect()?, context, what).await,
        Verb::Set(what) => set(&connect()?, context, what).await,
        Verb::Sync(Sync::Host(args)) => host::sync(&connect()?, context, *args).await,
        Verb::Del(what) => del(&connect()?, context, what).await,
        Verb::Release(Release::Lease(args)) => lease::release(&connect()?, context, args).await,
        Verb::Open(verb) => raw::open(&connect()?, context, verb).await,
        Verb::Refresh(verb) => raw::refresh(&connect()?, context, verb).await,
        Verb::Update(verb) => raw::update(&connect()?, context, verb).await,
        Verb::Remove(verb) => raw::remove(&connect()?, context, verb).await,
        Verb::Import(verb) => import::run(runtime, context, &options, verb).await,
        Verb::Scan(verb) => scan::run(&connect()?, context, verb).await,
        Verb::Keygen(verb) => keygen::run(context, &options, &verb),
        Verb::Shell(verb) => shell::run(runtime, context, &options, verb).await,
        Verb::Shutdown(_) => shutdown::run(runtime, context, options.target(context)?).await,
    }
}

async fn add(server: &Server, context: &Context, what: Add) -> Ended {
    match what {
        Add::Host(args) => host::add(server, context, *args).await,
        Add::Group(args) => group::add_group(server, context, args).await,
        Add::Class(args) => group::add_class(server, context, args).await,
        Add::Subclass(args) => group::add_subclass(server, context, args).await,
    }
}

async fn set(server: &Server, context: &Context, what: Set) -> Ended {
    match what {
        Set::Host(args) => host::set(server, context, *args).await,
        Set::Lease(args) => lease::set(server, context, args).await,
        Set::Failover(args) => lease::set_failover(server, context, args).await,
    }
}

async fn del(server: &Server, context: &Context, what: Del) -> Ended {
    match what {
        Del::Host(args) => host::del(server, context, args).await,
        Del::Group(args) => group::del_group(server, context, args).await,
        Del::Class(args) => group::del_class(server, context, args).await,
        Del::Subclass(args) => group::del_subclass(server, context, args).await,
    }
}
