//! `-v`: what goes over the wire, on stderr.
//!
//! A session around the session, which looks at the octets as they pass. Passwords, tokens and
//! answers to challenges are not among what is shown.

use std::io::ErrorKind;
use std::time::Instant;

use netlever_core::openvpn::event::env::is_secret;
use netlever_core::openvpn::octets::REDACTED;
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::wire::{END, PASSWORD_PROMPT};
use netlever_core::openvpn::{Management, Octets, lexer};
use netlever_core::{Call, Link, News, Session, Step, Ticket};

use super::render::shown;
use crate::commands::Context;
use crate::commands::omapi::trace::hex_row;
use crate::output::Output;

/// The client's session, shown while it works.
#[derive(Debug)]
pub(super) struct Traced {
    management: Management,
    /// `None` without `-v`.
    view: Option<View>,
}

impl Traced {
    pub(super) fn new(management: Management, context: &Context) -> Self {
        let view = (context.verbose > 0).then(|| View {
            output: context.output.clone(),
            octets: context.verbose > 1,
            greeted: false,
            mask: Mask::default(),
            theirs: Vec::new(),
            closed: false,
        });
        Self { management, view }
    }
}

/// A call of the session inside.
#[derive(Clone, Debug)]
pub(super) struct On<C>(pub(super) C);

impl<C: Call<Management>> Call<Traced> for On<C> {
    type Output = C::Output;

    fn step(&mut self, traced: &mut Traced, now: Instant) -> Step<C::Output> {
        self.0.step(&mut traced.management, now)
    }
}

impl Session for Traced {
    type Flow = ();
    type Event = Event;

    fn limit(&self) -> usize {
        self.management.limit()
    }

    fn link(&self) -> Link {
        self.management.link()
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        if let Some(view) = &mut self.view {
            view.news(news);
        }
        self.management.handle_link(now, news);
    }

    fn wants_input(&self) -> bool {
        self.management.wants_input()
    }

    fn handle_input(&mut self, now: Instant, (): (), input: &[u8]) -> usize {
        let used = self.management.handle_input(now, (), input);
        if let (Some(view), Some(octets)) = (&mut self.view, input.get(..used)) {
            view.heard(octets);
        }
        used
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.management.handle_timeout(now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let start = out.len();
        let sent = self.management.poll_transmit(now, out);
        if let (Some(view), Some(octets)) = (&mut self.view, out.get(start..)) {
            view.sent(octets);
        }
        sent
    }

    fn poll_timeout(&self) -> Option<Instant> {
        self.management.poll_timeout()
    }

    fn poll_event(&mut self) -> Option<Event> {
        self.management.poll_event()
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        self.management.poll_done()
    }

    fn cancel(&mut self, ticket: Ticket) {
        self.management.cancel(ticket);
    }

    fn close(&mut self) {
        if let Some(view) = &mut self.view {
            view.closed = true;
        }
        self.management.close();
    }
}

/// What is known of the conversation.
#[derive(Debug)]
struct View {
    output: Output,
    octets: bool,
    /// Whether the daemon has greeted: before, what we send is the management password.
    greeted: bool,
    mask: Mask,
    /// The beginning of a line of the daemon's.
    theirs: Vec<u8>,
    /// Whether we have hung up.
    closed: bool,
}

impl View {
    fn news(&mut self, news: News) {
        (self.greeted, self.mask) = (false, Mask::default());
        self.theirs.clear();
        let said = match news {
            News::Up => "connected".to_owned(),
            News::Eof => "the daemon says no more".to_owned(),
            News::Down => "hung up".to_owned(),
            News::Lost(ErrorKind::BrokenPipe) if self.closed => "hung up".to_owned(),
            News::Lost(why) => format!("connection failed: {why}"),
        };
        self.output.trace(&format!("* {said}"));
    }

