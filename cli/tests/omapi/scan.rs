//! `scan`.

use super::{RUNTIMES, error, omapi};
use crate::run::{Ran, Sim};

fn addresses(ran: &Ran) -> Vec<String> {
    let ip = |line: &serde_json::Value| line["ip-address"].as_str().expect("an address").to_owned();
    ran.lines().iter().map(ip).collect()
}

#[test]
fn leases_are_lines_in_order_under_each_runtime() {
    let sim = Sim::start(&[]);
    for runtime in RUNTIMES {
        let ran = omapi(&sim, &["--json", "--runtime", runtime, "scan", "192.168.10.0/24"]);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
        let expected: Vec<_> = (100..200).map(|last| format!("192.168.10.{last}")).collect();
        assert_eq!(addresses(&ran), expected, "{runtime}");
    }
}

#[test]
fn states_are_chosen_and_addresses_without_lease_named() {
    let sim = Sim::start(&[]);
    let active = ["--json", "scan", "192.168.10.96/28", "--state", "active"];
    let ran = omapi(&sim, &active);
    let expected = ["102", "101", "103", "104", "105"].map(|last| format!("192.168.10.{last}"));
    let mut found = addresses(&ran);
    found.sort();
    let mut expected = expected.to_vec();
    expected.sort();
    assert_eq!(found, expected);
    let more = omapi(&sim, &[&active[..], &["--state", "expired"]].concat());
    assert_eq!(more.lines().len(), 6);
    let all = omapi(&sim, &["--json", "scan", "192.168.10.98-192.168.10.101", "--all"]);
    let lines = all.lines();
    assert_eq!(lines.len(), 4);
    assert!(lines[0]["lease"].is_null() && lines[0].get("state").is_none(), "{lines:?}");
    assert_eq!(lines[3]["state-name"], "active");
}

#[test]
fn people_see_a_table() {
    let sim = Sim::start(&[]);
    let ran = omapi(&sim, &["scan", "192.168.10.101-192.168.10.102"]);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{ran:?}");
    assert!(lines[0].starts_with("ip-address      state   ends"), "{ran:?}");
    assert!(lines[1].ends_with("frontdesk") && lines[1].contains("02:00:00:00:01:01"), "{ran:?}");
}

#[test]
fn a_range_has_its_bounds_and_a_rate_no_timeout() {
    let sim = Sim::start(&[]);
    assert_eq!(error(&sim, 2, &["scan", "10.0.0.0/15"])["kind"], "usage");
    error(&sim, 2, &["scan", "10.0.0.9-10.0.0.1"]);
    let slow = ["--json", "--rate", "40", "--timeout", "1s", "scan", "192.168.10.100/26"];
    let ran = omapi(&sim, &slow);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(ran.lines().len(), 28, "192.168.10.100 to .127");
}

#[test]
fn a_scan_ends_where_the_connection_does() {
    let sim = Sim::start(&["--fault", "close-at=0@12"]);
    let ran = omapi(&sim, &["--json", "scan", "192.168.10.100-192.168.10.140"]);
    assert_eq!(ran.status, 7, "{ran:?}");
    let lines = ran.lines();
    assert_eq!(lines.last().expect("an error")["error"]["kind"], "connection");
    assert!(lines.len() > 5, "what was found before is printed: {lines:?}");
}
