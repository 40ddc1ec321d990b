//! What a test needs at hand: daemons, and somebody to attach to them.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use netlever_core::backoff::{Backoff, Reconnect};
use netlever_core::door::Door;
use netlever_core::openvpn::Config;
use netlever_core::runtime::{Endpoint, Listening, Runtime};

use super::attached::Attached;
use crate::lab::until;
use crate::peers::{Facts, Peers, seed};

/// Longer than anything takes: a daemon's own time limits are about 10 s.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A running server with its clients, by the facts that `scripts/peers` printed for it.
#[derive(Clone, Debug)]
pub(crate) struct Server(Facts);

impl Server {
    pub(crate) fn fact(&self, key: &str) -> &str {
        self.0.fact(key)
    }

    /// Of the server's management interface.
    pub(crate) fn endpoint(&self) -> Endpoint {
        match self.0.get("socket") {
            Some(path) => Endpoint::Unix(path.into()),
            None => Endpoint::tcp(self.fact("address"), self.fact("port").parse().expect("a port")),
        }
    }

    /// What is known about this client, from 1.
    pub(crate) fn of(&self, client: usize, key: &str) -> &str {
        self.fact(&format!("client-{client}.{key}"))
    }

    /// What somebody who attaches starts from: with the management password, if there is one.
    pub(crate) fn config(&self) -> Config {
        match self.0.get("password") {
            Some(password) => patient(Config::with_password(password, seed())),
            None => patient(Config::new(seed())),
        }
    }

    /// Whether the server's process is there still.
    pub(crate) fn runs(&self) -> bool {
        self.0.runs("openvpn", "pid")
    }

    /// Sends the server's process a signal.
    pub(crate) fn signal(&self, signal: &str) {
        self.0.signal(signal, "pid");
    }
}

fn patient(mut config: Config) -> Config {
    (config.deadline, config.greeting, config.stall) = (PATIENCE, PATIENCE, PATIENCE);
    let most = Duration::from_secs(1);
    config.reconnect = Reconnect::Backoff(Backoff { most, ..Backoff::default() });
    config
}

/// A server of one test alone; it is stopped when this is dropped.
pub(crate) struct Own {
    pub(crate) server: Server,
    peers: Peers,
    name: String,
    options: Vec<String>,
}

impl Own {
    /// Starts server and clients again, as they were started first, at the same address.
    pub(crate) fn restart(&mut self) {
        let options = self.options.iter().map(String::as_str);
        self.server = Server(self.peers.start("openvpn", &self.name, options));
    }
}

impl std::ops::Deref for Own {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.peers.stop(&self.name);
    }
}

/// The servers that all tests use, while it is our turn: a management interface has one place.
pub(crate) struct Turn {
    peers: Peers,
    _turn: MutexGuard<'static, ()>,
}

impl Turn {
    pub(crate) fn server(&self, name: &str) -> Server {
        Server(self.peers.shared(name))
    }
}

static TURN: Mutex<()> = Mutex::new(());

/// A runtime, with the daemons around it.
#[derive(Debug)]
pub struct Lab<R> {
    pub(crate) runtime: R,
    seat: &'static str,
    peers: Peers,
}

impl<R: Runtime> Lab<R> {
    /// The lab of this runtime; the name stands in those of its daemons.
    ///
    /// # Panics
    /// `NETLEVER_PEERS` is not set: run `scripts/test`, or start the daemons by `scripts/peers`.
    pub fn new(runtime: R, seat: &'static str) -> Self {
        Self { runtime, seat, peers: Peers::new() }
    }

    /// Waits for our turn at the servers that are there for everybody.
    pub(crate) fn turn(&self) -> Turn {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        Turn { peers: self.peers.clone(), _turn: turn }
    }

    /// A server for this test alone.
    pub(crate) fn own(&self, test: &str, options: &[&str]) -> Own {
        let name = format!("own-{}-{test}", self.seat);
        let server = Server(self.peers.start("openvpn", &name, options.iter().copied()));
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Own { server, peers: self.peers.clone(), name, options }
    }

    /// Attaches to the server's management interface.
    pub(crate) fn attach(&self, server: &Server) -> Attached<R> {
        self.attach_as(server, |_| {})
    }

    /// The same, with settings of one's own.
    pub(crate) fn attach_as(
        &self,
        server: &Server,
        change: impl FnOnce(&mut Config),
    ) -> Attached<R> {
        let mut config = server.config();
        change(&mut config);
        self.dial(config, &server.endpoint())
    }

    /// Attaches to the management interface of a client of this server, from 1. Told are states.
    pub(crate) fn attach_client(&self, server: &Server, client: usize) -> Attached<R> {
        let mut config = patient(Config::new(seed()));
        config.settings.state = true;
        self.dial(config, &Endpoint::Unix(server.of(client, "socket").into()))
    }

    pub(crate) fn dial(&self, config: Config, to: &Endpoint) -> Attached<R> {
        Attached::new(&self.runtime, config, self.runtime.stream(to))
    }

    /// Lets a daemon in that connects to us; and where it has to connect to.
    pub(crate) fn let_in(&self, at: &Endpoint) -> (Attached<R>, Endpoint) {
        let listening = self.runtime.listen(at).expect("a place to listen");
        let here = listening.endpoint();
        let door = Door::new(&self.runtime, listening);
        (Attached::new(&self.runtime, patient(Config::new(seed())), door), here)
    }

    /// Waits until this holds; what runs in the background goes on meanwhile.
    pub(crate) fn until(&self, what: &str, holds: impl FnMut() -> bool) {
        self.runtime.block_on(until(&self.runtime, what, holds));
    }
}

/// Any TCP port of this side of the network.
pub(crate) fn anywhere() -> Endpoint {
    let any: SocketAddr = ([0, 0, 0, 0], 0).into();
    Endpoint::tcp(any.ip().to_string(), any.port())
}
