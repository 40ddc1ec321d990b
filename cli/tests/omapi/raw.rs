//! `open`, `refresh`, `update`, `remove`.

use serde_json::json;

use super::{error, json, omapi};
use crate::run::Sim;

#[test]
fn any_object_is_opened_changed_read_and_removed() {
    let sim = Sim::start(&[]);
    let opened = json(&sim, &["open", "host", "name=printer"]);
    let handle = opened["handle"].as_u64().expect("a handle").to_string();
    let read = json(&sim, &["refresh", "host", "--handle", &handle]);
    assert_eq!(read["name"], "printer");
    assert_eq!(json(&sim, &["refresh", "host", "name=printer"]), read);

    let set = ["--set", "ip-address=10.0.0.12,10.0.0.13"];
    let changed = json(&sim, &[&["update", "host", "name=printer"][..], &set].concat());
    assert_eq!(changed["ip-address"], json!(["10.0.0.12", "10.0.0.13"]));
    let bare = json(&sim, &["update", "host", "--handle", &handle, "--unset", "ip-address"]);
    assert!(bare.get("ip-address").is_none(), "{bare}");

    assert_eq!(json(&sim, &["remove", "host", "name=printer"])["name"], "printer");
    error(&sim, 3, &["open", "host", "name=printer"]);
    let text = omapi(&sim, &["open", "group", "name=staff"]).stdout;
    assert!(text.starts_with("group with handle ") && text.contains("name  staff"), "{text}");
}

#[test]
fn objects_are_created_by_open() {
    let sim = Sim::start(&[]);
    let words = ["open", "host", "name=n1", "hardware-address=2:a:0:0:0:9", "hardware-type=1"];
    error(&sim, 3, &words);
    let made = json(&sim, &[&words[..], &["--create", "--exclusive"]].concat());
    assert_eq!(made["hardware-address"], "02:0a:00:00:00:09");
    let again = error(&sim, 4, &[&words[..], &["--create", "--exclusive"]].concat());
    assert_eq!(again["name"], "EXISTS");
}

#[test]
fn guard_rails_hold_here_too() {
    let sim = Sim::start(&[]);
    for words in [
        &["open", "host", "frob=1"][..],
        &["open", "host"],
        &["update", "lease", "ip-address=192.168.10.101", "--set", "ends=never"],
        &["update", "lease", "ip-address=192.168.10.101", "--set", "state="],
        &["update", "host", "name=printer"],
        &["open", "host", "name"],
        &["open", "lease", "ip-address=10.0.0"],
        &["remove", "host", "name=printer", "--handle", "1"],
    ] {
        assert_eq!(error(&sim, 2, words)["kind"], "usage", "{words:?}");
    }
    // An expert may: the simulated server answers as dhcpd does, with a dead object.
    json(&sim, &["open", "host", "frob=1", "--expert"]);
}
