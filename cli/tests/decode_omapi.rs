//! `decode omapi`: recordings of dhcpd, given as hex, as a file, and as captures of every shape.

mod run;

use std::path::PathBuf;
use std::{env, fs};

use pcap_file::DataLink;
use serde_json::Value;

use run::pcap::{Wire, pcap};
use run::{Ran, finish, program, run, run_with};

/// A recorded exchange as `(from the client?, octets)`, and its key.
struct Recording {
    name: String,
    secret: Option<String>,
    exchanges: Vec<Exchange>,
}

struct Exchange {
    client: bool,
    octets: Vec<u8>,
    decoded: Value,
}

fn recordings() -> Vec<Recording> {
    let folder = env::var_os("NETLEVER_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/tests/vectors"),
        PathBuf::from,
    );
    let file = folder.join("omapi.json");
    let json = fs::read_to_string(&file).unwrap_or_else(|why| panic!("{}: {why}", file.display()));
    let items: Vec<Value> = serde_json::from_str(&json).expect("a list of recordings");
    let read = |item: &Value| Recording {
        name: item["name"].as_str().expect("a name").into(),
        secret: item["key"]["secret_base64"].as_str().map(str::to_owned),
        exchanges: item["exchanges"].as_array().expect("exchanges").iter().map(exchange).collect(),
    };
    items.iter().map(read).collect()
}

