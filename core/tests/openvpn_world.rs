//! Client and simulated daemon, driven in memory on a virtual clock: whole operations, clients that
//! are let in and kept out, faults, and what becomes of a session when its daemon goes.
#![cfg(feature = "openvpn")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use netlever_conformance::checked::assert_kept;
use netlever_conformance::{Checked, On};
use netlever_core::backoff::Reconnect;
use netlever_core::client::{Client, Heard, Listener};
use netlever_core::desk::Fail;
use netlever_core::door::Door;
use netlever_core::drive::drive;
use netlever_core::memory::{Weather, World};
use netlever_core::openvpn::calls::*;
use netlever_core::openvpn::command::{Kill, Signal, Transport};
use netlever_core::openvpn::error::Kind;
use netlever_core::openvpn::event::client::ClientEvent;
use netlever_core::openvpn::event::{Event as Meaning, PasswordEvent};
use netlever_core::openvpn::peer::{
    self, ClientSide, Daemon, DynamicChallenge, Edition, Fault, Login, Mode, Setup, Strike, When,
};
use netlever_core::openvpn::policy::{
    AcceptAll, Authorizer, By, Decision, Inbox, Policy, Terms, Token, Told, authorise,
};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Config, Error, Management};
use netlever_core::runtime::{Endpoint, Listening, Runtime};

const S: Duration = Duration::from_secs(1);
const NOW: u64 = 1_795_294_029;

/// A world with a daemon in it.
struct Lab {
    world: World,
    daemon: Daemon,
    at: Endpoint,
}

impl Lab {
    fn new(setup: impl FnOnce(Instant) -> Setup) -> Self {
        let now = Instant::now();
        let world = World::new(now, 7).under(Weather { cut: 97, ..Weather::default() });
        let daemon = Daemon::new(setup(now));
        let listening = world.listen(&Endpoint::tcp("127.0.0.1", 0)).unwrap();
        let at = listening.endpoint();
        let serving = peer::serve(world.clone(), listening, daemon.clone());
        world.spawn(async move { serving.await.unwrap() });
        Self { world, daemon, at }
    }

    fn server() -> Self {
        Self::new(|now| Setup::server(now, NOW))
    }

    fn office(edition: Edition) -> Self {
        let lab = Self::new(|now| Setup::server(now, NOW).with_edition(edition));
        peer::small_office(&lab.daemon, lab.world.now());
        lab
    }

    fn client(&self) -> Client<Management> {
        self.client_with(Config::new(5))
    }

    fn client_with(&self, config: Config) -> Client<Management> {
        self.world.connect(Management::new(config), &self.at)
    }

    fn run<F: Future>(&self, future: F) -> F::Output {
        self.world.block_on(future)
    }

    async fn sleep(&self, time: Duration) {
        self.world.sleep_until(self.world.now() + time).await;
    }
}

/// The next event that this reads something in.
async fn hear<T>(
    listener: &mut Listener<Management>,
    mut pick: impl FnMut(&Event) -> Option<T>,
) -> T {
    loop {
        match listener.next().await.expect("the session lives") {
            Heard::Event(event) => {
                if let Some(picked) = pick(&event) {
                    return picked;
                }
            }
            Heard::Gap(lost) => panic!("{lost} events were lost"),
        }
    }
}

fn is_up(event: &Event) -> Option<u64> {
    if let Event::Up { link, .. } = event { Some(*link) } else { None }
}

fn why_down(event: &Event) -> Option<Error> {
    if let Event::Down { why } = event { Some(why.clone()) } else { None }
}

/// Names and ids of the CLIENT events.
fn of_client(event: &Event) -> Option<(&'static str, u64)> {
    let Event::Notification(told) = event else { return None };
    let Meaning::Client(client) = told.event() else { return None };
    Some((client.name(), client.cid()))
}

