//! A module as the engine compiled it.

use std::sync::Arc;

use crate::scan::Scan;

/// A module that was validated and scanned. kiln loads it again for each instance.
pub(crate) struct Compiled {
    pub(crate) wasm: Arc<[u8]>,
    pub(crate) scan: Scan,
    /// The number of the engine.
    pub(crate) engine: u32,
}
