//! WASI for seam: one WASI 0.2 for every backend, and modules of preview1 as components above it.
//!
//! [`Wasi::hermetic`] is a world that shows a guest the same on every backend and in every run:
//! arguments, environment, standard streams, clocks, random numbers and files are what the caller
//! says, and nothing else of the machine is seen. It is written once, as host functions over
//! [`Value`](seam_core::Value)s, so a difference between two backends is never one of their WASI.
//!
//! | interface | what a guest finds |
//! |---|---|
//! | `wasi:cli` | arguments, environment, captured output, exit codes; no terminal |
//! | `wasi:io` | streams and pollables that never wait |
//! | `wasi:clocks` | a monotonic clock that moves when it is waited for; a wall clock that stands still |
//! | `wasi:random` | numbers that follow from a seed, and are no secret |
//! | `wasi:filesystem` | a tree in memory, and folders of the host if the caller shows them |
//! | `wasi:sockets` | `access-denied`; for names `permanent-resolver-failure` |
//! | `wasi:http` | requests can be made up; sending one is `HTTP-request-denied` |
//!
//! Every function of WASI 0.2.12 is there, with the types of the official WIT packages, which are
//! read at run time; guests of any 0.2.x are linked to them.
//!
//! # Where it differs from `wasmtime-wasi`
//! - What would change a file system that is read-only is `read-only`, as the WIT package says;
//!   `wasmtime-wasi` says `not-permitted`.
//! - A descriptor that was not opened for reading gives `bad-descriptor` when a stream is asked
//!   for, not when the stream is read.
//! - Folders are listed by name, their size is 0, and all files have the wall clock's time unless
//!   the guest sets another.
//!
//! # Bounds
//! What a guest makes the host keep is bounded: captured output by
//! [`Limits::output`](seam_core::Limits::output), files by [`Wasi::space`] and 65,536 names, WASI
//! resources by 131,072 at a time, header fields and folder listings by 64 MiB, a request for random
//! bytes by 64 MiB. Files answer with an error code, the others with `Limit`.
//!
//! # Modules of preview1
//! They are core modules that import `wasi_snapshot_preview1`. [`wrap_preview1`] makes a component of
//! one with the official adapter, so that there is one WASI below both worlds: the interfaces of WASI
//! 0.2. [`Preview1`] does that on any backend that runs components, and shows the module as the core
//! module it is.
//!
//! # Exit codes
//! The official adapter turns `proc_exit(n)` into `wasi:cli/exit#exit`, which knows success and
//! failure only: every code but 0 would come out as 1. So `proc_exit` alone is not given to the
//! official adapter but to one of our own, which calls [`EXIT`] with the guest's code. The module's
//! import is renamed for that, to a name of equal length, so that no offset in the module changes.

mod cli;
mod clocks;
mod exit;
mod filesystem;
mod func;
mod hermetic;
mod http;
mod io;
mod meter;
mod origin;
mod preview1;
mod preview1_backend;
mod preview1_instance;
mod random;
mod sockets;
mod state;
mod table;
mod wit;

pub use exit::EXIT;
pub use filesystem::{Access, FileTree, FileTreeEntry};
pub use hermetic::Wasi;
pub use preview1::{Wrapped, imports_preview1, wrap_preview1};
pub use preview1_backend::Preview1;
