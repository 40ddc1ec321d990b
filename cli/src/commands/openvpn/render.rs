//! What a daemon says, as JSON and as text for people.
//!
//! Its texts need not be UTF-8: then JSON has `{"hex": "…"}`. A time keeps its number, in Unix
//! seconds, and gets a twin in RFC 3339.

use jiff::Timestamp;
use netlever_core::openvpn::Octets;
use netlever_core::openvpn::event::Env;
use netlever_core::openvpn::event::env::is_secret;
use netlever_core::openvpn::octets::REDACTED;
use netlever_core::openvpn::state::{Side, State};
use serde_json::{Map, Value as Json, json};

use crate::commands::omapi::render::hex;
pub(super) use crate::commands::omapi::render::visible;

/// Text of the daemon's.
pub(crate) fn text(octets: Octets<'_>) -> Json {
    octets.text().map_or_else(|_| hex(octets.as_bytes()), Json::from)
}

/// The same, where it may be absent.
pub(super) fn maybe(octets: Option<Octets<'_>>) -> Json {
    octets.map_or(Json::Null, text)
}

/// The same for people: nothing in it steers a terminal.
pub(crate) fn shown(octets: Octets<'_>) -> String {
    visible(&octets.lossy())
}

/// The same for people, where it may be absent.
pub(super) fn maybe_shown(octets: Option<Octets<'_>>) -> String {
    octets.map(shown).unwrap_or_default()
}

/// A moment in RFC 3339, UTC; `None` beyond the year 9999.
pub(super) fn rfc3339(unix: u64) -> Option<String> {
    let time = Timestamp::from_second(i64::try_from(unix).ok()?).ok()?;
    Some(time.to_string())
}

/// Adds a time and its twin.
pub(super) fn put_time(map: &mut Map<String, Json>, name: &str, unix: Option<u64>) {
    map.insert(name.to_owned(), unix.into());
    map.insert(format!("{name}_time"), unix.and_then(rfc3339).into());
}

/// A moment for people.
pub(super) fn moment(unix: u64) -> String {
    rfc3339(unix).unwrap_or_else(|| unix.to_string())
}

/// A state; all is null before the daemon's first.
pub(super) fn state(state: Option<&State<'_>>) -> Map<String, Json> {
    let field = |of: fn(&State<'_>) -> Json| state.map_or(Json::Null, of);
    let mut map = Map::new();
    put_time(&mut map, "time", state.map(|state| state.time));
    for (name, value) in [
        ("state", field(|state| text(state.name))),
        ("description", field(|state| maybe(state.detail))),
        ("local_ipv4", field(|state| maybe(state.tun_ip4))),
        ("remote_address", field(|state| maybe(state.remote))),
        ("remote_port", field(|state| state.remote_port.into())),
        ("local_address", field(|state| maybe(state.local))),
        ("local_port", field(|state| state.local_port.into())),
        ("local_ipv6", field(|state| maybe(state.tun_ip6))),
        ("mode", field(|state| mode(state).into())),
    ] {
        map.insert(name.to_owned(), value);
    }
    map
}

/// Which end of a VPN a daemon in this state is, where that tells.
pub(super) fn mode(state: &State<'_>) -> Option<&'static str> {
    state.side().map(|side| match side {
        Side::Server => "server",
        Side::Client => "client",
    })
}

/// Variables in their order, without the secrets.
pub(super) fn environment(env: Env<'_>) -> Json {
    let value = |name, value| if is_secret(name) { REDACTED.into() } else { text(value) };
    env.iter().map(|(name, it)| json!([text(name), value(name, it)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_utf8_is_hex() {
        assert_eq!(text("caf\u{e9}".into()), "caf\u{e9}");
        assert_eq!(text(Octets(b"caf\xe9")), json!({ "hex": "636166e9" }));
        assert_eq!(shown(Octets(b"a\x1b[2J")), "a\\u{1b}[2J");
    }

    #[test]
    fn times_have_a_twin() {
        let mut map = Map::new();
        put_time(&mut map, "since", Some(1_549_885_690));
        assert_eq!(map["since_time"], "2019-02-11T11:48:10Z");
        put_time(&mut map, "since", Some(u64::MAX));
        assert_eq!((&map["since"], &map["since_time"]), (&u64::MAX.into(), &Json::Null));
        put_time(&mut map, "since", None);
        assert_eq!(map["since_time"], Json::Null);
    }

    #[test]
    fn a_state_has_all_its_keys() {
        let line = b"1795294137,CONNECTED,SUCCESS,10.10.0.2,192.0.2.1,1215,192.0.2.2,,fd00::2";
        let told = state(State::parse(line).as_ref());
        assert_eq!(
            Json::from(told),
            json!({
                "time": 1_795_294_137,
                "time_time": "2026-11-21T20:48:57Z",
                "state": "CONNECTED",
                "description": "SUCCESS",
                "local_ipv4": "10.10.0.2",
                "remote_address": "192.0.2.1",
                "remote_port": 1215,
                "local_address": "192.0.2.2",
                "local_port": null,
                "local_ipv6": "fd00::2",
                "mode": "client",
            })
        );
        assert!(state(None).values().all(Json::is_null));
    }
}
