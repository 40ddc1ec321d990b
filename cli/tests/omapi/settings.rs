//! The settings file and its profiles.

use std::fs;

use super::one;
use crate::run::{Ran, SECRET, Sim, finish, program};

const LOOKUP: [&str; 5] = ["--json", "omapi", "lookup", "host", "--name=printer"];

fn run_in(folder: &std::path::Path, words: &[&str]) -> Ran {
    finish(program().args(LOOKUP).args(words).env("XDG_CONFIG_HOME", folder), b"")
}

#[test]
fn a_profile_has_what_the_options_leave_out() {
    let sim = Sim::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let (settings, secret) = (folder.path().join("netlever"), folder.path().join("key"));
    fs::create_dir(&settings).expect("a folder");
    fs::write(&secret, SECRET).expect("a file");
    let text = format!(
        "[profile.office.omapi]\nserver = \"{0}\"\nkey-name = \"k\"\nkey = \"{SECRET}\"\nrate = \
         1000\n\n[profile.default.omapi]\nserver = \"{0}\"\nkey-name = \"k\"\nsecret-file = {1:?}\n\
         algorithm = \"hmac-md5\"\n",
        sim.address, secret
    );
    fs::write(settings.join("config.toml"), &text).expect("a file");
    for words in [&["--profile", "office"][..], &[], &["--profile", "default"]] {
        let ran = run_in(folder.path(), words);
        assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{words:?}: {ran:?}");
        assert_eq!(one(&ran)["name"], "printer");
    }
    let other = folder.path().join("other.toml");
    fs::write(&other, text.replace("office", "works")).expect("a file");
    let other = other.to_str().expect("UTF-8");
    assert_eq!(run_in(folder.path(), &["--config", other, "--profile", "works"]).status, 0);
    let unknown = run_in(folder.path(), &["--config", other, "--profile", "office"]);
    assert_eq!(unknown.status, 2);
    assert!(unknown.stderr.contains("works"), "{unknown:?}");
    // An option wins over the profile.
    assert_eq!(run_in(folder.path(), &["--key-name", "other"]).status, 5);
}

#[test]
fn a_wrong_file_is_named_with_its_line_and_without_its_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("c.toml");
    for (line, says) in
        [("kee = 1", "kee"), ("key = 27182818", "text in quotes"), ("server = \"a b\"", "no host")]
    {
        fs::write(&path, format!("[profile.default.omapi]\nkey-name = \"k\"\n{line}\n"))
            .expect("a file");
        let file = path.to_str().expect("UTF-8");
        let ran = run_in(folder.path(), &["--config", file]);
        assert_eq!(ran.status, 2, "{ran:?}");
        assert!(ran.stderr.contains("c.toml, line 3: ") && ran.stderr.contains(says), "{ran:?}");
        assert!(!ran.stderr.contains("27182818"), "{ran:?}");
    }
    assert_eq!(run_in(folder.path(), &["--config", "/nowhere/c.toml"]).status, 2);
    assert_eq!(run_in(folder.path(), &["--profile", "x"]).status, 2, "there is no file");
}
