//! A daemon's life: holds, signals, restarts, and the session that lives through them.

use netlever_core::openvpn::Error;
use netlever_core::openvpn::calls::{
    client_count, hold, load_stats, pid, release_hold, server_status, set_hold, signal, state,
    state_and_follow, states, verb, version,
};
use netlever_core::openvpn::command::Signal;
use netlever_core::openvpn::error::Kind;
use netlever_core::openvpn::event::Event;
use netlever_core::runtime::Runtime;

use super::attached::Attached;
use super::lab::Lab;

/// The state that the daemon is in.
fn present<R: Runtime>(attached: &Attached<R>) -> String {
    let states = attached.ask(state()).expect("a state");
    states.last().map_or_else(String::new, |state| state.name.lossy().into_owned())
}

/// A held server answers little; it goes on when told, and holds again as long as it is set to.
pub fn held_until_released<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("held", &["--server", "management-hold", "--clients", "0"]);
    let mut attached = lab.attach_as(&own, |config| config.settings.state = true);
    let seconds = |attached: &mut Attached<R>| {
        attached.told("a hold", |event| match event {
            Event::Hold { text, seconds } => {
                assert_eq!(*text, "Waiting for hold release");
                *seconds
            }
            _ => None,
        })
    };
    assert_eq!(seconds(&mut attached), 0);
    assert_eq!(attached.ask(hold()), Ok(true));
    let early = attached.ask(server_status()).expect_err("there is no server yet");
    assert_eq!(early.kind(), Some(Kind::Unsupported), "{early}");
    let totals = attached.ask(load_stats()).expect("zeros");
    assert_eq!((totals.clients, totals.bytes_in, totals.bytes_out), (0, 0, 0));
    attached.ask(release_hold()).expect("released");
    attached.state("CONNECTED");
    assert_eq!(attached.ask(hold()), Ok(true), "the flag stays");
    assert_eq!(attached.ask(client_count()), Ok(0));

    attached.ask(signal(Signal::Usr1)).expect("restarts");
    seconds(&mut attached);
    let ignored = attached.ask(signal(Signal::Usr1)).expect_err("not in a hold");
    assert!(matches!(ignored, Error::Refused(_)), "{ignored}");
    seconds(&mut attached);
    attached.ask(set_hold(false)).expect("never again");
    assert_eq!(attached.ask(hold()), Ok(false));
    attached.ask(release_hold()).expect("released");
    attached.state("CONNECTED");
    attached.ask(signal(Signal::Usr1)).expect("restarts");
    attached.state("RECONNECTING");
    attached.state("CONNECTED");
    assert_eq!(attached.names("HOLD").len(), 3);
    assert_eq!(attached.client.with(|session| session.link_number()), 1);
}

/// A session that releases each hold: nobody has to ask.
pub fn holds_are_released_by_themselves<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("released", &["--server", "management-hold", "--clients", "0"]);
    let mut attached = lab.attach_as(&own, |config| {
        config.settings.state = true;
        config.settings.release_hold = true;
    });
    attached.state("CONNECTED");
    attached.ask(signal(Signal::Hup)).expect("restarts");
    attached.state("RECONNECTING");
    attached.state("CONNECTED");
    assert_eq!(attached.names("HOLD").len(), 2);
}

