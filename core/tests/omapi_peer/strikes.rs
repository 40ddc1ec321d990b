//! Each fault on demand, and the buffer edges that abort dhcpd.

use std::time::{Duration, Instant};

use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::peer::{Bounds, Fault, Harm, Lease, Server, Setup, Strike, When};
use netlever_core::omapi::wire::{
    Attributes, Decoder, HEADER_SIZE, Introduction, Limits, Opcode, WireError,
};
use netlever_core::session::{Link, News, Session};

use super::desk::{Desk, UNIX, filled, key};

const MS: Duration = Duration::from_millis(1);

/// A server whose second answer, the first after the handshake, has this fault.
fn second(now: Instant, fault: Fault) -> (Server, Desk) {
    let strike = Strike { fault, when: When::Nth(2) };
    let server = filled(Setup::new(now, UNIX).with_key(key()).with_fault(strike));
    let desk = Desk::signed(&server, now);
    (server, desk)
}

fn lease() -> Attributes {
    [("ip-address", [10, 0, 0, 10])].into_iter().collect()
}

fn words() -> Attributes {
    [("type", "lease")].into_iter().collect()
}

/// Sends a lookup and takes what comes, as octets.
fn raw(desk: &mut Desk) -> Vec<u8> {
    let octets = desk.octets(Opcode::Open, 0, &words(), &lease());
    desk.write(&octets);
    let mut out = Vec::new();
    while desk.connection.poll_transmit(desk.now, &mut out).is_some() {}
    out
}

#[test]
fn faults_of_the_answer_s_contents() {
    let now = Instant::now();
    let lookup = |desk: &mut Desk| {
        let octets = desk.octets(Opcode::Open, 0, &words(), &lease());
        desk.write(&octets);
        desk.receive().expect("an answer")
    };
    let (_, mut desk) = second(now, Fault::WrongSignature);
    assert_eq!(lookup(&mut desk).signed, Some(false));
    assert_eq!(lookup(&mut desk).signed, Some(true), "only once");
    let (_, mut desk) = second(now, Fault::Unsigned);
    let reply = lookup(&mut desk);
    assert_eq!((reply.signed, reply.header.authid), (None, 0));
    let (_, mut desk) = second(now, Fault::WrongRid);
    let (wrong, right) = (lookup(&mut desk), lookup(&mut desk));
    assert_eq!(wrong.header.rid, right.header.rid, "one too many, then the right one");
    let (_, mut desk) = second(now, Fault::RepeatedNames);
    let (twice, once) = (lookup(&mut desk), lookup(&mut desk));
    assert_eq!(twice.names().len(), 2 * once.names().len());
    assert_eq!(twice.object.get("state"), once.object.get("state"), "the first one is real");
    assert_eq!(twice.signed, Some(true));
    let (_, mut desk) = second(now, Fault::UnknownAttribute);
    assert_eq!(lookup(&mut desk).object.get("frobnicate"), Some(&[0xff, 0][..]));
    let (_, mut desk) = second(now, Fault::StaleHandle);
    assert_eq!(desk.refresh(1).status(), (ResultCode::NOT_FOUND, "no matching handle"));
    assert_eq!(desk.refresh(1).opcode(), Opcode::Update);
}

#[test]
fn faults_of_the_lengths_are_seen_before_anything_is_waited_for() {
    let now = Instant::now();
    for (fault, at) in [(Fault::LongValue, 30), (Fault::LongName, 24), (Fault::LongSignature, 4)] {
        let (_, mut desk) = second(now, fault);
        let error = Decoder::new(Limits::default()).decode(&raw(&mut desk)).expect_err("too long");
        let found = match error {
            WireError::Value { at, .. }
            | WireError::Name { at, .. }
            | WireError::Signature { at, .. } => at,
            other => panic!("{other}"),
        };
        assert_eq!(found, at, "{fault}");
    }
}

#[test]
fn the_handshake_may_answer_for_another_key() {
    let now = Instant::now();
    let key = key();
    let ask = |fault| {
        let server = filled(Setup::new(now, UNIX).with_key(key.clone()).with_fault(fault));
        let mut desk = Desk::new(&server, now);
        let algorithm = key.algorithm().wire_name().as_bytes();
        desk.open("authenticator", &[], &[("name", b"defomapi"), ("algorithm", algorithm)])
    };
    assert_eq!(ask(Fault::WrongKeyName).object.get("name"), Some(&b"another-key"[..]));
    let algorithm = ask(Fault::WrongAlgorithm).object.get("algorithm").map(<[u8]>::to_vec);
    assert_eq!(algorithm.as_deref(), Some(&b"hmac-none.SIG-ALG.REG.INT."[..]));
}

