//! The client session against a server that is played by hand: every rule of the handshake, of
//! bursts, of matching and of the link, one at a time.
#![cfg(feature = "omapi")]

use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use netlever_core::backoff::Reconnect;
use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{
    AddHost, Delete, Expert, Lookup, Open, Refresh, Remove, SetLease, Shutdown, SyncHost, Update,
    Within,
};
use netlever_core::omapi::error::Fault;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::request::Handle;
use netlever_core::omapi::session::{BURST, BURST_OBJECTS, BURST_REQUESTS};
use netlever_core::omapi::wire::{
    Attributes, Decoder, Header, Introduction, Limits, Opcode, encode,
};
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::session::{Call, Link, News, Session, Step};
use proptest::prelude::*;

const S: Duration = Duration::from_secs(1);
const AUTHID: u32 = 77;

/// A request as the server saw it.
#[derive(Clone, Debug)]
struct Seen {
    header: Header,
    message: Attributes,
    object: Attributes,
    len: usize,
}

/// A client session, and a server that says what the test wants.
struct Table {
    session: Omapi,
    now: Instant,
    key: Option<Key>,
}

fn key() -> Key {
    Key::new("defomapi", Algorithm::HmacMd5, b"a secret").unwrap()
}

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(10, 99, 0, last)
}

fn status(code: u32, text: &str) -> Attributes {
    let mut message = Attributes::new();
    message.push("result", code.to_be_bytes());
    if !text.is_empty() {
        message.push("message", text);
    }
    message
}

fn lease(ip: Ipv4Addr, padding: usize) -> Attributes {
    let mut object = Attributes::new();
    object.push("state", [0, 0, 0, 2]).push("ip-address", ip.octets());
    object.push("vendor-string", vec![b'x'; padding]);
    object
}

impl Table {
    fn new(config: Config) -> Self {
        let key = config.key.clone();
        Self { session: Omapi::new(config), now: Instant::now(), key }
    }

    /// A signed session, ready.
    fn signed() -> Self {
        Self::ready(Config::signed(key(), 1))
    }

    fn ready(config: Config) -> Self {
        let mut table = Self::new(config);
        table.shake_hands();
        table
    }

    fn shake_hands(&mut self) {
        self.session.handle_link(self.now, News::Up);
        let out = self.out();
        self.introduce();
        if self.key.is_some() {
            let asked = decode_all(&out[8..]).remove(0);
            self.answer_handshake(&asked, asked.object.clone());
        }
        assert!(self.session.is_ready());
    }

    fn introduce(&mut self) {
        let mut out = vec![];
        Introduction::OURS.encode(&mut out);
        self.feed(&out);
    }

    fn answer_handshake(&mut self, asked: &Seen, object: Attributes) {
        let header = Header {
            opcode: Opcode::Update.code(),
            handle: AUTHID,
            tid: 9,
            rid: asked.header.tid,
            authid: 0,
        };
        let mut out = vec![];
        encode(&mut out, &header, Attributes::new().as_dictionary(), object.as_dictionary(), None);
        self.feed(&out);
    }

    fn out(&mut self) -> Vec<u8> {
        let mut out = vec![];
        while self.session.poll_transmit(self.now, &mut out).is_some() {}
        out
    }

    fn sent(&mut self) -> Vec<Seen> {
        let out = self.out();
        decode_all(&out)
    }

    fn feed(&mut self, mut input: &[u8]) {
        while !input.is_empty() {
            match self.session.handle_input(self.now, (), input) {
                0 => panic!("{} octets were not used", input.len()),
                used => input = &input[used..],
            }
        }
    }

    fn signed_octets(&self, header: Header, message: &Attributes, object: &Attributes) -> Vec<u8> {
        let mut out = vec![];
        let authid = if self.key.is_some() { AUTHID } else { 0 };
        let header = Header { authid, tid: 5, ..header };
        let (message, object) = (message.as_dictionary(), object.as_dictionary());
        encode(&mut out, &header, message, object, self.key.as_ref());
        out
    }