/// SIGUSR1 and SIGHUP restart the server, not the connection; SIGTERM ends both.
pub fn signals<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("signals", &["--clients", "1"]);
    let mut attached = lab.attach_as(&own, |config| config.settings.state = true);
    let process = attached.ask(pid()).expect("a process");
    let mut restarts = 0;
    for (which, name) in [(Signal::Usr1, "SIGUSR1"), (Signal::Hup, "SIGHUP")] {
        let said = attached.ask(signal(which)).expect("thrown");
        assert_eq!(said.to_string(), format!("signal {name} thrown"));
        let why = attached.told("RECONNECTING", |event| match event {
            Event::State(state) if state.name == "RECONNECTING" => {
                Some(state.detail.expect("why").lossy().into_owned())
            }
            _ => None,
        });
        assert_eq!(why, name);
        attached.state("CONNECTED");
        restarts += 1;
        let all = attached.ask(states(None)).expect("history");
        let count = all.iter().filter(|state| state.name == "RECONNECTING").count();
        assert_eq!(count, restarts, "the history stays");
        assert_eq!(attached.ask(pid().fresh()), Ok(process));
    }
    let counters = attached.client.with(|session| session.counters());
    assert_eq!((counters.links, attached.names("Down").len()), (1, 0));

    attached.ask(signal(Signal::Usr2)).expect("thrown");
    lab.until("the status is in the log", || {
        let log = std::fs::read_to_string(own.fact("log")).expect("the log");
        log.contains("OpenVPN CLIENT LIST")
    });

    attached.ask(signal(Signal::Term)).expect("thrown");
    attached.state("EXITING");
    let why = attached.down();
    assert!(matches!(why, Error::Failed(_)), "{why}");
}

/// The daemon dies and comes back: dialled again, settings asked for again, nothing known any more.
pub fn started_again_while_connected<R: Runtime>(lab: &Lab<R>) {
    for (test, transport) in [("again-tcp", "tcp"), ("again-unix", "unix")] {
        let options = ["--transport", transport, "--password", "--clients", "1"];
        let mut own = lab.own(test, &options);
        let mut attached = lab.attach_as(&own, |config| {
            config.settings.state = true;
            config.settings.log = true;
            config.settings.byte_count = Some(1);
        });
        assert_eq!(attached.up(), 1);
        let before = attached.ask(pid()).expect("a process");
        attached.ask(version()).expect("a version");
        own.signal("-KILL");
        let why = attached.down();
        assert!(matches!(why, Error::Failed(_)), "{why}");
        own.restart();
        assert_eq!(attached.up(), 2, "{transport}");
        attached
            .told("a count", |event| matches!(event, Event::ByteCountClient { .. }).then_some(()));
        attached.ask(verb()).expect("a level");
        attached.told("a log line", |event| match event {
            Event::Log(entry) => (entry.message == "MANAGEMENT: CMD 'verb'").then_some(()),
            _ => None,
        });
        let after = attached.ask(pid()).expect("a process");
        assert_eq!(after.to_string(), own.fact("pid"));
        assert_ne!(before, after, "what was known of the former one is forgotten");
        attached.ask(signal(Signal::Usr1)).expect("restarts");
        attached.state("RECONNECTING");
        attached.state("CONNECTED");
        assert_eq!(attached.names("Up").len(), 2);
    }
}

/// The history, and from then on what happens, with nothing lost between.
pub fn history_and_live<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("live", &["--clients", "0"]);
    let mut attached = lab.attach(&own);
    assert_eq!(present(&attached), "CONNECTED");
    attached.ask(signal(Signal::Usr1)).expect("restarts");
    let past = attached.ask(state_and_follow()).expect("history");
    let mut names: Vec<_> = past.iter().map(|state| state.name.lossy().into_owned()).collect();
    while names.last().is_none_or(|name| name != "CONNECTED")
        || names.iter().filter(|name| *name == "CONNECTED").count() < 2
    {
        names.push(attached.told("a state", |event| match event {
            Event::State(state) => Some(state.name.lossy().into_owned()),
            _ => None,
        }));
    }
    let all = attached.ask(states(None)).expect("history");
    let all: Vec<_> = all.iter().map(|state| state.name.lossy().into_owned()).collect();
    assert_eq!(names, all);
    let last = attached.ask(states(Some(2))).expect("history");
    let last: Vec<_> = last.iter().map(|state| state.name.lossy().into_owned()).collect();
    assert_eq!(last, all[all.len() - 2..]);
}
