//! The server's end of one connection.

use std::collections::{BTreeSet, VecDeque};
use std::fmt;
use std::mem;
use std::time::Instant;

use super::edges::Edges;
use super::handles::Object;
use super::harm::Harm;
use super::objects::Asker;
use super::reply::{Reply, spoil};
use super::request::{Answer, Pairs, Request};
use super::store::Store;
use super::{Fault, Server};
use crate::omapi::code::ResultCode;
use crate::omapi::wire::{
    Decoder, HEADER_SIZE, Introduction, MAX_HEADER_SIZE, Message, Opcode, PROTOCOL_VERSION,
};
use crate::session::{Link, News, Session, Ticket};

/// Names that are taken in a message dictionary: dhcpd closes the connection for them.
const RESERVED: &[&str] =
    &["object", "notify-object", "authenticator", "authid", "op", "handle", "id", "rid"];

/// Events that wait before the connection stops reading.
const EVENTS: usize = 1024;

/// One request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// What was asked.
    pub opcode: Opcode,
    /// The type that the request named; empty when it named none.
    pub kind: String,
    /// How it ended: [`ResultCode::SUCCESS`] also for an answer that shows an object.
    pub result: ResultCode,
    /// The phrase of a refusal; empty where dhcpd sends none.
    pub message: &'static str,
}

/// A [`Session`] that serves one client; [`Server::session`] makes it.
///
/// Its driver needs one hint that a session cannot give: when the server shuts down by the wish
/// of another connection, this one is to be polled again, for it has got a deadline. See
/// [`Ending`](super::Ending); [`serve`](super::serve()) does it.
pub struct Connection {
    server: Server,
    /// By arrival; 0 before.
    number: u64,
    phase: Phase,
    decoder: Decoder,
    /// The longest message, in octets.
    longest: usize,
    /// Octets of answers that may wait.
    patience: usize,
    /// Of the next answer.
    tid: u32,
    /// Authenticators that were opened here.
    opened: BTreeSet<u32>,
    /// Octets beyond 24 in each header of ours.
    surplus: usize,
    out: VecDeque<Piece>,
    /// Octets in `out`.
    waiting: usize,
    edges: Edges,
    events: VecDeque<Served>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// No transport was there yet.
    New,
    /// The client's introduction is awaited.
    Introduction,
    Talking,
    /// What waits is sent; then the end.
    Closing,
    Gone,
}

/// Octets on their way out.
struct Piece {
    /// Not before.
    at: Option<Instant>,
    octets: Vec<u8>,
}

impl Connection {
    pub(super) fn new(server: Server) -> Self {
        let (limits, patience) =
            server.with(|store| (store.setup.limits, store.setup.bounds.output));
        Self {
            server,
            number: 0,
            phase: Phase::New,
            decoder: Decoder::new(limits),
            longest: limits.message,
            patience,
            tid: 0,
            opened: BTreeSet::new(),
            surplus: 0,
            out: VecDeque::new(),
            waiting: 0,
            edges: Edges::default(),
            events: VecDeque::new(),
        }
    }

    /// The client is there: the introduction goes out at once.
    fn begin(&mut self) {
        let server = self.server.clone();
        let (faults, full) = server.with(|store| {
            let (number, faults) = store.arrive();
            self.number = number;
            self.tid = u32::try_from(store.number() >> 33).unwrap_or_default();
            let full = store.open >= store.setup.bounds.connections || !store.life.runs();
            store.open += 1;
            (faults, full)
        });
        if full {
            self.phase = Phase::Closing;
            return;
        }
        self.phase = Phase::Introduction;
        let mut version = PROTOCOL_VERSION;
        let mut header_size = HEADER_SIZE;
        for fault in faults {
            match fault {
                Fault::Version(number) => version = number,
                Fault::HeaderSize(octets) => header_size = octets,
                _ => {}
            }
        }
        if header_size <= MAX_HEADER_SIZE {
            self.surplus = header_size.saturating_sub(HEADER_SIZE) as usize;
        }
        let mut octets = Vec::new();
        Introduction { version, header_size }.encode(&mut octets);
        self.edges.answer(false, octets.len());
        self.push(None, octets);
    }

