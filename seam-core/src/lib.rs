//! The vocabulary and the traits of **seam**, a runtime-agnostic execution seam for WebAssembly.
//!
//! A test, a coverage tool or a host loads the same [`Artifact`] on any [`Backend`] and calls its
//! exports with the same typed [`Value`]s in the same [`World`]. It then sees the same
//! observations: results, traps, output, exit code, host calls and exported globals.
//!
//! - Users work with [`Backend`] -> [`Program`] -> [`Instance`]. [`BackendExt`], [`ProgramExt`] and
//!   [`InstanceExt`] add calls by name, blocking forms and typed calls.
//! - A runtime for core modules implements [`CoreEngine`] -> [`CoreStore`], and [`CoreCaller`], which is
//!   the store as a host function sees it.
//! - [`Interface`] describes the imports and exports of an artifact, and its core instances.
//! - [`Error`] sorts failures by blame, [`Trap`] by cause.
//!
//! This crate contains no engine and no executor. Every contract clause names the case of the
//! conformance kit (crate `seam-tests`) that checks it.
//!
//! # Deviations from common practice
//! - [`Program::instantiate`] fails with [`Failed`], which may hold the instance whose start
//!   function trapped. Otherwise, the coverage counters of code that ran before the trap would be
//!   lost.
//! - The stack size is not one of the [`Limits`]. Engines count it in different units, so it is set
//!   with the adapters' builders.
//! - This crate reads and writes WAVE itself instead of using wasm-wave. The errors of wasm-wave
//!   have no path to the offending part, it ignores fields that a record does not have, and it
//!   supports neither maps nor flat lists of numbers. It serves as the tests' oracle: each reads
//!   what the other writes.
//! - A host-defined resource is identified by its representation ([`Resource::host`]), so host
//!   functions do not need access to a backend's tables.

mod alarm;
mod artifact;
mod backend;
mod block_on;
mod call;
mod canon_trap;
mod capability;
mod core;
mod ends;
mod entry;
mod error;
mod exit;
mod ext;
mod func;
mod globals;
mod instance;
mod interface;
mod limits;
mod name;
mod snapshot;
mod token;
mod trap;
pub mod typed;
mod typed_func;
mod types;
mod value;
mod world;

pub use alarm::Alarm;
pub use artifact::{Artifact, ArtifactKind, CoreBinding};
pub use backend::{Backend, BackendInfo, Failed, Program};
pub use block_on::{block_on, block_on_until};
pub use call::{Args, Call, InFlight, Returns};
pub use canon_trap::CanonTrap;
pub use capability::{Capabilities, Capability};
pub use core::{
    AnyRef, CoreCaller, CoreEngine, CoreException, CoreExtern, CoreExternType, CoreFunc,
    CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory, CoreModule, CoreModuleType, CoreObject,
    CoreStore, CoreTable, CoreTag, CoreType, CoreValue, EngineInfo, GlobalType, HeapType, HostFn,
    HostState, MemoryAccess, MemoryType, MemoryView, NumericFn, NumericFunc, RefType, Slots,
    Suspended, TableType, Tally, check_core_args, check_core_bits, check_core_call,
    check_core_element, check_core_limits, check_core_results, check_core_room, foreign_handle,
    handle_index, memory_copy, numeric_call, numeric_host_fn,
};
pub use ends::{FutureReader, FutureWriter, StreamReader, StreamWriter};
pub use entry::Entry;
pub use error::{Error, ErrorKind, Frame, Result, contain, contain_host, panic_text};
pub use exit::Exit;
pub use ext::{BackendExt, Callee, InstanceExt, ProgramExt};
pub use func::Func;
pub use globals::{GlobalNames, Globals};
pub use instance::Instance;
pub use interface::{CoreInstanceType, CorePath, Interface, Item, ItemKind};
pub use limits::{Limit, Limits};
pub use name::ExportName;
pub use snapshot::{
    CoreInstance, CoreSnapshot, Difference, Digest, Memories, MemorySnapshot, Origin, Query,
    Snapshot,
};
pub use token::{store_number, token};
pub use trap::Trap;
pub use typed_func::TypedFunc;
pub use types::{FuncType, RecordType, ResourceType, ResultType, Type, VariantType};
pub use value::{Handle, List, Records, Resource, Value};
pub use world::{
    Binding, CoreBindings, CoreHostFunc, CoreItem, CoreItemKind, CoreSource, Dir, HostCall,
    HostCallRecord, HostFuture, HostSink, HostSource, ImportReport, ImportStatus, Observed, OnIdle,
    OutputHook, OutputStream, PerWorld, Ready, Sink, Source, Started, StartedTyped, States,
    StatesOf, Stdio, Stub, Supply, SystemWasi, Target, TypedHostCall, TypedHostFuture,
    VirtualClock, World, WorldState, while_idle,
};
