//! The tables behind a store's handles.

use std::collections::HashMap;
use std::hash::Hash;

use crate::{Error, ErrorKind, Limit, Result};

/// # For implementors
/// A table of what one kind of a store's handles, e.g. [`CoreFunc`](crate::CoreFunc), stand
/// for. Things are entered once, by the key that tells them apart, so that asking for an export
/// again and again does not grow the table.
pub struct Slots<K, T> {
    items: Vec<T>,
    by_key: HashMap<K, u32>,
}

impl<K, T> Default for Slots<K, T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            by_key: HashMap::new(),
        }
    }
}

impl<K: Hash + Eq, T> Slots<K, T> {
    /// The slot of the thing with this key, if it is there.
    #[must_use]
    pub fn find(&self, key: &K) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// The slot of the thing with this key, which is made if it is new.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` at 2^32 things.
    pub fn intern(&mut self, key: K, make: impl FnOnce() -> T) -> Result<u32> {
        if let Some(slot) = self.find(&key) {
            return Ok(slot);
        }
        let slot = handle_index(self.items.len())?;
        self.items.push(make());
        self.by_key.insert(key, slot);
        Ok(slot)
    }

    /// The thing in a slot of the store numbered `store`, for the store numbered `ours`.
    ///
    /// # Errors
    /// `Misuse` if they are not the same store, and for a slot that was never given out.
    pub fn at(&self, ours: u32, store: u32, slot: u32) -> Result<&T> {
        let item = self.items.get(slot as usize);
        item.filter(|_| ours == store).ok_or_else(foreign_handle)
    }

    /// How many things there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// # For implementors
/// An index as the number that handles have.
///
/// # Errors
/// `Limit(EngineCapacity)` at 2^32.
pub fn handle_index(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| {
        let kind = ErrorKind::Limit(Limit::EngineCapacity);
        Error::new(
            kind,
            "expected at most 2^32 handles of a kind in a store, found more",
        )
    })
}

/// # For implementors
/// `Misuse`: a handle of another store, or one that was never given out.
#[must_use]
pub fn foreign_handle() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn a_thing_is_entered_once() {
        let mut slots = Slots::default();
        let (a, b) = (slots.intern("a", || 1), slots.intern("b", || 2));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_ne!(a, b);
        assert_eq!(slots.intern("a", || 3).unwrap(), a);
        assert_eq!((slots.find(&"a"), slots.find(&"c")), (Some(a), None));
        assert_eq!((slots.len(), slots.is_empty()), (2, false));
        assert_eq!(*slots.at(7, 7, b).unwrap(), 2);
    }

    #[test]
    fn what_was_never_given_out_is_misuse() {
        let mut slots = Slots::default();
        let slot = slots.intern((), || 1).unwrap();
        for (store, slot) in [(8, slot), (7, slot + 1), (u32::MAX, u32::MAX)] {
            let error = slots.at(7, store, slot).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse);
        }
    }
}
