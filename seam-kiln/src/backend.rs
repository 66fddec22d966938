//! The backend.

use async_trait::async_trait;
use seam_component::Layered;
use seam_core::{Artifact, Backend, BackendInfo, CoreEngine, Program, Result};

use crate::engine::KilnEngine;
use crate::kiln::{Kiln, KilnResult};

/// The kiln backend: core modules on kiln, and components over [`KilnEngine`].
pub struct KilnBackend<K> {
    layered: Layered<KilnEngine<K>>,
}

impl<K: Kiln> KilnBackend<K> {
    /// Makes a backend. `make` makes a fresh kiln engine for each instance.
    ///
    /// # Errors
    /// As [`KilnEngine::new`].
    pub fn new(make: impl Fn() -> KilnResult<K> + Send + Sync + 'static) -> Result<Self> {
        KilnEngine::new(make).map(Self::of)
    }

    /// Makes a backend over an engine, under the engine's name.
    #[must_use]
    pub fn of(engine: KilnEngine<K>) -> Self {
        Self {
            layered: Layered::new(engine),
        }
    }

    /// Returns the core engine.
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
