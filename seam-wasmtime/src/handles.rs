//! The tables behind a store's handles.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use seam_core::core::CoreFuncType;
use seam_core::{Error, Result};
use wasmtime::{
    AnyRef, ExnRef, Func, Global, Instance, Memory, OwnedRooted, SharedMemory, Table, Tag,
};

/// Everything that handles of one store stand for. Things are entered once, so that asking for an
/// export again and again does not grow the tables. References to the guest's garbage-collected heap
/// are kept until the store goes.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) instances: Slots<u32, Instance>,
    pub(crate) funcs: Slots<usize, FuncEntry>,
    pub(crate) memories: Slots<MemoryKey, AnyMemory>,
    pub(crate) tables: Slots<u64, Table>,
    pub(crate) globals: Slots<u64, Global>,
    pub(crate) tags: Slots<u64, Tag>,
    pub(crate) objects: Vec<OwnedRooted<AnyRef>>,
    pub(crate) exceptions: Vec<OwnedRooted<ExnRef>>,
}

/// A function and its type.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    pub(crate) func: Func,
    pub(crate) ty: Arc<CoreFuncType>,
}

/// A memory, shared or not.
#[derive(Clone)]
pub(crate) enum AnyMemory {
    Own(Memory),
    Shared(SharedMemory),
}

/// What tells memories apart.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum MemoryKey {
    Own(u64),
    /// The address of its bytes, which never move.
    Shared(usize),
}

/// A table that enters each thing once.
pub(crate) struct Slots<K, T> {
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
    /// The slot of the thing with this key, which is made if it is new.
    pub(crate) fn enter(&mut self, key: K, make: impl FnOnce() -> T) -> Result<u32> {
        if let Some(slot) = self.by_key.get(&key) {
            return Ok(*slot);
        }
        let slot = slot(self.items.len())?;
        self.items.push(make());
        self.by_key.insert(key, slot);
        Ok(slot)
    }

    /// The slot of the thing with this key, if it has been entered.
    pub(crate) fn find(&self, key: &K) -> Option<u32> {
        self.by_key.get(key).copied()
    }

    /// The thing in a slot of the store numbered `ours`.
    pub(crate) fn at(&self, ours: u32, store: u32, slot: u32) -> Result<&T> {
        let item = self.items.get(slot as usize);
        item.filter(|_| ours == store)
            .ok_or_else(|| Error::misuse("expected a handle of this store, found one of another"))
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }
}

/// An index as the slot number that handles have.
pub(crate) fn slot(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| {
        Error::new(
            seam_core::ErrorKind::Limit(seam_core::Limit::EngineCapacity),
            "a store has at most 2^32 handles of a kind",
        )
    })
}
