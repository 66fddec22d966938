//! The tables behind a store's handles.

use std::sync::Arc;

use seam_core::{CoreFuncType, Slots};
use wasmtime::{
    AnyRef, ExnRef, Func, Global, Instance, Memory, OwnedRooted, SharedMemory, Table, Tag,
};

use crate::module::Exports;
use crate::unchecked::Numeric;

/// Everything that the handles of one store stand for.
///
/// Everything is interned, so that asking for the same export again does not grow the tables.
/// References to the guest's garbage-collected heap are kept until the store is dropped.
#[derive(Default)]
pub(crate) struct Handles {
    pub(crate) instances: Slots<u32, InstanceEntry>,
    pub(crate) funcs: Slots<usize, FuncEntry>,
    pub(crate) memories: Slots<MemoryKey, AnyMemory>,
    pub(crate) tables: Slots<u64, Table>,
    pub(crate) globals: Slots<u64, Global>,
    pub(crate) tags: Slots<u64, Tag>,
    pub(crate) objects: Vec<OwnedRooted<AnyRef>>,
    pub(crate) exceptions: Vec<OwnedRooted<ExnRef>>,
}

/// An instance.
#[derive(Clone)]
pub(crate) struct InstanceEntry {
    pub(crate) instance: Instance,
    /// The exports of its module. `None` for an instance that a component has made.
    pub(crate) exports: Option<Arc<Exports>>,
}

/// A function and its type.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    pub(crate) func: Func,
    pub(crate) ty: Arc<CoreFuncType>,
    /// The function for calls over bits, if it is over numbers.
    pub(crate) numeric: Option<Numeric>,
}

/// A memory, shared or not.
#[derive(Clone)]
pub(crate) enum AnyMemory {
    Own(Memory),
    Shared(SharedMemory),
}

/// Identifies a memory.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum MemoryKey {
    Own(u64),
    /// The address of its bytes, which never move.
    Shared(usize),
}
