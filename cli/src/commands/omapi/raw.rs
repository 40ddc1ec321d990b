//! `open`, `refresh`, `update`, `remove`: the protocol's own requests, for any object.

use clap::Args;
use netlever_core::omapi::calls::{Delete, Open, Refresh, Update};
use netlever_core::omapi::objects::Object;
use netlever_core::omapi::request::{Handle, ObjectType};
use netlever_core::omapi::values::encode_text;
use netlever_core::omapi::wire::Attributes;
use serde_json::json;

use super::render::{self, Form};
use super::{Context, Ended, Server};
use crate::failure::{Failure, Kind, Status};

/// How values are written.
const VALUES: &str = "\
Values are written by the type of their attribute: text as it stands; octets as 01:02, 0x0102 or
'\"text\"'; hardware and IP addresses, numbers, times (2030-11-24T10:00:00Z, never) and states by
name. For an unknown attribute: '\"text\"', a number (4 octets), 10.0.0.1, or 01:02.";

/// An object by its type and lookup keys, or by a handle.
#[derive(Debug, Args)]
struct Which {
    /// Type of the object: lease, host, group, class, subclass, pool, failover-state, control, …
    #[arg(value_name = "TYPE")]
    object_type: String,
    /// Lookup keys
    #[arg(value_name = "NAME=VALUE", value_parser = pair, conflicts_with = "handle")]
    keys: Vec<Pair>,
    /// Handle of the object, in place of lookup keys
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    handle: Option<u32>,
}

/// The words behind `open`.
#[derive(Debug, Args)]
#[command(after_help = VALUES)]
pub(crate) struct Opens {
    /// Type of the object: lease, host, group, class, subclass, failover-state, control, …
    #[arg(value_name = "TYPE")]
    object_type: String,
    /// Lookup keys; with --create or --update also what is to be set
    #[arg(value_name = "NAME=VALUE", value_parser = pair)]
    attributes: Vec<Pair>,
    /// Create the object when there is none
    #[arg(long)]
    create: bool,
    /// With --create: fail when there is one
    #[arg(long)]
    exclusive: bool,
    /// Apply the attributes, the lookup keys included, to the object that is found
    #[arg(long)]
    update: bool,
    #[command(flatten)]
    form: Form,
}

/// The words behind `refresh`.
#[derive(Debug, Args)]
#[command(after_help = VALUES)]
pub(crate) struct Refreshes {
    #[command(flatten)]
    which: Which,
    #[command(flatten)]
    form: Form,
}

/// The words behind `update`.
#[derive(Debug, Args)]
#[command(after_help = UPDATE_EXAMPLES)]
pub(crate) struct Updates {
    #[command(flatten)]
    which: Which,
    /// What to set, in this order; the server stops at the first that it refuses
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<Pair>,
    /// What to take away
    #[arg(long, value_name = "NAME")]
    unset: Vec<String>,
}

const UPDATE_EXAMPLES: &str = "\
Examples:
  netlever omapi … update host name=printer --set ip-address=10.0.0.9,10.0.0.10
  netlever omapi … update lease ip-address=10.0.0.7 --set ends=never --set state=active";

/// The words behind `remove`.
#[derive(Debug, Args)]
#[command(after_help = VALUES)]
pub(crate) struct Removes {
    #[command(flatten)]
    which: Which,
}

/// An attribute as it was typed.
#[derive(Clone, Debug)]
pub(crate) struct Pair(String, String);

fn pair(text: &str) -> Result<Pair, String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok(Pair(name.into(), value.into())),
        _ => Err("write NAME=VALUE, as in name=printer".into()),
    }
}

/// The octets of an attribute of this type of object.
fn encode(server: &Server, object_type: &str, pair: &Pair) -> Result<Vec<u8>, Failure> {
    let Pair(name, value) = pair;
    encode_text(object_type, name, value, server.family)
        .map_err(|why| Failure::usage(format!("{object_type} {name}: {why}")))
}

fn words(object_type: &str, pairs: &[Pair]) -> String {
    let words = pairs.iter().map(|Pair(name, value)| format!(" {name}={value}"));
    format!("{object_type}{}", words.collect::<String>())
}

