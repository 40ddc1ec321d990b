//! Leases, and the pools and subnets that they lie in.
//!
//! Leases are there as long as their pool is: they cannot be created or deleted. dhcpd 4.4.3-P1
//! takes `state`, `ends` and `flags`; some others are ignored, some refused, and every unknown
//! name becomes a variable that holds garbage.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use super::DataError;
use super::handles::Object;
use super::harm::Harm;
use super::records::{Lease, NEVER, Pool};
use super::request::{Outcome, Pairs, Search, integer};
use super::store::Store;
use crate::omapi::code::ResultCode;
use crate::omapi::values::{LeaseFlags, LeaseState};
use crate::omapi::wire::Attributes;

/// The type's name on the wire.
const LEASE: &str = "lease";

/// What every UPDATE leaves on a lease: the handle through which it came.
const REMOTE_HANDLE: &str = "remote-handle";

/// All leases, with their pools.
#[derive(Debug, Default)]
pub(super) struct Leases {
    leases: BTreeMap<Ipv4Addr, Lease>,
    pools: Vec<Pool>,
    by_hardware: BTreeMap<(u8, Vec<u8>), BTreeSet<Ipv4Addr>>,
    by_client: BTreeMap<Vec<u8>, BTreeSet<Ipv4Addr>>,
}

impl Leases {
    pub(super) fn add_pool(&mut self, pool: Pool, most: usize) -> Result<(), DataError> {
        let Pool { first, last, .. } = pool;
        if first > last || self.leases.range(first..=last).next().is_some() {
            return Err(DataError::Range { first, last });
        }
        let size = u64::from(last.to_bits() - first.to_bits()) + 1;
        let held = self.leases.len() as u64;
        if held + size > most as u64 {
            return Err(DataError::TooMany(most));
        }
        self.pools.push(pool);
        let addresses = (first.to_bits()..=last.to_bits()).map(Ipv4Addr::from_bits);
        self.leases.extend(addresses.map(|ip| (ip, Lease::free(ip))));
        Ok(())
    }

    pub(super) fn put(&mut self, lease: Lease) -> Result<(), DataError> {
        let ip = lease.ip_address;
        let Some(place) = self.leases.get_mut(&ip) else { return Err(DataError::NoPool(ip)) };
        if let Some(old) = hardware(place) {
            forget(&mut self.by_hardware, &old, ip);
        }
        forget(&mut self.by_client, &place.client_id, ip);
        if let Some(new) = hardware(&lease) {
            self.by_hardware.entry(new).or_default().insert(ip);
        }
        if !lease.client_id.is_empty() {
            self.by_client.entry(lease.client_id.clone()).or_default().insert(ip);
        }
        *place = lease;
        Ok(())
    }

    pub(super) fn get(&self, ip: Ipv4Addr) -> Option<&Lease> {
        self.leases.get(&ip)
    }

    fn pool_of(&self, ip: Ipv4Addr) -> Option<(usize, &Pool)> {
        let mut pools = self.pools.iter().enumerate();
        pools.find(|(_, pool)| (pool.first..=pool.last).contains(&ip))
    }

    /// How many leases of this class are active.
    pub(super) fn billed(&self, class: &str) -> usize {
        let billed = |lease: &&Lease| {
            lease.state == LeaseState::ACTIVE && lease.billing_class.as_deref() == Some(class)
        };
        self.leases.values().filter(billed).count()
    }
}

fn hardware(lease: &Lease) -> Option<(u8, Vec<u8>)> {
    let address = lease.hardware_address?;
    Some((lease.hardware_type.0, address.octets().to_vec()))
}

fn forget<K: Ord>(index: &mut BTreeMap<K, BTreeSet<Ipv4Addr>>, key: &K, ip: Ipv4Addr) {
    if let Some(leases) = index.get_mut(key) {
        leases.remove(&ip);
        if leases.is_empty() {
            index.remove(key);
        }
    }
}

