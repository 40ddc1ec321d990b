//! The handle on a server: its data, its connections, and what its clients did.

use std::fmt;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

use thiserror::Error;

use super::harm::Harm;
use super::life::Ending;
use super::records::{Class, FailoverPeer, Group, Host, Interface, Lease, Pool, Subclass};
use super::session::Connection;
use super::store::{Store, is_token};
use super::{Setup, Strike};
use crate::omapi::code::ResultCode;

/// A small DHCP server, seen from its OMAPI port. A clone is another handle on the same server.
#[derive(Clone)]
pub struct Server(Arc<Mutex<Store>>);

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
        Self(Arc::new(Mutex::new(Store::new(setup))))
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
        let wake = store.take_wakers();
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
        self.with(|store| store.harms().to_vec())
    }

    /// How many harms there were in all, those without an entry included.
    #[must_use]
    pub fn harm_count(&self) -> u64 {
        self.with(|store| store.counts().harmful)
    }

    /// How often dhcpd would have died.
    #[must_use]
    pub fn would_have_died(&self) -> u64 {
        self.with(|store| store.counts().deadly)
    }

    /// How many requests were served, refusals included.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.with(|store| store.counts().requests)
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