    fn update(&mut self, to: &Seen, handle: u32, object: &Attributes) {
        let header = Header {
            opcode: Opcode::Update.code(),
            handle,
            rid: to.header.tid,
            ..Header::default()
        };
        let octets = self.signed_octets(header, &Attributes::new(), object);
        self.feed(&octets);
    }

    fn status(&mut self, to: &Seen, code: u32, text: &str) {
        let octets = self.status_octets(to.header.tid, code, text);
        self.feed(&octets);
    }

    fn status_octets(&self, rid: u32, code: u32, text: &str) -> Vec<u8> {
        let header = Header { opcode: Opcode::Status.code(), rid, ..Header::default() };
        self.signed_octets(header, &status(code, text), &Attributes::new())
    }

    fn step<C: Call<Omapi>>(&mut self, call: &mut C) -> Option<C::Output> {
        match call.step(&mut self.session, self.now) {
            Step::Done(output) => Some(output),
            Step::Wait(_) => None,
        }
    }

    fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
            assert!(self.session.poll_timeout().is_none_or(|at| at > self.now));
        }
    }
}

fn decode_all(mut input: &[u8]) -> Vec<Seen> {
    let mut all = vec![];
    while let Some(message) = Decoder::new(Limits::default()).decode(input).unwrap() {
        all.push(Seen {
            header: message.header,
            message: message.message.into(),
            object: message.object.into(),
            len: message.len(),
        });
        input = &input[message.len()..];
        if input.is_empty() {
            break;
        }
    }
    all
}

fn lookups(table: &mut Table, count: u8) -> Vec<Lookup<Lease>> {
    let calls = (0..count).map(|n| Lookup::lease().ip_address(ip(n)));
    let mut calls: Vec<_> = calls.collect();
    for call in &mut calls {
        assert!(table.step(call).is_none());
    }
    calls
}

// --- the handshake ------------------------------------------------------------------------------

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

