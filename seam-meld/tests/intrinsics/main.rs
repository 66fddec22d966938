//! `pulseengine:async` as a guest sees it, on wasmi and on wasmtime.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod futures;
mod guest;
mod instances;
mod memory;
mod model;
mod observe;
mod streams;
mod typed;
