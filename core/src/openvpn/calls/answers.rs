//! Answers to what a client daemon asks, and what it knows.

use std::collections::VecDeque;
use std::time::Instant;

use super::{Ask, Exchange, answered, pick};
use crate::openvpn::command::{Command, Entries, Proxy, Remote};
use crate::openvpn::error::Error;
use crate::openvpn::event::password::{DynamicChallenge, NeedPassword};
use crate::openvpn::octets::{Secret, Text};
use crate::openvpn::reader::Pkcs11Entry;
use crate::openvpn::remotes::Remotes;
use crate::openvpn::session::Management;
use crate::session::{Call, Step};

/// User name and password for a prompt, one after the other; static and dynamic challenges
/// included. "Entered, but not yet verified" is all that the daemon says: whether they were right
/// is told by events.
///
/// ```
/// use netlever_core::openvpn::calls::Credentials;
/// use netlever_core::openvpn::event::{Event, Notification, PasswordEvent};
///
/// let prompt = Notification::new(b"PASSWORD:Need 'Auth' username/password");
/// let Event::Password(PasswordEvent::Need(need)) = prompt.event() else { panic!() };
/// let call = Credentials::answer(&need, "carol", "secret", None);
/// assert_eq!(format!("{call:?}").matches("[redacted]").count(), 2);
/// ```
#[derive(Clone, Debug)]
pub struct Credentials {
    commands: VecDeque<Command>,
    exchange: Exchange,
}

impl Credentials {
    /// Answers this prompt; `response` answers its static challenge, if it has one.
    pub fn answer(
        need: &NeedPassword<'_>,
        username: impl Into<Secret>,
        password: impl Into<Secret>,
        response: Option<&str>,
    ) -> Self {
        Self::of(need.answer(username, password, response))
    }

    /// Answers a dynamic challenge, at the prompt that follows it.
    pub fn challenge(challenge: &DynamicChallenge<'_>, response: &[u8]) -> Self {
        Self::of(challenge.commands(response))
    }

    fn of(commands: impl IntoIterator<Item = Command>) -> Self {
        Self { commands: commands.into_iter().collect(), exchange: Exchange::default() }
    }
}

impl Call<Management> for Credentials {
    type Output = Result<(), Error>;

    fn step(&mut self, session: &mut Management, now: Instant) -> Step<Self::Output> {
        while let Some(command) = self.commands.front() {
            answered!(self.exchange.read(session, now, command, |reading| reading.done()));
            self.commands.pop_front();
        }
        Step::Done(Ok(()))
    }
}

/// `password` with a text: up to 4095 octets, for daemons after 2.7 that were told version 5.
pub fn password_text(kind: impl Into<Text<'static>>, value: impl Into<Secret>) -> Ask<()> {
    let (kind, value) = (kind.into(), value.into());
    Ask::new(Command::PasswordText { kind, value }, |reading| reading.done())
}

/// `needok`: answers [`Event::NeedOk`](crate::openvpn::Event::NeedOk).
pub fn need_ok(name: impl Into<Text<'static>>, ok: bool) -> Ask<()> {
    Ask::new(Command::NeedOk { name: name.into(), ok }, |reading| reading.done())
}

/// `needstr`: answers [`Event::NeedStr`](crate::openvpn::Event::NeedStr).
pub fn need_string(name: impl Into<Text<'static>>, value: impl Into<Secret>) -> Ask<()> {
    let (name, value) = (name.into(), value.into());
    Ask::new(Command::NeedStr { name, value }, |reading| reading.done())
}

/// `cr-response`: answers a `CR_TEXT` question of the server (2.5).
pub fn cr_response(response: impl Into<Secret>) -> Ask<()> {
    Ask::new(Command::CrResponse(response.into()), |reading| reading.done())
}

/// `pk-sig`: answers [`Event::PkSign`](crate::openvpn::Event::PkSign) with the octets of a
/// signature. A success only means that it was received.
pub fn sign(signature: Vec<u8>) -> Ask<()> {
    Ask::new(Command::PkSig(signature), |reading| reading.done())
}

/// `rsa-sig`: answers [`Event::RsaSign`](crate::openvpn::Event::RsaSign).
pub fn rsa_sign(signature: Vec<u8>) -> Ask<()> {
    Ask::new(Command::RsaSig(signature), |reading| reading.done())
}

/// `certificate`: answers [`Event::NeedCertificate`](crate::openvpn::Event::NeedCertificate) with
/// a text in PEM form.
pub fn certificate(pem: impl Into<Text<'static>>) -> Ask<()> {
    Ask::new(Command::Certificate(pem.into()), |reading| reading.done())
}

/// `remote`: answers [`Event::Remote`](crate::openvpn::Event::Remote).
pub fn remote(remote: Remote) -> Ask<()> {
    Ask::new(Command::Remote(remote), |reading| reading.done())
}

/// `proxy`: answers [`Event::Proxy`](crate::openvpn::Event::Proxy).
pub fn proxy(proxy: Proxy) -> Ask<()> {
    Ask::new(Command::Proxy(proxy), |reading| reading.done())
}

/// `remote-entry-count`: how many remotes the configuration has (2.6).
pub fn remote_count() -> Ask<u64> {
    Ask::new(Command::RemoteEntryCount, |reading| reading.find(pick!(RemoteCount)))
}

/// `remote-entry-get`: the remotes of the configuration (2.6); none where an index is out of
/// range.
pub fn remotes(entries: Entries) -> Ask<Remotes<'static>> {
    Ask::new(Command::RemoteEntryGet(entries), |reading| reading.find(pick!(Remotes)))
}

/// `pkcs11-id-count`: how many certificates there are on tokens. Builds without PKCS#11 do not
/// know it.
pub fn pkcs11_count() -> Ask<u64> {
    Ask::new(Command::Pkcs11IdCount, |reading| reading.find(pick!(Pkcs11Count)))
}

/// `pkcs11-id-get`: one of them, from 0.
pub fn pkcs11_entry(index: u32) -> Ask<Pkcs11Entry<'static>> {
    Ask::new(Command::Pkcs11IdGet(index), |reading| reading.find(pick!(Pkcs11Entry)))
}
