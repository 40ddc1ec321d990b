//! A toy protocol of datagrams: the first octet is an identifier, the rest a text, which comes
//! back with `!` behind it.
//!
//! [`Asker`] asks many peers from a few sockets and asks again when no answer comes; [`Nas`] is
//! who answers.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use netlever_core::desk::{Desk, Fail};
use netlever_core::{Call, Link, News, Peer, Session, Step, Ticket};

use crate::checked::Checked;

/// Exchanges at once for each socket and peer.
const IDENTIFIERS: u8 = 4;

/// How often a request is sent.
const TRIES: u32 = 5;

/// The client.
#[derive(Debug)]
pub struct Asker {
    desk: Desk<(SocketAddr, String), String>,
    open: BTreeMap<(Peer, u8), Exchange>,
    /// When to ask whom again.
    again: BTreeSet<(Instant, Peer, u8)>,
    due: VecDeque<(Peer, u8)>,
    sockets: u16,
    /// The first wait for an answer; the next ones double.
    wait: Duration,
    /// Answers to nothing that was asked, or from where nothing was asked.
    pub strays: u32,
}

#[derive(Debug)]
struct Exchange {
    ticket: Ticket,
    next: Instant,
    tries: u32,
    packet: Vec<u8>,
}

impl Asker {
    /// From so many sockets, with this first wait for an answer.
    #[must_use]
    pub fn new(sockets: u16, wait: Duration) -> Self {
        Self {
            desk: Desk::new(usize::MAX, 20_000),
            open: BTreeMap::new(),
            again: BTreeSet::new(),
            due: VecDeque::new(),
            sockets,
            wait,
            strays: 0,
        }
    }

    fn end(&mut self, key: (Peer, u8), answer: Result<String, Fail>) {
        match self.open.remove(&key) {
            Some(exchange) => {
                self.again.remove(&(exchange.next, key.0, key.1));
                self.desk.settle(exchange.ticket, answer);
            }
            None => self.strays += 1,
        }
    }
}

/// The first identifier that is free for this peer.
fn place(
    open: &BTreeMap<(Peer, u8), Exchange>,
    sockets: u16,
    addr: SocketAddr,
) -> Option<(Peer, u8)> {
    (0..sockets)
        .flat_map(|socket| (0..IDENTIFIERS).map(move |id| (Peer { socket, addr }, id)))
        .find(|key| !open.contains_key(key))
}

impl Session for Asker {
    type Flow = Peer;
    type Event = ();

    fn link(&self) -> Link {
        if self.desk.over() { Link::Over } else { Link::Up }
    }

    fn handle_link(&mut self, _: Instant, news: News) {
        if let News::Lost(why) = news {
            self.open.clear();
            self.again.clear();
            self.desk.close();
            self.desk.lose(why);
        }
    }

    fn handle_unreachable(&mut self, _: Instant, peer: Peer, why: ErrorKind) {
        for id in 0..IDENTIFIERS {
            if self.open.contains_key(&(peer, id)) {
                self.end((peer, id), Err(Fail::Lost { sent: true, why }));
            }
        }
    }

    fn handle_input(&mut self, _: Instant, from: Peer, input: &[u8]) -> usize {
        if let [id, text @ ..] = input {
            self.end((from, *id), Ok(String::from_utf8_lossy(text).into()));
        }
        input.len()
    }

    fn handle_timeout(&mut self, now: Instant) {
        while let Some((at, peer, id)) = self.again.pop_first() {
            if at > now {
                self.again.insert((at, peer, id));
                break;
            }
            let Some(exchange) = self.open.get_mut(&(peer, id)) else { continue };
            exchange.next = now + self.wait * 2_u32.pow(exchange.tries);
            exchange.tries += 1;
            if exchange.tries > TRIES {
                self.end((peer, id), Err(Fail::TimedOut { sent: true }));
            } else {
                self.again.insert((exchange.next, peer, id));
                self.due.push_back((peer, id));
            }
        }
        self.desk.expire(now);
    }

