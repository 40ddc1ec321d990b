//! Client and simulated server, driven in memory on a virtual clock: whole operations, every
//! fault, and what becomes of calls when the server goes.
#![cfg(feature = "omapi")]

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use netlever_core::backoff::{Backoff, Reconnect};
use netlever_core::client::Client;
use netlever_core::desk::Fail;
use netlever_core::memory::{Weather, World};
use netlever_core::omapi::calls::{
    AddGroup, AddHost, AddSubclass, Lookup, PoolUsage, Remove, SetFailover, SetHost, SetLease,
    Shutdown, SyncHost, Synced, Within, scan,
};
use netlever_core::omapi::error::Kind;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::peer::{self, Fault, Server, Setup, Strike, When};
use netlever_core::omapi::statements::Statements;
use netlever_core::omapi::values::{
    FailoverState, HardwareAddress, HardwareType, LeaseFlags, LeaseState, Time,
};
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::runtime::{Endpoint, Listening, Runtime};

const S: Duration = Duration::from_secs(1);
const NOW: u32 = 1_795_000_000;

fn key(algorithm: Algorithm) -> Key {
    Key::new("defomapi", algorithm, b"an office's secret").unwrap()
}

fn ip(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 10, last)
}

fn mac(text: &str) -> HardwareAddress {
    text.parse().unwrap()
}

/// A world with a small office's server in it.
struct Office {
    world: World,
    server: Server,
    at: Endpoint,
}

impl Office {
    fn new(faults: &[Strike]) -> Self {
        Self::with(Algorithm::HmacMd5, faults)
    }

    fn with(algorithm: Algorithm, faults: &[Strike]) -> Self {
        let now = Instant::now();
        let world = World::new(now, 7).under(Weather { cut: 97, ..Weather::default() });
        let mut setup = Setup::new(now, NOW).with_key(key(algorithm));
        setup.aborts = true; // as dhcpd does: a careless burst ends every test
        for fault in faults {
            setup = setup.with_fault(*fault);
        }
        let server = Server::new(setup);
        peer::small_office(&server, NOW).unwrap();
        let listening = world.listen(&Endpoint::tcp("127.0.0.1", 0)).unwrap();
        let at = listening.endpoint();
        let serving = peer::serve(world.clone(), listening, server.clone());
        world.spawn(async move { serving.await.unwrap() });
        Self { world, server, at }
    }

    fn client(&self) -> Client<Omapi> {
        self.client_with(Config::signed(key(Algorithm::HmacMd5), 5))
    }

    fn client_with(&self, config: Config) -> Client<Omapi> {
        self.world.connect(Omapi::new(config), &self.at)
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        self.world.block_on(future)
    }
}

#[test]
fn every_algorithm_signs_both_ways() {
    for algorithm in Algorithm::ALL {
        let office = Office::with(algorithm, &[]);
        let client = office.client_with(Config::signed(key(algorithm), 5));
        let lease = office.run(client.call(Lookup::lease().ip_address(ip(101)))).unwrap();
        assert_eq!(lease.client_hostname(), Some("frontdesk"), "{algorithm}");
    }
}

#[test]
fn the_seeds_lease_is_read_with_all_its_variables() {
    let office = Office::new(&[]);
    let client = office.client();
    let lookup = Lookup::lease().hardware_address(mac("24:79:2a:0a:13:c0"));
    let lease = office.run(client.call(lookup)).unwrap();
    assert_eq!((lease.state(), lease.ip_address()), (Some(LeaseState::ACTIVE), Some(ip(167))));
    assert!(lease.is_active_at(u64::from(NOW)));
    let vendor = lease.object().get("vendor-class-identifier");
    assert_eq!(vendor, Some(&b"Ruckus CPE"[..]));
    assert_eq!(lease.object().get("agent.subscriber-id"), Some(&b"wifi-basement"[..]));
}

#[test]
fn lookups_tell_apart_why_they_found_nothing() {
    let office = Office::new(&[]);
    let client = office.client();
    let kind = |lookup: Lookup<_>| {
        let found: Result<netlever_core::omapi::objects::Lease, Error> =
            office.run(client.call(lookup));
        found.unwrap_err().kind()
    };
    assert_eq!(kind(Lookup::lease().ip_address(ip(250))), Some(Kind::NotFound));
    let shared = mac("02:00:00:00:01:03");
    assert_eq!(kind(Lookup::lease().hardware_address(shared)), Some(Kind::Multiple));
    let torn = Lookup::lease().ip_address(ip(101)).hardware_address(mac("24:79:2a:0a:13:c0"));
    assert_eq!(kind(torn), Some(Kind::Conflict));
}

