//! Calls: pipelining, deadlines, what is dropped, what is closed.

use std::future::{Future, poll_fn};
use std::io::ErrorKind;
use std::pin::pin;
use std::task::Poll;

use netlever_core::desk::Fail;
use netlever_core::runtime::Runtime;
use netlever_core::{Link, drive};

use crate::kv::{Kv, get};
use crate::lab::{Leash, MS, S, all, between, by_hand, hears, in_order, kv, shop, text, until};
use crate::{Checked, hand::Hand};

/// Two hundred calls, 64 at the door, 32 on the wire: outputs in the order of the calls.
pub fn calls_go_out_together_and_each_gets_its_own_answer<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let client = kv(runtime, Kv::new(32, 64), &at);
        let mut batch = client.batch((0..200).map(|n| get(format!("k{n}"))), 64);
        for n in 0..200 {
            assert_eq!(batch.next().await, Some(Ok(format!("k{n}=1"))));
        }
        assert_eq!(batch.next().await, None);
        // That they were on the wire together, a peer tells that answers from the last to the first.
        let (client, peer) = by_hand(runtime, Kv::new(3, 64)).await;
        let calls = ["a", "b", "c", "d"].map(get);
        let answers = async {
            hears(runtime, &peer, "1 a\n2 b\n3 c\n").await; // the window is three
            peer.with(|peer| peer.inner().say("3 C\n2 B\n1 A\n"));
            hears(runtime, &peer, "1 a\n2 b\n3 c\n4 d\n").await;
            peer.with(|peer| peer.inner().say("4 D\n"));
        };
        let (values, ()) = both(in_order(&client, calls), answers).await;
        assert_eq!(values, ["A", "B", "C", "D"].map(|value| Ok(value.into())));
    });
}

/// Both futures, side by side.
async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (pin!(a), pin!(b));
    let (mut first, mut second) = (None, None);
    poll_fn(|cx| {
        if first.is_none()
            && let Poll::Ready(out) = a.as_mut().poll(cx)
        {
            first = Some(out);
        }
        if second.is_none()
            && let Poll::Ready(out) = b.as_mut().poll(cx)
        {
            second = Some(out);
        }
        if first.is_some() && second.is_some() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    (first.expect("both are done"), second.expect("both are done"))
}

/// A call that waits for a place on the wire ends in time, and says that nothing was sent.
pub fn a_queued_call_has_its_deadline_and_one_too_many_is_busy<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, peer) = by_hand(runtime, Kv::new(4, 8)).await;
        let clock = runtime.clock();
        let long = in_order(&client, (0..7).map(|_| get("k").within(400 * MS)));
        let late = async {
            hears(runtime, &peer, "1 k\n2 k\n3 k\n4 k\n").await;
            let began = clock();
            let late = client.call(get("late").within(100 * MS));
            let busy = async {
                until(runtime, "the eighth waits", || {
                    client.with(|kv| kv.inner().desk.queued()) == 4
                })
                .await;
                assert_eq!(client.call(get("ninth")).await, Err(Fail::Busy));
            };
            let (late, ()) = both(late, busy).await;
            assert_eq!(late, Err(Fail::TimedOut { sent: false }));
            let took = clock() - began;
            assert!(took >= 100 * MS && took < 350 * MS, "{took:?}");
        };
        let (long, ()) = both(long, late).await;
        let sent = long.iter().filter(|out| **out == Err(Fail::TimedOut { sent: true })).count();
        let queued = long.iter().filter(|out| **out == Err(Fail::TimedOut { sent: false })).count();
        assert_eq!((sent, queued), (4, 3));
        assert_eq!(text(&peer), "1 k\n2 k\n3 k\n4 k\n", "the places stay taken");
    });
}

/// A hundred calls begun and dropped; then two hundred that are not.
pub fn a_dropped_call_disturbs_nobody<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let client = kv(runtime, Kv::new(32, 64), &at);
        assert_eq!(client.call(get("first")).await, Ok("first=1".into()));
        for _ in 0..100 {
            let mut call = Box::pin(client.call(get("gone")));
            let begun = poll_fn(|cx| Poll::Ready(call.as_mut().poll(cx).is_pending())).await;
            assert!(begun);
            drop(call);
        }
        let mut batch = client.batch((0..200).map(|n| get(format!("k{n}"))), 32);
        for n in 0..200 {
            assert_eq!(batch.next().await, Some(Ok(format!("k{n}=1"))));
        }
        drop(batch);
        until(runtime, "all places are free again", || {
            client.with(|kv| {
                let desk = &kv.inner().desk;
                desk.owed() == 0 && desk.queued() == 0 && !desk.waiting()
            })
        })
        .await;
    });
}

