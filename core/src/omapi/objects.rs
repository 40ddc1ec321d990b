//! Objects of the server, as its answers describe them.
//!
//! An [`Object`] is what an UPDATE message carried: attributes in the order of the wire, with
//! nothing lost. The typed views ([`Lease`], [`Host`] and the others) add getters that carry the
//! attributes' own names; what they have no getter for is still in [`Object::fields`].
//!
//! Where a name is repeated, the first one is the attribute and later ones are something else (a
//! lease sends its site variables under names that may collide; dhcpd 4.4.3-P1). Getters and
//! [`Object::get`] follow that rule, and [`Field::repeated`] marks the rest.
//!
//! ```
//! use netlever_core::omapi::{objects::{Lease, Object}, values::{LeaseState, Time}, wire::Attributes};
//!
//! let mut answer = Attributes::new();
//! answer.push("state", [0, 0, 0, 2]).push("ip-address", [192, 168, 10, 167]);
//! answer.push("ends", 1549885690_u32.to_be_bytes()).push("vendor-string", "Ruckus CPE");
//!
//! let lease = Lease::from(Object::new("lease", 7, answer));
//! assert_eq!(lease.state(), Some(LeaseState::ACTIVE));
//! assert_eq!(lease.ends(), Some(Time(1549885690)));
//! assert!(lease.is_active_at(1549885600) && !lease.is_active_at(1549885691));
//! assert_eq!(lease.object().get("vendor-string"), Some(&b"Ruckus CPE"[..]));
//! ```

mod class;
mod failover;
mod host;
mod lease;
mod pool;
mod server;

use std::{borrow::Cow, collections::BTreeSet};

pub use class::{Class, Subclass};
pub use failover::Failover;
pub use host::{Group, Host};
pub use lease::Lease;
pub use pool::Pool;
pub use server::{Control, Interface};

use super::{
    request::{Handle, ObjectType},
    values::{Family, HardwareAddress, Time, Value, decode},
    wire::{Attributes, Entries},
};

/// An object of any type: its handle and its attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// The `type` under which it was opened, which decides how attributes are decoded.
    pub object_type: ObjectType,
    /// Names it on the connection that it came on.
    pub handle: Handle,
    /// The attributes as they came.
    pub attributes: Attributes,
    /// Which protocol the server serves: whether a host's addresses have 4 or 16 octets.
    pub family: Family,
}

impl Object {
    /// An object of a DHCPv4 server.
    pub fn new(object_type: &str, handle: u32, attributes: Attributes) -> Self {
        let object_type = ObjectType::from(object_type);
        let handle = Handle::raw(handle).of(object_type.clone());
        Self { object_type, handle, attributes, family: Family::V4 }
    }

    /// The same object, of a server of `family`.
    #[must_use]
    pub fn of_family(mut self, family: Family) -> Self {
        self.family = family;
        self
    }

    /// Whether the answer had no attributes. After an OPEN of a host or group this is a temporary
    /// object that the server made and dropped, and nothing was found (dhcpd 4.4.3-P1).
    pub const fn is_empty(&self) -> bool {
        self.attributes.is_empty()
    }

    /// The octets of the first attribute called `name`.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.attributes.get(name)
    }

    /// The decoded value of the first attribute called `name`.
    pub fn value(&self, name: impl AsRef<[u8]>) -> Option<Value<'_>> {
        let name = name.as_ref();
        Some(decode(self.object_type.as_str(), name, self.get(name)?, self.family))
    }

    /// Every attribute in the order of the wire, decoded, repetitions included and marked.
    pub fn fields(&self) -> Fields<'_> {
        Fields { object: self, entries: self.attributes.iter(), seen: BTreeSet::new() }
    }

    /// The text of an attribute; `None` also when it is not UTF-8.
    fn text(&self, name: &str) -> Option<&str> {
        match self.value(name)? {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number of an attribute; `None` also when its length does not fit.
    fn number(&self, name: &str) -> Option<u32> {
        self.value(name)?.number()
    }

    /// The handle in an attribute; `None` also when it is 0.
    fn handle_of(&self, name: &str) -> Option<u32> {
        self.number(name).filter(|&handle| handle != 0)
    }

    fn time(&self, name: &str) -> Option<Time> {
        self.number(name).map(Time)
    }

    fn hardware_address(&self) -> Option<HardwareAddress> {
        match self.value("hardware-address")? {
            Value::HardwareAddress(address) => Some(address),
            _ => None,
        }
    }
}

/// One attribute of an [`Object`], decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// The name as it stands on the wire; ASCII from every known server.
    pub name: &'a [u8],
    /// What the octets mean by type and name.
    pub value: Value<'a>,
    /// The octets themselves.
    pub octets: &'a [u8],
    /// Whether the name stood in the same object before: then this is not the real attribute.
    pub repeated: bool,
}

impl<'a> Field<'a> {
    /// The name for people; what is not UTF-8 is replaced.
    pub fn name_text(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.name)
    }
}

/// The attributes of an object, from [`Object::fields`].
#[derive(Clone, Debug)]
pub struct Fields<'a> {
    object: &'a Object,
    entries: Entries<'a>,
    seen: BTreeSet<&'a [u8]>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let (name, octets) = self.entries.next()?;
        let value = decode(self.object.object_type.as_str(), name, octets, self.object.family);
        Some(Field { name, value, octets, repeated: !self.seen.insert(name) })
    }
}

/// A typed view of an [`Object`], which it keeps whole.
macro_rules! view {
    ($(#[$doc:meta])* $view:ident, $type:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $view($crate::omapi::objects::Object);

        impl $view {
            /// The `type` of an OPEN for this object.
            pub const TYPE: &'static str = $type;

            /// The object with all its attributes, known or not.
            pub const fn object(&self) -> &$crate::omapi::objects::Object {
                &self.0
            }

            /// Gives the object back.
            pub fn into_object(self) -> $crate::omapi::objects::Object {
                self.0
            }

            /// Names the object on the connection that it came on.
            pub const fn handle(&self) -> &$crate::omapi::request::Handle {
                &self.0.handle
            }
        }

        impl From<$crate::omapi::objects::Object> for $view {
            /// Looks at the object as this type, whatever type it was opened as.
            fn from(mut object: $crate::omapi::objects::Object) -> Self {
                if object.object_type.as_str() != Self::TYPE {
                    object.object_type = Self::TYPE.into();
                }
                Self(object)
            }
        }
    };
}
use view;

#[cfg(test)]
mod tests;
