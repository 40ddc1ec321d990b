//! `import`: bad lines, refused lines, and the second run.

use std::io::Write;

use serde_json::json;

use super::{RUNTIMES, json, omapi, omapi_with, one};
use crate::run::{Ran, Sim, run};

const HOSTS: &str = "\
mac,name,ip,group,hostname
02:bb:00:00:00:01,i1,192.168.10.51,,
02:bb:00:00:00:02,i2,\"192.168.10.52,192.168.10.53\",staff,
# a comment

02:bb:00:00:00:03,i 3,192.168.10.54,,
02:bb:00:00:00:04,i4,192.168.10.55,nogroup,
02:bb:00:00:00:05,camera-1,192.168.10.56,,
02:bb:00:00:00:06,i6,192.168.10.57,,i6
02:bb:00:00:00:07,i7
";

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("it is written");
    file
}

fn import(sim: &Sim, text: &str, words: &[&str]) -> Ran {
    let file = file(text);
    let path = file.path().to_str().expect("UTF-8");
    omapi(sim, &[&["import", path][..], words].concat())
}

#[test]
fn bad_lines_stop_no_good_ones_and_the_second_run_is_safe() {
    for runtime in RUNTIMES {
        let sim = Sim::start(&[]);
        let ran = import(&sim, HOSTS, &["--json", "--runtime", runtime]);
        assert_eq!(ran.status, 1, "two kinds of failure: {ran:?}");
        let summary = one(&ran);
        for (what, count) in [("lines", 7), ("added", 3), ("changed", 0), ("replaced", 0)] {
            assert_eq!(summary[what], count, "{summary}");
        }
        let failed = summary["failed"].as_array().expect("a list");
        let kinds: Vec<_> =
            failed.iter().map(|one| (&one["line"], &one["error"]["kind"])).collect();
        assert_eq!(
            kinds,
            [
                (&json!(6), &json!("usage")),
                (&json!(7), &json!("not-found")),
                (&json!(8), &json!("refused")),
                (&json!(10), &json!("usage")),
            ]
        );
        for line in ["line 6, host i 3: ", "line 7, host i4: ", "line 8, host camera-1: "] {
            assert!(ran.stderr.contains(line), "{ran:?}");
        }
        assert!(ran.stderr.contains("run the same file again"), "{ran:?}");
        let host = json(&sim, &["lookup", "host", "--name", "i2"]);
        assert_eq!(host["ip-address"], json!(["192.168.10.52", "192.168.10.53"]));

        let mended = HOSTS
            .replace("i 3", "i3")
            .replace("nogroup", "staff")
            .replace("camera-1", "i5")
            .replace("00:07,i7", "00:07,i7,,,");
        let ran = import(&sim, &mended, &["--json"]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
        let summary = one(&ran);
        assert_eq!((&summary["added"], &summary["failed"]), (&json!(4), &json!([])), "{summary}");
        assert_eq!(summary["unchanged"], 1, "{summary}");
        assert_eq!(summary["changed"], 1, "a group is always set again: {summary}");
        assert_eq!(summary["replaced"], 1, "statements cannot be read back: {summary}");
    }
}

#[test]
fn a_dry_run_asks_no_server_and_strict_sends_nothing() {
    let hosts = file(HOSTS);
    let path = hosts.path().to_str().expect("UTF-8");
    let ran = run(&["omapi", "import", path, "--dry-run", "--json"]);
    assert_eq!(ran.status, 2, "all failures are bad lines: {ran:?}");
    assert_eq!(one(&ran)["sent"], false);

    let sim = Sim::start(&[]);
    let ran = import(&sim, HOSTS, &["--strict", "--json"]);
    assert_eq!((ran.status, &one(&ran)["added"]), (2, &json!(0)), "{ran:?}");
    assert_eq!(omapi(&sim, &["lookup", "host", "--name", "i1"]).status, 3);
}

#[test]
fn a_file_may_come_by_stdin_and_its_header_is_checked() {
    let sim = Sim::start(&[]);
    let ran = omapi_with(&sim, &["import", "-"], b"mac,name\n02:bb:00:00:00:01,i1\n");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(ran.stdout, "1 lines: 1 added, 0 changed, 0 replaced, 0 unchanged, 0 failed\n");
    let ran = omapi_with(&sim, &["import", "-"], b"mac,colour\n02:bb:00:00:00:01,red\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("stdin: line 1 names no column \"colour\""), "{ran:?}");
    assert_eq!(omapi(&sim, &["import", "/nowhere/hosts.csv"]).status, 2);
}

#[test]
fn a_lost_connection_says_what_was_not_done() {
    let sim = Sim::start(&["--fault", "close-at=0@12"]);
    let mut text = "mac,name\n".to_owned();
    for number in 0..200 {
        text.push_str(&format!("02:cc:00:00:00:{number:02x},n{number}\n"));
    }
    let ran = import(&sim, &text, &["--json"]);
    assert_eq!(ran.status, 7, "{ran:?}");
    let summary = one(&ran);
    let failed = summary["failed"].as_array().expect("a list").len() as u64;
    assert_eq!(summary["added"].as_u64().expect("a number") + failed, 200, "{summary}");
    assert!(ran.stderr.lines().count() < 10, "lines that say the same are told once: {ran:?}");
    assert!(ran.stderr.contains("may have been carried out"), "{ran:?}");
    // The fault struck once: the second run finishes the job.
    let ran = import(&sim, &text, &["--json"]);
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn addresses_are_only_touched_by_a_file_that_has_a_column_for_them() {
    let sim = Sim::start(&[]);
    let addresses = || {
        let host = one(&omapi(&sim, &["--json", "lookup", "host", "--mac", "02:00:00:00:02:02"]));
        host["ip-address"].clone()
    };
    let both = json!(["192.168.10.21", "192.168.10.22"]);
    for (text, after) in [
        ("mac,group\n02:00:00:00:02:02,staff\n", both.clone()),
        ("mac,name\n02:00:00:00:02:02,renamed\n", both),
        ("mac,ip\n02:00:00:00:02:02,\n", json!(null)),
    ] {
        assert_eq!(import(&sim, text, &[]).status, 0, "{text}");
        assert_eq!(addresses(), after, "{text}");
    }
}
