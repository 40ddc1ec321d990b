//! What leases and hosts are found by, on the command line.

use std::net::Ipv4Addr;

use clap::Args;
use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::objects::{Host, Lease};
use netlever_core::omapi::values::{Family, HardwareAddress, HardwareType, encode_text};

use crate::failure::Failure;

/// The keys that leases and hosts share.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Lookup keys (all given ones must agree)")]
pub(crate) struct Identity {
    /// Hardware address: aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff or aabb.ccdd.eeff
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mac: Option<HardwareAddress>,
    /// Type of the hardware address: a name or a number
    #[arg(long, value_name = "TYPE", default_value = "ethernet", requires = "mac")]
    pub(crate) hardware_type: HardwareType,
    /// Client identifier, all octets of option 61: 01:aa:bb…, 0x01aabb… or '"text"'
    #[arg(long, value_name = "OCTETS", value_parser = octets)]
    pub(crate) client_id: Option<Octets>,
}

/// Octets that a user typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Octets(pub(crate) Vec<u8>);

/// Reads octets as [`encode_text`] does.
pub(crate) fn octets(text: &str) -> Result<Octets, String> {
    match encode_text("host", "dhcp-client-identifier", text, Family::V4) {
        Ok(octets) if octets.is_empty() => Err("it is empty".into()),
        Ok(octets) => Ok(Octets(octets)),
        Err(why) => Err(why.to_string()),
    }
}

/// Keys of a lease.
#[derive(Clone, Debug, Args)]
pub(crate) struct LeaseKeys {
    /// IP address of the lease
    #[arg(long, value_name = "ADDRESS", help_heading = "Lookup keys (all given ones must agree)")]
    pub(crate) ip: Option<Ipv4Addr>,
    #[command(flatten)]
    pub(crate) identity: Identity,
}

/// Keys of a host, when its own address is not among them.
#[derive(Clone, Debug, Args)]
pub(crate) struct HostKeys {
    /// Name: exact, case matters
    #[arg(long, value_name = "NAME", help_heading = "Lookup keys (all given ones must agree)")]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) identity: Identity,
}

/// Applies the shared keys, which the two types of lookup have under the same names.
macro_rules! identify {
    ($lookup:expr, $identity:expr) => {{
        let mut lookup = $lookup;
        if let Some(address) = $identity.mac {
            lookup = lookup.hardware_type($identity.hardware_type).hardware_address(address);
        }
        if let Some(Octets(octets)) = &$identity.client_id {
            lookup = lookup.client_id(octets);
        }
        lookup
    }};
}

impl Identity {
    /// The words for it, each as `name=value`.
    fn words(&self) -> Vec<String> {
        let mac = self.mac.as_ref().map(|mac| format!("hardware-address={mac}"));
        let client_id = self.client_id.as_ref().map(|Octets(octets)| {
            let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
            format!("dhcp-client-identifier=0x{digits}")
        });
        mac.into_iter().chain(client_id).collect()
    }
}

impl LeaseKeys {
    /// The lookup, and what it says in messages.
    pub(crate) fn lookup(&self) -> Result<(Lookup<Lease>, String), Failure> {
        let mut words = vec![];
        let mut lookup = Lookup::lease();
        if let Some(ip) = self.ip {
            words.push(format!("ip-address={ip}"));
            lookup = lookup.ip_address(ip);
        }
        words.extend(self.identity.words());
        if words.is_empty() {
            return Err(Failure::usage("which lease? give --ip, --mac or --client-id"));
        }
        Ok((identify!(lookup, self.identity), format!("lease {}", words.join(" "))))
    }
}

impl HostKeys {
    /// The lookup, and what it says in messages; `held` is the address of a lease that the host's
    /// client holds.
    pub(crate) fn lookup(&self, held: Option<Ipv4Addr>) -> Result<(Lookup<Host>, String), Failure> {
        let mut words = vec![];
        let mut lookup = Lookup::host();
        if let Some(name) = &self.name {
            words.push(format!("name={name}"));
            lookup = lookup.name(name);
        }
        words.extend(self.identity.words());
        if let Some(ip) = held {
            words.push(format!("ip-address={ip}"));
            lookup = lookup.ip_address(ip);
        }
        if words.is_empty() {
            return Err(Failure::usage(
                "which host? give --name, --mac or --client-id; lookup takes --ip too",
            ));
        }
        Ok((identify!(lookup, self.identity), format!("host {}", words.join(" "))))
    }
}
