//! seam on [kiln](https://github.com/pulseengine/kiln), through its library API.
//!
//! kiln's crates are not on the package registry, so none is a dependency here. [`Kiln`] is a port in
//! the shape of kiln's own API; a crate that has kiln implements it with [`bind!`], and
//! [`KilnBackend`] is then a backend like any other. What has to be written is in `docs/kiln.md`.
//!
//! | this crate | kiln |
//! |---|---|
//! | 0.1 | 0.4.4 |
//!
//! # What the adapter does about kiln
//! It translates kiln's *interface*:
//! - **Validation.** kiln has none; modules are validated here, and imports are checked.
//! - **Instances** of one loaded module share memories, tables and globals; every instance is
//!   loaded anew.
//! - **Imports** are found by names, some of which kiln takes for its own; modules get neutral ones.
//! - **Host functions** are reached by direct calls alone, get their arguments reversed, give one
//!   result, and do not learn who calls. So each importing instance has bindings of its own, and
//!   where a module does more than call them, or they give several results, a generated provider
//!   module stands between: its functions call the host directly.
//! - **Start functions** become an export that is called after instantiation: the host could not
//!   reach the instance's memory before.
//! - **Functions without a name** (in tables, or passed as references) are called by a generated
//!   trampoline.
//! - **Traps** are told apart by their messages; category and code are the error's source.
//! - **Caps** ([`Count`]) are `Limit(EngineCapacity)` before kiln's own errors. Generated modules use
//!   up the same room: one for each instance whose host functions need a provider.
//!
//! It repairs nothing of what kiln *executes*: that is what the seam is there to find. What is known
//! to differ is [`Fault`], each with the cases of the conformance kit that fail for it.
//!
//! # kiln's own component runner
//! [`KilnBackend`] runs components through `seam-component` over kiln's core engine. [`KilnRunner`]
//! drives kiln's own runner instead, as far as that goes, bound with [`bind_component!`]. It asks kiln
//! for nothing that its interface does not show to be within reach: that runner reports success for
//! functions that it never ran.
//!
//! [`KilnEngine::new`] runs a tiny module first and refuses a kiln that does what is not known here.

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