#[test]
fn every_release_tells_who_it_is_and_who_is_connected() {
    for edition in Edition::ALL {
        let lab = Lab::office(edition);
        let client = lab.client();
        lab.run(async {
            let version = client.call(version()).await.unwrap();
            assert_eq!(version.release(), Some(edition.release()));
            assert_eq!(version.management, edition.management());
            assert_eq!(client.call(pid()).await, Ok(lab.daemon.pid()));
            let status = client.call(server_status()).await.unwrap();
            assert!(status.is_complete() && status.client_count() == 6, "{edition}");
            let alice = status.clients().flatten().find(|one| one.common_name == "alice").unwrap();
            assert_eq!(alice.bytes_received, 48_230_711);
            let Listing::Server(plain) = client.call(status_in_own_format()).await.unwrap() else {
                panic!("a server's")
            };
            assert_eq!(plain.client_count(), 6);
            assert_eq!(client.call(load_stats()).await.unwrap().clients, 5);
            let state = client.call(state()).await.unwrap();
            assert_eq!(state.last().unwrap().name, "CONNECTED");
            assert!(client.call(help()).await.unwrap().lines().count() > 20);
            assert!(client.call(log(Some(3))).await.unwrap().iter().count() <= 3);
            assert_eq!(client.call(raw("# a comment")).await, Ok(vec![]));
        });
    }
}

fn status_in_own_format() -> Ask<Listing> {
    status(None)
}

#[test]
fn many_calls_at_once_each_get_their_own_answer() {
    let lab = Lab::office(Edition::V26);
    let client = lab.client();
    lab.run(async {
        let mut batch = client.batch((1..=1000).map(|lines| test(lines % 7 + 1)), 300);
        let mut seen = 0;
        while let Some(lines) = batch.next().await {
            seen += 1;
            assert_eq!(lines.unwrap().len(), seen % 7 + 1);
        }
        assert_eq!(seen, 1000);
    });
}

#[test]
fn passwords_right_wrong_and_missing() {
    let lab = Lab::new(|now| Setup::server(now, NOW).with_password("s3cret"));
    let right = lab.client_with(Config::with_password("s3cret", 1));
    assert_eq!(lab.run(right.call(pid())), Ok(lab.daemon.pid()));
    drop(right);
    let wrong = lab.client_with(Config::with_password("other", 1));
    assert_eq!(lab.run(wrong.call(pid())), Err(Error::WrongPassword));
    let missing = lab.client();
    assert_eq!(lab.run(missing.call(pid())), Err(Error::PasswordRequired));
}

#[test]
fn the_second_client_hears_busy_and_has_its_turn_later() {
    let lab = Lab::server();
    let first = lab.client();
    lab.run(first.call(pid())).unwrap();
    let second = lab.client();
    let mut listener = second.listen(100);
    let before = lab.world.now();
    assert_eq!(lab.run(second.call(pid())), Err(Error::Occupied));
    assert!(lab.world.now() - before < 4 * S, "an error, not a hang");
    drop(first);
    lab.run(async {
        assert_eq!(hear(&mut listener, why_down).await, Error::Occupied);
        hear(&mut listener, is_up).await;
        assert_eq!(second.call(pid()).await, Ok(lab.daemon.pid()));
    });
}

#[test]
fn clients_are_authorised_by_a_function() {
    let lab = Lab::server();
    let client = lab.client();
    let policy = |event: &ClientEvent<'_>| match event.env().username() {
        Some(name) if name == "carol" => Decision::accept([push("route 10.0.0.0 255.0.0.0")]),
        _ => Decision::Deny { reason: "unknown".into(), client_reason: Some("ask IT".into()) },
    };
    let (world, handle) = (lab.world.clone(), client.clone());
    lab.world.spawn(async move {
        let mut authorizer = Authorizer::new(policy, Terms::default());
        authorise(&world, &handle, &mut authorizer, &Inbox::default(), |_| ()).await;
    });
    lab.run(async {
        client.call(pid()).await.unwrap();
        let at = |port| format!("192.0.2.2:{port}").parse().unwrap();
        let carol = peer::Client::new("c", at(1)).with_login("carol", "x");
        let carol = lab.daemon.connect_client(lab.world.now(), carol).unwrap();
        let dave = peer::Client::new("d", at(2)).with_login("dave", "x");
        let dave = lab.daemon.connect_client(lab.world.now(), dave).unwrap();
        lab.sleep(S).await;
        assert_eq!(lab.daemon.client(carol).unwrap().stage, peer::Stage::Up);
        assert_eq!(lab.daemon.client(dave).unwrap().stage, peer::Stage::Leaving);
        let kid = lab.daemon.reauthenticate(lab.world.now(), carol).unwrap();
        lab.sleep(S).await;
        let state = lab.daemon.client(carol).unwrap();
        assert_eq!((state.kid, state.asks, state.stage), (kid, None, peer::Stage::Up));
    });
}

