//! The simulated OpenVPN daemon: every command, trap and fault, on a virtual clock.
#![cfg(feature = "openvpn")]

#[path = "openvpn_peer/mod.rs"]
mod hand;

use std::time::Duration;

use hand::{Hand, UNIX};
use netlever_core::openvpn::peer::{
    Churn, Client, ClientSide, Daemon, DynamicChallenge, Edition, Fault, Login, Outcome,
    PendingAuth, RemoteServer, Served, ServerSide, Setup, Stage, StaticChallenge, crowd,
    home_office, small_office,
};
use netlever_core::openvpn::status::Status;
use netlever_core::openvpn::version::Release;
use proptest::prelude::*;

const GREETING: &str =
    ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\n";

fn client(name: &'static str, port: u16) -> Client {
    Client::new(name, std::net::SocketAddr::from(([192, 0, 2, 2], port)))
}

fn local(change: impl FnOnce(&mut ClientSide)) -> Hand {
    held(false, change)
}

fn held(hold: bool, change: impl FnOnce(&mut ClientSide)) -> Hand {
    Hand::new(|now| {
        let mut side = ClientSide::default();
        change(&mut side);
        Setup { mode: side.into(), hold, ..Setup::server(now, UNIX) }
    })
}

#[test]
fn single_lines_are_answered_as_recorded() {
    let mut hand = Hand::server();
    assert_eq!(hand.hear(), GREETING);
    for (line, reply) in [
        ("verb", "SUCCESS: verb=3"),
        ("verb 4", "SUCCESS: verb level changed"),
        ("verb 99", "ERROR: verb level is out of range"),
        ("verb x", "SUCCESS: verb level changed"),
        ("verb", "SUCCESS: verb=0"),
        ("mute", "SUCCESS: mute=0"),
        ("mute 40", "SUCCESS: mute level changed"),
        ("mute", "SUCCESS: mute=40"),
        ("hold", "SUCCESS: hold=0"),
        ("hold on", "SUCCESS: hold flag set to ON"),
        ("hold off", "SUCCESS: hold flag set to OFF"),
        ("hold release", "SUCCESS: hold release succeeded"),
        ("hold foo", "ERROR: bad hold command parameter"),
        ("nclients", "SUCCESS: nclients=0"),
        ("load-stats", "SUCCESS: nclients=0,bytesin=0,bytesout=0"),
        ("auth-retry", "SUCCESS: auth-retry=none"),
        ("auth-retry interact", "SUCCESS: auth-retry parameter changed"),
        ("env-filter", "SUCCESS: env_filter_level=0"),
        ("env-filter 2", "SUCCESS: env_filter_level=2"),
        ("bytecount", "ERROR: the 'bytecount' command requires 1 parameter"),
        ("bytecount 0", "SUCCESS: bytecount interval changed"),
        ("version 2", ""),
        ("forget-passwords", "SUCCESS: Passwords were forgotten"),
        ("state foo", "ERROR: state parameter must be 'on' or 'off' or some number n or 'all'"),
        ("log", "ERROR: the 'log' command requires at least 1 parameter"),
        ("log 0", "ERROR: log parameter must be 'on' or 'off' or some number n or 'all'"),
        ("echo", "ERROR: the 'echo' command requires at least 1 parameter"),
        ("signal SIGFOO", "ERROR: signal 'SIGFOO' is not a known signal type"),
        ("signal", "ERROR: the 'signal' command requires 1 parameter"),
        ("kill nobody", "ERROR: common name 'nobody' not found"),
        ("kill 1.2.3.4:5", "ERROR: client at address 1.2.3.4:5 not found"),
        ("kill 1.2.3.4:70000", "ERROR: port number is out of range: 70000"),
        ("kill udp:1.2.3.4:5", "ERROR: error parsing IP address: udp"),
        ("kill", "ERROR: the 'kill' command requires 1 parameter"),
        ("kill : x", "ERROR: kill parse"),
        ("net", "ERROR: Sorry, this command is currently only implemented on Windows"),
        ("client-kill 77", "ERROR: client-kill command failed"),
        ("client-kill x", "ERROR: cannot parse CID"),
        ("client-auth-nt 1 2", "ERROR: client-auth command failed"),
        ("client-auth-nt 1 b", "ERROR: cannot parse KID"),
        ("client-deny 1 2", "ERROR: the 'client-deny' command requires at least 3 parameters"),
        (
            "client-pending-auth 1 2 foo 10",
            "ERROR: client-pending-auth command failed. Extra parameter might be too long",
        ),
        ("client-pending-auth 1 2 foo x", "ERROR: cannot parse TIMEOUT"),
        ("pk-sig", "ERROR: The pk-sig command is not currently available"),
        ("certificate", "ERROR: The certificate command is not currently available"),
        ("username Auth x", "ERROR: no username is currently needed at this time"),
        ("needok a ok", "ERROR: no needok-confirmation is currently needed at this time"),
        ("needstr a b", "ERROR: no needstr-string is currently needed at this time"),
        (
            "cr-response Zm9v",
            "ERROR: The 'cr-repsonse' command is not supported by the current daemon mode",
        ),
        (
            "remote ACCEPT",
            "ERROR: The 'remote' command is not supported by the current daemon mode",
        ),
        ("pkcs11-id-count", ">PKCS11ID-COUNT:0"),
        ("pkcs11-id-get 0", ">PKCS11ID-ENTRY:'0'"),
        ("status 4", "ERROR: bad status format version number"),
        ("PID", "ERROR: unknown command, enter 'help' for more options"),
        ("push-update-broad x", "ERROR: unknown command, enter 'help' for more options"),
        ("test 0", ""),
        ("# comment", ""),
        ("   ", ""),
        ("\"open", "ERROR: Options error: No closing quotation (\") in TCP:0"),
        ("kill a\\", "ERROR: Options error: Residual parse state (2) in TCP:0"),
        ("kill \"x\ty\"", "ERROR: common name 'xy' not found"),
        ("ki\rll zz", "ERROR: common name 'zz' not found"),
    ] {
        let expected = if reply.is_empty() { String::new() } else { format!("{reply}\n") };
        assert_eq!(hand.ask(line), expected, "{line}");
    }
    assert_eq!(hand.ask("pid"), format!("SUCCESS: pid={}\n", hand.daemon.pid()));
}

