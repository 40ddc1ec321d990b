//! Typed commands to words and text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::octets::Text;
use super::super::wire::Lines;
use super::encode::{checked, line, raw, text};
use super::{Command, CommandError, Encoded, Entries, Hold, Kill, Proxy, Remote, Show};

/// Characters of one line of base64.
const BASE64_LINE: usize = 64;

/// Words that are gathered, wiped when dropped.
struct Words(Vec<Zeroizing<Vec<u8>>>);

impl Words {
    fn of(word: &str) -> Self {
        Self(Vec::with_capacity(5)).and(word)
    }

    fn and(mut self, word: impl AsRef<[u8]>) -> Self {
        self.0.push(Zeroizing::new(word.as_ref().to_vec()));
        self
    }

    fn number(self, number: impl Into<u64>) -> Self {
        self.and(number.into().to_string())
    }

    fn maybe(self, word: Option<impl AsRef<[u8]>>) -> Self {
        match word {
            Some(word) => self.and(word),
            None => self,
        }
    }

    fn show(self, show: Option<Show>) -> Self {
        match show {
            None => self,
            Some(Show::On) => self.and("on"),
            Some(Show::Off) => self.and("off"),
            Some(Show::All) => self.and("all"),
            Some(Show::Last(count)) => self.number(count),
        }
    }

    fn line(self) -> Result<Encoded, CommandError> {
        let words: Vec<&[u8]> = self.0.iter().map(|word| word.as_slice()).collect();
        line(&words)
    }

    fn text<L: AsRef<[u8]>>(self, lines: &[L]) -> Result<Encoded, CommandError> {
        let words: Vec<&[u8]> = self.0.iter().map(|word| word.as_slice()).collect();
        text(&words, lines)
    }

    fn base64(self, octets: &[u8]) -> Result<Encoded, CommandError> {
        let encoded = Zeroizing::new(STANDARD.encode(octets));
        let lines: Vec<&[u8]> = encoded.as_bytes().chunks(BASE64_LINE).collect();
        self.text(&lines)
    }
}

