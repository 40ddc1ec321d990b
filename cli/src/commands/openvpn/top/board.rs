//! What `top` shows, and what its keys do: without a terminal.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::time::Duration;

use netlever_core::openvpn::status::Status;

use super::super::render::{maybe_shown, shown};

/// A client, with what it moves.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Row {
    pub(super) cid: u64,
    pub(super) common_name: String,
    pub(super) username: String,
    pub(super) real_address: String,
    pub(super) virtual_address: String,
    pub(super) received: u64,
    pub(super) sent: u64,
    /// Octets a second, since the listing before.
    pub(super) rate_in: u64,
    pub(super) rate_out: u64,
    /// Unix seconds.
    pub(super) since: u64,
}

/// By what the rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Column {
    Id,
    Name,
    Username,
    RealAddress,
    VirtualAddress,
    RateIn,
    RateOut,
    Received,
    Sent,
    Since,
}

impl Column {
    pub(super) const ALL: [Self; 10] = [
        Self::Id,
        Self::Name,
        Self::Username,
        Self::RealAddress,
        Self::VirtualAddress,
        Self::RateIn,
        Self::RateOut,
        Self::Received,
        Self::Sent,
        Self::Since,
    ];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "common name",
            Self::Username => "username",
            Self::RealAddress => "real address",
            Self::VirtualAddress => "virtual address",
            Self::RateIn => "in/s",
            Self::RateOut => "out/s",
            Self::Received => "received",
            Self::Sent => "sent",
            Self::Since => "connected",
        }
    }

    /// Whether the largest comes first: for what is moved.
    const fn falls(self) -> bool {
        matches!(self, Self::RateIn | Self::RateOut | Self::Received | Self::Sent)
    }

    fn order(self, a: &Row, b: &Row) -> Ordering {
        match self {
            Self::Id => Ordering::Equal,
            Self::Name => a.common_name.cmp(&b.common_name),
            Self::Username => a.username.cmp(&b.username),
            Self::RealAddress => a.real_address.cmp(&b.real_address),
            Self::VirtualAddress => a.virtual_address.cmp(&b.virtual_address),
            Self::RateIn => a.rate_in.cmp(&b.rate_in),
            Self::RateOut => a.rate_out.cmp(&b.rate_out),
            Self::Received => a.received.cmp(&b.received),
            Self::Sent => a.sent.cmp(&b.sent),
            Self::Since => a.since.cmp(&b.since),
        }
    }

    fn step(self, by: isize) -> Self {
        let count = Self::ALL.len() as isize;
        let at = Self::ALL.iter().position(|column| *column == self).unwrap_or(0) as isize;
        Self::ALL[(at + by).rem_euclid(count) as usize]
    }
}

/// A key, whatever the terminal calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    Char(char),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    Home,
    End,
    Enter,
    Escape,
    Backspace,
    Interrupt,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wish {
    Nothing,
    Quit,
    Refresh,
    Kill(u64),
}

/// What the keys mean just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Browse,
    /// The filter is being typed.
    Filter,
    /// Whether this client is really to be thrown out.
    Confirm {
        cid: u64,
        name: String,
    },
}

/// The state of the screen.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) title: String,
    rows: Vec<Row>,
    /// Rows that pass the filter, sorted.
    view: Vec<usize>,
    pub(super) sort: Column,
    pub(super) reverse: bool,
    pub(super) filter: String,
    pub(super) mode: Mode,
    /// The row that the keys are about, by its place in the view …
    pub(super) selected: usize,
    /// … and its client, which it follows.
    followed: Option<u64>,
    /// Rows that fit on the screen, as drawn last.
    pub(super) page: usize,
    pub(super) message: String,
    /// When the listing was made, in Unix seconds.
    pub(super) time: u64,
}

impl Board {
    pub(super) fn new(title: String) -> Self {
        Self {
            title,
            rows: Vec::new(),
            view: Vec::new(),
            sort: Column::Id,
            reverse: false,
            filter: String::new(),
            mode: Mode::Browse,
            selected: 0,
            followed: None,
            page: 20,
            message: String::new(),
            time: 0,
        }
    }

    /// How many clients there are, and how many are shown.
    pub(super) const fn counts(&self) -> (usize, usize) {
        (self.rows.len(), self.view.len())
    }

    /// Octets a second of all clients, in and out.
    pub(super) fn rates(&self) -> (u64, u64) {
        self.rows.iter().fold((0, 0), |(all_in, all_out), row| {
            (all_in.saturating_add(row.rate_in), all_out.saturating_add(row.rate_out))
        })
    }