fn never(mut config: Config) -> Config {
    config.reconnect = Reconnect::Never;
    config
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

// --- bursts -------------------------------------------------------------------------------------

#[test]
fn a_first_burst_is_four_leases_and_the_next_waits_for_the_last_answer() {
    let mut table = Table::signed();
    let _calls = lookups(&mut table, 40);
    let first = table.sent();
    assert_eq!(first.len(), 4, "nothing was seen yet: each answer may have 1000 octets");
    for asked in &first[..3] {
        table.update(asked, 1, &lease(ip(0), 220));
        assert!(table.sent().is_empty(), "the burst stays closed");
    }
    table.update(&first[3], 1, &lease(ip(0), 220));
    assert_eq!(table.sent().len(), BURST_OBJECTS, "held leases of usual size allow more");
}

/// A scan that begins with free leases killed dhcpd 4.4.3-P1 at the first burst of held ones, when
/// the fifth answer of it began at offset 4040.
#[test]
fn answers_that_say_little_do_not_make_the_burst_larger() {
    let mut table = Table::signed();
    let _calls = lookups(&mut table, 40);
    for _ in 0..3 {
        let burst = table.sent();
        assert_eq!(burst.len(), 4);
        table.status(&burst[0], 23, "no object matches specification");
        for asked in &burst[1..] {
            table.update(asked, 1, &lease(ip(0), 1));
        }
    }
}

#[test]
fn large_answers_make_small_bursts() {
    let mut table = Table::signed();
    let _calls = lookups(&mut table, 20);
    let first = table.sent();
    for asked in &first {
        table.update(asked, 1, &lease(ip(0), 1200));
    }
    assert_eq!(table.sent().len(), 2);
}

#[test]
fn the_octets_of_a_burst_stay_below_the_edge_of_the_buffer() {
    let mut table = Table::signed();
    let mut calls: Vec<_> = (0..30u8)
        .map(|n| {
            Update::new(
                &Handle::raw(u32::from(n) + 1),
                [("group", vec![b'g'; 300])].into_iter().collect(),
            )
        })
        .map(Expert)
        .collect();
    for call in &mut calls {
        assert!(table.step(call).is_none());
    }
    let mut rounds = 0;
    let mut total = 0;
    while total < calls.len() {
        let burst = table.sent();
        assert!(!burst.is_empty() && burst.len() <= BURST_REQUESTS);
        assert!(burst.iter().map(|seen| seen.len).sum::<usize>() <= BURST);
        total += burst.len();
        rounds += 1;
        for asked in &burst {
            table.status(asked, 0, "");
        }
    }
    assert!(rounds >= 3);
    for call in &mut calls {
        assert_eq!(table.step(call), Some(Ok(())));
    }
}

#[test]
fn one_request_larger_than_a_burst_goes_alone() {
    let mut table = Table::signed();
    let mut big = Expert(Open::new("host").with("statements", vec![b';'; 9000]));
    let mut small = Lookup::host().name("x");
    assert!(table.step(&mut big).is_none() && table.step(&mut small).is_none());
    assert_eq!(table.sent().len(), 1);
}

#[test]
fn a_call_that_timed_out_or_was_dropped_keeps_the_burst_closed() {
    let mut table = Table::signed();
    let mut calls = lookups(&mut table, 5);
    let first = table.sent();
    let Step::Wait(ticket) = calls[1].step(&mut table.session, table.now) else { panic!() };
    table.session.cancel(ticket);
    table.pass(5 * S);
    let late = Error::Failed(Fail::TimedOut { sent: true });
    assert_eq!(table.step(&mut calls[0]), Some(Err(late)));
    assert_eq!(table.step(&mut calls[4]), Some(Err(Error::Failed(Fail::TimedOut { sent: false }))));
    let mut next = Lookup::lease().ip_address(ip(9));
    assert!(table.step(&mut next).is_none());
    assert!(table.sent().is_empty());
    for asked in &first {
        table.update(asked, 1, &lease(ip(0), 1));
    }
    assert_eq!(table.session.counters().late, 4);
    assert_eq!(table.sent().len(), 1);
}

#[test]
fn the_rate_holds() {
    let mut config = Config::signed(key(), 1);
    config.rate = Some(10);
    let mut table = Table::ready(config);
    let _calls = lookups(&mut table, 3);
    assert_eq!(table.sent().len(), 1);
    let at = table.session.poll_timeout().unwrap();
    assert_eq!(at - table.now, S / 10);
    table.pass(S / 10);
    assert_eq!(table.sent().len(), 1);
    assert_eq!(table.sent().len(), 0);
}

// --- answers ------------------------------------------------------------------------------------

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

fn unsigned(opcode: Opcode, rid: u32, message: &Attributes, object: &Attributes) -> Vec<u8> {
    let header = Header { opcode: opcode.code(), rid, handle: 1, ..Header::default() };
    let mut out = vec![];
    encode(&mut out, &header, message.as_dictionary(), object.as_dictionary(), None);
    out
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

// --- handles ------------------------------------------------------------------------------------

#[test]
fn a_handle_of_another_connection_is_not_sent() {
    let mut table = Table::signed();
    let mut call = Lookup::host().name("x");
    table.step(&mut call);
    let asked = table.sent().remove(0);
    table.update(&asked, 40, &[("name", "x")].into_iter().collect());
    let host = table.step(&mut call).unwrap().unwrap();
    let mut read = Refresh::new(host.handle());
    assert!(table.step(&mut read).is_none());
    assert_eq!(table.sent()[0].header.handle, 40, "on its own connection it is good");
    table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
    table.pass(S);
    let mut change = Update::new(host.handle(), [("group", "g")].into_iter().collect());
    assert!(table.step(&mut change).is_none(), "it waits for a connection");
    table.shake_hands();
    let sent = table.sent();
    assert!(sent.iter().all(|seen| seen.header.handle != 40), "{sent:?}");
    assert_eq!(table.step(&mut change), Some(Err(Error::StaleHandle(40))));
}

#[test]
fn a_group_is_deleted_once_through_one_handle() {
    let mut table = Table::signed();
    let mut lookup = Lookup::group("g");
    table.step(&mut lookup);
    let asked = table.sent().remove(0);
    table.update(&asked, 9, &[("name", "g")].into_iter().collect());
    let group = table.step(&mut lookup).unwrap().unwrap();
    let (mut first, mut second) = (Delete::new(group.handle()), Delete::new(group.handle()));
    assert!(table.step(&mut first).is_none() && table.step(&mut second).is_none());
    let sent = table.sent();
    assert_eq!(sent.len(), 1, "a second DELETE would kill the daemon");
    assert_eq!(table.step(&mut second), Some(Err(Error::StaleHandle(9))));
    table.status(&sent[0], 0, "");
    assert_eq!(table.step(&mut first), Some(Ok(())));
}

// --- guard rails and the override -----------------------------------------------------------------

#[test]
fn what_harms_the_server_is_not_sent_unless_an_expert_says_so() {
    let mut table = Table::signed();
    let mut guarded = Open::new("host");
    let Some(Err(Error::Guarded(_))) = table.step(&mut guarded) else { panic!("it was sent") };
    assert!(table.sent().is_empty());
    let mut expert = Expert(Open::new("host"));
    assert!(table.step(&mut expert).is_none());
    assert_eq!(table.sent().len(), 1);
    let mut again = Open::new("host");
    assert!(table.step(&mut again).is_some(), "the override was for one call");
}

// --- calls of several exchanges -------------------------------------------------------------------

#[test]
fn a_lease_is_extended_by_ends_and_then_state_and_read_back() {
    use netlever_core::omapi::values::Time;
    let mut table = Table::signed();
    let mut call = SetLease::of(ip(1)).active_until(Time(2_000_000_000));
    assert!(table.step(&mut call).is_none());
    let open = table.sent().remove(0);
    table.update(&open, 5, &lease(ip(1), 1));
    assert!(table.step(&mut call).is_none());
    let change = table.sent().remove(0);
    let names: Vec<_> = change.object.iter().map(|(name, _)| name.to_vec()).collect();
    assert_eq!(names, [b"ends".to_vec(), b"state".to_vec()]);
    table.status(&change, 0, "");
    assert!(table.step(&mut call).is_none());
    let read = table.sent().remove(0);
    assert_eq!((read.header.opcode, read.header.handle), (Opcode::Refresh.code(), 5));
    table.update(&read, 5, &lease(ip(1), 2));
    assert!(table.step(&mut call).unwrap().is_ok());
}

#[test]
fn one_deadline_holds_for_all_exchanges_of_a_call() {
    let mut table = Table::signed();
    let mut call = Remove::new(Lookup::host().name("x"));
    assert!(table.step(&mut call).is_none());
    let open = table.sent().remove(0);
    table.pass(4 * S);
    table.update(&open, 5, &[("name", "x")].into_iter().collect());
    assert!(table.step(&mut call).is_none());
    table.sent();
    table.pass(S);
    assert_eq!(table.step(&mut call), Some(Err(Error::Failed(Fail::TimedOut { sent: true }))));
}

/// A sync that has deleted the host of another name; the new one is not sent yet.
fn half_synced(table: &mut Table) -> SyncHost {
    let mut call = SyncHost::new(AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("new"));
    assert!(table.step(&mut call).is_none());
    let open = table.sent().remove(0);
    table.update(&open, 5, &[("name", "old")].into_iter().collect());
    assert!(table.step(&mut call).is_none());
    let delete = table.sent().remove(0);
    assert_eq!(delete.header.opcode, Opcode::Delete.code());
    table.status(&delete, 0, "");
    call
}

#[test]
fn a_call_that_changed_something_never_says_that_nothing_was_sent() {
    let mut table = Table::signed();
    let mut call = half_synced(&mut table);
    assert!(table.step(&mut call).is_none());
    table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
    table.pass(5 * S);
    assert!(table.step(&mut call).is_none(), "it tries to put the old host back");
    table.pass(S);
    let Some(Err(Error::NotRestored { failed, restoring })) = table.step(&mut call) else {
        panic!("the host is gone")
    };
    let late = Error::from(Fail::TimedOut { sent: true });
    assert_eq!((*failed, *restoring), (late.clone(), late));

    let mut table = Table::signed();
    let mut call = half_synced(&mut table);
    table.session.close();
    let error = table.step(&mut call).unwrap().unwrap_err();
    assert!(error.sent() && !error.to_string().contains("nothing was sent"), "{error}");
}

#[test]
fn a_change_that_cannot_be_read_back_says_that_it_was_sent() {
    let lost = |why| Some(Err(Error::from(Fail::Lost { sent: true, why })));
    for read_sent in [true, false] {
        let mut table = Table::signed();
        let mut call = SetLease::release(ip(1));
        table.step(&mut call);
        let open = table.sent().remove(0);
        table.update(&open, 5, &lease(ip(1), 1));
        table.step(&mut call);
        let change = table.sent().remove(0);
        table.status(&change, 0, "");
        assert!(table.step(&mut call).is_none());
        if read_sent {
            assert_eq!(table.sent().len(), 1);
        }
        table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
        if read_sent {
            assert_eq!(table.step(&mut call), lost(ErrorKind::ConnectionReset));
            continue;
        }
        table.pass(S);
        table.shake_hands();
        assert!(table.sent().is_empty(), "the handle was of the other connection");
        assert_eq!(table.step(&mut call), lost(ErrorKind::NotConnected));
    }
}

#[test]
fn a_sync_is_guarded_before_it_deletes() {
    let mut table = Table::signed();
    let mut call = SyncHost::new(AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("a b"));
    let Some(Err(Error::Guarded(_))) = table.step(&mut call) else { panic!("it was sent") };
    assert!(table.sent().is_empty());
}

#[test]
fn a_deadline_may_be_as_long_as_a_program_can_say() {
    let mut config = Config::signed(key(), 1);
    (config.deadline, config.handshake) = (Duration::MAX, Duration::MAX);
    (config.stall, config.idle) = (Duration::MAX, Some(Duration::MAX));
    let mut table = Table::ready(config);
    let mut call = lookups(&mut table, 1).remove(0);
    let mut other = Within(Lookup::host().name("x"), Duration::MAX);
    assert!(table.step(&mut other).is_none());
    let asked = table.sent();
    table.pass(S * 86_400 * 365);
    assert!(table.step(&mut call).is_none());
    table.update(&asked[0], 1, &lease(ip(0), 1));
    assert!(table.step(&mut call).unwrap().is_ok());
}

#[test]
fn adding_a_host_names_its_hardware_type_and_asks_exclusively() {
    let mut table = Table::signed();
    let mut call =
        AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("ws1").ip_address(ip(9).into());
    assert!(table.step(&mut call).is_none());
    let asked = table.sent().remove(0);
    for flag in ["create", "exclusive"] {
        assert_eq!(asked.message.get(flag), Some(&[0, 0, 0, 1][..]));
    }
    assert_eq!(asked.object.get("hardware-type"), Some(&[0, 0, 0, 1][..]));
    assert_eq!(asked.object.get("ip-address"), Some(&[10, 99, 0, 9][..]));
}

// --- the link -------------------------------------------------------------------------------------

#[test]
fn a_lost_read_is_asked_again_and_a_lost_change_is_not() {
    let mut table = Table::signed();
    let mut read = Lookup::host().name("x");
    let mut change = AddHost::new("02:00:00:00:01:01".parse().unwrap()).name("ws1");
    assert!(table.step(&mut read).is_none() && table.step(&mut change).is_none());
    assert_eq!(table.sent().len(), 2);
    table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionReset));
    let lost = Fail::Lost { sent: true, why: ErrorKind::ConnectionReset };
    assert_eq!(table.step(&mut change).map(Result::err), Some(Some(lost.into())));
    assert!(table.step(&mut read).is_none(), "it waits for the next connection");
    assert_eq!(table.session.link(), Link::Down, "not before the backoff has passed");
    table.pass(S);
    assert_eq!(table.session.link(), Link::Up);
    table.shake_hands();
    let again = table.sent();
    assert_eq!(again.len(), 1);
    table.update(&again[0], 1, &[("name", "x")].into_iter().collect());
    assert!(table.step(&mut read).unwrap().is_ok());
}

