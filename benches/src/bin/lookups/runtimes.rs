//! The library's own way, under any runtime.

use std::future::poll_fn;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Poll, Waker};

use netlever_benches::server::addresses;
use netlever_core::Client;
use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::runtime::Runtime;

use crate::{Outcome, Since, Target, Took, WARM_UP, Way};

/// `count` lookups by clients of this runtime.
pub(crate) fn measure<R: Runtime>(
    runtime: &R,
    way: Way,
    target: &Target,
    count: usize,
) -> Outcome<Took> {
    let clients: Vec<_> = (0..way.connections)
        .map(|seed| {
            let config = Config::signed(target.key.clone(), seed as u64);
            runtime.connect(Omapi::new(config), &target.at)
        })
        .collect();
    let each = count / way.connections;
    let ips = addresses(target.first, target.leases);
    runtime.block_on(async {
        look_up_all(runtime, &clients, &ips, WARM_UP, way.window).await?;
        let since = Since::now()?;
        look_up_all(runtime, &clients, &ips, each, way.window).await?;
        since.took(each * way.connections)
    })
}

/// So many lookups by each client, all clients at once.
async fn look_up_all<R: Runtime>(
    runtime: &R,
    clients: &[Client<Omapi>],
    ips: &(impl Iterator<Item = Ipv4Addr> + Clone + Send + 'static),
    count: usize,
    window: usize,
) -> Result<(), Error> {
    if let [client] = clients {
        return look_up(client, ips.clone().take(count), window).await;
    }
    let all = Arc::new(Mutex::new(All { left: clients.len(), error: None, waker: None }));
    for (number, client) in clients.iter().enumerate() {
        let (client, all) = (client.clone(), all.clone());
        let ips = ips.clone().skip(number * count).take(count);
        runtime.spawn(async move {
            let outcome = look_up(&client, ips, window).await;
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.left -= 1;
            all.error = all.error.take().or_else(|| outcome.err());
            if let Some(waker) = all.waker.take() {
                waker.wake();
            }
        });
    }
    poll_fn(|cx| {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.left == 0 {
            return Poll::Ready(all.error.take().map_or(Ok(()), Err));
        }
        all.waker = Some(cx.waker().clone());
        Poll::Pending
    })
    .await
}

/// Clients that are under way.
struct All {
    left: usize,
    error: Option<Error>,
    waker: Option<Waker>,
}

async fn look_up(
    client: &Client<Omapi>,
    ips: impl Iterator<Item = Ipv4Addr>,
    window: usize,
) -> Result<(), Error> {
    let mut lookups = ips.map(|ip| Lookup::lease().ip_address(ip));
    if window == 1 {
        return one_by_one(client, &mut lookups).await;
    }
    let mut batch = client.batch(lookups, window);
    while let Some(found) = batch.next().await {
        found?;
    }
    Ok(())
}

async fn one_by_one(
    client: &Client<Omapi>,
    lookups: &mut impl Iterator<Item = Lookup<netlever_core::omapi::objects::Lease>>,
) -> Result<(), Error> {
    for lookup in lookups {
        client.call(lookup).await?;
    }
    Ok(())
}
