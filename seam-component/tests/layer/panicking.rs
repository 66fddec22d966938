//! wasmi as a core engine that panics. The doubles of the command use it too.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use seam_core::Backend;
use seam_core::{
    CoreEngine, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory,
    CoreModule, CoreStore, CoreTable, CoreValue, EngineInfo, GlobalType, HostFn, HostState, Limits,
    MemoryType, MemoryView, Result, TableType,
};
use seam_wasmi::Wasmi;

/// Where an engine panics.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Compile,
    Instantiate,
    Call,
}

/// An engine that panics each time it reaches a stage.
pub(crate) struct Panicking {
    below: Wasmi,
    info: EngineInfo,
    panics: Panics,
}

/// When a panic is due.
#[derive(Clone)]
struct Panics {
    at: Stage,
    /// Cleared when the engine is mended.
    broken: Arc<AtomicBool>,
}

impl Panics {
    fn reach(&self, stage: Stage, name: &str) {
        if stage == self.at && self.broken.load(Ordering::Relaxed) {
            panic!("no more ideas at {name}");
        }
    }
}

impl Panicking {
    pub(crate) fn new(name: &str, at: Stage) -> Self {
        let below = Wasmi::new();
        let capabilities = below.core_engine().unwrap().info().capabilities.clone();
        Self {
            below,
            info: EngineInfo::new(name, "1", capabilities),
            panics: Panics {
                at,
                broken: Arc::new(AtomicBool::new(true)),
            },
        }
    }

    /// Returns whether the engine panics; clear it to mend the engine.
    #[allow(dead_code, reason = "the command's doubles are never mended")]
    pub(crate) fn broken(&self) -> Arc<AtomicBool> {
        self.panics.broken.clone()
    }

    fn engine(&self) -> &dyn CoreEngine {
        self.below.core_engine().unwrap()
    }
}

impl CoreEngine for Panicking {
    fn info(&self) -> &EngineInfo {
        &self.info
    }

    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        self.panics.reach(Stage::Compile, "compile");
        self.engine().compile(wasm)
    }

    fn store(&self, limits: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        Ok(Box::new(Store {
            below: self.engine().store(limits, host)?,
            panics: self.panics.clone(),
        }))
    }
}

struct Store {
    below: Box<dyn CoreStore>,
    panics: Panics,
}

impl CoreStore for Store {
    fn host(&mut self) -> &mut HostState {
        self.below.host()
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.panics.reach(Stage::Instantiate, "instantiate");
        self.below.instantiate(module, imports)
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        self.below.export(instance, name)
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        self.below.host_func(ty, func)
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        self.panics.reach(Stage::Call, "call");
        self.below.call(func, args, results)
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        self.below.func_type(func)
    }

    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        self.below.memory_type(memory)
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        self.below.memory(memory)
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        self.below.memory_grow(memory, delta)
    }

    fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
        self.below.table_type(table)
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        self.below.table_at(table, index)
    }

    fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()> {
        self.below.set_table_at(table, index, value)
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        self.below.global_type(global)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        self.below.global(global)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        self.below.set_global(global, value)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.below.fuel_consumed()
    }
}
