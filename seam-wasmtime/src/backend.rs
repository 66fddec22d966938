//! The backends: native, and layered over the core engine.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use seam_component::Layered;
use seam_core::{
    Artifact, ArtifactKind, Backend, BackendInfo, Capabilities, Capability, CoreEngine, Failed,
    Instance, Interface, Program, Result, World,
};
use seam_decode::module_type;

use crate::build::{Build, VERSION};
use crate::cache::Cache;
use crate::component::{ComponentProgram, is_wasi};
use crate::engine::WasmtimeEngine;
use crate::preview1::Preview1Program;

/// wasmtime with its own component model.
///
/// Core modules run through [`Layered`] over [`WasmtimeEngine`], as on every other engine. So there is
/// only one implementation of calls with values and of linking with a world.
///
/// ```
/// use seam_core::Backend;
/// use seam_wasmtime::Wasmtime;
///
/// assert_eq!(Wasmtime::new().info().name, "wasmtime");
/// ```
pub struct Wasmtime {
    info: Arc<BackendInfo>,
    core: Layered<WasmtimeEngine>,
}

/// wasmtime's core engine with the seam's own component model above it.
#[derive(Debug)]
pub struct WasmtimeLayered(Layered<WasmtimeEngine>);

/// Chooses a build. Everything is off by default, since it slows down guest code.
///
/// `docs/observing.md` says what fuel, deadlines and inner instances cost. A build for asynchronous
/// components makes calls between host and guest slower.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Builder {
    build: Build,
    cache: Option<Cache>,
}

impl Wasmtime {
    /// The fastest build: no fuel, no deadlines, no access to the core instances inside a component,
    /// no asynchronous components.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts from the fastest build.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The same engine under the seam's own component model, as the backend `wasmtime-layered`.
    #[must_use]
    pub fn layered() -> WasmtimeLayered {
        Self::builder().build_layered()
    }

    /// The core engine of this build.
    #[must_use]
    pub fn engine(&self) -> &WasmtimeEngine {
        self.core.engine()
    }
}

impl Default for Wasmtime {
    fn default() -> Self {
        Self::new()
    }
}

impl WasmtimeEngine {
    /// The core engine of the fastest build.
    #[must_use]
    pub fn new() -> Self {
        Wasmtime::builder().build_engine()
    }

    /// Starts from the build of this engine.
    fn builder(&self) -> Builder {
        Builder {
            build: self.build(),
            cache: self.cache().cloned(),
        }
    }
}

impl Default for WasmtimeEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl WasmtimeLayered {
    /// The core engine of this build.
    #[must_use]
    pub fn engine(&self) -> &WasmtimeEngine {
        self.0.engine()
    }
}

impl Builder {
    /// Counts fuel, so that it can be limited ([`Capability::Fuel`]).
    pub fn fuel(mut self) -> Self {
        self.build.fuel = true;
        self
    }

    /// Enforces wall-clock limits ([`Capability::Deadline`]).
    pub fn deadline(mut self) -> Self {
        self.build.deadline = true;
        self
    }

    /// Gives access to the core instances inside a component ([`Capability::InnerGlobals`]), and to
    /// instances whose start function trapped ([`Capability::FailedInstance`]).
    pub fn inner_instances(mut self) -> Self {
        self.build.inner_instances = true;
        self
    }

    /// Runs asynchronous components ([`Capability::ComponentAsync`]).
    pub fn component_async(mut self) -> Self {
        self.build.component_async = true;
        self
    }

    /// Sets the bytes of stack for guest code. Default: wasmtime's own, 512 KiB.
    pub fn stack(mut self, bytes: usize) -> Self {
        self.build.stack = Some(bytes);
        self
    }

    /// Reserves address space for this many components, core instances, memories, tables, stacks and GC
    /// heaps when the engine is built, with wasmtime's pooling allocator. Default: no slots, so each
    /// instance allocates its own.
    ///
    /// Instantiation is faster, above all on several threads. What does not fit into its slot fails to load
    /// with `Limit(EngineCapacity)`: a memory of more than 4 GiB, a table of more than 20,000 elements, a
    /// core instance with more than 1 MiB of globals and functions' tables. Memories and tables grow up to
    /// these sizes. If all slots are taken, instantiation fails with `Limit(EngineCapacity)`. There are no
    /// shared memories ([`Capability::Threads`]).
    pub fn pooling(mut self, slots: u32) -> Self {
        self.build.pool = Some(slots);
        self
    }

