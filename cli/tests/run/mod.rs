//! Runs the program as a user does.
#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod pcap;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A key's secret, in base64.
pub(crate) const SECRET: &str = "bmV0bGV2ZXItbWQ1LWtleQ==";

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The JSON lines on stdout; there is nothing else.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let read =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|why| panic!("{why}: {self:?}"));
        self.stdout.lines().map(read).collect()
    }
}

/// The program, without the settings of whoever runs the tests.
pub(crate) fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netlever"));
    command.env("XDG_CONFIG_HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env_remove("NETLEVER_OMAPI_KEY").env_remove("NETLEVER_OPENVPN_PASSWORD");
    command
}

/// Runs it with these words.
pub(crate) fn run(words: &[&str]) -> Ran {
    run_with(words, b"")
}

/// Runs it with these words and this standard input.
pub(crate) fn run_with(words: &[&str], input: &[u8]) -> Ran {
    finish(program().args(words), input)
}

/// Runs any program to its end, no longer than a minute.
pub(crate) fn finish(command: &mut Command, input: &[u8]) -> Ran {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut stdin = child.stdin.take().expect("it is piped");
    let input = input.to_vec();
    let writer = std::thread::spawn(move || {
        // Whoever ends early does not read all.
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic");
    Ran {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("UTF-8"),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A simulated server of this program.
pub(crate) struct Sim {
    child: Child,
    /// What it said first: where it listens.
    pub(crate) address: String,
}

impl Sim {
    /// One on any port of loopback, whose key is `k` with [`SECRET`].
    pub(crate) fn start(more: &[&str]) -> Self {
        let mut words = vec!["sim", "omapi", "--listen", "127.0.0.1:0", "--key-name", "k"];
        words.extend(more);
        Self::start_with(&words)
    }

    /// One that is started by these words.
    pub(crate) fn start_with(words: &[&str]) -> Self {
        let mut child = program()
            .args(words)
            .env("NETLEVER_OMAPI_KEY", SECRET)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line");
        let address = line.trim_end().strip_prefix("listening on ").unwrap_or_else(|| {
            let _ = child.kill();
            panic!("it says {line:?}")
        });
        Self { address: address.to_owned(), child }
    }

    /// The port that it listens at.
    pub(crate) fn port(&self) -> &str {
        self.address.rsplit(':').next().expect("a port")
    }

    /// `omapi shell` on this script, with its address and key.
    pub(crate) fn shell(&self, words: &[&str], script: &str) -> Ran {
        let mut all = vec!["omapi", "--server", &self.address, "--key-name", "k"];
        all.extend(words);
        all.push("shell");
        finish(program().args(all).env("NETLEVER_OMAPI_KEY", SECRET), script.as_bytes())
    }

    /// Waits for the process to end; its exit status.
    pub(crate) fn ends_within(&mut self, time: Duration) -> Option<i32> {
        let until = Instant::now() + time;
        while Instant::now() < until {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    /// The number of the process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
