//! The examples of the project's README, run as tests against a simulated server.

use std::io;
use std::sync::mpsc;
use std::time::{Instant, SystemTime};

use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::peer::{Server, Setup, serve, small_office};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use netlever_tokio::Tokio;

/// The page itself: its Rust examples are doctests of this item.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;

/// The secret, in base64, of the key `defomapi` (hmac-sha256) of [`office`].
pub const SECRET: &str = "c2hhMjU2LXNlY3JldC1mb3ItdGhlLXRlc3QtdmVjdG9ycyEh";

/// Where the simulated server of a small office listens, on a thread of its own, for as long as
/// the process lives.
///
/// # Errors
/// No port.
///
/// # Panics
/// When the server's own data does not fit, or its thread dies.
pub fn office() -> io::Result<Endpoint> {
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || -> io::Result<()> {
        let unix = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs());
        let unix = u32::try_from(unix).unwrap_or(u32::MAX);
        let key = Key::from_base64("defomapi", Algorithm::HmacSha256, SECRET).expect("a key");
        let server = Server::new(Setup::new(Instant::now(), unix).with_key(key));
        small_office(&server, unix).expect("an empty server");
        let tokio = Tokio::new()?;
        let listening = tokio.listen(&Endpoint::tcp("127.0.0.1", 0))?;
        let _ = tell.send(listening.endpoint());
        tokio.block_on(serve(tokio.clone(), listening, server))
    });
    told.recv().map_err(|_| io::Error::other("the server did not start"))
}
