//! Whom a server lets in: `management-client-auth`, and clients that are really there.

use std::time::Instant;

use netlever_core::openvpn::calls::{
    KillAddress, KillNamed, accept, client_count, cr_response, deny, echo, kill, kill_client,
    pending, push, release_hold, server_status, set_env_filter,
};
use netlever_core::openvpn::command::{Kill, Transport};
use netlever_core::openvpn::error::Kind;
use netlever_core::openvpn::event::password::Pending;
use netlever_core::openvpn::event::{ClientEvent, Event, PasswordEvent};
use netlever_core::openvpn::policy::{Authorizer, Decision, Terms};
use netlever_core::openvpn::session;
use netlever_core::runtime::Runtime;

use super::attached::Attached;
use super::lab::{Lab, Own, Server};

const HELD: [&str; 4] = ["--client-auth", "--hold", "--transport", "unix"];

/// Ids of a client that wants in, or negotiates a new key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Asks {
    cid: u64,
    kid: u64,
}

/// Waits for the CONNECT of this client, by its number.
fn connect<R: Runtime>(attached: &mut Attached<R>, server: &Server, client: usize) -> Asks {
    let name = server.of(client, "common-name");
    attached.told("CONNECT", |event| match event {
        Event::Client(ClientEvent::Connect { cid, kid, env })
            if env.common_name().is_some_and(|cn| cn == name) =>
        {
            Some(Asks { cid: *cid, kid: *kid })
        }
        _ => None,
    })
}

fn established<R: Runtime>(attached: &mut Attached<R>, of: u64) {
    attached.told("ESTABLISHED", |event| match event {
        Event::Client(ClientEvent::Established { cid, .. }) => (*cid == of).then_some(()),
        _ => None,
    });
}

fn disconnect<R: Runtime>(attached: &mut Attached<R>, of: u64) {
    attached.told("DISCONNECT", |event| match event {
        Event::Client(ClientEvent::Disconnect { cid, .. }) => (*cid == of).then_some(()),
        _ => None,
    });
}

/// Lets a client go on that is held, or will be in a moment.
pub(super) fn release<R: Runtime>(theirs: &mut Attached<R>) {
    theirs.told("a hold", |event| matches!(event, Event::Hold { .. }).then_some(()));
    theirs.ask(release_hold()).expect("released");
}

/// Lets a client in that is held; what it said, and somebody attached to it.
fn let_in<R: Runtime>(
    lab: &Lab<R>,
    attached: &mut Attached<R>,
    server: &Server,
    client: usize,
) -> (Asks, Attached<R>) {
    let mut theirs = lab.attach_client(server, client);
    release(&mut theirs);
    let asks = connect(attached, server, client);
    attached.ask(accept(asks.cid, asks.kid, vec![])).expect("let in");
    established(attached, asks.cid);
    theirs.state("CONNECTED");
    (asks, theirs)
}

fn held(lab: &Lab<impl Runtime>, test: &str, more: &[&str]) -> Own {
    lab.own(test, &[&HELD[..], more].concat())
}

