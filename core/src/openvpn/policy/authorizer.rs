//! The machine between a session's events and a policy.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Display;
use std::time::{Duration, Instant};

use super::{Decision, Policy, Token};
use crate::openvpn::calls::{Ask, OnLink};
use crate::openvpn::command::{Command, Warning};
use crate::openvpn::event::{self, ClientEvent};
use crate::openvpn::session;
use crate::session::later;

/// How long clients wait, and how many may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Terms {
    /// After so long without a decision a client is denied: 20 s by default. The daemon itself
    /// gives up after some 60 s (2.6.14).
    pub deadline: Duration,
    /// How many questions may be open: 10 000 by default. One more client is denied at once.
    pub bound: usize,
}

impl Default for Terms {
    fn default() -> Self {
        Self { deadline: Duration::from_secs(20), bound: 10_000 }
    }
}

/// An answer to the daemon about one client.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ruling {
    /// The client.
    pub cid: u64,
    /// The key negotiation.
    pub kid: u64,
    /// What is to be sent.
    pub command: Command,
    /// Who ruled so.
    pub by: By,
    /// The connection that it is for.
    link: Option<u64>,
}

/// Who ruled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The policy.
    Policy,
    /// The deadline: denied.
    Deadline,
    /// The bound: too many questions were open; denied.
    Bound,
    /// Nobody could: the environment was cut, or the policy's answer cannot be sent; denied.
    Doubt,
}

impl Ruling {
    /// The call that tells the daemon. It is for the connection on which the client was told of:
    /// on another one its ids would mean somebody else.
    #[must_use]
    pub fn call(&self) -> OnLink<Ask<()>> {
        let ask = Ask::new(self.command.clone(), |reading| reading.done());
        OnLink(ask, self.link)
    }
}

/// An open question.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    cid: u64,
    kid: u64,
    until: Instant,
}

/// Asks a policy about clients, and rules: see [the module's page](super).
#[derive(Debug)]
pub struct Authorizer<P> {
    policy: P,
    terms: Terms,
    next: u64,
    waiting: BTreeMap<Token, Waiting>,
    /// The open question of each client.
    clients: BTreeMap<u64, Token>,
    due: BTreeSet<(Instant, Token)>,
    rulings: VecDeque<Ruling>,
    /// Number of the connection, and the daemon's management version.
    link: Option<(u64, u32)>,
}

impl<P: Policy> Authorizer<P> {
    /// An authorizer that asks this policy.
    pub const fn new(policy: P, terms: Terms) -> Self {
        Self {
            policy,
            terms,
            next: 0,
            waiting: BTreeMap::new(),
            clients: BTreeMap::new(),
            due: BTreeSet::new(),
            rulings: VecDeque::new(),
            link: None,
        }
    }

    /// The policy.
    pub const fn policy(&mut self) -> &mut P {
        &mut self.policy
    }

    /// How many questions are open.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What a listener heard. Ask for rulings afterwards.
    pub fn handle_event(&mut self, now: Instant, event: &session::Event) {
        match event {
            session::Event::Up { link, version } => self.attach(*link, *version),
            session::Event::Down { .. } => {
                self.forget_all();
                self.link = None;
            }
            session::Event::Notification(notification) => {
                if let event::Event::Client(client) = notification.event() {
                    self.handle_client(now, &client, notification.view().is_complete());
                }
            }
            _ => {}
        }
    }

    /// What [`Event::Up`](session::Event::Up) tells: for a listener that came after it, or that
    /// heard a gap, from [`Management::link_number`](crate::openvpn::Management::link_number) and
    /// [`Management::management_version`](crate::openvpn::Management::management_version).
    pub fn attach(&mut self, link: u64, version: u32) {
        if self.link.is_none_or(|(before, _)| before != link) {
            self.forget_all();
        }
        self.link = Some((link, version));
    }

    /// A decision that came later. Of a question that is no longer open nothing is heard.
    pub fn decide(&mut self, now: Instant, token: Token, decision: Decision) {
        if let Some(waiting) = self.take(token) {
            self.rule(now, token, waiting, decision);
        }
    }

    /// The next answer for the daemon.
    pub fn poll_ruling(&mut self, now: Instant) -> Option<Ruling> {
        while let Some((token, decision)) = self.policy.poll_decision() {
            self.decide(now, token, decision);
        }
        self.rulings.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is wanted.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.due.first().map(|due| due.0)
    }