/// A batch of a thousand, dropped after ten outputs: its other calls go, and nothing else.
pub fn a_dropped_batch_disturbs_nobody<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, book) = shop(runtime);
        let client = kv(runtime, Kv::new(8, 64), &at);
        let mut batch = client.batch((0..1000).map(|n| get(format!("b{n}"))), 32);
        for n in 0..10 {
            assert_eq!(batch.next().await, Some(Ok(format!("b{n}=1"))));
        }
        drop(batch);
        for n in 1..=50 {
            assert_eq!(client.call(get("k")).await, Ok(format!("k={n}")));
        }
        let begun =
            book.lock().expect("no panic").keys().filter(|key| key.starts_with('b')).count();
        assert!((10..=50).contains(&begun), "{begun} of a thousand were sent");
    });
}

/// Whoever waits is told, and later calls too.
pub fn a_dropped_driver_ends_every_call<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let client = netlever_core::Client::new(Checked::new(Kv::new(1, 64)), runtime.clock());
        let leash = Leash::default();
        runtime.spawn(leash.hold(drive(&client, runtime.stream(&at))));
        assert_eq!(client.call(get("k")).await, Ok("k=1".into()));
        let calls = ["mute", "queued"].map(get);
        let pull = async {
            until(runtime, "one is sent, one queued", || {
                client.with(|kv| (kv.inner().desk.owed(), kv.inner().desk.queued())) == (1, 1)
            })
            .await;
            leash.pull();
        };
        let (ends, ()) = both(in_order(&client, calls), pull).await;
        let lost = |sent| Err(Fail::Lost { sent, why: ErrorKind::BrokenPipe });
        assert_eq!(ends, [lost(true), lost(false)]);
        assert_eq!(client.call(get("k")).await, Err(Fail::Closed));
        assert_eq!(client.listen(1).next().await, None);
    });
}

/// 64 tasks share a handle.
pub fn ten_thousand_calls_from_64_tasks_on_one_handle<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, book) = shop(runtime);
        let client = kv(runtime, Kv::new(32, 64), &at);
        let tasks = (0..64).map(|task| {
            let client = client.clone();
            async move {
                for n in 1..=157 {
                    let answer = client.call(get(format!("t{task}"))).await;
                    assert_eq!(answer, Ok(format!("t{task}={n}")));
                }
            }
        });
        assert_eq!(all(runtime, tasks).await.len(), 64);
        let sum: u64 = book.lock().expect("no panic").values().sum();
        assert_eq!(sum, 64 * 157);
    });
}

/// 64 threads share a handle, each with a `block_on` of its own.
pub fn ten_thousand_calls_from_64_threads_on_one_handle<R: Runtime>(runtime: &R) {
    let (at, book) = shop(runtime);
    let client = kv(runtime, Kv::new(32, 64), &at);
    std::thread::scope(|threads| {
        for thread in 0..64 {
            let (client, runtime) = (client.clone(), runtime.clone());
            threads.spawn(move || {
                for n in 1..=157 {
                    let answer = runtime.block_on(client.call(get(format!("t{thread}"))));
                    assert_eq!(answer, Ok(format!("t{thread}={n}")));
                }
            });
        }
    });
    let sum: u64 = book.lock().expect("no panic").values().sum();
    assert_eq!(sum, 64 * 157);
}

/// After `close` no call begins, those in flight have their answers, and then the driver ends.
pub fn a_closed_session_ends_its_calls_in_flight_first<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, peer) = by_hand(runtime, Kv::new(1, 64)).await;
        let calls = ["a", "b"].map(get);
        let close = async {
            hears(runtime, &peer, "1 a\n").await;
            client.close();
            assert_eq!(client.call(get("late")).await, Err(Fail::Closed));
            peer.with(|peer| peer.inner().say("1 A\n"));
            hears(runtime, &peer, "1 a\n2 b\n").await;
            peer.with(|peer| peer.inner().say("2 B\n"));
        };
        let (values, ()) = both(in_order(&client, calls), close).await;
        assert_eq!(values, ["A", "B"].map(|value| Ok(value.into())));
        assert_eq!(client.listen(1).next().await, None, "the session is over");
        until(runtime, "the link goes", || peer.with(|peer| peer.inner().ended())).await;
    });
}

/// A session without handles is closed.
pub fn the_last_handle_closes<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (dials, accepts) = between(runtime, Hand::default(), Hand::default()).await;
        dials.with(|hand| hand.inner().say("hello"));
        hears(runtime, &accepts, "hello").await;
        let second = dials.clone();
        drop(dials);
        second.with(|hand| hand.inner().say(" again"));
        hears(runtime, &accepts, "hello again").await;
        assert_eq!(second.with(|hand| hand.inner().link), Link::Up);
        drop(second);
        until(runtime, "the link goes", || accepts.with(|hand| hand.inner().ended())).await;
    });
}

/// Thirty connections, one book.
pub fn many_connections_share_one_state<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, book) = shop(runtime);
        let clients = (0..30).map(|_| {
            let client = kv(runtime, Kv::new(4, 8), &at);
            async move {
                for _ in 0..10 {
                    assert!(client.call(get("shared")).await.is_ok());
                }
                client.call(get("bye").within(5 * S)).await.is_ok()
            }
        });
        assert_eq!(all(runtime, clients).await, [true; 30]);
        assert_eq!(book.lock().expect("no panic").get("shared"), Some(&300));
    });
}
