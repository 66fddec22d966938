//! The backend.

use async_trait::async_trait;
use seam_component::Layered;
use seam_core::{Artifact, Backend, BackendInfo, CoreEngine, Program, Result};

use crate::engine::KilnEngine;
use crate::fault::KilnResult;
use crate::kiln::Kiln;

/// The kiln backend: core modules on kiln, components over its core engine.
pub struct KilnBackend<K> {
    layered: Layered<KilnEngine<K>>,
}

impl<K: Kiln> KilnBackend<K> {
    /// The backend; `make` makes a fresh engine of kiln's, one for each instance.
    ///
    /// # Errors
    /// `Engine` if kiln does something that is not known here.
    pub fn new(make: impl Fn() -> KilnResult<K> + Send + Sync + 'static) -> Result<Self> {
        KilnEngine::new(make).map(Self::of)
    }

    /// The backend over an engine, under the engine's name.
    #[must_use]
    pub fn of(engine: KilnEngine<K>) -> Self {
        Self {
            layered: Layered::new(engine),
        }
    }

    /// The core engine.
    #[must_use]
    pub fn engine(&self) -> &KilnEngine<K> {
        self.layered.engine()
    }
}

#[async_trait]
impl<K: Kiln> Backend for KilnBackend<K> {
    fn info(&self) -> &BackendInfo {
        self.layered.info()
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        Some(self.engine())
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        self.layered.load(artifact).await
    }
}
