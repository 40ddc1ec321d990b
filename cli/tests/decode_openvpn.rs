//! `decode openvpn`: recordings of real daemons, as captures, and text as people have it.

mod run;

use std::path::PathBuf;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pcap_file::DataLink;
use serde_json::{Value, json};

use run::pcap::{Wire, pcap};
use run::{Ran, finish, program, run_with};

fn recordings() -> Vec<Value> {
    let folder = env::var_os("NETLEVER_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/vectors"),
        PathBuf::from,
    );
    let folder = folder.join("openvpn");
    let files = fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let read = |file: fs::DirEntry| {
        let text = fs::read_to_string(file.path()).expect("a recording");
        serde_json::from_str::<Value>(&text).expect("JSON")
    };
    files.map(|file| read(file.expect("a file"))).collect()
}

fn octets(event: &Value) -> Vec<u8> {
    match (event["s"].as_str(), event["b64"].as_str()) {
        (Some(text), _) => text.as_bytes().to_vec(),
        (None, Some(text)) => STANDARD.decode(text).expect("base64"),
        (None, None) => Vec::new(),
    }
}

/// Decodes a capture of what passed.
fn capture(recording: &Value, words: &[&str]) -> Ran {
    // Of a connection that is come upon, the first segment must be the first.
    let (mut wire, cut) = match recording["starts"] == "greeting" {
        true => (Wire::open(7505), 900),
        false => (Wire::midway(7505), 60_000),
    };
    for event in recording["events"].as_array().expect("events") {
        let octets = octets(event);
        if !octets.is_empty() {
            wire.say(event["dir"] == "c2d", &octets, cut);
        }
    }
    let mut command = program();
    command.args(["--json", "decode", "openvpn", "--pcap", "-"]).args(words);
    finish(&mut command, &pcap(&wire.packets, DataLink::IPV4))
}

#[test]
fn vectors_openvpn_are_explained_from_captures() {
    let known = |recording: &&Value| {
        recording["events"].is_array()
            && recording["expected"].is_array()
            && (recording["starts"] == "greeting" || recording["management_version"] == 5)
    };
    for recording in recordings().iter().filter(known) {
        let name = &recording["name"];
        let ran = capture(recording, &[]);
        assert_eq!(ran.status, 0, "{name}: {ran:?}");
        let lines = ran.lines();
        let told = |kinds: &[&str]| {
            lines.iter().filter(|line| kinds.iter().any(|kind| line["kind"] == *kind)).count()
        };
        let expected = |is: &dyn Fn(&str) -> bool| {
            let all = recording["expected"].as_array().expect("items");
            all.iter().filter(|item| is(item["t"].as_str().expect("a type"))).count()
        };
        assert_eq!(told(&["event"]), expected(&|kind| kind == "event"), "{name}");
        assert_eq!(told(&["greeting"]), expected(&|kind| kind == "greeting"), "{name}");
        let replies = |kind: &str| {
            !kind.starts_with("password_")
                && !["event", "greeting", "partial", "eof", "unanswered"].contains(&kind)
        };
        assert_eq!(told(&["reply"]), expected(&replies), "{name}: {:?}", ran.stdout);
        assert_eq!(told(&["line", "gap", "broken"]), 0, "{name}");
        assert_eq!((told(&["connection"]), told(&["closed"])), (1, 1), "{name}");
    }
}

#[test]
fn vectors_openvpn_secrets_are_not_shown() {
    for recording in recordings().iter().filter(|it| it["expected"].is_array()) {
        let expected = recording["expected"].as_array().expect("items");
        let passwords = expected.iter().flat_map(|item| {
            let env = item["env"].as_array().cloned().unwrap_or_default();
            let of =
                |pair: &Value| (pair[0] == "password").then(|| pair[1].as_str().map(str::to_owned));
            env.iter().filter_map(of).flatten().collect::<Vec<_>>()
        });
        let passwords: Vec<_> = passwords.filter(|password| password.len() > 4).collect();
        let ran = capture(recording, &[]);
        for password in passwords {
            assert!(!ran.stdout.contains(&password), "{}", recording["name"]);
        }
    }
}

#[test]
fn one_direction_is_told_line_by_line() {
    let text = b">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n\
        >HOLD:Waiting for hold release:0\r\nSUCCESS: pid=7\r\n>STA";
    let ran = run_with(&["--json", "decode", "openvpn", "-"], text);
    assert_eq!(
        (ran.status, ran.lines()),
        (
            0,
            vec![
                json!({ "kind": "greeting", "management_version": 5 }),
                json!({ "kind": "event", "event": "HOLD", "text": "Waiting for hold release",
                        "seconds": 0 }),
                json!({ "kind": "line", "line": "SUCCESS: pid=7" }),
                json!({ "kind": "partial", "line": ">STA" }),
            ]
        )
    );
    let ran = run_with(&["decode", "openvpn", "706964"], b"");
    assert_eq!((ran.status, ran.stdout.as_str()), (0, "< pid (cut)\n"), "{ran:?}");
    let ran = run_with(&["--json", "decode", "openvpn", "--commands", "-"], b"pid\nstate on\n");
    assert_eq!(ran.lines()[1], json!({ "kind": "command", "line": "state on" }), "{ran:?}");
}

#[test]
fn endless_lines_and_nothing_are_failures() {
    let ran = run_with(&["--json", "decode", "openvpn", "-"], &vec![b'y'; 100_000]);
    assert_eq!((ran.status, &ran.lines()[0]["kind"]), (1, &json!("broken")), "{ran:?}");
    assert_eq!(run_with(&["decode", "openvpn", "-"], b"").status, 1);
}
