//! Items as the recordings write them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use netlever_core::openvpn::event::{ClientEvent, Env, Notification, PasswordEvent};
use netlever_core::openvpn::history::LogEntry;
use netlever_core::openvpn::state::State;
use netlever_core::openvpn::status::{Client, Format, Route, Status};
use netlever_core::openvpn::{Answer, Event, Item, Octets, Reply};
use serde_json::{Map, Value, json};

/// Text, or base64 of what is not UTF-8.
fn text(octets: Octets<'_>) -> Value {
    match octets.text() {
        Ok(text) => text.into(),
        Err(_) => json!({"b64": STANDARD.encode(octets.as_bytes())}),
    }
}

fn maybe(octets: Option<Octets<'_>>) -> Value {
    octets.map_or(Value::Null, text)
}

fn with(mut object: Value, key: &str, value: impl Into<Value>) -> Value {
    object.as_object_mut().expect("an object").insert(key.to_owned(), value.into());
    object
}

pub(super) fn json(item: &Item<'_>) -> Value {
    match item {
        Item::PasswordPrompt => json!({"t": "password_prompt"}),
        Item::PasswordAccepted => json!({"t": "password_accepted"}),
        Item::PasswordRejected => json!({"t": "password_rejected"}),
        Item::Greeting { version } => json!({"t": "greeting", "version": version}),
        Item::Reply(reply) => with(self::reply(reply), "cmd", text(reply.line())),
        Item::Event(notification) => event(notification),
        Item::Unexpected(line) => json!({"t": "unexpected", "line": text(*line)}),
        Item::Partial(octets) => json!({"t": "partial", "bytes": text(*octets)}),
        Item::Eof => json!({"t": "eof"}),
        Item::Unanswered(lines) => {
            let lines: Vec<Value> = lines.iter().map(|sent| text(sent.line())).collect();
            json!({"t": "unanswered", "cmds": lines})
        }
        other => panic!("{other:?}"),
    }
}

fn reply(reply: &Reply<'_>) -> Value {
    match &reply.answer {
        Answer::Success(said) => json!({"t": "success", "text": text(said.octets())}),
        Answer::Error(said) => json!({"t": "error", "text": text(said.octets())}),
        Answer::Preamble(line) => json!({"t": "preamble", "line": text(line.octets())}),
        Answer::Line(line) => json!({"t": "line", "line": text(line.octets())}),
        Answer::Lines(block) => {
            json!({"t": "lines", "lines": block.lines().map(text).collect::<Vec<_>>()})
        }
        Answer::Version(version) => json!({
            "t": "version",
            "openvpn": text(version.title.octets()),
            "management": version.management,
        }),
        Answer::Status(status) => self::status(status),
        Answer::ClientStatus(status) => json!({
            "t": "client_status",
            "updated": maybe(status.updated()),
            "counters": object(status.counters()),
        }),
        Answer::States(states) => {
            json!({"t": "states", "states": states.iter().map(state).collect::<Vec<_>>()})
        }
        Answer::Log(log) => {
            json!({"t": "log", "entries": log.iter().map(log_entry).collect::<Vec<_>>()})
        }
        Answer::Echo(echo) => {
            let entry = |entry: netlever_core::openvpn::history::EchoEntry<'_>| json!({"time": entry.time, "text": text(entry.text)});
            json!({"t": "echo", "entries": echo.iter().map(entry).collect::<Vec<_>>()})
        }
        Answer::RemoteCount(count) => json!({"t": "remote_count", "count": count}),
        Answer::Remotes(remotes) => {
            let entry = |entry: netlever_core::openvpn::remotes::RemoteEntry<'_>| {
                json!({
                    "index": entry.index,
                    "host": text(entry.host),
                    "port": text(entry.port),
                    "protocol": text(entry.protocol),
                    "status": text(entry.status),
                })
            };
            json!({"t": "remotes", "entries": remotes.iter().map(entry).collect::<Vec<_>>()})
        }
        Answer::Pkcs11Count(count) => {
            json!({"t": "reply_event", "kind": "PKCS11ID-COUNT", "count": count})
        }
        Answer::Pkcs11Entry(entry) => {
            let (id, blob) = entry.certificate.clone().unzip();
            let blob = blob.as_ref().map(|blob| blob.octets());
            json!({
                "t": "reply_event",
                "kind": "PKCS11ID-ENTRY",
                "index": entry.index,
                "id": maybe(id.as_ref().map(|id| id.octets())),
                "blob": maybe(blob),
            })
        }
        other => panic!("{other:?}"),
    }
}

