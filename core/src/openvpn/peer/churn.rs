//! What happens by itself: clients that come and go, traffic, and the counters that are told.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use super::agenda::Due;
use super::members::Stage;
use super::store::Store;
use super::{Client, Edition};

/// Names of those who come.
const NAMES: [&str; 12] = [
    "ada", "brian", "carla", "dmitri", "erin", "farid", "greta", "hiro", "ines", "jonas", "kofi",
    "lena",
];

/// The shortest interval of what repeats.
const SHORTEST: Duration = Duration::from_millis(10);

impl Store {
    pub(super) fn begin_churn(&mut self) {
        if !self.is_server() {
            return;
        }
        let churn = self.setup.churn;
        for (every, due) in [
            (churn.arrivals, Due::Arrival),
            (churn.reauthentications, Due::Reauthentication),
            (churn.traffic, Due::Traffic),
        ] {
            if let Some(every) = every {
                self.after(every.max(SHORTEST), due);
            }
        }
    }

    fn again(&mut self, every: Option<Duration>, due: Due) {
        if let Some(every) = every {
            self.after(every.max(SHORTEST), due);
        }
    }

    /// A client comes, or goes: the more there are, the likelier one goes.
    pub(super) fn churn_arrival(&mut self) {
        self.again(self.setup.churn.arrivals, Due::Arrival);
        let here = self.members.ids(|member| member.stage == Stage::Up);
        if self.chance.below(8) < (here.len() as u64).min(7) / 2 {
            if let Some(cid) = self.one_of(&here) {
                self.exit_client(cid);
            }
            return;
        }
        let number = self.chance.below(250);
        let name = NAMES[self.chance.below(NAMES.len() as u64) as usize];
        let ip = Ipv4Addr::new(203, 0, 113, 2 + number as u8);
        let port = 1024 + self.chance.below(60_000) as u16;
        let client = Client::new(name, SocketAddr::new(ip.into(), port));
        let client = if self.chance.below(2) == 0 {
            client.with_login(name, "correct horse")
        } else {
            client
        };
        self.connect_client(client);
    }

    fn one_of(&mut self, ids: &[u64]) -> Option<u64> {
        let at = self.chance.below(ids.len() as u64) as usize;
        ids.get(at).copied()
    }

    pub(super) fn churn_reauthentication(&mut self) {
        self.again(self.setup.churn.reauthentications, Due::Reauthentication);
        let idle = self.members.ids(|it| it.stage == Stage::Up && it.asks.is_none());
        if let Some(cid) = self.one_of(&idle) {
            self.reauthenticate(cid);
        }
    }

    /// About two thirds of the clients move octets.
    pub(super) fn churn_traffic(&mut self) {
        self.again(self.setup.churn.traffic, Due::Traffic);
        let mut totals = self.totals;
        for member in self.members.iter_mut().filter(|member| member.stage == Stage::Up) {
            let chance = self.chance.number();
            if chance.is_multiple_of(3) {
                continue;
            }
            let (received, sent) = (100 + (chance >> 8) % 20_000, 200 + (chance >> 32) % 90_000);
            let client = &mut member.client;
            client.bytes_received = client.bytes_received.saturating_add(received);
            client.bytes_sent = client.bytes_sent.saturating_add(sent);
            member.moved = true;
            totals.0 = totals.0.saturating_add(received);
            totals.1 = totals.1.saturating_add(sent);
        }
        self.totals = totals;
    }

    pub(super) fn begin_bytecount(&mut self) {
        if self.settings.bytecount == 0 {
            self.agenda.clear(Due::ByteCount);
        } else if !self.agenda.holds(Due::ByteCount) {
            self.after(Duration::from_secs(self.settings.bytecount), Due::ByteCount);
        }
    }

    pub(super) fn tell_bytecount(&mut self) {
        if self.settings.bytecount == 0 || self.seat.is_none() {
            return;
        }
        self.begin_bytecount();
        if !self.is_server() {
            if self.edition() >= Edition::V26 || std::mem::take(&mut self.walk.moved) {
                let (received, sent) = self.totals;
                self.notify(format!(">BYTECOUNT:{received},{sent}").as_bytes());
            }
            return;
        }
        let all = self.edition() >= Edition::V27;
        let mut lines = Vec::new();
        for member in self.members.iter_mut() {
            let moved = std::mem::take(&mut member.moved);
            if member.established && (moved || all) {
                let (cid, client) = (member.cid, &member.client);
                let (received, sent) = (client.bytes_received, client.bytes_sent);
                lines.push(format!(">BYTECOUNT_CLI:{cid},{received},{sent}"));
            }
        }
        for line in lines {
            self.notify(line.as_bytes());
        }
    }
}
