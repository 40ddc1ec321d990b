//! The client session in the place of the clients that were recorded: it sends the same requests
//! and understands the same answers, in any cuts.
//!
//! A session chooses its own transaction ids, so the recorded answers are given the ids of its
//! requests, and signed again with the recording's key where they were rightly signed.
#![cfg(feature = "omapi")]

use std::path::PathBuf;
use std::time::Instant;
use std::{env, fs};

use netlever_core::omapi::calls::{Expert, Raw};
use netlever_core::omapi::key::Key;
use netlever_core::omapi::request::{Answer, Expects, Handle, ObjectType, Request};
use netlever_core::omapi::wire::{
    Attributes, Decoder, Header, Introduction, Limits, Message, Opcode, encode,
};
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::session::{Call, News, Session, Step};
use serde_json::Value;

struct Recording {
    name: String,
    key: Option<Key>,
    /// (to the server, octets, decoded), without introductions and closes.
    messages: Vec<(bool, Vec<u8>, Value)>,
}

fn recordings() -> Vec<Recording> {
    let folder = env::var_os("NETLEVER_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"),
        PathBuf::from,
    );
    let file = folder.join("omapi.json");
    let json = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let items: Vec<Value> = serde_json::from_str(&json).expect("a list of recordings");
    items.iter().map(recording).collect()
}

fn recording(item: &Value) -> Recording {
    let key = item.get("key").map(|key| {
        let algorithm = text(&key["algorithm"]).parse().expect("an algorithm");
        Key::from_base64(text(&key["name"]), algorithm, text(&key["secret_base64"])).expect("a key")
    });
    let exchanges = item["exchanges"].as_array().expect("a list of exchanges");
    let messages = exchanges
        .iter()
        .filter(|exchange| text(&exchange["decoded"]["kind"]) == "message")
        .map(|exchange| {
            let octets = unhex(text(&exchange["hex"]));
            (text(&exchange["dir"]) == "c2s", octets, exchange["decoded"].clone())
        })
        .collect();
    Recording { name: text(&item["name"]).to_owned(), key, messages }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("text")
}

fn unhex(hex: &str) -> Vec<u8> {
    let digit = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hex");
    (0..hex.len()).step_by(2).map(digit).collect()
}

fn decode(octets: &[u8]) -> Message<'_> {
    Decoder::new(Limits::default()).decode(octets).expect("octets of a message").expect("whole")
}

/// A session that is ready, played by hand, whose input comes in pieces of this size.
struct Table {
    session: Omapi,
    now: Instant,
    cut: usize,
    /// What was fed and not used.
    left: Vec<u8>,
}

impl Table {
    fn send(&mut self) -> Vec<u8> {
        let mut out = vec![];
        while self.session.poll_transmit(self.now, &mut out).is_some() {}
        out
    }

    fn feed(&mut self, octets: &[u8]) {
        for piece in octets.chunks(self.cut) {
            self.left.extend_from_slice(piece);
            while !self.left.is_empty() {
                let used = self.session.handle_input(self.now, (), &self.left);
                self.left.drain(..used);
                if used == 0 {
                    break;
                }
            }
        }
    }

    /// A session with the handshake of this recording behind it, if it has one.
    fn ready(recording: &Recording, cut: usize) -> Option<Self> {
        let now = Instant::now();
        let signed = recording.key.clone();
        let config = signed.map_or_else(|| Config::unsigned(3), |key| Config::signed(key, 3));
        let mut table = Self { session: Omapi::new(config), now, cut, left: vec![] };
        table.session.handle_link(now, News::Up);
        let greeting = table.send();
        let mut introduction = vec![];
        Introduction::OURS.encode(&mut introduction);
        assert_eq!(greeting[..8], introduction);
        table.feed(&introduction);
        if recording.key.is_some() {
            let asked = decode(&greeting[8..]);
            let of = |message: &Message<'_>| message.object.get("algorithm").map(<[u8]>::to_vec);
            let (_, theirs, _) = recording.messages.iter().find(|(ours, octets, _)| {
                *ours && decode(octets).message.get("type") == Some(b"authenticator")
            })?;
            let recorded = decode(theirs);
            assert_eq!((asked.message, of(&asked)), (recorded.message, of(&recorded)));
            let (_, answer, _) = recording.messages.iter().find(|(ours, octets, _)| {
                !ours && decode(octets).header.rid == recorded.header.tid
            })?;
            let answer = readdress(answer, asked.header.tid, None);
            table.feed(&answer);
        }
        table.session.is_ready().then_some(table)
    }
}

/// The same message as the answer to another request, signed if there is a key.
fn readdress(octets: &[u8], rid: u32, key: Option<&Key>) -> Vec<u8> {
    let message = decode(octets);
    let mut out = vec![];
    let header = Header { rid, ..message.header };
    encode(&mut out, &header, message.message, message.object, key);
    out
}