/// Answers by name, each after its own time; `None`: never.
struct Slow {
    world: World,
    inbox: Inbox,
    after: BTreeMap<&'static str, Option<Duration>>,
}

impl Policy for Slow {
    fn ask(&mut self, token: Token, event: &ClientEvent<'_>) -> Option<Decision> {
        let name = event.env().common_name()?.lossy().into_owned();
        let wait = self.after.get(name.as_str()).copied().flatten()?;
        let (world, inbox, at) = (self.world.clone(), self.inbox.clone(), self.world.now() + wait);
        self.world.spawn(async move {
            world.sleep_until(at).await;
            inbox.decide(token, Decision::accept([]));
        });
        None
    }
}

#[test]
fn a_slow_source_denies_after_the_deadline_and_holds_nobody_else_up() {
    let lab = Lab::server();
    let client = lab.client();
    let after = [("never", None), ("slow", Some(10 * S)), ("late", Some(30 * S))];
    let inbox = Inbox::default();
    let policy = Slow { world: lab.world.clone(), inbox: inbox.clone(), after: after.into() };
    let (world, handle) = (lab.world.clone(), client.clone());
    let (denied, seen) = std::sync::mpsc::channel();
    lab.world.spawn(async move {
        let mut authorizer = Authorizer::new(policy, Terms::default());
        authorise(&world, &handle, &mut authorizer, &inbox, |told| {
            if let Told::Ruled(ruling, outcome) = told {
                assert_eq!(*outcome, Ok(()));
                denied.send((ruling.cid, ruling.by)).unwrap();
            }
        })
        .await;
    });
    lab.run(async {
        client.call(pid()).await.unwrap();
        for (port, name) in ["never", "slow", "late"].into_iter().enumerate() {
            let at = format!("192.0.2.2:{}", port + 1).parse().unwrap();
            lab.daemon.connect_client(lab.world.now(), peer::Client::new(name, at)).unwrap();
        }
        lab.sleep(11 * S).await;
        assert_eq!(lab.daemon.client(1).unwrap().stage, peer::Stage::Up);
        assert_eq!(lab.daemon.client(0).unwrap().stage, peer::Stage::Asking);
        lab.sleep(30 * S).await;
    });
    let rulings: Vec<_> = seen.try_iter().collect();
    assert_eq!(rulings, [(1, By::Policy), (0, By::Deadline), (2, By::Deadline)]);
    assert_eq!(lab.daemon.clients(), [1]);
}

/// Asks for a PIN.
struct Pin;

impl Policy for Pin {
    fn ask(&mut self, _token: Token, event: &ClientEvent<'_>) -> Option<Decision> {
        Some(match event {
            ClientEvent::CrResponse { response, .. } if response.expose() == "NDI=" => {
                Decision::accept([])
            }
            ClientEvent::CrResponse { .. } => Decision::deny("wrong PIN"),
            _ => Decision::Pending { extra: "CR_TEXT:R,E:PIN?".into(), timeout: 60 },
        })
    }
}

#[test]
fn a_pending_client_is_let_in_when_it_has_answered() {
    let lab = Lab::server();
    let client = lab.client();
    let (world, handle) = (lab.world.clone(), client.clone());
    lab.world.spawn(async move {
        let mut authorizer = Authorizer::new(Pin, Terms::default());
        authorise(&world, &handle, &mut authorizer, &Inbox::default(), |_| ()).await;
    });
    lab.run(async {
        client.call(pid()).await.unwrap();
        for (port, pin) in [(1, Some("NDI=")), (2, Some("MDA=")), (3, None)] {
            let at = format!("192.0.2.2:{port}").parse().unwrap();
            let mut one = peer::Client::new("x", at);
            one.peer_info.push(("IV_SSO".into(), "crtext".into()));
            one.challenge_response = pin.map(Into::into);
            lab.daemon.connect_client(lab.world.now(), one).unwrap();
        }
        lab.sleep(3 * S).await;
        let stages: Vec<_> =
            (0..3).map(|cid| lab.daemon.client(cid).map(|client| client.stage)).collect();
        assert_eq!(stages[0], Some(peer::Stage::Up), "{stages:?}");
        assert_eq!(stages[1], Some(peer::Stage::Leaving), "{stages:?}");
        assert!(!matches!(stages[2], Some(peer::Stage::Up)), "{stages:?}");
        lab.sleep(70 * S).await;
        assert_eq!(lab.daemon.clients(), [0]);
    });
}

