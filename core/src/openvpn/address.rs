//! Addresses as the daemon prints them, typed beside their raw text.
//!
//! | where | forms |
//! |---|---|
//! | real address, 2.4 to 2.6 | `192.0.2.2:1194`, `2001:db8::2` (IPv6 without its port) |
//! | real address, 2.7 | `udp4:192.0.2.2:1194`, `tcp4-server:192.0.2.2:1194`, `udp6:[2001:db8::2]:1194`, `udp6:192.0.2.2:1194` (an IPv4 peer on an IPv6 socket) |
//! | routing table | an IP address, `10.88.0.0/24`, a MAC address (with `@vlan` since 2.5), or an address and `C` (cached) |
//! | ADDRESS event | an IP address, `10.88.0.0/255.255.255.0`, `fd00:88::/64` |

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::octets::Octets;
use super::wire::{decimal, rsplit_once, split_once};

/// The far end of a client's transport, from the outside.
///
/// ```
/// use netlever_core::openvpn::address::PeerAddress;
///
/// let peer = PeerAddress::parse(b"udp6:[2001:db8::2]:1194").expect("an address");
/// assert_eq!(peer.protocol.expect("since 2.7"), "udp6");
/// assert_eq!((peer.ip, peer.port), ("2001:db8::2".parse().unwrap(), Some(1194)));
/// // Until 2.6 an IPv6 peer is printed without its port.
/// assert_eq!(PeerAddress::parse(b"2001:db8::2").expect("an address").port, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress<'a> {
    /// `udp4`, `tcp6-server` …: the socket's protocol, since 2.7.
    pub protocol: Option<Octets<'a>>,
    /// The address.
    pub ip: IpAddr,
    /// The port; `None` where the daemon leaves it out.
    pub port: Option<u16>,
}

impl<'a> PeerAddress<'a> {
    /// Reads a real address; `None` for what has none of the forms.
    #[must_use]
    pub fn parse(text: &'a [u8]) -> Option<Self> {
        if let Some(protocol) = prefix(text) {
            let rest = &text[protocol.len() + 1..];
            let (ip, port) = with_port(rest)?;
            return Some(Self { protocol: Some(Octets(protocol)), ip, port });
        }
        let (ip, port) = with_port(text)?;
        Some(Self { protocol: None, ip, port })
    }
}

/// The protocol before the first colon: letters first, so no part of an address of either family.
fn prefix(text: &[u8]) -> Option<&[u8]> {
    let (word, _) = split_once(text, b':')?;
    let starts = [&b"udp"[..], b"tcp"];
    starts.iter().any(|start| word.starts_with(start)).then_some(word)
}

fn with_port(text: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    if let Some(rest) = text.strip_prefix(b"[") {
        let (ip, port) = rsplit_once(rest, b']')?;
        let ip = parse::<Ipv6Addr>(ip)?;
        return match port {
            [] => Some((ip.into(), None)),
            [b':', digits @ ..] => Some((ip.into(), Some(port_number(digits)?))),
            _ => None,
        };
    }
    if let Some(ip) = parse::<IpAddr>(text) {
        return Some((ip, None));
    }
    let (ip, port) = rsplit_once(text, b':')?;
    Some((parse::<Ipv4Addr>(ip)?.into(), Some(port_number(port)?)))
}

/// A port in decimal.
pub(crate) fn port_number(digits: &[u8]) -> Option<u16> {
    decimal(digits)?.try_into().ok()
}

fn parse<T: FromStr>(text: &[u8]) -> Option<T> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// An address inside the tunnel: of a client, or of what lies behind it.
///
/// ```
/// use netlever_core::openvpn::address::{TunnelAddress, Target};
///
/// // An ADDRESS event prints the mask, the routing table its length.
/// let subnet = TunnelAddress::parse(b"10.88.0.0/255.255.255.0").expect("a subnet");
/// assert_eq!(Some(subnet), TunnelAddress::parse(b"10.88.0.0/24"));
/// // A route that was learnt, and is dropped when it is not used.
/// assert!(TunnelAddress::parse(b"10.9.0.77C").expect("an address").cached);
/// let mac = TunnelAddress::parse(b"02:00:00:00:00:01@7").expect("a MAC address");
/// assert_eq!(mac.target, Target::Mac { octets: [2, 0, 0, 0, 0, 1], vlan: Some(7) });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TunnelAddress {
    /// What is addressed.
    pub target: Target,
    /// Whether the entry is a cached one: `C` behind the address, in routing tables only.
    pub cached: bool,
}

