//! The one object that the shell works on.

use netlever_core::omapi::objects::Object;
use netlever_core::omapi::request::Handle;
use netlever_core::omapi::values::{Kind, kind};
use netlever_core::omapi::wire::Attributes;

use super::script::Given;

/// An object of a type: at first only here, after `open` or `create` at the server too.
#[derive(Clone, Debug)]
pub(super) struct Current {
    pub(super) object_type: String,
    /// Its handle, once the server has told it.
    pub(super) handle: Option<Handle>,
    values: Vec<Attribute>,
}

#[derive(Clone, Debug)]
struct Attribute {
    name: String,
    value: Value,
    /// Whether the server does not know it yet.
    changed: bool,
}

#[derive(Clone, Debug)]
enum Value {
    /// As the script gave it.
    Given(Given),
    /// As the server told it.
    Told(Vec<u8>),
    Null,
}

impl Current {
    pub(super) const fn new(object_type: String) -> Self {
        Self { object_type, handle: None, values: Vec::new() }
    }

    pub(super) fn set(&mut self, name: String, given: Given) {
        self.change(name, Value::Given(given));
    }

    pub(super) fn unset(&mut self, name: String) {
        self.change(name, Value::Null);
    }

    fn change(&mut self, name: String, value: Value) {
        let attribute = Attribute { name, value, changed: true };
        match self.values.iter_mut().find(|known| known.name == attribute.name) {
            Some(known) => *known = attribute,
            None => self.values.push(attribute),
        }
    }

    /// The attributes of an `open` or `create`: all.
    pub(super) fn all(&self) -> Attributes {
        self.octets(|_| true)
    }

    /// The attributes of an `update`: those that changed.
    pub(super) fn changes(&self) -> Attributes {
        self.octets(|attribute| attribute.changed)
    }

    fn octets(&self, wanted: impl Fn(&Attribute) -> bool) -> Attributes {
        let wanted = self.values.iter().filter(|attribute| wanted(attribute));
        wanted.map(|attribute| (attribute.name.as_bytes(), attribute.value.octets())).collect()
    }

    /// The server told what the object is. As in omshell, what it did not tell stays.
    pub(super) fn told(&mut self, object: &Object) {
        self.handle = Some(object.handle.clone());
        for field in object.fields().filter(|field| !field.repeated) {
            let name = field.name_text().into_owned();
            let attribute =
                Attribute { name, value: Value::Told(field.octets.to_vec()), changed: false };
            match self.values.iter_mut().find(|known| known.name == attribute.name) {
                Some(known) => *known = attribute,
                None => self.values.push(attribute),
            }
        }
        self.values.retain(|attribute| !matches!(attribute.value, Value::Null));
    }

    /// The server took all changes.
    pub(super) fn updated(&mut self) {
        for attribute in &mut self.values {
            attribute.changed = false;
        }
    }

    /// The same as an object of the core, for those who print it in another form.
    pub(super) fn as_object(&self) -> Object {
        let handle = self.handle.as_ref().map_or(0, Handle::number);
        Object::new(&self.object_type, handle, self.all())
    }

    /// In omshell's form, a line for each attribute.
    pub(super) fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("obj: {}", self.object_type)];
        lines.extend(self.values.iter().map(|attribute| {
            let shown = attribute.value.show(&self.object_type, &attribute.name);
            format!("{} = {shown}", visible(&attribute.name))
        }));
        lines
    }
}

impl Value {
    fn octets(&self) -> Vec<u8> {
        match self {
            Self::Given(given) => given.octets(),
            Self::Told(octets) => octets.clone(),
            Self::Null => Vec::new(),
        }
    }

    fn show(&self, object_type: &str, name: &str) -> String {
        match self {
            Self::Null => "<null>".into(),
            Self::Given(Given::Number(number)) => number.to_string(),
            Self::Given(Given::Octets(octets)) => colon_hex(octets),
            Self::Given(Given::Text(octets)) => text(octets),
            Self::Told(octets) if may_be_text(object_type, name) => text(octets),
            Self::Told(octets) => colon_hex(octets),
        }
    }
}

/// Where omshell's rule holds, that printable octets are text. It has no other; here an address
/// whose octets happen to be letters is still an address.
fn may_be_text(object_type: &str, name: &str) -> bool {
    match kind(object_type, name) {
        Kind::Text => true,
        Kind::Octets => !matches!(
            name,
            "dhcp-client-identifier"
                | "hashstring"
                | "load-balance-hba"
                | "partner-address"
                | "local-address"
        ),
        _ => false,
    }
}

fn text(octets: &[u8]) -> String {
    let printable = octets.iter().all(|octet| (b' '..=b'~').contains(octet));
    if printable { format!("\"{}\"", String::from_utf8_lossy(octets)) } else { colon_hex(octets) }
}

fn colon_hex(octets: &[u8]) -> String {
    let pairs: Vec<_> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    pairs.join(":")
}

/// A name from a server cannot steer a terminal.
fn visible(name: &str) -> String {
    name.chars().flat_map(char::escape_default).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_omshell_shows_them() {
        let mut current = Current::new("lease".into());
        current.set("ip-address".into(), Given::Octets(vec![10, 99, 0, 101]));
        current.set("flags".into(), Given::Number(4));
        current.unset("client-hostname".into());
        let told: Attributes = [
            ("state", &[0, 0, 0, 2][..]),
            ("hardware-address", b"ABCDEF"),
            ("vendor-string", b"TEST-device 1"),
            ("agent.circuit-id", b"\0\x04"),
            ("client-hostname", b"alpha"),
        ]
        .into_iter()
        .collect();
        current.told(&Object::new("lease", 9, told));
        assert_eq!(
            current.lines(),
            [
                "obj: lease",
                "ip-address = 0a:63:00:65",
                "flags = 4",
                "client-hostname = \"alpha\"",
                "state = 00:00:00:02",
                "hardware-address = 41:42:43:44:45:46",
                "vendor-string = \"TEST-device 1\"",
                "agent.circuit-id = 00:04",
            ]
        );
    }

    #[test]
    fn only_changes_are_updated_and_null_is_forgotten_when_told() {
        let mut host = Current::new("host".into());
        host.set("name".into(), Given::Text(b"a".into()));
        host.updated();
        host.unset("ip-address".into());
        assert_eq!(format!("{:?}", host.changes()), r#"{"ip-address": ""}"#);
        assert_eq!(host.lines()[2], "ip-address = <null>");
        host.told(&Object::new("host", 9, Attributes::new()));
        assert_eq!(host.lines(), ["obj: host", "name = \"a\""]);
        assert_eq!(host.handle.map(|handle| handle.number()), Some(9));
    }
}
