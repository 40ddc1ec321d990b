//! What is to happen when: one instant for each thing that can be due.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

/// A thing that can be due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The daemon begins, or begins again after a restart.
    Begin,
    /// A client daemon takes its next step.
    Step,
    /// Counters are told.
    ByteCount,
    /// A client comes or goes.
    Arrival,
    /// A client authenticates again.
    Reauthentication,
    /// Clients move octets.
    Traffic,
    /// Something of the client with this id.
    Client(u64, Act),
}

/// What a client of the server is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// It is let in.
    Establish,
    /// It answers a challenge.
    Respond,
    /// Its authentication was not answered in time.
    Expire,
    /// It is gone.
    Leave,
}

/// The things that are due, by time; at one instant in the order of [`Due`].
#[derive(Debug, Default)]
pub(super) struct Agenda {
    order: BTreeSet<(Instant, Due)>,
    at: BTreeMap<Due, Instant>,
}

impl Agenda {
    /// This is due then, and not when it was before.
    pub(super) fn set(&mut self, due: Due, at: Instant) {
        self.clear(due);
        self.at.insert(due, at);
        self.order.insert((at, due));
    }

    pub(super) fn clear(&mut self, due: Due) {
        if let Some(at) = self.at.remove(&due) {
            self.order.remove(&(at, due));
        }
    }

    pub(super) fn holds(&self, due: Due) -> bool {
        self.at.contains_key(&due)
    }

    pub(super) fn first(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The next thing that is due by now.
    pub(super) fn pop(&mut self, now: Instant) -> Option<(Instant, Due)> {
        let (at, due) = *self.order.first().filter(|(at, _)| *at <= now)?;
        self.clear(due);
        Some((at, due))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn each_thing_is_due_once_and_in_order() {
        let now = Instant::now();
        let at = |seconds| now + Duration::from_secs(seconds);
        let mut agenda = Agenda::default();
        agenda.set(Due::Traffic, at(3));
        agenda.set(Due::Step, at(2));
        agenda.set(Due::Traffic, at(1));
        agenda.set(Due::Arrival, at(2));
        agenda.clear(Due::Arrival);
        assert_eq!(agenda.first(), Some(at(1)));
        assert!(agenda.holds(Due::Step) && !agenda.holds(Due::Arrival));
        assert_eq!(agenda.pop(now), None);
        assert_eq!(agenda.pop(at(9)), Some((at(1), Due::Traffic)));
        assert_eq!(agenda.pop(at(9)), Some((at(2), Due::Step)));
        assert_eq!(agenda.pop(at(9)), None);
    }
}
