//! The store, the second part of the adapter.

use seam_core::{
    CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory,
    CoreModule, CoreStore, CoreTable, CoreValue, Error, GlobalType, HostFn, HostState, Limit,
    Limits, MemoryType, MemoryView, Result, TableType, check_core_call, check_core_element,
    store_number,
};

/// Maximum size of a memory in pages (64 MiB). This capacity of the engine protects the host's
/// memory.
pub(crate) const MAX_PAGES: u64 = 1024;

/// Handles are indices into these tables, and carry the store's number.
pub(crate) struct ToyStore {
    pub(crate) number: u32,
    host: HostState,
    funcs: Vec<Func>,
    tables: Vec<Table>,
    memories: Vec<Memory>,
    globals: Vec<(GlobalType, CoreValue)>,
    pub(crate) instances: Vec<Instance>,
    /// The instances whose functions are running, innermost last.
    pub(crate) running: Vec<usize>,
    pub(crate) host_depth: u32,
    pub(crate) max_host_depth: u32,
    /// The fuel given and the fuel used, if the store counts fuel.
    fuel: Option<(u64, u64)>,
}

#[derive(Clone)]
pub(crate) struct Func {
    pub(crate) ty: CoreFuncType,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    Host(HostFn),
    /// The function with this number among the instance's own functions.
    Guest {
        instance: usize,
        own: usize,
    },
}

pub(crate) struct Table {
    pub(crate) ty: TableType,
    pub(crate) elements: Vec<Option<CoreFunc>>,
}

pub(crate) struct Memory {
    ty: MemoryType,
    pub(crate) bytes: Vec<u8>,
}

/// An instance: its module, and its index spaces, which start with the imports.
#[derive(Clone)]
pub(crate) struct Instance {
    pub(crate) module: CoreModule,
    pub(crate) funcs: Vec<CoreFunc>,
    pub(crate) tables: Vec<CoreTable>,
    pub(crate) memories: Vec<CoreMemory>,
    pub(crate) globals: Vec<CoreGlobal>,
}

impl Memory {
    pub(crate) fn new(ty: MemoryType) -> Result<Self> {
        let bytes = Vec::new();
        let mut memory = Self { ty, bytes };
        let grown = memory.grow(ty.minimum);
        grown.ok_or(Limit::EngineCapacity)?;
        Ok(memory)
    }

    pub(crate) fn pages(&self) -> u32 {
        (self.bytes.len() as u64 / self.ty.page_size()) as u32
    }

    /// Grows a memory. Returns the previous size in pages, or `None` if there is no room.
    pub(crate) fn grow(&mut self, delta: u64) -> Option<u32> {
        let before = self.pages();
        let pages = u64::from(before).checked_add(delta)?;
        let most = self.ty.maximum.unwrap_or(MAX_PAGES).min(MAX_PAGES);
        if pages > most {
            return None;
        }
        let bytes = usize::try_from(pages * self.ty.page_size()).ok()?;
        self.bytes.resize(bytes, 0);
        Some(before)
    }
}

impl ToyStore {
    pub(crate) fn new(limits: &Limits, host: HostState) -> Self {
        Self {
            number: store_number(),
            host,
            funcs: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            instances: Vec::new(),
            running: Vec::new(),
            host_depth: 0,
            max_host_depth: limits.host_depth,
            fuel: limits.fuel.map(|given| (given, 0)),
        }
    }

