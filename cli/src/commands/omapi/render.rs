//! Objects as JSON and as text for people.
//!
//! The attribute's type decides how it is printed, never its content. Nothing is dropped: what
//! cannot have a key of its own (a repeated name, one that is not UTF-8, one called `repeated`)
//! stands in the list `repeated`.

use std::collections::BTreeSet;

use netlever_core::omapi::objects::{Field, Object};
use netlever_core::omapi::values::{LeaseFlags, Time, Value, decode_message};
use netlever_core::omapi::wire::Attributes;
use serde_json::{Map, Value as Json, json};

use crate::output::{Output, Palette, list};

/// How attributes are shown.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct Form {
    /// Show every attribute as hex octets, under its name on the wire
    #[arg(long)]
    pub(crate) raw: bool,
}

/// Prints an object: one JSON document, or an aligned list.
pub(crate) fn print(output: &Output, object: &Object, form: Form) {
    output.print(|| json(object, form).into(), |palette| text(object, form, palette));
}

/// The key under which later attributes of the same name stand.
const REPEATED: &str = "repeated";

/// The JSON object of an object's attributes.
pub(crate) fn json(object: &Object, form: Form) -> Map<String, Json> {
    let taken = |name: &str| object.get(name).is_some();
    fields_json(object.fields(), taken, form)
}

/// The JSON object of a message dictionary, such as the `result` of a STATUS.
pub(crate) fn message_json(message: &Attributes) -> Map<String, Json> {
    let mut seen = BTreeSet::new();
    let fields = message.iter().map(|(name, octets)| {
        let value = decode_message(name, octets);
        Field { name, value, octets, repeated: !seen.insert(name) }
    });
    fields_json(fields, |name| message.get(name).is_some(), Form::default())
}

/// `taken` tells whether an attribute has a twin's name.
fn fields_json<'a>(
    fields: impl Iterator<Item = Field<'a>>,
    taken: impl Fn(&str) -> bool,
    form: Form,
) -> Map<String, Json> {
    let mut map = Map::new();
    let mut repeated = vec![];
    for field in fields {
        let value = if form.raw { hex(field.octets) } else { value(&field.value) };
        match str::from_utf8(field.name) {
            Ok(name) if !field.repeated && name != REPEATED => {
                map.insert(name.to_owned(), value);
                if let Some((suffix, twin)) = twin(&field.value).filter(|_| !form.raw) {
                    let name = format!("{name}-{suffix}");
                    if !taken(&name) {
                        map.insert(name, twin);
                    }
                }
            }
            Ok(name) => repeated.push(json!({ "name": name, "value": value })),
            Err(_) => repeated.push(json!({ "name": hex(field.name), "value": value })),
        }
    }
    if !repeated.is_empty() {
        map.insert(REPEATED.to_owned(), repeated.into());
    }
    map
}

/// A value, by its type.
fn value(value: &Value<'_>) -> Json {
    match value {
        Value::Text(text) => (*text).into(),
        Value::Octets(octets) => hex(octets),
        Value::HardwareAddress(address) => address.to_string().into(),
        Value::IpAddresses(addresses) => match &addresses[..] {
            [one] => one.to_string().into(),
            several => several.iter().map(ToString::to_string).collect(),
        },
        other => match other.number() {
            Some(number) => number.into(),
            None => other.to_string().into(),
        },
    }
}

/// What stands beside the number of an enumeration or a time, and under which suffix.
fn twin(value: &Value<'_>) -> Option<(&'static str, Json)> {
    match value {
        Value::Enumeration { name: Some(name), .. } => Some(("name", (*name).into())),
        Value::Time(Time::NEVER) => Some(("time", "never".into())),
        Value::Time(time) => Some(("time", time.rfc3339().into())),
        _ => None,
    }
}

/// Octets whose meaning nobody knows.
pub(crate) fn hex(octets: &[u8]) -> Json {
    let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    json!({ "hex": digits })
}

fn text(object: &Object, form: Form, palette: &Palette) -> String {
    let rows: Vec<_> = object
        .fields()
        .map(|field| {
            let mut name: String = visible(&field.name_text());
            if field.repeated {
                name.push_str(" (repeated)");
            }
            (name, shown(object, &field, form))
        })
        .collect();
    if rows.is_empty() {
        return format!("{} without attributes\n", object.object_type);
    }
    list(rows, palette)
}

