//! What is special here: whoever waits does the work, and a script needs no setup.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::thread;
use std::time::{Duration, Instant};

use netlever_blocking::{Connection, Reactor};
use netlever_conformance::kv::{Book, Kv, Shop, get};
use netlever_core::runtime::{Endpoint, Listening, Runtime};

/// A shop on a reactor and a thread of its own.
fn shop_elsewhere() -> Endpoint {
    let reactor = Reactor::new().unwrap();
    let listening = reactor.listen(&Endpoint::tcp("127.0.0.1", 0)).unwrap();
    let (here, book) = (listening.endpoint(), Book::default());
    thread::spawn(move || reactor.block_on(reactor.serve(listening, |_| Shop::new(&book))));
    here
}

#[test]
fn a_script_connects_calls_and_closes() {
    let connection = netlever_blocking::connect(Kv::new(8, 64), &shop_elsewhere()).unwrap();
    assert_eq!(connection.call(get("k")), Ok("k=1".into()));
    let values: Vec<_> = connection.batch((0..100).map(|n| get(format!("b{n}"))), 16).collect();
    assert!(values.iter().enumerate().all(|(n, value)| *value == Ok(format!("b{n}=1"))));
    connection.client().with(|kv| assert!(kv.up()));
    let reactor = connection.reactor().clone();
    connection.close();
    assert_eq!(reactor.tasks(), 0);
}

#[test]
fn a_thousand_sessions_on_one_thread() {
    let (reactor, here) = (Reactor::new().unwrap(), shop_elsewhere());
    // Each has a socket at both ends, and both are in this process: files are few.
    for round in 0..5 {
        let sessions: Vec<_> =
            (0..200).map(|_| Connection::on(&reactor, Kv::new(8, 64), &here)).collect();
        for (n, session) in sessions.iter().enumerate() {
            assert_eq!(session.call(get("k")), Ok(format!("k={}", round * 200 + n + 1)));
        }
        sessions.into_iter().for_each(Connection::close);
    }
    assert_eq!(reactor.tasks(), 0);
}

#[test]
fn the_lead_is_handed_on_and_nobody_is_left_asleep() {
    let (reactor, here) = (Reactor::new().unwrap(), shop_elsewhere());
    let connection = Arc::new(Connection::on(&reactor, Kv::new(8, 64), &here));
    let began = Instant::now();
    let threads: Vec<_> = (1..=8)
        .map(|n| {
            let (connection, reactor) = (connection.clone(), reactor.clone());
            thread::spawn(move || {
                // The leader changes each time that one of these ends.
                let until = Instant::now() + Duration::from_millis(20 * n);
                reactor.block_on(reactor.sleep_until(until));
                assert!(connection.call(get("k")).is_ok());
                Instant::now() - until
            })
        })
        .collect();
    for thread in threads {
        let late = thread.join().unwrap();
        assert!(late < Duration::from_secs(2), "{late:?} too late");
    }
    assert!(began.elapsed() >= Duration::from_millis(160));
}

#[test]
fn a_wake_from_a_thread_that_does_not_wait_rings_the_bell() {
    let reactor = Reactor::new().unwrap();
    let (count, done) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (from, counted) = (reactor.clone(), count.clone());
    let finished = done.clone();
    let spawner = thread::spawn(move || {
        for _ in 0..100 {
            let counted = counted.clone();
            from.spawn(async move {
                counted.fetch_add(1, SeqCst);
            });
            thread::yield_now();
        }
        finished.store(1, SeqCst);
    });
    while done.load(SeqCst) == 0 || count.load(SeqCst) < 100 {
        let soon = Instant::now() + Duration::from_millis(20);
        reactor.block_on(reactor.sleep_until(soon));
    }
    spawner.join().unwrap();
    reactor.run();
    assert_eq!(count.load(SeqCst), 100);
}

#[test]
fn a_task_that_panics_ends_alone() {
    let reactor = Reactor::new().unwrap();
    reactor.spawn(async { panic!("on purpose") });
    let connection = Connection::on(&reactor, Kv::new(8, 64), &shop_elsewhere());
    assert_eq!(connection.call(get("k")), Ok("k=1".into()));
}

#[test]
fn block_on_inside_of_block_on_is_told() {
    let reactor = Reactor::new().unwrap();
    let inner = reactor.clone();
    let nested = reactor.block_on(async move {
        catch_unwind(AssertUnwindSafe(|| inner.block_on(async {}))).is_err()
    });
    assert!(nested);
    assert_eq!(reactor.block_on(async { 7 }), 7, "and the lead is free again");
}
