//! The engine: configuration, compilation, stores.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{
    Capabilities, Capability, CoreEngine, CoreModule, CoreModuleType, CoreStore, EngineInfo,
    HostState, Limits, Result, check_core_limits, store_number,
};
use wasmi::{CompilationMode, Config, Engine, Module};

use crate::builder::Builder;
use crate::error::{of_compilation, of_panic};
use crate::scan::indirect_calls;
use crate::start::{Moved, moved};
use crate::state::Data;
use crate::store::Guest;

/// The version of wasmi that this crate is written for.
const VERSION: &str = "2.0.0";

/// What every build has.
const CAPABILITIES: [Capability; 11] = [
    Capability::Simd,
    Capability::RelaxedSimd,
    Capability::MultiMemory,
    Capability::Memory64,
    Capability::TailCalls,
    Capability::ExtendedConst,
    Capability::CustomPageSizes,
    Capability::WideArithmetic,
    Capability::StoreLimits,
    Capability::Reentrant,
    Capability::FailedInstance,
];

/// The [`CoreEngine`] port over wasmi.
///
/// Every proposal that wasmi has is on, and functions are compiled when a module is: lazily compiled
/// ones would charge their fuel to whoever calls them first.
pub struct WasmiEngine {
    engine: Engine,
    number: u32,
    info: EngineInfo,
}

/// What the engine compiled.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    /// The export that stands for the start function.
    pub(crate) start: Option<String>,
    pub(crate) indirect_calls: bool,
    /// Number of the engine.
    pub(crate) engine: u32,
}

impl WasmiEngine {
    /// The engine without fuel and deadlines.
    #[must_use]
    pub fn new() -> Self {
        Self::of(&Builder::new())
    }

    pub(crate) fn of(builder: &Builder) -> Self {
        let capabilities: Capabilities = CAPABILITIES.into();
        let capabilities = capabilities
            .with(Capability::Fuel, builder.fuel)
            .with(Capability::Deadline, builder.deadline)
            .with(Capability::Reentrant, builder.reentrant);
        Self {
            engine: Engine::new(&config(builder)),
            number: store_number(),
            info: EngineInfo::new("wasmi", VERSION, capabilities),
        }
    }

    fn module(&self, wasm: &[u8]) -> Result<Compiled> {
        let rejected = |error| of_compilation(error, wasm, &self.info.capabilities);
        let indirect_calls = indirect_calls(wasm)?;
        let (module, start) = match start_of(&self.engine, wasm).map_err(rejected)? {
            false => (Module::new(&self.engine, wasm).map_err(rejected)?, None),
            true => match moved(wasm)? {
                None => (Module::new(&self.engine, wasm).map_err(rejected)?, None),
                Some(Moved { wasm, export }) => (
                    Module::new(&self.engine, &wasm).map_err(rejected)?,
                    Some(export),
                ),
            },
        };
        Ok(Compiled {
            module,
            start,
            indirect_calls,
            engine: self.number,
        })
    }
}

/// Whether a module has a start section, which takes the engine's verdict on the bytes as they are
/// before they are written anew.
fn start_of(engine: &Engine, wasm: &[u8]) -> Result<bool, wasmi::Error> {
    let payloads = wasmparser::Parser::new(0).parse_all(wasm);
    let mut payloads = payloads.map_while(Result::ok);
    let found = payloads.any(|p| matches!(p, wasmparser::Payload::StartSection { .. }));
    if found {
        Module::validate(engine, wasm)?;
    }
    Ok(found)
}

fn config(builder: &Builder) -> Config {
    let mut config = Config::default();
    config
        .wasm_custom_page_sizes(true)
        .wasm_wide_arithmetic(true)
        .compilation_mode(CompilationMode::Eager)
        .consume_fuel(builder.fuel || builder.deadline)
        .set_max_recursion_depth(builder.frames)
        .set_max_stack_height(builder.stack.max(MIN_STACK));
    config
}

/// Bytes of the value stack that every guest has: the engine takes no less.
const MIN_STACK: usize = 64 << 10;

impl Default for WasmiEngine {
    fn default() -> Self {
        Self::new()
    }
}

impl CoreEngine for WasmiEngine {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        let compiled = catch_unwind(AssertUnwindSafe(|| self.module(wasm)));
        let compiled = compiled.unwrap_or_else(|panic| Err(of_panic(&*panic)))?;
        Ok(CoreModule::new(compiled, CoreModuleType::decode(wasm)?))
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        check_core_limits(limits, &self.info.capabilities)?;
        let data = Data::new(self.number, &self.info.capabilities, limits, host);
        Ok(Box::new(Guest::new(&self.engine, data)))
    }
}
