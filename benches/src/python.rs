//! pypureomapi, measured in the same run.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The Python that has pypureomapi: `NETLEVER_PYTHON`, or the environment that `scripts/peers
/// install` makes. An error says what to do.
///
/// # Errors
/// There is none.
pub fn interpreter() -> Result<PathBuf, String> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let peers =
        env::var_os("NETLEVER_PEERS_DIR").map_or_else(|| target.join("peers"), PathBuf::from);
    let python =
        env::var_os("NETLEVER_PYTHON").map_or_else(|| peers.join("venv/bin/python"), PathBuf::from);
    let found = Command::new(&python).args(["-c", "import pypureomapi"]).output();
    match found {
        Ok(output) if output.status.success() => Ok(python),
        _ => Err(format!(
            "no pypureomapi at {}: run scripts/peers install omapi, or set NETLEVER_PYTHON",
            python.display()
        )),
    }
}

/// Runs `peers/SCRIPT` of this crate with these arguments; the numbers that it prints.
///
/// # Errors
/// What Python said.
pub fn run(python: &PathBuf, script: &str, arguments: &[String]) -> Result<Vec<f64>, String> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("peers").join(script);
    let output = Command::new(python)
        .arg(&script)
        .args(arguments)
        .output()
        .map_err(|why| format!("{}: {why}", python.display()))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().map(|word| word.parse().map_err(|_| text.clone())).collect()
}
