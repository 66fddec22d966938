//! A loaded core module.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Artifact, Capability, CoreEngine, CoreExternType, CoreInstanceId, CoreModule, CorePath,
    CoreStore, Error, Failed, HostState, Instance, Interface, Origin, PerWorld, Program, Result,
    World, WorldState, contain, token,
};
use seam_decode::{compile_part, decode};

use super::instance::{CoreModuleInstance, State};
use super::link::Links;
use crate::cores::{Core, Cores};
use crate::generated::Generated;
use crate::host::world_of;
use crate::inner::Base;
use crate::instance::LayeredInstance;
use crate::limits;

/// A core module that an engine has compiled.
pub(crate) struct CoreProgram {
    generated: Generated,
    backend: Arc<str>,
    module: CoreModule,
    interface: Arc<Interface>,
    /// The names of the exported functions that have a component-level type, in the order of
    /// [`Interface::export_funcs`].
    exports: Arc<[Arc<str>]>,
    /// The definitions of the imports.
    links: PerWorld<Links>,
}

impl CoreProgram {
    /// Compiles a core module and reads its interface. Errors have no operation and backend yet.
    ///
    /// # Errors
    /// `Invalid` with the offset. `Unsupported` for a proposal that the engine lacks. `Limit` for a
    /// capacity of the engine.
    pub(crate) fn load(
        engine: Arc<dyn CoreEngine>,
        backend: &str,
        artifact: &Artifact,
    ) -> Result<Self> {
        // The engine's own verdict comes first.
        let module = compile_part(&*engine, artifact, 0..artifact.bytes().len())?;
        let interface = decode(artifact)?.interface().clone();
        let own = interface.core_instances().first();
        let own = own.ok_or_else(|| Error::engine("expected the module itself, found none"))?;
        let module = module.with_type(own.module.clone());
        let exports = module
            .ty()?
            .exports
            .iter()
            .filter_map(|(name, ty)| match ty {
                CoreExternType::Func(ty) => ty.numeric_len().map(|_| name.clone()),
                _ => None,
            });
        let exports: Arc<[Arc<str>]> = exports.collect();
        Ok(Self {
            generated: Generated::new(engine),
            backend: backend.into(),
            module,
            interface,
            exports,
            links: PerWorld::default(),
        })
    }

    fn make(&self, world: &World) -> Result<LayeredInstance<CoreModuleInstance>, Failed> {
        if world.system_wasi_config().is_some() {
            return Err(Failed::from(Error::unsupported(
                Capability::SystemWasi,
                "expected a world without the system's WASI, found one with it",
            )));
        }
        let engine = self.generated.engine();
        let limits = limits::of_store(engine, world.limits_of_instances(), 1)?;
        let links = || Links::new(world, &self.interface, self.module.ty()?);
        let links = self.links.get(world, links)?;
        let mut state = WorldState::new(world, &links.bindings);
        let unused = &mut state.observed_mut().unused_stubs;
        unused.extend(links.stubs().cloned());
        let host = HostState::new(state);
        let mut store = engine.store(&limits, host)?;
        let imports = links.make(&self.generated, &mut *store, world.core_items())?;
        match store.instantiate(&self.module, &imports) {
            Ok(id) => Ok(self.instance(store, id, State::Ready)?),
            Err(error) => {
                let observed = Box::new(world_of(&mut *store)?.observed().clone());
                let left = store.failed_instance();
                let instance = match left {
                    Some(id) => {
                        let failed = self.instance(store, id, State::Failed)?;
                        Some(Box::new(failed) as Box<dyn Instance>)
                    }
                    None => None,
                };
                Err(Failed {
                    error,
                    observed,
                    instance,
                })
            }
        }
    }

    fn instance(
        &self,
        store: Box<dyn CoreStore>,
        id: CoreInstanceId,
        state: State,
    ) -> Result<LayeredInstance<CoreModuleInstance>> {
        let core = Core {
            path: CorePath::new([0]),
            origin: Origin::Main,
            id,
            module: self.module.ty()?.clone(),
        };
        let base = Base {
            store,
            interface: self.interface.clone(),
            backend: self.backend.clone(),
            cores: Cores::new([core]),
            owner: token(),
        };
        let inner = CoreModuleInstance::new(self.exports.clone(), id, state);
        Ok(LayeredInstance::new(base, inner))
    }
}

#[async_trait]
impl Program for CoreProgram {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        match contain(|| self.make(world)) {
            Ok(instance) => Ok(Box::new(instance)),
            Err(failed) => Err(failed.named("instantiate", &self.backend)),
        }
    }
}
