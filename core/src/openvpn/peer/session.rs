//! The daemon's end of one connection.

use std::fmt;
use std::time::Instant;

use super::Daemon;
use super::seat::{READ, Served};
use crate::session::{Link, News, Session, Ticket};

/// Events that wait before the connection stops reading.
const EVENTS: usize = 1024;

/// A [`Session`] that serves one management client, or keeps it waiting while another one is
/// served; [`Daemon::session`] makes it.
///
/// Its driver needs one hint that a session cannot give: when something happens elsewhere (a client
/// of the VPN comes, the connection before this one leaves), this one is to be polled again.
/// [`serve`](super::serve()) does it.
pub struct Connection {
    daemon: Daemon,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No transport was there yet.
    New,
    /// With its number, by arrival. It is served, waits, or is through: the daemon knows.
    Open(u64),
    Gone,
}

impl Connection {
    pub(super) const fn new(daemon: Daemon) -> Self {
        Self { daemon, state: State::New }
    }

    const fn number(&self) -> Option<u64> {
        match self.state {
            State::Open(number) => Some(number),
            _ => None,
        }
    }

    fn leave(&mut self, now: Option<Instant>) {
        if let State::Open(number) = std::mem::replace(&mut self.state, State::Gone) {
            self.daemon.with(now, |store| store.leave(number));
        }
    }
}

impl Session for Connection {
    type Flow = ();
    type Event = Served;

    fn link(&self) -> Link {
        match self.state {
            State::New => Link::Up,
            State::Gone => Link::Over,
            State::Open(number) => self.daemon.look(|store| {
                let seat = store.seat.as_ref().filter(|seat| seat.number == number);
                let waits = store.waiting.contains(&number) || store.ignores(number);
                match seat {
                    Some(seat) if seat.closing && seat.is_idle() => Link::Over,
                    Some(_) => Link::Up,
                    None if waits && !store.ended => Link::Up,
                    None => Link::Over,
                }
            }),
        }
    }

    fn handle_link(&mut self, now: Instant, news: News) {
        match news {
            News::Up => {
                let number = self.daemon.with(Some(now), |store| store.arrive());
                self.state = number.map_or(State::Gone, State::Open);
            }
            // What was asked is still answered.
            News::Eof => {
                let Some(number) = self.number() else { return };
                let through = self.daemon.with(Some(now), |store| {
                    let seat = store.seat.as_mut().filter(|seat| seat.number == number);
                    seat.map(|seat| seat.finish()).is_none()
                });
                if through {
                    self.leave(Some(now));
                }
            }
            News::Down | News::Lost(_) => {
                if self.state == State::New {
                    // A daemon that was to connect and could not ends.
                    self.daemon.with(Some(now), |store| {
                        if store.setup.ends_with_client {
                            store.end();
                        }
                    });
                }
                self.leave(Some(now));
                self.state = State::Gone;
            }
        }
    }

    fn wants_input(&self) -> bool {
        let Some(number) = self.number() else { return true };
        self.daemon.look(|store| match &store.seat {
            // No command is read until all output is gone.
            Some(seat) if seat.number == number => {
                seat.closing || seat.is_idle() && seat.served.len() < EVENTS
            }
            _ => store.ended || store.ignores(number),
        })
    }

    fn handle_input(&mut self, now: Instant, _: (), input: &[u8]) -> usize {
        let Some(number) = self.number() else { return input.len() };
        if !self.wants_input() {
            return 0;
        }
        self.daemon.with(Some(now), |store| {
            let Some(seat) = store.seat.as_mut().filter(|seat| seat.number == number) else {
                return if store.ignores(number) || store.ended { input.len() } else { 0 };
            };
            if seat.closing {
                return input.len(); // nobody listens
            }
            let octets = &input[..input.len().min(READ)];
            seat.read(octets);
            store.run(number);
            octets.len()
        })
    }

    fn handle_timeout(&mut self, now: Instant) {
        self.daemon.with(Some(now), |_| ());
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let number = self.number()?;
        self.daemon.with(None, |store| {
            store.run(number); // lines that waited for room
            let seat = store.seat.as_mut().filter(|seat| seat.number == number)?;
            seat.transmit(now, out).then_some(())
        })
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let number = self.number()?;
        self.daemon.look(|store| {
            let seat = store.seat.as_ref().filter(|seat| seat.number == number)?;
            seat.due(store.now).into_iter().chain(store.agenda.first()).min()
        })
    }

    fn poll_event(&mut self) -> Option<Served> {
        let number = self.number()?;
        self.daemon.with(None, |store| {
            store.seat.as_mut().filter(|seat| seat.number == number)?.served.pop_front()
        })
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        None
    }

    fn cancel(&mut self, _: Ticket) {}

    fn close(&mut self) {
        match self.number() {
            None => self.state = State::Gone,
            Some(number) => self.daemon.with(None, |store| {
                store.waiting.retain(|waits| *waits != number);
                if let Some(seat) = store.seat.as_mut().filter(|seat| seat.number == number) {
                    seat.close();
                }
            }),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.leave(None);
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection").field("state", &self.state).finish_non_exhaustive()
    }
}
