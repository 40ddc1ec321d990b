//! A CSV file of hosts: its columns are the options of `add host`.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Read;
use std::str::FromStr;

use netlever_core::Call;
use netlever_core::omapi::calls::{AddHost, SyncHost};
use netlever_core::omapi::statements::CLASSLESS_STATIC_ROUTES;
use netlever_core::omapi::values::{Family, HardwareType};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::session::Step;

use super::keys::octets;
use super::wish::{HostWish, Sends};
use crate::failure::Failure;

/// The columns that a file may have.
pub(crate) const COLUMNS: [&str; 14] = [
    "mac",
    "hardware-type",
    "client-id",
    "name",
    "ip",
    "group",
    "hostname",
    "router",
    "domain",
    "route",
    "route-option",
    "filename",
    "next-server",
    "statements",
];

/// A line of the file.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its number, counted from 1; the header line is one too.
    pub(crate) number: u64,
    /// What messages call its host.
    pub(crate) title: String,
    /// The host, checked; or what is wrong with the line.
    pub(crate) host: Result<SyncHost, Failure>,
}

/// Reads and checks all lines; nothing is sent.
///
/// # Errors
/// The file cannot be read, or its header line has no or wrong columns. What is wrong with one
/// other line is told there.
pub(crate) fn read(
    mut file: impl Read,
    name: &str,
    family: Family,
    expert: bool,
) -> Result<Vec<Line>, Failure> {
    let wrong = |why: &dyn Display| Failure::usage(format!("{name}: {why}"));
    let mut text = vec![];
    file.read_to_end(&mut text).map_err(|why| wrong(&why))?;
    let mut place = Place { text: &text, at: 0, line: 1 };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .flexible(true)
        .from_reader(&text[..]);
    let header = reader.headers().map_err(|why| wrong(&why))?;
    let header: Vec<String> =
        header.iter().map(|column| column.trim_start_matches('\u{feff}').to_owned()).collect();
    check_header(&header).map_err(|why| wrong(&why))?;
    // Without a column for them, addresses are none of this file's business.
    let says_addresses = header.iter().any(|column| column == "ip");
    let sync = |host| {
        let sync = SyncHost::new(host);
        if says_addresses { sync } else { sync.keeping_addresses() }
    };
    let mut lines = vec![];
    let mut seen = BTreeMap::new();
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(why) => {
                let number = place.line_of(why.position());
                let title = "what is no host".to_owned();
                lines.push(Line { number, title, host: Err(Failure::usage(why)) });
                continue;
            }
        };
        let number = place.line_of(record.position());
        let (title, host) = match wish(&header, &record) {
            Err(why) => ("host".to_owned(), Err(why)),
            Ok(wish) => {
                let twice = known_before(&mut seen, &wish, number);
                let host = twice.and_then(|()| wish.call(family, expert));
                (wish.title(), host.and_then(|host| check(host, family, expert)).map(sync))
            }
        };
        lines.push(Line { number, title, host });
    }
    Ok(lines)
}

/// Counts lines as an editor does. The reader's own count leaves comments and blank lines to the
/// record behind them.
struct Place<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Place<'_> {
    /// The line of the record that begins here or behind comments and blank lines.
    fn line_of(&mut self, position: Option<&csv::Position>) -> u64 {
        let begins = position.and_then(|position| usize::try_from(position.byte()).ok());
        self.go_to(begins.unwrap_or(self.at));
        while let Some(end) = self.text[self.at..].iter().position(|&octet| octet == b'\n') {
            let line = &self.text[self.at..self.at + end];
            if !line.trim_ascii().is_empty() && !line.starts_with(b"#") {
                break;
            }
            self.go_to(self.at + end + 1);
        }
        self.line
    }

    fn go_to(&mut self, at: usize) {
        let at = at.clamp(self.at, self.text.len());
        let ends = self.text[self.at..at].iter().filter(|&&octet| octet == b'\n').count();
        (self.at, self.line) = (at, self.line + ends as u64);
    }
}

fn check_header(header: &[String]) -> Result<(), String> {
    let known = || format!("the columns are {}", COLUMNS.join(", "));
    for (at, column) in header.iter().enumerate() {
        if column == "exclusive" {
            return Err("an import adds or changes hosts: leave the column exclusive out".into());
        }
        if !COLUMNS.contains(&column.as_str()) {
            return Err(format!("line 1 names no column {column:?}; {}", known()));
        }
        if header[..at].contains(column) {
            return Err(format!("line 1 names the column {column} twice"));
        }
    }
    if header.iter().any(|column| column == "mac" || column == "client-id") {
        Ok(())
    } else {
        Err(format!("line 1 names neither mac nor client-id; {}", known()))
    }
}

/// The host of a record.
fn wish(header: &[String], record: &csv::StringRecord) -> Result<HostWish, Failure> {
    if record.len() != header.len() {
        return Err(Failure::usage(format!(
            "it has {} values where line 1 has {} columns",
            record.len(),
            header.len()
        )));
    }
    let cell = |column: &str| {
        let at = header.iter().position(|name| name == column)?;
        record.get(at).filter(|text| !text.is_empty())
    };
    let text = |column| cell(column).map(str::to_owned);
    Ok(HostWish {
        mac: one(cell("mac"), "mac")?,
        hardware_type: one(cell("hardware-type"), "hardware-type")?
            .unwrap_or(HardwareType::ETHERNET),
        client_id: cell("client-id")
            .map(octets)
            .transpose()
            .map_err(|why| Failure::usage(format!("client-id: {why}")))?,
        name: text("name"),
        ip: several(cell("ip"), &[',', ';', ' ', '\n'], "ip")?,
        group: text("group"),
        sends: Sends {
            hostname: text("hostname"),
            router: several(cell("router"), &[',', ';', ' ', '\n'], "router")?,
            domain: text("domain"),
            route: several(cell("route"), &[';', ' '], "route")?,
            route_option: text("route-option").unwrap_or_else(|| CLASSLESS_STATIC_ROUTES.into()),
            filename: text("filename"),
            next_server: one(cell("next-server"), "next-server")?,
            statements: text("statements"),
        },
    })
}

