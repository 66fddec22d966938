//! Streams between components, un-fused and fused, on wasmi and on wasmtime.
//!
//! The fixtures are core modules, the components around them, and what meld made of those. Un-fused,
//! each core module is an instance of its own, and all of a run share one table of streams.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod behaviours;
mod drive;
mod parts;
