//! What is only read.

use serde_json::json;

use super::{RUNTIMES, json, openvpn, sim};
use crate::run::{Sim, run};

#[test]
fn the_main_verbs_under_each_runtime_at_both_ends() {
    for runtime in RUNTIMES {
        let sim = sim(&["--runtime", runtime]);
        let json = |words: &[&str]| json(&sim, &[&["--runtime", runtime], words].concat());
        let version = json(&["version"]);
        assert_eq!(
            (&version["version"], &version["management_version"]),
            (&json!("2.6.14"), &json!(5))
        );
        assert!(version["release"].as_str().expect("text").starts_with("OpenVPN 2.6.14 "));

        let state = json(&["state"]);
        let keys: Vec<_> = state.as_object().expect("an object").keys().cloned().collect();
        assert_eq!(
            keys,
            [
                "time",
                "time_time",
                "state",
                "description",
                "local_ipv4",
                "remote_address",
                "remote_port",
                "local_address",
                "local_port",
                "local_ipv6",
                "mode"
            ]
        );
        assert_eq!((&state["state"], &state["mode"]), (&json!("CONNECTED"), &json!("server")));
        assert_eq!((&state["local_port"], &state["remote_port"]), (&json!(1194), &json!(null)));

        let stats = json(&["stats"]);
        assert_eq!(
            (&stats["nclients"], stats.as_object().map(|it| it.len())),
            (&json!(5), Some(3))
        );

        let status = json(&["status"]);
        assert_eq!((&status["format"], &status["complete"]), (&json!(3), &json!(true)));
        assert_eq!(status["clients"].as_array().expect("a list").len(), 6);
        let smith = &status["clients"][3];
        assert_eq!(smith["common_name"], "Smith, John (home)");
        assert_eq!((&smith["client_id"], &smith["peer_id"]), (&json!(3), &json!(3)));
        assert_eq!(smith["virtual_address"], "10.9.0.5");
        assert_eq!(smith["data_channel_cipher"], "AES-256-GCM");
        let since = smith["connected_since_time"].as_str().expect("text");
        assert!(since.ends_with('Z') && smith["connected_since"].is_u64(), "{smith}");
        assert_eq!(status["clients"][5]["username"], json!(null));
        assert_eq!(status["routes"][0]["virtual_address"], "10.9.0.2");
        assert_eq!(status["global_stats"]["dco_enabled"], 0);
    }
}

#[test]
fn every_format_of_every_release() {
    for release in ["2.4", "2.5", "2.6", "2.7", "next"] {
        let sim = sim(&["--release", release, "--office", "small"]);
        let cipher = if release == "2.4" { json!(null) } else { json!("CHACHA20-POLY1305") };
        for format in ["1", "2", "3"] {
            let status = json(&sim, &["status", "--format", format]);
            let gateway = &status["clients"][4];
            assert_eq!(gateway["common_name"], "gateway-7", "{release} {format}");
            let tabs = format != "1";
            let expected = if tabs { cipher.clone() } else { json!(null) };
            assert_eq!(gateway["data_channel_cipher"], expected, "{release} {format}");
            assert_eq!(gateway["client_id"].is_u64(), tabs);
            assert_eq!(gateway["connected_since"].is_u64(), tabs);
            assert!(gateway["connected_since_text"].is_string());
            assert_eq!(status["clients"][3]["common_name"], "Smith, John (home)");
        }
    }
}

#[test]
fn histories_and_single_values() {
    let sim = sim(&[]);
    let states = json(&sim, &["state", "all"]);
    let names: Vec<_> = states.as_array().expect("a list").iter().map(|it| &it["state"]).collect();
    assert_eq!(names, ["CONNECTING", "ASSIGN_IP", "CONNECTED"]);
    assert_eq!(json(&sim, &["state", "1"])[0]["state"], "CONNECTED");
    let log = json(&sim, &["log", "1"]);
    assert_eq!(log[0]["message"], "MANAGEMENT: CMD 'log 1'");
    assert_eq!((&log[0]["flags"], log[0]["time"].is_u64()), (&json!("D"), true));
    assert_eq!(json(&sim, &["echo"]), json!([]));
    assert!(json(&sim, &["pid"])["pid"].is_u64());
    assert_eq!(json(&sim, &["nclients"]), json!({ "nclients": 5 }));
    assert_eq!(json(&sim, &["hold"]), json!({ "hold": 0 }));
    assert_eq!(json(&sim, &["verb"]), json!({ "verb": 3 }));
    assert_eq!(json(&sim, &["env-filter"]), json!({ "env_filter_level": 0 }));
    assert_eq!(json(&sim, &["test", "2"])["lines"].as_array().expect("a list").len(), 2);
    assert!(openvpn(&sim, &["help"]).stdout.contains("load-stats"));
}

