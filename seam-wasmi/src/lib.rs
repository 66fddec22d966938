//! seam on [wasmi](https://docs.rs/wasmi) 2, an interpreter: core modules, and components by way of
//! `seam-component`.
//!
//! ```
//! use seam_core::{Artifact, BackendExt, InstanceExt, World};
//! use seam_wasmi::Wasmi;
//!
//! # fn main() -> seam_core::Result<()> {
//! # let bytes = b"\0asm\x01\0\0\0\x01\x07\x01\x60\x02\x7f\x7f\x01\x7f\x03\x02\x01\0\x07\x07\x01\x03add\0\0\x0a\x09\x01\x07\0\x20\0\x20\x01\x6a\x0b";
//! let artifact = Artifact::from_bytes("add", &bytes[..])?;
//! let mut instance = Wasmi::new().instantiate_blocking(&artifact, &World::new())?;
//! assert_eq!(instance.call_typed::<_, i32>("add", (2, 3))?, 5);
//! # Ok(())
//! # }
//! ```
//!
//! [`WasmiEngine`] is the port, a [`CoreEngine`]; [`Wasmi`] is the backend that [`Layered`] makes
//! of it. [`Wasmi::builder`] chooses a build: fuel and deadlines cost speed, so they are off by
//! default.
//!
//! | this crate | wasmi |
//! |---|---|
//! | 0.1 | 2.0 |
//!
//! # What the adapter does about wasmi
//! - **Start functions** become an export that is called after instantiation: in wasmi's own
//!   instantiation they could not be interrupted, and a trap would leave no instance for a snapshot.
//! - **Deadlines**: the guest gets its fuel in slices and is resumed after each look at the clock.
//!   wasmi cannot resume a `table.grow` that finds its slice used up: that is an `Engine` error. It
//!   is rare for a few elements and certain for 2,000,000 at once.
//! - **Traps** that wasmi reports as ordinary errors are traps here. It has one code for an indirect
//!   call and for an access past the end of a table: it is `UndefinedElement` if the code in the
//!   store has indirect calls, else `TableOutOfBounds`.
//! - **Host recursion** would overflow the native stack and abort the process, at a few thousand
//!   levels or at a hundred, as the caller's thread has it. Every sixteenth level goes on in a thread
//!   of its own, until [`Limits::host_depth`](seam_core::Limits::host_depth) ends it.
//! - **Handles** are entered in a store's tables by what wasmi prints for them, which is their number:
//!   it lets others neither compare nor hash them. A test guards that.
//! - **Constant expressions** of thousands of operators would overflow it too; `load` refuses more
//!   than 500 as beyond the engine.
//! - **Memories and tables** are written to when they are made. Where nothing limits them, all
//!   memories of an instance have at most 4 GiB and all its tables 10,000,000 elements.

mod backend;
mod build;
mod call;
mod convert;
mod engine;
mod error;
mod handles;
mod host;
mod instantiate;
mod limits;
mod module;
mod scan;
mod start;
mod state;
mod store;
mod types;

pub use backend::{Builder, Wasmi};
pub use engine::WasmiEngine;
