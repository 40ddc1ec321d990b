//! What a runtime cannot show of the driver: one poll, one moment.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use netlever_conformance::Checked;
use netlever_conformance::checked::assert_kept;
use netlever_conformance::hand::Hand;
use netlever_conformance::kv::Kv;
use netlever_core::drive::{LINGER, TURNS};
use netlever_core::memory::World;
use netlever_core::runtime::Runtime;
use netlever_core::{Client, Heard, Link, News, Wire, drive};

/// A transport that always has more, and takes everything.
struct Flood<D>(D);

impl<D: FnMut()> Wire for Flood<D> {
    type Io = ();
    type Flow = ();

    fn poll_dial(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        (self.0)();
        Poll::Ready(Ok(()))
    }

    fn poll_read(
        (): &mut (),
        _: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<((), io::Result<usize>)> {
        let whole = buf.len() / 4 * 4;
        buf[..whole].chunks_mut(4).for_each(|message| message.copy_from_slice(b"! x\n"));
        Poll::Ready(((), Ok(whole)))
    }

    fn poll_write((): &mut (), _: &mut Context<'_>, (): (), b: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Ok(b.len()))
    }

    fn poll_alarm(&mut self, _: &mut Context<'_>, _: Instant) -> Poll<()> {
        Poll::Pending
    }
}

#[test]
fn one_poll_uses_a_share_of_a_flood() {
    let client = Client::new(Checked::new(Kv::new(1, 1)), Arc::new(Instant::now));
    let mut driver = pin!(drive(&client, Flood(|| ())));
    assert!(driver.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let mut listener = client.listen(1);
    let heard = pin!(listener.next()).poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Some(Heard::Gap(used))) = heard else { panic!("{heard:?}") };
    // A read of it holds four thousand messages; a turn uses 64.
    assert!(used > 1000 && used <= TURNS as u64 * 64, "{used}");
    assert_kept();
}

#[test]
fn a_transport_that_came_too_late_is_let_go() {
    let client = Client::new(Checked::new(Kv::new(1, 1)), Arc::new(Instant::now));
    let closes = client.clone();
    let driver = pin!(drive(&client, Flood(move || closes.close())));
    assert!(driver.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    assert!(client.with(|kv| !kv.up()));
    assert_kept();
}

/// A world with both ends of a stream, each played by hand.
fn two_hands(world: &World) -> [Client<Checked<Hand>>; 2] {
    let (a, b) = world.pair();
    [a, b].map(|wire| {
        let hand = Client::new(Checked::new(Hand::default()), world.clock());
        world.spawn(drive(&hand, wire));
        hand
    })
}

#[test]
fn the_one_who_hangs_up_waits_for_the_other_to_close_but_not_for_ever() {
    let (start, ms) = (Instant::now(), Duration::from_millis(1));
    let world = World::new(start, 1);
    let [first, second] = two_hands(&world);
    let news = |hand: &Client<Checked<Hand>>| hand.with(|hand| hand.inner().news.clone());
    let wait = |long| world.block_on(world.sleep_until(world.now() + long));
    wait(10 * ms);
    first.with(|hand| hand.inner().say_last("good bye"));
    wait(LINGER / 2);
    assert_eq!(news(&first), [News::Up], "the other may still talk");
    assert_eq!(news(&second), [News::Up, News::Eof]);
    second.with(|hand| hand.inner().say("what I still had to say"));
    wait(LINGER / 4);
    second.with(|hand| hand.inner().link = Link::Over);
    wait(10 * ms);
    assert_eq!(news(&first), [News::Up, News::Down]);
    assert_eq!(first.with(|hand| hand.inner().text()), "", "it was thrown away");

    let [first, _second] = two_hands(&world);
    wait(10 * ms);
    first.with(|hand| hand.inner().link = Link::Over);
    wait(LINGER - 20 * ms);
    assert_eq!(news(&first), [News::Up]);
    wait(40 * ms);
    assert_eq!(news(&first), [News::Up, News::Down], "hung up, as it wanted");
    assert_kept();
}