/// A value for people.
fn shown(object: &Object, field: &Field<'_>, form: Form) -> String {
    match &field.value {
        _ if form.raw => Value::Octets(field.octets).to_string(),
        Value::Integer(mask)
            if object.object_type.as_str() == "lease" && field.name == b"flags" =>
        {
            u8::try_from(*mask)
                .map_or_else(|_| mask.to_string(), |mask| LeaseFlags(mask).to_string())
        }
        value => value.to_string(),
    }
}

/// Text of a peer's, with what could steer a terminal made harmless.
pub(crate) fn visible(text: &str) -> String {
    Value::Text(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease() -> Object {
        let mut answer = Attributes::new();
        answer
            .push("state", [0, 0, 0, 2])
            .push("ip-address", [192, 168, 10, 167])
            .push("dhcp-client-identifier", "abc")
            .push("client-hostname", [0xff])
            .push("hardware-address", "abcdef")
            .push("hardware-type", [0, 0, 0, 200])
            .push("ends", 1_549_885_690_u32.to_be_bytes())
            .push("starts", [0x7f, 0xff, 0xff, 0xff])
            .push("cltt", [0, 0, 0, 0])
            .push("flags", [4])
            .push("vendor-string", "Ruckus")
            .push("state-name", "mine")
            .push("repeated", "x")
            .push([0xfe], "y")
            .push("cltt", [1, 2, 3, 4]);
        Object::new("lease", 7, answer)
    }

    #[test]
    fn the_type_of_an_attribute_decides_and_nothing_is_dropped() {
        let json = json(&lease(), Form::default());
        assert_eq!(
            Json::from(json),
            json!({
                "state": 2,
                "ip-address": "192.168.10.167",
                "dhcp-client-identifier": { "hex": "616263" },
                "client-hostname": { "hex": "ff" },
                "hardware-address": "61:62:63:64:65:66",
                "hardware-type": 200,
                "ends": 1_549_885_690,
                "ends-time": "2019-02-11T11:48:10Z",
                "starts": 0x7fff_ffff,
                "starts-time": "never",
                "cltt": 0,
                "cltt-time": null,
                "flags": 4,
                "vendor-string": { "hex": "5275636b7573" },
                "state-name": { "hex": "6d696e65" },
                "repeated": [
                    { "name": "repeated", "value": { "hex": "78" } },
                    { "name": { "hex": "fe" }, "value": { "hex": "79" } },
                    { "name": "cltt", "value": 16_909_060 },
                ],
            })
        );
    }

    #[test]
    fn raw_shows_octets() {
        let json = json(&lease(), Form { raw: true });
        assert_eq!(json["state"], json!({ "hex": "00000002" }));
        assert_eq!(json["repeated"][2], json!({ "name": "cltt", "value": { "hex": "01020304" } }));
        assert!(!json.contains_key("ends-time"));
    }

    #[test]
    fn a_host_has_one_address_or_a_list() {
        for (octets, expected) in [
            (&[10, 0, 0, 1][..], json!("10.0.0.1")),
            (&[10, 0, 0, 1, 10, 0, 0, 2], json!(["10.0.0.1", "10.0.0.2"])),
            (&[10, 0, 0, 1, 5], json!({ "hex": "0a00000105" })),
        ] {
            let attributes: Attributes = [("ip-address", octets)].into_iter().collect();
            let json = json(&Object::new("host", 1, attributes), Form::default());
            assert_eq!(json["ip-address"], expected);
        }
    }

    #[test]
    fn people_read_names_and_times() {
        let text = text(&lease(), Form::default(), &Palette::default());
        for line in [
            "state                   active",
            "ends                    2019-02-11T11:48:10Z",
            "flags                   reserved",
            "cltt (repeated)         1970-07-15T",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn a_result_has_its_name() {
        let status: Attributes = [("result", [0, 0, 0, 23])].into_iter().collect();
        let json = message_json(&status);
        assert_eq!(Json::from(json), json!({ "result": 23, "result-name": "NOTFOUND" }));
    }
}
