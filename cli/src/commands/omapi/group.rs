//! Groups, classes and subclasses: `add` and `del`.

use clap::Args;
use netlever_core::omapi::calls::{AddClass, AddGroup, AddSubclass, Lookup, Remove};

use super::keys::{Octets, octets};
use super::render::{self, Form};
use super::wish::Sends;
use super::{Context, Ended, Server};
use crate::failure::Status;

/// The words behind `add group`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlever omapi … add group --name office --domain office.example --router 10.0.0.1
  netlever omapi … add group --name boot --statements 'next-server 10.0.0.2; filename \"pxe\";'")]
pub(crate) struct AddsGroup {
    /// Its name: letters, digits, '.', '_', '-'
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    sends: Sends,
}

/// The words behind `add class`.
#[derive(Debug, Args)]
pub(crate) struct AddsClass {
    /// Its name
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Its subclasses match by hardware address
    #[arg(long)]
    match_hardware: bool,
}

/// The words behind `add subclass` and `del subclass`.
#[derive(Debug, Args)]
pub(crate) struct Subclassed {
    /// Name of its class
    #[arg(long, value_name = "NAME")]
    name: String,
    /// What it matches: 01:aa:bb…, 0x01aabb… or '"text"'; for hardware the type octet first
    #[arg(long, value_name = "OCTETS", value_parser = octets)]
    hashstring: Octets,
}

/// The words behind `add subclass`.
#[derive(Debug, Args)]
pub(crate) struct AddsSubclass {
    #[command(flatten)]
    subclass: Subclassed,
    /// Group whose statements its clients get
    #[arg(long, value_name = "NAME")]
    group: Option<String>,
}

/// The words behind `del group` and `del class`.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name: exact, case matters
    #[arg(long, value_name = "NAME")]
    name: String,
}

/// Prints the object of a typed answer.
macro_rules! tell {
    ($server:expr, $context:expr, $tried:expr, $call:expr) => {{
        let object = $server.call(&$tried, $call).await?.into_object();
        render::print(&$context.output, &object, Form::default());
        Ok(Status::Done)
    }};
}

pub(crate) async fn add_group(server: &Server, context: &Context, args: AddsGroup) -> Ended {
    let call = AddGroup::new(&args.name, &args.sends.build(server.expert)?);
    tell!(server, context, format!("adding group {}", args.name), call)
}

pub(crate) async fn add_class(server: &Server, context: &Context, args: AddsClass) -> Ended {
    let call = AddClass::new(&args.name);
    let call = if args.match_hardware { call.match_hardware() } else { call };
    tell!(server, context, format!("adding class {}", args.name), call)
}

pub(crate) async fn add_subclass(server: &Server, context: &Context, args: AddsSubclass) -> Ended {
    let Subclassed { name, hashstring: Octets(hashstring) } = args.subclass;
    let mut call = AddSubclass::new(&name, hashstring);
    if let Some(group) = &args.group {
        call = call.group(group);
    }
    tell!(server, context, format!("adding a subclass of {name}"), call)
}

pub(crate) async fn del_group(server: &Server, context: &Context, args: Named) -> Ended {
    let call = Remove::new(Lookup::group(&args.name));
    tell!(server, context, format!("deleting group name={}", args.name), call)
}

pub(crate) async fn del_class(server: &Server, context: &Context, args: Named) -> Ended {
    let call = Remove::new(Lookup::class(&args.name));
    tell!(server, context, format!("deleting class name={}", args.name), call)
}

pub(crate) async fn del_subclass(server: &Server, context: &Context, args: Subclassed) -> Ended {
    let Subclassed { name, hashstring: Octets(hashstring) } = args;
    let call = Remove::new(Lookup::subclass(&name, hashstring));
    tell!(server, context, format!("deleting a subclass of {name}"), call)
}
