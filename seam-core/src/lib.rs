//! The vocabulary and the traits of **seam**, a runtime-agnostic execution seam for WebAssembly.
//!
//! A test, a coverage tool or a host loads the same [`Artifact`] on any [`Backend`], calls its
//! exports with the same typed [`Value`]s in the same [`World`], and sees the same observations:
//! results, traps, output, exit code, host calls, exported globals.
//!
//! - [`Backend`] -> [`Program`] -> [`Instance`] is what users hold; [`BackendExt`], [`ProgramExt`]
//!   and [`InstanceExt`] add blocking forms and typed calls.
//! - [`CoreEngine`] -> [`CoreStore`] is what a runtime for core modules implements.
//! - [`Interface`] says what an artifact imports and exports and which core instances it is made
//!   of.
//! - [`Error`] sorts failures by blame, [`Trap`] by cause.
//!
//! There is no engine and no executor in here. Every contract clause names the case of the
//! conformance kit (crate `seam-tests`) that checks it.
//!
//! # Where this deviates from the usual
//! - [`Program::instantiate`] fails with [`Failed`], which can hold the instance whose start
//!   function trapped: coverage counters of code that ran before the trap would be lost otherwise.
//! - The stack size is not among the [`Limits`]: engines count it in different units, so adapters'
//!   builders have it.
//! - WAVE is read and written here and not by wasm-wave: its errors have no path to the offending
//!   part, it passes over fields that a record does not have, and it has neither maps nor lists of
//!   numbers in one piece. It is the oracle of the tests: each reads what the other writes.
//! - A host-defined resource is named by its representation ([`Resource::host`]), so host functions
//!   need no access to a backend's tables.

mod artifact;
mod backend;
mod block_on;
mod canon_trap;
mod capability;
mod core;
mod entry;
mod error;
mod exit;
mod ext;
mod instance;
mod interface;
mod limits;
mod name;
mod snapshot;
mod token;
mod trap;
pub mod typed;
mod types;
mod value;
mod world;

pub use artifact::{Artifact, ArtifactKind};
pub use backend::{Backend, BackendInfo, Failed, Program};
pub use block_on::block_on;
pub use canon_trap::CanonTrap;
pub use capability::{Capabilities, Capability};
pub use core::{
    AnyRef, CoreCaller, CoreEngine, CoreExtern, CoreExternType, CoreFunc, CoreFuncType, CoreGlobal,
    CoreInstanceId, CoreMemory, CoreModule, CoreModuleType, CoreStore, CoreTable, CoreTag,
    CoreType, CoreValue, EngineInfo, GlobalType, HeapType, HostFn, HostState, MemoryAccess,
    MemoryType, MemoryView, RefType, Slots, TableType, Tally, check_core_args, check_core_call,
    check_core_limits, check_core_results, foreign_handle, handle_index,
};
pub use entry::Entry;
pub use error::{Error, ErrorKind, Frame, Result, panic_text};
pub use exit::Exit;
pub use ext::{BackendExt, InstanceExt, ProgramExt};
pub use instance::{Func, Instance};
pub use interface::{CoreInstanceType, CorePath, Interface, Item, ItemKind};
pub use limits::{Limit, Limits};
pub use name::ExportName;
pub use snapshot::{
    CoreInstance, CoreSnapshot, Difference, Memories, MemorySnapshot, Origin, Query, Snapshot,
};
pub use token::{store_number, token};
pub use trap::Trap;
pub use types::{FuncType, RecordType, ResourceType, ResultType, Type, VariantType};
pub use value::{Handle, List, Resource, Value};
pub use world::{
    Binding, CoreItem, CoreItemKind, Dir, HostCall, HostCallRecord, HostFuture, ImportReport,
    ImportStatus, Observed, OutputStream, Started, Stdio, Stub, SystemWasi, Target, World,
    WorldState,
};