    /// The rows from this place of the view on, so many at most.
    pub(super) fn rows(&self, from: usize, count: usize) -> impl Iterator<Item = &Row> {
        self.view.iter().skip(from).take(count).map(|index| &self.rows[*index])
    }

    /// A new listing, so long after the one before.
    pub(super) fn update(&mut self, status: &Status<'_>, after: Duration) {
        let before: BTreeMap<u64, (u64, u64)> =
            self.rows.iter().map(|row| (row.cid, (row.received, row.sent))).collect();
        let seconds = after.as_secs_f64();
        let rate = |now: u64, then: u64| match seconds > 0.0 {
            true => (now.saturating_sub(then) as f64 / seconds) as u64,
            false => 0,
        };
        self.time = status.time().unwrap_or(self.time);
        self.rows = status
            .clients()
            .flatten()
            .map(|client| {
                let cid = client.cid.unwrap_or_default();
                let (received, sent) = (client.bytes_received, client.bytes_sent);
                let (then_in, then_out) = before.get(&cid).copied().unwrap_or((received, sent));
                Row {
                    cid,
                    common_name: shown(client.common_name),
                    username: maybe_shown(client.username),
                    real_address: shown(client.real_address),
                    virtual_address: maybe_shown(client.virtual_address.or(client.virtual_ipv6)),
                    received,
                    sent,
                    rate_in: rate(received, then_in),
                    rate_out: rate(sent, then_out),
                    since: client.connected_since_time.unwrap_or_default(),
                }
            })
            .collect();
        self.arrange();
    }

