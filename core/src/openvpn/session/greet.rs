//! The beginning of a connection: password, greeting, settings.

use std::io::ErrorKind;
use std::time::Instant;

use super::{Event, Management, Phase, Told};
use crate::openvpn::error::{Error, Fault};
use crate::openvpn::input::SAFE_LINE;
use crate::openvpn::octets::Text;
use crate::openvpn::reader::Reader;
use crate::session::later;

/// Octets of a line that is no greeting that an error shows.
const SHOWN: usize = 80;

impl Management {
    pub(super) fn greet(&mut self, now: Instant) {
        self.forget_link(Phase::Greeting);
        self.reader = Reader::new(self.config.limits);
        self.link += 1;
        self.heard = false;
        self.progress = None;
        self.fatal = None;
        self.until = Some(later(now, self.config.greeting));
    }

    /// The daemon asks for its password. It is sent once: each wrong one counts, and the third
    /// ends the connection without a word (2.6.14).
    pub(super) fn asked_for_password(&mut self, now: Instant) {
        let Some(password) = &self.config.password else {
            return self.refused(now, Error::PasswordRequired);
        };
        // Room for all of it, so that no copy is left behind.
        let mut login = Vec::with_capacity(SAFE_LINE);
        match self.reader.login(password, &mut login) {
            Ok(()) => {
                self.login = Some(login.into());
                self.phase = Phase::Locked;
                self.until = Some(later(now, self.config.greeting));
            }
            Err(wrong) => self.refused(now, wrong.into()),
        }
    }

    pub(super) fn greeted(&mut self, now: Instant, version: u32) {
        self.phase = Phase::Ready;
        self.management = Some(version);
        self.unreachable = None;
        self.counters.links += 1;
        self.retries.succeeded();
        self.own.extend(self.config.settings.commands(version));
        self.told = Told::Up;
        self.events.push_back(Event::Up { link: self.link, version });
        self.rest(now);
    }

    /// A line that is neither prompt nor greeting, before the greeting.
    pub(super) fn not_greeted(&mut self, now: Instant, line: &Text<'_>) {
        let line = line[..line.len().min(SHOWN)].to_vec().into();
        self.broken(now, Fault::NoGreeting { line });
    }

    /// The patience with the greeting is over.
    pub(super) fn no_greeting(&mut self, now: Instant) {
        if self.heard {
            return self.lost(now, ErrorKind::TimedOut, Phase::Leaving);
        }
        // The kernel accepted the connection, the daemon did not.
        self.lose(now, |_| Error::Occupied, Phase::Leaving);
        self.desk.refuse(|_| Some(Error::Occupied));
    }
}
