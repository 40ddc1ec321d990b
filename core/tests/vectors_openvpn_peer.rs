//! What was sent to real daemons, sent to the simulated one: it answers in the same shapes.
//!
//! `vectors/openvpn/` has one recording a file, with any names. The environment variable
//! `NETLEVER_VECTORS` names another folder to find `openvpn/` in.
#![cfg(feature = "openvpn")]

#[allow(dead_code, reason = "shared with the tests of single commands")]
#[path = "openvpn_peer/mod.rs"]
mod hand;

use std::path::PathBuf;
use std::{env, fs, mem};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hand::{Hand, UNIX};
use netlever_core::openvpn::peer::{
    Client, ClientSide, Edition, Login, Mode, PendingAuth, Setup, StaticChallenge,
};
use netlever_core::openvpn::wire::Limits;
use netlever_core::openvpn::{Answer, Item, Reader};
use serde_json::Value;

/// Words whose outcome depends on who is connected, or on what was said before the recording.
const OF_DATA: [&str; 8] =
    ["client-", "kill", "push-update", "cr-response", "remote-entry", "status", "state", "signal"];

struct Recording {
    name: String,
    file: Value,
}

fn recordings() -> Vec<Recording> {
    let folder = env::var_os("NETLEVER_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let mut all = Vec::new();
    for entry in fs::read_dir(folder.join("openvpn")).expect("the recordings") {
        let path = entry.expect("an entry").path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let file: Value =
            serde_json::from_str(&fs::read_to_string(&path).expect("a text")).expect("JSON");
        let real = file["daemon"].as_str().is_some_and(|daemon| daemon.starts_with("OpenVPN"));
        if real && file["events"].is_array() {
            all.push(Recording { name, file });
        }
    }
    assert!(!all.is_empty(), "no recordings of real daemons");
    all.sort_by(|a, b| a.name.cmp(&b.name));
    all
}

fn octets(event: &Value) -> Option<Vec<u8>> {
    match (event["s"].as_str(), event["b64"].as_str()) {
        (Some(text), _) => Some(text.as_bytes().to_vec()),
        (_, Some(text)) => Some(STANDARD.decode(text).expect("base64")),
        _ => None,
    }
}

/// Reads what a daemon says, and keeps how it answered each line.
struct Shapes {
    reader: Reader,
    kept: Vec<u8>,
    replies: Vec<(String, String)>,
}

impl Shapes {
    fn new(ready: Option<u32>) -> Self {
        let reader = match ready {
            Some(version) => Reader::ready(Limits::default(), version),
            None => Reader::default(),
        };
        Self { reader, kept: Vec::new(), replies: Vec::new() }
    }

    fn hear(&mut self, octets: &[u8]) {
        self.kept.extend_from_slice(octets);
        let kept = mem::take(&mut self.kept);
        let mut start = 0;
        loop {
            let (used, item) = self.reader.next(&kept[start..]).expect("within limits");
            start += used;
            match item {
                None => break,
                Some(Item::Reply(reply)) => {
                    let line = reply.line().to_string();
                    self.replies.push((shape(&line, &reply.answer), line));
                }
                Some(Item::Unexpected(line)) => panic!("nobody asked for {line}"),
                Some(_) => {}
            }
        }
        self.kept = kept[start..].to_vec();
    }
}

/// The kind of an answer, and the text of an error where that does not depend on data.
fn shape(line: &str, answer: &Answer<'_>) -> String {
    match answer {
        Answer::Success(text) if line.starts_with("env-filter") => format!("success {text}"),
        Answer::Success(_) => "success".into(),
        Answer::Error(text) => format!("error {text}"),
        Answer::Preamble(text) => format!("preamble {text}"),
        Answer::Line(text) => format!("line {text}"),
        Answer::Lines(block) => format!("lines {}", String::from_utf8_lossy(block.text())),
        Answer::Version(version) => format!("version {}", version.management),
        other => {
            let text = format!("{other:?}");
            text.split(['(', ' ', '{']).next().unwrap_or_default().into()
        }
    }
}

impl Recording {
    /// All that the daemon said, as text.
    fn said(&self) -> String {
        let events = self.file["events"].as_array().expect("events").iter();
        let said = events.filter(|event| event["dir"] == "d2c").filter_map(octets);
        String::from_utf8_lossy(&said.collect::<Vec<_>>().concat()).into_owned()
    }

    /// A daemon that asks what the recorded one asked.
    fn setup(&self, now: std::time::Instant) -> Setup {
        let said = self.said();
        let asks = |text: &str| said.contains(text);
        let mut setup = Setup::server(now, UNIX);
        if asks("Version 6 --") || self.name.starts_with("master") {
            setup.edition = Edition::Next;
        }
        setup.hold = asks(">HOLD:Waiting for hold release:0");
        if asks("ENTER PASSWORD:") {
            setup.password = Some("s3cr3t".into());
        }
        if self.file["role"] == "client" {
            let challenge = asks(" SC:1,").then(|| StaticChallenge {
                text: "Please enter token PIN, now".into(),
                echo: true,
                concat: false,
                response: "8675309".into(),
            });
            let login = Login {
                static_challenge: challenge,
                username_only: asks("Need 'Auth' username\r"),
                ..Login::default()
            };
            setup.mode = Mode::from(ClientSide {
                login: asks("Need 'Auth'").then_some(login),
                private_key: asks("'Private Key'").then(|| "secretkey".into()),
                certificate_hint: asks(">NEED-CERTIFICATE").then(|| "subject:o=TEST".into()),
                external_key: asks("_SIGN:"),
                query_remote: asks(">REMOTE:"),
                pending: asks("AUTH_PENDING").then(|| PendingAuth {
                    extra: "CR_TEXT:R,E:code".into(),
                    timeout: 40,
                    response: Some("MTIzNDU2".into()),
                }),
                ..ClientSide::default()
            });
        }
        setup
    }

    /// Plays it, with what was sent in pieces of at most `cut` octets.
    /// How many replies were compared.
    fn play(&self, cut: usize) -> usize {
        let ready = (self.file["starts"] == "ready")
            .then(|| self.file["management_version"].as_u64().expect("a version") as u32);
        let (mut real, mut simulated) = (Shapes::new(ready), Shapes::new(None));
        let mut hand = Hand::new(|now| self.setup(now));
        simulated.hear(&hand.octets());
        for event in self.file["events"].as_array().expect("events") {
            let Some(octets) = octets(event) else { continue };
            if event["dir"] == "d2c" {
                real.hear(&octets);
                for _ in String::from_utf8_lossy(&octets).matches(">CLIENT:CONNECT,") {
                    let address = "192.0.2.2:41623".parse().expect("an address");
                    hand.daemon.connect_client(hand.now, Client::new("alice", address));
                }
                simulated.hear(&hand.octets());
                continue;
            }
            real.reader.sent(&octets).expect("within limits");
            simulated.reader.sent(&octets).expect("within limits");
            for piece in octets.chunks(cut) {
                let heard = hand.say(piece).replace('\n', "\r\n");
                simulated.hear(heard.as_bytes());
            }
            let heard = hand.seconds(2).replace('\n', "\r\n");
            simulated.hear(heard.as_bytes());
        }
        let telling = |shapes: &Shapes| -> Vec<(String, String)> {
            let of_data = |line: &str| OF_DATA.iter().any(|word| line.starts_with(word));
            let replies = shapes.replies.iter().filter(|(shape, line)| {
                !of_data(line)
                    || shape.starts_with("error cannot parse")
                    || shape.contains("requires")
            });
            replies.cloned().collect()
        };
        let real = telling(&real);
        assert_eq!(telling(&simulated), real, "{}, {cut} at a time", self.name);
        real.len()
    }
}

#[test]
fn vectors_openvpn_peer_answers_in_the_recorded_shapes() {
    let mut compared = 0;
    for recording in recordings() {
        // Where long lines were lost only what the daemon's own reads saw is comparable.
        if recording.file.get("expected").is_some() {
            compared += recording.play(usize::MAX);
        }
    }
    assert!(compared > 0, "no recording has a reply that can be compared");
    println!("{compared} replies compared");
}

#[test]
fn vectors_openvpn_peer_answers_the_same_in_any_cuts() {
    for recording in recordings() {
        let long = recording.name.starts_with("long_line");
        for cut in [1, 7, 100] {
            if !long && recording.file.get("expected").is_some() {
                recording.play(cut);
            }
        }
    }
}

/// Losses of long lines: as many replies as the real daemon gave.
#[test]
fn vectors_openvpn_peer_loses_what_the_real_one_lost() {
    for recording in recordings() {
        if recording.file.get("expected").is_some() {
            continue;
        }
        let mut hand = Hand::new(|now| recording.setup(now));
        hand.hear();
        let (mut heard, mut recorded) = (0, 0);
        for event in recording.file["events"].as_array().expect("events") {
            let Some(octets) = octets(event) else { continue };
            let lines = |octets: &[u8]| octets.iter().filter(|octet| **octet == b'\n').count();
            if event["dir"] == "c2d" {
                heard += lines(hand.say(&octets).as_bytes());
            } else if !octets.starts_with(b">INFO") {
                recorded += lines(&octets);
            }
        }
        assert_eq!(heard, recorded, "{}", recording.name);
    }
}
