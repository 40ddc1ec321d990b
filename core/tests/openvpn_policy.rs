//! Authorising clients: every one gets one answer in time, and nobody waits for anybody else.
#![cfg(feature = "openvpn")]

use std::time::{Duration, Instant};

use netlever_core::desk::Fail;
use netlever_core::openvpn::calls::push;
use netlever_core::openvpn::event::{ClientEvent, Notification};
use netlever_core::openvpn::policy::{
    AcceptAll, Authorizer, By, Decision, Policy, Ruling, Terms, Token,
};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Command, Config, Management};
use netlever_core::session::{News, Session};
use proptest::prelude::*;

const S: Duration = Duration::from_secs(1);

/// Decides when the test says so, and remembers what it was asked.
#[derive(Default)]
struct Slow {
    asked: Vec<(Token, &'static str, u64)>,
    inbox: Vec<(Token, Decision)>,
    forgotten: Vec<Token>,
}

impl Policy for Slow {
    fn ask(&mut self, token: Token, event: &ClientEvent<'_>) -> Option<Decision> {
        self.asked.push((token, event.name(), event.cid()));
        None
    }

    fn poll_decision(&mut self) -> Option<(Token, Decision)> {
        self.inbox.pop()
    }

    fn forget(&mut self, token: Token) {
        self.forgotten.push(token);
    }
}

fn told(line: &str) -> Event {
    Event::Notification(Notification::new(line.as_bytes()).to_owned())
}

const UP: Event = Event::Up { link: 1, version: 5 };

fn slow() -> (Authorizer<Slow>, Instant) {
    let (mut authorizer, now) =
        (Authorizer::new(Slow::default(), Terms::default()), Instant::now());
    authorizer.handle_event(now, &UP);
    (authorizer, now)
}

fn line(ruling: Option<Ruling>) -> String {
    let encoded = ruling.expect("a ruling").command.encode().expect("it can be sent");
    String::from_utf8(encoded.expose().to_vec()).unwrap()
}

#[test]
fn a_policy_that_knows_at_once_is_a_function() {
    let now = Instant::now();
    let policy = |event: &ClientEvent<'_>| match event.cid() {
        0 => Decision::accept([]),
        1 => Decision::accept([push("route 10.0.0.0")]),
        2 => Decision::deny("no"),
        _ => Decision::Deny { reason: "no".into(), client_reason: Some("go away".into()) },
    };
    let mut authorizer = Authorizer::new(policy, Terms::default());
    for cid in 0..4 {
        authorizer.handle_event(now, &told(&format!("CLIENT:CONNECT,{cid},1")));
    }
    assert_eq!(line(authorizer.poll_ruling(now)), "client-auth-nt 0 1\n");
    let pushed = "client-auth 1 1\npush \"route 10.0.0.0\"\nEND\n";
    assert_eq!(line(authorizer.poll_ruling(now)), pushed);
    assert_eq!(line(authorizer.poll_ruling(now)), "client-deny 2 1 no\n");
    assert_eq!(line(authorizer.poll_ruling(now)), "client-deny 3 1 no \"go away\"\n");
    assert!(authorizer.poll_ruling(now).is_none() && authorizer.poll_timeout().is_none());
}

#[test]
fn all_who_want_in_are_asked_about_and_no_others() {
    let now = Instant::now();
    let mut authorizer = Authorizer::new(AcceptAll, Terms::default());
    for line in [
        "CLIENT:ESTABLISHED,0",
        "CLIENT:DISCONNECT,0",
        "CLIENT:ADDRESS,0,10.9.0.2,1",
        "STATE:1,CONNECTED,SUCCESS,,,,,",
    ] {
        authorizer.handle_event(now, &told(line));
    }
    assert!(authorizer.poll_ruling(now).is_none());
    authorizer.handle_event(now, &told("CLIENT:REAUTH,0,3"));
    assert_eq!(line(authorizer.poll_ruling(now)), "client-auth-nt 0 3\n");
}