#[test]
fn a_call_that_waits_in_vain_for_a_connection_says_why() {
    let mut table = Table::new(Config::signed(key(), 1));
    let mut call = lookups(&mut table, 1).remove(0);
    for _ in 0..3 {
        table.session.handle_link(table.now, News::Lost(ErrorKind::ConnectionRefused));
        assert_eq!(table.session.link(), Link::Down);
        table.pass(S);
    }
    table.pass(3 * S);
    let refused = Fail::Lost { sent: false, why: ErrorKind::ConnectionRefused };
    assert_eq!(table.step(&mut call), Some(Err(refused.into())));
}

#[test]
fn a_silent_server_is_left_after_a_while() {
    let mut table = Table::signed();
    let mut call = Within(Lookup::host().name("x"), 3600 * S);
    assert!(table.step(&mut call).is_none());
    table.sent();
    table.pass(29 * S);
    assert_eq!(table.session.link(), Link::Up);
    table.pass(S);
    assert_eq!(table.session.link(), Link::Down, "and there is no way back before the news of it");
}

#[test]
fn an_idle_link_is_hung_up_and_dialled_again_for_the_next_call() {
    let mut config = Config::signed(key(), 1);
    config.idle = Some(60 * S);
    let mut table = Table::ready(config);
    table.pass(60 * S);
    assert_eq!(table.session.link(), Link::Down);
    let mut call = Lookup::host().name("x");
    assert!(table.step(&mut call).is_none());
    assert_eq!(table.session.link(), Link::Down, "it is still being hung up");
    table.session.handle_link(table.now, News::Down);
    assert_eq!(table.session.link(), Link::Up);
}

