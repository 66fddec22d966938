//! The tables behind a store's handles.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::Arc;

use seam_core::{CoreExtern, CoreFuncType, CoreModule, Slots};
use wasmi::{ExternRef, Func, Global, Instance, Memory, Table};

/// Everything that handles of one store stand for. Things are entered once, so that asking for an
/// export again and again does not grow the tables.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) instances: Vec<InstanceEntry>,
    pub(crate) funcs: Slots<String, FuncEntry>,
    pub(crate) memories: Slots<String, MemoryEntry>,
    pub(crate) tables: Slots<String, Table>,
    pub(crate) globals: Slots<String, Global>,
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

/// What tells the engine's handles apart. It has no comparison, hash or number of them that others
/// can see; what they print as is their store's number and their own.
pub(crate) fn identity(handle: &impl Debug) -> String {
    format!("{handle:?}")
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