#[test]
fn a_restarted_daemon_is_found_again_and_asked_for_everything() {
    let lab = Lab::server();
    let mut config = Config::new(1);
    config.settings.state = true;
    config.settings.byte_count = Some(5);
    let client = lab.client_with(config);
    lab.run(async {
        let mut listener = client.listen(1000);
        assert_eq!(hear(&mut listener, is_up).await, 1);
        let before = client.call(pid()).await.unwrap();
        lab.daemon.restart(lab.world.now());
        hear(&mut listener, why_down).await;
        assert_eq!(hear(&mut listener, is_up).await, 2);
        let after = client.call(pid()).await.unwrap();
        assert_eq!(after, lab.daemon.pid(), "not {before} from the former connection");
        lab.daemon.reconnect(lab.world.now(), "SIGUSR1");
        let state = |event: &Event| match event {
            Event::Notification(told) => match told.event() {
                Meaning::State(state) => Some(state.name.lossy().into_owned()),
                _ => None,
            },
            _ => None,
        };
        assert_eq!(hear(&mut listener, state).await, "RECONNECTING");
        assert_eq!(client.with(|session| session.counters().links), 2);
    });
}

#[test]
fn a_daemon_that_ends_says_why() {
    let lab = Lab::server();
    let mut config = Config::new(1);
    config.reconnect = Reconnect::Never;
    let client = lab.client_with(config);
    lab.run(async {
        let mut listener = client.listen(100);
        client.call(pid()).await.unwrap();
        lab.daemon.die(lab.world.now(), "Exiting due to fatal error");
        let why = hear(&mut listener, why_down).await;
        assert!(why.to_string().contains("Exiting due to fatal error"), "{why}");
        assert_eq!(client.call(pid()).await.unwrap_err(), why);
        assert_eq!(listener.next().await, None);
    });
}

#[test]
fn sigterm_is_answered_and_then_the_stream_ends() {
    let lab = Lab::server();
    let client = lab.client();
    lab.run(async {
        let mut listener = client.listen(100);
        let said = client.call(signal(Signal::Term)).await.unwrap();
        assert_eq!(said.octets(), "signal SIGTERM thrown");
        hear(&mut listener, why_down).await;
        let gone = client.call(pid()).await.unwrap_err();
        assert!(matches!(gone, Error::Failed(Fail::Lost { sent: false, .. })), "{gone}");
    });
    assert!(lab.daemon.is_ended());
}

#[test]
fn clients_are_thrown_out_by_name_id_and_address_of_every_release() {
    for edition in Edition::ALL {
        let lab = Lab::office(edition);
        let client = lab.client();
        lab.run(async {
            let mut listener = client.listen(1000);
            assert_eq!(client.call(kill(Kill::CommonName("bob".into()))).await, Ok(2));
            assert_eq!(hear(&mut listener, of_client).await, ("DISCONNECT", 1), "{edition}");
            assert_eq!(client.call(KillNamed::new("Smith, John (home)")).await, Ok(1));
            client.call(kill_client(4, Some("HALT".into()))).await.unwrap();
            let address = "198.51.100.21:41623".parse().unwrap();
            assert_eq!(client.call(KillAddress::new(Transport::Udp, address)).await, Ok(1));
            let nobody = client.call(kill(Kill::CommonName("nobody".into()))).await.unwrap_err();
            assert!(nobody.is_not_found(), "{nobody}");
            let unknown = client.call(kill_client(99, None)).await.unwrap_err();
            assert_eq!(unknown.kind(), Some(Kind::NoSuchClient));
            lab.sleep(10 * S).await;
            assert_eq!(lab.daemon.clients(), [5]);
        });
    }
}

/// A client daemon that asks for a login.
fn asking(login: Login) -> Lab {
    Lab::new(|now| {
        let side = ClientSide { login: Some(login), ..ClientSide::default() };
        Setup { mode: Mode::Client(Box::new(side)), hold: true, ..Setup::client(now, NOW) }
    })
}

