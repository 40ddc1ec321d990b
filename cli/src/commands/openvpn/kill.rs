//! `kill`: throw out clients by name or address.

use std::ffi::OsString;

use clap::Args;
use netlever_core::openvpn::address::PeerAddress;
use netlever_core::openvpn::calls::{self, KillAddress};
use netlever_core::openvpn::command::{Kill, Transport};
use serde_json::json;

use super::act::text;
use super::daemon::Daemon;
use crate::commands::{Context, Ended};
use crate::failure::Status;

/// The words behind `kill`.
#[derive(Debug, Args)]
#[command(after_help = "\
An address is written as `status` shows it, 192.0.2.2:1194 or udp4:192.0.2.2:1194; the form that
the daemon's release wants is found out. It takes IPv4 only, and other names with a colon for
addresses: use client-kill with the client's id for those. Exit status 3: nobody has this name or
address.

Examples:
  netlever openvpn … kill 'Smith, John'
  netlever openvpn … kill 192.0.2.2:1194
  netlever openvpn … client-kill 7")]
pub(super) struct Verb {
    /// A common name (all its clients), or an outer address and port
    #[arg(value_name = "NAME|ADDRESS")]
    whom: OsString,
}

pub(super) async fn run(daemon: &Daemon, context: &Context, verb: &Verb) -> Ended {
    let name = text(&verb.whom);
    let tried = format!("killing {}", verb.whom.display());
    let killed = match address(&name) {
        None => daemon.call(&tried, calls::kill(Kill::CommonName(name))).await?,
        Some((Some(transport), address)) => {
            daemon.call(&tried, KillAddress::new(transport, address)).await?
        }
        Some((None, address)) => {
            // Releases that tell transports apart are asked for both.
            match daemon.ask(KillAddress::new(Transport::Udp, address)).await {
                Ok(killed) => killed,
                Err(error) if error.is_not_found() => {
                    daemon.call(&tried, KillAddress::new(Transport::Tcp, address)).await?
                }
                Err(error) => return Err(daemon.failure(&tried, &error)),
            }
        }
    };
    context.output.print(|| json!({ "killed": killed }), |_| format!("{killed} client(s) killed"));
    Ok(Status::Done)
}

/// The address that this is, if it is one that a daemon takes.
fn address(text: &[u8]) -> Option<(Option<Transport>, std::net::SocketAddrV4)> {
    let peer = PeerAddress::parse(text)?;
    let std::net::IpAddr::V4(ip) = peer.ip else { return None };
    let transport = peer.protocol.map(|protocol| {
        if protocol.as_bytes().starts_with(b"tcp") { Transport::Tcp } else { Transport::Udp }
    });
    Some((transport, std::net::SocketAddrV4::new(ip, peer.port?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_names() {
        let at = "192.0.2.2:7".parse().unwrap();
        assert_eq!(address(b"192.0.2.2:7"), Some((None, at)));
        assert_eq!(address(b"udp4:192.0.2.2:7"), Some((Some(Transport::Udp), at)));
        assert_eq!(address(b"tcp4-server:192.0.2.2:7"), Some((Some(Transport::Tcp), at)));
        for name in ["bob", "192.0.2.2", "a:7", "[2001:db8::1]:7"] {
            assert_eq!(address(name.as_bytes()), None, "{name}");
        }
    }
}