    /// Sorts and filters again; the selection stays with its client.
    fn arrange(&mut self) {
        let wanted = self.filter.to_lowercase();
        let passes = |row: &Row| {
            let texts = [&row.common_name, &row.username, &row.real_address, &row.virtual_address];
            wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(&wanted))
        };
        let rows = &self.rows;
        let mut view: Vec<usize> = (0..rows.len()).filter(|index| passes(&rows[*index])).collect();
        let falls = self.sort.falls() != self.reverse;
        view.sort_by(|a, b| {
            let (a, b) = (&rows[*a], &rows[*b]);
            let order = self.sort.order(a, b).then(a.cid.cmp(&b.cid));
            if falls { order.reverse() } else { order }
        });
        self.view = view;
        let place = |cid| self.view.iter().position(|index| self.rows[*index].cid == cid);
        self.select(self.followed.and_then(place).unwrap_or(self.selected));
    }

    fn select(&mut self, place: usize) {
        self.selected = place.min(self.view.len().saturating_sub(1));
        self.followed = self.view.get(self.selected).map(|index| self.rows[*index].cid);
    }

    pub(super) fn key(&mut self, key: Key) -> Wish {
        if key == Key::Interrupt {
            return Wish::Quit;
        }
        match std::mem::replace(&mut self.mode, Mode::Browse) {
            Mode::Browse => self.browse(key),
            Mode::Filter => {
                self.type_filter(key);
                Wish::Nothing
            }
            Mode::Confirm { cid, .. } => {
                self.message.clear();
                if key == Key::Char('y') { Wish::Kill(cid) } else { Wish::Nothing }
            }
        }
    }

    fn browse(&mut self, key: Key) -> Wish {
        self.message.clear();
        match key {
            Key::Char('q') => return Wish::Quit,
            Key::Char(' ') => return Wish::Refresh,
            Key::Up | Key::Char('k') => self.select(self.selected.saturating_sub(1)),
            Key::Down | Key::Char('j') => self.select(self.selected + 1),
            Key::PageUp => self.select(self.selected.saturating_sub(self.page)),
            Key::PageDown => self.select(self.selected + self.page),
            Key::Home => self.select(0),
            Key::End => self.select(usize::MAX),
            Key::Left | Key::Char('<') => self.sort_by(self.sort.step(-1)),
            Key::Right | Key::Char('>' | 's') => self.sort_by(self.sort.step(1)),
            Key::Char('r') => {
                self.reverse = !self.reverse;
                self.arrange();
            }
            Key::Char('/') => self.mode = Mode::Filter,
            Key::Escape => {
                self.filter.clear();
                self.arrange();
            }
            Key::Char('x') => {
                if let Some(row) = self.view.get(self.selected).map(|index| &self.rows[*index]) {
                    let name = row.common_name.clone();
                    self.mode = Mode::Confirm { cid: row.cid, name };
                }
            }
            _ => {}
        }
        Wish::Nothing
    }

    fn sort_by(&mut self, column: Column) {
        (self.sort, self.reverse) = (column, false);
        self.arrange();
    }

    fn type_filter(&mut self, key: Key) {
        self.mode = Mode::Filter;
        match key {
            Key::Char(character) => self.filter.push(character),
            Key::Backspace => {
                self.filter.pop();
            }
            Key::Escape => {
                self.filter.clear();
                self.mode = Mode::Browse;
            }
            Key::Enter => self.mode = Mode::Browse,
            _ => {}
        }
        self.arrange();
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in super::super) fn listing(clients: &[(u64, &str, u64)]) -> String {
        let mut text = "TITLE\tOpenVPN 2.6.14\nTIME\tlocal\t1795294034\nHEADER\tCLIENT_LIST\t\
            Common Name\tReal Address\tVirtual Address\tBytes Received\tBytes Sent\t\
            Connected Since\tConnected Since (time_t)\tUsername\tClient ID\n"
            .to_owned();
        for (cid, name, received) in clients {
            text.push_str(&format!(
                "CLIENT_LIST\t{name}\t192.0.2.{cid}:1194\t10.9.0.{cid}\t{received}\t0\tlocal\t\
                 1795290000\tUNDEF\t{cid}\n"
            ));
        }
        text + "END\n"
    }

    pub(in super::super) fn board(clients: &[(u64, &str, u64)]) -> Board {
        let mut board = Board::new("here".into());
        board.update(&Status::parse(listing(clients).as_bytes()).unwrap(), Duration::ZERO);
        board
    }

    fn names(board: &Board) -> Vec<&str> {
        board.rows(0, 100).map(|row| row.common_name.as_str()).collect()
    }

    #[test]
    fn rates_follow_from_two_listings() {
        let mut board = board(&[(1, "bob", 1000), (2, "carol", 500)]);
        assert_eq!(board.rates(), (0, 0));
        let next = listing(&[(2, "carol", 2500), (3, "dave", 7)]);
        board.update(&Status::parse(next.as_bytes()).unwrap(), Duration::from_secs(2));
        let rates: Vec<_> = board.rows(0, 9).map(|row| (row.cid, row.rate_in)).collect();
        assert_eq!((rates, board.rates()), (vec![(2, 1000), (3, 0)], (1000, 0)));
    }

    #[test]
    fn rows_are_sorted_filtered_and_followed() {
        let mut board = board(&[(1, "bob", 5), (2, "Alice", 7), (3, "carol", 6)]);
        board.key(Key::Down);
        board.key(Key::Down);
        assert_eq!(board.selected, 2);
        board.key(Key::Right);
        assert_eq!((names(&board), board.sort), (vec!["Alice", "bob", "carol"], Column::Name));
        for key in [Key::Char('/'), Key::Char('c'), Key::Char('A')] {
            board.key(key);
        }
        assert_eq!((names(&board), board.selected), (vec!["carol"], 0));
        board.key(Key::Enter);
        board.key(Key::Escape);
        assert_eq!((names(&board).len(), board.selected), (3, 2));
        board.sort_by(Column::Received);
        assert_eq!((names(&board), board.selected), (vec!["Alice", "carol", "bob"], 1));
        board.key(Key::Char('r'));
        assert_eq!(names(&board), ["bob", "carol", "Alice"]);
        board.key(Key::End);
        assert_eq!(board.selected, 2);
        board.key(Key::PageDown);
        assert_eq!(board.selected, 2);
    }

    #[test]
    fn a_client_is_thrown_out_only_when_that_is_confirmed() {
        let mut board = board(&[(1, "bob", 5), (2, "carol", 7)]);
        board.key(Key::Down);
        assert_eq!(board.key(Key::Char('x')), Wish::Nothing);
        assert_eq!(board.mode, Mode::Confirm { cid: 2, name: "carol".into() });
        assert_eq!(board.key(Key::Enter), Wish::Nothing);
        assert_eq!(board.mode, Mode::Browse);
        board.key(Key::Char('x'));
        assert_eq!(board.key(Key::Char('y')), Wish::Kill(2));
        let mut nobody = Board::new(String::new());
        assert_eq!(
            (nobody.key(Key::Char('x')), nobody.mode.clone()),
            (Wish::Nothing, Mode::Browse)
        );
        assert_eq!(nobody.key(Key::Char('q')), Wish::Quit);
    }
}
