//! Listings of `status`, as JSON and as tables.

use netlever_core::openvpn::calls::Listing;
use netlever_core::openvpn::status::{Client, ClientStatus, Route, Status};
use serde_json::{Map, Value as Json, json};

use super::render::{maybe, maybe_shown, moment, put_time, shown, text};
use crate::output::{Output, Palette, Table, list};

/// Prints a listing, and says when it is not whole.
pub(super) fn print(output: &Output, listing: &Listing) {
    warn(output, listing);
    match listing {
        Listing::Server(status) => {
            output.print(|| server_json(status).into(), |palette| server_text(status, palette));
        }
        Listing::Client(status) => {
            output.print(|| client_json(status), |palette| client_text(status, palette));
        }
    }
}

/// Says that something is missing.
pub(super) fn warn(output: &Output, listing: &Listing) {
    let (complete, malformed) = match listing {
        Listing::Server(status) => {
            let clients = status.clients().filter(Result::is_err).count();
            (status.is_complete(), clients + status.routes().filter(Result::is_err).count())
        }
        Listing::Client(status) => (status.is_complete(), 0),
    };
    if !complete {
        output.warn(CUT);
    }
    if malformed > 0 {
        output.warn(&format!("{malformed} rows of the listing cannot be read"));
    }
}

/// Why a listing may end early.
pub(super) const CUT: &str = "the listing breaks off: what comes behind is missing (a daemon stops \
                              before a line of 512 octets, which any user can cause with a long \
                              user name)";

/// A server's clients, routes and statistics.
pub(super) fn server_json(status: &Status<'_>) -> Map<String, Json> {
    let mut malformed = Vec::new();
    let clients: Vec<Json> = status
        .clients()
        .filter_map(|row| row.map_err(|row| malformed.push(text(row.line))).ok())
        .map(|row| client(&row).into())
        .collect();
    let routes: Vec<Json> = status
        .routes()
        .filter_map(|row| row.map_err(|row| malformed.push(text(row.line))).ok())
        .map(|row| route(&row).into())
        .collect();
    let mut map = Map::new();
    map.insert("title".into(), maybe(status.title()));
    put_time(&mut map, "time", status.time());
    map.insert("time_text".into(), maybe(status.updated()));
    map.insert("format".into(), status.format().number().into());
    map.insert("complete".into(), status.is_complete().into());
    map.insert("clients".into(), clients.into());
    map.insert("routes".into(), routes.into());
    let global: Map<String, Json> =
        status.global_stats().map(|(name, value)| (shown(name), value.into())).collect();
    map.insert("global_stats".into(), global.into());
    if !malformed.is_empty() {
        map.insert("malformed".into(), malformed.into());
    }
    map
}

fn client(client: &Client<'_>) -> Map<String, Json> {
    let mut map = Map::new();
    let mut put = |name: &str, value| map.insert(name.to_owned(), value);
    put("common_name", text(client.common_name));
    put("real_address", text(client.real_address));
    put("virtual_address", maybe(client.virtual_address));
    put("virtual_ipv6_address", maybe(client.virtual_ipv6));
    put("bytes_received", client.bytes_received.into());
    put("bytes_sent", client.bytes_sent.into());
    put_time(&mut map, "connected_since", client.connected_since_time);
    let mut put = |name: &str, value| map.insert(name.to_owned(), value);
    put("connected_since_text", text(client.connected_since));
    put("username", maybe(client.username));
    put("client_id", client.cid.into());
    put("peer_id", client.peer_id.into());
    put("data_channel_cipher", maybe(client.cipher));
    others(&mut map, client.others.iter());
    map
}

fn route(route: &Route<'_>) -> Map<String, Json> {
    let mut map = Map::new();
    map.insert("virtual_address".into(), text(route.virtual_address));
    map.insert("common_name".into(), text(route.common_name));
    map.insert("real_address".into(), text(route.real_address));
    put_time(&mut map, "last_ref", route.last_ref_time);
    map.insert("last_ref_text".into(), text(route.last_ref));
    others(&mut map, route.others.iter());
    map
}

type Octets<'a> = netlever_core::openvpn::Octets<'a>;

/// Columns that nobody knows keep the daemon's names.
fn others<'a>(map: &mut Map<String, Json>, all: impl Iterator<Item = (Octets<'a>, Octets<'a>)>) {
    for (name, value) in all {
        let mut key = shown(name);
        while map.contains_key(&key) {
            key.push('\'');
        }
        map.insert(key, text(value));
    }
}

/// The counters of a daemon that is a client itself.
pub(super) fn client_json(status: &ClientStatus<'_>) -> Json {
    let counters: Map<String, Json> =
        status.counters().map(|(name, value)| (shown(name), value.into())).collect();
    let more: Map<String, Json> =
        status.others().map(|(name, value)| (shown(name), text(value))).collect();
    let mut map = json!({
        "time_text": maybe(status.updated()),
        "counters": counters,
    });
    if !more.is_empty() {
        map["others"] = more.into();
    }
    map
}

