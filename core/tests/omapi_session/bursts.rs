//! Bursts: how much is on the wire at once, and when the next may go.

use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{Expert, Lookup, Open, Update};
use netlever_core::omapi::request::Handle;
use netlever_core::omapi::session::{BURST, BURST_OBJECTS, BURST_REQUESTS};
use netlever_core::omapi::{Config, Error};
use netlever_core::session::{Call, Session, Step};

use super::table::*;

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
    assert_eq!(
        table.sent().len(),
        3,
        "the third begins far below the edge even if they grow by half"
    );
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
