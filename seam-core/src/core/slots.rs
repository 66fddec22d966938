//! The tables behind a store's handles.

use std::collections::BTreeMap;

use crate::{Error, ErrorKind, Limit, Result};

/// A table that maps handles of one kind, e.g. [`CoreFunc`](crate::CoreFunc), to an engine's
/// objects.
///
/// # For implementors
/// Keep one table per kind of handle in a store. Each object has a key that identifies it and is
/// added only once, so looking up the same export repeatedly does not grow the table.
pub struct Slots<K, T> {
    items: Vec<(K, T)>,
    /// Empty while there are few objects, as in most stores: then they are searched one by one.
    by_key: BTreeMap<K, u32>,
}

/// How many objects are searched one by one.
const FEW: usize = 32;

impl<K, T> Default for Slots<K, T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            by_key: BTreeMap::new(),
        }
    }
}

impl<K: Ord + Clone, T> Slots<K, T> {
    /// Returns the slot of the object with this key, or `None` if it has no slot yet.
    #[must_use]
    pub fn find(&self, key: &K) -> Option<u32> {
        if self.items.len() > FEW {
            return self.by_key.get(key).copied();
        }
        let found = self.items.iter().position(|(known, _)| known == key)?;
        u32::try_from(found).ok()
    }

    /// Returns the slot of the object with this key. A new object is created and added.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` at 2^32 objects.
    pub fn intern(&mut self, key: K, make: impl FnOnce() -> T) -> Result<u32> {
        if let Some(known) = self.find(&key) {
            return Ok(known);
        }
        let slot = handle_index(self.items.len())?;
        self.items.push((key, make()));
        if self.items.len() > FEW {
            let rest = self.items.iter().zip(0u32..).skip(self.by_key.len());
            (self.by_key).extend(rest.map(|((key, _), slot)| (key.clone(), slot)));
        }
        Ok(slot)
    }

    /// Returns the object of a handle: `store` and `slot` are the handle's, `ours` is this store's
    /// number.
    ///
    /// # Errors
    /// `Misuse` if `store` is not `ours`, or if the slot was never assigned.
    #[inline]
    pub fn at(&self, ours: u32, store: u32, slot: u32) -> Result<&T> {
        let item = self.items.get(slot as usize);
        let item = item.filter(|_| ours == store);
        item.map(|(_, item)| item).ok_or_else(foreign_handle)
    }

    /// Returns the number of objects.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether the table is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// Converts an index to the number type of handles.
///
/// # For implementors
/// Use it for tables other than [`Slots`].
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

/// Returns the `Misuse` error for a handle of another store, or for an unassigned slot.
///
/// # For implementors
/// Use it for tables other than [`Slots`].
#[must_use]
pub fn foreign_handle() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn an_object_is_added_once() {
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
    fn many_objects_are_added_once_too() {
        let mut slots = Slots::default();
        let many = FEW as u32 + 10;
        for _ in 0..2 {
            for key in (0..many).rev() {
                let slot = slots.intern(key, || key).unwrap();
                assert_eq!(slots.find(&key), Some(slot));
                assert_eq!(*slots.at(7, 7, slot).unwrap(), key);
            }
        }
        assert_eq!((slots.len(), slots.find(&many)), (FEW + 10, None));
    }

    #[test]
    fn an_unassigned_slot_is_misuse() {
        let mut slots = Slots::default();
        let slot = slots.intern((), || 1).unwrap();
        for (store, slot) in [(8, slot), (7, slot + 1), (u32::MAX, u32::MAX)] {
            let error = slots.at(7, store, slot).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse);
        }
    }
}
