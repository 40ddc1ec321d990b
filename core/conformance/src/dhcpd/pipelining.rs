//! Many requests in flight on signed connections, which dhcpd survives only in bursts.
//!
//! dhcpd 4.4.3-P1 aborts when the length of a signature lies across an edge of its buffers of 4048
//! octets. Each test has a daemon of its own, and asks at the end whether it still lives.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use netlever_core::backoff::Chance;
use netlever_core::omapi::calls::{
    AddGroup, AddHost, Lookup, PoolUsage, Remove, SetHost, SetLease,
};
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::statements::Statements;
use netlever_core::omapi::values::{LeaseFlags, LeaseState, Time};
use netlever_core::omapi::{Error, Omapi};
use netlever_core::runtime::Runtime;
use netlever_core::{Call, Client, Step};

use super::lab::{Lab, Own, Seat};

/// Leases of the load, from 10.100.0.1 on.
const LEASES: u32 = 2000;

/// Lookups on one connection.
const MANY: u32 = 200_000;

fn load(number: u32) -> Lookup<Lease> {
    let [_, _, high, low] = (number % LEASES + 1).to_be_bytes();
    Lookup::lease().ip_address([10, 100, high, low].into())
}

fn start<R: Runtime>(lab: &Lab<R>, test: &str, algorithm: &str) -> Own {
    lab.own(test, &["--algorithm", algorithm, "--leases", &LEASES.to_string()])
}

/// So many lookups through one `batch`, each answered by the lease that was asked for.
async fn lookups(client: &Client<Omapi>, count: u32, window: usize) {
    let mut batch = client.batch((0..count).map(load), window);
    let mut number = 0;
    while let Some(lease) = batch.next().await {
        let lease = lease.unwrap_or_else(|error| panic!("lookup {number}: {error}"));
        let [_, _, high, low] = (number % LEASES + 1).to_be_bytes();
        assert_eq!(lease.ip_address(), Some([10, 100, high, low].into()));
        number += 1;
    }
    assert_eq!(number, count);
}

fn many<R: Runtime>(lab: &Lab<R>, test: &str, algorithm: &str, least_in_a_burst: u64) {
    let own = start(lab, test, algorithm);
    let client = lab.client(&own.daemon);
    lab.block_on(lookups(&client, MANY, 256));
    let counters = client.with(|omapi| omapi.counters());
    assert_eq!((counters.requests, counters.answers), (MANY.into(), MANY.into()));
    assert_eq!((counters.links, counters.late), (1, 0));
    let most = counters.requests / least_in_a_burst;
    assert!(counters.bursts < most, "{counters:?}: it does not pipeline");
    lab.assert_alive(&own.daemon);
}

/// 200 000 lookups on one connection, the shortest signature.
pub fn many_signed_lookups_md5<R: Runtime>(lab: &Lab<R>) {
    many(lab, "many-md5", "hmac-md5", 6);
}

/// The same with the longest.
pub fn many_signed_lookups_sha512<R: Runtime>(lab: &Lab<R>) {
    many(lab, "many-sha512", "hmac-sha512", 5);
}

/// Any call, for its outcome alone.
struct Any(Box<dyn Call<Omapi, Output = Result<(), Error>> + Send>);

struct Outcome<C>(C);

impl<T, C: Call<Omapi, Output = Result<T, Error>>> Call<Omapi> for Outcome<C> {
    type Output = Result<(), Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        self.0.step(omapi, now).map(|outcome| outcome.map(drop))
    }
}

impl Any {
    fn new<T: 'static>(call: impl Call<Omapi, Output = Result<T, Error>> + Send + 'static) -> Self {
        Self(Box::new(Outcome(call)))
    }
}

impl Call<Omapi> for Any {
    type Output = Result<(), Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        self.0.step(omapi, now)
    }
}

