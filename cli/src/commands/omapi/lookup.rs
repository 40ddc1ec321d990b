//! `lookup`: one object, with all its attributes.

use std::net::Ipv4Addr;

use clap::{Args, Subcommand};
use netlever_core::omapi::calls::{Lookup, PoolUsage};

use super::keys::{HostKeys, LeaseKeys, Octets, octets};
use super::render::{self, Form};
use super::{Context, Ended, Server};
use crate::failure::{Failure, Status};

/// The words behind `lookup`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Verb {
    #[command(subcommand)]
    what: What,
}

const EXAMPLES: &str = "\
Examples:
  netlever omapi … lookup lease --ip 10.0.0.7
  netlever omapi … lookup host --name printer --mac 24:79:2a:0a:13:c0     both must agree
  netlever omapi … --json lookup failover --name dhcp-failover | jq '.\"local-state-name\"'
  netlever omapi … lookup pool --ip 10.0.0.7                              how full its pool is";

#[derive(Debug, Subcommand)]
enum What {
    /// A lease
    Lease {
        #[command(flatten)]
        keys: LeaseKeys,
        #[command(flatten)]
        form: Form,
    },
    /// A host declaration
    Host {
        #[command(flatten)]
        keys: HostKeys,
        /// Address of a lease that the host's client holds; fixed addresses are not searched
        #[arg(long, value_name = "ADDRESS")]
        ip: Option<Ipv4Addr>,
        #[command(flatten)]
        form: Form,
    },
    /// The failover state of a peer
    Failover(Named),
    /// A group
    Group(Named),
    /// A class
    Class(Named),
    /// A subclass
    Subclass {
        /// Name of its class
        #[arg(long, value_name = "NAME")]
        name: String,
        /// What it matches: 01:aa:bb…, 0x01aabb… or '"text"'; for hardware the type octet first
        #[arg(long, value_name = "OCTETS", value_parser = octets)]
        hashstring: Octets,
        #[command(flatten)]
        form: Form,
    },
    /// The pool of an address: how many leases it has, and how many are free
    Pool {
        /// Any address of the pool
        #[arg(long, value_name = "ADDRESS")]
        ip: Ipv4Addr,
        #[command(flatten)]
        form: Form,
    },
    /// A network interface of the server
    Interface(Named),
    /// The server's own state
    Control {
        #[command(flatten)]
        form: Form,
    },
}

#[derive(Debug, Args)]
struct Named {
    /// Its name: exact, case matters
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    form: Form,
}

/// Looks it up and prints it.
pub(crate) async fn run(server: &Server, context: &Context, verb: Verb) -> Ended {
    /// The object of a typed answer, and its form.
    macro_rules! find {
        ($form:expr, $what:expr, $call:expr) => {{
            let found = server.call(&format!("looking up {}", $what), $call).await?;
            (found.into_object(), $form)
        }};
    }
    let (object, form) = match verb.what {
        What::Lease { keys, form } => {
            let (lookup, what) = keys.lookup()?;
            find!(form, what, lookup)
        }
        What::Host { keys, ip, form } => {
            let (lookup, what) = keys.lookup(ip)?;
            find!(form, what, lookup)
        }
        What::Failover(Named { name, form }) => {
            find!(form, format_args!("failover-state name={name}"), Lookup::failover(&name))
        }
        What::Group(Named { name, form }) => {
            find!(form, format_args!("group name={name}"), Lookup::group(&name))
        }
        What::Class(Named { name, form }) => {
            find!(form, format_args!("class name={name}"), Lookup::class(&name))
        }
        What::Subclass { name, hashstring: Octets(hashstring), form } => {
            let lookup = Lookup::subclass(&name, hashstring);
            find!(form, format_args!("subclass name={name}"), lookup)
        }
        What::Pool { ip, form } => {
            find!(form, format_args!("the pool of {ip}"), PoolUsage::of(ip))
        }
        What::Interface(Named { name, form }) => {
            find!(form, format_args!("interface name={name}"), Lookup::interface(&name))
        }
        What::Control { form } => find!(form, "control", Lookup::control()),
    };
    render::print(&context.output, &object, form);
    Ok::<_, Failure>(Status::Done)
}
