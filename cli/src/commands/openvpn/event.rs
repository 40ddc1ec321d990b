//! Events, as JSON and as lines for people. Secrets are not told.

use netlever_core::openvpn::event::{ClientEvent, PasswordEvent};
use netlever_core::openvpn::octets::REDACTED;
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Event as Said, Notification};
use serde_json::{Map, Value as Json, json};

use super::render::{environment, maybe, put_time, state, text};

/// A named thing that happened.
#[derive(Debug, PartialEq)]
pub(crate) struct Told {
    /// `STATE`, `CLIENT:CONNECT`, `UP` …
    pub(crate) name: String,
    /// What is known of it, without its name.
    pub(crate) fields: Map<String, Json>,
}

impl Told {
    fn new(name: impl Into<String>, fields: Json) -> Self {
        let fields = if let Json::Object(map) = fields { map } else { Map::new() };
        Self { name: name.into(), fields }
    }

    /// What a session told.
    pub(crate) fn of(event: &Event) -> Self {
        match event {
            Event::Up { link, version } => {
                Self::new("UP", json!({ "link": link, "management_version": version }))
            }
            Event::Down { why } => Self::new("DOWN", json!({ "why": why.to_string() })),
            Event::Notification(notification) => Self::of_notification(&notification.view()),
            Event::Unexpected(line) => {
                Self::new("UNEXPECTED", json!({ "line": text(line.octets()) }))
            }
            Event::SettingRefused(refused) => Self::new(
                "SETTING-REFUSED",
                json!({ "command": refused.command, "text": text(refused.text.octets()) }),
            ),
            _ => Self::new("OTHER", Json::Null),
        }
    }

    /// That so many events were lost.
    pub(crate) fn gap(lost: u64) -> Self {
        Self::new("GAP", json!({ "lost": lost }))
    }

    /// What a daemon told unasked.
    pub(crate) fn of_notification(notification: &Notification<'_>) -> Self {
        let mut told = Self::of_event(&notification.event());
        if !notification.is_complete() {
            told.fields.insert("complete".into(), false.into());
        }
        told
    }

    fn of_event(event: &Said<'_>) -> Self {
        match event {
            Said::Info(info) => Self::new("INFO", json!({ "text": text(*info) })),
            Said::Hold { text: words, seconds } => {
                Self::new("HOLD", json!({ "text": text(*words), "seconds": seconds }))
            }
            Said::State(it) => Self { name: "STATE".into(), fields: state(Some(it)) },
            Said::Log(entry) => Self::timed(
                "LOG",
                entry.time,
                json!({ "flags": text(entry.flags), "message": text(entry.message) }),
            ),
            Said::Echo(entry) => {
                Self::timed("ECHO", entry.time, json!({ "text": text(entry.text) }))
            }
            Said::ByteCount { bytes_in, bytes_out } => Self::new(
                "BYTECOUNT",
                json!({ "bytes_received": bytes_in, "bytes_sent": bytes_out }),
            ),
            Said::ByteCountClient { cid, bytes_in, bytes_out } => Self::new(
                "BYTECOUNT_CLI",
                json!({ "client_id": cid, "bytes_received": bytes_in, "bytes_sent": bytes_out }),
            ),
            Said::Client(client) => Self::of_client(client),
            Said::UpDown { up, env } => Self::new(
                "UPDOWN",
                json!({ "type": if *up { "UP" } else { "DOWN" }, "environment": environment(*env) }),
            ),
            Said::Password(event) => Self::new("PASSWORD", password(event)),
            Said::NeedOk(need) | Said::NeedStr(need) => Self::new(
                if matches!(event, Said::NeedOk(_)) { "NEED-OK" } else { "NEED-STR" },
                json!({
                    "name": text(need.name),
                    "what": text(need.what),
                    "message": text(need.message),
                }),
            ),
            Said::NeedCertificate { hint } => {
                Self::new("NEED-CERTIFICATE", json!({ "hint": text(*hint) }))
            }
            Said::RsaSign { data } => Self::new("RSA_SIGN", json!({ "data": text(*data) })),
            Said::PkSign { data, algorithm } => {
                Self::new("PK_SIGN", json!({ "data": text(*data), "algorithm": maybe(*algorithm) }))
            }
            Said::Remote { host, port, protocol } => Self::new(
                "REMOTE",
                json!({ "host": text(*host), "port": text(*port), "protocol": text(*protocol) }),
            ),
            Said::Proxy { index, transport, host } => Self::new(
                "PROXY",
                json!({ "index": index, "transport": text(*transport), "host": text(*host) }),
            ),
            Said::Notify { severity, kind, text: words } => Self::new(
                "NOTIFY",
                json!({ "severity": text(*severity), "type": text(*kind), "text": text(*words) }),
            ),
            Said::InfoMessage(words) => Self::new("INFOMSG", json!({ "text": text(*words) })),
            Said::Fatal(words) => Self::new("FATAL", json!({ "text": text(*words) })),
            Said::Other { kind, payload } => {
                Self::new(kind.lossy().into_owned(), json!({ "text": text(*payload) }))
            }
            _ => Self::new("OTHER", Json::Null),
        }
    }

    fn timed(name: &str, time: u64, more: Json) -> Self {
        let mut fields = Map::new();
        put_time(&mut fields, "time", Some(time));
        if let Json::Object(more) = more {
            fields.extend(more);
        }
        Self { name: name.into(), fields }
    }

