//! A backend made of a core engine.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{Artifact, Backend, BackendInfo, Capability, CoreEngine, Program, Result, contain};

use crate::program;

/// What the layer adds to an engine's capabilities.
const ADDED: &[Capability] = &[
    Capability::Components,
    Capability::FixedLengthLists,
    Capability::Maps,
    Capability::InnerGlobals,
    Capability::AsyncHostBlocks,
];

/// A [`Backend`] over a core engine.
///
/// It has the engine's name, version and capabilities, and blocks on asynchronous host functions
/// ([`Capability::AsyncHostBlocks`]): such a function is polled on the calling thread, so one that
/// waits for another call into the same instance never ends.
///
/// A panic of the engine is an [`Engine`](seam_core::ErrorKind::Engine) error. An instance whose
/// engine has panicked is not used again: every later operation is that error too.
pub struct Layered<E> {
    engine: Arc<E>,
    info: BackendInfo,
}

impl<E: CoreEngine> Layered<E> {
    /// The backend over this engine, under the engine's own name.
    #[must_use]
    pub fn new(engine: E) -> Self {
        let name = engine.info().name.clone();
        Self::named(name, engine)
    }

    /// The backend over this engine, under a name that the adapter gives it: an engine that has a
    /// backend of its own needs a second one.
    #[must_use]
    pub fn named(name: impl Into<String>, engine: E) -> Self {
        let has = engine.info();
        let added = ADDED.iter().copied();
        let capabilities = added.fold(has.capabilities.clone(), |all, one| all.with(one, true));
        let mut info = BackendInfo::new(name, has.version.clone(), capabilities);
        info.validates = has.validates;
        info.fuel_granularity = has.fuel_granularity;
        Self {
            engine: Arc::new(engine),
            info,
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &E {
        &self.engine
    }
}

#[async_trait]
impl<E: CoreEngine> Backend for Layered<E> {
    fn info(&self) -> &BackendInfo {
        &self.info
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        Some(&*self.engine)
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let load = || program::load(self.engine.clone(), &self.info.name, artifact);
        contain(load).map_err(|e| {
            e.during(format!("load {}", artifact.name()))
                .on(self.info.name.clone())
        })
    }
}
