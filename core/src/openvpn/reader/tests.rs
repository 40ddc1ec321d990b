use proptest::prelude::*;

use super::*;
use crate::openvpn::event::{ClientEvent, Event};
use crate::openvpn::octets::Text;
use crate::openvpn::status::Format;

const GREETING: &str =
    ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n";

/// Everything that `octets` hold, printed, and what is left.
fn read_all(reader: &mut Reader, octets: &[u8]) -> (Vec<String>, usize) {
    let (mut items, mut at) = (Vec::new(), 0);
    loop {
        let (used, item) = reader.next(&octets[at..]).expect("within limits");
        at += used;
        let Some(item) = item else { return (items, octets.len() - at) };
        items.push(brief(&item));
    }
}

fn brief(item: &Item<'_>) -> String {
    match item {
        Item::Reply(reply) => {
            let answer = format!("{:?}", reply.answer);
            let answer = answer.split(['(', ' ']).next().unwrap_or_default().to_owned();
            let more = if reply.last { "" } else { "+" };
            format!("{}={answer}{more}", reply.line())
        }
        Item::Event(event) => format!(">{}", event.kind()),
        Item::Unexpected(line) => format!("?{line}"),
        Item::Unanswered(lines) => {
            lines.iter().map(|sent| sent.line().to_string()).collect::<Vec<_>>().join("|")
        }
        other => format!("{other:?}"),
    }
}

fn ready(sent: &str) -> Reader {
    let mut reader = Reader::ready(Limits::default(), 5);
    reader.sent(sent.as_bytes()).expect("within limits");
    reader
}

fn answers(sent: &str, received: &str) -> Vec<String> {
    let mut reader = ready(sent);
    let (items, left) = read_all(&mut reader, received.as_bytes());
    assert_eq!(left, 0);
    items
}

fn finish(reader: &mut Reader, rest: &[u8]) -> Vec<String> {
    let mut items = Vec::new();
    while let Some(item) = reader.finish(rest) {
        items.push(brief(&item));
    }
    items
}

#[test]
fn a_password_that_was_sent_early_is_not_a_wrong_one() {
    let mut reader = Reader::default();
    let mut out = Vec::new();
    reader.login(&"s3cr3t".into(), &mut out).expect("a password");
    reader.sent(b"pid\n").expect("within limits");
    assert_eq!(out, b"s3cr3t\n");
    let octets =
        format!("ENTER PASSWORD:SUCCESS: password is correct\r\n{GREETING}SUCCESS: pid=1\r\n");
    let (items, _) = read_all(&mut reader, octets.as_bytes());
    let expected = ["PasswordPrompt", "PasswordAccepted", "Greeting { version: 5 }", "pid=Success"];
    assert_eq!(items, expected);
}

#[test]
fn after_the_greeting_the_prompt_is_text() {
    let mut reader = ready("");
    assert_eq!(read_all(&mut reader, b"ENTER PASSWORD:").0, Vec::<String>::new());
    let items = read_all(&mut reader, b"ENTER PASSWORD:\r\n").0;
    assert_eq!(items, ["?ENTER PASSWORD:"]);
}

#[test]
fn no_password_can_hold_what_the_daemon_deletes() {
    let mut out = Vec::new();
    let refused = Reader::default().login(&"a\tb".into(), &mut out);
    assert_eq!(refused, Err(CommandError::ControlOctet { octet: b'\t' }));
    assert!(out.is_empty());
    let long = "x".repeat(SAFE_LINE);
    let refused = Reader::default().login(&long.into(), &mut out);
    assert_eq!(refused, Err(CommandError::LineTooLong { octets: SAFE_LINE + 1 }));
}

#[test]
fn lines_without_a_reply_do_not_put_the_rest_out_of_step() {
    let sent = "\n  \n# c\nversion 3\ntest 0\npid\n";
    assert_eq!(answers(sent, "SUCCESS: pid=1\r\n"), ["pid=Success"]);
}

#[test]
fn each_part_of_a_reply_is_told() {
    let items = answers(
        "log on all\nauth-retry x\ntest 2\nnet\npid\n",
        "SUCCESS: on\r\n>LOG:1,,x\r\n1,,a\r\nEND\r\n--auth-retry method\r\nERROR: bad\r\n\
         [0]\r\n>HOLD:x:1\r\n[1]\r\nERROR: Sorry\r\nSUCCESS: pid=1\r\n",
    );
    assert_eq!(
        items,
        [
            "log on all=Success+",
            ">LOG",
            "log on all=Log",
            "auth-retry x=Preamble+",
            "auth-retry x=Error",
            "test 2=Line+",
            ">HOLD",
            "test 2=Line",
            "net=Error",
            "pid=Success",
        ]
    );
}

