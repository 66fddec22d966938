//! The store.

use std::sync::Arc;

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory, CoreModule,
    CoreStore, CoreTable, CoreType, CoreValue, Error, GlobalType, HostFn, HostState, MemoryAccess,
    MemoryType, MemoryView, Result, TableType, check_core_call, check_core_element,
};

use crate::convert::{from_kiln, to_kiln};
use crate::error::of_object;
use crate::handles::{FuncEntry, FuncKind};
use crate::kiln::KilnMemory;
use crate::state::CoreState;

/// A store, or a host function's view of it.
pub(crate) struct KilnStore<A>(pub(crate) A);

/// A store or a host function's view of it. While kiln runs, a host function cannot call kiln.
pub(crate) trait AnyStore: Send {
    fn state(&self) -> &CoreState;
    fn state_mut(&mut self) -> &mut CoreState;

    /// Instantiates a module.
    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId>;

    /// Calls a function of a guest with arguments of the right types.
    fn call_guest(
        &mut self,
        func: CoreFunc,
        ty: &CoreFuncType,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()>;

    /// Calls a host function on behalf of the host, with arguments of the right types.
    fn call_host(
        &mut self,
        func: &HostFn,
        ty: &CoreFuncType,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>>;

    /// Returns the type of a function.
    fn type_of(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>>;

    /// Returns the fuel consumed so far, if the store has a limit of fuel.
    fn fuel_consumed(&self) -> Option<u64>;
}

impl<A: AnyStore> CoreStore for KilnStore<A> {
    fn host(&mut self) -> &mut HostState {
        &mut self.0.state_mut().host
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.0.instantiate(module, imports)
    }

    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        self.0.state_mut().failed.take()
    }

    fn export(&mut self, id: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        let handles = &self.0.state().handles;
        let ours = id.store() == handles.store;
        let instance = handles.instances.get(id.index() as usize);
        instance.filter(|_| ours)?.0.get(name).copied()
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        self.0.state_mut().handles.add_func(FuncEntry {
            ty: Some(Arc::new(ty)),
            kind: FuncKind::Host(func),
            position: None,
        })
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let ty = self.0.type_of(func)?;
        check_core_call(&ty, args, results)?;
        let FuncKind::Host(host) = self.0.state().handles.func(func)?.kind.clone() else {
            return self.0.call_guest(func, &ty, args, results);
        };
        results.copy_from_slice(&self.0.call_host(&host, &ty, args)?);
        Ok(())
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        self.0.type_of(func).map(|ty| CoreFuncType::clone(&ty))
    }

    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        self.0.state().handles.memory_type(memory)
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        let memory = self.0.state().handles.memory(memory)?.object.clone();
        Ok(MemoryView::from_access(Bytes(memory)))
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        let memory = self.0.state().handles.memory(memory)?;
        let pages = memory.object.size().checked_div(memory.ty.page_size());
        if delta == 0 {
            return Ok(pages);
        }
        let Ok(delta) = u32::try_from(delta) else {
            return Ok(None);
        };
        Ok(memory.object.grow(delta).ok().map(u64::from))
    }

    fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
        self.0.state().handles.table_type(table)
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        let entry = self.0.state().handles.table(table)?.clone();
        let index = u32::try_from(index).ok();
        let Some(index) = index.filter(|index| *index < entry.object.size()) else {
            return Ok(None);
        };
        let ty = CoreType::Ref(entry.ty.element);
        match entry.object.get(index).map_err(of_object)? {
            None => Ok(CoreValue::default_of(ty)),
            Some(value) => {
                let home = self.0.state().id_of(entry.export.instance);
                from_kiln(self.0.state_mut(), &value, ty, home).map(Some)
            }
        }
    }

    fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()> {
        check_core_element(&self.table_type(table)?, index, &value)?;
        let entry = self.0.state().handles.table(table)?.clone();
        let index = u32::try_from(index).map_err(|_| {
            Error::engine("expected an index below 2^32, which is as far as kiln lets a host reach")
        })?;
        let value = match value {
            CoreValue::FuncRef(None) | CoreValue::ExternRef(None) => None,
            value => Some(to_kiln(self.0.state_mut(), value)?),
        };
        entry.object.set(index, value).map_err(of_object)
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        Ok(self.0.state().handles.global(global)?.ty)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        let entry = self.0.state().handles.global(global)?.clone();
        let value = entry.object.get().map_err(of_object)?;
        let home = self.0.state().id_of(entry.export.instance);
        from_kiln(self.0.state_mut(), &value, entry.ty.content, home)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        let entry = self.0.state().handles.global(global)?.clone();
        if !entry.ty.mutable {
            return Err(Error::misuse(format!(
                "expected a mutable global, found an immutable one of type {}",
                entry.ty.content
            )));
        }
        if !value.is_of(entry.ty.content) {
            return Err(Error::misuse(format!(
                "expected a value of type {}, found {}",
                entry.ty.content,
                value.kind()
            )));
        }
        let value = to_kiln(self.0.state_mut(), value)?;
        entry.object.set(value).map_err(of_object)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.0.fuel_consumed()
    }
}

/// A kiln memory, which can only be read and written by copying.
struct Bytes(Arc<dyn KilnMemory>);

impl Bytes {
    fn offset(offset: u64) -> Result<u32> {
        u32::try_from(offset).map_err(|_| {
            Error::engine(format!(
                "expected an offset below 4 GiB, which is as far as kiln lets a host reach, \
                 found {offset}"
            ))
        })
    }
}

impl MemoryAccess for Bytes {
    fn len(&self) -> u64 {
        self.0.size()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<()> {
        if out.is_empty() {
            return Ok(());
        }
        self.0.read(Self::offset(offset)?, out).map_err(of_object)
    }

    fn write(&mut self, offset: u64, bytes: &[u8]) -> Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        self.0
            .write(Self::offset(offset)?, bytes)
            .map_err(of_object)
    }
}
