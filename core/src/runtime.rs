//! What a runtime is to netlever: a clock, an executor, and wires to lend.
//!
//! Three crates implement [`Runtime`] over real sockets, and [`memory::World`](crate::memory)
//! implements it without any. Code that is generic over it runs on all four; code that knows its
//! runtime may ignore this trait and use the crate's own helpers.
//!
//! ```
//! use netlever_core::runtime::{Endpoint, Runtime};
//!
//! let here: Endpoint = "[::1]:7911".parse().unwrap();
//! assert_eq!(here, Endpoint::tcp("::1", 7911));
//! assert_eq!(Endpoint::parse("dhcp.example", Some(7911)).unwrap().to_string(), "dhcp.example:7911");
//! assert_eq!("/run/vpn.sock".parse::<Endpoint>().unwrap().to_string(), "/run/vpn.sock");
//! ```

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::client::{Client, Clock};
use crate::drive::{Wire, drive, drive_alone};
use crate::session::{Peer, Session};

/// The far end of a stream, or where to listen for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// A host, by name or address, and a TCP port. A name is looked up at each dial.
    Tcp {
        /// A name, or an address without brackets.
        host: String,
        /// The port; 0 for "any" when listening.
        port: u16,
    },
    /// A Unix socket.
    Unix(PathBuf),
}

/// This is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no endpoint: {why}; write HOST:PORT, [IPV6]:PORT or a path with a slash")]
pub struct EndpointError {
    text: String,
    why: &'static str,
}

impl Endpoint {
    /// A TCP endpoint.
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self::Tcp { host: host.into(), port }
    }

    /// Reads `HOST:PORT`, `[IPV6]:PORT`, or a path, which holds a slash. The port may be missing
    /// when there is a default.
    ///
    /// # Errors
    /// [`EndpointError`] says which part is missing or wrong.
    pub fn parse(text: &str, default_port: Option<u16>) -> Result<Self, EndpointError> {
        let wrong = |why| EndpointError { text: text.to_owned(), why };
        if text.contains('/') {
            return Ok(Self::Unix(text.strip_prefix("unix:").unwrap_or(text).into()));
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            let port = default_port.ok_or_else(|| wrong("it has no port"))?;
            return Ok(Self::tcp(ip.to_string(), port));
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) =
                    rest.split_once(']').ok_or_else(|| wrong("it has a [ without its ]"))?;
                if host.parse::<std::net::Ipv6Addr>().is_err() {
                    return Err(wrong("what stands in brackets is no IPv6 address"));
                }
                match rest.strip_prefix(':') {
                    None if rest.is_empty() => (host, None),
                    None => return Err(wrong("only a port may follow the bracket")),
                    port => (host, port),
                }
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err(wrong("it has no host"));
        }
        let port = match port {
            Some(port) => port.parse().map_err(|_| wrong("the port is no number up to 65535"))?,
            None => default_port.ok_or_else(|| wrong("it has no port"))?,
        };
        Ok(Self::tcp(host, port))
    }

    /// The address, when the host is one: nothing needs to be looked up.
    #[must_use]
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        let Self::Tcp { host, port } = self else { return None };
        Some(SocketAddr::new(host.parse().ok()?, *port))
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        Self::parse(text, None)
    }
}

impl From<SocketAddr> for Endpoint {
    fn from(addr: SocketAddr) -> Self {
        Self::tcp(addr.ip().to_string(), addr.port())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A place where streams arrive.
pub trait Listening: Send {
    /// What is accepted.
    type Stream: Wire<Flow = (), Io: Send> + Send + 'static;

    /// Where it listens: the real port when 0 was asked for.
    fn endpoint(&self) -> Endpoint;

    /// The next stream, and who is at its far end.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Self::Stream, Endpoint)>> + Send;
}

/// The addresses that a datagram wire's sockets got, as the wire opens them.
#[derive(Clone, Debug, Default)]
pub struct Bound(Arc<Mutex<BTreeMap<(u16, bool), SocketAddr>>>);

impl Bound {
    /// Where this socket is bound, once it is open; the IPv4 one where it has both.
    #[must_use]
    pub fn of(&self, socket: u16) -> Option<SocketAddr> {
        let bound = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bound.range((socket, false)..=(socket, true)).next().map(|(_, addr)| *addr)
    }

    /// How many sockets are open.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// For wires: this socket is open now.
    pub fn tell(&self, socket: u16, addr: SocketAddr) {
        let mut bound = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        bound.insert((socket, addr.is_ipv6()), addr);
    }
}

/// How often a listener that cannot accept tries again, a second apart, before it gives up.
pub const PATIENCE: u32 = 60;

/// An error of the peer's, not of the listener's.
const fn left_early(why: ErrorKind) -> bool {
    matches!(
        why,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::Interrupted
    )
}

/// A runtime: see the module's page.
pub trait Runtime: Clone + Send + Sync + 'static {
    /// Its wire for TCP and Unix sockets.
    type Stream: Wire<Flow = (), Io: Send> + Send + 'static;
    /// Its wire for UDP: several sockets, many peers.
    type Datagrams: Wire<Flow = Peer, Io: Send> + Send + 'static;
    /// Its listener.
    type Listening: Listening<Stream = Self::Stream> + 'static;

    /// Its clock.
    fn clock(&self) -> Clock;

    /// Runs a future to its end on this thread, and spawned ones beside it.
    fn block_on<F: Future>(&self, future: F) -> F::Output;

    /// Runs a future in the background.
    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static);