/// A random call on things that only `worker` touches, and whether it may find nothing.
fn any_call(seat: Seat, chance: &mut Chance, worker: u8) -> Any {
    let number = chance.below(8) as u8;
    let mac = seat.mac(0x80 | worker, number);
    let name = format!("{}-mix-{worker}-{number}", seat.name);
    let host = || Lookup::host().hardware_address(mac);
    let ip = [10, 99, 0, 120 + worker].into();
    match chance.below(16) {
        0 => Any::new(AddHost::new(mac)),
        1 => {
            let mut host = AddHost::new(mac).name(name);
            for last in 0..=number {
                host = host.ip_address([10, 99, 4, last].into());
            }
            let statements =
                Statements::supersede_host(Some("mix"), &[[10, 99, 0, 1].into()], None);
            Any::new(host.statements(statements.expect("statements")))
        }
        2 => Any::new(Remove::new(host())),
        3 => Any::new(SetHost::new(host()).ip_addresses(&[[10, 99, 4, 200].into()])),
        4 => Any::new(SetHost::new(host()).ip_addresses(&[])),
        5 => Any::new(host()),
        6 => Any::new(SetLease::of(ip).active_until(Time(2_000_000_000 + u32::from(number)))),
        7 => Any::new(SetLease::of(ip).flags(LeaseFlags(number & LeaseFlags::MASK.0))),
        8 => Any::new(SetLease::of(ip).state(LeaseState::FREE)),
        9 => Any::new(AddGroup::new(&name, &Statements::new())),
        10 => Any::new(Remove::new(Lookup::group(&name))),
        11 => Any::new(Lookup::failover("fo-a")),
        12 => Any::new(PoolUsage::of(ip)),
        13 => Any::new(Lookup::lease().ip_address([10, 99, 0, number].into())),
        _ => Any::new(load(chance.below(LEASES.into()) as u32)),
    }
}

/// Whether this is what can be said to such a call when others run beside it.
fn is_expected(outcome: &Result<(), Error>) -> bool {
    match outcome {
        // Another call deleted the object, before this one's first request or its last.
        Ok(()) | Err(Error::StaleHandle(_) | Error::HalfDone(_)) => true,
        // Not found, taken, or other keys than the host that was made in between.
        Err(Error::Refused(refused)) => matches!(refused.code.0, 18 | 23 | 0x60007),
        Err(_) => false,
    }
}

/// OPEN, UPDATE, DELETE and REFRESH between each other, 2 000 calls; the longest signature.
pub fn mixed_requests_and_answers_of_every_size<R: Runtime>(lab: &Lab<R>) {
    let own = start(lab, "mixed", "hmac-sha512");
    let client = lab.client(&own.daemon);
    let mut chance = Chance::new(7);
    let calls: Vec<Any> = (0..2000).map(|_| any_call(lab.seat, &mut chance, 0)).collect();
    let outcomes = lab.ask_all(&client, calls, 64);
    for (number, outcome) in outcomes.iter().enumerate() {
        assert!(is_expected(outcome), "call {number}: {outcome:?}");
    }
    assert!(outcomes.iter().filter(|outcome| outcome.is_ok()).count() > 1000);
    let counters = client.with(|omapi| omapi.counters());
    assert!(counters.requests > 2000 && counters.bursts * 3 < counters.requests, "{counters:?}");
    assert_eq!((counters.requests, counters.links), (counters.answers, 1));
    lab.assert_alive(&own.daemon);
}

/// A lookup for each number.
type ByNumber = fn(u32) -> Lookup<Lease>;

