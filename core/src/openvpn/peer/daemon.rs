//! The handle on a daemon: what happens to it from the VPN's side, and what it is like.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::Instant;

use super::members::{Member, Stage};
use super::session::Connection;
use super::store::Store;
use super::{Client, Setup, Strike};

/// An OpenVPN daemon, seen from its management interface. A clone is another handle on the same
/// daemon.
///
/// Whatever is told the time also lets happen what is due by then.
#[derive(Clone)]
pub struct Daemon(Arc<Mutex<Store>>);

/// What a server knows about one of its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientState {
    /// Its id.
    pub cid: u64,
    /// Its last key negotiation.
    pub kid: u64,
    /// The negotiation that waits for an answer.
    pub asks: Option<u64>,
    /// How far it has come.
    pub stage: Stage,
    /// Its IPv4 address in the tunnel.
    pub virtual_ipv4: Option<Ipv4Addr>,
    /// Its IPv6 address in the tunnel.
    pub virtual_ipv6: Option<Ipv6Addr>,
    /// The record, with its counters.
    pub client: Client,
}

impl ClientState {
    fn of(member: &Member) -> Self {
        let client = member.client.clone();
        Self {
            cid: member.cid,
            kid: member.kid,
            asks: member.asks,
            stage: member.stage,
            virtual_ipv4: client.virtual_ipv4,
            virtual_ipv6: client.virtual_ipv6,
            client,
        }
    }
}

impl Daemon {
    /// A daemon with these settings, without clients.
    #[must_use]
    pub fn new(setup: Setup) -> Self {
        Self(Arc::new(Mutex::new(Store::new(setup))))
    }

    /// The daemon's end of one management connection.
    #[must_use]
    pub fn session(&self) -> Connection {
        Connection::new(self.clone())
    }

    /// One step under the lock, after what is due by `now`; wakers fire after it.
    pub(super) fn with<T>(&self, now: Option<Instant>, step: impl FnOnce(&mut Store) -> T) -> T {
        let mut store = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(now) = now {
            store.advance(now);
        }
        let out = step(&mut store);
        store.settle();
        let wake = store.take_wakers();
        drop(store);
        wake.into_iter().for_each(Waker::wake);
        out
    }

    pub(super) fn look<T>(&self, look: impl FnOnce(&Store) -> T) -> T {
        look(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    // ---- clients of a server ----

    /// A client comes: it asks for permission (`>CLIENT:CONNECT`) where the setup wants that, else
    /// it is established at once. Its id; `None` when the server is not up, or full.
    pub fn connect_client(&self, now: Instant, client: Client) -> Option<u64> {
        self.with(Some(now), |store| store.connect_client(client))
    }

    /// Puts a client where it stands, and tells nobody: for a server that has run for a while.
    pub fn add_client(&self, now: Instant, client: Client, stage: Stage) -> Option<u64> {
        self.with(Some(now), |store| store.put_client(client, stage))
    }

    /// A client exits by itself: `>NOTIFY:info,remote-exit,EXIT`, and DISCONNECT later. `false`: no
    /// such client, or it leaves already.
    pub fn disconnect(&self, now: Instant, cid: u64) -> bool {
        self.with(Some(now), |store| store.exit_client(cid))
    }

    /// A client is gone without a word, as after `ping-restart`: DISCONNECT at once.
    pub fn lose_client(&self, now: Instant, cid: u64) -> bool {
        self.with(Some(now), |store| {
            let known = store.members.get(cid).is_some();
            store.leave_client(cid);
            known
        })
    }

    /// An established client authenticates again (`>CLIENT:REAUTH`). Its new key id.
    pub fn reauthenticate(&self, now: Instant, cid: u64) -> Option<u64> {
        self.with(Some(now), |store| store.reauthenticate(cid))
    }

    /// Octets pass between a client and the server.
    pub fn move_bytes(&self, now: Instant, cid: u64, received: u64, sent: u64) -> bool {
        self.with(Some(now), |store| store.move_bytes(cid, received, sent))
    }

    /// The client with this id.
    #[must_use]
    pub fn client(&self, cid: u64) -> Option<ClientState> {
        self.look(|store| store.members.get(cid).map(ClientState::of))
    }

    /// The ids of all clients, in order.
    #[must_use]
    pub fn clients(&self) -> Vec<u64> {
        self.look(|store| store.members.ids(|_| true))
    }

    // ---- the daemon ----

    /// A line of its log: `flags` are some of `I`, `F`, `N`, `W`, `D`, often none.
    pub fn log(&self, now: Instant, flags: &str, text: &str) {
        self.with(Some(now), |store| store.log(flags, text));
    }

    /// Tells any notification; `line` is what stands behind the `>`.
    pub fn tell(&self, now: Instant, line: impl AsRef<[u8]>) {
        let line = [b">", line.as_ref()].concat();
        self.with(Some(now), |store| store.notify(&line));
    }

    /// The tunnel goes down and comes up again: `RECONNECTING` with this reason.
    pub fn reconnect(&self, now: Instant, why: &str) {
        self.with(Some(now), |store| {
            store.prompt = None;
            store.reconnect(why);
        });
    }

    /// The daemon dies: `>FATAL` with this text, and the end.
    pub fn die(&self, now: Instant, why: &str) {
        self.with(Some(now), |store| store.fatal(why));
    }

    /// Somebody else sends it SIGTERM.
    pub fn terminate(&self, now: Instant) {
        self.with(Some(now), |store| store.raise("SIGTERM"));
    }

    /// Its process ends and is started again: clients, settings and histories are lost, and the
    /// connection is closed.
    pub fn restart(&self, now: Instant) {
        self.with(Some(now), |store| {
            if let Some(seat) = &mut store.seat {
                seat.hang_up();
            }
            store.ended = false;
            store.start();
        });
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.look(|store| store.ended)
    }

    /// Whether a management client is being served.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.look(|store| store.seat.is_some())
    }

    /// Connections that wait for the one that is served.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.look(|store| store.waiting.len())
    }

    /// Notifications that were dropped because too much output waited.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.look(|store| store.dropped)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u64 {
        self.look(|store| store.pid)
    }

    /// When something is due by itself.
    #[must_use]
    pub fn next_due(&self) -> Option<Instant> {
        self.look(|store| store.agenda.first())
    }

    /// Lets happen what is due by now; a connection that is driven does it too.
    pub fn advance(&self, now: Instant) {
        self.with(Some(now), |_| ());
    }

    /// Replaces the faults; their counts go on.
    pub fn set_faults(&self, faults: Vec<Strike>) {
        self.with(None, |store| store.setup.faults = faults);
    }
}

impl fmt::Debug for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Daemon").finish_non_exhaustive()
    }
}