    /// A wire that dials this endpoint each time it is asked.
    fn stream(&self, to: &Endpoint) -> Self::Stream;

    /// A wire for datagrams. With an address, socket 0 is bound there at once; the others, and all
    /// without one, are opened when a session first sends from them, on any port.
    ///
    /// # Errors
    /// The address cannot be bound.
    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Self::Datagrams, Bound)>;

    /// Listens for streams.
    ///
    /// # Errors
    /// The endpoint cannot be bound.
    fn listen(&self, at: &Endpoint) -> io::Result<Self::Listening>;

    /// Waits until this instant of the runtime's clock.
    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send;

    /// A client of this endpoint, driven in the background. It dials when its session wants to.
    fn connect<S>(&self, session: S, to: &Endpoint) -> Client<S>
    where
        S: Session<Flow = (), Event: Send> + Send + 'static,
    {
        let client = Client::new(session, self.clock());
        self.spawn(drive(&client, self.stream(to)));
        client
    }

    /// The next stream, whatever little goes wrong: a peer that left before it was let in is
    /// passed over, and where the system has no more descriptors this waits for some.
    ///
    /// # Errors
    /// What accepting failed with for [`PATIENCE`] tries, a second apart.
    fn admit(
        &self,
        listening: &mut Self::Listening,
    ) -> impl Future<Output = io::Result<(Self::Stream, Endpoint)>> + Send {
        async move {
            let mut failures = 0;
            loop {
                match listening.accept().await {
                    Ok(came) => return Ok(came),
                    Err(why) if left_early(why.kind()) => {}
                    Err(why) if failures >= PATIENCE => return Err(why),
                    Err(_) => {
                        failures += 1;
                        self.sleep_until((self.clock())() + Duration::from_secs(1)).await;
                    }
                }
            }
        }
    }

    /// Accepts for ever: one session for each stream, made from where it comes.
    fn serve<S, F>(
        &self,
        mut listening: Self::Listening,
        mut session: F,
    ) -> impl Future<Output = io::Result<()>> + Send + use<Self, S, F>
    where
        S: Session<Flow = (), Event: Send> + Send + 'static,
        F: FnMut(&Endpoint) -> S + Send,
    {
        let runtime = self.clone();
        async move {
            loop {
                let (stream, from) = runtime.admit(&mut listening).await?;
                runtime.spawn(drive_alone(session(&from), runtime.clock(), stream));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_read_and_printed() {
        for (text, printed) in [
            ("10.0.0.1:7911", "10.0.0.1:7911"),
            ("[::1]:80", "[::1]:80"),
            ("::1", "[::1]:7911"),
            ("[fe80::1]", "[fe80::1]:7911"),
            ("10.0.0.1", "10.0.0.1:7911"),
            ("host", "host:7911"),
            ("./sock", "./sock"),
            ("unix:/run/x", "/run/x"),
        ] {
            assert_eq!(Endpoint::parse(text, Some(7911)).unwrap().to_string(), printed);
        }
    }

    #[test]
    fn wrong_endpoints_say_what_is_wrong() {
        for (text, why) in [
            ("", "no host"),
            (":7911", "no host"),
            ("a b:1", "no host"),
            ("host", "no port"),
            ("host:", "no number"),
            ("host:65536", "no number"),
            ("host:-1", "no number"),
            ("[::1", "without its ]"),
            ("[host]:1", "no IPv6"),
            ("[::1]7911", "only a port"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
