//! What all connections share: the objects, the handles, and the life of the server.

use std::collections::VecDeque;
use std::fmt;
use std::mem;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

use thiserror::Error;

use super::classes::Classes;
use super::handles::Handles;
use super::harm::Harm;
use super::hosts::Hosts;
use super::leases::Leases;
use super::life::{Ending, Life};
use super::records::{Class, FailoverPeer, Group, Host, Interface, Lease, Pool, Subclass};
use super::request::Outcome;
use super::session::Connection;
use super::table::Table;
use super::{Fault, Setup, Strike};
use crate::backoff::Chance;
use crate::omapi::code::ResultCode;

/// A small DHCP server, seen from its OMAPI port. A clone is another handle on the same server.
#[derive(Clone)]
pub struct Server(Arc<Mutex<Store>>);

/// The server's memory.
pub(super) struct Store {
    pub(super) setup: Setup,
    pub(super) handles: Handles,
    pub(super) leases: Leases,
    pub(super) hosts: Hosts,
    pub(super) groups: Table<String, Group>,
    pub(super) classes: Classes,
    pub(super) failover: Vec<FailoverPeer>,
    pub(super) interfaces: Vec<Interface>,
    /// Groups that were deleted and whose handles are still known, the oldest first.
    pub(super) deleted_groups: VecDeque<u32>,
    pub(super) life: Life,
    chance: Chance,
    harms: Vec<Harm>,
    harmful: u64,
    deadly: u64,
    requests: u64,
    /// Answers so far, for the faults.
    answers: u64,
    /// Connections so far, for their numbers and the faults.
    arrivals: u64,
    /// Connections that are up.
    pub(super) open: usize,
    /// To be woken when the lock is released.
    wake: Vec<Waker>,
}

/// Data that the server cannot hold.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum DataError {
    /// There is an object of this name already.
    #[error("there is a {kind} {name:?} already")]
    Exists {
        /// The type of the object.
        kind: &'static str,
        /// Its name.
        name: String,
    },
    /// The object needs a name, or a better one.
    #[error("{name:?} cannot name a {kind}: use letters, digits, '.', '_' and '-'")]
    Name {
        /// The type of the object.
        kind: &'static str,
        /// What was to be the name.
        name: String,
    },
    /// A subclass or a billed lease names a class that is not there.
    #[error("there is no class {name:?}")]
    NoClass {
        /// The name.
        name: String,
    },
    /// The lease's address is in no pool.
    #[error("{0} is in no pool")]
    NoPool(Ipv4Addr),
    /// The pool ends before it begins, or shares addresses with another one.
    #[error("{first} to {last} is no run of free addresses")]
    Range {
        /// The first address.
        first: Ipv4Addr,
        /// The last address.
        last: Ipv4Addr,
    },
    /// [`Bounds::objects`](super::Bounds::objects).
    #[error("more than {0} objects of one kind")]
    TooMany(usize),
    /// A host needs a hardware address or a client identifier.
    #[error("host {name:?} has neither a hardware address nor a client identifier")]
    NoIdentifier {
        /// Its name.
        name: String,
    },
}