#[test]
fn a_client_daemon_is_released_given_its_credentials_and_connects() {
    let login = Login {
        username: Some("carol".into()),
        password: Some("pa\"ss\\".into()),
        ..Login::default()
    };
    let lab = asking(login);
    let mut config = Config::new(1);
    config.settings.release_hold = true;
    config.settings.state = true;
    let client = lab.client_with(config);
    lab.run(async {
        let mut listener = client.listen(1000);
        let call = hear(&mut listener, |event| match event {
            Event::Notification(told) => match told.event() {
                Meaning::Password(PasswordEvent::Need(need)) => {
                    Some(Credentials::answer(&need, "carol", "pa\"ss\\", None))
                }
                _ => None,
            },
            _ => None,
        });
        let call = call.await;
        client.call(call).await.unwrap();
        hear(&mut listener, |event| match event {
            Event::Notification(told) => {
                matches!(told.event(), Meaning::State(state) if state.name == "CONNECTED")
                    .then_some(())
            }
            _ => None,
        })
        .await;
        let counters = client.call(client_status()).await.unwrap();
        assert!(counters.counters().count() >= 5);
        let mode = client.call(server_status()).await.unwrap_err();
        assert!(matches!(mode, Error::Form { .. }), "{mode}");
        let mode = client.call(client_count()).await.unwrap_err();
        assert_eq!(mode.kind(), Some(Kind::Unsupported));
    });
}

#[test]
fn a_dynamic_challenge_is_answered_at_the_next_prompt() {
    let login = Login {
        username: Some("carol".into()),
        password: Some("secret".into()),
        dynamic_challenge: Some(DynamicChallenge {
            flags: "R,E".into(),
            state_id: "id".into(),
            text: "PIN?".into(),
            response: "42".into(),
        }),
        ..Login::default()
    };
    let lab = asking(login);
    let mut config = Config::new(1);
    config.settings.release_hold = true;
    config.settings.state = true;
    let client = lab.client_with(config);
    lab.run(async {
        let mut listener = client.listen(1000);
        client
            .call(set_auth_retry(netlever_core::openvpn::command::AuthRetry::Interact))
            .await
            .unwrap();
        let mut next = None;
        loop {
            let call = hear(&mut listener, |event| {
                let Event::Notification(told) = event else { return None };
                match told.event() {
                    Meaning::Password(PasswordEvent::Need(need)) => {
                        Some(Some(next.take().unwrap_or_else(|| {
                            Credentials::answer(&need, "carol", "secret", None)
                        })))
                    }
                    Meaning::Password(failed @ PasswordEvent::Failed { .. }) => {
                        let challenge = failed.challenge().expect("a challenge");
                        next = Some(Credentials::challenge(&challenge, b"42"));
                        None
                    }
                    Meaning::State(state) if state.name == "CONNECTED" => Some(None),
                    _ => None,
                }
            });
            match call.await {
                Some(call) => client.call(call).await.unwrap(),
                None => break,
            }
        }
    });
}

#[test]
fn a_daemon_that_connects_to_us_is_served_in_the_same_way() {
    let now = Instant::now();
    let world = World::new(now, 3);
    let listening = world.listen(&Endpoint::tcp("127.0.0.1", 7505)).unwrap();
    let at = listening.endpoint();
    let client = Client::new(Management::new(Config::with_password("x", 1)), world.clock());
    world.spawn(drive(&client, Door::new(&world, listening)));
    for link in 1..=2 {
        let setup = Setup { ends_with_client: true, ..Setup::server(now, NOW) };
        let daemon = Daemon::new(setup.with_password("x"));
        world.spawn(peer::dial(world.clone(), at.clone(), daemon.clone()));
        world.block_on(async {
            assert_eq!(client.call(Within(pid(), 30 * S)).await, Ok(daemon.pid()));
            assert_eq!(client.with(|session| session.link_number()), link);
            client.call(exit()).await.unwrap();
            world.sleep_until(world.now() + S).await;
        });
        assert!(daemon.is_ended(), "it ends with its client");
    }
}

#[test]
fn closing_waits_for_the_answers_that_are_owed() {
    let lab = Lab::office(Edition::V26);
    let client = lab.client();
    lab.run(async {
        client.call(pid()).await.unwrap();
        let mut batch = client.batch((0..10).map(|_| server_status()), 10);
        let first = batch.next().await.unwrap();
        client.close();
        assert!(first.is_ok());
        for _ in 1..10 {
            assert!(batch.next().await.unwrap().is_ok());
        }
        assert_eq!(client.call(verb()).await, Err(Fail::Closed.into()));
        lab.sleep(5 * S).await;
        assert!(!lab.daemon.is_attached());
    });
}

