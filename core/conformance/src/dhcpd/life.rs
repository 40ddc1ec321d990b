//! The server's own life: restart, failover, shutdown. Each test has a daemon of its own.

use std::time::{Duration, Instant};

use netlever_core::omapi::calls::{
    AddClass, AddGroup, AddHost, AddSubclass, Lookup, Remove, SetFailover, SetHost, SetLease,
    Shutdown, Within,
};
use netlever_core::omapi::error::Error;
use netlever_core::omapi::statements::{CLASSLESS_STATIC_ROUTES, Route, Statements};
use netlever_core::omapi::values::{FailoverState, HardwareType, LeaseFlags, LeaseState, Time};
use netlever_core::runtime::Runtime;

use super::lab::{Lab, code};

const NOT_FOUND: u32 = 23;

/// Hosts, a group, classes and changed leases are read back from the leases file.
pub fn what_was_made_survives_a_restart<R: Runtime>(lab: &Lab<R>) {
    let mut own = lab.own("restart", &["--algorithm", "hmac-sha512"]);
    let client = lab.client(&own.daemon);
    let (mac, other) = (lab.seat.mac(10, 0), lab.seat.mac(10, 1));
    let mut statements = Statements::supersede_host(
        Some("q\"uo\\te"),
        &[[34, 64, 34, 92].into()],
        Some("a.example"),
    )
    .expect("statements");
    let route: Route = "34.0.0.0/8,92.34.92.34".parse().expect("a route");
    statements.routes(CLASSLESS_STATIC_ROUTES, &[route]).expect("routes");
    lab.ask(&client, AddGroup::new("kept-group", &statements)).expect("a group");
    let host = AddHost::new(mac).name("kept").ip_address([10, 99, 2, 1].into()).group("kept-group");
    lab.ask(&client, host.statements(statements.clone())).expect("a host");
    lab.ask(&client, AddHost::new(other).name("moved")).expect("a host");
    let moved = SetHost::new(Lookup::host().name("moved"))
        .ip_addresses(&[[10, 99, 2, 2].into(), [10, 99, 2, 3].into()]);
    lab.ask(&client, moved).expect("two addresses");
    lab.ask(&client, AddHost::new(lab.seat.mac(10, 2)).name("gone")).expect("a host");
    lab.ask(&client, Remove::new(Lookup::host().name("gone"))).expect("the host");
    lab.ask(&client, Remove::new(Lookup::host().name("printer"))).expect("a host of dhcpd.conf");
    lab.ask(&client, AddClass::new("kept-class").match_hardware()).expect("a class");
    let member = AddSubclass::hardware("kept-class", HardwareType::ETHERNET, &mac);
    lab.ask(&client, member).expect("a subclass");
    let [extended, reserved, freed] = [120, 121, 122].map(|last| [10, 99, 0, last].into());
    let ends = Time(2_082_758_400);
    lab.ask(&client, SetLease::of(extended).active_until(ends)).expect("another end");
    let flags = LeaseFlags::RESERVED;
    lab.ask(&client, SetLease::of(reserved).flags(flags)).expect("a reservation");
    lab.ask(&client, SetLease::release(freed)).expect("a release");
    let handle = lab.ask(&client, Lookup::host().name("kept")).expect("the host").handle().clone();

    own.restart();
    lab.assert_alive(&own.daemon);
    let stale = lab.ask(&client, netlever_core::omapi::calls::Refresh::new(&handle));
    // The old link is only seen to be gone when it is used.
    assert!(
        matches!(stale, Err(Error::StaleHandle(_) | Error::Failed(_))),
        "a handle of the former process: {stale:?}"
    );
    let kept = lab.ask(&client, Lookup::host().name("kept")).expect("on a new connection");
    assert_eq!(kept.ip_address(), Some([10, 99, 2, 1].into()));
    assert_eq!(kept.hardware_address(), Some(mac));
    let moved = lab.ask(&client, Lookup::host().hardware_address(other)).expect("the other host");
    let addresses = [[10, 99, 2, 2], [10, 99, 2, 3]].map(std::net::IpAddr::from);
    assert_eq!((moved.name(), moved.ip_addresses()), (Some("moved"), addresses.to_vec()));
    for name in ["gone", "printer"] {
        assert_eq!(code(lab.ask(&client, Lookup::host().name(name))), NOT_FOUND, "{name}");
    }
    lab.ask(&client, Lookup::group("kept-group")).expect("the group");
    lab.ask(&client, Lookup::class("kept-class")).expect("the class");
    let mut hashstring = vec![1];
    hashstring.extend(mac.octets());
    lab.ask(&client, Lookup::subclass("kept-class", hashstring)).expect("the subclass");
    let lease = |ip| lab.ask(&client, Lookup::lease().ip_address(ip)).expect("the lease");
    assert_eq!((lease(extended).ends(), lease(reserved).flags()), (Some(ends), Some(flags)));
    assert_eq!(lease(freed).state(), Some(LeaseState::FREE));
    let log = std::fs::read_to_string(own.daemon.fact("log")).expect("the log");
    assert!(!log.contains("leases line"), "the leases file was read without an error:\n{log}");
}

