//! The server's own state: failover, and the end of its life.

use std::time::{Duration, Instant};

use super::{Exchange, answered};
use crate::omapi::error::Error;
use crate::omapi::request::{Expects, Handle, ObjectType, Request};
use crate::omapi::session::Omapi;
use crate::omapi::values::{ControlState, FailoverState};
use crate::omapi::wire::Attributes;
use crate::session::{Call, Step, later};

/// Puts a failover peer into a state: `partner-down` is the useful one.
#[derive(Clone, Debug)]
pub struct SetFailover {
    exchange: Exchange,
    name: String,
    state: FailoverState,
    handle: Option<Handle>,
}

impl SetFailover {
    /// Tells the server that the partner of this peer is down, so that it may serve all leases.
    #[must_use]
    pub fn partner_down(name: impl Into<String>) -> Self {
        Self::new(name, FailoverState::PARTNER_DOWN)
    }

    /// Puts this peer into this state.
    #[must_use]
    pub fn new(name: impl Into<String>, state: FailoverState) -> Self {
        Self { exchange: Exchange::default(), name: name.into(), state, handle: None }
    }
}

impl Call<Omapi> for SetFailover {
    type Output = Result<(), Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self { exchange, name, state, handle } = self;
        let handle = match handle {
            Some(handle) => handle,
            None => {
                let keys: Attributes = [("name", name.as_str())].into_iter().collect();
                let request = || Request::open(ObjectType::FAILOVER, keys.clone());
                handle.insert(answered!(exchange.object(omapi, now, request)).handle)
            }
        };
        let change: Attributes = [("local-state", state.0.to_be_bytes())].into_iter().collect();
        exchange.done(omapi, now, || Request::update(handle, change.clone()))
    }
}

/// Shuts the server down in good order.
///
/// dhcpd 4.4.3-P1 gives no answer: its listener closes at once, its connections fall silent, and
/// this one is closed after 11 s; that is success. A deadline that passes first means that the
/// outcome is unknown. Unless [`Within`](super::Within) says otherwise the deadline is 40 s, as a
/// server with a failover partner may take 25 s and more.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    exchange: Exchange,
    handle: Option<Handle>,
}

impl Shutdown {
    /// How long the server may take.
    pub const DEADLINE: Duration = Duration::from_secs(40);

    /// Of the server at the other end.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Call<Omapi> for Shutdown {
    type Output = Result<(), Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self { exchange, handle } = self;
        let until = later(now, omapi.patience.unwrap_or(Self::DEADLINE));
        exchange.until.get_or_insert(until);
        let handle = match handle {
            Some(handle) => handle,
            None => {
                let request = || Request::open(ObjectType::CONTROL, Attributes::new());
                handle.insert(answered!(exchange.object(omapi, now, request)).handle)
            }
        };
        let change: Attributes =
            [("state", ControlState::SHUTDOWN.0.to_be_bytes())].into_iter().collect();
        let request = || {
            let request = Request::update(handle, change.clone());
            Request { expects: Expects::Silence, ..request }
        };
        exchange.done(omapi, now, request)
    }
}