    fn leave(&mut self) {
        let counted = !matches!(self.phase, Phase::New | Phase::Gone);
        self.phase = Phase::Gone;
        self.out.clear();
        self.waiting = 0;
        if counted {
            self.server.with(|store| store.open = store.open.saturating_sub(1));
        }
    }

    fn push(&mut self, at: Option<Instant>, octets: Vec<u8>) {
        // In order: a late answer holds up those behind it.
        let at = self.out.back().and_then(|last| last.at).max(at);
        self.waiting += octets.len();
        self.out.push_back(Piece { at, octets });
    }

    /// Serves one message. The connection goes on, or closes.
    fn serve(&mut self, store: &mut Store, now: Instant, message: &Message<'_>) {
        let header = message.header;
        let signed = header.authid != 0;
        let words = Pairs::new(message.message);
        let unknown = signed && !self.opened.contains(&header.authid);
        let opcode = message.opcode().filter(|opcode| *opcode != Opcode::Status);
        let reserved = RESERVED.iter().any(|name| words.get(name).is_some());
        let Some(opcode) = opcode.filter(|_| !unknown && header.rid == 0 && !reserved) else {
            self.phase = Phase::Closing;
            return;
        };
        if signed && message.signature.is_empty() {
            // dhcpd takes it for signed; whoever checks what it is sent does not.
            store.harm(Harm::UnprovenAuthid);
            self.phase = Phase::Closing;
            return;
        }
        if let Some(harm) = self.edges.request(signed) {
            store.harm(harm);
            if store.setup.aborts {
                store.abort();
                return;
            }
        }
        let faults = store.next_faults();
        let key = match store.handles.object(header.authid) {
            Some(Object::Key(place)) if signed => store.setup.keys.get(place).cloned(),
            _ => None,
        };
        let kind = words.get("type").unwrap_or_default();
        let handshake = opcode == Opcode::Open && kind == b"authenticator";
        let proven = key.as_ref().is_some_and(|key| message.verify(key));
        let mut authid = header.authid;
        let asker = Asker { number: self.number, now };
        let kind = String::from_utf8_lossy(kind).into_owned();
        let answer = if signed && !proven {
            authid = 0;
            Answer::Status(ResultCode::INVALID_KEY, "")
        } else if !signed && store.setup.omapi_key.is_some() && !handshake {
            Answer::Status(ResultCode::NO_KEYS, "No authenticator on message")
        } else if faults.contains(&Fault::Shutdown) {
            store.end(now, Some(self.number));
            Answer::Nothing
        } else if faults.contains(&Fault::StaleHandle) && opcode != Opcode::Open {
            Answer::Status(ResultCode::NOT_FOUND, "no matching handle")
        } else {
            let object = Pairs::new(message.object);
            let request = Request { opcode, handle: header.handle, words, object };
            store.decide(&request, &mut self.opened, asker)
        };
        store.served();
        let (result, text) = match answer {
            Answer::Status(result, text) => (result, text),
            _ => (ResultCode::SUCCESS, ""),
        };
        self.events.push_back(Served { opcode, kind, result, message: text });
        let Some(mut reply) = Reply::new(answer, authid, self.tid, header.tid) else { return };
        self.tid = self.tid.wrapping_add(1);
        if faults.contains(&Fault::Silence) {
            return;
        }
        for fault in &faults {
            reply.disturb(*fault, handshake);
        }
        let signs = reply.header.authid != 0;
        let mut octets = reply.octets(key.as_ref(), self.surplus);
        for fault in &faults {
            spoil(&mut octets, *fault, HEADER_SIZE as usize + self.surplus, signs);
        }
        if let Some(harm) = self.edges.answer(signs, octets.len()) {
            store.harm(harm);
            if store.setup.aborts {
                store.abort();
                return;
            }
        }
        self.send(now, octets, &faults);
    }

