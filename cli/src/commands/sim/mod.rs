//! `netlever sim`: simulated peers on real sockets.

mod omapi;
mod openvpn;

use clap::Subcommand;

use super::{Context, Ended};

/// The words behind `sim`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    peer: Peer,
}

#[derive(Debug, Subcommand)]
enum Peer {
    /// A small DHCP server's OMAPI side
    Omapi(omapi::Args),
    /// An OpenVPN daemon's management side, server or client
    Openvpn(Box<openvpn::Args>),
}

pub(crate) fn run(context: &Context, args: Args) -> Ended {
    match args.peer {
        Peer::Omapi(args) => omapi::run(context, args),
        Peer::Openvpn(args) => openvpn::run(context, *args),
    }
}
