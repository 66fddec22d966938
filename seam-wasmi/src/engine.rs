//! The core engine: compilation and stores.

use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use seam_core::{
    Capabilities, CoreEngine, CoreModule, CoreStore, EngineInfo, HostState, Limits, Result,
    check_core_limits, store_number,
};
use wasmi::Engine;

use crate::build::{Build, VERSION};
use crate::error::of_panic;
use crate::module::Compiled;
use crate::state::CoreState;
use crate::store::WasmiStore;

/// wasmi as an engine for core modules.
///
/// Every proposal that wasmi has is on.
#[derive(Clone)]
pub struct WasmiEngine {
    engine: Engine,
    number: u32,
    build: Build,
    info: EngineInfo,
}

impl WasmiEngine {
    /// The engine of a build.
    pub(crate) fn of(build: &Build) -> Self {
        Self {
            engine: Engine::new(&build.config()),
            number: store_number(),
            build: *build,
            info: EngineInfo::new("wasmi", VERSION, build.capabilities()),
        }
    }
}

impl CoreEngine for WasmiEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        self.compile_shared(&wasm.into(), 0..wasm.len())
    }

    fn compile_shared(&self, bytes: &Arc<[u8]>, range: Range<usize>) -> Result<CoreModule> {
        let has = &self.info.capabilities;
        let compile = || Compiled::new(&self.engine, self.number, has, bytes, range);
        let compiled = catch_unwind(AssertUnwindSafe(compile));
        compiled
            .unwrap_or_else(|panic| Err(of_panic(&*panic)))
            .map(CoreModule::new)
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        check_core_limits(limits, &self.info.capabilities)?;
        let state = CoreState::new(self.number, &self.info.capabilities, limits, host);
        Ok(Box::new(WasmiStore::new(&self.engine, state)))
    }

    fn rebuilt_with(&self, wanted: &Capabilities) -> Option<Result<Box<dyn CoreEngine>>> {
        let build = self.build.with(wanted, &self.info.capabilities)?;
        Some(Ok(Box::new(Self::of(&build))))
    }
}

impl std::fmt::Debug for WasmiEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WasmiEngine")
            .field("build", &self.build)
            .finish_non_exhaustive()
    }
}
