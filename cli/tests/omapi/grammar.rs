//! Where words may stand, and who asks for what.

use serde_json::json;

use super::{omapi, one};
use crate::run::{SECRET, Sim, finish, program, run};

#[test]
fn options_stand_anywhere_behind_their_word() {
    let sim = Sim::start(&[]);
    let (server, lookup) = (sim.address.as_str(), ["lookup", "host"]);
    let options = ["--server", server, "--key-name", "k"];
    let key = ["--name", "printer"];
    for words in [
        [&["--json", "omapi"][..], &options, &lookup, &key].concat(),
        [&["omapi", "--json"][..], &lookup, &key, &options].concat(),
        [&["omapi", "lookup"][..], &options, &["host", "--json"], &key].concat(),
        [&["omapi"][..], &lookup, &options[..2], &key, &options[2..], &["--json"]].concat(),
        // The last word counts: what a shell alias gives can be given again.
        [&["--json", "omapi", "--server", "nowhere"][..], &lookup, &key, &options, &["--json"]]
            .concat(),
    ] {
        let ran = finish(program().args(&words).env("NETLEVER_OMAPI_KEY", SECRET), b"");
        assert_eq!(ran.status, 0, "{words:?}: {ran:?}");
        assert_eq!(one(&ran)["name"], "printer");
    }
}

#[test]
fn keygen_asks_for_no_server_and_makes_another_key_each_time() {
    let make = |words: &[&str]| one(&run(&[&["omapi", "keygen", "--json"], words].concat()));
    let (one, other) = (make(&[]), make(&[]));
    assert_ne!(one["secret"], other["secret"]);
    assert_eq!(one["algorithm"], "hmac-sha256");
    for (algorithm, letters) in [("hmac-md5", 24), ("hmac-sha1", 28), ("hmac-sha512", 88)] {
        let key = make(&["--algorithm", algorithm, "--key-name", "k"]);
        let secret = key["secret"].as_str().expect("text");
        assert_eq!(secret.len(), letters, "as many octets as the digest: {key}");
        let lines = key["dhcpd.conf"].as_str().expect("text");
        assert_eq!(
            lines,
            format!(
                "key k {{\n  algorithm {algorithm};\n  secret {secret};\n}};\nomapi-port \
                 7911;\nomapi-key k;\n"
            )
        );
    }
    assert_eq!(run(&["omapi", "keygen", "--key-name", "a b"]).status, 2);
}

#[test]
fn a_new_key_works_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("key");
    let path = path.to_str().expect("UTF-8");
    let made = run(&["omapi", "keygen", "--write", path, "--key-name", "n"]);
    assert_eq!(made.status, 0, "{made:?}");
    assert_eq!(run(&["omapi", "keygen", "--write", path]).status, 2, "no key is written over");
    let key = ["--key-name", "n", "--secret-file", path, "--algorithm", "hmac-sha256"];
    let sim = Sim::start_with(&[&["sim", "omapi", "--listen", "127.0.0.1:0"][..], &key].concat());
    let lookup = ["omapi", "lookup", "control", "--server", &sim.address];
    let ran = run(&[&lookup[..], &key].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn what_is_missing_is_named() {
    for (words, says) in [
        (&["omapi", "lookup", "host", "--name", "x"][..], "--server"),
        (&["omapi", "--server", "h", "lookup", "host", "--name", "x"], "--secret-file"),
        (&["omapi", "--server", "h", "--unsigned", "lookup", "host"], "--name"),
        (&["omapi", "--server", "h:x", "--unsigned", "shutdown"], "port"),
        (&["omapi", "--timeout", "5d", "shutdown"], "length of time"),
        (&["omapi", "--runtime", "go", "shutdown"], "tokio"),
        (&["omapi", "lookup", "hosts"], "hosts"),
    ] {
        let ran = run(words);
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert_eq!(ran.stderr.lines().count(), 1, "{ran:?}");
        assert!(
            ran.stderr.starts_with("netlever: error: ") && ran.stderr.contains(says),
            "{ran:?}"
        );
        let ran = run(&[words, &["--json"]].concat());
        assert_eq!((ran.status, &one(&ran)["error"]["kind"]), (2, &json!("usage")), "{ran:?}");
    }
}

#[test]
fn help_teaches() {
    for words in [
        &["--help"][..],
        &["omapi", "--help"],
        &["omapi", "lookup", "--help"],
        &["omapi", "add", "host", "--help"],
        &["omapi", "import", "--help"],
        &["omapi", "scan", "--help"],
    ] {
        let ran = run(words);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
        let wide = ran.stdout.lines().find(|line| line.chars().count() > 100);
        assert_eq!(wide, None, "{words:?}");
        assert!(ran.stdout.contains("netlever omapi"), "{words:?}: {}", ran.stdout);
    }
    let bare = run(&["omapi", "lookup", "--json"]);
    assert_eq!((bare.status, &one(&bare)["error"]["kind"]), (2, &json!("usage")));
}

#[test]
fn messages_and_octets_are_shown_on_stderr() {
    let sim = Sim::start(&[]);
    let lookup = ["lookup", "host", "--name", "printer", "--json"];
    let messages = omapi(&sim, &[&lookup[..], &["-v"]].concat());
    for part in ["> open", "type=host | name=printer", "< update", "hardware-type=ethernet"] {
        assert!(messages.stderr.contains(part), "{part}: {messages:?}");
    }
    assert!(!messages.stderr.contains("0000  "), "{messages:?}");
    assert_eq!(one(&messages)["name"], "printer", "stdout is JSON and nothing else");
    let octets = omapi(&sim, &[&lookup[..], &["-vv"]].concat());
    assert!(octets.stderr.contains("  0000  00 00 00 64 00 00 00 18"), "{octets:?}");
}
