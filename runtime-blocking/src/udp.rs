//! The wire for datagrams: several sockets, many peers.
//!
//! Linux keeps, for a socket that asks for it (`IP_RECVERR`), each ICMP error with the address that
//! it is about. So a peer that is not there costs its own exchange, at once, and no socket. Where
//! a system keeps no such queue, the deadline speaks.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use mio::net::UdpSocket;
use netlever_core::runtime::Bound;
use netlever_core::{Peer, Wire};

use crate::reactor::{Alarm, Core, Watched};

/// A wire for datagrams: a socket is opened when its number is new, once for IPv4 and once for
/// IPv6, and kept as long as the wire.
pub struct Datagrams {
    shelf: Shelf,
    alarm: Alarm,
}

/// One of our numbers, and whether its socket speaks IPv6.
type Key = (u16, bool);

/// What is open, whatever the link does.
#[derive(Clone)]
struct Shelf {
    core: Arc<Core>,
    home: Option<SocketAddr>,
    bound: Bound,
    open: Arc<Mutex<BTreeMap<Key, Arc<Watched<UdpSocket>>>>>,
}

impl Shelf {
    fn bind(&self, key: Key, at: SocketAddr) -> io::Result<Arc<Watched<UdpSocket>>> {
        let socket = UdpSocket::bind(at)?;
        keep_errors(&socket)?;
        self.bound.tell(key.0, socket.local_addr()?);
        let socket = Arc::new(Watched::new(&self.core, socket)?);
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(key, socket.clone());
        Ok(socket)
    }

    /// Any port, at the home address if that is of the family.
    fn open(&self, key: Key) -> io::Result<Arc<Watched<UdpSocket>>> {
        let any: IpAddr =
            if key.1 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        let home = self.home.map(|home| home.ip()).filter(|home| home.is_ipv6() == key.1);
        self.bind(key, SocketAddr::new(home.unwrap_or(any), 0))
    }
}

impl Datagrams {
    /// A wire, and where its sockets are bound. With an address, socket 0 is bound there at once.
    pub(crate) fn bind(core: &Arc<Core>, home: Option<SocketAddr>) -> io::Result<(Self, Bound)> {
        let bound = Bound::default();
        let shelf = Shelf { core: core.clone(), home, bound: bound.clone(), open: Arc::default() };
        if let Some(home) = home {
            shelf.bind((0, home.is_ipv6()), home)?;
        }
        Ok((Self { shelf, alarm: Alarm::new(core) }, bound))
    }
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Datagrams").field("bound", &self.shelf.bound).finish_non_exhaustive()
    }
}

/// The open sockets of a datagram wire.
pub struct Sockets {
    shelf: Shelf,
    open: Vec<Open>,
    /// Which socket is looked at first: each has its turn.
    turn: usize,
    /// Peers that could not be reached.
    news: VecDeque<(Peer, io::Error)>,
}

impl fmt::Debug for Sockets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sockets").field("open", &self.open.len()).finish_non_exhaustive()
    }
}

struct Open {
    key: Key,
    socket: Arc<Watched<UdpSocket>>,
}

impl Wire for Datagrams {
    type Io = Sockets;
    type Flow = Peer;

    fn poll_dial(&mut self, _: &mut Context<'_>) -> Poll<io::Result<Sockets>> {
        let shelf = self.shelf.clone();
        let kept = shelf.open.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let open = kept.into_iter().map(|(key, socket)| Open { key, socket });
        Poll::Ready(Ok(Sockets { shelf, open: open.collect(), turn: 0, news: VecDeque::new() }))
    }

    fn poll_read(
        io: &mut Sockets,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<(Peer, io::Result<usize>)> {
        if let Some((peer, why)) = io.news.pop_front() {
            return Poll::Ready((peer, Err(why)));
        }
        for step in 0..io.open.len() {
            let at = (io.turn + step) % io.open.len();
            let open = &io.open[at];
            match open.socket.poll_read(cx, |socket| socket.recv_from(buf), |_| true) {
                Poll::Pending => {}
                Poll::Ready(Ok((got, addr))) => {
                    io.turn = at + 1;
                    return Poll::Ready((Peer { socket: open.key.0, addr }, Ok(got)));
                }
                Poll::Ready(Err(_)) => {
                    // An earlier datagram's: the queue says whose.
                    io.news.extend(unreachable(open.key.0, &open.socket.socket));
                    cx.waker().wake_by_ref();
                }
            }
        }
        match io.news.pop_front() {
            Some((peer, why)) => Poll::Ready((peer, Err(why))),
            None => Poll::Pending,
        }
    }

    fn poll_write(
        io: &mut Sockets,
        cx: &mut Context<'_>,
        to: Peer,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let key = (to.socket, to.addr.is_ipv6());
        let at = match io.open.iter().position(|open| open.key == key) {
            Some(at) => at,
            None => {
                io.open.push(Open { key, socket: io.shelf.open(key)? });
                io.open.len() - 1
            }
        };
        let socket = &*io.open[at].socket;
        let send = |cx: &Context<'_>| {
            socket.poll_write(cx, |socket| socket.send_to(buf, to.addr), |_| true)
        };
        let sent = ready!(send(cx));
        if sent.is_ok() {
            return Poll::Ready(sent);
        }
        // The error may be an earlier datagram's, to another peer: ask whose, and send once more.
        io.news.extend(unreachable(to.socket, &socket.socket));
        send(cx)
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.alarm.poll(cx, at)
    }
}

/// Asks the system to keep ICMP errors with their addresses.
#[cfg(target_os = "linux")]
fn keep_errors(socket: &UdpSocket) -> io::Result<()> {
    use nix::sys::socket::{setsockopt, sockopt};
    if socket.local_addr()?.is_ipv6() {
        setsockopt(socket, sockopt::Ipv6RecvErr, &true)?;
    }
    setsockopt(socket, sockopt::Ipv4RecvErr, &true)?; // an IPv6 socket may carry IPv4 too
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn keep_errors(_: &UdpSocket) -> io::Result<()> {
    Ok(())
}

/// Who could not be reached, and why: empties the error queue.
#[cfg(target_os = "linux")]
fn unreachable(socket: u16, fd: &impl std::os::fd::AsRawFd) -> Vec<(Peer, io::Error)> {
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg};
    let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
    let mut news = vec![];
    loop {
        let (mut octets, mut space) = ([0; 1], nix::cmsg_space!([u8; 128]));
        let mut iov = [io::IoSliceMut::new(&mut octets)];
        let found = recvmsg::<SockaddrStorage>(fd.as_raw_fd(), &mut iov, Some(&mut space), flags);
        let Ok(found) = found else { return news };
        let Some(to) = found.address else { continue };
        let addr = match (to.as_sockaddr_in(), to.as_sockaddr_in6()) {
            (Some(v4), _) => SocketAddr::from((v4.ip(), v4.port())),
            (_, Some(v6)) => SocketAddr::V6((*v6).into()),
            _ => continue,
        };
        let why = found.cmsgs().into_iter().flatten().find_map(|message| match message {
            ControlMessageOwned::Ipv4RecvErr(why, _) | ControlMessageOwned::Ipv6RecvErr(why, _) => {
                i32::try_from(why.ee_errno).ok()
            }
            _ => None,
        });
        if let Some(why) = why {
            news.push((Peer { socket, addr }, io::Error::from_raw_os_error(why)));
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn unreachable<T>(_: u16, _: &T) -> Vec<(Peer, io::Error)> {
    vec![]
}
