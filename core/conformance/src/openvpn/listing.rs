//! What a server lists and counts.

use netlever_core::openvpn::calls::{
    Listing, byte_count, client_count, load_stats, server_status, status,
};
use netlever_core::openvpn::event::Event;
use netlever_core::openvpn::status::{Format, Status};
use netlever_core::runtime::Runtime;

use super::attached::Attached;
use super::lab::Lab;

/// Names that end a list, answer a command or tell an event, for whoever reads carelessly.
const NAMES: [&str; 6] = [
    "smith, john",
    "END",
    ">CLIENT:ENV,END",
    "ERROR: x,192.0.2.2:1,2,3,2026-01-01 00:00:00",
    "ROUTING TABLE",
    "caf\u{e9} UNDEF",
];

/// The same listing in each format, in one burst: nothing happens between them.
fn three<R: Runtime>(attached: &Attached<R>) -> [Status<'static>; 3] {
    let formats = [Format::One, Format::Two, Format::Three];
    let listings = attached.ask_all(formats.map(|format| status(Some(format))));
    let mut listings = listings.into_iter().map(|listing| match listing {
        Ok(Listing::Server(status)) => status,
        other => panic!("no listing of a server: {other:?}"),
    });
    let three = formats.map(|format| {
        let status = listings.next().expect("three answers");
        assert_eq!((status.format(), status.is_complete()), (format, true));
        status
    });
    assert!(listings.next().is_none());
    three
}

/// One after the other they say the same, whatever the clients are called.
pub fn the_three_formats_agree<R: Runtime>(lab: &Lab<R>) {
    let mut options = vec!["--transport", "unix", "--clients", "6"];
    options.extend(NAMES.iter().flat_map(|name| ["--common-name", name]));
    let own = lab.own("formats", &options);
    let attached = lab.attach(&own);
    assert_eq!(attached.ask(client_count()), Ok(6));
    let [one, two, three] = three(&attached);
    for status in [&one, &two, &three] {
        let mut names: Vec<_> = status
            .clients()
            .map(|client| client.expect("a row").common_name.lossy().into_owned())
            .collect();
        names.sort_unstable();
        let mut expected = NAMES.map(str::to_owned);
        expected.sort_unstable();
        assert_eq!(names, expected, "{:?}", status.format());
        // An IPv4 and an IPv6 address each.
        assert_eq!((status.client_count(), status.route_count()), (6, 12));
        assert!(status.routes().all(|route| route.is_ok_and(|route| route.target().is_some())));
        assert!(status.global_stats().any(|(name, _)| name == "Max bcast/mcast queue length"));
    }
    for (two, three) in two.clients().zip(three.clients()) {
        let (two, three) = (two.expect("a row"), three.expect("a row"));
        // Counters may have grown meanwhile.
        assert!(two.bytes_received <= three.bytes_received && two.bytes_sent <= three.bytes_sent);
        assert_eq!(
            (two.common_name, two.real_address, two.virtual_address, two.virtual_ipv6),
            (three.common_name, three.real_address, three.virtual_address, three.virtual_ipv6)
        );
        assert_eq!(
            (two.connected_since, two.connected_since_time, two.username, two.cid, two.peer_id),
            (
                three.connected_since,
                three.connected_since_time,
                three.username,
                three.cid,
                three.peer_id
            )
        );
        assert!(three.cid.is_some() && three.cipher.is_some() && two.cipher == three.cipher);
    }
    for client in one.clients() {
        let client = client.expect("a row");
        let tabbed =
            three.clients().flatten().find(|other| other.real_address == client.real_address);
        let tabbed = tabbed.expect("the same client");
        assert_eq!(client.common_name, tabbed.common_name);
        assert_eq!(client.connected_since, tabbed.connected_since);
        assert!(client.bytes_received <= tabbed.bytes_received);
        assert_eq!((client.cid, client.virtual_address, client.username), (None, None, None));
        let peer = client.peer().expect("an address");
        assert_eq!((peer.ip, peer.port.is_some()), ([192, 0, 2, 2].into(), true));
    }
    for ((one, two), three) in one.routes().zip(two.routes()).zip(three.routes()) {
        let [one, two, three] = [one, two, three].map(|route| route.expect("a row"));
        let address = |route: &netlever_core::openvpn::status::Route<'_>| {
            (route.virtual_address.lossy().into_owned(), route.real_address.lossy().into_owned())
        };
        assert_eq!((address(&one), address(&two)), (address(&three), address(&three)));
        assert_eq!((one.common_name, two.common_name), (three.common_name, three.common_name));
        let owner = three.peer().expect("an address");
        assert!(three_has(&attached, owner.port), "{three:?}");
    }
    assert_eq!((one.title(), one.time()), (None, None));
    assert_eq!(two.title(), three.title());
    assert!(three.title().is_some_and(|title| own.fact("version").starts_with(&*title.lossy())));
    assert!(three.time().is_some() && three.updated().is_some() && three.release().is_some());
    let dco = |status: &Status<'_>| {
        status.global_stats().find(|(name, _)| *name == "dco_enabled").map(|(_, on)| on)
    };
    assert_eq!([dco(&two), dco(&three)], [Some(0); 2]);

    // Without a number comes what the daemon is set to.
    let Ok(Listing::Server(default)) = attached.ask(status(None)) else { panic!("no listing") };
    assert_eq!((default.format(), default.client_count()), (Format::One, 6));
}

