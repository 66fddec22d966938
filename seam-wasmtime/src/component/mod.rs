//! Components, by wasmtime's own component model.

mod abi;
mod begun;
mod drive;
mod ends;
mod func;
mod held;
mod host;
mod inner;
mod instance;
mod instantiate;
mod item;
mod lift;
mod linker;
mod loaded;
mod lower;
mod program;
mod state;
mod tasks;
mod waits;

pub(crate) use inner::CorePlan;
pub(crate) use instantiate::instantiate;
pub(crate) use linker::is_wasi;
pub(crate) use loaded::Loaded;
pub(crate) use program::ComponentProgram;
