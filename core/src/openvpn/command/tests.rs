use super::*;
use crate::openvpn::input::SAFE_LINE;
use crate::openvpn::lexer::{MAX_ARGUMENT, arguments};

fn wire(command: Command) -> String {
    let encoded = command.encode().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    String::from_utf8(encoded.expose().to_vec()).expect("UTF-8")
}

#[test]
fn every_command_has_its_words() {
    use Command::*;
    let address = "192.0.2.2:1194".parse().expect("an address");
    for (command, expected) in [
        (Help, "help"),
        (Version, "version"),
        (Announce(3), "version 3"),
        (Pid, "pid"),
        (Exit, "exit"),
        (Quit, "quit"),
        (Status(None), "status"),
        (Status(Some(Format::Three)), "status 3"),
        (LoadStats, "load-stats"),
        (ClientCount, "nclients"),
        (State(None, None), "state"),
        (State(Some(Show::All), Some(Show::On)), "state all on"),
        (Log(Show::Last(5), None), "log 5"),
        (Echo(Show::Off, Some(Show::All)), "echo off all"),
        (ByteCount(0), "bytecount 0"),
        (Hold(super::Hold::Show), "hold"),
        (Hold(super::Hold::Release), "hold release"),
        (Verb(Some(4)), "verb 4"),
        (Mute(None), "mute"),
        (Signal(super::Signal::Usr1), "signal SIGUSR1"),
        (AuthRetry(None), "auth-retry"),
        (AuthRetry(Some(super::AuthRetry::Interact)), "auth-retry interact"),
        (ForgetPasswords, "forget-passwords"),
        (Kill(super::Kill::CommonName("bob".into())), "kill bob"),
        (Kill(super::Kill::Address(address)), "kill 192.0.2.2:1194"),
        (Kill(super::Kill::ProtocolAddress(Transport::Tcp, address)), "kill tcp:192.0.2.2:1194"),
        (ClientKill { cid: 7, message: None }, "client-kill 7"),
        (
            ClientKill { cid: 7, message: Some("HALT,[N]bye now".into()) },
            "client-kill 7 \"HALT,[N]bye now\"",
        ),
        (ClientAuthNt { cid: 7, kid: 1 }, "client-auth-nt 7 1"),
        (
            ClientDeny { cid: 7, kid: 1, reason: "a b".into(), client_reason: Some("".into()) },
            "client-deny 7 1 \"a b\" \"\"",
        ),
        (
            ClientPendingAuth { cid: 7, key: Some((1, 40)), extra: "CR_TEXT:R:a b".into() },
            "client-pending-auth 7 1 \"CR_TEXT:R:a b\" 40",
        ),
        (
            ClientPendingAuth { cid: 7, key: None, extra: "OPEN_URL:x".into() },
            "client-pending-auth 7 OPEN_URL:x",
        ),
        (CrResponse("123456".into()), "cr-response MTIzNDU2"),
        (EnvFilter(Some(2)), "env-filter 2"),
        (PushUpdateBroad("-dns, ?x 1".into()), "push-update-broad \"-dns, ?x 1\""),
        (PushUpdateCid(3, "dns".into()), "push-update-cid 3 dns"),
        (
            Username { kind: "HTTP Proxy".into(), value: "u\"x".into() },
            "username \"HTTP Proxy\" \"u\\\"x\"",
        ),
        (Password { kind: "Auth".into(), value: "".into() }, "password Auth \"\""),
        (NeedOk { name: "a b".into(), ok: false }, "needok \"a b\" cancel"),
        (NeedStr { name: "a".into(), value: "#b".into() }, "needstr a \"#b\""),
        (Remote(super::Remote::Accept), "remote ACCEPT"),
        (Remote(super::Remote::Skip(Some(2))), "remote SKIP 2"),
        (
            Remote(super::Remote::Modify { host: "::1".into(), port: "1194".into() }),
            "remote MOD ::1 1194",
        ),
        (Proxy(super::Proxy::None), "proxy NONE"),
        (
            Proxy(super::Proxy::Http { host: "h".into(), port: 3128, no_clear_text: true }),
            "proxy HTTP h 3128 nct",
        ),
        (Proxy(super::Proxy::Socks { host: "h".into(), port: 1080 }), "proxy SOCKS h 1080"),
        (RemoteEntryCount, "remote-entry-count"),
        (RemoteEntryGet(Entries::All), "remote-entry-get all"),
        (RemoteEntryGet(Entries::One(1)), "remote-entry-get 1"),
        (RemoteEntryGet(Entries::Range(1, 3)), "remote-entry-get 1 3"),
        (Pkcs11IdCount, "pkcs11-id-count"),
        (Pkcs11IdGet(0), "pkcs11-id-get 0"),
        (Net, "net"),
        (Test(3), "test 3"),
        (Raw(RawLine("  pid # x".into())), "  pid # x"),
        (ClientAuth { cid: 1, kid: 0, config: vec![] }, "client-auth 1 0\nEND"),
        (ClientPf { cid: 1, filter: vec!["[x]".into()] }, "client-pf 1\n[x]\nEND"),
        (PkSig(vec![0; 49]), &format!("pk-sig\n{}\nAA==\nEND", "A".repeat(64))),
        (RsaSig(vec![]), "rsa-sig\nEND"),
        (Certificate("-----BEGIN-----\r\nx\n".into()), "certificate\n-----BEGIN-----\nx\nEND"),
        (PasswordText { kind: "Auth".into(), value: "abc".into() }, "password Auth\nYWJj\nEND"),
    ] {
        assert_eq!(wire(command), format!("{expected}\n"));
    }
}

