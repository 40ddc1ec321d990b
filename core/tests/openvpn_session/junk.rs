//! Whatever the daemon sends: every call ends, and nothing is lost in the order.

use netlever_core::openvpn::Config;
use netlever_core::openvpn::calls::{load_stats, log_and_follow, pid, server_status};
use netlever_core::session::{Link, News, Session};
use proptest::prelude::*;

use super::table::{GREETING, S, Table};

/// Octets, and words that mean something.
fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let words = prop::sample::select(vec![
        "ENTER PASSWORD:",
        "SUCCESS: password is correct\r\n",
        ">INFO:OpenVPN Management Interface Version 5 -- x\r\n",
        "SUCCESS: pid=7\r\n",
        "ERROR: x\r\n",
        "END\r\n",
        "TITLE\tOpenVPN 2.6.14\r\n",
        ">CLIENT:CONNECT,0,1\r\n",
        ">CLIENT:ENV,a=b\r\n",
        ">CLIENT:ENV,END\r\n",
        ">HOLD:x\r\n",
        ">FATAL:x\r\n",
        "1,,log\r\n",
        "\r\n",
    ]);
    let words = words.prop_map(|word: &str| word.as_bytes().to_vec());
    let octets = prop::collection::vec(any::<u8>(), 0..60);
    prop::collection::vec(prop_oneof![3 => words, 1 => octets], 0..30)
}

proptest! {
    #[test]
    fn any_input_ends_every_call(pieces in pieces(), greeted: bool, password: bool, eof: bool) {
        let mut config =
            if password { Config::with_password("x", 1) } else { Config::new(1) };
        config.settings.release_hold = true;
        config.settings.state = true;
        let mut table = Table::new(config);
        let mut first = table.begin(pid());
        let mut block = table.begin(server_status());
        let mut two = table.begin(log_and_follow());
        table.up();
        if greeted {
            table.feed(GREETING);
        }
        for piece in pieces {
            table.out();
            table.feed(piece);
            table.events();
        }
        if eof && table.session.link() == Link::Up {
            table.news(News::Eof);
        }
        for _ in 0..50 {
            table.pass(S);
            match table.session.link() {
                Link::Down => table.news(News::Down),
                Link::Up | Link::Half => {}
                Link::Over => break,
            }
        }
        prop_assert!(table.step(&mut first).is_some());
        prop_assert!(table.step(&mut block).is_some());
        prop_assert!(table.step(&mut two).is_some());
    }

    /// Answers among notifications, in any cuts: each call gets its own.
    #[test]
    fn any_cuts_and_notifications_keep_the_order(
        kinds in prop::collection::vec(0..3_u8, 1..20),
        told in prop::collection::vec(0..3_usize, 20),
        cut in 1..40_usize,
    ) {
        let mut table = Table::ready();
        let mut answers = String::new();
        let mut calls: Vec<_> = kinds.iter().map(|_| (None, None)).collect();
        for (at, (kind, call)) in kinds.iter().zip(&mut calls).enumerate() {
            answers += &">LOG:1,,END\r\n".repeat(told[at]);
            match kind {
                0 => {
                    call.0 = Some(table.begin(load_stats()));
                    answers += &format!("SUCCESS: nclients={at},bytesin=0,bytesout=0\r\n");
                }
                1 => {
                    call.1 = Some(table.begin(log_and_follow()));
                    answers += &format!("SUCCESS: on\r\n{at},,SUCCESS: x\r\nEND\r\n");
                }
                _ => {
                    call.1 = Some(table.begin(log_and_follow()));
                    answers += "ERROR: no\r\nERROR: never\r\n";
                }
            }
        }
        table.out();
        for piece in answers.as_bytes().chunks(cut) {
            table.feed(piece);
        }
        for (at, call) in calls.iter_mut().enumerate() {
            match call {
                (Some(stats), _) => {
                    prop_assert_eq!(table.end(stats).unwrap().clients, at as u64);
                }
                (_, Some(log)) => match table.end(log) {
                    Ok(log) => prop_assert_eq!(log.iter().next().unwrap().time, at as u64),
                    Err(error) => prop_assert!(error.kind().is_some()),
                },
                _ => {}
            }
        }
        let told: usize = told[..kinds.len()].iter().sum();
        prop_assert_eq!(table.session.counters().events, told as u64);
    }
}
