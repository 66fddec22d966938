//! seam on [kiln](https://github.com/pulseengine/kiln), through kiln's library API.
//!
//! This crate depends on no crate of kiln's, because kiln is not on the package registry. Instead
//! [`Kiln`] is a trait in the shape of kiln's API. A crate that has kiln implements it with [`bind!`],
//! and [`KilnBackend`] is then a backend like any other. `docs/kiln.md` shows how.
//!
//! | this crate | kiln |
//! |---|---|
//! | 0.1 | 0.4.4 |
//!
//! # How the adapter works
//! It translates kiln's *interface*:
//! - **Validation.** kiln does not validate, so modules are validated here, and imports are checked.
//! - **Instances** of one loaded module share memories, tables and globals, so each instance has its
//!   own load.
//! - **Imports** are found by name, and kiln intercepts some names, so imports get neutral names.
//! - **Host functions** are reached only by direct calls of the importing instance. Their arguments
//!   arrive reversed, they return one result, and kiln does not tell them who calls. So each
//!   importing instance has its own bindings. If a module does more than call a host function, or the
//!   function has several results, a generated provider module calls the host directly in its place.
//! - **Start functions** become exports that are called after instantiation, because the host could
//!   not reach the instance's memory before.
//! - **Functions without an export** (in tables, or passed as references) are called by a generated
//!   trampoline.
//! - **Traps** are mapped by their messages. kiln's category and code are the error's source.
//! - **Capacities** ([`Capacity`]) are `Limit(EngineCapacity)` before kiln's own errors. Generated
//!   modules count as well, at most one provider for every 200 host functions of an instance.
//!
//! It repairs nothing that kiln *executes*: the seam is there to find such differences. [`Fault`] has
//! the known ones, each with the cases of the conformance kit that fail because of it.
//!
//! # kiln's own component runner
//! [`KilnBackend`] runs components by `seam-component` over kiln's core engine. [`KilnRunner`]
//! instead drives kiln's own runner, which [`bind_component!`] binds. kiln's runner reports success
//! for functions that it never ran, so `KilnRunner` loads only components whose interface that runner
//! handles.
//!
//! # Where to look
//! [`KilnEngine::new`] probes kiln with a tiny module (`probe`). `owner` runs every operation of
//! kiln's and lends the store's state to host functions meanwhile; `instantiate`, `bind_hosts`, `link`
//! and `call` are built on it. `host` answers kiln's handler.

mod backend;
mod bind;
mod bind_component;
mod bind_hosts;
mod call;
mod capacity;
mod convert;
mod engine;
mod error;
mod fault;
mod generate;
mod handles;
mod host;
mod imports;
mod instantiate;
mod kiln;
mod link;
mod loader;
mod module;
mod owner;
mod probe;
mod rewrite;
mod runner;
mod scan;
mod state;
mod store;

pub use backend::KilnBackend;
pub use capacity::Capacity;
pub use engine::KilnEngine;
pub use fault::Fault;
pub use kiln::{
    HostImportHandler, Kiln, KilnComponent, KilnError, KilnFuncRef, KilnGlobal, KilnMemory,
    KilnResult, KilnTable, KilnValue, PROPOSALS, VERSION,
};
pub use probe::{Order, Probed};
pub use runner::KilnRunner;

/// Types of other crates that [`bind!`] uses.
#[doc(hidden)]
pub mod __private {
    pub use seam_core::{CoreFuncType, CoreType, HeapType, RefType, Value};
}