/// With what the client sent, and what is pushed to it.
pub fn accepted<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "accepted", &[]);
    let mut attached = lab.attach(&own);
    attached.up();
    let mut theirs = lab.attach_client(&own, 2);
    release(&mut theirs);
    let (cid, kid) = attached.told("CONNECT", |event| {
        let Event::Client(ClientEvent::Connect { cid, kid, env }) = event else { return None };
        assert_eq!(env.username().expect("a user"), own.of(2, "username"));
        let password = env.password().expect("a password");
        assert_eq!(password.expose(), own.of(2, "password"));
        assert!(!format!("{env:?}").contains(own.of(2, "password")), "kept out of logs");
        assert_eq!(env.common_name().expect("a name"), "client-2");
        assert_eq!(env.get("untrusted_ip").expect("an address"), "192.0.2.2");
        assert_eq!(env.get("IV_SSO").expect("peer info"), "webauth,crtext");
        assert!(env.len() > 40, "{env:?}");
        Some((*cid, *kid))
    });
    // Until it is let in it has no address.
    let status = attached.ask(server_status()).expect("a listing");
    let waiting = status.clients().flatten().next().expect("one client");
    assert_eq!((waiting.cid, waiting.virtual_address), (Some(cid), None));

    let config =
        vec![push("echo hello \"quoted\" world"), "ifconfig-push 10.9.0.77 255.255.255.0".into()];
    attached.ask(accept(cid, kid, config)).expect("let in");
    let (of, primary) = attached.told("ADDRESS", |event| match event {
        Event::Client(client @ ClientEvent::Address { cid, address, primary }) => {
            assert_eq!(*address, "10.9.0.77");
            assert!(client.tunnel_address().is_some());
            Some((*cid, *primary))
        }
        _ => None,
    });
    assert_eq!((of, primary), (cid, true));
    attached.told("ESTABLISHED", |event| match event {
        Event::Client(ClientEvent::Established { cid: of, env }) => {
            assert_eq!((*of, env.password().is_none()), (cid, true));
            assert_eq!(env.get("ifconfig_pool_remote_ip").expect("its address"), "10.9.0.77");
            Some(())
        }
        _ => None,
    });
    let order: Vec<_> = attached.names("CLIENT:").into_iter().map(str::to_owned).collect();
    let position = |name: &str| order.iter().position(|told| told == name).expect("it was told");
    assert!(position("CLIENT:CONNECT") < position("CLIENT:ADDRESS"), "{order:?}");
    assert!(position("CLIENT:ADDRESS") < position("CLIENT:ESTABLISHED"), "{order:?}");

    theirs.state("CONNECTED");
    let echoes = theirs.ask(echo(None)).expect("echoes");
    let texts: Vec<_> = echoes.iter().map(|echo| echo.text.lossy().into_owned()).collect();
    assert!(texts.iter().any(|text| text.contains("hello") && text.contains("world")), "{texts:?}");
    let status = attached.ask(server_status()).expect("a listing");
    let client = status.clients().flatten().find(|client| client.cid == Some(cid));
    let client = client.expect("the client");
    assert_eq!(client.username.expect("a user"), own.of(2, "username"));
    assert_eq!(client.virtual_address.expect("an address"), "10.9.0.77");
    assert_eq!(attached.ask(client_count()), Ok(1));
    let nobody = attached.ask(accept(cid + 1, kid, vec![])).expect_err("no such client");
    assert_eq!(nobody.kind(), Some(Kind::NoSuchClient), "{nobody}");
}

/// With a filter come fewer variables, those of the peer first, and no common name.
pub fn accepted_with_a_filter<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "filter", &["--clients", "1"]);
    let mut attached = lab.attach_as(&own, |config| config.settings.env_filter = Some(2));
    let mut theirs = lab.attach_client(&own, 1);
    release(&mut theirs);
    let (cid, kid) = attached.told("CONNECT", |event| {
        let Event::Client(ClientEvent::Connect { cid, kid, env }) = event else { return None };
        let first = env.iter().next().expect("a variable").0.lossy().into_owned();
        assert!(first.starts_with("IV_"), "{env:?}");
        assert!(env.common_name().is_none() && env.get("n_clients").is_none(), "{env:?}");
        assert_eq!(env.username().expect("a user"), own.of(1, "username"));
        Some((*cid, *kid))
    });
    attached.ask(set_env_filter(3)).expect("a level");
    attached.ask(accept(cid, kid, vec![])).expect("let in");
    attached.told("ESTABLISHED", |event| match event {
        Event::Client(ClientEvent::Established { env, .. }) => {
            assert!(env.is_empty());
            Some(())
        }
        _ => None,
    });
    theirs.state("CONNECTED");
}

/// The client hears why; the next try is another one.
pub fn denied<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "denied", &["--clients", "1"]);
    let mut attached = lab.attach(&own);
    let mut theirs = lab.attach_client(&own, 1);
    release(&mut theirs);
    let first = connect(&mut attached, &own, 1);
    let why = "no \"entry\" before\\after nine, ever";
    attached.ask(deny(first.cid, first.kid, "for the log", Some(why.into()))).expect("denied");
    theirs.told("the reason", |event| match event {
        Event::Password(PasswordEvent::Failed { kind, reason }) => {
            assert_eq!((*kind, *reason), ("Auth".into(), Some(why.into())));
            Some(())
        }
        _ => None,
    });
    theirs.told("a restart", |event| match event {
        Event::State(state) if state.name == "RECONNECTING" => {
            assert_eq!(state.detail.expect("why"), "auth-failure");
            Some(())
        }
        _ => None,
    });
    assert_eq!(theirs.names("STATE:CONNECTED"), Vec::<&str>::new());
    disconnect(&mut attached, first.cid);
    release(&mut theirs);
    let second = connect(&mut attached, &own, 1);
    assert!(second.cid > first.cid, "{first:?} {second:?}");
    attached.ask(accept(second.cid, second.kid, vec![])).expect("let in");
    theirs.state("CONNECTED");
    let log = std::fs::read_to_string(own.fact("log")).expect("the log");
    assert!(log.contains("for the log"), "the server's own reason is in its log");
}

