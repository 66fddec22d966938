//! The tables behind a store's handles.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use seam_core::core::{CoreExtern, CoreFuncType, CoreModule};
use seam_core::{Error, ErrorKind, Limit, Result};
use wasmi::{ExternRef, Func, Global, Instance, Memory, Table};

/// Everything that handles of one store stand for. Things are entered once, so that asking for an
/// export again and again does not grow the tables.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) instances: Vec<InstanceEntry>,
    pub(crate) funcs: Slots<FuncEntry>,
    pub(crate) memories: Slots<MemoryEntry>,
    pub(crate) tables: Slots<Table>,
    pub(crate) globals: Slots<Global>,
    /// References to the host's own things, by the host's number.
    pub(crate) externs: HashMap<u64, ExternRef>,
}

/// An instance, the module it was made of, and the exports that were asked for.
pub(crate) struct InstanceEntry {
    pub(crate) instance: Instance,
    pub(crate) module: CoreModule,
    pub(crate) exports: HashMap<Box<str>, CoreExtern>,
}

/// A function and its type.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    pub(crate) func: Func,
    pub(crate) ty: Arc<CoreFuncType>,
}

/// A memory and what the engine does not show of its type.
#[derive(Clone, Copy)]
pub(crate) struct MemoryEntry {
    pub(crate) memory: Memory,
    pub(crate) page_size_log2: Option<u32>,
}

/// A table that enters each thing once.
pub(crate) struct Slots<T> {
    items: Vec<T>,
    by_identity: HashMap<String, u32>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            by_identity: HashMap::new(),
        }
    }
}

impl<T> Slots<T> {
    /// The slot of the thing with this handle of the engine's, if it has been entered.
    pub(crate) fn find(&self, handle: &impl Debug) -> Option<u32> {
        self.by_identity.get(&identity(handle)).copied()
    }

    /// Enters a thing under its handle of the engine's.
    pub(crate) fn enter(&mut self, handle: &impl Debug, item: T) -> Result<u32> {
        let slot = slot(self.items.len())?;
        self.items.push(item);
        self.by_identity.insert(identity(handle), slot);
        Ok(slot)
    }

    /// The thing in a slot of the store numbered `ours`.
    pub(crate) fn at(&self, ours: u32, store: u32, slot: u32) -> Result<&T> {
        let item = self.items.get(slot as usize);
        item.filter(|_| ours == store).ok_or_else(foreign)
    }
}

/// What tells the engine's handles apart. They cannot be compared; what they print as is their
/// store's number and their own.
fn identity(handle: &impl Debug) -> String {
    format!("{handle:?}")
}

/// An index as the slot number that handles have.
pub(crate) fn slot(index: usize) -> Result<u32> {
    u32::try_from(index).map_err(|_| {
        let kind = ErrorKind::Limit(Limit::EngineCapacity);
        Error::new(kind, "expected at most 2^32 handles of a kind in a store")
    })
}

/// A handle of another store, or one that was never given out.
pub(crate) fn foreign() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use wasmi::{Engine, FuncType, MemoryType, Mutability, Ref, RefType, Store, TableType, Val};

    /// The engine does not promise what its handles print as.
    #[test]
    fn equal_handles_are_one_and_others_are_not() {
        let mut store = Store::new(&Engine::default(), ());
        let mut made = || {
            let ty = FuncType::new([], []);
            let func = Func::new(&mut store, ty, |_, _, _| Ok(()));
            let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
            let table = TableType::new(RefType::Func, 1, None);
            let table = Table::new(&mut store, table, Ref::null(RefType::Func)).unwrap();
            let global = Global::new(&mut store, Val::I32(0), Mutability::Var);
            [
                (identity(&func), identity(&func)),
                (identity(&memory), identity(&memory)),
                (identity(&table), identity(&table)),
                (identity(&global), identity(&global)),
            ]
        };
        for (first, second) in made().into_iter().zip(made()) {
            assert_eq!(first.0, first.1);
            assert_ne!(first.0, second.0);
        }
    }
}
