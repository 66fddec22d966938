//! Real guests in the hermetic world: the observations are byte for byte the same on every backend.
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
mod system3;
