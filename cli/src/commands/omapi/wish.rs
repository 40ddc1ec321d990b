//! What a host is to be like: the options of `add host`, which are the columns of `import` too.

use std::net::{IpAddr, Ipv4Addr};

use clap::Args;
use netlever_core::omapi::calls::AddHost;
use netlever_core::omapi::statements::{CLASSLESS_STATIC_ROUTES, Route, Statements};
use netlever_core::omapi::values::{Family, HardwareAddress, HardwareType};

use super::keys::{Octets, octets};
use crate::failure::Failure;

/// A host that is wished for.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "The host")]
pub(crate) struct HostWish {
    /// Hardware address: aa:bb:cc:dd:ee:ff, aa-bb-cc-dd-ee-ff or aabb.ccdd.eeff
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mac: Option<HardwareAddress>,
    /// Type of the hardware address: a name or a number
    #[arg(long, value_name = "TYPE", default_value = "ethernet")]
    pub(crate) hardware_type: HardwareType,
    /// Client identifier, all octets of option 61: 01:aa:bb…, 0x01aabb… or '"text"'
    #[arg(long, value_name = "OCTETS", value_parser = octets)]
    pub(crate) client_id: Option<Octets>,
    /// Name of the declaration: letters, digits, '.', '_', '-'; without one the server makes it up
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Fixed address; give it again, or a list with commas, for several
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) ip: Vec<IpAddr>,
    /// Group that it belongs to
    #[arg(long, value_name = "NAME")]
    pub(crate) group: Option<String>,
    #[command(flatten)]
    pub(crate) sends: Sends,
}

/// What the server sends to a client beside its address: becomes `statements`.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "What its client is sent")]
pub(crate) struct Sends {
    /// Hostname
    #[arg(long, value_name = "NAME")]
    pub(crate) hostname: Option<String>,
    /// Router; again, or a list with commas, for several, the best one first
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    pub(crate) router: Vec<Ipv4Addr>,
    /// Domain name
    #[arg(long, value_name = "NAME")]
    pub(crate) domain: Option<String>,
    /// Classless static route, as in 10.0.0.0/8,192.168.1.1; again for more. A client that gets
    /// routes ignores --router: give a route for 0.0.0.0/0 as well
    #[arg(long, value_name = "CIDR,GATEWAY")]
    pub(crate) route: Vec<Route>,
    /// What dhcpd.conf calls the option for routes (121 or 249), which it must declare
    #[arg(long, value_name = "NAME", default_value = CLASSLESS_STATIC_ROUTES)]
    pub(crate) route_option: String,
    /// Boot file
    #[arg(long, value_name = "FILE")]
    pub(crate) filename: Option<String>,
    /// Where the boot file is fetched
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) next_server: Option<Ipv4Addr>,
    /// Other statements, as dhcpd.conf has them, each ended by ';'
    #[arg(long, value_name = "TEXT")]
    pub(crate) statements: Option<String>,
}

impl Sends {
    /// The text of `statements`. An expert's own text is not looked at.
    pub(crate) fn build(&self, expert: bool) -> Result<Statements, Failure> {
        let mut statements = Statements::supersede_host(
            self.hostname.as_deref(),
            &self.router,
            self.domain.as_deref(),
        )
        .map_err(Failure::usage)?;
        if !self.route.is_empty() {
            statements.routes(&self.route_option, &self.route).map_err(Failure::usage)?;
        }
        if let Some(filename) = &self.filename {
            statements.filename(filename).map_err(Failure::usage)?;
        }
        if let Some(server) = self.next_server {
            statements.next_server(server);
        }
        match &self.statements {
            Some(text) if expert => {
                statements.raw_unchecked(text);
            }
            Some(text) => {
                let why = |why| format!("--statements: {why}; --expert sends them as they are");
                statements.raw(text).map_err(|error| Failure::usage(why(error)))?;
            }
            None => {}
        }
        Ok(statements)
    }
}

/// Letters of a name that messages show.
const SHOWN: usize = 64;

impl HostWish {
    /// The call that adds it.
    pub(crate) fn call(&self, family: Family, expert: bool) -> Result<AddHost, Failure> {
        let mut add = match (&self.mac, &self.client_id) {
            (Some(mac), client_id) => {
                let add = AddHost::new(*mac).hardware_type(self.hardware_type);
                match client_id {
                    Some(Octets(octets)) => add.client_id(octets.clone()),
                    None => add,
                }
            }
            (None, Some(Octets(octets))) => AddHost::by_client_id(octets.clone()),
            (None, None) => {
                return Err(Failure::usage("a host needs a mac or a client-id"));
            }
        };
        for ip in addresses(&self.ip, family)? {
            add = add.ip_address(*ip);
        }
        if let Some(name) = &self.name {
            add = add.name(name);
        }
        if let Some(group) = &self.group {
            add = add.group(group);
        }
        let statements = self.sends.build(expert)?;
        Ok(if statements.is_empty() { add } else { add.statements(statements) })
    }

    /// What messages call it.
    pub(crate) fn title(&self) -> String {
        match (&self.name, &self.mac, &self.client_id) {
            (Some(name), ..) if name.chars().count() > SHOWN => {
                format!("host {}…", name.chars().take(SHOWN).collect::<String>())
            }
            (Some(name), ..) => format!("host {name}"),
            (None, Some(mac), _) => format!("host {mac}"),
            _ => "host by its client-id".to_owned(),
        }
    }
}

/// The addresses, if all are of the server's family: nothing on the wire tells 16 octets of IPv6
/// from four IPv4 addresses.
pub(crate) fn addresses(ips: &[IpAddr], family: Family) -> Result<&[IpAddr], Failure> {
    let (wrong, hint) = match family {
        Family::V4 => (ips.iter().find(|ip| ip.is_ipv6()), "give --dhcpv6 for a DHCPv6 server"),
        Family::V6 => (ips.iter().find(|ip| ip.is_ipv4()), "--dhcpv6 says that it serves DHCPv6"),
    };
    match wrong {
        Some(ip) => Err(Failure::usage(format!("{ip} is no address of this server: {hint}"))),
        None => Ok(ips),
    }
}
