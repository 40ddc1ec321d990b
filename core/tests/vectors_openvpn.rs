//! Recordings of OpenVPN daemons: both directions of a connection, read whole and in any cuts.
//!
//! `vectors/openvpn/` has one recording a file, with any names. The environment variable
//! `NETLEVER_VECTORS` names another folder to find `openvpn/` in.
#![cfg(feature = "openvpn")]

#[path = "openvpn_recordings/mod.rs"]
mod recordings;

use netlever_core::openvpn::command::{self, Encoded};
use netlever_core::openvpn::lexer::arguments;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use recordings::{Recording, all, cases, text};
use serde_json::Value;

#[test]
fn vectors_openvpn_recordings_say_what_they_should() {
    for recording in all() {
        recording.check(&|octets| vec![octets.len()], "as recorded");
    }
}

#[test]
fn vectors_openvpn_any_size_of_cuts_says_the_same() {
    for recording in all() {
        for size in [1, 2, 3, 7, 64, 1000] {
            let cuts = |octets: &[u8]| octets.chunks(size).map(<[u8]>::len).collect();
            recording.check(&cuts, &format!("{size} octets at a time"));
        }
    }
}

#[test]
fn vectors_openvpn_random_cuts_say_the_same() {
    let recordings = all();
    let mut runner = TestRunner::new(Config { cases: 12, ..Config::default() });
    let sizes = prop::collection::vec(1_usize..90, 1..40);
    runner
        .run(&sizes, |sizes| {
            for recording in &recordings {
                let cuts = |octets: &[u8]| {
                    let mut left = octets.len();
                    let mut cuts = Vec::new();
                    for size in sizes.iter().cycle() {
                        if left == 0 {
                            break;
                        }
                        cuts.push(left.min(*size));
                        left -= left.min(*size);
                    }
                    cuts
                };
                recording.check(&cuts, &format!("cut in {sizes:?}"));
            }
            Ok(())
        })
        .expect("the same in any cuts");
}

/// Notifications may stand between any two lines outside of blocks and environments: the replies
/// must be the same, and each notification must come out.
#[test]
fn vectors_openvpn_notifications_between_lines_change_nothing_else() {
    for recording in all() {
        recording.check_with_notifications();
    }
}

#[test]
fn vectors_openvpn_commands_encode_as_the_daemon_reads_them() {
    for case in cases() {
        let encoded = encode(&case);
        if let Some(reason) = case.get("must_reject") {
            assert!(encoded.is_err(), "{reason}: {case}");
            continue;
        }
        let encoded = encoded.unwrap_or_else(|why| panic!("{why}: {case}"));
        let octets = encoded.expose();
        if let Some(expected) = case.get("lexer_must_yield") {
            let line = octets.strip_suffix(b"\n").expect("a line end");
            assert!(!line.contains(&b'\n'), "{case}");
            assert_eq!(arguments(line).as_ref(), Ok(&list(expected)), "{case}");
        }
        if let Some(wire) = case.get("wire") {
            assert_eq!(octets, text(wire), "{case}");
        }
        if case.get("should_warn").is_some() {
            assert!(!encoded.warnings().is_empty(), "{case}");
        }
    }
}

fn encode(case: &Value) -> Result<Encoded, command::CommandError> {
    if let Some(raw) = case.get("raw") {
        return command::raw(&text(raw));
    }
    if let Some(args) = case.get("text_command") {
        return command::text(&list(args), &list(&case["lines"]));
    }
    command::line(&list(&case["args"]))
}

fn list(value: &Value) -> Vec<Vec<u8>> {
    value.as_array().expect("a list").iter().map(text).collect()
}

/// The reader never says more than what it read.
#[test]
fn vectors_openvpn_nothing_secret_is_printed() {
    for recording in all() {
        for printed in recording.printed() {
            for secret in recording.secrets() {
                assert!(!printed.contains(&secret), "{}: {printed}", recording.name);
            }
        }
    }
}

#[test]
fn vectors_openvpn_folder_is_not_empty() {
    assert!(!all().is_empty());
    let described = |recording: &Recording| !recording.name.is_empty();
    assert!(all().iter().all(described));
}
