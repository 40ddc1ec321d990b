use proptest::prelude::*;

use super::*;

/// One statement as a server reads it: its words, and the octets of its value.
#[derive(Debug, PartialEq)]
struct Read {
    words: Vec<String>,
    octets: Vec<u8>,
}

/// Reads statements as dhcpd does, as far as they are written here: words, strings without any
/// escape, colon-hex, `concat` and `encode-int`.
fn read(text: &str) -> Vec<Read> {
    let mut statements = Vec::new();
    let (mut words, mut octets, mut rest) = (Vec::new(), Vec::new(), text);
    while let Some(first) = rest.chars().next() {
        let (token, next) = match first {
            ';' => {
                statements.push(Read { words: std::mem::take(&mut words), octets });
                octets = Vec::new();
                rest = &rest[1..];
                continue;
            }
            ' ' | '=' | ',' | '(' | ')' => {
                rest = &rest[1..];
                continue;
            }
            '"' => {
                let (string, next) = rest[1..].split_once('"').expect("a closed string");
                octets.extend(string.bytes());
                rest = next;
                continue;
            }
            _ => rest.split_at(rest.find([' ', ';', ',', ')', '(', '"']).expect("an end")),
        };
        rest = next;
        if token == "encode-int" {
            let (arguments, next) = rest.split_once(')').expect("a closed parenthesis");
            let (number, bits) =
                arguments.trim_start_matches([' ', '(']).split_once(", ").expect("two");
            let (number, bits): (u32, usize) =
                (number.parse().expect("one"), bits.parse().expect("two"));
            octets.extend(&number.to_be_bytes()[4 - bits / 8..]);
            rest = next;
        } else if token.contains(':') || token.len() == 2 && u8::from_str_radix(token, 16).is_ok() {
            octets.extend(token.split(':').map(|pair| u8::from_str_radix(pair, 16).expect("hex")));
        } else if let Ok(address) = token.parse::<Ipv4Addr>() {
            octets.extend(address.octets());
        } else if token != "concat" {
            words.push(token.into());
        }
    }
    assert!(words.is_empty() && octets.is_empty(), "a statement without its end: {text}");
    statements
}

fn text_of(value: OptionValue<'_>) -> Result<String, StatementError> {
    let mut statements = Statements::new();
    statements.option(Action::Option, "x", value)?;
    Ok(statements.to_string())
}

#[test]
fn what_the_old_library_sends() {
    let statements =
        Statements::supersede_host(Some("pc"), &[[10, 0, 0, 1].into()], Some("example.org"));
    let expected = "supersede host-name \"pc\"; supersede routers 10.0.0.1; \
                    supersede domain-name \"example.org\";";
    assert_eq!(statements.map(|some| some.to_string()).as_deref(), Ok(expected));
    assert!(Statements::supersede_host(None, &[], None).expect("nothing to refuse").is_empty());
}

#[test]
fn each_type_of_value_has_its_syntax() {
    let addresses = [[10, 0, 0, 1].into(), [10, 0, 0, 2].into()];
    for (value, text) in [
        (OptionValue::Text("a b"), "option x \"a b\";"),
        (OptionValue::Text("café"), "option x \"café\";"),
        (OptionValue::Addresses(&addresses), "option x 10.0.0.1, 10.0.0.2;"),
        (OptionValue::Integer8(3), "option x 3;"),
        (OptionValue::Integer16(1500), "option x 1500;"),
        (OptionValue::Integer32(600), "option x 600;"),
        (OptionValue::Flag(true), "option x true;"),
        (OptionValue::Octets(&[8, 10]), "option x = 08:0a;"),
    ] {
        assert_eq!(text_of(value).as_deref(), Ok(text));
    }
    let mut statements = Statements::new();
    statements.filename("pxelinux.0").expect("a name").next_server([10, 0, 0, 9].into());
    assert_eq!(statements.as_str(), "filename \"pxelinux.0\"; next-server 10.0.0.9;");
    for action in [Action::Supersede, Action::Default, Action::Append, Action::Prepend] {
        let mut statements = Statements::new();
        statements.option(action, "vendor.x_1", OptionValue::Text("v")).expect("an option");
        assert_eq!(statements.to_string(), format!("{} vendor.x_1 \"v\";", action.keyword()));
    }
}

