//! The simulated server and the shell, as processes that meet on a socket.

mod run;

use std::time::{Duration, Instant};

use run::{Sim, finish, program, run};

#[test]
fn a_lease_is_looked_up_under_each_runtime_at_both_ends() {
    for runtime in ["tokio", "async-std", "blocking"] {
        let sim = Sim::start(&["--runtime", runtime]);
        let ran = sim.shell(
            &["--json", "--runtime", runtime],
            "new lease\nset ip-address = 192.168.10.101\nopen\n",
        );
        assert_eq!(ran.status, 0, "{runtime}: {ran:?}");
        let lease = &ran.lines()[2];
        assert_eq!((&lease["verb"], &lease["type"]), (&"open".into(), &"lease".into()));
        assert_eq!(lease["attributes"]["client-hostname"], "frontdesk");
        assert_eq!(lease["attributes"]["state-name"], "active");
    }
}

#[test]
fn every_algorithm_is_served_and_a_wrong_secret_is_not() {
    for algorithm in
        ["hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
    {
        let sim = Sim::start(&["--algorithm", algorithm]);
        let ran =
            sim.shell(&["--algorithm", algorithm], "new host\nset name = \"printer\"\nopen\n");
        assert_eq!(ran.status, 0, "{algorithm}: {ran:?}");
        assert!(ran.stdout.contains("hardware-address = 02:00:00:00:01:05"), "{}", ran.stdout);
        let script = format!(
            "server 127.0.0.1\nport {}\nkey-algorithm {algorithm}\nkey k d3Jvbmc=\nconnect\n",
            sim.port()
        );
        let ran = run::run_with(&["omapi", "shell"], script.as_bytes());
        assert_eq!((ran.status, ran.stdout.as_str()), (5, "dhcpctl_connect: invalid TSIG key\n"));
        assert!(
            ran.stderr.contains("line 5") && ran.stderr.contains("INVALIDKEY"),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn a_script_is_taken_at_its_word_where_that_harms_nothing() {
    let sim = Sim::start(&[]);
    let bare = "new host\nset name = \"bare\"\nset hardware-address = 2:0:0:0:9:8\ncreate\n";
    let ran = sim.shell(&[], bare);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("warning") && ran.stderr.contains("sent as"), "{}", ran.stderr);
    let ends = "new lease\nset ip-address = 192.168.10.101\nopen\nset ends = 7f:ff:ff:ff\nupdate\n\
                refresh\n";
    let ran = sim.shell(&[], ends);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.stdout.contains("state = 00:00:00:01"),
        "it is free, as dhcpd does: {}",
        ran.stdout
    );
    let lost = "new host\nset name = \"we ird\"\nset hardware-address = 2:0:0:0:9:7\ncreate\n";
    assert_eq!(sim.shell(&[], lost).status, 2, "the record would be lost");
}

#[test]
fn a_script_goes_on_behind_a_failure_and_its_status_tells() {
    let sim = Sim::start(&[]);
    let script = "new host\nset name = \"nobody\"\nopen\nclose\nnew host\nset name = \"x\"\n\
                  set hardware-address = 2:0:0:0:9:9\nset hardware-type = 1\ncreate\n\
                  set ip-address = 192.168.10.40\nupdate\nunset ip-address\nupdate\nrefresh\nremove\n";
    let ran = sim.shell(&[], script);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.stdout.contains("can't open object: not found\nobj: host\nname = \"nobody\"\n"));
    assert!(ran.stdout.ends_with("hardware-type = 00:00:00:01\nobj: <null>\n"), "{}", ran.stdout);
    assert!(ran.stderr.contains("no object matches specification"), "{}", ran.stderr);
    let stopped = sim.shell(&["--json"], "new host\nset name = \"nobody\"\nopen\nbogus\n");
    assert_eq!(stopped.status, 1, "two kinds of failure");
    let error = &stopped.lines()[2]["error"];
    assert_eq!((&error["kind"], &error["code"]), (&"not-found".into(), &23.into()));
    let created = sim.shell(
        &[],
        "new host\nset name = \"printer\"\nset hardware-address = \
                                  2:0:0:0:1:5\nset hardware-type = 1\ncreate\n",
    );
    assert_eq!(created.status, 4, "{created:?}");
    assert!(created.stdout.contains("can't open object: already exists"), "{created:?}");
}

#[test]
fn a_shutdown_ends_it_as_dhcpds_time_line_says() {
    let mut sim = Sim::start(&[]);
    let begun = Instant::now();
    let ran = sim.shell(&["--timeout", "20s"], "new control\nopen\nset state = 2\nupdate\n");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(begun.elapsed() > Duration::from_secs(10), "the asking connection lasts 11 s");
    let late = sim.shell(&[], "new control\n");
    assert_eq!(late.status, 7, "{late:?}");
    assert_eq!(sim.ends_within(Duration::from_secs(5)), Some(0));
}

#[test]
fn ctrl_c_ends_it_and_takes_the_unix_socket_along() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("omapi.sock");
    let path = path.to_str().unwrap();
    let mut sim = Sim::start_with(&["sim", "omapi", "--listen", path, "--unsigned"]);
    assert_eq!(sim.address, path);
    let words = ["omapi", "--server", path, "--unsigned", "shell"];
    let ran = run::run_with(&words, b"new group\nset name = \"staff\"\nopen\n");
    assert_eq!(ran.status, 0, "{ran:?}");
    let pid = sim.pid().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert_eq!(sim.ends_within(Duration::from_secs(5)), Some(0));
    assert!(!std::path::Path::new(path).exists());
}

