//! A server that verbs talk to: the client, its peer's name for messages, and the errors.

use std::time::Duration;

use netlever_core::Call;
use netlever_core::client::Client;
use netlever_core::omapi::values::Family;
use netlever_core::omapi::{Error, Omapi};
use netlever_core::runtime::{Endpoint, Runtime};

use super::options::Target;
use super::trace::{On, Traced};
use crate::commands::Context;
use crate::failure::Failure;

/// A connection to a server; it is dialled by the first call.
#[derive(Debug)]
pub(crate) struct Server {
    client: Client<Traced>,
    pub(crate) peer: Endpoint,
    pub(crate) family: Family,
    /// Whether guard rails are off.
    pub(crate) expert: bool,
    rate: Option<u32>,
    deadline: Duration,
}

/// How many calls of a batch wait at once: enough for full bursts, and few enough for each to be
/// answered before its deadline.
const WINDOW: u32 = 64;

impl Server {
    pub(crate) fn connect<R: Runtime>(runtime: &R, context: &Context, target: Target) -> Self {
        let Target { peer, config } = target;
        let (family, expert) = (config.family, config.expert);
        let (rate, deadline) = (config.rate, config.deadline);
        let session = Traced::new(Omapi::new(config), context);
        Self { client: runtime.connect(session, &peer), peer, family, expert, rate, deadline }
    }

    /// Runs a call; `tried` says in an error what it was to do, as in `looking up host name=a`.
    pub(crate) async fn call<T, C>(&self, tried: &str, call: C) -> Result<T, Failure>
    where
        C: Call<Omapi, Output = Result<T, Error>>,
    {
        self.ask(call).await.map_err(|error| self.failure(tried, &error))
    }

    /// Runs a call whose error the caller looks at.
    pub(crate) async fn ask<C: Call<Omapi>>(&self, call: C) -> C::Output {
        self.client.call(On(call)).await
    }

    /// What an error of this server is to the user.
    pub(crate) fn failure(&self, tried: &str, error: &Error) -> Failure {
        Failure::omapi(error, tried, &self.peer)
    }

    /// How many calls of so many exchanges each a batch may begin at once, so that with `--rate`
    /// each is answered before half its deadline has passed.
    pub(crate) fn window(&self, exchanges: u32) -> usize {
        let most = f64::from(WINDOW);
        let Some(rate) = self.rate else { return WINDOW as usize };
        let allowed = f64::from(rate) * self.deadline.as_secs_f64() / 2.0;
        (allowed / f64::from(exchanges.max(1))).clamp(1.0, most) as usize
    }

    /// The handle on the session, for batches: wrap each call in [`On`].
    pub(crate) const fn client(&self) -> &Client<Traced> {
        &self.client
    }
}
