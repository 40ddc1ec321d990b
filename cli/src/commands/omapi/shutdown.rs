//! `shutdown`: the server's end, in good order.

use std::io::ErrorKind;
use std::time::Duration;

use clap::Args;
use netlever_core::desk::Fail;
use netlever_core::omapi::Error;
use netlever_core::omapi::calls::{Lookup, Shutdown, Within};
use netlever_core::runtime::Runtime;
use serde_json::json;

use super::options::Target;
use super::{Context, Ended, Server};
use crate::failure::Status;
use crate::progress;

/// The words behind `shutdown`.
#[derive(Debug, Args)]
#[command(after_help = "\
dhcpd closes its port at once and ends about 12 s later, with a failover partner up to 25 s later.
It gives no answer but hangs up, so this waits, 40 s without --timeout. Exit status 6 means that it
is not known whether the server will end.")]
pub(crate) struct Shuts {}

/// How long the server may take to refuse a new connection.
const PROBE: Duration = Duration::from_secs(2);

/// Shuts the server down, waits for its end, and looks whether it refuses connections.
pub(crate) async fn run<R: Runtime>(runtime: &R, context: &Context, target: Target) -> Ended {
    let patience = context.asked_timeout().unwrap_or(Shutdown::DEADLINE);
    let (peer, again) = (target.peer.clone(), target.clone());
    let clock = runtime.clock();
    let begun = clock();
    let waiting = progress::spinner("waiting for the server to hang up");
    let server = Server::connect(runtime, context, target);
    let ended = server.call("shutting down the server", Within(Shutdown::new(), patience)).await;
    let seconds = (clock() - begun).as_secs_f64();
    waiting.finish_and_clear();
    ended?;
    drop(server);
    let probe = Server::connect(runtime, context, again);
    let refuses = matches!(
        probe.ask(Within(Lookup::control(), PROBE)).await,
        Err(Error::Failed(Fail::Lost { why: ErrorKind::ConnectionRefused, .. }))
    );
    context.output.print(
        || json!({ "shutdown": true, "seconds": seconds, "refuses-connections": refuses }),
        |_| {
            let then = if refuses {
                "and refuses new connections"
            } else {
                "but new connections are not refused: something else listens there, or it was \
                 started again"
            };
            format!(
                "the server at {peer} hung up after {seconds:.1} s, as it does when it ends, {then}"
            )
        },
    );
    Ok(Status::Done)
}