#[test]
fn what_the_leases_file_would_not_keep_is_an_expression() {
    let addresses = [[34, 64, 64, 64].into(), [10, 0, 0, 1].into()];
    for (value, text) in [
        (OptionValue::Text("a\"b"), "option x = concat (\"a\", encode-int (34, 8), \"b\");"),
        (OptionValue::Text("\\"), "option x = encode-int (92, 8);"),
        (OptionValue::Text("é\""), "option x = concat (c3:a9, encode-int (34, 8));"),
        (OptionValue::Integer8(34), "option x = encode-int (34, 8);"),
        (OptionValue::Integer16(0x225c), "option x = encode-int (8796, 16);"),
        (OptionValue::Integer32(0x2222_2222), "option x = encode-int (572662306, 32);"),
        (OptionValue::Octets(b"\x08\""), "option x = 08:22;"),
        (OptionValue::Octets(b"a\""), "option x = concat (\"a\", encode-int (34, 8));"),
        (
            OptionValue::Addresses(&addresses),
            "option x = concat (encode-int (34, 8), \"@@@\", 0a:00:00:01);",
        ),
    ] {
        assert_eq!(text_of(value).as_deref(), Ok(text));
    }
    let mut statements = Statements::new();
    statements.next_server([34, 64, 92, 64].into());
    let next_server =
        "next-server = concat (encode-int (34, 8), \"@\", encode-int (92, 8), \"@\");";
    assert_eq!(statements.as_str(), next_server);
}

#[test]
fn a_name_from_elsewhere_cannot_inject() {
    let nasty = "x\"; } host evil { dynamic; hardware ethernet 02:00:00:66:66:66; filename \"y";
    let mut statements = Statements::new();
    statements.host_name(nasty).expect("printable");
    let words = vec!["supersede".into(), "host-name".into()];
    assert_eq!(read(statements.as_str()), [Read { words, octets: nasty.into() }]);
    for control in ["a\nb", "a\rb", "a\0", "\x1b[2J", "\u{7f}", "\u{85}"] {
        let error = StatementError::Control { what: "host-name".into(), text: control.into() };
        assert_eq!(statements.host_name(control), Err(error));
    }
    assert_eq!(read(statements.as_str()).len(), 1);
}

#[test]
fn option_names_cannot_inject_either() {
    for name in ["", "a b", "a;", "a\"", "-a", "a.b.c", "a.", ".a", "é", "a=b", "a\n"] {
        let mut statements = Statements::new();
        let error = StatementError::OptionName { name: name.into() };
        assert_eq!(statements.option(Action::Option, name, OptionValue::Flag(true)), Err(error));
        assert!(statements.is_empty());
    }
}

#[test]
fn one_past_each_limit() {
    let long = "x".repeat(MAX_TEXT);
    assert!(text_of(OptionValue::Text(&long)).is_ok());
    let longer = "x".repeat(MAX_TEXT + 1);
    let error = StatementError::Long { what: "x".into(), octets: MAX_TEXT + 1 };
    assert_eq!(text_of(OptionValue::Text(&longer)), Err(error));
    let quotes = "\"".repeat(MAX_ESCAPES);
    assert!(text_of(OptionValue::Text(&quotes)).is_ok());
    let more = "\\".repeat(MAX_ESCAPES + 1);
    let error = StatementError::Escapes { what: "x".into(), found: MAX_ESCAPES + 1 };
    assert_eq!(text_of(OptionValue::Text(&more)), Err(error));
    for empty in [OptionValue::Text(""), OptionValue::Octets(&[]), OptionValue::Addresses(&[])] {
        assert_eq!(text_of(empty), Err(StatementError::Empty { what: "x".into() }));
    }
}

#[test]
fn routes_are_encoded_as_in_rfc_3442() {
    for (route, hex) in [
        ("10.0.0.0/8,192.168.1.1", "08:0a:c0:a8:01:01"),
        ("0.0.0.0/0,192.168.1.1", "00:c0:a8:01:01"),
        ("16.11.0.0/16,10.10.10.1", "10:10:0b:0a:0a:0a:01"),
        ("10.64.0.0/10,10.0.0.1", "0a:0a:40:0a:00:00:01"),
        ("10.0.0.9/32,0.0.0.0", "20:0a:00:00:09:00:00:00:00"),
    ] {
        let parsed: Route = route.parse().expect("a route");
        assert_eq!(classless_static_routes(&[parsed]), hex);
        assert_eq!(parsed.to_string(), route);
    }
    let mut statements = Statements::new();
    let route = "10.0.0.0/8,192.168.1.1".parse().expect("a route");
    statements.routes(CLASSLESS_STATIC_ROUTES, &[route, route]).expect("routes");
    let expected =
        "supersede rfc3442-classless-static-routes = 08:0a:c0:a8:01:01:08:0a:c0:a8:01:01;";
    assert_eq!(statements.as_str(), expected);
    assert!(statements.routes(CLASSLESS_STATIC_ROUTES, &[]).is_err());
}

