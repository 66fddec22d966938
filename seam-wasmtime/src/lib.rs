//! seam on [wasmtime](https://wasmtime.dev): core engine and native backend.

mod build;
mod call;
mod convert;
mod deadline;
mod engine;
mod error;
mod handles;
mod instantiate;
mod limits;
mod opcode;
mod shared_memory;
mod state;
mod store;

pub use engine::WasmtimeEngine;