#[test]
fn data_comes_from_a_file_and_faults_on_demand() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.toml");
    std::fs::write(
        &data,
        "[[pool]]\nfirst = '10.0.0.1'\nlast = '10.0.0.9'\nsubnet = '10.0.0.0'\n\
         [[lease]]\nip-address = '10.0.0.2'\nstate = 'active'\nends = 'never'\n\
         hardware-address = '02:00:00:00:00:01'\n",
    )
    .unwrap();
    let data = data.to_str().unwrap();
    let sim = Sim::start(&["--data", data, "--fault", "wrong-signature@4"]);
    let script = "new lease\nset ip-address = 10.0.0.2\nopen\nrefresh\n";
    let ran = sim.shell(&["--json"], script);
    // Answers 1 to 3: the authenticator, the shell's first question, the lease.
    assert_eq!(ran.lines()[2]["attributes"]["ends-time"], "never");
    assert_eq!(ran.lines()[3]["error"]["kind"], "protocol", "{ran:?}");
    assert_eq!(ran.status, 1);

    std::fs::write(data, "[[frob]]\n").unwrap();
    let words = ["sim", "omapi", "--listen", "127.0.0.1:0", "--unsigned", "--data", data];
    let ran = run(&words);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("\"frob\" is none of pool"), "{}", ran.stderr);
}

#[test]
fn what_is_missing_is_a_usage_error() {
    let ran = run(&["sim", "omapi", "--listen", "127.0.0.1:0"]);
    assert_eq!(ran.status, 2);
    assert!(ran.stderr.contains("--unsigned"), "{}", ran.stderr);
    let words = ["--json", "sim", "omapi", "--listen", "127.0.0.1:0", "--unsigned", "--fault", "x"];
    let ran = run(&words);
    assert_eq!((ran.status, &ran.lines()[0]["error"]["kind"]), (2, &"usage".into()));
    assert!(ran.stderr.contains("wrong-signature"), "the faults are listed: {}", ran.stderr);
    let help = run(&["sim", "omapi", "--help"]);
    assert!(help.stdout.contains("camera-2") && help.stdout.contains("split-at="));
}

#[test]
fn json_says_where_it_listens() {
    let mut child = program()
        .args(["--json", "sim", "omapi", "--listen", "127.0.0.1:0", "--unsigned"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut line).unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    assert!(said["listening"].as_str().unwrap().starts_with("127.0.0.1:"));
    // The shell without a server to go to does not wait for one.
    let ran =
        finish(program().args(["omapi", "shell"]).env("NETLEVER_OMAPI_KEY", ""), b"new host\n");
    assert_eq!((ran.status, ran.stdout.as_str()), (2, "not connected.\n"));
}
