//! Arguments of commands that are one of a few words.

use std::net::SocketAddrV4;

use super::super::octets::Text;

/// What `state`, `log` and `echo` are told: real-time notification, or how much history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Real-time notification on.
    On,
    /// And off.
    Off,
    /// The whole history.
    All,
    /// The last entries; 0 is refused by the daemon.
    Last(u32),
}

/// What `hold` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Tell whether the flag is set.
    Show,
    /// Hold at the next start and at restarts.
    On,
    /// Do not.
    Off,
    /// Go on, without a change of the flag.
    Release,
}

/// A signal to the daemon. The management connection survives SIGUSR1 and SIGHUP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Restart, with the configuration read again.
    Hup,
    /// End.
    Term,
    /// Restart; a server drops its clients.
    Usr1,
    /// Write the status to the log.
    Usr2,
}

impl Signal {
    /// `SIGHUP` …
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hup => "SIGHUP",
            Self::Term => "SIGTERM",
            Self::Usr1 => "SIGUSR1",
            Self::Usr2 => "SIGUSR2",
        }
    }
}

/// What a client does when its password is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthRetry {
    /// Exit: the default.
    None,
    /// Ask again. Challenges need it.
    Interact,
    /// Try again with the same.
    NoInteract,
}

impl AuthRetry {
    /// `none`, `interact` or `nointeract`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Interact => "interact",
            Self::NoInteract => "nointeract",
        }
    }
}

/// Whom `kill` ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kill {
    /// All clients of this common name. A name that holds a `:` is refused: the daemon takes it
    /// for an address, or cuts it at the colon and ends the client of that shorter name (2.7).
    CommonName(Text<'static>),
    /// The client at this address, up to 2.6. 2.7 takes it for a name.
    Address(SocketAddrV4),
    /// The client at this address, since 2.7.
    ProtocolAddress(Transport, SocketAddrV4),
}

/// The transport of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Transport {
    /// `tcp` or `udp`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// What a client is to do about a remote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remote {
    /// Connect to it.
    Accept,
    /// Go to the next, or this many on (since 2.6).
    Skip(Option<u32>),
    /// Connect to another one.
    Modify {
        /// Host name or address: less than 80 octets.
        host: Text<'static>,
        /// Port, or the name of a service: less than 20 octets.
        port: Text<'static>,
    },
}

/// Through which proxy a client is to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proxy {
    /// None.
    None,
    /// An HTTP proxy; fails for a remote over UDP.
    Http {
        /// Host name or address.
        host: Text<'static>,
        /// Port.
        port: u16,
        /// Whether to refuse to send the password in clear text (`nct`).
        no_clear_text: bool,
    },
    /// A SOCKS proxy.
    Socks {
        /// Host name or address.
        host: Text<'static>,
        /// Port.
        port: u16,
    },
}

/// Which remotes are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entries {
    /// All.
    All,
    /// The one at this place, from 0.
    One(u32),
    /// From the first place up to the second, without it.
    Range(u32, u32),
}
