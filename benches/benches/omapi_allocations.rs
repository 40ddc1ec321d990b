//! How often each lookup allocates: the client's thread alone is counted, the simulated server runs
//! on another.

use std::sync::mpsc;
use std::thread;

use allocation_counter::{AllocationInfo, measure};
use netlever_benches::{codec, server};
use netlever_core::Client;
use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::runtime::{Endpoint, Runtime};
use netlever_tokio::Tokio;

const LEASES: u32 = 1000;
const LOOKUPS: u32 = 10_000;

fn main() {
    let key = codec::key(Algorithm::HmacMd5);
    let reply = codec::lease_reply(&key);
    let read = measure(|| {
        assert_ne!((0..LOOKUPS).map(|_| codec::decode_and_read(&reply)).sum::<usize>(), 0)
    });
    println!("decode and read            {}", each(read, LOOKUPS));
    let at = serve(key.clone());
    for (name, window) in [("one at a time", 1), ("64 at once", 64)] {
        let tokio = Tokio::new().expect("a runtime");
        println!("tokio, {name:<18}  {}", lookups(&tokio, &at, &key, window));
        let reactor = netlever_blocking::Reactor::new().expect("a reactor");
        println!("blocking, {name:<18} {}", lookups(&reactor, &at, &key, window));
    }
}

/// The simulated server, on a thread for as long as this process lives.
fn serve(key: Key) -> Endpoint {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Tokio::new().expect("a runtime");
        let server = server::simulated(key, LEASES);
        server::run(&runtime, server, |at| tell.send(at.clone()).expect("somebody listens"))
            .expect("serving goes well");
    });
    told.recv().expect("the server is there")
}

/// The lookups of a runtime that does all its work on the thread that waits.
fn lookups<R: Runtime>(runtime: &R, at: &Endpoint, key: &Key, window: usize) -> String {
    let client = runtime.connect(Omapi::new(Config::signed(key.clone(), 1)), at);
    runtime.block_on(run(&client, 1000, window));
    let made = measure(|| runtime.block_on(run(&client, LOOKUPS, window)));
    each(made, LOOKUPS)
}

async fn run(client: &Client<Omapi>, count: u32, window: usize) {
    let ips = server::addresses(server::FIRST, LEASES).take(count as usize);
    let lookups = ips.map(|ip| Lookup::lease().ip_address(ip));
    let mut batch = client.batch(lookups, window);
    while let Some(found) = batch.next().await {
        found.expect("a lease");
    }
}

fn each(made: AllocationInfo, count: u32) -> String {
    let (times, octets) = (made.count_total as f64, made.bytes_total as f64);
    let count = f64::from(count);
    format!("{:.1} allocations, {:.0} octets for each", times / count, octets / count)
}
