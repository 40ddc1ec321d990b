//! A program that is async-std's from its `main` on: nobody is in our `block_on`.

use netlever_async_std::AsyncStd;
use netlever_conformance::kv::{Book, Kv, Shop, get};
use netlever_conformance::{Checked, On};
use netlever_core::runtime::{Endpoint, Listening, Runtime};

#[test]
fn background_work_runs_on_async_stds_own_threads() {
    async_std::task::block_on(async {
        let listening = AsyncStd.listen(&Endpoint::tcp("127.0.0.1", 0)).unwrap();
        let (here, book) = (listening.endpoint(), Book::default());
        let serving = AsyncStd.serve(listening, move |_| Checked::new(Shop::new(&book)));
        AsyncStd.spawn(async { serving.await.unwrap() });
        let client = AsyncStd.connect(Checked::new(Kv::new(8, 64)), &here);
        for n in 1..=1000 {
            assert_eq!(client.call(On(get("k"))).await, Ok(format!("k={n}")));
        }
        // And from there to a thread that waits, and back.
        let waits = client.clone();
        let thread = std::thread::spawn(move || AsyncStd.block_on(waits.call(On(get("k")))));
        assert_eq!(thread.join().unwrap(), Ok("k=1001".into()));
        assert_eq!(client.call(On(get("k"))).await, Ok("k=1002".into()));
    });
    netlever_conformance::checked::assert_kept();
}
