//! Tests of the canonical ABI against a guest that consists only of a memory and a script.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod any;
mod convert;
mod guest;
mod hostile;
mod json;
mod misuse;
mod oracle;
mod part;
mod plain;
mod plain_transfer;
mod random;
mod size;
mod transfer;
