use proptest::prelude::*;

use super::*;

const SINCE: &str = "2026-11-21 20:47:11";
const R24: Release = Release { major: 2, minor: 4, patch: 12 };
const R26: Release = Release { major: 2, minor: 6, patch: 14 };

fn written(
    format: Format,
    release: Release,
    clients: &[Client<'_>],
    routes: &[Route<'_>],
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, format, release);
    writer.begin("OpenVPN 2.6.14 x86_64".into(), "2026-11-21 20:47:14".into(), 1_795_294_034);
    clients.iter().for_each(|client| writer.client(client));
    routes.iter().for_each(|route| writer.route(route));
    writer.global("Max bcast/mcast queue length", 2);
    writer.end();
    out
}

fn client<'a>(name: &'a [u8], username: Option<&'a [u8]>) -> Client<'a> {
    Client {
        common_name: Octets(name),
        real_address: "192.0.2.2:53568".into(),
        virtual_address: Some("10.9.0.3".into()),
        virtual_ipv6: None,
        bytes_received: u64::MAX,
        bytes_sent: 7,
        connected_since: SINCE.into(),
        connected_since_time: Some(1_795_294_031),
        username: username.map(Octets),
        cid: Some(41),
        peer_id: Some(u32::MAX),
        cipher: Some("AES-256-GCM".into()),
        others: Others::default(),
    }
}

fn route<'a>(name: &'a [u8]) -> Route<'a> {
    Route {
        virtual_address: "10.88.0.0/24".into(),
        common_name: Octets(name),
        real_address: "192.0.2.2:53568".into(),
        last_ref: SINCE.into(),
        last_ref_time: Some(1_795_294_032),
        others: Others::default(),
    }
}

fn same(left: &Client<'_>, right: &Client<'_>) -> bool {
    format!("{left:?}") == format!("{right:?}")
}

#[test]
fn the_columns_of_the_header_count() {
    let text = "TITLE\tOpenVPN 3.0\nTIME\t2030-01-01 00:00:00\t5\n\
        HEADER\tCLIENT_LIST\tClient ID\tNew Thing\tCommon Name\tBytes Received\tBytes Sent\n\
        CLIENT_LIST\t9\tblue\tbob\t1\t2\nCLIENT_LIST\t9\tblue\tbob\tx\t2\n\
        HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tHow\n\
        ROUTING_TABLE\t10.0.0.1\tbob\twell\nEND\n";
    let status = Status::parse(text.as_bytes()).expect("a listing");
    let mut clients = status.clients();
    let client = clients.next().expect("a row").expect("a good one");
    assert_eq!((client.cid, client.common_name), (Some(9), "bob".into()));
    let others: Vec<_> = client.others.iter().collect();
    assert_eq!(others, [("New Thing".into(), "blue".into())]);
    let bad = clients.next().expect("a row").expect_err("x is no number");
    assert_eq!(bad.line, "9\tblue\tbob\tx\t2");
    let route = status.routes().next().expect("a row").expect("a good one");
    assert_eq!(route.others.iter().next(), Some(("How".into(), "well".into())));
    assert_eq!(status.release(), Some(Release { major: 3, minor: 0, patch: 0 }));
}

#[test]
fn release_2_4_has_no_cipher() {
    let text = written(Format::Two, R24, &[client(b"a, b", Some(b"u,v"))], &[]);
    let status = Status::parse(&text).expect("a listing");
    let client = status.clients().next().expect("a row").expect("a good one");
    assert_eq!((client.common_name, client.username), ("a, b".into(), Some("u,v".into())));
    assert_eq!((client.cipher, client.cid), (None, Some(41)));
}

#[test]
fn the_time_text_of_2_4_is_known() {
    let row = b"END,192.0.2.2:43485,2149,2200,Wed Mar  7 16:03:13 2018";
    let client = rows::client_of_format_one(row).expect("a row");
    assert_eq!((client.common_name, client.bytes_received), ("END".into(), 2149));
}

#[test]
fn a_line_of_512_octets_stops_the_listing() {
    // Digits, names and separators around the user name.
    let name = vec![b'u'; 440];
    let clients = [client(b"alice", None), client(b"bob", Some(&name)), client(b"carol", None)];
    for (format, complete) in [(Format::One, true), (Format::Two, false), (Format::Three, false)] {
        let text = written(format, R26, &clients, &[route(b"alice")]);
        let status = Status::parse(&text).expect("a listing");
        assert_eq!(status.is_complete(), complete, "{format:?}");
        assert_eq!(status.client_count(), if complete { 3 } else { 1 }, "{format:?}");
    }
    let mut out = Vec::new();
    let mut writer = Writer::new(&mut out, Format::One, R26);
    writer.line(&[&[b'x'; MAX_LINE]]);
    assert!(!writer.is_stopped());
    writer.line(&[&[b'x'; MAX_LINE + 1]]);
    assert!(writer.is_stopped());
}

#[test]
fn a_foreign_line_ends_the_listing() {
    for (format, next) in [
        (Format::Two, "SUCCESS: pid=1"),
        (Format::Two, ">CLIENT:ESTABLISHED,1"),
        (Format::Two, "TITLE,OpenVPN 2.6.14"),
        (Format::Three, "CLIENT_LIST,bob"),
        (Format::Three, "ERROR: x"),
        (Format::One, ">STATE:1,AUTH_PENDING,a,b,1,2,2026"),
        (Format::One, "SUCCESS: pid=1"),
    ] {
        let mut text = written(format, R26, &[client(b"alice", None)], &[]);
        let end = text.len() - b"END\r\n".len();
        text.truncate(end);
        text.extend_from_slice(next.as_bytes());
        text.extend_from_slice(b"\r\nEND\r\n");
        let status = Status::parse(&text).expect("a listing");
        assert!(!status.is_complete(), "{format:?} {next}");
        assert_eq!(status.client_count(), 1);
    }
}