impl Server {
    /// A server with these settings, without any object.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self(Arc::new(Mutex::new(Store {
            handles: Handles::default(),
            leases: Leases::default(),
            hosts: Hosts::default(),
            groups: Table::default(),
            classes: Classes::default(),
            failover: Vec::new(),
            interfaces: Vec::new(),
            deleted_groups: VecDeque::new(),
            life: Life::default(),
            chance: Chance::new(setup.seed),
            harms: Vec::new(),
            harmful: 0,
            deadly: 0,
            requests: 0,
            answers: 0,
            arrivals: 0,
            open: 0,
            wake: Vec::new(),
            setup,
        })))
    }

    /// The server's end of one connection.
    #[must_use]
    pub fn session(&self) -> Connection {
        Connection::new(self.clone())
    }

    /// One step under the lock; wakers fire after it.
    pub(super) fn with<T>(&self, step: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let out = step(&mut store);
        let wake = mem::take(&mut store.wake);
        drop(store);
        wake.into_iter().for_each(Waker::wake);
        out
    }

    /// Shuts the server down as an UPDATE of the control object does, with nobody as the asker.
    pub fn shut_down(&self, now: Instant) {
        self.with(|store| store.end(now, None));
    }

    /// Whether the server shuts down or is gone: no connection is served any more.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.with(|store| !store.life.runs())
    }

    /// Whether the server has aborted at a buffer edge ([`Setup::aborts`]).
    #[must_use]
    pub fn is_aborted(&self) -> bool {
        self.with(|store| store.life.aborted())
    }

    /// Ready when the server begins to shut down.
    pub fn ending(&self) -> Ending {
        Ending::new(self.clone())
    }

    /// When the process of the server ends, once it shuts down.
    #[must_use]
    pub fn exits(&self) -> Option<Instant> {
        self.with(|store| store.life.exits(&store.setup.timeline))
    }

    /// Replaces the faults; their counts go on.
    pub fn set_faults(&self, faults: Vec<Strike>) {
        self.with(|store| store.setup.faults = faults);
    }

    /// What clients did that would have harmed dhcpd, in order, up to
    /// [`Bounds::harms`](super::Bounds::harms) entries.
    #[must_use]
    pub fn harms(&self) -> Vec<Harm> {
        self.with(|store| store.harms.clone())
    }

    /// How many harms there were in all, those without an entry included.
    #[must_use]
    pub fn harm_count(&self) -> u64 {
        self.with(|store| store.harmful)
    }

    /// How often dhcpd would have died.
    #[must_use]
    pub fn would_have_died(&self) -> u64 {
        self.with(|store| store.deadly)
    }

    /// How many requests were served, refusals included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.with(|store| store.requests)
    }

    /// How many connections are up.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.with(|store| store.open)
    }

    /// Adds a pool: each of its addresses gets a free lease.
    ///
    /// # Errors
    /// [`DataError::Range`] and [`DataError::TooMany`].
    pub fn add_pool(&self, pool: Pool) -> Result<(), DataError> {
        self.with(|store| store.leases.add_pool(pool, store.setup.bounds.objects))
    }

    /// Puts a lease in the place of what its address had.
    ///
    /// # Errors
    /// [`DataError::NoPool`] when no pool has the address.
    pub fn add_lease(&self, lease: Lease) -> Result<(), DataError> {
        self.with(|store| store.leases.put(lease))
    }

    /// Declares a host.
    ///
    /// # Errors
    /// [`DataError`] when the name is taken or none, or nothing identifies the host.
    pub fn add_host(&self, host: Host) -> Result<(), DataError> {
        self.with(|store| {
            let name = host.name.clone();
            if !is_token(&name) {
                return Err(DataError::Name { kind: "host", name });
            }
            match store.enter_host(host) {
                Ok(_) => Ok(()),
                Err(ResultCode::EXISTS) => Err(DataError::Exists { kind: "host", name }),
                Err(ResultCode::INVALID_ARGUMENT) => Err(DataError::NoIdentifier { name }),
                Err(_) => Err(DataError::TooMany(store.setup.bounds.objects)),
            }
        })
    }

    /// Declares a group.
    ///
    /// # Errors
    /// [`DataError`] when the name is taken or none.
    pub fn add_group(&self, group: Group) -> Result<(), DataError> {
        self.with(|store| {
            let (kind, name) = ("group", group.name.clone());
            if !is_token(&name) {
                return Err(DataError::Name { kind, name });
            }
            store.room(store.groups.len())?;
            let added = store.groups.insert(name.clone(), group);
            added.map(drop).ok_or(DataError::Exists { kind, name })
        })
    }

    /// Declares a class.
    ///
    /// # Errors
    /// [`DataError`] when the name is taken or none.
    pub fn add_class(&self, class: Class) -> Result<(), DataError> {
        self.with(|store| {
            let (kind, name) = ("class", class.name.clone());
            if name.is_empty() {
                return Err(DataError::Name { kind, name });
            }
            store.room(store.classes.classes.len())?;
            let added = store.classes.classes.insert(name.clone(), class);
            added.map(drop).ok_or(DataError::Exists { kind, name })
        })
    }

    /// Declares a subclass.
    ///
    /// # Errors
    /// [`DataError`] when its class is not there or has such a subclass.
    pub fn add_subclass(&self, subclass: Subclass) -> Result<(), DataError> {
        self.with(|store| {
            let name = subclass.class.clone();
            let Some(class) = store.classes.classes.find(&name) else {
                return Err(DataError::NoClass { name });
            };
            store.room(store.classes.subclasses.len())?;
            let key = (class, subclass.hash.clone());
            let added = store.classes.subclasses.insert(key, subclass);
            added.map(drop).ok_or(DataError::Exists { kind: "subclass", name })
        })
    }

    /// Declares a failover relation.
    ///
    /// # Errors
    /// [`DataError`] when the name is taken.
    pub fn add_failover(&self, peer: FailoverPeer) -> Result<(), DataError> {
        self.with(|store| {
            if store.failover.iter().any(|other| other.name == peer.name) {
                return Err(DataError::Exists { kind: "failover peer", name: peer.name });
            }
            store.room(store.failover.len())?;
            store.failover.push(peer);
            Ok(())
        })
    }

    /// Adds a network interface.
    ///
    /// # Errors
    /// [`DataError`] when the name is taken.
    pub fn add_interface(&self, interface: Interface) -> Result<(), DataError> {
        self.with(|store| {
            if store.interfaces.iter().any(|other| other.name == interface.name) {
                return Err(DataError::Exists { kind: "interface", name: interface.name });
            }
            store.room(store.interfaces.len())?;
            store.interfaces.push(interface);
            Ok(())
        })
    }

    /// The lease of an address, as it stands.
    #[must_use]
    pub fn lease(&self, ip: Ipv4Addr) -> Option<Lease> {
        self.with(|store| store.leases.get(ip).cloned())
    }

    /// The host of this name.
    #[must_use]
    pub fn host(&self, name: &str) -> Option<Host> {
        self.with(|store| store.hosts.find(name).and_then(|id| store.hosts.get(id)).cloned())
    }

    /// How many hosts are declared.
    #[must_use]
    pub fn hosts(&self) -> usize {
        self.with(|store| store.hosts.len())
    }

    /// The group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<Group> {
        self.with(|store| store.groups.find(name).and_then(|id| store.groups.get(id)).cloned())
    }

    /// The class of this name.
    #[must_use]
    pub fn class(&self, name: &str) -> Option<Class> {
        self.with(|store| {
            let classes = &store.classes.classes;
            classes.find(name).and_then(|id| classes.get(id)).cloned()
        })
    }

    /// The subclass of this class with this match data.
    #[must_use]
    pub fn subclass(&self, class: &str, hash: &[u8]) -> Option<Subclass> {
        self.with(|store| store.classes.subclass(class, hash).cloned())
    }

    /// The failover relation of this name.
    #[must_use]
    pub fn failover(&self, name: &str) -> Option<FailoverPeer> {
        self.with(|store| store.failover.iter().find(|peer| peer.name == name).cloned())
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

impl Store {
    /// The time of day, in seconds since 1970.
    pub(super) fn unix(&self, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.setup.now).as_secs();
        u32::try_from(u64::from(self.setup.unix) + passed).unwrap_or(u32::MAX)
    }

    /// A number by chance: the same in each run with the same seed.
    pub(super) fn number(&mut self) -> u64 {
        self.chance.number()
    }

    /// Notes what would have harmed dhcpd; the request is refused with the code that comes back.
    pub(super) fn harm(&mut self, harm: Harm) -> ResultCode {
        self.harmful += 1;
        self.deadly += u64::from(harm.kills());
        if self.harms.len() < self.setup.bounds.harms {
            self.harms.push(harm);
        }
        ResultCode::INVALID_ARGUMENT
    }

    /// Refuses an empty value where dhcpd would die.
    pub(super) fn not_empty(
        &mut self,
        kind: &'static str,
        attribute: &str,
        value: &[u8],
    ) -> Outcome {
        if value.is_empty() {
            return Err(self.harm(Harm::EmptyValue { kind, attribute: attribute.to_owned() }));
        }
        Ok(())
    }

    fn room(&self, held: usize) -> Result<(), DataError> {
        let most = self.setup.bounds.objects;
        if held < most { Ok(()) } else { Err(DataError::TooMany(most)) }
    }

    pub(super) fn end(&mut self, now: Instant, asker: Option<u64>) {
        self.wake.extend(self.life.end(now, asker));
    }

    pub(super) fn abort(&mut self) {
        self.wake.extend(self.life.abort());
    }

    pub(super) fn served(&mut self) {
        self.requests += 1;
    }

    /// A connection comes: its number, and the faults of its introduction.
    pub(super) fn arrive(&mut self) -> (u64, Vec<Fault>) {
        self.arrivals += 1;
        (self.arrivals, self.striking(self.arrivals))
    }

    /// The faults of the next answer.
    pub(super) fn next_faults(&mut self) -> Vec<Fault> {
        self.answers += 1;
        self.striking(self.answers)
    }

    fn striking(&self, number: u64) -> Vec<Fault> {
        let strikes = self.setup.faults.iter().filter(|strike| strike.when.strikes(number));
        strikes.map(|strike| strike.fault).collect()
    }
}

/// Whether dhcpd can write this name into its leases file and read it back.
pub(super) fn is_token(name: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    !name.is_empty() && name.bytes().all(fits)
}

/// Whether dhcpd takes this name over OMAPI: quotes and what is not ASCII are refused when the
/// record is written (26); a space is taken and spoils the leases file.
pub(super) fn writable(name: &str) -> bool {
    name.bytes().all(|octet| (b' '..=b'~').contains(&octet) && octet != b'"' && octet != b'\'')
}
