//! What goes to stdout and stderr: JSON, or text for people.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use serde_json::Value;

use crate::failure::Status;

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Also in a pipe
    Always,
    /// Nowhere
    Never,
}

impl Colour {
    fn on(self, stream: &impl IsTerminal) -> bool {
        let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match self {
            Self::Auto => stream.is_terminal() && !set("NO_COLOR") && !dumb,
            Self::Always => true,
            Self::Never => false,
        }
    }
}

/// Where a command writes.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Whether stdout is JSON and nothing else.
    pub(crate) json: bool,
    palette: Palette,
    errors: Palette,
}

/// Styles, empty where there are no colours.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Palette {
    /// Names of attributes, heads of tables.
    pub(crate) name: Style,
    /// What is as it should be.
    pub(crate) good: Style,
    /// What is not.
    pub(crate) bad: Style,
    /// Asides.
    pub(crate) dim: Style,
}

impl Palette {
    const fn new(coloured: bool) -> Self {
        if !coloured {
            let none = Style::new();
            return Self { name: none, good: none, bad: none, dim: none };
        }
        Self {
            name: AnsiColor::Cyan.on_default(),
            good: AnsiColor::Green.on_default(),
            bad: AnsiColor::Red.on_default().bold(),
            dim: Style::new().dimmed(),
        }
    }
}

impl Output {
    pub(crate) fn new(json: bool, colour: Colour) -> Self {
        let palette = Palette::new(!json && colour.on(&io::stdout()));
        Self { json, palette, errors: Palette::new(colour.on(&io::stderr())) }
    }

    /// The styles of stdout.
    pub(crate) const fn palette(&self) -> &Palette {
        &self.palette
    }

    /// One result: as JSON, or as text for people. Only the form that is wanted is made.
    pub(crate) fn print(
        &self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce(&Palette) -> String,
    ) {
        if self.json { self.json_line(&json()) } else { self.text(&text(&self.palette)) }
    }

    /// The last result, as JSON or as text: see [`last_line`](Self::last_line).
    pub(crate) fn print_last(
        &self,
        json: impl FnOnce() -> Value,
        text: impl FnOnce(&Palette) -> String,
    ) {
        let last = if self.json { json().to_string() } else { text(&self.palette) };
        self.last_line(&last);
    }

    /// One JSON document on a line of its own.
    pub(crate) fn json_line(&self, value: &Value) {
        self.text(&value.to_string());
    }

    /// Text on stdout; it ends with a line end, whether given or not. When the reader has gone the
    /// process ends, as a filter does; when it cannot be written otherwise, with an error.
    pub(crate) fn text(&self, text: &str) {
        if !self.write(text) {
            std::process::exit(0);
        }
    }

    /// The last text on stdout: whether somebody reads it or not, the process ends with the exit
    /// status of what it did.
    pub(crate) fn last_line(&self, text: &str) {
        self.write(text);
    }

    /// Whether the reader is still there.
    fn write(&self, text: &str) -> bool {
        let mut stdout = io::stdout().lock();
        let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
        match write!(stdout, "{text}{end}").and_then(|()| stdout.flush()) {
            Ok(()) => true,
            Err(why) if why.kind() == io::ErrorKind::BrokenPipe => false,
            Err(why) => {
                self.error(&format!("stdout: {why}"));
                std::process::exit(Status::Other as i32);
            }
        }
    }

    /// One line on stderr: why the command failed.
    pub(crate) fn error(&self, message: &str) {
        self.mark(self.errors.bad, "error", message);
    }

    /// One line on stderr: what the user should know.
    pub(crate) fn warn(&self, message: &str) {
        self.mark(AnsiColor::Yellow.on_default(), "warning", message);
    }

    /// One line on stderr, as `-v` shows them.
    pub(crate) fn trace(&self, message: &str) {
        let dim = self.errors.dim;
        let _ = writeln!(io::stderr().lock(), "{dim}{message}{dim:#}");
    }

    fn mark(&self, style: Style, mark: &str, message: &str) {
        // The errors' palette is empty where stderr has no colours.
        let plain = self.errors.bad == Style::new();
        let style = if plain { Style::new() } else { style };
        let _ = writeln!(io::stderr().lock(), "netlever: {style}{mark}{style:#}: {message}");
    }
}

/// Names and values below each other, the values aligned.
pub(crate) fn list<N: AsRef<str>>(
    rows: impl IntoIterator<Item = (N, String)>,
    palette: &Palette,
) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let wide = rows.iter().map(|(name, _)| name.as_ref().chars().count()).max().unwrap_or(0);
    let style = palette.name;
    let mut text = String::new();
    for (name, value) in &rows {
        let name = name.as_ref();
        let line = format!("{style}{name:wide$}{style:#}  {value}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Rows in aligned columns below a head.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&word| word.to_owned()).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    pub(crate) fn render(&self, palette: &Palette) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let cells = |column| self.rows.iter().filter_map(move |row: &Vec<String>| row.get(column));
        let wide: Vec<usize> = (0..columns)
            .map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0))
            .collect();
        let mut text = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let padded: Vec<String> =
                row.iter().zip(&wide).map(|(cell, &wide)| format!("{cell:wide$}")).collect();
            let line = padded.join("  ");
            let style = if number == 0 { palette.name } else { Style::new() };
            text.push_str(&format!("{style}{}{style:#}\n", line.trim_end()));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_below_each_other() {
        let rows = [("ends", "never".to_owned()), ("ip-address", "10.0.0.1".to_owned())];
        let text = list(rows, &Palette::default());
        assert_eq!(text, "ends        never\nip-address  10.0.0.1\n");
    }

    #[test]
    fn tables_are_aligned() {
        let mut table = Table::new(&["ip", "state"]);
        table.row(vec!["10.0.0.100".into(), "active".into()]);
        let text = table.render(&Palette::default());
        assert_eq!(text, "ip          state\n10.0.0.100  active\n");
    }
}