#[test]
fn a_name_with_a_colon_is_refused_with_advice() {
    for name in ["a:b", "192.0.2.2:1194", ":"] {
        let kill = Command::Kill(Kill::CommonName(name.into()));
        let refused = kill.encode().expect_err(name);
        assert_eq!(refused, CommandError::KillColon);
        assert!(refused.to_string().contains("client-kill"));
    }
    assert_eq!(line(&["kill", "a:b"]), Err(CommandError::KillColon));
    assert!(line(&["kill", "udp:192.0.2.2:1194"]).is_ok());
    assert!(line(&["kill", "192.0.2.2:1194"]).is_ok());
    // A raw line is the user's wish, but the user is told.
    assert_eq!(raw(b"kill a:b").expect("as it is").warnings(), [Warning::KillColon]);
}

#[test]
fn every_control_octet_is_refused() {
    for octet in (0..0x20).chain([0x7f]) {
        let refused = Err(CommandError::ControlOctet { octet });
        assert_eq!(line(&[&b"kill"[..], &[b'a', octet]]), refused);
        assert_eq!(text(&["client-auth", "1", "0"], &[[octet]]), refused);
        assert_eq!(raw(&[b'a', octet]), refused);
    }
    for octet in (0x20..0x7f).chain(0x80..=0xff) {
        assert!(line(&[&b"needok"[..], &[octet]]).is_ok(), "{octet:#x}");
    }
}

#[test]
fn one_octet_more_is_too_long() {
    let long = "x".repeat(MAX_ARGUMENT);
    assert!(line(&["kill", &long]).is_ok());
    assert_eq!(
        line(&["kill", &format!("{long}x")]),
        Err(CommandError::ArgumentTooLong { octets: MAX_ARGUMENT + 1 })
    );
    let safe = "y".repeat(SAFE_LINE - 1);
    let over = format!("{safe}y");
    let refused = CommandError::LineTooLong { octets: SAFE_LINE + 1 };
    assert!(raw(safe.as_bytes()).is_ok());
    assert_eq!(raw(over.as_bytes()), Err(refused.clone()));
    assert!(text(&["client-auth", "1", "0"], &[&safe]).is_ok());
    assert_eq!(text(&["client-auth", "1", "0"], &[&over]), Err(refused));
    // Escapes count too.
    let escaped = "\"".repeat(MAX_ARGUMENT);
    let twice = line(&["needstr", &escaped, &escaped]);
    assert!(matches!(twice, Err(CommandError::LineTooLong { .. })));
    assert_eq!(line(&["a"; 17]), Err(CommandError::TooManyArguments { arguments: 17 }));
    assert!(line(&["a"; 16]).is_ok());
    assert_eq!(line::<&str>(&[]), Err(CommandError::Empty));
    assert_eq!(line(&[""]), Err(CommandError::Empty));
}

