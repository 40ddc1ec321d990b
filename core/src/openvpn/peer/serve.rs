//! A listener that ends as the daemon does, and a daemon that connects to us.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use super::{Connection, Daemon};
use crate::drive::{Wire, drive_alone};
use crate::runtime::{Endpoint, Runtime};

/// Serves the connections that arrive here, one at a time, until the daemon has ended.
///
/// # Errors
/// What accepting a connection failed with.
pub async fn serve<R: Runtime>(
    runtime: R,
    mut listening: R::Listening,
    daemon: Daemon,
) -> io::Result<()> {
    let watch = Watch::new(&daemon);
    loop {
        let arrival = {
            let mut accept = pin!(runtime.admit(&mut listening));
            poll_fn(|cx| {
                watch.wake_me(cx);
                match daemon.is_ended() {
                    true => Poll::Ready(None),
                    false => accept.as_mut().poll(cx).map(Some),
                }
            })
            .await
        };
        let Some(arrival) = arrival else { return Ok(()) };
        let (stream, _) = arrival?;
        runtime.spawn(attend(&runtime, daemon.session(), &daemon, stream));
    }
}

/// A daemon with `management-client`: it connects to us, and ends when that connection ends. Set
/// [`Setup::ends_with_client`](super::Setup::ends_with_client).
pub async fn dial<R: Runtime>(runtime: R, to: Endpoint, daemon: Daemon) {
    let stream = runtime.stream(&to);
    attend(&runtime, daemon.session(), &daemon, stream).await;
}

/// Drives a connection, and polls it again when anything has happened to the daemon.
fn attend<R: Runtime, W: Wire<Flow = ()>>(
    runtime: &R,
    session: Connection,
    daemon: &Daemon,
    stream: W,
) -> impl Future<Output = ()> + use<R, W> {
    let mut driver = drive_alone(session, runtime.clock(), stream);
    let watch = Watch::new(daemon);
    poll_fn(move |cx| {
        watch.wake_me(cx);
        Pin::new(&mut driver).poll(cx)
    })
}

/// A place among those who are woken.
struct Watch {
    daemon: Daemon,
    number: u64,
}

impl Watch {
    fn new(daemon: &Daemon) -> Self {
        let number = daemon.with(None, |store| store.watcher());
        Self { daemon: daemon.clone(), number }
    }

    fn wake_me(&self, cx: &Context<'_>) {
        // The former waker goes outside the lock: with it may go a task, and its connection.
        let _former = self.daemon.with(None, |store| store.watch(self.number, cx.waker()));
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _former = self.daemon.with(None, |store| store.unwatch(self.number));
    }
}
