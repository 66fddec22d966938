//! Scenarios as files, through the public API.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod bad_input;
mod bless;
mod judge;
mod schema;
mod support;
mod world;
