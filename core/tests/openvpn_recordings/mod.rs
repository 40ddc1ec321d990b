//! Recordings, and a reader that is fed with them.

mod generate;
mod items;

use std::path::PathBuf;
use std::{env, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use netlever_core::openvpn::wire::Limits;
use netlever_core::openvpn::{Item, Reader};
use serde_json::{Value, json};

/// One file.
pub(crate) struct Recording {
    pub(crate) name: String,
    ready: Option<u32>,
    events: Vec<Event>,
    expected: Expected,
}

enum Expected {
    Items(Vec<Value>),
    /// Sums over a listing that is too large to be stored.
    Summary(Value),
    /// Losses on the daemon's side: only that nothing breaks.
    Nothing,
}

enum Event {
    Received(Vec<u8>),
    Sent(Vec<u8>),
    End,
}

/// Text of the recordings: a string, or base64.
pub(crate) fn text(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.clone().into_bytes(),
        _ => STANDARD.decode(value["b64"].as_str().expect("text or b64")).expect("base64"),
    }
}

fn folder() -> PathBuf {
    env::var_os("NETLEVER_VECTORS")
        .map_or_else(
            || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
            PathBuf::from,
        )
        .join("openvpn")
}

fn files() -> Vec<(String, Value)> {
    let folder = folder();
    let entries = fs::read_dir(&folder).unwrap_or_else(|why| panic!("{}: {why}", folder.display()));
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    paths.sort();
    assert!(!paths.is_empty(), "{} has no recordings", folder.display());
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{name}: {why}"));
        (name, serde_json::from_str(&text).expect("JSON"))
    };
    paths.into_iter().map(read).collect()
}

/// All recordings.
pub(crate) fn all() -> Vec<Recording> {
    let files = files().into_iter().filter(|(_, file)| file.get("cases").is_none());
    files.map(|(name, file)| Recording::new(name, &file)).collect()
}

/// All cases of command encoding.
pub(crate) fn cases() -> Vec<Value> {
    let files = files().into_iter().filter_map(|(_, mut file)| match file["cases"].take() {
        Value::Array(cases) => Some(cases),
        _ => None,
    });
    files.flatten().collect()
}

impl Recording {
    fn new(name: String, file: &Value) -> Self {
        let ready = (file["starts"] == "ready").then(|| {
            let version = file["management_version"].as_u64().expect("a version");
            version.try_into().expect("32 bits")
        });
        if let Some(recipe) = file.get("generate") {
            let (events, ready) = (generate::events(recipe), None);
            let expected = Expected::Summary(file["expected_summary"].clone());
            return Self { name, ready, events, expected };
        }
        let expected = match file.get("expected") {
            Some(Value::Array(items)) => Expected::Items(items.clone()),
            _ => Expected::Nothing,
        };
        let events = file["events"].as_array().expect("events");
        let events = events.iter().filter_map(|event| {
            let received = match event.get("dir")?.as_str()? {
                "d2c" => true,
                "c2d" => false,
                other => panic!("{name}: direction {other}"),
            };
            if event.get("eof").is_some() {
                return received.then_some(Event::End);
            }
            let octets = text(event.get("s").unwrap_or(event));
            Some(if received { Event::Received(octets) } else { Event::Sent(octets) })
        });
        let events = events.collect();
        Self { name, ready, events, expected }
    }

