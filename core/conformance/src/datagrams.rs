//! Datagrams: many peers, few sockets, loss, and peers that are not there.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::SocketAddr;

use netlever_core::desk::Fail;
use netlever_core::runtime::Runtime;

use crate::ask::{Asker, Nas, ask};
use crate::lab::{MS, S, all, asker, loopback, nas, nas_at};

/// A hundred peers, two requests each, three of our sockets.
pub fn many_peers_from_three_sockets<R: Runtime>(runtime: &R) {
    runtime.block_on(asks_many(runtime, 100));
}

/// A thousand peers; datagrams are lost, doubled and late.
pub fn a_thousand_peers_from_three_sockets_in_bad_weather<R: Runtime>(runtime: &R) {
    runtime.block_on(asks_many(runtime, 1000));
}

async fn asks_many<R: Runtime>(runtime: &R, peers: usize) {
    const EACH: usize = 8; // more than one socket's identifiers
    let servers: Vec<_> = (0..peers).map(|_| nas(runtime, Nas::default())).collect();
    let (client, bound) = asker(runtime, Asker::new(3, 200 * MS));
    let calls: Vec<_> = servers
        .iter()
        .flat_map(|(_, at)| (0..EACH).map(|n| (*at, n)))
        .map(|(at, n)| {
            let client = client.clone();
            async move { client.call(ask(at, &format!("{at} {n}")).within(60 * S)).await }
        })
        .collect();
    let answers = all(runtime, calls).await;
    for (place, answer) in answers.iter().enumerate() {
        let (at, n) = (servers[place / EACH].1, place % EACH);
        match answer {
            Ok(text) => assert_eq!(*text, format!("{at} {n}!")),
            Err(why) => assert_eq!(*why, Fail::TimedOut { sent: true }),
        }
    }
    let good = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(good * 100 >= answers.len() * 98, "{good} of {}", answers.len());
    assert!((2..=3).contains(&bound.count()), "{} sockets", bound.count());
}

/// Peers that are deaf at first: the same octets come again, from the same port.
pub fn a_retransmission_keeps_its_source_port<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let servers: Vec<_> = (0..3).map(|_| nas(runtime, Nas::deaf())).collect();
        let (client, bound) = asker(runtime, Asker::new(2, 50 * MS));
        let calls = servers.iter().flat_map(|(_, at)| [*at; 8]).enumerate().map(|(n, at)| {
            let client = client.clone();
            async move { client.call(ask(at, &format!("{n}"))).await }
        });
        for (n, answer) in all(runtime, calls.collect::<Vec<_>>()).await.into_iter().enumerate() {
            assert_eq!(answer, Ok(format!("{n}!")));
        }
        let ports = |server: &netlever_core::Client<crate::Checked<Nas>>| {
            server.with(|nas| {
                let seen = &nas.inner().seen;
                assert!(seen.len() == 8 && seen.values().all(|times| *times >= 2), "{seen:?}");
                seen.keys().map(|(from, _)| from.addr.port()).collect::<BTreeSet<_>>()
            })
        };
        let mine: BTreeSet<_> =
            (0..2).filter_map(|socket| bound.of(socket)).map(|addr| addr.port()).collect();
        assert_eq!(mine.len(), 2);
        assert!(servers.iter().all(|(server, _)| ports(server) == mine));
    });
}

/// A port where nobody listens, asked between others from the same sockets.
pub fn an_unreachable_peer_costs_its_own_exchange_only<R: Runtime>(runtime: &R) {
    runtime.block_on(asks_in_vain(runtime, loopback()));
}

async fn asks_in_vain<R: Runtime>(runtime: &R, at: SocketAddr) {
    let servers: Vec<_> = (0..3).map(|_| nas_at(runtime, Nas::default(), at)).collect();
    let gone = {
        let (_wire, bound) = runtime.datagrams(Some(at)).expect("a datagram wire");
        bound.of(0).expect("socket 0 is bound at once")
    };
    let (client, bound) = asker(runtime, Asker::new(2, S));
    let refused = Err(Fail::Lost { sent: true, why: ErrorKind::ConnectionRefused });
    let clock = runtime.clock();
    for round in 0..3 {
        // Alone: the error is all that happens, and it is told at once, not by deadline.
        let began = clock();
        assert_eq!(client.call(ask(gone, "?")).await, refused);
        let took = clock() - began;
        assert!(took < 500 * MS, "{took:?}");
        // Among others: the next datagram of the same socket meets the error of an earlier one.
        let calls = (0..20).flat_map(|_| servers.iter().map(|(_, at)| *at).chain([gone]));
        let calls: Vec<_> = calls
            .map(|to| {
                let client = client.clone();
                async move { (to, client.call(ask(to, "hello")).await) }
            })
            .collect();
        for (to, answer) in all(runtime, calls).await {
            if to == gone {
                assert_eq!(answer, refused, "round {round}");
            } else {
                assert_eq!(answer, Ok("hello!".into()), "round {round}");
            }
        }
    }
    assert!(bound.count() <= 2, "no socket was lost");
}

/// It comes from the right host, but not from whom was asked.
pub fn an_answer_from_another_port_is_none<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (_server, at) = nas(runtime, Nas::elsewhere());
        let (client, _) = asker(runtime, Asker::new(1, 20 * MS));
        let end = client.call(ask(at, "who is there").within(300 * MS)).await;
        assert_eq!(end, Err(Fail::TimedOut { sent: true }));
        let strays = client.with(|asker| asker.inner().strays);
        assert!(strays >= 1, "it came, and was counted");
    });
}

/// Two hundred clients, each with a socket of its own; each asks twice as the first is not heard.
pub fn one_socket_serves_many_peers<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let (server, at) = nas(runtime, Nas::deaf());
        let calls: Vec<_> = (0..200)
            .map(|_| {
                let (client, _) = asker(runtime, Asker::new(1, 100 * MS));
                async move { client.call(ask(at, "k")).await }
            })
            .collect();
        assert_eq!(all(runtime, calls).await, vec![Ok("k!".to_owned()); 200]);
        server.with(|nas| {
            let seen = &nas.inner().seen;
            assert!(seen.len() == 200 && seen.values().all(|times| *times >= 2));
        });
    });
}

/// One number, two sockets: one for each family; and an unreachable peer on IPv6.
pub fn ipv6_beside_ipv4<R: Runtime>(runtime: &R) {
    runtime.block_on(async {
        let six: SocketAddr = "[::1]:0".parse().expect("an address");
        let (_four_server, four) = nas(runtime, Nas::default());
        let (_six_server, six_at) = nas_at(runtime, Nas::default(), six);
        let (client, bound) = asker(runtime, Asker::new(1, 200 * MS));
        for to in [four, six_at, four, six_at] {
            assert_eq!(client.call(ask(to, "k")).await, Ok("k!".into()));
        }
        assert_eq!(bound.count(), 2);
        asks_in_vain(runtime, six).await;
    });
}
