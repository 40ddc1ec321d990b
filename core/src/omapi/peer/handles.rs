//! Handles: numbers counted up from 1, one for each object that was ever mentioned.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

/// An object that a handle may stand for. The numbers are the store's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Object {
    Key(usize),
    Lease(Ipv4Addr),
    Host(u32),
    Group(u32),
    Class(u32),
    Subclass(u32),
    Pool(usize),
    Subnet(Ipv4Addr),
    Failover(usize),
    Interface(usize),
    Control,
}

/// Shared by all connections: a handle outlives the connection that got it.
#[derive(Debug, Default)]
pub(super) struct Handles {
    last: u32,
    objects: BTreeMap<u32, Object>,
    numbers: BTreeMap<Object, u32>,
}

impl Handles {
    /// The handle of this object; a new one at its first mention.
    pub(super) fn of(&mut self, object: Object) -> u32 {
        if let Some(&number) = self.numbers.get(&object) {
            return number;
        }
        let number = self.temporary();
        self.numbers.insert(object, number);
        self.objects.insert(number, object);
        number
    }

    /// A handle whose object is gone before anybody can ask for it.
    pub(super) fn temporary(&mut self) -> u32 {
        loop {
            self.last = self.last.wrapping_add(1).max(1);
            if !self.objects.contains_key(&self.last) {
                return self.last;
            }
        }
    }

    pub(super) fn object(&self, handle: u32) -> Option<Object> {
        self.objects.get(&handle).copied()
    }

    pub(super) fn forget(&mut self, object: Object) {
        if let Some(number) = self.numbers.remove(&object) {
            self.objects.remove(&number);
        }
    }
}
