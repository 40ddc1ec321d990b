//! The client session against a server that is played by hand: every rule of the handshake, of
//! bursts, of matching and of the link, one at a time.
#![cfg(feature = "omapi")]

mod answers;
mod bursts;
mod calls;
mod handles;
mod handshake;
mod link;
mod table;
