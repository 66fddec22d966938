//! Core stores, and what host functions see of them, with a fault.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use seam_core::{
    Capability, CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId,
    CoreMemory, CoreModule, CoreStore, CoreTable, CoreValue, Error, ErrorKind, GlobalType, HostFn,
    HostState, MemoryType, MemoryView, Result, TableType, Trap,
};

use crate::fault::Fault;

/// A store with a fault.
pub(crate) struct SabotagedStore {
    inner: Box<dyn CoreStore>,
    fault: Fault,
    /// A module of nothing.
    nothing: CoreModule,
    /// Whether an instance is being made.
    starting: Arc<AtomicBool>,
    trapped: bool,
    /// The modules that were instantiated, by the identity of their types.
    made: Vec<(usize, CoreInstanceId)>,
}

impl SabotagedStore {
    pub(crate) fn new(inner: Box<dyn CoreStore>, fault: Fault, nothing: CoreModule) -> Self {
        Self {
            inner,
            fault,
            nothing,
            starting: Arc::default(),
            trapped: false,
            made: Vec::new(),
        }
    }

    /// The bytes of the memories among the imports.
    fn copies(&mut self, imports: &[CoreExtern]) -> Result<Vec<(CoreMemory, Vec<u8>)>> {
        let mut copies = Vec::new();
        for import in imports {
            if let CoreExtern::Memory(memory) = *import {
                let view = self.inner.memory(memory)?;
                let len = usize::try_from(view.len()).unwrap();
                copies.push((memory, view.read_vec(0, len)?));
            }
        }
        Ok(copies)
    }

    fn undo(&mut self, copies: Vec<(CoreMemory, Vec<u8>)>) -> Result<()> {
        for (memory, bytes) in copies {
            self.inner.memory(memory)?.write(0, &bytes)?;
        }
        Ok(())
    }
}

/// What becomes of an error.
fn blame(fault: Fault, error: Error) -> Error {
    match (fault, error.kind()) {
        (Fault::ForgetsCoreCauses, ErrorKind::Trap(_)) => {
            Error::trap(Trap::Other("something trapped".into()))
        }
        (Fault::CallsStoreLimitsTraps, ErrorKind::Limit(_)) => Error::trap(Trap::Unreachable),
        _ => error,
    }
}

fn canonical(value: CoreValue) -> CoreValue {
    match value {
        CoreValue::F32(bits) if f32::from_bits(bits).is_nan() => CoreValue::F32(0x7fc0_0000),
        CoreValue::F64(bits) if f64::from_bits(bits).is_nan() => {
            CoreValue::F64(0x7ff8_0000_0000_0000)
        }
        other => other,
    }
}

/// The methods that have no fault.
macro_rules! forward {
    () => {
        fn host(&mut self) -> &mut HostState {
            self.inner.host()
        }
        fn failed_instance(&mut self) -> Option<CoreInstanceId> {
            self.inner.failed_instance()
        }
        fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
            self.inner.export(instance, name)
        }
        fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
            self.inner.func_type(func)
        }
        fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
            self.inner.memory_type(memory)
        }
        fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
            self.inner.memory(memory)
        }
        fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
            self.inner.memory_grow(memory, delta)
        }
        fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
            self.inner.table_type(table)
        }
        fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
            self.inner.table_at(table, index)
        }
        fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
            self.inner.global_type(global)
        }
        fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
            self.inner.set_global(global, value)
        }
        fn fuel_consumed(&self) -> Option<u64> {
            self.inner.fuel_consumed()
        }
    };
}

impl CoreStore for SabotagedStore {
    forward!();

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        let identity = Arc::as_ptr(module.ty()?).addr();
        let before = self.made.iter().find(|(made, _)| *made == identity);
        if let (Fault::ReusesInstances, Some((_, instance))) = (self.fault, before) {
            return Ok(*instance);
        }
        let copies = match self.fault {
            Fault::UndoesWrites => self.copies(imports)?,
            _ => Vec::new(),
        };
        self.starting.store(true, Ordering::Relaxed);
        let made = self.inner.instantiate(module, imports);
        self.starting.store(false, Ordering::Relaxed);
        let made = match (made, self.fault) {
            (Err(error), Fault::LinksAnything) if *error.kind() == ErrorKind::Link => {
                self.inner.instantiate(&self.nothing, &[])
            }
            (Err(error), Fault::TakesForeignModules) if *error.kind() == ErrorKind::Misuse => {
                self.inner.instantiate(&self.nothing, &[])
            }
            (made, _) => made,
        };
        if made.is_err() {
            self.undo(copies)?;
        }
        let made = made.map_err(|error| blame(self.fault, error))?;
        self.made.push((identity, made));
        Ok(made)
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        let (fault, starting) = (self.fault, self.starting.clone());
        let func: HostFn = Arc::new(move |caller, args, results| {
            if fault == Fault::IsDeafDuringStart && starting.load(Ordering::Relaxed) {
                return Ok(());
            }
            let mut caller = SabotagedCaller {
                inner: caller,
                fault,
            };
            match func(&mut caller, args, results) {
                Err(error) if fault == Fault::WrapsHostErrors => {
                    Err(Error::engine(error.message().to_string()))
                }
                result => result,
            }
        });
        self.inner.host_func(ty, func)
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        if self.trapped && self.fault == Fault::DiesOfATrap {
            return Err(Error::engine("it trapped"));
        }
        let called = self.inner.call(func, args, results);
        if let Err(error) = &called {
            self.trapped |= error.as_trap().is_some();
            if self.fault == Fault::ClobbersResults {
                results
                    .iter_mut()
                    .for_each(|slot| *slot = CoreValue::I32(0));
            }
        }
        if self.fault == Fault::CanonicalisesNans {
            results.iter_mut().for_each(|slot| *slot = canonical(*slot));
        }
        called.map_err(|error| blame(self.fault, error))
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        match (self.inner.global(global), self.fault) {
            (Err(_), Fault::TakesForeignGlobals) => Ok(CoreValue::I32(0)),
            (value, _) => value,
        }
    }
}

/// What a host function sees of a store with a fault.
struct SabotagedCaller<'a> {
    inner: &'a mut dyn CoreCaller,
    fault: Fault,
}

impl CoreStore for SabotagedCaller<'_> {
    forward!();

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.inner.instantiate(module, imports)
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        self.inner.host_func(ty, func)
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        if self.fault == Fault::NeverCallsBack {
            let reentrant = Capability::Reentrant;
            return Err(Error::unsupported(reentrant, "host functions cannot call"));
        }
        self.inner.call(func, args, results)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        self.inner.global(global)
    }
}

impl CoreCaller for SabotagedCaller<'_> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        match self.fault {
            Fault::HidesTheCaller => None,
            _ => self.inner.caller_export(name),
        }
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