fn object<'a>(pairs: impl Iterator<Item = (Octets<'a>, u64)>) -> Value {
    let pairs = pairs.map(|(name, value)| (name.lossy().into_owned(), value.into()));
    Value::Object(pairs.collect::<Map<_, _>>())
}

fn status(status: &Status<'_>) -> Value {
    let named = status.format() != Format::One;
    let clients = status.clients().map(|row| client(&row.expect("a good row"), named));
    let routes = status.routes().map(|row| route(&row.expect("a good row"), named));
    json!({
        "t": "status",
        "complete": status.is_complete(),
        "version": status.format().number(),
        "title": maybe(status.title()),
        "updated": maybe(status.updated()),
        "time": status.time(),
        "clients": clients.collect::<Vec<_>>(),
        "routes": routes.collect::<Vec<_>>(),
        "global_stats": object(status.global_stats()),
    })
}

fn client(client: &Client<'_>, named: bool) -> Value {
    let mut json = json!({
        "common_name": text(client.common_name),
        "real_address": text(client.real_address),
        "bytes_received": client.bytes_received,
        "bytes_sent": client.bytes_sent,
        "connected_since": text(client.connected_since),
    });
    if named {
        json = with(json, "virtual_address", maybe(client.virtual_address));
        json = with(json, "virtual_ipv6", maybe(client.virtual_ipv6));
        json = with(json, "connected_since_time", client.connected_since_time);
        json = with(json, "username", maybe(client.username));
        json = with(json, "cid", client.cid);
        json = with(json, "peer_id", client.peer_id);
        json = with(json, "cipher", maybe(client.cipher));
    }
    json
}

fn route(route: &Route<'_>, named: bool) -> Value {
    let json = json!({
        "virtual_address": text(route.virtual_address),
        "common_name": text(route.common_name),
        "real_address": text(route.real_address),
        "last_ref": text(route.last_ref),
    });
    if named { with(json, "last_ref_time", route.last_ref_time) } else { json }
}

/// Sums over a listing; `None` for other items.
pub(super) fn summary(item: &Item<'_>) -> Option<Value> {
    let Item::Reply(Reply { answer: Answer::Status(status), .. }) = item else { return None };
    let clients: Vec<Client<'_>> = status.clients().collect::<Result<_, _>>().expect("good rows");
    let routes = status.routes().collect::<Result<Vec<_>, _>>().expect("good rows").len();
    let last = clients.last();
    Some(json!({
        "clients": clients.len(),
        "routes": routes,
        "sum_bytes_received": clients.iter().map(|client| client.bytes_received).sum::<u64>(),
        "sum_bytes_sent": clients.iter().map(|client| client.bytes_sent).sum::<u64>(),
        "last_cid": last.and_then(|client| client.cid),
        "last_common_name": maybe(last.map(|client| client.common_name)),
        "complete": status.is_complete(),
    }))
}

fn state(state: State<'_>) -> Value {
    json!({
        "time": state.time,
        "state": text(state.name),
        "detail": maybe(state.detail),
        "tun_ip4": maybe(state.tun_ip4),
        "remote": maybe(state.remote),
        "remote_port": state.remote_port,
        "local": maybe(state.local),
        "local_port": state.local_port,
        "tun_ip6": maybe(state.tun_ip6),
    })
}

fn log_entry(entry: LogEntry<'_>) -> Value {
    json!({"time": entry.time, "flags": text(entry.flags), "message": text(entry.message)})
}

