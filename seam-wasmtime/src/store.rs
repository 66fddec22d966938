//! The store, and what host functions see of it.

use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory,
    CoreModule, CoreStore, CoreTable, CoreValue, Error, GlobalType, HostFn, HostState, MemoryType,
    MemoryView, NumericFn, NumericFunc, Result, TableType, check_core_element, memory_copy,
    numeric_call, numeric_host_fn,
};
use wasmtime::{AsContextMut, Caller, Extern, Func, FuncType, RootScope, Store, Val};

use crate::convert::{core, extern_handle, from_val, func_handle, func_handle_of, to_val};
use crate::error::engine_error;
use crate::handles::{AnyMemory, InstanceEntry};
use crate::module::{Compiled, Export};
use crate::shared_memory::SharedBytes;
use crate::state::HasCore;
use crate::types::has_refs;
use crate::{call, convert, host, instantiate, types, unchecked};

/// A store, or the view of it that a host function has.
pub(crate) struct WasmtimeStore<C>(pub(crate) C);

/// A store, or a view of it, whose data can be borrowed for as long as itself.
pub(crate) trait AnyStore: AsContextMut<Data: HasCore> + Send {
    fn data_of(&mut self) -> &mut Self::Data;
}

impl<T: HasCore> AnyStore for Store<T> {
    fn data_of(&mut self) -> &mut T {
        self.data_mut()
    }
}

impl<T: HasCore> AnyStore for Caller<'_, T> {
    fn data_of(&mut self) -> &mut T {
        self.data_mut()
    }
}

impl<C: AnyStore> AnyStore for &mut C {
    fn data_of(&mut self) -> &mut C::Data {
        (**self).data_of()
    }
}

impl<C> WasmtimeStore<C>
where
    C: AsContextMut<Data: HasCore>,
{
    fn memory_of(&self, memory: CoreMemory) -> Result<&AnyMemory> {
        let core = core(&self.0);
        core.handles
            .memories
            .at(core.number, memory.store(), memory.index())
    }

    /// Returns the engine's form of the type of a host function.
    fn native_type(&self, ty: &CoreFuncType) -> Result<FuncType> {
        let ctx = self.0.as_context();
        let engine = ctx.engine();
        match &core(&self.0).types {
            Some(known) => known.get(engine, ty),
            None => types::to_func_type(engine, ty),
        }
    }

    fn table_of(&self, table: CoreTable) -> Result<wasmtime::Table> {
        let core = core(&self.0);
        let found = core
            .handles
            .tables
            .at(core.number, table.store(), table.index())?;
        Ok(*found)
    }

    fn global_of(&self, global: CoreGlobal) -> Result<wasmtime::Global> {
        let core = core(&self.0);
        let found = core
            .handles
            .globals
            .at(core.number, global.store(), global.index())?;
        Ok(*found)
    }
}

