//! The four requests of the protocol, for objects and attributes that no other call knows.
//!
//! Open an object, change it by its handle, read it again, delete it: what a program that crafted
//! its own messages did. The guard rails hold here too; [`Expert`](super::Expert) lifts them.

use std::time::Instant;

use super::{Exchange, answered};
use crate::omapi::error::Error;
use crate::omapi::objects::Object;
use crate::omapi::request::{Answer, Expects, Handle, ObjectType, Request};
use crate::omapi::session::Omapi;
use crate::omapi::wire::Attributes;
use crate::session::{Call, Step};

/// OPEN: look up an object by attributes, or create it.
///
/// ```
/// use netlever_core::omapi::calls::Open;
///
/// let open = Open::new("host").with("name", b"foo");
/// # let _ = open;
/// ```
#[derive(Clone, Debug)]
pub struct Open {
    exchange: Exchange,
    request: Request,
}

impl Open {
    /// Looks up an object of this type.
    #[must_use]
    pub fn new(object_type: &str) -> Self {
        let request = Request::open(ObjectType::from(object_type), Attributes::new());
        Self { exchange: Exchange::default(), request }
    }

    /// With this attribute: a lookup key, or one to be set. A name that was given before is set
    /// anew.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.request.object.set(name, value);
        self
    }

    /// Create the object when the lookup finds nothing.
    #[must_use]
    pub fn create(mut self) -> Self {
        self.request = self.request.flag("create");
        self
    }

    /// With `create`: fail when the lookup finds something.
    #[must_use]
    pub fn exclusive(mut self) -> Self {
        self.request = self.request.flag("exclusive");
        self
    }

    /// Apply the attributes, the lookup keys included, to the object that is found. For a lease
    /// this works by hardware address or client identifier only (dhcpd 4.4.3-P1).
    #[must_use]
    pub fn update(mut self) -> Self {
        self.request = self.request.flag("update");
        self
    }
}

impl Call<Omapi> for Open {
    type Output = Result<Object, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self { exchange, request } = self;
        exchange.object(omapi, now, || request.clone())
    }
}

/// REFRESH: read the object behind a handle again.
#[derive(Clone, Debug)]
pub struct Refresh(Exchange, Request);

impl Refresh {
    /// The object of this handle.
    #[must_use]
    pub fn new(handle: &Handle) -> Self {
        Self(Exchange::default(), Request::refresh(handle))
    }
}

impl Call<Omapi> for Refresh {
    type Output = Result<Object, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self(exchange, request) = self;
        exchange.object(omapi, now, || request.clone())
    }
}

/// UPDATE: set attributes of the object behind a handle, in their order. The server stops at the
/// first that it refuses; earlier ones stay set.
#[derive(Clone, Debug)]
pub struct Update(Exchange, Request);

impl Update {
    /// Sets these attributes on the object of this handle.
    #[must_use]
    pub fn new(handle: &Handle, attributes: Attributes) -> Self {
        Self(Exchange::default(), Request::update(handle, attributes))
    }
}

impl Call<Omapi> for Update {
    type Output = Result<(), Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self(exchange, request) = self;
        exchange.done(omapi, now, || request.clone())
    }
}

/// DELETE: remove the object behind a handle. The session forgets the handle when the request
/// leaves: a second DELETE of a group would kill dhcpd 4.4.3-P1.
#[derive(Clone, Debug)]
pub struct Delete(Exchange, Request);

impl Delete {
    /// Removes the object of this handle.
    #[must_use]
    pub fn new(handle: &Handle) -> Self {
        Self(Exchange::default(), Request::delete(handle))
    }
}

impl Call<Omapi> for Delete {
    type Output = Result<(), Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self(exchange, request) = self;
        exchange.done(omapi, now, || request.clone())
    }
}

/// Any request, and its answer as it came: an UPDATE or a STATUS, whatever it says.
#[derive(Clone, Debug)]
pub struct Raw(Exchange, Request);

impl Raw {
    /// Sends this request.
    #[must_use]
    pub fn new(request: Request) -> Self {
        Self(Exchange::default(), request)
    }
}

impl Call<Omapi> for Raw {
    type Output = Result<Answer, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self(exchange, request) = self;
        let answer = answered!(exchange.ask(omapi, now, || request.clone()));
        debug_assert!(request.expects != Expects::Silence, "Shutdown waits for silence");
        Step::Done(Ok(answer))
    }
}
