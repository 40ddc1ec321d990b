//! How the server ends: silence, then one connection after the other, by the virtual clock.

use std::time::{Duration, Instant};

use netlever_core::memory::World;
use netlever_core::omapi::calls::{Lookup, Shutdown};
use netlever_core::omapi::peer::{Fault, Setup, Strike, When, serve, small_office};
use netlever_core::omapi::wire::{Attributes, Opcode};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use netlever_core::session::{Link, News, Session};

use super::desk::{Desk, UNIX, filled, key, server};

const S: Duration = Duration::from_secs(1);

fn two() -> Vec<(&'static str, [u8; 4])> {
    vec![("state", [0, 0, 0, 2])]
}

#[test]
fn no_answer_then_the_others_close_then_the_asker() {
    let now = Instant::now();
    let server = server(now);
    let (mut asker, mut other) = (Desk::signed(&server, now), Desk::signed(&server, now));
    let control = asker.open("control", &[], &[]).header.handle;
    let object: Attributes = two().into_iter().collect();
    let octets = asker.octets(Opcode::Update, control, &Attributes::new(), &object);
    asker.write(&octets);
    assert!(asker.receive().is_none(), "no answer comes");
    assert!(server.is_ending());
    assert_eq!(server.exits(), Some(now + 12 * S));
    let octets = other.octets(Opcode::Refresh, 0, &Attributes::new(), &Attributes::new());
    other.write(&octets);
    assert!(other.receive().is_none(), "silence");
    let mut late = server.session();
    late.handle_link(now, News::Up);
    assert_eq!(late.link(), Link::Over, "a newcomer is sent away");
    assert_eq!(other.connection.poll_timeout(), Some(now + 6 * S));
    assert_eq!(asker.connection.poll_timeout(), Some(now + 11 * S));
    for second in 0..12 {
        let links = (other.connection.link(), asker.connection.link());
        let up = |until| if second < until { Link::Up } else { Link::Over };
        assert_eq!(links, (up(6), up(11)), "after {second} s");
        other.pass(S);
        asker.pass(S);
    }
}

#[test]
fn an_open_with_update_shuts_down_as_well_and_an_asker_that_leaves_changes_nothing() {
    let now = Instant::now();
    let server = server(now);
    let mut desk = Desk::signed(&server, now);
    let words = [("type", &b"control"[..]), ("update", &[0, 0, 0, 1])].into_iter().collect();
    let octets = desk.octets(Opcode::Open, 0, &words, &two().into_iter().collect());
    desk.write(&octets);
    desk.connection.handle_link(now, News::Eof);
    assert!(desk.is_closed());
    assert!(server.is_ending());
    drop(desk);
    assert_eq!((server.connections(), server.exits()), (0, Some(now + 12 * S)));
}

/// The whole of it over wires in memory: a client asks, another one waits, the door closes.
#[test]
fn a_listener_ends_as_the_daemon_does() {
    let now = Instant::now();
    let world = World::new(now, 7);
    let server = filled(Setup::new(now, UNIX).with_key(key()));
    small_office(&server, UNIX).expect("a new server");
    let listening = world.listen(&Endpoint::tcp("dhcp", 7911)).expect("a place");
    let at = listening.endpoint();
    let asker = world.connect(Omapi::new(Config::signed(key(), 1)), &at);
    let other = world.connect(Omapi::new(Config::signed(key(), 2)), &at);
    let served = serve(world.clone(), listening, server.clone());
    let (done, clock) = (server.clone(), world.clone());
    world.spawn(async move {
        served.await.expect("no fault");
        assert!(clock.now() >= done.exits().expect("an end"));
    });
    world.block_on(async {
        let ip = [192, 168, 10, 101].into();
        let lease = other.call(Lookup::lease().ip_address(ip)).await.expect("a lease");
        assert_eq!(lease.client_hostname(), Some("frontdesk"));
        let asked = world.now();
        asker.call(Shutdown::new()).await.expect("the end of the connection");
        let took = world.now() - asked;
        assert!((11 * S..12 * S).contains(&took), "{took:?}");
        assert_eq!(server.connections(), 0, "the other one was closed before");
        let refused = world.listen(&at).map(drop);
        assert!(refused.is_ok(), "the listener is gone");
        world.sleep_until(asked + 14 * S).await;
    });
    assert_eq!(server.harms(), []);
}

#[test]
fn a_shutdown_may_come_in_the_middle() {
    let now = Instant::now();
    let strike = Strike { fault: Fault::Shutdown, when: When::Nth(2) };
    let server = filled(Setup::new(now, UNIX).with_key(key()).with_fault(strike));
    let mut desk = Desk::signed(&server, now);
    let octets = desk.octets(Opcode::Refresh, 0, &Attributes::new(), &Attributes::new());
    desk.write(&octets);
    assert!(desk.receive().is_none() && server.is_ending());
    desk.pass(11 * S);
    assert!(desk.is_closed());
}

/// The client's bursts keep clear of the edges: with a server that would abort, nothing happens.
#[test]
fn a_busy_client_never_trips_over_an_edge() {
    let now = Instant::now();
    let world = World::new(now, 3);
    let mut setup = Setup::new(now, UNIX).with_key(key());
    setup.aborts = true;
    let server = filled(setup);
    small_office(&server, UNIX).expect("a new server");
    let listening = world.listen(&Endpoint::tcp("dhcp", 7911)).expect("a place");
    let client = world.connect(Omapi::new(Config::signed(key(), 1)), &listening.endpoint());
    let served = serve(world.clone(), listening, server.clone());
    world.spawn(async move { served.await.expect("no fault") });
    world.block_on(async {
        let ips = (0..2000_u32).map(|n| [192, 168, 10, 100 + (n % 100) as u8].into());
        let calls = ips.map(|ip| Lookup::lease().ip_address(ip));
        let mut batch = client.batch(calls, 500);
        let mut found = 0;
        while let Some(lease) = batch.next().await {
            lease.expect("a lease");
            found += 1;
        }
        assert_eq!(found, 2000);
    });
    assert_eq!((server.is_aborted(), server.harms().len()), (false, 0));
}
