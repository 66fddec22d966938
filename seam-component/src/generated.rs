//! The core modules that the layer generates for a program.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{CoreEngine, CoreModule, Result};
use seam_decode::compile;

/// The engine of a program, and the modules that the layer generated for it: glue, shims and
/// providers. Each is compiled once, and all instances share it.
pub(crate) struct Generated {
    engine: Arc<dyn CoreEngine>,
    /// The compiled modules, by their bytes.
    known: Mutex<HashMap<Vec<u8>, CoreModule>>,
}

/// How many modules are kept. A world chooses the initial values of its globals, so a program can
/// need any number of providers.
const MOST: usize = 256;

impl Generated {
    /// Creates an empty collection for a program of this engine.
    pub(crate) fn new(engine: Arc<dyn CoreEngine>) -> Self {
        Self {
            engine,
            known: Mutex::default(),
        }
    }

    /// Returns the engine.
    pub(crate) fn engine(&self) -> &dyn CoreEngine {
        &*self.engine
    }

    /// Returns the compiled module with these bytes.
    ///
    /// # Errors
    /// Those of [`compile`]. They are not kept.
    pub(crate) fn module(&self, wasm: Vec<u8>) -> Result<CoreModule> {
        let lock = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().get(&wasm) {
            return Ok(known.clone());
        }
        // Compiled without the lock, so that other instances need not wait.
        let module = compile(&*self.engine, &wasm)?;
        let mut known = lock();
        if known.len() == MOST && !known.contains_key(&wasm) {
            known.clear();
        }
        // Another instance may have compiled it in the meantime.
        Ok(known.entry(wasm).or_insert(module).clone())
    }
}
