//! How far long work has come: a bar on stderr, when that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of so many steps; nothing is drawn where stderr is no terminal.
pub(crate) fn bar(steps: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {msg} {eta}");
    let bar = ProgressBar::new(steps).with_prefix(what);
    match style {
        Ok(style) => bar.with_style(style.progress_chars("=> ")),
        Err(_) => bar,
    }
}
