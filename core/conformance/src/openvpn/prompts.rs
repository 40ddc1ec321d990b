//! The management interface of a client: what it asks its user, and how it gets along.

use netlever_core::openvpn::calls::{
    Credentials, accept, client_status, deny, kill, remote_count, remotes, server_status, signal,
    state,
};
use netlever_core::openvpn::command::{Entries, Kill, Signal};
use netlever_core::openvpn::error::{Error, Kind};
use netlever_core::openvpn::event::password::Wanted;
use netlever_core::openvpn::event::{ClientEvent, Event, PasswordEvent};
use netlever_core::openvpn::state::Side;
use netlever_core::runtime::Runtime;

use super::admission::release;
use super::attached::Attached;
use super::lab::Lab;

/// Quotes, backslashes and spaces at both ends reach the server as they are.
const PASSWORD: &str = " \"p\\a'ss\" # word; ";

/// Waits for a prompt of this kind and answers it.
fn answer<R: Runtime>(
    theirs: &mut Attached<R>,
    kind: &str,
    wanted: Wanted,
    username: &str,
    password: &str,
    response: Option<&str>,
) {
    let call = theirs.told(kind, |event| match event {
        Event::Password(PasswordEvent::Need(need)) if need.kind == kind => {
            assert_eq!(need.wanted, wanted);
            assert_eq!(need.static_challenge.is_some(), response.is_some());
            Some(Credentials::answer(need, username, password, response))
        }
        _ => None,
    });
    theirs.ask(call).expect("entered");
}

/// Waits for a CONNECT; ids, user name and password that came.
fn connect<R: Runtime>(attached: &mut Attached<R>) -> (u64, u64, String, String) {
    attached.told("CONNECT", |event| match event {
        Event::Client(ClientEvent::Connect { cid, kid, env }) => {
            let username = env.username().expect("a user").lossy().into_owned();
            let password = env.password().expect("a password").expose().lossy().into_owned();
            Some((*cid, *kid, username, password))
        }
        _ => None,
    })
}

/// From the hold to the tunnel: name and password, the pass phrase of the key, each state.
pub fn asked_for_everything<R: Runtime>(lab: &Lab<R>) {
    let options = ["--client-auth", "--hold", "--ask", "--key-password", "--clients", "1"];
    let own = lab.own("everything", &options);
    let mut attached = lab.attach(&own);
    let mut theirs = lab.attach_client(&own, 1);
    theirs.up();
    let early = theirs.ask(Credentials::answer(
        &netlever_core::openvpn::event::password::NeedPassword {
            kind: "Auth".into(),
            wanted: Wanted::UsernamePassword,
            static_challenge: None,
        },
        "early",
        "bird",
        None,
    ));
    assert_eq!(early.expect_err("nobody asked").kind(), Some(Kind::NotAsked));
    release(&mut theirs);
    answer(&mut theirs, "Auth", Wanted::UsernamePassword, "carol \"q\"", PASSWORD, None);
    let phrase = own.of(1, "key-password").to_owned();
    answer(&mut theirs, "Private Key", Wanted::Password, "", &phrase, None);
    let (cid, kid, username, password) = connect(&mut attached);
    assert_eq!((&*username, &*password), ("carol \"q\"", PASSWORD));
    attached.ask(accept(cid, kid, vec![])).expect("let in");
    theirs.told("CONNECTED", |event| match event {
        Event::State(state) if state.name == "CONNECTED" => {
            assert_eq!(state.side(), Some(Side::Client));
            assert_eq!(state.detail.expect("a word"), "SUCCESS");
            assert_eq!(
                (state.remote.expect("the server"), state.remote_port),
                ("192.0.2.1".into(), Some(1194))
            );
            assert!(state.tun_ip4.is_some() && state.tun_ip6.is_some(), "{state:?}");
            Some(())
        }
        _ => None,
    });
    let walk = theirs.names("STATE:");
    let mut expected = ["STATE:WAIT", "STATE:AUTH", "STATE:ASSIGN_IP", "STATE:CONNECTED"].iter();
    let mut next = expected.next();
    for state in &walk {
        if next == Some(state) {
            next = expected.next();
        }
    }
    assert_eq!(next, None, "{walk:?}");
}

