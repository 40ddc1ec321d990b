//! `auth`: lets clients in, or not, from an outside source.
//!
//! ```text
//!   listener ──► Authorizer ──► Source ──► Workers: a users file, a command; each on a thread
//!                  ▲    │                     │
//!                  │    └── rulings ──► daemon │
//!                  └──────── decisions ◄──────┘
//! ```
//!
//! A source that is slow keeps its own client waiting and no other; one that fails, or does not
//! decide in time, denies.

mod exec;
mod users;
mod workers;

use std::collections::BTreeMap;
use std::future::{Future, poll_fn};
use std::path::PathBuf;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use clap::Args;
use netlever_core::client::Heard;
use netlever_core::openvpn::event::ClientEvent;
use netlever_core::openvpn::policy::{Authorizer, By, Decision, Policy, Ruling, Terms, Token};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Command, Error, Event as Said};
use netlever_core::runtime::Runtime;
use serde_json::{Value as Json, json};

use super::daemon::Daemon;
use super::events::ROOM;
use super::options::{Options, Stay};
use super::render::{shown, text};
use crate::commands::{Context, Ended};
use crate::duration;
use crate::failure::{Failure, Status};
pub(super) use users::Passwd;
use workers::Workers;

/// The words behind `auth`.
#[derive(Debug, Args)]
#[command(
    after_help = HELP,
    group(clap::ArgGroup::new("source").required(true).args(["users", "exec", "accept_all"]))
)]
pub(super) struct Verb {
    /// A file of users and their passwords' Argon2id hashes
    #[arg(long, value_name = "FILE")]
    users: Option<PathBuf>,
    /// A command that decides, run by the shell
    #[arg(long, value_name = "CMD")]
    exec: Option<String>,
    /// Let in whoever the daemon itself lets in: for trials
    #[arg(long)]
    accept_all: bool,
    /// Deny a client that is not decided on in this time
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "20s")]
    deadline: Duration,
    /// How many passwords are hashed, or commands run, at the same time [default: 4, 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// Release holds, at the start and after restarts: for a daemon with management-hold
    #[arg(long)]
    release_hold: bool,
    /// End after so many decisions
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

