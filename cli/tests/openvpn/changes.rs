//! What changes something.

use serde_json::json;

use super::{RUNTIMES, error, json, openvpn, sim};

#[test]
fn clients_are_killed_by_name_address_and_id() {
    for runtime in RUNTIMES {
        let sim = sim(&[]);
        let json = |words: &[&str]| json(&sim, &[&["--runtime", runtime], words].concat());
        assert_eq!(json(&["kill", "bob"]), json!({ "killed": 2 }));
        assert_eq!(json(&["kill", "Smith, John (home)"]), json!({ "killed": 1 }));
        assert_eq!(json(&["kill", "198.51.100.24:36332"]), json!({ "killed": 1 }));
        assert_eq!(
            json(&["client-kill", "0"]),
            json!({ "success": "client-kill command succeeded" })
        );
    }
    let sim = sim(&["--release", "2.7"]);
    let status = json(&sim, &["status"]);
    let address = status["clients"][4]["real_address"].as_str().expect("text").to_owned();
    assert_eq!(address, "tcp4-server:198.51.100.24:36332");
    assert_eq!(json(&sim, &["kill", &address]), json!({ "killed": 1 }));
    assert_eq!(json(&sim, &["kill", "198.51.100.21:41623"]), json!({ "killed": 1 }));
    error(&sim, 3, &["kill", "198.51.100.99:1"]);
}

#[test]
fn settings_are_changed_and_read_back() {
    let sim = sim(&[]);
    for (set, read, value) in [
        (&["hold", "on"][..], "hold", json!({ "hold": 1 })),
        (&["verb", "5"], "verb", json!({ "verb": 5 })),
        (&["mute", "7"], "mute", json!({ "mute": 7 })),
        (&["auth-retry", "interact"], "auth-retry", json!({ "auth-retry": "interact" })),
    ] {
        assert!(json(&sim, set)["success"].is_string(), "{set:?}");
        assert_eq!(json(&sim, &[read]), value);
    }
    assert_eq!(json(&sim, &["env-filter", "2"]), json!({ "env_filter_level": 2 }));
    let said = openvpn(&sim, &["forget-passwords"]).stdout;
    assert_eq!(said, "Passwords were forgotten\n");
}

#[test]
fn a_signal_ends_the_daemon() {
    let mut sim = sim(&[]);
    assert_eq!(json(&sim, &["signal", "sigterm"])["success"], "signal SIGTERM thrown");
    assert_eq!(sim.ends_within(std::time::Duration::from_secs(10)), Some(0));
    assert_eq!(error(&sim, 7, &["pid"])["kind"], "connection");
}

#[test]
fn a_client_daemon_is_answered() {
    let sim = sim(&["--side", "client", "--login"]);
    let refused = error(&sim, 4, &["needok", "token", "ok"]);
    assert!(refused["message"].as_str().expect("text").contains("needed"), "{refused}");
    let said = json(&sim, &["username", "Auth", "carol"]);
    assert_eq!(said["success"], "'Auth' username entered, but not yet verified");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("pw");
    std::fs::write(&file, "a\"b\\c\n").expect("a file");
    let said = json(&sim, &["password", "Auth", "--value-file", file.to_str().expect("UTF-8")]);
    assert_eq!(said["success"], "'Auth' password entered, but not yet verified");
    for _ in 0..100 {
        if json(&sim, &["state"])["state"] == "CONNECTED" {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it does not connect: {}", json(&sim, &["state", "all"]));
}

#[test]
fn what_would_do_something_else_is_not_sent() {
    let sim = sim(&[]);
    for (words, why) in [
        (&["kill", "a:b"][..], "client-kill"),
        (&["client-deny", "1", "1", "a\nsignal SIGTERM"], "control octet"),
        (&["client-auth", "1", "1", "--line", "END"], "END"),
        (&["client-pending-auth", "1", "1", "x"], "ID KEY EXTRA SECONDS"),
        (&["certificate", "/dev/null"], "no certificate is wanted"),
    ] {
        let usage = error(&sim, 2, words);
        let message = usage["message"].as_str().expect("text");
        assert!(message.contains(why), "{words:?}: {message}");
    }
}