/// The server's side sees the password and the response, apart.
pub fn a_static_challenge<R: Runtime>(lab: &Lab<R>) {
    let challenge = "static-challenge \"Colour, please: now\" 1";
    let options = ["--client-auth", "--hold", "--ask", "--clients", "1", "--client", challenge];
    let own = lab.own("static", &options);
    let mut attached = lab.attach(&own);
    let mut theirs = lab.attach_client(&own, 1);
    release(&mut theirs);
    let call = theirs.told("a prompt", |event| match event {
        Event::Password(PasswordEvent::Need(need)) => {
            let challenge = need.static_challenge.expect("a challenge");
            assert_eq!((challenge.echo, challenge.concat), (true, false));
            assert_eq!(challenge.text, "Colour, please: now");
            Some(Credentials::answer(need, "carol", "secret", Some("blue")))
        }
        _ => None,
    });
    theirs.ask(call).expect("entered");
    let (cid, kid, username, password) = connect(&mut attached);
    assert_eq!((&*username, &*password), ("carol", "SCRV1:c2VjcmV0:Ymx1ZQ=="));
    attached.ask(accept(cid, kid, vec![])).expect("let in");
    theirs.state("CONNECTED");
}

/// The first answer is refused with a question, the second one is the answer to it.
pub fn a_dynamic_challenge<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("dynamic", &["--client-auth", "--hold", "--ask", "--clients", "1"]);
    let mut attached = lab.attach(&own);
    let mut theirs = lab.attach_client(&own, 1);
    release(&mut theirs);
    answer(&mut theirs, "Auth", Wanted::UsernamePassword, "carol", "secret", None);
    let (cid, kid, ..) = connect(&mut attached);
    let challenge = "CRV1:R,E:state-1:Y2Fyb2w=:Token: please";
    attached.ask(deny(cid, kid, "a question", Some(challenge.into()))).expect("asked");
    let call = theirs.told("the question", |event| match event {
        Event::Password(failed) => failed.challenge().map(|challenge| {
            assert!(challenge.needs_response() && challenge.echo());
            assert_eq!(
                (&*challenge.username, challenge.text),
                (&b"carol"[..], "Token: please".into())
            );
            Credentials::challenge(&challenge, b"123 456")
        }),
        _ => None,
    });
    release(&mut theirs);
    theirs.told("the prompt after it", |event| {
        matches!(event, Event::Password(PasswordEvent::Need(_))).then_some(())
    });
    theirs.ask(call).expect("entered");
    let (cid, kid, username, password) = connect(&mut attached);
    assert_eq!((&*username, &*password), ("carol", "CRV1::state-1::123 456"));
    attached.ask(accept(cid, kid, vec![])).expect("let in");
    theirs.state("CONNECTED");
}

/// Counters, remotes, and what only servers know.
pub fn what_a_client_knows<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("knows", &["--clients", "1", "--client", "remote 192.0.2.9 4321 udp"]);
    let mut theirs = lab.attach_client(&own, 1);
    theirs.up();
    let states = theirs.ask(state()).expect("a state");
    assert_eq!(states.last().expect("one").side(), Some(Side::Client));
    let status = theirs.ask(client_status()).expect("counters");
    assert!(status.is_complete() && status.updated().is_some());
    let read = status.counters().find(|(name, _)| *name == "TCP/UDP read bytes");
    assert!(read.is_some_and(|(_, octets)| octets > 0), "{status:?}");
    assert_eq!(theirs.ask(remote_count()), Ok(2));
    let all = theirs.ask(remotes(Entries::All)).expect("remotes");
    let hosts: Vec<_> = all.iter().map(|remote| remote.host.lossy().into_owned()).collect();
    assert_eq!(hosts, ["192.0.2.1", "192.0.2.9"]);
    let none = theirs.ask(remotes(Entries::One(9))).expect("nothing");
    assert_eq!(none.iter().count(), 0);
    let form = theirs.ask(server_status()).expect_err("it has no clients");
    assert!(matches!(form, Error::Form { .. }), "{form}");
    let unsupported = theirs.ask(kill(Kill::CommonName("x".into()))).expect_err("it has none");
    assert_eq!(unsupported.kind(), Some(Kind::Unsupported), "{unsupported}");
    theirs.ask(signal(Signal::Usr1)).expect("restarts");
    theirs.state("RECONNECTING");
    theirs.state("CONNECTED");
    assert_eq!(theirs.client.with(|session| session.counters()).links, 1);
}
