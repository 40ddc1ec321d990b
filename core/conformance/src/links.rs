//! Links: lost at each moment, refused, dialled again, hung up.

use std::io::ErrorKind;
use std::time::Duration;

use netlever_core::desk::Fail;
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use netlever_core::{Client, News};

use crate::checked::Checked;
use crate::hand::Hand;
use crate::kv::{Book, Kv, get};
use crate::lab::{
    MS, S, all, answers, anywhere, by_hand, hears, in_order, kv, pause, shop, shop_at, until,
};

/// One call, and a peer that says this and hangs up.
async fn cut_off<R: Runtime>(runtime: &R, last: &str) -> Result<String, Fail> {
    let (client, peer) = by_hand(runtime, Kv::new(32, 64)).await;
    let call = {
        let (client, runtime) = (client.clone(), runtime.clone());
        async move {
            let answer = client.call(get("k")).await;
            let next = client.call(get("k")).await;
            // The end may be noticed before the second call, or after it was sent.
            assert!(matches!(next, Err(Fail::Closed | Fail::Lost { .. })), "{next:?}");
            until(&runtime, "it is over", || client.with(|kv| !kv.inner().up())).await;
            answer
        }
    };
    hangs_up(runtime, &peer, last);
    all(runtime, [call]).await.remove(0)
}

fn hangs_up<R: Runtime>(runtime: &R, peer: &Client<Checked<Hand>>, last: &str) {
    let (peer, here, last) = (peer.clone(), runtime.clone(), last.to_owned());
    runtime.spawn(async move {
        hears(&here, &peer, "1 k\n").await;
        peer.with(|peer| peer.inner().say_last(last));
    });
}

/// The request was sent, and nothing came.
pub fn a_peer_that_closes_before_a_byte<R: Runtime>(runtime: &R) {
    let end = runtime.block_on(cut_off(runtime, ""));
    assert_eq!(end, Err(Fail::Lost { sent: true, why: ErrorKind::UnexpectedEof }));
}

/// Half an answer is none.
pub fn a_peer_that_closes_in_the_middle_of_a_message<R: Runtime>(runtime: &R) {
    let end = runtime.block_on(cut_off(runtime, "1 hal"));
    assert_eq!(end, Err(Fail::Lost { sent: true, why: ErrorKind::UnexpectedEof }));
}

/// A whole answer counts, whatever comes after it.
pub fn a_peer_that_closes_after_the_answer<R: Runtime>(runtime: &R) {
    let end = runtime.block_on(cut_off(runtime, "1 whole\n"));
    assert_eq!(end, Ok("whole".into()));
}

/// What was sent may have been carried out; what was queued was not.
pub fn a_peer_that_closes_while_calls_wait<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, peer) = by_hand(runtime, Kv::new(1, 64)).await;
        hangs_up(runtime, &peer, "");
        let ends = in_order(&client, ["k", "queued"].map(get)).await;
        let lost = |sent| Err(Fail::Lost { sent, why: ErrorKind::UnexpectedEof });
        assert_eq!(ends, [lost(true), lost(false)]);
    });
}

/// Where nobody listens.
fn nowhere<R: Runtime>(runtime: &R) -> Endpoint {
    let listening = runtime.listen(&anywhere()).expect("a place to listen");
    listening.endpoint()
}

/// `Reconnect::Never`: nothing was sent, and every later call is told.
pub fn a_refused_connection_ends_a_session_that_dials_once<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let client = kv(runtime, Kv::new(32, 64), &nowhere(runtime));
        let end = client.call(get("k")).await;
        let refused = Fail::Lost { sent: false, why: ErrorKind::ConnectionRefused };
        assert!(end == Err(refused) || end == Err(Fail::Closed), "{end:?}");
        assert_eq!(client.call(get("k")).await, Err(Fail::Closed));
        assert_eq!(client.with(|kv| kv.inner().losses), 1);
    });
}

/// The policy waits, twice as long each time; and when nobody calls, nobody dials.
pub fn a_refused_connection_is_no_hot_loop<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let client = kv(runtime, Kv::patient(10 * MS, 80 * MS), &nowhere(runtime));
        let end = client.call(get("k").within(400 * MS)).await;
        assert_eq!(end, Err(Fail::TimedOut { sent: false }));
        // 10, 20, 40, 80, 80, … less up to a quarter of each: 9 at most.
        let dials = client.with(|kv| kv.inner().losses);
        assert!((3..=9).contains(&dials), "{dials} dials in 400 ms");
        pause(runtime, 300 * MS).await;
        let later = client.with(|kv| kv.inner().losses);
        assert!(later <= dials + 1, "nobody waits, and still it dials");
    });
}

/// A server that leaves after each answer.
pub fn a_lost_link_is_dialled_again<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let client = kv(runtime, Kv::patient(5 * MS, 20 * MS), &at);
        for n in 1..=5 {
            assert_eq!(client.call(get("bye")).await, Ok(format!("bye={n}")));
            until(runtime, "it has noticed", || client.with(|kv| !kv.inner().up())).await;
        }
        assert_eq!(client.with(|kv| kv.inner().losses), 5);
    });
}

