//! `netlever sim omapi`: core's small DHCP server behind a listener.

mod data;

use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::peer::{self, FORMS, Server, Setup, Strike};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use serde_json::json;

use crate::commands::omapi::options::{KEY_VARIABLE, secret};
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Status};
use crate::runtime::on_runtime;
use crate::secret::{Places, Secret};

/// The words behind `sim omapi`.
#[derive(Debug, clap::Args)]
#[command(after_help = help())]
pub(crate) struct Args {
    /// Where to listen; port 0: any, which is printed
    #[arg(long, value_name = "IP:PORT|PATH")]
    listen: Endpoint,
    /// The name of the key with which requests must be signed
    #[arg(long, value_name = "NAME")]
    key_name: Option<String>,
    /// The key's secret in base64; better in a file or in NETLEVER_OMAPI_KEY
    #[arg(long, value_name = "BASE64", value_parser = secret)]
    key: Option<Secret>,
    /// A file whose first line is the key's secret in base64
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// The key's algorithm: hmac-md5, -sha1, -sha224, -sha256, -sha384 or -sha512
    #[arg(long, value_name = "NAME", default_value_t)]
    algorithm: Algorithm,
    /// Serve unsigned requests, as dhcpd does without omapi-key
    #[arg(long, conflicts_with_all = ["key_name", "key", "secret_file"])]
    unsigned: bool,
    /// Leases, hosts, groups … of one's own, instead of the office below: TOML, or JSON in *.json
    #[arg(long, value_name = "FILE")]
    data: Option<PathBuf>,
    /// Something that goes wrong, repeatable
    #[arg(long = "fault", value_name = "FAULT")]
    faults: Vec<Strike>,
    /// Die, as dhcpd does, of a signed message across a buffer edge
    #[arg(long)]
    aborts: bool,
}

