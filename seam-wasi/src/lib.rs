//! WASI for seam: one WASI 0.2 and 0.3 for every backend, and preview1 modules wrapped as components.
//!
//! [`Wasi::hermetic`] is a world that looks the same to a guest on every backend and in every run.
//! The caller chooses arguments, environment, standard streams, clocks, random numbers and files.
//! The guest sees nothing else of the machine. The world is written once, as host functions over
//! [`Value`](seam_core::Value)s. A difference between two backends therefore never comes from their
//! WASI.
//!
//! | interface | what a guest finds |
//! |---|---|
//! | `wasi:cli` | arguments, environment, captured output, exit codes; no terminal |
//! | `wasi:io` | streams and pollables that never block |
//! | `wasi:clocks` | a monotonic clock that waiting advances; a wall clock that stands still |
//! | `wasi:random` | numbers generated from a seed; they are not secret |
//! | `wasi:filesystem` | a tree in memory, and the host folders that the caller mounts |
//! | `wasi:sockets` | refused: `access-denied`, or `permanent-resolver-failure` for names |
//! | `wasi:http` | a guest can build requests; sending one fails with `HTTP-request-denied` |
//!
//! Every function of WASI 0.2.12 is implemented, with the types of the official WIT packages, which
//! are read at run time. Guests built for any 0.2.x link to them.
//!
//! # WASI 0.3
//! Every function of WASI 0.3.0 is implemented too, with the same refusals. Both versions share files,
//! clocks, random numbers and standard streams. Backends need
//! [`ComponentAsync`](seam_core::Capability::ComponentAsync) for it.
//!
//! - The standard streams, files and folders are streams. Each has a future that says how it has ended,
//!   once it has.
//! - Asynchronous functions have their result at once, except those that wait for the monotonic clock.
//!   This clock advances when every task waits, to the time that the first of them waits for. Waiting
//!   takes no real time.
//! - A request that is sent fails with `HTTP-request-denied`, and so does the future of its transmission.
//!   Its contents and trailers are dropped.
//! - A time before 1970 is set as the beginning of 1970.
//!
//! # Where it differs from `wasmtime-wasi`
//! - A change to a read-only file system fails with `read-only`, as the WIT package says.
//!   `wasmtime-wasi` returns `not-permitted`.
//! - If a descriptor was not opened for reading, asking it for a stream fails with
//!   `bad-descriptor`. `wasmtime-wasi` reports this only when the stream is read.
//! - Folders are listed in the order of their names, and their size is 0. All files have the wall
//!   clock's time unless the guest sets another time.
//!
//! # Bounds
//! The memory that a guest can make the host use is bounded:
//!
//! - captured output by [`Limits::output`](seam_core::Limits::output);
//! - files by [`Wasi::space`] and by 65,536 names;
//! - WASI resources by 131,072 at a time;
//! - header fields and folder listings by 64 MiB together;
//! - a request for random bytes by 64 MiB.
//!
//! Files report their bounds with an error code, the others with a `Limit` error.
//!
//! # Modules of preview1
//! These are core modules that import `wasi_snapshot_preview1`. [`wrap_preview1`] turns such a
//! module into a component with the official adapter, so that modules and components both run on
//! WASI 0.2. [`Preview1`] does this on any backend that runs components, and presents the module as
//! the core module that it is.
//!
//! # Exit codes
//! The official adapter turns `proc_exit(n)` into `wasi:cli/exit#exit`, which distinguishes only
//! success and failure: every code except 0 would become 1. Therefore `proc_exit` alone is not
//! linked to the official adapter but to one of our own, which calls [`EXIT`] with the guest's
//! code. For this, the module's import is renamed to a name of equal length, so that no offset in
//! the module changes.

mod cli;
mod clocks;
mod files;
mod filesystem;
mod func;
mod hermetic;
mod http;
mod io;
mod meter;
mod monotonic;
mod outcome;
mod p3;
mod preview1;
mod random;
mod rng;
mod sockets;
mod state;
mod stdin;
mod table;
mod time;
mod wit;

use seam_core::Interface;

pub use files::{Access, FileTree, FileTreeEntry};
pub use hermetic::Wasi;
pub use preview1::{EXIT, Preview1, Wrapped, imports_preview1, wrap_preview1};

/// Returns the first import that belongs to WASI.
#[must_use]
pub fn wasi_import(interface: &Interface) -> Option<&str> {
    let names = interface.imports().iter().map(|item| &*item.name);
    names
        .into_iter()
        .find(|name| name.starts_with("wasi:") || *name == "wasi_snapshot_preview1")
}
