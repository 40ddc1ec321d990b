//! A daemon that dies, stops, or is not there. Each test has its own.

use std::thread;
use std::time::{Duration, Instant};

use netlever_core::desk::Fail;
use netlever_core::omapi::Error;
use netlever_core::omapi::calls::{AddHost, Lookup, Within};
use netlever_core::omapi::objects::{Host, Lease};
use netlever_core::runtime::Runtime;
use netlever_core::{Call, Client, Step, backoff::Reconnect, omapi::Omapi};

use super::lab::{Daemon, Lab};

/// How many leases the daemon has, from 10.100.0.1 on, besides the seed's.
const LEASES: &str = "2000";
/// Calls of each kind in a batch.
const EACH: u16 = 300;
/// Reads that are answered when the daemon is killed.
const STRUCK_AFTER: usize = 60;

fn lease(number: u16) -> Lookup<Lease> {
    let [high, low] = number.to_be_bytes();
    Lookup::lease().ip_address([10, 100, high, low].into())
}

fn host(number: u16) -> AddHost {
    let [high, low] = number.to_be_bytes();
    AddHost::new([2, 0, 0, 0x77, high, low].into()).name(format!("broken-{number}"))
}

/// A read or a change.
enum Work {
    Read(Within<Lookup<Lease>>),
    Change(Within<AddHost>),
}

enum Done {
    Read(Result<Lease, Error>),
    Change(Result<Host, Error>),
}

impl Call<Omapi> for Work {
    type Output = Done;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Done> {
        match self {
            Self::Read(read) => read.step(omapi, now).map(Done::Read),
            Self::Change(change) => change.step(omapi, now).map(Done::Change),
        }
    }
}

/// What became of a batch of reads and changes.
#[derive(Default)]
struct Outcomes {
    reads: Vec<Result<Lease, Error>>,
    changes: Vec<Result<Host, Error>>,
}

/// Reads and changes in turn on one connection, all waiting from the start; `strike` runs when some
/// have been answered.
fn batch<R: Runtime>(
    lab: &Lab<R>,
    client: &Client<Omapi>,
    patience: Duration,
    strike: impl FnOnce(),
) -> Outcomes {
    let work = (1..=EACH).flat_map(|number| {
        let read = Work::Read(Within(lease(number), patience));
        [read, Work::Change(Within(host(number), patience))]
    });
    lab.block_on(async {
        let mut batch = client.batch(work, usize::from(EACH) * 2);
        let (mut outcomes, mut strike) = (Outcomes::default(), Some(strike));
        while let Some(done) = batch.next().await {
            match done {
                Done::Read(read) => outcomes.reads.push(read),
                Done::Change(change) => outcomes.changes.push(change),
            }
            if outcomes.reads.len() == STRUCK_AFTER {
                strike.take().into_iter().for_each(|strike| strike());
            }
        }
        outcomes
    })
}

/// Every change that was said to be made was made; those that fail say whether they may have been.
fn assert_told<R: Runtime>(lab: &Lab<R>, daemon: &Daemon, changes: &[Result<Host, Error>]) {
    let client = lab.client(daemon);
    for (number, outcome) in (1..).zip(changes) {
        let found = lab.ask(&client, Lookup::host().name(&format!("broken-{number}")));
        match (outcome, found) {
            (Ok(_), Ok(_)) => {}
            (Ok(_), Err(error)) => panic!("host {number} was made, and is not there: {error}"),
            (Err(error), Ok(_)) => assert!(error.sent(), "host {number} was made: {error}"),
            (Err(_), Err(error)) => assert!(error.is_not_found(), "host {number}: {error}"),
        }
    }
}

/// With backoff, and nobody starts the daemon again: the deadlines end what waits.
pub fn killed_in_the_middle_of_a_batch<R: Runtime>(lab: &Lab<R>) {
    let mut own = lab.own("killed", &["--leases", LEASES]);
    let client = lab.client(&own.daemon);
    let mut struck = None;
    let outcomes = batch(lab, &client, Duration::from_secs(3), || {
        own.daemon.signal("-KILL");
        struck = Some(Instant::now());
    });
    let took = struck.expect("it was killed").elapsed();
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert_eq!((outcomes.reads.len(), outcomes.changes.len()), (EACH.into(), EACH.into()));
    let (mut sent, mut unsent) = (0, 0);
    for error in outcomes.changes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert!(
            matches!(error, Error::Failed(Fail::Lost { .. } | Fail::TimedOut { .. })),
            "{error}"
        );
        *if error.sent() { &mut sent } else { &mut unsent } += 1;
    }
    assert!((1..=24).contains(&sent), "only one burst was out: {sent}");
    assert!(unsent > 0, "and the others never left");
    for error in outcomes.reads[STRUCK_AFTER..].iter().filter_map(|outcome| outcome.as_ref().err())
    {
        assert!(
            matches!(error, Error::Failed(Fail::Lost { .. } | Fail::TimedOut { .. })),
            "{error}"
        );
    }
    assert!(outcomes.reads.last().is_some_and(Result::is_err));
    own.restart();
    assert_told(lab, &own.daemon, &outcomes.changes);
}

