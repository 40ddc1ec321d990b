//! Each exit status, its line on stderr and its JSON.

use std::net::TcpListener;

use serde_json::json;

use super::{RUNTIMES, error, one, openvpn, sim};
use crate::run::run;

#[test]
fn nobody_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    for runtime in RUNTIMES {
        for verb in ["state", "events"] {
            let words = ["--json", "openvpn", "--runtime", runtime, "--connect", &address, verb];
            let ran = run(&words);
            assert_eq!(ran.status, 7, "{ran:?}");
            let error = &one(&ran)["error"];
            assert_eq!(error["kind"], "connection");
            let message = error["message"].as_str().expect("text");
            assert!(message.contains(&address) && message.contains("management"), "{message}");
            assert_eq!(ran.stderr, format!("netlever: error: {message}\n"));
        }
    }
    let ran = run(&["openvpn", "--unix", "/nonexistent/vpn.sock", "pid"]);
    assert_eq!(ran.status, 7, "{ran:?}");
}

#[test]
fn nobody_answers_or_somebody_else_is_served() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = silent.local_addr().expect("an address").to_string();
    for runtime in RUNTIMES {
        let ran = run(&[
            "--json",
            "openvpn",
            "--runtime",
            runtime,
            "--connect",
            &address,
            "--timeout",
            "300ms",
            "stats",
        ]);
        let error = &one(&ran)["error"];
        assert_eq!((ran.status, &error["kind"]), (6, &json!("timeout")), "{ran:?}");
        assert!(error["message"].as_str().expect("text").contains("busy"), "{error}");
    }
    let slow = sim(&["--fault", "silence"]);
    let late = error(&slow, 6, &["--timeout", "300ms", "stats"]);
    assert!(late["message"].as_str().expect("text").contains("--timeout"), "{late}");
}

#[test]
fn the_password_is_wrong_or_missing() {
    let sim = sim(&["--password", "right"]);
    for (words, why) in
        [(&["state"][..], "NETLEVER_OPENVPN_PASSWORD"), (&["events"], "NETLEVER_OPENVPN_PASSWORD")]
    {
        let error = error(&sim, 5, words);
        assert_eq!(error["kind"], "authentication");
        assert!(error["message"].as_str().expect("text").contains(why), "{error}");
    }
    let wrong = openvpn(&sim, &["--password", "wrong", "state"]);
    assert_eq!(wrong.status, 5, "{wrong:?}");
    assert!(wrong.stderr.contains("management password is wrong"), "{}", wrong.stderr);
}

#[test]
fn refusals_and_what_is_not_found() {
    let sim = sim(&[]);
    assert_eq!(error(&sim, 3, &["kill", "nobody"])["kind"], "not-found");
    assert_eq!(error(&sim, 4, &["client-kill", "77"])["kind"], "refused");
    assert_eq!(error(&sim, 4, &["raw", "frob"])["kind"], "refused");
    assert_eq!(error(&sim, 4, &["remote", "accept"])["kind"], "refused");
    assert_eq!(error(&sim, 3, &["raw", "kill nobody"])["kind"], "not-found");
}

#[test]
fn a_broken_daemon_is_no_success() {
    for (fault, status) in [("wrong-prompt", 1), ("drop", 7), ("endless-line", 1)] {
        let sim = sim(&["--fault", fault]);
        let error = error(&sim, status, &["--timeout", "2s", "pid"]);
        assert!(error["message"].is_string(), "{fault}: {error}");
    }
}

#[test]
fn a_listing_that_breaks_off_says_so() {
    let sim = sim(&["--fault", "truncated-block"]);
    let ran = openvpn(&sim, &["--json", "--timeout", "2s", "status"]);
    // Nothing tells the end of it but the deadline.
    assert_eq!(ran.status, 6, "{ran:?}");
}

#[test]
fn the_daemon_must_be_named_once() {
    for (words, why) in [
        (&["openvpn", "state"][..], "which daemon?"),
        (&["openvpn", "--connect", "a:1", "--unix", "/x", "state"], "one of --connect"),
        (&["openvpn", "--connect", "a", "state"], "no port"),
    ] {
        let ran = run(words);
        assert_eq!(ran.status, 2, "{ran:?}");
        assert!(ran.stderr.contains(why) && ran.stdout.is_empty(), "{ran:?}");
    }
}

#[test]
fn a_table_needs_a_terminal() {
    let ran = run(&["openvpn", "--connect", "127.0.0.1:1", "top"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("needs a terminal"), "{}", ran.stderr);
}