#[test]
fn decisions_may_come_later_in_any_order_by_either_way() {
    let (mut authorizer, now) = slow();
    authorizer.handle_event(now, &told("CLIENT:CONNECT,0,1"));
    authorizer.handle_event(now, &told("CLIENT:CONNECT,1,1"));
    assert!(authorizer.poll_ruling(now).is_none());
    let [(first, ..), (second, ..)] = authorizer.policy().asked[..] else { panic!("two") };
    authorizer.decide(now, second, Decision::accept([]));
    assert_eq!(line(authorizer.poll_ruling(now)), "client-auth-nt 1 1\n", "nobody waits for 0");
    authorizer.policy().inbox.push((first, Decision::deny("no")));
    assert_eq!(line(authorizer.poll_ruling(now)), "client-deny 0 1 no\n");
    authorizer.decide(now, first, Decision::accept([]));
    assert!(authorizer.poll_ruling(now).is_none(), "each question is answered once");
    assert_eq!(authorizer.waiting(), 0);
}

#[test]
fn no_decision_in_time_is_a_denial() {
    let (mut authorizer, now) = slow();
    authorizer.handle_event(now, &told("CLIENT:CONNECT,0,1"));
    let at = authorizer.poll_timeout().unwrap();
    assert_eq!(at, now + 20 * S);
    authorizer.handle_timeout(at - S);
    assert!(authorizer.poll_ruling(now).is_none());
    authorizer.handle_timeout(at);
    let ruling = authorizer.poll_ruling(at).unwrap();
    assert_eq!(ruling.by, By::Deadline);
    assert!(matches!(ruling.command, Command::ClientDeny { cid: 0, kid: 1, .. }));
    let (token, ..) = authorizer.policy().asked[0];
    assert_eq!(authorizer.policy().forgotten, [token]);
    authorizer.decide(at, token, Decision::accept([]));
    assert!(authorizer.poll_ruling(at).is_none(), "a late yes lets nobody in");
}

#[test]
fn a_client_that_has_gone_or_asks_anew_is_forgotten() {
    let (mut authorizer, now) = slow();
    for line in ["CLIENT:CONNECT,0,1", "CLIENT:CONNECT,1,1", "CLIENT:DISCONNECT,0"] {
        authorizer.handle_event(now, &told(line));
    }
    authorizer.handle_event(now, &told("CLIENT:REAUTH,1,2"));
    let asked: Vec<_> = authorizer.policy().asked.iter().map(|asked| asked.0).collect();
    assert_eq!(authorizer.policy().forgotten, asked[..2]);
    for token in asked {
        authorizer.decide(now, token, Decision::accept([]));
    }
    assert_eq!(line(authorizer.poll_ruling(now)), "client-auth-nt 1 2\n");
    assert!(authorizer.poll_ruling(now).is_none());
}

#[test]
fn another_connection_is_another_daemon() {
    for news in [Event::Down { why: Fail::Closed.into() }, Event::Up { link: 2, version: 5 }] {
        let (mut authorizer, now) = slow();
        authorizer.handle_event(now, &told("CLIENT:CONNECT,0,1"));
        authorizer.handle_event(now, &told("CLIENT:CONNECT,1,1"));
        let [(first, ..), (second, ..)] = authorizer.policy().asked[..] else { panic!("two") };
        authorizer.decide(now, first, Decision::accept([]));
        authorizer.handle_event(now, &news);
        authorizer.decide(now, second, Decision::accept([]));
        assert!(authorizer.poll_ruling(now).is_none(), "client 0 may be another one now");
        assert_eq!(authorizer.policy().forgotten, [second]);
        assert_eq!(authorizer.poll_timeout(), None);
    }
    let (mut authorizer, now) = slow();
    authorizer.handle_event(now, &told("CLIENT:CONNECT,0,1"));
    authorizer.attach(1, 5);
    assert_eq!(authorizer.waiting(), 1, "after a gap on the same connection all stays");
}

