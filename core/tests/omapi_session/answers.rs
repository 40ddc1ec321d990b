//! Answers: matched in order, verified, and refusals told apart.

use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::error::Fault;
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::wire::{Attributes, Header, Opcode, encode};
use netlever_core::omapi::{Config, Error};
use netlever_core::session::{Link, Session};

use super::table::*;

#[test]
fn answers_are_matched_in_order_and_another_one_breaks_the_protocol() {
    let mut table = Table::ready(never(Config::signed(key(), 1)));
    let mut calls = lookups(&mut table, 2);
    let asked = table.sent();
    table.update(&asked[1], 1, &lease(ip(1), 1));
    let expected = Fault::OutOfOrder { expected: asked[0].header.tid, found: asked[1].header.tid };
    for call in &mut calls {
        let broken = Error::Broken { fault: expected.clone(), sent: true };
        assert_eq!(table.step(call), Some(Err(broken)));
    }
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn what_nobody_asked_for_breaks_the_protocol() {
    let mut table = Table::ready(never(Config::signed(key(), 1)));
    let octets = table.status_octets(4, 0, "");
    table.feed(&octets);
    assert_eq!(table.session.link(), Link::Over);
    let mut late = Lookup::host().name("x");
    let Some(Err(Error::Broken { fault: Fault::Unasked { rid: 4, .. }, sent: false })) =
        table.step(&mut late)
    else {
        panic!("a later call hears why the session ended")
    };
}

/// One lookup, answered by these octets, made from what the client asked.
fn answered(answer: impl FnOnce(&Table, &Seen) -> Vec<u8>) -> Result<Lease, Error> {
    let mut table = Table::ready(never(Config::signed(key(), 1)));
    let mut call = lookups(&mut table, 1).remove(0);
    let asked = table.sent().remove(0);
    let octets = answer(&table, &asked);
    table.feed(&octets);
    table.step(&mut call).expect("an end")
}

#[test]
fn an_unsigned_answer_is_only_a_refusal_of_the_key() {
    let none = Attributes::new();
    let said = |code| {
        answered(|_, asked| unsigned(Opcode::Status, asked.header.tid, &status(code, ""), &none))
    };
    assert_eq!(said(0x6000b), Err(Error::WrongKey));
    assert_eq!(said(0x60009), Err(Error::KeyRequired));
    for code in [0, 23] {
        assert_eq!(said(code), Err(Error::Broken { fault: Fault::Unsigned, sent: true }));
    }
    let object =
        answered(|_, asked| unsigned(Opcode::Update, asked.header.tid, &none, &lease(ip(0), 1)));
    assert_eq!(object, Err(Error::Broken { fault: Fault::Unsigned, sent: true }));
}

#[test]
fn a_signature_must_be_right_in_every_octet_and_of_our_authenticator() {
    let right = |table: &Table, asked: &Seen| {
        let header = Header {
            opcode: Opcode::Update.code(),
            handle: 1,
            rid: asked.header.tid,
            ..Header::default()
        };
        table.signed_octets(header, &Attributes::new(), &lease(ip(0), 1))
    };
    assert!(answered(right).is_ok());
    let broken = |fault| Err(Error::Broken { fault, sent: true });
    let flipped = answered(|table, asked| {
        let mut octets = right(table, asked);
        *octets.last_mut().unwrap() ^= 1;
        octets
    });
    assert_eq!(flipped, broken(Fault::Signature));
    let changed = answered(|table, asked| {
        let mut octets = right(table, asked);
        octets[15] ^= 1; // the handle is under the signature
        octets
    });
    assert_eq!(changed, broken(Fault::Signature));
    let other = answered(|table, asked| {
        let mut octets = right(table, asked);
        octets[3] ^= 1; // the authid is not
        octets
    });
    assert_eq!(other, broken(Fault::Authenticator(AUTHID ^ 1)));
    let bare = answered(|_, asked| {
        let header = Header {
            authid: AUTHID,
            opcode: Opcode::Update.code(),
            rid: asked.header.tid,
            ..Header::default()
        };
        let mut out = vec![];
        let none = Attributes::new();
        encode(&mut out, &header, none.as_dictionary(), lease(ip(0), 1).as_dictionary(), None);
        out
    });
    assert_eq!(bare, broken(Fault::Signature), "an authid without a signature proves nothing");
}

#[test]
fn a_status_with_result_0_is_no_success_of_an_open() {
    let refused = answered(|table, asked| {
        table.status_octets(asked.header.tid, 0, "cannot update authenticator")
    });
    let Err(Error::Refused(refused)) = refused else { panic!("{refused:?}") };
    assert_eq!(refused.text, "cannot update authenticator");
}

#[test]
fn refusals_keep_code_name_and_text_apart() {
    use netlever_core::omapi::error::Kind;
    for (code, kind, words) in [
        (23, Kind::NotFound, "NOTFOUND (23)"),
        (18, Kind::Exists, "EXISTS (18)"),
        (0x60006, Kind::Multiple, "MULTIPLE (0x60006)"),
        (0x60007, Kind::Conflict, "KEYCONFLICT (0x60007)"),
        (0x60008, Kind::BadParse, "BADPARSE (0x60008)"),
        (27, Kind::Other, "NOTIMPLEMENTED (27)"),
    ] {
        let error =
            answered(|table, asked| table.status_octets(asked.header.tid, code, "as it said"))
                .unwrap_err();
        assert_eq!(error.kind(), Some(kind));
        let text = error.to_string();
        assert!(text.contains(words) && text.contains("as it said"), "{text}");
    }
}

#[test]
fn an_empty_object_is_not_found() {
    let empty = answered(|table, asked| {
        let header = Header {
            opcode: Opcode::Update.code(),
            handle: 3,
            rid: asked.header.tid,
            ..Header::default()
        };
        table.signed_octets(header, &Attributes::new(), &Attributes::new())
    });
    assert!(empty.unwrap_err().is_not_found());
}