/// What a [`TunnelAddress`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// One host.
    Host(IpAddr),
    /// A subnet and the bits of its prefix.
    Subnet {
        /// Its address.
        ip: IpAddr,
        /// Bits of the prefix, at most 32 or 128.
        bits: u8,
    },
    /// A station behind a TAP client.
    Mac {
        /// The address.
        octets: [u8; 6],
        /// The VLAN, since 2.5.
        vlan: Option<u16>,
    },
}

impl TunnelAddress {
    /// Reads a virtual address; `None` for what has none of the forms.
    #[must_use]
    pub fn parse(text: &[u8]) -> Option<Self> {
        // Addresses are printed in small letters, so this is never the last digit of one.
        let (text, cached) = match text {
            [rest @ .., b'C'] => (rest, true),
            _ => (text, false),
        };
        Some(Self { target: Target::parse(text)?, cached })
    }
}

impl Target {
    fn parse(text: &[u8]) -> Option<Self> {
        if let Some((ip, bits)) = split_once(text, b'/') {
            let ip = parse::<IpAddr>(ip)?;
            let most = if ip.is_ipv4() { 32 } else { 128 };
            let bits = match parse::<Ipv4Addr>(bits).filter(|_| ip.is_ipv4()) {
                Some(mask) if mask.to_bits().leading_ones() == mask.to_bits().count_ones() => {
                    u64::from(mask.to_bits().leading_ones())
                }
                Some(_) => return None,
                None => decimal(bits)?,
            };
            return (bits <= most).then_some(Self::Subnet { ip, bits: bits as u8 });
        }
        parse::<IpAddr>(text).map(Self::Host).or_else(|| Self::mac(text))
    }

    fn mac(text: &[u8]) -> Option<Self> {
        let (mac, vlan) = match split_once(text, b'@') {
            Some((mac, vlan)) => (mac, Some(decimal(vlan)?.try_into().ok()?)),
            None => (text, None),
        };
        if mac.len() != 17 {
            return None;
        }
        let mut octets = [0; 6];
        for (pair, octet) in mac.chunks(3).zip(&mut octets) {
            let digits = str::from_utf8(&pair[..2]).ok()?;
            let hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            if !hex || pair.get(2).is_some_and(|&separator| separator != b':') {
                return None;
            }
            *octet = u8::from_str_radix(digits, 16).ok()?;
        }
        Some(Self::Mac { octets, vlan })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> Option<(Option<&str>, String, Option<u16>)> {
        let peer = PeerAddress::parse(text.as_bytes())?;
        let protocol = peer.protocol.map(|protocol| protocol.text().expect("ASCII"));
        Some((protocol, peer.ip.to_string(), peer.port))
    }

    #[test]
    fn real_addresses_of_all_releases() {
        let (v4, v6) = ("192.0.2.2".to_owned(), "2001:db8::2".to_owned());
        assert_eq!(peer("192.0.2.2:1194"), Some((None, v4.clone(), Some(1194))));
        assert_eq!(peer("2001:db8::2"), Some((None, v6.clone(), None)));
        assert_eq!(peer("udp4:192.0.2.2:7"), Some((Some("udp4"), v4.clone(), Some(7))));
        assert_eq!(
            peer("tcp4-server:192.0.2.2:7"),
            Some((Some("tcp4-server"), v4.clone(), Some(7)))
        );
        assert_eq!(peer("udp6:[2001:db8::2]:7"), Some((Some("udp6"), v6, Some(7))));
        assert_eq!(peer("udp6:192.0.2.2:7"), Some((Some("udp6"), v4, Some(7))));
        for broken in ["", "bob", "192.0.2.2:70000", "[2001:db8::2]7", "udp4:", "[::1"] {
            assert_eq!(peer(broken), None, "{broken}");
        }
    }

    #[test]
    fn a_small_c_is_a_digit_and_a_large_one_a_flag() {
        let small = TunnelAddress::parse(b"fd00::1c").expect("an address");
        let large = TunnelAddress::parse(b"fd00::1C").expect("an address");
        assert!(!small.cached && large.cached);
        assert_eq!(large.target, Target::Host("fd00::1".parse().expect("an address")));
        assert_ne!(small.target, large.target);
    }

    #[test]
    fn what_is_no_address_is_none() {
        for broken in
            ["", "C", "10.0.0.0/33", "10.0.0.0/255.0.255.0", "02:00:00:00:00", "02-00-00-00-00-01"]
        {
            assert_eq!(TunnelAddress::parse(broken.as_bytes()), None, "{broken}");
        }
    }
}
