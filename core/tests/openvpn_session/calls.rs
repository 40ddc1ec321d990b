//! Typed calls: what goes out, and what is read.

use netlever_core::openvpn::calls::*;
use netlever_core::openvpn::command::{AuthRetry, Entries, Kill, Proxy, Remote, Signal, Transport};
use netlever_core::openvpn::error::Kind;
use netlever_core::openvpn::event::password::DynamicChallenge;
use netlever_core::openvpn::event::{Event, Notification, PasswordEvent};
use netlever_core::openvpn::status::Format;
use netlever_core::openvpn::{Command, CommandError, Config, Error};

use super::table::Table;

/// A call of this line, which succeeds with this text.
macro_rules! succeeds {
    ($call:expr, $sent:expr, $text:expr) => {{
        let (sent, answer) = Table::ready().ask($call, &format!("SUCCESS: {}\r\n", $text));
        assert_eq!(sent, $sent);
        answer.unwrap()
    }};
}

#[test]
fn numbers_and_words_in_successes() {
    assert_eq!(succeeds!(pid(), "pid\n", "pid=4711"), 4711);
    assert_eq!(succeeds!(client_count(), "nclients\n", "nclients=3"), 3);
    assert!(succeeds!(hold(), "hold\n", "hold=1"));
    assert_eq!(succeeds!(verb(), "verb\n", "verb=3"), 3);
    assert_eq!(succeeds!(mute(), "mute\n", "mute=20"), 20);
    assert_eq!(succeeds!(reset_env_filter(), "env-filter\n", "env_filter_level=0"), 0);
    assert_eq!(succeeds!(auth_retry(), "auth-retry\n", "auth-retry=none").octets(), "none");
    let thrown = succeeds!(signal(Signal::Usr1), "signal SIGUSR1\n", "signal SIGTERM thrown");
    assert_eq!(thrown.octets(), "signal SIGTERM thrown");
    let killed = "common name 'bob' found, 2 client(s) killed";
    assert_eq!(succeeds!(kill(Kill::CommonName("bob".into())), "kill bob\n", killed), 2);
}

#[test]
fn commands_that_are_only_done() {
    succeeds!(set_hold(true), "hold on\n", "x");
    succeeds!(set_hold(false), "hold off\n", "x");
    succeeds!(release_hold(), "hold release\n", "x");
    succeeds!(set_verb(4), "verb 4\n", "x");
    succeeds!(set_mute(9), "mute 9\n", "x");
    succeeds!(set_auth_retry(AuthRetry::Interact), "auth-retry interact\n", "x");
    succeeds!(forget_passwords(), "forget-passwords\n", "x");
    succeeds!(set_env_filter(1), "env-filter 1\n", "x");
    succeeds!(byte_count(5), "bytecount 5\n", "x");
    succeeds!(follow_state(true), "state on\n", "x");
    succeeds!(follow_log(false), "log off\n", "x");
    succeeds!(follow_echo(true), "echo on\n", "x");
    succeeds!(need_ok("token", true), "needok token ok\n", "x");
    succeeds!(need_string("name", "a b"), "needstr name \"a b\"\n", "x");
    succeeds!(cr_response("hi"), "cr-response aGk=\n", "x");
    succeeds!(remote(Remote::Accept), "remote ACCEPT\n", "x");
    succeeds!(proxy(Proxy::None), "proxy NONE\n", "x");
    succeeds!(kill_client(7, None), "client-kill 7\n", "x");
}

#[test]
fn clients_are_let_in_kept_out_and_kept_waiting() {
    succeeds!(accept(1, 2, vec![]), "client-auth-nt 1 2\n", "x");
    let config = vec![push("route 10.0.0.0"), "iroute 10.1.0.0 255.255.0.0".into()];
    let sent = "client-auth 1 2\npush \"route 10.0.0.0\"\niroute 10.1.0.0 255.255.0.0\nEND\n";
    succeeds!(accept(1, 2, config), sent, "x");
    succeeds!(deny(1, 2, "no way", None), "client-deny 1 2 \"no way\"\n", "x");
    let told = deny(1, 2, "log", Some("for you".into()));
    succeeds!(told, "client-deny 1 2 log \"for you\"\n", "x");
    let extra = "WEB_AUTH::https://vpn.example/";
    let sent = format!("client-pending-auth 1 2 {extra} 60\n");
    succeeds!(pending(1, Some((2, 60)), extra), sent, "x");
    succeeds!(pending(1, None, extra), format!("client-pending-auth 1 {extra}\n"), "x");
}

