//! The tables behind a store's handles.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Write};
use std::sync::Arc;

use seam_core::{CoreExtern, CoreFuncType, CoreModule, Result, foreign_handle, handle_index};
use wasmi::{AsContext, ExternRef, Func, Global, Instance, Memory, Table};

use crate::copier::Copier;
use crate::numeric::Typed;
use crate::types::core_func_type;

/// Everything that the handles of one store stand for.
///
/// Every item has one handle, so asking for the same export again does not grow the tables.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) instances: Vec<InstanceEntry>,
    pub(crate) funcs: Items<FuncEntry>,
    pub(crate) memories: Items<MemoryEntry>,
    pub(crate) tables: Items<Table>,
    pub(crate) globals: Items<Global>,
    /// References to the host's own objects, by the host's number.
    pub(crate) externs: HashMap<u64, ExternRef>,
    /// The functions that copy from one memory to another, by the indices of both memories. `None`
    /// if the engine has no such function for them.
    pub(crate) copiers: HashMap<[u32; 2], Option<Copier>>,
}

/// An instance, its module, and the handles of its imports and exports.
pub(crate) struct InstanceEntry {
    pub(crate) instance: Instance,
    pub(crate) module: CoreModule,
    /// In the order of the import section.
    pub(crate) imports: Box<[CoreExtern]>,
    /// The handles of the exported items of its own, once they are asked for. Empty before.
    pub(crate) exports: Vec<Option<CoreExtern>>,
}

/// The items of one kind that the handles of a store stand for.
///
/// Identifying an item takes long, so it is only done for items that the engine returns without
/// saying where they come from: the references in tables and globals, and the exports of the caller
/// of a host function.
pub(crate) struct Items<T> {
    items: Vec<T>,
    /// The number of the first items that `by_identity` has.
    identified: usize,
    by_identity: BTreeMap<Identity, u32>,
}

/// An item that the engine's handle identifies.
pub(crate) trait Identified {
    /// Returns a key that identifies the item.
    fn identity(&self) -> Identity;
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self {
            items: Vec::new(),
            identified: 0,
            by_identity: BTreeMap::new(),
        }
    }
}

impl<T: Identified> Items<T> {
    /// Adds an item that was made just now, and returns its slot.
    ///
    /// # Errors
    /// `Limit(EngineCapacity)` at 2^32 items.
    pub(crate) fn add(&mut self, item: T) -> Result<u32> {
        let slot = handle_index(self.items.len())?;
        self.items.push(item);
        Ok(slot)
    }

    /// Returns the slot of an item of an instance that was not asked for by name before. If it was
    /// found in another way, it has a slot already.
    ///
    /// # Errors
    /// Those of [`Items::add`].
    pub(crate) fn add_export(&mut self, item: T) -> Result<u32> {
        match self.identified {
            0 => self.add(item),
            _ => self.intern(item),
        }
    }

    /// Returns the slot of an item, which is added if it has none.
    ///
    /// # Errors
    /// Those of [`Items::add`].
    pub(crate) fn intern(&mut self, item: T) -> Result<u32> {
        while let Some(known) = self.items.get(self.identified) {
            let slot = handle_index(self.identified)?;
            self.by_identity.insert(known.identity(), slot);
            self.identified += 1;
        }
        let identity = item.identity();
        if let Some(slot) = self.by_identity.get(&identity) {
            return Ok(*slot);
        }
        let slot = self.add(item)?;
        self.by_identity.insert(identity, slot);
        self.identified += 1;
        Ok(slot)
    }

    /// Returns the item of a handle: `store` and `slot` are the handle's, `ours` is this store's
    /// number.
    ///
    /// # Errors
    /// `Misuse` if `store` is not `ours`, or if the slot was never assigned.
    #[inline]
    pub(crate) fn at(&self, ours: u32, store: u32, slot: u32) -> Result<&T> {
        let item = self.items.get(slot as usize);
        item.filter(|_| ours == store).ok_or_else(foreign_handle)
    }
}

impl Identified for FuncEntry {
    fn identity(&self) -> Identity {
        identity(&self.func)
    }
}

impl Identified for MemoryEntry {
    fn identity(&self) -> Identity {
        identity(&self.memory)
    }
}

impl Identified for Table {
    fn identity(&self) -> Identity {
        identity(self)
    }
}

impl Identified for Global {
    fn identity(&self) -> Identity {
        identity(self)
    }
}

/// A function.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    pub(crate) func: Func,
    /// Its type. Most functions have a static type, and nobody asks for this one.
    ty: OnceCell<Arc<CoreFuncType>>,
    /// The function with its static type, if it has one. Most functions are never called.
    typed: OnceCell<Option<Typed>>,
}

impl FuncEntry {
    pub(crate) fn of(func: Func) -> Self {
        Self {
            func,
            ty: OnceCell::new(),
            typed: OnceCell::new(),
        }
    }

    /// Returns the function with its static type, if it has one.
    #[inline]
    pub(crate) fn typed(&self, ctx: &impl AsContext) -> Option<Typed> {
        *self.typed.get_or_init(|| Typed::of(ctx, self.func))
    }

    /// Returns the function's type.
    pub(crate) fn ty(&self, ctx: &impl AsContext) -> &Arc<CoreFuncType> {
        self.ty
            .get_or_init(|| Arc::new(core_func_type(&self.func.ty(ctx))))
    }
}

/// A memory, and the part of its type that the engine does not show.
#[derive(Clone, Copy)]
pub(crate) struct MemoryEntry {
    pub(crate) memory: Memory,
    pub(crate) page_size_log2: Option<u32>,
}

/// Identifies one of the engine's handles of one kind: the numbers of its store and its own.
pub(crate) type Identity = [u64; 2];

/// Returns a key that identifies one of the engine's handles.
///
/// The engine's handles can be neither compared nor hashed. Their `Debug` output contains the number
/// of their store and their own, in this order.
pub(crate) fn identity(handle: &impl Debug) -> Identity {
    let mut numbers = Numbers::default();
    // Formatting ends with an error after the second number.
    let _ = write!(numbers, "{handle:?}");
    numbers.found
}

/// Collects the first two numbers of a text. Each number is written in one piece.
#[derive(Default)]
struct Numbers {
    found: Identity,
    /// How many numbers were found.
    len: usize,
}

impl Write for Numbers {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return Ok(());
        }
        let number = text.parse().map_err(|_| std::fmt::Error)?;
        let place = self.found.get_mut(self.len).ok_or(std::fmt::Error)?;
        *place = number;
        self.len += 1;
        match self.len == self.found.len() {
            true => Err(std::fmt::Error),
            false => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use wasmi::{Engine, FuncType, MemoryType, Mutability, Ref, RefType, Store, TableType, Val};

    /// The engine makes no promise about the `Debug` output of its handles.
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
