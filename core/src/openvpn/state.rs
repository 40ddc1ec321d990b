//! State lines: what the daemon is doing.
//!
//! Real-time events and history have one form:
//! `time,name,detail,tun_ip4,remote,remote_port,local,local_port[,tun_ip6]`. It has eight fields,
//! or nine when a tunnel IPv6 address is known (2.4 to 2.7); five in 2.3.

use super::address::port_number;
use super::block::Block;
use super::octets::Octets;
use super::wire::decimal;

/// One state.
///
/// ```
/// use netlever_core::openvpn::state::{Side, State};
///
/// let line = b"1795294137,CONNECTED,SUCCESS,10.10.0.2,2001:db8::1,1215,192.0.2.2,53064,fd00::2";
/// let state = State::parse(line).expect("a state");
/// assert_eq!(state.name, "CONNECTED");
/// assert_eq!(state.remote.expect("a client has one"), "2001:db8::1");
/// assert_eq!(state.side(), Some(Side::Client));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State<'a> {
    /// When it was entered, in Unix seconds.
    pub time: u64,
    /// CONNECTING, ASSIGN_IP, ADD_ROUTES, CONNECTED, RECONNECTING, EXITING; on clients also WAIT,
    /// AUTH, GET_CONFIG, RESOLVE, TCP_CONNECT, AUTH_PENDING. Others may come.
    pub name: Octets<'a>,
    /// `SUCCESS` in CONNECTED (or what went wrong with routes), the signal or reason in
    /// RECONNECTING and EXITING, `timeout «seconds»` and more in AUTH_PENDING.
    pub detail: Option<Octets<'a>>,
    /// The tunnel's own IPv4 address, in CONNECTED and ASSIGN_IP.
    pub tun_ip4: Option<Octets<'a>>,
    /// The server that a client is connected to.
    pub remote: Option<Octets<'a>>,
    /// Its port.
    pub remote_port: Option<u16>,
    /// The bound address: of a server, or of a client over TCP.
    pub local: Option<Octets<'a>>,
    /// Its port.
    pub local_port: Option<u16>,
    /// The tunnel's own IPv6 address, in CONNECTED and ASSIGN_IP.
    pub tun_ip6: Option<Octets<'a>>,
}

/// Which end of a VPN a daemon is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It serves clients.
    Server,
    /// It is connected to a server.
    Client,
}

/// More commas than any detail was seen with.
const MAX_FIELDS: usize = 64;

impl<'a> State<'a> {
    /// Reads a state line; `None` without a time and a name.
    ///
    /// The detail is the only field that may hold commas, in AUTH_PENDING: what is too much is
    /// part of it.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let mut commas = [0; MAX_FIELDS];
        let mut found = 0;
        for (slot, at) in commas.iter_mut().zip(memchr::memchr_iter(b',', line)) {
            *slot = at;
            found += 1;
        }
        let commas = &commas[..found];
        let field = |index: usize| -> &'a [u8] {
            let start = if index == 0 { 0 } else { commas[index - 1] + 1 };
            &line[start..commas.get(index).copied().unwrap_or(line.len())]
        };
        let fields = found + 1;
        if fields < 2 {
            return None;
        }
        let (time, name) = (decimal(field(0))?, Octets(field(1)));
        // The first field behind the detail.
        let after =
            if fields > 9 || (fields > 8 && name == "AUTH_PENDING") { fields - 5 } else { 3 };
        let detail = match fields {
            2 => &[][..],
            _ => &line[commas[1] + 1..commas.get(after - 1).copied().unwrap_or(line.len())],
        };
        let behind = |index: usize| -> Octets<'a> {
            Octets(if after + index < fields { field(after + index) } else { &[] })
        };
        Some(Self {
            time,
            name,
            detail: Octets(detail).filled(),
            tun_ip4: behind(0).filled(),
            remote: behind(1).filled(),
            remote_port: port_number(behind(2).as_bytes()),
            local: behind(3).filled(),
            local_port: port_number(behind(4).as_bytes()),
            tun_ip6: behind(5).filled(),
        })
    }

    /// What the addresses tell: a client knows its remote, a server only where it listens.
    #[must_use]
    pub const fn side(&self) -> Option<Side> {
        match (self.remote, self.local) {
            (Some(_), _) => Some(Side::Client),
            (None, Some(_)) => Some(Side::Server),
            (None, None) => None,
        }
    }
}

/// What `state`, `state all` and `state «n»` answer: oldest first, at most 100 are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct States<'a>(Block<'a>);

impl<'a> States<'a> {
    /// Takes the block of a reply.
    ///
    /// # Errors
    ///
    /// The block itself, when a line of it is no state.
    pub fn new(block: Block<'a>) -> Result<Self, Block<'a>> {
        if block.lines().all(|line| State::parse(line.as_bytes()).is_some()) {
            Ok(Self(block))
        } else {
            Err(block)
        }
    }

    /// The states, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = State<'_>> {
        self.0.lines().filter_map(|line| State::parse(line.as_bytes()))
    }

    /// The newest.
    #[must_use]
    pub fn last(&self) -> Option<State<'_>> {
        self.iter().last()
    }

    /// The block that it was read from.
    #[must_use]
    pub const fn block(&self) -> &Block<'a> {
        &self.0
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> States<'static> {
        States(self.0.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(line: &str) -> State<'_> {
        State::parse(line.as_bytes()).expect(line)
    }

    #[test]
    fn eight_nine_and_five_fields() {
        let eight = state("5,CONNECTED,SUCCESS,10.9.0.1,,,192.0.2.1,1195");
        assert_eq!(eight.local_port, Some(1195));
        assert_eq!((eight.tun_ip6, eight.side()), (None, Some(Side::Server)));
        let nine = state("5,ASSIGN_IP,,10.9.0.1,,,,,fd00:9::1");
        assert_eq!((nine.detail, nine.tun_ip6), (None, Some(Octets(b"fd00:9::1"))));
        let five = state("5,CONNECTED,SUCCESS,10.9.0.2,192.0.2.1");
        assert_eq!(five.remote, Some(Octets(b"192.0.2.1")));
        assert_eq!(state("5,WAIT").name, "WAIT");
        assert_eq!(state("5,EXITING,SIGTERM").detail, Some(Octets(b"SIGTERM")));
    }

    #[test]
    fn surplus_commas_belong_to_the_detail() {
        let pending = state("5,AUTH_PENDING,timeout 40,a,,,,,");
        assert_eq!(pending.detail, Some(Octets(b"timeout 40,a")));
        let pending = state("5,AUTH_PENDING,timeout 40,,,,,");
        assert_eq!(pending.detail, Some(Octets(b"timeout 40")));
        let other = state("5,CONNECTED,a,b,c,10.0.0.1,r,1,l,2");
        assert_eq!(other.detail, Some(Octets(b"a,b,c")));
        assert_eq!((other.remote_port, other.local_port), (Some(1), Some(2)));
    }

    #[test]
    fn what_is_no_state_is_none() {
        for line in ["", "5", "x,WAIT", "-1,WAIT"] {
            assert_eq!(State::parse(line.as_bytes()), None, "{line}");
        }
        let commas = format!("5,A{}", ",".repeat(500));
        assert!(State::parse(commas.as_bytes()).is_some());
    }
}
