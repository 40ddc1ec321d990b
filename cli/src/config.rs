//! The settings file: profiles, whose keys are named as the options.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::commands::{omapi, openvpn};
use crate::failure::Failure;

/// The whole file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    #[serde(default)]
    profile: BTreeMap<String, Profile>,
}

/// One profile: what the options of each protocol are when they are left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    #[serde(default)]
    pub(crate) omapi: omapi::options::Profile,
    #[serde(default)]
    pub(crate) openvpn: openvpn::options::Profile,
}

/// The profile that is used when none is asked for.
const DEFAULT: &str = "default";

/// Reads the profile that was asked for. Without `--profile` it is `default`, which need not be
/// there; without `--config` neither need the file.
pub(crate) fn profile(file: Option<&Path>, name: Option<&str>) -> Result<Profile, Failure> {
    let path = match file {
        Some(path) => Some(path.to_owned()),
        None => default_path().filter(|path| name.is_some() || path.exists()),
    };
    let Some(path) = path else { return Ok(Profile::default()) };
    let text = std::fs::read_to_string(&path).map(Zeroizing::new);
    let text = text.map_err(|why| wrong(&path, why))?;
    choose(&text, &path, name)
}

fn choose(text: &str, path: &Path, name: Option<&str>) -> Result<Profile, Failure> {
    let mut config: Config = toml::from_str(text).map_err(|error| {
        // Only the message: the error's own display quotes the line, which may hold a secret.
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = text.as_bytes()[..at].iter().filter(|&&octet| octet == b'\n').count() + 1;
        Failure::usage(format!("{}, line {line}: {}", path.display(), error.message()))
    })?;
    match (config.profile.remove(name.unwrap_or(DEFAULT)), name) {
        (Some(profile), _) => Ok(profile),
        (None, None) => Ok(Profile::default()),
        (None, Some(name)) => {
            let known: Vec<_> = config.profile.into_keys().collect();
            let known = if known.is_empty() { "none".into() } else { known.join(", ") };
            Err(wrong(path, format!("it has no profile \"{name}\", but: {known}")))
        }
    }
}

/// `netlever/config.toml` in the user's configuration folder.
fn default_path() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("netlever").join("config.toml"))
}

fn wrong(path: &Path, why: impl Display) -> Failure {
    Failure::usage(format!("settings {}: {why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, name: Option<&str>) -> Result<Profile, String> {
        choose(text, Path::new("c.toml"), name).map_err(|failure| failure.message)
    }

    #[test]
    fn a_profile_is_found_by_its_name() {
        let text = "[profile.a.omapi]\nserver = \"dhcp1\"\nkey-name = \"k\"\nkey = \"c2VjcmV0\"\n";
        let profile = read(text, Some("a")).unwrap();
        assert_eq!(profile.omapi.server.unwrap().to_string(), "dhcp1:7911");
        assert!(read(text, None).unwrap().omapi.server.is_none());
        assert!(read(text, Some("b")).unwrap_err().contains("no profile \"b\", but: a"));
    }

    #[test]
    fn an_error_names_file_and_line_but_not_what_stands_there() {
        for (line, says) in [
            ("frob = 1", "unknown field `frob`"),
            ("key = 31415926", "a secret is text"),
            ("key = \"31415926", "string"),
            ("rate = \"31415926\"", "invalid type"),
        ] {
            let text = format!("[profile.a.omapi]\nserver = \"x\"\n{line}\n");
            let error = read(&text, Some("a")).unwrap_err();
            assert!(error.starts_with("c.toml, line 3: ") && error.contains(says), "{error}");
            assert!(line.starts_with("rate") || !error.contains("31415926"), "{error}");
        }
    }
}
