//! Commands: every one that the daemons 2.4 to 2.7 know, typed, and any other as it is.
//!
//! A command is checked before it is sent, so that user text can never become protocol: octets
//! that the daemon deletes are refused (deleting is never what the caller meant), long lines are
//! refused (their rest would run as a command), and text goes out only under a header that cannot
//! be refused (or its lines would run as commands).
//!
//! ```
//! use netlever_core::openvpn::command::{Command, CommandError, Kill};
//!
//! let kill = Command::Kill(Kill::CommonName("Doe, Jane".into()));
//! assert_eq!(kill.encode()?.expose(), b"kill \"Doe, Jane\"\n");
//!
//! let deny = Command::ClientAuth { cid: 1, kid: 0, config: vec!["push \"dns\"".into()] };
//! assert_eq!(deny.encode()?.expose(), b"client-auth 1 0\npush \"dns\"\nEND\n");
//!
//! let injected = Command::Kill(Kill::CommonName("a\nsignal SIGTERM".into()));
//! assert_eq!(injected.encode(), Err(CommandError::ControlOctet { octet: b'\n' }));
//! # Ok::<(), CommandError>(())
//! ```

mod encode;
mod error;
mod parts;
pub mod shape;
mod values;

#[cfg(test)]
mod tests;

use std::fmt;

pub use encode::{Encoded, MAX_KILL_NAME, MAX_PENDING_EXTRA, line, raw, text};
pub use error::{CommandError, Warning};
pub use values::{AuthRetry, Entries, Hold, Kill, Proxy, Remote, Show, Signal, Transport};

use super::octets::{Octets, REDACTED, Secret, Text};
use super::status::Format;

