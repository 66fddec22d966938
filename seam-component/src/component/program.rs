//! A loaded component.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Artifact, Binding, Capability, CoreEngine, CoreModule, Error, ErrorKind, Failed, HostState,
    Instance, Interface, Program, Result, Target, World, WorldState, contain, token,
};
use seam_decode::compile;

use super::decode::decode;
use super::def::{ComponentDef, Def};
use super::import::HostImports;
use super::index::{ComponentInst, InstanceInst};
use super::instance::ComponentGuest;
use super::instantiate::Instantiation;
use super::size::check_sizes;
use super::state::Running;
use crate::cores::Cores;
use crate::glue::Glue;
use crate::instance::{Base, LayeredInstance};
use crate::limits;

/// A component whose core modules an engine has compiled.
pub(crate) struct ComponentProgram {
    engine: Arc<dyn CoreEngine>,
    backend: Arc<str>,
    root: ComponentInst,
    /// The compiled core modules, by the range of their bytes.
    modules: HashMap<Range<usize>, CoreModule>,
    interface: Arc<Interface>,
}

impl ComponentProgram {
    /// Validates and decodes a component and compiles its core modules, each once.
    ///
    /// # Errors
    /// `Invalid` with the offset; `Unsupported` for a core module that needs what the engine lacks;
    /// `Limit` for capacities.
    pub(crate) fn load(
        engine: Arc<dyn CoreEngine>,
        backend: &str,
        artifact: &Artifact,
    ) -> Result<Self> {
        let bytes = artifact.bytes();
        let interface = Arc::new(seam_decode::interface(artifact)?);
        check_sizes(bytes)?;
        let def = Arc::new(decode(bytes)?);
        let mut modules = HashMap::new();
        compile_all(&*engine, bytes, &def, &mut modules)?;
        Ok(Self {
            engine,
            backend: backend.into(),
            root: ComponentInst {
                def,
                env: Arc::default(),
            },
            modules,
            interface,
        })
    }

    fn instance(&self, world: &World) -> Result<LayeredInstance<ComponentGuest>, Failed> {
        let made = self.interface.core_instances().len();
        let limits = limits::of_store(&*self.engine, world.limits_of_instances(), made)?;
        let bindings = world.bind(&self.interface)?;
        bindings.iter().try_for_each(check_target)?;
        let owner = token();
        let running = Running::new(WorldState::new(world, &bindings), owner);
        let mut store = self.engine.store(&limits, HostState::new(running))?;
        let mut instantiation = Instantiation {
            engine: &*self.engine,
            store: &mut *store,
            modules: &self.modules,
            imports: &HostImports::new(&bindings),
            cores: Vec::new(),
            glue: Glue::default(),
            size: 0,
        };
        let root = instantiation.root(&self.root);
        let cores = Cores::new(instantiation.cores);
        let observed = match &root {
            Ok(_) => Box::default(),
            Err(_) => Box::new(Running::of(&mut *store)?.world.observed().clone()),
        };
        let make = |root: &InstanceInst| -> Result<_> {
            let mut base = Base {
                store,
                interface: self.interface.clone(),
                backend: self.backend.clone(),
                cores,
                owner,
            };
            let guest = ComponentGuest::new(&mut base, root)?;
            Ok(LayeredInstance::new(base, guest))
        };
        match root {
            Ok(root) => Ok(make(&root)?),
            Err(error) => Err(Failed {
                observed,
                // What cannot be linked has run nothing that a snapshot could show.
                instance: match error.kind() {
                    ErrorKind::Link | ErrorKind::Unsupported(_) => None,
                    _ => Some(Box::new(make(&InstanceInst::default())?)),
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

/// Whether the layer can give what the world has bound to an import.
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

/// Compiles every core module of a component and of those nested in it.
fn compile_all(
    engine: &dyn CoreEngine,
    bytes: &[u8],
    component: &ComponentDef,
    modules: &mut HashMap<Range<usize>, CoreModule>,
) -> Result<()> {
    for def in &component.defs {
        match def {
            Def::CoreModule(range) => {
                let wasm = bytes.get(range.clone()).unwrap_or_default();
                let module = compile(engine, wasm).map_err(|e| at_offset(e, range.start))?;
                modules.insert(range.clone(), module);
            }
            Def::Component(inner) => compile_all(engine, bytes, inner, modules)?,
            _ => {}
        }
    }
    Ok(())
}

/// Counts an offset within a core module from the start of the artifact.
fn at_offset(error: Error, start: usize) -> Error {
    match error.kind() {
        ErrorKind::Invalid { offset: Some(at) } => {
            let at = at.saturating_add(start as u64);
            error.at(at)
        }
        _ => error,
    }
}