    fn of_client(client: &ClientEvent<'_>) -> Self {
        let mut fields = Map::new();
        fields.insert("client_id".into(), client.cid().into());
        if let ClientEvent::Address { address, primary, .. } = client {
            fields.insert("address".into(), text(*address));
            fields.insert("primary".into(), (*primary).into());
        } else {
            fields.insert("key_id".into(), client.kid().into());
            if matches!(client, ClientEvent::CrResponse { .. }) {
                fields.insert("response".into(), REDACTED.into());
            }
            fields.insert("environment".into(), environment(client.env()));
        }
        Self { name: format!("CLIENT:{}", client.name()), fields }
    }

    /// Whether it is of this kind: `CLIENT` is every `CLIENT:…`.
    pub(crate) fn is(&self, kind: &str) -> bool {
        self.name.eq_ignore_ascii_case(kind)
            || self.name.split_once(':').is_some_and(|(of, _)| of.eq_ignore_ascii_case(kind))
    }

    pub(crate) fn json(self) -> Json {
        let mut map = Map::new();
        map.insert("event".into(), self.name.into());
        map.extend(self.fields);
        map.into()
    }

    /// One line: the name, then what is known. Environments show who it is.
    pub(crate) fn text(&self) -> String {
        let mut line = self.name.clone();
        for (name, value) in &self.fields {
            match (name.as_str(), value) {
                (_, Json::Null) | ("time", _) => {}
                ("environment", Json::Array(all)) => {
                    for variable in all.iter().filter(|variable| is_telling(variable)) {
                        line.push_str(&format!(" {}={}", plain(&variable[0]), plain(&variable[1])));
                    }
                }
                (name, value) => line.push_str(&format!(" {name}={}", plain(value))),
            }
        }
        line
    }
}

/// Variables that people look for.
fn is_telling(variable: &Json) -> bool {
    const TELLING: [&str; 10] = [
        "common_name",
        "username",
        "untrusted_ip",
        "untrusted_ip6",
        "trusted_ip",
        "trusted_ip6",
        "ifconfig_pool_remote_ip",
        "bytes_received",
        "bytes_sent",
        "time_duration",
    ];
    variable[0].as_str().is_some_and(|name| TELLING.contains(&name))
}

/// A value on a line of words: in quotes where it has blanks or quotes.
fn plain(value: &Json) -> String {
    match value.as_str() {
        Some(word) if !word.is_empty() && word.chars().all(is_plain) => word.to_owned(),
        _ => value.to_string(),
    }
}

fn is_plain(character: char) -> bool {
    !character.is_whitespace() && !character.is_control() && character != '"'
}

fn password(event: &PasswordEvent<'_>) -> Json {
    match event {
        PasswordEvent::Need(need) => json!({
            "what": "need",
            "type": text(need.kind),
            "wanted": need.wanted.name(),
            "static_challenge": need.static_challenge.map(|challenge| json!({
                "echo": challenge.echo,
                "concat": challenge.concat,
                "text": text(challenge.text),
            })),
        }),
        PasswordEvent::Failed { kind, reason } => {
            let challenge = event.challenge();
            json!({
                "what": "failed",
                "type": text(*kind),
                "reason": maybe(*reason),
                "challenge": challenge.map(|challenge| json!({
                    "flags": challenge.flags().map(text).collect::<Vec<_>>(),
                    "state_id": text(challenge.state_id),
                    "username": text(challenge.username.as_slice().into()),
                    "text": text(challenge.text),
                })),
            })
        }
        PasswordEvent::AuthToken(_) => json!({ "what": "auth-token", "token": REDACTED }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Told {
        Told::of(&Event::Notification(Notification::new(line.as_bytes()).to_owned()))
    }

    #[test]
    fn events_have_their_fields() {
        for (line, expected) in [
            (
                "BYTECOUNT_CLI:7,2931,2332",
                json!({ "event": "BYTECOUNT_CLI", "client_id": 7, "bytes_received": 2931,
                        "bytes_sent": 2332 }),
            ),
            (
                "CLIENT:ADDRESS,3,10.9.0.2,1",
                json!({ "event": "CLIENT:ADDRESS", "client_id": 3, "address": "10.9.0.2",
                        "primary": true }),
            ),
            (
                "CLIENT:CR_RESPONSE,3,1,c2VjcmV0",
                json!({ "event": "CLIENT:CR_RESPONSE", "client_id": 3, "key_id": 1,
                        "response": "[redacted]", "environment": [] }),
            ),
            (
                "PASSWORD:Auth-Token:SESS_ID",
                json!({ "event": "PASSWORD", "what": "auth-token", "token": "[redacted]" }),
            ),
            ("NEWS:x,y", json!({ "event": "NEWS", "text": "x,y" })),
        ] {
            assert_eq!(told(line).json(), expected);
        }
    }

    #[test]
    fn kinds_are_chosen_by_word() {
        let address = told("CLIENT:ADDRESS,3,10.9.0.2,1");
        assert!(address.is("client") && address.is("CLIENT:ADDRESS"));
        assert!(!address.is("CLIENT:CONNECT") && !address.is("ADDRESS"));
        assert_eq!(address.text(), "CLIENT:ADDRESS client_id=3 address=10.9.0.2 primary=true");
        assert_eq!(told("INFOMSG:a \x1b[2J").text(), "INFOMSG text=\"a \\u001b[2J\"");
    }
}
