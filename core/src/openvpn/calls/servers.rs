//! What a server can be asked: its clients, whom it lets in, whom it throws out.

use std::collections::VecDeque;
use std::net::SocketAddrV4;
use std::time::Instant;

use super::{Ask, Exchange, answered, pick, version};
use crate::openvpn::command::{Command, Kill, Transport};
use crate::openvpn::error::{Error, Kind, Refused};
use crate::openvpn::lexer;
use crate::openvpn::octets::Text;
use crate::openvpn::session::Management;
use crate::openvpn::status::{Format, Status};
use crate::openvpn::success;
use crate::openvpn::version::Release;
use crate::session::{Call, Step};

/// `status 3`: the clients and routes of a server, in the only format that is exact. Look at
/// [`Status::is_complete`]: any user can cut the listing with a long name (2.6.14).
pub fn server_status() -> Ask<Status<'static>> {
    Ask::new(Command::Status(Some(Format::Three)), |reading| reading.find(pick!(Status)))
}

/// `nclients`: how many clients are connected.
pub fn client_count() -> Ask<u64> {
    Ask::new(Command::ClientCount, |reading| reading.number("nclients"))
}

/// Lets a client in that CONNECT or REAUTH told of: `client-auth` with directives as of a
/// client-connect script, one a line ([`push`] makes one), or `client-auth-nt` without any. Errors
/// in directives are only logged by the daemon.
pub fn accept(cid: u64, kid: u64, config: Vec<Text<'static>>) -> Ask<()> {
    let command = if config.is_empty() {
        Command::ClientAuthNt { cid, kid }
    } else {
        Command::ClientAuth { cid, kid, config }
    };
    Ask::new(command, |reading| reading.done())
}

/// `client-deny`: keeps a client out, with a reason for the daemon's log and one for the user. The
/// client's DISCONNECT follows some seconds later.
pub fn deny(
    cid: u64,
    kid: u64,
    reason: impl Into<Text<'static>>,
    client_reason: Option<Text<'static>>,
) -> Ask<()> {
    let command = Command::ClientDeny { cid, kid, reason: reason.into(), client_reason };
    Ask::new(command, |reading| reading.done())
}

/// `client-pending-auth`: the user has to do more, within so many seconds. The text is
/// `WEB_AUTH:flags:url`, `CR_TEXT:flags:question` or `OPEN_URL:url`; the client's `IV_SSO` says
/// which it understands. A daemon of 2.5 knows neither key nor time.
pub fn pending(cid: u64, key: Option<(u64, u32)>, extra: impl Into<Text<'static>>) -> Ask<()> {
    let command = Command::ClientPendingAuth { cid, key, extra: extra.into() };
    Ask::new(command, |reading| reading.done())
}

/// `client-pf`: a client's packet filter; up to 2.5.
pub fn packet_filter(cid: u64, filter: Vec<Text<'static>>) -> Ask<()> {
    Ask::new(Command::ClientPf { cid, filter }, |reading| reading.done())
}

/// The directive that pushes an option to a client: `push "route 10.0.0.0 255.0.0.0"`, quoted. An
/// option cannot hold a comma.
///
/// ```
/// use netlever_core::openvpn::calls::push;
///
/// assert_eq!(push("dhcp-option DNS 10.9.0.1"), b"push \"dhcp-option DNS 10.9.0.1\""[..].into());
/// assert_eq!(push("echo \"hi\""), br#"push "echo \"hi\"""#[..].into());
/// ```
#[must_use]
pub fn push(option: &str) -> Text<'static> {
    let mut line = b"push ".to_vec();
    lexer::quote(&mut line, option.as_bytes());
    line.into()
}

/// `push-update-broad`: changes options of all clients; how many took it (2.7). Options are
/// separated by commas: `-option` removes, `?option` is optional.
pub fn push_update_all(options: impl Into<Text<'static>>) -> Ask<u64> {
    Ask::new(Command::PushUpdateBroad(options.into()), |reading| reading.text(success::updated))
}

/// `push-update-cid`: the same for one client.
pub fn push_update(cid: u64, options: impl Into<Text<'static>>) -> Ask<u64> {
    Ask::new(Command::PushUpdateCid(cid, options.into()), |reading| reading.text(success::updated))
}

/// `kill`: how many clients were thrown out. A name with a colon is refused here, since the daemon
/// takes it for an address; [`KillNamed`] takes any name, and [`KillAddress`] knows the form of
/// each release.
pub fn kill(target: Kill) -> Ask<u64> {
    Ask::new(Command::Kill(target), |reading| reading.text(success::killed))
}