#[test]
fn every_fault_ends_in_an_answer_or_an_error() {
    let faults = [
        Fault::Busy,
        Fault::WrongPrompt,
        Fault::CloseAt(3),
        Fault::SplitAt(5, S),
        Fault::Silence,
        Fault::Slow(2 * S),
        Fault::EndlessLine,
        Fault::TruncatedBlock,
        Fault::Flood(500),
        Fault::Glued,
        Fault::Garbage,
        Fault::NonUtf8,
        Fault::Restart,
        Fault::Drop(None),
    ];
    for fault in faults {
        let shown = format!("{fault:?}");
        let strike = Strike { fault, when: When::Every(2) };
        let lab = Lab::new(|now| Setup::server(now, NOW).with_fault(strike));
        peer::small_office(&lab.daemon, lab.world.now());
        // The session is held to the rules of the contract all along.
        let session = Checked::new(Management::new(Config::new(5)));
        let client = lab.world.connect(session, &lab.at);
        let before = lab.world.now();
        lab.run(async {
            let mut good = 0;
            for _ in 0..5 {
                good += u32::from(client.call(On(server_status())).await.is_ok());
                good += u32::from(client.call(On(announce(3))).await.is_ok());
                good += u32::from(client.call(On(load_stats())).await.is_ok());
            }
            assert!(good > 0, "{shown}: no call succeeded");
            let _ = client.call(On(exit())).await;
        });
        assert!(lab.world.now() - before < 90 * S, "{shown}: each call ends by its deadline");
    }
    assert_kept();
}

#[test]
fn a_truncated_listing_says_so_and_the_next_call_is_in_step() {
    let strike = Strike { fault: Fault::TruncatedBlock, when: When::Nth(1) };
    let lab = Lab::new(|now| Setup::server(now, NOW).with_fault(strike));
    peer::small_office(&lab.daemon, lab.world.now());
    let client = lab.client();
    lab.run(async {
        let mut batch = client.batch([server_status(), server_status()], 2);
        assert!(!batch.next().await.unwrap().unwrap().is_complete());
        assert!(batch.next().await.unwrap().unwrap().is_complete());
    });
}

#[test]
fn ten_thousand_clients_are_listed() {
    let lab = Lab::server();
    peer::crowd(&lab.daemon, lab.world.now(), 10_000);
    let mut config = Config::new(1);
    config.deadline = 600 * S;
    let client = lab.client_with(config);
    let status = lab.run(client.call(server_status())).unwrap();
    assert!(status.is_complete());
    assert_eq!(status.clients().flatten().count(), 10_000);
}

#[test]
fn a_flood_of_events_is_heard_or_counted_beside_answers() {
    let lab = Lab::server();
    let mut config = Config::new(1);
    config.settings.log = true;
    let client = lab.client_with(config);
    lab.run(async {
        client.call(pid()).await.unwrap();
        let mut listener = client.listen(10);
        for number in 0..5000 {
            lab.daemon.log(lab.world.now(), "I", &format!("line {number}"));
        }
        assert_eq!(client.call(verb()).await, Ok(3), "calls go on beside events");
        let (mut heard, mut lost) = (0, 0);
        client.close();
        while let Some(event) = listener.next().await {
            match event {
                Heard::Event(_) => heard += 1,
                Heard::Gap(gap) => lost += gap,
            }
        }
        assert!(heard >= 10 && lost > 0 && heard + lost >= 5000, "{heard} heard, {lost} lost");
    });
}

#[test]
fn accept_all_lets_everybody_in() {
    let lab = Lab::server();
    let client = lab.client();
    let (world, handle) = (lab.world.clone(), client.clone());
    lab.world.spawn(async move {
        let mut authorizer = Authorizer::new(AcceptAll, Terms::default());
        authorise(&world, &handle, &mut authorizer, &Inbox::default(), |_| ()).await;
    });
    lab.run(async {
        client.call(pid()).await.unwrap();
        for port in 1..200_u16 {
            let at = format!("192.0.2.2:{port}").parse().unwrap();
            lab.daemon.connect_client(lab.world.now(), peer::Client::new("x", at)).unwrap();
        }
        lab.sleep(5 * S).await;
        assert_eq!(client.call(client_count()).await, Ok(199));
    });
}
