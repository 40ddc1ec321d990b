//! Clients that are let in, or not.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{RUNTIMES, json, openvpn, sim};
use crate::run::{Sim, run};

/// A file in this folder, by its path.
fn file(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).expect("a file");
    path.to_str().expect("UTF-8").to_owned()
}

/// A client of a data file that is yet to connect.
fn client(name: &str, password: &str, more: &str) -> String {
    format!(
        "[[client]]\nname = \"{name}\"\naddress = \"192.0.2.7:40000\"\nusername = \"{name}\"\n\
         password = \"{password}\"\nconnects = true\n{more}\n"
    )
}

/// What `auth` decides about so many clients; each must be decided within ten seconds.
fn auth(sim: &Sim, count: &str, words: &[&str]) -> Vec<Value> {
    let first = ["--json", "auth", "--count", count];
    let ran = openvpn(sim, &[&first, words].concat());
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    ran.lines()
}

#[test]
fn everybody_is_let_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = file(folder.path(), "data.toml", &client("carol", "x", ""));
    for runtime in RUNTIMES {
        let sim = sim(&["--data", &data]);
        let told = auth(&sim, "1", &["--accept-all", "--runtime", runtime]);
        let expected = json!({
            "decision": "accept", "client_id": 0, "key_id": 1, "common_name": "carol",
            "username": "carol", "by": "policy", "reason": null,
        });
        assert_eq!(told, [expected]);
        std::thread::sleep(Duration::from_millis(300));
        assert_eq!(json(&sim, &["nclients"]), json!({ "nclients": 1 }));
    }
}

#[test]
fn a_users_file_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    let password = file(folder.path(), "pw", "pa:ss word\n");
    let made = |name| {
        let push = ["--push", "route 10.0.0.0 255.0.0.0"];
        let ran =
            run(&[&["openvpn", "passwd", name, "--value-file", &password][..], &push].concat());
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.stdout
    };
    let users =
        file(folder.path(), "users", &["# users\n", &made("carol"), &made("dave")].concat());
    let clients = client("carol", "pa:ss word", "")
        + &client("dave", "no", "")
        + &client("eve", "pa:ss word", "");
    let data = file(folder.path(), "data.toml", &clients);
    for runtime in RUNTIMES {
        let sim = sim(&["--data", &data]);
        let mut told = auth(&sim, "3", &["--users", &users, "--runtime", runtime]);
        told.sort_by_key(|line| line["client_id"].as_u64());
        let said: Vec<_> = told.iter().map(|line| (&line["username"], &line["decision"])).collect();
        let [carol, dave, eve] = ["carol", "dave", "eve"].map(Value::from);
        let [accept, deny] = ["accept", "deny"].map(Value::from);
        assert_eq!(said, [(&carol, &accept), (&dave, &deny), (&eve, &deny)]);
        assert_eq!(told[1]["reason"], told[2]["reason"]);
    }
    let broken = file(folder.path(), "broken", "carol:plain\n");
    let ran = run(&["openvpn", "--connect", "127.0.0.1:1", "auth", "--users", &broken]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.stderr.contains("line 1"), "{ran:?}");
}

#[cfg(unix)]
#[test]
fn a_command_decides() {
    let folder = tempfile::tempdir().expect("a folder");
    let clients =
        client("carol", "secret", "") + &client("dave", "x", "") + &client("eve", "y", "");
    let data = file(folder.path(), "data.toml", &clients);
    let seen = folder.path().join("seen");
    let script = format!(
        "read -r event; printf '%s\\n' \"$event\" >> {}\n\
         case $event in\n\
         *'[\"password\",\"secret\"]'*) echo 'route 10.0.0.0 255.0.0.0';;\n\
         *dave*) echo 'go away'; exit 1;;\n\
         *) exit 3;;\nesac\n",
        seen.display()
    );
    let script = file(folder.path(), "decide", &script);
    for runtime in RUNTIMES {
        let sim = sim(&["--data", &data]);
        let command = format!("sh {script}");
        let mut told = auth(&sim, "3", &["--exec", &command, "--runtime", runtime]);
        told.sort_by_key(|line| line["client_id"].as_u64());
        assert_eq!((&told[0]["decision"], &told[0]["reason"]), (&json!("accept"), &json!(null)));
        assert_eq!((&told[1]["decision"], &told[1]["reason"]), (&json!("deny"), &json!("go away")));
        assert_eq!(told[2]["reason"], "the command failed with status 3");
    }
    let seen = std::fs::read_to_string(seen).expect("it ran");
    let event: Value = serde_json::from_str(seen.lines().next().expect("a line")).expect("JSON");
    assert_eq!((&event["event"], &event["key_id"]), (&json!("CLIENT:CONNECT"), &json!(1)));
}

#[cfg(unix)]
#[test]
fn a_command_asks_the_user_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = file(folder.path(), "data.toml", &client("carol", "x", "response = \"123456\""));
    let script = "read -r event\ncase $event in\n\
                  *CR_RESPONSE*'\"response\":\"123456\"'*) exit 0;;\n\
                  *CR_RESPONSE*) echo wrong; exit 1;;\n\
                  *) echo 'pending 30 CR_TEXT:R,E:token'; exec sleep 30;;\nesac\n";
    let command = format!("sh {}", file(folder.path(), "decide", script));
    let sim = sim(&["--data", &data]);
    let told = auth(&sim, "2", &["--exec", &command]);
    let said: Vec<_> = told.iter().map(|line| &line["decision"]).collect();
    assert_eq!(said, ["pending", "accept"], "{told:?}");
    assert_eq!(told[0]["reason"], "CR_TEXT:R,E:token");
}

#[cfg(unix)]
#[test]
fn a_slow_command_denies_and_keeps_nobody_else_waiting() {
    let folder = tempfile::tempdir().expect("a folder");
    let clients = client("slow", "x", "") + &client("quick", "x", "");
    let data = file(folder.path(), "data.toml", &clients);
    let script = "read -r event\ncase $event in *slow*) exec sleep 30;; esac\n";
    let command = format!("sh {}", file(folder.path(), "decide", script));
    let sim = sim(&["--data", &data]);
    let begun = Instant::now();
    let told = auth(&sim, "2", &["--exec", &command, "--deadline", "1s"]);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!((&told[0]["username"], &told[0]["decision"]), (&json!("quick"), &json!("accept")));
    assert_eq!((&told[1]["username"], &told[1]["decision"]), (&json!("slow"), &json!("deny")));
}
