//! A test may pause tokio's clock: hours of a session pass in a moment.

use std::time::{Duration, Instant};

use netlever_conformance::kv::{Kv, get};
use netlever_core::desk::Fail;
use netlever_core::runtime::{Endpoint, Runtime};
use netlever_tokio::Tokio;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test(start_paused = true)]
async fn a_day_of_backoff_takes_a_moment() {
    let (tokio, began) = (Tokio::current(), Instant::now());
    // A Unix socket that is not there: a real dial, and a real refusal.
    let nowhere = Endpoint::Unix("/nonexistent/netlever".into());
    let client = tokio.connect(Kv::patient(Duration::from_secs(1), HOUR), &nowhere);
    let end = client.call(get("k").within(24 * HOUR)).await;
    assert_eq!(end, Err(Fail::TimedOut { sent: false }));
    let dials = client.with(|kv| kv.losses);
    assert!((30..=45).contains(&dials), "{dials} dials in a day");
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_runtime_of_ours_ends_with_its_first_value_and_its_sessions_with_it() {
    let tokio = Tokio::new().unwrap();
    let clone = tokio.clone();
    let listening = tokio.listen(&Endpoint::tcp("127.0.0.1", 0)).unwrap();
    let here = netlever_core::runtime::Listening::endpoint(&listening);
    let client = clone.connect(Kv::new(8, 64), &here);
    let call = client.call(get("k").within(Duration::from_millis(50)));
    assert_eq!(clone.block_on(call), Err(Fail::TimedOut { sent: true }));
    drop(tokio);
    let next = Tokio::new().unwrap().block_on(client.call(get("k")));
    assert_eq!(next, Err(Fail::Closed));
}
