//! Datagrams in memory: sockets as mailboxes, under the world's weather.

use std::collections::btree_map;
use std::io::{self, ErrorKind};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::{Mail, Mailbox, World};
use crate::drive::Wire;
use crate::runtime::Bound;
use crate::session::Peer;

/// A wire in memory, for datagrams.
pub struct Datagrams {
    pub(super) shelf: Arc<Shelf>,
    pub(super) id: u64,
}

/// The sockets of a datagram wire in memory.
pub struct Sockets {
    shelf: Arc<Shelf>,
    id: u64,
    /// Which socket is looked at first: each has its turn.
    turn: usize,
}

/// What is open, whatever the link does.
pub(super) struct Shelf {
    pub(super) world: World,
    pub(super) bound: Bound,
    pub(super) home: Option<SocketAddr>,
    pub(super) open: Mutex<Vec<(u16, SocketAddr)>>,
}

impl Shelf {
    /// Opens a socket that can reach this peer.
    pub(super) fn bind(&self, socket: u16, to: SocketAddr) -> io::Result<SocketAddr> {
        let mut inner = self.world.lock();
        let any: IpAddr = match (self.home, to) {
            (Some(home), _) => home.ip(),
            (None, SocketAddr::V4(_)) => Ipv4Addr::LOCALHOST.into(),
            (None, SocketAddr::V6(_)) => Ipv6Addr::LOCALHOST.into(),
        };
        let wanted = self.home.filter(|_| socket == 0).map_or(0, |home| home.port());
        let port = match wanted {
            0 => 20_000 + u16::try_from(inner.number() % 20_000).unwrap_or(0),
            port => port,
        };
        let addr = SocketAddr::new(any, port);
        match inner.mailboxes.entry(addr) {
            btree_map::Entry::Occupied(_) => return Err(ErrorKind::AddrInUse.into()),
            btree_map::Entry::Vacant(place) => place.insert(Mailbox::default()),
        };
        self.bound.tell(socket, addr);
        self.open().push((socket, addr));
        Ok(addr)
    }

    pub(super) fn open(&self) -> MutexGuard<'_, Vec<(u16, SocketAddr)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Shelf {
    fn drop(&mut self) {
        let open = std::mem::take(&mut *self.open());
        let mut inner = self.world.lock();
        for (_, addr) in open {
            inner.mailboxes.remove(&addr);
        }
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        self.shelf.world.lock().disarm(self.id);
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        self.shelf.world.lock().disarm(self.id);
    }
}

impl Wire for Datagrams {
    type Io = Sockets;
    type Flow = Peer;

    fn poll_dial(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Sockets>> {
        let id = self.shelf.world.lock().number();
        Poll::Ready(Ok(Sockets { shelf: self.shelf.clone(), id, turn: 0 }))
    }

    fn poll_read(
        io: &mut Sockets,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<(Peer, io::Result<usize>)> {
        let Sockets { shelf, id, turn } = io;
        let open = shelf.open();
        let mut inner = shelf.world.lock();
        let (now, mut next) = (inner.now, None::<Instant>);
        for step in 0..open.len() {
            let at = (*turn + step) % open.len();
            let (socket, home) = open[at];
            let Some(mailbox) = inner.mailboxes.get_mut(&home) else { continue };
            let Some(first) = mailbox.mail.first_entry() else {
                mailbox.waker = Some(cx.waker().clone());
                continue;
            };
            if first.key().0 > now {
                next = next.into_iter().chain([first.key().0]).min();
                mailbox.waker = Some(cx.waker().clone());
                continue;
            }
            let Mail { from, what } = first.remove();
            *turn = at + 1;
            let got = what.map_err(io::Error::from).map(|octets| {
                let n = octets.len().min(buf.len()); // what is longer is cut, as a socket does
                buf[..n].copy_from_slice(&octets[..n]);
                n
            });
            return Poll::Ready((Peer { socket, addr: from }, got));
        }
        drop(inner);
        if let Some(at) = next
            && shelf.world.alarm(cx, at, *id).is_ready()
        {
            cx.waker().wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_write(
        io: &mut Sockets,
        _: &mut Context<'_>,
        to: Peer,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let open = io.shelf.open().iter().find(|(socket, _)| *socket == to.socket).copied();
        let home = match open {
            Some((_, addr)) => addr,
            None => io.shelf.bind(to.socket, to.addr)?,
        };
        let mut inner = io.shelf.world.lock();
        let weather = inner.weather;
        if inner.chance(weather.loss) {
            return Poll::Ready(Ok(buf.len()));
        }
        let copies = if inner.chance(weather.twice) { 2 } else { 1 };
        let mut wake = vec![];
        for _ in 0..copies {
            let slow = if inner.chance(weather.late) { 3 } else { 1 };
            let (key, there) = ((inner.now + weather.latency * slow, inner.number()), to.addr);
            // Nobody there: the sender's own mailbox gets the news.
            let (lands, mail) = if inner.mailboxes.contains_key(&there) {
                (there, Mail { from: home, what: Ok(buf.to_vec()) })
            } else if weather.told {
                (home, Mail { from: there, what: Err(ErrorKind::ConnectionRefused) })
            } else {
                continue;
            };
            let Some(mailbox) = inner.mailboxes.get_mut(&lands) else { continue };
            mailbox.mail.insert(key, mail);
            wake.extend(mailbox.waker.take());
        }
        drop(inner);
        wake.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(buf.len()))
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.shelf.world.alarm(cx, at, self.id)
    }
}
