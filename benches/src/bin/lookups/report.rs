//! Rounds to a table.

use std::fmt;

use netlever_benches::Spread;

use crate::{Took, Way, Who};

/// What each way took, round by round.
pub(crate) struct Report {
    rows: Vec<(Way, Vec<Took>)>,
}

impl Report {
    /// Of the ways whose name holds `only`.
    pub(crate) fn new(ways: &[Way], only: &str) -> Self {
        let ways = ways.iter().filter(|way| way.to_string().contains(only));
        Self { rows: ways.map(|way| (*way, Vec::new())).collect() }
    }

    pub(crate) fn ways(&self) -> Vec<Way> {
        self.rows.iter().map(|row| row.0).collect()
    }

    pub(crate) fn add(&mut self, way: Way, took: Took) {
        for row in &mut self.rows {
            if row.0.to_string() == way.to_string() {
                row.1.push(took);
            }
        }
    }

    /// Lookups a second of the yardstick for this way, and of pypureomapi.
    fn yardsticks(&self, way: Way) -> (Option<f64>, Option<f64>) {
        let raw_window = if way.window == 1 { 1 } else { 8 };
        let find = |who: Who, connections: usize, window: usize| {
            let same = |other: &Way| {
                other.who == who && other.connections == connections && other.window == window
            };
            let row = self.rows.iter().find(|row| same(&row.0) && !row.1.is_empty())?;
            Some(rate(&row.1).median)
        };
        (find(Who::Raw, way.connections, raw_window), find(Who::Pypureomapi, 1, 1))
    }
}

/// Lookups a second.
fn rate(rounds: &[Took]) -> Spread {
    Spread::of(rounds.iter().map(|took| took.lookups as f64 / took.time))
}

/// Microseconds of processor time for each lookup.
fn processor(rounds: &[Took]) -> Spread {
    Spread::of(rounds.iter().map(|took| took.processor / took.lookups as f64 * 1e6))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<38} {:>26} {:>7} {:>12} {:>18}",
            "way", "lookups a second", "of raw", "pypureomapi", "µs of processor"
        )?;
        for (way, rounds) in self.rows.iter().filter(|row| !row.1.is_empty()) {
            let rate = rate(rounds);
            let (raw, pypureomapi) = self.yardsticks(*way);
            let percent = |yard: f64| format!("{:.0} %", rate.median / yard * 100.0);
            let times = |yard: f64| format!("{:.1} x", rate.median / yard);
            writeln!(
                f,
                "{:<38} {:>26} {:>7} {:>12} {:>18}",
                way.to_string(),
                rate.to_string(),
                raw.map(percent).unwrap_or_default(),
                pypureomapi.map(times).unwrap_or_default(),
                one_decimal(processor(rounds)),
            )?;
        }
        Ok(())
    }
}

fn one_decimal(Spread { median, least, most }: Spread) -> String {
    format!("{median:.1} ({least:.1}..{most:.1})")
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let who = match self.who {
            Who::Raw => "raw",
            Who::Tokio => "tokio",
            Who::AsyncStd => "async-std",
            Who::Blocking => "blocking",
            Who::Pypureomapi => "pypureomapi",
        };
        let window = match self.window {
            1 => "one at a time".into(),
            window => format!("{window} at once"),
        };
        match self.connections {
            1 => write!(f, "{who}, {window}"),
            some => write!(f, "{who}, {some} connections, {window}"),
        }
    }
}