/// `client-kill`: throws one client out by its id. Without a message it connects again; `HALT`
/// stops it, `HALT,[N]reason` tells its user why. DISCONNECT follows within some seconds.
pub fn kill_client(cid: u64, message: Option<Text<'static>>) -> Ask<()> {
    Ask::new(Command::ClientKill { cid, message }, |reading| reading.done())
}

/// Throws out every client of this common name, by its id: surer than `kill`, which cannot tell
/// names with a colon from addresses and looks at 127 octets. Gives how many there were; nobody is
/// a refusal of the kind [`Kind::NotFound`].
///
/// A client that leaves by itself meanwhile is counted too.
#[derive(Clone, Debug)]
pub struct KillNamed {
    name: Text<'static>,
    message: Option<Text<'static>>,
    exchange: Exchange,
    /// The clients, once they are known.
    cids: Option<VecDeque<u64>>,
    killed: u64,
}

impl KillNamed {
    /// Clients of this common name.
    pub fn new(name: impl Into<Text<'static>>) -> Self {
        let (name, exchange) = (name.into(), Exchange::default());
        Self { name, message: None, exchange, cids: None, killed: 0 }
    }

    /// What they are told, as in [`kill_client`].
    pub fn message(mut self, message: impl Into<Text<'static>>) -> Self {
        self.message = Some(message.into());
        self
    }

    fn named(&self, status: &Status<'_>) -> Result<VecDeque<u64>, Error> {
        let named = |client: &crate::openvpn::status::Client<'_>| {
            *client.common_name.as_bytes() == *self.name
        };
        let cids: VecDeque<u64> =
            status.clients().flatten().filter(named).filter_map(|client| client.cid).collect();
        if cids.is_empty() {
            let text = format!("common name '{}' not found", self.name);
            let (command, notes) = ("kill".to_owned(), vec![]);
            return Err(Refused { command, text: text.into(), notes }.into());
        }
        Ok(cids)
    }
}

impl Call<Management> for KillNamed {
    type Output = Result<u64, Error>;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<Self::Output> {
        if self.cids.is_none() {
            let list = Command::Status(Some(Format::Three));
            let read =
                self.exchange.read(session, now, &list, |reading| reading.find(pick!(Status)));
            let status = answered!(read);
            match self.named(&status) {
                Ok(cids) => self.cids = Some(cids),
                Err(nobody) => return Step::Done(Err(nobody)),
            }
        }
        let Self { exchange, message, .. } = self;
        let cids = self.cids.get_or_insert_default();
        while let Some(&cid) = cids.front() {
            let kill = Command::ClientKill { cid, message: message.clone() };
            // On the connection that the list came on, or not at all.
            let before = std::mem::replace(&mut session.bound_to, exchange.link);
            let step = exchange.read(session, now, &kill, |reading| reading.done());
            session.bound_to = before;
            match step {
                Step::Wait(ticket) => return Step::Wait(ticket),
                Step::Done(Err(error)) if error.kind() != Some(Kind::NoSuchClient) => {
                    return Step::Done(Err(error));
                }
                Step::Done(_) => {
                    self.killed += 1;
                    cids.pop_front();
                }
            }
        }
        Step::Done(Ok(self.killed))
    }
}

/// Throws out the client at this address, in the form of the daemon's release: 2.7 wants the
/// protocol before it, earlier ones do not know it. IPv4 only, as the daemon.
#[derive(Clone, Debug)]
pub struct KillAddress {
    transport: Transport,
    address: SocketAddrV4,
    release: Option<Option<Release>>,
    version: super::Known<crate::openvpn::version::Version<'static>>,
    exchange: Exchange,
}

impl KillAddress {
    /// The client at this address.
    pub fn new(transport: Transport, address: SocketAddrV4) -> Self {
        let exchange = Exchange::default();
        Self { transport, address, release: None, version: version(), exchange }
    }
}

impl Call<Management> for KillAddress {
    type Output = Result<u64, Error>;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<Self::Output> {
        let release = match self.release {
            Some(release) => release,
            None => {
                let version = answered!(self.version.step(session, now));
                *self.release.insert(version.release())
            }
        };
        let old = release.is_some_and(|release| (release.major, release.minor) < (2, 7));
        let target = if old {
            Kill::Address(self.address)
        } else {
            Kill::ProtocolAddress(self.transport, self.address)
        };
        let kill = Command::Kill(target);
        self.exchange.read(session, now, &kill, |reading| reading.text(success::killed))
    }
}