#[test]
fn idleness_counts_also_from_a_call_that_was_dropped_before_it_was_sent() {
    let mut config = Config::signed(key(), 1);
    config.idle = Some(60 * S);
    let mut table = Table::new(config);
    let mut call = Lookup::host().name("x");
    let Step::Wait(ticket) = call.step(&mut table.session, table.now) else { panic!("it waits") };
    table.shake_hands();
    table.session.cancel(ticket);
    assert!(table.sent().is_empty());
    table.pass(60 * S);
    assert_eq!(table.session.link(), Link::Down);
}

#[test]
fn a_refused_key_ends_the_session_for_every_call() {
    let mut table = Table::new(Config::signed(key(), 1));
    let mut calls = lookups(&mut table, 2);
    table.session.handle_link(table.now, News::Up);
    let asked = decode_all(&table.out()[8..]).remove(0);
    table.introduce();
    let refusal = unsigned(
        Opcode::Status,
        asked.header.tid,
        &status(23, "no object matches specification"),
        &Attributes::new(),
    );
    table.feed(&refusal);
    for call in &mut calls {
        assert!(matches!(table.step(call), Some(Err(Error::KeyRefused { .. }))));
    }
    assert_eq!(table.session.link(), Link::Over, "asking again would be a hot loop");
    assert!(matches!(
        table.step(&mut Lookup::host().name("x")),
        Some(Err(Error::KeyRefused { .. }))
    ));
}

