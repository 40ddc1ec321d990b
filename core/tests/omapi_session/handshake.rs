//! The handshake: introductions, the authenticator, and what ends it.

use std::io::ErrorKind;

use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{Lookup, Within};
use netlever_core::omapi::error::Fault;
use netlever_core::omapi::wire::{Attributes, Header, Opcode};
use netlever_core::omapi::{Config, Error};
use netlever_core::session::{Link, News, Session};

use super::table::*;

#[test]
fn a_session_dials_only_when_a_call_waits() {
    let mut table = Table::new(Config::signed(key(), 1));
    assert_eq!(table.session.link(), Link::Down);
    lookups(&mut table, 1);
    assert_eq!(table.session.link(), Link::Up);
}

#[test]
fn introduction_and_authenticator_leave_in_one_write_and_unsigned() {
    let mut table = Table::new(Config::signed(key(), 1));
    lookups(&mut table, 1);
    table.session.handle_link(table.now, News::Up);
    let out = table.out();
    assert_eq!(out[..8], [0, 0, 0, 100, 0, 0, 0, 24]);
    let asked = decode_all(&out[8..]);
    assert_eq!(asked.len(), 1, "nothing else before the server knows the key");
    assert_eq!(asked[0].header.authid, 0);
    assert_eq!(asked[0].object.get("algorithm"), Some(&b"hmac-md5.SIG-ALG.REG.INT."[..]));
}

#[test]
fn name_and_algorithm_must_come_back_whatever_their_case() {
    let shaken = |name: &str, algorithm: &str| {
        let mut table = Table::new(Config::signed(key(), 1));
        let mut call = lookups(&mut table, 1).remove(0);
        table.session.handle_link(table.now, News::Up);
        let asked = decode_all(&table.out()[8..]).remove(0);
        table.introduce();
        let object = [("name", name), ("algorithm", algorithm)].into_iter().collect();
        table.answer_handshake(&asked, object);
        (table.session.is_ready(), table.step(&mut call))
    };
    assert!(shaken("DefOmapi", "HMAC-MD5.sig-alg.reg.int.").0);
    for (name, algorithm) in
        [("other", "hmac-md5.SIG-ALG.REG.INT."), ("defomapi", "hmac-sha1.SIG-ALG.REG.INT.")]
    {
        let (ready, ended) = shaken(name, algorithm);
        assert!(
            !ready && ended.is_none(),
            "the call was not sent: it may wait for a better server"
        );
    }
}

#[test]
fn a_foreign_version_or_a_small_header_ends_the_link() {
    for introduction in [[0, 0, 0, 101, 0, 0, 0, 24], [0, 0, 0, 100, 0, 0, 0, 23]] {
        let mut table = Table::new(never(Config::unsigned(1)));
        let mut call = lookups(&mut table, 1).remove(0);
        table.session.handle_link(table.now, News::Up);
        table.out();
        table.feed(&introduction);
        assert!(matches!(
            table.step(&mut call),
            Some(Err(Error::Broken { fault: Fault::Wire(_), sent: false }))
        ));
        assert_eq!(table.session.link(), Link::Over);
    }
}

#[test]
fn surplus_header_octets_of_the_server_are_skipped() {
    let mut table = Table::new(Config::unsigned(1));
    let mut call = lookups(&mut table, 1).remove(0);
    table.session.handle_link(table.now, News::Up);
    table.feed(&[0, 0, 0, 100, 0, 0, 0, 28]);
    let asked = table.out();
    let asked = decode_all(&asked[8..]).remove(0);
    let header =
        Header { opcode: Opcode::Update.code(), rid: asked.header.tid, ..Header::default() };
    let mut octets = table.signed_octets(header, &Attributes::new(), &lease(ip(0), 1));
    octets.splice(24..24, [0xee; 4]);
    table.feed(&octets);
    assert_eq!(table.step(&mut call).unwrap().unwrap().ip_address(), Some(ip(0)));
}

#[test]
fn a_handshake_that_does_not_end_is_given_up() {
    let mut table = Table::new(never(Config::signed(key(), 1)));
    let mut call = Within(Lookup::host().name("x"), 60 * S);
    assert!(table.step(&mut call).is_none());
    table.session.handle_link(table.now, News::Up);
    table.out();
    table.pass(5 * S);
    let lost = Fail::Lost { sent: false, why: ErrorKind::TimedOut };
    assert_eq!(table.step(&mut call), Some(Err(lost.into())));
}