#[test]
fn a_host_lives_its_life() {
    let office = Office::new(&[]);
    let client = office.client();
    office.run(async {
        let mut statements = Statements::new();
        statements.host_name("ws-7").unwrap();
        let add = || AddHost::new(mac("02:00:00:00:07:07")).name("ws-7").ip_address(ip(7).into());
        let made = client.call(add().statements(statements)).await.unwrap();
        assert_eq!(made.name(), Some("ws-7"));
        let twice = client.call(add()).await.unwrap_err();
        assert_eq!(twice.kind(), Some(Kind::Exists), "{twice}");
        let found = Lookup::host().hardware_address(mac("02:00:00:00:07:07"));
        assert_eq!(client.call(found.clone()).await.unwrap().ip_addresses(), [IpAddr::from(ip(7))]);
        let moved = SetHost::new(found.clone()).ip_addresses(&[ip(8).into(), ip(9).into()]);
        assert_eq!(client.call(moved).await.unwrap().ip_addresses().len(), 2);
        let bare = SetHost::new(found.clone()).ip_addresses(&[]);
        assert!(client.call(bare).await.unwrap().ip_addresses().is_empty());
        client.call(SetHost::new(Lookup::host().name("ws-7")).group("staff")).await.unwrap();
        let nowhere = SetHost::new(Lookup::host().name("ws-7")).group("nobody");
        assert!(client.call(nowhere).await.unwrap_err().is_not_found());
        let gone = client.call(Remove::new(found.clone())).await.unwrap();
        assert_eq!(gone.name(), Some("ws-7"));
        assert!(client.call(Remove::new(found)).await.unwrap_err().is_not_found());
    });
    assert_eq!(office.server.would_have_died(), 0);
}

#[test]
fn sync_adds_changes_replaces_or_leaves_alone() {
    let office = Office::new(&[]);
    let client = office.client();
    let sync = |host: AddHost| office.run(client.call(SyncHost::new(host)));
    let host = |name: &str, last| {
        AddHost::new(mac("02:00:00:00:08:08")).name(name).ip_address(ip(last).into())
    };
    assert_eq!(sync(host("sync-1", 8)), Ok(Synced::Added));
    assert_eq!(sync(host("sync-1", 8)), Ok(Synced::Unchanged));
    assert_eq!(sync(host("sync-1", 9)), Ok(Synced::Changed));
    assert_eq!(sync(host("sync-2", 9)), Ok(Synced::Replaced));
    assert!(office.server.host("sync-1").is_none());
    assert_eq!(sync(host("sync-2", 9).group("staff")), Ok(Synced::Changed));
}

#[test]
fn a_sync_whose_new_name_is_taken_puts_the_old_host_back() {
    let office = Office::new(&[]);
    let client = office.client();
    let host = |name: &str| AddHost::new(mac("02:00:00:00:08:08")).name(name);
    assert_eq!(office.run(client.call(SyncHost::new(host("mine")))), Ok(Synced::Added));
    let taken = office.run(client.call(SyncHost::new(host("printer")))).unwrap_err();
    assert!(matches!(taken, Error::Refused(_)), "{taken}");
    assert!(office.server.host("mine").is_some(), "nothing is lost");
}

#[test]
fn leases_are_released_extended_and_reserved() {
    let office = Office::new(&[]);
    let client = office.client();
    office.run(async {
        let freed = client.call(SetLease::release(ip(101))).await.unwrap();
        assert_eq!(freed.state(), Some(LeaseState::FREE));
        let until = Time(NOW + 7200);
        let longer = client.call(SetLease::of(ip(102)).active_until(until)).await.unwrap();
        assert_eq!((longer.state(), longer.ends()), (Some(LeaseState::ACTIVE), Some(until)));
        let kept = client.call(SetLease::of(ip(102)).flags(LeaseFlags::RESERVED)).await.unwrap();
        assert!(kept.flags().unwrap().contains(LeaseFlags::RESERVED));
        let pool = client.call(PoolUsage::of(ip(102))).await.unwrap();
        assert!(pool.free_leases() <= pool.lease_count());
    });
}

