//! The OMAPI client and the simulated server, driven in memory on a virtual clock.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use arbitrary::Arbitrary;
use netlever_core::memory::{Weather, World};
use netlever_core::omapi::peer::{self, Fault, Harm, Server, Setup, Strike, When};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::runtime::{Endpoint, Listening, Runtime};

use crate::calls::{Asked, Started};
use crate::{beginning, key};

/// A server, the way to it, and what is asked of it.
#[derive(Arbitrary, Debug)]
pub struct Script {
    signed: bool,
    cut: u8,
    pipe: u16,
    latency: u8,
    seed: u16,
    faults: Vec<Trouble>,
    plans: Vec<Plan>,
}

#[derive(Arbitrary, Debug)]
struct Plan {
    /// Begins after so many milliseconds.
    after: u16,
    asked: Asked,
    /// Its future is dropped after so many milliseconds.
    dropped: Option<u16>,
}

/// A fault and when it strikes.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub struct Trouble {
    fault: Faulty,
    when: Hit,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Hit {
    Always,
    Nth(u8),
    Every(u8),
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Faulty {
    Version(u8),
    HeaderSize(u8),
    WrongSignature,
    Unsigned,
    WrongRid,
    CloseAt(u8),
    SplitAt(u8, u8),
    RepeatedNames,
    UnknownAttribute,
    LongValue,
    LongName,
    LongSignature,
    StaleHandle,
    Silence,
    Slow(u16),
    WrongKeyName,
    WrongAlgorithm,
    Shutdown,
}

impl From<Trouble> for Strike {
    fn from(trouble: Trouble) -> Self {
        let millis = |number: u64| Duration::from_millis(number);
        let fault = match trouble.fault {
            Faulty::Version(number) => Fault::Version(number.into()),
            Faulty::HeaderSize(octets) => Fault::HeaderSize(octets.into()),
            Faulty::WrongSignature => Fault::WrongSignature,
            Faulty::Unsigned => Fault::Unsigned,
            Faulty::WrongRid => Fault::WrongRid,
            Faulty::CloseAt(at) => Fault::CloseAt(at.into()),
            Faulty::SplitAt(at, pause) => Fault::SplitAt(at.into(), millis(10 * u64::from(pause))),
            Faulty::RepeatedNames => Fault::RepeatedNames,
            Faulty::UnknownAttribute => Fault::UnknownAttribute,
            Faulty::LongValue => Fault::LongValue,
            Faulty::LongName => Fault::LongName,
            Faulty::LongSignature => Fault::LongSignature,
            Faulty::StaleHandle => Fault::StaleHandle,
            Faulty::Silence => Fault::Silence,
            Faulty::Slow(delay) => Fault::Slow(millis(delay.into())),
            Faulty::WrongKeyName => Fault::WrongKeyName,
            Faulty::WrongAlgorithm => Fault::WrongAlgorithm,
            Faulty::Shutdown => Fault::Shutdown,
        };
        let when = match trouble.when {
            Hit::Always => When::Always,
            Hit::Nth(nth) => When::Nth(nth.into()),
            Hit::Every(every) => When::Every(every.into()),
        };
        Self { fault, when }
    }
}

/// The time of day when a script begins, in seconds since 1970.
pub const UNIX: u32 = 1_795_000_000;

impl Script {
    /// Runs it; panics when a call does not end, or the server would have died.
    pub fn run(mut self) {
        self.plans.truncate(64);
        for plan in &mut self.plans {
            plan.asked.hurry();
        }
        let expert = self.plans.iter().any(|plan| plan.asked.expert);
        let by_number = self.plans.iter().any(|plan| plan.asked.deletes_by_number());
        let server = self.play();
        if expert {
            return;
        }
        for harm in server.harms().into_iter().filter(Harm::kills) {
            assert!(by_number && harm == Harm::SecondDelete, "{harm}");
        }
    }

    fn play(self) -> Server {
        let now = beginning();
        let world = World::new(now, self.seed.into()).under(Weather {
            cut: usize::from(self.cut) * 8 + 1,
            pipe: usize::from(self.pipe) + 1,
            latency: Duration::from_millis(self.latency.into()),
            ..Weather::default()
        });
        let mut setup = Setup::new(now, UNIX);
        if self.signed {
            setup = setup.with_key(key());
        }
        setup.faults = self.faults.into_iter().map(Strike::from).collect();
        let server = Server::new(setup);
        peer::small_office(&server, UNIX).expect("an empty server");
        let listening = world.listen(&Endpoint::tcp("127.0.0.1", 0)).expect("a free port");
        let at = listening.endpoint();
        let serving = peer::serve(world.clone(), listening, server.clone());
        world.spawn(async move { serving.await.expect("accepting goes well") });
        let seed = u64::from(self.seed);
        let config = if self.signed { Config::signed(key(), seed) } else { Config::unsigned(seed) };
        let client = world.connect(Omapi::new(config), &at);

        let (count, ended) = (self.plans.len(), Arc::new(AtomicUsize::new(0)));
        let mut last = now;
        for plan in self.plans {
            let begin = now + Duration::from_millis(plan.after.into());
            last = last.max(begin + plan.asked.patience());
            let (world_, client, ended) = (world.clone(), client.clone(), ended.clone());
            world.spawn(async move {
                world_.sleep_until(begin).await;
                let call = client.call(Started(plan.asked.begin()));
                let end = plan.dropped.map(|after| begin + Duration::from_millis(after.into()));
                unless(call, end.map(|end| world_.sleep_until(end))).await;
                ended.fetch_add(1, Ordering::Relaxed);
            });
        }
        world.block_on(world.sleep_until(last + Duration::from_millis(1)));
        assert_eq!(ended.load(Ordering::Relaxed), count, "a call outlived its deadline");
        drop(client);
        server.shut_down(world.now());
        world.block_on(world.sleep_until(world.now() + Duration::from_secs(120)));
        assert_eq!(world.tasks(), 0, "a driver without a client, or a server without an end");
        server
    }
}

/// Waits for the call, or until it is to be dropped.
async fn unless(call: impl Future, dropped: Option<impl Future>) {
    let mut call = pin!(call);
    let mut dropped = pin!(dropped);
    std::future::poll_fn(|cx| {
        let gone = dropped.as_mut().as_pin_mut().is_some_and(|dropped| dropped.poll(cx).is_ready());
        if gone || call.as_mut().poll(cx).is_ready() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}