#[test]
fn what_is_no_route() {
    for text in [
        "",
        "10.0.0.0/8",
        "10.0.0.0,10.0.0.1",
        "10.0.0.0/,10.0.0.1",
        "10.0.0.0/+8,10.0.0.1",
        "10.0.0.0/8,gw",
        "10.0.0.0/256,10.0.0.1",
        "10.0.0.0/8,10.0.0.1,10.0.0.2",
        "10/8,10.0.0.1",
    ] {
        assert_eq!(text.parse::<Route>(), Err(RouteError::Text { text: text.into() }));
    }
    assert_eq!("10.0.0.0/33,10.0.0.1".parse::<Route>(), Err(RouteError::Prefix { found: 33 }));
    let error = "10.1.2.3/8,10.0.0.1".parse::<Route>().expect_err("host bits");
    assert!(error.to_string().ends_with("did you mean 10.0.0.0/8?"), "{error}");
    assert!("0.0.0.1/0,10.0.0.1".parse::<Route>().is_err());
}

#[test]
fn raw_statements_must_be_whole() {
    for text in [
        "option domain-name \"x\";",
        "supersede host-name \"pc\";\n supersede routers 10.0.0.1;\n ",
        "if known { option domain-name \"a;b}\"; }",
        "option domain-name \"café # {\";",
        " ",
        "",
    ] {
        assert_eq!(Statements::new().raw(text).err(), None, "{text}");
    }
    for (text, error) in [
        ("option domain-name \"x\"", StatementError::NoEnd),
        ("option domain-name \"x\"; option", StatementError::NoEnd),
        ("option domain-name \"x;", StatementError::OpenString { at: 19 }),
        ("filename \"a\\\"b\";", StatementError::Backslash { at: 11 }),
        ("filename \"a\nb\";", StatementError::RawControl { at: 11, octet: b'\n' }),
        ("filename \"a\";\0", StatementError::RawControl { at: 13, octet: 0 }),
        ("\u{a0};", StatementError::RawControl { at: 0, octet: 0xc2 }),
        ("filename \"a\"; # more", StatementError::Comment { at: 14 }),
        ("if known { filename \"a\";", StatementError::Brace { at: 24 }),
        ("} filename \"a\";", StatementError::Brace { at: 0 }),
    ] {
        let mut statements = Statements::new();
        assert_eq!(statements.raw(text).err(), Some(error), "{text}");
        assert!(statements.is_empty());
    }
}

#[test]
fn an_expert_may_write_anything() {
    let mut statements = Statements::new();
    statements.raw_unchecked("filename \"a\\\"b\"; # mine").raw_unchecked(" \n");
    assert_eq!(statements.as_str(), "filename \"a\\\"b\"; # mine");
}

#[test]
fn a_group_is_never_given_empty_statements() {
    assert_eq!(Statements::new().or_blank(), " ");
}

proptest! {
    #[test]
    fn any_text_is_one_statement_and_reads_back(text in any::<String>()) {
        let mut statements = Statements::new();
        if statements.host_name(&text).is_ok() {
            prop_assert_eq!(check(statements.as_ref()), Ok(()));
            let words = vec!["supersede".into(), "host-name".into()];
            prop_assert_eq!(read(statements.as_str()), [Read { words, octets: text.into() }]);
        } else {
            let beyond = text.is_empty() || text.len() > MAX_TEXT || text.contains(char::is_control);
            prop_assert!(beyond || text.matches(['"', '\\']).count() > MAX_ESCAPES);
        }
    }

    #[test]
    fn quotes_and_ends_in_text_stay_text(text in r#"[\x20-\x7e"\\;{}#\n]{1,40}"#) {
        let mut statements = Statements::new();
        if statements.filename(&text).is_ok() {
            let words = vec!["filename".into()];
            prop_assert_eq!(read(statements.as_str()), [Read { words, octets: text.into() }]);
        } else {
            prop_assert!(text.contains('\n') || text.matches(['"', '\\']).count() > MAX_ESCAPES);
        }
    }

    #[test]
    fn octets_and_addresses_read_back(octets in prop::collection::vec(0x20_u8..0x7f, 4..=4)) {
        let words = vec!["option".into(), "x".into()];
        let expected = [Read { words, octets: octets.clone() }];
        let text = text_of(OptionValue::Octets(&octets)).expect("octets");
        prop_assert_eq!(read(&text), expected.as_slice());
        let address = Ipv4Addr::from([octets[0], octets[1], octets[2], octets[3]]);
        let text = text_of(OptionValue::Addresses(&[address])).expect("an address");
        prop_assert_eq!(read(&text), expected);
    }

    #[test]
    fn any_octets_are_checked_without_panic(octets in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = check(&octets);
    }
}
