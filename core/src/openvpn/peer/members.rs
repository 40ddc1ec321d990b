//! The clients of a server, by their ids, and the addresses that they are given.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};

use super::{Client, Mode, Setup};

/// How far a client has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Its TLS handshake is not done: its name is not known.
    Handshake,
    /// It waits for the answer to CONNECT.
    Asking,
    /// It may come in, and will at once.
    Granted,
    /// It is established.
    Up,
    /// It was told to go, and will soon be gone.
    Leaving,
}

/// A client and where it stands.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) cid: u64,
    pub(super) client: Client,
    pub(super) stage: Stage,
    /// Whether it was ever established.
    pub(super) established: bool,
    /// Of the last negotiation.
    pub(super) kid: u64,
    /// The negotiation that waits for an answer.
    pub(super) asks: Option<u64>,
    /// When it came, in Unix seconds.
    pub(super) since: u64,
    /// Octets since counters were told last.
    pub(super) moved: bool,
    /// With tokens: its name in them.
    pub(super) session: Option<String>,
    /// Whether its password is the token by now.
    pub(super) has_token: bool,
}

/// All of them.
pub(super) struct Members {
    all: BTreeMap<u64, Member>,
    next: u64,
    up: usize,
    taken: BTreeSet<u32>,
    cursor: u32,
    /// The server's own address and the bits of the subnet.
    tunnel: (Ipv4Addr, u8),
    prefix: Option<Ipv6Addr>,
}

impl Members {
    pub(super) fn new(setup: &Setup) -> Self {
        let (tunnel, prefix) = match &setup.mode {
            Mode::Server(server) => (server.tunnel_ipv4, server.tunnel_ipv6),
            Mode::Client(_) => ((Ipv4Addr::UNSPECIFIED, 32), None),
        };
        let (all, taken) = (BTreeMap::new(), BTreeSet::new());
        Self { all, next: 0, up: 0, taken, cursor: 0, tunnel, prefix }
    }

    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// How many are established.
    pub(super) fn up(&self) -> usize {
        self.up
    }

    pub(super) fn get(&self, cid: u64) -> Option<&Member> {
        self.all.get(&cid)
    }

    pub(super) fn get_mut(&mut self, cid: u64) -> Option<&mut Member> {
        self.all.get_mut(&cid)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Member> {
        self.all.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Member> {
        self.all.values_mut()
    }

    /// The ids of those that this is true of.
    pub(super) fn ids(&self, which: impl Fn(&Member) -> bool) -> Vec<u64> {
        self.all.values().filter(|member| which(member)).map(|member| member.cid).collect()
    }

    pub(super) fn add(&mut self, client: Client, stage: Stage, since: u64) -> u64 {
        let cid = self.next;
        self.next += 1;
        let member = Member {
            cid,
            client,
            stage,
            established: false,
            kid: 1,
            asks: None,
            since,
            moved: false,
            session: None,
            has_token: false,
        };
        self.all.insert(cid, member);
        cid
    }

    /// It is established, and gets its addresses.
    pub(super) fn establish(&mut self, cid: u64) {
        let Some(mut member) = self.all.remove(&cid) else { return };
        if !member.established {
            self.up += 1;
        }
        (member.stage, member.established) = (Stage::Up, true);
        let ipv4 = member.client.virtual_ipv4.or_else(|| self.free());
        if let Some(ip) = ipv4 {
            self.taken.insert(ip.to_bits());
            if let (None, Some(prefix)) = (member.client.virtual_ipv6, self.prefix) {
                let host = ip.to_bits().wrapping_sub(self.tunnel.0.to_bits()).wrapping_sub(1);
                let bits = prefix.to_bits() & !u128::from(u64::MAX);
                let suffix = u128::from(host.wrapping_add(0x1000));
                member.client.virtual_ipv6 = Some(Ipv6Addr::from_bits(bits | suffix));
            }
        }
        member.client.virtual_ipv4 = ipv4;
        self.all.insert(cid, member);
    }

    pub(super) fn remove(&mut self, cid: u64) -> Option<Member> {
        let member = self.all.remove(&cid)?;
        if member.established {
            self.up -= 1;
            if let Some(ip) = member.client.virtual_ipv4 {
                self.taken.remove(&ip.to_bits());
            }
        }
        Some(member)
    }

    /// The next address of the pool that is free: behind the server's own, without the broadcast
    /// address.
    fn free(&mut self) -> Option<Ipv4Addr> {
        let (own, bits) = self.tunnel;
        let size = 1_u32.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(u32::MAX);
        let first = own.to_bits().checked_add(1)?;
        let count = size.saturating_sub(3);
        if count == 0 || self.taken.len() >= count as usize {
            return None;
        }
        for _ in 0..=self.taken.len() {
            let candidate = first.wrapping_add(self.cursor % count);
            self.cursor = (self.cursor + 1) % count;
            if !self.taken.contains(&candidate) {
                return Some(Ipv4Addr::from_bits(candidate));
            }
        }
        None
    }
}
