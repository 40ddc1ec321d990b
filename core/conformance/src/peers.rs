//! Real daemons around a test: what `scripts/peers` started, and the script itself.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// What `scripts/peers` printed for one instance: lines `key=value`.
#[derive(Clone)]
pub(crate) struct Facts(BTreeMap<String, String>);

impl Facts {
    fn of<'a>(lines: impl Iterator<Item = &'a str>) -> Self {
        let pairs = lines.filter_map(|line| line.split_once('='));
        Self(pairs.map(|(key, value)| (key.into(), value.into())).collect())
    }

    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    pub(crate) fn fact(&self, key: &str) -> &str {
        self.get(key).unwrap_or_else(|| panic!("{key} is no fact of {self:?}"))
    }

    /// Sends a signal to the process of this fact.
    pub(crate) fn signal(&self, signal: &str, pid: &str) {
        run(Command::new("kill").args([signal, self.fact(pid)]));
    }

    /// Whether the process of this fact, a daemon of this name, is there still.
    pub(crate) fn runs(&self, daemon: &str, pid: &str) -> bool {
        let command = std::fs::read(format!("/proc/{}/cmdline", self.fact(pid)));
        command.is_ok_and(|line| String::from_utf8_lossy(&line).contains(daemon))
    }
}

impl std::fmt::Debug for Facts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.get("name").unwrap_or("a daemon without a name"))
    }
}

/// The environment file and the script behind it.
#[derive(Clone, Debug)]
pub(crate) struct Peers {
    file: PathBuf,
}

impl Peers {
    /// Those of this run.
    ///
    /// # Panics
    /// `NETLEVER_PEERS` is not set: run `scripts/test`, or start the daemons by `scripts/peers`.
    pub(crate) fn new() -> Self {
        let file = std::env::var_os("NETLEVER_PEERS")
            .expect("NETLEVER_PEERS names no environment file: see scripts/peers");
        Self { file: file.into() }
    }

    fn facts(&self, name: &str) -> Facts {
        let text = std::fs::read_to_string(&self.file).expect("the file of NETLEVER_PEERS");
        let of = format!("{name}.");
        Facts::of(text.lines().filter_map(|line| line.strip_prefix(&of)))
    }

    fn script(&self) -> Command {
        let mut command = Command::new(self.facts("net").fact("script"));
        // FOLDER/run/peers.env
        let folder = self.file.parent().and_then(Path::parent).expect("the folder of the peers");
        command.env("NETLEVER_PEERS_DIR", folder);
        command
    }

    /// One of the daemons that everybody uses.
    pub(crate) fn shared(&self, name: &str) -> Facts {
        let facts = self.facts(name);
        assert!(!facts.0.is_empty(), "{name} is not running: scripts/peers start");
        facts
    }

    /// Starts a daemon.
    pub(crate) fn start<'a>(
        &self,
        kind: &str,
        name: &str,
        options: impl IntoIterator<Item = &'a str>,
    ) -> Facts {
        let mut script = self.script();
        let printed = run(script.args(["start", kind, "--name", name]).args(options));
        Facts::of(printed.lines())
    }

    /// Stops a daemon, in a test that may be failing already.
    pub(crate) fn stop(&self, name: &str) {
        let stopped = self.script().args(["stop", name]).status();
        if !std::thread::panicking() {
            assert!(stopped.is_ok_and(|status| status.success()), "{name} did not stop");
        }
    }

    /// The Python interpreter that has the packages which netlever replaces.
    pub(crate) fn python(&self) -> String {
        self.facts("net").fact("python").to_owned()
    }
}

/// Runs a command that has to succeed; what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command.output().expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {} {errors}", output.status);
    String::from_utf8(output.stdout).expect("text")
}

/// Another number for each client, also in another run.
pub(crate) fn seed() -> u64 {
    static CLIENTS: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970");
    let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
    (now.as_nanos() as u64).wrapping_add(number << 48)
}
