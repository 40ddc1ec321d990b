//! Notifications: what the daemon tells unasked.
//!
//! Each is a line `>KIND:payload`; `>CLIENT` and `>UPDOWN` can bring an environment of many lines
//! along. A [`Notification`] is what came, borrowed; [`Notification::event`] says what it means,
//! and unknown kinds or payloads are passed on as [`Event::Other`]. What has to be kept is copied
//! once, octets and all, by [`Notification::to_owned`].
//!
//! ```
//! use netlever_core::openvpn::event::{Event, Notification};
//!
//! let notification = Notification::new(b"BYTECOUNT_CLI:7,2931,2332");
//! let Event::ByteCountClient { cid, bytes_in, .. } = notification.event() else { panic!() };
//! assert_eq!((cid, bytes_in), (7, 2931));
//! ```

pub mod client;
pub mod env;
pub mod password;

#[cfg(test)]
mod tests;

use std::fmt;

pub use client::ClientEvent;
pub use env::Env;
use env::Marks;
pub use password::PasswordEvent;
use zeroize::Zeroize;

use super::history::{EchoEntry, LogEntry};
use super::octets::Octets;
use super::state::State;
use super::wire::{decimal, find, leading_number, rsplit_once, split_once};

/// One notification as it came.
#[derive(Clone, Copy)]
pub struct Notification<'a> {
    line: &'a [u8],
    env: Env<'a>,
    complete: bool,
}

impl<'a> Notification<'a> {
    /// Of a line without its `>` and its line end.
    #[must_use]
    pub const fn new(line: &'a [u8]) -> Self {
        Self { line, env: Env::EMPTY, complete: true }
    }

    pub(crate) const fn with_env(line: &'a [u8], env: Env<'a>, complete: bool) -> Self {
        Self { line, env, complete }
    }

    /// The word before the first colon.
    #[must_use]
    pub fn kind(&self) -> Octets<'a> {
        Octets(split_once(self.line, b':').map_or(self.line, |(kind, _)| kind))
    }

    /// What stands behind the first colon. It can hold a secret: see
    /// [`PasswordEvent::AuthToken`].
    #[must_use]
    pub fn payload(&self) -> Octets<'a> {
        Octets(split_once(self.line, b':').map_or(&[], |(_, payload)| payload))
    }

    /// The environment that came with it; empty for most kinds.
    #[must_use]
    pub const fn env(&self) -> Env<'a> {
        self.env
    }

    /// Whether its environment was whole: `false` when the stream ended inside, or another one
    /// began.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// What it means. It costs no allocation, so ask again rather than keep.
    #[must_use]
    #[inline(always)]
    pub fn event(&self) -> Event<'a> {
        // Servers send these by the thousand.
        if let Some(payload) = self.line.strip_prefix(b"BYTECOUNT_CLI:")
            && let Some(event) = Event::byte_count_client(payload)
        {
            return event;
        }
        self.any_event()
    }

    #[inline(never)]
    fn any_event(&self) -> Event<'a> {
        let (kind, payload) = split_once(self.line, b':').unwrap_or((self.line, &[]));
        Event::read(kind, payload, self.env)
            .unwrap_or(Event::Other { kind: Octets(kind), payload: Octets(payload) })
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn to_owned(&self) -> OwnedNotification {
        let (octets, marks) = self.env.parts();
        OwnedNotification {
            octets: [self.line, octets].concat().into(),
            line: self.line.len(),
            marks: marks.into(),
            complete: self.complete,
        }
    }
}

impl fmt::Debug for Notification<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.event(), f)?;
        f.write_str(if self.complete { "" } else { " (cut)" })
    }
}

impl PartialEq for Notification<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.line, self.env.parts(), self.complete)
            == (other.line, other.env.parts(), other.complete)
    }
}

impl Eq for Notification<'_> {}

/// A notification that is kept: one buffer, its secrets wiped when dropped, read through
/// [`view`](Self::view).
#[derive(Clone)]
pub struct OwnedNotification {
    /// The line, then the environment.
    octets: Box<[u8]>,
    line: usize,
    marks: Box<[Marks]>,
    complete: bool,
}

impl OwnedNotification {
    /// The notification.
    #[must_use]
    pub fn view(&self) -> Notification<'_> {
        let (line, env) = self.octets.split_at(self.line);
        Notification { line, env: Env::new(env, &self.marks), complete: self.complete }
    }

    /// What it means.
    #[must_use]
    pub fn event(&self) -> Event<'_> {
        self.view().event()
    }
}

