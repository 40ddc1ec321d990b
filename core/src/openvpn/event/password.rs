//! `>PASSWORD` and `>INFOMSG`: what the user is asked, and how to answer.
//!
//! A daemon repeats an outstanding prompt to each new connection and after an ignored signal: a
//! prompt that comes again is the same one, not the failure of the last answer.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::super::command::Command;
use super::super::octets::{Octets, Redacted, Secret, Text};
use super::super::wire::{decimal, find, split_once};

/// A password is wanted, was wrong, or was replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordEvent<'a> {
    /// The daemon waits for an answer of this type.
    Need(NeedPassword<'a>),
    /// The answer was refused.
    Failed {
        /// `Auth`, `Private Key`, `HTTP Proxy`, …
        kind: Octets<'a>,
        /// What the server says about it: for people, or a challenge.
        reason: Option<Octets<'a>>,
    },
    /// The server gave a token that replaces the password.
    AuthToken(Redacted<'a>),
}

/// What an answer consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// `password` only.
    Password,
    /// `username` and `password`, in any order; both are needed.
    UsernamePassword,
    /// `username` only; after 2.7, when version 4 or more was announced.
    Username,
}

impl Wanted {
    /// As the daemon says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::UsernamePassword => "username/password",
            Self::Username => "username",
        }
    }
}

/// The prompt `Need '«type»' …`.
///
/// ```
/// use netlever_core::openvpn::event::{Event, Notification, PasswordEvent};
///
/// let prompt = b"PASSWORD:Need 'Auth' username/password SC:1,Please enter token PIN, now";
/// let notification = Notification::new(prompt);
/// let Event::Password(PasswordEvent::Need(need)) = notification.event() else { panic!() };
/// let challenge = need.static_challenge.expect("one is set");
/// assert!(challenge.echo);
/// assert_eq!(challenge.text, "Please enter token PIN, now");
/// // The two commands that answer it.
/// let commands = need.answer("foo", "bar", Some("8675309"));
/// assert_eq!(commands.len(), 2);
/// assert_eq!(challenge.answer(b"bar", b"8675309").expose(), b"SCRV1:YmFy:ODY3NTMwOQ==");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NeedPassword<'a> {
    /// `Auth`, `Private Key`, `HTTP Proxy`, `SOCKS Proxy`, the name of a token, anything.
    pub kind: Octets<'a>,
    /// What the answer consists of.
    pub wanted: Wanted,
    /// A question that the configuration adds to user name and password.
    pub static_challenge: Option<StaticChallenge<'a>>,
}

/// A question of `static-challenge`, asked together with user name and password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StaticChallenge<'a> {
    /// Whether the answer may be shown while it is typed.
    pub echo: bool,
    /// Whether the answer is to be joined to the password as it is; since 2.7.
    pub concat: bool,
    /// For the user; may hold commas and colons.
    pub text: Octets<'a>,
}

impl StaticChallenge<'_> {
    /// The value for the `password` command: `SCRV1:` and both in base64, or the two joined.
    #[must_use]
    pub fn answer(&self, password: &[u8], response: &[u8]) -> Secret {
        if self.concat {
            return [password, response].concat().into();
        }
        let mut value = b"SCRV1:".to_vec();
        value.extend_from_slice(Zeroizing::new(STANDARD.encode(password)).as_bytes());
        value.push(b':');
        value.extend_from_slice(Zeroizing::new(STANDARD.encode(response)).as_bytes());
        value.into()
    }
}

impl NeedPassword<'_> {
    /// The commands that answer the prompt. `username` is not sent where only a password is
    /// wanted, `password` not where only a user name is; `response` answers the static challenge.
    #[must_use]
    pub fn answer(
        &self,
        username: impl Into<Secret>,
        password: impl Into<Secret>,
        response: Option<&str>,
    ) -> Vec<Command> {
        let kind = || Text::from(self.kind.as_bytes().to_vec());
        let username = Command::Username { kind: kind(), value: username.into() };
        let password = password.into();
        let value = match (&self.static_challenge, response) {
            (Some(challenge), response) => {
                challenge.answer(password.expose(), response.unwrap_or_default().as_bytes())
            }
            (None, _) => password,
        };
        let password = Command::Password { kind: kind(), value };
        match self.wanted {
            Wanted::Password => vec![password],
            Wanted::UsernamePassword => vec![username, password],
            Wanted::Username => vec![username],
        }
    }
}

impl<'a> PasswordEvent<'a> {
    /// Reads the payload of `>PASSWORD`; `None` for another form.
    #[must_use]
    pub fn parse(payload: &'a [u8]) -> Option<Self> {
        if let Some(rest) = payload.strip_prefix(b"Need '") {
            return need(rest).map(Self::Need);
        }
        if let Some(token) = payload.strip_prefix(b"Auth-Token:") {
            return Some(Self::AuthToken(Redacted::new(token)));
        }
        let rest = payload.strip_prefix(b"Verification Failed: '")?;
        if let Some(rest) = rest.strip_suffix(b"']")
            && let Some(at) = find(rest, b"' ['")
        {
            let reason = Some(Octets(&rest[at + b"' ['".len()..]));
            return Some(Self::Failed { kind: Octets(&rest[..at]), reason });
        }
        Some(Self::Failed { kind: Octets(rest.strip_suffix(b"'")?), reason: None })
    }

    /// The challenge in the reason of a failure: to be answered at the next prompt.
    #[must_use]
    pub fn challenge(&self) -> Option<DynamicChallenge<'a>> {
        match self {
            Self::Failed { reason: Some(reason), .. } => DynamicChallenge::parse(reason.as_bytes()),
            _ => None,
        }
    }
}

