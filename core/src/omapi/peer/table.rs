//! Objects under numbers of the store's own, found by a unique key.

use std::borrow::Borrow;
use std::collections::BTreeMap;

/// A number is never given twice, so a handle never comes to mean another object.
#[derive(Debug)]
pub(super) struct Table<K, T> {
    last: u32,
    items: BTreeMap<u32, (K, T)>,
    numbers: BTreeMap<K, u32>,
}

impl<K, T> Default for Table<K, T> {
    fn default() -> Self {
        Self { last: 0, items: BTreeMap::new(), numbers: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, T> Table<K, T> {
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }

    /// The number of the new object; `None`: the key is taken.
    pub(super) fn insert(&mut self, key: K, item: T) -> Option<u32> {
        if self.numbers.contains_key(&key) {
            return None;
        }
        self.last += 1;
        self.numbers.insert(key.clone(), self.last);
        self.items.insert(self.last, (key, item));
        Some(self.last)
    }

    pub(super) fn find<Q: Ord + ?Sized>(&self, key: &Q) -> Option<u32>
    where
        K: Borrow<Q>,
    {
        self.numbers.get(key).copied()
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.items.get(&number).map(|item| &item.1)
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.items.get_mut(&number).map(|item| &mut item.1)
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let (key, item) = self.items.remove(&number)?;
        self.numbers.remove(&key);
        Some(item)
    }
}