#[test]
fn a_shutdown_is_done_when_the_server_hangs_up_and_nothing_follows_it() {
    for news in [News::Eof, News::Lost(ErrorKind::ConnectionReset)] {
        let mut table = Table::signed();
        let (mut call, mut other) = (Shutdown::new(), Lookup::host().name("x"));
        assert!(table.step(&mut call).is_none());
        let open = table.sent().remove(0);
        table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
        assert!(table.step(&mut call).is_none());
        let change = table.sent().remove(0);
        assert_eq!(change.object.get("state"), Some(&[0, 0, 0, 2][..]));
        assert!(table.step(&mut other).is_none());
        assert!(table.sent().is_empty(), "the server says nothing any more");
        table.pass(4 * S);
        table.session.handle_link(table.now, news);
        assert_eq!(table.step(&mut call), Some(Ok(())));
    }
}

#[test]
fn a_link_that_breaks_on_our_side_is_no_shutdown() {
    for why in [ErrorKind::BrokenPipe, ErrorKind::TimedOut] {
        let mut table = Table::signed();
        let mut call = Shutdown::new();
        table.step(&mut call);
        let open = table.sent().remove(0);
        table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
        table.step(&mut call);
        assert_eq!(table.sent().len(), 1);
        table.session.handle_link(table.now, News::Lost(why));
        let lost = Fail::Lost { sent: true, why };
        assert_eq!(table.step(&mut call), Some(Err(lost.into())));
    }
}

