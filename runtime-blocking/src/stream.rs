//! The wire for streams: TCP, Unix sockets, and whatever else reads and writes.

use std::fmt;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use futures_io::{AsyncRead, AsyncWrite};
use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use netlever_core::Wire;
use netlever_core::runtime::{Endpoint, Listening};

use crate::Reactor;
use crate::reactor::{Alarm, Core, Watched};

type Dialling<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// A wire over any transport that reads and writes as `futures` has it: [`Socket`], or a TLS
/// stream around it.
pub struct Stream<T = Socket> {
    dial: Box<dyn FnMut() -> Dialling<T> + Send>,
    dialling: Option<Dialling<T>>,
    alarm: Alarm,
}

impl Stream {
    /// A wire that connects to this endpoint each time it is asked. A name is looked up each time,
    /// and all its addresses are tried in turn.
    #[must_use]
    pub fn to(reactor: &Reactor, endpoint: &Endpoint) -> Self {
        let (core, endpoint) = (reactor.core().clone(), endpoint.clone());
        Self::with(reactor.core(), move || {
            let (core, endpoint) = (core.clone(), endpoint.clone());
            async move { Socket::dial(&core, &endpoint).await }
        })
    }
}

impl<T> Stream<T> {
    /// A wire that gets its transport from this future, anew after each loss. A TLS handshake
    /// belongs into it, and so does the wait for somebody who connects to us.
    pub fn new<F>(reactor: &Reactor, dial: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        Self::with(reactor.core(), dial)
    }

    /// A wire over a transport that is there already; there is none after it.
    pub fn given(reactor: &Reactor, transport: T) -> Self
    where
        T: Send + 'static,
    {
        let mut transport = Some(transport);
        Self::new(reactor, move || {
            let transport = transport.take();
            async move {
                match transport {
                    Some(transport) => Ok(transport),
                    None => std::future::pending().await,
                }
            }
        })
    }

    fn with<F>(core: &Arc<Core>, mut dial: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        let alarm = Alarm::new(core);
        Self { dial: Box::new(move || Box::pin(dial())), dialling: None, alarm }
    }
}

impl<T> fmt::Debug for Stream<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stream").field("dialling", &self.dialling.is_some()).finish_non_exhaustive()
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Wire for Stream<T> {
    type Io = T;
    type Flow = ();

    fn poll_dial(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let Self { dial, dialling, .. } = self;
        let dialled = ready!(dialling.get_or_insert_with(dial).as_mut().poll(cx));
        *dialling = None;
        Poll::Ready(dialled)
    }

    fn poll_read(
        io: &mut T,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<((), io::Result<usize>)> {
        Pin::new(io).poll_read(cx, buf).map(|got| ((), got))
    }

    fn poll_write(io: &mut T, cx: &mut Context<'_>, (): (), buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(io).poll_write(cx, buf)
    }

    fn poll_flush(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(io).poll_flush(cx)
    }

    fn poll_close(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(io).poll_close(cx)
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.alarm.poll(cx, at)
    }
}

/// A connected stream socket. TCP sends at once (`TCP_NODELAY`).
pub struct Socket(Kind);

enum Kind {
    Tcp(Watched<TcpStream>),
    Unix(Watched<UnixStream>),
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Tcp(tcp) => tcp.socket.fmt(f),
            Kind::Unix(unix) => unix.socket.fmt(f),
        }
    }
}

impl Socket {
    /// Connects to this endpoint; the addresses of a name are tried in turn. The lookup of a name
    /// blocks the thread.
    ///
    /// # Errors
    /// That of the last address; `NotFound` for a name that has none.
    pub async fn connect(reactor: &Reactor, to: &Endpoint) -> io::Result<Self> {
        Self::dial(reactor.core(), to).await
    }

    async fn dial(core: &Arc<Core>, to: &Endpoint) -> io::Result<Self> {
        let (host, port) = match to {
            Endpoint::Tcp { host, port } => (host.as_str(), *port),
            Endpoint::Unix(path) => {
                let unix = Watched::new(core, UnixStream::connect(path)?)?;
                connected(&unix, UnixStream::take_error, |unix| unix.peer_addr().map(drop)).await?;
                return Ok(Self(Kind::Unix(unix)));
            }
        };
        let mut last = ErrorKind::NotFound.into();
        for addr in (host, port).to_socket_addrs().map_err(|_| ErrorKind::NotFound)? {
            match Self::dial_tcp(core, addr).await {
                Ok(socket) => return Ok(socket),
                Err(why) => last = why,
            }
        }
        Err(last)
    }

