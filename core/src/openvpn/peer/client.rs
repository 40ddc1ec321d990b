//! A client of the simulated server.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Edition;
use crate::openvpn::command::Transport;
use crate::openvpn::{Secret, Text};

/// A client as a test or a script describes it. What it does not say is filled in when it
/// connects.
///
/// ```
/// use netlever_core::openvpn::peer::Client;
///
/// let mut bob = Client::new("bob", "192.0.2.2:1194".parse().unwrap());
/// bob.username = Some("bob@example.org".into());
/// bob.peer_info.push(("IV_SSO".into(), "webauth,crtext".into()));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// From its certificate; any octets but CR and LF, which the daemon replaces by `_`.
    pub common_name: Text<'static>,
    /// Its user name, if it gave one.
    pub username: Option<Text<'static>>,
    /// Its password, in clear text as the daemon passes it on.
    pub password: Option<Secret>,
    /// UDP, or TCP.
    pub transport: Transport,
    /// Its outer address.
    pub real_address: SocketAddr,
    /// Whether an IPv4 client came to an IPv6 socket: 2.7 prints `udp6:192.0.2.2:1194`.
    pub mapped: bool,
    /// Its IPv4 address in the tunnel; the next free one if `None`.
    pub virtual_ipv4: Option<Ipv4Addr>,
    /// Its IPv6 address in the tunnel; one that matches the IPv4 one if `None`.
    pub virtual_ipv6: Option<Ipv6Addr>,
    /// Subnets behind it.
    pub routes: Vec<Subnet>,
    /// `IV_*` and `UV_*`, in the order in which the client sends them.
    pub peer_info: Vec<(Text<'static>, Text<'static>)>,
    /// Octets received from it.
    pub bytes_received: u64,
    /// Octets sent to it.
    pub bytes_sent: u64,
    /// The cipher of its data channel.
    pub cipher: Text<'static>,
    /// What it answers when it is asked `CR_TEXT` in a pending authentication; `None`: nothing.
    pub challenge_response: Option<Text<'static>>,
}

/// A subnet and the bits of its prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Its address.
    pub ip: IpAddr,
    /// Bits of the prefix, at most 32 or 128.
    pub bits: u8,
}

impl Subnet {
    /// As ADDRESS events print it: IPv4 with a dotted mask.
    pub(super) fn event_text(self) -> String {
        match self.ip {
            IpAddr::V4(ip) => format!("{ip}/{}", mask(self.bits)),
            IpAddr::V6(ip) => format!("{ip}/{}", self.bits),
        }
    }

    /// As listings print it.
    pub(super) fn status_text(self) -> String {
        format!("{}/{}", self.ip, self.bits)
    }
}

/// The IPv4 mask of so many bits.
pub(super) fn mask(bits: u8) -> Ipv4Addr {
    Ipv4Addr::from_bits(u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0))
}

impl Client {
    /// A UDP client of OpenVPN 2.6.14 on Linux, without a user name.
    pub fn new(common_name: impl Into<Text<'static>>, real_address: SocketAddr) -> Self {
        let info = [
            ("IV_VER", "2.6.14"),
            ("IV_PLAT", "linux"),
            ("IV_TCPNL", "1"),
            ("IV_MTU", "1600"),
            ("IV_NCP", "2"),
            ("IV_CIPHERS", "AES-256-GCM:AES-128-GCM:CHACHA20-POLY1305"),
            ("IV_PROTO", "990"),
            ("IV_LZO_STUB", "1"),
            ("IV_COMP_STUB", "1"),
            ("IV_COMP_STUBv2", "1"),
        ];
        Self {
            common_name: common_name.into(),
            username: None,
            password: None,
            transport: Transport::Udp,
            real_address,
            mapped: false,
            virtual_ipv4: None,
            virtual_ipv6: None,
            routes: Vec::new(),
            peer_info: info.map(|(name, value)| (name.into(), value.into())).into(),
            bytes_received: 2150,
            bytes_sent: 2303,
            cipher: "AES-256-GCM".into(),
            challenge_response: None,
        }
    }

