//! seam on [wasmtime](https://wasmtime.dev) 48.
//!
//! - [`Wasmtime`] is the native backend. Components run on wasmtime's own component model, with
//!   asynchronous host functions that suspend the guest, and the operating system's WASI.
//! - [`WasmtimeLayered`] ([`Wasmtime::layered`]) runs components on `seam-component`, over the same
//!   engine. A comparison of the two shows bugs in either component model.
//! - [`WasmtimeEngine`] is the [`CoreEngine`](seam_core::CoreEngine) of both.
//!
//! ```
//! use seam_core::{Artifact, BackendExt, InstanceExt, Value, World};
//! use seam_wasmtime::Wasmtime;
//!
//! let module = Artifact::from_bytes("add", *b"\0asm\x01\0\0\0\
//!     \x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03add\0\0\
//!     \x0a\x09\x01\x07\0\x20\0\x20\x01\x6a\x0b")?;
//! let mut instance = Wasmtime::new().instantiate_blocking(&module, &World::new())?;
//! let sum = instance.call_blocking("add", &[Value::S32(2), Value::S32(3)])?;
//! assert_eq!(sum, Some(Value::S32(5)));
//! # Ok::<(), seam_core::Error>(())
//! ```
//!
//! # Builds
//! [`Wasmtime::builder`] chooses what changes compiled code, and capabilities state it. Every build has
//! all proposals that wasmtime supports. Two choices have consequences:
//!
//! - *Inner instances* turn on guest debugging. wasmtime then lists the core instances of a store, so
//!   that the counters inside a component can be read.
//! - *Component async* turns on wasmtime's concurrency support. In such a build, `call_core` on a core
//!   instance inside a component fails with an `Engine` error if the function calls an import.
//!
//! # Calls and stacks
//! Calls are synchronous and run on the calling thread, unless an import can suspend the guest. Such
//! calls run on a stack of their own, and blocking calls wait for them, inside an executor or outside.
//! Deeply nested calls host -> guest -> host get stacks of their own too, so that
//! [`Limits::host_depth`](seam_core::Limits::host_depth) is reached before a stack is exhausted.
//! A thread that calls guests needs 1 MiB of stack, since wasmtime assumes that 512 KiB are free.
//!
//! The future of a call may be dropped while the guest waits in the host. The host function's future
//! is dropped with it. The component is then in the same state as after a trap: every further call is
//! the trap `CannotEnter`, and builds with inner instances can still inspect it. The same holds for a
//! wait that is ended by the deadline.
//!
//! Rust types and values are lowered straight into the guest's memory and lifted straight from it. Only
//! builds with component async convert everything to wasmtime's `Val` first, which takes tens of
//! milliseconds for each MiB of a `list<u8>`.
//!
//! # Unsafe code
//! Two parts contain all `unsafe` code of this crate, and say why it is sound:
//!
//! - `component/abi/native`, with `export` and `import` beside it: wasmtime's typed functions need types
//!   that are known when the host is compiled. These files implement wasmtime's traits for them with
//!   types that are known only at run time. wasmtime hides these traits from its documentation and can change them with each of its
//!   versions, so this crate needs exactly wasmtime 48.
//! - `unchecked`, in the core half: calls and host functions over numbers, whose types the engine
//!   states, without the engine's checks of each call, copies between memories, and compiled code from a
//!   [folder](Builder::cache). Each use has its proof beside it.
//!
//! # The operating system's WASI
//! `wasmtime-wasi` is always linked asynchronously, and polled within a private runtime of this
//! crate. Its synchronous form panics if it is called inside a runtime.
//!
//! Preview1 modules are wrapped with the official adapter, but shown as core modules, with their own
//! exit codes. A *component* that was made with the official adapter beforehand exits with 0 or 1
//! only, unless it imports `wasi:cli/exit#exit-with-code`.
//!
//! # Versions
//! | seam-wasmtime | wasmtime | wasmtime-wasi |
//! |---|---|---|
//! | 0.1 | 48.0.8 | 48.0.8 |
//!
//! # Where wasmtime differs from the specification
//! wasmtime 48 does not enforce the maximum byte length of strings and lists (2^28 - 1). A longer one
//! passes if it lies within the memory.
//!
//! In builds with component async, wasmtime counts what a call lifts
//! ([`Limits::lifted`](seam_core::Limits::lifted)) in the size of its own values, one for each element
//! of a list. For such builds this crate raises the limit accordingly, to at most 4 GiB.

mod backend;
mod broken;
mod build;
mod cache;
mod call;
mod component;
mod convert;
mod deadline;
mod engine;
mod error;
mod func_types;
mod handles;
mod host;
mod instantiate;
mod limits;
mod module;
mod opcode;
mod preview1;
mod runtime;
mod shared_memory;
mod stack;
mod state;
mod store;
mod types;
mod unchecked;
mod wasi;

pub use backend::{Builder, Wasmtime, WasmtimeLayered};
pub use engine::WasmtimeEngine;
