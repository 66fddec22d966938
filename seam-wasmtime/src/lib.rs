//! seam on [wasmtime](https://wasmtime.dev) 48.
//!
//! - [`Wasmtime`] is the native backend: components run on wasmtime's own component model, with
//!   resources, asynchronous host functions that suspend the guest, and the operating system's WASI.
//! - [`WasmtimeLayered`] ([`Wasmtime::layered`]) is the same engine under the component model of
//!   `seam-component`: a bug in either shows by comparison.
//! - [`WasmtimeEngine`] is the engine for core modules that both are made of.
//!
//! ```
//! use seam_core::{Artifact, BackendExt, InstanceExt, Value, World};
//! use seam_wasmtime::Wasmtime;
//!
//! let module = Artifact::from_bytes("add", *b"\0asm\x01\0\0\0\
//!     \x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03add\0\0\
//!     \x0a\x09\x01\x07\0\x20\0\x20\x01\x6a\x0b")?;
//! let mut instance = Wasmtime::new().instantiate_blocking(&module, &World::new())?;
//! let sum = instance.invoke("add", &[Value::S32(2), Value::S32(3)])?;
//! assert_eq!(sum, Some(Value::S32(5)));
//! # Ok::<(), seam_core::Error>(())
//! ```
//!
//! # Builds
//! What changes compiled code is chosen with [`Wasmtime::builder`] and stated as capabilities. All
//! proposals that wasmtime has are on in every build. A few consequences:
//!
//! - *Inner instances* turn guest debugging on: wasmtime lists the core instances of a store then,
//!   which is how the counters inside a component are read.
//! - *Component async* turns wasmtime's concurrency support on. Functions of core instances inside a
//!   component that call an import cannot be called directly in such a build: that is an `Engine`
//!   error.
//!
//! # Calls and stacks
//! Calls are synchronous and run on the calling thread, unless something that the guest imports can
//! suspend it: then they run on a stack of their own, and `call_blocking` waits for them, inside an
//! executor or outside. Calls host -> guest -> host that nest deeply get stacks of their own too, so
//! [`Limits::host_depth`](seam_core::Limits::host_depth) is reached before any stack is exhausted.
//! A thread that calls guests needs 1 MiB of stack: wasmtime takes 512 KiB for granted.
//!
//! The future of a call may be dropped while the guest waits in the host. The host function's future
//! is dropped with it, and a component is then as after a trap: what it is made of can be looked at,
//! where the build sees inside, and every further call is the trap `CannotEnter`. A wait that ends at
//! its deadline is such a call too.
//!
//! Typed calls go by way of values here, since wasmtime's own typed functions need types that are
//! known when the host is compiled; components on [`WasmtimeLayered`] lower and lift them directly.
//!
//! # The operating system's WASI
//! `wasmtime-wasi` is always linked asynchronously, and polled within a private runtime of this
//! crate. Its synchronous form panics where a runtime is running already.
//!
//! Modules of preview1 are wrapped with the official adapter and reported as the core modules they
//! are; their exit code is the guest's own. A *component* knows success and failure only: one that
//! was made with the official adapter beforehand ends with 0 or 1, whatever the guest's code was,
//! unless it imports `wasi:cli/exit#exit-with-code`.
//!
//! # This adapter and that engine
//! | seam-wasmtime | wasmtime | wasmtime-wasi |
//! |---|---|---|
//! | 0.1 | 48.0.8 | 48.0.8 |
//!
//! # Where wasmtime differs from the specification
//! wasmtime 48 does not know the maximum byte length of strings and lists (2^28 - 1): what is
//! longer passes if it is all there, and is out of bounds otherwise.
//!
//! What a call may lift ([`Limits::lifted`](seam_core::Limits::lifted)) wasmtime counts in its own
//! values, one for each element of a list; this crate allows for that, up to 4 GiB.

mod backend;
mod build;
mod call;
mod component;
mod convert;
mod deadline;
mod engine;
mod error;
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
mod wasi;

pub use backend::{Builder, Wasmtime, WasmtimeLayered};
pub use engine::WasmtimeEngine;