#[test]
fn an_answer_may_end_at_any_octet() {
    let now = Instant::now();
    let whole = raw(&mut second(now, Fault::CloseAt(usize::MAX)).1);
    for at in 0..=whole.len() {
        let (_, mut desk) = second(now, Fault::CloseAt(at));
        assert_eq!(raw(&mut desk).len(), at);
        assert_eq!(desk.connection.link(), Link::Over);
    }
}

#[test]
fn an_answer_may_come_in_two_pieces_or_late_or_never() {
    let now = Instant::now();
    let whole = raw(&mut second(now, Fault::SplitAt(usize::MAX, MS)).1).len();
    for at in 0..whole {
        let (_, mut desk) = second(now, Fault::SplitAt(at, 20 * MS));
        assert_eq!(raw(&mut desk).len(), at);
        assert_eq!(raw(&mut desk).len(), 0, "a later answer waits behind it");
        assert_eq!(desk.connection.poll_timeout(), Some(now + 20 * MS));
        desk.pass(20 * MS);
        assert_eq!(desk.connection.poll_timeout(), None);
        let mut rest = Vec::new();
        while desk.connection.poll_transmit(desk.now, &mut rest).is_some() {}
        assert_eq!(rest.len(), whole - at + whole, "both are there");
    }
    let (_, mut desk) = second(now, Fault::Slow(300 * MS));
    assert_eq!(raw(&mut desk).len(), 0);
    desk.pass(299 * MS);
    assert!(desk.receive().is_none());
    desk.pass(MS);
    assert!(desk.receive().is_some());
    let (_, mut desk) = second(now, Fault::Silence);
    assert_eq!((raw(&mut desk).len(), raw(&mut desk).len()), (0, whole));
}

#[test]
fn the_introduction_may_be_wrong_on_some_connections() {
    let now = Instant::now();
    let strike = "version=99@2".parse::<Strike>().expect("a fault");
    let server = filled(Setup::new(now, UNIX).with_fault(strike));
    let hello = || {
        let mut connection = server.session();
        connection.handle_link(now, News::Up);
        let mut out = Vec::new();
        connection.poll_transmit(now, &mut out);
        Introduction::decode(&out).map(|hello| hello.map(|hello| hello.header_size))
    };
    assert_eq!(hello(), Ok(Some(24)));
    assert_eq!(hello(), Err(WireError::Version { at: 0, found: 99 }));
    server.set_faults(vec![Fault::HeaderSize(20).into()]);
    assert_eq!(hello(), Err(WireError::HeaderSize { at: 4, found: 20 }));
    assert_eq!(hello(), Err(WireError::HeaderSize { at: 4, found: 20 }));
    server.set_faults(vec![]);
    assert_eq!(hello(), Ok(Some(24)));
}

#[test]
fn a_longer_header_is_legal_and_its_surplus_is_not_signed() {
    let now = Instant::now();
    let server = filled(Setup::new(now, UNIX).with_key(key()).with_fault(Fault::HeaderSize(32)));
    let mut connection = server.session();
    connection.handle_link(now, News::Up);
    let mut desk = Desk::new(&server, now);
    std::mem::swap(&mut desk.connection, &mut connection);
    let mut hello = Vec::new();
    Introduction::OURS.encode(&mut hello);
    desk.write(&hello);
    let mut out = Vec::new();
    let name: Attributes =
        [("name", "defomapi"), ("algorithm", key().algorithm().wire_name())].into_iter().collect();
    let open = [("type", "authenticator")].into_iter().collect();
    let octets = desk.octets(Opcode::Open, 0, &open, &name);
    desk.write(&octets);
    while desk.connection.poll_transmit(now, &mut out).is_some() {}
    let hello = Introduction::decode(&out).expect("no fault").expect("eight octets");
    assert_eq!(hello.header_size, HEADER_SIZE + 8);
    let mut decoder = Decoder::new(Limits::default());
    decoder.set_header_size(hello.header_size);
    let authid = decoder.decode(&out[8..]).expect("no fault").expect("whole").header.handle;
    desk.key = Some((key(), authid));
    let octets = raw(&mut desk);
    let lease = decoder.decode(&octets).expect("no fault").expect("whole");
    assert!(lease.verify(&key()));
    assert_eq!(lease.object.get("ip-address"), Some(&[10, 0, 0, 10][..]));
}

/// A request of exactly so many octets.
fn request(desk: &mut Desk, octets: usize) -> Vec<u8> {
    let bare = desk.octets(Opcode::Refresh, 0, &Attributes::new(), &Attributes::new()).len();
    let pad = vec![0; octets - bare - 9];
    let words: Attributes = [("pad", pad)].into_iter().collect();
    let out = desk.octets(Opcode::Refresh, 0, &words, &Attributes::new());
    assert_eq!(out.len(), octets);
    out
}

