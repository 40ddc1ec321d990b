//! A request as the server sees it, and how it searches for what is asked.

use std::collections::{BTreeMap, btree_map::Entry};

use super::handles::Object;
use crate::omapi::code::ResultCode;
use crate::omapi::wire::{Attributes, Dictionary, Opcode};

/// A result without a value on success.
pub(super) type Outcome<T = ()> = Result<T, ResultCode>;

/// What is asked.
pub(super) struct Request<'a> {
    pub(super) opcode: Opcode,
    pub(super) handle: u32,
    /// The message dictionary.
    pub(super) words: Pairs<'a>,
    /// The object dictionary.
    pub(super) object: Pairs<'a>,
}

/// What is answered.
#[derive(Debug)]
pub(super) enum Answer {
    /// UPDATE.
    Object(u32, Attributes),
    /// STATUS; the text may be empty.
    Status(ResultCode, &'static str),
    /// Nothing, now and ever: the server shuts down.
    Nothing,
}

/// A dictionary of a request: a repeated name keeps its place and takes the last value.
pub(super) struct Pairs<'a> {
    pairs: Vec<(&'a [u8], &'a [u8])>,
    places: BTreeMap<&'a [u8], usize>,
}

impl<'a> Pairs<'a> {
    pub(super) fn new(dictionary: Dictionary<'a>) -> Self {
        let mut pairs: Vec<(&[u8], &[u8])> = Vec::new();
        let mut places = BTreeMap::new();
        for (name, value) in dictionary {
            match places.entry(name) {
                Entry::Vacant(place) => {
                    place.insert(pairs.len());
                    pairs.push((name, value));
                }
                Entry::Occupied(place) => pairs[*place.get()].1 = value,
            }
        }
        Self { pairs, places }
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        self.places.get(name.as_bytes()).map(|place| self.pairs[*place].1)
    }

    /// A lookup attribute; an empty one counts as absent.
    pub(super) fn key(&self, name: &str) -> Option<&'a [u8]> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// A lookup attribute that is text. What is no UTF-8 names nothing here.
    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.key(name).map(|value| str::from_utf8(value).unwrap_or_default())
    }

    /// The hardware address to look for, with its type: 1 when not said.
    pub(super) fn hardware(&self) -> Outcome<Option<(u8, &'a [u8])>> {
        let Some(address) = self.key("hardware-address") else { return Ok(None) };
        let kind = self.key("hardware-type").map_or(Ok(1), hardware_type)?;
        Ok(Some((kind, address)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
        self.pairs.iter().copied()
    }
}

/// Exactly four octets.
pub(super) fn integer(value: &[u8]) -> Outcome<u32> {
    value.try_into().map(u32::from_be_bytes).map_err(|_| ResultCode::INVALID_ARGUMENT)
}

/// Four octets, 0 to 255.
pub(super) fn hardware_type(value: &[u8]) -> Outcome<u8> {
    integer(value)?.try_into().map_err(|_| ResultCode::INVALID_ARGUMENT)
}

/// All given keys must agree. The server tests them in an order of its own and stops at the first
/// that names nothing, so a later key that would name something does not help.
#[derive(Default)]
pub(super) struct Search(Option<Object>);

impl Search {
    /// This key names that object, or none.
    pub(super) fn agree(&mut self, hit: Option<Object>) -> Outcome {
        match (self.0, hit) {
            (Some(found), hit) if hit != Some(found) => Err(ResultCode::KEY_CONFLICT),
            (_, None) => Err(ResultCode::NOT_FOUND),
            (_, hit) => {
                self.0 = hit;
                Ok(())
            }
        }
    }

    pub(super) fn found(&self) -> Option<Object> {
        self.0
    }
}