#[test]
fn listings_of_both_sides() {
    let server = "TITLE\tOpenVPN 2.6.14\r\nTIME\tx\t1\r\nHEADER\tCLIENT_LIST\tCommon Name\r\n\
        HEADER\tROUTING_TABLE\tVirtual Address\r\nEND\r\n";
    let client = "OpenVPN STATISTICS\r\nUpdated,x\r\nTUN/TAP read bytes,7\r\nEND\r\n";
    let (sent, answer) = Table::ready().ask(server_status(), server);
    assert_eq!((sent.as_str(), answer.unwrap().is_complete()), ("status 3\n", true));
    let (_, answer) = Table::ready().ask(status(Some(Format::One)), client);
    assert!(matches!(answer, Ok(Listing::Client(counters)) if counters.counters().count() == 1));
    let (_, answer) = Table::ready().ask(client_status(), server);
    let error = answer.unwrap_err();
    assert!(error.to_string().contains("a server's list of clients"), "{error}");
    let (_, answer) = Table::ready().ask(server_status(), client);
    assert!(matches!(answer, Err(Error::Form { .. })));
}

#[test]
fn histories() {
    let states_text = "1,CONNECTING,,,,,,\r\n2,CONNECTED,SUCCESS,10.9.0.1,,,,\r\nEND\r\n";
    let (sent, answer) = Table::ready().ask(states(None), states_text);
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("state all\n", 2));
    let (sent, answer) = Table::ready().ask(states(Some(1)), "END\r\n");
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("state 1\n", 0));
    let on = "SUCCESS: real-time state notification set to ON\r\n";
    let (sent, answer) = Table::ready().ask(state_and_follow(), &format!("{on}{states_text}"));
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("state on all\n", 2));
    let (sent, answer) = Table::ready().ask(log(Some(9)), "1,I,x\r\nEND\r\n");
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("log 9\n", 1));
    let (sent, answer) = Table::ready().ask(echo(None), "1,x\r\nEND\r\n");
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("echo all\n", 1));
    let (sent, answer) = Table::ready().ask(echo_and_follow(), &format!("{on}1,x\r\nEND\r\n"));
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("echo on all\n", 1));
}

#[test]
fn lists_of_a_client_and_its_tokens() {
    assert_eq!(Table::ready().ask(remote_count(), "2\r\nEND\r\n").1, Ok(2));
    let entry = "0,vpn.example.com,1194,udp,enabled\r\nEND\r\n";
    let (sent, answer) = Table::ready().ask(remotes(Entries::All), entry);
    assert_eq!((sent.as_str(), answer.unwrap().iter().count()), ("remote-entry-get all\n", 1));
    assert_eq!(Table::ready().ask(pkcs11_count(), ">PKCS11ID-COUNT:3\r\n").1, Ok(3));
    let entry = ">PKCS11ID-ENTRY:'1', ID:'x', BLOB:'eA=='\r\n";
    assert_eq!(Table::ready().ask(pkcs11_entry(1), entry).1.unwrap().index, 1);
    let unknown = "ERROR: unknown command, enter 'help' for more options\r\n";
    let error = Table::ready().ask(pkcs11_count(), unknown).1.unwrap_err();
    assert_eq!(error.kind(), Some(Kind::UnknownCommand));
    let (sent, answer) = Table::ready().ask(net(), "some adapter\r\nEND\r\n");
    assert_eq!((sent.as_str(), answer.unwrap().lines().count()), ("net\n", 1));
}

#[test]
fn texts_go_out_while_they_are_wanted() {
    let mut table = Table::ready();
    table.feed(">PK_SIGN:aGk=,RSA_PKCS1_PADDING\r\n>NEED-CERTIFICATE:macosx-keychain\r\n");
    let (sent, answer) = table.ask(sign(b"hello".to_vec()), "SUCCESS: x\r\n");
    assert_eq!((sent.as_str(), answer), ("pk-sig\naGVsbG8=\nEND\n", Ok(())));
    let pem = "-----BEGIN CERTIFICATE-----\naGk=\n-----END CERTIFICATE-----\n";
    let (sent, answer) = table.ask(certificate(pem), "SUCCESS: x\r\n");
    assert_eq!((sent, answer), (format!("certificate\n{pem}END\n"), Ok(())));
    table.feed(">RSA_SIGN:aGk=\r\n");
    let (sent, _) = table.ask(rsa_sign(b"hello".to_vec()), "SUCCESS: x\r\n");
    assert_eq!(sent, "rsa-sig\naGVsbG8=\nEND\n");
    let mut long = table.begin(password_text("Auth", "x"));
    assert_eq!(table.out(), "", "2.6 does not know it");
    assert!(matches!(table.end(&mut long), Err(Error::Input(_))));
}