fn one<T: FromStr<Err: Display>>(cell: Option<&str>, column: &str) -> Result<Option<T>, Failure> {
    let parsed = cell.map(str::parse).transpose();
    parsed.map_err(|why| Failure::usage(format!("{column}: {why}")))
}

fn several<T: FromStr<Err: Display>>(
    cell: Option<&str>,
    separators: &[char],
    column: &str,
) -> Result<Vec<T>, Failure> {
    let parts = cell.unwrap_or_default().split(separators).filter(|part| !part.is_empty());
    parts
        .map(|part| part.parse().map_err(|why| Failure::usage(format!("{column} {part:?}: {why}"))))
        .collect()
}

/// Two lines of one host would undo each other.
fn known_before(
    seen: &mut BTreeMap<String, u64>,
    wish: &HostWish,
    number: u64,
) -> Result<(), Failure> {
    let names = [
        wish.mac.as_ref().map(|mac| format!("mac {mac}")),
        wish.client_id.as_ref().map(|id| format!("client-id {:02x?}", id.0)),
        wish.name.as_ref().map(|name| format!("name {name}")),
    ];
    for name in names.into_iter().flatten() {
        if let Some(first) = seen.insert(name.clone(), number) {
            seen.insert(name.clone(), first);
            return Err(Failure::usage(format!("line {first} has {name} too")));
        }
    }
    Ok(())
}

/// Asks the guard rails of a session that nobody drives: nothing can be sent.
fn check(host: AddHost, family: Family, expert: bool) -> Result<AddHost, Failure> {
    let mut config = Config::unsigned(0);
    (config.family, config.expert) = (family, expert);
    let mut session = Omapi::new(config);
    match host.clone().step(&mut session, std::time::Instant::now()) {
        Step::Done(Err(error)) => Err(Failure::usage(error)),
        _ => Ok(host),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Result<Vec<Line>, String> {
        read(text.as_bytes(), "x.csv", Family::V4, false).map_err(|failure| failure.message)
    }

    fn faults(text: &str) -> Vec<(u64, String)> {
        let lines = lines(text).unwrap();
        let faults = lines.into_iter().filter_map(|line| Some((line.number, line.host.err()?)));
        faults.map(|(number, failure)| (number, failure.message)).collect()
    }

    #[test]
    fn good_lines_are_hosts() {
        let text = "\u{feff}name, mac, ip, route\r\n\
                    a, 02:00:00:00:00:01, 10.0.0.1, \r\n\
                    # a comment\n\
                    \n\
                    b,02:00:00:00:00:02,\"10.0.0.2,\n10.0.0.3\",\"10.0.0.0/8,10.0.0.1;0.0.0.0/0,10.0.0.1\"\n\
                    c,02:00:00:00:00:03,,";
        let lines = lines(text).unwrap();
        let titles: Vec<_> = lines.iter().map(|line| (line.number, line.title.as_str())).collect();
        assert_eq!(titles, [(2, "host a"), (5, "host b"), (7, "host c")]);
        assert!(lines.iter().all(|line| line.host.is_ok()), "{lines:?}");
    }

    #[test]
    fn a_wrong_header_ends_it() {
        for (header, says) in [
            ("name,ip", "neither mac nor client-id"),
            ("mac,colour", "no column \"colour\""),
            ("mac,mac", "mac twice"),
            ("mac,exclusive", "exclusive"),
        ] {
            let error = lines(&format!("{header}\n")).unwrap_err();
            assert!(error.starts_with("x.csv: ") && error.contains(says), "{error}");
        }
    }

    #[test]
    fn each_bad_line_says_what_is_wrong_with_it() {
        let text = "name,mac,ip,hostname\n\
                    a,02:00:00:00:00:01,,\n\
                    b,02:00:00:00:00:0x,,\n\
                    c,02:00:00:00:00:02,10.0.0,\n\
                    d,,,\n\
                    e,02:00:00:00:00:01,,\n\
                    f f,02:00:00:00:00:03,,\n\
                    g,02:00:00:00:00:04,2001:db8::1,\n\
                    h,02:00:00:00:00:05\n\
                    a,02:00:00:00:00:06,,\n";
        let faults = faults(text);
        let numbers: Vec<_> = faults.iter().map(|fault| fault.0).collect();
        assert_eq!(numbers, [3, 4, 5, 6, 7, 8, 9, 10], "{faults:?}");
        for ((_, fault), says) in faults.iter().zip([
            "hardware address",
            "ip \"10.0.0\"",
            "needs a mac",
            "line 2 has mac",
            "f f",
            "2001:db8::1",
            "2 values where line 1 has 4",
            "line 2 has name a",
        ]) {
            assert!(fault.contains(says), "{fault} / {says}");
        }
    }

    #[test]
    fn octets_that_are_no_text_spoil_only_their_line() {
        let text = b"name,mac\n\xff,02:00:00:00:00:01\nb,02:00:00:00:00:02\n";
        let lines = read(&text[..], "x.csv", Family::V4, false).unwrap();
        assert!(lines[0].host.is_err() && lines[1].host.is_ok(), "{lines:?}");
    }
}
