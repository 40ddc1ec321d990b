//! What can be done with an object of each type: found, created, read, set, deleted.

use std::time::Instant;

use super::handles::Object;
use super::harm::Harm;
use super::request::{Outcome, Pairs, Search, integer};
use super::store::Store;
use crate::omapi::code::ResultCode;
use crate::omapi::wire::Attributes;

/// The registered types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Authenticator,
    Class,
    Control,
    Failover,
    Group,
    Host,
    Interface,
    Lease,
    /// `pool`, `subnet`, `shared-network`: nothing to look them up by.
    Unkeyed,
    /// Registered, and without any lookup at all.
    Unsearchable,
    Subclass,
}

impl Kind {
    pub(super) fn from_name(name: &[u8]) -> Option<(Self, &'static str)> {
        TYPES.iter().find(|entry| entry.1.as_bytes() == name).copied()
    }

    /// Whether `handle` in the object dictionary is a key.
    const fn has_handle_key(self) -> bool {
        matches!(
            self,
            Self::Lease
                | Self::Host
                | Self::Group
                | Self::Failover
                | Self::Control
                | Self::Interface
        )
    }

    const fn is_of(self, object: Object) -> bool {
        matches!(
            (self, object),
            (Self::Lease, Object::Lease(_))
                | (Self::Host, Object::Host(_))
                | (Self::Group, Object::Group(_))
                | (Self::Failover, Object::Failover(_))
                | (Self::Control, Object::Control)
                | (Self::Interface, Object::Interface(_))
        )
    }
}

/// Every type and its name on the wire.
const TYPES: &[(Kind, &str)] = &[
    (Kind::Lease, "lease"),
    (Kind::Host, "host"),
    (Kind::Authenticator, "authenticator"),
    (Kind::Group, "group"),
    (Kind::Class, "class"),
    (Kind::Subclass, "subclass"),
    (Kind::Failover, "failover-state"),
    (Kind::Control, "control"),
    (Kind::Interface, "interface"),
    (Kind::Unkeyed, "pool"),
    (Kind::Unkeyed, "subnet"),
    (Kind::Unkeyed, "shared-network"),
    (Kind::Unsearchable, "failover-link"),
    (Kind::Unsearchable, "failover-listener"),
    (Kind::Unsearchable, "listener"),
    (Kind::Unsearchable, "connection"),
    (Kind::Unsearchable, "io"),
    (Kind::Unsearchable, "message"),
    (Kind::Unsearchable, "protocol"),
    (Kind::Unsearchable, "generic"),
    (Kind::Unsearchable, "waiter"),
];

impl Store {
    /// The object that the keys name; `None`: there is no usable key among them.
    pub(super) fn find(&self, kind: Kind, keys: &Pairs<'_>) -> Outcome<Option<Object>> {
        let mut search = Search::default();
        if let Some(handle) = keys.key("handle").filter(|_| kind.has_handle_key()) {
            let object = self.handles.object(integer(handle)?).ok_or(ResultCode::NOT_FOUND)?;
            if !kind.is_of(object) {
                return Err(ResultCode::INVALID_ARGUMENT);
            }
            search.agree(Some(object))?;
        }
        match kind {
            Kind::Lease => self.find_lease(keys, &mut search)?,
            Kind::Host => self.find_host(keys, &mut search)?,
            Kind::Group => self.find_group(keys, &mut search)?,
            Kind::Class => self.find_class(keys, &mut search)?,
            Kind::Subclass => self.find_subclass(keys, &mut search)?,
            Kind::Failover => self.find_failover(keys, &mut search)?,
            Kind::Control => search.agree(Some(Object::Control))?,
            Kind::Interface => {
                if let Some(name) = keys.text("name") {
                    let place = self.interfaces.iter().position(|other| other.name == name);
                    search.agree(place.map(Object::Interface))?;
                }
            }
            Kind::Authenticator if keys.is_empty() => {}
            Kind::Authenticator => search.agree(self.find_key(keys))?,
            Kind::Unkeyed | Kind::Unsearchable => {}
        }
        Ok(search.found())
    }

    /// Name and algorithm compare in any case; the suffix of the algorithm is required.
    fn find_key(&self, keys: &Pairs<'_>) -> Option<Object> {
        let (name, algorithm) = (keys.text("name")?, keys.text("algorithm")?);
        let place = self.setup.keys.iter().position(|key| {
            key.name().eq_ignore_ascii_case(name)
                && key.algorithm().wire_name().eq_ignore_ascii_case(algorithm)
        });
        place.map(Object::Key)
    }

    /// Makes an object of these attributes and enters it, or leaves no trace.
    pub(super) fn create(
        &mut self,
        kind: Kind,
        attributes: &Pairs<'_>,
        now: Instant,
    ) -> Outcome<Object> {
        if attributes.is_empty() {
            return Err(ResultCode::INVALID_ARGUMENT);
        }
        match kind {
            Kind::Host => {
                let unix = self.unix(now);
                self.create_host(attributes, unix).map(Object::Host)
            }
            Kind::Group => self.create_group(attributes).map(Object::Group),
            Kind::Class => self.create_class(attributes).map(Object::Class),
            Kind::Subclass => self.create_subclass(attributes).map(Object::Subclass),
            _ => Err(ResultCode::NOT_IMPLEMENTED),
        }
    }

