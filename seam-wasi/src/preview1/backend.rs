//! Runs preview1 modules on any backend that runs components.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Artifact, ArtifactKind, Backend, BackendInfo, Capabilities, Capability, CoreEngine, Failed,
    ImportStatus, Instance, Interface, Program, Result, World,
};
use seam_decode::module_type;

use crate::preview1::exit::MODULE;
use crate::preview1::instance::{Preview1Instance, Shown};
use crate::preview1::wrap::{Wrapped, imports_preview1, wrap_preview1};

/// A backend that runs preview1 modules in worlds with WASI 0.2.
///
/// It wraps each module as a component with the official adapter, and presents it as the core
/// module that it is: with its own exports, its own exit code, and its core instance at `0`. The
/// inner backend does everything else.
///
/// If the world has no WASI 0.2, or defines functions of preview1 itself, the module runs
/// unwrapped, like any other core module. The inner backend must run components and see inside them
/// ([`InnerGlobals`](Capability::InnerGlobals)).
#[derive(Clone, Debug)]
pub struct Preview1<B>(B);

impl<B: Backend> Preview1<B> {
    /// Adds support for preview1 modules to `backend`.
    #[must_use]
    pub fn over(backend: B) -> Self {
        Self(backend)
    }

    /// Returns the inner backend.
    #[must_use]
    pub fn inner(&self) -> &B {
        &self.0
    }
}

#[async_trait]
impl<B: Backend> Backend for Preview1<B> {
    fn info(&self) -> &BackendInfo {
        self.0.info()
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let plain = self.0.load(artifact).await?;
        if self.0.runs_preview1() {
            return Ok(plain);
        }
        let capabilities = &self.info().capabilities;
        let able = [Capability::Components, Capability::InnerGlobals];
        if artifact.kind() != ArtifactKind::CoreModule
            || !able.iter().all(|needed| capabilities.has(*needed))
            || !imports_preview1(&module_type(artifact.bytes())?)
        {
            return Ok(plain);
        }
        // The unwrapped module can still run in a world that defines preview1.
        let Ok(wrapped) = wrap_preview1(artifact) else {
            return Ok(plain);
        };
        let component = self.0.load(wrapped.component()).await?;
        let shown = Shown::new(wrapped.cores(component.interface()));
        Ok(Box::new(Preview1Program {
            interface: Arc::new(plain.interface().clone()),
            shown: Arc::new(shown),
            name: self.info().name.clone(),
            plain,
            wrapped,
            component,
        }))
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        self.0.core_engine()
    }

    fn runs_preview1(&self) -> bool {
        true
    }

    fn cached_in(&self, dir: &Path) -> Option<Box<dyn Backend>> {
        let cached = self.0.cached_in(dir)?;
        Some(Box::new(Preview1(cached)))
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        let rebuilt = self.0.rebuilt_with(wanted)?;
        Some(rebuilt.map(|backend| Box::new(Preview1(backend)) as Box<dyn Backend>))
    }
}

/// A preview1 module, loaded both as it is and as a component.
struct Preview1Program {
    interface: Arc<Interface>,
    shown: Arc<Shown>,
    name: String,
    plain: Box<dyn Program>,
    wrapped: Wrapped,
    component: Box<dyn Program>,
}

impl Preview1Program {
    /// Returns whether the world defines WASI 0.2 for the component and nothing of preview1.
    fn runs_wrapped(&self, world: &World) -> bool {
        let defines = |interface: &Interface, prefix: &str| {
            let report = world.report(interface);
            let mut real = report.iter().filter(|it| it.status == ImportStatus::Real);
            real.any(|it| it.name.to_string().starts_with(prefix))
        };
        !defines(&self.interface, &format!("{MODULE}#"))
            && defines(self.component.interface(), "wasi:")
    }
}

#[async_trait]
impl Program for Preview1Program {
    fn interface(&self) -> &Interface {
        &self.interface
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        if !self.runs_wrapped(world) {
            return self.plain.instantiate(world).await;
        }
        let instance = |inner| {
            let core = self.wrapped.core_interface(self.interface.clone());
            let shown = self.shown.clone();
            let instance = Preview1Instance::new(inner, core, shown, self.name.clone());
            Box::new(instance) as Box<dyn Instance>
        };
        let made = self
            .component
            .instantiate(&self.wrapped.world(world)?)
            .await;
        made.map(instance).map_err(|failed| Failed {
            instance: failed.instance.map(instance),
            ..failed
        })
    }
}
