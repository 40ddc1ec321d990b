//! `netlever omapi shell`: omshell's verbs, on a script or by hand.

mod bearable;
mod machine;
mod object;
mod script;

use std::io::{self, BufRead, IsTerminal, Read, Write};

use netlever_core::runtime::Runtime;
use serde_json::{Value, json};

use super::Options;
use super::render::{self, Form};
use crate::commands::{Context, Ended};
use crate::failure::{Failure, Status};
use machine::Machine;
use script::{LINE, Verb};

/// The words behind `shell`.
#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub(crate) struct Args {
    /// End at the first verb that fails; omshell goes on
    #[arg(long)]
    stop: bool,
}

const HELP: &str = "\
Verbs, one a line, as in omshell; # begins a comment:
  server ADDRESS   port NUMBER|NAME   key NAME SECRET   key-algorithm NAME   connect   disconnect
  new TYPE   set NAME = VALUE   unset NAME   open   create   update   refresh   remove   close   help
VALUE is \"text\", a number (4 octets), 10.0.0.9 (octets in decimal) or 02:0a (octets in hex).
--server, --key-name and the others stand in for the first four verbs, and `new` then connects.

A request that would crash the server or cost it its leases file is refused; one that merely does
something else than it seems to (ends of a lease without state) is sent with a warning.

The object is printed as omshell prints it, but no prompt when stdin is no terminal. Failures
are told on stderr with the server's own message. The exit status tells them too: 0 all verbs
succeeded, the common status if all failures agree, else 1.

With --json there is a line for each verb:
  {\"line\": 3, \"verb\": \"open\", \"type\": \"lease\", \"handle\": 5, \"attributes\": {…}}
  {\"line\": 3, \"verb\": \"open\", \"error\": {\"kind\": \"not-found\", …}}

Example:
  printf 'new lease\\nset ip-address = 10.0.0.9\\nopen\\n' |
    netlever omapi --server dhcp1 --key-name k --secret-file key shell";

/// Reads the script to its end. The options are taken as they stand: a script names its own server
/// and key.
pub(crate) async fn run<R: Runtime>(
    runtime: &R,
    context: &Context,
    options: &Options,
    args: Args,
) -> Ended {
    let by_hand = io::stdin().is_terminal();
    let mut machine = Machine::new(runtime, context, options)?;
    let mut failures = Vec::new();
    let mut number = 0;
    loop {
        if by_hand && !context.output.json {
            let mut stdout = io::stdout().lock();
            let _ = write!(stdout, "> ").and_then(|()| stdout.flush());
        }
        let Some(line) = read_line()? else { break };
        number += 1;
        let (word, done) = match script::parse(&line) {
            Ok(Verb::Exit) => break,
            Ok(verb) => (verb.word(), machine.run(verb).await),
            Err(said) => ("", Err(machine::Trouble::usage(&said))),
        };
        match done {
            Ok(text) => tell(context, &machine, number, word, &text),
            Err(trouble) => {
                let failure = placed(trouble.failure, number, by_hand);
                if context.output.json {
                    let error = failure.json();
                    context.output.json_line(&json!({
                        "line": number, "verb": word, "error": error
                    }));
                } else if !by_hand {
                    context.output.text(&trouble.said);
                    context.output.text(&machine.shown());
                }
                context.output.error(&failure.message);
                failures.push(failure.status());
                if args.stop {
                    break;
                }
            }
        }
    }
    Ok(if by_hand { Status::Done } else { Status::of_all(failures) })
}

/// What a verb that succeeded shows.
fn tell<R: Runtime>(
    context: &Context,
    machine: &Machine<'_, R>,
    number: u64,
    word: &str,
    text: &str,
) {
    if word.is_empty() && machine.current().is_none() {
        return;
    }
    context.output.print(
        || {
            let mut line = json!({ "line": number, "verb": word });
            if let Some(current) = machine.current() {
                let object = current.as_object();
                line["type"] = current.object_type.as_str().into();
                line["handle"] =
                    current.handle.as_ref().map_or(Value::Null, |handle| handle.number().into());
                line["attributes"] = render::json(&object, Form::default()).into();
            }
            line
        },
        |_| format!("{text}{}", machine.shown()),
    );
}

/// A script's failure says in which line.
fn placed(failure: Failure, number: u64, by_hand: bool) -> Failure {
    if by_hand {
        return failure;
    }
    Failure { message: format!("line {number}: {}", failure.message), ..failure }
}

/// The next line of stdin. What is no UTF-8 is a usage error, like a line without end.
fn read_line() -> Result<Option<String>, Failure> {
    let mut line = Vec::new();
    let wrong = |why: io::Error| Failure::other(format!("reading the script: {why}"));
    io::stdin().lock().take(LINE as u64 + 1).read_until(b'\n', &mut line).map_err(wrong)?;
    if line.is_empty() {
        return Ok(None);
    }
    if line.len() > LINE {
        return Err(Failure::usage(format!("a line is longer than {LINE} octets")));
    }
    let text = String::from_utf8(line).map_err(|_| Failure::usage("a line is not UTF-8"))?;
    Ok(Some(text))
}
