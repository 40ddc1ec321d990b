//! Which daemon, and with which management password: the options of `openvpn`, and what a profile
//! says for them.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use netlever_core::backoff::{Backoff, Reconnect};
use netlever_core::openvpn::Config;
use netlever_core::runtime::Endpoint;
use serde::{Deserialize, Deserializer, de};

use crate::commands::Context;
use crate::commands::omapi::options::secret;
use crate::failure::Failure;
use crate::secret::{Places, Secret};

/// The variable that may hold the management password.
pub(crate) const PASSWORD_VARIABLE: &str = "NETLEVER_OPENVPN_PASSWORD";

/// Options of every verb of `openvpn`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Daemon and password")]
pub(crate) struct Options {
    /// The daemon's management address: `management 127.0.0.1 7505`
    #[arg(long, global = true, value_name = "HOST:PORT")]
    pub(crate) connect: Option<Endpoint>,
    /// The daemon's management socket: `management /run/openvpn.sock unix`
    #[arg(long, global = true, value_name = "PATH")]
    pub(crate) unix: Option<PathBuf>,
    /// Listen here for a daemon with management-client, which connects to us
    #[arg(long, global = true, value_name = "IP:PORT|PATH")]
    pub(crate) listen: Option<Endpoint>,
    /// The management password; better in a file or in NETLEVER_OPENVPN_PASSWORD
    #[arg(long, global = true, value_name = "PASSWORD", value_parser = secret)]
    pub(crate) password: Option<Secret>,
    /// A file whose first line is the management password: the daemon's own will do
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
    /// Send a command only when the one before is answered: for daemons on Windows
    #[arg(long, global = true)]
    pub(crate) one_at_a_time: bool,
}

/// What a profile says under `openvpn`; keys are named as the options.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    #[serde(default, deserialize_with = "from_text")]
    connect: Option<Endpoint>,
    unix: Option<PathBuf>,
    #[serde(default, deserialize_with = "from_text")]
    listen: Option<Endpoint>,
    password: Option<Secret>,
    password_file: Option<PathBuf>,
    #[serde(default)]
    one_at_a_time: bool,
}

/// Where the daemon is to be met.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// It listens there.
    There(Endpoint),
    /// We listen here.
    Here(Endpoint),
}

/// A daemon, and how to talk to it: options and profile together.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) place: Place,
    pub(super) config: Config,
}

/// How long a command keeps the daemon to itself: it serves one client at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stay {
    /// For one answer.
    Short,
    /// For events: over losses and restarts.
    Attached,
}

/// How long a daemon may take to greet; within a shorter `--timeout`, three quarters of that, so
/// that it is told that another client is attached.
const GREETING: Duration = Duration::from_secs(3);

/// How long an attached session lets a daemon be away between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long a call waits for a daemon that connects to us, if `--timeout` does not say: a day.
const DOOR: Duration = Duration::from_secs(24 * 3600);

impl Options {
    /// Where to go, and with which password. What is missing is a usage error.
    pub(super) fn target(&self, context: &Context, stay: Stay) -> Result<Target, Failure> {
        let profile = context.profile()?.openvpn;
        let place = places(self.connect.as_ref(), self.unix.as_ref(), self.listen.as_ref(), "--")?;
        let place = match place {
            Some(place) => place,
            None => {
                let Profile { connect, unix, listen, .. } = &profile;
                let place = places(connect.as_ref(), unix.as_ref(), listen.as_ref(), "")?;
                place.ok_or_else(|| {
                    Failure::usage(
                        "which daemon? give --connect HOST:PORT, --unix PATH or --listen \
                         IP:PORT, or one of them in a profile; --help tells more",
                    )
                })?
            }
        };
        let seed = getrandom::u64()
            .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))?;
        let mut config = Config::new(seed);
        let places = Places {
            argument: ("--password", self.password.as_ref()),
            file: ("--password-file", self.password_file.as_ref()),
            variable: PASSWORD_VARIABLE,
            profile: profile.password.as_ref(),
            profile_file: profile.password_file.as_ref(),
        };
        config.password = places.find(context)?.map(|secret| secret.expose().into());
        config.one_at_a_time = self.one_at_a_time || profile.one_at_a_time;
        config.greeting = (context.timeout() * 3 / 4).min(GREETING);
        config.stall = config.stall.max(context.timeout());
        config.deadline = match place {
            Place::Here(_) => context.asked_timeout().unwrap_or(DOOR),
            Place::There(_) => context.timeout(),
        };
        (config.idle, config.reconnect) = match stay {
            Stay::Short => (Some(Duration::from_secs(1)), Reconnect::Never),
            Stay::Attached => {
                (None, Reconnect::Backoff(Backoff { most: LONGEST_PAUSE, ..Backoff::default() }))
            }
        };
        Ok(Target { place, config })
    }
}

/// The place, if there is one; two are too many.
fn places(
    connect: Option<&Endpoint>,
    unix: Option<&PathBuf>,
    listen: Option<&Endpoint>,
    dashes: &str,
) -> Result<Option<Place>, Failure> {
    Ok(Some(match (connect, unix, listen) {
        (None, None, None) => return Ok(None),
        (Some(there), None, None) => Place::There(there.clone()),
        (None, Some(path), None) => Place::There(Endpoint::Unix(path.clone())),
        (None, None, Some(here)) => Place::Here(here.clone()),
        _ => {
            return Err(Failure::usage(format!(
                "give one of {dashes}connect, {dashes}unix and {dashes}listen"
            )));
        }
    }))
}

fn from_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Endpoint>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(de::Error::custom)
}