/// Answers far larger than any seen before, of such sizes that one begins where dhcpd aborts, if
/// a burst is sized by the small ones.
pub fn answers_that_grow_while_a_burst_is_out<R: Runtime>(lab: &Lab<R>) {
    let mut own = start(lab, "grow", "hmac-md5");
    let client = lab.client(&own.daemon);
    lab.ask(&client, Lookup::lease().ip_address([10, 99, 0, 199].into())).expect("a free lease");
    let small = client.with(|omapi| omapi.counters()).largest;
    // What a hardware address, its type and a hostname add: names, lengths, values.
    let entry = |name: &str, octets: usize| 2 + name.len() + 4 + octets;
    let hardware = entry("hardware-address", 6) + entry("hardware-type", 4);
    let with_hostname = |octets| small + hardware + entry("client-hostname", octets);
    let leases = own.daemon.fact("leases").to_owned();
    let mut records = std::fs::read_to_string(&leases).expect("the leases file");
    let mut sizes = vec![];
    for edge in 4040..=4042 {
        for before in 4..=14 {
            if edge % before == 0 && edge / before > with_hostname(0) {
                sizes.push(edge / before);
            }
        }
    }
    for (number, size) in (1..).zip(&sizes) {
        let name = "x".repeat(size - with_hostname(0));
        records += &format!(
            "lease 10.99.0.{} {{ starts 3 2025/01/01 00:00:00; ends 4 2037/01/01 00:00:00; \
             cltt 3 2025/01/01 00:00:00; binding state active; next binding state free; \
             hardware ethernet 02:00:00:00:06:{number:02x}; client-hostname \"{name}\"; }}\n",
            159 + number
        );
    }
    std::fs::write(&leases, records).expect("the leases file");
    own.restart();
    let before: [(&str, ByNumber, usize); 3] = [
        ("nothing", |_| Lookup::lease().ip_address([10, 99, 0, 9].into()), usize::MAX),
        ("free leases", |_| Lookup::lease().ip_address([10, 99, 0, 199].into()), usize::MAX),
        // Leases as most are: others may be somewhat larger.
        ("held leases", load, 577),
    ];
    for (what, small, most) in before {
        for (number, size) in (1..).zip(&sizes).filter(|(_, size)| **size <= most) {
            let client = lab.client(&own.daemon);
            let calls = (0..40).map(small).chain((0..40).map(|_| grown(number)));
            let outcomes = lab.ask_all(&client, calls, 80);
            for outcome in &outcomes[40..] {
                assert!(outcome.is_ok(), "{what}, then answers of {size} octets: {outcome:?}");
            }
            assert_eq!(client.with(|omapi| omapi.counters()).largest, *size);
        }
    }
    lab.assert_alive(&own.daemon);
}

fn grown(number: u8) -> Lookup<Lease> {
    Lookup::lease().ip_address([10, 99, 0, 159 + number].into())
}

/// 100 000 lookups over four connections, with the shortest signature, then with the longest.
pub fn several_connections_at_once<R: Runtime>(lab: &Lab<R>) {
    for (test, algorithm) in [("several-md5", "hmac-md5"), ("several-sha512", "hmac-sha512")] {
        let own = start(lab, test, algorithm);
        let clients: Vec<_> = (0..4).map(|_| lab.client(&own.daemon)).collect();
        lab.block_on(all(clients.iter().map(|client| lookups(client, MANY / 8, 128)).collect()));
        for client in &clients {
            let counters = client.with(|omapi| omapi.counters());
            assert_eq!((counters.answers, counters.links), ((MANY / 8).into(), 1));
            assert!(counters.bursts * 4 < counters.requests, "{counters:?}");
        }
        lab.assert_alive(&own.daemon);
    }
}

/// Random calls from eight connections for 30 s; every one ends, as it may.
pub fn half_a_minute_of_everything<R: Runtime>(lab: &Lab<R>) {
    let own = start(lab, "everything", "hmac-sha256");
    let clients: Vec<_> = (0..8).map(|_| lab.client(&own.daemon)).collect();
    let until = Instant::now() + Duration::from_secs(30);
    let work = (0..).zip(&clients).map(|(worker, client)| async move {
        let mut chance = Chance::new(worker.into());
        let calls = std::iter::from_fn(|| {
            (Instant::now() < until).then(|| any_call(lab.seat, &mut chance, worker))
        });
        let mut batch = client.batch(calls, 16);
        let mut ended = 0_u64;
        while let Some(outcome) = batch.next().await {
            assert!(is_expected(&outcome), "call {ended} of {worker}: {outcome:?}");
            ended += 1;
        }
        ended
    });
    let ended = lab.block_on(all(work.collect()));
    for (client, ended) in clients.iter().zip(&ended) {
        let counters = client.with(|omapi| omapi.counters());
        assert!(*ended > 100 && counters.requests >= *ended, "{ended}: {counters:?}");
        assert_eq!((counters.requests, counters.links), (counters.answers, 1), "{counters:?}");
        assert_eq!(counters.late, 0);
    }
    lab.assert_alive(&own.daemon);
}

/// All futures beside each other; their outputs in order.
async fn all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut running: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = running.iter().map(|_| None).collect();
    poll_fn(|cx| {
        for (future, output) in running.iter_mut().zip(&mut outputs) {
            if output.is_none()
                && let Poll::Ready(done) = future.as_mut().poll(cx)
            {
                *output = Some(done);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
