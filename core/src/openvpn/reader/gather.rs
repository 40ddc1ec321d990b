//! A block that comes in, line by line, into one buffer.

use super::super::block::Block;
use super::super::command::shape::Kind;
use super::super::history::{EchoHistory, LogHistory};
use super::super::remotes::Remotes;
use super::super::state::States;
use super::super::status::{ClientStatus, Fit, Scanner, Status};
use super::super::version::Version;
use super::super::wire::{END, Limits, decimal};
use super::fault::Fault;
use super::item::Answer;

/// Octets that the buffer of a block begins with.
const FIRST: usize = 4096;

#[derive(Debug)]
pub(super) struct Gather {
    kind: Kind,
    text: Vec<u8>,
    lines: usize,
    /// Of a listing, which may break off.
    scanner: Option<Scanner>,
}

/// What became of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gathered {
    /// It was taken.
    More,
    /// It was the `END`.
    End,
    /// It was not of the block, which broke off.
    Foreign,
}

impl Gather {
    /// A block whose first line is this.
    pub(super) fn new(kind: Kind, first: &[u8]) -> Self {
        let scanner = if kind == Kind::Status { Scanner::begin(first) } else { None };
        Self { kind, text: Vec::new(), lines: 0, scanner }
    }

    /// Takes the first line.
    pub(super) fn first(&mut self, octets: &[u8], limits: &Limits, at: u64) -> Result<(), Fault> {
        self.push(octets, limits, at)
    }

    /// Takes a further line, `octets` with its line end.
    pub(super) fn line(
        &mut self,
        line: &[u8],
        octets: &[u8],
        limits: &Limits,
        at: u64,
    ) -> Result<Gathered, Fault> {
        let fit = match &mut self.scanner {
            Some(scanner) => scanner.line(line, self.text.len()..self.text.len() + octets.len()),
            None if line == END => Fit::End,
            None => Fit::Belongs,
        };
        match fit {
            Fit::Belongs => self.push(octets, limits, at).map(|()| Gathered::More),
            Fit::End => Ok(Gathered::End),
            Fit::Foreign => Ok(Gathered::Foreign),
        }
    }

    /// Whether it is a listing that no routing table was seen of.
    pub(super) fn is_before_routes(&self) -> bool {
        self.scanner.as_ref().is_some_and(|scanner| !scanner.reached_routes())
    }

    fn push(&mut self, octets: &[u8], limits: &Limits, at: u64) -> Result<(), Fault> {
        if self.lines == limits.block_lines {
            return Err(Fault::BlockLines { at, limit: limits.block_lines });
        }
        let needed = self.text.len() + octets.len();
        if needed > limits.block_octets {
            return Err(Fault::BlockOctets { at, limit: limits.block_octets });
        }
        if needed > self.text.capacity() {
            // By a quarter: a large listing never takes much more than its text.
            self.text.reserve_exact(octets.len().max(self.text.len() / 4).max(FIRST));
        }
        self.text.extend_from_slice(octets);
        self.lines += 1;
        Ok(())
    }

    /// What it was. A block of another form than its command's is handed out as lines.
    pub(super) fn finish(self, complete: bool) -> Answer<'static> {
        if let Some(scanner) = &self.scanner {
            return Answer::Status(Status::new(self.text.into(), scanner, complete));
        }
        let block = Block::owned(self.text, complete);
        let typed = match self.kind {
            Kind::Lines => Err(block),
            Kind::Version => Version::new(block).map(Answer::Version),
            Kind::Status => ClientStatus::new(block).map(Answer::ClientStatus),
            Kind::States => States::new(block).map(Answer::States),
            Kind::Log => LogHistory::new(block).map(Answer::Log),
            Kind::Echo => EchoHistory::new(block).map(Answer::Echo),
            Kind::RemoteCount => remote_count(block).map(Answer::RemoteCount),
            Kind::Remotes => Remotes::new(block).map(Answer::Remotes),
        };
        typed.unwrap_or_else(Answer::Lines)
    }
}

fn remote_count(block: Block<'static>) -> Result<u64, Block<'static>> {
    let mut lines = block.lines();
    let count = lines.next().and_then(|line| decimal(line.as_bytes()));
    let more = lines.next().is_some();
    drop(lines);
    count.filter(|_| !more).ok_or(block)
}
