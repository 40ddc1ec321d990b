//! Verbs that change something: the daemon's own commands, typed and quoted.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use netlever_core::openvpn::calls::{self, push};
use netlever_core::openvpn::command::{self, Proxy, Remote};
use netlever_core::openvpn::wire::Lines;
use netlever_core::openvpn::{Command, Secret as Hidden, Text};

use super::daemon::Daemon;
use super::replies;
use crate::commands::decode::input;
use crate::commands::omapi::options::secret;
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Status};
use crate::secret::Secret;

/// Verbs that change something.
#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show or set whether the daemon holds at starts, or release a hold
    Hold {
        /// Without it, the flag is shown
        #[arg(value_enum)]
        what: Option<Hold>,
    },
    /// Show or set how much is logged, 0 to 15
    #[command(name = "verb")]
    LogLevel {
        #[arg(value_name = "LEVEL", value_parser = clap::value_parser!(u8).range(0..=15))]
        level: Option<u8>,
    },
    /// Show or set how many log lines of one kind in a row are printed
    Mute {
        #[arg(value_name = "LINES")]
        lines: Option<u32>,
    },
    /// Show or set what a client does when its password is refused
    AuthRetry {
        #[arg(value_enum)]
        mode: Option<AuthRetry>,
    },
    /// Set how much of the environment events bring: 0, or nothing, is all
    EnvFilter {
        #[arg(value_name = "LEVEL")]
        level: Option<u32>,
    },
    /// Tell counters every so many seconds; 0: never. For events, see `events --bytecount`
    Bytecount {
        #[arg(value_name = "SECONDS")]
        seconds: u32,
    },
    /// Send a signal: SIGUSR1 and SIGHUP restart, SIGTERM ends, SIGUSR2 logs the status
    Signal {
        #[arg(value_enum, ignore_case = true)]
        signal: Signal,
    },
    /// Make the daemon ask for passwords again
    ForgetPasswords,
    /// Throw out a client by its id
    ClientKill {
        #[arg(value_name = "ID")]
        cid: u64,
        /// HALT stops it, HALT,REASON tells its user why; without, it connects again
        #[arg(value_name = "MESSAGE")]
        message: Option<OsString>,
    },
    /// Let a client in that CONNECT or REAUTH told of, with configuration
    ClientAuth(ClientAuth),
    /// Let a client in, without configuration
    ClientAuthNt {
        #[arg(value_name = "ID")]
        cid: u64,
        #[arg(value_name = "KEY")]
        kid: u64,
    },
    /// Keep a client out
    ClientDeny {
        #[arg(value_name = "ID")]
        cid: u64,
        #[arg(value_name = "KEY")]
        kid: u64,
        /// For the daemon's log
        reason: OsString,
        /// For the user
        client_reason: Option<OsString>,
    },
    /// Ask the user of a client for more, before it is let in
    ClientPendingAuth(Pending),
    /// Set a client's packet filter (up to 2.5)
    ClientPf {
        #[arg(value_name = "ID")]
        cid: u64,
        /// The filter's lines; - reads stdin
        file: PathBuf,
    },
    /// Answer a question of the server (2.5)
    CrResponse(Value),
    /// Change options of all clients (2.7): by comma, -option removes, ?option is optional
    PushUpdateBroad { options: OsString },
    /// Change options of one client (2.7)
    PushUpdateCid {
        #[arg(value_name = "ID")]
        cid: u64,
        options: OsString,
    },
    /// Answer a prompt: the user name
    Username {
        /// As the prompt says: Auth, HTTP Proxy …
        #[arg(value_name = "TYPE")]
        kind: OsString,
        value: OsString,
    },
    /// Answer a prompt: the password
    Password {
        /// As the prompt says: Auth, Private Key …
        #[arg(value_name = "TYPE")]
        kind: OsString,
        #[command(flatten)]
        value: Value,
    },
    /// Answer NEED-OK
    Needok {
        name: OsString,
        #[arg(value_enum)]
        answer: NeedOk,
    },
    /// Answer NEED-STR
    Needstr { name: OsString, value: OsString },
    /// Answer NEED-CERTIFICATE with a PEM file
    Certificate {
        /// - reads stdin
        file: PathBuf,
    },
    /// Answer PK_SIGN with the octets of a signature
    PkSig {
        /// - reads stdin
        file: PathBuf,
    },
    /// Answer RSA_SIGN with the octets of a signature
    RsaSig {
        /// - reads stdin
        file: PathBuf,
    },
    /// Answer REMOTE: accept, skip or skip N, or mod HOST PORT
    #[command(subcommand)]
    Remote(ToRemote),
    /// Answer PROXY: none, http HOST PORT, or socks HOST PORT; nct behind http: no clear text
    #[command(subcommand)]
    Proxy(ToProxy),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Hold {
    /// Hold at the next start, and at restarts
    On,
    /// Do not
    Off,
    /// Go on now; the flag stays
    Release,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum AuthRetry {
    None,
    Interact,
    Nointeract,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Signal {
    #[value(name = "SIGHUP", alias = "HUP")]
    Hup,
    #[value(name = "SIGTERM", alias = "TERM")]
    Term,
    #[value(name = "SIGUSR1", alias = "USR1")]
    Usr1,
    #[value(name = "SIGUSR2", alias = "USR2")]
    Usr2,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum NeedOk {
    Ok,
    Cancel,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  netlever openvpn … client-auth 7 1 --push 'route 10.0.0.0 255.0.0.0' --line 'iroute 10.7.0.0 255.255.0.0'

The daemon only logs errors in the configuration.")]
pub(super) struct ClientAuth {
    #[arg(value_name = "ID")]
    cid: u64,
    #[arg(value_name = "KEY")]
    kid: u64,
    /// An option to push to the client, repeatable
    #[arg(long, value_name = "OPTION")]
    push: Vec<String>,
    /// A line as of a client-connect script, repeatable
    #[arg(long, value_name = "LINE")]
    line: Vec<OsString>,
}

#[derive(Debug, Args)]
#[command(
    override_usage = "netlever openvpn … client-pending-auth <ID> <KEY> <EXTRA> <SECONDS>\n       \
                            netlever openvpn … client-pending-auth <ID> <EXTRA>    (2.5)"
)]
#[command(after_help = "\
EXTRA is WEB_AUTH:FLAGS:URL, CR_TEXT:FLAGS:QUESTION or OPEN_URL:URL, up to 246 octets; the client's
IV_SSO says which it understands.")]
pub(super) struct Pending {
    #[arg(value_name = "ID")]
    cid: u64,
    #[arg(value_name = "WORD", num_args = 1..=3, required = true)]
    words: Vec<OsString>,
}

/// A secret, from the command line or a file.
#[derive(Debug, Args)]
pub(super) struct Value {
    /// The secret itself; better in a file
    #[arg(value_parser = secret, required_unless_present = "value_file")]
    value: Option<Secret>,
    /// A file whose first line is the secret
    #[arg(long, value_name = "FILE", conflicts_with = "value")]
    value_file: Option<PathBuf>,
}

impl Value {
    fn read(&self, context: &Context) -> Result<Hidden, Failure> {
        let secret = match (&self.value, &self.value_file) {
            (Some(value), _) => {
                context.output.warn(
                    "a secret on the command line can be read by other users of this machine; \
                     --value-file keeps it",
                );
                value.clone()
            }
            (None, Some(path)) => Secret::from_file(path)?,
            (None, None) => return Err(Failure::usage("what is the answer? give --value-file")),
        };
        Ok(secret.expose().into())
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum ToRemote {
    /// Connect to it
    Accept,
    /// Go on to the next, or this many further (since 2.6)
    Skip { count: Option<u32> },
    /// Connect to another one
    Mod { host: OsString, port: OsString },
}

#[derive(Debug, Subcommand)]
pub(super) enum ToProxy {
    /// Connect without
    None,
    /// Through an HTTP proxy; fails for a remote over UDP
    Http {
        host: OsString,
        port: u16,
        /// nct: refuse to send the password in clear text
        #[arg(value_parser = ["nct"])]
        nct: Option<String>,
    },
    /// Through a SOCKS proxy
    Socks { host: OsString, port: u16 },
}

pub(super) async fn run(daemon: &Daemon, context: &Context, verb: Verb) -> Ended {
    // What the value of a setting is shown under, where the verb only asks for it.
    let shows = match &verb {
        Verb::Hold { what: None } => Some("hold"),
        Verb::LogLevel { level: None } => Some("verb"),
        Verb::Mute { lines: None } => Some("mute"),
        Verb::AuthRetry { mode: None } => Some("auth-retry"),
        Verb::EnvFilter { .. } => Some("env_filter_level"),
        _ => None,
    };
    let asked_first =
        matches!(verb, Verb::Certificate { .. } | Verb::PkSig { .. } | Verb::RsaSig { .. });
    let command = command_of(context, verb)?;
    if asked_first {
        // A text is only sent while it is asked for: an open question comes with the greeting.
        daemon.call("reading the version", calls::version()).await?;
    }
    let replies = daemon.command(context, command).await?;
    match shows {
        Some(name) => replies::setting(context, name, &replies),
        None => replies::done(context, &replies),
    }
    Ok(Status::Done)
}

/// What a verb sends.
fn command_of(context: &Context, verb: Verb) -> Result<Command, Failure> {
    Ok(match verb {
        Verb::Hold { what } => Command::Hold(match what {
            None => command::Hold::Show,
            Some(Hold::On) => command::Hold::On,
            Some(Hold::Off) => command::Hold::Off,
            Some(Hold::Release) => command::Hold::Release,
        }),
        Verb::LogLevel { level } => Command::Verb(level),
        Verb::Mute { lines } => Command::Mute(lines),
        Verb::AuthRetry { mode } => Command::AuthRetry(mode.map(|mode| match mode {
            AuthRetry::None => command::AuthRetry::None,
            AuthRetry::Interact => command::AuthRetry::Interact,
            AuthRetry::Nointeract => command::AuthRetry::NoInteract,
        })),
        Verb::EnvFilter { level } => Command::EnvFilter(level),
        Verb::Bytecount { seconds } => Command::ByteCount(seconds),
        Verb::Signal { signal } => Command::Signal(match signal {
            Signal::Hup => command::Signal::Hup,
            Signal::Term => command::Signal::Term,
            Signal::Usr1 => command::Signal::Usr1,
            Signal::Usr2 => command::Signal::Usr2,
        }),
        Verb::ForgetPasswords => Command::ForgetPasswords,
        Verb::ClientKill { cid, message } => {
            Command::ClientKill { cid, message: message.as_deref().map(text) }
        }
        Verb::ClientAuth(ClientAuth { cid, kid, push: options, line: more }) => {
            let mut lines: Vec<Text<'static>> = options.iter().map(|option| push(option)).collect();
            lines.extend(more.iter().map(|line| text(line)));
            Command::ClientAuth { cid, kid, config: lines }
        }
        Verb::ClientAuthNt { cid, kid } => Command::ClientAuthNt { cid, kid },
        Verb::ClientDeny { cid, kid, reason, client_reason } => Command::ClientDeny {
            cid,
            kid,
            reason: text(&reason),
            client_reason: client_reason.as_deref().map(text),
        },
        Verb::ClientPendingAuth(Pending { cid, words }) => pending(cid, &words)?,
        Verb::ClientPf { cid, file } => {
            let octets = input::octets(&file)?;
            let filter = Lines::new(&octets).map(|line| line.to_vec().into()).collect();
            Command::ClientPf { cid, filter }
        }
        Verb::CrResponse(value) => Command::CrResponse(value.read(context)?),
        Verb::PushUpdateBroad { options } => Command::PushUpdateBroad(text(&options)),
        Verb::PushUpdateCid { cid, options } => Command::PushUpdateCid(cid, text(&options)),
        Verb::Username { kind, value } => {
            Command::Username { kind: text(&kind), value: value.as_encoded_bytes().into() }
        }
        Verb::Password { kind, value } => {
            Command::Password { kind: text(&kind), value: value.read(context)? }
        }
        Verb::Needok { name, answer } => {
            Command::NeedOk { name: text(&name), ok: answer == NeedOk::Ok }
        }
        Verb::Needstr { name, value } => {
            Command::NeedStr { name: text(&name), value: value.as_encoded_bytes().into() }
        }
        Verb::Certificate { file } => Command::Certificate(input::octets(&file)?.into()),
        Verb::PkSig { file } => Command::PkSig(input::octets(&file)?),
        Verb::RsaSig { file } => Command::RsaSig(input::octets(&file)?),
        Verb::Remote(remote) => Command::Remote(match remote {
            ToRemote::Accept => Remote::Accept,
            ToRemote::Skip { count } => Remote::Skip(count),
            ToRemote::Mod { host, port } => Remote::Modify { host: text(&host), port: text(&port) },
        }),
        Verb::Proxy(proxy) => Command::Proxy(match proxy {
            ToProxy::None => Proxy::None,
            ToProxy::Http { host, port, nct } => {
                Proxy::Http { host: text(&host), port, no_clear_text: nct.is_some() }
            }
            ToProxy::Socks { host, port } => Proxy::Socks { host: text(&host), port },
        }),
    })
}

fn pending(cid: u64, words: &[OsString]) -> Result<Command, Failure> {
    let number = |word: &OsStr, what: &str| {
        let digits = word.to_str().and_then(|word| word.parse::<u64>().ok());
        digits.ok_or_else(|| Failure::usage(format!("{} is no {what}", word.display())))
    };
    let (key, extra) = match words {
        [extra] => (None, extra),
        [kid, extra, seconds] => {
            let limit = number(seconds, "number of seconds")?;
            let limit = u32::try_from(limit)
                .map_err(|_| Failure::usage(format!("{limit} seconds are too many")))?;
            (Some((number(kid, "key")?, limit)), extra)
        }
        _ => return Err(Failure::usage("write ID KEY EXTRA SECONDS, or for 2.5 ID EXTRA")),
    };
    Ok(Command::ClientPendingAuth { cid, key, extra: text(extra) })
}

/// The octets of a word as it was given.
pub(super) fn text(word: &OsStr) -> Text<'static> {
    word.as_encoded_bytes().to_vec().into()
}