    /// Keeps compiled code in this folder, for later loads of the same artifact by the same build, in
    /// this process or another. Default: no folder, so nothing is read or written.
    ///
    /// A file that was damaged, or that another version of wasmtime has written, is compiled anew. If
    /// the folder cannot be written, artifacts are compiled each time. The code in the folder is
    /// executed: only users whom you trust may be able to write to it.
    pub fn cache(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cache = Some(Cache::new(dir.into()));
        self
    }

    /// The core engine of this build.
    #[must_use]
    pub fn build_engine(self) -> WasmtimeEngine {
        WasmtimeEngine::of(&self.build, self.cache)
    }

    /// The native backend of this build. If this machine cannot run the engine, `load` fails.
    #[must_use]
    pub fn build(self) -> Wasmtime {
        let native = self.build.native_capabilities();
        let core = Layered::named("wasmtime", self.build_engine());
        // Core modules block on asynchronous host functions, which suspend components.
        let blocks = core.info().capabilities.has(Capability::AsyncHostBlocks);
        let capabilities = native.with(Capability::AsyncHostBlocks, blocks);
        Wasmtime {
            info: Arc::new(BackendInfo::new("wasmtime", VERSION, capabilities)),
            core,
        }
    }

    /// The layered backend of this build.
    #[must_use]
    pub fn build_layered(self) -> WasmtimeLayered {
        WasmtimeLayered(Layered::named("wasmtime-layered", self.build_engine()))
    }
}

#[async_trait]
impl Backend for Wasmtime {
    fn info(&self) -> &BackendInfo {
        &self.info
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        Some(self.engine())
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let native: Result<Box<dyn Program>> = match artifact.kind() {
            ArtifactKind::Component => self.load_component(artifact),
            ArtifactKind::CoreModule => match self.load_preview1(artifact) {
                Ok(None) => {
                    let program = self.core.load(artifact).await?;
                    Ok(Box::new(PlainProgram(program)))
                }
                Ok(Some(program)) => Ok(program),
                Err(error) => Err(error),
            },
        };
        native.map_err(|e| {
            e.during(format!("load {}", artifact.name()))
                .on(self.info.name.clone())
        })
    }

    fn runs_preview1(&self) -> bool {
        true
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        let mut builder = self.engine().builder();
        builder.build = builder.build.with(wanted, &self.info.capabilities)?;
        Some(Ok(Box::new(builder.build())))
    }

    fn cached_in(&self, dir: &Path) -> Option<Box<dyn Backend>> {
        Some(Box::new(self.engine().builder().cache(dir).build()))
    }
}

impl Wasmtime {
    fn load_component(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        let program = ComponentProgram::load(self.engine(), self.info.clone(), artifact)?;
        Ok(Box::new(program))
    }

    /// Loads a preview1 module, which the world decides how to run; `None` for other modules.
    fn load_preview1(&self, artifact: &Artifact) -> Result<Option<Box<dyn Program>>> {
        let Ok(module) = module_type(artifact.bytes()) else {
            return Ok(None);
        };
        if !seam_wasi::imports_preview1(&module) {
            return Ok(None);
        }
        let core = Layered::named(self.info.name.clone(), self.engine().clone());
        let program = Preview1Program::load(core, self.info.clone(), artifact)?;
        Ok(Some(Box::new(program)))
    }
}

/// A core module that does not import preview1.
struct PlainProgram(Box<dyn Program>);

#[async_trait]
impl Program for PlainProgram {
    fn interface(&self) -> &Interface {
        self.0.interface()
    }

    async fn instantiate(&self, world: &World) -> Result<Box<dyn Instance>, Failed> {
        // `Layered` rejects the system's WASI, but a module that does not import WASI does not need it.
        let imports = self.interface().imports();
        if imports.iter().any(|item| is_wasi(&item.name)) {
            return self.0.instantiate(world).await;
        }
        let world = world.clone().without_system_wasi();
        self.0.instantiate(&world).await
    }
}

#[async_trait]
impl Backend for WasmtimeLayered {
    fn info(&self) -> &BackendInfo {
        self.0.info()
    }

    fn core_engine(&self) -> Option<&dyn CoreEngine> {
        Some(self.engine())
    }

    async fn load(&self, artifact: &Artifact) -> Result<Box<dyn Program>> {
        self.0.load(artifact).await
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn Backend>>> {
        self.0.rebuilt_with(wanted)
    }

    fn cached_in(&self, dir: &Path) -> Option<Box<dyn Backend>> {
        Some(Box::new(self.engine().builder().cache(dir).build_layered()))
    }
}

impl std::fmt::Debug for Wasmtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wasmtime")
            .field("build", &self.engine().build())
            .finish_non_exhaustive()
    }
}