/// The partner never came; the operator says that it is down.
pub fn partner_down<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("failover", &["--algorithm", "hmac-md5"]);
    let client = lab.client(&own.daemon);
    let state = || lab.ask(&client, Lookup::failover("fo-a")).expect("the pair").local_state();
    assert_ne!(state(), Some(FailoverState::PARTNER_DOWN));
    lab.ask(&client, SetFailover::partner_down("fo-a")).expect("partner-down");
    assert_eq!(state(), Some(FailoverState::PARTNER_DOWN));
    assert_eq!(code(lab.ask(&client, SetFailover::partner_down("fo-b"))), NOT_FOUND);
    let unknown = lab.ask(&client, SetFailover::new("fo-a", FailoverState(12)));
    assert!(matches!(unknown, Err(Error::Guarded(_))), "{unknown:?}");
    lab.assert_alive(&own.daemon);
}

/// Success when the connection ends; nobody else gets in; whoever else waits is told.
pub fn shutdown<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("shutdown", &["--algorithm", "hmac-sha256", "--no-failover"]);
    let seed = || Lookup::lease().ip_address([10, 99, 0, 101].into());
    let (client, other) = (lab.client(&own.daemon), lab.client(&own.daemon));
    lab.ask(&other, seed()).expect("the server serves");
    let patient = Within(Shutdown::new(), Duration::from_secs(60));
    let begun = Instant::now();
    lab.block_on(async {
        let down = client.call(patient);
        let rest = async {
            lab.sleep(Duration::from_secs(1)).await;
            let config = own.daemon.config();
            let late = lab.client_with(&own.daemon, config);
            let refused = late.call(Within(seed(), Duration::from_secs(1))).await;
            let refused = refused.expect_err("the listener has closed");
            assert!(!refused.sent(), "{refused}");
            // It fell silent; some seconds later it hangs up.
            let silent = other.call(Within(seed(), Duration::from_secs(20))).await;
            silent.expect_err("no connection is served any more")
        };
        let (down, silent) = both(down, rest).await;
        assert_eq!(down, Ok(()));
        assert!(matches!(silent, Error::Failed(_)), "{silent}");
    });
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    let gone = (0..100).any(|_| {
        std::thread::sleep(Duration::from_millis(50));
        !own.daemon.runs()
    });
    assert!(gone, "the process has ended");
}

/// Both futures, beside each other.
async fn both<A: Future, B: Future>(a: A, b: B) -> (A::Output, B::Output) {
    let (mut a, mut b) = (std::pin::pin!(a), std::pin::pin!(b));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |cx| {
        use std::task::Poll;
        if first.is_none()
            && let Poll::Ready(output) = a.as_mut().poll(cx)
        {
            first = Some(output);
        }
        if second.is_none()
            && let Poll::Ready(output) = b.as_mut().poll(cx)
        {
            second = Some(output);
        }
        match (first.take(), second.take()) {
            (Some(one), Some(other)) => Poll::Ready((one, other)),
            (one, other) => {
                (first, second) = (one, other);
                Poll::Pending
            }
        }
    })
    .await
}
