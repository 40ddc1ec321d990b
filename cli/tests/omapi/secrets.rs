//! Secrets: where they may be, and where they never are.

use std::io::Write;

use super::omapi;
use crate::run::{Ran, SECRET, Sim, finish, program};

fn lookup(sim: &Sim, words: &[&str], variable: Option<&str>) -> Ran {
    let first = ["omapi", "--server", &sim.address, "--key-name", "k", "lookup", "control"];
    let mut command = program();
    command.args(first).args(words);
    if let Some(secret) = variable {
        command.env("NETLEVER_OMAPI_KEY", secret);
    }
    finish(&mut command, b"")
}

#[test]
fn a_file_a_variable_or_an_argument_has_it() {
    let sim = Sim::start(&[]);
    for content in [SECRET.to_owned(), format!("{SECRET}\r\nmore\n"), format!("{SECRET}\n")] {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(content.as_bytes()).expect("it is written");
        let path = file.path().to_str().expect("UTF-8");
        let ran = lookup(&sim, &["--secret-file", path], None);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
        // What stands on the command line wins over the variable.
        assert_eq!(lookup(&sim, &["--secret-file", path], Some("d3Jvbmc=")).status, 0);
        assert_eq!(lookup(&sim, &["--secret-file", path, "--key", SECRET], None).status, 2);
        assert_eq!(lookup(&sim, &["--secret-file", path, "--unsigned"], None).status, 2);
    }
    let ran = lookup(&sim, &[], Some(SECRET));
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    let ran = lookup(&sim, &["--key", SECRET], None);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(
        ran.stderr.contains("warning: --key") && ran.stderr.contains("--secret-file"),
        "{ran:?}"
    );
    assert_eq!(lookup(&sim, &["--secret-file", "/nowhere/key"], None).status, 2);
}

#[test]
fn it_is_in_no_output() {
    let sim = Sim::start(&[]);
    let octets = "6e 65 74 6c 65 76 65 72";
    for words in [
        &["-vv", "lookup", "host", "--name", "printer"][..],
        &["-vv", "--json", "lookup", "host", "--name", "nobody"],
        &["-vv", "lookup", "host", "--key", SECRET, "--name", "printer"],
        &["--key", SECRET, "--unsigned", "lookup", "control"],
        &["--key", SECRET, "--frob"],
        &["--algorithm", "hmac-sha512", "lookup", "control"],
        &["--key", "bmV0bGV2ZXItbWQ1LWtleQ=%", "lookup", "control"],
    ] {
        let ran = omapi(&sim, words);
        let all = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!all.contains(&SECRET[..16]) && !all.contains(octets), "{words:?}: {all}");
    }
}
