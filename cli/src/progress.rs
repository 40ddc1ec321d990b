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

/// A sign that something is waited for; nothing is drawn where stderr is no terminal.
pub(crate) fn spinner(what: &'static str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_message(what);
    spinner.enable_steady_tick(std::time::Duration::from_millis(200));
    spinner
}
