//! The servers that a client can connect to: `remote-entry-count` and `remote-entry-get`, since 2.6.

use super::block::Block;
use super::octets::Octets;
use super::wire::{decimal, rsplit_once, split_once};

/// One `remote` of a client's configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RemoteEntry<'a> {
    /// Its place, from 0.
    pub index: u64,
    /// Host name or address.
    pub host: Octets<'a>,
    /// Port, or the name of a service.
    pub port: Octets<'a>,
    /// `udp`, `udp4`, `udp6`, `tcp-client`, `tcp4-client` or `tcp6-client`.
    pub protocol: Octets<'a>,
    /// `enabled` or `disabled`.
    pub status: Octets<'a>,
}

impl<'a> RemoteEntry<'a> {
    /// Reads a line of `remote-entry-get`: `index,host,port,protocol,status`.
    #[must_use]
    pub fn parse(line: &'a [u8]) -> Option<Self> {
        let (index, rest) = split_once(line, b',')?;
        let (rest, status) = rsplit_once(rest, b',')?;
        let (rest, protocol) = rsplit_once(rest, b',')?;
        let (host, port) = rsplit_once(rest, b',')?;
        Some(Self {
            index: decimal(index)?,
            host: Octets(host),
            port: Octets(port),
            protocol: Octets(protocol),
            status: Octets(status),
        })
    }

    /// Whether it may be used.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.status == "enabled"
    }
}

/// What `remote-entry-get` answers; none for an index out of range.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remotes<'a>(Block<'a>);

impl<'a> Remotes<'a> {
    /// Takes the block of a reply.
    ///
    /// # Errors
    ///
    /// The block itself, when a line of it has another form.
    pub fn new(block: Block<'a>) -> Result<Self, Block<'a>> {
        if block.lines().all(|line| RemoteEntry::parse(line.as_bytes()).is_some()) {
            Ok(Self(block))
        } else {
            Err(block)
        }
    }

    /// The entries.
    pub fn iter(&self) -> impl Iterator<Item = RemoteEntry<'_>> {
        self.0.lines().filter_map(|line| RemoteEntry::parse(line.as_bytes()))
    }

    /// The block that it was read from.
    #[must_use]
    pub const fn block(&self) -> &Block<'a> {
        &self.0
    }

    /// A copy that borrows nothing.
    #[must_use]
    pub fn into_owned(self) -> Remotes<'static> {
        Remotes(self.0.into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_split_from_both_sides() {
        let text =
            b"0,vpn.example.com,443,udp,enabled\r\n1,2001:db8::1,openvpn,tcp6-client,disabled\r\n";
        let remotes = Remotes::new(Block::new(text)).expect("remotes");
        let all: Vec<_> = remotes.iter().collect();
        assert_eq!((all[0].host, all[0].port), (Octets(b"vpn.example.com"), Octets(b"443")));
        assert!(all[0].is_enabled() && !all[1].is_enabled());
        assert!(Remotes::new(Block::new(b"4\r\n")).is_err());
    }
}
