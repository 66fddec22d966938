//! The hermetic world as a guest sees it, called the way a backend calls it.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod bounds;
mod deny;
#[path = "../common/everything.rs"]
mod everything;
mod files;
mod folder;
mod io;
mod names;
mod oracle;
mod support;
mod types;
