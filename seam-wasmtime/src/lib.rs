//! seam on [wasmtime](https://wasmtime.dev): core engine and native backend.

mod backend;
mod build;
mod call;
mod component;
mod convert;
mod deadline;
mod engine;
mod error;
mod handles;
mod instantiate;
mod limits;
mod opcode;
mod preview1;
mod runtime;
mod shared_memory;
mod stack;
mod state;
mod store;
mod wasi;

pub use backend::{Builder, Wasmtime, WasmtimeLayered};
pub use engine::WasmtimeEngine;
