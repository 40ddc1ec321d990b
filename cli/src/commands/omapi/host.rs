//! Hosts: `add host`, `sync host`, `set host`, `del host`.

use std::net::IpAddr;

use clap::{ArgAction, Args};
use netlever_core::omapi::calls::{Remove, SetHost, SyncHost, Synced};
use serde_json::json;

use super::keys::{HostKeys, Octets, octets};
use super::render::{self, Form};
use super::wish::{HostWish, Sends, addresses};
use super::{Context, Ended, Server};
use crate::failure::{Failure, Status};

/// The words behind `add host`.
#[derive(Debug, Args)]
#[command(after_help = ADD_EXAMPLES)]
pub(crate) struct Add {
    #[command(flatten)]
    wish: HostWish,
    /// Fail when there is such a host; this is the default. With =false the request goes out
    /// without that flag: dhcpd then tries to apply the attributes to the host that is there, and
    /// nearly always refuses that as well; `sync host` is what changes a host
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_value_t = true,
        default_missing_value = "true",
        action = ArgAction::Set
    )]
    exclusive: bool,
}

const ADD_EXAMPLES: &str = "\
Examples:
  netlever omapi … add host --mac 24:79:2a:0a:13:c0 --ip 10.0.0.9 --name printer
  netlever omapi … add host --mac 24:79:2a:0a:13:c1 --hostname pc-7 --router 10.0.0.1 \\
      --route 10.8.0.0/16,10.0.0.2 --route 0.0.0.0/0,10.0.0.1 --statements 'default-lease-time 60;'";

/// The words behind `sync host`.
#[derive(Debug, Args)]
#[command(after_help = SYNC_NOTES)]
pub(crate) struct Sync {
    #[command(flatten)]
    wish: HostWish,
}

const SYNC_NOTES: &str = "\
The host is found by --mac or --client-id. It is added, or its addresses and group are set; without
--ip it keeps the addresses that it has. With another name, or with anything that its client is
sent, it is deleted and added anew, since dhcpd cannot change a name and cannot read statements
back; it then is in the group and has the statements that are given here. It can be run again
safely.";

/// The words behind `set host`.
#[derive(Debug, Args)]
#[command(after_help = SET_EXAMPLES)]
pub(crate) struct Set {
    #[command(flatten)]
    keys: HostKeys,
    #[command(flatten)]
    changes: Changes,
    #[command(flatten)]
    sends: Sends,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Changes")]
struct Changes {
    /// New fixed address; again, or a list with commas, for several
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    ip: Vec<IpAddr>,
    /// Take its fixed addresses away
    #[arg(long, conflicts_with = "ip")]
    no_ip: bool,
    /// New group
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
    /// Client identifier, for a host that has none; it can be set once
    #[arg(long, value_name = "OCTETS", value_parser = octets)]
    new_client_id: Option<Octets>,
}

const SET_EXAMPLES: &str = "\
Examples:
  netlever omapi … set host --name printer --ip 10.0.0.12
  netlever omapi … set host --mac 24:79:2a:0a:13:c0 --group office

What its client is sent can be set once in a host's life; `sync host` replaces the host instead.";

/// The words behind `del host`.
#[derive(Debug, Args)]
pub(crate) struct Del {
    #[command(flatten)]
    keys: HostKeys,
}

/// Adds a host and prints it as the server has it.
pub(crate) async fn add(server: &Server, context: &Context, args: Add) -> Ended {
    let call = args.wish.call(server.family, server.expert)?;
    let call = if args.exclusive { call } else { call.not_exclusive() };
    let host = server.call(&format!("adding {}", args.wish.title()), call).await?;
    render::print(&context.output, host.object(), Form::default());
    Ok(Status::Done)
}

/// Adds or changes a host and says which it was.
pub(crate) async fn sync(server: &Server, context: &Context, args: Sync) -> Ended {
    let call = SyncHost::new(args.wish.call(server.family, server.expert)?).keeping_addresses();
    let title = args.wish.title();
    let synced = server.call(&format!("syncing {title}"), call).await?;
    let word = synced_word(synced);
    context.output.print(|| json!({ "host": word }), |_| format!("{title}: {word}"));
    Ok(Status::Done)
}

/// What was done, in a word.
pub(crate) const fn synced_word(synced: Synced) -> &'static str {
    match synced {
        Synced::Added => "added",
        Synced::Changed => "changed",
        Synced::Replaced => "replaced",
        Synced::Unchanged => "unchanged",
    }
}

/// Changes a host and prints it as it is now.
pub(crate) async fn set(server: &Server, context: &Context, args: Set) -> Ended {
    let (lookup, what) = args.keys.lookup(None)?;
    let Changes { ip, no_ip, group, new_client_id } = args.changes;
    let statements = args.sends.build(server.expert)?;
    if ip.is_empty()
        && !no_ip
        && group.is_none()
        && new_client_id.is_none()
        && statements.is_empty()
    {
        return Err(Failure::usage(
            "change what? give --ip, --no-ip, --group, --new-client-id or what its client is sent",
        ));
    }
    let mut call = SetHost::new(lookup);
    if no_ip || !ip.is_empty() {
        call = call.ip_addresses(addresses(&ip, server.family)?);
    }
    if let Some(group) = &group {
        call = call.group(group);
    }
    if let Some(Octets(octets)) = new_client_id {
        call = call.client_id(octets);
    }
    if !statements.is_empty() {
        call = call.statements(&statements);
    }
    let host = server.call(&format!("changing {what}"), call).await?;
    render::print(&context.output, host.object(), Form::default());
    Ok(Status::Done)
}

/// Deletes a host and prints it as it was.
pub(crate) async fn del(server: &Server, context: &Context, args: Del) -> Ended {
    let (lookup, what) = args.keys.lookup(None)?;
    let host = server.call(&format!("deleting {what}"), Remove::new(lookup)).await?;
    render::print(&context.output, host.object(), Form::default());
    Ok(Status::Done)
}