    /// Feeds a reader, each chunk in `cuts`, and hands every item to `each`.
    fn run(&self, cuts: &dyn Fn(&[u8]) -> Vec<usize>, mut each: impl FnMut(&Item<'_>)) {
        let mut reader = match self.ready {
            Some(version) => Reader::ready(Limits::default(), version),
            None => Reader::default(),
        };
        // What the reader left, as a driver's buffer holds it.
        let mut kept = Vec::new();
        for event in &self.events {
            match event {
                Event::Sent(octets) => {
                    let mut rest = &octets[..];
                    for cut in cuts(octets) {
                        reader.sent(&rest[..cut]).expect("within limits");
                        rest = &rest[cut..];
                    }
                }
                Event::Received(octets) => {
                    let mut rest = &octets[..];
                    for cut in cuts(octets) {
                        kept.extend_from_slice(&rest[..cut]);
                        rest = &rest[cut..];
                        let mut start = 0;
                        loop {
                            let (used, item) = reader.next(&kept[start..]).expect("within limits");
                            start += used;
                            let Some(item) = item else { break };
                            each(&item);
                        }
                        kept.drain(..start);
                    }
                }
                Event::End => {
                    while let Some(item) = reader.finish(&kept) {
                        each(&item);
                    }
                }
            }
        }
    }

    /// Compares what comes out with what is expected.
    pub(crate) fn check(&self, cuts: &dyn Fn(&[u8]) -> Vec<usize>, how: &str) {
        let mut items = Vec::new();
        let mut summary = Value::Null;
        self.run(cuts, |item| match self.expected {
            Expected::Items(_) => items.push(items::json(item)),
            Expected::Summary(_) => {
                if let Some(sums) = items::summary(item) {
                    summary = sums;
                }
            }
            Expected::Nothing => {}
        });
        match &self.expected {
            Expected::Items(expected) => self.compare(&items, expected, how),
            Expected::Summary(expected) => {
                for (key, expected) in expected.as_object().expect("an object") {
                    assert_eq!(&summary[key], expected, "{}, {how}: {key}", self.name);
                }
            }
            Expected::Nothing => {}
        }
    }

    fn compare(&self, items: &[Value], expected: &[Value], how: &str) {
        for (at, (item, expected)) in items.iter().zip(expected).enumerate() {
            assert_eq!(item, expected, "{}, {how}: item {at}", self.name);
        }
        assert_eq!(items.len(), expected.len(), "{}, {how}: number of items", self.name);
    }

    /// Puts a notification wherever one may stand, and compares the rest.
    pub(crate) fn check_with_notifications(&self) {
        let Expected::Items(expected) = &self.expected else { return };
        let extra = json!({"t": "event", "kind": "INFOMSG", "text": "between"});
        let mut reader = match self.ready {
            Some(version) => Reader::ready(Limits::default(), version),
            None => Reader::default(),
        };
        let (mut items, mut added, mut kept) = (Vec::new(), 0, Vec::new());
        for event in &self.events {
            match event {
                Event::Sent(octets) => reader.sent(octets).expect("within limits"),
                Event::Received(octets) => {
                    for octet in octets {
                        let free = kept.is_empty() && !reader.is_inside() && self.is_open(&reader);
                        if free {
                            let line = b">INFOMSG:between\r\n";
                            let (used, item) = reader.next(line).expect("within limits");
                            assert_eq!(used, line.len());
                            let item = item.as_ref().map(items::json);
                            assert_eq!(item.as_ref(), Some(&extra), "{}", self.name);
                            added += 1;
                        }
                        kept.push(*octet);
                        let mut start = 0;
                        loop {
                            let (used, item) = reader.next(&kept[start..]).expect("within limits");
                            start += used;
                            let Some(item) = item else { break };
                            items.push(items::json(&item));
                        }
                        kept.drain(..start);
                    }
                }
                Event::End => {
                    while let Some(item) = reader.finish(&kept) {
                        items.push(items::json(&item));
                    }
                }
            }
        }
        self.compare(&items, expected, &format!("with {added} notifications between"));
    }

    /// Nothing but the password token may stand before the greeting.
    fn is_open(&self, reader: &Reader) -> bool {
        reader.phase() == netlever_core::openvpn::reader::Phase::Ready
    }

    /// All items as they are printed.
    pub(crate) fn printed(&self) -> Vec<String> {
        let mut printed = Vec::new();
        self.run(&|octets| vec![octets.len()], |item| printed.push(format!("{item:?}")));
        printed
    }

    /// Passwords and tokens among what is expected.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let Expected::Items(items) = &self.expected else { return Vec::new() };
        let mut secrets = Vec::new();
        for item in items {
            secrets.extend(item["token"].as_str());
            secrets.extend(item["response"].as_str());
            for variable in item["env"].as_array().into_iter().flatten() {
                secrets.extend(variable[1].as_str().filter(|_| variable[0] == "password"));
            }
            for command in item["cmds"].as_array().into_iter().flatten() {
                secrets.extend(command.as_str().filter(|_| self.name.starts_with("password")));
            }
            if let Some(command) = item["cmd"].as_str()
                && (command.starts_with("password ") || command.starts_with("username "))
            {
                secrets.extend(command.rsplit(' ').next());
            }
        }
        // What is too short stands by chance in other texts.
        secrets.into_iter().filter(|secret| secret.len() > 4).map(str::to_owned).collect()
    }
}
