//! What every store keeps beside kiln: the handles' tables, and the layer's data.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use seam_core::{
    CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory, CoreTable, Error,
    ErrorKind, GlobalType, HostFn, HostState, Limit, MemoryType, Result, TableType,
};

use crate::kiln::{KilnGlobal, KilnMemory, KilnTable};
use crate::probe::Order;
use crate::value::KilnValue;

/// The data of a store. While kiln runs it is lent to the handler of host imports, see [`Shared`].
pub(crate) struct State {
    pub(crate) number: u32,
    pub(crate) host: HostState,
    pub(crate) host_depth: u32,
    /// How kiln passes arguments to host functions.
    pub(crate) order: Order,
    /// Functions of the host that are running.
    pub(crate) depth: u32,
    /// By the number of their handles.
    pub(crate) instances: Vec<Exports>,
    pub(crate) funcs: Vec<FuncEntry>,
    pub(crate) memories: Vec<Object<dyn KilnMemory, MemoryType>>,
    pub(crate) tables: Vec<Object<dyn KilnTable, TableType>>,
    pub(crate) globals: Vec<Object<dyn KilnGlobal, GlobalType>>,
    pub(crate) tags: u32,
    /// kiln's two numbers of each instance: that of its handle, and that in references.
    pub(crate) ids: Vec<(u32, u32)>,
    /// Functions by where they are: instance as references have it, and index in its function index
    /// space.
    pub(crate) by_place: HashMap<(u32, u32), u32>,
    /// What each import of kiln's handler stands for, by module and field name.
    pub(crate) bindings: HashMap<String, HashMap<String, Binding>>,
    /// The host's own numbers for its references, by kiln's.
    pub(crate) externs: Vec<u64>,
    /// Results of the last host function that have not been fetched.
    pub(crate) further: Vec<KilnValue>,
    /// The error of a host function, on its way through kiln.
    pub(crate) pending: Option<Error>,
    /// The instance whose start function trapped last.
    pub(crate) failed: Option<CoreInstanceId>,
    /// Fuel used so far, where the store has a limit; a host function sees what it was when the
    /// call began.
    pub(crate) fuel_used: Option<u64>,
}

/// An instance's exports.
pub(crate) type Exports = HashMap<String, CoreExtern>;

/// An export of one of kiln's instances, by its handle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) instance: u32,
    pub(crate) export: Arc<str>,
}

/// A function.
#[derive(Clone)]
pub(crate) struct FuncEntry {
    /// Nothing for an unnamed function that kiln has not been asked about.
    pub(crate) ty: Option<Arc<CoreFuncType>>,
    pub(crate) kind: FuncKind,
    /// Instance and index as references have them; nothing for a host function that no module has
    /// imported.
    pub(crate) place: Option<(u32, u32)>,
}

/// What there is to call.
#[derive(Clone)]
pub(crate) enum FuncKind {
    /// An export.
    Export(Place),
    /// The host's own.
    Host(HostFn),
    /// A function that is known by reference alone.
    Unnamed,
}

/// A memory, table or global: kiln's handle, the static type, and an export that it has.
pub(crate) struct Object<O: ?Sized, T> {
    pub(crate) object: Arc<O>,
    pub(crate) ty: T,
    pub(crate) place: Place,
}

impl<O: ?Sized, T: Clone> Clone for Object<O, T> {
    fn clone(&self) -> Self {
        Self {
            object: self.object.clone(),
            ty: self.ty.clone(),
            place: self.place.clone(),
        }
    }
}

/// What an import of the handler stands for.
#[derive(Clone, Copy)]
pub(crate) struct Binding {
    /// Number of the function.
    pub(crate) func: u32,
    /// 0 is the call; n gives result n of the call before.
    pub(crate) part: usize,
    /// The instance whose code calls.
    pub(crate) caller: u32,
}

impl Default for State {
    fn default() -> Self {
        Self {
            number: 0,
            host: HostState::none(),
            host_depth: 0,
            order: Order::Forward,
            depth: 0,
            instances: Vec::new(),
            funcs: Vec::new(),
            memories: Vec::new(),
            tables: Vec::new(),
            globals: Vec::new(),
            tags: 0,
            ids: Vec::new(),
            by_place: HashMap::new(),
            bindings: HashMap::new(),
            externs: Vec::new(),
            further: Vec::new(),
            pending: None,
            failed: None,
            fuel_used: None,
        }
    }
}

