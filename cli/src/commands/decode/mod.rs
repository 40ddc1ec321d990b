//! `netlever decode`: captured octets, explained.

pub(crate) mod input;
mod omapi;
mod openvpn;
pub(crate) mod packets;

use clap::Subcommand;

use super::{Context, Ended};

/// The words behind `decode`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    protocol: Protocol,
}

#[derive(Debug, Subcommand)]
enum Protocol {
    /// OMAPI, of ISC DHCP servers and their clients
    Omapi(omapi::Args),
    /// The management interface of OpenVPN
    Openvpn(openvpn::Args),
}

pub(crate) fn run(context: &Context, args: Args) -> Ended {
    match args.protocol {
        Protocol::Omapi(args) => omapi::run(context, args),
        Protocol::Openvpn(args) => openvpn::run(context, args),
    }
}
