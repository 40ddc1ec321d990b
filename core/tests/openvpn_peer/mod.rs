//! A management client by hand: octets in and out of a simulated daemon, on a virtual clock.

use std::time::{Duration, Instant};

use netlever_core::openvpn::peer::{Connection, Daemon, Setup};
use netlever_core::session::{Link, News, Session};

/// The time of day at the start.
pub(crate) const UNIX: u64 = 1_795_294_029;

/// One connection and its clock.
pub(crate) struct Hand {
    pub(crate) daemon: Daemon,
    pub(crate) now: Instant,
    connection: Connection,
}

impl Hand {
    /// Connects to a new daemon.
    pub(crate) fn new(change: impl FnOnce(Instant) -> Setup) -> Self {
        let now = Instant::now();
        let daemon = Daemon::new(change(now));
        Self::at(daemon, now)
    }

    pub(crate) fn server() -> Self {
        Self::new(|now| Setup::server(now, UNIX))
    }

    /// Connects to this daemon.
    pub(crate) fn at(daemon: Daemon, now: Instant) -> Self {
        let mut connection = daemon.session();
        connection.handle_link(now, News::Up);
        Self { daemon, now, connection }
    }

    /// What the daemon says now.
    pub(crate) fn octets(&mut self) -> Vec<u8> {
        let mut out = Vec::new();
        loop {
            while self.connection.poll_timeout().is_some_and(|at| at <= self.now) {
                self.connection.handle_timeout(self.now);
            }
            if self.connection.poll_transmit(self.now, &mut out).is_none() {
                return out;
            }
        }
    }

    pub(crate) fn hear(&mut self) -> String {
        String::from_utf8_lossy(&self.octets()).replace("\r\n", "\n")
    }

    /// Sends octets, in one write, and hears what is said at once.
    pub(crate) fn say(&mut self, octets: impl AsRef<[u8]>) -> String {
        let (mut rest, mut heard) = (octets.as_ref(), String::new());
        while !rest.is_empty() {
            let used = self.connection.handle_input(self.now, (), rest);
            rest = &rest[used..];
            let said = self.hear();
            if used == 0 && said.is_empty() {
                break; // it does not listen
            }
            heard += &said;
        }
        heard + &self.hear()
    }

    /// Sends one line.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.say(format!("{line}\n"))
    }

    /// Lets time pass, and hears what is said meanwhile.
    pub(crate) fn wait(&mut self, time: Duration) -> String {
        let (until, mut heard) = (self.now + time, self.hear());
        while let Some(at) = self.connection.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.connection.handle_timeout(self.now);
            heard += &self.hear();
        }
        self.now = until;
        self.daemon.advance(until);
        heard + &self.hear()
    }

    pub(crate) fn seconds(&mut self, seconds: u64) -> String {
        self.wait(Duration::from_secs(seconds))
    }

    pub(crate) fn is_over(&self) -> bool {
        self.connection.link() == Link::Over
    }

    pub(crate) fn eof(&mut self) -> String {
        self.connection.handle_link(self.now, News::Eof);
        self.hear()
    }

    pub(crate) fn leave(&mut self) {
        self.connection.handle_link(self.now, News::Down);
    }

    pub(crate) fn events(&mut self) -> Vec<netlever_core::openvpn::peer::Served> {
        std::iter::from_fn(|| self.connection.poll_event()).collect()
    }
}
