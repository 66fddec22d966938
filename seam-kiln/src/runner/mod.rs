//! The backend over kiln's own runner for components.

mod accept;
mod guard;
mod instance;

use std::marker::PhantomData;
use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Artifact, ArtifactKind, Backend, BackendInfo, Capabilities, Capability, CoreEngine, Error,
    Failed, Instance, Interface, Limit, Program, Result, World, WorldState, check_core_limits,
};
use seam_decode::{compile_untyped, decode};

use crate::backend::KilnBackend;
use crate::engine::KilnEngine;
use crate::error::of_component;
use crate::kiln::{Kiln, KilnComponent, KilnResult};
use guard::{NAME, guarded};
use instance::RunnerInstance;

/// The capabilities that `seam-component` adds to a core engine, and that kiln's runner lacks.
const LACKING: [Capability; 5] = [
    Capability::Components,
    Capability::FixedLengthLists,
    Capability::Maps,
    Capability::InnerGlobals,
    Capability::InnerFuncs,
];

/// A backend over kiln's own runner for components. Reports call it `kiln-runner`.
///
/// Core modules run as on [`KilnBackend`]. With the interface of a component they are
/// `Unsupported(Components)`, because `seam-component` would lift and lower their values.
///
/// Every export of a component that this backend loads can be called. Such a component has no imports
/// and one core instance, and exports one function over scalars, `run` of `wasi:cli/run`, or both.
/// Other components are `Unsupported(Components)`: kiln's runner would leave out exports, link them
/// to the wrong core instance, or report success for calls that never happened. Instantiation checks
/// again that kiln found the functions.
///
/// It repairs nothing that kiln's runner executes: post-return functions are not called, and kiln
/// reports a trap of a start function as a failure to find exports.
pub struct KilnRunner<K, C> {
    core: KilnBackend<K>,
    info: BackendInfo,
    runner: PhantomData<fn() -> C>,
}

impl<K: Kiln, C: KilnComponent> KilnRunner<K, C> {
    /// Makes a backend. `make` makes a fresh kiln engine for each instance of a core module.
    ///
    /// # Errors
    /// As [`KilnEngine::new`].
    pub fn new(make: impl Fn() -> KilnResult<K> + Send + Sync + 'static) -> Result<Self> {
        KilnEngine::new(make).map(Self::of)
    }

    /// Makes a backend that runs core modules on this engine.
    #[must_use]
    pub fn of(engine: KilnEngine<K>) -> Self {
        // Fuel could limit core modules only, so the backend does not offer it.
        let core = KilnBackend::of(engine.named(NAME).without(Capability::Fuel));
        let mut info = core.info().clone();
        let has = |all: Capabilities, one| all.with(one, false);
        info.capabilities = LACKING.into_iter().fold(info.capabilities, has);
        Self {
            core,
            info,
            runner: PhantomData,
        }
    }

    fn component(&self, artifact: &Artifact) -> Result<RunnerProgram<C>> {
        // kiln does not validate.
        let decoded = decode(artifact)?;
        let interface = decoded.interface().clone();
        let plan = decoded.into_plan()?;
        // kiln's runner must not get a core module that its engine may not get.
        for module in &plan.modules {
            let wasm = artifact.bytes().get(module.range.clone());
            compile_untyped(self.core.engine(), wasm.unwrap_or_default())?;
        }
        accept::check(&plan, &interface)?;
        Ok(RunnerProgram {
            artifact: artifact.clone(),
            interface,
            capabilities: self.info.capabilities.clone(),
            runner: PhantomData,
        })
    }
}

#[async_trait]
impl<K: Kiln, C: KilnComponent> Backend for KilnRunner<K, C> {
    fn info(&self) -> &BackendInfo {
        &self.info
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        self.core.core_engine()
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let program = match (artifact.kind(), artifact.is_typed()) {
            (ArtifactKind::CoreModule, false) => return self.core.load(artifact).await,
            (ArtifactKind::CoreModule, true) => Err(typed_core_module()),
            _ => self.component(artifact),
        };
        match program {
            Ok(program) => Ok(Box::new(program)),
            Err(error) => Err(error.during(format!("load {}", artifact.name())).on(NAME)),
        }
    }
}

/// The error for a core module with component-level types: `seam-component` would lift and
/// lower its values, and kiln's runner cannot.
fn typed_core_module() -> Error {
    Error::unsupported(
        Capability::Components,
        "expected a core module without component-level types, which kiln's runner cannot lift and lower",
    )
}

/// A component that kiln's runner can run.
struct RunnerProgram<C> {
    artifact: Artifact,
    interface: Arc<Interface>,
    capabilities: Capabilities,
    runner: PhantomData<fn() -> C>,
}

impl<C: KilnComponent> RunnerProgram<C> {
    fn instance(&self, world: &World) -> Result<RunnerInstance<C>> {
        if world.system_wasi_config().is_some() {
            return Err(Error::unsupported(
                Capability::SystemWasi,
                "expected a world without the system's WASI, found a world with it",
            ));
        }
        let bindings = world.bind(&self.interface)?;
        let state = WorldState::new(world, &bindings);
        check_core_limits(state.limits(), &self.capabilities)?;
        // The component has one core instance.
        if state.limits().instances == Some(0) {
            return Err(Error::limit(Limit::Instances));
        }
        let component = guarded(of_component, || C::instantiate(self.artifact.bytes()))?;
        RunnerInstance::new(component, self.interface.clone(), state)
    }
}

#[async_trait]
impl<C: KilnComponent> Program for RunnerProgram<C> {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        match self.instance(world) {
            Ok(instance) => Ok(Box::new(instance)),
            Err(error) => Err(error.during("instantiate").on(NAME).into()),
        }
    }
}