    fn poll_transmit(&mut self, now: Instant, out: &mut Vec<u8>) -> Option<Peer> {
        while let Some(key) = self.due.pop_front() {
            if let Some(exchange) = self.open.get(&key) {
                out.extend(&exchange.packet);
                return Some(key.0);
            }
        }
        let Self { desk, open, sockets, .. } = self;
        let (ticket, (addr, text)) =
            desk.send_any(now, |request| place(open, *sockets, request.0).is_some())?;
        let (peer, id) = place(open, *sockets, addr)?;
        let packet = [&[id], text.as_bytes()].concat();
        out.extend(&packet);
        let next = now + self.wait;
        self.again.insert((next, peer, id));
        self.open.insert((peer, id), Exchange { ticket, next, tries: 1, packet });
        Some(peer)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        let again = self.again.first().map(|(at, ..)| *at);
        again.into_iter().chain(self.desk.poll_timeout()).min()
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        self.desk.poll_done()
    }

    fn cancel(&mut self, ticket: Ticket) {
        let of = self.open.iter().find(|(_, exchange)| exchange.ticket == ticket);
        if let Some(key) = of.map(|(key, _)| *key) {
            self.end(key, Err(Fail::Closed));
        }
        self.desk.cancel(ticket);
    }

    fn close(&mut self) {
        self.desk.close();
    }
}

/// Asks a peer.
#[derive(Debug)]
pub struct Ask {
    to: SocketAddr,
    text: String,
    patience: Duration,
    ticket: Option<Ticket>,
}

/// Asks this peer this; ten seconds.
#[must_use]
pub fn ask(to: SocketAddr, text: &str) -> Ask {
    Ask { to, text: text.into(), patience: Duration::from_secs(10), ticket: None }
}

impl Ask {
    /// With this deadline, from when the call begins.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}

impl Call<Checked<Asker>> for Ask {
    type Output = Result<String, Fail>;

    fn step(&mut self, checked: &mut Checked<Asker>, now: Instant) -> Step<Self::Output> {
        let Self { to, text, patience, ticket } = self;
        checked.step(now, |asker| asker.desk.step(ticket, now + *patience, || (*to, text.clone())))
    }
}

/// The server: answers whoever asks, and remembers who asked what, and how often.
#[derive(Debug, Default)]
pub struct Nas {
    /// Who asked what, and how often.
    pub seen: BTreeMap<(Peer, Vec<u8>), u32>,
    deaf: bool,
    elsewhere: bool,
    out: VecDeque<(Peer, Vec<u8>)>,
    over: bool,
}

impl Nas {
    /// One that answers only who asks again.
    #[must_use]
    pub fn deaf() -> Self {
        Self { deaf: true, ..Self::default() }
    }

    /// One that answers from another socket than the one that was asked.
    #[must_use]
    pub fn elsewhere() -> Self {
        Self { elsewhere: true, ..Self::default() }
    }
}

impl Session for Nas {
    type Flow = Peer;
    type Event = ();

    fn link(&self) -> Link {
        if self.over { Link::Over } else { Link::Up }
    }

    fn handle_link(&mut self, _: Instant, news: News) {
        self.over |= matches!(news, News::Lost(_));
    }

    fn handle_input(&mut self, _: Instant, from: Peer, input: &[u8]) -> usize {
        let times = self.seen.entry((from, input.to_vec())).or_default();
        *times += 1;
        if !self.deaf || *times > 1 {
            let socket = from.socket + u16::from(self.elsewhere);
            self.out.push_back((Peer { socket, ..from }, [input, b"!"].concat()));
        }
        input.len()
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<Peer> {
        let (to, octets) = self.out.pop_front()?;
        out.extend(octets);
        Some(to)
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        None
    }

    fn cancel(&mut self, _: Ticket) {}

    fn close(&mut self) {
        self.over = true;
    }
}
