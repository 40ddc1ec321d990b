//! What a test needs at hand: the daemons, clients of them, names that nobody else uses.

use std::fmt;
use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::values::HardwareAddress;
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::runtime::{Endpoint, Runtime};
use netlever_core::{Call, Client};

use crate::peers::{Facts, Peers, seed};

const PATIENCE: Duration = Duration::from_secs(60);

/// A runtime's place at the shared daemons.
#[derive(Clone, Copy, Debug)]
pub struct Seat {
    /// Stands in all names that it makes.
    pub name: &'static str,
    number: u8,
}

impl Seat {
    /// tokio's.
    pub const TOKIO: Self = Self { name: "tokio", number: 0 };
    /// async-std's.
    pub const ASYNC_STD: Self = Self { name: "async-std", number: 1 };
    /// Blocking code's.
    pub const BLOCKING: Self = Self { name: "blocking", number: 2 };

    /// How many leases each seat may change.
    pub(crate) const LEASES: u8 = 13;

    /// One of the leases that this seat may change.
    pub(crate) fn lease(self, number: u8) -> Ipv4Addr {
        assert!(number < Self::LEASES, "a seat has {} leases", Self::LEASES);
        [10, 99, 0, 120 + self.number * Self::LEASES + number].into()
    }

    /// A hardware address for one host of one test.
    pub(crate) fn mac(self, test: u8, host: u8) -> HardwareAddress {
        [2, 0, 0, 0x10 + self.number, test, host].into()
    }

    /// A name for something that one test makes.
    pub(crate) fn name(self, what: &str) -> String {
        format!("{}-{what}", self.name)
    }
}

/// A running dhcpd, by the facts that `scripts/peers` printed for it.
#[derive(Clone)]
pub(crate) struct Daemon(Facts);

impl Daemon {
    pub(crate) fn fact(&self, key: &str) -> &str {
        self.0.fact(key)
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::tcp(self.fact("address"), self.fact("port").parse().expect("a port"))
    }

    /// The key of its `omapi-key`; `None` where there is none.
    pub(crate) fn key(&self) -> Option<Key> {
        let secret = self.0.get("secret")?;
        let algorithm: Algorithm = self.fact("algorithm").parse().expect("an algorithm");
        Some(Key::from_base64(self.fact("key-name"), algorithm, secret).expect("a key"))
    }

    /// A key that its configuration has, but not as `omapi-key`.
    pub(crate) fn spare_key(&self) -> Key {
        let algorithm: Algorithm = self.fact("spare-algorithm").parse().expect("an algorithm");
        let (name, secret) = (self.fact("spare-key-name"), self.fact("spare-secret"));
        Key::from_base64(name, algorithm, secret).expect("a key")
    }

    /// What a client of it starts from. It is patient: dhcpd syncs its leases file to the disk
    /// with each change, which takes seconds on a machine that writes much beside it.
    pub(crate) fn config(&self) -> Config {
        let mut config = match self.key() {
            Some(key) => Config::signed(key, seed()),
            None => Config::unsigned(seed()),
        };
        (config.deadline, config.stall) = (PATIENCE, PATIENCE);
        config
    }

    /// Sends a signal to the process.
    pub(crate) fn signal(&self, signal: &str) {
        self.0.signal(signal, "pid");
    }

