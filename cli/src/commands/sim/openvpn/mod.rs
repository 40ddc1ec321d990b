//! `netlever sim openvpn`: core's OpenVPN daemon behind a listener, or dialling one.

mod data;

use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use clap::ValueEnum;
use netlever_core::openvpn::peer::{
    self, Churn, Client, ClientSide, Daemon, Edition, FORMS, Login, Mode, ServerSide, Setup, Strike,
};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use serde_json::json;

use crate::commands::omapi::options::secret;
use crate::commands::openvpn::options::PASSWORD_VARIABLE;
use crate::commands::{Context, Ended};
use crate::duration;
use crate::failure::{Failure, Status};
use crate::runtime::on_runtime;
use crate::secret::{Places, Secret};

/// The words behind `sim openvpn`.
#[derive(Debug, clap::Args)]
#[command(after_help = help(), group(clap::ArgGroup::new("place").required(true).args(["listen", "dial"])))]
pub(crate) struct Args {
    /// Where to listen; port 0: any, which is printed
    #[arg(long, value_name = "IP:PORT|PATH")]
    listen: Option<Endpoint>,
    /// Connect there, as a daemon with management-client does, and end with that connection
    #[arg(long, value_name = "HOST:PORT|PATH")]
    dial: Option<Endpoint>,
    /// The management password; better in a file or in NETLEVER_OPENVPN_PASSWORD
    #[arg(long, value_name = "PASSWORD", value_parser = secret)]
    password: Option<Secret>,
    /// A file whose first line is the management password
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Which OpenVPN it is: 2.4, 2.5, 2.6, 2.7 or next
    #[arg(long, value_name = "RELEASE", default_value_t)]
    release: Edition,
    /// Which end of a VPN it is
    #[arg(long, value_enum, default_value_t)]
    side: Side,
    /// Who is connected to the server, unless --data is given
    #[arg(long, value_enum, value_name = "WHO", conflicts_with_all = ["data", "crowd"])]
    office: Option<Office>,
    /// So many clients instead: client-00000 and so on
    #[arg(long, value_name = "N", conflicts_with = "data")]
    crowd: Option<u32>,
    /// Clients of one's own: TOML, or JSON in *.json
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Hold at the start and at restarts: management-hold
    #[arg(long)]
    hold: bool,
    /// Let clients in without asking: no management-client-auth
    #[arg(long)]
    no_client_auth: bool,
    /// Let a client come or go this often, authenticate again, and move octets
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    churn: Option<Duration>,
    /// As a client: ask for a user name and a password, and take any
    #[arg(long)]
    login: bool,
    /// Something that goes wrong, repeatable
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Strike>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Side {
    /// Clients are connected to it
    #[default]
    Server,
    /// It connects to a server
    Client,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Office {
    /// Six clients, with all that makes readers stumble
    Small,
    /// Three clients that even old readers take: the data of release 2.4
    Home,
    /// Nobody
    Empty,
}

/// The help's tables; the one of faults is the core's own.
fn help() -> String {
    format!(
        "\
Prints \"listening on ADDR\" ({{\"listening\": \"ADDR\"}} with --json) when it is ready. It serves one
management client at a time, as OpenVPN does; SIGTERM over the interface ends it.

Data, unless --data, --crowd or --office is given:
  0 alice               user name with a quote and a backslash, subnets of both families behind her
  1 bob                 over IPv6
  2 bob                 the same name again
  3 Smith, John (home)  commas and spaces
  4 gateway-7           over TCP
  5 UNDEF               its TLS handshake is not done
and with --release 2.4, or --office home: laptop, phone, printer.

A data file has a list of tables:
  [[client]]  name = \"bob\"  address = \"192.0.2.2:1194\"  username = \"bob@example.org\"
              password = \"secret\"  transport = \"udp\"  received = 1000  sent = 2000
              connects = true
One that connects asks to be let in, once somebody is attached; the others are there already.

Faults, each time, or only the Nth (FAULT@N), or every Nth (FAULT@every-N) command (of the first
two: connection):
  {}

Example:
  netlever sim openvpn --listen 127.0.0.1:7505 --churn 5s --fault slow=200@every-3",
        FORMS.join("\n  ")
    )
}

pub(super) fn run(context: &Context, args: Args) -> Ended {
    let places = Places {
        argument: ("--password", args.password.as_ref()),
        file: ("--password-file", args.password_file.as_ref()),
        variable: PASSWORD_VARIABLE,
        profile: None,
        profile_file: None,
    };
    let password = places.find(context)?;
    on_runtime!(context.runtime, runtime => serve(&runtime, context, args, password))
}

impl Args {
    fn setup<R: Runtime>(&self, runtime: &R, password: Option<Secret>) -> Result<Setup, Failure> {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let now = runtime.clock()();
        let mut setup = match self.side {
            Side::Server => Setup::server(now, unix),
            Side::Client => Setup::client(now, unix),
        };
        setup.seed = getrandom::u64()
            .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))?;
        setup.edition = self.release;
        setup.password = password.map(|password| password.expose().into());
        setup.hold = self.hold;
        setup.ends_with_client = self.dial.is_some();
        setup.faults.clone_from(&self.faults);
        setup.mode = match self.side {
            Side::Server => Mode::Server(ServerSide {
                client_auth: !self.no_client_auth,
                ..ServerSide::default()
            }),
            Side::Client => Mode::Client(Box::new(ClientSide {
                login: self.login.then(Login::default),
                ..ClientSide::default()
            })),
        };
        if let Some(often) = self.churn {
            setup.churn = Churn {
                arrivals: Some(often),
                reauthentications: Some(often.saturating_mul(3)),
                traffic: Some(often.min(Duration::from_secs(1))),
            };
        }
        Ok(setup)
    }