#[test]
fn text_goes_out_only_under_a_header_that_is_accepted() {
    for header in [
        &["client-auth", "x", "0"][..],
        &["client-auth", "1"],
        &["client-auth", "1", ""],
        &["client-auth", "-1", "0"],
        &["client-pf"],
        &["kill", "bob"],
        &["password", "a", "b"],
    ] {
        let refused = text(header, &["push x"]);
        assert!(matches!(refused, Err(CommandError::TextRefused { .. })), "{header:?}");
    }
    assert_eq!(
        text(&["client-auth", "1", "0"], &["a", "END"]),
        Err(CommandError::EndInText { line: 2 })
    );
    // Only exactly END ends a text.
    assert!(text(&["client-auth", "1", "0"], &["end", " END", "END "]).is_ok());
}

#[test]
fn what_is_odd_is_told() {
    let warned = |line: &str| raw(line.as_bytes()).expect(line).warnings().to_vec();
    assert_eq!(warned("pid"), []);
    assert_eq!(warned(" # x"), [Warning::NothingSaid]);
    assert_eq!(warned("version 3"), [Warning::ReplyByRelease]);
    assert_eq!(warned("exit"), [Warning::Closes]);
    assert_eq!(warned("client-auth 1 0"), [Warning::OpensText]);
    assert_eq!(warned("verb x"), [Warning::NotANumber { argument: 1 }]);
    assert!(matches!(warned("p\\id")[..], [Warning::Refused(_)]));
    assert_eq!(warned(&"a ".repeat(17)), [Warning::ArgumentsIgnored { arguments: 17 }]);
    let pending = |octets| {
        let extra = "x".repeat(octets).into();
        let command = Command::ClientPendingAuth { cid: 1, key: Some((1, 30)), extra };
        command.encode().expect("short enough").warnings().to_vec()
    };
    assert_eq!(pending(MAX_PENDING_EXTRA), []);
    assert_eq!(pending(247), [Warning::PendingExtraTooLong { octets: 247 }]);
    let kill = |octets| line(&["kill", &"x".repeat(octets)]).expect("a name").warnings().to_vec();
    assert_eq!(kill(MAX_KILL_NAME), []);
    assert_eq!(kill(128), [Warning::KillNameCut { octets: 128 }]);
}

#[test]
fn secrets_are_not_printed() {
    for command in [
        Command::Password { kind: "Auth".into(), value: "hunter2".into() },
        Command::Username { kind: "Auth".into(), value: "hunter2".into() },
        Command::PasswordText { kind: "Auth".into(), value: "hunter2".into() },
        Command::NeedStr { name: "x".into(), value: "hunter2".into() },
        Command::CrResponse("hunter2".into()),
        Command::Raw(RawLine("password Auth hunter2".into())),
        Command::Raw(RawLine(" \"password\" Auth hunter2".into())),
    ] {
        let printed = format!("{command:?} {:?}", command.encode().expect("a command"));
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}

#[test]
fn arguments_come_back_from_the_daemons_lexer() {
    let args = [&b"kill"[..], b"o\"neil\\x", b"", b"#", b"\xe9 '"];
    let encoded = line(&args).expect("a line");
    let line = encoded.expose().strip_suffix(b"\n").expect("a line end");
    assert_eq!(arguments(line).expect("well quoted"), args);
}
