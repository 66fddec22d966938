//! Modules of WASI preview1.
//!
//! In a world with WASI 0.2, the system's or one made of host functions, such a module runs as a
//! component, wrapped with the official adapter, and is reported as the core module it is: its
//! exports, its core instance at `0`, its own exit code. Since its core instance is inside a
//! component then, the wrapped module is compiled in a build that shows inner instances, whatever
//! the backend's own build: its code runs slower for that. In every other world, so also in one
//! that defines functions of preview1 itself, the module is a core module like any other.
//!
//! Loading validates the module. It is compiled when the first world decides how it runs.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use seam_component::Layered;
use seam_core::{
    Artifact, Backend, BackendInfo, Capability, Failed, ImportStatus, Instance, Interface, Program,
    Result, World,
};
use seam_wasi::{Wrapped, wrap_preview1};

use crate::build::Build;
use crate::component::{self, CorePlan, Loaded};
use crate::engine::WasmtimeEngine;

/// A preview1 module. It is compiled when it is first instantiated, in the form that the world needs.
pub(crate) struct Preview1Program {
    core: Layered<WasmtimeEngine>,
    info: Arc<BackendInfo>,
    artifact: Artifact,
    interface: Arc<Interface>,
    plain: Once<dyn Program>,
    wrapping: Once<Wrapping>,
    wrapped: Once<Loaded>,
}

/// The module as a component.
struct Wrapping {
    wrapped: Wrapped,
    interface: Interface,
}

/// A value that is made when it is first needed. If that fails, the next call tries again.
struct Once<T: ?Sized>(Mutex<Option<Arc<T>>>);

impl<T: ?Sized> Once<T> {
    fn new() -> Self {
        Self(Mutex::new(None))
    }

    #[cfg(test)]
    fn is_made(&self) -> bool {
        self.0.lock().is_ok_and(|made| made.is_some())
    }

    fn get(&self, make: impl FnOnce() -> Result<Arc<T>>) -> Result<Arc<T>> {
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = &*made {
            return Ok(made.clone());
        }
        let new = make()?;
        *made = Some(new.clone());
        Ok(new)
    }
}

impl Preview1Program {
    /// Validates a preview1 module.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn load(
        core: Layered<WasmtimeEngine>,
        info: Arc<BackendInfo>,
        artifact: &Artifact,
    ) -> Result<Self> {
        core.engine().validate(artifact.bytes())?;
        Ok(Self {
            core,
            info,
            artifact: artifact.clone(),
            interface: interface(artifact)?,
            plain: Once::new(),
            wrapping: Once::new(),
            wrapped: Once::new(),
        })
    }

    fn wrapping(&self) -> Result<Arc<Wrapping>> {
        self.wrapping.get(|| {
            let wrapped = wrap_preview1(&self.artifact)?;
            let interface = seam_decode::interface(wrapped.component())?;
            Ok(Arc::new(Wrapping { wrapped, interface }))
        })
    }

    /// Whether the world defines WASI 0.2 for the module, but no function of preview1.
    fn runs_wrapped(&self, world: &World) -> bool {
        let defines = |interface: &Interface, prefix: &str| {
            let report = world.report(interface);
            report.iter().any(|import| {
                import.status == ImportStatus::Real && import.name.to_string().starts_with(prefix)
            })
        };
        world.system_wasi_config().is_some()
            || (!defines(&self.interface, "wasi_snapshot_preview1#")
                && (self.wrapping()).is_ok_and(|wrapping| defines(&wrapping.interface, "wasi:")))
    }

    fn load_wrapped(&self, wrapping: &Wrapping) -> Result<Arc<Loaded>> {
        self.wrapped.get(|| {
            let build = Build {
                inner_instances: true,
                // Calls of inner functions fail with it; see `ComponentInstance::call_core`.
                component_async: false,
                ..self.core.engine().build()
            };
            let capabilities = self.info.capabilities.clone();
            let info = BackendInfo::new(
                self.info.name.clone(),
                self.info.version.clone(),
                capabilities
                    .with(Capability::InnerGlobals, true)
                    .with(Capability::ComponentAsync, false),
            );
            let wrapped = &wrapping.wrapped;
            let plan = |interface: &Interface| CorePlan::new(wrapped.cores(interface));
            let engine = WasmtimeEngine::of(&build, self.core.engine().cache().cloned());
            let loaded = Loaded::new(&engine, Arc::new(info), wrapped.component(), plan)?;
            Ok(Arc::new(loaded))
        })
    }

    async fn instantiate_wrapped(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        let wrapping = self.wrapping()?;
        let loaded = self.load_wrapped(&wrapping)?;
        let world = wrapping.wrapped.world(world)?;
        let instance = |inner| {
            let (module, backend) = (self.interface.clone(), &self.info.name);
            (wrapping.wrapped).instance(inner, module, backend)
        };
        match component::instantiate(&loaded, &world).await {
            Ok(inner) => Ok(instance(Box::new(inner))),
            Err(failed) => Err(Failed {
                instance: failed.instance.map(instance),
                ..failed
            }),
        }
    }
}