/// The user is asked something more, answers, and is let in.
pub fn pending_until_answered<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "pending", &["--clients", "1"]);
    let mut attached = lab.attach(&own);
    let mut theirs = lab.attach_client(&own, 1);
    release(&mut theirs);
    let asks = connect(&mut attached, &own, 1);
    let extra = "CR_TEXT:R,E:What is 6 times 7, please: quickly";
    attached.ask(pending(asks.cid, Some((asks.kid, 30)), extra)).expect("asked");
    theirs.told("a pause", |event| match event {
        Event::State(state) if state.name == "AUTH_PENDING" => {
            let detail = state.detail.expect("for how long").lossy().into_owned();
            assert!(detail.starts_with("timeout 30"), "{detail}");
            Some(())
        }
        _ => None,
    });
    theirs.told("the question", |event| match event {
        Event::InfoMessage(text) => {
            let asked = Pending::parse(*text);
            let (flags, text) = ("R,E".into(), "What is 6 times 7, please: quickly".into());
            assert_eq!(asked, Some(Pending::Question { flags, text }));
            Some(())
        }
        _ => None,
    });
    theirs.ask(cr_response("42")).expect("answered");
    let (cid, kid) = attached.told("the answer", |event| match event {
        Event::Client(ClientEvent::CrResponse { cid, kid, response, env }) => {
            assert_eq!(response.expose(), "NDI=");
            assert_eq!(env.username().expect("a user"), own.of(1, "username"));
            Some((*cid, *kid))
        }
        _ => None,
    });
    assert_eq!(Asks { cid, kid }, asks);
    attached.ask(accept(cid, kid, vec![])).expect("let in");
    theirs.state("CONNECTED");
    established(&mut attached, cid);
}

/// A new key needs a new word; without it the client goes.
pub fn reauthenticated<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "reauth", &["--clients", "1", "--server", "reneg-sec 8"]);
    let mut attached = lab.attach(&own);
    let (first, mut theirs) = let_in(lab, &mut attached, &own, 1);
    let reauth = |attached: &mut Attached<R>| {
        attached.told("REAUTH", |event| match event {
            Event::Client(ClientEvent::Reauth { cid, kid, env }) => {
                assert_eq!(env.username().expect("a user"), own.of(1, "username"));
                Some(Asks { cid: *cid, kid: *kid })
            }
            _ => None,
        })
    };
    let second = reauth(&mut attached);
    assert_eq!(second.cid, first.cid);
    assert!(second.kid > first.kid, "{first:?} {second:?}");
    attached.ask(accept(second.cid, second.kid, vec![])).expect("it may stay");
    let third = reauth(&mut attached);
    assert!(third.cid == first.cid && third.kid > second.kid, "{second:?} {third:?}");
    assert_eq!(attached.ask(client_count()), Ok(1));
    assert_eq!(attached.names("CLIENT:CONNECT").len(), 1);
    attached.ask(deny(third.cid, third.kid, "enough", None)).expect("denied");
    theirs.told("a failure", |event| match event {
        Event::Password(PasswordEvent::Failed { reason, .. }) => {
            assert_eq!(*reason, None);
            Some(())
        }
        _ => None,
    });
    disconnect(&mut attached, first.cid);
    assert_eq!(attached.ask(client_count()), Ok(0));
}

