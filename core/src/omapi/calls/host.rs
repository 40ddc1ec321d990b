//! Changing hosts and leases that exist.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

use super::add::{Wish, octets};
use super::{AddHost, Exchange, Lookup, answered};
use crate::omapi::error::Error;
use crate::omapi::objects::{Host, Lease, Object};
use crate::omapi::request::{ObjectType, Request};
use crate::omapi::session::Omapi;
use crate::omapi::statements::Statements;
use crate::omapi::values::{LeaseFlags, LeaseState, Time};
use crate::omapi::wire::Attributes;
use crate::session::{Call, Step};

/// Looks up an object, applies changes to it, and reads it back.
#[derive(Clone, Debug)]
struct Change<T> {
    lookup: Lookup<T>,
    changes: Attributes,
    /// Makes the changes fit what was found.
    fit: fn(&Object, &mut Attributes),
    found: Option<Object>,
    changed: bool,
}

impl<T: From<Object>> Change<T> {
    fn new(lookup: Lookup<T>, fit: fn(&Object, &mut Attributes)) -> Self {
        Self { lookup, changes: Attributes::new(), fit, found: None, changed: false }
    }

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Result<T, Error>> {
        let Self { lookup, changes, fit, found, changed } = self;
        let object = match found {
            Some(object) => object,
            None => {
                let object = answered!(lookup.object(omapi, now));
                fit(&object, changes);
                found.insert(object)
            }
        };
        let (handle, exchange) = (&object.handle, lookup.exchange());
        if !*changed {
            answered!(exchange.done(omapi, now, || Request::update(handle, changes.clone())));
            *changed = true;
        }
        exchange.object(omapi, now, || Request::refresh(handle)).map(|read| read.map(T::from))
    }
}

/// Changes a host. Its name and hardware address cannot be changed: remove it and add it anew, as
/// [`SyncHost`] does.
///
/// ```
/// use netlever_core::omapi::calls::{Lookup, SetHost};
///
/// let moved = SetHost::new(Lookup::host().name("printer")).ip_addresses(&[[10, 0, 0, 9].into()]);
/// let regrouped = SetHost::new(Lookup::host().name("printer")).group("office");
/// # let _ = (moved, regrouped);
/// ```
#[derive(Clone, Debug)]
pub struct SetHost(Change<Host>);

impl SetHost {
    /// Changes the host that this finds.
    #[must_use]
    pub fn new(lookup: Lookup<Host>) -> Self {
        Self(Change::new(lookup, |_, _| {}))
    }

    /// Gives it these fixed addresses; none takes them away.
    #[must_use]
    pub fn ip_addresses(mut self, ips: &[IpAddr]) -> Self {
        self.0.changes.set("ip-address", octets(ips));
        self
    }

    /// Moves it into this group.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.0.changes.set("group", group);
        self
    }

    /// Gives it statements; dhcpd takes them once in a host's life.
    #[must_use]
    pub fn statements(mut self, statements: &Statements) -> Self {
        self.0.changes.set("statements", statements.as_str());
        self
    }

    /// Gives it a client identifier; dhcpd takes one once in a host's life.
    #[must_use]
    pub fn client_id(mut self, identifier: impl AsRef<[u8]>) -> Self {
        self.0.changes.set("dhcp-client-identifier", identifier);
        self
    }

    /// Sets any other attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.0.changes.set(name, value);
        self
    }
}

impl Call<Omapi> for SetHost {
    /// The host as it is now.
    type Output = Result<Host, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        self.0.step(omapi, now)
    }
}

/// Changes a lease. The DHCP client is not told.
///
/// ```
/// use netlever_core::omapi::{calls::SetLease, values::{LeaseFlags, Time}};
///
/// let ip = [192, 168, 10, 167].into();
/// let freed = SetLease::release(ip);
/// let longer = SetLease::of(ip).active_until(Time(1_900_000_000));
/// let kept = SetLease::of(ip).flags(LeaseFlags::RESERVED);
/// # let _ = (freed, longer, kept);
/// ```
#[derive(Clone, Debug)]
pub struct SetLease(Change<Lease>);

impl SetLease {
    /// Changes the lease of this address.
    #[must_use]
    pub fn of(ip: Ipv4Addr) -> Self {
        Self::found_by(Lookup::lease().ip_address(ip))
    }

