//! Farewells: last words are written, read, and not waited for too long.

use std::io::ErrorKind;

use netlever_core::drive::LINGER;
use netlever_core::runtime::Runtime;
use netlever_core::{Link, News};

use crate::hand::Hand;
use crate::kv::{Book, Kv, Shop, get};
use crate::lab::{MS, between, by_hand, hears, pause, text, until};
use crate::links::news;

/// Eight MiB: more than the system keeps for one stream.
const MUCH: usize = 8 << 20;

/// Three questions, then `Half`; three answers, then the end.
pub fn a_server_answers_a_client_that_has_said_all<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, _server) =
            between(runtime, Hand::default(), Shop::new(&Book::default())).await;
        client.with(|client| {
            client.inner().say("1 a\n2 a\n3 a\n");
            client.inner().link = Link::Half;
        });
        until(runtime, "the server has said all", || !news(&client).is_empty()).await;
        assert_eq!(text(&client), "1 a=1\n2 a=2\n3 a=3\n");
        assert_eq!(news(&client)[0], News::Eof);
    });
}

/// The server shuts its side behind the answer, and still reads.
pub fn a_client_hears_a_server_that_has_said_all<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, server) = by_hand(runtime, Kv::new(32, 64)).await;
        let (here, there) = (runtime.clone(), server.clone());
        runtime.spawn(async move {
            hears(&here, &there, "1 k\n").await;
            there.with(|server| {
                server.inner().say("1 yes\n");
                server.inner().link = Link::Half;
            });
        });
        assert_eq!(client.call(get("k")).await, Ok("yes".into()));
        until(runtime, "both have ended", || !news(&server).is_empty()).await;
        assert_eq!(text(&server), "1 k\n", "what was said after the half close arrived");
    });
}

/// A long answer, then `Over`; the peer reads late and slowly, and still gets all of it.
pub fn the_last_answer_is_written_before_the_link_goes<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, _server) =
            between(runtime, Hand::default(), Shop::new(&Book::default())).await;
        client.with(|client| {
            client.inner().reads = false;
            client.inner().say(format!("1 big {MUCH}\n2 bye\n"));
        });
        pause(runtime, 300 * MS).await;
        client.with(|client| client.inner().reads = true);
        until(runtime, "the server has said all", || !news(&client).is_empty()).await;
        client.with(|client| {
            let got = &client.inner().got;
            assert_eq!(got.len(), MUCH + "1 \n2 bye=1\n".len());
            assert!(got.ends_with(b"x\n2 bye=1\n"));
        });
        assert_eq!(news(&client)[0], News::Eof, "no reset");
    });
}

/// A long answer, then `Over`; the peer reads nothing. Patience ends `LINGER` after the last
/// progress.
pub fn a_peer_that_never_reads_is_left<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (_deaf, server) =
            between(runtime, Hand { reads: false, ..Hand::default() }, Hand::default()).await;
        let clock = runtime.clock();
        let began = clock();
        server.with(|server| server.inner().say_last(vec![b'x'; 4 * MUCH]));
        until(runtime, "patience ends", || !news(&server).is_empty()).await;
        let took = clock() - began;
        assert!(took >= LINGER && took < 2 * LINGER, "{took:?}");
        assert_eq!(news(&server), [News::Lost(ErrorKind::TimedOut)]);
    });
}

/// A client goes on talking after the server has ended: were that left unread, the system would
/// answer with a reset, and a reset overtakes what the client has not read.
pub fn no_reset_overtakes_the_last_words<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (client, _server) =
            between(runtime, Hand::default(), Shop::new(&Book::default())).await;
        client.with(|client| {
            let hand = client.inner();
            hand.reads = false;
            hand.say(format!("1 big {MUCH}\n2 bye\n"));
            for n in 3..1000 {
                hand.say(format!("{n} {}\n", "too late ".repeat(100)));
            }
        });
        pause(runtime, 100 * MS).await;
        client.with(|client| {
            client.inner().reads = true;
            client.inner().say("1000 also too late\n");
        });
        until(runtime, "the server has said all", || !news(&client).is_empty()).await;
        client.with(|client| assert!(client.inner().got.ends_with(b"\n2 bye=1\n")));
        assert_eq!(news(&client)[0], News::Eof, "no reset");
        hears_nothing_more(runtime, &client).await;
    });
}

async fn hears_nothing_more<R: Runtime>(
    runtime: &R,
    client: &netlever_core::Client<crate::Checked<Hand>>,
) {
    let before = text(client);
    pause(runtime, 20 * MS).await;
    hears(runtime, client, &before).await;
}