    /// The same client with a user name and a password.
    #[must_use]
    pub fn with_login(
        mut self,
        username: impl Into<Text<'static>>,
        password: impl Into<Secret>,
    ) -> Self {
        (self.username, self.password) = (Some(username.into()), Some(password.into()));
        self
    }

    /// What listings say: since 2.7 with the protocol, before without the port of IPv6.
    pub(super) fn printed_address(&self, edition: Edition) -> String {
        let (ip, port) = (self.real_address.ip(), self.real_address.port());
        if edition < Edition::V27 {
            return match ip {
                IpAddr::V4(_) => self.real_address.to_string(),
                IpAddr::V6(ip) => ip.to_string(),
            };
        }
        let protocol = match (self.transport, ip.is_ipv6() || self.mapped) {
            (Transport::Udp, false) => "udp4",
            (Transport::Udp, true) => "udp6",
            (Transport::Tcp, false) => "tcp4-server",
            (Transport::Tcp, true) => "tcp6-server",
        };
        match ip {
            IpAddr::V4(ip) => format!("{protocol}:{ip}:{port}"),
            IpAddr::V6(ip) => format!("{protocol}:[{ip}]:{port}"),
        }
    }

    /// What no daemon lets through: line ends and, in names, other control octets.
    pub(super) fn clean(&mut self) {
        let texts = [&mut self.common_name, &mut self.cipher].into_iter().chain(&mut self.username);
        for text in texts {
            clean(text);
        }
        for (name, value) in &mut self.peer_info {
            clean(name);
            clean(value);
        }
        if let Some(response) = &mut self.challenge_response {
            clean(response);
        }
        if let Some(password) = &mut self.password
            && password.expose().iter().any(|&octet| octet < 0x20)
        {
            let under = |&octet: &u8| if octet < 0x20 { b'_' } else { octet };
            *password = password.expose().iter().map(under).collect::<Vec<_>>().into();
        }
        self.peer_info.truncate(MAX_PEER_INFO);
        self.routes.truncate(MAX_ROUTES);
        for route in &mut self.routes {
            route.bits = route.bits.min(if route.ip.is_ipv4() { 32 } else { 128 });
        }
    }
}

/// More variables of peer info are not kept.
const MAX_PEER_INFO: usize = 256;

/// More subnets behind one client are not kept.
pub(super) const MAX_ROUTES: usize = 256;

/// More octets of one text are not kept: user names reach 4095.
const MAX_TEXT: usize = 4096;

fn clean(text: &mut Text<'static>) {
    if text.len() > MAX_TEXT || text.iter().any(|&octet| octet < 0x20 || octet == 0x7f) {
        let under = |&octet: &u8| if octet < 0x20 || octet == 0x7f { b'_' } else { octet };
        *text = text.iter().take(MAX_TEXT).map(under).collect::<Vec<_>>().into();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_printed_by_release() {
        let client = |address: &str| Client::new("x", address.parse().expect("an address"));
        let (v4, v6) = (client("192.0.2.2:7"), client("[2001:db8::2]:7"));
        let tcp = Client { transport: Transport::Tcp, ..v4.clone() };
        let mapped = Client { mapped: true, ..v4.clone() };
        for (client, old, new) in [
            (&v4, "192.0.2.2:7", "udp4:192.0.2.2:7"),
            (&v6, "2001:db8::2", "udp6:[2001:db8::2]:7"),
            (&tcp, "192.0.2.2:7", "tcp4-server:192.0.2.2:7"),
            (&mapped, "192.0.2.2:7", "udp6:192.0.2.2:7"),
        ] {
            assert_eq!(client.printed_address(Edition::V26), old);
            assert_eq!(client.printed_address(Edition::V27), new);
        }
    }

    #[test]
    fn masks() {
        assert_eq!(
            [0, 16, 24, 32].map(|bits| mask(bits).to_string()),
            ["0.0.0.0", "255.255.0.0", "255.255.255.0", "255.255.255.255"]
        );
    }

    #[test]
    fn line_ends_in_names_are_replaced() {
        let mut client = Client::new("a\r\nb\tc", "192.0.2.2:7".parse().expect("an address"));
        client.clean();
        assert_eq!(client.common_name.octets(), "a__b_c");
    }
}
