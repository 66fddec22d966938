//! A whole [`Backend`](seam_core::Backend) over any runtime for core modules.
//!
//! [`Layered`] takes a [`CoreEngine`](seam_core::core::CoreEngine), which knows core modules alone,
//! and gives a backend: it links a module's imports with the [`World`](seam_core::World), calls
//! exports with typed values, runs the canonical entry, records host calls and takes snapshots.
//! There is no engine in here.
//!
//! # What the layer does for every engine alike
//! - **Validation.** An engine judges the raw bytes itself. Only for one that does not
//!   ([`EngineInfo::validates`](seam_core::core::EngineInfo::validates)) the layer validates first,
//!   with the proposals that the engine states.
//! - **Host recursion.** Every function of the host that a guest can reach is counted on entry and
//!   exit, so calls host -> guest -> host nested deeper than
//!   [`Limits::host_depth`](seam_core::Limits::host_depth) end with `Limit(HostDepth)` before a
//!   native stack overflows, whatever the engine.
//! - **Panics** of host functions are caught, typed or raw.
//! - **Memories, tables and globals of the host** come from a generated provider module that is
//!   instantiated in the same store; engines need no methods to make them.
//!
//! Adapters also find [`needed_capability`] here: which proposal a valid module needs that an
//! engine lacks.

mod abi;
mod canon;
mod component;
mod core_module;
mod cores;
mod feature;
mod glue;
mod handle;
mod host;
mod layered;
mod program;
mod snapshot;
mod types;

pub use cores::{Core, Cores};
pub use feature::needed_capability;
pub use layered::Layered;
