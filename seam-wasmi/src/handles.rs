//! The tables behind a store's handles.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};
use std::fmt::{Debug, Write};
use std::sync::Arc;

use seam_core::{CoreExtern, CoreFuncType, CoreModule, Slots};
use wasmi::{AsContext, ExternRef, Func, Global, Instance, Memory, Table};

use crate::copier::Copier;
use crate::numeric::Typed;
use crate::types::core_func_type;

/// Everything that the handles of one store stand for.
///
/// Everything is interned, so that asking for the same export again does not grow the tables.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) instances: Vec<InstanceEntry>,
    pub(crate) funcs: Slots<Identity, FuncEntry>,
    pub(crate) memories: Slots<Identity, MemoryEntry>,
    pub(crate) tables: Slots<Identity, Table>,
    pub(crate) globals: Slots<Identity, Global>,
    /// References to the host's own objects, by the host's number.
    pub(crate) externs: HashMap<u64, ExternRef>,
    /// The functions that copy from one memory to another, by the indices of both memories. `None`
    /// if the engine has no such function for them.
    pub(crate) copiers: HashMap<[u32; 2], Option<Copier>>,
}

/// An instance, its module, and the exports that were asked for so far.
pub(crate) struct InstanceEntry {
    pub(crate) instance: Instance,
    pub(crate) module: CoreModule,
    pub(crate) exports: BTreeMap<Box<str>, CoreExtern>,
}

/// A function.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    pub(crate) func: Func,
    /// Its type. Most functions have a static type, and nobody asks for this one.
    ty: OnceCell<Arc<CoreFuncType>>,
    /// The function with its static type, if it has one.
    pub(crate) typed: Option<Typed>,
}

impl FuncEntry {
    pub(crate) fn of(ctx: &impl AsContext, func: Func) -> Self {
        Self {
            func,
            ty: OnceCell::new(),
            typed: Typed::of(ctx, func),
        }
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
