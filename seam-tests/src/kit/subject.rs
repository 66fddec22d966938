//! The subject of the kit.

use std::sync::Arc;

use seam_core::{
    Artifact, Backend, BackendExt, Capability, CoreEngine, CoreModule, CoreStore, HostState,
    Instance, Limits, Program, ProgramExt, World,
};

use super::{Failure, Stage};

/// A build of a backend, and its core engine if it has one.
#[derive(Clone)]
pub struct Subject {
    backend: Arc<dyn Backend>,
    /// An engine other than the backend's own.
    engine: Option<Arc<dyn CoreEngine>>,
}

impl Subject {
    /// Creates a subject with the [core engine](Backend::core_engine) of the backend. If there is
    /// none, the cases of core engines do not apply.
    #[must_use]
    pub fn new(backend: impl Backend + 'static) -> Self {
        Self::from_parts(Arc::new(backend), None)
    }

    /// Replaces the core engine.
    #[must_use]
    pub fn with_engine(mut self, engine: impl CoreEngine) -> Self {
        self.engine = Some(Arc::new(engine));
        self
    }

    /// Creates a subject from a backend and an engine that are already shared.
    #[must_use]
    pub fn from_parts(backend: Arc<dyn Backend>, engine: Option<Arc<dyn CoreEngine>>) -> Self {
        Self { backend, engine }
    }

    /// Returns the backend.
    #[must_use]
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    /// Returns the core engine, if there is one.
    #[must_use]
    pub fn core_engine(&self) -> Option<&dyn CoreEngine> {
        self.engine
            .as_deref()
            .or_else(|| self.backend.core_engine())
    }

    /// Returns the name of the backend.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.backend.info().name
    }

    /// Returns whether the backend has the capability.
    #[must_use]
    pub fn has(&self, capability: Capability) -> bool {
        self.backend.info().capabilities.has(capability)
    }

    /// Returns whether there is a core engine with the capability.
    #[must_use]
    pub fn engine_has(&self, capability: Capability) -> bool {
        let info = self.core_engine().map(CoreEngine::info);
        info.is_some_and(|info| info.capabilities.has(capability))
    }

    /// Returns the steps in which the backend charges fuel.
    pub(crate) fn fuel_granularity(&self) -> u64 {
        self.backend.info().fuel_granularity
    }

    /// Returns the steps in which the core engine charges fuel.
    pub(crate) fn engine_fuel_granularity(&self) -> u64 {
        let info = self.core_engine().map(CoreEngine::info);
        info.map_or(1, |info| info.fuel_granularity)
    }

    /// Loads an artifact, which must succeed.
    pub(crate) fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>, Failure> {
        self.backend
            .load_blocking(artifact)
            .map_err(|e| Failure::of(Stage::Load, e).about(artifact.name()))
    }

    /// Creates an instance, which must succeed.
    pub(crate) fn instantiate(
        &self,
        artifact: &Artifact,
        world: &World,
    ) -> Result<Box<dyn Instance>, Failure> {
        let program = self.load(artifact)?;
        program
            .instantiate_blocking(world)
            .map_err(|failed| Failure::from(failed).about(artifact.name()))
    }

    /// Returns the core engine, which must exist.
    pub(crate) fn engine(&self) -> Result<&dyn CoreEngine, Failure> {
        self.core_engine()
            .ok_or_else(|| Failure::new("expected a core engine, found none"))
    }

    /// Compiles a module, which must succeed.
    pub(crate) fn compile(&self, artifact: &Artifact) -> Result<CoreModule, Failure> {
        seam_decode::compile(self.engine()?, artifact.bytes())
            .map_err(|e| Failure::of(Stage::Load, e).about(artifact.name()))
    }

    /// Creates a store with these limits, which must be supported.
    pub(crate) fn store(&self, limits: &Limits) -> Result<Box<dyn CoreStore>, Failure> {
        self.store_with(limits, HostState::none())
    }

    /// Creates a store of the engine with this state.
    pub(crate) fn store_with(
        &self,
        limits: &Limits,
        host: HostState,
    ) -> Result<Box<dyn CoreStore>, Failure> {
        self.engine()?
            .store(limits, host)
            .map_err(|e| Failure::of(Stage::Instantiate, e))
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Subject")
            .field("backend", self.backend.info())
            .field("engine", &self.core_engine().map(CoreEngine::info))
            .finish()
    }
}
