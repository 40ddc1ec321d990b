//! `shutdown`: waits for the end, and says what happened.

use std::thread;

use super::{RUNTIMES, error, json};
use crate::run::Sim;

#[test]
fn the_server_ends_and_refuses_connections() {
    thread::scope(|scope| {
        for runtime in RUNTIMES {
            scope.spawn(move || {
                let sim = Sim::start(&[]);
                let told = json(&sim, &["shutdown", "--runtime", runtime]);
                assert_eq!(told["shutdown"], true);
                assert_eq!(told["refuses-connections"], true, "{told}");
                assert!(told["seconds"].as_f64().expect("a number") > 5.0, "{told}");
                assert_eq!(error(&sim, 7, &["lookup", "control"])["kind"], "connection");
            });
        }
    });
}

#[test]
fn a_deadline_that_passes_first_leaves_it_unknown() {
    let sim = Sim::start(&[]);
    let unknown = error(&sim, 6, &["--timeout", "300ms", "shutdown"]);
    assert_eq!(unknown["kind"], "timeout");
    let message = unknown["message"].as_str().expect("text");
    assert!(message.contains("may have been carried out"), "{message}");
}
