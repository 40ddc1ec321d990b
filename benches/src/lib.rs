//! What the benches share: the message that they measure, the server that they ask, and medians.
//!
//! README.md beside this crate says what each bench measures, how to run it, and what came out.

pub mod codec;
pub mod python;
pub mod readme;
pub mod server;

use std::fmt;

/// A figure of several rounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The middle one; the lower of the two middle ones when their number is even.
    pub median: f64,
    /// The least.
    pub least: f64,
    /// The greatest.
    pub most: f64,
}

impl Spread {
    /// Of the figures of some rounds; all 0 when there was none.
    #[must_use]
    pub fn of(rounds: impl IntoIterator<Item = f64>) -> Self {
        let mut rounds: Vec<f64> = rounds.into_iter().collect();
        rounds.sort_by(f64::total_cmp);
        let at = |place: usize| rounds.get(place).copied().unwrap_or(0.0);
        let last = rounds.len().saturating_sub(1);
        Self { median: at(last / 2), least: at(0), most: at(last) }
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { median, least, most } = self;
        f.pad(&format!("{median:.0} ({least:.0}..{most:.0})"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_of_the_rounds_whatever_their_order() {
        let spread = Spread::of([5.0, 1.0, 9.0]);
        assert_eq!(spread, Spread { median: 5.0, least: 1.0, most: 9.0 });
        assert_eq!(spread.to_string(), "5 (1..9)");
        assert_eq!(Spread::of([]).median, 0.0);
    }
}