#[test]
fn some_lines_are_answered_twice_or_with_more_lines() {
    let mut hand = Hand::server();
    hand.hear();
    let two = hand.ask("state all on");
    assert!(two.ends_with(",fd00:9::1\nEND\nSUCCESS: real-time state notification set to ON\n"));
    let two = hand.ask("log on 1");
    assert!(two.starts_with("SUCCESS: real-time log notification set to ON\n"), "{two}");
    assert!(two.ends_with("MANAGEMENT: CMD 'log on 1'\nEND\n"), "{two}");
    let logged = hand.ask("pid");
    assert!(logged.starts_with(&format!(">LOG:{UNIX},D,MANAGEMENT: CMD 'pid'\nSUCCESS: pid=")));
    assert!(hand.ask("password Auth secret").contains("CMD 'password [...]'\nERROR: no password"));
    assert!(hand.ask("load-stats").starts_with("SUCCESS: nclients"), "this one is not logged");
    hand.ask("log off");
    assert!(hand.ask("auth-retry bogus").ends_with("'none'\nERROR: bad auth-retry parameter\n"));
    let lines = hand.ask("test 600");
    assert_eq!((lines.lines().count(), lines.contains("END")), (600, false));
    assert!(lines.contains("\n[599] The purpose"));
    assert!(hand.ask("help").ends_with("current version of daemon.\nEND\n"));
}

#[test]
fn each_edition_has_its_own_ways() {
    for edition in Edition::ALL {
        let mut hand = Hand::new(|now| Setup::server(now, UNIX).with_edition(edition));
        let management = edition.management();
        assert!(hand.hear().contains(&format!("Version {management} --")));
        let version = format!(
            "OpenVPN Version: {}\nManagement Version: {management}\nEND\n",
            edition.title()
        );
        assert_eq!(hand.ask("version"), version);
        let announced = hand.ask("version 4");
        match edition {
            Edition::V24 => assert_eq!(announced, version),
            Edition::Next => {
                assert_eq!(announced, "SUCCESS: Management client version set to 4\n");
                assert_eq!(hand.ask("version 3"), "");
            }
            _ => assert_eq!(announced, ""),
        }
        let unknown = match edition {
            Edition::V27 | Edition::Next => {
                "ERROR: unknown command [foo], enter 'help' for more options\n"
            }
            _ => "ERROR: unknown command, enter 'help' for more options\n",
        };
        assert_eq!(hand.ask("foo"), unknown);
        let knows = |hand: &mut Hand, line: &str| !hand.ask(line).contains("unknown command");
        assert_eq!(knows(&mut hand, "pk-sig"), edition >= Edition::V25, "{edition}");
        assert_eq!(knows(&mut hand, "remote-entry-count"), edition >= Edition::V26, "{edition}");
        assert_eq!(knows(&mut hand, "client-pf x"), edition <= Edition::V25, "{edition}");
        assert_eq!(knows(&mut hand, "push-update-cid 1 x"), edition >= Edition::V27, "{edition}");
        assert_eq!(hand.ask("help").contains("client-pf"), edition <= Edition::V25);
        small_office(&hand.daemon, hand.now);
        for format in 1..=3 {
            let text = hand.ask(&format!("status {format}"));
            let status = Status::parse(text.as_bytes()).expect("a listing");
            assert!(status.is_complete(), "{edition} {format}");
            assert_eq!((status.client_count(), status.route_count()), (6, 12), "{edition}");
            if format > 1 {
                assert_eq!(status.release().map(|it| it.minor), Some(edition.release().minor));
            }
            let addresses: Vec<_> =
                status.clients().map(|row| row.expect("a row").real_address.to_string()).collect();
            let mapped = if edition >= Edition::V27 {
                "udp6:198.51.100.22:52004"
            } else {
                "198.51.100.22:52004"
            };
            assert_eq!(addresses[2], mapped);
            let six = if edition >= Edition::V27 {
                "udp6:[2001:db8:0:17::2]:53568"
            } else {
                "2001:db8:0:17::2"
            };
            assert_eq!(addresses[1], six);
        }
    }
    assert_eq!(Release::parse(Edition::V24.title().as_bytes()).map(|it| it.minor), Some(4));
}

#[test]
fn a_password_is_asked_three_times_and_the_rest_of_the_write_runs_after_it() {
    let setup = |now| Setup::server(now, UNIX).with_password("s3cr3t");
    let mut hand = Hand::new(setup);
    assert_eq!(hand.hear(), "ENTER PASSWORD:");
    hand.daemon.tell(hand.now, "FATAL:not told while locked");
    assert_eq!(hand.ask("wrong"), "ENTER PASSWORD:");
    let pid = hand.daemon.pid();
    assert_eq!(
        hand.say("s3cr3t\npid\n"),
        format!("SUCCESS: password is correct\n{GREETING}SUCCESS: pid={pid}\n")
    );
    let mut hand = Hand::new(setup);
    assert_eq!(hand.say("a\n\nb\npid\n"), "ENTER PASSWORD:".repeat(3));
    assert!(hand.is_over() && !hand.daemon.is_ended());
    let rights =
        hand.events().into_iter().filter(|it| matches!(it, Served::Password { right: true }));
    assert_eq!(rights.count(), 0);
}