#[test]
fn groups_subclasses_and_failover() {
    let office = Office::new(&[]);
    let client = office.client();
    office.run(async {
        client.call(AddGroup::new("lab", &Statements::new())).await.unwrap();
        assert_eq!(client.call(Lookup::group("lab")).await.unwrap().name(), Some("lab"));
        client.call(Remove::new(Lookup::group("lab"))).await.unwrap();
        client.call(AddGroup::new("lab", &Statements::new())).await.unwrap();
        let phone = mac("02:00:00:00:09:09");
        let add = AddSubclass::hardware("phones", HardwareType::ETHERNET, &phone);
        client.call(add.clone()).await.unwrap();
        assert_eq!(client.call(add).await.unwrap_err().kind(), Some(Kind::Exists));
        let failover = client.call(Lookup::failover("office-pair")).await.unwrap();
        assert_eq!(failover.partner_state(), Some(FailoverState::NORMAL));
        client.call(SetFailover::partner_down("office-pair")).await.unwrap();
        let down = client.call(Lookup::failover("office-pair")).await.unwrap();
        assert_eq!(down.local_state(), Some(FailoverState::PARTNER_DOWN));
    });
}

#[test]
fn a_scan_finds_every_lease_in_order_and_in_bursts() {
    let office = Office::new(&[]);
    let client = office.client();
    let states: Vec<_> = office.run(async {
        let mut states = vec![];
        let mut scan = client.batch(scan(ip(0), ip(255)), 64);
        while let Some(found) = scan.next().await {
            states.push(found.map(|lease| lease.ip_address()));
        }
        states
    });
    assert_eq!(states.len(), 256);
    for (last, found) in (0..=255).zip(&states) {
        match found {
            Ok(found) => assert_eq!(*found, Some(ip(last))),
            Err(error) => assert!(error.is_not_found() && !(100..=199).contains(&last), "{error}"),
        }
    }
    let counters = client.with(|omapi| omapi.counters());
    assert_eq!(counters.requests, 256);
    assert!(counters.bursts < 70, "{counters:?}");
    assert!(!office.server.is_aborted());
}

#[test]
fn ten_thousand_mixed_calls_never_meet_the_edge_of_a_buffer() {
    let office = Office::new(&[]);
    let client = office.client();
    office.run(async {
        let lookups = (0..10_000u32).map(|n| {
            let lookup = Lookup::lease();
            match n % 3 {
                0 => lookup.ip_address(ip(100 + (n % 90) as u8)),
                1 => lookup.hardware_address(mac("24:79:2a:0a:13:c0")),
                _ => lookup.client_id(vec![7; (n % 40) as usize + 1]),
            }
        });
        let mut batch = client.batch(lookups, 200);
        let mut ended = 0;
        while let Some(found) = batch.next().await {
            assert!(found.is_ok() || found.unwrap_err().kind().is_some());
            ended += 1;
        }
        assert_eq!(ended, 10_000);
    });
    assert!(!office.server.is_aborted(), "{:?}", office.server.harms());
}

#[test]
fn a_wrong_secret_a_wrong_algorithm_and_no_key_are_three_things() {
    let office = Office::new(&[]);
    let ask = |config: Config| {
        let client = office.client_with(config);
        office.run(client.call(Lookup::host().name("printer"))).unwrap_err()
    };
    let wrong = Key::new("defomapi", Algorithm::HmacMd5, b"another").unwrap();
    assert_eq!(ask(Config::signed(wrong, 1)), Error::WrongKey);
    let other = ask(Config::signed(key(Algorithm::HmacSha256), 1));
    assert!(matches!(other, Error::KeyRefused { .. }), "{other}");
    assert_eq!(ask(Config::unsigned(1)), Error::KeyRequired);
}

#[test]
fn a_shutdown_ends_with_the_connection_and_new_dials_are_refused() {
    let office = Office::new(&[]);
    let mut config = Config::signed(key(Algorithm::HmacMd5), 5);
    config.reconnect = Reconnect::Never;
    let (asking, other) = (office.client(), office.client_with(config.clone()));
    office.run(other.call(Lookup::host().name("printer"))).unwrap();
    let start = office.world.now();
    assert_eq!(office.run(asking.call(Shutdown::new())), Ok(()));
    assert_eq!((office.world.now() - start).as_secs(), 11);
    let late = office.run(office.client_with(config).call(Lookup::host().name("printer")));
    assert!(matches!(late, Err(Error::Failed(Fail::Lost { sent: false, .. }))), "{late:?}");
    assert!(office.run(other.call(Lookup::host().name("printer"))).is_err());
}