    async fn dial_tcp(core: &Arc<Core>, to: SocketAddr) -> io::Result<Self> {
        let tcp = Watched::new(core, TcpStream::connect(to)?)?;
        connected(&tcp, TcpStream::take_error, |tcp| tcp.peer_addr().map(drop)).await?;
        tcp.socket.set_nodelay(true)?;
        Ok(Self(Kind::Tcp(tcp)))
    }
}

/// Waits until a socket that was told to connect has done so, or failed.
async fn connected<T: mio::event::Source>(
    watched: &Watched<T>,
    error: impl Fn(&T) -> io::Result<Option<io::Error>>,
    peer: impl Fn(&T) -> io::Result<()>,
) -> io::Result<()> {
    loop {
        poll_fn(|cx| watched.writer().poll(cx)).await;
        if let Some(why) = error(&watched.socket)? {
            return Err(why);
        }
        match peer(&watched.socket) {
            Err(why) if why.kind() == ErrorKind::NotConnected => {} // woken for nothing
            Err(why) => return Err(why),
            Ok(()) => {
                watched.writer().again();
                return Ok(());
            }
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let room = buf.len();
        let more = |got: &usize| *got == 0 || *got == room;
        match &self.0 {
            Kind::Tcp(tcp) => tcp.poll_read(cx, |mut tcp| tcp.read(buf), more),
            Kind::Unix(unix) => unix.poll_read(cx, |mut unix| unix.read(buf), more),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let more = |sent: &usize| *sent == buf.len();
        match &self.0 {
            Kind::Tcp(tcp) => tcp.poll_write(cx, |mut tcp| tcp.write(buf), more),
            Kind::Unix(unix) => unix.poll_write(cx, |mut unix| unix.write(buf), more),
        }
    }

    /// Nothing is kept back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Shuts the writing half.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match &self.0 {
            Kind::Tcp(tcp) => tcp.socket.shutdown(Shutdown::Write),
            Kind::Unix(unix) => unix.socket.shutdown(Shutdown::Write),
        })
    }
}

/// Where streams arrive. The file of a Unix socket goes with it.
pub struct Accepting {
    reactor: Reactor,
    at: Endpoint,
    door: Door,
}

enum Door {
    Tcp(Watched<TcpListener>),
    Unix(Watched<UnixListener>),
}

impl fmt::Debug for Accepting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accepting").field("at", &self.at).finish_non_exhaustive()
    }
}

impl Accepting {
    /// Binds; a name is looked up.
    pub(crate) fn bind(reactor: &Reactor, at: &Endpoint) -> io::Result<Self> {
        let (at, door) = match at {
            Endpoint::Tcp { host, port } => {
                let tcp = std::net::TcpListener::bind((host.as_str(), *port))?;
                tcp.set_nonblocking(true)?;
                let at = tcp.local_addr()?.into();
                (at, Door::Tcp(Watched::new(reactor.core(), TcpListener::from_std(tcp))?))
            }
            Endpoint::Unix(path) => {
                let unix = Watched::new(reactor.core(), UnixListener::bind(path)?)?;
                (at.clone(), Door::Unix(unix))
            }
        };
        Ok(Self { reactor: reactor.clone(), at, door })
    }
}

impl Listening for Accepting {
    type Stream = Stream;

    fn endpoint(&self) -> Endpoint {
        self.at.clone()
    }

    async fn accept(&mut self) -> io::Result<(Stream, Endpoint)> {
        let Self { reactor, at, door } = self;
        let (socket, from) = match door {
            Door::Tcp(door) => {
                let accept =
                    |cx: &mut Context<'_>| door.poll_read(cx, |door| door.accept(), |_| true);
                let (tcp, from) = poll_fn(accept).await?;
                // An error here is this stream's own: its first read tells it.
                let _ = tcp.set_nodelay(true);
                (Kind::Tcp(Watched::new(reactor.core(), tcp)?), from.into())
            }
            Door::Unix(door) => {
                let accept =
                    |cx: &mut Context<'_>| door.poll_read(cx, |door| door.accept(), |_| true);
                let (unix, _) = poll_fn(accept).await?;
                (Kind::Unix(Watched::new(reactor.core(), unix)?), at.clone())
            }
        };
        Ok((Stream::given(reactor, Socket(socket)), from))
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.at {
            let _ = std::fs::remove_file(path);
        }
    }
}
