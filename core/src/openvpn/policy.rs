//! Who may come in: clients of a server, authorised from an outside source.
//!
//! With `management-client-auth` a server asks us about every CONNECT and REAUTH, and waits. A
//! [`Policy`] decides, at once or later; an [`Authorizer`] stands between it and the session: every
//! client gets its answer in time, whatever the source does, and nobody waits for anybody else.
//!
//! ```text
//!   session ── Event ──► Authorizer ── ask ──► Policy ── a database, a command, a web service
//!      ▲                     │  ▲                 │
//!      └── Ruling::call ◄────┘  └── decide ◄──────┘  at once, or later by token
//! ```
//!
//! [`authorise`] is the loop of a whole program, for every runtime; a policy that decides later
//! puts its decisions into an [`Inbox`].
//!
//! What is doubtful is denied: a question without an answer in time, an environment that was cut,
//! an answer that cannot be sent.
//!
//! ```
//! use netlever_core::openvpn::calls::push;
//! use netlever_core::openvpn::event::{ClientEvent, Notification};
//! use netlever_core::openvpn::policy::{Authorizer, Decision, Terms};
//! use netlever_core::openvpn::session::Event;
//!
//! let policy = |event: &ClientEvent<'_>| match event.env().username() {
//!     Some(name) if name == "carol" => Decision::accept([push("route 10.0.0.0 255.0.0.0")]),
//!     _ => Decision::deny("unknown user"),
//! };
//! # let now = std::time::Instant::now();
//! let mut authorizer = Authorizer::new(policy, Terms::default());
//! // For each event that a listener hears:
//! let connect = Event::Notification(Notification::new(b"CLIENT:CONNECT,0,1").to_owned());
//! authorizer.handle_event(now, &connect);
//! // Then, until there is none, for the client: `client.call(ruling.call())`.
//! let ruling = authorizer.poll_ruling(now).expect("a decision");
//! assert_eq!(ruling.command.encode()?.expose(), b"client-deny 0 1 \"unknown user\"\n");
//! # Ok::<(), netlever_core::openvpn::CommandError>(())
//! ```

mod authorizer;
mod guard;

pub use authorizer::{Authorizer, By, Ruling, Terms};
pub use guard::{Inbox, Told, authorise};

use super::event::ClientEvent;
use super::octets::Text;

/// Names one question to a policy. None is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(u64);

impl Token {
    /// Its number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What becomes of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It may come in, or stay.
    Accept {
        /// Directives as of a client-connect script, one a line; see
        /// [`push`](super::calls::push). The daemon only logs errors in them.
        config: Vec<Text<'static>>,
    },
    /// It may not.
    Deny {
        /// For the daemon's log: up to 256 octets.
        reason: Text<'static>,
        /// For the user: up to 256 octets, or a challenge (`CRV1:…`).
        client_reason: Option<Text<'static>>,
    },
    /// The user has to do more first (2.5). The question stays open: the policy is asked again
    /// when a CR_RESPONSE comes, and may decide any time by its token.
    Pending {
        /// `WEB_AUTH:flags:url`, `CR_TEXT:flags:question`, `OPEN_URL:url`: up to 246 octets.
        extra: Text<'static>,
        /// Seconds until it is denied.
        timeout: u32,
    },
}

impl Decision {
    /// In, with these directives.
    pub fn accept(config: impl IntoIterator<Item = Text<'static>>) -> Self {
        Self::Accept { config: config.into_iter().collect() }
    }

    /// Out, with a reason for the log; the user is told nothing.
    pub fn deny(reason: impl Into<Text<'static>>) -> Self {
        Self::Deny { reason: reason.into(), client_reason: None }
    }
}

/// A source that knows who may come in.
///
/// A function of the event is one that decides at once.
pub trait Policy {
    /// A client wants in (CONNECT), negotiates a new key (REAUTH), or answers a question
    /// (CR_RESPONSE, with the token of the question it belongs to). `None`: the decision comes
    /// later, through [`Authorizer::decide`] or [`poll_decision`](Self::poll_decision).
    ///
    /// It must not block: other clients are waiting.
    fn ask(&mut self, token: Token, event: &ClientEvent<'_>) -> Option<Decision>;

    /// The next decision that came since.
    fn poll_decision(&mut self) -> Option<(Token, Decision)> {
        None
    }

    /// Nobody waits for this decision any more: the client or the connection has gone, or the
    /// deadline has passed.
    fn forget(&mut self, token: Token) {
        let _ = token;
    }
}

impl<F: FnMut(&ClientEvent<'_>) -> Decision> Policy for F {
    fn ask(&mut self, _token: Token, event: &ClientEvent<'_>) -> Option<Decision> {
        Some(self(event))
    }
}

/// Lets everybody in whom the daemon itself lets in: for trials.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AcceptAll;

impl Policy for AcceptAll {
    fn ask(&mut self, _token: Token, _event: &ClientEvent<'_>) -> Option<Decision> {
        Some(Decision::accept([]))
    }
}
