//! The life of a server's clients: they come, are let in, authenticate again, and go.
//!
//! ```text
//!  Asking ──client-auth──► Granted ──► Up ──REAUTH, client-deny──► Leaving ──► gone
//!     │ client-deny, no answer for 60 s   │ kill, exit, client-kill  ▲          DISCONNECT
//!     └───────────────────────────────────┴─────────────────────────┘
//! ```

use std::net::IpAddr;
use std::time::Duration;

use super::agenda::{Act, Due};
use super::client::{MAX_ROUTES, Subnet};
use super::env::Occasion;
use super::members::{Member, Stage};
use super::store::Store;
use super::text::words;
use super::{Client, Mode, ServerSide};
use crate::session::later;

impl Store {
    pub(super) fn server(&self) -> Option<&ServerSide> {
        match &self.setup.mode {
            Mode::Server(server) => Some(server),
            Mode::Client(_) => None,
        }
    }

    fn asks_permission(&self) -> bool {
        self.server().is_some_and(|server| server.client_auth)
    }

    /// Puts a client where it stands, and tells nobody.
    pub(super) fn put_client(&mut self, mut client: Client, stage: Stage) -> Option<u64> {
        if !self.is_server() || self.members.len() >= self.setup.bounds.clients {
            return None;
        }
        client.clean();
        self.totals.0 = self.totals.0.saturating_add(client.bytes_received);
        self.totals.1 = self.totals.1.saturating_add(client.bytes_sent);
        let since = self.unix();
        let cid = self.members.add(client, stage, since);
        if self.server().is_some_and(|server| server.auth_token) {
            let session = format!("{:016x}", self.chance.number());
            if let Some(member) = self.members.get_mut(cid) {
                member.session = Some(session);
            }
        }
        match stage {
            Stage::Up => self.members.establish(cid),
            Stage::Asking => self.begin_asking(cid, 1),
            Stage::Granted => self.after(Duration::ZERO, Due::Client(cid, Act::Establish)),
            Stage::Leaving => self.after(self.setup.timers.kill, Due::Client(cid, Act::Leave)),
            Stage::Handshake => {
                self.after(self.setup.timers.answer, Due::Client(cid, Act::Expire));
            }
        }
        Some(cid)
    }

    /// A client comes: CONNECT, if it has to ask.
    pub(super) fn connect_client(&mut self, client: Client) -> Option<u64> {
        if !self.live {
            return None;
        }
        if !self.asks_permission() {
            let cid = self.put_client(client, Stage::Granted)?;
            self.after(self.setup.timers.establish, Due::Client(cid, Act::Establish));
            return Some(cid);
        }
        let cid = self.put_client(client, Stage::Asking)?;
        self.tell_client(&format!("CONNECT,{cid},1"), cid, Occasion::Connect);
        Some(cid)
    }

    fn begin_asking(&mut self, cid: u64, kid: u64) {
        if let Some(member) = self.members.get_mut(cid) {
            (member.kid, member.asks) = (kid, Some(kid));
        }
        self.after(self.setup.timers.answer, Due::Client(cid, Act::Expire));
    }

    /// An established client authenticates again.
    pub(super) fn reauthenticate(&mut self, cid: u64) -> Option<u64> {
        let step = 1 + self.chance.below(2);
        let member = self.members.get_mut(cid).filter(|member| member.stage == Stage::Up)?;
        let kid = member.kid.saturating_add(step);
        member.kid = kid;
        member.has_token = member.session.is_some();
        if self.asks_permission() {
            self.begin_asking(cid, kid);
            self.tell_client(&format!("REAUTH,{cid},{kid}"), cid, Occasion::Reauth);
        }
        Some(kid)
    }

    /// `client-auth`, with directives.
    pub(super) fn allow(&mut self, cid: u64, kid: u64, directives: &[Vec<u8>]) -> bool {
        let establish = self.setup.timers.establish;
        let Some(member) = self.members.get_mut(cid) else { return false };
        if member.kid != kid || matches!(member.stage, Stage::Leaving | Stage::Handshake) {
            return false;
        }
        member.asks = None;
        let disabled = configure(member, directives);
        self.agenda.clear(Due::Client(cid, Act::Expire));
        self.agenda.clear(Due::Client(cid, Act::Respond));
        if disabled {
            self.deny(cid, kid);
        } else if let Some(member) = self.members.get_mut(cid)
            && member.stage == Stage::Asking
        {
            member.stage = Stage::Granted;
            self.after(establish, Due::Client(cid, Act::Establish));
        }
        true
    }

    /// `client-deny`.
    pub(super) fn deny(&mut self, cid: u64, kid: u64) -> bool {
        let Some(member) = self.members.get(cid) else { return false };
        if member.kid != kid || matches!(member.stage, Stage::Leaving | Stage::Handshake) {
            return false;
        }
        self.dismiss(cid, self.setup.timers.deny);
        true
    }

    /// `client-pending-auth`: the answer may take so long.
    pub(super) fn pend(&mut self, cid: u64, kid: u64, extra: &[u8], timeout: Duration) -> bool {
        let timers = self.setup.timers;
        let Some(member) = self.members.get(cid) else { return false };
        if member.asks != Some(kid) {
            return false;
        }
        let responds = extra.starts_with(b"CR_TEXT:") && member.client.challenge_response.is_some();
        self.after(timeout, Due::Client(cid, Act::Expire));
        if responds {
            self.after(timers.response, Due::Client(cid, Act::Respond));
        }
        true
    }

