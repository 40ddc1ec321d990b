//! Leases and failover: `set lease`, `release lease`, `set failover`.

use clap::Args;
use netlever_core::omapi::calls::{SetFailover, SetLease};
use netlever_core::omapi::values::{FailoverState, LeaseFlags, LeaseState, Time};
use serde_json::json;

use super::keys::LeaseKeys;
use super::render::{self, Form};
use super::{Context, Ended, Server};
use crate::failure::{Failure, Status};

/// The words behind `set lease`.
#[derive(Debug, Args)]
#[command(after_help = SET_EXAMPLES)]
pub(crate) struct Set {
    #[command(flatten)]
    keys: LeaseKeys,
    /// Active until then: 2030-11-24T10:00:00Z, seconds since 1970, or never. It is sent together
    /// with the state, since an end alone would free the lease
    #[arg(long, value_name = "TIME", help_heading = "Changes")]
    ends: Option<Time>,
    /// New state: free, active, expired, released, abandoned, reset or backup
    #[arg(long, value_name = "STATE", help_heading = "Changes")]
    state: Option<LeaseState>,
    /// New flags: bootp, reserved, nul-terminated, unicast-broadcast joined by commas, or none
    #[arg(long, value_name = "FLAGS", help_heading = "Changes")]
    flags: Option<LeaseFlags>,
}

const SET_EXAMPLES: &str = "\
Examples:
  netlever omapi … set lease --ip 10.0.0.7 --ends 2030-11-24T10:00:00Z
  netlever omapi … set lease --ip 10.0.0.7 --flags reserved

The DHCP client is not told. Any change of state drops the lease's hostname and billing class.";

/// The words behind `release lease`.
#[derive(Debug, Args)]
#[command(after_help = "The lease is free at once. The DHCP client is not told.")]
pub(crate) struct Release {
    #[command(flatten)]
    keys: LeaseKeys,
}

/// The words behind `set failover`.
#[derive(Debug, Args)]
pub(crate) struct SetsFailover {
    /// Name of the failover peer
    #[arg(long, value_name = "NAME")]
    name: String,
    /// New local state; partner-down lets the server use all leases
    #[arg(long, value_name = "STATE", default_value = "partner-down")]
    state: FailoverState,
}

/// Changes a lease and prints it as it is now.
pub(crate) async fn set(server: &Server, context: &Context, args: Set) -> Ended {
    let (lookup, what) = args.keys.lookup()?;
    let mut call = SetLease::found_by(lookup);
    if args.ends.is_none() && args.state.is_none() && args.flags.is_none() {
        return Err(Failure::usage("change what? give --ends, --state or --flags"));
    }
    if let Some(flags) = args.flags {
        call = call.flags(flags);
    }
    if let Some(ends) = args.ends {
        call = call.active_until(ends);
    }
    if let Some(state) = args.state {
        call = call.state(state);
    }
    let lease = server.call(&format!("changing {what}"), call).await?;
    render::print(&context.output, lease.object(), Form::default());
    Ok(Status::Done)
}

/// Frees a lease and prints it as it is now.
pub(crate) async fn release(server: &Server, context: &Context, args: Release) -> Ended {
    let (lookup, what) = args.keys.lookup()?;
    let call = SetLease::found_by(lookup).state(LeaseState::FREE);
    let lease = server.call(&format!("releasing {what}"), call).await?;
    render::print(&context.output, lease.object(), Form::default());
    Ok(Status::Done)
}

/// Puts a failover peer into another state.
pub(crate) async fn set_failover(server: &Server, context: &Context, args: SetsFailover) -> Ended {
    let SetsFailover { name, state } = args;
    let call = SetFailover::new(name.as_str(), state);
    server.call(&format!("changing failover-state name={name}"), call).await?;
    context.output.print(
        || json!({ "name": name, "local-state": state.0, "local-state-name": state.name() }),
        |_| format!("{name}: local-state {state}"),
    );
    Ok(Status::Done)
}
