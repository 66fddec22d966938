//! Compiled modules.

use std::sync::Arc;

use wasmtime::Module;

/// What `compile` keeps of a module.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    pub(crate) bytes: Arc<[u8]>,
}
