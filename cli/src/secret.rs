//! Secrets: from a file, a variable, the profile, or, with a warning, the command line.

use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer, de};
use zeroize::Zeroizing;

use crate::commands::Context;
use crate::failure::Failure;

/// A secret; its memory is wiped, and it is never shown.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The first line of a file, without its line end.
    pub(crate) fn from_file(path: &Path) -> Result<Self, Failure> {
        let wrong = |why: &dyn fmt::Display| {
            Failure::usage(format!("secret file {}: {why}", path.display()))
        };
        let mut text = Zeroizing::new(String::new());
        let file = File::open(path).map_err(|why| wrong(&why))?;
        file.take(LONGEST).read_to_string(&mut text).map_err(|why| wrong(&why))?;
        let line = text.split('\n').next().unwrap_or_default();
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(wrong(&"its first line is empty"));
        }
        Ok(Self::new(line))
    }
}

/// Octets of a secret file that are looked at.
const LONGEST: u64 = 65_536;

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

impl<'de> Deserialize<'de> for Secret {
    /// Text; an error does not repeat what else was there.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match toml::Value::deserialize(from)? {
            toml::Value::String(text) => Ok(Self::new(text)),
            _ => Err(de::Error::custom("a secret is text in quotes")),
        }
    }
}

/// The places where a command's secret may be, the first one that has it wins.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    /// The option that takes the secret itself, as in `--key`, and what it was given.
    pub(crate) argument: (&'static str, Option<&'a Secret>),
    /// The option that names a file, as in `--secret-file`, and what it was given.
    pub(crate) file: (&'static str, Option<&'a PathBuf>),
    /// The variable.
    pub(crate) variable: &'static str,
    /// The secret in the profile.
    pub(crate) profile: Option<&'a Secret>,
    /// The file that the profile names.
    pub(crate) profile_file: Option<&'a PathBuf>,
}

impl Places<'_> {
    /// The secret, if it is anywhere.
    pub(crate) fn find(&self, context: &Context) -> Result<Option<Secret>, Failure> {
        let ((argument, text), (file_option, file)) = (self.argument, self.file);
        match (text, file) {
            (Some(_), Some(_)) => {
                return Err(Failure::usage(format!("give {argument} or {file_option}, not both")));
            }
            (Some(text), None) => {
                context.output.warn(&format!(
                    "{argument} on the command line can be read by other users of this machine; \
                     {file_option} or {} keeps the secret",
                    self.variable
                ));
                return Ok(Some(text.clone()));
            }
            (None, Some(path)) => return Secret::from_file(path).map(Some),
            (None, None) => {}
        }
        if let Some(value) = std::env::var_os(self.variable).filter(|value| !value.is_empty()) {
            let text = value
                .into_string()
                .map_err(|_| Failure::usage(format!("{} is not UTF-8", self.variable)))?;
            return Ok(Some(Secret::new(text)));
        }
        match (self.profile, self.profile_file) {
            (Some(_), Some(_)) => Err(Failure::usage(format!(
                "the profile has the secret itself and {}: leave one out",
                file_option.trim_start_matches('-')
            ))),
            (Some(text), None) => Ok(Some(text.clone())),
            (None, Some(path)) => Secret::from_file(path).map(Some),
            (None, None) => Ok(None),
        }
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn from_file(content: &str) -> Result<Secret, Failure> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(content.as_bytes()).unwrap();
        Secret::from_file(file.path())
    }

    #[test]
    fn the_first_line_of_a_file_counts() {
        for content in ["c2VjcmV0", "c2VjcmV0\n", "c2VjcmV0\r\n", "c2VjcmV0\nother\n"] {
            assert_eq!(from_file(content).unwrap().expose(), "c2VjcmV0");
        }
        assert_eq!(from_file(" a b \n").unwrap().expose(), " a b ");
        assert!(from_file("\nc2VjcmV0\n").unwrap_err().message.contains("empty"));
    }

    #[test]
    fn it_is_never_shown() {
        assert_eq!(format!("{:?}", Secret::new("c2VjcmV0")), "[redacted]");
    }
}
