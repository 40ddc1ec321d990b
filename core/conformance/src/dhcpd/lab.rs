//! What a test needs at hand: the daemons, clients of them, names that nobody else uses.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::values::HardwareAddress;
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::runtime::{Endpoint, Runtime};
use netlever_core::{Call, Client};

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
pub(crate) struct Daemon(BTreeMap<String, String>);

impl Daemon {
    pub(crate) fn fact(&self, key: &str) -> &str {
        self.0.get(key).unwrap_or_else(|| panic!("{key} is no fact of {self:?}"))
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
        run(Command::new("kill").args([signal, self.fact("pid")]));
    }

    /// Whether the process that was started is there still.
    pub(crate) fn runs(&self) -> bool {
        let command = std::fs::read(format!("/proc/{}/cmdline", self.fact("pid")));
        command.is_ok_and(|line| String::from_utf8_lossy(&line).contains("dhcpd"))
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get("name").map_or("a daemon without a name", |name| name))
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
        self.peers.start(&self.name, options)
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
        let Start { peers, name, .. } = &self.start;
        let stopped = peers.script().args(["stop", name]).status();
        if !std::thread::panicking() {
            assert!(stopped.is_ok_and(|status| status.success()), "{name} did not stop");
        }
    }
}

/// The environment file and the script behind it.
#[derive(Clone, Debug)]
struct Peers {
    file: PathBuf,
}

impl Peers {
    fn facts(&self, name: &str) -> BTreeMap<String, String> {
        let text = std::fs::read_to_string(&self.file).expect("the file of NETLEVER_PEERS");
        let of = format!("{name}.");
        facts(text.lines().filter_map(|line| line.strip_prefix(&of)))
    }

    fn script(&self) -> Command {
        let script = self.facts("net").remove("script").expect("net.script");
        let mut command = Command::new(script);
        // FOLDER/run/peers.env
        let folder = self.file.parent().and_then(Path::parent).expect("the folder of the peers");
        command.env("NETLEVER_PEERS_DIR", folder);
        command
    }

    fn start<'a>(&self, name: &str, options: impl IntoIterator<Item = &'a str>) -> Daemon {
        let mut script = self.script();
        let printed = run(script.args(["start", "dhcpd", "--name", name]).args(options));
        Daemon(facts(printed.lines()))
    }
}

fn facts<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, String> {
    lines.filter_map(|line| line.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect()
}

/// Runs a command that has to succeed; what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {} {errors}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// Another number for each client, also in another run.
fn seed() -> u64 {
    static CLIENTS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    (now.as_nanos() as u64).wrapping_add(number << 48)
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
        let file = std::env::var_os("NETLEVER_PEERS")
            .expect("NETLEVER_PEERS names no environment file: see scripts/peers");
        Self { runtime, seat, peers: Peers { file: file.into() } }
    }

    /// One of the daemons that everybody uses.
    pub(crate) fn shared(&self, name: &str) -> Daemon {
        let daemon = Daemon(self.peers.facts(name));
        assert!(!daemon.0.is_empty(), "{name} is not running: scripts/peers start");
        daemon
    }

    /// A daemon for this test alone.
    pub(crate) fn own(&self, test: &str, options: &[&str]) -> Own {
        let name = format!("own-{}-{test}", self.seat.name);
        let daemon = self.peers.start(&name, options.iter().copied());
        let options = options.iter().map(|&option| option.to_owned()).collect();
        Own { daemon, start: Start { peers: self.peers.clone(), name, options } }
    }

    /// The Python interpreter that has the package which netlever replaces.
    pub(crate) fn python(&self) -> String {
        self.peers.facts("net").remove("python").expect("net.python")
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
