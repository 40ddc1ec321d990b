//! `add`, `set`, `sync`, `del`, `release`.

use serde_json::json;

use super::{RUNTIMES, error, json, omapi};
use crate::run::Sim;

#[test]
fn a_host_lives_its_life_under_each_runtime() {
    let sim = Sim::start(&[]);
    for runtime in RUNTIMES {
        let with = |words: &[&str]| json(&sim, &[words, &["--runtime", runtime]].concat());
        let mac = ["--mac", "02:aa:00:00:00:01"];
        let add = ["add", "host", "--name", "pc-7", "--ip", "192.168.10.30,192.168.10.31"];
        let sent = ["--hostname", "pc-7", "--router", "192.168.10.1", "--domain", "office.example"];
        let more = ["--route", "10.0.0.0/8,192.168.10.2", "--statements", "max-lease-time 60;"];
        let made = with(&[&add[..], &mac, &sent, &more, &["--group", "staff"]].concat());
        assert_eq!(made["ip-address"], json!(["192.168.10.30", "192.168.10.31"]));
        assert_eq!((&made["name"], &made["hardware-type"]), (&json!("pc-7"), &json!(1)));

        let moved = with(&["set", "host", "--name", "pc-7", "--ip", "192.168.10.32"]);
        assert_eq!(moved["ip-address"], "192.168.10.32");
        let bare = with(&["set", "host", "--name", "pc-7", "--no-ip", "--group", "cameras"]);
        assert!(bare.get("ip-address").is_none(), "{bare}");

        let sync = |name: &str, ip: &str| {
            with(&[&["sync", "host", "--name", name, "--ip", ip][..], &mac].concat())
        };
        assert_eq!(sync("pc-7", "192.168.10.33"), json!({ "host": "changed" }));
        assert_eq!(sync("pc-7", "192.168.10.33"), json!({ "host": "unchanged" }));
        assert_eq!(sync("pc-8", "192.168.10.33"), json!({ "host": "replaced" }));

        let gone = with(&[&["del", "host"][..], &mac].concat());
        assert_eq!(gone["name"], "pc-8");
        error(&sim, 3, &["lookup", "host", "--name", "pc-8"]);
        assert_eq!(sync("pc-8", "192.168.10.33"), json!({ "host": "added" }));
        with(&["del", "host", "--name", "pc-8"]);
    }
}

#[test]
fn a_host_that_is_there_is_not_added_again() {
    let sim = Sim::start(&[]);
    let add = ["add", "host", "--mac", "02:00:00:00:01:05", "--name", "printer"];
    for more in [&[][..], &["--exclusive"], &["--exclusive=true"]] {
        let refused = error(&sim, 4, &[&add[..], more].concat());
        assert_eq!((&refused["code"], &refused["kind"]), (&json!(18), &json!("refused")));
        let message = refused["message"].as_str().unwrap();
        assert!(message.contains("specified object already exists"), "{message}");
        assert!(message.contains(&sim.address) && message.contains("host printer"), "{message}");
    }
    let refused = error(&sim, 4, &[&add[..], &["--exclusive=false"]].concat());
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("can't update object"), "it went without the flag: {message}");
}

#[test]
fn what_would_harm_the_server_is_not_sent() {
    let sim = Sim::start(&[]);
    let mac = ["--mac", "02:aa:00:00:00:02"];
    for (words, says) in [
        (&["--name", "pc 7"][..], "pc 7"),
        (&["--name", ""], "name"),
        (&["--hostname", "x\"; next-server 10.6.6.6; #\n"], "control"),
        (&["--statements", "option domain-name \"x"], "--expert"),
        (&["--ip", "2001:db8::1"], "--dhcpv6"),
        (&["--route", "10.1.0.0/8,10.0.0.1"], "10.0.0.0/8"),
        (&["--ip", "10.0.0.1", "--dhcpv6"], "10.0.0.1"),
    ] {
        let ran = omapi(&sim, &[&["add", "host"][..], &mac, words].concat());
        assert_eq!((ran.status, ran.stdout.as_str()), (2, ""), "{words:?}: {ran:?}");
        assert!(ran.stderr.contains(says), "{words:?}: {ran:?}");
        error(&sim, 3, &[&["lookup", "host"][..], &mac].concat());
    }
    let refused = error(&sim, 2, &["add", "host", "--name", "x"]);
    assert_eq!(refused["kind"], "usage");
}

#[test]
fn groups_classes_and_subclasses_come_and_go() {
    let sim = Sim::start(&[]);
    let group = ["add", "group", "--name", "new", "--domain", "new.example"];
    assert_eq!(json(&sim, &group)["name"], "new");
    assert_eq!(error(&sim, 4, &group)["name"], "EXISTS");
    json(&sim, &["add", "group", "--name", "bare"]);
    json(&sim, &["del", "group", "--name", "new"]);
    error(&sim, 3, &["del", "group", "--name", "new"]);

    json(&sim, &["add", "class", "--name", "modems", "--match-hardware"]);
    let subclass = ["subclass", "--name", "modems", "--hashstring", "01:02:00:00:00:04:01"];
    json(&sim, &[&["add"][..], &subclass, &["--group", "staff"]].concat());
    json(&sim, &[&["lookup"][..], &subclass].concat());
    json(&sim, &[&["del"][..], &subclass].concat());
    json(&sim, &["del", "class", "--name", "modems"]);
    error(&sim, 3, &["lookup", "class", "--name", "modems"]);
}

#[test]
fn a_lease_is_extended_reserved_and_released() {
    let sim = Sim::start(&[]);
    let ip = ["--ip", "192.168.10.101"];
    let set = |words: &[&str]| json(&sim, &[&["set", "lease"][..], &ip, words].concat());
    let longer = set(&["--ends", "2030-11-24T10:00:00Z"]);
    assert_eq!((&longer["ends"], &longer["state-name"]), (&json!(1_921_744_800), &json!("active")));
    let reserved = set(&["--flags", "reserved"]);
    assert_eq!((&reserved["flags"], &reserved["state"]), (&json!(4), &json!(2)));
    assert_eq!(set(&["--ends", "never"])["ends-time"], "never");
    assert_eq!(set(&["--state", "abandoned"])["state-name"], "abandoned");
    let freed = json(&sim, &["release", "lease", "--ip", "192.168.10.102"]);
    assert_eq!(freed["state-name"], "free");
    error(&sim, 3, &["release", "lease", "--ip", "192.168.10.9"]);
    error(&sim, 2, &["set", "lease", "--ip", "192.168.10.101"]);
    error(&sim, 2, &["set", "lease", "--ends", "tomorrow", "--ip", "192.168.10.101"]);
}

#[test]
fn a_failover_partner_is_declared_down() {
    let sim = Sim::start(&[]);
    let told = json(&sim, &["set", "failover", "--name", "office-pair"]);
    assert_eq!(told["local-state-name"], "partner-down");
    let seen = json(&sim, &["lookup", "failover", "--name", "office-pair"]);
    assert_eq!(seen["local-state-name"], "partner-down");
}
