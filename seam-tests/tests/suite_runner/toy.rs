//! An engine that executes no code: the name of an export determines what the function does.

use seam_core::{
    Capability, CoreEngine, CoreExtern, CoreExternType, CoreFunc, CoreFuncType, CoreGlobal,
    CoreInstanceId, CoreMemory, CoreModule, CoreStore, CoreTable, CoreType, CoreValue, EngineInfo,
    Error, GlobalType, HostFn, HostState, Limits, MemoryType, MemoryView, Result, TableType, Trap,
};

/// The toy engine.
pub(crate) struct Toy(EngineInfo);

impl Toy {
    pub(crate) fn new() -> Self {
        Self(EngineInfo::new("toy", "1", []))
    }
}

impl CoreEngine for Toy {
    fn info(&self) -> &EngineInfo {
        &self.0
    }

    /// Compiles a module.
    ///
    /// A module that exports `needs-gc` is unsupported, and a module that exports `invalid` is
    /// invalid.
    fn compile(&self, wasm: &[u8]) -> Result<CoreModule> {
        let ty = seam_decode::module_type(wasm)?;
        let exports = |wanted: &str| ty.exports.iter().any(|(name, _)| **name == *wanted);
        if exports("needs-gc") {
            return Err(Error::unsupported(
                Capability::Gc,
                "the toy has no garbage collector",
            ));
        }
        if exports("invalid") {
            return Err(Error::invalid("an export asks for it"));
        }
        Ok(CoreModule::new(()))
    }

    fn store(&self, _: &Limits, host: HostState) -> Result<Box<dyn CoreStore>> {
        Ok(Box::new(Store {
            host,
            instances: Vec::new(),
            funcs: Vec::new(),
        }))
    }
}

struct Store {
    host: HostState,
    instances: Vec<CoreModule>,
    /// Name and type of each function handle.
    funcs: Vec<(String, CoreFuncType)>,
}

impl Store {
    fn index(len: usize) -> u32 {
        u32::try_from(len).unwrap()
    }
}

impl CoreStore for Store {
    fn host(&mut self) -> &mut HostState {
        &mut self.host
    }

    fn instantiate(&mut self, module: &CoreModule, _: &[CoreExtern]) -> Result<CoreInstanceId> {
        if module
            .ty()?
            .exports
            .iter()
            .any(|(name, _)| **name == *"unlinkable")
        {
            return Err(Error::link("an export asks for it"));
        }
        self.instances.push(module.clone());
        Ok(CoreInstanceId::new(
            0,
            Self::index(self.instances.len() - 1),
        ))
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        let module = self.instances.get(instance.index() as usize)?;
        let (_, ty) = module
            .ty()
            .ok()?
            .exports
            .iter()
            .find(|(own, _)| **own == *name)?;
        Some(match ty {
            CoreExternType::Func(ty) => {
                self.funcs.push((name.to_string(), ty.clone()));
                CoreExtern::Func(CoreFunc::new(0, Self::index(self.funcs.len() - 1)))
            }
            CoreExternType::Memory(_) => CoreExtern::Memory(CoreMemory::new(0, 0)),
            CoreExternType::Table(_) => CoreExtern::Table(CoreTable::new(0, 0)),
            _ => CoreExtern::Global(CoreGlobal::new(0, 0)),
        })
    }

    fn host_func(&mut self, ty: CoreFuncType, _: HostFn) -> Result<CoreFunc> {
        self.funcs.push(("host".to_string(), ty));
        Ok(CoreFunc::new(0, Self::index(self.funcs.len() - 1)))
    }

    fn call(&mut self, func: CoreFunc, _: &[CoreValue], results: &mut [CoreValue]) -> Result<()> {
        match self.funcs[func.index() as usize].0.as_str() {
            "answer" => results[0] = CoreValue::I32(42),
            "trap" => return Err(Error::trap(Trap::Unreachable)),
            "exhaust" => return Err(Error::trap(Trap::StackExhausted)),
            "throw" => return Err(Error::trap(Trap::UncaughtException)),
            "panic" => panic!("a panic of the toy"),
            "abort" => {
                eprintln!("the toy aborts");
                std::process::abort();
            }
            "loop" => loop {
                std::thread::park();
            },
            "lacking" => return Err(Error::unsupported(Capability::Simd, "a lack of the toy")),
            _ => {}
        }
        Ok(())
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        Ok(self.funcs[func.index() as usize].1.clone())
    }

    fn memory_type(&mut self, _: CoreMemory) -> Result<MemoryType> {
        Ok(MemoryType::new(0, None))
    }

    fn memory(&mut self, _: CoreMemory) -> Result<MemoryView<'_>> {
        Err(Error::engine("the toy has no memory"))
    }

    fn memory_grow(&mut self, _: CoreMemory, _: u64) -> Result<Option<u64>> {
        Ok(None)
    }

    fn table_type(&mut self, _: CoreTable) -> Result<TableType> {
        Err(Error::engine("the toy has no tables"))
    }

    fn table_at(&mut self, _: CoreTable, _: u64) -> Result<Option<CoreValue>> {
        Ok(None)
    }

    fn set_table_at(&mut self, _: CoreTable, _: u64, _: CoreValue) -> Result<()> {
        Err(Error::engine("the toy has no tables"))
    }

    fn global_type(&mut self, _: CoreGlobal) -> Result<GlobalType> {
        Ok(GlobalType::new(CoreType::I32, false))
    }

    /// Every global has the value 7.
    fn global(&mut self, _: CoreGlobal) -> Result<CoreValue> {
        Ok(CoreValue::I32(7))
    }

    fn set_global(&mut self, _: CoreGlobal, _: CoreValue) -> Result<()> {
        Err(Error::misuse("expected a mutable global, found none"))
    }

    fn fuel_consumed(&self) -> Option<u64> {
        None
    }
}
