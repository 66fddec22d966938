//! The store, and what host functions see of it.

use std::mem;

use seam_core::{
    Capability, CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId,
    CoreMemory, CoreModule, CoreStore, CoreTable, CoreValue, Error, GlobalType, HostFn, HostState,
    MemoryType, MemoryView, NumericFn, NumericFunc, Result, Suspended, TableType, check_core_call,
    check_core_element, memory_copy, numeric_call, numeric_host_fn,
};
use wasmi::{Caller, Extern, Func, Mutability, Ref, Store, Val};

use crate::call::{call, call_typed, fill, fuel};
use crate::convert::{Origin, core_ref, core_value, extern_handle, func_handle, val};
use crate::export::Exported;
use crate::handles::{MemoryEntry, identity};
use crate::instantiate::{instance, link, start};
use crate::module::Compiled;
use crate::state::{AnyStore, CoreState, Scratch};
use crate::types::{core_ref_type, core_type, func_type};
use crate::{convert, copy, host, numeric, start as moved, suspend};

/// A store, or the view of it that a host function has.
pub(crate) struct WasmiStore<C>(pub(crate) C);

impl WasmiStore<Store<CoreState>> {
    /// An empty store.
    pub(crate) fn new(engine: &wasmi::Engine, state: CoreState) -> Self {
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.limiter);
        fill(&mut store);
        Self(store)
    }
}

impl<C: AnyStore> WasmiStore<C> {
    fn call_values(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let ctx = &mut self.0;
        let found = convert::func(ctx, func)?;
        let native = found.func;
        check_core_call(found.ty(ctx), args, results)?;
        check_entry(ctx)?;
        ctx.state_mut().start_clock();
        let mut scratch = mem::take(&mut ctx.state_mut().scratch);
        let called = call_with(ctx, native, args, results.len(), &mut scratch);
        if called.is_ok() {
            results.copy_from_slice(&scratch.values);
        }
        ctx.state_mut().scratch = scratch;
        called
    }

    #[inline]
    fn memory_entry(&self, memory: CoreMemory) -> Result<&MemoryEntry> {
        let state = self.0.state();
        let memories = &state.handles.memories;
        memories.at(state.number, memory.store(), memory.index())
    }

    fn table_entry(&self, table: CoreTable) -> Result<wasmi::Table> {
        let state = self.0.state();
        let tables = &state.handles.tables;
        tables
            .at(state.number, table.store(), table.index())
            .copied()
    }

    fn global_entry(&self, global: CoreGlobal) -> Result<wasmi::Global> {
        let state = self.0.state();
        let globals = &state.handles.globals;
        globals
            .at(state.number, global.store(), global.index())
            .copied()
    }
}

/// Checks that a guest may be entered.
///
/// # Errors
/// `Unsupported(Reentrant)` in a host function, on a build without re-entry.
fn check_entry(ctx: &impl AnyStore) -> Result<()> {
    let state = ctx.state();
    if state.depth == 0 || state.reentrant {
        return Ok(());
    }
    Err(Error::unsupported(
        Capability::Reentrant,
        "expected no call from a host function, found one on a build without re-entry",
    ))
}

/// Calls a function whose arguments have been checked. The results are in `scratch.values`.
fn call_with<C: AnyStore>(
    ctx: &mut C,
    func: Func,
    args: &[CoreValue],
    results: usize,
    scratch: &mut Scratch,
) -> Result<()> {
    scratch.args.clear();
    for arg in args {
        scratch.args.push(val(ctx, *arg)?);
    }
    scratch.results.clear();
    scratch.results.resize(results, Val::I32(0));
    call(ctx, func, &scratch.args, &mut scratch.results)?;
    scratch.values.clear();
    for value in &scratch.results {
        scratch.values.push(core_value(ctx, value)?);
    }
    Ok(())
}