#[test]
fn push_updates_have_lines_as_they_come() {
    let all = "push-update-cid 1 x\npush-update-cid z x\npush-update-broad\npush-update-broad x\n\
               pid\n";
    let items = answers(
        all,
        "PUSH_UPDATE: note\r\nERROR: Peer ID: 1 has not been updated\r\n\
         ERROR: no client updated\r\nERROR: push-update command failed\r\n\
         ERROR: cannot parse CID\r\nERROR: push-update-cid fail during cid parsing\r\n\
         ERROR: the 'push-update-broad' command requires 1 parameter\r\n\
         ERROR: unknown command [push-update-broad], enter 'help' for more options\r\n\
         SUCCESS: pid=1\r\n",
    );
    let kinds: Vec<_> = items.iter().map(|item| item.split('=').nth(1).expect("one")).collect();
    let expected =
        ["Preamble+", "Error+", "Error+", "Error", "Error+", "Error", "Error", "Error", "Success"];
    assert_eq!(kinds, expected);
}

#[test]
fn everything_up_to_end_is_the_blocks() {
    let block = "1,,a\r\n>LOG:1,,x\r\nSUCCESS: x\r\nERROR: y\r\n>CLIENT:ENV,END\r\nEND \r\nEND\r\n";
    let items = answers("log all\npid\n", &format!("{block}SUCCESS: pid=1\r\n"));
    assert_eq!(items, ["log all=Log", "pid=Success"]);
}

#[test]
fn a_listing_that_breaks_off_does_not_swallow_what_follows() {
    let head = "TITLE\tx\r\nTIME\tx\t1\r\nHEADER\tCLIENT_LIST\tCommon Name\tClient ID\r\n\
                CLIENT_LIST\tbob\t1\r\n";
    for (sent, next, expected) in [
        ("status 3\npid\n", "SUCCESS: pid=1\r\n", "pid=Success"),
        ("status 3\npid\n", ">HOLD:x:1\r\nSUCCESS: pid=1\r\n", ">HOLD"),
        ("status 3\nstatus 3\n", "TITLE\tx\r\nEND\r\n", "status 3=Status"),
        ("status 3\nstate all\n", "END\r\n", "state all=States"),
        ("status 3\n\nlog all\n", "1,,x\r\nEND\r\n", "log all=Log"),
    ] {
        let mut reader = ready(sent);
        let octets = format!("{head}{next}");
        let (used, item) = reader.next(octets.as_bytes()).expect("within limits");
        let Some(Item::Reply(Reply { answer: Answer::Status(status), .. })) = item else {
            panic!("{next}")
        };
        assert!(!status.is_complete());
        assert_eq!((status.format(), status.client_count()), (Format::Three, 1));
        assert_eq!(used, head.len());
        let (items, _) = read_all(&mut reader, &octets.as_bytes()[used..]);
        assert_eq!(items[0], expected, "{next}");
    }
}

#[test]
fn an_end_without_anybody_else_to_claim_it_ends_the_listing() {
    let octets = "TITLE,x\r\nTIME,x,1\r\nEND\r\nSUCCESS: pid=1\r\n";
    assert_eq!(answers("status 2\npid\n", octets), ["status 2=Status", "pid=Success"]);
}

#[test]
fn replies_of_another_form_than_their_commands_are_lines() {
    let block = "hello\r\nEND\r\n";
    for command in ["version", "status", "state", "log all", "remote-entry-count", "echo 1"] {
        let items = answers(&format!("{command}\n"), block);
        assert_eq!(items, [format!("{command}=Lines")]);
    }
}

#[test]
fn text_is_one_command_and_refused_text_is_many() {
    let text = "client-auth 1 0\npid\nEND \nEND\nverb\n";
    let items = answers(text, "SUCCESS: client-auth command succeeded\r\nSUCCESS: verb=3\r\n");
    assert_eq!(items, ["client-auth 1 0=Success", "verb=Success"]);
    let refused = "client-auth x 0\npid\nEND\n";
    let items = answers(refused, "ERROR: cannot parse CID\r\nSUCCESS: pid=1\r\nERROR: unknown\r\n");
    assert_eq!(items, ["client-auth x 0=Error", "pid=Success", "END=Error"]);
}

