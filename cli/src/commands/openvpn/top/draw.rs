//! The board on a terminal. Only what fits is drawn, however many clients there are.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Modifier, Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row as Shown, Table};

use super::board::{Board, Column, Mode, Row};

const HELP: &str =
    "arrows move and sort · r reverse · / filter · x throw out · space refresh · q quit";

pub(super) fn board(frame: &mut Frame<'_>, board: &mut Board) {
    let areas =
        Layout::vertical([Constraint::Length(1), Constraint::Min(2), Constraint::Length(1)]);
    let [head, body, foot] = areas.areas(frame.area());
    frame.render_widget(Paragraph::new(summary(board)), head);
    table(frame, body, board);
    frame.render_widget(Paragraph::new(footer(board)), foot);
}

fn summary(board: &Board) -> Line<'static> {
    let (all, seen) = board.counts();
    let (rate_in, rate_out) = board.rates();
    let shown = if seen == all { String::new() } else { format!(", {seen} shown") };
    Line::from(format!(
        "{}  {all} clients{shown}  in {}/s  out {}/s",
        board.title,
        amount(rate_in),
        amount(rate_out)
    ))
    .bold()
}

fn footer(board: &Board) -> Line<'static> {
    match &board.mode {
        Mode::Filter => Line::from(format!("filter: {}_", board.filter)).yellow(),
        Mode::Confirm { cid, name } => {
            Line::from(format!("throw out client {cid}, {name}? y, or any other key")).red().bold()
        }
        Mode::Browse if !board.message.is_empty() => Line::from(board.message.clone()).yellow(),
        Mode::Browse if !board.filter.is_empty() => {
            Line::from(format!("filter: {} (esc clears it)", board.filter)).dim()
        }
        Mode::Browse => Line::from(HELP).dim(),
    }
}

fn table(frame: &mut Frame<'_>, area: Rect, board: &mut Board) {
    let page = usize::from(area.height.saturating_sub(1)).max(1);
    board.page = page;
    // The selected row stands on the page that it falls on.
    let from = board.selected / page * page;
    let rows: Vec<_> = board
        .rows(from, page)
        .enumerate()
        .map(|(number, row)| {
            let style = if from + number == board.selected {
                Style::new().add_modifier(Modifier::REVERSED)
            } else {
                Style::new()
            };
            Shown::new(cells(row, board.time)).style(style)
        })
        .collect();
    let heads = Column::ALL.map(|column| {
        let mark = match (column == board.sort, board.reverse) {
            (false, _) => "",
            (true, false) => "*",
            (true, true) => "*-",
        };
        Cell::from(format!("{}{mark}", column.title())).cyan()
    });
    let widths = [
        Constraint::Length(6),
        Constraint::Fill(3),
        Constraint::Fill(2),
        Constraint::Fill(3),
        Constraint::Fill(2),
        Constraint::Length(8),
        Constraint::Length(8),
        Constraint::Length(9),
        Constraint::Length(8),
        Constraint::Length(11),
    ];
    frame.render_widget(Table::new(rows, widths).header(Shown::new(heads)), area);
}

fn cells(row: &Row, now: u64) -> [String; 10] {
    [
        row.cid.to_string(),
        row.common_name.clone(),
        row.username.clone(),
        row.real_address.clone(),
        row.virtual_address.clone(),
        amount(row.rate_in),
        amount(row.rate_out),
        amount(row.received),
        amount(row.sent),
        age(now.saturating_sub(row.since)),
    ]
}

/// Octets, with three digits or four: `999`, `1.2k`, `34.5M`.
fn amount(octets: u64) -> String {
    let mut value = octets as f64;
    for unit in ["", "k", "M", "G", "T", "P"] {
        if value < 999.95 {
            let plain = unit.is_empty();
            return if plain { octets.to_string() } else { format!("{value:.1}{unit}") };
        }
        value /= 1000.0;
    }
    format!("{value:.1}E")
}

/// How long: `4:05`, `3:04:05`, `12d 03:04`.
fn age(seconds: u64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes}:{rest:02}"),
        (0, _) => format!("{hours}:{minutes:02}:{rest:02}"),
        _ => format!("{days}d {hours:02}:{minutes:02}"),
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::board::Key;
    use super::super::board::tests::board as made;
    use super::*;

    fn screen(shown: &mut Board, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| board(frame, shown)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn amounts_and_ages_are_short() {
        for (octets, text) in
            [(0, "0"), (999, "999"), (1000, "1.0k"), (999_960, "1.0M"), (u64::MAX, "18.4E")]
        {
            assert_eq!(amount(octets), text);
        }
        for (seconds, text) in [(65, "1:05"), (11_045, "3:04:05"), (97_445, "1d 03:04")] {
            assert_eq!(age(seconds), text);
        }
    }

    #[test]
    fn the_table_has_who_and_what() {
        let mut shown = made(&[(1, "bob", 1500), (2, "carol", 7)]);
        let text = screen(&mut shown, 120, 8);
        for part in ["2 clients", "id*", "bob", "192.0.2.1:1194", "10.9.0.2", "1.5k", "1:07:14"] {
            assert!(text.contains(part), "{part}\n{text}");
        }
        shown.key(Key::Char('x'));
        assert!(screen(&mut shown, 120, 8).contains("throw out client 1, bob? y"));
    }

    #[test]
    fn the_page_of_the_selection_is_drawn_also_on_a_tiny_screen() {
        let clients: Vec<_> = (0..200).map(|cid| (cid, "c", 0)).collect();
        let mut shown = made(&clients);
        shown.key(Key::End);
        let text = screen(&mut shown, 120, 13);
        assert!(text.contains("192.0.2.199:1194") && !text.contains("192.0.2.150:1194"), "{text}");
        screen(&mut shown, 1, 1);
    }
}
