//! Commands that any daemon answers, in all their forms, and very many of them.

use netlever_core::openvpn::calls::{
    auth_retry, command, echo, follow_log, forget_passwords, help, log, log_and_follow, mute, net,
    pid, pkcs11_count, raw, remote_count, set_auth_retry, set_mute, set_verb, state, test, verb,
};
use netlever_core::openvpn::command::{AuthRetry, Show};
use netlever_core::openvpn::error::Kind;
use netlever_core::openvpn::event::Event;
use netlever_core::openvpn::{Answer, Command, Error};
use netlever_core::runtime::Runtime;

use super::lab::Lab;

/// What is set is what is told.
pub fn levels_and_flags<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("levels", &["--clients", "0"]);
    let attached = lab.attach(&own);
    assert_eq!(attached.ask(verb()), Ok(3));
    attached.ask(set_verb(5)).expect("a level");
    assert_eq!(attached.ask(verb()), Ok(5));
    attached.ask(set_mute(7)).expect("a number");
    assert_eq!(attached.ask(mute()), Ok(7));
    attached.ask(set_auth_retry(AuthRetry::Interact)).expect("a mode");
    assert_eq!(attached.ask(auth_retry()).expect("a mode").to_string(), "interact");
    attached.ask(forget_passwords()).expect("forgotten");
    let lines = attached.ask(help()).expect("help");
    assert!(lines.is_complete() && lines.lines().count() > 40);
    assert_eq!(attached.ask(test(7)).expect("lines").len(), 7);
    for (refused, kind) in [
        (attached.ask(net()).map(|_| ()), Kind::Other),
        (attached.ask(remote_count()).map(|_| ()), Kind::Unsupported),
        (attached.ask(raw("nonsense")).map(|_| ()), Kind::UnknownCommand),
        (attached.ask(raw("kill")).map(|_| ()), Kind::BadArguments),
        (attached.ask(raw("verb \"3")).map(|_| ()), Kind::BadArguments),
    ] {
        let refused = refused.expect_err("refused");
        let told = (refused.kind(), refused.sent());
        assert!(told == (Some(kind), false) || kind == Kind::Unsupported, "{refused} {told:?}");
    }
    // Replies of other shapes leave the session in step.
    let said = attached.ask(raw("auth-retry bogus")).expect_err("no such mode");
    assert!(matches!(&said, Error::Refused(refused) if refused.notes.len() == 1), "{said}");
    for silent in ["", "# a comment", "   "] {
        assert_eq!(attached.ask(raw(silent)), Ok(vec![]));
    }
    attached.ask(pkcs11_count()).expect("none");
    assert_eq!(attached.ask(pid()).expect("a process").to_string(), own.fact("pid"));
    assert_eq!(attached.client.with(|session| session.counters()).unexpected, 0);
}

/// The past of a log and its present; a window into it.
pub fn logs_and_echoes<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("logs", &["--clients", "0", "--server", "echo from, \"the\" file"]);
    let mut attached = lab.attach(&own);
    let all = attached.ask(log(None)).expect("history");
    let all: Vec<_> = all.iter().map(|entry| entry.message.lossy().into_owned()).collect();
    assert!(all.iter().any(|line| line.starts_with("OpenVPN 2.")), "{all:?}");
    let three = attached.ask(log(Some(3))).expect("history");
    assert_eq!(three.iter().count(), 3);
    assert!(three.iter().all(|entry| entry.time > 1_700_000_000));
    let past = attached.ask(log_and_follow()).expect("history");
    assert!(past.iter().count() > all.len(), "with the commands that were given since");
    attached.ask(state()).expect("a state");
    attached.told("a log line", |event| match event {
        Event::Log(entry) if entry.message == "MANAGEMENT: CMD 'state'" => {
            assert_eq!(entry.flags, "D");
            Some(())
        }
        _ => None,
    });
    // Both replies of a command with two parameters.
    let both = Command::Log(Show::Off, Some(Show::Last(1)));
    let replies = attached.ask(command(both)).expect("two replies");
    assert!(matches!(&replies[..], [Answer::Success(_), Answer::Log(_)]), "{replies:?}");
    attached.ask(follow_log(false)).expect("off");
    let echoes = attached.ask(echo(None)).expect("history");
    let texts: Vec<_> = echoes.iter().map(|entry| entry.text.lossy().into_owned()).collect();
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with("from,"), "{texts:?}");
}

/// Ten thousand at once, of every shape, each with its own answer; log lines stand between them.
pub fn ten_thousand_commands_in_one_go<R: Runtime>(lab: &Lab<R>) {
    let own = lab.own("many", &["--clients", "1"]);
    let attached = lab.attach_as(&own, |config| config.settings.log = true);
    let process = own.fact("pid").to_owned();
    let order = |number: usize| match number % 5 {
        0 => Command::Pid,
        1 => Command::State(Some(Show::Last(1)), None),
        2 => Command::Status(Some(netlever_core::openvpn::status::Format::Three)),
        3 => Command::Test((number % 7) as u32),
        _ => Command::Verb(None),
    };
    let replies = attached.ask_all((0..10_000).map(|number| command(order(number))));
    assert_eq!(replies.len(), 10_000);
    for (number, replies) in replies.into_iter().enumerate() {
        let replies = replies.unwrap_or_else(|error| panic!("{number}: {error}"));
        let right = match (order(number), &replies[..]) {
            (Command::Pid, [Answer::Success(text)]) => text.to_string() == format!("pid={process}"),
            (Command::State(..), [Answer::States(states)]) => states.iter().count() == 1,
            (Command::Status(_), [Answer::Status(status)]) => status.client_count() == 1,
            (Command::Test(lines), replies) => replies.len() == lines as usize,
            (Command::Verb(None), [Answer::Success(text)]) => text.to_string() == "verb=3",
            _ => false,
        };
        assert!(right, "{number}: {replies:?}");
    }
    let counters = attached.client.with(|session| session.counters());
    assert_eq!((counters.links, counters.unexpected), (1, 0));
}