fn env(env: Env<'_>) -> Value {
    env.iter().map(|(name, value)| json!([text(name), text(value)])).collect()
}

fn event(notification: &Notification<'_>) -> Value {
    // What is kept says the same as what is borrowed.
    let owned = notification.to_owned();
    assert_eq!(owned.view(), *notification);
    let mut json = match owned.event() {
        Event::Info(said) | Event::InfoMessage(said) | Event::Fatal(said) => {
            json!({"text": text(said)})
        }
        Event::Hold { text: said, seconds } => json!({"text": text(said), "seconds": seconds}),
        Event::State(state) => self::state(state),
        Event::Log(entry) => log_entry(entry),
        Event::Echo(entry) => json!({"time": entry.time, "text": text(entry.text)}),
        Event::ByteCount { bytes_in, bytes_out } => {
            json!({"bytes_in": bytes_in, "bytes_out": bytes_out})
        }
        Event::ByteCountClient { cid, bytes_in, bytes_out } => {
            json!({"cid": cid, "bytes_in": bytes_in, "bytes_out": bytes_out})
        }
        Event::Client(client) => client_event(&client),
        Event::UpDown { up, env } => {
            json!({"event": if up { "UP" } else { "DOWN" }, "env": self::env(env)})
        }
        Event::Password(password) => password_event(&password),
        Event::NeedOk(need) | Event::NeedStr(need) => json!({
            "name": text(need.name),
            "what": text(need.what),
            "message": text(need.message),
        }),
        Event::NeedCertificate { hint } => json!({"hint": text(hint)}),
        Event::RsaSign { data } => json!({"data": text(data), "algorithm": null}),
        Event::PkSign { data, algorithm } => {
            json!({"data": text(data), "algorithm": maybe(algorithm)})
        }
        Event::Remote { host, port, protocol } => {
            json!({"host": text(host), "port": text(port), "protocol": text(protocol)})
        }
        Event::Proxy { index, transport, host } => {
            json!({"index": index, "transport": text(transport), "host": text(host)})
        }
        Event::Notify { severity, kind, text: said } => {
            json!({"severity": text(severity), "type": text(kind), "text": text(said)})
        }
        Event::Other { payload, .. } => json!({"text": text(payload)}),
        other => panic!("{other:?}"),
    };
    if !notification.is_complete() {
        json = with(json, "complete", false);
    }
    with(with(json, "t", "event"), "kind", text(notification.kind()))
}

fn client_event(client: &ClientEvent<'_>) -> Value {
    let json = json!({"event": client.name(), "cid": client.cid()});
    if let ClientEvent::Address { address, primary, .. } = *client {
        return with(with(json, "address", text(address)), "primary", primary);
    }
    let json = with(with(json, "kid", client.kid()), "env", env(client.env()));
    match client {
        ClientEvent::CrResponse { response, .. } => with(json, "response", text(response.expose())),
        _ => json,
    }
}

fn password_event(password: &PasswordEvent<'_>) -> Value {
    match password {
        PasswordEvent::Need(need) => {
            let challenge = need.static_challenge.map(|challenge| {
                json!({
                    "echo": challenge.echo,
                    "concat": challenge.concat,
                    "text": text(challenge.text),
                })
            });
            json!({
                "sub": "need",
                "type": text(need.kind),
                "what": need.wanted.name(),
                "static_challenge": challenge,
            })
        }
        PasswordEvent::Failed { kind, reason } => {
            let challenge = password.challenge().map(|challenge| {
                json!({
                    "flags": challenge.flags().map(text).collect::<Vec<_>>(),
                    "state_id": text(challenge.state_id),
                    "username": text(Octets(&challenge.username)),
                    "text": text(challenge.text),
                })
            });
            json!({
                "sub": "failed",
                "type": text(*kind),
                "reason": maybe(*reason),
                "challenge": challenge,
            })
        }
        PasswordEvent::AuthToken(token) => {
            json!({"sub": "auth_token", "token": text(token.expose())})
        }
    }
}
