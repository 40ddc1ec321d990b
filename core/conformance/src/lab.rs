//! What the properties have in common: time, background drivers, servers.

use std::future::{Future, poll_fn};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

use netlever_core::desk::Fail;
use netlever_core::runtime::{Bound, Endpoint, Listening, Runtime};
use netlever_core::{Client, Session, drive};

use crate::ask::{Asker, Nas};
use crate::checked::Checked;
use crate::hand::Hand;
use crate::kv::{Book, Get, Kv, Shop};

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const MS: Duration = Duration::from_millis(1);

/// Any port of this machine.
pub(crate) fn anywhere() -> Endpoint {
    Endpoint::tcp("127.0.0.1", 0)
}

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0)
}

pub(crate) async fn pause(runtime: &impl Runtime, long: Duration) {
    runtime.sleep_until(runtime.clock()() + long).await;
}

/// Waits until this holds.
pub(crate) async fn until(runtime: &impl Runtime, what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..2000 {
        if holds() {
            return;
        }
        pause(runtime, 5 * MS).await;
    }
    panic!("ten seconds, and still not: {what}");
}

/// A shop for all who come, in the background.
pub(crate) fn shop<R: Runtime>(runtime: &R) -> (Endpoint, Book) {
    let book = Book::default();
    (shop_at(runtime, &anywhere(), &book), book)
}

pub(crate) fn shop_at<R: Runtime>(runtime: &R, at: &Endpoint, book: &Book) -> Endpoint {
    let listening = runtime.listen(at).expect("a place to listen");
    let (here, book) = (listening.endpoint(), book.clone());
    let serving = runtime.serve(listening, move |_| Checked::new(Shop::new(&book)));
    runtime.spawn(async {
        let _ = serving.await;
    });
    here
}

pub(crate) fn kv<R: Runtime>(runtime: &R, kv: Kv, to: &Endpoint) -> Client<Checked<Kv>> {
    runtime.connect(Checked::new(kv), to)
}

/// A stream between these two sessions, each driven in the background.
pub(crate) async fn between<R: Runtime, A, B>(
    runtime: &R,
    dials: A,
    accepts: B,
) -> (Client<Checked<A>>, Client<Checked<B>>)
where
    A: Session<Flow = (), Event: Send> + Send + 'static,
    B: Session<Flow = (), Event: Send> + Send + 'static,
{
    let mut listening = runtime.listen(&anywhere()).expect("a place to listen");
    let dials = runtime.connect(Checked::new(dials), &listening.endpoint());
    let (stream, _) = listening.accept().await.expect("somebody dials");
    let accepts = Client::new(Checked::new(accepts), runtime.clock());
    runtime.spawn(drive(&accepts, stream));
    until(runtime, "both are there", || dials.with(|a| a.up()) && accepts.with(|b| b.up())).await;
    (dials, accepts)
}

/// A client whose far end is played by hand.
pub(crate) async fn by_hand<R: Runtime>(
    runtime: &R,
    kv: Kv,
) -> (Client<Checked<Kv>>, Client<Checked<Hand>>) {
    between(runtime, kv, Hand::default()).await
}

/// What this end has received so far.
pub(crate) fn text(hand: &Client<Checked<Hand>>) -> String {
    hand.with(|hand| hand.inner().text())
}

/// Waits until this end has received this.
pub(crate) async fn hears(runtime: &impl Runtime, hand: &Client<Checked<Hand>>, what: &str) {
    until(runtime, &format!("{what:?} arrives"), || text(hand) == what).await;
}

/// In the background: waits until this end has received this, and then says that.
pub(crate) fn answers<R: Runtime>(
    runtime: &R,
    hand: &Client<Checked<Hand>>,
    request: &'static str,
    reply: impl Into<String>,
) {
    let (runtime, hand, reply) = (runtime.clone(), hand.clone(), reply.into());
    let answering = runtime.clone();
    answering.spawn(async move {
        hears(&runtime, &hand, request).await;
        hand.with(|hand| hand.inner().say(reply));
    });
}

/// Begins these calls in this order, and waits for their outputs.
pub(crate) async fn in_order(
    client: &Client<Checked<Kv>>,
    calls: impl IntoIterator<Item = Get>,
) -> Vec<Result<String, Fail>> {
    let mut batch = client.batch(calls, usize::MAX);
    let mut outputs = vec![];
    while let Some(output) = batch.next().await {
        outputs.push(output);
    }
    outputs
}

pub(crate) fn asker<R: Runtime>(runtime: &R, asker: Asker) -> (Client<Checked<Asker>>, Bound) {
    let (wire, bound) = runtime.datagrams(None).expect("a datagram wire");
    let client = Client::new(Checked::new(asker), runtime.clock());
    runtime.spawn(drive(&client, wire));
    (client, bound)
}

pub(crate) fn nas<R: Runtime>(runtime: &R, nas: Nas) -> (Client<Checked<Nas>>, SocketAddr) {
    nas_at(runtime, nas, loopback())
}

pub(crate) fn nas_at<R: Runtime>(
    runtime: &R,
    nas: Nas,
    at: SocketAddr,
) -> (Client<Checked<Nas>>, SocketAddr) {
    let (wire, bound) = runtime.datagrams(Some(at)).expect("a datagram wire with an address");
    let client = Client::new(Checked::new(nas), runtime.clock());
    runtime.spawn(drive(&client, wire));
    (client, bound.of(0).expect("socket 0 is bound at once"))
}

/// Ends, when told to, the future that it was given, by dropping it.
#[derive(Clone, Default)]
pub(crate) struct Leash(Arc<Mutex<(bool, Option<Waker>)>>);

impl Leash {
    pub(crate) fn hold<F: Future<Output = ()> + Send>(
        &self,
        future: F,
    ) -> impl Future<Output = ()> + Send + use<F> {
        let leash = self.clone();
        async move {
            let mut future = pin!(future);
            poll_fn(|cx| {
                let mut told = leash.0.lock().unwrap_or_else(PoisonError::into_inner);
                if told.0 {
                    return Poll::Ready(());
                }
                told.1 = Some(cx.waker().clone());
                drop(told);
                future.as_mut().poll(cx)
            })
            .await;
        }
    }

    pub(crate) fn pull(&self) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.0 = true;
        let waker = told.1.take();
        drop(told);
        waker.into_iter().for_each(Waker::wake);
    }
}

/// Runs all of these in the background, and waits for their outputs, in order.
pub(crate) async fn all<R: Runtime, F>(
    runtime: &R,
    futures: impl IntoIterator<Item = F>,
) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let outputs = Arc::new(Mutex::new((0, vec![], None::<Waker>)));
    let mut count = 0;
    for future in futures {
        let (outputs, place) = (outputs.clone(), count);
        count += 1;
        runtime.spawn(async move {
            let output = future.await;
            let mut outputs = outputs.lock().unwrap_or_else(PoisonError::into_inner);
            outputs.0 += 1;
            outputs.1.push((place, output));
            let waker = outputs.2.take();
            drop(outputs);
            waker.into_iter().for_each(Waker::wake);
        });
    }
    let mut outputs = poll_fn(|cx| {
        let mut outputs = outputs.lock().unwrap_or_else(PoisonError::into_inner);
        if outputs.0 == count {
            return Poll::Ready(std::mem::take(&mut outputs.1));
        }
        outputs.2 = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
    outputs.sort_by_key(|(place, _)| *place);
    outputs.into_iter().map(|(_, output)| output).collect()
}