#[test]
fn one_is_served_and_the_next_hears_nothing_until_he_leaves() {
    let mut first = Hand::server();
    first.hear();
    first.ask("state on");
    first.ask("verb 5");
    let mut second = Hand::at(first.daemon.clone(), first.now);
    assert_eq!(second.ask("pid"), "");
    assert_eq!((first.daemon.is_attached(), first.daemon.waiting()), (true, 1));
    assert_eq!(first.ask("exit"), "");
    assert!(first.is_over() && !second.is_over());
    let heard = second.ask("verb");
    assert_eq!(heard, format!("{GREETING}SUCCESS: verb=5\n"), "what persists");
    second.daemon.reconnect(second.now, "SIGUSR1");
    assert_eq!(second.hear(), "", "real-time notification does not persist");
}

#[test]
fn exit_discards_replies_and_a_half_close_does_not() {
    let mut hand = Hand::server();
    hand.hear();
    assert_eq!(hand.say("pid\nverb\nexit\n"), "");
    assert!(hand.is_over());
    let mut hand = Hand::server();
    hand.hear();
    let replies = hand.say("pid\nversion\n") + &hand.eof();
    assert!(replies.ends_with("END\n") && hand.is_over());
}

#[test]
fn a_client_comes_is_let_in_authenticates_again_and_goes() {
    let mut hand = Hand::new(|now| {
        let side = ServerSide { auth_token: true, ..ServerSide::default() };
        Setup { mode: side.into(), ..Setup::server(now, UNIX) }
    });
    hand.hear();
    let alice = client("alice", 41623).with_login("al\"ice\\x", "pa ss,w=ord");
    let cid = hand.daemon.connect_client(hand.now, alice).expect("room");
    let heard = hand.hear();
    let lines: Vec<&str> = heard.lines().collect();
    assert_eq!(
        lines[..4],
        [
            ">CLIENT:CONNECT,0,1",
            ">CLIENT:ENV,n_clients=0",
            ">CLIENT:ENV,password=pa ss,w=ord",
            lines[3],
        ]
    );
    assert!(heard.contains("username=al\"ice\\x\n>CLIENT:ENV,IV_COMP_STUBv2=1\n"), "{heard}");
    assert_eq!(lines.last(), Some(&">CLIENT:ENV,END"));
    let reply = hand.say(
        "client-auth 0 1\npush \"route 10.77.0.0 255.255.0.0\"\n\
         iroute 10.88.0.0 255.255.255.0\niroute-ipv6 fd00:88::/64\n\nEND\n",
    );
    assert_eq!(reply, "SUCCESS: client-auth command succeeded\n");
    let heard = hand.seconds(1);
    assert!(
        heard.starts_with(
            ">CLIENT:ADDRESS,0,10.9.0.2,1\n>CLIENT:ADDRESS,0,fd00:9::1000,1\n\
         >CLIENT:ADDRESS,0,10.88.0.0/255.255.255.0,0\n>CLIENT:ADDRESS,0,fd00:88::/64,0\n\
         >CLIENT:ESTABLISHED,0\n>CLIENT:ENV,n_clients=1\n"
        ),
        "{heard}"
    );
    assert!(!heard.contains("password="));
    let kid = hand.daemon.reauthenticate(hand.now, cid).expect("it is up");
    let heard = hand.hear();
    assert!(heard.starts_with(&format!(">CLIENT:REAUTH,0,{kid}\n")), "{heard}");
    assert!(heard.contains("password=SESS_ID_AT_") && heard.contains("session_state=Auth"));
    assert!(hand.ask(&format!("client-auth-nt 0 {kid}")).starts_with("SUCCESS"));
    hand.daemon.move_bytes(hand.now, cid, 1000, 2000);
    assert!(hand.ask("load-stats").starts_with("SUCCESS: nclients=1,bytesin=3150,bytesout=4303"));
    assert!(hand.daemon.disconnect(hand.now, cid));
    assert_eq!(hand.hear(), ">NOTIFY:info,remote-exit,EXIT\n");
    assert_eq!(hand.seconds(5), "");
    let heard = hand.seconds(2);
    assert!(heard.starts_with(">CLIENT:DISCONNECT,0\n>CLIENT:ENV,time_duration=7\n"), "{heard}");
    assert!(heard.contains("bytes_sent=4303\n") && !heard.contains("n_clients"));
    assert!(hand.daemon.clients().is_empty());
}

