//! Core stores, and the stores that host functions see, with a fault.

use std::collections::HashMap;
use std::mem::{discriminant, take};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use seam_core::{
    Capability, CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId,
    CoreMemory, CoreModule, CoreStore, CoreTable, CoreValue, Error, ErrorKind, GlobalType, HostFn,
    HostState, Limit, MemoryType, MemoryView, NumericFunc, Result, Suspended, TableType, Trap,
};

use crate::built_in;
use crate::fault::Fault;

/// The memory of some faults, shared by a store and the view of its host functions.
#[derive(Default)]
struct Notes {
    globals: HashMap<CoreGlobal, CoreValue>,
    sizes: HashMap<CoreMemory, MemoryType>,
    memory: Option<CoreMemory>,
    /// The first reference of each kind.
    references: HashMap<&'static str, CoreValue>,
    failed: Option<CoreInstanceId>,
    /// Exports of the first caller.
    exports: HashMap<String, Option<CoreExtern>>,
    host_calls: u32,
    host_failures: u32,
    built_ins: built_in::Called,
}

/// A store with a fault.
pub(crate) struct SabotagedStore {
    inner: Box<dyn CoreStore>,
    fault: Fault,
    /// An empty module.
    nothing: CoreModule,
    /// Whether an instance is being created.
    starting: Arc<AtomicBool>,
    trapped: bool,
    /// The instantiated modules, by the identity of their types.
    made: Vec<(usize, CoreInstanceId)>,
    names: built_in::Names,
    notes: Arc<Mutex<Notes>>,
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
            names: built_in::Names::default(),
            notes: Arc::default(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }

    /// The instance whose exports are shown.
    fn shown(&self, instance: CoreInstanceId) -> CoreInstanceId {
        let made = self.made.iter().find(|(_, made)| *made == instance);
        let first = made.and_then(|(module, _)| self.made.iter().find(|(of, _)| of == module));
        match first {
            Some((_, first)) if self.fault == Fault::ConfusesInstances => *first,
            _ => instance,
        }
    }

    /// Copies the bytes of the memories among the imports.
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

/// Changes an error according to the fault.
fn blame(fault: Fault, error: Error) -> Error {
    match (fault, error.kind()) {
        (Fault::ForgetsCoreCauses, ErrorKind::Trap(_)) => {
            Error::trap(Trap::Other("something trapped".into()))
        }
        (Fault::CallsStoreLimitsTraps, ErrorKind::Limit(_)) => Error::trap(Trap::Unreachable),
        _ => error,
    }
}

/// Returns the imports with the first and the last of each kind swapped.
fn swapped(imports: &[CoreExtern]) -> Vec<CoreExtern> {
    let mut swapped = imports.to_vec();
    for (first, import) in imports.iter().enumerate() {
        let of_kind = |other: &CoreExtern| discriminant(other) == discriminant(import);
        let last = imports.iter().rposition(of_kind).unwrap_or(first);
        if imports.iter().position(of_kind) == Some(first) {
            swapped.swap(first, last);
        }
    }
    swapped
}

/// Changes a result according to the fault.
fn returned(fault: Fault, notes: &mut Notes, value: CoreValue) -> CoreValue {
    match (fault, value) {
        (Fault::CanonicalisesNans, value) => canonical(value),
        (Fault::DropsHighLanes, CoreValue::V128(bits)) => {
            CoreValue::V128(bits & u128::from(u64::MAX))
        }
        (
            Fault::MixesUpReferences,
            CoreValue::FuncRef(Some(_)) | CoreValue::AnyRef(Some(_)) | CoreValue::ExnRef(Some(_)),
        ) => *notes.references.entry(value.kind()).or_insert(value),
        (_, value) => value,
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
        fn func_type(&mut self, func: CoreFunc) -> Result<CoreFuncType> {
            self.inner.func_type(func)
        }
        fn memory_type(&mut self, memory: CoreMemory) -> Result<MemoryType> {
            let found = self.inner.memory_type(memory)?;
            if self.fault != Fault::RemembersWhatItSaw {
                return Ok(found);
            }
            Ok(*self.notes().sizes.entry(memory).or_insert(found))
        }
        fn memory(&mut self, memory: CoreMemory) -> Result<MemoryView<'_>> {
            let first = *self.notes().memory.get_or_insert(memory);
            match self.fault {
                Fault::ConfusesMemories => self.inner.memory(first),
                _ => self.inner.memory(memory),
            }
        }
        fn memory_grow(&mut self, memory: CoreMemory, delta: u64) -> Result<Option<u64>> {
            self.inner.memory_grow(memory, delta)
        }
        fn table_type(&mut self, table: CoreTable) -> Result<TableType> {
            self.inner.table_type(table)
        }
        fn table_at(&mut self, table: CoreTable, index: u64) -> Result<Option<CoreValue>> {
            match self.fault {
                Fault::TruncatesIndices => self.inner.table_at(table, index & 0xffff_ffff),
                _ => self.inner.table_at(table, index),
            }
        }
        fn set_table_at(&mut self, table: CoreTable, index: u64, value: CoreValue) -> Result<()> {
            match self.fault {
                Fault::TruncatesIndices => {
                    self.inner.set_table_at(table, index & 0xffff_ffff, value)
                }
                _ => self.inner.set_table_at(table, index, value),
            }
        }
        fn global_type(&mut self, global: CoreGlobal) -> Result<GlobalType> {
            self.inner.global_type(global)
        }
        fn set_global(&mut self, global: CoreGlobal, value: CoreValue) -> Result<()> {
            self.inner.set_global(global, value)
        }
        fn fuel_consumed(&self) -> Option<u64> {
            let used = self.inner.fuel_consumed();
            used.map(|used| {
                if self.fault == Fault::CountsNoFuel {
                    0
                } else {
                    used
                }
            })
        }
    };
}