    /// Changes the lease that this finds.
    #[must_use]
    pub fn found_by(lookup: Lookup<Lease>) -> Self {
        Self(Change::new(lookup, state_last))
    }

    /// Frees the lease of this address at once.
    #[must_use]
    pub fn release(ip: Ipv4Addr) -> Self {
        Self::of(ip).state(LeaseState::FREE)
    }

    /// Extends or shortens it: active until then. Both `ends` and `state` are sent, in this order,
    /// since `ends` alone frees a lease (dhcpd 4.4.3-P1).
    #[must_use]
    pub fn active_until(mut self, ends: Time) -> Self {
        self.0.changes.set("ends", ends.0.to_be_bytes());
        self.state(LeaseState::ACTIVE)
    }

    /// Puts it into this state. Any change of state drops its hostname and billing class.
    #[must_use]
    pub fn state(mut self, state: LeaseState) -> Self {
        self.0.changes.set("state", state.0.to_be_bytes());
        self
    }

    /// Sets its flags, such as [`LeaseFlags::RESERVED`]. Unless another state is asked for, the
    /// one that it has is sent behind them, since other flags alone free a lease (dhcpd 4.4.3-P1);
    /// its hostname and billing class are dropped all the same.
    #[must_use]
    pub fn flags(mut self, flags: LeaseFlags) -> Self {
        self.0.changes.set("flags", [flags.0]);
        self
    }

    /// Sets any other attribute.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.0.changes.set(name, value);
        self
    }
}

/// `state` is sent last, and with `flags` always: changing `ends` or `flags` moves a lease to the
/// state that follows its own, mostly free, and only a `state` behind them moves it back.
fn state_last(lease: &Object, changes: &mut Attributes) {
    let kept = changes.get("flags").and_then(|_| lease.get("state"));
    if let Some(state) = changes.get("state").or(kept).map(<[u8]>::to_vec) {
        changes.remove("state");
        changes.push("state", state);
    }
}

impl Call<Omapi> for SetLease {
    /// The lease as it is now.
    type Output = Result<Lease, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        self.0.step(omapi, now)
    }
}

/// Makes a host be as wished: adds it, changes it, replaces it, or leaves it alone. It can be run
/// again safely.
///
/// The host is found by its hardware address or client identifier. When it has another name it is
/// deleted and added anew. A group cannot be read back, so it is always set again; statements
/// cannot be read back nor set twice, so a host that is to have some is replaced. When the server
/// refuses the new host, the old one is put back (without the group and statements that it may have
/// had), and the call ends with the refusal; when that fails too, with [`Error::NotRestored`].
#[derive(Clone, Debug)]
pub struct SyncHost {
    exchange: Exchange,
    wish: Wish,
    keeps_addresses: bool,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Looking,
    Changing(Object, Attributes),
    Deleting(Object),
    /// With the host that was deleted for this one.
    Adding(Option<Object>),
    /// The new host was refused: the old one is put back, then the error is told.
    Restoring(Object, Error),
}

/// What [`SyncHost`] had to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Synced {
    /// There was no such host.
    Added,
    /// Its addresses or group were set.
    Changed,
    /// It was deleted and added anew.
    Replaced,
    /// It was as wished.
    Unchanged,
}

impl SyncHost {
    /// Makes this host be there.
    #[must_use]
    pub fn new(host: AddHost) -> Self {
        Self {
            exchange: Exchange::default(),
            wish: host.wish,
            keeps_addresses: false,
            state: State::Looking,
        }
    }

    /// A wish without addresses leaves a host that is there those that it has, instead of taking
    /// them away.
    #[must_use]
    pub const fn keeping_addresses(mut self) -> Self {
        self.keeps_addresses = true;
        self
    }
}