    /// Applies attributes in order and stops at the first that is refused; earlier ones stay
    /// applied. `handle` is the header's.
    pub(super) fn update(
        &mut self,
        object: Object,
        attributes: &Pairs<'_>,
        handle: u32,
        asker: Asker,
    ) -> Outcome {
        if attributes.is_empty() {
            return Err(ResultCode::INVALID_ARGUMENT);
        }
        for (name, value) in attributes.iter() {
            self.set(object, name, value, asker)?;
        }
        if let Object::Lease(ip) = object {
            self.lease_updated(ip, handle);
        }
        Ok(())
    }

    fn set(&mut self, object: Object, name: &[u8], value: &[u8], asker: Asker) -> Outcome {
        match object {
            Object::Lease(ip) => {
                let unix = self.unix(asker.now);
                self.lapse(ip, unix);
                self.set_lease(ip, &String::from_utf8_lossy(name), value)
            }
            Object::Host(number) => self.set_host(number, name, value),
            Object::Group(number) => self.set_group(number, name, value),
            Object::Class(number) => self.set_class(number, name, value),
            Object::Subclass(number) => self.set_subclass(number, name, value),
            Object::Failover(number) => {
                let unix = self.unix(asker.now);
                self.set_failover(number, name, value, unix)
            }
            Object::Control => self.set_control(name, value, asker),
            Object::Interface(_) => Err(ResultCode::NOT_FOUND),
            Object::Pool(_) => Err(ResultCode::UNKNOWN_ATTRIBUTE),
            Object::Subnet(_) | Object::Key(_) => Err(ResultCode::NOT_FOUND),
        }
    }

    /// State 2 shuts the server down, at once and without an answer.
    fn set_control(&mut self, name: &[u8], value: &[u8], asker: Asker) -> Outcome {
        if name != b"state" {
            return Err(ResultCode::NOT_FOUND);
        }
        self.not_empty("control", "state", value)?;
        if integer(value)? != 2 {
            return Err(ResultCode::INVALID_ARGUMENT);
        }
        self.end(asker.now, Some(asker.number));
        Ok(())
    }

    /// What an UPDATE to the client shows.
    pub(super) fn attributes(&mut self, object: Object, now: Instant) -> Attributes {
        match object {
            Object::Lease(ip) => {
                let unix = self.unix(now);
                self.lapse(ip, unix);
                self.lease_attributes(ip)
            }
            Object::Host(number) => self.host_attributes(number),
            Object::Group(number) => self.group_attributes(number),
            Object::Class(number) => self.class_attributes(number),
            Object::Subclass(number) => self.subclass_attributes(number),
            Object::Pool(number) => self.pool_attributes(number),
            Object::Failover(number) => self.failover_attributes(number),
            Object::Control => [("state", [0; 4])].into_iter().collect(),
            Object::Interface(number) => {
                let up = |up| if up { "up" } else { "down" };
                let state = self.interfaces.get(number).map(|interface| up(interface.up));
                state.map(|state| ("state", state)).into_iter().collect()
            }
            Object::Key(number) => {
                let Some(key) = self.setup.keys.get(number) else { return Attributes::new() };
                [("name", key.name()), ("algorithm", key.algorithm().wire_name())]
                    .into_iter()
                    .collect()
            }
            Object::Subnet(_) => Attributes::new(),
        }
    }

    /// The text is empty except where there is no such method at all.
    pub(super) fn delete(&mut self, object: Object) -> (ResultCode, &'static str) {
        match object {
            Object::Group(number) => match self.delete_group(number) {
                Ok(()) => (ResultCode::SUCCESS, ""),
                Err(code) => (code, "no matching handle"),
            },
            Object::Host(number) => {
                self.delete_host(number);
                (ResultCode::SUCCESS, "")
            }
            Object::Class(number) => {
                let gone = self.classes.classes.remove(number);
                self.handles.forget(object);
                (gone.map_or(ResultCode::NOT_FOUND, |_| ResultCode::SUCCESS), "")
            }
            Object::Subclass(number) => {
                let gone = self.classes.subclasses.remove(number);
                self.handles.forget(object);
                (gone.map_or(ResultCode::NOT_FOUND, |_| ResultCode::SUCCESS), "")
            }
            Object::Control => (ResultCode::NO_PERMISSION, ""),
            Object::Lease(_) | Object::Pool(_) | Object::Subnet(_) | Object::Failover(_) => {
                (ResultCode::NOT_IMPLEMENTED, "")
            }
            Object::Interface(number) => {
                // It is used no more.
                if let Some(interface) = self.interfaces.get_mut(number) {
                    interface.up = false;
                }
                (ResultCode::SUCCESS, "")
            }
            Object::Key(_) => (ResultCode::NOT_IMPLEMENTED, "no remove method for object"),
        }
    }

    /// Notes an OPEN that dhcpd answers with a temporary object.
    pub(super) fn temporary(&mut self, kind: &'static str) -> u32 {
        self.harm(Harm::EmptyOpen { kind });
        self.handles.temporary()
    }
}

/// Which connection asks, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asker {
    pub(super) number: u64,
    pub(super) now: Instant,
}
