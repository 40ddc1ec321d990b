//! Host declarations.
//!
//! Name, hardware address, client identifier and statements may be set once, which an OPEN with
//! `create` does; the address and the group may be set again. A deleted host's handle goes on
//! answering with the old contents (dhcpd 4.4.3-P1).

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

use super::handles::Object;
use super::records::Host;
use super::request::{Outcome, Pairs, Search, hardware_type};
use super::statements;
use super::store::{Store, writable};
use crate::omapi::code::ResultCode;
use crate::omapi::values::{HardwareAddress, HardwareType};
use crate::omapi::wire::Attributes;

/// All hosts, the deleted ones too while their handles answer.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    last: u32,
    hosts: BTreeMap<u32, Host>,
    by_name: BTreeMap<String, u32>,
    by_hardware: BTreeMap<(u8, Vec<u8>), u32>,
    by_client: BTreeMap<Vec<u8>, u32>,
    /// The oldest first.
    deleted: VecDeque<u32>,
}

impl Hosts {
    pub(super) fn len(&self) -> usize {
        self.by_name.len()
    }

    pub(super) fn get(&self, number: u32) -> Option<&Host> {
        self.hosts.get(&number)
    }

    pub(super) fn find(&self, name: &str) -> Option<u32> {
        self.by_name.get(name).copied()
    }

    fn insert(&mut self, host: Host) -> Option<u32> {
        if self.by_name.contains_key(&host.name) {
            return None;
        }
        self.last += 1;
        self.index(self.last, &host);
        self.hosts.insert(self.last, host);
        Some(self.last)
    }

    /// The first host with a key keeps it.
    fn index(&mut self, number: u32, host: &Host) {
        self.by_name.entry(host.name.clone()).or_insert(number);
        if let Some(key) = hardware(host) {
            self.by_hardware.entry(key).or_insert(number);
        }
        if !host.client_id.is_empty() {
            self.by_client.entry(host.client_id.clone()).or_insert(number);
        }
    }

    fn unindex(&mut self, number: u32) {
        let Some(host) = self.hosts.get(&number) else { return };
        if self.by_name.get(&host.name) == Some(&number) {
            self.by_name.remove(&host.name);
        }
        let key = hardware(host);
        if let Some(key) = key.filter(|key| self.by_hardware.get(key) == Some(&number)) {
            self.by_hardware.remove(&key);
        }
        if self.by_client.get(&host.client_id) == Some(&number) {
            self.by_client.remove(&host.client_id);
        }
    }

    fn is_deleted(&self, number: u32) -> bool {
        self.deleted.contains(&number)
    }
}

fn hardware(host: &Host) -> Option<(u8, Vec<u8>)> {
    Some((host.hardware_type.0, host.hardware_address?.octets().to_vec()))
}

impl Store {
    /// Tests the client identifier, then the hardware address, `ip-address`, and the name.
    pub(super) fn find_host(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        let hosts = &self.hosts;
        if let Some(client) = keys.key("dhcp-client-identifier") {
            search.agree(hosts.by_client.get(client).map(|id| Object::Host(*id)))?;
        }
        if let Some((kind, address)) = keys.hardware()? {
            let id = hosts.by_hardware.get(&(kind, address.to_vec()));
            search.agree(id.map(|id| Object::Host(*id)))?;
        }
        if keys.key("ip-address").is_some() {
            self.find_host_by_lease(keys, search)?;
        }
        if let Some(name) = keys.text("name") {
            search.agree(hosts.find(name).map(Object::Host))?;
        }
        Ok(())
    }

    /// Fixed addresses are not searched: the address names a lease, and the lease's hardware
    /// address a host. Where there is no such lease, an earlier key decides alone.
    fn find_host_by_lease(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        let mut lease = Search::default();
        match self.find_lease(keys, &mut lease) {
            Ok(()) | Err(ResultCode::NOT_FOUND) => {}
            Err(code) => return Err(code),
        }
        let lease = match lease.found() {
            Some(Object::Lease(ip)) => self.lease_hardware(ip),
            _ => None,
        };
        match lease {
            Some(key) => search.agree(self.hosts.by_hardware.get(&key).map(|id| Object::Host(*id))),
            None if search.found().is_some() => Ok(()),
            None => Err(ResultCode::NOT_FOUND),
        }
    }

    fn lease_hardware(&self, ip: Ipv4Addr) -> Option<(u8, Vec<u8>)> {
        let lease = self.leases.get(ip)?;
        Some((lease.hardware_type.0, lease.hardware_address?.octets().to_vec()))
    }

