//! Which server, and with which key: the options of `omapi`, and what a profile says for them.

use std::path::PathBuf;

use clap::Args;
use netlever_core::backoff::Reconnect;
use netlever_core::omapi::Config;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::values::Family;
use netlever_core::runtime::Endpoint;
use serde::{Deserialize, Deserializer, de};

use crate::commands::Context;
use crate::failure::Failure;
use crate::secret::{Places, Secret};

/// The customary port; dhcpd itself has none without `omapi-port`.
pub(crate) const PORT: u16 = 7911;

/// The variable that may hold the key.
pub(crate) const KEY_VARIABLE: &str = "NETLEVER_OMAPI_KEY";

/// Options of every verb of `omapi`.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Server and key")]
pub(crate) struct Options {
    /// The server
    #[arg(long, global = true, value_name = "HOST[:7911]", value_parser = endpoint)]
    pub(crate) server: Option<Endpoint>,
    /// The name of the key in dhcpd.conf
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) key_name: Option<String>,
    /// The key's secret in base64; better in a file or in NETLEVER_OMAPI_KEY
    #[arg(long, global = true, value_name = "BASE64", value_parser = secret)]
    pub(crate) key: Option<Secret>,
    /// A file whose first line is the key's secret in base64
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) secret_file: Option<PathBuf>,
    /// The key's algorithm: hmac-md5 (default), -sha1, -sha224, -sha256, -sha384 or -sha512
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) algorithm: Option<Algorithm>,
    /// Sign nothing: for a server without omapi-key
    #[arg(long, global = true)]
    pub(crate) unsigned: bool,
    /// At most N requests a second: dhcpd answers DHCP and OMAPI from one thread
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rate: Option<u32>,
    /// The server is a DHCPv6 one: addresses of hosts have 16 octets
    #[arg(long, global = true)]
    pub(crate) dhcpv6: bool,
    /// Send requests even where dhcpd is known to crash or to lose data
    #[arg(long, global = true)]
    pub(crate) expert: bool,
}

/// What a profile says under `omapi`; keys are named as the options.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Profile {
    #[serde(default, deserialize_with = "from_text")]
    pub(crate) server: Option<Endpoint>,
    key_name: Option<String>,
    key: Option<Secret>,
    secret_file: Option<PathBuf>,
    #[serde(default, deserialize_with = "algorithm_from_text")]
    algorithm: Option<Algorithm>,
    #[serde(default)]
    unsigned: bool,
    rate: Option<u32>,
    #[serde(default)]
    dhcpv6: bool,
    #[serde(default)]
    expert: bool,
}

/// A server, and how to talk to it: options and profile together.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) peer: Endpoint,
    pub(crate) config: Config,
}

impl Options {
    /// Where to go, and with which key. What is missing is a usage error.
    pub(crate) fn target(&self, context: &Context) -> Result<Target, Failure> {
        let profile = context.profile()?.omapi;
        let peer = self.server.clone().or_else(|| profile.server.clone());
        let peer = peer.ok_or_else(|| {
            Failure::usage("which server? give --server HOST[:7911], or server in a profile")
        })?;
        let key = self.signer(context, &profile)?;
        Ok(Target { peer, config: self.config(context, &profile, key)? })
    }

    /// How to talk to a server, signing with this key.
    pub(crate) fn config(
        &self,
        context: &Context,
        profile: &Profile,
        key: Option<Key>,
    ) -> Result<Config, Failure> {
        let seed = getrandom::u64()
            .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))?;
        let mut config = match key {
            Some(key) => Config::signed(key, seed),
            None => Config::unsigned(seed),
        };
        config.deadline = context.timeout();
        config.handshake = context.timeout();
        config.stall = config.stall.max(context.timeout());
        config.reconnect = Reconnect::Never;
        config.rate = self.rate.or(profile.rate).filter(|rate| *rate > 0);
        (config.family, config.expert) = self.family_and_expert(profile);
        Ok(config)
    }

    /// What the server serves, and whether the guard rails are off.
    pub(crate) const fn family_and_expert(&self, profile: &Profile) -> (Family, bool) {
        let family = if self.dhcpv6 || profile.dhcpv6 { Family::V6 } else { Family::V4 };
        (family, self.expert || profile.expert)
    }

    /// The algorithm that was asked for, or the protocol's default.
    pub(crate) fn algorithm(&self, profile: &Profile) -> Algorithm {
        self.algorithm.or(profile.algorithm).unwrap_or_default()
    }

    /// The name of the key, if it has one.
    pub(crate) fn key_name<'a>(&'a self, profile: &'a Profile) -> Option<&'a str> {
        self.key_name.as_deref().or(profile.key_name.as_deref())
    }

    /// The key; `None` when nothing is to be signed.
    fn signer(&self, context: &Context, profile: &Profile) -> Result<Option<Key>, Failure> {
        let key = self.any_key(context, profile)?;
        if key.is_none() && !self.signs_nothing(profile) {
            return Err(Failure::usage(format!(
                "which key? give --key-name NAME with --secret-file FILE (or {KEY_VARIABLE}, or \
                 both in a profile); or --unsigned for a server without omapi-key"
            )));
        }
        Ok(key)
    }

    fn signs_nothing(&self, profile: &Profile) -> bool {
        self.unsigned || profile.unsigned && self.key.is_none() && self.secret_file.is_none()
    }

    /// The key, if there is one anywhere and requests are to be signed.
    pub(crate) fn any_key(
        &self,
        context: &Context,
        profile: &Profile,
    ) -> Result<Option<Key>, Failure> {
        if self.unsigned && (self.key.is_some() || self.secret_file.is_some()) {
            return Err(Failure::usage("give a key or --unsigned, not both"));
        }
        if self.signs_nothing(profile) {
            return Ok(None);
        }
        let places = Places {
            argument: ("--key", self.key.as_ref()),
            file: ("--secret-file", self.secret_file.as_ref()),
            variable: KEY_VARIABLE,
            profile: profile.key.as_ref(),
            profile_file: profile.secret_file.as_ref(),
        };
        let Some(secret) = places.find(context)? else { return Ok(None) };
        let name = self.key_name(profile).ok_or_else(|| {
            Failure::usage("what is the key's name? give --key-name NAME, as in dhcpd.conf")
        })?;
        let key = Key::from_base64(name, self.algorithm(profile), secret.expose());
        key.map(Some).map_err(Failure::usage)
    }
}

fn endpoint(text: &str) -> Result<Endpoint, String> {
    Endpoint::parse(text, Some(PORT)).map_err(|why| why.to_string())
}

/// Any text; without a message, so that no error can repeat it.
pub(crate) fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(Secret::new(text))
}

fn from_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Endpoint>, D::Error> {
    let text = String::deserialize(from)?;
    endpoint(&text).map(Some).map_err(de::Error::custom)
}

fn algorithm_from_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Algorithm>, D::Error> {
    let text = String::deserialize(from)?;
    text.parse().map(Some).map_err(de::Error::custom)
}
