//! Components, by wasmtime's own component model.

mod func;
mod host;
mod inner;
mod instance;
mod linker;
mod program;
mod resource;
mod state;
mod value;

pub(crate) use inner::CorePlan;
pub(crate) use program::{ComponentProgram, Loaded, Made};
