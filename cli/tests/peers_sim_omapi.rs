//! The clients that people have, unchanged, against the simulated server; and our shell beside
//! omshell against the real one.
#![cfg(feature = "peers")]

mod run;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use std::{env, fs};

use run::{Ran, SECRET, Sim, finish, run_with};

/// The environment file of `scripts/peers`.
fn peers() -> BTreeMap<String, String> {
    let path = env::var("NETLEVER_PEERS").expect("NETLEVER_PEERS: run scripts/test");
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{path}: {why}"));
    let pair = |line: &str| line.split_once('=').map(|(key, value)| (key.into(), value.into()));
    text.lines().filter_map(pair).collect()
}

fn omshell(script: &str) -> Ran {
    finish(Command::new("timeout").args(["30", "omshell"]), script.as_bytes())
}

fn pypureomapi(sim: &Sim, program: &str) -> Ran {
    let python = &peers()["net.python"];
    let mut command = Command::new("timeout");
    command.args(["40", python.as_str(), "-c", program, sim.port(), SECRET]);
    finish(&mut command, b"")
}

/// omshell's output without its prompts, which it prints in pipes too.
fn bare(text: &str) -> Vec<&str> {
    let lines = text.lines().map(|mut line| {
        while let Some(rest) = line.strip_prefix("> ") {
            line = rest;
        }
        line
    });
    lines.filter(|line| !line.is_empty() && *line != ">").collect()
}

#[test]
fn omshell_does_its_verbs_with_every_algorithm() {
    for algorithm in
        ["hmac-md5", "hmac-sha1", "hmac-sha224", "hmac-sha256", "hmac-sha384", "hmac-sha512"]
    {
        let sim = Sim::start(&["--algorithm", algorithm]);
        let script = format!(
            "server 127.0.0.1\nport {}\nkey-algorithm {algorithm}\nkey k {SECRET}\nconnect\n\
             new lease\nset ip-address = 192.168.10.101\nopen\nclose\n\
             new group\nset name = \"omshell\"\nset statements = \"max-lease-time 60;\"\ncreate\n\
             close\n\
             new host\nset name = \"omshell\"\nset hardware-address = 02:00:00:00:0f:01\n\
             set hardware-type = 1\nset ip-address = 192.168.10.50\nset group = \"omshell\"\n\
             create\nset ip-address = 192.168.10.51\nupdate\nrefresh\nunset ip-address\nupdate\n\
             refresh\nremove\nnew host\nset name = \"omshell\"\nopen\n",
            sim.port()
        );
        let theirs = omshell(&script);
        assert_eq!(theirs.status, 0, "{theirs:?}");
        for line in [
            "client-hostname = \"frontdesk\"",
            "ip-address = c0:a8:0a:33",
            "ip-address = <null>",
            "can't open object: not found",
        ] {
            assert!(bare(&theirs.stdout).contains(&line), "{algorithm}: {line}: {}", theirs.stdout);
        }
        let refusals = theirs.stdout.matches("can't").count();
        assert_eq!(refusals, 1, "only the last: {}", theirs.stdout);

        // Our shell says the same for the same script, line by line.
        let again = Sim::start(&["--algorithm", algorithm]);
        let script =
            script.replace(&format!("port {}", sim.port()), &format!("port {}", again.port()));
        let ours = run_with(&["omapi", "shell"], script.as_bytes());
        assert_eq!(ours.status, 3, "{ours:?}");
        let varies = |line: &&str| {
            ["ends", "starts", "tstp", "cltt", "subnet", "pool"]
                .iter()
                .any(|name| line.starts_with(name))
        };
        let theirs: Vec<_> =
            bare(&theirs.stdout).into_iter().filter(|line| !varies(line)).collect();
        let ours: Vec<_> = bare(&ours.stdout).into_iter().filter(|line| !varies(line)).collect();
        assert_eq!(ours, theirs, "{algorithm}");
    }
}

#[test]
fn omshell_hears_of_a_wrong_secret() {
    let sim = Sim::start(&[]);
    let script = format!(
        "server 127.0.0.1\nport {}\nkey k d3Jvbmc=\nconnect\nnew lease\n\
         set ip-address = 192.168.10.101\nopen\n",
        sim.port()
    );
    let theirs = omshell(&script);
    // What it says of dhcpd, too: it does not know what to do with an unsigned refusal.
    assert!(theirs.stdout.contains("can't open object: connection reset by peer"), "{theirs:?}");
}