#[test]
fn what_is_no_listing_is_told() {
    for text in ["", "END\n", "OpenVPN STATISTICS\n", "title,x\n"] {
        assert_eq!(Status::parse(text.as_bytes()), Err(NoStatus), "{text}");
    }
}

/// A name as the daemon prints it: any octet but control ones.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let octet = prop_oneof![
        4 => any::<u8>().prop_filter("cleaned by the daemon", |b| *b >= 0x20 && *b != 0x7f),
        1 => prop::sample::select(&b",,,>:#\"' "[..]),
    ];
    let any = prop::collection::vec(octet, 0..64);
    let nasty = prop::sample::select(vec![
        &b"END"[..],
        b"ERROR: x",
        b"SUCCESS: y",
        b">CLIENT:ENV,END",
        b"ROUTING TABLE",
        b"UNDEF",
        b"smith, john",
        b"CLIENT_LIST,bob",
        b"1,2,3,4",
        b"",
    ]);
    prop_oneof![any, nasty.prop_map(<[u8]>::to_vec)]
}

proptest! {
    #[test]
    fn any_names_survive_format_three(
        names in prop::collection::vec((name(), prop::option::of(name())), 0..8),
        numbers in any::<(u64, u64, u64, u32)>(),
        old in any::<bool>(),
    ) {
        let release = if old { R24 } else { R26 };
        let clients: Vec<_> = names.iter().map(|(name, username)| Client {
            bytes_received: numbers.0,
            bytes_sent: numbers.1,
            cid: Some(numbers.2),
            peer_id: Some(numbers.3),
            username: username.as_deref().map(Octets).filter(|name| *name != UNDEF),
            cipher: (!old).then_some("AES-256-GCM".into()),
            ..client(name, None)
        }).collect();
        let routes: Vec<_> = names.iter().map(|(name, _)| route(name)).collect();
        let text = written(Format::Three, release, &clients, &routes);
        let status = Status::parse(&text).expect("a listing");
        prop_assert!(status.is_complete());
        let read: Vec<_> = status.clients().collect::<Result<_, _>>().expect("good rows");
        prop_assert_eq!(read.len(), clients.len());
        for (read, written) in read.iter().zip(&clients) {
            prop_assert!(same(read, written), "{:?} {:?}", read, written);
        }
        let read: Vec<_> = status.routes().collect::<Result<_, _>>().expect("good rows");
        prop_assert_eq!(format!("{read:?}"), format!("{routes:?}"));
        prop_assert_eq!(status.global_stats().count(), 1);
    }

    #[test]
    fn any_names_survive_format_one(names in prop::collection::vec(name(), 0..8)) {
        let clients: Vec<_> = names.iter().map(|name| client(name, None)).collect();
        let routes: Vec<_> = names.iter().map(|name| route(name)).collect();
        let text = written(Format::One, R26, &clients, &routes);
        let status = Status::parse(&text).expect("a listing");
        prop_assert!(status.is_complete());
        let read: Vec<_> =
            status.clients().map(|row| row.expect("a good row").common_name.0.to_vec()).collect();
        prop_assert_eq!(&read, &names);
        let read: Vec<_> =
            status.routes().map(|row| row.expect("a good row").common_name.0.to_vec()).collect();
        prop_assert_eq!(&read, &names);
    }

    #[test]
    fn commas_of_format_two_are_put_where_they_belong(
        name in "[a-z ]{0,8}(, ?[a-z]{0,8}){0,4}",
        username in "[a-z]{1,8}(, ?[a-z]{0,8}){0,4}",
        old in any::<bool>(),
    ) {
        let release = if old { R24 } else { R26 };
        let client = Client {
            cipher: (!old).then_some("AES-256-GCM".into()),
            ..client(name.as_bytes(), Some(username.as_bytes()))
        };
        let text = written(Format::Two, release, &[client], &[route(name.as_bytes())]);
        let status = Status::parse(&text).expect("a listing");
        let read = status.clients().next().expect("a row").expect("a good one");
        prop_assert!(same(&read, &client), "{:?}", read);
        let read = status.routes().next().expect("a row").expect("a good one");
        prop_assert_eq!(read.common_name, name.as_str());
    }

    #[test]
    fn any_text_is_read_without_harm(
        head in prop::sample::select(vec!["OpenVPN CLIENT LIST\n", "TITLE,x\n", "TITLE\tx\n"]),
        lines in prop::collection::vec(prop_oneof![
            "[A-Z_]{1,14}[\t,].{0,40}",
            Just("HEADER,CLIENT_LIST,Common Name,Real Address,Bytes Received,Username,Client ID"
                .to_owned()),
            "CLIENT_LIST,[a-z0-9,:.]{0,60}",
            "ROUTING_TABLE[,\t][a-z0-9,:.]{0,60}",
            Just("ROUTING TABLE".to_owned()),
        ], 0..20),
    ) {
        let text = format!("{head}{}", lines.join("\n"));
        let status = Status::parse(text.as_bytes()).expect("it begins as one");
        let rows = status.clients().count() + status.routes().count();
        prop_assert_eq!(rows, status.client_count() + status.route_count());
        prop_assert!(status.clients().flatten().all(|client| client.others.iter().count() < 32));
        let printed = format!("{status:?}");
        prop_assert!(printed.starts_with("Status"));
        let _ = status.title();
        let _ = status.updated();
        let _ = status.time();
    }
}
