//! `netlever omapi` as a user runs it, against a simulated server.

#[path = "../run/mod.rs"]
mod run;

mod changes;
mod errors;
mod grammar;
mod import;
mod lookup;
mod raw;
mod scan;
mod secrets;
mod settings;
mod shutdown;

use run::{Ran, SECRET, Sim, finish, program};

/// The runtimes that give the same result.
const RUNTIMES: [&str; 3] = ["tokio", "async-std", "blocking"];

/// `omapi` with the address and key of this server, then these words.
fn omapi(sim: &Sim, words: &[&str]) -> Ran {
    omapi_with(sim, words, b"")
}

fn omapi_with(sim: &Sim, words: &[&str], input: &[u8]) -> Ran {
    let first = ["omapi", "--server", &sim.address, "--key-name", "k"];
    finish(program().args(first).args(words).env("NETLEVER_OMAPI_KEY", SECRET), input)
}

/// The JSON document on stdout of a run that succeeds.
fn json(sim: &Sim, words: &[&str]) -> serde_json::Value {
    let ran = omapi(sim, &[&["--json"], words].concat());
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
    one(&ran)
}

/// The JSON error of a run that fails with this status.
fn error(sim: &Sim, status: i32, words: &[&str]) -> serde_json::Value {
    let ran = omapi(sim, &[&["--json"], words].concat());
    assert_eq!(ran.status, status, "{words:?}: {ran:?}");
    assert_eq!(ran.stderr.lines().count(), 1, "one line: {ran:?}");
    one(&ran)["error"].take()
}

fn one(ran: &Ran) -> serde_json::Value {
    let mut lines = ran.lines();
    assert_eq!(lines.len(), 1, "one document: {ran:?}");
    lines.remove(0)
}
