//! `netlever openvpn` as a user runs it, against a simulated daemon.

#[path = "../run/mod.rs"]
mod run;

mod auth;
mod changes;
mod errors;
mod events;
mod parse;
mod reads;

use run::{Ran, Sim, run};
use serde_json::Value;

/// The runtimes that give the same result.
const RUNTIMES: [&str; 3] = ["tokio", "async-std", "blocking"];

/// A simulated daemon on any port of loopback.
fn sim(more: &[&str]) -> Sim {
    Sim::start_with(&[&["sim", "openvpn", "--listen", "127.0.0.1:0"], more].concat())
}

/// `openvpn` with the address of this daemon, then these words.
fn openvpn(sim: &Sim, words: &[&str]) -> Ran {
    run(&[&["openvpn", "--connect", &sim.address], words].concat())
}

/// The JSON document on stdout of a run that succeeds.
fn json(sim: &Sim, words: &[&str]) -> Value {
    let ran = openvpn(sim, &[&["--json"], words].concat());
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
    one(&ran)
}

/// The JSON error of a run that fails with this status.
fn error(sim: &Sim, status: i32, words: &[&str]) -> Value {
    let ran = openvpn(sim, &[&["--json"], words].concat());
    assert_eq!(ran.status, status, "{words:?}: {ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "one line: {ran:?}");
    one(&ran)["error"].take()
}

fn one(ran: &Ran) -> Value {
    let mut lines = ran.lines();
    assert_eq!(lines.len(), 1, "one document: {ran:?}");
    lines.remove(0)
}
