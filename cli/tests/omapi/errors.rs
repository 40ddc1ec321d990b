//! Each exit status, its line on stderr and its JSON.

use std::net::TcpListener;
use std::process::Stdio;

use serde_json::json;

use super::{RUNTIMES, error, omapi, one};
use crate::run::{SECRET, Sim, finish, program, run};

#[test]
fn nobody_listens() {
    let address = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    for runtime in RUNTIMES {
        let ran = run(&[
            "--json",
            "omapi",
            "--runtime",
            runtime,
            "--unsigned",
            "--server",
            &address,
            "lookup",
            "host",
            "--name",
            "x",
        ]);
        assert_eq!(ran.status, 7, "{ran:?}");
        let error = &one(&ran)["error"];
        assert_eq!((&error["kind"], error.get("code")), (&json!("connection"), None));
        let message = error["message"].as_str().expect("text");
        for part in ["looking up host name=x", &address, "refused", "omapi-port"] {
            assert!(message.contains(part), "{message}");
        }
        assert_eq!(ran.stderr, format!("netlever: error: {message}\n"));
    }
}

#[test]
fn nobody_answers() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    for runtime in RUNTIMES {
        let ran = run(&[
            "--json",
            "omapi",
            "--runtime",
            runtime,
            "--unsigned",
            "--server",
            &address,
            "--timeout",
            "200ms",
            "lookup",
            "host",
            "--name",
            "x",
        ]);
        assert_eq!((ran.status, &one(&ran)["error"]["kind"]), (6, &json!("timeout")), "{ran:?}");
    }
    let sim = Sim::start(&["--fault", "silence@2"]);
    let late = error(&sim, 6, &["--timeout", "200ms", "lookup", "host", "--name", "printer"]);
    assert!(late["message"].as_str().expect("text").contains("--timeout"), "{late}");
}

#[test]
fn the_key_is_wrong_in_each_way() {
    let sim = Sim::start(&[]);
    let lookup = ["lookup", "host", "--name", "printer"];
    let with = |secret: &str, words: &[&str]| {
        let first = ["--json", "omapi", "--server", &sim.address];
        let mut command = program();
        command.args(first).args(words).args(lookup).env("NETLEVER_OMAPI_KEY", secret);
        finish(&mut command, b"")
    };
    for (secret, words, name) in [
        ("d3Jvbmc=", &["--key-name", "k"][..], json!("INVALIDKEY")),
        (SECRET, &["--key-name", "other"], json!("NOTFOUND")),
        (SECRET, &["--key-name", "k", "--algorithm", "hmac-sha256"], json!("NOTFOUND")),
        (SECRET, &["--unsigned"], json!("NOKEYS")),
    ] {
        let ran = with(secret, words);
        assert_eq!(ran.status, 5, "{ran:?}");
        let error = &one(&ran)["error"];
        assert_eq!((&error["kind"], &error["name"]), (&json!("authentication"), &name), "{error}");
    }
    for (secret, words) in
        [("", &["--key-name", "k"][..]), (SECRET, &[]), ("%%%", &["--key-name", "k"])]
    {
        let ran = with(secret, words);
        assert_eq!((ran.status, &one(&ran)["error"]["kind"]), (2, &json!("usage")), "{ran:?}");
    }
}

#[test]
fn the_server_breaks_the_protocol() {
    for fault in ["wrong-signature@2", "unsigned@2", "wrong-rid@2", "version=7", "long-value@2"] {
        let sim = Sim::start(&["--fault", fault]);
        let broken = error(&sim, 1, &["lookup", "host", "--name", "printer"]);
        assert_eq!(broken["kind"], "protocol", "{fault}: {broken}");
    }
    let sim = Sim::start(&["--fault", "close-at=5@2"]);
    let lost = error(&sim, 7, &["del", "host", "--name", "printer"]);
    let message = lost["message"].as_str().expect("text");
    assert!(message.contains("may have been carried out"), "{message}");
}

#[test]
fn not_found_and_refused_differ() {
    let sim = Sim::start(&[]);
    let missing = error(&sim, 3, &["lookup", "host", "--name", "nobody"]);
    assert_eq!((&missing["kind"], &missing["code"]), (&json!("not-found"), &json!(23)));
    assert_eq!(missing["name"], "NOTFOUND");
    let refused = error(&sim, 4, &["open", "pool", "--expert", "x=1"]);
    assert_eq!((&refused["kind"], &refused["name"]), (&json!("refused"), &json!("NOTIMPLEMENTED")));
    let plain = omapi(&sim, &["lookup", "host", "--name", "nobody"]);
    assert_eq!((plain.status, plain.stdout.as_str()), (3, ""), "JSON is only for --json");
}

#[test]
fn a_failure_keeps_its_status_when_nobody_reads_it() {
    let words = ["--json", "omapi", "--server", "127.0.0.1:1", "--unsigned", "lookup", "control"];
    let mut command = program();
    command.args(words).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it starts");
    drop(child.stdout.take());
    assert_eq!(child.wait().expect("it ends").code(), Some(7));
}

#[test]
fn a_name_that_is_nobodys_is_told_as_such() {
    for runtime in RUNTIMES {
        let words = ["--runtime", runtime, "omapi", "--server", "nobody.invalid", "--unsigned"];
        let ran = run(&[&words[..], &["lookup", "control"]].concat());
        assert_eq!(ran.status, 7, "{ran:?}");
        assert!(ran.stderr.contains("of this name?"), "{ran:?}");
    }
}
