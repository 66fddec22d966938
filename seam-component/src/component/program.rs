//! A loaded component.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use seam_core::{
    Artifact, Binding, Capability, CoreEngine, CoreModule, CoreModuleType, Error, ErrorKind,
    Failed, HostState, Instance, Interface, PerWorld, Program, Result, Target, World, WorldState,
    contain, token,
};
use seam_decode::{CoreModuleDef, Missing, Plan, TypedModule, compile_part, decode, decode_typed};

use super::execute::Execution;
use super::instance::ComponentInstance;
use super::prepared::Prepared;
use crate::core_module::Links;
use crate::generated::Generated;
use crate::inner::Base;
use crate::instance::LayeredInstance;
use crate::limits;
use crate::state::Running;

/// A component whose core modules an engine has compiled, or a core module with component-level
/// types.
pub(crate) struct ComponentProgram {
    generated: Generated,
    backend: Arc<str>,
    plan: Arc<Plan>,
    /// The first instance makes it.
    prepared: OnceLock<Arc<Prepared>>,
    /// The compiled core modules, in the order of the plan's modules.
    modules: Vec<CoreModule>,
    interface: Arc<Interface>,
    /// The imports of a core module.
    of_module: Option<ModuleImports>,
    bound: PerWorld<Bound>,
}

/// The definitions of the imports, which all instances in the same world share.
struct Bound {
    /// The bindings, including those of `links`.
    bindings: Vec<Binding>,
    /// The definitions of the imports that keep their core types.
    links: Option<Links>,
}

/// The two kinds of imports of a core module with component-level types.
struct ModuleImports {
    /// Those with component-level types.
    typed: Interface,
    /// Those that keep their core types.
    raw: (Interface, CoreModuleType),
}

impl ComponentProgram {
    /// Decodes a component and compiles each of its core modules once.
    ///
    /// # Errors
    /// `Invalid` with the offset. `Unsupported` if a core module needs a capability that the engine
    /// lacks. `Limit` for a capacity of the engine.
    pub(crate) fn load(
        engine: Arc<dyn CoreEngine>,
        backend: &str,
        artifact: &Artifact,
    ) -> Result<Self> {
        let decoded = decode(artifact)?;
        let interface = decoded.interface().clone();
        let plan = decoded.into_plan()?;
        let compiled = |CoreModuleDef { range, ty }: &CoreModuleDef| {
            let module = compile_part(&*engine, artifact, range.clone());
            let module = module.map_err(|e| at_offset(e, range.start))?;
            Ok(module.with_type(ty.clone()))
        };
        let modules = plan
            .modules
            .iter()
            .map(compiled)
            .collect::<Result<Vec<_>>>()?;
        Ok(Self {
            generated: Generated::new(engine),
            backend: backend.into(),
            prepared: OnceLock::new(),
            plan: Arc::new(plan),
            modules,
            interface,
            of_module: None,
            bound: PerWorld::default(),
        })
    }

    /// Compiles a core module, and binds it to the component-level types that the artifact was given.
    ///
    /// # Errors
    /// Those of compilation, then those of [`decode_typed`].
    pub(crate) fn load_typed(
        engine: Arc<dyn CoreEngine>,
        backend: &str,
        artifact: &Artifact,
    ) -> Result<Self> {
        // The engine's own verdict comes first.
        let module = compile_part(&*engine, artifact, 0..artifact.bytes().len())?;
        let TypedModule {
            interface,
            plan,
            typed,
            raw,
            ..
        } = decode_typed(artifact)?;
        let types = plan.modules.iter().map(|module| module.ty.clone());
        let modules = types.map(|ty| module.clone().with_type(ty)).collect();
        Ok(Self {
            generated: Generated::new(engine),
            backend: backend.into(),
            prepared: OnceLock::new(),
            plan: Arc::new(plan),
            modules,
            interface,
            of_module: Some(ModuleImports { typed, raw }),
            bound: PerWorld::default(),
        })
    }