#[test]
fn a_shutdown_whose_answer_breaks_the_protocol_is_not_done() {
    let mut table = Table::signed();
    let mut call = Shutdown::new();
    table.step(&mut call);
    let open = table.sent().remove(0);
    table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
    table.step(&mut call);
    let change = table.sent().remove(0);
    let forged = unsigned(Opcode::Status, change.header.tid, &status(0, ""), &Attributes::new());
    table.feed(&forged);
    let broken = Error::Broken { fault: Fault::Unsigned, sent: true };
    assert_eq!(table.step(&mut call), Some(Err(broken)));
}

#[test]
fn a_shutdown_without_an_end_is_unknown() {
    let mut table = Table::signed();
    let mut call = Shutdown::new();
    table.step(&mut call);
    let open = table.sent().remove(0);
    table.update(&open, 2, &[("state", [0; 4])].into_iter().collect());
    table.step(&mut call);
    table.sent();
    table.pass(Shutdown::DEADLINE);
    let unknown = Fail::TimedOut { sent: true };
    assert_eq!(table.step(&mut call), Some(Err(unknown.into())));
    assert_eq!(table.session.link(), Link::Down, "the next call is not to wait for this server");
}

#[test]
fn closing_lets_calls_end_and_takes_no_new_ones() {
    let mut table = Table::signed();
    let mut call = lookups(&mut table, 1).remove(0);
    let asked = table.sent().remove(0);
    table.session.close();
    assert_eq!(table.session.link(), Link::Up);
    assert_eq!(table.step(&mut Lookup::host().name("x")), Some(Err(Error::Failed(Fail::Closed))));
    table.update(&asked, 1, &lease(ip(0), 1));
    assert!(table.step(&mut call).unwrap().is_ok());
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn a_driver_that_is_dropped_while_it_hangs_up_ends_the_calls_that_wait_for_the_next_link() {
    let mut table = Table::new(Config::signed(key(), 1));
    let mut call = lookups(&mut table, 1).remove(0);
    table.session.handle_link(table.now, News::Up);
    table.session.handle_link(table.now, News::Eof);
    assert_eq!(table.step(&mut call), None, "it was not sent: it waits for the next link");
    table.session.close();
    table.session.handle_link(table.now, News::Lost(ErrorKind::BrokenPipe));
    let lost = Fail::Lost { sent: false, why: ErrorKind::BrokenPipe };
    assert_eq!(table.step(&mut call), Some(Err(Error::Failed(lost))));
    assert_eq!(table.session.link(), Link::Over);
}

#[test]
fn secrets_are_in_no_debug_output() {
    let table = Table::signed();
    let shown = format!("{:?} {:?}", table.session, table.session.config());
    assert!(!shown.contains("a secret") && !shown.contains("97, 32, 115"), "{shown}");
}

proptest! {
    /// Whatever the server sends, in whatever pieces: no panic, and every call ends in time.
    #[test]
    fn any_input_ends_every_call(
        pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..20),
        introduced in any::<bool>(),
        signed in any::<bool>(),
    ) {
        let config = if signed { Config::signed(key(), 1) } else { Config::unsigned(1) };
        let mut table = Table::new(config);
        let mut calls = lookups(&mut table, 3);
        table.session.handle_link(table.now, News::Up);
        table.out();
        if introduced {
            table.introduce();
        }
        let mut left = vec![];
        for piece in pieces {
            left.extend(piece);
            while table.session.link() == Link::Up && !left.is_empty() {
                let used = table.session.handle_input(table.now, (), &left);
                prop_assert!(used <= left.len());
                left.drain(..used);
                table.out();
                if used == 0 { break }
            }
        }
        for _ in 0..50 {
            table.pass(S);
            match table.session.link() {
                Link::Down => table.session.handle_link(table.now, News::Down),
                Link::Up => {}
                _ => break,
            }
        }
        for call in &mut calls {
            prop_assert!(table.step(call).is_some());
        }
    }
}
