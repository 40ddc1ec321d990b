//! When to dial again: jittered exponential backoff, as a policy of the session.
//!
//! After the n-th failure in a row the wait is `first * 2^(n-1)`, at most `most`, less a random
//! part of up to `jitter` percent of it, so that a thousand clients of one server that came back
//! do not all knock at once. The chance comes from a seed: the same seed waits the same times.

use std::time::{Duration, Instant};

use crate::session::later;

/// What a session does when its link is lost or cannot be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reconnect {
    /// It ends: every call that waits fails, and so does every later one.
    Never,
    /// It dials again, for as long as somebody waits.
    Backoff(Backoff),
}

/// The waits of [`Reconnect::Backoff`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first wait; the next ones double.
    pub first: Duration,
    /// The longest wait.
    pub most: Duration,
    /// The random part, in percent of the wait (0 to 100).
    pub jitter: u8,
}

impl Default for Backoff {
    /// 100 ms, doubling to 30 s, a quarter of it random.
    fn default() -> Self {
        Self { first: Duration::from_millis(100), most: Duration::from_secs(30), jitter: 25 }
    }
}

/// The state of one link's retries.
#[derive(Clone, Debug)]
pub struct Retries {
    policy: Reconnect,
    chance: Chance,
    failures: u32,
    until: Option<Instant>,
}

impl Retries {
    /// No failure so far.
    #[must_use]
    pub const fn new(policy: Reconnect, seed: u64) -> Self {
        Self { policy, chance: Chance::new(seed), failures: 0, until: None }
    }

    /// The link failed now. `true`: wait until [`poll_timeout`](Self::poll_timeout), then dial;
    /// `false`: the policy says to end.
    pub fn failed(&mut self, now: Instant) -> bool {
        let Reconnect::Backoff(backoff) = self.policy else { return false };
        let doubled = backoff.first.saturating_mul(1 << self.failures.min(30));
        let wait = doubled.min(backoff.most);
        let part = u64::from(backoff.jitter.min(100)) * self.chance.below(1001);
        let less = wait.as_nanos() * u128::from(part) / 100_000;
        self.failures = self.failures.saturating_add(1);
        self.until = Some(later(now, wait.saturating_sub(nanos(less))));
        true
    }

    /// The link works: the next failure begins with the first wait again.
    pub fn succeeded(&mut self) {
        (self.failures, self.until) = (0, None);
    }

    /// Whether a dial must still wait.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.until.is_some()
    }

    /// How many failures there were in a row.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }

    /// When the wait ends.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.until
    }

    /// Ends the wait when its time has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.until = self.until.filter(|until| *until > now);
    }
}

fn nanos(nanos: u128) -> Duration {
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Numbers from a seed (SplitMix64): for jitter and for tests, not for secrets.
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// The next number below `bound`; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.number().checked_rem(bound).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_jitter_only_shortens() {
        let now = Instant::now();
        let backoff =
            Backoff { first: Duration::from_secs(1), most: Duration::from_secs(10), jitter: 25 };
        let mut retries = Retries::new(Reconnect::Backoff(backoff), 7);
        let mut seen = vec![];
        for whole in [1, 2, 4, 8, 10, 10] {
            assert!(retries.failed(now));
            let wait = retries.poll_timeout().unwrap() - now;
            let whole = Duration::from_secs(whole);
            assert!(wait <= whole && wait >= whole * 3 / 4, "{wait:?} of {whole:?}");
            seen.push(wait);
        }
        retries.succeeded();
        assert!(!retries.waits());
        assert!(retries.failed(now));
        assert!(retries.poll_timeout().unwrap() - now <= Duration::from_secs(1));
        let mut other = Retries::new(Reconnect::Backoff(backoff), 8);
        let others: Vec<_> = (0..6)
            .map(|_| other.failed(now).then(|| other.poll_timeout().unwrap() - now).unwrap())
            .collect();
        assert_ne!(seen, others, "another seed, other waits");
    }

    #[test]
    fn never_means_never_and_a_wait_ends_on_time() {
        let now = Instant::now();
        assert!(!Retries::new(Reconnect::Never, 0).failed(now));
        let mut retries = Retries::new(Reconnect::Backoff(Backoff::default()), 1);
        assert!(retries.failed(now));
        let until = retries.poll_timeout().unwrap();
        retries.handle_timeout(until - Duration::from_nanos(1));
        assert!(retries.waits());
        retries.handle_timeout(until);
        assert!(!retries.waits());
        assert_eq!(retries.failures(), 1);
    }
}