#[test]
fn a_signature_is_text_only_while_one_is_wanted() {
    let text = "pk-sig\nAAAA\nEND\n";
    let refused = "ERROR: The pk-sig command is not currently available\r\n\
                   ERROR: unknown\r\nERROR: unknown\r\n";
    assert_eq!(answers(text, refused), ["pk-sig=Error", "AAAA=Error", "END=Error"]);
    let wanted = ">PK_SIGN:AAAA\r\nSUCCESS: pk-sign command succeeded\r\n";
    assert_eq!(answers(text, wanted), [">PK_SIGN", "pk-sig=Success"]);
    // The header was refused although one seemed to be wanted: no END was sent yet.
    let mut reader = ready("");
    read_all(&mut reader, b">PK_SIGN:AAAA\r\n");
    reader.sent(b"pk-sig\n").expect("within limits");
    let (items, _) = read_all(&mut reader, b"ERROR: not available\r\n");
    assert_eq!(items, ["pk-sig=Error"]);
}

#[test]
fn typed_text_goes_out_only_while_it_is_wanted() {
    let mut reader = Reader::default();
    let (mut out, signature) = (Vec::new(), Command::PkSig(vec![1, 2, 3]));
    assert_eq!(reader.send(&Command::Pid, &mut out), Err(CommandError::NotReady));
    read_all(&mut reader, GREETING.as_bytes());
    let refused = CommandError::TextRefused { why: "no signature is wanted" };
    assert_eq!(reader.send(&signature, &mut out), Err(refused.clone()));
    let filter = Command::ClientPf { cid: 1, filter: vec![] };
    let unsupported = Err(CommandError::Unsupported { management: 5 });
    assert_eq!(reader.send(&filter, &mut out), unsupported);
    let password = Command::PasswordText { kind: "Auth".into(), value: "x".into() };
    assert_eq!(reader.send(&password, &mut out), unsupported);
    assert!(out.is_empty());
    read_all(&mut reader, b">PK_SIGN:AAAA\r\n");
    let queued = reader.send(&signature, &mut out).expect("wanted");
    assert_eq!((queued.number, queued.answered), (0, true));
    // It is used up by the one that is on its way.
    assert_eq!(reader.send(&signature, &mut out), Err(refused));
    assert_eq!(out, b"pk-sig\nAQID\nEND\n");
    let (items, _) = read_all(&mut reader, b"SUCCESS: pk-sign command succeeded\r\n");
    assert_eq!(items, ["pk-sig=Success"]);
    assert!(!reader.send(&Command::Announce(3), &mut out).expect("sent").answered);
    assert_eq!(reader.send(&Command::Pid, &mut out).expect("sent").number, 4);
}

#[test]
fn a_text_password_needs_an_announced_version() {
    let mut reader = Reader::ready(Limits::default(), 6);
    let mut out = Vec::new();
    reader.send(&Command::Announce(5), &mut out).expect("sent");
    read_all(&mut reader, b"SUCCESS: Management client version set to 5\r\n");
    let kind: Text<'static> = "Auth".into();
    let password = Command::PasswordText { kind, value: "x".into() };
    let refused = reader.send(&password, &mut out).expect_err("not asked");
    assert_eq!(refused, CommandError::TextRefused { why: "no password is wanted" });
    read_all(&mut reader, b">PASSWORD:Need 'Auth' username/password\r\n");
    reader.send(&password, &mut out).expect("asked");
    let (items, _) = read_all(&mut reader, b"SUCCESS: 'Auth' password entered\r\n");
    assert_eq!(items, ["password Auth=Success"]);
}

#[test]
fn pkcs11_replies_look_like_notifications() {
    let octets = ">HOLD:x:0\r\n>PKCS11ID-COUNT:1\r\n>PKCS11ID-COUNT:2\r\n\
                  >PKCS11ID-ENTRY:'0', ID:'a', BLOB:'QQ=='\r\nERROR: unknown\r\n";
    let items = answers("pkcs11-id-count\npkcs11-id-get 0\npkcs11-id-count\n", octets);
    assert_eq!(
        items,
        [
            ">HOLD",
            "pkcs11-id-count=Pkcs11Count",
            ">PKCS11ID-COUNT",
            "pkcs11-id-get 0=Pkcs11Entry",
            "pkcs11-id-count=Error",
        ]
    );
    assert_eq!(Pkcs11Entry::parse(b"'7'").expect("an entry").certificate, None);
    assert_eq!(Pkcs11Entry::parse(b"'x'"), None);
    assert_eq!(Pkcs11Entry::parse(b"'0', ID:'a'"), None);
}

