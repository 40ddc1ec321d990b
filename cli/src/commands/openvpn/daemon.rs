//! A daemon that verbs talk to: the client, the daemon's name for messages, and the errors.

use std::io::ErrorKind;

use netlever_core::client::{Client, Listener};
use netlever_core::desk::Fail;
use netlever_core::door::Door;
use netlever_core::drive::drive;
use netlever_core::openvpn::error::Kind as About;
use netlever_core::openvpn::session::Replies;
use netlever_core::openvpn::{Command, Error, Management, calls};
use netlever_core::runtime::{Listening, Runtime};
use netlever_core::{Call, Link, Session};
use serde_json::json;

use super::options::{Place, Target};
use super::trace::{On, Traced};
use crate::commands::Context;
use crate::failure::{Failure, Kind};

/// A connection to a daemon; it is dialled by the first call, or at once to stay attached.
#[derive(Debug)]
pub(super) struct Daemon {
    client: Client<Traced>,
    pub(super) peer: String,
}

impl Daemon {
    /// A connection; where the daemon is to come to us, this says where we listen.
    pub(super) fn connect<R: Runtime>(
        runtime: &R,
        context: &Context,
        target: Target,
    ) -> Result<Self, Failure> {
        let session = Traced::new(Management::new(target.config), context);
        match target.place {
            Place::There(there) => {
                let peer = there.to_string();
                Ok(Self { client: runtime.connect(session, &there), peer })
            }
            Place::Here(here) => {
                let listening = runtime
                    .listen(&here)
                    .map_err(|why| Failure::other(format!("listening on {here}: {why}")))?;
                let here = listening.endpoint();
                context.output.print(
                    || json!({ "listening": here.to_string() }),
                    |_| format!("listening on {here}"),
                );
                let client = Client::new(session, runtime.clock());
                runtime.spawn(drive(&client, Door::new(runtime, listening)));
                Ok(Self { client, peer: here.to_string() })
            }
        }
    }

    /// Runs a call; `tried` says in an error what it was to do, as in `reading the state`.
    pub(super) async fn call<T, C>(&self, tried: &str, call: C) -> Result<T, Failure>
    where
        C: Call<Management, Output = Result<T, Error>>,
    {
        self.ask(call).await.map_err(|error| self.failure(tried, &error))
    }

    /// Runs a call whose error the caller looks at.
    pub(super) async fn ask<C: Call<Management>>(&self, call: C) -> C::Output {
        self.client.call(On(call)).await
    }

    /// Runs a command, after a warning about what is odd in it.
    pub(super) async fn command(
        &self,
        context: &Context,
        command: Command,
    ) -> Result<Replies, Failure> {
        let encoded = command.encode().map_err(|wrong| Failure::usage(format!("{wrong}")))?;
        for warning in encoded.warnings() {
            context.output.warn(&warning.to_string());
        }
        let word = encoded.expose().split(|octet| octet.is_ascii_whitespace()).next();
        let word = String::from_utf8_lossy(word.unwrap_or_default()).into_owned();
        self.call(&format!("sending {word}"), calls::command(command)).await
    }

    /// Hears events from now on.
    pub(super) fn listen(&self, room: usize) -> Listener<Traced> {
        self.client.listen(room)
    }

    /// Whether the session has ended for good.
    pub(super) fn is_over(&self) -> bool {
        self.client.with(|traced| traced.link() == Link::Over)
    }

    /// What an error of this daemon is to the user.
    pub(super) fn failure(&self, tried: &str, error: &Error) -> Failure {
        let (kind, hint) = kind_of(error);
        Failure::new(kind, format!("{tried} at {}: {error}{hint}", self.peer))
    }
}

/// The kind of a failure, and what to do about it where the error does not say so itself.
fn kind_of(error: &Error) -> (Kind, &'static str) {
    match error {
        Error::Refused(refused) if refused.kind() == About::NotFound => (Kind::NotFound, ""),
        Error::Refused(_) => (Kind::Refused, ""),
        Error::PasswordRequired => {
            (Kind::Authentication, "; give --password-file FILE, or NETLEVER_OPENVPN_PASSWORD")
        }
        Error::WrongPassword => (Kind::Authentication, ""),
        Error::Occupied => (Kind::Timeout, "; end the other client, or try again"),
        Error::Input(_) => (Kind::Usage, ""),
        Error::Broken { .. } => (Kind::Protocol, ""),
        Error::Form { .. } => (Kind::Protocol, ""),
        Error::Stale | Error::Ended { .. } | Error::HungUp => (Kind::Connection, ""),
        Error::Failed(Fail::TimedOut { .. } | Fail::Lost { why: ErrorKind::TimedOut, .. }) => {
            (Kind::Timeout, "; try again, or with a longer --timeout")
        }
        Error::Failed(Fail::Lost { why: ErrorKind::ConnectionRefused, .. }) => {
            (Kind::Connection, "; does openvpn run there, with its option management?")
        }
        Error::Failed(Fail::Lost { why: ErrorKind::NotFound, sent: false }) => {
            (Kind::Connection, "; is there a machine, or a socket, of this name?")
        }
        Error::Failed(Fail::Lost { sent: true, .. }) => {
            (Kind::Connection, "; look what was done before you try again")
        }
        Error::Failed(Fail::Lost { .. }) => {
            (Kind::Connection, "; is the address right, and may you use the socket?")
        }
        _ => (Kind::Other, ""),
    }
}