impl Drop for OwnedNotification {
    fn drop(&mut self) {
        let (line, env) = self.octets.split_at_mut(self.line);
        if line.starts_with(b"PASSWORD") || line.starts_with(b"CLIENT:CR_RESPONSE") {
            line.zeroize();
        }
        env::wipe(env, &self.marks);
    }
}

impl fmt::Debug for OwnedNotification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.view(), f)
    }
}

impl PartialEq for OwnedNotification {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl Eq for OwnedNotification {}

/// What a notification means.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// The greeting, or another text.
    Info(Octets<'a>),
    /// The daemon waits for `hold release`.
    Hold {
        /// `Waiting for hold release`.
        text: Octets<'a>,
        /// How long it would have waited by itself, in seconds: 0 at the start, a back-off later.
        /// Very old releases do not say.
        seconds: Option<u64>,
    },
    /// A new state; under `state on`.
    State(State<'a>),
    /// A line of the log; under `log on`.
    Log(LogEntry<'a>),
    /// An echo; under `echo on`.
    Echo(EchoEntry<'a>),
    /// Counters of a client daemon, cumulative over restarts; under `bytecount`.
    ByteCount {
        /// Octets received.
        bytes_in: u64,
        /// Octets sent.
        bytes_out: u64,
    },
    /// Counters of one client of a server; under `bytecount`. Up to 2.6 only of clients with
    /// traffic in the interval.
    ByteCountClient {
        /// The client.
        cid: u64,
        /// Octets received from it.
        bytes_in: u64,
        /// Octets sent to it.
        bytes_out: u64,
    },
    /// A client of the server came, went, or wants an answer.
    Client(ClientEvent<'a>),
    /// The tunnel of a client daemon came up or went down, with its environment; under
    /// `management-up-down`.
    UpDown {
        /// Whether it came up.
        up: bool,
        /// The variables.
        env: Env<'a>,
    },
    /// A password is wanted, was wrong, or was replaced by a token.
    Password(PasswordEvent<'a>),
    /// A confirmation is wanted: answer `needok`.
    NeedOk(Need<'a>),
    /// A text is wanted: answer `needstr`.
    NeedStr(Need<'a>),
    /// A certificate is wanted: answer `certificate`.
    NeedCertificate {
        /// As configured in `management-external-cert`.
        hint: Octets<'a>,
    },
    /// A signature is wanted, from a program that announced version 1 or nothing: answer
    /// `rsa-sig`.
    RsaSign {
        /// What to sign, in base64.
        data: Octets<'a>,
    },
    /// A signature is wanted: answer `pk-sig`.
    PkSign {
        /// What to sign, in base64.
        data: Octets<'a>,
        /// `RSA_PKCS1_PADDING`, `ECDSA`, `RSA_PKCS1_PSS_PADDING,hashalg=SHA256,saltlen=digest` …;
        /// `None` when version 2 was announced.
        algorithm: Option<Octets<'a>>,
    },
    /// A client daemon is about to connect: answer `remote`.
    Remote {
        /// Host name or address.
        host: Octets<'a>,
        /// Port, or the name of a service.
        port: Octets<'a>,
        /// `udp`, `udp4`, `udp6`, `tcp-client`, `tcp4-client` or `tcp6-client`.
        protocol: Octets<'a>,
    },
    /// A client daemon asks for a proxy: answer `proxy`.
    Proxy {
        /// The place of the remote, from 1.
        index: u64,
        /// `UDP` or `TCP`.
        transport: Octets<'a>,
        /// The remote's host.
        host: Octets<'a>,
    },
    /// The other end exits, resets or halts.
    Notify {
        /// `info`.
        severity: Octets<'a>,
        /// `remote-exit`, `server-pushed-connection-reset`, `server-pushed-halt`.
        kind: Octets<'a>,
        /// What it said; may be empty.
        text: Octets<'a>,
    },
    /// What the server asks of the user: `CR_TEXT:…`, `WEB_AUTH:…`, `OPEN_URL:…`. See
    /// [`password::Pending`].
    InfoMessage(Octets<'a>),
    /// The daemon ends: the last line before the end of the stream.
    Fatal(Octets<'a>),
    /// A kind that is not known, or a payload of another form than its kind's.
    Other {
        /// The word before the first colon.
        kind: Octets<'a>,
        /// What stands behind it.
        payload: Octets<'a>,
    },
}

/// What `>NEED-OK` and `>NEED-STR` ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need<'a> {
    /// The name to answer with.
    pub name: Octets<'a>,
    /// `confirmation`, `string` or (in older texts) `input`.
    pub what: Octets<'a>,
    /// For the user.
    pub message: Octets<'a>,
}

impl<'a> Need<'a> {
    /// `Need '«name»' «what» MSG:«message»`.
    fn parse(payload: &'a [u8]) -> Option<Self> {
        let rest = payload.strip_prefix(b"Need '")?;
        let at = find(rest, b" MSG:")?;
        let (name, what) = rsplit_once(&rest[..at], b' ')?;
        Some(Self {
            name: Octets(name.strip_suffix(b"'")?),
            what: Octets(what),
            message: Octets(&rest[at + b" MSG:".len()..]),
        })
    }
}

impl<'a> Event<'a> {
    /// `«cid»,«in»,«out»`.
    #[inline]
    fn byte_count_client(payload: &[u8]) -> Option<Self> {
        let (cid, rest) = leading_number(payload)?;
        let (bytes_in, rest) = leading_number(rest.strip_prefix(b",")?)?;
        let (bytes_out, rest) = leading_number(rest.strip_prefix(b",")?)?;
        rest.is_empty().then_some(Self::ByteCountClient { cid, bytes_in, bytes_out })
    }

    fn read(kind: &'a [u8], payload: &'a [u8], env: Env<'a>) -> Option<Self> {
        Some(match kind {
            b"CLIENT" => Self::Client(ClientEvent::parse(payload, env)?),
            b"LOG" => Self::Log(LogEntry::parse(payload)?),
            b"STATE" => Self::State(State::parse(payload)?),
            _ => return Self::read_rare(kind, payload, env),
        })
    }

    fn read_rare(kind: &'a [u8], payload: &'a [u8], env: Env<'a>) -> Option<Self> {
        Some(match kind {
            b"INFO" => Self::Info(Octets(payload)),
            b"HOLD" => Self::hold(payload),
            b"ECHO" => Self::Echo(EchoEntry::parse(payload)?),
            b"BYTECOUNT" => {
                let (bytes_in, bytes_out) = split_once(payload, b',')?;
                Self::ByteCount { bytes_in: decimal(bytes_in)?, bytes_out: decimal(bytes_out)? }
            }
            b"UPDOWN" => match payload {
                b"UP" => Self::UpDown { up: true, env },
                b"DOWN" => Self::UpDown { up: false, env },
                _ => return None,
            },
            b"PASSWORD" => Self::Password(PasswordEvent::parse(payload)?),
            b"NEED-OK" => Self::NeedOk(Need::parse(payload)?),
            b"NEED-STR" => Self::NeedStr(Need::parse(payload)?),
            b"NEED-CERTIFICATE" => Self::NeedCertificate { hint: Octets(payload) },
            b"RSA_SIGN" => Self::RsaSign { data: Octets(payload) },
            b"PK_SIGN" => match split_once(payload, b',') {
                Some((data, rest)) => {
                    Self::PkSign { data: Octets(data), algorithm: Some(Octets(rest)) }
                }
                None => Self::PkSign { data: Octets(payload), algorithm: None },
            },
            b"REMOTE" => {
                let (rest, protocol) = rsplit_once(payload, b',')?;
                let (host, port) = rsplit_once(rest, b',')?;
                let [host, port, protocol] = [host, port, protocol].map(Octets);
                Self::Remote { host, port, protocol }
            }
            b"PROXY" => {
                let (index, rest) = split_once(payload, b',')?;
                let (transport, host) = split_once(rest, b',')?;
                let [transport, host] = [transport, host].map(Octets);
                Self::Proxy { index: decimal(index)?, transport, host }
            }
            b"NOTIFY" => {
                let (severity, rest) = split_once(payload, b',')?;
                let (kind, text) = split_once(rest, b',')?;
                let [severity, kind, text] = [severity, kind, text].map(Octets);
                Self::Notify { severity, kind, text }
            }
            b"INFOMSG" => Self::InfoMessage(Octets(payload)),
            b"FATAL" => Self::Fatal(Octets(payload)),
            _ => return None,
        })
    }

    fn hold(payload: &'a [u8]) -> Self {
        match rsplit_once(payload, b':').map(|(text, seconds)| (text, decimal(seconds))) {
            Some((text, seconds @ Some(_))) => Self::Hold { text: Octets(text), seconds },
            _ => Self::Hold { text: Octets(payload), seconds: None },
        }
    }
}
