//! A backend made of a core engine.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Artifact, Backend, BackendInfo, Capabilities, Capability, CoreEngine, Program, Result, contain,
};

use crate::program;

/// The capabilities that the layer adds to those of an engine.
const ADDED: &[Capability] = &[
    Capability::Components,
    Capability::FixedLengthLists,
    Capability::Maps,
    Capability::InnerGlobals,
    Capability::InnerFuncs,
    Capability::InstanceLimit,
    Capability::AsyncHostBlocks,
    Capability::ComponentAsync,
    Capability::ScheduleSeed,
];

/// A [`Backend`] over a core engine.
///
/// It has the engine's name, version and capabilities. An asynchronous host function of an
/// asynchronous type suspends the task that calls it. One of a synchronous type blocks
/// ([`Capability::AsyncHostBlocks`]): it is polled on the calling thread. Therefore a function that
/// waits for another call into the same instance never ends.
///
/// A panic of the engine is an [`Engine`](seam_core::ErrorKind::Engine) error. An instance whose
/// engine has panicked is not used again: every later operation is that error too.
pub struct Layered<E> {
    engine: Arc<E>,
    info: BackendInfo,
}

impl<E: CoreEngine> Layered<E> {
    /// Creates the backend over this engine, with the engine's own name.
    #[must_use]
    pub fn new(engine: E) -> Self {
        let name = engine.info().name.clone();
        Self::named(name, engine)
    }

    /// Creates the backend over this engine with another name.
    ///
    /// An engine with a native backend needs a second name.
    #[must_use]
    pub fn named(name: impl Into<String>, engine: E) -> Self {
        let has = engine.info();
        let added = ADDED.iter().copied();
        let of_engine = &has.capabilities;
        let capabilities = added
            .fold(of_engine.clone(), |all, one| all.with(one, true))
            .with(
                Capability::StackfulAsync,
                of_engine.has(Capability::Reentrant) && of_engine.has(Capability::SuspendedCalls),
            );
        let mut info = BackendInfo::new(name, has.version.clone(), capabilities);
        info.component_model = "seam-component".to_string();
        info.validates = has.validates;
        info.fuel_granularity = has.fuel_granularity;
        Self {
            engine: Arc::new(engine),
            info,
        }
    }

    /// Returns the engine.
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

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        // The layer is the same over every build of the engine.
        let is_stackful = self.info.capabilities.has(Capability::StackfulAsync);
        let is_added =
            |one| ADDED.contains(&one) || (one == Capability::StackfulAsync && is_stackful);
        let of_engine = wanted.iter().filter(|one| !is_added(*one));
        let rebuilt = self.engine.rebuilt_with(&of_engine.collect())?;
        Some(rebuilt.map(|engine| {
            Box::new(Layered::named(self.info.name.clone(), engine)) as Box<dyn Backend>
        }))
    }
}

impl<E> std::fmt::Debug for Layered<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Layered")
            .field("info", &self.info)
            .finish_non_exhaustive()
    }
}