impl Which {
    fn title(&self) -> String {
        match self.handle {
            Some(handle) => format!("{} with handle {handle}", self.object_type),
            None => words(&self.object_type, &self.keys),
        }
    }

    /// The handle, and the object when it was looked up.
    async fn find(&self, server: &Server) -> Result<(Handle, Option<Object>), Failure> {
        let object_type = self.object_type.as_str();
        if let Some(handle) = self.handle {
            return Ok((Handle::raw(handle).of(ObjectType::from(object_type)), None));
        }
        let mut open = Open::new(object_type);
        for pair in &self.keys {
            open = open.with(&pair.0, encode(server, object_type, pair)?);
        }
        let tried = format!("looking up {}", self.title());
        let object = server.call(&tried, open).await?;
        if object.is_empty() && ["lease", "host", "group"].contains(&object_type) {
            let peer = &server.peer;
            let message = format!("{tried} at {peer}: it answered with an empty object");
            return Err(Failure::new(Kind::NotFound, message));
        }
        Ok((object.handle.clone(), Some(object)))
    }
}

/// Prints an object with its handle, which a later command may use.
fn print(context: &Context, object: &Object, form: Form) {
    let output = &context.output;
    let handle = object.handle.number();
    if output.json {
        let mut json = render::json(object, form);
        json.entry("handle").or_insert(handle.into());
        output.json_line(&json.into());
    } else {
        let dim = output.palette().dim;
        output.text(&format!("{dim}{} with handle {handle}{dim:#}", object.object_type));
        render::print(output, object, form);
    }
}

/// OPEN, as it was typed.
pub(crate) async fn open(server: &Server, context: &Context, args: Opens) -> Ended {
    let object_type = args.object_type.as_str();
    let mut open = Open::new(object_type);
    for pair in &args.attributes {
        open = open.with(&pair.0, encode(server, object_type, pair)?);
    }
    if args.create {
        open = open.create();
    }
    if args.exclusive {
        open = open.exclusive();
    }
    if args.update {
        open = open.update();
    }
    let object =
        server.call(&format!("opening {}", words(object_type, &args.attributes)), open).await?;
    print(context, &object, args.form);
    Ok(Status::Done)
}

/// REFRESH: reads an object again.
pub(crate) async fn refresh(server: &Server, context: &Context, args: Refreshes) -> Ended {
    let (handle, _) = args.which.find(server).await?;
    let tried = format!("reading {}", args.which.title());
    let object = server.call(&tried, Refresh::new(&handle)).await?;
    print(context, &object, args.form);
    Ok(Status::Done)
}

/// UPDATE: sets attributes, then reads the object again.
pub(crate) async fn update(server: &Server, context: &Context, args: Updates) -> Ended {
    let object_type = args.which.object_type.as_str();
    let mut changes = Attributes::new();
    for pair in &args.set {
        changes.push(pair.0.as_str(), encode(server, object_type, pair)?);
    }
    for name in &args.unset {
        changes.push(name.as_str(), []);
    }
    if changes.is_empty() {
        return Err(Failure::usage("change what? give --set NAME=VALUE or --unset NAME"));
    }
    let (handle, _) = args.which.find(server).await?;
    let title = args.which.title();
    server.call(&format!("changing {title}"), Update::new(&handle, changes)).await?;
    let object = server.call(&format!("reading {title}"), Refresh::new(&handle)).await?;
    print(context, &object, Form::default());
    Ok(Status::Done)
}

/// DELETE: prints the object as it was, where it was looked up.
pub(crate) async fn remove(server: &Server, context: &Context, args: Removes) -> Ended {
    let (handle, object) = args.which.find(server).await?;
    let title = args.which.title();
    server.call(&format!("deleting {title}"), Delete::new(&handle)).await?;
    match object {
        Some(object) => print(context, &object, Form::default()),
        None => context
            .output
            .print(|| json!({ "handle": handle.number() }), |_| format!("deleted {title}")),
    }
    Ok(Status::Done)
}