#[test]
fn who_is_denied_or_not_answered_leaves_without_variables() {
    let mut hand = Hand::server();
    hand.daemon.connect_client(hand.now, client("bob", 1));
    hand.daemon.connect_client(hand.now, client("eve", 2));
    hand.hear();
    let reply = hand.ask(r#"client-deny 0 1 "bad \"user\"" "sorry""#);
    assert_eq!(reply, "SUCCESS: client-deny command succeeded\n");
    assert_eq!(hand.seconds(5), ">CLIENT:DISCONNECT,0\n>CLIENT:ENV,END\n");
    assert_eq!(hand.seconds(60), ">CLIENT:DISCONNECT,1\n>CLIENT:ENV,END\n");
    // Nobody was attached: nothing is replayed, and the client can still be let in.
    hand.leave();
    let cid = hand.daemon.connect_client(hand.now, client("late", 3)).expect("room");
    let mut hand = Hand::at(hand.daemon.clone(), hand.now);
    assert_eq!(hand.hear(), GREETING);
    assert!(hand.ask("status 2").contains("CLIENT_LIST,late,192.0.2.2:3,,,"));
    assert!(hand.ask(&format!("client-auth-nt {cid} 1")).starts_with("SUCCESS"));
    assert!(hand.seconds(1).contains(&format!("ESTABLISHED,{cid}")));
}

#[test]
fn without_client_auth_only_established_is_told() {
    let mut hand = Hand::new(|now| {
        let side = ServerSide { client_auth: false, ..ServerSide::default() };
        Setup { mode: side.into(), ..Setup::server(now, UNIX) }
    });
    hand.hear();
    hand.daemon.connect_client(hand.now, client("bob", 1));
    assert!(hand.seconds(1).starts_with(">CLIENT:ESTABLISHED,0\n"));
    assert_eq!(hand.ask("kill bob"), "SUCCESS: common name 'bob' found, 1 client(s) killed\n");
}

#[test]
fn kill_has_its_traps() {
    let mut hand = Hand::server();
    small_office(&hand.daemon, hand.now);
    hand.hear();
    let heard = hand.ask("kill bob");
    assert!(heard.starts_with(">CLIENT:DISCONNECT,1\n"), "{heard}");
    assert!(
        heard.ends_with(">CLIENT:ENV,END\nSUCCESS: common name 'bob' found, 2 client(s) killed\n")
    );
    let heard = hand.ask("kill 198.51.100.24:36332");
    assert!(heard.ends_with("SUCCESS: 1 client(s) at address 198.51.100.24:36332 killed\n"));
    assert_eq!(hand.ask("client-kill 0 HALT"), "SUCCESS: client-kill command succeeded\n");
    assert_eq!(hand.ask("client-kill 0"), "ERROR: client-kill command failed\n");
    assert!(hand.seconds(6).starts_with(">CLIENT:DISCONNECT,0\n"));

    let mut hand = Hand::new(|now| Setup::server(now, UNIX).with_edition(Edition::V27));
    small_office(&hand.daemon, hand.now);
    hand.hear();
    assert!(
        hand.ask("kill tcp:198.51.100.24:36332")
            .ends_with("SUCCESS: 1 client(s) at address tcp-server:198.51.100.24:36332 killed\n")
    );
    assert_eq!(hand.ask("kill 198.51.100.21:1"), "ERROR: common name '198.51.100.21' not found\n");
    assert!(
        hand.ask("kill bob:x").ends_with("'bob' found, 2 client(s) killed\n"),
        "cut at the colon"
    );
    let update = "SUCCESS: 2 client(s) updated\nSUCCESS: push-update command succeeded\n";
    assert_eq!(hand.ask("push-update-broad \"dns\""), update);
    assert_eq!(
        hand.ask("push-update-cid 99 x"),
        "ERROR: Peer ID: 99 has not been updated\n\
         ERROR: no client updated\nERROR: push-update command failed\n"
    );
}

#[test]
fn a_refused_header_leaves_its_text_to_be_run() {
    let mut hand = Hand::server();
    hand.hear();
    let unknown = "ERROR: unknown command, enter 'help' for more options\n";
    assert_eq!(
        hand.say("client-auth x 1\npush \"y\"\nEND\n"),
        format!("ERROR: cannot parse CID\n{unknown}{unknown}")
    );
    assert_eq!(
        hand.say("client-auth 7 1\nend\n END\nEND \nEND\n"),
        "ERROR: client-auth command failed\n"
    );
}

#[test]
fn env_filter_thins_the_environment() {
    let mut hand = Hand::server();
    hand.hear();
    hand.ask("env-filter 2");
    hand.daemon.connect_client(hand.now, client("bob", 1));
    let heard = hand.hear();
    assert!(heard.starts_with(">CLIENT:CONNECT,0,1\n>CLIENT:ENV,IV_VER=2.6.14\n"), "{heard}");
    assert!(!heard.contains("common_name") && !heard.contains("n_clients"));
    hand.ask("env-filter 3");
    hand.ask("client-auth-nt 0 1");
    assert!(hand.seconds(1).ends_with(">CLIENT:ESTABLISHED,0\n>CLIENT:ENV,END\n"));
}

#[test]
fn a_challenge_is_answered_and_the_answer_waits_as_long_as_was_said() {
    let mut hand = Hand::server();
    let bob = Client { challenge_response: Some("MTIzNDU2".into()), ..client("bob", 1) };
    hand.daemon.connect_client(hand.now, bob);
    hand.hear();
    let pending = hand.ask("client-pending-auth 0 1 \"CR_TEXT:R,E:Enter the code\" 100");
    assert_eq!(pending, "SUCCESS: client-pending-auth command succeeded\n");
    assert!(hand.seconds(1).starts_with(">CLIENT:CR_RESPONSE,0,1,MTIzNDU2\n"));
    assert_eq!(hand.seconds(98), "");
    assert!(hand.seconds(1).starts_with(">CLIENT:DISCONNECT,0\n"));
}

#[test]
fn counters_are_told_by_the_clock() {
    for (edition, all) in [(Edition::V26, false), (Edition::V27, true)] {
        let mut hand = Hand::new(|now| Setup::server(now, UNIX).with_edition(edition));
        home_office(&hand.daemon, hand.now);
        hand.hear();
        hand.ask("bytecount 2");
        hand.daemon.move_bytes(hand.now, 1, 10, 20);
        let heard = hand.seconds(2);
        assert!(heard.contains(">BYTECOUNT_CLI:1,2160,2323\n"), "{heard}");
        assert_eq!(heard.lines().count(), if all { 3 } else { 1 }, "{edition}");
        hand.ask("bytecount 0");
        assert_eq!(hand.seconds(9), "");
    }
}

#[test]
fn a_long_name_ends_the_listing() {
    let mut hand = Hand::server();
    let long = Client { username: Some("u".repeat(440).into()), ..client("bob", 1) };
    hand.daemon.add_client(hand.now, long, Stage::Up);
    hand.hear();
    assert!(hand.ask("status 1").ends_with("END\n"));
    for format in [2, 3] {
        let text = hand.ask(&format!("status {format}"));
        let status = Status::parse(text.as_bytes()).expect("a listing");
        assert!(!status.is_complete() && status.client_count() == 0);
    }
}

#[test]
fn long_lines_are_lost_or_run_their_rest() {
    let mut hand = Hand::server();
    hand.hear();
    let x = |count: usize| "x".repeat(count);
    assert!(hand.say(x(1025) + "pid\n").starts_with("SUCCESS: pid="));
    assert_eq!(hand.say(x(1024) + "\n"), "");
    assert!(
        hand.ask(&format!("kill {}", x(257)))
            .ends_with(&format!("too long (256 chars max): {}\n", x(256)))
    );
    assert!(hand.ask(&format!("kill {}", x(256))).ends_with(&format!("IP address: {}\n", x(127))));
}

#[test]
fn a_hold_is_repeated_and_released() {
    let mut hand = Hand::new(|now| Setup { hold: true, ..Setup::server(now, UNIX) });
    let prompt = ">HOLD:Waiting for hold release:0\n";
    assert_eq!(hand.hear(), format!("{GREETING}{prompt}"));
    assert!(hand.ask("status").contains("'status' command is not supported"));
    assert!(hand.ask("nclients").contains("'nclients' command is not supported"));
    assert_eq!(
        hand.ask("signal SIGUSR1"),
        format!("ERROR: signal 'SIGUSR1' is currently ignored\n{prompt}")
    );
    assert!(hand.daemon.connect_client(hand.now, client("bob", 1)).is_none());
    hand.ask("state on");
    let up = hand.ask("hold release") + &hand.seconds(1);
    let states = format!(
        "SUCCESS: hold release succeeded\n>STATE:{UNIX},ASSIGN_IP,,10.9.0.1,,,,,fd00:9::1\n\
         >STATE:{UNIX},CONNECTED,SUCCESS,10.9.0.1,,,192.0.2.1,1194,fd00:9::1\n"
    );
    assert_eq!(up, states);
    assert!(hand.ask("signal SIGUSR1").starts_with("SUCCESS: signal SIGUSR1 thrown\n>STATE:"));
    assert!(hand.seconds(2).ends_with(">HOLD:Waiting for hold release:1\n"));
    assert!(hand.ask("signal SIGTERM").ends_with(",EXITING,SIGTERM,,,,,\n"));
    assert!(hand.is_over() && hand.daemon.is_ended());
}

#[test]
fn a_client_daemon_walks_to_connected_and_back() {
    let mut hand = held(true, |side| {
        side.echoes = vec!["forget-passwords".into()];
        side.up_down = true;
    });
    hand.hear();
    for line in ["state on", "echo on", "bytecount 1"] {
        assert!(hand.ask(line).starts_with("SUCCESS"));
    }
    let walk = hand.ask("hold release") + &hand.wait(Duration::from_millis(900));
    let states: Vec<_> = walk.lines().filter(|line| line.starts_with(">STATE:")).collect();
    let names: Vec<_> = states.iter().filter_map(|state| state.split(',').nth(1)).collect();
    let all = ["RESOLVE", "WAIT", "AUTH", "GET_CONFIG", "ASSIGN_IP", "ADD_ROUTES", "CONNECTED"];
    assert_eq!(names, all);
    assert!(walk.contains(&format!(">ECHO:{UNIX},forget-passwords\n")), "{walk}");
    assert!(walk.contains(">UPDOWN:UP\n") && walk.contains(">UPDOWN:ENV,END\n"));
    assert!(
        walk.ends_with(",CONNECTED,SUCCESS,10.9.0.3,192.0.2.1,1194,,,fd00:9::1001\n"),
        "{walk}"
    );
    assert!(hand.seconds(2).contains(">BYTECOUNT:"));
    let status = hand.ask("status 3");
    assert!(status.starts_with("OpenVPN STATISTICS\nUpdated,2026-11-21 20:47:1"), "{status}");
    assert_eq!(hand.ask("remote-entry-count"), "1\nEND\n");
    assert_eq!(hand.ask("remote-entry-get 9"), "END\n");
    assert!(hand.ask("kill bob").contains("not supported"));
    hand.ask("hold off");
    hand.ask("signal SIGHUP");
    let again = hand.seconds(3);
    assert!(again.contains(",CONNECTED,SUCCESS,") && !again.contains(">HOLD"), "{again}");
}

#[test]
fn logins_are_asked_verified_and_refused() {
    let login = Login {
        username: Some("foo".into()),
        password: Some("bar".into()),
        refusal: Some("no ']' luck".into()),
        ..Login::default()
    };
    let ask = ">PASSWORD:Need 'Auth' username/password\n";
    let mut hand = local(|side| side.login = Some(login.clone()));
    assert_eq!(hand.hear(), format!("{GREETING}{ask}"));
    assert_eq!(
        hand.ask("username \"Private Key\" x"),
        "ERROR: username of type 'Private Key' entered, but we need one of type 'Auth'\n"
    );
    hand.ask("state on");
    hand.ask("auth-retry interact");
    assert_eq!(
        hand.ask("username Auth foo"),
        "SUCCESS: 'Auth' username entered, but not yet verified\n"
    );
    // Half an answer survives a reconnection.
    hand.leave();
    let mut hand = Hand::at(hand.daemon.clone(), hand.now);
    assert_eq!(hand.hear(), format!("{GREETING}{ask}"));
    hand.ask("password Auth wrong");
    let heard = hand.seconds(3);
    assert_eq!(heard, format!(">PASSWORD:Verification Failed: 'Auth' ['no ']' luck']\n{ask}"));
    hand.ask("username Auth foo");
    hand.ask("password Auth bar");
    hand.ask("state on");
    assert!(hand.seconds(2).contains(",CONNECTED,SUCCESS,"));

    let mut hand = local(|side| side.login = Some(login));
    hand.say("state on\nusername Auth foo\npassword Auth \"\"\n");
    let heard = hand.seconds(2);
    assert!(heard.ends_with(",EXITING,auth-failure,,,,,\n") && hand.is_over(), "{heard}");
}

#[test]
fn challenges_are_asked_and_checked() {
    let challenge = StaticChallenge {
        text: "PIN, now".into(),
        echo: true,
        concat: false,
        response: "8675309".into(),
    };
    let login = Login {
        password: Some("bar".into()),
        static_challenge: Some(challenge),
        ..Login::default()
    };
    let mut hand = local(|side| {
        side.login = Some(login);
        side.private_key = Some("secretkey".into());
    });
    assert!(hand.hear().ends_with("username/password SC:1,PIN, now\n"));
    hand.say("state on\nusername Auth foo\n");
    let heard = hand.ask("password Auth SCRV1:YmFy:ODY3NTMwOQ==");
    assert!(heard.ends_with("verified\n>PASSWORD:Need 'Private Key' password\n"), "{heard}");
    hand.ask("password \"Private Key\" secretkey");
    assert!(hand.seconds(1).contains("CONNECTED,SUCCESS"));

    let dynamic = DynamicChallenge {
        flags: "R,E".into(),
        state_id: "Om01".into(),
        text: "token: now".into(),
        response: "8675309".into(),
    };
    let mut hand = local(|side| {
        side.login = Some(Login { dynamic_challenge: Some(dynamic), ..Login::default() });
        side.token = Some("SESS_ID_AT_x".into());
    });
    hand.say("auth-retry interact\nusername Auth carol\npassword Auth p\n");
    let heard = hand.seconds(3);
    assert!(heard.contains("Failed: 'Auth' ['CRV1:R,E:Om01:Y2Fyb2w=:token: now']\n"), "{heard}");
    hand.say("username Auth carol\npassword Auth CRV1::Om01::8675309\n");
    assert!(hand.seconds(2).contains(">PASSWORD:Auth-Token:SESS_ID_AT_x\n"));
}

#[test]
fn a_wrong_pass_phrase_is_fatal() {
    let mut hand = local(|side| side.private_key = Some("right".into()));
    hand.hear();
    let heard = hand.ask("password \"Private Key\" wrong");
    assert!(
        heard.ends_with(
            ">PASSWORD:Verification Failed: 'Private Key'\n\
         >FATAL:Error: private key password verification failed\n"
        ),
        "{heard}"
    );
    assert!(hand.is_over());
    let mut hand = local(|side| side.private_key = Some("right".into()));
    hand.hear();
    assert!(hand.ask("signal SIGHUP").starts_with("SUCCESS: signal SIGHUP thrown\n>FATAL:"));
}

#[test]
fn external_keys_are_asked_by_the_announced_version() {
    for (announced, kind, word) in
        [(1, ">RSA_SIGN:", "rsa"), (2, ">PK_SIGN:", "pk"), (3, ">PK_SIGN:", "pk")]
    {
        let mut hand = local(|side| {
            side.certificate_hint = Some("subject:o=TEST".into());
            side.external_key = true;
        });
        assert!(hand.hear().ends_with(">NEED-CERTIFICATE:subject:o=TEST\n"));
        hand.ask(&format!("version {announced}"));
        assert!(hand.ask("pk-sig").contains("not currently available"));
        let reply = hand.say("certificate\n-----BEGIN CERTIFICATE-----\nAA==\nEND\n");
        assert_eq!(reply, "SUCCESS: certificate command succeeded\n");
        let asked = hand.seconds(1);
        assert!(asked.starts_with(kind), "{asked}");
        assert_eq!(asked.contains(",RSA_PKCS1_PSS_PADDING,hashalg=SHA256"), announced == 3);
        hand.ask("state on");
        let reply = hand.say("rsa-sig\n\nEND\n");
        assert!(reply.starts_with(&format!("SUCCESS: {word}-sign command succeeded\n>STATE:")));
        assert!(reply.ends_with(",RECONNECTING,tls-error,,,,,\n"));
        assert!(hand.seconds(2).contains("_SIGN:"));
        hand.say("pk-sig\nAAAA\nEND\n");
        assert!(hand.seconds(1).contains("CONNECTED,SUCCESS"));
    }
}

#[test]
fn remotes_and_proxies_are_asked() {
    let mut hand = local(|side| {
        side.remotes = vec![
            RemoteServer::new("vpn1.example.com", "443", "udp"),
            RemoteServer::new("192.0.2.77", "1194", "tcp-client"),
        ];
        side.query_remote = true;
    });
    assert!(hand.hear().ends_with(">REMOTE:vpn1.example.com,443,udp\n"));
    assert_eq!(hand.ask("remote BOGUS"), "ERROR: remote command failed\n");
    assert_eq!(hand.ask("remote MOD"), "ERROR: remote command failed\n");
    assert_eq!(
        hand.ask("remote SKIP"),
        "SUCCESS: remote command succeeded\n>REMOTE:192.0.2.77,1194,tcp-client\n"
    );
    assert_eq!(hand.ask("remote-entry-get x"), "0,vpn1.example.com,443,udp,enabled\nEND\n");
    assert_eq!(hand.ask("proxy NONE"), "ERROR: proxy command failed\n");
    hand.ask("state on");
    hand.ask("remote MOD vpn.example.net 1215");
    assert!(hand.seconds(1).contains(",TCP_CONNECT,"));
    assert!(hand.ask("state").contains(",192.0.2.1,1215,192.0.2.2,53064,"));

    let mut hand = local(|side| side.query_proxy = true);
    assert!(hand.hear().ends_with(">PROXY:1,UDP,vpn.example.net\n"));
    assert_eq!(hand.ask("proxy HTTP p 8080"), "ERROR: proxy command failed\n");
    assert!(hand.ask("proxy NONE").starts_with("ERROR"), "the failure was the answer");
}

#[test]
fn needs_and_pending_authentications_are_asked() {
    let mut hand = local(|side| {
        side.need_ok = Some(("token-insertion-request".into(), "Please insert it".into()));
        side.need_str = Some(("name".into(), "Please specify".into()));
        side.pending = Some(PendingAuth {
            extra: "CR_TEXT:R,E:Enter the code, please: now".into(),
            timeout: 40,
            response: Some("MTIzNDU2".into()),
        });
    });
    let need = ">NEED-OK:Need 'token-insertion-request' confirmation MSG:Please insert it\n";
    assert!(hand.hear().ends_with(need));
    let reply = hand.ask("needok token-insertion-request ok");
    assert!(
        reply.ends_with("verified\n>NEED-STR:Need 'name' input MSG:Please specify\n"),
        "{reply}"
    );
    hand.say("needstr name John\nstate on\n");
    let heard = hand.seconds(1);
    assert!(
        heard.ends_with(
            ",AUTH_PENDING,timeout 40,,,,,\n>INFOMSG:CR_TEXT:R,E:Enter the code, please: now\n"
        ),
        "{heard}"
    );
    assert!(hand.ask("cr-response MTIzNDU2").starts_with("SUCCESS: command succeeded\n"));
    assert!(hand.seconds(1).contains(",CONNECTED,SUCCESS,"));
}

#[test]
fn the_next_release_asks_for_a_user_name_alone_and_takes_long_passwords() {
    let mut hand = held(true, |side| {
        side.login = Some(Login { username_only: true, ..Login::default() });
    });
    hand.leave();
    let mut hand = Hand::new(|now| {
        let side = ClientSide {
            login: Some(Login { username_only: true, ..Login::default() }),
            private_key: Some("k".repeat(100).into()),
            ..ClientSide::default()
        };
        let setup = Setup::server(now, UNIX).with_edition(Edition::Next);
        Setup { mode: side.into(), hold: true, ..setup }
    });
    hand.say("version 5\nhold release\n");
    assert!(hand.ask("password Auth").contains("no password is currently needed"));
    let heard = hand.ask("username Auth foo");
    assert!(heard.ends_with(">PASSWORD:Need 'Private Key' password\n"), "{heard}");
    let reply = hand.say("password \"Private Key\"\n!\nEND\n");
    assert_eq!(reply, "ERROR: password could not be decoded\n");
    let long = format!("password \"Private Key\"\n{}\nEND\n", "a2tr".repeat(33) + "aw==");
    assert!(hand.say(long).starts_with("SUCCESS: 'Private Key' password entered"));
}

#[test]
fn faults_strike() {
    let with = |fault: Fault| {
        let mut hand = Hand::new(|now| Setup::server(now, UNIX).with_fault(fault));
        home_office(&hand.daemon, hand.now);
        let heard = hand.hear();
        (hand, heard)
    };
    let (mut hand, heard) = with(Fault::Busy);
    assert_eq!((heard, hand.ask("pid"), hand.is_over()), (String::new(), String::new(), false));
    assert_eq!(with(Fault::WrongPrompt).1, format!("login: {GREETING}"));
    let (mut hand, _) = with(Fault::CloseAt(5));
    assert_eq!((hand.ask("pid").as_str(), hand.is_over()), ("SUCCE", true));
    let (mut hand, _) = with(Fault::SplitAt(3, Duration::from_secs(2)));
    assert_eq!(hand.ask("hold"), "SUC");
    assert_eq!(hand.seconds(2), "CESS: hold=0\n");
    let (mut hand, _) = with(Fault::Slow(Duration::from_secs(1)));
    assert_eq!((hand.ask("hold"), hand.seconds(1)), (String::new(), "SUCCESS: hold=0\n".into()));
    let (mut hand, _) = with(Fault::Silence);
    assert_eq!(hand.ask("hold"), "");
    let (mut hand, _) = with(Fault::EndlessLine);
    assert_eq!((hand.ask("hold").len(), hand.is_over()), (1 << 20, true));
    let (mut hand, _) = with(Fault::TruncatedBlock);
    let status = hand.ask("status 2");
    assert!(status.starts_with("TITLE,") && !status.contains("END"), "{status}");
    let (mut hand, _) = with(Fault::Flood(7));
    assert_eq!(hand.ask("hold").lines().count(), 8);
    let (mut hand, _) = with(Fault::Glued);
    assert_eq!(hand.say("hold\nhold\n"), "SUCCESS: hold=0SUCCESS: hold=0");
    let (mut hand, _) = with(Fault::Garbage);
    assert!(hand.ask("hold").ends_with("garbage, no line of the protocol\nSUCCESS: hold=0\n"));
    let (mut hand, _) = with(Fault::Drop(Some("verb".into())));
    assert_eq!((hand.ask("hold").len(), hand.ask("verb").len(), hand.is_over()), (16, 0, true));
    let (mut hand, _) = with(Fault::Restart);
    let pid = hand.daemon.pid();
    assert_eq!((hand.ask("hold"), hand.is_over()), (String::new(), true));
    assert_ne!(hand.daemon.pid(), pid);
    assert!(hand.daemon.clients().is_empty() && !hand.daemon.is_ended());
    let (mut hand, _) = with(Fault::NonUtf8);
    assert!(hand.ask("status 3").contains("laptop\u{fffd}"));
}

#[test]
fn what_was_served_is_told() {
    let mut hand = Hand::server();
    hand.say("password Auth secret\nversion\n# x\npid\n");
    let served = hand.events();
    let command = |line: &'static str, outcome| Served::Command { line: line.into(), outcome };
    assert_eq!(
        served,
        [
            Served::Seated,
            command("password [...]", Outcome::Error),
            command("version", Outcome::Lines),
            command("# x", Outcome::Nothing),
            command("pid", Outcome::Success),
        ]
    );
}

#[test]
fn a_life_of_its_own_is_the_same_each_time() {
    let life = || {
        let mut hand = Hand::new(|now| Setup {
            mode: ServerSide { client_auth: false, ..ServerSide::default() }.into(),
            seed: 7,
            churn: Churn {
                arrivals: Some(Duration::from_secs(5)),
                reauthentications: Some(Duration::from_secs(30)),
                traffic: Some(Duration::from_secs(1)),
            },
            ..Setup::server(now, UNIX)
        });
        hand.ask("bytecount 10");
        hand.seconds(600)
    };
    let heard = life();
    assert!(heard.matches(">CLIENT:ESTABLISHED").count() > 20, "{heard}");
    assert!(heard.contains(">NOTIFY:info,remote-exit") && heard.contains(">BYTECOUNT_CLI:"));
    assert_eq!(heard, life());
}

#[test]
fn ten_thousand_clients_are_listed() {
    let mut hand = Hand::server();
    crowd(&hand.daemon, hand.now, 10_000);
    hand.hear();
    let text = hand.ask("status 3");
    let status = Status::parse(text.as_bytes()).expect("a listing");
    assert_eq!((status.client_count(), status.route_count()), (10_000, 20_000));
    assert!(status.is_complete());
}

#[test]
fn a_daemon_that_dialled_ends_with_its_client() {
    let mut hand = Hand::new(|now| Setup { ends_with_client: true, ..Setup::server(now, UNIX) });
    hand.hear();
    hand.leave();
    assert!(hand.daemon.is_ended());
    assert!(Hand::at(hand.daemon.clone(), hand.now).is_over());
}

#[test]
fn output_is_bounded_and_what_is_dropped_is_counted() {
    let mut hand = Hand::new(|now| {
        let mut setup = Setup::server(now, UNIX);
        setup.bounds.output = 10_000;
        setup
    });
    hand.hear();
    for number in 0..1000 {
        hand.daemon.tell(hand.now, format!("LOG:{UNIX},,line {number} of a flood"));
    }
    let heard = hand.hear();
    assert!(heard.len() < 11_000 && hand.daemon.dropped() > 600);
    assert!(hand.ask("pid").starts_with("SUCCESS"));
}

/// Lines that mean something, and garbage.
fn scripts() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "status 3",
        "state on",
        "log on all",
        "client-auth 0 1",
        "END",
        "kill a:b",
        "hold release",
        "signal SIGUSR1",
        "password Auth x",
        "username Auth y",
        "bytecount 1",
        "test 9",
        "help",
        "env-filter 2",
        "client-kill 1",
        "client-pending-auth 0 1 CR_TEXT:R:x 4294967295",
        "needok x ok",
        "rsa-sig",
        "certificate",
        "remote SKIP 99999999999999999999",
        "exit",
        "verb -9",
        "version 5",
        "client-deny 0 1 x y",
        "echo 99999999999999999999999",
    ]);
    let line = prop_oneof![
        3 => word.prop_map(|word| format!("{word}\n").into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..300),
    ];
    prop::collection::vec(line, 0..30).prop_map(|lines| lines.concat())
}

