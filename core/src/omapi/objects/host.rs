//! Hosts, and the groups that they may belong to.

use std::net::IpAddr;

use super::view;
use crate::omapi::values::{HardwareAddress, HardwareType, Value};

view! {
    /// A host declaration. Its `group` and `statements` can be written but never read.
    Host, "host"
}

impl Host {
    /// The first fixed address.
    pub fn ip_address(&self) -> Option<IpAddr> {
        self.ip_addresses().first().copied()
    }

    /// The fixed addresses; empty when there are none, or when their octets are no multiple of an
    /// address (dhcpd 4.4.3-P1 stores any length).
    pub fn ip_addresses(&self) -> Vec<IpAddr> {
        match self.0.value("ip-address") {
            Some(Value::IpAddresses(addresses)) => addresses,
            _ => Vec::new(),
        }
    }

    /// The client identifier, its type octet included.
    pub fn dhcp_client_identifier(&self) -> Option<&[u8]> {
        self.0.get("dhcp-client-identifier")
    }

    /// The unique name; the server makes one up for a host created without.
    pub fn name(&self) -> Option<&str> {
        self.0.text("name")
    }

    /// The hardware address.
    pub fn hardware_address(&self) -> Option<HardwareAddress> {
        self.0.hardware_address()
    }

    /// The type of the hardware address.
    pub fn hardware_type(&self) -> Option<HardwareType> {
        self.0.number("hardware-type")?.try_into().ok().map(HardwareType)
    }
}

view! {
    /// A named group. Its `statements` can be written but never read.
    Group, "group"
}

impl Group {
    /// The unique name.
    pub fn name(&self) -> Option<&str> {
        self.0.text("name")
    }
}