/// One lookup and one change under each fault: both end, in time, with what fits.
#[test]
fn every_fault_ends_every_call() {
    let faults: Vec<Fault> = vec![
        Fault::Version(99),
        Fault::HeaderSize(8),
        Fault::HeaderSize(40),
        Fault::WrongSignature,
        Fault::Unsigned,
        Fault::WrongRid,
        Fault::CloseAt(0),
        Fault::CloseAt(1),
        Fault::CloseAt(30),
        Fault::SplitAt(5, 2 * S),
        Fault::RepeatedNames,
        Fault::UnknownAttribute,
        Fault::LongValue,
        Fault::LongName,
        Fault::LongSignature,
        Fault::StaleHandle,
        Fault::Silence,
        Fault::Slow(2 * S),
        Fault::Slow(7 * S),
        Fault::WrongKeyName,
        Fault::WrongAlgorithm,
        Fault::Shutdown,
    ];
    for fault in faults {
        let office = Office::new(&[Strike { fault, when: When::Always }]);
        for reconnect in [Reconnect::Never, Reconnect::Backoff(Backoff::default())] {
            let mut config = Config::signed(key(Algorithm::HmacMd5), 5);
            config.reconnect = reconnect;
            let client = office.client_with(config);
            let start = office.world.now();
            let (found, moved) = office.run(async {
                let found = client.call(Lookup::host().name("printer")).await;
                let change = SetHost::new(Lookup::host().name("printer"));
                let moved = client.call(change.ip_addresses(&[ip(9).into()])).await;
                (found, moved)
            });
            let took = office.world.now() - start;
            assert!(took <= 10 * S + Duration::from_millis(1), "{fault:?}: {took:?}");
            let harmless = matches!(
                fault,
                Fault::HeaderSize(40) | Fault::RepeatedNames | Fault::UnknownAttribute
            );
            if harmless {
                let (found, moved) = (found.unwrap(), moved.unwrap());
                assert_eq!(found.name(), Some("printer"), "{fault:?}: the first one wins");
                assert_eq!(moved.ip_addresses()[0], IpAddr::from(ip(9)), "{fault:?}");
            } else if !matches!(fault, Fault::StaleHandle | Fault::SplitAt(..) | Fault::Slow(_)) {
                assert!(found.is_err() && moved.is_err(), "{fault:?}: {found:?} {moved:?}");
            }
        }
        assert_eq!(office.server.would_have_died(), 0, "{fault:?}");
    }
}

#[test]
fn reads_outlive_a_lost_connection_and_changes_say_that_they_may_have_run() {
    let office = Office::new(&[Strike { fault: Fault::CloseAt(3), when: When::Nth(6) }]);
    let client = office.client();
    office.run(async {
        let mut batch = client.batch((0..20).map(|n| Lookup::lease().ip_address(ip(100 + n))), 20);
        while let Some(found) = batch.next().await {
            found.unwrap();
        }
    });
    assert_eq!(client.with(|omapi| omapi.counters().links), 2);

    let office = Office::new(&[Strike { fault: Fault::CloseAt(0), when: When::Nth(2) }]);
    let client = office.client();
    let add = AddHost::new(mac("02:00:00:00:07:07")).name("ws-7");
    let lost = office.run(client.call(add)).unwrap_err();
    assert!(lost.sent(), "{lost}");
    assert!(office.server.host("ws-7").is_some(), "indeed it was carried out");
}

#[test]
fn deadlines_hold_for_each_call_alone() {
    let office = Office::new(&[Strike { fault: Fault::Slow(3 * S), when: When::Nth(2) }]);
    let client = office.client();
    office.run(async {
        let hasty = Within(Lookup::host().name("printer"), S);
        let timed_out = client.call(hasty).await.unwrap_err();
        assert_eq!(timed_out, Error::Failed(Fail::TimedOut { sent: true }));
        let patient = client.call(Lookup::host().name("printer")).await;
        assert!(patient.is_ok(), "its burst waited for the late answer, and it was answered then");
    });
    assert_eq!(client.with(|omapi| omapi.counters().late), 1);
}

#[test]
fn the_rate_spreads_calls_over_time() {
    let office = Office::new(&[]);
    let mut config = Config::signed(key(Algorithm::HmacMd5), 5);
    config.rate = Some(10);
    let client = office.client_with(config);
    let start = office.world.now();
    office.run(async {
        let calls = (0..20).map(|n| Lookup::lease().ip_address(ip(100 + n)));
        let mut batch = client.batch(calls.map(|call| Within(call, 60 * S)), 20);
        while let Some(found) = batch.next().await {
            found.unwrap();
        }
    });
    let took = office.world.now() - start;
    assert!(took >= S * 19 / 10 && took < 3 * S, "{took:?}");
}
