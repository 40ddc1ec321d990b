//! The client session against a daemon that is played by hand: every rule of the greeting, of
//! order, of settings and of the link, one at a time.
#![cfg(feature = "openvpn")]

mod calls;
mod greeting;
mod ids;
mod junk;
mod links;
mod order;
mod settings;
mod table;
