//! Anything may come, in any cuts.

use std::time::{Duration, Instant};

use netlever_core::omapi::peer::{Fault, Setup, small_office};
use netlever_core::omapi::wire::{Attributes, Header, Introduction, encode};
use netlever_core::session::{Link, News, Session};
use proptest::prelude::*;

use super::desk::{UNIX, filled, key};

/// What the server sends for these octets, in pieces of these sizes, and how it ends.
fn talk(setup: Setup, octets: &[u8], cuts: &[usize]) -> (Vec<u8>, Link, u64) {
    let now = setup.now;
    let server = filled(setup);
    small_office(&server, UNIX).expect("a new server");
    let mut connection = server.session();
    connection.handle_link(now, News::Up);
    let (mut out, mut head, mut fill) = (Vec::new(), 0, 0);
    let mut cuts = cuts.iter().copied().cycle();
    while fill < octets.len() && connection.link() == Link::Up {
        fill = octets.len().min(fill + cuts.next().unwrap_or(octets.len()));
        while head < fill && connection.link() == Link::Up {
            let used = connection.handle_input(now, (), &octets[head..fill]);
            assert!(used <= fill - head);
            while connection.poll_event().is_some() {}
            while connection.poll_transmit(now, &mut out).is_some() {}
            head += used;
            if used == 0 {
                assert!(connection.wants_input(), "all was sent");
                break;
            }
        }
    }
    let link = connection.link();
    let later = now + Duration::from_secs(60);
    connection.handle_timeout(later);
    assert!(connection.poll_timeout().is_none_or(|at| at > later));
    connection.handle_link(later, News::Eof);
    while connection.poll_transmit(later, &mut out).is_some() {}
    assert_eq!(connection.link(), Link::Over);
    (out, link, server.requests())
}

/// A request from a bag of words that mean something.
fn requests() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "type",
        "create",
        "update",
        "exclusive",
        "name",
        "ip-address",
        "hardware-address",
        "hardware-type",
        "state",
        "ends",
        "flags",
        "statements",
        "group",
        "hashstring",
        "match",
        "handle",
        "algorithm",
        "dhcp-client-identifier",
        "frob",
        "local-state",
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            &b"lease"[..],
            b"host",
            b"group",
            b"class",
            b"subclass",
            b"control",
            b"authenticator",
            b"failover-state",
            b"pool",
            b"printer",
            b"staff",
            b"guests",
            b"office-pair",
            b"\0\0\0\x01",
            b"\0\0\0\x02",
            b"\xc0\xa8\x0a\x65",
            b"\x02\0\0\0\x01\x05",
            b"",
            b"hardware",
            b"filename \"x\";",
        ])
        .prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..24),
    ];
    let pairs = prop::collection::vec((name, value), 0..5);
    let header = (1..=6_u32, 0..8_u32, any::<u32>());
    let message =
        (header, pairs.clone(), pairs).prop_map(|((opcode, handle, tid), words, object)| {
            let header = Header { opcode, handle, tid, ..Header::default() };
            let (words, object): (Attributes, Attributes) =
                (words.into_iter().collect(), object.into_iter().collect());
            let mut out = Vec::new();
            encode(&mut out, &header, words.as_dictionary(), object.as_dictionary(), None);
            out
        });
    prop::collection::vec(message, 1..12).prop_map(|messages| {
        let mut out = Vec::new();
        Introduction::OURS.encode(&mut out);
        messages.iter().for_each(|message| out.extend(message));
        out
    })
}

proptest! {
    #[test]
    fn any_octets_are_survived(octets in prop::collection::vec(any::<u8>(), 0..300), intro: bool) {
        let mut input = if intro { b"\0\0\0\x64\0\0\0\x18".to_vec() } else { vec![] };
        input.extend(octets);
        talk(Setup::new(Instant::now(), UNIX).with_key(key()), &input, &[]);
    }

    #[test]
    fn any_requests_in_any_cuts_get_the_same_answers(
        octets in requests(),
        cuts in prop::collection::vec(1..40_usize, 1..9),
    ) {
        let setup = Setup::new(Instant::now(), UNIX);
        let whole = talk(setup.clone(), &octets, &[]);
        prop_assert_eq!(talk(setup, &octets, &cuts), whole);
    }

    #[test]
    fn any_fault_is_survived(octets in requests(), at in 0..400_usize, which in 0..5_usize) {
        let faults = [
            Fault::CloseAt(at), Fault::SplitAt(at, Duration::from_secs(1)), Fault::RepeatedNames,
            Fault::LongValue, Fault::UnknownAttribute,
        ];
        talk(Setup::new(Instant::now(), UNIX).with_fault(faults[which]), &octets, &[]);
    }
}
