//! A listener that fails for a while goes on serving; one that fails for good says so.

use std::future::Future;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netlever_core::Clock;
use netlever_core::memory::{Accepting, Datagrams, Stream, World};
use netlever_core::runtime::{Bound, Endpoint, Listening, PATIENCE, Runtime};

/// A world whose listeners fail so many times first.
#[derive(Clone)]
struct Scarce(World, u32, ErrorKind);

struct Flaky {
    inner: Accepting,
    failures: u32,
    why: ErrorKind,
}

impl Listening for Flaky {
    type Stream = Stream;

    fn endpoint(&self) -> Endpoint {
        self.inner.endpoint()
    }

    async fn accept(&mut self) -> io::Result<(Stream, Endpoint)> {
        if self.failures == 0 {
            return self.inner.accept().await;
        }
        self.failures -= 1;
        Err(self.why.into())
    }
}

impl Runtime for Scarce {
    type Stream = Stream;
    type Datagrams = Datagrams;
    type Listening = Flaky;

    fn clock(&self) -> Clock {
        self.0.clock()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.0.block_on(future)
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(future);
    }

    fn stream(&self, to: &Endpoint) -> Stream {
        self.0.stream(to)
    }

    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Datagrams, Bound)> {
        self.0.datagrams(at)
    }

    fn listen(&self, at: &Endpoint) -> io::Result<Flaky> {
        Ok(Flaky { inner: self.0.listen(at)?, failures: self.1, why: self.2 })
    }

    fn sleep_until(&self, at: Instant) -> impl Future<Output = ()> + Send {
        self.0.sleep_until(at)
    }
}

/// How long it took to let somebody in, or why nobody was.
fn admitted(failures: u32, why: ErrorKind) -> Result<Duration, ErrorKind> {
    let start = Instant::now();
    let runtime = Scarce(World::new(start, 1), failures, why);
    let mut listening = runtime.listen(&Endpoint::tcp("127.0.0.1", 1)).unwrap();
    let mut dialling = runtime.0.stream(&listening.endpoint());
    let io = runtime
        .block_on(std::future::poll_fn(|cx| netlever_core::Wire::poll_dial(&mut dialling, cx)));
    io.map_err(|why| why.kind())?;
    let came = runtime.block_on(runtime.admit(&mut listening));
    came.map(|_| runtime.0.now() - start).map_err(|why| why.kind())
}

#[test]
fn a_system_without_descriptors_is_waited_for_a_second_at_a_time() {
    assert_eq!(admitted(3, ErrorKind::Other), Ok(Duration::from_secs(3)));
}

#[test]
fn a_peer_that_left_early_costs_no_time() {
    assert_eq!(admitted(1000, ErrorKind::ConnectionAborted), Ok(Duration::ZERO));
}

#[test]
fn one_failure_past_the_patience_ends_it() {
    assert!(admitted(PATIENCE, ErrorKind::Other).is_ok());
    assert_eq!(admitted(PATIENCE + 1, ErrorKind::Other), Err(ErrorKind::Other));
}
