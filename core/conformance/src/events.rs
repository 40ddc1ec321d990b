//! Events: what a slow listener costs, and what is counted.

use netlever_core::Heard;
use netlever_core::runtime::Runtime;

use crate::kv::{Kv, get};
use crate::lab::{MS, S, answers, by_hand, hears, kv, pause, shop, until};

/// Reading stops, which the stream carries to the peer.
pub fn a_slow_listener_loses_nothing_while_no_call_is_in_flight<R: Runtime>(runtime: &R) {
    const EVENTS: usize = 30_000;
    runtime.block_on(async {
        let (client, peer) = by_hand(runtime, Kv::new(32, 64)).await;
        let mut events = client.listen(2);
        peer.with(|peer| {
            let hand = peer.inner();
            for n in 0..EVENTS {
                hand.say(format!("! {n:0100}\n"));
            }
            hand.say_last("");
        });
        pause(runtime, 50 * MS).await;
        assert_eq!(client.with(|kv| kv.inner().told), 3, "the room of two, and the one too many");
        for n in 0..EVENTS {
            let heard = events.next().await;
            assert_eq!(heard, Some(Heard::Event(format!("{n:0100}"))));
        }
        assert_eq!(events.next().await, None);
    });
}

/// A call in flight lets the reading go on: no deadlock, but perhaps a gap, and that is counted.
pub fn a_listener_that_calls_in_a_flood_gets_its_answer_and_a_counted_gap<R: Runtime>(runtime: &R) {
    const ROOM: usize = 4;
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let client = kv(runtime, Kv::new(32, 64), &at);
        let mut events = client.listen(ROOM);
        assert_eq!(client.call(get("flood 1000")).await, Ok("flood=1".into()));
        let (mut seen, mut gap) = (vec![], 0);
        while seen.len() as u64 + gap < 1000 {
            match events.next().await {
                Some(Heard::Event(event)) => seen.push(event),
                Some(Heard::Gap(lost)) => {
                    assert_eq!(seen.len(), ROOM * 8, "the gap stands where they were dropped");
                    gap += lost;
                }
                None => panic!("the session has ended"),
            }
        }
        assert_eq!(gap, 1000 - 32, "all came before the answer, and 32 were kept");
        assert!(seen.iter().enumerate().all(|(n, event)| *event == n.to_string()));
        // and a call from the listener itself, while more than its room waits
        let (client, peer) = by_hand(runtime, Kv::new(32, 64)).await;
        let mut events = client.listen(ROOM);
        peer.with(|peer| peer.inner().say("! x\n".repeat(20)));
        assert_eq!(events.next().await, Some(Heard::Event("x".into())));
        answers(runtime, &peer, "1 k\n", "1 yes\n");
        assert_eq!(client.call(get("k").within(2 * S)).await, Ok("yes".into()));
    });
}

/// The next listener hears first how many there were.
pub fn without_a_listener_events_are_counted<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, peer) = by_hand(runtime, Kv::new(32, 64)).await;
        answers(runtime, &peer, "1 k\n", "! x\n".repeat(500) + "1 done\n");
        assert_eq!(client.call(get("k")).await, Ok("done".into()));
        let mut events = client.listen(10);
        assert_eq!(events.next().await, Some(Heard::Gap(500)));
        peer.with(|peer| peer.inner().say("! y\n".repeat(50)));
        assert_eq!(events.next().await, Some(Heard::Event("y".into())));
        drop(events); // what it did not hear is counted, and so is what it held back
        answers(runtime, &peer, "1 k\n2 k\n", "2 done\n");
        assert_eq!(client.call(get("k")).await, Ok("done".into()));
        assert_eq!(client.listen(10).next().await, Some(Heard::Gap(49)));
    });
}

/// The first hears the end; the second goes on where the first stood.
pub fn a_second_listener_takes_over<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, peer) = by_hand(runtime, Kv::new(32, 64)).await;
        let mut first = client.listen(10);
        peer.with(|peer| peer.inner().say("! a\n"));
        assert_eq!(first.next().await, Some(Heard::Event("a".into())));
        let mut second = client.listen(10);
        peer.with(|peer| peer.inner().say("! b\n"));
        assert_eq!(first.next().await, None);
        drop(first);
        assert_eq!(second.next().await, Some(Heard::Event("b".into())));
        peer.with(|peer| peer.inner().link = netlever_core::Link::Over);
        assert_eq!(second.next().await, None);
    });
}

/// A peer that never stops talking, and another session on the same runtime.
pub fn a_flood_starves_nobody<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (flooded, flooder) = by_hand(runtime, Kv::new(32, 64)).await;
        flooder.with(|hand| hand.inner().flood = Some(b"! x\n".repeat(1000)));
        let (at, _) = shop(runtime);
        let client = kv(runtime, Kv::new(32, 64), &at);
        let clock = runtime.clock();
        let began = clock();
        for n in 1..=20 {
            assert_eq!(client.call(get("k")).await, Ok(format!("k={n}")));
        }
        let took = clock() - began;
        // A starved session would wait for ever; the limit leaves room for a machine under load.
        assert!(took < 40 * S, "twenty calls took {took:?}");
        // The flooded session itself still sends and hangs up.
        let call = flooded.call(get("in the flood").within(100 * MS));
        assert!(call.await.is_err(), "nobody answers");
        hears(runtime, &flooder, "1 in the flood\n").await;
        flooded.close();
        until(runtime, "the flood ends", || flooder.with(|hand| hand.inner().ended())).await;
    });
}