/// The type has no escapes: it ends where a quote is followed by words that are known.
fn need(rest: &[u8]) -> Option<NeedPassword<'_>> {
    const CHALLENGE: &[u8] = b"' username/password SC:";
    if let Some(at) = find(rest, CHALLENGE)
        && let Some((flags, text)) = split_once(&rest[at + CHALLENGE.len()..], b',')
        && let Some(flags) = decimal(flags)
    {
        let static_challenge = Some(StaticChallenge {
            echo: flags & 1 != 0,
            concat: flags & 2 != 0,
            text: Octets(text),
        });
        let wanted = Wanted::UsernamePassword;
        return Some(NeedPassword { kind: Octets(&rest[..at]), wanted, static_challenge });
    }
    [Wanted::UsernamePassword, Wanted::Password, Wanted::Username].into_iter().find_map(|wanted| {
        let kind = rest.strip_suffix(wanted.name().as_bytes())?.strip_suffix(b"' ")?;
        Some(NeedPassword { kind: Octets(kind), wanted, static_challenge: None })
    })
}

/// A challenge that the server made up: `CRV1:«flags»:«state id»:«user in base64»:«text»`.
///
/// It comes as the reason of a failure, and the connection attempt ends. With `auth-retry
/// interact` the daemon tries again and asks; then this is the answer.
///
/// ```
/// use netlever_core::openvpn::event::password::DynamicChallenge;
///
/// let reason = b"CRV1:R,E:Om01u7:Y2Fyb2w=:Please enter token PIN: now";
/// let challenge = DynamicChallenge::parse(reason).expect("a challenge");
/// assert_eq!(challenge.username, b"carol");
/// assert_eq!(challenge.text, "Please enter token PIN: now");
/// assert_eq!(challenge.answer(b"123456").expose(), b"CRV1::Om01u7::123456");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicChallenge<'a> {
    /// `R`: a response is needed; `E`: it may be shown while it is typed. By comma, may be empty.
    pub flags: Octets<'a>,
    /// Names the attempt.
    pub state_id: Octets<'a>,
    /// The user, decoded.
    pub username: Vec<u8>,
    /// For the user; may hold colons.
    pub text: Octets<'a>,
}

impl<'a> DynamicChallenge<'a> {
    /// Reads the reason of a failure; `None` for one that is no challenge.
    #[must_use]
    pub fn parse(reason: &'a [u8]) -> Option<Self> {
        let rest = reason.strip_prefix(b"CRV1:")?;
        let (flags, rest) = split_once(rest, b':')?;
        let (state_id, rest) = split_once(rest, b':')?;
        let (username, text) = split_once(rest, b':')?;
        let username = STANDARD.decode(username).ok()?;
        let [flags, state_id, text] = [flags, state_id, text].map(Octets);
        Some(Self { flags, state_id, username, text })
    }

    /// The single flags.
    pub fn flags(&self) -> impl Iterator<Item = Octets<'a>> + use<'a> {
        flags(self.flags)
    }

    /// Whether a response is needed; without, the user only has to confirm.
    #[must_use]
    pub fn needs_response(&self) -> bool {
        self.flags().any(|flag| flag == "R")
    }

    /// Whether the response may be shown while it is typed.
    #[must_use]
    pub fn echo(&self) -> bool {
        self.flags().any(|flag| flag == "E")
    }

    /// The value for the `password` command; an empty response where none is needed.
    #[must_use]
    pub fn answer(&self, response: &[u8]) -> Secret {
        [b"CRV1::", self.state_id.as_bytes(), b"::", response].concat().into()
    }

    /// The two commands that answer the next prompt of type `Auth`.
    #[must_use]
    pub fn commands(&self, response: &[u8]) -> [Command; 2] {
        [
            Command::Username { kind: "Auth".into(), value: self.username.as_slice().into() },
            Command::Password { kind: "Auth".into(), value: self.answer(response) },
        ]
    }
}

fn flags(list: Octets<'_>) -> impl Iterator<Item = Octets<'_>> {
    list.as_bytes().split(|octet| *octet == b',').filter(|flag| !flag.is_empty()).map(Octets)
}

/// What `>INFOMSG` asks while the state is AUTH_PENDING, and what `client-pending-auth` says to
/// make it ask so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pending<'a> {
    /// `CR_TEXT:«flags»:«text»`: a question, answered with `cr-response`.
    Question {
        /// `R` and `E`, as in [`DynamicChallenge`].
        flags: Octets<'a>,
        /// For the user; may hold colons.
        text: Octets<'a>,
    },
    /// `WEB_AUTH:«flags»:«url»`: a page to open.
    WebAuth {
        /// `hidden`, `external`, `proxy=…`; by comma, may be empty.
        flags: Octets<'a>,
        /// The page.
        url: Octets<'a>,
    },
    /// `OPEN_URL:«url»`, the old form.
    OpenUrl(Octets<'a>),
}

impl<'a> Pending<'a> {
    /// Reads the text of [`Event::InfoMessage`](super::Event::InfoMessage).
    #[must_use]
    pub fn parse(text: Octets<'a>) -> Option<Self> {
        let (word, rest) = split_once(text.as_bytes(), b':')?;
        let parts = || split_once(rest, b':').map(|(flags, rest)| (Octets(flags), Octets(rest)));
        match word {
            b"CR_TEXT" => parts().map(|(flags, text)| Self::Question { flags, text }),
            b"WEB_AUTH" => parts().map(|(flags, url)| Self::WebAuth { flags, url }),
            b"OPEN_URL" => Some(Self::OpenUrl(Octets(rest))),
            _ => None,
        }
    }
}