fn server_text(status: &Status<'_>, palette: &Palette) -> String {
    let mut out = String::new();
    let head = [
        ("title", status.title().map(shown)),
        ("time", status.time().map(moment).or_else(|| status.updated().map(shown))),
    ];
    out.push_str(&list(head.map(|(name, value)| (name, value.unwrap_or_default())), palette));
    out.push_str(&format!("\n{} clients\n", status.client_count()));
    if status.client_count() > 0 {
        out.push_str(&clients_text(status, palette));
    }
    out.push_str(&format!("\n{} routes\n", status.route_count()));
    if status.route_count() > 0 {
        let mut table = Table::new(&["virtual address", "common name", "real address", "last ref"]);
        for route in status.routes().flatten() {
            table.row(vec![
                shown(route.virtual_address),
                shown(route.common_name),
                shown(route.real_address),
                since(route.last_ref_time, route.last_ref),
            ]);
        }
        out.push_str(&table.render(palette));
    }
    let globals: Vec<_> =
        status.global_stats().map(|(name, value)| (shown(name), value.to_string())).collect();
    if !globals.is_empty() {
        out.push('\n');
        out.push_str(&list(globals, palette));
    }
    out
}

fn clients_text(status: &Status<'_>, palette: &Palette) -> String {
    let mut table = Table::new(&[
        "id",
        "common name",
        "username",
        "real address",
        "virtual address",
        "virtual ipv6 address",
        "received",
        "sent",
        "connected since",
        "cipher",
    ]);
    for client in status.clients().flatten() {
        table.row(vec![
            client.cid.map(|cid| cid.to_string()).unwrap_or_default(),
            shown(client.common_name),
            maybe_shown(client.username),
            shown(client.real_address),
            maybe_shown(client.virtual_address),
            maybe_shown(client.virtual_ipv6),
            client.bytes_received.to_string(),
            client.bytes_sent.to_string(),
            since(client.connected_since_time, client.connected_since),
            maybe_shown(client.cipher),
        ]);
    }
    table.render(palette)
}

/// The Unix time if there is one; the daemon's own text is in its local time.
fn since(unix: Option<u64>, local: Octets<'_>) -> String {
    unix.map_or_else(|| shown(local), moment)
}

fn client_text(status: &ClientStatus<'_>, palette: &Palette) -> String {
    let updated = status.updated().map(|updated| ("updated".to_owned(), shown(updated)));
    let counters = status.counters().map(|(name, value)| (shown(name), value.to_string()));
    let others = status.others().map(|(name, value)| (shown(name), shown(value)));
    list(updated.into_iter().chain(counters).chain(others), palette)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THREE: &[u8] = b"TITLE\tOpenVPN 2.9\nTIME\tlocal\t1795294034\n\
        HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tBytes Received\t\
        Bytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\tClient ID\tShoe Size\n\
        CLIENT_LIST\tJos\xe9\t192.0.2.2:1\t\t1\t18446744073709551615\tlocal\t1795294031\tUNDEF\t7\t43\n\
        CLIENT_LIST\tbad\tx\t\tmany\t1\tl\t1\tu\t8\t1\n\
        GLOBAL_STATS\tMax bcast/mcast queue length\t3\nEND\n";

    #[test]
    fn nothing_is_dropped() {
        let status = Status::parse(THREE).unwrap();
        assert_eq!(
            Json::from(server_json(&status)),
            json!({
                "title": "OpenVPN 2.9",
                "time": 1_795_294_034,
                "time_time": "2026-11-21T20:47:14Z",
                "time_text": "local",
                "format": 3,
                "complete": true,
                "clients": [{
                    "common_name": { "hex": "4a6f73e9" },
                    "real_address": "192.0.2.2:1",
                    "virtual_address": null,
                    "virtual_ipv6_address": null,
                    "bytes_received": 1,
                    "bytes_sent": u64::MAX,
                    "connected_since": 1_795_294_031,
                    "connected_since_time": "2026-11-21T20:47:11Z",
                    "connected_since_text": "local",
                    "username": null,
                    "client_id": 7,
                    "peer_id": null,
                    "data_channel_cipher": null,
                    "Shoe Size": "43",
                }],
                "routes": [],
                "global_stats": { "Max bcast/mcast queue length": 3 },
                "malformed": ["bad\tx\t\tmany\t1\tl\t1\tu\t8\t1"],
            })
        );
    }

    #[test]
    fn people_see_a_table() {
        let status = Status::parse(THREE).unwrap();
        let text = server_text(&status, &Palette::default());
        assert!(text.contains("\n7   Jos\u{fffd}"), "{text}");
        assert!(text.contains("2026-11-21T20:47:11Z"), "{text}");
    }
}
