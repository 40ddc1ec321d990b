//! What all connections share: the objects, the handles, the faults, and the notes on clients.

use std::collections::VecDeque;
use std::mem;
use std::task::Waker;
use std::time::Instant;

use super::classes::Classes;
use super::handles::Handles;
use super::harm::Harm;
use super::hosts::Hosts;
use super::leases::Leases;
use super::life::Life;
use super::records::{FailoverPeer, Group, Interface};
use super::request::Outcome;
use super::table::Table;
use super::{DataError, Fault, Setup};
use crate::backoff::Chance;
use crate::omapi::code::ResultCode;

/// The server's memory.
pub(super) struct Store {
    pub(super) setup: Setup,
    pub(super) handles: Handles,
    pub(super) leases: Leases,
    pub(super) hosts: Hosts,
    pub(super) groups: Table<String, Group>,
    pub(super) classes: Classes,
    pub(super) failover: Vec<FailoverPeer>,
    pub(super) interfaces: Vec<Interface>,
    /// Groups that were deleted and whose handles are still known, the oldest first.
    pub(super) deleted_groups: VecDeque<u32>,
    pub(super) life: Life,
    chance: Chance,
    harms: Vec<Harm>,
    counts: Counts,
    /// Answers so far, for the faults.
    answers: u64,
    /// Connections so far, for their numbers and the faults.
    arrivals: u64,
    /// Connections that are up.
    pub(super) open: usize,
    /// To be woken when the lock is released.
    wake: Vec<Waker>,
}

/// What was seen so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) harmful: u64,
    pub(super) deadly: u64,
    pub(super) requests: u64,
}

impl Store {
    pub(super) fn new(setup: Setup) -> Self {
        Self {
            handles: Handles::default(),
            leases: Leases::default(),
            hosts: Hosts::default(),
            groups: Table::default(),
            classes: Classes::default(),
            failover: Vec::new(),
            interfaces: Vec::new(),
            deleted_groups: VecDeque::new(),
            life: Life::default(),
            chance: Chance::new(setup.seed),
            harms: Vec::new(),
            counts: Counts::default(),
            answers: 0,
            arrivals: 0,
            open: 0,
            wake: Vec::new(),
            setup,
        }
    }

    /// Those who are to be woken when the lock is released.
    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        mem::take(&mut self.wake)
    }

    pub(super) fn harms(&self) -> &[Harm] {
        &self.harms
    }

    pub(super) const fn counts(&self) -> Counts {
        self.counts
    }

    /// The time of day, in seconds since 1970.
    pub(super) fn unix(&self, now: Instant) -> u32 {
        let passed = now.saturating_duration_since(self.setup.now).as_secs();
        u32::try_from(u64::from(self.setup.unix) + passed).unwrap_or(u32::MAX)
    }

    /// A number by chance: the same in each run with the same seed.
    pub(super) fn number(&mut self) -> u64 {
        self.chance.number()
    }

    /// Notes what would have harmed dhcpd; the request is refused with the code that comes back.
    pub(super) fn harm(&mut self, harm: Harm) -> ResultCode {
        self.counts.harmful += 1;
        self.counts.deadly += u64::from(harm.kills());
        if self.harms.len() < self.setup.bounds.harms {
            self.harms.push(harm);
        }
        ResultCode::INVALID_ARGUMENT
    }

    /// Refuses an empty value where dhcpd would die.
    pub(super) fn not_empty(
        &mut self,
        kind: &'static str,
        attribute: &str,
        value: &[u8],
    ) -> Outcome {
        if value.is_empty() {
            return Err(self.harm(Harm::EmptyValue { kind, attribute: attribute.to_owned() }));
        }
        Ok(())
    }

    pub(super) fn room(&self, held: usize) -> Result<(), DataError> {
        let most = self.setup.bounds.objects;
        if held < most { Ok(()) } else { Err(DataError::TooMany(most)) }
    }

    pub(super) fn end(&mut self, now: Instant, asker: Option<u64>) {
        self.wake.extend(self.life.end(now, asker));
    }

    pub(super) fn abort(&mut self) {
        self.wake.extend(self.life.abort());
    }

    pub(super) fn served(&mut self) {
        self.counts.requests += 1;
    }

    /// A connection comes: its number, and the faults of its introduction.
    pub(super) fn arrive(&mut self) -> (u64, Vec<Fault>) {
        self.arrivals += 1;
        (self.arrivals, self.striking(self.arrivals))
    }

    /// The faults of the next answer.
    pub(super) fn next_faults(&mut self) -> Vec<Fault> {
        self.answers += 1;
        self.striking(self.answers)
    }

    fn striking(&self, number: u64) -> Vec<Fault> {
        let strikes = self.setup.faults.iter().filter(|strike| strike.when.strikes(number));
        strikes.map(|strike| strike.fault).collect()
    }
}

/// Whether dhcpd can write this name into its leases file and read it back.
pub(super) fn is_token(name: &str) -> bool {
    let fits = |octet: u8| octet.is_ascii_alphanumeric() || b"._-".contains(&octet);
    !name.is_empty() && name.bytes().all(fits)
}

/// Whether dhcpd takes this name of a host over OMAPI: a quote, a backslash and what is not ASCII
/// are refused when the record is written (26); a space is taken and spoils the leases file.
pub(super) fn writable(name: &str) -> bool {
    name.bytes().all(|octet| (b' '..=b'~').contains(&octet) && octet != b'"' && octet != b'\\')
}