/// The help's tables; the one of faults is the core's own.
fn help() -> String {
    format!(
        "\
Prints \"listening on ADDR\" ({{\"listening\": \"ADDR\"}} with --json) when it is ready. A shutdown
over OMAPI ends it as it ends dhcpd: the listener closes at once, connections fall silent, the
others' are closed after 6 s, the asking one after 11 s, and the process ends after 12 s.

Data, unless --data is given (network 192.168.10.0/24, pool .100 to .199, of which free what is
not named; times begin before now and end after it):
  leases  .101 active, host name frontdesk, with client id     .106 expired    .108 abandoned
          .102 active, of class guests                         .107 released   .109 backup
          .103 and .104 active, both of 02:00:00:00:01:03      .105 for ever, reserved, printer
          .167 active, 24:79:2a:0a:13:c0, with variables of a wireless network
  hosts   printer 02:00:00:00:01:05, camera-1 02:00:00:00:02:01 (group cameras, 192.168.10.20),
          camera-2 02:00:00:00:02:02 (192.168.10.21 and .22)
  groups cameras, staff; classes guests (lease limit 4), phones (subclass 1:02:00:00:00:03:01);
  failover-state office-pair; interfaces eth0 (up), eth1 (down)

A data file has lists of tables; keys are the attributes' own names, with values as `omapi
lookup --json` prints them or as text; other names in a lease are its variables:
  [[pool]]             first = \"10.0.0.100\"  last = \"10.0.0.199\"  subnet = \"10.0.0.0\"
  [[lease]]            ip-address = \"10.0.0.101\"  state = \"active\"  ends = \"2030-01-01T00:00:00Z\"
                       hardware-address = \"02:00:00:00:00:01\"  vendor-string = \"text\"
  [[host]]             name = \"a\"  hardware-address = \"02:…\"  ip-address = [\"10.0.0.5\"]  group = \"g\"
  [[group]]            name = \"g\"  statements = \"max-lease-time 600;\"
  [[class]]            name = \"c\"  match = \"hardware\"  lease-limit = 4
  [[subclass]]         name = \"c\"  hashstring = {{ hex = \"01020000000001\" }}
  [[failover-state]]   name = \"pair\"  local-state = \"normal\"
  [[interface]]        name = \"eth0\"  state = \"up\"

Faults, each time, or only the Nth (FAULT@N), or every Nth (FAULT@every-N) answer (of the first
two: connection):
  {}

Example:
  netlever sim omapi --listen 127.0.0.1:7911 --key-name k --secret-file key --fault slow=200@every-3",
        FORMS.join("\n  ")
    )
}

pub(super) fn run(context: &Context, args: Args) -> Ended {
    let key = args.signer(context)?;
    on_runtime!(context.runtime, runtime => serve(&runtime, context, args, key))
}

impl Args {
    /// The key; `None` only with `--unsigned`.
    fn signer(&self, context: &Context) -> Result<Option<Key>, Failure> {
        if self.unsigned {
            return Ok(None);
        }
        let places = Places {
            argument: ("--key", self.key.as_ref()),
            file: ("--secret-file", self.secret_file.as_ref()),
            variable: KEY_VARIABLE,
            profile: None,
            profile_file: None,
        };
        let (Some(name), Some(secret)) = (&self.key_name, places.find(context)?) else {
            return Err(Failure::usage(format!(
                "which key? give --key-name NAME with --secret-file FILE (or {KEY_VARIABLE}); or \
                 --unsigned to serve everybody"
            )));
        };
        let key = Key::from_base64(name, self.algorithm, secret.expose());
        key.map(Some).map_err(Failure::usage)
    }
}

async fn serve<R: Runtime>(runtime: &R, context: &Context, args: Args, key: Option<Key>) -> Ended {
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let unix = u32::try_from(unix).unwrap_or(u32::MAX);
    let mut setup = Setup::new(runtime.clock()(), unix);
    setup.seed = getrandom::u64()
        .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))?;
    if let Some(key) = key {
        setup = setup.with_key(key);
    }
    (setup.faults, setup.aborts) = (args.faults, args.aborts);
    let server = Server::new(setup);
    match &args.data {
        Some(path) => data::load(&server, path)?,
        None => peer::small_office(&server, unix).map_err(Failure::other)?,
    }
    let wrong = |why| Failure::other(format!("listening on {}: {why}", args.listen));
    let listening = runtime.listen(&args.listen).map_err(wrong)?;
    let here = listening.endpoint();
    when_interrupted(context, &here, &server)?;
    context
        .output
        .print(|| json!({ "listening": here.to_string() }), |_| format!("listening on {here}"));
    let served = peer::serve(runtime.clone(), listening, server.clone()).await;
    tell_harms(context, &server);
    served.map_err(|why| Failure::other(format!("accepting at {here}: {why}")))?;
    if server.is_aborted() {
        return Err(Failure::other("the server died of a client's message, as dhcpd would"));
    }
    Ok(Status::Done)
}

/// Ctrl-C is how a server is ended: the file of a Unix socket goes with it.
fn when_interrupted(context: &Context, here: &Endpoint, server: &Server) -> Result<(), Failure> {
    let (context, here, server) = (context.output.clone(), here.clone(), server.clone());
    ctrlc::set_handler(move || {
        if let Endpoint::Unix(path) = &here {
            let _ = std::fs::remove_file(path);
        }
        for harm in harms(&server) {
            context.warn(&harm);
        }
        std::process::exit(0);
    })
    .map_err(|why| Failure::other(format!("waiting for Ctrl-C: {why}")))
}

fn tell_harms(context: &Context, server: &Server) {
    for harm in harms(server) {
        context.output.warn(&harm);
    }
}

/// How many different harms are told.
const TOLD: usize = 10;

/// What clients did that dhcpd would not have survived, or not unharmed.
fn harms(server: &Server) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for harm in server.harms() {
        let line = format!("a client harmed the server: {harm}");
        if told.len() < TOLD && !told.contains(&line) {
            told.push(line);
        }
    }
    told
}
