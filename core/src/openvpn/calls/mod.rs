//! What can be asked of a daemon: typed calls, the same under every runtime.
//!
//! Each is a [`Call`] on a [`Management`] session, given to
//! [`Client::call`](crate::client::Client::call), or many of them to
//! [`Client::batch`](crate::client::Client::batch). There is a function for every command:
//!
//! | to | use |
//! |---|---|
//! | know the daemon | [`version`], [`pid`], [`help`], [`state`], [`load_stats`] |
//! | see a server's clients | [`server_status`], [`client_count`] |
//! | let clients in, keep them out | [`accept`], [`deny`], [`pending`]; [`policy`](super::policy) decides |
//! | throw clients out | [`kill`], [`kill_client`], [`KillNamed`], [`KillAddress`] |
//! | change a client's options | [`push_update`], [`push_update_all`] |
//! | answer what a client daemon asks | [`Credentials`], [`need_ok`], [`need_string`], [`remote`], [`proxy`], [`sign`], [`certificate`] |
//! | steer the daemon | [`release_hold`], [`signal`], [`set_verb`], … |
//! | history and live lines | [`states`], [`log`], [`echo`]; [`follow_log`] and the like |
//! | anything else | [`command`], [`raw`] |
//!
//! A call has one deadline for all its exchanges: the session's, or that of [`Within`]. Calls that
//! only read are asked again on a new connection when theirs was lost and the session reconnects;
//! those that change something are not, since they may have been carried out.

mod answers;
mod daemon;
mod history;
mod reading;
mod servers;

use std::fmt;
use std::time::{Duration, Instant};

pub use answers::{
    Credentials, certificate, cr_response, need_ok, need_string, password_text, pkcs11_count,
    pkcs11_entry, proxy, remote, remote_count, remotes, rsa_sign, sign,
};
pub use daemon::{
    Listing, announce, auth_retry, byte_count, client_status, command, exit, forget_passwords,
    help, hold, load_stats, mute, net, pid, raw, release_hold, reset_env_filter, set_auth_retry,
    set_env_filter, set_hold, set_mute, set_verb, signal, status, test, verb, version,
};
pub use history::{
    echo, echo_and_follow, follow_echo, follow_log, follow_state, log, log_and_follow, state,
    state_and_follow, states,
};
pub use reading::Reading;
pub use servers::{
    KillAddress, KillNamed, accept, client_count, deny, kill, kill_client, packet_filter, pending,
    push, push_update, push_update_all, server_status,
};

use super::command::Command;
use super::error::Error;
use super::session::{Management, Replies};
use crate::desk::Fail;
use crate::session::{Call, Step, Ticket};

/// One command after the other on the wire: what every call is made of.
///
/// The deadline of the first exchange holds for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exchange {
    ticket: Option<Ticket>,
    until: Option<Instant>,
    /// The connection that the last answer came on.
    link: Option<u64>,
    /// Whether the daemon has answered a command that changes something.
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

/// Takes a reply of this form.
macro_rules! pick {
    ($form:ident) => {
        |answer| match answer {
            $crate::openvpn::reader::Answer::$form(found) => Some(found),
            _ => None,
        }
    };
}
use pick;

impl Exchange {
    /// Sends this command, or waits for its replies, whatever they say. A read that was lost with
    /// its connection is sent again.
    fn ask(
        &mut self,
        session: &mut Management,
        now: Instant,
        command: &Command,
    ) -> Step<Result<Replies, Error>> {
        let until = *self.until.get_or_insert_with(|| session.deadline(now));
        loop {
            let fresh = self.ticket.is_none();
            match session.ask(&mut self.ticket, until, command) {
                Step::Done(Err(Error::Failed(Fail::Lost { sent: true, .. })))
                    if !fresh && until > now && session.reconnects() && reads(command) => {}
                Step::Done(Ok((link, replies))) => {
                    self.link = Some(link);
                    self.changed |= !reads(command);
                    return Step::Done(Ok(replies));
                }
                Step::Done(Err(error)) if self.changed => return Step::Done(Err(error.halfway())),
                Step::Done(Err(error)) => return Step::Done(Err(error)),
                Step::Wait(ticket) => return Step::Wait(ticket),
            }
        }
    }

