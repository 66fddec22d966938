//! What a guest sees of the hermetic world, called as a backend calls it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bounds;
mod deny;
mod files;
mod folder;
mod io;
mod support;
mod types;
