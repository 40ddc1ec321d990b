//! Who gets in: passwords, the one place, daemons that connect by themselves.

use std::time::Duration;

use netlever_core::openvpn::calls::{Within, load_stats, pid, state, version};
use netlever_core::openvpn::state::Side;
use netlever_core::openvpn::{Error, Secret};
use netlever_core::runtime::{Endpoint, Runtime};

use super::attached::Attached;
use super::lab::{Lab, Server, anywhere};

/// The two servers that are there: TCP with a password, a Unix socket without.
const BOTH: [&str; 2] = ["openvpn-tcp", "openvpn-unix"];

fn pid_of(server: &Server) -> u64 {
    server.fact("pid").parse().expect("a number")
}

/// What a daemon says about itself; version and process are asked for once.
pub fn over_tcp_with_a_password_and_over_a_unix_socket<R: Runtime>(lab: &Lab<R>) {
    let turn = lab.turn();
    for name in BOTH {
        let server = turn.server(name);
        let mut attached = lab.attach(&server);
        assert_eq!(attached.up(), 1, "{name}");
        let version_ = attached.ask(version()).expect("a version");
        assert!(server.fact("version").starts_with(&*version_.title.octets().lossy()), "{name}");
        let release = version_.release().expect("a release");
        assert!((release.major, release.minor) >= (2, 6), "{release:?}");
        assert_eq!(attached.client.with(|session| session.management_version()), Some(5));
        assert_eq!(attached.ask(pid()), Ok(pid_of(&server)), "{name}");
        let asked = |attached: &Attached<R>| attached.client.with(|session| session.counters());
        let before = asked(&attached).commands;
        assert_eq!(attached.ask(version()), Ok(version_.clone()), "known");
        assert_eq!(attached.ask(pid()), Ok(pid_of(&server)), "known");
        assert_eq!(asked(&attached).commands, before, "neither was asked for again");
        assert_eq!(attached.ask(version().fresh()), Ok(version_.clone()));
        attached.client.with(|session| session.forget());
        assert_eq!(attached.ask(version()), Ok(version_));
        assert_eq!(asked(&attached).commands, before + 2);
        let states = attached.ask(state()).expect("a state");
        let state = states.last().expect("one state");
        assert_eq!((state.name.lossy().as_ref(), state.side()), ("CONNECTED", Some(Side::Server)));
        attached.ask(load_stats()).expect("totals");
        attached.leave();
    }
}

/// Told at once, without a second try: each wrong password counts.
pub fn a_wrong_or_missing_password<R: Runtime>(lab: &Lab<R>) {
    let turn = lab.turn();
    let server = turn.server("openvpn-tcp");
    let wrong = [Some("not it"), Some("correct horse"), Some(""), None];
    for password in wrong {
        let mut attached =
            lab.attach_as(&server, |config| config.password = password.map(Secret::from));
        let expected = match password {
            Some(_) => Error::WrongPassword,
            None => Error::PasswordRequired,
        };
        let refused = attached.ask(pid()).expect_err("the password is not right");
        assert_eq!(refused, expected);
        assert!(refused.is_authentication() && !refused.sent());
        assert_eq!(attached.down(), expected);
        assert_eq!(attached.ask(pid()), Err(expected), "it does not knock again");
        assert_eq!(attached.client.with(|session| session.counters()).links, 0);
        attached.leave();
    }
    let right = lab.attach(&server);
    assert_eq!(right.ask(pid()), Ok(pid_of(&server)));
    right.leave();
    let unasked = turn.server("openvpn-unix");
    let needless = lab.attach_as(&unasked, |config| config.password = Some("needless".into()));
    assert_eq!(needless.ask(pid()), Ok(pid_of(&unasked)), "where none is wanted it is not sent");
    needless.leave();
}

/// A daemon serves one; the others are told so, and come in when it leaves.
pub fn the_one_place_is_taken<R: Runtime>(lab: &Lab<R>) {
    let turn = lab.turn();
    for name in BOTH {
        let server = turn.server(name);
        let holder = lab.attach(&server);
        holder.ask(pid()).expect("the place");
        let mut second =
            lab.attach_as(&server, |config| config.greeting = Duration::from_millis(500));
        let busy = second.ask(pid()).expect_err("the place is taken");
        assert_eq!(busy, Error::Occupied, "{name}");
        assert!(!busy.sent());
        assert_eq!(second.down(), Error::Occupied);
        holder.ask(pid().fresh()).expect("who has it does not notice");
        holder.leave();
        // What waited while it was occupied is sent when the place is free.
        second.up();
        assert_eq!(second.ask(pid()), Ok(pid_of(&server)));
        second.leave();
    }
}

/// Nobody is attached for longer than it takes when the session hangs up after its calls.
pub fn taking_turns<R: Runtime>(lab: &Lab<R>) {
    let turn = lab.turn();
    let server = turn.server("openvpn-unix");
    let idle = Some(Duration::from_millis(10));
    let both: Vec<_> =
        (0..2).map(|_| lab.attach_as(&server, |config| config.idle = idle)).collect();
    for _ in 0..3 {
        for attached in &both {
            assert_eq!(attached.ask(pid().fresh()), Ok(pid_of(&server)));
        }
    }
    assert!(both.iter().all(|attached| attached.client.with(|s| s.counters()).links >= 2));
}

/// `management-client`: the daemon dials, we let it in; when we leave, it ends.
pub fn a_daemon_that_connects_to_us<R: Runtime>(lab: &Lab<R>) {
    let path = std::env::temp_dir().join(format!("netlever-{}-let-in", std::process::id()));
    for (name, at) in [("let-in-tcp", anywhere()), ("let-in-unix", Endpoint::Unix(path))] {
        let (mut attached, here) = lab.let_in(&at);
        let place = match &here {
            Endpoint::Tcp { port, .. } => port.to_string(),
            Endpoint::Unix(path) => path.display().to_string(),
        };
        let mut own = lab.own(name, &["--transport", "connect", &place, "--clients", "1"]);
        assert_eq!(attached.up(), 1);
        assert_eq!(attached.ask(pid()), Ok(pid_of(&own)), "{name}");
        // The next one is let in too, when the first has gone.
        own.signal("-KILL");
        attached.down();
        own.restart();
        assert_eq!(attached.up(), 2);
        assert_eq!(attached.ask(Within(pid(), Duration::from_secs(20))), Ok(pid_of(&own)));
        attached.leave();
        lab.until("the end of a daemon whom we have left", || !own.runs());
    }
}
