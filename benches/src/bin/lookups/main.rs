//! Whole lookups of leases a second: each runtime beside a minimal hand-written client and
//! pypureomapi, interleaved over several rounds.
//!
//! Without `--server` it asks the simulated server, which it starts as a process of its own.

mod pin;
mod raw;
mod report;
mod runtimes;

use std::error::Error;
use std::io::{BufRead, BufReader, Write};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use std::{env, io};

use clap::Parser;
use netlever_benches::{python, server};
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::runtime::Endpoint;
use netlever_tokio::Tokio;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::report::Report;

/// Lookups of leases a second, by each runtime, by hand, and by pypureomapi.
#[derive(Parser, Debug)]
struct Options {
    /// A dhcpd with an OMAPI port; without it the simulated server is asked.
    #[arg(long)]
    server: Option<Endpoint>,
    /// The key's name.
    #[arg(long, default_value = "benches")]
    key_name: String,
    /// The key's secret, base64.
    #[arg(long, default_value = "bmV0bGV2ZXItYmVuY2hlcw==")]
    key: String,
    /// The key's algorithm; pypureomapi knows hmac-md5 only.
    #[arg(long, default_value = "hmac-md5")]
    algorithm: Algorithm,
    /// The first address that is leased.
    #[arg(long, default_value_t = server::FIRST)]
    first: Ipv4Addr,
    /// How many addresses from there on are leased.
    #[arg(long, default_value_t = 1000)]
    leases: u32,
    /// How often each way is measured.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Lookups in each round; pypureomapi makes a tenth of them.
    #[arg(long, default_value_t = 20_000)]
    count: usize,
    /// Only ways whose name holds this.
    #[arg(long, default_value = "")]
    only: String,
    /// Pin this process to processor 0, and the simulated server, or the one of this number, to
    /// processor 1.
    #[arg(long, num_args = 0..=1, default_missing_value = "0")]
    pin: Option<i32>,
    /// Serve the simulated leases instead, until the input ends.
    #[arg(long, hide = true)]
    serve: bool,
}

/// Whom every way asks, and for what.
struct Target {
    at: Endpoint,
    key: Key,
    secret: String,
    first: Ipv4Addr,
    leases: u32,
}

/// One way of making lookups.
#[derive(Clone, Copy, Debug)]
struct Way {
    who: Who,
    connections: usize,
    /// How many lookups are under way at once on each connection.
    window: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Who {
    Raw,
    Tokio,
    AsyncStd,
    Blocking,
    Pypureomapi,
}

/// What one round of one way took.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Took {
    lookups: usize,
    /// Seconds.
    time: f64,
    /// Seconds of processor time in this process (or Python's).
    processor: f64,
}

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Lookups before the clock starts.
const WARM_UP: usize = 500;

const WAYS: [Way; 17] = {
    const fn way(who: Who, connections: usize, window: usize) -> Way {
        Way { who, connections, window }
    }
    [
        way(Who::Raw, 1, 1),
        way(Who::Tokio, 1, 1),
        way(Who::AsyncStd, 1, 1),
        way(Who::Blocking, 1, 1),
        way(Who::Pypureomapi, 1, 1),
        way(Who::Raw, 1, 8),
        way(Who::Tokio, 1, 64),
        way(Who::AsyncStd, 1, 64),
        way(Who::Blocking, 1, 64),
        way(Who::Tokio, 1, 256),
        way(Who::AsyncStd, 1, 256),
        way(Who::Blocking, 1, 256),
        way(Who::Raw, 8, 1),
        way(Who::Raw, 8, 8),
        way(Who::Tokio, 8, 64),
        way(Who::AsyncStd, 8, 64),
        way(Who::Blocking, 8, 64),
    ]
};

