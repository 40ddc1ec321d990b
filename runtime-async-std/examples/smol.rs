//! The wires under smol: no executor of async-std's, and the feature `async-std` may be off.
//!
//! ```text
//! cargo run -p netlever-async-std --example smol --no-default-features
//! ```

use netlever_async_std::{Accepting, Stream, clock};
use netlever_conformance::kv::{Book, Kv, Shop, get};
use netlever_core::runtime::{Endpoint, Listening};
use netlever_core::{Client, drive, drive_alone};

fn main() {
    smol::block_on(async {
        let mut listening =
            Accepting::bind(&Endpoint::tcp("127.0.0.1", 0)).expect("a place to listen");
        let here = listening.endpoint();
        let book = Book::default();
        let serving = smol::spawn(async move {
            while let Ok((stream, _)) = listening.accept().await {
                smol::spawn(drive_alone(Shop::new(&book), clock(), stream)).detach();
            }
        });

        let client = Client::new(Kv::new(8, 64), clock());
        let driving = smol::spawn(drive(&client, Stream::to(&here)));
        for n in 1..=3 {
            let answer = client.call(get("apples")).await;
            assert_eq!(answer, Ok(format!("apples={n}")));
            println!("{here}: {}", answer.unwrap_or_default());
        }
        client.close();
        driving.await;
        drop(serving);
    });
}