impl Store {
    /// Tests `ip-address`, then the client identifier, then the hardware address.
    pub(super) fn find_lease(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        let leases = &self.leases;
        if let Some(ip) = keys.key("ip-address") {
            let ip = Ipv4Addr::from_bits(integer(ip)?);
            search.agree(leases.get(ip).map(|_| Object::Lease(ip)))?;
        }
        if let Some(client) = keys.key("dhcp-client-identifier") {
            one_of(leases.by_client.get(client), search)?;
        }
        if let Some((kind, address)) = keys.hardware()? {
            one_of(leases.by_hardware.get(&(kind, address.to_vec())), search)?;
        }
        Ok(())
    }

    /// Lets a lease run out whose time has come.
    pub(super) fn lapse(&mut self, ip: Ipv4Addr, unix: u32) {
        let Some(lease) = self.leases.leases.get_mut(&ip) else { return };
        let held = matches!(lease.state, LeaseState::ACTIVE | LeaseState::RELEASED);
        if held && lease.ends != NEVER && lease.ends <= unix {
            change_state(lease, LeaseState::FREE);
        }
    }

    pub(super) fn lease_attributes(&mut self, ip: Ipv4Addr) -> Attributes {
        let mut out = Attributes::new();
        let Some(lease) = self.leases.get(ip) else { return out };
        let (handles, pool) = (&mut self.handles, self.leases.pool_of(ip));
        out.push("state", lease.state.octets()).push("ip-address", ip.octets());
        push_some(&mut out, "dhcp-client-identifier", &lease.client_id);
        push_some(&mut out, "client-hostname", &lease.client_hostname);
        let mut push_handle = |out: &mut Attributes, name: &str, object: Option<Object>| {
            if let Some(object) = object {
                out.push(name, handles.of(object).to_be_bytes());
            }
        };
        let host = lease.host.as_deref().and_then(|name| self.hosts.find(name));
        push_handle(&mut out, "host", host.map(Object::Host));
        push_handle(&mut out, "subnet", pool.map(|pool| Object::Subnet(pool.1.subnet)));
        push_handle(&mut out, "pool", pool.map(|pool| Object::Pool(pool.0)));
        let billed = lease.billing_class.as_deref();
        let class = billed.and_then(|name| self.classes.classes.find(name));
        push_handle(&mut out, "billing-class", class.map(Object::Class));
        if let Some(address) = lease.hardware_address {
            out.push("hardware-address", address);
            out.push("hardware-type", lease.hardware_type.octets());
        }
        for (name, time) in [
            ("ends", lease.ends),
            ("starts", lease.starts),
            ("tstp", lease.tstp),
            ("tsfp", lease.tsfp),
            ("atsfp", lease.atsfp),
            ("cltt", lease.cltt),
        ] {
            out.push(name, time.to_be_bytes());
        }
        out.push("flags", [lease.flags.0]);
        for (name, value) in &lease.variables {
            // A name without a form on the wire is left out.
            let _ = out.try_push(name, value);
        }
        out
    }

    pub(super) fn set_lease(&mut self, ip: Ipv4Addr, name: &str, value: &[u8]) -> Outcome {
        match name {
            "ip-address" | "pool" | "starts" => return Err(ResultCode::NO_PERMISSION),
            "subnet" => return Err(ResultCode::INVALID_ARGUMENT),
            "dhcp-client-identifier"
            | "client-hostname"
            | "host"
            | "billing-class"
            | "hardware-address"
            | "hardware-type" => return Ok(()),
            "state" | "ends" | "flags" => self.not_empty(LEASE, name, value)?,
            _ => return self.set_variable(ip, name, value),
        }
        let Some(lease) = self.leases.leases.get_mut(&ip) else { return Ok(()) };
        match name {
            "state" => {
                let state = LeaseState(integer(value)?);
                if !state.is_settable() {
                    return Err(ResultCode::INVALID_ARGUMENT);
                }
                if state == LeaseState::ACTIVE && lease.ends == 0 {
                    change_state(lease, LeaseState::FREE);
                } else {
                    change_state(lease, state);
                }
            }
            "ends" => {
                // The time alone ends the lease, even one to come, and so do other flags alone; an
                // UPDATE that means to keep it says `state` 2 behind them.
                lease.ends = integer(value)?;
                lease.tstp = lease.ends;
                change_state(lease, LeaseState::FREE);
            }
            _ => {
                let ([flags] | [_, _, _, flags]) = *value else {
                    return Err(ResultCode::INVALID_ARGUMENT);
                };
                let flags = LeaseFlags(flags & LeaseFlags::MASK.0);
                if lease.flags != flags {
                    lease.flags = flags;
                    change_state(lease, LeaseState::FREE);
                }
            }
        }
        Ok(())
    }