    /// Charges one instruction.
    pub(crate) fn charge(&mut self) -> Result<()> {
        match &mut self.fuel {
            Some((given, used)) if used == given => Err(Error::limit(Limit::Fuel)),
            Some((_, used)) => {
                *used += 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    pub(crate) fn add_func(&mut self, ty: CoreFuncType, body: Body) -> Result<CoreFunc> {
        let index = add(&mut self.funcs, Func { ty, body })?;
        Ok(CoreFunc::new(self.number, index))
    }

    pub(crate) fn add_table(&mut self, ty: TableType) -> Result<CoreTable> {
        let size = usize::try_from(ty.minimum).map_err(|_| Limit::EngineCapacity)?;
        if size > 1 << 20 {
            return Err(Error::limit(Limit::EngineCapacity));
        }
        let elements = vec![None; size];
        let index = add(&mut self.tables, Table { ty, elements })?;
        Ok(CoreTable::new(self.number, index))
    }

    pub(crate) fn add_memory(&mut self, ty: MemoryType) -> Result<CoreMemory> {
        let index = add(&mut self.memories, Memory::new(ty)?)?;
        Ok(CoreMemory::new(self.number, index))
    }

    pub(crate) fn add_global(&mut self, ty: GlobalType, value: CoreValue) -> Result<CoreGlobal> {
        let index = add(&mut self.globals, (ty, value))?;
        Ok(CoreGlobal::new(self.number, index))
    }

    pub(crate) fn func(&self, func: CoreFunc) -> Result<&Func> {
        self.check(func.store())?;
        self.funcs.get(func.index() as usize).ok_or_else(foreign)
    }

    pub(crate) fn table_ref(&self, table: CoreTable) -> Result<&Table> {
        self.check(table.store())?;
        self.tables.get(table.index() as usize).ok_or_else(foreign)
    }

    pub(crate) fn table_mut(&mut self, table: CoreTable) -> Result<&mut Table> {
        self.check(table.store())?;
        let found = self.tables.get_mut(table.index() as usize);
        found.ok_or_else(foreign)
    }

    pub(crate) fn memory_mut(&mut self, memory: CoreMemory) -> Result<&mut Memory> {
        self.check(memory.store())?;
        let found = self.memories.get_mut(memory.index() as usize);
        found.ok_or_else(foreign)
    }

    pub(crate) fn global_mut(
        &mut self,
        global: CoreGlobal,
    ) -> Result<&mut (GlobalType, CoreValue)> {
        self.check(global.store())?;
        let found = self.globals.get_mut(global.index() as usize);
        found.ok_or_else(foreign)
    }

    /// Checks that a handle belongs to this store.
    fn check(&self, store: u32) -> Result<()> {
        match store == self.number {
            true => Ok(()),
            false => Err(foreign()),
        }
    }
}

fn add<T>(items: &mut Vec<T>, item: T) -> Result<u32> {
    let index = u32::try_from(items.len()).map_err(|_| Limit::EngineCapacity)?;
    items.push(item);
    Ok(index)
}

pub(crate) fn foreign() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}

impl CoreStore for ToyStore {
    fn host(&mut self) -> &mut HostState {
        &mut self.host
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.link_and_start(module, imports)
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        self.check(instance.store()).ok()?;
        self.instances.get(instance.index() as usize)?.export(name)
    }

    fn host_func(&mut self, ty: CoreFuncType, func: HostFn) -> Result<CoreFunc> {
        self.add_func(ty, Body::Host(func))
    }

    fn call(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<()> {
        check_core_call(&self.func(func)?.ty, args, results)?;
        results.copy_from_slice(&self.execute(func, args)?);
        Ok(())
    }

    fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
        Ok(self.func(func)?.ty.clone())
    }

    /// In the types of memories and tables, the minimum is the current size.
    fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
        let memory = self.memory_mut(memory)?;
        let mut ty = memory.ty;
        ty.minimum = memory.pages().into();
        Ok(ty)
    }

    fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
        Ok(MemoryView::from_slice(&mut self.memory_mut(memory)?.bytes))
    }

    fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
        Ok(self.memory_mut(memory)?.grow(delta).map(u64::from))
    }

    fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
        let Table { ty, elements } = self.table_ref(table)?;
        let mut ty = *ty;
        ty.minimum = elements.len() as u64;
        Ok(ty)
    }

    fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
        let elements = &self.table_ref(table)?.elements;
        let element = usize::try_from(index).ok().and_then(|at| elements.get(at));
        Ok(element.map(|func| CoreValue::FuncRef(*func)))
    }

    fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()> {
        check_core_element(&self.table_type(table)?, index, &value)?;
        let CoreValue::FuncRef(func) = value else {
            return Err(Error::engine("expected a function reference"));
        };
        if let Some(func) = func {
            self.func(func)?;
        }
        let elements = &mut self.table_mut(table)?.elements;
        if let Some(element) = elements.get_mut(index as usize) {
            *element = func;
        }
        Ok(())
    }

    fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
        Ok(self.global_mut(global)?.0)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        Ok(self.global_mut(global)?.1)
    }

    fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
        let (ty, content) = self.global_mut(global)?;
        if !ty.mutable || !value.is_of(ty.content) {
            let (wanted, found) = (ty.content, value.kind());
            let kind = if ty.mutable { "mutable" } else { "immutable" };
            return Err(Error::misuse(format!(
                "expected a mutable global and an {wanted}, found an {kind} one and a value of \
                 type {found}"
            )));
        }
        *content = value;
        Ok(())
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.fuel.map(|(_, used)| used)
    }
}

impl CoreCaller for ToyStore {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let caller = *self.running.last()?;
        self.instances.get(caller)?.export(name)
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