    /// Whether the process that was started is there still.
    pub(crate) fn runs(&self) -> bool {
        self.0.runs("dhcpd", "pid")
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A dhcpd of one test alone; it is stopped when this is dropped.
pub(crate) struct Own {
    pub(crate) daemon: Daemon,
    start: Start,
}

/// How a dhcpd was started.
#[derive(Clone)]
pub(crate) struct Start {
    peers: Peers,
    name: String,
    options: Vec<String>,
}

impl Start {
    /// Starts it again at the same address, with the leases file as it is.
    pub(crate) fn again(&self) -> Daemon {
        let options = self.options.iter().map(String::as_str).chain(["--keep"]);
        Daemon(self.peers.start("dhcpd", &self.name, options))
    }
}

impl Own {
    pub(crate) fn restart(&mut self) {
        self.daemon = self.start.again();
    }

    pub(crate) fn start(&self) -> Start {
        self.start.clone()
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.start.peers.stop(&self.start.name);
    }
}

/// A runtime at its seat, with the daemons around it.
#[derive(Debug)]
pub struct Lab<R> {
    pub(crate) runtime: R,
    pub(crate) seat: Seat,
    peers: Peers,
}

impl<R: Runtime> Lab<R> {
    /// The lab of this runtime.
    ///
    /// # Panics
    /// `NETLEVER_PEERS` is not set: run `scripts/test`, or start the daemons by `scripts/peers`.
    pub fn new(runtime: R, seat: Seat) -> Self {
        Self { runtime, seat, peers: Peers::new() }
    }

    /// One of the daemons that everybody uses.
    pub(crate) fn shared(&self, name: &str) -> Daemon {
        Daemon(self.peers.shared(name))
    }

    /// A daemon for this test alone.
    pub(crate) fn own(&self, test: &str, options: &[&str]) -> Own {
        let name = format!("own-{}-{test}", self.seat.name);
        let daemon = Daemon(self.peers.start("dhcpd", &name, options.iter().copied()));
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Own { daemon, start: Start { peers: self.peers.clone(), name, options } }
    }

    /// The Python interpreter that has the package which netlever replaces.
    pub(crate) fn python(&self) -> String {
        self.peers.python()
    }

    /// A client of this daemon, with its key.
    pub(crate) fn client(&self, daemon: &Daemon) -> Client<Omapi> {
        self.client_with(daemon, daemon.config())
    }

    pub(crate) fn client_with(&self, daemon: &Daemon, config: Config) -> Client<Omapi> {
        self.runtime.connect(Omapi::new(config), &daemon.endpoint())
    }

    /// Makes a call and waits for its end.
    pub(crate) fn ask<C: Call<Omapi>>(&self, client: &Client<Omapi>, call: C) -> C::Output {
        self.runtime.block_on(client.call(call))
    }

    /// Makes many calls, at most `window` at once, and gathers what they give.
    pub(crate) fn ask_all<C: Call<Omapi>>(
        &self,
        client: &Client<Omapi>,
        calls: impl IntoIterator<Item = C>,
        window: usize,
    ) -> Vec<C::Output> {
        self.runtime.block_on(async {
            let mut batch = client.batch(calls, window);
            let mut outputs = Vec::new();
            while let Some(output) = batch.next().await {
                outputs.push(output);
            }
            outputs
        })
    }

    pub(crate) fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    pub(crate) async fn sleep(&self, time: Duration) {
        let now = (self.runtime.clock())();
        self.runtime.sleep_until(now + time).await;
    }

    /// Asks, on a connection of its own, whether the daemon serves, and looks for its process.
    pub(crate) fn assert_alive(&self, daemon: &Daemon) {
        let client = self.client(daemon);
        let seed = self.ask(&client, Lookup::lease().ip_address([10, 99, 0, 101].into()));
        let seed = seed.unwrap_or_else(|error| panic!("{daemon:?} does not serve: {error}"));
        assert_eq!(seed.ip_address(), Some([10, 99, 0, 101].into()));
        assert!(daemon.runs(), "{daemon:?} is another process than was started");
    }
}

/// The code of a refusal.
pub(crate) fn code<T: fmt::Debug>(outcome: Result<T, Error>) -> u32 {
    match outcome {
        Err(Error::Refused(refused)) => refused.code.0,
        other => panic!("no refusal: {other:?}"),
    }
}

/// How many requests went out so far.
pub(crate) fn requests(client: &Client<Omapi>) -> u64 {
    client.with(|omapi| omapi.counters().requests)
}
