//! Classless static routes, RFC 3442.

use std::{fmt, net::Ipv4Addr, str::FromStr};

use super::RouteError;
use crate::omapi::values::colon_hex;

/// How dhcpd.conf usually calls option 121, after a declaration that it has to make itself:
/// `option rfc3442-classless-static-routes code 121 = array of unsigned integer 8;`
pub const CLASSLESS_STATIC_ROUTES: &str = "rfc3442-classless-static-routes";

/// A route for clients: packets to `destination` go to `gateway`.
///
/// ```
/// use netlever_core::omapi::statements::{Route, classless_static_routes};
///
/// let routes = ["16.11.0.0/16,10.10.10.1".parse()?, "0.0.0.0/0,192.168.1.1".parse()?];
/// assert_eq!(classless_static_routes(&routes), "10:10:0b:0a:0a:0a:01:00:c0:a8:01:01");
/// assert!("10.1.0.0/8,10.0.0.1".parse::<Route>().is_err());
/// # Ok::<(), netlever_core::omapi::statements::RouteError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Route {
    destination: Ipv4Addr,
    prefix: u8,
    gateway: Ipv4Addr,
}

impl Route {
    /// A route to the network `destination` with a prefix of that many bits.
    ///
    /// # Errors
    ///
    /// [`RouteError`] for a prefix above 32, and for bits of the destination behind the prefix.
    pub fn new(destination: Ipv4Addr, prefix: u8, gateway: Ipv4Addr) -> Result<Self, RouteError> {
        if prefix > 32 {
            return Err(RouteError::Prefix { found: prefix });
        }
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        let network = Ipv4Addr::from_bits(destination.to_bits() & mask);
        if network != destination {
            return Err(RouteError::HostBits { destination, prefix, network });
        }
        Ok(Self { destination, prefix, gateway })
    }

    /// The network that is reached.
    pub const fn destination(&self) -> Ipv4Addr {
        self.destination
    }

    /// The bits of the network, 0 to 32; 0 makes it the default route.
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Where the packets go; 0.0.0.0 is the link itself.
    pub const fn gateway(&self) -> Ipv4Addr {
        self.gateway
    }

    /// Its octets in the option: the prefix, those octets of the destination that it covers, and
    /// the gateway (RFC 3442, "Classless Route Option Format").
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = vec![self.prefix];
        octets.extend(&self.destination.octets()[..usize::from(self.prefix.div_ceil(8))]);
        octets.extend(self.gateway.octets());
        octets
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{},{}", self.destination, self.prefix, self.gateway)
    }
}

impl FromStr for Route {
    type Err = RouteError;

    /// Reads `DESTINATION/PREFIX,GATEWAY`.
    fn from_str(text: &str) -> Result<Self, RouteError> {
        let wrong = || RouteError::Text { text: text.into() };
        let (network, gateway) = text.split_once(',').ok_or_else(wrong)?;
        let (destination, prefix) = network.trim().split_once('/').ok_or_else(wrong)?;
        if !prefix.bytes().all(|octet| octet.is_ascii_digit()) {
            return Err(wrong());
        }
        Self::new(
            destination.parse().map_err(|_| wrong())?,
            prefix.parse().map_err(|_| wrong())?,
            gateway.trim().parse().map_err(|_| wrong())?,
        )
    }
}

/// The octets of the option for these routes, as hex pairs joined by `:`.
pub fn classless_static_routes(routes: &[Route]) -> String {
    let octets: Vec<u8> = routes.iter().flat_map(|route| route.encode()).collect();
    colon_hex(&octets)
}
