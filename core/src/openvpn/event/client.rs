//! `>CLIENT`: the life of a server's clients.
//!
//! ```text
//!  CONNECT ──► our client-auth ──► ADDRESS* ──► ESTABLISHED ──► (REAUTH ──► our answer)* ──► DISCONNECT
//! ```
//!
//! Without `management-client-auth` only ESTABLISHED is sent (2.6.14). A client that is denied
//! gets a DISCONNECT some seconds later without ever having been ESTABLISHED. What was sent while
//! nobody was attached is not repeated.

use super::super::address::TunnelAddress;
use super::super::octets::{Octets, Redacted};
use super::super::wire::{decimal, rsplit_once, split_once};
use super::env::Env;

/// What happened to a client.
///
/// `cid` is the only safe key of a client; `kid` names the key negotiation that an answer is for:
/// a larger one at each REAUTH, not necessarily the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientEvent<'a> {
    /// It wants in: answer `client-auth`, `client-auth-nt`, `client-deny` or
    /// `client-pending-auth`.
    Connect {
        /// The client.
        cid: u64,
        /// The key negotiation.
        kid: u64,
        /// The variables.
        env: Env<'a>,
    },
    /// It negotiates a new key: answer as for CONNECT.
    Reauth {
        /// The client.
        cid: u64,
        /// The key negotiation.
        kid: u64,
        /// The variables.
        env: Env<'a>,
    },
    /// It answers a challenge of `client-pending-auth`.
    CrResponse {
        /// The client.
        cid: u64,
        /// The key negotiation.
        kid: u64,
        /// Base64 of what the user entered; unchecked text from the peer.
        response: Redacted<'a>,
        /// The variables.
        env: Env<'a>,
    },
    /// It is in.
    Established {
        /// The client.
        cid: u64,
        /// The variables.
        env: Env<'a>,
    },
    /// It is gone; the environment has the final counters.
    Disconnect {
        /// The client.
        cid: u64,
        /// The variables.
        env: Env<'a>,
    },
    /// It has this address; comes before ESTABLISHED. TAP servers send none.
    Address {
        /// The client.
        cid: u64,
        /// As printed; [`tunnel_address`](Self::tunnel_address) reads it.
        address: Octets<'a>,
        /// Its own address, not one behind it (`iroute`).
        primary: bool,
    },
}

impl<'a> ClientEvent<'a> {
    /// Reads the payload of `>CLIENT`; `None` for an event that is not known.
    #[must_use]
    pub fn parse(payload: &'a [u8], env: Env<'a>) -> Option<Self> {
        let (event, rest) = split_once(payload, b',')?;
        Some(match event {
            b"CONNECT" => {
                let (cid, kid) = ids(rest)?;
                Self::Connect { cid, kid, env }
            }
            b"REAUTH" => {
                let (cid, kid) = ids(rest)?;
                Self::Reauth { cid, kid, env }
            }
            b"CR_RESPONSE" => {
                let (cid, rest) = split_once(rest, b',')?;
                let (kid, response) = split_once(rest, b',')?;
                let (cid, kid) = (decimal(cid)?, decimal(kid)?);
                Self::CrResponse { cid, kid, response: Redacted::new(response), env }
            }
            b"ESTABLISHED" => Self::Established { cid: decimal(rest)?, env },
            b"DISCONNECT" => Self::Disconnect { cid: decimal(rest)?, env },
            b"ADDRESS" => {
                let (cid, rest) = split_once(rest, b',')?;
                let (address, primary) = rsplit_once(rest, b',')?;
                let primary = match primary {
                    b"0" => false,
                    b"1" => true,
                    _ => return None,
                };
                Self::Address { cid: decimal(cid)?, address: Octets(address), primary }
            }
            _ => return None,
        })
    }

    /// The word: `CONNECT`, `REAUTH`, `CR_RESPONSE`, `ESTABLISHED`, `DISCONNECT`, `ADDRESS`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connect { .. } => "CONNECT",
            Self::Reauth { .. } => "REAUTH",
            Self::CrResponse { .. } => "CR_RESPONSE",
            Self::Established { .. } => "ESTABLISHED",
            Self::Disconnect { .. } => "DISCONNECT",
            Self::Address { .. } => "ADDRESS",
        }
    }

    /// The client.
    #[must_use]
    pub const fn cid(&self) -> u64 {
        match *self {
            Self::Connect { cid, .. }
            | Self::Reauth { cid, .. }
            | Self::CrResponse { cid, .. }
            | Self::Established { cid, .. }
            | Self::Disconnect { cid, .. }
            | Self::Address { cid, .. } => cid,
        }
    }

    /// The key negotiation, where the event names one.
    #[must_use]
    pub const fn kid(&self) -> Option<u64> {
        match *self {
            Self::Connect { kid, .. } | Self::Reauth { kid, .. } | Self::CrResponse { kid, .. } => {
                Some(kid)
            }
            _ => None,
        }
    }

    /// The variables; empty for ADDRESS.
    #[must_use]
    pub const fn env(&self) -> Env<'a> {
        match *self {
            Self::Connect { env, .. }
            | Self::Reauth { env, .. }
            | Self::CrResponse { env, .. }
            | Self::Established { env, .. }
            | Self::Disconnect { env, .. } => env,
            Self::Address { .. } => Env::EMPTY,
        }
    }

    /// The address of an ADDRESS, typed.
    #[must_use]
    pub fn tunnel_address(&self) -> Option<TunnelAddress> {
        match self {
            Self::Address { address, .. } => TunnelAddress::parse(address.as_bytes()),
            _ => None,
        }
    }
}

fn ids(text: &[u8]) -> Option<(u64, u64)> {
    let (cid, kid) = split_once(text, b',')?;
    Some((decimal(cid)?, decimal(kid)?))
}

/// Whether this payload opens an environment: all but ADDRESS do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opens {
    Nothing,
    /// `ENV` lines follow, up to their `END`.
    Env,
    /// An event that is not known: `ENV` lines may follow.
    Perhaps,
}

pub(crate) fn opens(payload: &[u8]) -> Opens {
    let event = split_once(payload, b',').map_or(payload, |(event, _)| event);
    match event {
        b"ADDRESS" | b"ENV" => Opens::Nothing,
        b"CONNECT" | b"REAUTH" | b"CR_RESPONSE" | b"ESTABLISHED" | b"DISCONNECT" => Opens::Env,
        _ => Opens::Perhaps,
    }
}
