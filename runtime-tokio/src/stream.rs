//! The wire for streams: TCP, Unix sockets, and whatever else reads and writes.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

use netlever_core::Wire;
use netlever_core::runtime::{Endpoint, Listening};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::time::Sleep;

type Dialling<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// A wire over any transport that tokio can read and write: [`Socket`], or a TLS stream around it.
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
        let mut buf = ReadBuf::new(buf);
        let got = ready!(Pin::new(io).poll_read(cx, &mut buf));
        Poll::Ready(((), got.map(|()| buf.filled().len())))
    }

    fn poll_write(io: &mut T, cx: &mut Context<'_>, (): (), buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(io).poll_write(cx, buf)
    }

    fn poll_flush(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(io).poll_flush(cx)
    }

    fn poll_close(io: &mut T, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(io).poll_shutdown(cx)
    }

    fn poll_alarm(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        self.alarm.poll(cx, at)
    }
}

/// A timer that is set rarely: while it would ring too early it is left alone, since deadlines of
/// calls mostly move on. It is made when first polled, inside the runtime.
#[derive(Default)]
pub(crate) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let at = tokio::time::Instant::from_std(at);
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        if sleep.deadline() > at {
            sleep.as_mut().reset(at);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() == at {
                self.0 = None; // it has rung; one that has rung never rings again
                return Poll::Ready(());
            }
            sleep.as_mut().reset(at);
        }
    }
}

/// A connected stream socket. TCP sends at once (`TCP_NODELAY`).
#[derive(Debug)]
pub enum Socket {
    /// TCP.
    Tcp(TcpStream),
    /// A Unix socket.
    Unix(UnixStream),
}

impl Socket {
    /// Connects to this endpoint; the addresses of a name are tried in turn.
    ///
    /// # Errors
    /// That of the last address; `NotFound` for a name that has none.
    pub async fn connect(to: &Endpoint) -> io::Result<Self> {
        match to {
            Endpoint::Tcp { host, port } => {
                let found = tokio::net::lookup_host((host.as_str(), *port)).await;
                let addrs: Vec<_> = found.map_err(|_| io::ErrorKind::NotFound)?.collect();
                let tcp = TcpStream::connect(&addrs[..]).await?;
                tcp.set_nodelay(true)?;
                Ok(Self::Tcp(tcp))
            }
            Endpoint::Unix(path) => UnixStream::connect(path).await.map(Self::Unix),
        }
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Self::Unix(unix) => Pin::new(unix).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Self::Unix(unix) => Pin::new(unix).poll_write(cx, buf),
        }
    }

    /// Nothing is kept back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Self::Unix(unix) => Pin::new(unix).poll_shutdown(cx),
        }
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
    Tcp(TcpListener),
    Unix(UnixListener),
}

impl Accepting {
    /// Binds; a name is looked up. Only inside a runtime.
    pub(crate) fn bind(at: &Endpoint) -> io::Result<Self> {
        match at {
            Endpoint::Tcp { host, port } => {
                let tcp = std::net::TcpListener::bind((host.as_str(), *port))?;
                tcp.set_nonblocking(true)?;
                let at = tcp.local_addr()?.into();
                Ok(Self { at, door: Door::Tcp(TcpListener::from_std(tcp)?) })
            }
            Endpoint::Unix(path) => {
                Ok(Self { at: at.clone(), door: Door::Unix(UnixListener::bind(path)?) })
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
                // An error here is this stream's own: its first read tells it.
                let _ = tcp.set_nodelay(true);
                Ok((Stream::given(Socket::Tcp(tcp)), from.into()))
            }
            Door::Unix(door) => {
                let (unix, _) = door.accept().await?;
                Ok((Stream::given(Socket::Unix(unix)), self.at.clone()))
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