/// What one recorded exchange gives when the session plays the client.
fn play(table: &mut Table, recording: &Recording, at: usize) -> Option<Result<Answer, Error>> {
    let (ours, octets, _) = &recording.messages[at];
    let sent = decode(octets);
    let opcode = sent.opcode().filter(|_| *ours)?;
    let answered = recording.messages[at..]
        .iter()
        .find(|(ours, octets, _)| !ours && decode(octets).header.rid == sent.header.tid);
    let (_, answer, decoded) = answered?;
    let object_type =
        sent.message.get("type").map(|name| String::from_utf8_lossy(name).into_owned());
    let request = Request {
        opcode,
        handle: (sent.header.handle != 0).then(|| Handle::raw(sent.header.handle)),
        object_type: object_type.as_deref().map(ObjectType::from),
        message: Attributes::from(sent.message),
        object: Attributes::from(sent.object),
        expects: if opcode == Opcode::Open { Expects::Object } else { Expects::Status },
    };
    let mut call = Expert(Raw::new(request));
    let Step::Wait(_) = call.step(&mut table.session, table.now) else { panic!("not sent") };
    let out = table.send();
    let asked = decode(&out);
    let place = format!("{} {at}", recording.name);
    assert_eq!(asked.message, sent.message, "{place}");
    assert_eq!(asked.object, sent.object, "{place}");
    assert_eq!(
        (asked.header.opcode, asked.header.handle),
        (sent.header.opcode, sent.header.handle),
        "{place}"
    );
    if let Some(key) = &recording.key {
        assert!(asked.verify(key), "{place}: our request is signed");
    }
    let signed = decode(answer).header.authid != 0;
    let valid = decoded.get("signature_valid").and_then(Value::as_bool) == Some(true);
    let key = recording.key.as_ref().filter(|_| signed && valid);
    let readdressed = readdress(answer, asked.header.tid, key);
    table.feed(&readdressed);
    match call.step(&mut table.session, table.now) {
        Step::Done(done) => Some(done),
        Step::Wait(_) => panic!("{place}: no answer from {} octets", readdressed.len()),
    }
}

/// Every recorded exchange of every connection, with input in pieces of this size.
fn play_all(cut: usize) -> Vec<String> {
    let mut played = vec![];
    for recording in recordings() {
        let Some(mut table) = Table::ready(&recording, cut) else { continue };
        for at in 0..recording.messages.len() {
            let (ours, octets, _) = &recording.messages[at];
            let authenticator = decode(octets).message.get("type") == Some(b"authenticator");
            if !ours || authenticator && recording.key.is_some() {
                continue;
            }
            let Some(outcome) = play(&mut table, &recording, at) else { continue };
            played.push(format!("{} {at}: {outcome:?}", recording.name));
            if outcome.is_ok() {
                check(&recording, at, &outcome);
            }
            if !table.session.is_ready() {
                break; // it ended the link, which is not shown twice
            }
        }
    }
    played
}

/// The answer holds what the recording says.
fn check(recording: &Recording, at: usize, outcome: &Result<Answer, Error>) {
    let Ok(answer) = outcome else { return };
    let tid = decode(&recording.messages[at].1).header.tid;
    let (_, octets, decoded) = recording.messages[at..]
        .iter()
        .find(|(ours, octets, _)| !ours && decode(octets).header.rid == tid)
        .expect("it was played");
    let recorded = decode(octets);
    assert_eq!(answer.object, Attributes::from(recorded.object));
    assert_eq!(answer.message, Attributes::from(recorded.message));
    assert_eq!(answer.handle.number(), recorded.header.handle);
    assert_eq!(Some(answer.opcode), recorded.opcode(), "{decoded}");
}

#[test]
fn vectors_omapi_session_understands_every_recorded_exchange() {
    for line in play_all(usize::MAX) {
        let refusal = line.contains("WrongKey") || line.contains("KeyRequired");
        assert!(line.contains(": Ok(") || refusal, "{line}");
    }
}

#[test]
fn vectors_omapi_session_takes_input_in_any_cuts() {
    let whole = play_all(usize::MAX);
    for cut in [1, 2, 3, 7, 8, 23, 24, 61, 100] {
        assert_eq!(play_all(cut), whole, "in pieces of {cut}");
    }
}

/// What a recorded server says to a handshake that it refuses.
#[test]
fn vectors_omapi_session_names_the_key_that_is_refused() {
    for recording in recordings() {
        let Some((_, asked, _)) = recording.messages.first().filter(|(ours, octets, _)| {
            *ours && decode(octets).message.get("type") == Some(b"authenticator")
        }) else {
            continue;
        };
        let Some((_, answer, _)) = recording.messages.get(1) else { continue };
        if decode(answer).opcode() != Some(Opcode::Status) {
            continue;
        }
        let name = decode(asked).object.get("name").expect("a name").to_vec();
        let name = String::from_utf8(name).expect("text");
        let key = Key::new(name.clone(), Default::default(), b"secret").expect("a key");
        let now = Instant::now();
        let session = Omapi::new(Config::signed(key, 1));
        let mut table = Table { session, now, cut: 5, left: vec![] };
        let mut call = Raw::new(Request::open(
            ObjectType::LEASE,
            [("ip-address", [10, 0, 0, 1])].into_iter().collect(),
        ));
        assert!(matches!(call.step(&mut table.session, now), Step::Wait(_)));
        table.session.handle_link(now, News::Up);
        let greeting = table.send();
        let mut input = vec![];
        Introduction::OURS.encode(&mut input);
        input.extend(readdress(answer, decode(&greeting[8..]).header.tid, None));
        table.feed(&input);
        let Step::Done(Err(error)) = call.step(&mut table.session, now) else {
            panic!("{}: not refused", recording.name)
        };
        assert!(error.is_authentication(), "{}: {error}", recording.name);
        assert!(error.to_string().contains(&name), "{error}");
        assert!(table.send().is_empty(), "nothing more is sent");
    }
}