/// Returns the interface of a module, with the component-level types that it was given.
fn interface(artifact: &Artifact) -> Result<Arc<Interface>> {
    match artifact.is_typed() {
        true => Ok(seam_decode::decode_typed(artifact)?.interface),
        false => Ok(Arc::new(seam_decode::interface(artifact)?)),
    }
}

#[async_trait]
impl Program for Preview1Program {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        if self.runs_wrapped(world) {
            let made = self.instantiate_wrapped(world).await;
            return made.map_err(|failed| failed.named("instantiate", &self.info.name));
        }
        let plain = self.plain.get(|| {
            let loaded = seam_core::block_on(self.core.load(&self.artifact))?;
            Ok(Arc::from(loaded))
        })?;
        plain.instantiate(world).await
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Wasmtime;
    use seam_core::{CoreFuncType, CoreType, ErrorKind, ProgramExt};

    const EXITS: &str = r#"(module
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1)
        (func (export "_start") (call $exit (i32.const 3))))"#;

    fn load(artifact: &Artifact) -> Result<Preview1Program> {
        let backend = Wasmtime::new();
        let core = Layered::new(backend.engine().clone());
        let info = Arc::new(backend.info().clone());
        Preview1Program::load(core, info, artifact)
    }

    /// Whether the module has been compiled as it is, and as a component.
    fn compiled(program: &Preview1Program) -> (bool, bool) {
        (program.plain.is_made(), program.wrapped.is_made())
    }

    #[test]
    fn a_module_is_compiled_once_for_the_way_it_runs() {
        let artifact = Artifact::from_wat("exits", EXITS).unwrap();
        let program = load(&artifact).unwrap();
        assert_eq!(compiled(&program), (false, false));
        let world = seam_wasi::Wasi::hermetic().add_to(World::new()).unwrap();
        let mut first = program.instantiate_blocking(&world).unwrap();
        assert_eq!(first.run_blocking().unwrap().code, 3);
        let wrapped = program.load_wrapped(&program.wrapping().unwrap()).unwrap();
        program.instantiate_blocking(&world).unwrap();
        let again = program.load_wrapped(&program.wrapping().unwrap()).unwrap();
        assert!(Arc::ptr_eq(&wrapped, &again));
        assert_eq!(compiled(&program), (false, true));

        let program = load(&artifact).unwrap();
        let ty = CoreFuncType::new([CoreType::I32], []);
        let module = "wasi_snapshot_preview1";
        let world = World::new().core_func(module, "proc_exit", ty, |_, _, _| Ok(()));
        program.instantiate_blocking(&world).unwrap();
        assert_eq!(compiled(&program), (true, false));
    }

    #[test]
    fn loading_validates_all_of_a_module() {
        let invalid = EXITS.replace("(i32.const 3)", "(i64.const 3)");
        let artifact = Artifact::from_wat("invalid", &invalid).unwrap();
        let error = load(&artifact).map(drop).unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::Invalid { offset: Some(_) }),
            "{error}"
        );
    }
}