#[test]
fn credentials_go_out_one_after_the_other() {
    let prompt = Notification::new(b"PASSWORD:Need 'Auth' username/password SC:1,PIN");
    let Event::Password(PasswordEvent::Need(need)) = prompt.event() else { panic!("a need") };
    let mut table = Table::ready();
    let mut call = table.begin(Credentials::answer(&need, "carol", "a\"b", Some("42")));
    assert_eq!(table.out(), "username Auth carol\n");
    table.feed("SUCCESS: 'Auth' username entered, but not yet verified\r\n");
    assert_eq!(table.step(&mut call), None);
    assert_eq!(table.out(), "password Auth SCRV1:YSJi:NDI=\n");
    table.feed("SUCCESS: 'Auth' password entered, but not yet verified\r\n");
    assert_eq!(table.end(&mut call), Ok(()));

    let challenge = DynamicChallenge::parse(b"CRV1:R,E:id:Y2Fyb2w=:PIN").unwrap();
    let mut call = table.begin(Credentials::challenge(&challenge, b"42"));
    assert_eq!(table.out(), "username Auth carol\n");
    table.feed("ERROR: no username is currently needed at this time\r\n");
    assert_eq!(table.end(&mut call).unwrap_err().kind(), Some(Kind::NotAsked));
    assert_eq!(table.out(), "", "the password stays here");
}

#[test]
fn an_address_is_killed_in_the_form_of_the_release() {
    let of = |release: &str| {
        let mut table = Table::ready();
        let address = "192.0.2.2:1194".parse().unwrap();
        let mut call = table.begin(KillAddress::new(Transport::Udp, address));
        assert_eq!(table.out(), "version\n");
        table.feed(format!(
            "OpenVPN Version: OpenVPN {release} x86_64\r\nManagement Version: 5\r\nEND\r\n"
        ));
        assert_eq!(table.step(&mut call), None);
        let sent = table.out();
        table.feed("SUCCESS: 1 client(s) at address x killed\r\n");
        assert_eq!(table.end(&mut call), Ok(1));
        sent
    };
    assert_eq!(of("2.6.14"), "kill 192.0.2.2:1194\n");
    assert_eq!(of("2.7_rc1"), "kill udp:192.0.2.2:1194\n");
}

#[test]
fn a_name_with_a_colon_is_refused_with_advice() {
    let error = Table::ready().end(&mut kill(Kill::CommonName("a:b".into()))).unwrap_err();
    assert!(error.to_string().contains("client-kill"), "{error}");
}

#[test]
fn a_push_update_of_2_7() {
    let answer = "SUCCESS: 1 client(s) updated\r\nSUCCESS: push-update command succeeded\r\n";
    let (sent, count) = Table::ready().ask(push_update(3, "dns, -route"), answer);
    assert_eq!((sent.as_str(), count), ("push-update-cid 3 \"dns, -route\"\n", Ok(1)));
}

#[test]
fn any_command_and_any_line() {
    let (sent, answer) = Table::ready().ask(command(Command::Help), "Commands:\r\nEND\r\n");
    assert_eq!((sent.as_str(), answer.unwrap().len()), ("help\n", 1));
    let (sent, answer) = Table::ready().ask(raw("state all on"), "END\r\nSUCCESS: x\r\n");
    assert_eq!((sent.as_str(), answer.unwrap().len()), ("state all on\n", 2));
    let (_, lines) = Table::ready().ask(test(1), "my test line\r\n");
    assert_eq!(lines.unwrap()[0].octets(), "my test line");
}

#[test]
fn a_packet_filter_goes_only_to_daemons_that_have_them() {
    let filter = || packet_filter(1, vec!["[CLIENTS ACCEPT]".into(), "[END]".into()]);
    let unsupported = CommandError::Unsupported { management: 5 };
    assert_eq!(Table::ready().ask(filter(), "").1, Err(unsupported.into()));
    let mut table = Table::new(Config::new(1));
    table.up();
    table.feed(">INFO:OpenVPN Management Interface Version 3 -- x\r\n");
    let (sent, done) = table.ask(filter(), "SUCCESS: client-pf command succeeded\r\n");
    assert_eq!((sent.as_str(), done), ("client-pf 1\n[CLIENTS ACCEPT]\n[END]\nEND\n", Ok(())));
}
