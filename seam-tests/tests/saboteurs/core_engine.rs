//! Core engines with a fault.

use std::sync::Arc;

use seam_core::{
    CoreEngine, CoreModule, CoreStore, EngineInfo, ErrorKind, HostState, Limits, Result,
};

use crate::backend::empty;
use crate::core_store::SabotagedStore;
use crate::fault::Fault;

/// A core engine with a fault.
pub(crate) struct SabotagedEngine {
    inner: Arc<dyn CoreEngine>,
    fault: Fault,
}

impl SabotagedEngine {
    pub(crate) fn new(inner: Arc<dyn CoreEngine>, fault: Fault) -> Self {
        Self { inner, fault }
    }
}

impl CoreEngine for SabotagedEngine {
    fn info(&self) -> &EngineInfo {
        self.inner.info()
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        match (self.inner.compile(wasm), self.fault) {
            (Err(_), Fault::CompilesAnything) => self.inner.compile(empty().bytes()),
            (Err(error), Fault::PanicsOnBadBytes) => panic!("{error}"),
            (compiled, _) => compiled,
        }
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        let store = match self.fault {
            Fault::IgnoresStoreLimits => self.inner.store(&Limits::new(), host),
            _ => self.inner.store(limits, host),
        };
        if let Err(error) = &store {
            assert!(
                matches!(error.kind(), ErrorKind::Unsupported(_)),
                "{error:?}"
            );
        }
        let nothing = seam_decode::compile(&*self.inner, empty().bytes())?;
        Ok(Box::new(SabotagedStore::new(store?, self.fault, nothing)))
    }
}
