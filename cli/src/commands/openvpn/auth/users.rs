//! A file of users, and the verb that makes its lines.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use clap::Args;
use netlever_core::openvpn::calls::push;
use netlever_core::openvpn::policy::Decision;

use super::workers::Job;
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Status};
use crate::secret::Secret;

/// What the log is told of a wrong name and of a wrong password alike.
const DENIED: &str = "wrong user name or password";

/// A file of users. It is read at each question.
pub(super) struct Users(PathBuf);

/// One line of the file.
#[derive(Debug, PartialEq, Eq)]
struct User<'a> {
    name: &'a str,
    hash: &'a str,
    options: Vec<&'a str>,
}

impl Users {
    /// Looks whether the file can be read.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let users = Self(path.to_owned());
        users.read(|_| ()).map_err(|why| Failure::usage(format!("users file {why}")))?;
        Ok(users)
    }

    fn read<T>(&self, look: impl FnOnce(&[User<'_>]) -> T) -> Result<T, String> {
        let wrong = |why: &dyn Display| format!("{}: {why}", self.0.display());
        let text = std::fs::read_to_string(&self.0).map_err(|why| wrong(&why))?;
        let users = parse(&text).map_err(|why| wrong(&why))?;
        Ok(look(&users))
    }

    pub(super) fn decide(&self, job: Job<'_>) -> Decision {
        let question = job.question;
        let variable = |name| question.get(name).unwrap_or_default();
        let name = variable("username");
        // The daemon has looked at the token itself, and says so.
        let token = question.name == "REAUTH" && variable("session_state") == b"Authenticated";
        let found = self.read(|users| {
            let user = users.iter().find(|user| user.name.as_bytes() == name);
            let Some(user) = user else {
                verify(variable("password"), decoy());
                return None;
            };
            let right = token || verify(variable("password"), user.hash);
            right.then(|| user.options.iter().map(|option| push(option)).collect::<Vec<_>>())
        });
        match found {
            Ok(Some(config)) => Decision::accept(config),
            Ok(None) => Decision::deny(DENIED),
            Err(_) => Decision::deny("the users file cannot be read"),
        }
    }
}

fn parse(text: &str) -> Result<Vec<User<'_>>, String> {
    let mut users = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why: &str| format!("line {}: {why}", number + 1);
        let (name, rest) = line.split_once(':').ok_or_else(|| wrong("write NAME:HASH"))?;
        let (hash, options) = rest.split_once(':').unwrap_or((rest, ""));
        if !hash.starts_with("$argon2id$") || PasswordHash::new(hash).is_err() {
            return Err(wrong("behind the name stands no Argon2id hash; openvpn passwd makes one"));
        }
        let options = options.split(';').map(str::trim).filter(|option| !option.is_empty());
        users.push(User { name, hash, options: options.collect() });
    }
    Ok(users)
}

fn verify(password: &[u8], hash: &str) -> bool {
    let Ok(hash) = PasswordHash::new(hash) else { return false };
    Argon2::default().verify_password(password, &hash).is_ok()
}

/// A hash for who is not in the file, so that the time of an answer does not tell who is.
fn decoy() -> &'static str {
    static DECOY: OnceLock<String> = OnceLock::new();
    DECOY.get_or_init(|| hash(b"").unwrap_or_default())
}

fn hash(password: &[u8]) -> Result<String, Failure> {
    let hash = Argon2::default().hash_password(password);
    let hash = hash.map_err(|why| Failure::other(format!("hashing: {why}")))?;
    Ok(hash.to_string())
}

/// The words behind `passwd`.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  netlever openvpn passwd carol --value-file pw --push 'route 10.0.0.0 255.0.0.0' >> users")]
pub(in super::super) struct Passwd {
    /// The user's name, without a colon
    name: OsString,
    /// A file whose first line is the user's password
    #[arg(long, value_name = "FILE")]
    value_file: PathBuf,
    /// An option that is pushed to the user's clients, repeatable
    #[arg(long, value_name = "OPTION")]
    push: Vec<String>,
}

impl Passwd {
    pub(in super::super) fn run(&self, context: &Context) -> Ended {
        let wrong = |name: &str| {
            name.is_empty() || name.starts_with('#') || name.trim() != name || name.contains(':')
        };
        let name =
            self.name.to_str().filter(|name| !wrong(name) && !name.contains(char::is_control));
        let name = name.ok_or_else(|| {
            Failure::usage("a user's name is UTF-8, and has no colon, no blanks around it and no #")
        })?;
        if self.push.iter().any(|option| option.contains([';', '\n', '\r'])) {
            return Err(Failure::usage("an option that is pushed holds no semicolon"));
        }
        let password = Secret::from_file(&self.value_file)?;
        let hash = hash(password.expose().as_bytes())?;
        let options = self.push.join(";");
        let more = if options.is_empty() { String::new() } else { format!(":{options}") };
        let line = format!("{name}:{hash}{more}");
        context.output.print(|| serde_json::json!({ "line": line }), |_| line.clone());
        Ok(Status::Done)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_wrong_ones_named() {
        let hash = hash(b"secret").unwrap();
        let text = format!("# users\n\ncarol:{hash}\ndave:{hash}:route 10.0.0.0 255.0.0.0; x\n");
        let users = parse(&text).unwrap();
        assert_eq!((users[0].name, users[0].options.len()), ("carol", 0));
        assert_eq!(users[1].options, ["route 10.0.0.0 255.0.0.0", "x"]);
        assert!(verify(b"secret", users[1].hash) && !verify(b"secre", users[1].hash));
        for (text, why) in [("carol\n", "line 1: write"), ("\na:plain\n", "line 2: behind")] {
            assert!(parse(text).unwrap_err().starts_with(why), "{text}");
        }
    }

    #[test]
    fn nobody_has_the_decoys_password() {
        assert!(decoy().starts_with("$argon2id$"));
    }
}