    /// What an OPEN with `create` does: all attributes on a new host, then into the table.
    pub(super) fn create_host(&mut self, attributes: &Pairs<'_>, unix: u32) -> Outcome<u32> {
        let mut host = Host::nameless();
        for (name, value) in attributes.iter() {
            self.set_host_attribute(&mut host, name, value)?;
        }
        if host.name.is_empty() {
            let chance = self.number();
            host.name = format!("nh{unix:08x}{:x}", chance >> 24);
        }
        self.enter_host(host)
    }

    /// The new host's number.
    pub(super) fn enter_host(&mut self, host: Host) -> Outcome<u32> {
        if host.hardware_address.is_none() && host.client_id.is_empty() {
            return Err(ResultCode::INVALID_ARGUMENT);
        }
        if !writable(&host.name) {
            return Err(ResultCode::IO_ERROR);
        }
        if self.hosts.len() >= self.setup.bounds.objects {
            return Err(ResultCode::NO_MEMORY);
        }
        self.hosts.insert(host).ok_or(ResultCode::EXISTS)
    }

    /// One attribute of an UPDATE; those before a refused one stay applied.
    pub(super) fn set_host(&mut self, number: u32, name: &[u8], value: &[u8]) -> Outcome {
        let Some(mut host) = self.hosts.get(number).cloned() else {
            return Err(ResultCode::NOT_FOUND);
        };
        self.set_host_attribute(&mut host, name, value)?;
        let hosts = &mut self.hosts;
        if !hosts.is_deleted(number) {
            hosts.unindex(number);
            hosts.index(number, &host);
        }
        hosts.hosts.insert(number, host);
        Ok(())
    }

    fn set_host_attribute(&self, host: &mut Host, name: &[u8], value: &[u8]) -> Outcome {
        const EXISTS: Outcome = Err(ResultCode::EXISTS);
        const INVALID: Outcome = Err(ResultCode::INVALID_ARGUMENT);
        match name {
            b"ip-address" => host.ip_address = value.to_vec(),
            b"name" if !host.name.is_empty() => return EXISTS,
            b"hardware-address" if host.hardware_address.is_some() => return EXISTS,
            b"dhcp-client-identifier" if !host.client_id.is_empty() => return EXISTS,
            b"statements" if host.statements.is_some() => return EXISTS,
            b"known" => {}
            b"name" | b"dhcp-client-identifier" | b"group" | b"statements" if value.is_empty() => {
                return INVALID;
            }
            b"name" => host.name = String::from_utf8_lossy(value).into_owned(),
            b"dhcp-client-identifier" => host.client_id = value.to_vec(),
            b"hardware-address" => {
                let address = HardwareAddress::new(value);
                host.hardware_address = Some(address.map_err(|_| ResultCode::INVALID_ARGUMENT)?);
            }
            b"hardware-type" => host.hardware_type = HardwareType(hardware_type(value)?),
            b"group" => {
                let group =
                    str::from_utf8(value).ok().filter(|name| self.groups.find(*name).is_some());
                host.group = Some(group.ok_or(ResultCode::NOT_FOUND)?.to_owned());
            }
            b"statements" => host.statements = Some(statements::parse(value)?),
            _ => return Err(ResultCode::UNKNOWN_ATTRIBUTE),
        }
        Ok(())
    }

    pub(super) fn host_attributes(&self, number: u32) -> Attributes {
        let mut out = Attributes::new();
        let Some(host) = self.hosts.get(number) else { return out };
        for (name, value) in
            [("ip-address", &host.ip_address), ("dhcp-client-identifier", &host.client_id)]
        {
            if !value.is_empty() {
                out.push(name, value);
            }
        }
        out.push("name", &host.name);
        if let Some(address) = host.hardware_address {
            out.push("hardware-address", address);
            out.push("hardware-type", host.hardware_type.octets());
        }
        out
    }

    /// Deleting twice succeeds twice.
    pub(super) fn delete_host(&mut self, number: u32) {
        let most = self.setup.bounds.remains;
        let hosts = &mut self.hosts;
        if hosts.is_deleted(number) {
            return;
        }
        hosts.unindex(number);
        hosts.deleted.push_back(number);
        if hosts.deleted.len() > most
            && let Some(oldest) = hosts.deleted.pop_front()
        {
            hosts.hosts.remove(&oldest);
            self.handles.forget(Object::Host(oldest));
        }
    }
}
