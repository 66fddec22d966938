//! The core engine: compilation and stores.

use std::sync::Arc;

use seam_core::{
    Capabilities, Capability, CoreEngine, CoreModule, CoreStore, EngineInfo, Error, HostState,
    Limits, Result, check_core_limits,
};
use seam_decode::needed_capability;
use wasmtime::component::Component;
use wasmtime::{Engine, Module, Store};

use crate::build::{Build, VERSION};
use crate::cache::Cache;
use crate::error;
use crate::func_types::FuncTypes;
use crate::module::Compiled;
use crate::stack;
use crate::state::{CoreState, set_limits};
use crate::store::WasmtimeStore;

/// wasmtime as an engine for core modules.
#[derive(Clone)]
pub struct WasmtimeEngine {
    /// The engine, or why this machine cannot run it: such a backend can still be listed.
    engine: Result<Engine, Arc<str>>,
    build: Build,
    info: Arc<EngineInfo>,
    stack: Option<usize>,
    cache: Option<Cache>,
    types: Arc<FuncTypes>,
}

impl WasmtimeEngine {
    /// The engine of a build.
    pub(crate) fn of(build: &Build, cache: Option<Cache>) -> Self {
        let info = EngineInfo::new("wasmtime", VERSION, build.core_capabilities());
        Self {
            engine: build.engine().map_err(|e| e.message().into()),
            build: *build,
            info: Arc::new(info),
            stack: stack::needed(build.stack),
            cache,
            types: Arc::default(),
        }
    }

    /// The engine itself.
    ///
    /// # Errors
    /// `Engine` if this machine cannot run it.
    pub(crate) fn native(&self) -> Result<&Engine> {
        (self.engine.as_ref()).map_err(|text| Error::engine(text.to_string()))
    }

    /// Validates a module without compiling it.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn validate(&self, wasm: &[u8]) -> Result<()> {
        Module::validate(self.native()?, wasm).map_err(|e| self.rejected(&e, wasm))
    }

    /// Why the engine did not accept a module.
    fn rejected(&self, error: &wasmtime::Error, wasm: &[u8]) -> Error {
        let error = error::compile_error(error, wasm);
        match needed_capability(wasm, &self.info.capabilities) {
            Some(needed) => {
                let message = format!("the module needs {needed}: {}", error.message());
                Error::unsupported(needed, message).with_source(error)
            }
            None => error,
        }
    }

    /// Returns the choices of the build.
    pub(crate) fn build(&self) -> Build {
        self.build
    }

    /// Returns the folder of compiled code, if the build has one.
    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.cache.as_ref()
    }

    /// Compiles an artifact, or takes its code from the folder of compiled code.
    ///
    /// # Errors
    /// `Engine` if this machine cannot run the engine; inside, those of compiling it.
    fn compiled<C>(
        &self,
        wasm: &[u8],
        cached: fn(&Cache, &Engine, &[u8]) -> wasmtime::Result<C>,
        compile: fn(&Engine, &[u8]) -> wasmtime::Result<C>,
    ) -> Result<wasmtime::Result<C>> {
        let engine = self.native()?;
        Ok(match &self.cache {
            Some(cache) => cached(cache, engine, wasm),
            None => compile(engine, wasm),
        })
    }

    /// Compiles a component.
    ///
    /// # Errors
    /// `Invalid`, `Unsupported`, `Limit`.
    pub(crate) fn compile_component(&self, wasm: &[u8]) -> Result<Component> {
        let compiled = self.compiled(wasm, Cache::component, Component::from_binary)?;
        compiled.map_err(|e| error::compile_error(&e, wasm))
    }

    /// Bytes of stack that synchronous calls need, if that is more than every thread has.
    pub(crate) fn stack(&self) -> Option<usize> {
        self.stack
    }
}

impl CoreEngine for WasmtimeEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        let module = self.compiled(wasm, Cache::module, Module::from_binary)?;
        let module = module.map_err(|e| self.rejected(&e, wasm))?;
        Ok(CoreModule::new(Compiled::new(module, wasm)))
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        check_core_limits(limits, &self.info.capabilities)?;
        let mut state = CoreState::new(limits, host);
        state.stack = self.stack;
        state.types = Some(self.types.clone());
        state.shows_failed = self.build.inner_instances;
        let mut store = Store::try_new(self.native()?, state)
            .map_err(|e| Error::engine(format!("no store could be made: {e:#}")))?;
        set_limits(&mut store, self.build);
        Ok(Box::new(WasmtimeStore(store)))
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn CoreEngine>>> {
        // Asynchronous components are the native backend's alone.
        if wanted.has(Capability::ComponentAsync) {
            return None;
        }
        let build = self.build.with(wanted, &self.info.capabilities)?;
        Some(Ok(Box::new(Self::of(&build, self.cache.clone()))))
    }
}

impl std::fmt::Debug for WasmtimeEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WasmtimeEngine").field(&self.info).finish()
    }
}