impl State {
    pub(crate) fn func(&self, func: CoreFunc) -> Result<&FuncEntry> {
        at(&self.funcs, self.number, func.store(), func.index())
    }

    pub(crate) fn memory(&self, memory: CoreMemory) -> Result<&Object<dyn KilnMemory, MemoryType>> {
        at(&self.memories, self.number, memory.store(), memory.index())
    }

    pub(crate) fn table(&self, table: CoreTable) -> Result<&Object<dyn KilnTable, TableType>> {
        at(&self.tables, self.number, table.store(), table.index())
    }

    pub(crate) fn global(&self, global: CoreGlobal) -> Result<&Object<dyn KilnGlobal, GlobalType>> {
        at(&self.globals, self.number, global.store(), global.index())
    }

    /// The type of a memory; the minimum is its current size.
    pub(crate) fn memory_type(&self, memory: CoreMemory) -> Result<MemoryType> {
        let memory = self.memory(memory)?;
        let mut ty = memory.ty;
        let pages = memory.object.size().checked_div(ty.page_size());
        ty.minimum = pages.unwrap_or(0);
        Ok(ty)
    }

    /// The type of a table; the minimum is its current size.
    pub(crate) fn table_type(&self, table: CoreTable) -> Result<TableType> {
        let table = self.table(table)?;
        let mut ty = table.ty;
        ty.minimum = u64::from(table.object.size());
        Ok(ty)
    }

    pub(crate) fn enter_func(&mut self, entry: FuncEntry) -> Result<CoreFunc> {
        let place = entry.place;
        let index = push(&mut self.funcs, entry)?;
        if let Some(place) = place {
            self.by_place.insert(place, index);
        }
        Ok(CoreFunc::new(self.number, index))
    }

    pub(crate) fn enter_memory(
        &mut self,
        memory: Object<dyn KilnMemory, MemoryType>,
    ) -> Result<CoreMemory> {
        let index = push(&mut self.memories, memory)?;
        Ok(CoreMemory::new(self.number, index))
    }

    pub(crate) fn enter_table(
        &mut self,
        table: Object<dyn KilnTable, TableType>,
    ) -> Result<CoreTable> {
        let index = push(&mut self.tables, table)?;
        Ok(CoreTable::new(self.number, index))
    }

    pub(crate) fn enter_global(
        &mut self,
        global: Object<dyn KilnGlobal, GlobalType>,
    ) -> Result<CoreGlobal> {
        let index = push(&mut self.globals, global)?;
        Ok(CoreGlobal::new(self.number, index))
    }

    /// What references call the instance with this handle.
    pub(crate) fn id_of(&self, handle: u32) -> u32 {
        let known = self.ids.iter().find(|(known, _)| *known == handle);
        known.map_or(handle, |(_, id)| *id)
    }

    /// The handle of what references call by this number.
    pub(crate) fn handle_of(&self, id: u32) -> u32 {
        let known = self.ids.iter().find(|(_, known)| *known == id);
        known.map_or(id, |(handle, _)| *handle)
    }

    pub(crate) fn bind(&mut self, module: &str, field: &str, binding: Binding) {
        let fields = self.bindings.entry(module.to_string()).or_default();
        fields.insert(field.to_string(), binding);
    }

    pub(crate) fn binding(&self, module: &str, field: &str) -> Option<Binding> {
        self.bindings.get(module)?.get(field).copied()
    }
}

fn at<T>(items: &[T], ours: u32, store: u32, index: u32) -> Result<&T> {
    let item = items.get(index as usize);
    item.filter(|_| ours == store).ok_or_else(foreign)
}

fn push<T>(items: &mut Vec<T>, item: T) -> Result<u32> {
    let index = u32::try_from(items.len()).map_err(|_| {
        let kind = ErrorKind::Limit(Limit::EngineCapacity);
        Error::new(kind, "expected at most 2^32 handles of a kind in a store")
    })?;
    items.push(item);
    Ok(index)
}

/// A handle of another store, or one that was never given out.
pub(crate) fn foreign() -> Error {
    Error::misuse("expected a handle of this store, found one of another")
}

/// Where a store leaves its state while kiln runs, for the handler of host imports.
#[derive(Default)]
pub(crate) struct Shared(Mutex<Option<Box<State>>>);

impl Shared {
    /// Leaves the state.
    pub(crate) fn put(&self, state: Box<State>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(state);
    }

    /// Takes it; nothing if none was left.
    pub(crate) fn take(&self) -> Option<Box<State>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