#[test]
fn our_shell_says_what_omshell_says_of_the_real_server() {
    let peers = peers();
    let fact =
        |key: &str| peers.get(&format!("dhcpd-md5.{key}")).unwrap_or_else(|| panic!("{key}"));
    let script = format!(
        "server {}\nport {}\nkey {} {}\nconnect\n\
         new lease\nset ip-address = 10.99.0.101\nopen\nrefresh\nclose\n\
         new lease\nset ip-address = 10.99.9.9\nopen\nclose\n\
         new failover-state\nset name = \"fo-a\"\nopen\nclose\n\
         new host\nset name = \"by-shell\"\nset hardware-address = 02:00:00:00:0f:02\n\
         set hardware-type = 1\nset ip-address = 10.99.0.21\ncreate\nset group = \"nosuch\"\n\
         update\nunset group\nset ip-address = 10.99.0.22\nrefresh\nremove\n\
         new group\nset name = \"staff\"\nopen\nclose\n\
         new host\nopen now\nset name\nclose\nclose\nset a = 1\nupdate\ndisconnect\n",
        fact("address"),
        fact("port"),
        fact("key-name"),
        fact("secret"),
    );
    let ours = run_with(&["omapi", "shell"], script.as_bytes());
    let theirs = omshell(&script);
    assert_eq!(ours.status, 1, "failures of several kinds: {ours:?}");
    // Memory addresses of the server and times of its failover change between two runs.
    let varies = |line: &&str| {
        line.starts_with("partner-address")
            || line.starts_with("local-address")
            || line.starts_with("usage: ")
    };
    let theirs: Vec<_> = bare(&theirs.stdout).into_iter().filter(|line| !varies(line)).collect();
    let ours: Vec<_> = bare(&ours.stdout).into_iter().filter(|line| !varies(line)).collect();
    assert_eq!(ours, theirs);
}

#[test]
fn pypureomapi_does_all_its_lookups_and_changes() {
    let sim = Sim::start(&[]);
    let program = r#"
import sys, pypureomapi as p
o = p.Omapi("127.0.0.1", int(sys.argv[1]), b"k", sys.argv[2].encode(), timeout=5)
def is_(a, b): assert a == b, (a, b)
is_(o.lookup_mac("192.168.10.101"), "02:00:00:00:01:01")
is_(o.lookup_hostname("192.168.10.101"), "frontdesk")
is_(o.lookup_ip("02:00:00:00:01:01"), "192.168.10.101")
is_(o.lookup_by_lease(ip="192.168.10.167")["agent.subscriber-id"], b"wifi-basement")
is_(o.lookup_host("printer")["mac"], "02:00:00:00:01:05")
is_(o.lookup_ip_host("02:00:00:00:01:05"), "192.168.10.105")
is_(o.lookup_host_host("02:00:00:00:02:01")["name"], "camera-1")
is_(o.lookup_host_by_ip("192.168.10.105")["hostname"], "printer")
is_(o.lookup_failoverstate("office-pair", "hierarchy"), b"\0\0\0\0")
o.add_group("py", "max-lease-time 60;")
o.add_host("192.168.10.60", "02:00:00:00:0e:01")
o.add_host_supersede_name("192.168.10.61", "02:00:00:00:0e:02", "py-host")
is_(o.lookup_ip_host("02:00:00:00:0e:02"), "192.168.10.61")
o.add_host_without_ip("02:00:00:00:0e:03")
o.add_host_with_group("192.168.10.62", "02:00:00:00:0e:04", "py")
try:
    o.change_group("py-host", "py")  # it worked: pypureomapi takes the STATUS for a failure
except p.OmapiError as why:
    assert "changing group" in str(why), why
o.del_host("02:00:00:00:0e:01")
for gone in ("02:00:00:00:0e:01", "02:00:00:00:0e:99"):
    try:
        o.del_host(gone)
    except p.OmapiErrorNotFound:
        pass
    else:
        sys.exit("deleted " + gone)
try:
    o.lookup_mac("192.168.10.250")
except p.OmapiErrorNotFound:
    pass
else:
    sys.exit("found an address outside the pool")
o.close()
"#;
    let ran = pypureomapi(&sim, program);
    assert_eq!(ran.status, 0, "{ran:?}");
}

#[test]
fn pypureomapi_hears_of_a_wrong_secret() {
    let sim = Sim::start(&[]);
    let program = r#"
import sys, pypureomapi as p
o = p.Omapi("127.0.0.1", int(sys.argv[1]), b"k", b"d3Jvbmc=", timeout=5)
try:
    o.lookup_mac("192.168.10.101")
except p.OmapiError as why:
    print(why)
else:
    sys.exit("served")
"#;
    let ran = pypureomapi(&sim, program);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.contains("wrong authenticator"), "{ran:?}");
}

#[test]
fn pypureomapi_shuts_it_down() {
    let mut sim = Sim::start(&[]);
    let program = r#"
import socket, sys, pypureomapi as p
o = p.Omapi("127.0.0.1", int(sys.argv[1]), b"k", sys.argv[2].encode(), timeout=2)
o.signal_shutdown()
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2)
except ConnectionRefusedError:
    print("refused")
"#;
    let ran = pypureomapi(&sim, program);
    assert!(ran.stdout.contains("refused"), "{ran:?}");
    assert_eq!(sim.ends_within(Duration::from_secs(15)), Some(0));
}
