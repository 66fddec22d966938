//! Real guests in the hermetic world: every backend sees the same, to the byte.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod agreement;
#[path = "../common/everything.rs"]
mod everything;
mod handles;
mod preview1;
mod support;
mod system;
