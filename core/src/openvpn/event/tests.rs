use super::env::EnvBuffer;
use super::password::{Pending, Wanted};
use super::*;

fn event(line: &str) -> Event<'_> {
    Notification::new(line.as_bytes()).event()
}

fn password(payload: &str) -> PasswordEvent<'_> {
    PasswordEvent::parse(payload.as_bytes()).expect(payload)
}

#[test]
fn unknown_kinds_and_payloads_are_passed_on() {
    for line in [
        "PROTECTFD: 7",
        "NEWKIND",
        "",
        "BYTECOUNT:1",
        "BYTECOUNT_CLI:1,2,x",
        "STATE:x",
        "CLIENT:NEW,1",
        "CLIENT:CONNECT,x,1",
        "UPDOWN:SIDEWAYS",
        "PASSWORD:what?",
        "NEED-OK:x",
        "REMOTE:host",
        "PROXY:x,UDP,h",
        "NOTIFY:info",
        "CLIENT:ADDRESS,1,10.0.0.1,2",
    ] {
        let notification = Notification::new(line.as_bytes());
        let Event::Other { kind, payload } = notification.event() else { panic!("{line}") };
        assert_eq!((kind, payload), (notification.kind(), notification.payload()), "{line}");
    }
}

#[test]
fn a_hold_may_say_how_long() {
    let text = "Waiting for hold release".into();
    assert_eq!(event("HOLD:Waiting for hold release:7"), Event::Hold { text, seconds: Some(7) });
    assert_eq!(event("HOLD:Waiting for hold release"), Event::Hold { text, seconds: None });
}

#[test]
fn texts_may_hold_the_separators() {
    let Event::NeedOk(need) = event("NEED-OK:Need 'a' b' confirmation MSG:x MSG:y") else {
        panic!()
    };
    assert_eq!((need.name, need.what), ("a' b".into(), "confirmation".into()));
    assert_eq!(need.message, "x MSG:y");
    let Event::NeedStr(need) = event("NEED-STR:Need 'name' input MSG:Who?") else { panic!() };
    assert_eq!((need.what, need.message), ("input".into(), "Who?".into()));
    let Event::Notify { text, .. } = event("NOTIFY:info,server-pushed-halt,[N]bye, now") else {
        panic!()
    };
    assert_eq!(text, "[N]bye, now");
    let Event::PkSign { data, algorithm } = event("PK_SIGN:QUJD,RSA_PSS,hashalg=SHA256") else {
        panic!()
    };
    assert_eq!((data, algorithm), ("QUJD".into(), Some("RSA_PSS,hashalg=SHA256".into())));
    let Event::Remote { host, port, .. } = event("REMOTE:2001:db8::1,443,udp6") else { panic!() };
    assert_eq!((host, port), ("2001:db8::1".into(), "443".into()));
    let Event::Proxy { index, host, .. } = event("PROXY:1,UDP,vpn.example") else { panic!() };
    assert_eq!((index, host), (1, "vpn.example".into()));
}

#[test]
fn prompts_of_all_kinds() {
    let need = |payload| match password(payload) {
        PasswordEvent::Need(need) => need,
        other => panic!("{other:?}"),
    };
    assert_eq!(need("Need 'Auth' password").wanted, Wanted::Password);
    assert_eq!(need("Need 'Auth' username/password").wanted, Wanted::UsernamePassword);
    assert_eq!(need("Need 'Auth' username").wanted, Wanted::Username);
    let odd = need("Need 'it's a 'token'' password");
    assert_eq!(odd.kind, "it's a 'token'");
    let joined = need("Need 'Auth' username/password SC:3,Enter the 'new' password");
    let challenge = joined.static_challenge.expect("a challenge");
    assert!(challenge.echo && challenge.concat);
    assert_eq!(challenge.text, "Enter the 'new' password");
    assert_eq!(challenge.answer(b"a", b"b").expose(), b"ab");
    assert_eq!(PasswordEvent::parse(b"Need 'Auth' fingerprint"), None);
}

#[test]
fn failures_with_reasons() {
    let plain = password("Verification Failed: 'Private Key'");
    assert_eq!(plain, PasswordEvent::Failed { kind: "Private Key".into(), reason: None });
    let quoted = password("Verification Failed: 'Auth' ['it's [bad], 'ok']']");
    let reason = Some("it's [bad], 'ok']".into());
    assert_eq!(quoted, PasswordEvent::Failed { kind: "Auth".into(), reason });
    assert_eq!(quoted.challenge(), None);
    let dynamic = password("Verification Failed: 'Auth' ['CRV1::id:Y2Fyb2w=:a:b']");
    let challenge = dynamic.challenge().expect("a challenge");
    assert_eq!(challenge.flags().count(), 0);
    assert!(!challenge.needs_response() && !challenge.echo());
    assert_eq!((challenge.username.as_slice(), challenge.text), (&b"carol"[..], "a:b".into()));
    let broken = password("Verification Failed: 'Auth' ['CRV1:R:id:?:a']");
    assert_eq!(broken.challenge(), None);
}

#[test]
fn pending_authentication_asks_in_three_ways() {
    let question = Pending::parse("CR_TEXT:R,E:Enter the code, please: now".into());
    let text = "Enter the code, please: now".into();
    assert_eq!(question, Some(Pending::Question { flags: "R,E".into(), text }));
    let web = Pending::parse("WEB_AUTH::https://e/y".into());
    let url = "https://e/y".into();
    assert_eq!(web, Some(Pending::WebAuth { flags: "".into(), url }));
    assert_eq!(Pending::parse("OPEN_URL:https://e/y".into()), Some(Pending::OpenUrl(url)));
    assert_eq!(Pending::parse("hello".into()), None);
}

#[test]
fn an_environment_keeps_order_repeats_and_odd_lines() {
    let mut buffer = EnvBuffer::default();
    let lines = ["a=1", "password=pa=ss", "a=2", "empty=", "odd", "=x"];
    lines.iter().for_each(|line| buffer.push(line.as_bytes()));
    let env = buffer.view();
    let pairs: Vec<_> = env.iter().map(|(name, value)| (name.0, value.0)).collect();
    let expected: [(&[u8], &[u8]); 6] = [
        (b"a", b"1"),
        (b"password", b"pa=ss"),
        (b"a", b"2"),
        (b"empty", b""),
        (b"odd", b""),
        (b"", b"x"),
    ];
    assert_eq!(pairs, expected);
    assert_eq!(env.get("a"), Some("1".into()));
    assert_eq!(env.password().expect("set").expose(), "pa=ss");
    let owned = Notification::with_env(b"CLIENT:CONNECT,3,1", env, true).to_owned();
    buffer.clear();
    let Event::Client(client) = owned.event() else { panic!("{owned:?}") };
    assert_eq!((client.cid(), client.kid(), client.name()), (3, Some(1), "CONNECT"));
    assert_eq!(client.env().iter().count(), 6);
    assert_eq!(owned.clone(), owned);
}

#[test]
fn secrets_are_not_printed() {
    let mut buffer = EnvBuffer::default();
    buffer.push(b"password=hunter2");
    buffer.push(b"auth_token=hunter2");
    let printed = [
        format!("{:?}", Notification::with_env(b"CLIENT:REAUTH,3,1", buffer.view(), true)),
        format!("{buffer:?}"),
        format!("{:?}", Notification::new(b"PASSWORD:Auth-Token:hunter2").to_owned()),
        format!("{:?}", Notification::new(b"CLIENT:CR_RESPONSE,3,1,hunter2").to_owned()),
    ];
    for printed in printed {
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(printed.contains("[redacted]"), "{printed}");
    }
}
