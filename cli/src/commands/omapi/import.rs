//! `import`: hosts from a CSV file, added or changed; it can be run again safely.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use clap::Args;
use netlever_core::omapi::calls::{SyncHost, Synced};
use netlever_core::runtime::Runtime;
use serde_json::json;

use super::columns::{self, Line};
use super::host::synced_word;
use super::trace::On;
use super::{Context, Ended, Options, Server};
use crate::failure::{Failure, Status};
use crate::output::Output;
use crate::progress;

/// The words behind `import`.
#[derive(Debug, Args)]
#[command(after_help = HOW)]
pub(crate) struct Import {
    /// The file, or - for stdin
    file: PathBuf,
    /// Check all lines and stop; no server is asked
    #[arg(long)]
    dry_run: bool,
    /// Send nothing when any line is bad
    #[arg(long)]
    strict: bool,
}

const HOW: &str = "\
The first line names the columns, as the options of `add host`: mac, hardware-type, client-id, name,
ip, group, hostname, router, domain, route, route-option, filename, next-server, statements. Lines
that begin with # are comments. Several values stand in one cell: ip and router behind commas,
semicolons or blanks, routes behind semicolons or blanks.

  mac,name,ip
  24:79:2a:0a:13:c0,printer,10.0.0.9
  24:79:2a:0a:13:c1,camera,\"10.0.0.10,10.0.0.11\"

Each line makes its host be so: the host is found by mac or client-id and added, changed, replaced
or left alone, as by `sync host`; with an empty ip it has no address, and without that column it
keeps those that it has. All lines are checked first; a bad line is named and left out, the
others are done. Mend what failed and run the same file again: what is done stays as it is.

Exit status: 0 when every line is done, the code that all failures share, else 1.";

/// What became of the lines.
#[derive(Debug, Default)]
struct Tally {
    lines: usize,
    done: Vec<Synced>,
    failed: Vec<(u64, String, Failure)>,
    dry: bool,
}

/// Reads the file, checks it, and makes the server's hosts be so.
pub(crate) async fn run<R: Runtime>(
    runtime: &R,
    context: &Context,
    options: &Options,
    args: Import,
) -> Ended {
    // The target first: what is missing there is told before a long file is read.
    let target = if args.dry_run { None } else { Some(options.target(context)?) };
    let (family, expert) = match &target {
        Some(target) => (target.config.family, target.config.expert),
        None => options.family_and_expert(&context.profile()?.omapi),
    };
    let name = args.file.display().to_string();
    let lines = if name == "-" {
        columns::read(io::stdin().lock(), "stdin", family, expert)?
    } else {
        let file =
            File::open(&args.file).map_err(|why| Failure::usage(format!("{name}: {why}")))?;
        columns::read(file, &name, family, expert)?
    };
    let mut tally = Tally { lines: lines.len(), dry: args.dry_run, ..Tally::default() };
    let mut good = vec![];
    for Line { number, title, host } in lines {
        match host {
            Ok(host) => good.push((number, title, host)),
            Err(failure) => tally.failed.push((number, title, failure)),
        }
    }
    match target {
        Some(_) if args.strict && !tally.failed.is_empty() => {
            tally.dry = true;
            context.output.error("nothing was sent: --strict, and there are bad lines");
        }
        Some(target) => send(&Server::connect(runtime, context, target), good, &mut tally).await,
        None => {}
    }
    Ok(tally.report(&context.output))
}

async fn send(server: &Server, good: Vec<(u64, String, SyncHost)>, tally: &mut Tally) {
    let bar = progress::bar(good.len() as u64, "import");
    let (names, calls): (Vec<_>, Vec<_>) =
        good.into_iter().map(|(number, title, call)| ((number, title), On(call))).unzip();
    let mut batch = server.client().batch(calls, server.window(SYNC_EXCHANGES));
    for (number, title) in names {
        let Some(outcome) = batch.next().await else { break };
        match outcome {
            Ok(synced) => tally.done.push(synced),
            Err(error) => {
                let failure = server.failure("syncing the host", &error);
                tally.failed.push((number, title, failure));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    tally.failed.sort_by_key(|failed| failed.0);
}

/// The most exchanges that a host may take: look up, delete, add, put the old one back.
const SYNC_EXCHANGES: u32 = 4;

impl Tally {
    fn count(&self, what: Synced) -> usize {
        self.done.iter().filter(|&&done| done == what).count()
    }

    /// Tells what failed on stderr, and the numbers on stdout.
    fn report(&self, output: &Output) -> Status {
        self.name_failures(output);
        let counts = [Synced::Added, Synced::Changed, Synced::Replaced, Synced::Unchanged]
            .map(|what| (synced_word(what), self.count(what)));
        output.print_last(
            || {
                let mut json = json!({ "lines": self.lines, "sent": !self.dry });
                for (word, count) in counts {
                    json[word] = count.into();
                }
                let failed = self.failed.iter().map(|(number, title, failure)| {
                    json!({ "line": number, "host": title, "error": failure.json() })
                });
                json["failed"] = failed.collect();
                json
            },
            |_| {
                let failed = self.failed.len();
                if self.dry {
                    return format!("{} lines, {failed} bad; nothing was sent", self.lines);
                }
                let counts = counts.map(|(word, count)| format!("{count} {word}"));
                format!("{} lines: {}, {failed} failed", self.lines, counts.join(", "))
            },
        );
        if !self.failed.is_empty() && !self.dry {
            output.error(&format!(
                "{} of {} lines failed; mend them and run the same file again: what is done stays \
                 as it is",
                self.failed.len(),
                self.lines
            ));
        }
        Status::of_all(self.failed.iter().map(|failed| failed.2.status()))
    }

    /// One line on stderr for each line that failed, or for a run of them that say the same.
    fn name_failures(&self, output: &Output) {
        for run in self.failed.chunk_by(|one, next| one.2 == next.2) {
            match run {
                [(number, title, failure)] => {
                    output.error(&format!("line {number}, {title}: {}", failure.message));
                }
                [(first, ..), .., (last, _, failure)] => {
                    let count = run.len();
                    let message = &failure.message;
                    output.error(&format!("lines {first} to {last} ({count} hosts): {message}"));
                }
                [] => {}
            }
        }
    }
}