fn three_has<R: Runtime>(attached: &Attached<R>, port: Option<u16>) -> bool {
    let status = attached.ask(server_status()).expect("a listing");
    status.clients().flatten().filter_map(|client| client.peer()).any(|peer| peer.port == port)
}

/// IPv6 peers have no port until 2.6; over TCP they look alike.
pub fn other_transports<R: Runtime>(lab: &Lab<R>) {
    let (v4, v6) = ([192, 0, 2, 2].into(), "2001:db8:1::2".parse().expect("an address"));
    for (proto, ip, port) in
        [("udp6", v6, false), ("tcp-server", v4, true), ("tcp6-server", v6, false)]
    {
        let own = lab.own("transports", &["--transport", "unix", "--proto", proto]);
        let attached = lab.attach(&own);
        for status in three(&attached) {
            assert_eq!(status.client_count(), 2, "{proto}");
            for client in status.clients() {
                let peer = client.expect("a row").peer().expect("an address");
                assert_eq!((peer.ip, peer.port.is_some()), (ip, port), "{proto}");
            }
        }
    }
}

/// Each second, on both sides; off when told so.
pub fn byte_counts<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("bytecount", &["--transport", "unix"]);
    let mut attached = lab.attach_as(&own, |config| config.settings.byte_count = Some(1));
    let totals = attached.ask(load_stats()).expect("totals");
    assert_eq!(totals.clients, 2);
    assert!(totals.bytes_in > 0 && totals.bytes_out > 0);
    let status = attached.ask(server_status()).expect("a listing");
    for client in status.clients().flatten() {
        let of = client.cid.expect("an id");
        let mut count = || {
            attached.told("BYTECOUNT_CLI", |event| match event {
                Event::ByteCountClient { cid, bytes_in, bytes_out } if *cid == of => {
                    Some((*bytes_in, *bytes_out))
                }
                _ => None,
            })
        };
        let (first, second) = (count(), count());
        assert!(first.0 > 0 && first.0 <= second.0 && first.1 <= second.1, "{first:?} {second:?}");
    }
    assert!(attached.ask(load_stats()).expect("totals").bytes_in > totals.bytes_in);

    let mut theirs = lab.attach_client(&own, 1);
    theirs.ask(byte_count(1)).expect("on");
    let mut count = || {
        theirs.told("BYTECOUNT", |event| match event {
            Event::ByteCount { bytes_in, bytes_out } => Some((*bytes_in, *bytes_out)),
            _ => None,
        })
    };
    let (first, second) = (count(), count());
    assert!(first.0 > 0 && first.0 < second.0.max(first.0 + 1) && first.1 <= second.1);
    attached.ask(byte_count(0)).expect("off");
    attached.forget();
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let before = attached.names("BYTECOUNT_CLI").len();
    attached.forget();
    assert_eq!(attached.names("BYTECOUNT_CLI").len(), before);
}
