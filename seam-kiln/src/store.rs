//! The store, and what host functions see of it.

use std::sync::Arc;

use seam_core::{
    Capability, CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId,
    CoreMemory, CoreModule, CoreStore, CoreTable, CoreValue, Error, GlobalType, HostFn, HostState,
    MemoryAccess, MemoryType, MemoryView, Result, TableType, check_core_call,
};

use crate::convert::{from_kiln, to_kiln};
use crate::error::of_object;
use crate::host::enter;
use crate::kiln::KilnMemory;
use crate::state::{FuncEntry, FuncKind, State};

/// A store, or the view of it that a host function has.
pub(crate) struct Guest<C>(pub(crate) C);

/// What differs between the two.
pub(crate) trait Context: Send {
    fn state(&self) -> &State;
    fn state_mut(&mut self) -> &mut Box<State>;

    /// Instantiates a module.
    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId>;

    /// Calls a function of a guest, with arguments that have been checked.
    fn call_guest(
        &mut self,
        func: CoreFunc,
        ty: &CoreFuncType,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()>;

    /// The type of a function that is known by reference alone.
    fn ask_type(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>>;

    fn fuel_consumed(&self) -> Option<u64>;
}

/// What a host function is given: everything but kiln, which is running the guest.
pub(crate) struct Hosted<'a> {
    pub(crate) state: &'a mut Box<State>,
    /// The instance whose code calls; none for a host function that the host called.
    pub(crate) caller: Option<u32>,
}

/// kiln gives its host functions no way back.
fn not_reentrant() -> Error {
    Error::unsupported(
        Capability::Reentrant,
        "expected no call into a guest from a host function, which kiln cannot do",
    )
}

impl Context for Hosted<'_> {
    fn state(&self) -> &State {
        self.state
    }

    fn state_mut(&mut self) -> &mut Box<State> {
        self.state
    }

    fn instantiate(&mut self, _: &CoreModule, _: &[CoreExtern]) -> Result<CoreInstanceId> {
        Err(not_reentrant())
    }

    fn call_guest(
        &mut self,
        _: CoreFunc,
        _: &CoreFuncType,
        _: &[CoreValue],
        _: &mut [CoreValue],
    ) -> Result<()> {
        Err(not_reentrant())
    }

    fn ask_type(&mut self, _: CoreFunc) -> Result<Arc<CoreFuncType>> {
        Err(not_reentrant())
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.state.fuel_used
    }
}

impl<C: Context> Guest<C> {
    fn type_of(&mut self, func: CoreFunc) -> Result<Arc<CoreFuncType>> {
        match &self.0.state().func(func)?.ty {
            Some(ty) => Ok(ty.clone()),
            None => self.0.ask_type(func),
        }
    }
}

impl<C: Context> CoreStore for Guest<C> {
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
        let state = self.0.state();
        let ours = id.store() == state.number;
        let instance = state.instances.get(id.index() as usize);
        instance.filter(|_| ours)?.get(name).copied()
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        self.0.state_mut().enter_func(FuncEntry {
            ty: Some(Arc::new(ty)),
            kind: FuncKind::Host(func),
            place: None,
        })
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        let ty = self.type_of(func)?;
        check_core_call(&ty, args, results)?;
        let FuncKind::Host(host) = self.0.state().func(func)?.kind.clone() else {
            return self.0.call_guest(func, &ty, args, results);
        };
        let mut found = crate::host::zeroes(&ty);
        enter(self.0.state_mut(), None, &ty, &host, args, &mut found)?;
        results.copy_from_slice(&found);
        Ok(())
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        self.type_of(func).map(|ty| CoreFuncType::clone(&ty))
    }

    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        self.0.state().memory_type(memory)
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        let memory = self.0.state().memory(memory)?.object.clone();
        Ok(MemoryView::from_access(Bytes(memory)))
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        let memory = self.0.state().memory(memory)?;
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
        self.0.state().table_type(table)
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        let entry = self.0.state().table(table)?.clone();
        let index = u32::try_from(index).ok();
        let Some(index) = index.filter(|index| *index < entry.object.size()) else {
            return Ok(None);
        };
        let ty = seam_core::CoreType::Ref(entry.ty.element);
        match entry.object.get(index).map_err(of_object)? {
            None => Ok(CoreValue::default_of(ty)),
            Some(value) => {
                let home = self.0.state().id_of(entry.place.instance);
                from_kiln(self.0.state_mut(), &value, ty, home).map(Some)
            }
        }
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        Ok(self.0.state().global(global)?.ty)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        let entry = self.0.state().global(global)?.clone();
        let value = entry.object.get().map_err(of_object)?;
        let home = self.0.state().id_of(entry.place.instance);
        from_kiln(self.0.state_mut(), &value, entry.ty.content, home)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        let entry = self.0.state().global(global)?.clone();
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

impl CoreCaller for Guest<Hosted<'_>> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let caller = self.0.caller?;
        self.0
            .state
            .instances
            .get(caller as usize)?
            .get(name)
            .copied()
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}

/// A memory of kiln's, which shows no bytes.
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
