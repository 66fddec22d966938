//! The core-level half of the seam: the traits that a runtime for core modules implements.

mod engine;
mod handle;
mod host_state;
mod memory;
mod module;
mod slots;
mod store;
mod tally;
mod ty;
mod value;

pub use engine::{CoreEngine, EngineInfo};
pub use handle::{
    CoreException, CoreExtern, CoreFunc, CoreGlobal, CoreInstanceId, CoreMemory, CoreObject,
    CoreTable, CoreTag,
};
pub use host_state::HostState;
pub use memory::{MemoryAccess, MemoryView};
pub use module::{CoreModule, CoreModuleType};
pub use slots::{Slots, foreign_handle, handle_index};
pub use store::{
    CoreCaller, CoreStore, HostFn, check_core_args, check_core_call, check_core_element,
    check_core_limits, check_core_results,
};
pub use tally::Tally;
pub use ty::{
    CoreExternType, CoreFuncType, CoreType, GlobalType, HeapType, MemoryType, RefType, TableType,
};
pub use value::{AnyRef, CoreValue};
