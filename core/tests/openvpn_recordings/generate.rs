//! A listing that is described rather than stored: lines with arithmetic in them.

use serde_json::Value;

use super::{Event, text};

/// The greeting, the command and its reply.
pub(super) fn events(recipe: &Value) -> Vec<Event> {
    let line_end = String::from_utf8(text(&recipe["line_end"])).expect("UTF-8");
    let mut out = String::new();
    let mut line = |line: &str| {
        out.push_str(line);
        out.push_str(&line_end);
    };
    line(&format!("TITLE\t{}", plain(&recipe["title"])));
    line(&format!("TIME\t{}\t{}", plain(&recipe["time"]), plain(&recipe["time_t"])));
    line(
        "HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tVirtual Address\tVirtual IPv6 Address\t\
         Bytes Received\tBytes Sent\tConnected Since\tConnected Since (time_t)\tUsername\t\
         Client ID\tPeer ID\tData Channel Cipher",
    );
    let clients = recipe["clients"].as_i64().expect("a number");
    for i in 0..clients {
        line(&expand(&plain(&recipe["client_line"]), i));
    }
    line(
        "HEADER\tROUTING_TABLE\tVirtual Address\tCommon Name\tReal Address\tLast Ref\t\
         Last Ref (time_t)",
    );
    let routes: Vec<String> = lines(&recipe["route_lines"]);
    for i in 0..clients {
        routes.iter().for_each(|route| line(&expand(route, i)));
    }
    lines(&recipe["tail"]).iter().for_each(|tail| line(&expand(tail, 0)));
    let mut command = text(&recipe["command"]);
    if !command.ends_with(b"\n") {
        command.push(b'\n');
    }
    let greeting =
        b">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n".to_vec();
    let chunk = recipe["chunk"].as_u64().map_or(out.len(), |size| size.max(1) as usize);
    let mut events = vec![Event::Received(greeting), Event::Sent(command)];
    events.extend(out.as_bytes().chunks(chunk).map(|octets| Event::Received(octets.to_vec())));
    events
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace("\\t", "\t"),
        other => other.to_string(),
    }
}

/// A list of lines, or one text of lines.
fn lines(value: &Value) -> Vec<String> {
    match value {
        Value::Array(lines) => lines.iter().map(plain).collect(),
        text => plain(text).lines().map(str::to_owned).collect(),
    }
}

/// Replaces every `{expression}` by its value.
fn expand(line: &str, i: i64) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once('{') {
        out.push_str(before);
        let (inside, behind) = behind.split_once('}').expect("a closing brace");
        let (expression, form) = inside.split_once(':').unwrap_or((inside, ""));
        let value = Arithmetic { rest: expression, i }.whole();
        match form.strip_suffix('x') {
            Some(width) => out.push_str(&padded(&format!("{value:x}"), width)),
            None => out.push_str(&padded(&value.to_string(), form)),
        }
        rest = behind;
    }
    out + rest
}

fn padded(digits: &str, width: &str) -> String {
    let width = width.trim_end_matches('d');
    let width = if width.is_empty() { 0 } else { width.parse().expect("a width") };
    format!("{digits:0>width$}")
}

/// Sums and products of integers, in 128 bits: counters go up to 2^64 - 1.
struct Arithmetic<'a> {
    rest: &'a str,
    i: i64,
}

impl Arithmetic<'_> {
    fn whole(mut self) -> i128 {
        let value = self.sum();
        assert!(self.rest.trim().is_empty(), "{} is left", self.rest);
        value
    }

    fn sum(&mut self) -> i128 {
        let mut value = self.product();
        loop {
            match self.next_of("+-") {
                Some('+') => value += self.product(),
                Some(_) => value -= self.product(),
                None => return value,
            }
        }
    }

    fn product(&mut self) -> i128 {
        let mut value = self.one();
        loop {
            match self.next_of("*/%") {
                // Two strokes are a division that rounds down, too.
                Some('*') if self.next_of("*").is_some() => {
                    let power = self.one();
                    value = value.pow(power.try_into().expect("a small power"));
                }
                Some('*') => value *= self.one(),
                Some('/') => {
                    self.next_of("/");
                    value = value.div_euclid(self.one());
                }
                Some(_) => value = value.rem_euclid(self.one()),
                None => return value,
            }
        }
    }

    fn one(&mut self) -> i128 {
        if self.next_of("(").is_some() {
            let value = self.sum();
            assert_eq!(self.next_of(")"), Some(')'));
            return value;
        }
        if self.next_of("-").is_some() {
            return -self.one();
        }
        if self.next_of("i").is_some() {
            return self.i.into();
        }
        let digits = self.rest.chars().take_while(char::is_ascii_digit).count();
        let (number, rest) = self.rest.split_at(digits);
        self.rest = rest;
        number.parse().expect("a number")
    }

    fn next_of(&mut self, signs: &str) -> Option<char> {
        self.rest = self.rest.trim_start();
        let sign = self.rest.chars().next().filter(|sign| signs.contains(*sign))?;
        self.rest = &self.rest[sign.len_utf8()..];
        Some(sign)
    }
}

#[test]
fn vectors_openvpn_generated_lines_are_computed() {
    assert_eq!(
        expand("c{i:05} 10.{i/65536}.{i/256 % 256}.{(i+1)*2:x}!", 300),
        "c00300 10.0.1.25a!"
    );
    assert_eq!(expand("{18446744073709551615 - i}", 1), "18446744073709551614");
}