    /// An unknown name: dhcpd stores the value under the wrong type and later shows four octets of
    /// its memory. An empty value removes the variable.
    fn set_variable(&mut self, ip: Ipv4Addr, name: &str, value: &[u8]) -> Outcome {
        let garbage = u32::try_from(self.number() >> 32).unwrap_or_default().to_be_bytes();
        let most = self.setup.bounds.variables;
        let Some(lease) = self.leases.leases.get_mut(&ip) else { return Ok(()) };
        let place = lease.variables.iter().position(|variable| variable.0 == name);
        if value.is_empty() {
            let place = place.ok_or(ResultCode::UNKNOWN_ATTRIBUTE)?;
            lease.variables.remove(place);
            return Ok(());
        }
        match place {
            Some(place) => lease.variables[place].1 = garbage.to_vec(),
            None if lease.variables.len() >= most => return Err(ResultCode::NO_MEMORY),
            None => lease.variables.insert(0, (name.to_owned(), garbage.to_vec())),
        }
        self.harm(Harm::GarbageVariable { name: name.to_owned() });
        Ok(())
    }

    /// An UPDATE came through this handle and went well.
    pub(super) fn lease_updated(&mut self, ip: Ipv4Addr, handle: u32) {
        let Some(lease) = self.leases.leases.get_mut(&ip).filter(|_| handle != 0) else { return };
        let value = handle.to_be_bytes().to_vec();
        match lease.variables.iter_mut().find(|variable| variable.0 == REMOTE_HANDLE) {
            Some(variable) => variable.1 = value,
            None => lease.variables.insert(0, (REMOTE_HANDLE.to_owned(), value)), // the newest first
        }
    }

    pub(super) fn pool_attributes(&self, number: usize) -> Attributes {
        let mut out = Attributes::new();
        let Some(pool) = self.leases.pools.get(number) else { return out };
        let leases = || self.leases.leases.range(pool.first..=pool.last).map(|entry| entry.1.state);
        let count = |state| leases().filter(|other| *other == state).count();
        for (name, count) in [
            ("lease-count", leases().count()),
            ("free-leases", count(LeaseState::FREE)),
            ("backup-leases", count(LeaseState::BACKUP)),
        ] {
            out.push(name, u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes());
        }
        out
    }
}

/// Any change of the state drops what belonged to the old one.
fn change_state(lease: &mut Lease, to: LeaseState) {
    let to = if to == LeaseState::RESET { LeaseState::FREE } else { to };
    if lease.state != to {
        lease.state = to;
        lease.client_hostname.clear();
        lease.billing_class = None;
    }
}

/// The newest of the leases that share a key stands for them all; another one conflicts.
fn one_of(leases: Option<&BTreeSet<Ipv4Addr>>, search: &mut Search) -> Outcome {
    let newest = leases.and_then(|leases| leases.last());
    search.agree(newest.map(|ip| Object::Lease(*ip)))?;
    match leases {
        Some(leases) if leases.len() > 1 => Err(ResultCode::MULTIPLE),
        _ => Ok(()),
    }
}

fn push_some(out: &mut Attributes, name: &str, value: &[u8]) {
    if !value.is_empty() {
        out.push(name, value);
    }
}