    fn heard(&mut self, octets: &[u8]) {
        self.theirs.extend_from_slice(octets);
        let mut theirs = std::mem::take(&mut self.theirs);
        let mut start = 0;
        while let Some(rest) = theirs.get(start..).filter(|rest| !rest.is_empty()) {
            let length = if !self.greeted && rest.starts_with(PASSWORD_PROMPT) {
                PASSWORD_PROMPT.len()
            } else if let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
                end + 1
            } else {
                break;
            };
            let line = rest[..length].trim_ascii_end();
            self.greeted |= line.starts_with(b">INFO:");
            self.show('<', line, open_part(line));
            start += length;
        }
        theirs.drain(..start);
        self.theirs = theirs;
    }

    fn sent(&mut self, octets: &[u8]) {
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let open = if self.greeted { self.mask.open(line) } else { 0 };
            self.show('>', line, open);
        }
    }

    /// Shows a line, of which so many octets are no secret.
    fn show(&self, arrow: char, line: &[u8], open: usize) {
        self.output.trace(&format!("{arrow} {}", redacted(line, open)));
        if self.octets && open >= line.len() {
            for (number, row) in line.chunks(16).enumerate() {
                self.output.trace(&format!("  {:04x}  {}", number * 16, hex_row(row)));
            }
        }
    }
}

/// A line for people, of which so many octets are no secret.
pub(crate) fn redacted(line: &[u8], open: usize) -> String {
    let (text, hidden) = line.split_at(open.min(line.len()));
    match (hidden.is_empty(), text.is_empty()) {
        (true, _) => shown(Octets(text)),
        (false, true) => REDACTED.to_owned(),
        (false, false) => format!("{} {REDACTED}", shown(Octets(text))),
    }
}

/// Knows which of our lines are secret.
#[derive(Debug, Default)]
pub(crate) struct Mask {
    /// Whether lines of a secret text are being sent.
    text: bool,
}

impl Mask {
    /// How many octets of the next line are no secret.
    pub(crate) fn open(&mut self, line: &[u8]) -> usize {
        if self.text {
            self.text = line != END;
            return if self.text { 0 } else { line.len() };
        }
        let words = lexer::arguments(line).unwrap_or_default();
        let Some(word) = words.first() else { return line.len() };
        match word.as_slice() {
            b"password" | b"username" | b"needstr" | b"cr-response" => {
                self.text = word == b"password" && words.len() == 2;
                word.len().min(line.len())
            }
            _ => line.len(),
        }
    }
}

/// How many octets of a line of the daemon's are no secret.
fn open_part(line: &[u8]) -> usize {
    let equals = |rest: &[u8]| rest.iter().position(|octet| *octet == b'=');
    for prefix in [&b">CLIENT:ENV,"[..], b">UPDOWN:ENV,"] {
        if let Some(rest) = line.strip_prefix(prefix)
            && let Some(at) = equals(rest)
            && is_secret(Octets(&rest[..at]))
        {
            return prefix.len() + at + 1;
        }
    }
    for prefix in [&b">PASSWORD:Auth-Token:"[..], b">CLIENT:CR_RESPONSE,"] {
        if line.starts_with(prefix) {
            return prefix.len();
        }
    }
    line.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(line: &str) -> &str {
        &line[..open_part(line.as_bytes())]
    }

    #[test]
    fn what_a_daemon_says_in_confidence_is_not_shown() {
        assert_eq!(open(">CLIENT:ENV,password=x=y"), ">CLIENT:ENV,password=");
        assert_eq!(open(">PASSWORD:Auth-Token:SESS"), ">PASSWORD:Auth-Token:");
        assert_eq!(open(">CLIENT:CR_RESPONSE,1,2,c2Vj"), ">CLIENT:CR_RESPONSE,");
        assert_eq!(open(">CLIENT:ENV,username=bob"), ">CLIENT:ENV,username=bob");
    }

    #[test]
    fn nor_is_what_we_say() {
        let mut mask = Mask::default();
        assert_eq!(mask.open(b"password \"Auth\" \"x\""), 8);
        assert_eq!(mask.open(b"kill \"bob\""), 10);
        assert_eq!(mask.open(b"password \"Auth\""), 8);
        assert_eq!((mask.open(b"c2VjcmV0"), mask.open(b"END"), mask.open(b"pid")), (0, 3, 3));
        assert_eq!(redacted(b"password x", 8), "password [redacted]");
        assert_eq!(redacted(b"secret", 0), "[redacted]");
    }
}