    /// The client is told to go, and is gone after a while. `false`: it was told before.
    pub(super) fn dismiss(&mut self, cid: u64, wait: Duration) -> bool {
        let Some(member) = self.members.get_mut(cid) else { return false };
        if member.stage == Stage::Leaving {
            return false;
        }
        (member.stage, member.asks) = (Stage::Leaving, None);
        for act in [Act::Establish, Act::Respond, Act::Expire] {
            self.agenda.clear(Due::Client(cid, act));
        }
        self.agenda.set(Due::Client(cid, Act::Leave), later(self.now, wait));
        true
    }

    /// A client exits by itself, and says so.
    pub(super) fn exit_client(&mut self, cid: u64) -> bool {
        let exits = self.dismiss(cid, self.setup.timers.remote_exit);
        if exits {
            self.notify(b">NOTIFY:info,remote-exit,EXIT");
        }
        exits
    }

    /// A client is gone: DISCONNECT, where clients ask for permission.
    pub(super) fn leave_client(&mut self, cid: u64) {
        for act in [Act::Establish, Act::Respond, Act::Expire, Act::Leave] {
            self.agenda.clear(Due::Client(cid, act));
        }
        if self.asks_permission() {
            self.tell_client(&format!("DISCONNECT,{cid}"), cid, Occasion::Disconnect);
        }
        self.members.remove(cid);
    }

    pub(super) fn act(&mut self, cid: u64, act: Act) {
        match act {
            Act::Leave | Act::Expire => self.leave_client(cid),
            Act::Establish => self.establish(cid),
            Act::Respond => {
                let Some(member) = self.members.get(cid) else { return };
                let (Some(kid), Some(response)) = (member.asks, &member.client.challenge_response)
                else {
                    return;
                };
                let head = format!("CR_RESPONSE,{cid},{kid},{}", response.octets());
                self.tell_client(&head, cid, Occasion::Response);
            }
        }
    }

    fn establish(&mut self, cid: u64) {
        self.members.establish(cid);
        let Some(member) = self.members.get(cid) else { return };
        let client = &member.client;
        let tap = self.server().is_some_and(|server| server.tap);
        if self.asks_permission() && !tap {
            let own = client.virtual_ipv4.map(IpAddr::from).into_iter();
            let own = own.chain(client.virtual_ipv6.map(IpAddr::from));
            let mut lines: Vec<_> = own.map(|ip| format!(">CLIENT:ADDRESS,{cid},{ip},1")).collect();
            let behind = client.routes.iter();
            lines.extend(
                behind.map(|route| format!(">CLIENT:ADDRESS,{cid},{},0", route.event_text())),
            );
            for line in lines {
                self.notify(line.as_bytes());
            }
        }
        self.tell_client(&format!("ESTABLISHED,{cid}"), cid, Occasion::Established);
    }

    /// Octets pass between a client and the server.
    pub(super) fn move_bytes(&mut self, cid: u64, received: u64, sent: u64) -> bool {
        let Some(member) = self.members.get_mut(cid) else { return false };
        member.client.bytes_received = member.client.bytes_received.saturating_add(received);
        member.client.bytes_sent = member.client.bytes_sent.saturating_add(sent);
        member.moved = true;
        self.totals.0 = self.totals.0.saturating_add(received);
        self.totals.1 = self.totals.1.saturating_add(sent);
        true
    }
}

/// What the directives of `client-auth` change. `true`: `disable` was among them. What is wrong in
/// them is only logged by a real daemon.
fn configure(member: &mut Member, directives: &[Vec<u8>]) -> bool {
    let mut disabled = false;
    for line in directives {
        let words = words(line);
        let text = |at: usize| words.get(at).and_then(|word| str::from_utf8(word).ok());
        match text(0) {
            Some("disable") => disabled = true,
            Some("ifconfig-push") => {
                let ip = text(1).and_then(|ip| ip.parse().ok());
                member.client.virtual_ipv4 = ip.or(member.client.virtual_ipv4);
            }
            Some("iroute") if member.client.routes.len() < MAX_ROUTES => {
                let mask = text(2).map_or(Some(u32::MAX), |mask| {
                    Some(mask.parse::<std::net::Ipv4Addr>().ok()?.to_bits())
                });
                if let (Some(ip), Some(mask)) = (text(1).and_then(|ip| ip.parse().ok()), mask) {
                    let ip = IpAddr::V4(ip);
                    member.client.routes.push(Subnet { ip, bits: mask.leading_ones() as u8 });
                }
            }
            Some("iroute-ipv6") if member.client.routes.len() < MAX_ROUTES => {
                let parts = text(1).and_then(|text| text.split_once('/'));
                if let Some((ip, bits)) = parts
                    && let (Ok(ip), Ok(bits @ 0..=128)) = (ip.parse(), bits.parse())
                {
                    member.client.routes.push(Subnet { ip: IpAddr::V6(ip), bits });
                }
            }
            _ => {}
        }
    }
    disabled
}
