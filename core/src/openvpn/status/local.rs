//! What `status` answers from a daemon that is a client itself.

use super::super::block::Block;
use super::super::octets::Octets;
use super::super::wire::{decimal, rsplit_once};

/// The first line.
const TITLE: &str = "OpenVPN STATISTICS";

/// Counters of a client: the same for every number behind `status`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientStatus<'a>(Block<'a>);

impl<'a> ClientStatus<'a> {
    /// Takes the block of a reply.
    ///
    /// # Errors
    ///
    /// The block itself, when it does not begin with `OpenVPN STATISTICS`.
    pub fn new(block: Block<'a>) -> Result<Self, Block<'a>> {
        if block.lines().next().is_some_and(|line| line == TITLE) {
            Ok(Self(block))
        } else {
            Err(block)
        }
    }

    /// When it was made, as text in the daemon's local time.
    #[must_use]
    pub fn updated(&self) -> Option<Octets<'_>> {
        let line = self.0.lines().nth(1)?;
        line.as_bytes().strip_prefix(b"Updated,").map(Octets)
    }

    /// Counters by the names that the daemon gives them: `TUN/TAP read bytes`, `TUN/TAP write
    /// bytes`, `TCP/UDP read bytes`, `TCP/UDP write bytes`, `Auth read bytes`, and with
    /// compression four more.
    pub fn counters(&self) -> impl Iterator<Item = (Octets<'_>, u64)> {
        self.pairs().filter_map(|(name, value)| Some((name, decimal(value.as_bytes())?)))
    }

    /// Lines whose value is no number: `TAP-WIN32 driver status`.
    pub fn others(&self) -> impl Iterator<Item = (Octets<'_>, Octets<'_>)> {
        self.pairs().filter(|(_, value)| decimal(value.as_bytes()).is_none())
    }

    /// Whether its `END` came.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.0.is_complete()
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> ClientStatus<'static> {
        ClientStatus(self.0.into_owned())
    }

    fn pairs(&self) -> impl Iterator<Item = (Octets<'_>, Octets<'_>)> {
        self.0.lines().skip(2).take_while(|line| *line != "END").filter_map(|line| {
            let (name, value) = rsplit_once(line.as_bytes(), b',')?;
            Some((Octets(name), Octets(value)))
        })
    }
}
