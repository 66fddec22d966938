//! Wraps preview1 modules as components.

use std::sync::Arc;

use seam_core::{
    Artifact, CoreExternType, CoreInstanceType, CoreModuleType, CorePath, Entry, Error, Instance,
    Interface, Limit, Origin, Result, World,
};
use seam_decode::{has_component_type, module_type};
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER, WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wit_component::ComponentEncoder;

use crate::preview1::exit::MODULE;
use crate::preview1::instance::{Preview1Instance, Shown};
use crate::preview1::{exit, origin};

/// Returns whether a core module imports WASI preview1.
#[must_use]
pub fn imports_preview1(module: &CoreModuleType) -> bool {
    module.imports.iter().any(|(name, _, _)| **name == *MODULE)
}

/// A preview1 module, wrapped as a component.
#[derive(Clone, Debug)]
pub struct Wrapped {
    component: Artifact,
    /// Whether the module is called with the component's types, because it has component-level types.
    typed: bool,
}

impl Wrapped {
    /// Returns the component.
    ///
    /// It imports WASI 0.2 and [`EXIT`](crate::EXIT). The component of a command exports
    /// `wasi:cli/run`. A reactor's `_initialize` runs when the component is instantiated.
    #[must_use]
    pub fn component(&self) -> &Artifact {
        &self.component
    }

    /// Returns the component's core instances in the order of their instantiation.
    ///
    /// Each has the path and origin to report it under. The guest's own module is at `0`, as it is
    /// without wrapping.
    #[must_use]
    pub fn cores(&self, interface: &Interface) -> Vec<(CoreInstanceType, CorePath, Origin)> {
        origin::cores(interface)
    }

    /// Returns the world for an instance of the component.
    ///
    /// It adds [`EXIT`](crate::EXIT), the only import of the component besides WASI. It has no limit
    /// on core instances: the module itself is one, and the adapters do not count.
    ///
    /// # Errors
    /// `Limit(Instances)` if `world` does not allow one core instance.
    pub fn world(&self, world: &World) -> Result<World> {
        let mut limits = world.limits_of_instances().clone();
        if limits.instances.take() == Some(0) {
            return Err(Error::limit(Limit::Instances));
        }
        let exit = |(code,): (u32,)| -> Result<()> {
            Err(Error::exit(i32::from_ne_bytes(code.to_ne_bytes())))
        };
        Ok(world.clone().limits(limits).func(exit::EXIT, exit))
    }

    /// Presents a running instance of the component as the core module that it is.
    ///
    /// If the artifact that was wrapped has component-level types
    /// ([`Artifact::is_typed`]), its exports are called with those.
    ///
    /// # For implementors
    /// `inner` must report its core instances as [`Wrapped::cores`] says. `module` is the module's
    /// own interface. Errors name `backend`.
    #[must_use]
    pub fn instance(
        &self,
        inner: Box<dyn Instance>,
        module: Arc<Interface>,
        backend: &str,
    ) -> Box<dyn Instance> {
        let shown = Arc::new(Shown::as_they_are());
        let core = self.core_interface(module);
        Box::new(Preview1Instance::new(inner, core, shown, backend.into()))
    }

    /// Returns the module's interface if the module is called with its core types.
    pub(crate) fn core_interface(&self, module: Arc<Interface>) -> Option<Arc<Interface>> {
        (!self.typed).then_some(module)
    }
}

/// Wraps a preview1 module with the official adapter.
///
/// A module that exports `_start` and not `_initialize` gets the adapter for commands. Every other
/// module gets the adapter for reactors.
///
/// # Errors
/// `Invalid` if the bytes are not a core module. `Link` if the module imports something other than
/// preview1, or a function that preview1 does not define.
pub fn wrap_preview1(module: &Artifact) -> Result<Wrapped> {
    let during = |e: Error| e.during(format!("wrap {}", module.name()));
    let interface = seam_decode::interface(module)?;
    let ty = module_type(module.bytes())?;
    if !has_component_type(module.bytes()) {
        check_imports(&ty).map_err(during)?;
    }
    let adapter = match Entry::of(&interface) {
        Ok(Entry::Start) => WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
        _ => WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
    };
    let main = exit::rename(module.bytes());
    let bytes = encode(&main, adapter).map_err(during)?;
    Ok(Wrapped {
        component: Artifact::from_bytes(module.name(), bytes)?,
        typed: module.is_typed(),
    })
}

fn encode(main: &[u8], adapter: &[u8]) -> Result<Vec<u8>> {
    let exit = exit::adapter()?;
    let encoder = ComponentEncoder::default()
        .debug_names(true)
        .validate(false);
    encoder
        .module(main)
        .and_then(|encoder| {
            encoder
                .adapter(MODULE, adapter)?
                .adapter(exit::ADAPTER, &exit)
        })
        .and_then(|mut encoder| encoder.encode())
        .map_err(|e| {
            Error::link(format!(
                "expected a module that the official preview1 adapter can wrap: {e:#}"
            ))
        })
}

/// Fails if the module imports anything that a component cannot import for it.
fn check_imports(ty: &CoreModuleType) -> Result<()> {
    let other = |(module, _, ty): &&(Arc<str>, Arc<str>, CoreExternType)| {
        **module != *MODULE || !matches!(ty, CoreExternType::Func(_))
    };
    match ty.imports.iter().find(other) {
        None => Ok(()),
        Some((module, field, ty)) => Err(Error::link(format!(
            "expected a preview1 module whose only imports are functions of `{MODULE}`, found an \
             import `{module}#{field}` of type {ty}"
        ))),
    }
}
