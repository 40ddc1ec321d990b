//! What can be asked of a server: typed calls, the same under every runtime.
//!
//! Each is a [`Call`] on an [`Omapi`] session, given to
//! [`Client::call`](crate::client::Client::call), or many of them to
//! [`Client::batch`](crate::client::Client::batch):
//!
//! | to | use |
//! |---|---|
//! | look something up | [`Lookup`] |
//! | every lease of an address range | [`scan`], with `batch` |
//! | add a host; add or change it | [`AddHost`], [`SyncHost`] |
//! | change a host's addresses or group | [`SetHost`] |
//! | end, extend, free or reserve a lease | [`SetLease`] |
//! | add a group, class or subclass | [`AddGroup`], [`AddClass`], [`AddSubclass`] |
//! | remove any of them | [`Remove`] |
//! | how full a pool is | [`PoolUsage`] |
//! | a failover peer is down | [`SetFailover`] |
//! | shut the server down | [`Shutdown`] |
//! | anything else | [`Open`], [`Refresh`], [`Update`], [`Delete`], [`Raw`] |
//!
//! A call has one deadline for all its exchanges: the session's, or that of [`Within`]. Calls that
//! only read are asked again on a new connection when theirs was lost and the session reconnects;
//! those that change something are not, since they may have been carried out.

mod add;
mod host;
mod lookup;
mod raw;
mod server;

use std::time::{Duration, Instant};

pub use add::{AddClass, AddGroup, AddHost, AddSubclass};
pub use host::{SetHost, SetLease, SyncHost, Synced};
pub use lookup::{Lookup, PoolUsage, Remove, scan};
pub use raw::{Delete, Open, Raw, Refresh, Update};
pub use server::{SetFailover, Shutdown};

use crate::desk::Fail;
use crate::omapi::error::Error;
use crate::omapi::objects::Object;
use crate::omapi::request::{Answer, Request};
use crate::omapi::session::Omapi;
use crate::omapi::wire::Opcode;
use crate::session::{Call, Step, Ticket};

/// One call after the other on the wire: what every call is made of.
///
/// The deadline of the first exchange holds for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    ticket: Option<Ticket>,
    until: Option<Instant>,
    /// Whether the server has answered a request that changes something.
    changed: bool,
}

/// The answer of a step that is done; or says that it is not, to the caller of this function.
macro_rules! answered {
    ($step:expr) => {
        match $step {
            $crate::session::Step::Done(Ok(answer)) => answer,
            $crate::session::Step::Done(Err(error)) => {
                return $crate::session::Step::Done(Err(error))
            }
            $crate::session::Step::Wait(ticket) => return $crate::session::Step::Wait(ticket),
        }
    };
}
use answered;

impl Exchange {
    /// Sends this request, or waits for its answer, whatever the answer says.
    ///
    /// `request` is made when it is first sent, and again when a lost read is sent again.
    fn ask(
        &mut self,
        omapi: &mut Omapi,
        now: Instant,
        request: impl Fn() -> Request,
    ) -> Step<Result<Answer, Error>> {
        let until = *self.until.get_or_insert_with(|| omapi.deadline(now));
        loop {
            let fresh = self.ticket.is_none();
            match omapi.ask(&mut self.ticket, until, &request) {
                Step::Done(Err(Error::Failed(Fail::Lost { sent: true, .. })))
                    if !fresh && until > now && omapi.reconnects() && request().is_repeatable() => {
                }
                Step::Done(Err(error)) if self.changed => return Step::Done(Err(error.halfway())),
                Step::Done(Ok(answer)) => {
                    self.changed |= !request().is_read();
                    return Step::Done(Ok(answer));
                }
                step => return step,
            }
        }
    }

    /// Sends a request that is answered by an object.
    fn object(
        &mut self,
        omapi: &mut Omapi,
        now: Instant,
        request: impl Fn() -> Request,
    ) -> Step<Result<Object, Error>> {
        let answer = answered!(self.ask(omapi, now, &request));
        let request = request();
        let family = omapi.config().family;
        Step::Done(answer.object(request.opcode).map(|answer| answer.into_object(family)))
    }

    /// Sends a request that is answered by a STATUS.
    fn done(
        &mut self,
        omapi: &mut Omapi,
        now: Instant,
        request: impl Fn() -> Request,
    ) -> Step<Result<(), Error>> {
        let answer = answered!(self.ask(omapi, now, &request));
        Step::Done(answer.done(request().opcode))
    }
}

/// A call with a deadline of its own.
///
/// ```
/// use netlever_core::omapi::calls::{Lookup, Within};
/// use std::time::Duration;
///
/// let patient = Within(Lookup::host().name("printer"), Duration::from_secs(60));
/// # let _ = patient;
/// ```
#[derive(Clone, Debug)]
pub struct Within<C>(
    /// The call.
    pub C,
    /// How long it may take, all its exchanges together.
    pub Duration,
);

impl<C: Call<Omapi>> Call<Omapi> for Within<C> {
    type Output = C::Output;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<C::Output> {
        let before = omapi.patience.replace(self.1);
        let step = self.0.step(omapi, now);
        omapi.patience = before;
        step
    }
}

/// A call without the guard rails: what it asks for is sent as it is, even where dhcpd 4.4.3-P1 is
/// known to crash.
#[derive(Clone, Debug)]
pub struct Expert<C>(
    /// The call.
    pub C,
);

impl<C: Call<Omapi>> Call<Omapi> for Expert<C> {
    type Output = C::Output;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<C::Output> {
        let before = std::mem::replace(&mut omapi.expert, true);
        let step = self.0.step(omapi, now);
        omapi.expert = before;
        step
    }
}

/// What a lookup that found nothing says, where the server said otherwise.
fn not_found(object_type: &str, text: &str) -> Error {
    crate::omapi::error::Refused {
        opcode: Opcode::Open,
        object_type: object_type.to_owned(),
        code: crate::omapi::code::ResultCode::NOT_FOUND,
        text: text.to_owned(),
    }
    .into()
}
