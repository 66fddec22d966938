//! Modules of WASI preview1: as components, and on any backend that runs components.

mod backend;
mod exit;
mod instance;
mod origin;
mod wrap;

pub use backend::Preview1;
pub use exit::EXIT;
pub use wrap::{Wrapped, imports_preview1, wrap_preview1};