impl Command {
    /// The octets that go out, and what the caller should know about them.
    ///
    /// # Errors
    ///
    /// [`CommandError`], for what would not do what it says. A signature, a certificate or a text
    /// password is only safe while the daemon waits for one, which
    /// [`Reader::send`](crate::openvpn::Reader::send) checks.
    pub fn encode(&self) -> Result<Encoded, CommandError> {
        let words = match self {
            Self::Help => Words::of("help"),
            Self::Version => Words::of("version"),
            Self::Announce(version) => Words::of("version").number(*version),
            Self::Pid => Words::of("pid"),
            Self::Exit => Words::of("exit"),
            Self::Quit => Words::of("quit"),
            Self::Status(None) => Words::of("status"),
            Self::Status(Some(format)) => Words::of("status").number(format.number()),
            Self::LoadStats => Words::of("load-stats"),
            Self::ClientCount => Words::of("nclients"),
            Self::State(None, second) => Words::of("state").show(*second),
            Self::State(first, second) => Words::of("state").show(*first).show(*second),
            Self::Log(first, second) => Words::of("log").show(Some(*first)).show(*second),
            Self::Echo(first, second) => Words::of("echo").show(Some(*first)).show(*second),
            Self::ByteCount(seconds) => Words::of("bytecount").number(*seconds),
            Self::Hold(hold) => Words::of("hold").maybe(match hold {
                Hold::Show => None,
                Hold::On => Some("on"),
                Hold::Off => Some("off"),
                Hold::Release => Some("release"),
            }),
            Self::Verb(level) => Words::of("verb").maybe(level.map(|level| level.to_string())),
            Self::Mute(level) => Words::of("mute").maybe(level.map(|level| level.to_string())),
            Self::Signal(signal) => Words::of("signal").and(signal.name()),
            Self::AuthRetry(mode) => Words::of("auth-retry").maybe(mode.map(|mode| mode.name())),
            Self::ForgetPasswords => Words::of("forget-passwords"),
            Self::Kill(kill) => kill_words(kill)?,
            Self::ClientKill { cid, message } => {
                Words::of("client-kill").number(*cid).maybe(message.as_deref())
            }
            Self::ClientAuthNt { cid, kid } => {
                Words::of("client-auth-nt").number(*cid).number(*kid)
            }
            Self::ClientDeny { cid, kid, reason, client_reason } => Words::of("client-deny")
                .number(*cid)
                .number(*kid)
                .and(reason)
                .maybe(client_reason.as_deref()),
            Self::ClientPendingAuth { cid, key, extra } => {
                let words = Words::of("client-pending-auth").number(*cid);
                match key {
                    Some((kid, seconds)) => words.number(*kid).and(extra).number(*seconds),
                    None => words.and(extra),
                }
            }
            Self::CrResponse(response) => Words::of("cr-response")
                .and(Zeroizing::new(STANDARD.encode(response.expose())).as_bytes()),
            Self::EnvFilter(level) => {
                Words::of("env-filter").maybe(level.map(|level| level.to_string()))
            }
            Self::PushUpdateBroad(options) => Words::of("push-update-broad").and(options),
            Self::PushUpdateCid(cid, options) => {
                Words::of("push-update-cid").number(*cid).and(options)
            }
            Self::Username { kind, value } => Words::of("username").and(kind).and(value.expose()),
            Self::Password { kind, value } => Words::of("password").and(kind).and(value.expose()),
            Self::NeedOk { name, ok } => {
                Words::of("needok").and(name).and(if *ok { "ok" } else { "cancel" })
            }
            Self::NeedStr { name, value } => Words::of("needstr").and(name).and(value.expose()),
            Self::Remote(remote) => remote_words(remote),
            Self::Proxy(proxy) => proxy_words(proxy),
            Self::RemoteEntryCount => Words::of("remote-entry-count"),
            Self::RemoteEntryGet(entries) => {
                let words = Words::of("remote-entry-get");
                match *entries {
                    Entries::All => words.and("all"),
                    Entries::One(index) => words.number(index),
                    Entries::Range(from, to) => words.number(from).number(to),
                }
            }
            Self::Pkcs11IdCount => Words::of("pkcs11-id-count"),
            Self::Pkcs11IdGet(index) => Words::of("pkcs11-id-get").number(*index),
            Self::Net => Words::of("net"),
            Self::Test(lines) => Words::of("test").number(*lines),
            Self::Raw(line) => return raw(&line.0),
            Self::ClientAuth { cid, kid, config } => {
                return Words::of("client-auth").number(*cid).number(*kid).text(config);
            }
            Self::ClientPf { cid, filter } => {
                return Words::of("client-pf").number(*cid).text(filter);
            }
            Self::PasswordText { kind, value } => {
                return Words::of("password").and(kind).base64(value.expose());
            }
            Self::PkSig(signature) => return Words::of("pk-sig").base64(signature),
            Self::RsaSig(signature) => return Words::of("rsa-sig").base64(signature),
            Self::Certificate(pem) => {
                let lines: Vec<&[u8]> = Lines::new(pem).collect();
                return Words::of("certificate").text(&lines);
            }
        };
        words.line()
    }
}

fn kill_words(kill: &Kill) -> Result<Words, CommandError> {
    let words = Words::of("kill");
    Ok(match kill {
        Kill::CommonName(name) if name.contains(&b':') => {
            checked(name)?;
            return Err(CommandError::KillColon);
        }
        Kill::CommonName(name) => words.and(name),
        Kill::Address(address) => words.and(address.to_string()),
        Kill::ProtocolAddress(transport, address) => {
            words.and(format!("{}:{address}", transport.name()))
        }
    })
}

fn remote_words(remote: &Remote) -> Words {
    let words = Words::of("remote");
    match remote {
        Remote::Accept => words.and("ACCEPT"),
        Remote::Skip(count) => words.and("SKIP").maybe(count.map(|count| count.to_string())),
        Remote::Modify { host, port } => words.and("MOD").and(host).and(port),
    }
}

fn proxy_words(proxy: &Proxy) -> Words {
    let words = Words::of("proxy");
    match proxy {
        Proxy::None => words.and("NONE"),
        Proxy::Http { host, port, no_clear_text } => {
            words.and("HTTP").and(host).number(*port).maybe(no_clear_text.then_some("nct"))
        }
        Proxy::Socks { host, port } => words.and("SOCKS").and(host).number(*port),
    }
}

impl AsRef<[u8]> for Text<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}
