//! An engine that counts the modules that it compiles.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use seam_core::{CoreEngine, CoreModule, CoreStore, EngineInfo, HostState, Limits, Result};
use seam_wasmi::Wasmi;

/// An engine that counts compiled modules.
pub(crate) struct Counting {
    wasmi: Wasmi,
    compiled: Arc<AtomicUsize>,
}

/// How many modules an engine has compiled.
pub(crate) struct Compiled(Arc<AtomicUsize>);

impl Counting {
    pub(crate) fn new(wasmi: Wasmi) -> (Self, Compiled) {
        let compiled = Arc::new(AtomicUsize::new(0));
        let count = Compiled(compiled.clone());
        (Self { wasmi, compiled }, count)
    }
}

impl Compiled {
    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl CoreEngine for Counting {
    fn info(&self) -> &EngineInfo {
        self.wasmi.engine().info()
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        self.compiled.fetch_add(1, Ordering::Relaxed);
        self.wasmi.engine().compile(wasm)
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        self.wasmi.engine().store(limits, host)
    }
}
