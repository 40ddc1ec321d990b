//! What a DHCP server knows, as plain records: what a test or a data file fills in.

use std::net::Ipv4Addr;

use crate::omapi::values::{
    FailoverState, HardwareAddress, HardwareType, Hierarchy, LeaseFlags, LeaseState,
};

/// A time without an end, in seconds since 1970.
pub const NEVER: u32 = 0x7fff_ffff;

/// One address of a pool and who holds it. Times are seconds since 1970, 0 for none, [`NEVER`]
/// for no end; empty octets mean that the attribute is absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The address; one of a pool.
    pub ip_address: Ipv4Addr,
    /// The binding state.
    pub state: LeaseState,
    /// Option 61 of the client, its leading type octet included.
    pub client_id: Vec<u8>,
    /// Option 12 of the client.
    pub client_hostname: Vec<u8>,
    /// The host declaration in use, by name.
    pub host: Option<String>,
    /// The class that the lease is billed to, by name.
    pub billing_class: Option<String>,
    /// The client's link type.
    pub hardware_type: HardwareType,
    /// The client's hardware address.
    pub hardware_address: Option<HardwareAddress>,
    /// When the state ends.
    pub ends: u32,
    /// When the lease began.
    pub starts: u32,
    /// Failover: potential expiry sent to the partner.
    pub tstp: u32,
    /// Failover: potential expiry received from the partner.
    pub tsfp: u32,
    /// Failover: potential expiry that the partner acknowledged.
    pub atsfp: u32,
    /// When the client was last heard.
    pub cltt: u32,
    /// Reserved, bootp and the like.
    pub flags: LeaseFlags,
    /// The variables of the lease in their order, such as `vendor-string`.
    pub variables: Vec<(String, Vec<u8>)>,
}

impl Lease {
    /// An address that nobody ever held.
    #[must_use]
    pub const fn free(ip_address: Ipv4Addr) -> Self {
        Self {
            ip_address,
            state: LeaseState::FREE,
            client_id: Vec::new(),
            client_hostname: Vec::new(),
            host: None,
            billing_class: None,
            hardware_type: HardwareType::ETHERNET,
            hardware_address: None,
            ends: 0,
            starts: 0,
            tstp: 0,
            tsfp: 0,
            atsfp: 0,
            cltt: 0,
            flags: LeaseFlags::NONE,
            variables: Vec::new(),
        }
    }

    /// An address that an Ethernet client holds from `starts` to `ends`.
    #[must_use]
    pub fn active(ip_address: Ipv4Addr, mac: [u8; 6], starts: u32, ends: u32) -> Self {
        Self {
            state: LeaseState::ACTIVE,
            hardware_address: Some(mac.into()),
            ends,
            starts,
            tstp: ends,
            cltt: starts,
            ..Self::free(ip_address)
        }
    }
}

/// A host declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its name; unique.
    pub name: String,
    /// Option 61 of the client; empty for none.
    pub client_id: Vec<u8>,
    /// The link type; 0 when it was never said.
    pub hardware_type: HardwareType,
    /// The hardware address.
    pub hardware_address: Option<HardwareAddress>,
    /// The fixed addresses, 4 octets each; dhcpd does not check the length.
    pub ip_address: Vec<u8>,
    /// The group, by name.
    pub group: Option<String>,
    /// The statements as they were sent; no answer ever shows them.
    pub statements: Option<String>,
}

impl Host {
    /// A host of an Ethernet address and without any other property.
    #[must_use]
    pub fn ethernet(name: impl Into<String>, mac: [u8; 6]) -> Self {
        Self {
            name: name.into(),
            hardware_type: HardwareType::ETHERNET,
            hardware_address: Some(mac.into()),
            ..Self::nameless()
        }
    }

    /// What an OPEN with `create` starts from.
    pub(super) const fn nameless() -> Self {
        Self {
            name: String::new(),
            client_id: Vec::new(),
            hardware_type: HardwareType(0),
            hardware_address: None,
            ip_address: Vec::new(),
            group: None,
            statements: None,
        }
    }
}

/// A named group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Its name; unique.
    pub name: String,
    /// The statements as they were sent; no answer ever shows them.
    pub statements: Option<String>,
}

/// A class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Class {
    /// Its name; unique.
    pub name: String,
    /// `match`: only `hardware` can be set over OMAPI.
    pub matches: Option<String>,
    /// The group, by name.
    pub group: Option<String>,
    /// How many leases its members may hold together; 0 for no limit.
    pub lease_limit: u32,
}

/// A member of a class, told by its match data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subclass {
    /// The name of the class.
    pub class: String,
    /// The match data; for hardware the type octet and the address.
    pub hash: Vec<u8>,
    /// The group, by name.
    pub group: Option<String>,
}

/// A run of addresses of one subnet. Each has a lease from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pool {
    /// The first address.
    pub first: Ipv4Addr,
    /// The last address.
    pub last: Ipv4Addr,
    /// The network address of the subnet; pools of the same one share its handle.
    pub subnet: Ipv4Addr,
}

/// One end of a failover relation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailoverPeer {
    /// The name of the relation.
    pub name: String,
    /// TCP port of the partner.
    pub partner_port: u32,
    /// TCP port of this server.
    pub local_port: u32,
    /// Updates that may wait for an acknowledgement.
    pub max_outstanding_updates: u32,
    /// Maximum client lead time, in seconds.
    pub mclt: u32,
    /// Seconds after which load balancing is given up.
    pub load_balance_max_secs: u32,
    /// The hash buckets that the primary serves; absent on a secondary that never met it.
    pub load_balance_hba: Option<[u8; 32]>,
    /// What the partner was last seen doing.
    pub partner_state: FailoverState,
    /// What this server does.
    pub local_state: FailoverState,
    /// Since when, in seconds since 1970.
    pub partner_stos: u32,
    /// Since when, in seconds since 1970.
    pub local_stos: u32,
    /// Primary or secondary.
    pub hierarchy: Hierarchy,
    /// When a packet was last sent, in seconds since 1970.
    pub last_packet_sent: u32,
    /// The partner's last time stamp, in seconds since 1970.
    pub last_timestamp_received: u32,
    /// Difference of the clocks, in seconds.
    pub skew: u32,
    /// Seconds of silence after which the partner counts as gone.
    pub max_response_delay: u32,
    /// Updates that the partner did not acknowledge yet.
    pub cur_unacked_updates: u32,
}

impl FailoverPeer {
    /// A primary that has just started and never met its partner, as dhcpd 4.4.3-P1 shows one.
    #[must_use]
    pub fn primary(name: impl Into<String>, since: u32) -> Self {
        let mut half = [0; 32];
        half[..16].fill(0xff);
        Self {
            name: name.into(),
            partner_port: 647,
            local_port: 647,
            max_outstanding_updates: 10,
            mclt: 600,
            load_balance_max_secs: 3,
            load_balance_hba: Some(half),
            partner_state: FailoverState::UNKNOWN,
            local_state: FailoverState::RECOVER,
            partner_stos: since,
            local_stos: since,
            hierarchy: Hierarchy::PRIMARY,
            last_packet_sent: 0,
            last_timestamp_received: 0,
            skew: 0,
            max_response_delay: 30,
            cur_unacked_updates: 0,
        }
    }
}

/// A network interface of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// Its name.
    pub name: String,
    /// Whether the server uses it.
    pub up: bool,
}
