//! How a session behaves, what it asks for after every connect, and what it counts.

use std::time::Duration;

use crate::backoff::{Backoff, Reconnect};
use crate::openvpn::command::{Command, Show};
use crate::openvpn::octets::Secret;
use crate::openvpn::wire::Limits;

/// How a session behaves. Start from [`Config::new`].
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The management password, if the daemon has one. It travels in clear text: keep the
    /// interface on a Unix socket or on loopback.
    pub password: Option<Secret>,
    /// How long a call may take, unless [`Within`](crate::openvpn::calls::Within) says otherwise:
    /// 5 s by default.
    pub deadline: Duration,
    /// How long a daemon may take to greet, and to judge a password: 3 s by default. One that says
    /// nothing at all has another client attached: calls that wait end with
    /// [`Error::Occupied`](crate::openvpn::Error::Occupied).
    pub greeting: Duration,
    /// How long an answer may be owed, without any of its octets coming, before the link is given
    /// up: 30 s by default. A call's own deadline ends the call, not the link.
    pub stall: Duration,
    /// `None`, the default: stay attached, to hear events. Otherwise connect when a call waits,
    /// and hang up after so long without one, so that others have a turn.
    pub idle: Option<Duration>,
    /// Whether to connect again after a loss. By default with backoff.
    pub reconnect: Reconnect,
    /// What is asked for after every connect, since a daemon forgets.
    pub settings: Settings,
    /// Send a command only when the one before is answered: for daemons on Windows, which discard
    /// replies when more input comes. Off by default.
    pub one_at_a_time: bool,
    /// How many calls may wait at once: 65 536 by default.
    pub bound: usize,
    /// What a daemon may send.
    pub limits: Limits,
    /// The jitter of backoff. Take it from the system's random numbers.
    pub seed: u64,
}

impl Config {
    /// A session that stays attached and asks for nothing by itself.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            password: None,
            deadline: Duration::from_secs(5),
            greeting: Duration::from_secs(3),
            stall: Duration::from_secs(30),
            idle: None,
            reconnect: Reconnect::Backoff(Backoff::default()),
            settings: Settings::default(),
            one_at_a_time: false,
            bound: 65_536,
            limits: Limits::default(),
            seed,
        }
    }

    /// The same, with a management password.
    #[must_use]
    pub fn with_password(password: impl Into<Secret>, seed: u64) -> Self {
        Self { password: Some(password.into()), ..Self::new(seed) }
    }
}

/// What a session asks for after every connect. Real-time `state`, `log` and `echo` end with a
/// connection; the other settings persist in the daemon, and may have been changed by others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Tell states as they change.
    pub state: bool,
    /// Tell log lines.
    pub log: bool,
    /// Tell echoes.
    pub echo: bool,
    /// Tell counters every so many seconds; `Some(0)` never, `None` as the daemon was left.
    pub byte_count: Option<u32>,
    /// How much of the environment events bring: 0 all; `None` as the daemon was left.
    pub env_filter: Option<u32>,
    /// Which version of the interface we say to understand: 3 for the padding of signatures, 4 for
    /// prompts for a user name alone, 5 for passwords of more than 256 octets. 2.4 is not told.
    pub announce: Option<u32>,
    /// Release every hold, at the start and after restarts.
    pub release_hold: bool,
}

impl Settings {
    /// The commands, for a daemon of this management version.
    pub(super) fn commands(&self, management: u32) -> impl Iterator<Item = Command> {
        let on = |wanted: bool, command: Command| wanted.then_some(command);
        [
            self.announce.filter(|_| management > 1).map(Command::Announce),
            self.env_filter.map(|level| Command::EnvFilter(Some(level))),
            on(self.state, Command::State(Some(Show::On), None)),
            on(self.log, Command::Log(Show::On, None)),
            on(self.echo, Command::Echo(Show::On, None)),
            self.byte_count.map(Command::ByteCount),
        ]
        .into_iter()
        .flatten()
    }
}

/// What a session has seen, over all its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Connections that were greeted.
    pub links: u64,
    /// Commands sent, the session's own included.
    pub commands: u64,
    /// Commands that were answered.
    pub answers: u64,
    /// Answers that nobody waited for any more.
    pub late: u64,
    /// Notifications.
    pub events: u64,
    /// Lines that no command explains.
    pub unexpected: u64,
}