fn main() -> Outcome<()> {
    let options = Options::parse();
    let key = Key::from_base64(&options.key_name, options.algorithm, &options.key)?;
    if options.serve {
        return serve(key, options.leases);
    }
    let simulated = if options.server.is_none() { Some(Simulated::start(&options)?) } else { None };
    if let Some(server) = options.pin {
        let server = simulated.as_ref().map_or(server, |simulated| simulated.child.id() as i32);
        pin::apart(server)?;
    }
    let at = match (&options.server, &simulated) {
        (Some(at), _) => at.clone(),
        (None, simulated) => simulated.as_ref().ok_or("no server")?.at.clone(),
    };
    let (first, leases) = (options.first, options.leases);
    let target = Target { at, key, secret: options.key.clone(), first, leases };
    let python = python::interpreter();
    if let Err(why) = &python {
        println!("pypureomapi is left out: {why}");
    }
    let mut report = Report::new(&WAYS, &options.only);
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        for way in report.ways() {
            match measure(way, &target, options.count, python.as_ref().ok()) {
                Ok(Some(took)) => report.add(way, took),
                Ok(None) => {}
                Err(why) => return Err(format!("{way}: {why}").into()),
            }
        }
    }
    println!("{report}");
    Ok(())
}

/// One round; nothing where this way cannot be gone.
fn measure(
    way: Way,
    target: &Target,
    count: usize,
    python: Option<&PathBuf>,
) -> Outcome<Option<Took>> {
    let took = match way.who {
        Who::Raw => raw::measure(way, target, count)?,
        Who::Tokio => runtimes::measure(&Tokio::new()?, way, target, count)?,
        Who::AsyncStd => runtimes::measure(&netlever_async_std::AsyncStd, way, target, count)?,
        Who::Blocking => {
            runtimes::measure(&netlever_blocking::Reactor::new()?, way, target, count)?
        }
        Who::Pypureomapi => {
            let known = target.key.algorithm() == Algorithm::HmacMd5;
            let (Some(python), true) = (python, known) else { return Ok(None) };
            by_python(python, target, count / 10)?
        }
    };
    Ok(Some(took))
}

fn by_python(python: &PathBuf, target: &Target, count: usize) -> Outcome<Took> {
    let (host, port) = server::host_and_port(&target.at).ok_or("the server needs an address")?;
    let arguments = [
        host.to_string(),
        port.to_string(),
        target.key.name().to_owned(),
        target.secret.clone(),
        target.first.to_string(),
        target.leases.to_string(),
        count.to_string(),
        (WARM_UP / 10).to_string(),
    ];
    match python::run(python, "lookups.py", &arguments)?[..] {
        [time, processor] => Ok(Took { lookups: count, time, processor }),
        _ => Err("it printed something else than two numbers".into()),
    }
}

/// The clock, and this process's processor time, since some point.
struct Since(Instant, f64);

impl Since {
    fn now() -> Outcome<Self> {
        Ok(Self(Instant::now(), processor()?))
    }

    fn took(&self, lookups: usize) -> Outcome<Took> {
        let time = self.0.elapsed().as_secs_f64();
        Ok(Took { lookups, time, processor: processor()? - self.1 })
    }
}

/// Seconds of processor time that this process has used, its own and the system's for it.
fn processor() -> Outcome<f64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF)?;
    let seconds = |time: TimeVal| time.num_microseconds() as f64 / 1e6;
    Ok(seconds(usage.user_time()) + seconds(usage.system_time()))
}

/// The simulated server in a process of its own, which ends with this value.
struct Simulated {
    child: Child,
    at: Endpoint,
}

impl Simulated {
    fn start(options: &Options) -> Outcome<Self> {
        let mut child = Command::new(env::current_exe()?)
            .args(["--serve", "--key-name", &options.key_name, "--key", &options.key])
            .args(["--algorithm", options.algorithm.name()])
            .args(["--leases", &options.leases.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        Ok(Self { child, at: line.trim().parse()? })
    }
}

impl Drop for Simulated {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn serve(key: Key, leases: u32) -> Outcome<()> {
    let runtime = Tokio::new()?;
    server::run(&runtime, server::simulated(key, leases), |at| {
        println!("{at}");
        let _ = io::stdout().flush();
    })?;
    Ok(())
}