impl CoreStore for SabotagedStore {
    forward!();

    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        let failed = self.inner.failed_instance();
        if self.fault != Fault::RepeatsFailedInstances {
            return failed;
        }
        let mut notes = self.notes();
        notes.failed = failed.or(notes.failed);
        notes.failed
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        self.inner.export(self.shown(instance), name)
    }

    fn instantiate(
        &mut self,
        module: &CoreModule,
        imports: &[CoreExtern],
    ) -> Result<CoreInstanceId> {
        self.names.learn(module, imports)?;
        let identity = Arc::as_ptr(module.ty()?).addr();
        let before = self.made.iter().find(|(made, _)| *made == identity);
        if let (Fault::ReusesInstances, Some((_, instance))) = (self.fault, before) {
            return Ok(*instance);
        }
        let copies = match self.fault {
            Fault::UndoesWrites => self.copies(imports)?,
            _ => Vec::new(),
        };
        let swapped = match self.fault {
            Fault::SwapsImports => swapped(imports),
            _ => imports.to_vec(),
        };
        self.starting.store(true, Ordering::Relaxed);
        if self.fault == Fault::InstantiatesTwice {
            self.inner.instantiate(module, &swapped)?;
        }
        let made = self.inner.instantiate(module, &swapped);
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
        let notes = self.notes.clone();
        let last = Mutex::new(Vec::new());
        let name = built_in::Name::default();
        let own_name = name.clone();
        let func: HostFn = Arc::new(move |caller, args, results| {
            let name = own_name.get().map_or("", |name| name.as_str());
            if let Some(outcome) = built_in::instead(fault, name, results) {
                return outcome;
            }
            if fault == Fault::IsDeafDuringStart && starting.load(Ordering::Relaxed) {
                return Ok(());
            }
            notes.lock().unwrap().host_calls += 1;
            let Notes {
                host_calls,
                host_failures,
                ..
            } = *notes.lock().unwrap();
            if fault == Fault::SkipsEverySecondHostCall && host_calls % 2 == 0 {
                return Ok(());
            }
            if fault == Fault::CountsFailuresAsLevels && host_failures > 4 {
                return Err(Error::limit(Limit::HostDepth));
            }
            let before: Vec<CoreValue> = take(&mut *last.lock().unwrap());
            if fault == Fault::LeavesOldResults && before.len() == results.len() {
                results.copy_from_slice(&before);
            }
            let mut caller = SabotagedCaller {
                inner: caller,
                fault,
                notes: notes.clone(),
            };
            let outcome = func(&mut caller, args, results);
            *last.lock().unwrap() = results.to_vec();
            match outcome {
                Err(error) if fault == Fault::WrapsHostErrors => {
                    Err(Error::engine(error.message().to_string()))
                }
                Err(error) => {
                    notes.lock().unwrap().host_failures += 1;
                    Err(error)
                }
                Ok(()) => {
                    let called = &mut notes.lock().unwrap().built_ins;
                    built_in::returned(fault, name, called, results);
                    Ok(())
                }
            }
        });
        let made = self.inner.host_func(ty, func)?;
        self.names.add(made, name);
        Ok(made)
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
        let args: Vec<CoreValue> = args
            .iter()
            .map(|arg| match (self.fault, arg) {
                (Fault::TakesZeroForNull, CoreValue::ExternRef(Some(0))) => {
                    CoreValue::ExternRef(None)
                }
                (_, arg) => *arg,
            })
            .collect();
        let called = match (self.inner.call(func, &args, results), self.fault) {
            (Err(e), Fault::OverlooksHostErrors) if *e.kind() == ErrorKind::Host => Ok(()),
            (called, _) => called,
        };
        if let Err(error) = &called {
            self.trapped |= error.as_trap().is_some();
            assert!(
                self.fault != Fault::PanicsOnTraps || error.as_trap().is_none(),
                "{error}"
            );
            if self.fault == Fault::ClobbersResults {
                results
                    .iter_mut()
                    .for_each(|slot| *slot = CoreValue::I32(0));
            }
        }
        if called.is_ok() {
            let mut notes = self.notes.lock().unwrap();
            for slot in results.iter_mut() {
                *slot = returned(self.fault, &mut notes, *slot);
            }
            if self.fault == Fault::ReversesResults {
                results.reverse();
            }
        }
        called.map_err(|error| blame(self.fault, error))
    }

    fn call_numeric(&mut self, func: &NumericFunc, bits: &mut [u64]) -> Result<()> {
        self.inner.call_numeric(func, bits)?;
        if self.fault == Fault::LosesHighHalves {
            bits.iter_mut()
                .take(1)
                .for_each(|bits| *bits &= 0xffff_ffff);
        }
        Ok(())
    }

    fn memory_and_host(
        &mut self,
        memory: CoreMemory,
    ) -> Result<Option<(&mut [u8], &mut HostState)>> {
        let first = *self.notes().memory.get_or_insert(memory);
        match self.fault {
            Fault::ConfusesMemories => self.inner.memory_and_host(first),
            _ => self.inner.memory_and_host(memory),
        }
    }

    fn memory_copy(
        &mut self,
        from: (CoreMemory, u64),
        to: (CoreMemory, u64),
        len: u64,
    ) -> Result<()> {
        if self.fault != Fault::CopiesForwards || !(10_000..=65_536).contains(&len) {
            return self.inner.memory_copy(from, to, len);
        }
        let mut source = self.inner.memory(from.0)?.read_vec(0, 65_536)?;
        let [from, at, len] = [from.1, to.1, len].map(|n| usize::try_from(n).unwrap());
        for i in 0..len {
            source.copy_within(from + i..=from + i, at + i);
        }
        self.inner.memory(to.0)?.write(0, &source)
    }

    fn call_suspendable(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        let replaced = built_in::entered(self.fault, &self.notes().built_ins, args, results);
        if let Some(outcome) = replaced {
            return outcome.map(|()| None);
        }
        self.inner.call_suspendable(func, args, results)
    }

    fn resume(
        &mut self,
        suspended: Suspended,
        values: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        let mut values = values.to_vec();
        if self.fault == Fault::ResumesWithZeroes {
            for value in &mut values {
                *value = match value {
                    CoreValue::I64(_) => CoreValue::I64(0),
                    _ => CoreValue::I32(0),
                };
            }
        }
        self.inner.resume(suspended, &values, results)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        match (self.inner.global(global), self.fault) {
            (Err(_), Fault::TakesForeignGlobals) => Ok(CoreValue::I32(0)),
            (Ok(value), Fault::RemembersWhatItSaw) => {
                Ok(*self.notes().globals.entry(global).or_insert(value))
            }
            (value, _) => value,
        }
    }
}

