//! Modules whose imports of `pulseengine:async` are split.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod faults;
mod module;
mod run;
mod sections;