impl Call<Omapi> for SyncHost {
    type Output = Result<Synced, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        loop {
            let Self { exchange, wish, keeps_addresses, state } = self;
            *state = match state {
                State::Looking => {
                    // Before a host is deleted for one that may not be sent.
                    if let Err(refusal) = omapi.guarded(&wish.request(true)) {
                        return Step::Done(Err(refusal));
                    }
                    let mut keys = Attributes::new();
                    wish.identify(&mut keys);
                    let request = || Request::open(ObjectType::HOST, keys.clone());
                    match exchange.object(omapi, now, request) {
                        Step::Wait(ticket) => return Step::Wait(ticket),
                        Step::Done(Err(error)) if error.is_not_found() => State::Adding(None),
                        Step::Done(Err(error)) => return Step::Done(Err(error)),
                        Step::Done(Ok(object)) => {
                            let host = Host::from(object);
                            if *keeps_addresses && wish.ips.is_empty() {
                                wish.ips = host.ip_addresses();
                            }
                            match compare(wish, host) {
                                Ok(next) => next,
                                Err(synced) => return Step::Done(Ok(synced)),
                            }
                        }
                    }
                }
                State::Changing(object, changes) => {
                    let request = || Request::update(&object.handle, changes.clone());
                    answered!(exchange.done(omapi, now, request));
                    return Step::Done(Ok(Synced::Changed));
                }
                State::Deleting(object) => {
                    answered!(exchange.done(omapi, now, || Request::delete(&object.handle)));
                    State::Adding(Some(object.clone()))
                }
                State::Adding(old) => {
                    match (exchange.object(omapi, now, || wish.request(true)), old) {
                        (Step::Wait(ticket), _) => return Step::Wait(ticket),
                        (Step::Done(Ok(_)), None) => return Step::Done(Ok(Synced::Added)),
                        (Step::Done(Ok(_)), Some(_)) => return Step::Done(Ok(Synced::Replaced)),
                        (Step::Done(Err(error)), None) => return Step::Done(Err(error)),
                        (Step::Done(Err(error)), Some(old)) => State::Restoring(old.clone(), error),
                    }
                }
                State::Restoring(old, error) => {
                    let request = || {
                        let request = Request::open(ObjectType::HOST, old.attributes.clone());
                        request.flag("create").flag("exclusive")
                    };
                    let failed = error.clone();
                    return exchange.object(omapi, now, request).map(|restored| {
                        Err(match restored {
                            Ok(_) => failed,
                            Err(restoring) => Error::NotRestored {
                                failed: failed.into(),
                                restoring: restoring.into(),
                            },
                        })
                    });
                }
            };
        }
    }
}

/// What is to be done with the host that was found.
fn compare(wish: &Wish, host: Host) -> Result<State, Synced> {
    let renamed = wish.name.as_deref().is_some_and(|name| host.name() != Some(name));
    let restated = wish.statements.as_ref().is_some_and(|some| !some.is_empty());
    if renamed || restated {
        return Ok(State::Deleting(host.into_object()));
    }
    let mut changes = Attributes::new();
    if host.ip_addresses() != wish.ips {
        changes.push("ip-address", octets(&wish.ips));
    }
    if let Some(group) = &wish.group {
        changes.push("group", group);
    }
    if changes.is_empty() {
        return Err(Synced::Unchanged);
    }
    Ok(State::Changing(host.into_object(), changes))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent for these changes of a lease in this state.
    fn sent(state: LeaseState, mut call: SetLease) -> Attributes {
        let lease = [("state", state.octets())].into_iter().collect();
        let Change { fit, changes, .. } = &mut call.0;
        fit(&Object::new("lease", 1, lease), changes);
        call.0.changes
    }

    #[test]
    fn flags_go_with_a_state_behind_them() {
        let of = || SetLease::of([10, 0, 0, 1].into());
        let names = |changes: &Attributes| {
            changes.iter().map(|(name, _)| String::from_utf8_lossy(name).into_owned()).collect()
        };
        let reserved = sent(LeaseState::ACTIVE, of().flags(LeaseFlags::RESERVED));
        let kept: Vec<String> = names(&reserved);
        assert_eq!(kept, ["flags", "state"]);
        assert_eq!(reserved.get("state"), Some(&LeaseState::ACTIVE.octets()[..]));

        let wanted = of().state(LeaseState::FREE).flags(LeaseFlags::NONE);
        let wanted = sent(LeaseState::ACTIVE, wanted);
        let order: Vec<String> = names(&wanted);
        assert_eq!(order, ["flags", "state"]);
        assert_eq!(wanted.get("state"), Some(&LeaseState::FREE.octets()[..]));

        let both = of().flags(LeaseFlags::NONE).active_until(Time(7)).flags(LeaseFlags::BOOTP);
        let order: Vec<String> = names(&sent(LeaseState::FREE, both));
        assert_eq!(order, ["flags", "ends", "state"]);
    }
}
