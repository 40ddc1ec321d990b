//! Bodies: long, in pieces, in constant memory.

use netlever_core::Client;
use netlever_core::runtime::Runtime;

use crate::checked::Checked;
use crate::lab::{MS, all, between, pause};
use crate::pipe::{CHUNK, Finish, NextChunk, Pipe, SendChunk};

const CHUNKS: u8 = 160;

/// Sends ten MiB and says that it was all.
async fn send(pipe: &Client<Checked<Pipe>>) {
    for n in 0..CHUNKS {
        assert_eq!(pipe.call(SendChunk::new(vec![n; CHUNK])).await, Ok(()));
    }
    pipe.call(Finish).await;
}

/// Reads ten MiB to their end, at first slowly.
async fn receive<R: Runtime>(runtime: &R, pipe: &Client<Checked<Pipe>>) {
    let mut len = 0;
    loop {
        let chunk = pipe.call(NextChunk::default()).await.expect("the next piece");
        if chunk.is_empty() {
            break;
        }
        let right = |(at, octet): (usize, &u8)| usize::from(*octet) == (len + at) / CHUNK;
        assert!(chunk.iter().enumerate().all(right), "near {len}");
        len += chunk.len();
        if len < 100_000 {
            pause(runtime, 2 * MS).await;
        }
    }
    assert_eq!(len, usize::from(CHUNKS) * CHUNK);
    let most = pipe.with(|pipe| pipe.inner().most);
    assert!(most <= CHUNK, "{most} octets were kept at once");
}

/// While nobody asks nothing is read: the peer waits, and no octet and no end is lost.
pub fn a_body_of_10_mib_in_bounded_memory<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (from, to) = between(runtime, Pipe::default(), Pipe::default()).await;
        runtime.spawn(async move { send(&from).await });
        pause(runtime, 100 * MS).await;
        assert_eq!(to.with(|pipe| pipe.inner().most), 0, "nobody has asked");
        receive(runtime, &to).await;
    });
}

/// Two peers that both send and receive do not wait for each other for ever.
pub fn bodies_both_ways_at_once<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (a, b) = between(runtime, Pipe::default(), Pipe::default()).await;
        for pipe in [&a, &b] {
            let pipe = pipe.clone();
            runtime.spawn(async move { send(&pipe).await });
        }
        let readers = [a, b].map(|pipe| {
            let runtime = runtime.clone();
            async move { receive(&runtime, &pipe).await }
        });
        all(runtime, readers).await;
    });
}