impl<C: AnyStore> CoreStore for WasmiStore<C> {
    fn host(&mut self) -> &mut HostState {
        &mut self.0.state_mut().host
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.0.state_mut().failed = None;
        self.0.state_mut().start_clock();
        let wanted = &module.ty()?.imports;
        if imports.len() != wanted.len() {
            let (wanted, found) = (wanted.len(), imports.len());
            return Err(Error::link(format!(
                "expected {wanted} imports, found {found}"
            )));
        }
        let id = link(&mut self.0, module, imports)?;
        start(&mut self.0, module, id)?;
        Ok(id)
    }

    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        self.0.state_mut().failed.take()
    }

    fn export(&mut self, id: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        let ctx = &mut self.0;
        let found = instance(ctx.state(), id).ok()?;
        let exports = &found.module.compiled::<Compiled>().ok()?.exports;
        let (position, len) = match exports.get(name)? {
            Exported::Import(position) => return found.imports.get(position).copied(),
            Exported::Own(position) => (position, exports.len()),
        };
        if let Some(Some(known)) = found.exports.get(position) {
            return Some(*known);
        }
        let native = found.instance.get_export(&*ctx, name)?;
        let export = extern_handle(ctx, native, Origin::Export).ok()?;
        let instances = &mut ctx.state_mut().handles.instances;
        let exports = &mut instances.get_mut(id.index() as usize)?.exports;
        exports.resize(len, None);
        *exports.get_mut(position)? = Some(export);
        Some(export)
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        let native = func_type(&ty)?;
        let ctx = &mut self.0;
        let made = Func::new(
            &mut *ctx,
            native,
            move |mut caller: Caller<'_, CoreState>, args: &[Val], results: &mut [Val]| {
                let run = |caller: host::Calling<'_, '_>, args: &[_], results: &mut [_]| {
                    func(&mut WasmiStore(caller), args, results)
                };
                host::call(&mut caller, &ty, args, results, run).map_err(crate::error::carried)
            },
        );
        func_handle(ctx, made, Origin::Made)
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        self.call_values(func, args, results)
    }

    fn call_numeric(&mut self, func: &NumericFunc, bits: &mut [u64]) -> Result<()> {
        let ctx = &mut self.0;
        let typed = convert::func(ctx, func.func())?.typed(ctx);
        // A store with a deadline runs its calls in slices.
        let (Some(typed), None) = (typed, ctx.state().limits.deadline) else {
            return numeric_call(self, func, bits);
        };
        check_entry(ctx)?;
        call_typed(ctx, typed, bits)
    }

    fn host_func_numeric(&mut self, ty: CoreFuncType, func: NumericFn) -> Result<CoreFunc> {
        let typed = func.clone();
        let call = move |mut caller: Caller<'_, CoreState>, bits: &mut [u64]| {
            let run = |caller: host::Calling<'_, '_>| typed(&mut WasmiStore(caller), bits);
            host::guarded(&mut caller, run).map_err(crate::error::carried)
        };
        match numeric::host_func(&mut self.0, &ty, call) {
            Some(made) => func_handle(&mut self.0, made, Origin::Made),
            None => {
                let func = numeric_host_fn(&ty, func)?;
                self.host_func(ty, func)
            }
        }
    }

    fn call_suspendable(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        check_entry(&self.0)?;
        suspend::call(&mut self.0, func, args, results)
    }

    fn resume(
        &mut self,
        suspended: Suspended,
        values: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        check_entry(&self.0)?;
        suspend::resume(&mut self.0, suspended, values, results)
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        let found = convert::func(&self.0, func)?;
        Ok(CoreFuncType::clone(found.ty(&self.0)))
    }

    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        let MemoryEntry {
            memory,
            page_size_log2,
        } = *self.memory_entry(memory)?;
        let ty = memory.ty(&self.0);
        Ok(MemoryType {
            minimum: memory.size(&self.0),
            maximum: ty.maximum(),
            memory64: ty.is_64(),
            shared: false,
            page_size_log2,
        })
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        let memory = self.memory_entry(memory)?.memory;
        Ok(MemoryView::from_slice(memory.data_mut(&mut self.0)))
    }

    fn memory_and_host(
        &mut self,
        memory: CoreMemory,
    ) -> Result<Option<(&mut [u8], &mut HostState)>> {
        let memory = self.memory_entry(memory)?.memory;
        let (bytes, state) = memory.data_and_store_mut(&mut self.0);
        Ok(Some((bytes, &mut state.host)))
    }

    fn memory_copy(
        &mut self,
        from: (CoreMemory, u64),
        to: (CoreMemory, u64),
        len: u64,
    ) -> Result<()> {
        let source = (self.memory_entry(from.0)?.memory, from.1);
        let target = (self.memory_entry(to.0)?.memory, to.1);
        let copied = match from.0 == to.0 {
            true => copy::within(&mut self.0, source, to.1, len),
            false if copy::is_for_the_engine(&self.0, len) => {
                let pair = [from.0.index(), to.0.index()];
                copy::by_the_engine(&mut self.0, pair, source, target, len)
            }
            false => copy::between(&mut self.0, source, target, len),
        };
        // The default names the range that is out of bounds.
        copied.map_or_else(|| memory_copy(self, from, to, len), Ok)
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        let memory = self.memory_entry(memory)?.memory;
        Ok(memory.grow(&mut self.0, delta).ok())
    }

    fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
        let table = self.table_entry(table)?;
        let ty = table.ty(&self.0);
        Ok(TableType {
            element: core_ref_type(ty.element()),
            minimum: table.size(&self.0),
            maximum: ty.maximum(),
            table64: ty.is_64(),
        })
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        let found = self.table_entry(table)?.get(&self.0, index);
        found.map(|value| core_ref(&mut self.0, value)).transpose()
    }

    fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()> {
        check_core_element(&self.table_type(table)?, index, &value)?;
        let table = self.table_entry(table)?;
        let value = match val(&mut self.0, value)? {
            Val::FuncRef(func) => Ref::from(func),
            Val::ExternRef(host) => Ref::from(host),
            _ => return Err(Error::engine("expected a reference, found another value")),
        };
        let set = table.set(&mut self.0, index, value);
        set.map_err(|error| Error::engine(error.to_string()).with_source(error))
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        let ty = self.global_entry(global)?.ty(&self.0);
        let mutable = ty.mutability() == Mutability::Var;
        Ok(GlobalType::new(core_type(ty.content()), mutable))
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        let value = self.global_entry(global)?.get(&self.0);
        core_value(&mut self.0, &value)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        let ty = self.global_type(global)?;
        if !ty.mutable {
            return Err(Error::misuse(format!(
                "expected a mutable global, found an immutable one of type {}",
                ty.content
            )));
        }
        if !value.is_of(ty.content) {
            return Err(Error::misuse(format!(
                "expected a value of type {}, found {}",
                ty.content,
                value.kind()
            )));
        }
        let global = self.global_entry(global)?;
        let value = val(&mut self.0, value)?;
        let set = global.set(&mut self.0, value);
        set.map_err(|error| Error::engine(error.to_string()).with_source(error))
    }

    fn fuel_consumed(&self) -> Option<u64> {
        let limit = self.0.state().limits.fuel?;
        Some(limit.saturating_sub(fuel(&self.0)))
    }
}

/// Whether an export is one that stands for a start function, and not the module's own.
fn is_moved_start(ctx: &impl AnyStore, name: &str, export: &Extern) -> bool {
    let Extern::Func(func) = export else {
        return false;
    };
    ctx.state().handles.instances.iter().any(|entry| {
        let compiled = entry.module.compiled::<Compiled>();
        let start = compiled.ok().and_then(|compiled| compiled.start.as_deref());
        let moved = entry.instance.get_func(ctx, name);
        start == Some(name) && moved.is_some_and(|moved| identity(&moved) == identity(func))
    })
}

impl CoreCaller for WasmiStore<&mut Caller<'_, CoreState>> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let native = self.0.caller_extern(name)?;
        if name.starts_with(moved::PREFIX) && is_moved_start(&self.0, name, &native) {
            return None;
        }
        extern_handle(&mut self.0, native, Origin::Any).ok()
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