/// By common name, by id, by address; with a word to the user.
pub fn killed<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "killed", &["--common-name", "client-1", "--common-name", "a:b, \"c\""]);
    let mut attached = lab.attach(&own);
    let (one, mut first) = let_in(lab, &mut attached, &own, 1);
    let (two, mut second) = let_in(lab, &mut attached, &own, 2);

    let nobody = attached.ask(kill(Kill::CommonName("nobody".into()))).expect_err("unknown");
    assert!(nobody.is_not_found() && !nobody.sent(), "{nobody}");
    assert_eq!(attached.ask(kill(Kill::CommonName("client-1".into()))), Ok(1));
    disconnect(&mut attached, one.cid);
    first.state("RECONNECTING");

    // A name with a colon would be taken for an address.
    let refused = attached.ask(kill(Kill::CommonName("a:b, \"c\"".into())));
    assert!(matches!(refused, Err(netlever_core::openvpn::Error::Input(_))), "{refused:?}");
    let named = KillNamed::new("a:b, \"c\"").message("HALT,[N]bye, now");
    assert_eq!(attached.ask(named), Ok(1));
    second.told("the reason", |event| match event {
        Event::Notify { severity, kind, text } => {
            let told = [severity, kind, text].map(|part| part.lossy());
            assert_eq!(told, ["info", "server-pushed-halt", "[N]bye, now"]);
            Some(())
        }
        _ => None,
    });
    second.state("EXITING");
    disconnect(&mut attached, two.cid);
    let gone = attached.ask(kill_client(two.cid, None)).expect_err("gone");
    assert_eq!(gone.kind(), Some(Kind::NoSuchClient), "{gone}");
    assert!(attached.ask(KillNamed::new("a:b, \"c\"")).is_err_and(|nobody| nobody.is_not_found()));

    release(&mut first);
    let again = connect(&mut attached, &own, 1);
    attached.ask(accept(again.cid, again.kid, vec![])).expect("let in");
    established(&mut attached, again.cid);
    let status = attached.ask(server_status()).expect("a listing");
    let client = status.clients().flatten().next().expect("one client");
    let peer = client.peer().expect("an address");
    let (std::net::IpAddr::V4(ip), Some(port)) = (peer.ip, peer.port) else { panic!("{peer:?}") };
    let address = std::net::SocketAddrV4::new(ip, port);
    assert_eq!(attached.ask(KillAddress::new(Transport::Udp, address)), Ok(1));
    disconnect(&mut attached, again.cid);

    release(&mut first);
    let last = connect(&mut attached, &own, 1);
    attached.ask(accept(last.cid, last.kid, vec![])).expect("let in");
    established(&mut attached, last.cid);
    attached.ask(kill_client(last.cid, None)).expect("killed");
    disconnect(&mut attached, last.cid);
}

/// A policy decides about everybody; what it says reaches the clients.
pub fn a_policy_decides<R: Runtime>(lab: &Lab<R>) {
    let own = held(lab, "policy", &[]);
    let mut attached = lab.attach(&own);
    let carol = own.of(1, "username").to_owned();
    let policy = move |event: &ClientEvent<'_>| match event.env().username() {
        Some(name) if name == *carol => Decision::accept([push("echo by-policy")]),
        _ => Decision::Deny { reason: "unknown".into(), client_reason: Some("go away".into()) },
    };
    let mut authorizer = Authorizer::new(policy, Terms::default());
    let mut theirs = [lab.attach_client(&own, 1), lab.attach_client(&own, 2)];
    theirs.iter_mut().for_each(release);
    let mut rulings = 0;
    while rulings < 2 {
        let event = attached.event("anything", |event| Some(event.clone()));
        authorizer.handle_event(Instant::now(), &event);
        while let Some(ruling) = authorizer.poll_ruling(Instant::now()) {
            attached.ask(ruling.call()).expect("told");
            rulings += 1;
        }
        assert!(!matches!(event, session::Event::Down { .. }), "{event:?}");
    }
    theirs[0].state("CONNECTED");
    let echoes = theirs[0].ask(echo(None)).expect("echoes");
    assert!(echoes.iter().any(|echo| echo.text == "by-policy"));
    theirs[1].told("the reason", |event| match event {
        Event::Password(PasswordEvent::Failed { reason, .. }) => {
            assert_eq!(*reason, Some("go away".into()));
            Some(())
        }
        _ => None,
    });
    assert_eq!(theirs[1].names("STATE:CONNECTED"), Vec::<&str>::new());
}