#[test]
fn a_signed_request_across_the_edge_of_the_input_is_deadly() {
    let now = Instant::now();
    for offset in 4038..=4047 {
        let deadly = (4041..=4043).contains(&offset);
        for aborts in [false, true] {
            let mut setup = Setup::new(now, UNIX).with_key(key());
            setup.aborts = aborts;
            let server = filled(setup);
            let mut desk = Desk::signed(&server, now);
            let mut burst = request(&mut desk, offset);
            burst.extend(request(&mut desk, 100));
            let first = desk.connection.handle_input(now, (), &burst);
            assert_eq!(first, offset);
            desk.connection.handle_input(now, (), &burst[first..]);
            assert_eq!(server.would_have_died(), u64::from(deadly), "{offset}");
            let harms = if deadly { vec![Harm::InputEdge { offset }] } else { vec![] };
            assert_eq!(server.harms(), harms);
            assert_eq!(server.is_aborted(), deadly && aborts);
            assert_eq!(desk.connection.link() == Link::Over, deadly && aborts);
            // One at a time never is.
            if !server.is_aborted() {
                while desk.receive().is_some() {}
                for _ in 0..3 {
                    let octets = request(&mut desk, offset);
                    desk.write(&octets);
                    while desk.receive().is_some() {}
                }
                assert_eq!(server.would_have_died(), u64::from(deadly));
            }
        }
    }
}

/// A server whose lease has a variable of so many octets, and a signed desk that has read all.
fn padded(now: Instant, pad: usize, aborts: bool) -> (Server, Desk) {
    let mut setup = Setup::new(now, UNIX).with_key(key());
    setup.aborts = aborts;
    let server = filled(setup);
    let mut long = Lease::free([10, 0, 0, 10].into());
    long.variables.push(("pad".into(), vec![b'x'; pad]));
    server.add_lease(long).expect("a lease");
    let desk = Desk::signed(&server, now);
    (server, desk)
}

#[test]
fn a_signed_answer_across_the_edge_of_the_output_is_deadly() {
    let now = Instant::now();
    let bare = raw(&mut padded(now, 0, false).1).len();
    for (offset, aborts) in (4037..=4046).flat_map(|offset| [(offset, false), (offset, true)]) {
        let (server, mut desk) = padded(now, offset - bare, aborts);
        for _ in 0..2 {
            assert_eq!(raw(&mut desk).len(), offset);
        }
        assert_eq!(server.harms(), [], "one at a time never is");
        for _ in 0..2 {
            let octets = desk.octets(Opcode::Open, 0, &words(), &lease());
            desk.write(&octets);
        }
        let deadly = (4040..=4042).contains(&offset);
        let harms = if deadly { vec![Harm::OutputEdge { offset }] } else { vec![] };
        assert_eq!(server.harms(), harms);
        assert_eq!(server.is_aborted(), deadly && aborts);
        if server.is_aborted() {
            assert!(desk.connection.poll_transmit(now, &mut Vec::new()).is_none());
            assert_eq!(desk.connection.link(), Link::Over);
        }
    }
}

#[test]
fn unsigned_connections_know_no_edges() {
    let now = Instant::now();
    let server = filled(Setup::new(now, UNIX));
    let mut desk = Desk::new(&server, now);
    let burst: Vec<u8> =
        (0..1000).flat_map(|_| desk.octets(Opcode::Open, 0, &words(), &lease())).collect();
    desk.write(&burst);
    let mut answers = 0;
    while desk.receive().is_some() {
        answers += 1;
    }
    assert_eq!((answers, server.would_have_died()), (1000, 0));
}

#[test]
fn a_client_that_does_not_read_is_not_read() {
    let now = Instant::now();
    let mut setup = Setup::new(now, UNIX);
    setup.bounds = Bounds { output: 1000, connections: 2, ..Bounds::default() };
    let server = filled(setup);
    let mut desk = Desk::new(&server, now);
    let octets = desk.octets(Opcode::Open, 0, &words(), &lease());
    let mut served = 0;
    while desk.connection.handle_input(now, (), &octets) > 0 {
        served += 1;
    }
    assert!((4..9).contains(&served), "{served}");
    assert!(!desk.connection.wants_input());
    let mut out = Vec::new();
    while desk.connection.poll_transmit(now, &mut out).is_some() {}
    assert!(out.len() < 1500);
    assert!(desk.connection.wants_input());
    // And one connection too many is sent away without a word.
    let _second = Desk::new(&server, now);
    let mut third = server.session();
    third.handle_link(now, News::Up);
    assert!(third.poll_transmit(now, &mut Vec::new()).is_none());
    assert_eq!((third.link(), server.connections()), (Link::Over, 3));
    third.handle_link(now, News::Down);
    drop(desk);
    assert_eq!(server.connections(), 1);
}
