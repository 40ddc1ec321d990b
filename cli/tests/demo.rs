//! The demo, the completions and the manual pages.

mod run;

use run::run;

#[test]
fn the_demo_does_every_step_on_each_runtime() {
    let ran = run(&["--json", "demo"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let steps: Vec<_> = ran
        .lines()
        .iter()
        .map(|line| {
            let [protocol, runtime, step] = [&line["protocol"], &line["runtime"], &line["step"]];
            format!("{protocol} {runtime} {step}").replace('"', "")
        })
        .collect();
    for runtime in ["tokio", "async-std", "blocking"] {
        for step in [
            "sim",
            "lookup",
            "add",
            "change",
            "group",
            "delete",
            "release",
            "scan",
            "wrong key",
            "shutdown",
            "in all",
        ] {
            let step = format!("OMAPI {runtime} {step}");
            assert!(steps.contains(&step), "{step}: {steps:?}");
        }
        for step in ["sim", "state", "status", "auth", "kill", "busy", "end"] {
            let step = format!("OpenVPN {runtime} {step}");
            assert!(steps.contains(&step), "{step}: {steps:?}");
        }
    }
    let ran = run(&["demo"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stdout.contains("100 leases in "), "{}", ran.stdout);
}

#[test]
fn completions_know_the_words() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&["completions", shell]);
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.contains("secret-file"), "{shell}");
    }
    assert_eq!(run(&["completions", "tcl"]).status, 2);
}

#[test]
fn pages_are_printed_or_written() {
    let ran = run(&["man"]);
    assert!(ran.status == 0 && ran.stdout.contains(".TH netlever 1"), "{}", ran.stdout);
    let ran = run(&["man", "sim", "omapi"]);
    assert!(ran.stdout.contains("\\-\\-fault"), "{}", ran.stdout);
    assert_eq!(run(&["man", "frob"]).status, 2);
    let folder = tempfile::tempdir().unwrap();
    let ran = run(&["--json", "man", "--dir", folder.path().to_str().unwrap()]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let written = ran.lines()[0]["written"].as_array().unwrap().len();
    assert_eq!(written, std::fs::read_dir(folder.path()).unwrap().count());
    assert!(folder.path().join("netlever-sim-omapi.1").exists());
}