impl<C: AnyStore> CoreStore for WasmtimeStore<C> {
    fn host(&mut self) -> &mut HostState {
        &mut self.0.data_of().core().host
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        let compiled = module.compiled::<Compiled>()?;
        instantiate::instantiate(&mut self.0, compiled, imports)
    }

    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        let failed = self.0.data_of().core().failed.take()?;
        instantiate::instance_handle(&mut self.0, failed).ok()
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        let core = core(&self.0);
        let instances = &core.handles.instances;
        let entry = instances.at(core.number, instance.store(), instance.index());
        let InstanceEntry { instance, exports } = entry.ok()?;
        let instance = *instance;
        let Some(exports) = exports else {
            let export = instance.get_export(&mut self.0, name)?;
            return extern_handle(&mut self.0, export).ok();
        };
        let Export { index, numeric } = exports.get(name)?;
        let (index, numeric) = (*index, numeric.clone());
        match (instance.get_module_export(&mut self.0, &index)?, numeric) {
            (Extern::Func(func), Some(ty)) => {
                let func = func_handle_of(&mut self.0, func, |_| ty);
                func.ok().map(CoreExtern::Func)
            }
            (export, _) => extern_handle(&mut self.0, export).ok(),
        }
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        let native = self.native_type(&ty)?;
        let ty = Arc::new(ty);
        let exact = has_refs(&ty.results).then(|| native.clone());
        let made = Func::try_new(&mut self.0, native, move |mut caller, params, results| {
            let run = |caller: &mut Caller<'_, C::Data>, args: &[_], results: &mut [_]| {
                func(&mut WasmtimeStore(caller), args, results)
            };
            let called = host::call(&mut caller, &ty, params, results, run);
            let fits = called.and_then(|()| match &exact {
                Some(exact) => host::check_exactly(&caller, exact, results),
                None => Ok(()),
            });
            fits.map_err(wasmtime::Error::new)
        });
        func_handle(&mut self.0, made.map_err(engine_error)?)
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        call::call(&mut self.0, func, args, results)
    }

    fn call_numeric(&mut self, func: &NumericFunc, bits: &mut [u64]) -> Result<()> {
        match call::call_numeric(&mut self.0, func.func(), bits)? {
            Some(()) => Ok(()),
            None => numeric_call(self, func, bits),
        }
    }

    fn host_func_numeric(&mut self, ty: CoreFuncType, func: NumericFn) -> Result<CoreFunc> {
        let native = self.native_type(&ty)?;
        let unchecked = func.clone();
        let call = move |caller: &mut Caller<'_, C::Data>, bits: &mut [u64]| {
            let run =
                |caller: &mut Caller<'_, C::Data>| unchecked(&mut WasmtimeStore(caller), bits);
            host::guarded(caller, run).map_err(wasmtime::Error::new)
        };
        match unchecked::host_func(&mut self.0, native, &ty, call) {
            Some(made) => func_handle_of(&mut self.0, made, |_| Arc::new(ty)),
            None => {
                let func = numeric_host_fn(&ty, func)?;
                self.host_func(ty, func)
            }
        }
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        Ok(CoreFuncType::clone(&convert::func(&self.0, func)?.ty))
    }

    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        Ok(match self.memory_of(memory)? {
            AnyMemory::Own(memory) => types::memory_type(&memory.ty(&self.0), memory.size(&self.0)),
            AnyMemory::Shared(memory) => types::memory_type(&memory.ty(), memory.size()),
        })
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        Ok(match self.memory_of(memory)? {
            AnyMemory::Own(memory) => {
                let memory = *memory;
                MemoryView::from_slice(memory.data_mut(self.0.as_context_mut()))
            }
            AnyMemory::Shared(memory) => MemoryView::from_access(SharedBytes::new(memory.clone())),
        })
    }

    fn memory_and_host(
        &mut self,
        memory: CoreMemory,
    ) -> Result<Option<(&mut [u8], &mut HostState)>> {
        let AnyMemory::Own(memory) = *self.memory_of(memory)? else {
            return Ok(None);
        };
        let (bytes, data) = memory.data_and_store_mut(self.0.as_context_mut());
        Ok(Some((bytes, &mut data.core().host)))
    }

    fn memory_copy(
        &mut self,
        from: (CoreMemory, u64),
        to: (CoreMemory, u64),
        len: u64,
    ) -> Result<()> {
        let memories = (self.memory_of(from.0)?, self.memory_of(to.0)?);
        if let (AnyMemory::Own(source), AnyMemory::Own(target)) = memories {
            let (source, target) = ((*source, from.1), (*target, to.1));
            if unchecked::copy(&mut self.0, source, target, len).is_some() {
                return Ok(());
            }
        }
        memory_copy(self, from, to, len)
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        Ok(match self.memory_of(memory)?.clone() {
            AnyMemory::Own(memory) => memory.grow(&mut self.0, delta).ok(),
            AnyMemory::Shared(memory) => memory.grow(delta).ok(),
        })
    }

    fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
        let table = self.table_of(table)?;
        Ok(types::table_type(&table.ty(&self.0), table.size(&self.0)))
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        let table = self.table_of(table)?;
        let mut scope = RootScope::new(&mut self.0);
        match table.get(&mut scope, index) {
            Some(element) => from_val(&mut scope, element.into()).map(Some),
            None => Ok(None),
        }
    }

    fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()> {
        check_core_element(&self.table_type(table)?, index, &value)?;
        let table = self.table_of(table)?;
        let mut scope = RootScope::new(&mut self.0);
        let value = to_val(&mut scope, value)?;
        let value = value.ref_().ok_or_else(|| {
            Error::engine("expected the engine's reference for an element, found another value")
        })?;
        // The engine checks the exact type of a reference.
        let set = table.set(&mut scope, index, value);
        set.map_err(|error| Error::misuse(error.to_string()))
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        Ok(types::global_type(&self.global_of(global)?.ty(&self.0)))
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        let global = self.global_of(global)?;
        let mut scope = RootScope::new(&mut self.0);
        let value = global.get(&mut scope);
        from_val(&mut scope, value)
    }

    fn globals(&mut self, globals: &[CoreGlobal]) -> Result<Vec<CoreValue>> {
        let mut values = Vec::with_capacity(globals.len());
        let mut scope = RootScope::new(&mut self.0);
        for global in globals {
            let core = core(&scope);
            let native = *core
                .handles
                .globals
                .at(core.number, global.store(), global.index())?;
            values.push(match native.get(&mut scope) {
                Val::I32(value) => CoreValue::I32(value),
                Val::I64(value) => CoreValue::I64(value),
                other => from_val(&mut scope, other)?,
            });
        }
        Ok(values)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        let global = self.global_of(global)?;
        let ty = types::global_type(&global.ty(&self.0));
        if !ty.mutable {
            return Err(Error::misuse(
                "expected a mutable global, found an immutable one",
            ));
        }
        if !value.is_of(ty.content) {
            return Err(Error::misuse(format!(
                "expected a value of type {}, found {}",
                ty.content,
                value.kind()
            )));
        }
        let mut scope = RootScope::new(&mut self.0);
        let value = to_val(&mut scope, value)?;
        // The engine checks the exact type of a reference.
        global
            .set(&mut scope, value)
            .map_err(|e| Error::misuse(e.to_string()))
    }

    fn fuel_consumed(&self) -> Option<u64> {
        call::fuel_consumed(&self.0)
    }
}

impl<T: HasCore> CoreCaller for WasmtimeStore<&mut Caller<'_, T>> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let export = self.0.get_export(name)?;
        extern_handle(&mut self.0, export).ok()
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
