//! Finding objects, and removing what was found.

use std::marker::PhantomData;
use std::net::Ipv4Addr;
use std::time::Instant;

use super::{Exchange, answered, not_found};
use crate::omapi::error::Error;
use crate::omapi::objects::{
    Class, Control, Failover, Group, Host, Interface, Lease, Object, Pool, Subclass,
};
use crate::omapi::request::{Handle, ObjectType, Request};
use crate::omapi::session::Omapi;
use crate::omapi::values::{HardwareAddress, HardwareType};
use crate::omapi::wire::Attributes;
use crate::session::{Call, Step};

/// Looks up one object by one or more keys; all keys given must agree on it.
///
/// ```
/// use netlever_core::omapi::calls::Lookup;
///
/// let lease = Lookup::lease().ip_address([192, 168, 10, 167].into());
/// let host = Lookup::host().name("printer").hardware_address("24:79:2a:0a:13:c0".parse().unwrap());
/// # let _ = (lease, host);
/// ```
///
/// A host's `ip-address` finds the host whose hardware address *holds the lease* of that address;
/// dhcpd does not search fixed addresses (4.4.3-P1).
#[derive(Clone, Debug)]
pub struct Lookup<T = Object> {
    exchange: Exchange,
    object_type: ObjectType,
    keys: Attributes,
    found: PhantomData<fn() -> T>,
}

impl<T> Lookup<T> {
    fn of(object_type: ObjectType) -> Self {
        let keys = Attributes::new();
        Self { exchange: Exchange::default(), object_type, keys, found: PhantomData }
    }

    /// The first exchange of a call that goes on with what it found.
    pub(super) fn object(
        &mut self,
        omapi: &mut Omapi,
        now: Instant,
    ) -> Step<Result<Object, Error>> {
        let Self { exchange, object_type, keys, .. } = self;
        let request = || Request::open(object_type.clone(), keys.clone());
        let object = answered!(exchange.object(omapi, now, request));
        Step::Done(found(object, keys))
    }

    pub(super) const fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// With any other key.
    #[must_use]
    pub fn key(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.keys.set(name, value);
        self
    }
}

impl Lookup<Lease> {
    /// Looks up a lease.
    #[must_use]
    pub fn lease() -> Self {
        Self::of(ObjectType::LEASE)
    }
}

impl Lookup<Host> {
    /// Looks up a host declaration.
    #[must_use]
    pub fn host() -> Self {
        Self::of(ObjectType::HOST)
    }

    /// By its name: exact, case matters.
    #[must_use]
    pub fn name(self, name: &str) -> Self {
        self.key("name", name)
    }
}

impl Lookup<Group> {
    /// Looks up a group by its name.
    #[must_use]
    pub fn group(name: &str) -> Self {
        Self::of(ObjectType::GROUP).key("name", name)
    }
}

impl Lookup<Class> {
    /// Looks up a class by its name.
    #[must_use]
    pub fn class(name: &str) -> Self {
        Self::of(ObjectType::CLASS).key("name", name)
    }
}

impl Lookup<Subclass> {
    /// Looks up a subclass by its class and its hash string; for a subclass by hardware address
    /// that is the type octet and the address.
    #[must_use]
    pub fn subclass(class: &str, hashstring: impl AsRef<[u8]>) -> Self {
        Self::of(ObjectType::SUBCLASS).key("name", class).key("hashstring", hashstring)
    }
}

impl Lookup<Failover> {
    /// Looks up the state of a failover peer by its name.
    #[must_use]
    pub fn failover(name: &str) -> Self {
        Self::of(ObjectType::FAILOVER).key("name", name)
    }
}

impl Lookup<Interface> {
    /// Looks up a network interface of the server by its name.
    #[must_use]
    pub fn interface(name: &str) -> Self {
        Self::of(ObjectType::INTERFACE).key("name", name)
    }
}

impl Lookup<Control> {
    /// The server's control object: there is one. Its state reads 0 even while it runs.
    #[must_use]
    pub fn control() -> Self {
        Self::of(ObjectType::CONTROL)
    }
}

