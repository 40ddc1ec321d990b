//! A listener that ends as dhcpd's does.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use super::Server;
use crate::drive::drive_alone;
use crate::runtime::Runtime;

/// Serves the connections that arrive here, until the server has shut down.
///
/// When a client asks for the shutdown the listener closes at once, the connections fall silent
/// and are closed by the [`Timeline`](super::Timeline), and this ends when dhcpd's process would.
///
/// # Errors
/// What accepting a connection failed with.
pub async fn serve<R: Runtime>(
    runtime: R,
    mut listening: R::Listening,
    server: Server,
) -> io::Result<()> {
    loop {
        let mut ending = server.ending();
        let arrival = {
            let mut accept = pin!(runtime.admit(&mut listening));
            poll_fn(|cx| match Pin::new(&mut ending).poll(cx) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => accept.as_mut().poll(cx).map(Some),
            })
            .await
        };
        let Some(arrival) = arrival else { break };
        let (stream, _) = arrival?;
        let mut driver = drive_alone(server.session(), runtime.clock(), stream);
        // The shutdown wakes each driver: its session has got a deadline.
        let mut ending = Some(ending);
        runtime.spawn(poll_fn(move |cx| {
            if ending.as_mut().is_some_and(|ending| Pin::new(ending).poll(cx).is_ready()) {
                ending = None;
            }
            Pin::new(&mut driver).poll(cx)
        }));
    }
    drop(listening);
    if let Some(at) = server.exits() {
        runtime.sleep_until(at).await;
    }
    Ok(())
}