/// A command with its arguments. Texts are raw: quoting and encoding are done by
/// [`encode`](Self::encode).
///
/// Modes: S server, C client, * both. *Since* is the release of OpenVPN.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// `help` (*): the daemon's own list.
    Help,
    /// `version` (*).
    Version,
    /// `version «n»` (*, 2.5): announces what we understand. Whether it is answered depends on
    /// the daemon: see [`shape`].
    Announce(u32),
    /// `pid` (*).
    Pid,
    /// `exit` (*): the daemon closes the connection; replies that are still on their way are
    /// discarded.
    Exit,
    /// `quit` (*): the same.
    Quit,
    /// `status [«n»]` (*): without a number in the daemon's own format; a client ignores the
    /// number.
    Status(Option<Format>),
    /// `load-stats` (*): totals since the start.
    LoadStats,
    /// `nclients` (S).
    ClientCount,
    /// `state [«on|off|all|n» [«…»]]` (*): with two parameters there are two replies.
    State(Option<Show>, Option<Show>),
    /// `log «on|off|all|n» [«…»]` (*).
    Log(Show, Option<Show>),
    /// `echo «on|off|all|n» [«…»]` (*).
    Echo(Show, Option<Show>),
    /// `bytecount «seconds»` (*): how often counters are told; 0 never.
    ByteCount(u32),
    /// `hold [on|off|release]` (*).
    Hold(Hold),
    /// `verb [«0 to 15»]` (*).
    Verb(Option<u8>),
    /// `mute [«n»]` (*).
    Mute(Option<u32>),
    /// `signal «name»` (*).
    Signal(Signal),
    /// `auth-retry [«mode»]` (*).
    AuthRetry(Option<AuthRetry>),
    /// `forget-passwords` (*).
    ForgetPasswords,
    /// `kill …` (S): by name or address; [`ClientKill`](Self::ClientKill) is surer.
    Kill(Kill),
    /// `client-kill «cid» ["«message»"]` (S): DISCONNECT follows some seconds later.
    ClientKill {
        /// The client.
        cid: u64,
        /// `RESTART` by default; `HALT` stops the client; `HALT,[N]reason` tells it why.
        message: Option<Text<'static>>,
    },
    /// `client-auth «cid» «kid»` and configuration (S).
    ClientAuth {
        /// The client.
        cid: u64,
        /// The key negotiation.
        kid: u64,
        /// Directives as of a client-connect script, one each: `push "…"`, `ifconfig-push …`,
        /// `iroute …`, `disable`. Errors in them are only logged.
        config: Vec<Text<'static>>,
    },
    /// `client-auth-nt «cid» «kid»` (S): lets in, without configuration.
    ClientAuthNt {
        /// The client.
        cid: u64,
        /// The key negotiation.
        kid: u64,
    },
    /// `client-deny «cid» «kid» "«reason»" ["«client reason»"]` (S).
    ClientDeny {
        /// The client.
        cid: u64,
        /// The key negotiation.
        kid: u64,
        /// For the daemon's log.
        reason: Text<'static>,
        /// For the user; may be a challenge (`CRV1:…`).
        client_reason: Option<Text<'static>>,
    },
    /// `client-pending-auth` (S, 2.5): the answer comes later, by other means.
    ClientPendingAuth {
        /// The client.
        cid: u64,
        /// Key negotiation and seconds: obligatory since 2.6, unknown to 2.5.
        key: Option<(u64, u32)>,
        /// `CR_TEXT:…`, `WEB_AUTH:…`; see [`Pending`](super::event::password::Pending).
        extra: Text<'static>,
    },
    /// `client-pf «cid»` and a packet filter (S, up to 2.5).
    ClientPf {
        /// The client.
        cid: u64,
        /// The filter's lines.
        filter: Vec<Text<'static>>,
    },
    /// `cr-response «base64»` (C, 2.5): answers a question of the server.
    CrResponse(Secret),
    /// `env-filter [«level»]` (S): how much of the environment events bring.
    EnvFilter(Option<u32>),
    /// `push-update-broad "«options»"` (S, 2.7): `-option` removes, `?option` is optional.
    PushUpdateBroad(Text<'static>),
    /// `push-update-cid «cid» "«options»"` (S, 2.7).
    PushUpdateCid(u64, Text<'static>),
    /// `username "«type»" "«value»"` (*).
    Username {
        /// `Auth`, `HTTP Proxy` …
        kind: Text<'static>,
        /// The name.
        value: Secret,
    },
    /// `password "«type»" "«value»"` (*): up to 256 octets.
    Password {
        /// `Auth`, `Private Key` …
        kind: Text<'static>,
        /// The password, or the answer of a challenge.
        value: Secret,
    },
    /// `password "«type»"` and base64 (*, after 2.7, version 5 announced): up to 4095 octets.
    PasswordText {
        /// `Auth`, `Private Key` …
        kind: Text<'static>,
        /// The password.
        value: Secret,
    },
    /// `needok "«name»" ok|cancel` (*).
    NeedOk {
        /// As asked.
        name: Text<'static>,
        /// `ok` or `cancel`.
        ok: bool,
    },
    /// `needstr "«name»" "«value»"` (*).
    NeedStr {
        /// As asked.
        name: Text<'static>,
        /// The answer.
        value: Secret,
    },
    /// `pk-sig` and base64 (C, 2.5): the octets of the signature.
    PkSig(Vec<u8>),
    /// `rsa-sig` and base64 (C): the octets of the signature.
    RsaSig(Vec<u8>),
    /// `certificate` and PEM (C, 2.4).
    Certificate(Text<'static>),
    /// `remote …` (C): answers [`Event::Remote`](super::event::Event::Remote).
    Remote(Remote),
    /// `proxy …` (C): answers [`Event::Proxy`](super::event::Event::Proxy).
    Proxy(Proxy),
    /// `remote-entry-count` (C, 2.6).
    RemoteEntryCount,
    /// `remote-entry-get …` (C, 2.6).
    RemoteEntryGet(Entries),
    /// `pkcs11-id-count` (*).
    Pkcs11IdCount,
    /// `pkcs11-id-get «n»` (*).
    Pkcs11IdGet(u32),
    /// `net` (Windows).
    Net,
    /// `test «n»` (*): n lines.
    Test(u32),
    /// A line as it is, for what is not here.
    Raw(RawLine),
}

/// A line that the user wrote, without its line end. Shown without what may be secret in it.
#[derive(Clone, PartialEq, Eq)]
pub struct RawLine(pub Text<'static>);

impl fmt::Debug for RawLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        show(&self.0, f)
    }
}

/// Command words whose arguments are not printed.
const SECRET_WORDS: [&[u8]; 4] = [b"password", b"username", b"needstr", b"cr-response"];

/// Prints a command line without the arguments of those that carry secrets.
pub(crate) fn show(line: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let quote = |octet: &&u8| matches!(octet, b' ' | b'"' | b'\'' | b'\\');
    let start = line.iter().take_while(quote).count();
    match SECRET_WORDS.into_iter().find(|word| line[start..].starts_with(word)) {
        Some(word) => write!(f, "\"{} {REDACTED}\"", Octets(word)),
        None => fmt::Debug::fmt(&Octets(line), f),
    }
}