/// An idle client hangs up, which is no loss, and the next call dials at once.
pub fn an_idle_link_is_hung_up_and_dialled_again<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let client = kv(runtime, Kv::patient(60 * S, 60 * S).idle(50 * MS), &at);
        for n in 1..=3 {
            assert_eq!(client.call(get("k").within(2 * S)).await, Ok(format!("k={n}")));
            assert!(client.with(|kv| kv.inner().up()));
            until(runtime, "it hangs up", || client.with(|kv| !kv.inner().up())).await;
        }
        assert_eq!(client.with(|kv| kv.inner().losses), 0);
    });
}

/// The receive buffer grows from its first size to the session's limit, and never past it.
pub fn a_message_may_be_as_long_as_the_limit_and_no_longer<R: Runtime>(runtime: &R) {
    const LIMIT: usize = 65_536; // of `Kv`: the default of sessions
    runtime.block_on(async {
        for (long, fine) in [(LIMIT - 1, true), (LIMIT, true), (LIMIT + 1, false)] {
            let (client, peer) = by_hand(runtime, Kv::new(32, 64)).await;
            let value = "v".repeat(long - "1 \n".len());
            answers(runtime, &peer, "1 k\n", format!("1 {value}\n"));
            match client.call(get("k")).await {
                Ok(got) => assert!(fine && got == value, "{long}"),
                Err(why) => {
                    assert!(!fine, "{long}: {why}");
                    assert_eq!(why, Fail::Lost { sent: true, why: ErrorKind::InvalidData });
                }
            }
        }
    });
}

fn socket_file() -> std::path::PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let name = format!("netlever-{}-{}", std::process::id(), NUMBER.fetch_add(1, Relaxed));
    std::env::temp_dir().join(name)
}

/// The same wire, another address.
pub fn unix_sockets<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let at = shop_at(runtime, &Endpoint::Unix(socket_file()), &Book::default());
        let client = kv(runtime, Kv::new(32, 64), &at);
        for n in 1..=100 {
            assert_eq!(client.call(get("k")).await, Ok(format!("k={n}")));
        }
        let long = client.call(get("big 60000")).await;
        assert_eq!(long.map(|value| value.len()), Ok(60_000));
        assert_eq!(client.call(get("bye")).await, Ok("bye=1".into()));
        until(runtime, "it has noticed", || client.with(|kv| !kv.inner().up())).await;
        if let Endpoint::Unix(file) = at {
            let _ = std::fs::remove_file(file);
        }
    });
}

/// A next listener may have the same path.
pub fn the_file_of_a_unix_socket_goes_with_its_listener<R: Runtime>(runtime: &R) {
    let file = socket_file();
    for _ in 0..2 {
        let listening = runtime.listen(&Endpoint::Unix(file.clone())).expect("the path is free");
        assert!(file.exists());
        drop(listening);
        assert!(!file.exists());
    }
}

/// `localhost` may stand for two addresses, and only one is listened at.
pub fn a_name_is_looked_up_and_all_its_addresses_tried<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (at, _) = shop(runtime);
        let Endpoint::Tcp { port, .. } = at else { panic!("a TCP endpoint") };
        let client = kv(runtime, Kv::new(32, 64), &Endpoint::tcp("localhost", port));
        assert_eq!(client.call(get("k")).await, Ok("k=1".into()));
        let client = kv(runtime, Kv::new(32, 64), &Endpoint::tcp("no.such.host.invalid", port));
        let end = client.call(get("k")).await;
        assert!(matches!(end, Err(Fail::Lost { sent: false, .. } | Fail::Closed)), "{end:?}");
    });
}

/// A peer that is away for three hours, a client that waits an hour at most between two dials.
pub fn hours_of_backoff_and_a_peer_that_comes_back<R: Runtime>(runtime: &R) {
    const HOUR: Duration = Duration::from_secs(3600);
    runtime.block_on(async {
        let at = nowhere(runtime);
        let client = kv(runtime, Kv::patient(S, HOUR).idle(60 * S), &at);
        let clock = runtime.clock();
        let began = clock();
        let (here, there) = (runtime.clone(), at.clone());
        runtime.spawn(async move {
            pause(&here, 3 * HOUR).await;
            shop_at(&here, &there, &Book::default());
        });
        assert_eq!(client.call(get("k").within(24 * HOUR)).await, Ok("k=1".into()));
        let took = clock() - began;
        assert!(took >= 3 * HOUR && took <= 4 * HOUR, "{took:?}");
        // 1 s doubling to 2048 s is an hour and eight minutes, then an hour each.
        let dials = client.with(|kv| kv.inner().losses);
        assert!((12..=18).contains(&dials), "{dials} dials in three hours");
        pause(runtime, 62 * S).await;
        assert!(client.with(|kv| !kv.inner().up()), "it was idle for a minute");
        let began = clock();
        assert_eq!(client.call(get("k")).await, Ok("k=2".into()));
        assert!(clock() - began < S, "an idle link is dialled again at once");
    });
}

/// What happened to a hand's link, without the beginning.
pub(crate) fn news(hand: &Client<Checked<Hand>>) -> Vec<News> {
    hand.with(|hand| hand.inner().news.iter().skip(1).copied().collect())
}
