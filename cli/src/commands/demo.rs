//! `netlever demo`: what netlever does, against simulated peers on this machine.

mod omapi;
mod openvpn;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Context, Ended};
use crate::failure::Status;
use crate::output::Output;
use crate::runtime::{Choice, on_runtime};

/// The words behind `demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Starts each simulated peer on loopback, drives it through its main job on each of the three
runtimes, and says what it did. Nothing else needs to be installed, and nothing leaves this machine.

With --json a line for each step: {\"protocol\", \"runtime\", \"step\", \"result\": {…}, \"took-us\"}.")]
pub(crate) struct Args {}

pub(crate) fn run(context: &Context, _args: Args) -> Ended {
    let begun = Instant::now();
    for (choice, runtime_name) in
        [(Choice::Tokio, "tokio"), (Choice::AsyncStd, "async-std"), (Choice::Blocking, "blocking")]
    {
        let stage = Stage { output: &context.output, protocol: "OMAPI", runtime: runtime_name };
        stage.open();
        on_runtime!(choice, runtime => omapi::play(&runtime, &stage))?;
        let stage = Stage { protocol: "OpenVPN", ..stage };
        stage.open();
        on_runtime!(choice, runtime => openvpn::play(&runtime, &stage))?;
    }
    if !context.output.json {
        let seconds = begun.elapsed().as_secs_f64();
        context.output.text(&format!("All went as it should, in {seconds:.1} s.\n"));
    }
    Ok(Status::Done)
}

/// Where the steps of one protocol under one runtime are told.
struct Stage<'a> {
    output: &'a Output,
    protocol: &'static str,
    runtime: &'static str,
}

impl Stage<'_> {
    fn open(&self) {
        if !self.output.json {
            let name = self.output.palette().name;
            self.output.text(&format!("{name}{} under {}{name:#}\n", self.protocol, self.runtime));
        }
    }

    /// A step has been done.
    fn tell(&self, step: &str, took: Duration, text: &str, result: Value) {
        self.output.print(
            || {
                json!({
                    "protocol": self.protocol,
                    "runtime": self.runtime,
                    "step": step,
                    "result": result,
                    "took-us": u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                })
            },
            |palette| {
                let good = palette.good;
                format!("  {good}{step:<9}{good:#}  {text}\n")
            },
        );
    }
}