    /// Queues an answer, late, in pieces, or cut short, as the faults want it.
    fn send(&mut self, now: Instant, mut octets: Vec<u8>, faults: &[Fault]) {
        let mut at = None;
        for fault in faults {
            match *fault {
                Fault::Slow(delay) => at = now.checked_add(delay),
                Fault::CloseAt(end) => {
                    octets.truncate(end);
                    self.phase = Phase::Closing;
                }
                _ => {}
            }
        }
        for fault in faults {
            if let Fault::SplitAt(cut, pause) = *fault
                && cut < octets.len()
            {
                let rest = octets.split_off(cut);
                self.push(at, mem::replace(&mut octets, rest));
                at = at.unwrap_or(now).checked_add(pause);
            }
        }
        self.push(at, octets);
    }
}

impl Session for Connection {
    type Flow = ();
    type Event = Served;

    fn limit(&self) -> usize {
        self.longest.saturating_add(1)
    }

    fn link(&self) -> Link {
        match self.phase {
            Phase::Gone => Link::Over,
            Phase::Closing if self.out.is_empty() => Link::Over,
            Phase::New => Link::Up,
            _ if self.server.is_aborted() => Link::Over,
            _ => Link::Up,
        }
    }

    fn handle_link(&mut self, _now: Instant, news: News) {
        match news {
            News::Up => self.begin(),
            // What was asked is still answered.
            News::Eof if self.phase != Phase::Gone => self.phase = Phase::Closing,
            News::Eof => {}
            News::Down | News::Lost(_) => self.leave(),
        }
    }

    fn wants_input(&self) -> bool {
        self.waiting < self.patience && self.events.len() < EVENTS
    }

    fn handle_input(&mut self, now: Instant, _: (), input: &[u8]) -> usize {
        if !self.wants_input() {
            return 0;
        }
        let server = self.server.clone();
        server.with(|store| {
            let talks = matches!(self.phase, Phase::Introduction | Phase::Talking);
            if !talks || !store.life.runs() {
                return input.len(); // nobody listens
            }
            let used = if self.phase == Phase::Introduction {
                match Introduction::decode(input) {
                    Ok(None) => return 0,
                    Ok(Some(introduction)) => {
                        self.decoder.set_header_size(introduction.header_size);
                        self.phase = Phase::Talking;
                        Introduction::LEN
                    }
                    Err(_) => {
                        self.phase = Phase::Closing;
                        input.len()
                    }
                }
            } else {
                match self.decoder.decode(input) {
                    Ok(None) => return 0,
                    Ok(Some(message)) => {
                        self.serve(store, now, &message);
                        message.len()
                    }
                    Err(_) => {
                        self.phase = Phase::Closing;
                        input.len()
                    }
                }
            };
            self.edges.used(used, input.len() - used);
            used
        })
    }

    fn handle_timeout(&mut self, now: Instant) {
        for piece in &mut self.out {
            piece.at = piece.at.filter(|at| *at > now);
        }
        let number = self.number;
        let closes = self.server.with(|store| store.life.closes(number, &store.setup.timeline));
        if closes.is_some_and(|at| at <= now) && self.phase != Phase::Gone {
            self.phase = Phase::Closing;
            self.out.clear();
            self.waiting = 0;
        }
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<()> {
        let due = |piece: &Piece| piece.at.is_none_or(|at| at <= now);
        if self.out.is_empty() || self.server.is_aborted() || !self.out.front().is_some_and(due) {
            return None;
        }
        let piece = self.out.pop_front()?;
        self.waiting -= piece.octets.len();
        out.extend_from_slice(&piece.octets);
        if self.out.is_empty() {
            self.edges.drained();
        }
        Some(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        if matches!(self.phase, Phase::New | Phase::Gone) {
            return None;
        }
        let piece = self.out.iter().find_map(|piece| piece.at);
        let closing = self.phase == Phase::Closing;
        let closes =
            self.server.with(|store| store.life.closes(self.number, &store.setup.timeline));
        piece.into_iter().chain(closes.filter(|_| !closing)).min()
    }

    fn poll_event(&mut self) -> Option<Served> {
        self.events.pop_front()
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        None
    }

    fn cancel(&mut self, _: Ticket) {}

    fn close(&mut self) {
        if self.phase != Phase::Gone {
            self.phase = Phase::Closing;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.leave();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connection")
            .field("number", &self.number)
            .field("phase", &self.phase)
            .field("waiting", &self.waiting)
            .finish_non_exhaustive()
    }
}
