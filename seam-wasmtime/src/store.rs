//! The port for core modules: the store, and what host functions see of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory,
    CoreModule, CoreStore, CoreTable, CoreTag, CoreValue, Error, GlobalType, HostFn, HostState,
    Limit, MemoryType, MemoryView, Result, TableType, check_core_results,
};
use wasmtime::{AsContext, AsContextMut, Caller, Extern, Func, FuncType, RootScope, Store, Val};

use crate::call;
use crate::convert::{self, engine_error, from_val, has_refs, misfit, to_val};
use crate::engine::Compiled;
use crate::handles::{AnyMemory, FuncEntry, MemoryKey};
use crate::instantiate;
use crate::shared_memory::SharedBytes;
use crate::state::{CoreState, HasCore};

/// Anything of wasmtime's that gives access to a store with a [`CoreState`] in its data, as a store
/// of the seam: the store itself, or what a host function gets.
pub(crate) struct Port<C>(pub(crate) C);

/// A context whose data can be borrowed for as long as the context itself.
pub(crate) trait Context: AsContextMut<Data: HasCore> + Send {
    fn data_of(&mut self) -> &mut Self::Data;
}

impl<T: HasCore> Context for Store<T> {
    fn data_of(&mut self) -> &mut T {
        self.data_mut()
    }
}

impl<T: HasCore> Context for Caller<'_, T> {
    fn data_of(&mut self) -> &mut T {
        self.data_mut()
    }
}

impl<C: Context> Context for &mut C {
    fn data_of(&mut self) -> &mut C::Data {
        (**self).data_of()
    }
}

fn core<C: AsContext<Data: HasCore>>(ctx: &C) -> &CoreState {
    ctx.as_context().data().core_ref()
}

/// The function that a handle stands for.
pub(crate) fn func<C: AsContext<Data: HasCore>>(ctx: &C, func: CoreFunc) -> Result<FuncEntry> {
    let core = core(ctx);
    let entry = core
        .handles
        .funcs
        .at(core.number, func.store(), func.index())?;
    Ok(entry.clone())
}

/// The handle of a function.
pub(crate) fn enter_func<C>(ctx: &mut C, func: Func) -> Result<CoreFunc>
where
    C: AsContextMut<Data: HasCore>,
{
    let key = func.to_raw(&mut *ctx).addr();
    if let Some(slot) = core(ctx).handles.funcs.find(&key) {
        return Ok(CoreFunc::new(core(ctx).number, slot));
    }
    let ty = Arc::new(convert::func_type(&func.ty(&*ctx)));
    let mut ctx = ctx.as_context_mut();
    let core = ctx.data_mut().core();
    let slot = core.handles.funcs.enter(key, || FuncEntry { func, ty })?;
    Ok(CoreFunc::new(core.number, slot))
}

/// The handle of anything that is exported.
pub(crate) fn enter<C>(ctx: &mut C, export: Extern) -> Result<CoreExtern>
where
    C: AsContextMut<Data: HasCore>,
{
    let mut inner = ctx.as_context_mut();
    let core = inner.data_mut().core();
    let (number, handles) = (core.number, &mut core.handles);
    Ok(match export {
        Extern::Func(func) => CoreExtern::Func(enter_func(ctx, func)?),
        Extern::Memory(memory) => {
            let key = MemoryKey::Own(memory.debug_index_in_store());
            let slot = handles.memories.enter(key, || AnyMemory::Own(memory))?;
            CoreExtern::Memory(CoreMemory::new(number, slot))
        }
        Extern::SharedMemory(memory) => {
            let key = MemoryKey::Shared(memory.data().as_ptr().addr());
            let slot = handles.memories.enter(key, || AnyMemory::Shared(memory))?;
            CoreExtern::Memory(CoreMemory::new(number, slot))
        }
        Extern::Table(table) => {
            let key = table.debug_index_in_store();
            let slot = handles.tables.enter(key, || table)?;
            CoreExtern::Table(CoreTable::new(number, slot))
        }
        Extern::Global(global) => {
            let key = global.debug_index_in_store();
            let slot = handles.globals.enter(key, || global)?;
            CoreExtern::Global(CoreGlobal::new(number, slot))
        }
        Extern::Tag(tag) => {
            let slot = handles.tags.enter(tag.debug_index_in_store(), || tag)?;
            CoreExtern::Tag(CoreTag::new(number, slot))
        }
    })
}

/// What a handle stands for, in the engine's words.
pub(crate) fn native<C: AsContext<Data: HasCore>>(ctx: &C, item: CoreExtern) -> Result<Extern> {
    let core = core(ctx);
    let (number, handles) = (core.number, &core.handles);
    Ok(match item {
        CoreExtern::Func(func) => self::func(ctx, func)?.func.into(),
        CoreExtern::Memory(memory) => {
            match handles
                .memories
                .at(number, memory.store(), memory.index())?
            {
                AnyMemory::Own(memory) => (*memory).into(),
                AnyMemory::Shared(memory) => memory.clone().into(),
            }
        }
        CoreExtern::Table(t) => (*handles.tables.at(number, t.store(), t.index())?).into(),
        CoreExtern::Global(g) => (*handles.globals.at(number, g.store(), g.index())?).into(),
        CoreExtern::Tag(tag) => (*handles.tags.at(number, tag.store(), tag.index())?).into(),
    })
}