/// A store with a fault, as a host function sees it.
struct SabotagedCaller<'a> {
    inner: &'a mut dyn CoreCaller,
    fault: Fault,
    notes: Arc<Mutex<Notes>>,
}

impl SabotagedCaller<'_> {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap()
    }
}

impl CoreStore for SabotagedCaller<'_> {
    forward!();

    fn failed_instance(&mut self) -> Option<CoreInstanceId> {
        self.inner.failed_instance()
    }

    fn export(&mut self, instance: CoreInstanceId, name: &str) -> Option<CoreExtern> {
        self.inner.export(instance, name)
    }

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

    fn call_suspendable(
        &mut self,
        func: CoreFunc,
        args: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        self.inner.call_suspendable(func, args, results)
    }

    fn resume(
        &mut self,
        suspended: Suspended,
        values: &[CoreValue],
        results: &mut [CoreValue],
    ) -> Result<Option<Suspended>> {
        self.inner.resume(suspended, values, results)
    }

    fn global(&mut self, global: CoreGlobal) -> Result<CoreValue> {
        self.inner.global(global)
    }
}

impl CoreCaller for SabotagedCaller<'_> {
    fn caller_export(&mut self, name: &str) -> Option<CoreExtern> {
        let found = self.inner.caller_export(name);
        match self.fault {
            Fault::HidesTheCaller => None,
            Fault::ConfusesCallers => {
                let mut notes = self.notes();
                *notes.exports.entry(name.to_string()).or_insert(found)
            }
            Fault::ShowsMoreExports if name == "start" => {
                let ty = CoreFuncType::new([], []);
                let made = self.inner.host_func(ty, Arc::new(|_, _, _| Ok(())));
                made.ok().map(CoreExtern::Func)
            }
            _ => found,
        }
    }

    fn as_store(&mut self) -> &mut dyn CoreStore {
        self
    }
}