const HELP: &str = "\
The daemon needs management-client-auth; then it asks about every CONNECT and REAUTH. A line is
printed for each decision; with --json {\"decision\": \"accept|deny|pending\", \"client_id\", \"key_id\",
\"common_name\", \"username\", \"by\": \"policy|deadline|bound|doubt\", \"reason\"}. What fails, or comes too
late, denies. Who connected while nobody was attached is not asked about again: the daemon drops it
after 60 s, and it tries anew.

--users FILE has lines NAME:HASH or NAME:HASH:OPTION;OPTION…, whose options are pushed; # begins a
comment. `openvpn passwd NAME --value-file F` makes such a line. The file is read at each question,
so changes count at once. A REAUTH with an auth token that the daemon itself found right
(auth-gen-token … external-auth) needs no password, but the user must still be in the file.

--exec CMD gets the event as one line of JSON on stdin, password and all:
  {\"event\": \"CLIENT:CONNECT\", \"client_id\", \"key_id\", \"environment\": [[\"name\", \"value\"], …]}
  exit 0  lets in; each line on stdout is pushed to the client (\"route 10.0.0.0 255.0.0.0\"), or is
          a line as of a client-connect script (push \"…\", ifconfig-push …, iroute …, disable)
  exit 1  denies, with stdout's first line as reason, for the log and for the user
  else    denies
Before that it may print one line \"pending SECONDS EXTRA\", with EXTRA as WEB_AUTH::https://… or
CR_TEXT:R,E:question: the user is asked, and CMD has so long to go on and decide. Where the client
answers a CR_TEXT, CMD is ended and run again with {\"event\": \"CLIENT:CR_RESPONSE\", …, \"response\"}.

Examples:
  netlever openvpn passwd carol --value-file pw >> users
  netlever openvpn --unix /run/openvpn.sock auth --users users
  netlever openvpn … auth --exec ./decide";

/// Who decides.
enum Source {
    /// Jobs on threads.
    Workers(Workers),
    AcceptAll,
}

impl Policy for Source {
    fn ask(&mut self, token: Token, event: &ClientEvent<'_>) -> Option<Decision> {
        match self {
            Self::AcceptAll => Some(Decision::accept([])),
            Self::Workers(workers) => workers.ask(token, event),
        }
    }

    fn poll_decision(&mut self) -> Option<(Token, Decision)> {
        match self {
            Self::AcceptAll => None,
            Self::Workers(workers) => workers.poll_decision(),
        }
    }

    fn forget(&mut self, token: Token) {
        if let Self::Workers(workers) = self {
            workers.forget(token);
        }
    }
}

impl Verb {
    fn source(&self) -> Result<Source, Failure> {
        let jobs = |usual| usize::from(self.jobs.unwrap_or(usual));
        Ok(match (&self.users, &self.exec) {
            (Some(file), _) => {
                let users = users::Users::open(file)?;
                Source::Workers(Workers::start(jobs(4), self.deadline, move |job| {
                    users.decide(job)
                }))
            }
            (None, Some(command)) => {
                let command = command.clone();
                let run = move |job: workers::Job<'_>| exec::decide(&command, job);
                Source::Workers(Workers::start(jobs(16), self.deadline, run))
            }
            (None, None) => Source::AcceptAll,
        })
    }
}

/// A ruling on its way to the daemon, and what became of it.
type Sending<'a> = Pin<Box<dyn Future<Output = (Ruling, Result<(), Error>)> + 'a>>;

/// What the loop woke up for.
enum Woken {
    Heard(Option<Heard<Event>>),
    Sent(Ruling, Result<(), Error>),
    /// A decision, or a deadline.
    Look,
}

pub(super) async fn run<R: Runtime>(
    runtime: &R,
    context: &Context,
    options: &Options,
    verb: Verb,
) -> Ended {
    let mut target = options.target(context, Stay::Attached)?;
    target.config.settings.env_filter = Some(0);
    target.config.settings.release_hold = verb.release_hold;
    let mut terms = Terms::default();
    terms.deadline = verb.deadline;
    let mut authorizer = Authorizer::new(verb.source()?, terms);
    let daemon = Daemon::connect(runtime, context, target)?;
    let mut listener = daemon.listen(ROOM);
    let clock = runtime.clock();
    let (mut names, mut attached, mut told) = (BTreeMap::new(), false, 0);
    let mut sending: Vec<Sending<'_>> = Vec::new();
    loop {
        let now = clock();
        authorizer.handle_timeout(now);
        while let Some(ruling) = authorizer.poll_ruling(now) {
            let call = daemon.ask(ruling.call());
            sending.push(Box::pin(async move {
                let sent = call.await;
                (ruling, sent)
            }));
        }
        let woken = {
            let due = authorizer.poll_timeout();
            let mut sleep = pin!(async {
                match due {
                    Some(due) => runtime.sleep_until(due).await,
                    None => std::future::pending().await,
                }
            });
            let mut next = pin!(listener.next());
            poll_fn(|cx| {
                for index in 0..sending.len() {
                    if let Poll::Ready((ruling, sent)) = sending[index].as_mut().poll(cx) {
                        drop(sending.swap_remove(index));
                        return Poll::Ready(Woken::Sent(ruling, sent));
                    }
                }
                let decided = match authorizer.policy() {
                    Source::Workers(workers) => workers.poll_ready(cx),
                    Source::AcceptAll => Poll::Pending,
                };
                if decided.is_ready() || sleep.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Woken::Look);
                }
                next.as_mut().poll(cx).map(Woken::Heard)
            })
            .await
        };
        match woken {
            Woken::Look => {}
            Woken::Sent(ruling, sent) => {
                told += u64::from(sent.is_ok());
                tell(context, &daemon, &ruling, names.get(&ruling.cid), &sent);
                if verb.count.is_some_and(|count| told >= count) {
                    return Ok(Status::Done);
                }
            }
            Woken::Heard(None) => return Ok(Status::Done),
            Woken::Heard(Some(Heard::Gap(lost))) => {
                context
                    .output
                    .warn(&format!("{lost} events were lost; some clients must try anew"));
            }
            Woken::Heard(Some(Heard::Event(event))) => {
                note(&mut names, &event);
                match &event {
                    Event::Up { .. } => attached = true,
                    Event::Down { why } if !attached || daemon.is_over() => {
                        return Err(daemon.failure("attaching", why));
                    }
                    Event::Down { why } => context.output.warn(&format!("{}: {why}", daemon.peer)),
                    Event::SettingRefused(refused) => context.output.warn(&refused.to_string()),
                    _ => {}
                }
                authorizer.handle_event(clock(), &event);
            }
        }
    }
}

/// Who a client is.
struct Names {
    common_name: Json,
    username: Json,
    shown: String,
}

/// Remembers who asks, until it is gone.
fn note(names: &mut BTreeMap<u64, Names>, event: &Event) {
    let Event::Notification(notification) = event else {
        if matches!(event, Event::Up { .. } | Event::Down { .. }) {
            names.clear();
        }
        return;
    };
    let Said::Client(client) = notification.event() else { return };
    match client {
        ClientEvent::Connect { cid, env, .. } | ClientEvent::Reauth { cid, env, .. } => {
            let [common_name, username] = [env.common_name(), env.username()];
            let who = username.filter(|name| !name.is_empty()).or(common_name);
            let shown = who.map(shown).unwrap_or_default();
            let [common_name, username] =
                [common_name, username].map(|name| name.map_or(Json::Null, text));
            names.insert(cid, Names { common_name, username, shown });
        }
        ClientEvent::Disconnect { cid, .. } => {
            names.remove(&cid);
        }
        _ => {}
    }
}

/// A line about a decision.
fn tell(
    context: &Context,
    daemon: &Daemon,
    ruling: &Ruling,
    who: Option<&Names>,
    sent: &Result<(), Error>,
) {
    if let Err(error) = sent {
        let what = format!("answering about client {}", ruling.cid);
        return context.output.warn(&daemon.failure(&what, error).message);
    }
    let (decision, reason) = match &ruling.command {
        Command::ClientDeny { reason, .. } => ("deny", Some(reason)),
        Command::ClientPendingAuth { extra, .. } => ("pending", Some(extra)),
        _ => ("accept", None),
    };
    let by = match ruling.by {
        By::Policy => "policy",
        By::Deadline => "deadline",
        By::Bound => "bound",
        By::Doubt => "doubt",
    };
    context.output.print(
        || {
            json!({
                "decision": decision,
                "client_id": ruling.cid,
                "key_id": ruling.kid,
                "common_name": who.map_or(Json::Null, |who| who.common_name.clone()),
                "username": who.map_or(Json::Null, |who| who.username.clone()),
                "by": by,
                "reason": reason.map_or(Json::Null, |reason| text(reason.octets())),
            })
        },
        |palette| {
            let style = if decision == "deny" { palette.bad } else { palette.good };
            let name = who.map(|who| who.shown.as_str()).unwrap_or_default();
            let why = reason.map(|reason| format!(": {}", shown(reason.octets())));
            let why = why.unwrap_or_default();
            format!("{style}{decision}{style:#} client {} {name}{why}", ruling.cid)
        },
    );
}
