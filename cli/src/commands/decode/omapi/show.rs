//! Items as JSON lines, and as text for people.

use netlever_core::omapi::values::{Value, decode_message};
use netlever_core::omapi::wire::Opcode;
use serde_json::{Map, Value as Json, json};

use super::super::packets::{Followed, place, time};
use super::item::{Item, Proof, Told, What};
use crate::capture::Side;
use crate::commands::omapi::render::{self, Form};
use crate::output::{Output, Palette};

/// Prints an item, of a capture's connection or of octets given by hand.
pub(super) fn item(output: &Output, item: &Item, on: Option<&Followed>) {
    output.print(|| item_json(item, on).into(), |palette| item_text(item, on, palette));
}

fn item_json(item: &Item, on: Option<&Followed>) -> Map<String, Json> {
    let mut line = Map::new();
    line.insert("kind".into(), kind(&item.what).into());
    if let Some(on) = on {
        place(&mut line, on, item.mark);
    }
    line.insert("offset".into(), item.offset.into());
    line.insert("length".into(), item.length.into());
    line.insert("sender".into(), item.sender.map(Side::name).into());
    match &item.what {
        What::Introduction(theirs) => {
            line.insert("version".into(), theirs.version.into());
            line.insert("header-size".into(), theirs.header_size.into());
        }
        What::Message(told) => message_json(told, &mut line),
        What::Broken(why) => {
            line.insert("why".into(), why.as_str().into());
        }
        What::Gap | What::Cut => {}
    }
    line
}

const fn kind(what: &What) -> &'static str {
    match what {
        What::Introduction(_) => "introduction",
        What::Message(_) => "message",
        What::Gap => "gap",
        What::Cut => "cut",
        What::Broken(_) => "broken",
    }
}

fn message_json(told: &Told, line: &mut Map<String, Json>) {
    let header = told.header;
    let object_type = told.object.object_type.as_str();
    let signed = !told.signature.is_empty();
    for (name, value) in [
        ("authid", header.authid.into()),
        ("authlen", told.signature.len().into()),
        ("opcode", header.opcode.into()),
        ("opcode-name", Opcode::from_u32(header.opcode).map(Opcode::name).into()),
        ("handle", header.handle.into()),
        ("id", header.tid.into()),
        ("rid", header.rid.into()),
        ("message", render::message_json(&told.message).into()),
        ("type", if object_type.is_empty() { Json::Null } else { object_type.into() }),
        ("object", render::json(&told.object, Form::default()).into()),
        ("signature", if signed { render::hex(&told.signature) } else { Json::Null }),
        ("verified", json!(told.proof.verified())),
    ] {
        line.insert(name.into(), value);
    }
}

fn item_text(item: &Item, on: Option<&Followed>, palette: &Palette) -> String {
    let (bad, dim) = (palette.bad, palette.dim);
    let mut head = format!("octet {}, {} octets", item.offset, item.length);
    if let Some(on) = on {
        let from = item.sender.map_or("?", Side::name);
        head = format!("connection {}, from the {from}, {head}", on.number);
        if let Some(mark) = item.mark {
            let at = time(mark).map(|time| format!(" at {time}")).unwrap_or_default();
            head.push_str(&format!(" (packet {}{at})", mark.packet));
        }
    }
    match &item.what {
        What::Introduction(theirs) => {
            let (version, size) = (theirs.version, theirs.header_size);
            format!("{head}: introduction, protocol version {version}, headers of {size} octets\n")
        }
        What::Gap => format!("{head}: {bad}not captured{bad:#}\n"),
        What::Cut => format!("{head}: {bad}a message that is cut{bad:#}\n"),
        What::Broken(why) => format!("{head}: {bad}no message: {}{bad:#}\n", render::visible(why)),
        What::Message(told) => {
            let name = match Opcode::from_u32(told.header.opcode) {
                Some(opcode) => format!("{opcode} ({})", told.header.opcode),
                None => format!("unknown opcode {}", told.header.opcode),
            };
            let way = match item.sender {
                Some(Side::Client) => "request",
                Some(Side::Server) => "answer",
                None => "message",
            };
            let mut text = format!("{head}: {name}, {way}\n");
            let header = told.header;
            let mut row = |name: &str, value: &str| {
                let style = palette.name;
                text.push_str(&format!("  {style}{name:<10}{style:#}  {value}\n"));
            };
            row("authid", &format!("{}, {}", header.authid, proof(told, palette)));
            row("handle", &header.handle.to_string());
            row("id", &format!("{:#010x}", header.tid));
            row("rid", &format!("{:#010x}", header.rid));
            text.push_str(&format!("  {dim}message{dim:#}\n"));
            let rows = told.message.iter().map(|(name, octets)| {
                (String::from_utf8_lossy(name).into_owned(), described(name, octets))
            });
            text.push_str(&indented(rows, palette));
            let known = told.object.object_type.as_str();
            let known = if known.is_empty() { "type not known" } else { known };
            text.push_str(&format!("  {dim}object ({}){dim:#}\n", render::visible(known)));
            let rows = told.object.fields().map(|field| {
                let again = if field.repeated { " (repeated)" } else { "" };
                (format!("{}{again}", field.name_text()), field.value.to_string())
            });
            text.push_str(&indented(rows, palette));
            text
        }
    }
}

/// A value of the message dictionary: a result with its number too.
fn described(name: &[u8], octets: &[u8]) -> String {
    match decode_message(name, octets) {
        Value::Enumeration { number, name: Some(name) } => format!("{name} ({number})"),
        value => value.to_string(),
    }
}

fn proof(told: &Told, palette: &Palette) -> String {
    let octets = told.signature.len();
    let (good, bad) = (palette.good, palette.bad);
    match told.proof {
        Proof::Unsigned => "not signed".into(),
        Proof::Unchecked => format!("signature of {octets} octets not checked: no key given"),
        Proof::OtherKey => format!("signature of {octets} octets of another key"),
        Proof::Good => format!("{good}signature of {octets} octets verified{good:#}"),
        Proof::Wrong => format!("{bad}signature of {octets} octets is wrong{bad:#}"),
        Proof::Claimed => format!("{bad}claimed, but not signed{bad:#}"),
    }
}

fn indented(rows: impl Iterator<Item = (String, String)>, palette: &Palette) -> String {
    let rows = rows.map(|(name, value)| (render::visible(&name), value));
    let list = crate::output::list(rows, palette);
    list.lines().map(|line| format!("    {line}\n")).collect()
}
