//! Events, over restarts, and a daemon that comes to us.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use serde_json::{Value, json};

use super::{RUNTIMES, sim};
use crate::run::{Sim, program, run};

/// A run whose lines are read while it goes on.
struct Watch {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watch {
    fn start(words: &[&str]) -> Self {
        let mut child = program()
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let lines = BufReader::new(child.stdout.take().expect("it is piped")).lines();
        Self { child, lines }
    }

    /// The next line; `null` at the end.
    fn next(&mut self) -> Value {
        let Some(line) = self.lines.next() else { return Value::Null };
        serde_json::from_str(&line.expect("text")).expect("JSON")
    }

    /// The next line of this event.
    fn until(&mut self, event: &str) -> Value {
        loop {
            let line = self.next();
            assert_ne!(line, Value::Null, "no {event}");
            if line["event"] == event {
                return line;
            }
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A data file with one client that connects, and its folder.
fn newcomer() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("clients.toml");
    let text = "[[client]]\nname = \"carol\"\naddress = \"192.0.2.7:40000\"\n\
                username = \"carol\"\npassword = \"hunter2\"\nconnects = true\n";
    std::fs::write(&file, text).expect("a file");
    let path = file.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

#[test]
fn a_client_that_connects_is_told_of_without_its_password() {
    let (_folder, data) = newcomer();
    for runtime in RUNTIMES {
        let sim = sim(&["--data", &data, "--runtime", runtime]);
        let words =
            ["--json", "openvpn", "--connect", &sim.address, "--runtime", runtime, "events"];
        let mut watch = Watch::start(&words);
        assert_eq!(watch.next(), json!({ "event": "UP", "link": 1, "management_version": 5 }));
        let connect = watch.until("CLIENT:CONNECT");
        assert_eq!((&connect["client_id"], &connect["key_id"]), (&json!(0), &json!(1)));
        let environment = connect["environment"].as_array().expect("a list");
        assert!(environment.contains(&json!(["username", "carol"])), "{connect}");
        assert!(environment.contains(&json!(["password", "[redacted]"])), "{connect}");
        assert!(!connect.to_string().contains("hunter2"));
    }
}

#[test]
fn a_restart_is_survived() {
    for runtime in RUNTIMES {
        // The first command, `state on`, is answered; the second one makes it start anew.
        let sim = sim(&["--fault", "restart@2"]);
        let words = [
            "--json",
            "openvpn",
            "--connect",
            &sim.address,
            "--runtime",
            runtime,
            "events",
            "--only",
            "UP",
            "--only",
            "DOWN",
            "--only",
            "STATE",
            "--only",
            "ECHO",
            "--count",
            "3",
        ];
        let ran = run(&words);
        assert_eq!(ran.status, 0, "{ran:?}");
        let lines = ran.lines();
        assert_eq!((&lines[0]["event"], &lines[0]["link"]), (&json!("UP"), &json!(1)));
        assert_eq!(lines[1]["event"], "DOWN", "{lines:?}");
        assert_eq!((&lines[2]["event"], &lines[2]["link"]), (&json!("UP"), &json!(2)));
    }
}

#[test]
fn only_what_is_wanted_is_told() {
    let sim = sim(&["--churn", "300ms"]);
    let words = ["--json", "openvpn", "--connect", &sim.address, "events"];
    let more = ["--only", "bytecount_cli", "--bytecount", "1", "--count", "2"];
    let ran = run(&[&words[..], &more].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
    for line in ran.lines() {
        assert_eq!(line["event"], "BYTECOUNT_CLI");
        assert!(line["client_id"].is_u64() && line["bytes_received"].is_u64(), "{line}");
    }
}

#[test]
fn a_daemon_comes_to_us() {
    for runtime in RUNTIMES {
        let words = ["--json", "openvpn", "--listen", "127.0.0.1:0", "--runtime", runtime, "stats"];
        let mut watch = Watch::start(&words);
        let here = watch.next()["listening"].as_str().expect("an address").to_owned();
        let daemon = run(&["sim", "openvpn", "--dial", &here, "--runtime", runtime]);
        assert_eq!(watch.next()["nclients"], 5);
        // It ends with the connection.
        assert_eq!(daemon.status, 0, "{daemon:?}");
    }
}

#[test]
fn the_reader_may_go() {
    let sim: Sim = sim(&["--churn", "100ms"]);
    let mut watch = Watch::start(&["--json", "openvpn", "--connect", &sim.address, "events"]);
    assert_eq!(watch.next()["event"], "UP");
    drop(watch);
    // The daemon serves the next one.
    let ran = run(&["openvpn", "--connect", &sim.address, "pid"]);
    assert_eq!(ran.status, 0, "{ran:?}");
}
