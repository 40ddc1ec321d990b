//! What is asked for after every connect.

use netlever_core::openvpn::Config;
use netlever_core::openvpn::calls::pid;
use netlever_core::openvpn::session::Event;
use netlever_core::session::News;

use super::table::{S, Table};

fn all() -> Config {
    let mut config = Config::new(1);
    let settings = &mut config.settings;
    (settings.state, settings.log, settings.echo) = (true, true, true);
    settings.byte_count = Some(5);
    settings.env_filter = Some(0);
    settings.announce = Some(4);
    settings.release_hold = true;
    config
}

const ALL: &str = "version 4\nenv-filter 0\nstate on\nlog on\necho on\nbytecount 5\n";

#[test]
fn settings_go_out_before_calls_on_every_connection() {
    let mut table = Table::new(all());
    let mut call = table.begin(pid());
    table.greet();
    assert_eq!(table.out(), format!("{ALL}pid\n"));
    let done = "SUCCESS: done\r\n";
    table.feed(done.repeat(5) + "SUCCESS: pid=7\r\n");
    assert_eq!(table.end(&mut call), Ok(7));
    table.news(News::Eof);
    table.news(News::Down);
    table.pass(S);
    table.greet();
    assert_eq!(table.out(), ALL);
    table.session.settings_mut().log = false;
    table.news(News::Eof);
    table.news(News::Down);
    table.pass(S);
    table.greet();
    assert!(!table.out().contains("log"));
}

#[test]
fn nothing_is_asked_for_by_default() {
    let mut table = Table::ready();
    table.feed(">HOLD:Waiting for hold release:0\r\n");
    assert_eq!(table.out(), "");
}

#[test]
fn a_version_is_announced_as_the_daemon_understands_it() {
    for (management, answer) in [(1, None), (6, Some("SUCCESS: client version set to 4\r\n"))] {
        let mut table = Table::new(all());
        table.up();
        table.feed(format!(">INFO:OpenVPN Management Interface Version {management} -- x\r\n"));
        assert_eq!(table.out().contains("version 4\n"), answer.is_some());
        table.feed(answer.unwrap_or_default());
        table.feed("SUCCESS: done\r\n".repeat(5));
        assert_eq!(table.ask(pid(), "SUCCESS: pid=7\r\n").1, Ok(7));
        assert_eq!(table.session.counters().unexpected, 0);
    }
}

#[test]
fn a_setting_that_is_refused_is_told() {
    let mut table = Table::ready_with({
        let mut config = Config::new(1);
        config.settings.env_filter = Some(1);
        config
    });
    table.out();
    let mode = "The 'env-filter' command is not supported by the current daemon mode";
    table.feed(format!("ERROR: {mode}\r\n"));
    let events = table.events();
    let [Event::SettingRefused(refused)] = &events[..] else { panic!("{events:?}") };
    assert_eq!((refused.command.as_str(), refused.text.octets()), ("env-filter", mode.into()));
}

#[test]
fn every_hold_is_released_once() {
    let mut table = Table::new(all());
    table.greet();
    table.out();
    let hold = ">HOLD:Waiting for hold release:0\r\n";
    table.feed(hold.repeat(100));
    assert_eq!(table.out(), "hold release\n", "one answers all that were told");
    table.feed("SUCCESS: done\r\n".repeat(5));
    table.feed("SUCCESS: hold release succeeded\r\n");
    table.feed(hold);
    assert_eq!(table.out(), "hold release\n", "a restart holds again");
}