    /// Sends this command, and reads what it is answered with.
    fn read<T>(
        &mut self,
        session: &mut Management,
        now: Instant,
        command: &Command,
        read: impl FnOnce(Reading<'_>) -> Result<T, Error>,
    ) -> Step<Result<T, Error>> {
        let replies = answered!(self.ask(session, now, command));
        Step::Done(Reading::new(command, replies).and_then(read))
    }
}

/// Whether a command changes nothing, so that it may be sent twice.
const fn reads(command: &Command) -> bool {
    matches!(
        command,
        Command::Help
            | Command::Version
            | Command::Pid
            | Command::Status(_)
            | Command::LoadStats
            | Command::ClientCount
            | Command::State(..)
            | Command::Log(..)
            | Command::Echo(..)
            | Command::Verb(None)
            | Command::Mute(None)
            | Command::AuthRetry(None)
            | Command::RemoteEntryCount
            | Command::RemoteEntryGet(_)
            | Command::Pkcs11IdCount
            | Command::Pkcs11IdGet(_)
            | Command::Net
            | Command::Test(_)
            | Command::Hold(super::command::Hold::Show)
    )
}

/// One command and its typed answer: what the functions of this module give.
///
/// Any command can be read in a way of your own:
///
/// ```
/// use netlever_core::openvpn::Command;
/// use netlever_core::openvpn::calls::Ask;
///
/// let verb = Ask::new(Command::Verb(None), |reading| reading.number("verb"));
/// # let _ = verb;
/// ```
pub struct Ask<T> {
    exchange: Exchange,
    command: Command,
    read: fn(Reading<'_>) -> Result<T, Error>,
}

impl<T> Ask<T> {
    /// Sends this command, and reads its answer so. A refusal is an error before it comes to that.
    pub fn new(command: Command, read: fn(Reading<'_>) -> Result<T, Error>) -> Self {
        Self { exchange: Exchange::default(), command, read }
    }

    /// What is sent. Its [`encode`](Command::encode) tells beforehand what is wrong or odd.
    pub const fn command(&self) -> &Command {
        &self.command
    }
}

impl<T> Call<Management> for Ask<T> {
    type Output = Result<T, Error>;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<Self::Output> {
        let Self { exchange, command, read } = self;
        exchange.read(session, now, command, *read)
    }
}

impl<T> Clone for Ask<T> {
    fn clone(&self) -> Self {
        Self { exchange: self.exchange.clone(), command: self.command.clone(), read: self.read }
    }
}

impl<T> fmt::Debug for Ask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Ask").field(&self.command).finish()
    }
}

/// What the session knows when it was asked once on the connection; [`fresh`](Self::fresh) asks in
/// any case, and [`Management::forget`] makes it forget.
#[derive(Clone, Debug)]
pub struct Known<T> {
    ask: Ask<T>,
    known: fn(&Management) -> Option<T>,
}

impl<T> Known<T> {
    /// Asks the daemon, whatever is known.
    pub fn fresh(self) -> Ask<T> {
        self.ask
    }
}

impl<T> Call<Management> for Known<T> {
    type Output = Result<T, Error>;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<Self::Output> {
        match (self.known)(session) {
            Some(known) if self.ask.exchange.ticket.is_none() => Step::Done(Ok(known)),
            _ => self.ask.step(session, now),
        }
    }
}

/// A call with a deadline of its own.
///
/// ```
/// use netlever_core::openvpn::calls::{Within, server_status};
/// use std::time::Duration;
///
/// let patient = Within(server_status(), Duration::from_secs(60));
/// # let _ = patient;
/// ```
#[derive(Clone, Debug)]
pub struct Within<C>(
    /// The call.
    pub C,
    /// How long it may take, all its exchanges together.
    pub Duration,
);

impl<C: Call<Management>> Call<Management> for Within<C> {
    type Output = C::Output;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<C::Output> {
        let before = session.patience.replace(self.1);
        let step = self.0.step(session, now);
        session.patience = before;
        step
    }
}

/// A call for the connection of this number, which [`Event::Up`](super::session::Event::Up) told:
/// on another one it ends with [`Error::Stale`], for the ids of clients would mean others.
#[derive(Clone, Debug)]
pub struct OnLink<C>(
    /// The call.
    pub C,
    /// The number of the connection; `None`: the present one, if there is one.
    pub Option<u64>,
);

impl<C: Call<Management>> Call<Management> for OnLink<C> {
    type Output = C::Output;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<C::Output> {
        let before = std::mem::replace(&mut session.bound_to, self.1);
        let step = self.0.step(session, now);
        session.bound_to = before;
        step
    }
}
