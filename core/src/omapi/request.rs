//! What goes out and comes back, as values: the currency between calls and the session.

use std::borrow::Cow;
use std::fmt;

use crate::omapi::code::ResultCode;
use crate::omapi::error::{Error, Refused};
use crate::omapi::objects::Object;
use crate::omapi::session::status;
use crate::omapi::values::Family;
use crate::omapi::wire::{Attributes, Dictionary, Opcode};

/// The name of an object type, as in `lease`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectType(Cow<'static, str>);

impl ObjectType {
    /// A lease.
    pub const LEASE: Self = Self(Cow::Borrowed("lease"));
    /// A host declaration.
    pub const HOST: Self = Self(Cow::Borrowed("host"));
    /// A group.
    pub const GROUP: Self = Self(Cow::Borrowed("group"));
    /// A class.
    pub const CLASS: Self = Self(Cow::Borrowed("class"));
    /// A subclass.
    pub const SUBCLASS: Self = Self(Cow::Borrowed("subclass"));
    /// A pool: reached only by the handle that a lease has.
    pub const POOL: Self = Self(Cow::Borrowed("pool"));
    /// The state of a failover peer.
    pub const FAILOVER: Self = Self(Cow::Borrowed("failover-state"));
    /// The server's own life.
    pub const CONTROL: Self = Self(Cow::Borrowed("control"));
    /// A network interface of the server.
    pub const INTERFACE: Self = Self(Cow::Borrowed("interface"));

    /// Its name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ObjectType {
    fn from(name: &str) -> Self {
        let known = [
            Self::LEASE,
            Self::HOST,
            Self::GROUP,
            Self::CLASS,
            Self::SUBCLASS,
            Self::POOL,
            Self::FAILOVER,
            Self::CONTROL,
            Self::INTERFACE,
        ];
        let found = known.into_iter().find(|known| known.0 == name);
        found.unwrap_or_else(|| Self(Cow::Owned(name.to_owned())))
    }
}

impl fmt::Debug for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for ObjectType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// Names an object of the server, for as long as the connection that it came on lives.
///
/// The server counts handles up from 1 again when it restarts, so an old number may name another
/// object by then. A handle that came on a connection is refused on the next one, before anything
/// is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    number: u32,
    link: Option<u64>,
    object_type: Option<ObjectType>,
}

impl Handle {
    /// A handle by its number alone, such as the `pool` of a lease: it is sent on any connection,
    /// and it is the caller's affair what it names there.
    #[must_use]
    pub const fn raw(number: u32) -> Self {
        Self { number, link: None, object_type: None }
    }

    /// The same handle, for an object of this type.
    #[must_use]
    pub fn of(self, object_type: ObjectType) -> Self {
        Self { object_type: Some(object_type), ..self }
    }

    /// A number that was read on the same connection as this handle.
    #[must_use]
    pub fn sibling(&self, number: u32, object_type: ObjectType) -> Self {
        Self { number, link: self.link, object_type: Some(object_type) }
    }

    pub(crate) const fn given(number: u32, link: u64, object_type: Option<ObjectType>) -> Self {
        Self { number, link: Some(link), object_type }
    }

    /// Its number on the wire; 0 where an answer has none.
    #[must_use]
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// The type of its object, where that is known.
    #[must_use]
    pub const fn object_type(&self) -> Option<&ObjectType> {
        self.object_type.as_ref()
    }

    pub(crate) const fn link(&self) -> Option<u64> {
        self.link
    }
}

/// What a request will be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// An object, or a STATUS that says why not.
    Object,
    /// A STATUS.
    Status,
    /// Nothing: the server hangs up instead (shutdown).
    Silence,
}

/// A request, without what the connection adds to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub opcode: Opcode,
    /// The object, for all but OPEN.
    pub handle: Option<Handle>,
    /// The type of the object, where it is known.
    pub object_type: Option<ObjectType>,
    /// The message dictionary.
    pub message: Attributes,
    /// The object dictionary.
    pub object: Attributes,
    /// What will come back.
    pub expects: Expects,
}

impl Request {
    /// OPEN: look up (or create) an object of this type by the attributes in `object`.
    #[must_use]
    pub fn open(object_type: ObjectType, object: Attributes) -> Self {
        let mut message = Attributes::new();
        message.push("type", object_type.as_str());
        Self {
            opcode: Opcode::Open,
            handle: None,
            object_type: Some(object_type),
            message,
            object,
            expects: Expects::Object,
        }
    }

    /// REFRESH: send the object again.
    #[must_use]
    pub fn refresh(handle: &Handle) -> Self {
        Self::about(Opcode::Refresh, handle, Attributes::new(), Expects::Object)
    }