proptest! {
    #[test]
    fn anything_may_be_sent(script in scripts(), client_side in any::<bool>(), cut in 1_usize..400) {
        let mut hand = Hand::new(|now| {
            let setup = Setup::server(now, UNIX);
            let side = ClientSide {
                login: Some(Login::default()), external_key: true, query_remote: true, ..ClientSide::default()
            };
            if client_side { Setup { mode: side.into(), ..setup } } else { setup }
        });
        small_office(&hand.daemon, hand.now);
        hand.daemon.connect_client(hand.now, client("bob", 9));
        for piece in script.chunks(cut) {
            hand.say(piece);
            hand.wait(Duration::from_millis(700));
        }
        hand.seconds(100);
        hand.leave();
        prop_assert!(hand.is_over());
    }
}

#[test]
fn settings_that_persist_and_those_that_do_not() {
    let mut hand = Hand::server();
    hand.say("verb 4\nmute 9\nhold on\nauth-retry interact\nenv-filter 2\nlog on\nbytecount 5\n");
    let daemon: Daemon = hand.daemon.clone();
    hand.leave();
    let mut hand = Hand::at(daemon, hand.now);
    assert_eq!(hand.hear(), GREETING);
    let kept = hand.say("verb\nmute\nhold\nauth-retry\n");
    assert_eq!(
        kept,
        "SUCCESS: verb=4\nSUCCESS: mute=9\nSUCCESS: hold=1\nSUCCESS: auth-retry=interact\n"
    );
    assert_eq!(hand.seconds(20), "");
}
