//! seam on [wasmi](https://docs.rs/wasmi) 2, an interpreter. Components run through `seam-component`.
//!
//! ```
//! use seam_core::{Artifact, BackendExt, InstanceExt, World};
//! use seam_wasmi::Wasmi;
//!
//! # fn main() -> seam_core::Result<()> {
//! # let bytes = b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03add\0\0\x0a\x09\x01\x07\0\x20\0\x20\x01\x6a\x0b";
//! let artifact = Artifact::from_bytes("add", &bytes[..])?;
//! let mut instance = Wasmi::new().instantiate_blocking(&artifact, &World::new())?;
//! assert_eq!(instance.call_typed_blocking::<_, i32>("add", (2, 3))?, 5);
//! # Ok(())
//! # }
//! ```
//!
//! [`WasmiEngine`] is the [`CoreEngine`](seam_core::CoreEngine); [`Wasmi`] is the backend that
//! [`Layered`](seam_component::Layered) makes of it. [`Wasmi::builder`] chooses a build: fuel and
//! deadlines cost speed, so they are off by default.
//!
//! | this crate | wasmi |
//! |---|---|
//! | 0.1 | 2.0 |
//!
//! # What the adapter does about wasmi
//! - **Start functions** become an export, which is called after instantiation. wasmi's own
//!   instantiation cannot be interrupted in a start function, and a trap there leaves no instance for
//!   a snapshot.
//! - **Deadlines**: the guest gets its fuel in slices. After each slice the adapter looks at the clock
//!   and resumes the guest. wasmi cannot resume a `table.grow` that uses up its slice: that is an
//!   `Engine` error. It is rare for a few elements and certain for 2,000,000 at once.
//! - **Traps** that wasmi reports as ordinary errors are traps here. wasmi has one trap code for
//!   indirect calls and for table accesses out of bounds. It becomes `UndefinedElement` if the code
//!   in the store has indirect calls, otherwise `TableOutOfBounds`.
//! - **Host recursion** would overflow the native stack and abort the process: after a hundred levels
//!   or a few thousand, depending on the caller's thread. Every sixteenth level continues in a thread
//!   of its own, until [`Limits::host_depth`](seam_core::Limits::host_depth) ends it.
//! - **Handles** are found in a store's tables by their `Debug` output, which contains their number:
//!   wasmi's handles can be neither compared nor hashed. A test checks this output.
//! - **Constant expressions** of thousands of operators would overflow the native stack too. `load`
//!   rejects more than 500 operators with `Limit(EngineCapacity)`.
//! - **Memories and tables** are filled when they are created. Without limits in the world, all
//!   memories of an instance have at most 4 GiB, and all its tables at most 10,000,000 elements.

mod backend;
mod build;
mod call;
mod convert;
mod copier;
mod copy;
mod engine;
mod error;
mod export;
mod handles;
mod host;
mod instantiate;
mod limits;
mod module;
mod numeric;
mod scan;
mod stack;
mod start;
mod state;
mod store;
mod suspend;
mod types;

pub use backend::{Builder, Wasmi};
pub use engine::WasmiEngine;