#[test]
fn rulings_are_for_the_connection_that_asked() {
    let (mut authorizer, now) = slow();
    authorizer.handle_event(now, &told("CLIENT:CONNECT,0,1"));
    let (token, ..) = authorizer.policy().asked[0];
    authorizer.decide(now, token, Decision::accept([]));
    assert_eq!(authorizer.poll_ruling(now).unwrap().call().1, Some(1));
}

#[test]
fn too_many_questions_are_denied_at_once() {
    let mut terms = Terms::default();
    terms.bound = 2;
    let (mut authorizer, now) = (Authorizer::new(Slow::default(), terms), Instant::now());
    for cid in 0..3 {
        authorizer.handle_event(now, &told(&format!("CLIENT:CONNECT,{cid},1")));
    }
    let ruling = authorizer.poll_ruling(now).unwrap();
    assert_eq!((ruling.cid, ruling.by), (2, By::Bound));
    assert_eq!(authorizer.policy().asked.len(), 2);
    // One who is waiting already may ask anew.
    authorizer.handle_event(now, &told("CLIENT:REAUTH,1,2"));
    assert_eq!(authorizer.policy().asked.len(), 3);
}

#[test]
fn pending_keeps_the_question_open_until_the_user_has_answered() {
    let (mut authorizer, now) = slow();
    authorizer.handle_event(now, &told("CLIENT:CONNECT,7,1"));
    let (token, ..) = authorizer.policy().asked[0];
    let pending = || Decision::Pending { extra: "CR_TEXT:R,E:PIN?".into(), timeout: 60 };
    authorizer.decide(now, token, pending());
    assert_eq!(
        line(authorizer.poll_ruling(now)),
        "client-pending-auth 7 1 \"CR_TEXT:R,E:PIN?\" 60\n"
    );
    assert_eq!(authorizer.poll_timeout(), Some(now + 60 * S));
    authorizer.handle_event(now + S, &told("CLIENT:CR_RESPONSE,7,1,NDI="));
    assert_eq!(authorizer.policy().asked[1], (token, "CR_RESPONSE", 7));
    assert_eq!(authorizer.poll_timeout(), Some(now + 60 * S), "it gains no time");
    authorizer.decide(now + S, token, Decision::accept([]));
    assert_eq!(line(authorizer.poll_ruling(now)), "client-auth-nt 7 1\n");
    // Nobody comes back from the web page.
    authorizer.handle_event(now, &told("CLIENT:CONNECT,8,1"));
    let (token, ..) = authorizer.policy().asked[2];
    authorizer.decide(now, token, pending());
    authorizer.poll_ruling(now);
    authorizer.handle_timeout(now + 60 * S);
    assert_eq!(authorizer.poll_ruling(now).unwrap().by, By::Deadline);
}

#[test]
fn pending_is_said_as_the_release_understands_it() {
    let of = |version| {
        let (mut authorizer, now) = slow();
        authorizer.attach(1, version);
        authorizer.handle_event(now, &told("CLIENT:CONNECT,7,1"));
        let (token, ..) = authorizer.policy().asked[0];
        authorizer.decide(now, token, Decision::Pending { extra: "OPEN_URL:x".into(), timeout: 9 });
        (line(authorizer.poll_ruling(now)), authorizer.waiting())
    };
    assert_eq!(of(6), ("client-pending-auth 7 1 OPEN_URL:x 9\n".into(), 1));
    assert_eq!(of(3), ("client-pending-auth 7 OPEN_URL:x\n".into(), 1));
    let (denied, waiting) = of(1);
    assert!(denied.starts_with("client-deny 7 1 ") && waiting == 0, "{denied}");
}

