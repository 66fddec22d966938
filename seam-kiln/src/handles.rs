//! What the handles of a store stand for.

use std::collections::HashMap;
use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreMemory, CoreTable, Error, ErrorKind,
    GlobalType, HostFn, Limit, MemoryType, Result, TableType, store_number,
};

use crate::kiln::{KilnGlobal, KilnMemory, KilnTable};

/// The tables of a store's handles. A handle's index is the position in its table.
pub(crate) struct Handles {
    /// The number of the store, which every handle carries.
    pub(crate) store: u32,
    pub(crate) instances: Vec<Exports>,
    pub(crate) funcs: Vec<FuncEntry>,
    memories: Vec<Object<dyn KilnMemory, MemoryType>>,
    tables: Vec<Object<dyn KilnTable, TableType>>,
    globals: Vec<Object<dyn KilnGlobal, GlobalType>>,
    pub(crate) tags: u32,
    /// The index of the function at each position, to find a function again by a reference to it.
    pub(crate) by_position: HashMap<FuncPosition, u32>,
}

/// The exports of an instance by name.
#[derive(Default)]
pub(crate) struct Exports(pub(crate) HashMap<String, CoreExtern>);

/// An export of one of kiln's instances, which [`Kiln`](crate::Kiln) calls, links and finds by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Export {
    /// The index of the instance's handle.
    pub(crate) instance: u32,
    pub(crate) name: Arc<str>,
}

/// The position of a function as kiln's references state it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FuncPosition {
    /// [`Kiln::instance_id`](crate::Kiln::instance_id) of the instance.
    pub(crate) instance_id: u32,
    /// The index in the instance's function index space.
    pub(crate) index: u32,
}

/// A function.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    /// `None` for a function that only a reference named and whose type kiln has not been asked for.
    pub(crate) ty: Option<Arc<CoreFuncType>>,
    pub(crate) kind: FuncKind,
    /// `None` for a host function that no module has imported.
    pub(crate) position: Option<FuncPosition>,
}

/// How a function is called.
#[derive(Clone)]
pub(crate) enum FuncKind {
    /// By the name of an export.
    Exported(Export),
    /// By the host itself.
    Host(HostFn),
    /// By a trampoline that has yet to be made: only a reference names the function.
    Referenced,
}

/// A memory, table or global: kiln's object, its static type, and an export that names it.
pub(crate) struct Object<O: ?Sized, T> {
    pub(crate) object: Arc<O>,
    pub(crate) ty: T,
    pub(crate) export: Export,
}

impl<O: ?Sized, T: Clone> Clone for Object<O, T> {
    fn clone(&self) -> Self {
        Self {
            object: self.object.clone(),
            ty: self.ty.clone(),
            export: self.export.clone(),
        }
    }
}

impl Handles {
    /// Empty tables of a new store.
    pub(crate) fn new() -> Self {
        Self {
            store: store_number(),
            instances: Vec::new(),
            funcs: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            tags: 0,
            by_position: HashMap::new(),
        }
    }

    pub(crate) fn func(&self, func: CoreFunc) -> Result<&FuncEntry> {
        at(&self.funcs, self.store, func.store(), func.index())
    }

    pub(crate) fn memory(&self, memory: CoreMemory) -> Result<&Object<dyn KilnMemory, MemoryType>> {
        at(&self.memories, self.store, memory.store(), memory.index())
    }

    pub(crate) fn table(&self, table: CoreTable) -> Result<&Object<dyn KilnTable, TableType>> {
        at(&self.tables, self.store, table.store(), table.index())
    }

    pub(crate) fn global(&self, global: CoreGlobal) -> Result<&Object<dyn KilnGlobal, GlobalType>> {
        at(&self.globals, self.store, global.store(), global.index())
    }

    /// Returns the type of a memory, with its current size as the minimum.
    pub(crate) fn memory_type(&self, memory: CoreMemory) -> Result<MemoryType> {
        let memory = self.memory(memory)?;
        let mut ty = memory.ty;
        let pages = memory.object.size().checked_div(ty.page_size());
        ty.minimum = pages.unwrap_or(0);
        Ok(ty)
    }

    /// Returns the type of a table, with its current size as the minimum.
    pub(crate) fn table_type(&self, table: CoreTable) -> Result<TableType> {
        let table = self.table(table)?;
        let mut ty = table.ty;
        ty.minimum = u64::from(table.object.size());
        Ok(ty)
    }

    pub(crate) fn add_func(&mut self, entry: FuncEntry) -> Result<CoreFunc> {
        let position = entry.position;
        let index = push(&mut self.funcs, entry)?;
        if let Some(position) = position {
            self.by_position.insert(position, index);
        }
        Ok(CoreFunc::new(self.store, index))
    }

    pub(crate) fn add_memory(
        &mut self,
        memory: Object<dyn KilnMemory, MemoryType>,
    ) -> Result<CoreMemory> {
        let index = push(&mut self.memories, memory)?;
        Ok(CoreMemory::new(self.store, index))
    }

    pub(crate) fn add_table(
        &mut self,
        table: Object<dyn KilnTable, TableType>,
    ) -> Result<CoreTable> {
        let index = push(&mut self.tables, table)?;
        Ok(CoreTable::new(self.store, index))
    }

    pub(crate) fn add_global(
        &mut self,
        global: Object<dyn KilnGlobal, GlobalType>,
    ) -> Result<CoreGlobal> {
        let index = push(&mut self.globals, global)?;
        Ok(CoreGlobal::new(self.store, index))
    }
}

fn at<T>(items: &[T], ours: u32, store: u32, index: u32) -> Result<&T> {
    let item = items.get(index as usize);
    item.filter(|_| ours == store).ok_or_else(foreign)
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<u32> {
    let index = u32::try_from(items.len()).map_err(|_| {
        let kind = ErrorKind::Limit(Limit::EngineCapacity);
        Error::new(kind, "expected at most 2^32 handles of a kind in a store")
    })?;
    items.push(item);
    Ok(index)
}

/// The error for a handle of another store.
pub(crate) fn foreign() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}
