//! Leases.

use std::net::{IpAddr, Ipv4Addr};

use super::{Field, view};
use crate::omapi::values::{HardwareAddress, HardwareType, LeaseFlags, LeaseState, Time, Value};

view! {
    /// An address of a pool and who holds it.
    ///
    /// A lease can neither be created nor deleted, and there is no list of them: they are found by
    /// address, hardware address or client identifier. DHCPv6 leases cannot be reached at all.
    Lease, "lease"
}

/// What dhcpd itself sends of a lease; other names are variables.
const OWN: [&[u8]; 17] = [
    b"state",
    b"ip-address",
    b"dhcp-client-identifier",
    b"client-hostname",
    b"host",
    b"subnet",
    b"pool",
    b"billing-class",
    b"hardware-address",
    b"hardware-type",
    b"ends",
    b"starts",
    b"tstp",
    b"tsfp",
    b"atsfp",
    b"cltt",
    b"flags",
];

impl Lease {
    /// The binding state.
    pub fn state(&self) -> Option<LeaseState> {
        self.0.number("state").map(LeaseState)
    }

    /// The leased address.
    pub fn ip_address(&self) -> Option<Ipv4Addr> {
        match self.0.value("ip-address")? {
            Value::IpAddresses(addresses) => match *addresses {
                [IpAddr::V4(address)] => Some(address),
                _ => None,
            },
            _ => None,
        }
    }

    /// Option 61 as the client sent it, its type octet included.
    pub fn dhcp_client_identifier(&self) -> Option<&[u8]> {
        self.0.get("dhcp-client-identifier")
    }

    /// Option 12 as the client sent it; not to be trusted. `None` also when it is not UTF-8: the
    /// octets are in [`object`](Self::object).
    pub fn client_hostname(&self) -> Option<&str> {
        self.0.text("client-hostname")
    }

    /// Handle of the host declaration in use.
    pub fn host(&self) -> Option<u32> {
        self.0.handle_of("host")
    }

    /// Handle of the subnet, an object without attributes.
    pub fn subnet(&self) -> Option<u32> {
        self.0.handle_of("subnet")
    }

    /// Handle of the pool: a REFRESH of it gives a [`Pool`](super::Pool).
    pub fn pool(&self) -> Option<u32> {
        self.0.handle_of("pool")
    }

    /// Handle of the class that the lease is billed to.
    pub fn billing_class(&self) -> Option<u32> {
        self.0.handle_of("billing-class")
    }

    /// The client's hardware address.
    pub fn hardware_address(&self) -> Option<HardwareAddress> {
        self.0.hardware_address()
    }

    /// The type of the hardware address.
    pub fn hardware_type(&self) -> Option<HardwareType> {
        self.0.number("hardware-type")?.try_into().ok().map(HardwareType)
    }

    /// End of the current state.
    pub fn ends(&self) -> Option<Time> {
        self.0.time("ends")
    }

    /// Start of the current state.
    pub fn starts(&self) -> Option<Time> {
        self.0.time("starts")
    }

    /// Failover: the potential expiry that was sent to the partner.
    pub fn tstp(&self) -> Option<Time> {
        self.0.time("tstp")
    }

    /// Failover: the potential expiry that the partner sent.
    pub fn tsfp(&self) -> Option<Time> {
        self.0.time("tsfp")
    }

    /// Failover: the actual expiry that the partner sent.
    pub fn atsfp(&self) -> Option<Time> {
        self.0.time("atsfp")
    }

    /// The client's last transaction.
    pub fn cltt(&self) -> Option<Time> {
        self.0.time("cltt")
    }

    /// The marks of the lease, 1 octet on the wire.
    pub fn flags(&self) -> Option<LeaseFlags> {
        self.0.number("flags")?.try_into().ok().map(LeaseFlags)
    }

    /// Whether the lease is held at `unix` (seconds since 1970): its state is active and its end is
    /// not over. An active lease without an end is none, for dhcpd frees it at once (4.4.3-P1).
    pub fn is_active_at(&self, unix: u64) -> bool {
        let ends = self.ends().filter(|ends| !ends.is_none());
        self.state() == Some(LeaseState::ACTIVE)
            && ends.is_some_and(|ends| ends.is_never() || u64::from(ends.0) >= unix)
    }

    /// Variables of the site (`set NAME = …` in dhcpd.conf) and of dynamic DNS: names that are not
    /// dhcpd's own, and second occurrences of such. Left out is `remote-handle`, which each UPDATE
    /// leaves behind and which says nothing.
    pub fn variables(&self) -> impl Iterator<Item = Field<'_>> {
        self.object()
            .fields()
            .filter(|field| field.name != b"remote-handle")
            .filter(|field| field.repeated || !OWN.contains(&field.name))
    }
}