/// What leases and hosts can both be looked up by.
macro_rules! addressed {
    ($($found:ident)*) => {$(
        impl Lookup<$found> {
            /// By IP address.
            #[must_use]
            pub fn ip_address(self, ip: Ipv4Addr) -> Self {
                self.key("ip-address", ip.octets())
            }

            /// By hardware address, of type ethernet unless said otherwise.
            #[must_use]
            pub fn hardware_address(self, address: HardwareAddress) -> Self {
                let typed = self.keys.get("hardware-type").is_some();
                let this = self.key("hardware-address", address.octets());
                if typed { this } else { this.hardware_type(HardwareType::ETHERNET) }
            }

            /// Of this hardware type.
            #[must_use]
            pub fn hardware_type(self, hardware: HardwareType) -> Self {
                self.key("hardware-type", u32::from(hardware.0).to_be_bytes())
            }

            /// By DHCP client identifier: all octets of option 61, the leading type octet too.
            #[must_use]
            pub fn client_id(self, identifier: impl AsRef<[u8]>) -> Self {
                self.key("dhcp-client-identifier", identifier)
            }
        }
    )*};
}
addressed!(Lease Host);

impl<T: From<Object>> Call<Omapi> for Lookup<T> {
    type Output = Result<T, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        self.object(omapi, now).map(|found| found.map(T::from))
    }
}

/// An OPEN that names no key of the server's is answered with an empty, temporary object that
/// looks like success (dhcpd 4.4.3-P1): it is nothing found.
fn found(object: Object, keys: &Attributes) -> Result<Object, Error> {
    let told = ["lease", "host", "group"].contains(&object.object_type.as_str());
    if told && object.is_empty() && !keys.is_empty() {
        let text = "it answered with an empty object";
        return Err(not_found(object.object_type.as_str(), text));
    }
    Ok(object)
}

/// Looks up an object and deletes it.
///
/// ```
/// use netlever_core::omapi::calls::{Lookup, Remove};
///
/// let gone = Remove::new(Lookup::host().name("printer"));
/// # let _ = gone;
/// ```
///
/// A host that dhcpd.conf declares can be deleted too: a tombstone is kept in the leases file. The
/// hosts of a deleted group stay.
#[derive(Clone, Debug)]
pub struct Remove<T> {
    lookup: Lookup<T>,
    found: Option<Object>,
}

impl<T> Remove<T> {
    /// Deletes what this finds.
    #[must_use]
    pub fn new(lookup: Lookup<T>) -> Self {
        Self { lookup, found: None }
    }
}

impl<T: From<Object>> Call<Omapi> for Remove<T> {
    /// The object as it was.
    type Output = Result<T, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self { lookup, found } = self;
        let object = match found {
            Some(object) => object,
            None => found.insert(answered!(lookup.object(omapi, now))),
        };
        let request = || Request::delete(&object.handle);
        answered!(lookup.exchange.done(omapi, now, request));
        Step::Done(Ok(object.clone().into()))
    }
}

/// How full the pool of an address is: looks up its lease, then the pool behind it.
#[derive(Clone, Debug)]
pub struct PoolUsage {
    exchange: Exchange,
    ip: Ipv4Addr,
    pool: Option<Handle>,
}

impl PoolUsage {
    /// The pool that this address belongs to.
    #[must_use]
    pub fn of(ip: Ipv4Addr) -> Self {
        Self { exchange: Exchange::default(), ip, pool: None }
    }
}

impl Call<Omapi> for PoolUsage {
    type Output = Result<Pool, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self { exchange, ip, pool } = self;
        let handle = match pool {
            Some(handle) => handle,
            None => {
                let keys: Attributes = [("ip-address", ip.octets())].into_iter().collect();
                let request = || Request::open(ObjectType::LEASE, keys.clone());
                let lease = Lease::from(answered!(exchange.object(omapi, now, request)));
                let Some(number) = lease.pool() else {
                    let text = "the lease is in no pool";
                    return Step::Done(Err(not_found("pool", text)));
                };
                pool.insert(lease.handle().sibling(number, ObjectType::POOL))
            }
        };
        let pool = answered!(exchange.object(omapi, now, || Request::refresh(handle)));
        Step::Done(Ok(pool.into()))
    }
}

/// A lookup for each address from `first` to `last`, both included, in order: run them with
/// [`Client::batch`](crate::client::Client::batch). Addresses outside all pools are not found;
/// there is no other way to list leases.
pub fn scan(first: Ipv4Addr, last: Ipv4Addr) -> impl Iterator<Item = Lookup<Lease>> + Clone {
    (u32::from(first)..=u32::from(last)).map(|ip| Lookup::lease().ip_address(ip.into()))
}