    /// UPDATE: set these attributes, in this order. The server stops at the first error; earlier
    /// ones stay set.
    #[must_use]
    pub fn update(handle: &Handle, object: Attributes) -> Self {
        Self::about(Opcode::Update, handle, object, Expects::Status)
    }

    /// DELETE: remove the object. Its handle is dead afterwards.
    #[must_use]
    pub fn delete(handle: &Handle) -> Self {
        Self::about(Opcode::Delete, handle, Attributes::new(), Expects::Status)
    }

    fn about(opcode: Opcode, handle: &Handle, object: Attributes, expects: Expects) -> Self {
        Self {
            opcode,
            object_type: handle.object_type.clone(),
            handle: Some(handle.clone()),
            message: Attributes::new(),
            object,
            expects,
        }
    }

    /// With a flag of OPEN set: `create`, `exclusive` or `update`.
    #[must_use]
    pub fn flag(mut self, name: &str) -> Self {
        self.message.push(name, 1u32.to_be_bytes());
        self
    }

    /// Octets on the wire, without a signature.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a request has 28 octets at least")]
    pub fn len(&self) -> usize {
        28 + self.message.as_dictionary().octets().len()
            + self.object.as_dictionary().octets().len()
    }

    /// Whether it may be sent again on the next connection: it only reads, and names no handle of
    /// the connection that was lost.
    pub(crate) fn is_repeatable(&self) -> bool {
        self.is_read() && self.handle.as_ref().is_none_or(|handle| handle.link().is_none())
    }

    /// Whether carrying it out twice changes nothing more.
    #[must_use]
    pub fn is_read(&self) -> bool {
        let flags = ["create", "exclusive", "update"];
        match self.opcode {
            Opcode::Open => flags.iter().all(|flag| self.message.get(flag).is_none()),
            Opcode::Refresh => true,
            _ => false,
        }
    }
}

/// An answer as the server gave it: an object, or a STATUS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// `Update` or `Status`.
    pub opcode: Opcode,
    /// The object's handle; its number is 0 in a STATUS.
    pub handle: Handle,
    /// The message dictionary: `result` and `message` of a STATUS.
    pub message: Attributes,
    /// The object dictionary.
    pub object: Attributes,
}

impl Answer {
    pub(crate) fn new(
        opcode: Opcode,
        handle: Handle,
        message: Dictionary<'_>,
        object: Dictionary<'_>,
    ) -> Self {
        Self { opcode, handle, message: message.into(), object: object.into() }
    }

    /// What stands for the answer of a server that shut down.
    pub(crate) fn hung_up() -> Self {
        let mut message = Attributes::new();
        message.push("result", ResultCode::SUCCESS.0.to_be_bytes());
        let object = Attributes::new();
        Self { opcode: Opcode::Status, handle: Handle::raw(0), message, object }
    }

    /// The code and text of a STATUS.
    #[must_use]
    pub fn status(&self) -> Option<(ResultCode, String)> {
        if self.opcode == Opcode::Status { status(self.message.as_dictionary()) } else { None }
    }

    /// Success of an OPEN or REFRESH: only an UPDATE is. A STATUS with result 0 is a refusal too,
    /// as dhcpd shows for authenticators.
    ///
    /// # Errors
    /// [`Error::Refused`], with the server's code and text.
    pub fn object(self, opcode: Opcode) -> Result<Self, Error> {
        if self.opcode == Opcode::Update { Ok(self) } else { Err(self.refusal(opcode)) }
    }

    /// Success of an UPDATE or DELETE: only a STATUS with result 0 is.
    ///
    /// # Errors
    /// [`Error::Refused`], with the server's code and text.
    pub fn done(self, opcode: Opcode) -> Result<(), Error> {
        match self.status() {
            Some((ResultCode::SUCCESS, text)) if text.is_empty() => Ok(()),
            _ => Err(self.refusal(opcode)),
        }
    }

    /// The object that it holds.
    #[must_use]
    pub fn into_object(self, family: Family) -> Object {
        let object_type = self.handle.object_type.clone().unwrap_or_else(|| ObjectType::from(""));
        Object { object_type, handle: self.handle, attributes: self.object, family }
    }

    fn refusal(&self, opcode: Opcode) -> Error {
        let (code, text) = self.status().unwrap_or((ResultCode::SUCCESS, String::new()));
        let object_type = self.handle.object_type.as_ref().map_or("object", |known| known.as_str());
        Refused { opcode, object_type: object_type.to_owned(), code, text }.into()
    }
}
