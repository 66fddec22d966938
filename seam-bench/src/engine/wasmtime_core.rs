//! wasmtime's core API.

use seam_core::Artifact;
use wasmtime::{
    Config, Engine, Instance, InstanceAllocationStrategy, Module, PoolingAllocationConfig, Store,
};

use crate::failure::Failure;

/// A core module compiled for wasmtime's core API.
pub(crate) struct WasmtimeCore {
    engine: Engine,
    module: Module,
}

/// What an engine is built with.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Choices {
    pub(crate) fuel: bool,
    pub(crate) epochs: bool,
    /// Slots for instances, and how many.
    pub(crate) pool: Option<u32>,
}

/// The engine, configured like that of the seam's build with these choices.
pub(super) fn engine(choices: Choices) -> Result<Engine, Failure> {
    let mut config = Config::new();
    config
        .consume_fuel(choices.fuel)
        .epoch_interruption(choices.epochs)
        .concurrency_support(false)
        .shared_memory(choices.pool.is_none())
        .wasm_threads(choices.pool.is_none())
        .wasm_gc(true)
        .wasm_exceptions(true)
        .wasm_function_references(true)
        .wasm_memory64(true)
        .wasm_multi_memory(true)
        .wasm_tail_call(true);
    if let Some(slots) = choices.pool {
        let mut pool = PoolingAllocationConfig::default();
        pool.total_component_instances(slots)
            .total_core_instances(slots)
            .total_memories(slots)
            .total_tables(slots)
            .total_stacks(slots)
            .total_gc_heaps(slots)
            .linear_memory_keep_resident(128 << 10)
            .table_keep_resident(128 << 10);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    }
    Ok(Engine::new(&config)?)
}

impl WasmtimeCore {
    /// Compiles a module.
    pub(crate) fn new(artifact: &Artifact) -> Result<Self, Failure> {
        let engine = engine(Choices::default())?;
        let module = Module::new(&engine, artifact.bytes())?;
        Ok(Self { engine, module })
    }

    /// Instantiates the module in a store of its own.
    pub(crate) fn instantiate(&self) -> Result<(Store<()>, Instance), Failure> {
        let mut store = Store::new(&self.engine, ());
        let instance = Instance::new(&mut store, &self.module, &[])?;
        Ok((store, instance))
    }

    /// Returns work that calls `add` with Rust types.
    pub(crate) fn typed_add(
        &self,
        args: (u32, u32),
    ) -> Result<impl FnMut() -> Result<u32, Failure> + use<>, Failure> {
        let (mut store, instance) = self.instantiate()?;
        let func = instance.get_typed_func::<(u32, u32), u32>(&mut store, "add")?;
        Ok(move || Ok(func.call(&mut store, args)?))
    }
}
