use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Instant;

use async_io::Timer;
use netlever_core::Clock;
use netlever_core::runtime::{Bound, Endpoint, Runtime};

use crate::{Accepting, Datagrams, Stream};

/// async-std's executor, which is one for the whole process: background work runs on its threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct AsyncStd;

impl Runtime for AsyncStd {
    type Stream = Stream;
    type Datagrams = Datagrams;
    type Listening = Accepting;

    fn clock(&self) -> Clock {
        crate::clock()
    }

    fn block_on<F: Future>(&self, future: F) -> F::Output {
        async_std::task::block_on(future)
    }

    fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        async_std::task::spawn(future);
    }

    fn stream(&self, to: &Endpoint) -> Stream {
        Stream::to(to)
    }

    fn datagrams(&self, at: Option<SocketAddr>) -> io::Result<(Datagrams, Bound)> {
        Datagrams::bind(at)
    }

    fn listen(&self, at: &Endpoint) -> io::Result<Accepting> {
        Accepting::bind(at)
    }

    async fn sleep_until(&self, at: Instant) {
        Timer::at(at).await;
    }
}