fn exchange(item: &Value) -> Exchange {
    let hex = item["hex"].as_str().expect("hex").as_bytes();
    let octet = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).expect("hex");
    Exchange {
        client: item["dir"] == "c2s",
        octets: hex.chunks(2).map(octet).collect(),
        decoded: item["decoded"].clone(),
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// Runs `decode omapi --pcap` on these packets.
fn capture(packets: &[Vec<u8>], link: DataLink, secret: Option<&str>, words: &[&str]) -> Ran {
    let mut command = program();
    command.args(["--json", "decode", "omapi", "--pcap", "-"]).args(words);
    if let Some(secret) = secret {
        command.env("NETLEVER_OMAPI_KEY", secret);
    }
    finish(&mut command, &pcap(packets, link))
}

#[test]
fn vectors_omapi_are_explained_from_captures_in_any_cuts() {
    for (number, recording) in recordings().into_iter().enumerate() {
        let mut wire = Wire::open(7911);
        for exchange in &recording.exchanges {
            if exchange.octets.is_empty() {
                wire.segment(exchange.client, 0, &[], |packet| packet.fin());
            } else {
                wire.say(exchange.client, &exchange.octets, [7, 1000, 33][number % 3]);
            }
        }
        let ran = capture(&wire.packets, DataLink::RAW, recording.secret.as_deref(), &[]);
        let name = &recording.name;
        let mut lines = ran.lines().into_iter().filter(|line| {
            line["kind"] == "message" || line["kind"] == "introduction" || line["kind"] == "broken"
        });
        let mut wrong = false;
        for exchange in recording.exchanges.iter().filter(|exchange| !exchange.octets.is_empty()) {
            let line = lines.next().unwrap_or_else(|| panic!("{name}: {ran:?}"));
            let decoded = &exchange.decoded;
            let sender = if exchange.client { "client" } else { "server" };
            assert_eq!(
                (&line["sender"], &line["length"]),
                (&sender.into(), &exchange.octets.len().into())
            );
            if decoded["kind"] == "startup" {
                assert_eq!(line["header-size"], decoded["header_size"], "{name}");
                continue;
            }
            for (ours, theirs) in [
                ("authid", "authid"),
                ("authlen", "authlen"),
                ("opcode", "opcode"),
                ("handle", "handle"),
                ("id", "tid"),
                ("rid", "rid"),
            ] {
                assert_eq!(line[ours], decoded[theirs], "{name}: {ours} of {line}");
            }
            for attribute in decoded["object"].as_array().expect("attributes") {
                let known = attribute["name"].as_str().expect("a name");
                assert!(!line["object"][known].is_null(), "{name}: {known} of {line}");
            }
            if let Some(valid) = decoded["signature_valid"].as_bool() {
                assert_eq!(line["verified"], valid, "{name}: {line}");
                wrong |= !valid;
            }
        }
        assert!(lines.next().is_none(), "{name}");
        assert_eq!(
            ran.status == 5,
            wrong || ran.stderr.contains("is not signed"),
            "{name}: {ran:?}"
        );
    }
}

#[test]
fn vectors_omapi_types_follow_from_the_open() {
    let all = recordings();
    let found = all.iter().find(|recording| {
        recording.exchanges.iter().any(|exchange| {
            let words = exchange.decoded["message"].to_string();
            exchange.client && words.contains("\"lease\"")
        }) && recording.exchanges.iter().any(|exchange| {
            !exchange.client && exchange.decoded["object"].to_string().contains("\"ends\"")
        })
    });
    let recording = found.expect("a lease that was found");
    let mut wire = Wire::open(7999);
    for exchange in recording.exchanges.iter().filter(|exchange| !exchange.octets.is_empty()) {
        wire.say(exchange.client, &exchange.octets, 5000);
    }
    let ran = capture(&wire.packets, DataLink::RAW, None, &["--port", "7999"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let lines = ran.lines();
    let lease = lines.iter().find(|line| line["object"]["ends"].is_number());
    let lease = lease.unwrap_or_else(|| panic!("{ran:?}"));
    assert_eq!((&lease["type"], &lease["verified"]), (&"lease".into(), &Value::Null));
    assert!(lease["object"]["ends-time"].is_string() && lease["object"]["state-name"].is_string());
    assert!(lease["time"].as_str().unwrap().starts_with("2026-11-18T"), "{lease}");
    assert_eq!(run(&["decode", "omapi", "--pcap", "/dev/null"]).status, 2);
    let nobody = capture(&wire.packets, DataLink::RAW, None, &[]);
    assert_eq!(nobody.status, 1);
    assert!(nobody.stderr.contains("--port"), "{}", nobody.stderr);

    // The same answer alone: nothing tells its type, until somebody does.
    let answer = recording.exchanges.iter().rfind(|exchange| !exchange.client).unwrap();
    let answer = hex(&answer.octets);
    let alone = &run(&["--json", "decode", "omapi", &answer]).lines()[0];
    assert_eq!((&alone["type"], &alone["sender"]), (&Value::Null, &"server".into()));
    let told = &run(&["--json", "decode", "omapi", &answer, "--type", "lease"]).lines()[0];
    assert!(told["object"]["state-name"].is_string(), "{told}");
}

const SECRET: &str = "+bFQtBCta6j2vWkjPkNFtgA=";

/// A request that dhcpd accepted, signed by the key of [`SECRET`].
const SIGNED: &str = "00000001 00000010 00000001 00000000 00001002 00000000 \
    0004 74797065 00000005 6c65617365 0000 000a 69702d61646472657373 00000004 0a6300fa 0000 \
    f37fd5a9784e09c35d4554fbff6fa27b";

#[test]
fn a_signature_is_verified_or_refused() {
    let decode = |hex: &str, words: &[&str]| {
        let mut all = vec!["--json", "decode", "omapi", hex];
        all.extend(words);
        finish(program().args(all).env("NETLEVER_OMAPI_KEY", SECRET), b"")
    };
    for words in [&[][..], &["--algorithm", "hmac-md5"], &["--key-name", "defomapi"]] {
        let ran = decode(SIGNED, words);
        assert_eq!((ran.status, &ran.lines()[0]["verified"]), (0, &true.into()), "{ran:?}");
    }
    for (hex, words) in [
        (SIGNED.replace("0a6300fa", "0a6300fb"), &[][..]),
        (SIGNED.to_owned(), &["--algorithm", "hmac-sha1"]),
        (SIGNED[..SIGNED.len() - 32].replacen("00000010", "00000000", 1), &[]),
    ] {
        let ran = decode(&hex, words);
        assert_eq!((ran.status, &ran.lines()[0]["verified"]), (5, &false.into()), "{ran:?}");
        assert_eq!(ran.lines()[1]["error"]["kind"], "authentication");
    }
    let unchecked = run(&["decode", "omapi", SIGNED]);
    assert_eq!(unchecked.status, 0);
    for text in ["open (1), request", "type  lease", "ip-address  10.99.0.250", "not checked"] {
        assert!(unchecked.stdout.contains(text), "{text}: {}", unchecked.stdout);
    }
}

#[test]
fn hex_is_read_as_people_paste_it_and_from_files() {
    let words: Vec<&str> = SIGNED.split_whitespace().collect();
    let colons = words.join(":");
    let prefixed = format!("0x{}", words.join(" 0x"));
    for hex in [colons.as_str(), prefixed.as_str(), &words.concat()] {
        assert_eq!(run(&["decode", "omapi", hex]).status, 0, "{hex}");
    }
    let mut many = vec!["decode", "omapi"];
    many.extend(&words);
    assert_eq!(run(&many).status, 0);
    assert_eq!(run_with(&["decode", "omapi", "-"], SIGNED.as_bytes()).status, 0);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("octets");
    fs::write(&file, [0, 0, 0, 100, 0, 0, 0, 24]).unwrap();
    let ran = run(&["--json", "decode", "omapi", "--file", file.to_str().unwrap()]);
    assert_eq!(ran.lines()[0]["kind"], "introduction");
    for (words, status) in [
        (&["decode", "omapi"][..], 2),
        (&["decode", "omapi", "0g"], 2),
        (&["decode", "omapi", ""], 1),
    ] {
        assert_eq!(run(words).status, status, "{words:?}");
    }
}

#[test]
fn broken_octets_are_told_with_their_offset() {
    let long = format!("00000064 00000018 {}", SIGNED.replace("00000005 6c65", "7fffffff 6c65"));
    let ran = run(&["--json", "decode", "omapi", &long]);
    assert_eq!((ran.status, &ran.lines()[1]["kind"]), (1, &"broken".into()), "{ran:?}");
    assert_eq!(ran.lines()[1]["offset"], 8);
    assert!(ran.stderr.contains("octet 8") && ran.stderr.contains("octet 30"), "{}", ran.stderr);
    let ran = run(&["decode", "omapi", &SIGNED[..SIGNED.len() - 2]]);
    assert_eq!(ran.status, 1);
    assert!(ran.stderr.contains("is cut: 78 octets"), "{}", ran.stderr);
}

#[test]
fn a_gap_is_reported_and_the_next_message_found() {
    let octets = exchange(&serde_json::json!({
        "hex": SIGNED.split_whitespace().collect::<String>(), "dir": "c2s"
    }))
    .octets;
    let mut wire = Wire::open(7911);
    wire.say(true, &[0, 0, 0, 100, 0, 0, 0, 24], 8);
    wire.segment(true, 0, &octets[..40], |packet| packet);
    // 60 octets are missing; then the middle of a message, then a whole one.
    wire.segment(true, 100, &octets[50..], |packet| packet);
    wire.segment(true, 100 + octets.len() as u32 - 50, &octets, |packet| packet.fin());
    let ran = capture(&wire.packets, DataLink::RAW, Some(SECRET), &[]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let kinds: Vec<_> = ran.lines().iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(kinds, ["connection", "introduction", "cut", "gap", "message", "closed"], "{ran:?}");
    assert_eq!(ran.lines()[4]["verified"], true);
}