#[test]
fn an_environment_lets_log_lines_through() {
    let octets = ">CLIENT:CONNECT,3,1\r\n>CLIENT:ENV,a=1\r\n>LOG:1,,bad peer info\r\n\
                  >CLIENT:ADDRESS,2,10.0.0.1,1\r\nSUCCESS: pid=1\r\n>CLIENT:ENV,b=>CLIENT:ENV,END\r\n\
                  >CLIENT:ENV,END\r\n";
    let mut reader = ready("pid\n");
    let (items, _) = read_all(&mut reader, octets.as_bytes());
    assert_eq!(items, [">LOG", ">CLIENT", "pid=Success", ">CLIENT"]);
}

#[test]
fn a_second_header_ends_the_first_environment_as_cut() {
    let octets = b">CLIENT:CONNECT,3,1\r\n>CLIENT:ENV,a=1\r\n>CLIENT:ESTABLISHED,4\r\n\
                   >CLIENT:ENV,END\r\n";
    let mut reader = ready("");
    let (used, item) = reader.next(octets).expect("within limits");
    let Some(Item::Event(event)) = item else { panic!() };
    assert!(!event.is_complete());
    let Event::Client(ClientEvent::Connect { cid: 3, env, .. }) = event.event() else { panic!() };
    assert_eq!(env.get("a"), Some("1".into()));
    let (_, item) = reader.next(&octets[used..]).expect("within limits");
    let Some(Item::Event(event)) = item else { panic!() };
    assert!(event.is_complete() && event.env().is_empty());
}

#[test]
fn an_event_that_is_not_known_may_have_an_environment() {
    let octets = ">CLIENT:NEW,1\r\n>CLIENT:ENV,a=1\r\n>CLIENT:ENV,END\r\n>CLIENT:OTHER,1\r\n\
                  SUCCESS: pid=1\r\n>CLIENT:ENV,stray=1\r\n>UPDOWN:UP\r\n>UPDOWN:ENV,x=1\r\n\
                  >CLIENT:ENV,y=2\r\n>UPDOWN:ENV,END\r\n";
    let mut reader = ready("pid\n");
    let (items, left) = read_all(&mut reader, octets.as_bytes());
    assert_eq!(items, [">CLIENT", ">CLIENT", "pid=Success", ">CLIENT", ">CLIENT", ">UPDOWN"]);
    assert_eq!(left, 0);
}

#[test]
fn the_end_tells_what_is_open_and_what_is_owed() {
    let mut reader = ready("state all\npid\n# c\nversion 3\nclient-auth 1 0\npush x\nEND\nverb\n");
    let (_, left) = read_all(&mut reader, b"1,WAIT,,,,,,\r\n2,AU");
    assert_eq!(left, 4);
    let items = finish(&mut reader, b"2,AU");
    assert_eq!(items, ["state all=States", "Partial(\"2,AU\")", "Eof", "pid|client-auth 1 0|verb"]);

    let mut reader = ready("");
    read_all(&mut reader, b">CLIENT:CONNECT,3,1\r\n>CLIENT:ENV,a=1\r\n");
    let Some(Item::Event(event)) = reader.finish(b"") else { panic!() };
    assert!(!event.is_complete());
    assert_eq!(finish(&mut reader, b""), ["Eof"]);
}

#[test]
fn what_stands_behind_an_exit_is_never_answered() {
    let mut reader = ready("pid\nexit\nverb\n# c\n");
    assert_eq!(finish(&mut reader, b""), ["Eof", "pid|verb"]);
}