/// Without reconnecting, all ends at once.
pub fn killed_and_nobody_reconnects<R: Runtime>(lab: &Lab<R>) {
    let mut own = lab.own("never", &["--leases", LEASES]);
    let mut config = own.daemon.config();
    config.reconnect = Reconnect::Never;
    let client = lab.client_with(&own.daemon, config);
    let mut struck = None;
    let outcomes = batch(lab, &client, Duration::from_secs(20), || {
        own.daemon.signal("-KILL");
        struck = Some(Instant::now());
    });
    let took = struck.expect("it was killed").elapsed();
    assert!(took < Duration::from_secs(2), "{took:?}");
    assert_eq!((outcomes.reads.len(), outcomes.changes.len()), (EACH.into(), EACH.into()));
    let errors = || {
        let reads = outcomes.reads.iter().filter_map(|outcome| outcome.as_ref().err());
        reads.chain(outcomes.changes.iter().filter_map(|outcome| outcome.as_ref().err()))
    };
    let sent = errors().filter(|error| error.sent()).count();
    assert!((1..=24).contains(&sent) && errors().count() > sent, "{sent}");
    for error in errors() {
        assert!(matches!(error, Error::Failed(Fail::Lost { .. } | Fail::Closed)), "{error}");
    }
    own.restart();
    assert_told(lab, &own.daemon, &outcomes.changes);
}

/// The daemon comes back: every read completes, changes that were out are reported.
pub fn killed_and_started_again<R: Runtime>(lab: &Lab<R>) {
    let mut own = lab.own("again", &["--leases", LEASES]);
    let client = lab.client(&own.daemon);
    let (start, mut starting) = (own.start(), None);
    let outcomes = batch(lab, &client, Duration::from_secs(20), || {
        own.daemon.signal("-KILL");
        starting = Some(thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            start.again()
        }));
    });
    own.daemon = starting.expect("it was killed").join().expect("it started again");
    assert_eq!((outcomes.reads.len(), outcomes.changes.len()), (EACH.into(), EACH.into()));
    for (number, read) in (1..=EACH).zip(&outcomes.reads) {
        let read = read.as_ref().unwrap_or_else(|error| panic!("read {number}: {error}"));
        let name = format!("load{number}");
        assert_eq!(read.client_hostname(), Some(&*name));
    }
    let errors: Vec<_> = outcomes.changes.iter().filter_map(|o| o.as_ref().err()).collect();
    assert!(errors.len() <= 24 && errors.iter().all(|error| error.sent()), "{errors:?}");
    assert!(client.with(|omapi| omapi.counters()).links >= 2);
    assert_told(lab, &own.daemon, &outcomes.changes);
}

/// A daemon that does not answer: calls end at their deadlines, and late answers are nobody's.
pub fn stopped_and_deadlines_hold<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("stopped", &["--leases", LEASES]);
    let client = lab.client(&own.daemon);
    lab.ask(&client, lease(1)).expect("it serves");
    own.daemon.signal("-STOP");
    let begun = Instant::now();
    let calls = (1..=40).map(|number| Within(lease(number), Duration::from_millis(700)));
    let outcomes = lab.ask_all(&client, calls, 40);
    let took = begun.elapsed();
    assert!((Duration::from_millis(700)..Duration::from_millis(1500)).contains(&took), "{took:?}");
    let (mut sent, mut unsent) = (0, 0);
    for outcome in outcomes {
        match outcome {
            Err(Error::Failed(Fail::TimedOut { sent: true })) => sent += 1,
            Err(Error::Failed(Fail::TimedOut { sent: false })) => unsent += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(sent > 0 && unsent > 0 && sent <= 24, "{sent} sent, {unsent} not");
    own.daemon.signal("-CONT");
    let found = lab.ask(&client, lease(2)).expect("it goes on");
    assert_eq!(found.client_hostname(), Some("load2"));
    let counters = client.with(|omapi| omapi.counters());
    assert_eq!((counters.late, counters.links), (sent, 1), "{counters:?}");
}

/// A port where nobody listens: the call says so, and dials a few times only.
pub fn nobody_listens<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("nobody", &[]);
    own.daemon.signal("-KILL");
    let gone = (0..100).any(|_| {
        thread::sleep(Duration::from_millis(20));
        !own.daemon.runs()
    });
    assert!(gone);
    let client = lab.client(&own.daemon);
    let error = lab.ask(&client, Within(lease(1), Duration::from_secs(1))).expect_err("nobody");
    let Error::Failed(Fail::Lost { sent: false, why }) = error else { panic!("{error}") };
    assert_eq!(why, std::io::ErrorKind::ConnectionRefused);
    let mut config = own.daemon.config();
    config.reconnect = Reconnect::Never;
    let begun = Instant::now();
    let error = lab.ask(&lab.client_with(&own.daemon, config), lease(1)).expect_err("nobody");
    assert!(matches!(error, Error::Failed(Fail::Lost { sent: false, .. })), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1), "at once");
}
