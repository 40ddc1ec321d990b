//! `lookup`: shapes and keys.

use serde_json::json;

use super::{RUNTIMES, error, json, omapi};
use crate::run::Sim;

#[test]
fn a_lease_is_the_same_under_each_runtime() {
    let sim = Sim::start(&[]);
    let mut seen = vec![];
    for runtime in RUNTIMES {
        let lease =
            json(&sim, &["lookup", "lease", "--ip", "192.168.10.101", "--runtime", runtime]);
        assert_eq!((&lease["state"], &lease["state-name"]), (&json!(2), &json!("active")));
        assert_eq!(lease["ip-address"], "192.168.10.101");
        assert_eq!(lease["hardware-address"], "02:00:00:00:01:01");
        assert_eq!(lease["dhcp-client-identifier"], json!({ "hex": "01020000000101" }));
        assert_eq!(lease["client-hostname"], "frontdesk");
        assert_eq!(lease["vendor-string"], json!({ "hex": "4d53465420352e30" }));
        assert_eq!(lease["tsfp-time"], json!(null));
        assert!(lease["ends"].is_u64() && lease["ends-time"].as_str().unwrap().ends_with('Z'));
        seen.push(lease);
    }
    assert!(seen.iter().all(|lease| *lease == seen[0]), "{seen:?}");
}

#[test]
fn an_endless_lease_ends_never() {
    let sim = Sim::start(&[]);
    let lease = json(&sim, &["lookup", "lease", "--ip", "192.168.10.105"]);
    assert_eq!((&lease["ends"], &lease["ends-time"]), (&json!(0x7fff_ffff), &json!("never")));
    assert_eq!(lease["flags"], 4);
    let text = omapi(&sim, &["lookup", "lease", "--ip", "192.168.10.105"]).stdout;
    assert!(text.contains("\nends              never\n"), "{text}");
    assert!(text.contains("\nflags             reserved\n"), "{text}");
    assert!(!text.contains('\x1b'), "no colours in a pipe");
    let coloured = omapi(&sim, &["--color", "always", "lookup", "lease", "--ip", "192.168.10.105"]);
    assert!(coloured.stdout.contains('\x1b'), "{coloured:?}");
}

#[test]
fn leases_are_found_by_each_key_and_all_keys_must_agree() {
    let sim = Sim::start(&[]);
    for keys in [
        &["--mac", "02-00-00-00-01-01"][..],
        &["--client-id", "01:02:00:00:00:01:01"],
        &["--client-id", "0x01020000000101", "--ip", "192.168.10.101"],
    ] {
        let lease = json(&sim, &[&["lookup", "lease"], keys].concat());
        assert_eq!(lease["ip-address"], "192.168.10.101", "{keys:?}");
    }
    let conflict = ["lookup", "lease", "--ip", "192.168.10.102", "--mac", "02:00:00:00:01:01"];
    assert_eq!(error(&sim, 4, &conflict)["name"], "KEYCONFLICT");
    let several = error(&sim, 4, &["lookup", "lease", "--mac", "02:00:00:00:01:03"]);
    assert_eq!((&several["code"], &several["name"]), (&json!(0x60006), &json!("MULTIPLE")));
}

#[test]
fn a_host_has_one_address_or_a_list() {
    let sim = Sim::start(&[]);
    let camera = json(&sim, &["lookup", "host", "--name", "camera-1"]);
    assert_eq!(
        camera,
        json!({
            "ip-address": "192.168.10.20",
            "name": "camera-1",
            "hardware-address": "02:00:00:00:02:01",
            "hardware-type": 1,
            "hardware-type-name": "ethernet",
        })
    );
    let spare = json(&sim, &["lookup", "host", "--mac", "02:00:00:00:02:02"]);
    assert_eq!(spare["ip-address"], json!(["192.168.10.21", "192.168.10.22"]));
    assert_eq!(spare["dhcp-client-identifier"], json!({ "hex": "0063616d6572612d32" }));
    let by_id = json(&sim, &["lookup", "host", "--client-id", "0x0063616d6572612d32"]);
    assert_eq!(by_id, spare);
    let holder = json(&sim, &["lookup", "host", "--ip", "192.168.10.105"]);
    assert_eq!(holder["name"], "printer", "found by the lease that its client holds");
}

#[test]
fn the_other_objects_are_looked_up() {
    let sim = Sim::start(&[]);
    let failover = json(&sim, &["lookup", "failover", "--name", "office-pair"]);
    assert_eq!(failover["local-state-name"], "communications-interrupted");
    assert_eq!((&failover["mclt"], &failover["hierarchy-name"]), (&json!(600), &json!("primary")));
    assert!(failover["partner-address"]["hex"].is_string(), "{failover}");
    assert!(failover["last-packet-sent-time"].is_string(), "{failover}");
    assert_eq!(json(&sim, &["lookup", "group", "--name", "staff"]), json!({ "name": "staff" }));
    let class = json(&sim, &["lookup", "class", "--name", "guests"]);
    assert_eq!(class["lease-limit"], 4);
    let hash = ["lookup", "subclass", "--name", "phones", "--hashstring", "01:02:00:00:00:03:01"];
    assert!(json(&sim, &hash)["leases-used"].is_u64());
    let pool = json(&sim, &["lookup", "pool", "--ip", "192.168.10.150"]);
    assert_eq!(pool["lease-count"], 100);
    assert_eq!(json(&sim, &["lookup", "interface", "--name", "eth1"]), json!({ "state": "down" }));
    let control = json(&sim, &["lookup", "control"]);
    assert_eq!(control, json!({ "state": 0, "state-name": "startup" }));
}

#[test]
fn raw_shows_octets_under_their_names_on_the_wire() {
    let sim = Sim::start(&[]);
    let lease = json(&sim, &["lookup", "lease", "--ip", "192.168.10.101", "--raw"]);
    assert_eq!(lease["state"], json!({ "hex": "00000002" }));
    assert_eq!(lease["client-hostname"], json!({ "hex": "66726f6e746465736b" }));
    assert!(lease.get("state-name").is_none());
    let text = omapi(&sim, &["lookup", "lease", "--ip", "192.168.10.101", "--raw"]).stdout;
    assert!(text.contains("00:00:00:02"), "{text}");
}

#[test]
fn repeated_and_unknown_attributes_are_kept() {
    let sim = Sim::start(&["--fault", "repeated-names", "--fault", "unknown-attribute"]);
    let lease = json(&sim, &["lookup", "lease", "--ip", "192.168.10.101"]);
    assert_eq!((&lease["state"], &lease["state-name"]), (&json!(2), &json!("active")));
    let repeated = lease["repeated"].as_array().expect("a list");
    let state = repeated.iter().find(|entry| entry["name"] == "state").expect("a second state");
    assert_ne!(state["value"], 2, "{lease}");
}
