//! WASI for seam.
//!
//! Modules of WASI preview1 are core modules that import `wasi_snapshot_preview1`. [`wrap_preview1`]
//! makes a component of one with the official adapter, so that there is one WASI below both worlds:
//! the interfaces of WASI 0.2.
//!
//! # Exit codes
//! The official adapter turns `proc_exit(n)` into `wasi:cli/exit#exit`, which knows success and
//! failure only: every code but 0 would come out as 1. So `proc_exit` alone is not given to the
//! official adapter but to one of our own, which calls [`EXIT`] with the guest's code. The module's
//! import is renamed for that, to a name of equal length, so that no offset in the module changes.

mod exit;
mod origin;
mod preview1;

pub use exit::EXIT;
pub use preview1::{Wrapped, imports_preview1, wrap_preview1};
