//! The wire for streams: TCP, Unix sockets, and whatever else reads and writes.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs};
use std::os::unix::net::{UnixListener, UnixStream};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use async_io::{Async, Timer};
use futures_lite::{AsyncRead, AsyncWrite};
use netlever_core::Wire;
use netlever_core::runtime::{Endpoint, Listening};

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
    pub fn to(endpoint: &Endpoint) -> Self {
        let endpoint = endpoint.clone();
        Self::new(move || {
            let endpoint = endpoint.clone();
            async move { Socket::connect(&endpoint).await }
        })
    }
}

impl<T> Stream<T> {
    /// A wire that gets its transport from this future, anew after each loss. A TLS handshake
    /// belongs into it, and so does the wait for somebody who connects to us.
    pub fn new<F>(mut dial: impl FnMut() -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<T>> + Send + 'static,
    {
        Self { dial: Box::new(move || Box::pin(dial())), dialling: None, alarm: Alarm::default() }
    }

    /// A wire over a transport that is there already; there is none after it.
    pub fn given(transport: T) -> Self
    where
        T: Send + 'static,
    {
        let mut transport = Some(transport);
        Self::new(move || {
            let transport = transport.take();
            async move {
                match transport {
                    Some(transport) => Ok(transport),
                    None => std::future::pending().await,
                }
            }
        })
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

/// A timer that is set rarely: while it would ring too early it is left alone, since deadlines of
/// calls mostly move on, and each setting wakes async-io's own thread.
#[derive(Default)]
pub(crate) struct Alarm(Option<(Instant, Timer)>);

impl Alarm {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let (set, timer) = self.0.get_or_insert_with(|| (at, Timer::at(at)));
        if *set > at {
            *set = at;
            timer.set_at(at);
        }
        loop {
            ready!(Pin::new(&mut *timer).poll(cx));
            if *set == at {
                self.0 = None; // it has rung; one that has rung never rings again
                return Poll::Ready(());
            }
            *set = at;
            timer.set_at(at);
        }
    }
}

/// A connected stream socket. TCP sends at once (`TCP_NODELAY`).
#[derive(Debug)]
pub struct Socket {
    kind: Kind,
    /// The last read took all there was: to ask again at once would be in vain.
    drained: bool,
}

#[derive(Debug)]
enum Kind {
    Tcp(Async<TcpStream>),
    Unix(Async<UnixStream>),
}

impl From<Async<TcpStream>> for Socket {
    fn from(tcp: Async<TcpStream>) -> Self {
        // An error here is this stream's own: its first read tells it.
        let _ = tcp.get_ref().set_nodelay(true);
        Self { kind: Kind::Tcp(tcp), drained: false }
    }
}

impl From<Async<UnixStream>> for Socket {
    fn from(unix: Async<UnixStream>) -> Self {
        Self { kind: Kind::Unix(unix), drained: false }
    }
}

impl Socket {
    /// Connects to this endpoint; a name is looked up on a thread of the pool for such things, and
    /// its addresses are tried in turn.
    ///
    /// # Errors
    /// That of the last address; `NotFound` for a name that has none.
    pub async fn connect(to: &Endpoint) -> io::Result<Self> {
        let (host, port) = match to {
            Endpoint::Tcp { host, port } => (host.clone(), *port),
            Endpoint::Unix(path) => return Ok(Async::<UnixStream>::connect(path).await?.into()),
        };
        let addrs = match to.socket_addr() {
            Some(addr) => vec![addr],
            None => {
                let lookup = move || (host.as_str(), port).to_socket_addrs();
                let found = blocking::unblock(lookup).await;
                found.map_err(|_| io::ErrorKind::NotFound)?.collect()
            }
        };
        let mut last = io::ErrorKind::NotFound.into();
        for addr in addrs {
            match Async::<TcpStream>::connect(addr).await {
                Ok(tcp) => return Ok(tcp.into()),
                Err(why) => last = why,
            }
        }
        Err(last)
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let Self { kind, drained } = self.get_mut();
        if *drained {
            ready!(match kind {
                Kind::Tcp(tcp) => tcp.poll_readable(cx),
                Kind::Unix(unix) => unix.poll_readable(cx),
            })?;
        }
        *drained = false;
        let got = ready!(match kind {
            Kind::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Kind::Unix(unix) => Pin::new(unix).poll_read(cx, buf),
        });
        *drained = matches!(got, Ok(got) if 0 < got && got < buf.len());
        Poll::Ready(got)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().kind {
            Kind::Tcp(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Kind::Unix(unix) => Pin::new(unix).poll_write(cx, buf),
        }
    }

    /// Nothing is kept back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    /// Shuts the writing half: async-io's own only flushes.
    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match &self.get_mut().kind {
            Kind::Tcp(tcp) => tcp.get_ref().shutdown(Shutdown::Write),
            Kind::Unix(unix) => unix.get_ref().shutdown(Shutdown::Write),
        })
    }
}

/// Where streams arrive. The file of a Unix socket goes with it.
#[derive(Debug)]
pub struct Accepting {
    at: Endpoint,
    door: Door,
}

#[derive(Debug)]
enum Door {
    Tcp(Async<TcpListener>),
    Unix(Async<UnixListener>),
}

impl Accepting {
    /// Binds; a name is looked up.
    ///
    /// # Errors
    /// The endpoint cannot be bound.
    pub fn bind(at: &Endpoint) -> io::Result<Self> {
        match at {
            Endpoint::Tcp { host, port } => {
                let tcp = TcpListener::bind((host.as_str(), *port))?;
                let at = tcp.local_addr()?.into();
                Ok(Self { at, door: Door::Tcp(Async::new(tcp)?) })
            }
            Endpoint::Unix(path) => {
                Ok(Self { at: at.clone(), door: Door::Unix(Async::<UnixListener>::bind(path)?) })
            }
        }
    }
}

impl Listening for Accepting {
    type Stream = Stream;

    fn endpoint(&self) -> Endpoint {
        self.at.clone()
    }

    async fn accept(&mut self) -> io::Result<(Stream, Endpoint)> {
        match &self.door {
            Door::Tcp(door) => {
                let (tcp, from) = door.accept().await?;
                Ok((Stream::given(tcp.into()), from.into()))
            }
            Door::Unix(door) => {
                let (unix, _) = door.accept().await?;
                Ok((Stream::given(unix.into()), self.at.clone()))
            }
        }
    }
}

impl Drop for Accepting {
    fn drop(&mut self) {
        if let Endpoint::Unix(path) = &self.at {
            let _ = std::fs::remove_file(path);
        }
    }
}