impl<C> Port<C>
where
    C: AsContextMut<Data: HasCore>,
{
    fn memory_of(&self, memory: CoreMemory) -> Result<AnyMemory> {
        let core = core(&self.0);
        let found = core
            .handles
            .memories
            .at(core.number, memory.store(), memory.index())?;
        Ok(found.clone())
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

impl<C: Context> CoreStore for Port<C> {
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
        instantiate::enter(&mut self.0, failed).ok()
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        let core = core(&self.0);
        let instances = &core.handles.instances;
        let instance = *instances
            .at(core.number, instance.store(), instance.index())
            .ok()?;
        let export = instance.get_export(&mut self.0, name)?;
        enter(&mut self.0, export).ok()
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        let native = convert::to_func_type(self.0.as_context().engine(), &ty)?;
        let ty = Arc::new(ty);
        let exact = has_refs(&ty.results).then(|| native.clone());
        let made = Func::try_new(&mut self.0, native, move |mut caller, params, results| {
            let called = host_call(&mut caller, &ty, &func, params, results);
            let fits = called.and_then(|()| match &exact {
                Some(exact) => check_exactly(&caller, exact, results),
                None => Ok(()),
            });
            fits.map_err(wasmtime::Error::new)
        });
        enter_func(&mut self.0, made.map_err(engine_error)?)
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        call::call(&mut self.0, func, args, results)
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        Ok(CoreFuncType::clone(&self::func(&self.0, func)?.ty))
    }

    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        Ok(match self.memory_of(memory)? {
            AnyMemory::Own(memory) => {
                convert::memory_type(&memory.ty(&self.0), memory.size(&self.0))
            }
            AnyMemory::Shared(memory) => convert::memory_type(&memory.ty(), memory.size()),
        })
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        Ok(match self.memory_of(memory)? {
            AnyMemory::Own(memory) => {
                MemoryView::from_slice(memory.data_mut(self.0.as_context_mut()))
            }
            AnyMemory::Shared(memory) => MemoryView::from_access(SharedBytes::new(memory)),
        })
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        Ok(match self.memory_of(memory)? {
            AnyMemory::Own(memory) => memory.grow(&mut self.0, delta).ok(),
            AnyMemory::Shared(memory) => memory.grow(delta).ok(),
        })
    }

    fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
        let table = self.table_of(table)?;
        Ok(convert::table_type(&table.ty(&self.0), table.size(&self.0)))
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        let table = self.table_of(table)?;
        let mut scope = RootScope::new(&mut self.0);
        match table.get(&mut scope, index) {
            Some(element) => from_val(&mut scope, element.into()).map(Some),
            None => Ok(None),
        }
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        Ok(convert::global_type(&self.global_of(global)?.ty(&self.0)))
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        let global = self.global_of(global)?;
        let mut scope = RootScope::new(&mut self.0);
        let value = global.get(&mut scope);
        from_val(&mut scope, value)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        let global = self.global_of(global)?;
        let ty = convert::global_type(&global.ty(&self.0));
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
        // The engine judges what is finer than the family of a reference.
        global
            .set(&mut scope, value)
            .map_err(|e| Error::misuse(e.to_string()))
    }

    fn fuel_consumed(&self) -> Option<u64> {
        call::fuel_consumed(&self.0)
    }
}

impl<T: HasCore> CoreCaller for Port<&mut Caller<'_, T>> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let export = self.0.get_export(name)?;
        enter(&mut self.0, export).ok()
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}

/// A guest's call of a host function.
fn host_call<T: HasCore>(
    caller: &mut Caller<'_, T>,
    ty: &CoreFuncType,
    func: &HostFn,
    params: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let core = caller.data_mut().core();
    if core.depth >= core.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    core.depth += 1;
    let outcome = host_values(&mut Port(&mut *caller), ty, func, params);
    caller.data_mut().core().depth -= 1;
    for (slot, value) in results.iter_mut().zip(outcome?) {
        *slot = to_val(caller, value)?;
    }
    Ok(())
}

/// What a host function gives that is of another type than the engine's own.
fn check_exactly<T: HasCore>(
    caller: &Caller<'_, T>,
    exact: &FuncType,
    results: &[Val],
) -> Result<()> {
    match misfit(caller, exact.results(), results)? {
        Some(misfit) => Err(Error::host(format!("result {misfit}"))),
        None => Ok(()),
    }
}

fn host_values<T: HasCore>(
    port: &mut Port<&mut Caller<'_, T>>,
    ty: &CoreFuncType,
    func: &HostFn,
    params: &[Val],
) -> Result<Vec<CoreValue>> {
    let args = params.iter().map(|param| from_val(&mut port.0, *param));
    let args: Vec<CoreValue> = args.collect::<Result<_>>()?;
    let zero = |ty| CoreValue::default_of(ty).unwrap_or(CoreValue::I32(0));
    let mut out: Vec<CoreValue> = ty.results.iter().copied().map(zero).collect();
    let outcome = catch_unwind(AssertUnwindSafe(|| func(port, &args, &mut out)));
    outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))?;
    check_core_results(&ty.results, &out)?;
    Ok(out)
}