#[test]
fn one_octet_more_than_a_limit_is_a_fault() {
    let limits = Limits { line: 20, block_lines: 2, block_octets: 30, ..Limits::default() };
    let fault = |octets: &str| {
        let mut reader = Reader::ready(limits, 5);
        reader.sent(b"help\n").expect("within limits");
        let mut at = 0;
        loop {
            match reader.next(&octets.as_bytes()[at..]) {
                Ok((used, Some(_))) => at += used,
                Ok((_, None)) => return None,
                Err(fault) => {
                    assert_eq!(reader.next(b"").expect_err("it stays"), fault);
                    return Some(fault);
                }
            }
        }
    };
    let line = "x".repeat(20);
    assert_eq!(fault(&format!("{line}\r\n")), None);
    assert_eq!(fault(&format!("{line}x\r\n")), Some(Fault::Line { at: 0, limit: 20 }));
    assert_eq!(fault(&format!("{line}\r")), None);
    assert_eq!(fault(&format!("{line}x")), Some(Fault::Line { at: 0, limit: 20 }));
    assert_eq!(fault("a\r\nb\r\nEND\r\n"), None);
    assert_eq!(fault("a\r\nb\r\nc\r\n"), Some(Fault::BlockLines { at: 6, limit: 2 }));
    let half = "y".repeat(13);
    assert_eq!(fault(&format!("{half}\r\n{half}\r\nEND\r\n")), None);
    let over = fault(&format!("{half}\r\ny{half}\r\n"));
    assert_eq!(over, Some(Fault::BlockOctets { at: 15, limit: 30 }));
}

#[test]
fn one_variable_more_than_a_limit_is_a_fault() {
    let limits = Limits { env_variables: 2, env_octets: 8, ..Limits::default() };
    let fault = |variables: &[&str]| {
        let mut octets = ">CLIENT:CONNECT,3,1\r\n".to_owned();
        variables.iter().for_each(|variable| octets += &format!(">CLIENT:ENV,{variable}\r\n"));
        Reader::ready(limits, 5).next(octets.as_bytes()).err()
    };
    assert_eq!(fault(&["a=12", "b=12"]), None);
    assert_eq!(fault(&["a=1", "b=", "c="]), Some(Fault::EnvVariables { at: 54, limit: 2 }));
    assert_eq!(fault(&["a=12", "b=123"]), Some(Fault::EnvOctets { at: 39, limit: 8 }));
}

#[test]
fn one_command_more_than_a_limit_is_refused() {
    let limits = Limits { pending: 2, pending_octets: 10, ..Limits::default() };
    let mut reader = Reader::ready(limits, 5);
    let mut out = Vec::new();
    reader.sent(b"pid\npid\n").expect("two");
    let refused = Err(CommandError::TooManyPending { pending: 2 });
    assert_eq!(reader.send(&Command::Pid, &mut out), refused);
    assert_eq!(reader.sent(b"pid\n"), Err(CommandError::TooManyPending { pending: 2 }));
    let mut reader = Reader::ready(limits, 5);
    reader.sent(b"123456\n1234\n").expect("ten octets");
    let mut reader = Reader::ready(limits, 5);
    let refused = reader.sent(b"123456\n12345\n");
    assert_eq!(refused, Err(CommandError::TooManyPending { pending: 1 }));
    assert!(out.is_empty());
}

#[test]
fn nothing_that_was_sent_in_secret_is_printed() {
    let mut reader = Reader::default();
    let mut out = Vec::new();
    reader.login(&"hunter2".into(), &mut out).expect("a password");
    reader.sent(b"password Auth hunter2\nusername Auth hunter2\nhalf hunter2").expect("sent");
    assert!(!format!("{reader:?}").contains("hunter2"));
    read_all(&mut reader, b"ENTER PASSWORD:");
    while let Some(item) = reader.finish(b"") {
        assert!(!format!("{item:?}").contains("hunter2"));
    }
}

fn reply() -> impl Strategy<Value = (&'static str, &'static str, usize)> {
    prop::sample::select(vec![
        ("pid", "SUCCESS: pid=1\r\n", 1),
        ("foo", "ERROR: unknown command\r\n", 1),
        ("state all", "1,WAIT,,,,,,\r\n2,AUTH,,,,,,\r\nEND\r\n", 1),
        ("state all", "END\r\n", 1),
        ("log all on", "1,,>HOLD:x\r\n1,,END\r\nEND\r\nSUCCESS: on\r\n", 2),
        ("version 3", "", 0),
        ("test 2", "[0]\r\n[1]\r\n", 2),
        (
            "status 1",
            "OpenVPN CLIENT LIST\r\nUpdated,x\r\nCommon Name,x\r\nERROR: x,1.2.3.4:5,1,2,\
                      2026-11-21 20:47:11\r\nROUTING TABLE\r\nVirtual Address,x\r\nEND\r\n",
            1,
        ),
        ("client-auth 1 0\npid\nEND", "SUCCESS: client-auth command succeeded\r\n", 1),
    ])
}

