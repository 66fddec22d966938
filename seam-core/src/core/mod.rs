//! The core-level half of the seam: the traits that a runtime for core modules implements.

mod check;
mod engine;
mod handle;
mod host_state;
mod memory;
mod module;
mod numeric;
mod slots;
mod store;
mod suspend;
mod tally;
mod ty;
mod value;

pub use check::{
    check_core_args, check_core_call, check_core_element, check_core_limits, check_core_results,
    check_core_room,
};
pub use engine::{CoreEngine, EngineInfo};
pub use handle::{
    CoreException, CoreExtern, CoreFunc, CoreGlobal, CoreInstanceId, CoreMemory, CoreObject,
    CoreTable, CoreTag,
};
pub use host_state::HostState;
pub use memory::{MemoryAccess, MemoryView, memory_copy};
pub use module::{CoreModule, CoreModuleType};
pub use numeric::{NumericFunc, check_core_bits, numeric_call, numeric_host_fn};
pub use slots::{Slots, foreign_handle, handle_index};
pub use store::{CoreCaller, CoreStore, HostFn, NumericFn};
pub use suspend::Suspended;
pub use tally::Tally;
pub use ty::{
    CoreExternType, CoreFuncType, CoreType, GlobalType, HeapType, MemoryType, RefType, TableType,
};
pub use value::{AnyRef, CoreValue};