#[test]
fn a_client_daemon_has_its_own() {
    let sim = sim(&["--side", "client"]);
    let status = json(&sim, &["status"]);
    assert!(status["counters"]["TUN/TAP read bytes"].is_u64(), "{status}");
    assert_eq!(json(&sim, &["remote-entry-count"]), json!({ "count": 1 }));
    let remotes = json(&sim, &["remote-entry-get"]);
    assert_eq!(
        (&remotes[0]["host"], &remotes[0]["port"]),
        (&json!("vpn.example.net"), &json!("1194"))
    );
    assert_eq!(json(&sim, &["stats"])["nclients"], 0);
}

#[test]
fn a_raw_line_has_all_its_answers() {
    let sim = sim(&[]);
    let replies = json(&sim, &["raw", "log on 1"]);
    assert_eq!(replies[0]["success"], "real-time log notification set to ON");
    assert_eq!(replies[1]["log"][0]["message"], "MANAGEMENT: CMD 'log on 1'");
    let status = json(&sim, &["raw", "status 2"]);
    assert_eq!(status[0]["clients"][0]["common_name"], "alice");
    let plain = openvpn(&sim, &["raw", "verb"]);
    assert_eq!((plain.status, plain.stdout.as_str()), (0, "SUCCESS: verb=3\n"));
}

#[test]
fn people_and_collectors_read_text() {
    let sim = sim(&["--office", "home"]);
    let ran = openvpn(&sim, &["status"]);
    assert!(ran.stdout.contains("\n3 clients\nid  common name "), "{}", ran.stdout);
    let ran = openvpn(&sim, &["status", "--prometheus"]);
    for line in [
        "openvpn_clients 3\n",
        "openvpn_client_sent_bytes_total{common_name=\"phone\",client_id=\"1\"} 2303\n",
    ] {
        assert!(ran.stdout.contains(line), "{}", ran.stdout);
    }
}

#[test]
fn a_unix_socket_a_password_and_a_profile() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("UTF-8").to_owned();
    let (socket, password, settings) = (path("vpn.sock"), path("pw"), path("config.toml"));
    std::fs::write(&password, "s3 cret\nmore\n").expect("a file");
    let toml = format!("[profile.a.openvpn]\nunix = {socket:?}\npassword-file = {password:?}\n");
    std::fs::write(&settings, toml).expect("a file");
    let words = ["sim", "openvpn", "--listen", &socket, "--password-file", &password];
    let _sim = Sim::start_with(&words);
    for runtime in RUNTIMES {
        let first = ["openvpn", "--runtime", runtime, "stats", "--json"];
        for rest in [
            &["--unix", &socket, "--password-file", &password][..],
            &["--config", &settings, "--profile", "a"],
        ] {
            let ran = run(&[&first, rest].concat());
            assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
            assert_eq!(ran.lines()[0]["nclients"], 5);
        }
    }
}

#[test]
fn what_is_sent_is_shown_but_no_password() {
    let sim = sim(&["--password", "hunter2"]);
    let words = ["--password", "hunter2", "-vv", "pid"];
    let ran = openvpn(&sim, &words);
    assert_eq!(ran.status, 0, "{ran:?}");
    for line in [
        "< ENTER PASSWORD:\n",
        "\n> [redacted]\n< SUCCESS: password is correct\n",
        "> pid\n  0000  70",
    ] {
        assert!(ran.stderr.contains(line), "{}", ran.stderr);
    }
    assert!(
        !ran.stderr.contains("hunter2") && ran.stderr.contains("warning: --password"),
        "{}",
        ran.stderr
    );
}