#[test]
fn what_cannot_be_sent_is_denied() {
    let long = "x".repeat(300);
    for decision in [
        Decision::accept(["END".into()]),
        Decision::accept(["push \"a\nsignal SIGTERM\"".into()]),
        Decision::accept(["x".repeat(2000).into()]),
        Decision::deny("two\nlines"),
        Decision::deny(long.clone()),
        Decision::Deny { reason: "no".into(), client_reason: Some(long.into()) },
        Decision::Pending { extra: "x".repeat(247).into(), timeout: 9 },
        Decision::Pending { extra: "a\rb".into(), timeout: 9 },
    ] {
        let (mut authorizer, now) = slow();
        authorizer.handle_event(now, &told("CLIENT:CONNECT,7,1"));
        let (token, ..) = authorizer.policy().asked[0];
        authorizer.decide(now, token, decision.clone());
        let ruling = authorizer.poll_ruling(now).unwrap();
        assert_eq!(ruling.by, By::Doubt, "{decision:?}");
        let line = line(Some(ruling));
        assert!(line.starts_with("client-deny 7 1 "), "{line}");
        assert_eq!(authorizer.waiting(), 0);
    }
}

#[test]
fn a_client_whose_environment_was_cut_is_denied() {
    let now = Instant::now();
    let mut session = Management::new(Config::new(1));
    session.handle_link(now, News::Up);
    let mut input = &b">INFO:OpenVPN Management Interface Version 5 -- x\r\n\
        >CLIENT:CONNECT,0,1\r\n>CLIENT:ENV,username=bob\r\n\
        >CLIENT:CONNECT,1,1\r\n>CLIENT:ENV,username=carol\r\n>CLIENT:ENV,END\r\n"[..];
    while !input.is_empty() {
        input = &input[session.handle_input(now, (), input)..];
    }
    let mut authorizer = Authorizer::new(AcceptAll, Terms::default());
    while let Some(event) = session.poll_event() {
        authorizer.handle_event(now, &event);
    }
    let ruling = authorizer.poll_ruling(now).unwrap();
    assert_eq!((ruling.cid, ruling.by), (0, By::Doubt));
    assert_eq!(line(authorizer.poll_ruling(now)), "client-auth-nt 1 1\n");
}

proptest! {
    /// Whatever comes in whatever order: a client that was told of gets one answer to each of its
    /// questions or is forgotten, and nothing stays for ever.
    #[test]
    fn every_question_ends(script in prop::collection::vec((0..7_u8, 0..4_u64), 0..60)) {
        let (mut authorizer, mut now) = slow();
        let mut denied = 0;
        for (act, cid) in script {
            match act {
                0 => authorizer.handle_event(now, &told(&format!("CLIENT:CONNECT,{cid},1"))),
                1 => authorizer.handle_event(now, &told(&format!("CLIENT:REAUTH,{cid},2"))),
                2 => authorizer.handle_event(now, &told(&format!("CLIENT:DISCONNECT,{cid}"))),
                3 => {
                    let response = format!("CLIENT:CR_RESPONSE,{cid},1,eA==");
                    authorizer.handle_event(now, &told(&response));
                }
                4 => {
                    let pending = Decision::Pending { extra: "OPEN_URL:x".into(), timeout: 30 };
                    if let Some((token, ..)) = authorizer.policy().asked.last().copied() {
                        authorizer.decide(now, token, pending);
                    }
                }
                5 => if let Some((token, ..)) = authorizer.policy().asked.last().copied() {
                    authorizer.decide(now, token, Decision::accept([]));
                },
                _ => {
                    now += 5 * S;
                    authorizer.handle_timeout(now);
                }
            }
            prop_assert!(authorizer.waiting() <= 4, "one question for each client");
            prop_assert_eq!(authorizer.poll_timeout().is_some(), authorizer.waiting() > 0);
            while let Some(ruling) = authorizer.poll_ruling(now) {
                prop_assert!(ruling.command.encode().is_ok());
                denied += usize::from(ruling.by == By::Deadline);
            }
        }
        let waiting = authorizer.waiting();
        authorizer.handle_timeout(now + 60 * S);
        let late = std::iter::from_fn(|| authorizer.poll_ruling(now)).count();
        prop_assert_eq!((late, authorizer.waiting()), (waiting, 0));
        prop_assert!(denied <= authorizer.policy().forgotten.len());
    }
}