    /// Gives the server its clients. Those that are yet to come are given back.
    fn populate(&self, daemon: &Daemon, now: Instant) -> Result<Vec<Client>, Failure> {
        if self.side == Side::Client {
            return Ok(Vec::new());
        }
        let usual = if self.release == Edition::V24 { Office::Home } else { Office::Small };
        match (&self.data, self.crowd) {
            (Some(path), _) => return data::load(daemon, now, path),
            (None, Some(count)) => peer::crowd(daemon, now, count),
            (None, None) => match self.office.unwrap_or(usual) {
                Office::Small => peer::small_office(daemon, now),
                Office::Home => peer::home_office(daemon, now),
                Office::Empty => {}
            },
        }
        Ok(Vec::new())
    }
}

/// How often it is looked whether a management client has come.
const LOOK: Duration = Duration::from_millis(100);

/// Lets clients connect once a management client is attached: before, nobody would hear of them.
async fn arrive<R: Runtime>(runtime: R, daemon: Daemon, clients: Vec<Client>) {
    let clock = runtime.clock();
    while !daemon.is_attached() && !daemon.is_ended() {
        runtime.sleep_until(clock() + LOOK).await;
    }
    runtime.sleep_until(clock() + LOOK).await;
    for client in clients {
        daemon.connect_client(clock(), client);
    }
}

async fn serve<R: Runtime>(
    runtime: &R,
    context: &Context,
    args: Args,
    password: Option<Secret>,
) -> Ended {
    let daemon = Daemon::new(args.setup(runtime, password)?);
    let coming = args.populate(&daemon, runtime.clock()())?;
    if !coming.is_empty() {
        runtime.spawn(arrive(runtime.clone(), daemon.clone(), coming));
    }
    if let Some(there) = args.dial {
        peer::dial(runtime.clone(), there, daemon).await;
        return Ok(Status::Done);
    }
    let Some(here) = args.listen else {
        return Err(Failure::usage("where? give --listen IP:PORT or PATH"));
    };
    let wrong = |why| Failure::other(format!("listening on {here}: {why}"));
    let listening = runtime.listen(&here).map_err(wrong)?;
    let here = listening.endpoint();
    when_interrupted(&here)?;
    context
        .output
        .print(|| json!({ "listening": here.to_string() }), |_| format!("listening on {here}"));
    let served = peer::serve(runtime.clone(), listening, daemon).await;
    served.map_err(|why| Failure::other(format!("accepting at {here}: {why}")))?;
    Ok(Status::Done)
}

/// Ctrl-C is how a server is ended: the file of a Unix socket goes with it.
fn when_interrupted(here: &Endpoint) -> Result<(), Failure> {
    let here = here.clone();
    ctrlc::set_handler(move || {
        if let Endpoint::Unix(path) = &here {
            let _ = std::fs::remove_file(path);
        }
        std::process::exit(0);
    })
    .map_err(|why| Failure::other(format!("waiting for Ctrl-C: {why}")))
}