    /// Determines the definition of every import.
    fn bind(&self, world: &World) -> Result<Bound> {
        let of_module = self.of_module.as_ref();
        let mut bindings = world.bind(of_module.map_or(&*self.interface, |it| &it.typed))?;
        bindings.iter().try_for_each(check_target)?;
        let links = match of_module {
            Some(ModuleImports { raw: (raw, ty), .. }) => {
                let links = Links::after(bindings.len(), world, raw, ty)?;
                bindings.extend(links.bindings.iter().cloned());
                Some(links)
            }
            None => None,
        };
        if let Some(missing) = self.plan.missing.first() {
            return Err(cannot_link(missing));
        }
        Ok(Bound { bindings, links })
    }

    pub(super) fn instance(
        &self,
        world: &World,
    ) -> Result<LayeredInstance<ComponentInstance>, Failed> {
        let engine = self.generated.engine();
        let made = self.interface.core_instances().len();
        let limits = limits::of_store(engine, world.limits_of_instances(), made)?;
        let bound = self.bound.get(world, || self.bind(world))?;
        let Bound { bindings, links } = &*bound;
        let owner = token();
        let mut state = WorldState::new(world, bindings);
        let stubs = links.iter().flat_map(Links::stubs).cloned();
        state.observed_mut().unused_stubs.extend(stubs);
        let running = Running::new(state, owner);
        let mut store = engine.store(&limits, HostState::new(running))?;
        let defined = match links {
            Some(links) => links.make(&self.generated, &mut *store, world.core_items())?,
            None => Vec::new(),
        };
        let prepared = match self.prepared.get() {
            Some(prepared) => prepared,
            None => {
                let prepared = Arc::new(Prepared::new(&self.plan)?);
                self.prepared.get_or_init(|| prepared)
            }
        };
        let described = (&self.plan, &*self.interface, prepared);
        let mut execution = Execution::new(
            &self.generated,
            &mut *store,
            described,
            &self.modules,
            &defined,
        );
        let started = execution.run();
        let (lifts, cores) = execution.into_made();
        let observed = match &started {
            Ok(_) => None,
            Err(_) => Some(Running::of(&mut *store)?.world.observed().clone()),
        };
        let instance = |lifts| {
            let base = Base {
                store,
                interface: self.interface.clone(),
                backend: self.backend.clone(),
                cores,
                owner,
            };
            let inner = ComponentInstance::new(self.plan.clone(), prepared.is_async, lifts);
            LayeredInstance::new(base, inner)
        };
        match started {
            Ok(()) => Ok(instance(Some(lifts))),
            Err(error) => Err(Failed {
                observed: observed.unwrap_or_default().into(),
                // If linking failed, no guest code has run, so a snapshot would show nothing.
                instance: match error.kind() {
                    ErrorKind::Link | ErrorKind::Unsupported(_) => None,
                    _ => Some(Box::new(instance(None))),
                },
                error,
            }),
        }
    }
}

#[async_trait]
impl Program for ComponentProgram {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        match contain(|| self.instance(world)) {
            Ok(instance) => Ok(Box::new(instance)),
            Err(failed) => Err(failed.named("instantiate", &self.backend)),
        }
    }
}

/// Checks that the layer supports the definition of an import.
fn check_target(binding: &Binding) -> Result<()> {
    match binding.target {
        Target::Wasi => Err(Error::unsupported(
            Capability::SystemWasi,
            format!("import `{}` needs the system's WASI", binding.name),
        )),
        Target::Core => Err(Error::link(format!(
            "import `{}`: expected a component-level function, found a core function of the world",
            binding.name
        ))),
        _ => Ok(()),
    }
}

/// Returns the error for an import that no world can define.
fn cannot_link(missing: &Missing) -> Error {
    Error::link(format!(
        "missing import `{}`: expected functions, types and instances, found a {}, which no world \
         can define",
        missing.name, missing.what
    ))
}

/// Converts an offset within a core module to an offset within the artifact.
fn at_offset(error: Error, start: usize) -> Error {
    match error.kind() {
        ErrorKind::Invalid { offset: Some(at) } => {
            let at = at.saturating_add(start as u64);
            error.at(at)
        }
        _ => error,
    }
}