    /// Denies those whose time has come.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((_, token)) = self.due.first().copied().filter(|due| due.0 <= now) {
            self.policy.forget(token);
            if let Some(Waiting { cid, kid, .. }) = self.take(token) {
                self.deny(cid, kid, "no decision in time", By::Deadline);
            }
        }
    }

    fn handle_client(&mut self, now: Instant, event: &ClientEvent<'_>, complete: bool) {
        let cid = event.cid();
        let kid = match *event {
            ClientEvent::Connect { kid, .. }
            | ClientEvent::Reauth { kid, .. }
            | ClientEvent::CrResponse { kid, .. } => kid,
            ClientEvent::Disconnect { .. } => return self.forget(cid),
            ClientEvent::Established { .. } | ClientEvent::Address { .. } => return,
        };
        // The answer to a question goes on with it; all else begins anew.
        let open = self.clients.get(&cid).copied().filter(|token| {
            let same = self.waiting.get(token).is_some_and(|waiting| waiting.kid == kid);
            same && matches!(event, ClientEvent::CrResponse { .. })
        });
        if open.is_none() || !complete {
            self.forget(cid);
        }
        if !complete {
            return self.deny(cid, kid, "the client's environment was cut", By::Doubt);
        }
        if open.is_none() && self.waiting.len() >= self.terms.bound {
            return self.deny(cid, kid, "too many clients wait for a decision", By::Bound);
        }
        let token = open.unwrap_or_else(|| {
            self.next += 1;
            Token(self.next)
        });
        let until = open.and_then(|token| self.waiting.get(&token)).map(|waiting| waiting.until);
        let until = until.unwrap_or_else(|| later(now, self.terms.deadline));
        let waiting = Waiting { cid, kid, until };
        match self.policy.ask(token, event) {
            None => self.wait(token, waiting),
            Some(decision) => {
                self.take(token);
                self.rule(now, token, waiting, decision);
            }
        }
    }

    fn wait(&mut self, token: Token, waiting: Waiting) {
        self.take(token);
        self.waiting.insert(token, waiting);
        self.clients.insert(waiting.cid, token);
        self.due.insert((waiting.until, token));
    }

    /// Closes a question.
    fn take(&mut self, token: Token) -> Option<Waiting> {
        let waiting = self.waiting.remove(&token)?;
        self.clients.remove(&waiting.cid);
        self.due.remove(&(waiting.until, token));
        Some(waiting)
    }

    /// The client has gone, or asks anew.
    fn forget(&mut self, cid: u64) {
        if let Some(token) = self.clients.get(&cid).copied() {
            self.take(token);
            self.policy.forget(token);
        }
    }

    fn forget_all(&mut self) {
        self.rulings.clear();
        self.clients.clear();
        self.due.clear();
        for token in std::mem::take(&mut self.waiting).into_keys() {
            self.policy.forget(token);
        }
    }

    fn rule(&mut self, now: Instant, token: Token, waiting: Waiting, decision: Decision) {
        let Waiting { cid, kid, .. } = waiting;
        let command = match decision {
            Decision::Accept { config } if config.is_empty() => Command::ClientAuthNt { cid, kid },
            Decision::Accept { config } => Command::ClientAuth { cid, kid, config },
            Decision::Deny { reason, client_reason } => {
                Command::ClientDeny { cid, kid, reason, client_reason }
            }
            Decision::Pending { extra, timeout } => {
                let key = match self.link {
                    Some((_, ..3)) => {
                        return self.doubt(
                            cid,
                            kid,
                            "this release knows no pending authentication",
                        );
                    }
                    Some((_, 3..5)) => None,
                    _ => Some((kid, timeout)),
                };
                let command = Command::ClientPendingAuth { cid, key, extra };
                let until = later(now, Duration::from_secs(timeout.into()));
                if self.send(cid, kid, command) {
                    self.wait(token, Waiting { until, ..waiting });
                }
                return;
            }
        };
        self.send(cid, kid, command);
    }

    /// Rules as the policy says, if that can be sent.
    fn send(&mut self, cid: u64, kid: u64, command: Command) -> bool {
        let encoded = command.encode();
        let too_long = |warning: &&Warning| matches!(warning, Warning::PendingExtraTooLong { .. });
        match &encoded {
            Err(wrong) => self.doubt(cid, kid, wrong),
            Ok(encoded) => match encoded.warnings().iter().find(too_long) {
                // The client would never hear of it.
                Some(warning) => self.doubt(cid, kid, warning),
                None => {
                    self.ruling(cid, kid, command, By::Policy);
                    return true;
                }
            },
        }
        false
    }

    fn doubt(&mut self, cid: u64, kid: u64, wrong: impl Display) {
        self.deny(cid, kid, &format!("the decision cannot be sent: {wrong}"), By::Doubt);
    }

    fn deny(&mut self, cid: u64, kid: u64, reason: &str, by: By) {
        let reason = reason.to_owned().into();
        self.ruling(cid, kid, Command::ClientDeny { cid, kid, reason, client_reason: None }, by);
    }

    fn ruling(&mut self, cid: u64, kid: u64, command: Command, by: By) {
        let link = self.link.map(|(link, _)| link);
        self.rulings.push_back(Ruling { cid, kid, command, by, link });
    }
}