fn notification() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        ">BYTECOUNT_CLI:1,2,3\r\n",
        ">LOG:1,D,SUCCESS: x\r\n",
        ">CLIENT:ESTABLISHED,1\r\n>CLIENT:ENV,a=b\r\n>CLIENT:ENV,END\r\n",
        ">CLIENT:ADDRESS,1,10.0.0.1,1\r\n",
        ">HOLD:Waiting for hold release:1\r\n",
    ])
}

proptest! {
    #[test]
    fn any_interleaving_keeps_replies_with_their_commands(
        exchanges in prop::collection::vec((reply(), prop::option::of(notification())), 1..20),
        size in 1_usize..50,
    ) {
        let mut reader = Reader::ready(Limits::default(), 5);
        let (mut octets, mut expected, mut told) = (String::new(), Vec::new(), 0);
        for ((command, reply, parts), notification) in &exchanges {
            reader.sent(format!("{command}\n").as_bytes()).expect("within limits");
            octets += notification.unwrap_or_default();
            told += usize::from(notification.is_some());
            octets += reply;
            expected.extend(vec![command.lines().next().unwrap_or_default().to_owned(); *parts]);
        }
        let (mut lines, mut events, mut kept) = (Vec::new(), 0, Vec::new());
        for chunk in octets.as_bytes().chunks(size) {
            kept.extend_from_slice(chunk);
            let mut at = 0;
            loop {
                let (used, item) = reader.next(&kept[at..]).expect("within limits");
                at += used;
                match item {
                    Some(Item::Reply(reply)) => lines.push(reply.line().to_string()),
                    Some(Item::Event(_)) => events += 1,
                    Some(other) => prop_assert!(false, "{:?}", other),
                    None => break,
                }
            }
            kept.drain(..at);
        }
        prop_assert_eq!(lines, expected);
        prop_assert_eq!(events, told);
        prop_assert!(kept.is_empty());
    }

    #[test]
    fn any_octets_are_read_without_harm(
        sent in prop::collection::vec(
            prop_oneof![
                Just("status\n"), Just("log on all\n"), Just("client-auth 1 1\n"), Just("END\n"),
                Just("pk-sig\n"), Just("exit\n"), Just("test 3\n"), Just("\"\n"),
                Just("push-update-broad x\n"), Just("pkcs11-id-get 1\n"),
            ], 0..8),
        received in prop::collection::vec(
            prop_oneof![
                Just(GREETING.to_owned()), Just("ENTER PASSWORD:".to_owned()), "[ -~]{0,20}\r\n",
                Just("TITLE,x\r\n".to_owned()), Just("END\r\n".to_owned()),
                Just(">CLIENT:CONNECT,1,1\r\n".to_owned()), ">CLIENT:ENV,[a-zA-Z=]{0,5}\r\n",
                Just("SUCCESS: x\r\n".to_owned()), Just("ERROR: x\r\n".to_owned()),
                Just(">PK_SIGN:x\r\n".to_owned()), Just(">PKCS11ID-COUNT:1\r\n".to_owned()),
                ">[A-Z]{1,9}:.{0,12}\n",
            ], 0..30),
        greeted in any::<bool>(),
    ) {
        let mut reader =
            if greeted { Reader::ready(Limits::default(), 6) } else { Reader::default() };
        reader.sent(sent.concat().as_bytes()).expect("within limits");
        let octets = received.concat();
        let (mut at, mut items) = (0, 0);
        loop {
            let (used, item) = reader.next(&octets.as_bytes()[at..]).expect("within limits");
            at += used;
            prop_assert!(item.is_some() || used > 0 || octets.len() >= at);
            if item.is_none() {
                break;
            }
            items += 1;
            prop_assert!(items < 4 * octets.len() + 4);
        }
        let rest = &octets.as_bytes()[at..];
        prop_assert!(!rest.contains(&b'\n'));
        let mut last = 0;
        while let Some(item) = reader.finish(rest) {
            last += 1;
            prop_assert!(last < 6, "{:?}", item);
        }
    }
}
