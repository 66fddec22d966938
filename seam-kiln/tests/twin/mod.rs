//! The twin: kiln's library API over wasmi.
//!
//! It always has the restrictions of kiln's *interface*: host functions cannot call the engine; there
//! is one handler, which finds imports by name, and which only calls by the importing instance reach;
//! arguments arrive reversed; only the first result counts; a loaded module has one instance; and
//! capacities are fixed. kiln's *semantic* faults are switches, see [`Fault`], and so is kiln's
//! feature `wasi`, see [`Twin::with_feature_wasi`].

#![allow(dead_code, unused_imports, reason = "each test file uses its part")]
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests; a missing member of a JSON value reads as null"
)]

mod error;
mod fault;
mod module;
mod object;
pub(crate) mod odd;
mod refs;
pub(crate) mod report;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use seam_core::{Capabilities, Capability, CoreFuncType, CoreType};
use seam_kiln::{
    HostImportHandler, Kiln, KilnError, KilnGlobal, KilnMemory, KilnResult, KilnTable, KilnValue,
};
use wasmi::{
    Config, Engine, Extern, ExternType, Func, Global, Linker, Memory, Module, ResumableCall, Store,
    Table, Val, ValType,
};

pub(crate) use fault::Faults;
pub(crate) use seam_kiln::Fault;

use error::{HostCall, of_call, of_instantiation};
use object::{TwinGlobal, TwinMemory, TwinTable};
use refs::Refs;

/// The faults that need a proposal which wasmi lacks.
pub(crate) const BEYOND_THE_TWIN: &[(Fault, Capability)] = &[
    (Fault::UnsharedWait, Capability::Threads),
    (Fault::ImportedTags, Capability::Exceptions),
];

/// A store that the engine shares with memories, tables and globals. Nobody holds the lock while the
/// host runs.
pub(crate) type SharedStore = Arc<Mutex<Store<Refs>>>;

pub(crate) fn lock(store: &SharedStore) -> MutexGuard<'_, Store<Refs>> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An engine in kiln's shape.
pub(crate) struct Twin {
    engine: Engine,
    store: SharedStore,
    modules: Vec<Loaded>,
    instances: Vec<wasmi::Instance>,
    handler: Option<Box<dyn HostImportHandler>>,
    faults: Faults,
    /// Whether arguments of indirect calls arrive in order.
    feature_wasi: bool,
}

struct Loaded {
    module: Module,
    /// How many functions it has, including imported ones.
    funcs: u32,
    /// The linked imports, by module and field name.
    links: HashMap<(String, String), (u32, String)>,
    /// The imported functions that the module's code does not call directly.
    not_called: HashSet<(String, String)>,
    /// Whether the module was instantiated: instances of one load share state.
    used: bool,
}

const MOST: usize = 32;

/// Handles of instances count from 1, and the ids that references use count from 0.
const FIRST: u32 = 1;

fn full() -> KilnError {
    KilnError::new(KilnError::CAPACITY, 1016, "DirectMap capacity exceeded")
}

fn not_found(message: &'static str) -> KilnError {
    KilnError::new(KilnError::RUNTIME, 2010, message)
}

impl Twin {
    /// Makes a fresh engine without faults.
    pub(crate) fn new() -> KilnResult<Self> {
        Self::with(Faults::none())
    }

    /// Makes a fresh engine that acts as kiln does with its feature `wasi`: arguments of a host
    /// function arrive in order if it is called through a table, and reversed otherwise.
    pub(crate) fn with_feature_wasi() -> KilnResult<Self> {
        Ok(Self {
            feature_wasi: true,
            ..Self::new()?
        })
    }

    /// Makes a fresh engine with these faults.
    pub(crate) fn with(faults: Faults) -> KilnResult<Self> {
        let mut config = Config::default();
        config
            .wasm_custom_page_sizes(true)
            .wasm_wide_arithmetic(true)
            .consume_fuel(true);
        let engine = Engine::new(&config);
        let mut store = Store::new(&engine, Refs::default());
        store.set_fuel(u64::MAX).unwrap();
        Ok(Self {
            engine,
            store: Arc::new(Mutex::new(store)),
            modules: Vec::new(),
            instances: Vec::new(),
            handler: None,
            faults,
            feature_wasi: false,
        })
    }

    /// Whether a fault that is switched on shows.
    pub(crate) fn shows(fault: Fault) -> bool {
        !BEYOND_THE_TWIN.iter().any(|(beyond, _)| *beyond == fault)
    }

    fn export(&self, instance: u32, name: &str) -> Option<Extern> {
        let instance = self.instances.get(instance.checked_sub(FIRST)? as usize)?;
        instance.get_export(&*lock(&self.store), name)
    }

    /// Returns what stands for an import that is not linked: kiln asks its handler for functions, and
    /// makes up memories, tables and globals.
    ///
    /// If the calling instance does not import the function itself, because it calls through another
    /// instance's table or a re-export, kiln does not ask its handler and returns zeros.
    fn unlinked(&self, load: usize, name: (String, String), ty: &ExternType) -> Extern {
        let mut store = lock(&self.store);
        match ty {
            ExternType::Func(ty) => {
                // The twin cannot tell an indirect call from a direct one, so it takes functions that
                // are only called indirectly.
                let in_order = self.feature_wasi && self.modules[load].not_called.contains(&name);
                let results = ty.results().len();
                let (mark, zeros) = (module::mark(load), zeros(ty.results()));
                Extern::Func(Func::new(
                    &mut *store,
                    ty.clone(),
                    move |caller, args, given| {
                        if caller.get_export(&mark).is_none() {
                            given.clone_from_slice(&zeros);
                            return Ok(());
                        }
                        Err(wasmi::Error::host(HostCall {
                            module: name.0.clone(),
                            field: name.1.clone(),
                            args: args.to_vec(),
                            in_order,
                            results,
                        }))
                    },
                ))
            }
            ExternType::Memory(ty) => Extern::Memory(Memory::new(&mut *store, *ty).unwrap()),
            ExternType::Table(ty) => {
                let null = wasmi::Ref::null(ty.element());
                Extern::Table(Table::new(&mut *store, *ty, null).unwrap())
            }
            ExternType::Global(ty) => {
                let zero = Val::default_for_ty(ty.content());
                Extern::Global(Global::new(&mut *store, zero, ty.mutability()))
            }
        }
    }

    /// Asks the handler. Nobody may hold the store meanwhile.
    fn host(&mut self, call: &HostCall) -> KilnResult<Vec<Val>> {
        let mut args: Vec<KilnValue> = {
            let mut store = lock(&self.store);
            call.args
                .iter()
                .map(|arg| refs::to_kiln(&mut store, arg))
                .collect()
        };
        if !call.in_order {
            args.reverse();
        }
        let Some(handler) = &mut self.handler else {
            return Err(KilnError::new(KilnError::RUNTIME, 7000, "no host handler"));
        };
        let results = handler.call_import(&call.module, &call.field, &args)?;
        // The first result only.
        let results: Vec<KilnValue> = results.into_iter().take(1).collect();
        if results.len() != call.results {
            let message = "Drop: stack underflow";
            return Err(KilnError::new(KilnError::RUNTIME, KilnError::TRAP, message));
        }
        let mut store = lock(&self.store);
        results
            .iter()
            .map(|value| refs::to_wasmi(&mut store, value))
            .collect()
    }
}

impl Kiln for Twin {
    type Module = usize;

    fn version() -> String {
        "twin".into()
    }

    fn proposals() -> Capabilities {
        [
            Capability::Simd,
            Capability::RelaxedSimd,
            Capability::MultiMemory,
            Capability::Memory64,
            Capability::TailCalls,
            Capability::ExtendedConst,
            Capability::CustomPageSizes,
            Capability::WideArithmetic,
        ]
        .into()
    }

    fn set_host_handler(&mut self, handler: Box<dyn HostImportHandler>) {
        self.handler = Some(handler);
    }

    fn load_module(&mut self, wasm: &[u8]) -> KilnResult<usize> {
        if self.modules.len() >= MOST {
            return Err(full());
        }
        module::check_capacities(wasm)?;
        let (wasm, funcs) =
            module::with_all_functions(&self.faults.changed(wasm), self.modules.len());
        let module = Module::new(&self.engine, &wasm).map_err(|_| {
            KilnError::new(
                KilnError::RUNTIME,
                8000,
                "the twin could not load the module",
            )
        })?;
        lock(&self.store).data_mut().indirect_calls |= module::calls_indirectly(&wasm);
        self.modules.push(Loaded {
            module,
            funcs,
            links: HashMap::new(),
            not_called: module::not_called(&wasm),
            used: false,
        });
        Ok(self.modules.len() - 1)
    }

    fn link_import(
        &mut self,
        module: usize,
        import_module: &str,
        import_name: &str,
        provider: u32,
        export: &str,
    ) -> KilnResult<()> {
        let loaded = self
            .modules
            .get_mut(module)
            .ok_or(not_found("Module not found"))?;
        let key = (import_module.to_string(), import_name.to_string());
        loaded.links.insert(key, (provider, export.to_string()));
        Ok(())
    }

    fn instantiate(&mut self, load: usize) -> KilnResult<u32> {
        if self.instances.len() >= MOST {
            return Err(full());
        }
        let loaded = self
            .modules
            .get_mut(load)
            .ok_or(not_found("Module not found"))?;
        if std::mem::replace(&mut loaded.used, true) {
            let message = "instances of one module share their state";
            return Err(KilnError::new(KilnError::RUNTIME, 8001, message));
        }
        let (module, funcs, links) = (loaded.module.clone(), loaded.funcs, loaded.links.clone());
        let mut linker = Linker::new(&self.engine);
        linker.allow_shadowing(true);
        let mut tables = Vec::new();
        for import in module.imports() {
            let key = (import.module().to_string(), import.name().to_string());
            let item = match links.get(&key) {
                None => self.unlinked(load, key.clone(), import.ty()),
                Some((provider, export)) => {
                    let found = self.export(*provider, export);
                    found.ok_or(not_found("Export not found"))?
                }
            };
            if let Extern::Table(table) = item {
                tables.push(table);
            }
            linker.define(&key.0, &key.1, item).unwrap();
        }
        let index = u32::try_from(self.instances.len()).unwrap();
        let mut store = lock(&self.store);
        let before = object::elements(&store, &tables);
        let made = linker.instantiate_and_start(&mut *store, &module);
        let made = made.map_err(|error| of_instantiation(&error, store.data().indirect_calls));
        let instance = made.inspect_err(|error| {
            if error.category == KilnError::MEMORY && self.faults.has(Fault::DataBeforeElements) {
                object::restore(&mut store, before);
            }
        })?;
        refs::enter(&mut store, &instance, index, funcs);
        self.faults.after_instantiation(&mut store, &instance);
        drop(store);
        self.instances.push(instance);
        Ok(index + FIRST)
    }

    fn execute(
        &mut self,
        instance: u32,
        export: &str,
        args: &[KilnValue],
    ) -> KilnResult<Vec<KilnValue>> {
        let Some(Extern::Func(func)) = self.export(instance, export) else {
            return Err(not_found("Function not found in exports"));
        };
        let (args, mut results) = {
            let mut store = lock(&self.store);
            let ty = func.ty(&*store);
            if ty.params().len() != args.len() {
                return Err(KilnError::new(KilnError::RUNTIME, 6001, "arity mismatch"));
            }
            let args: KilnResult<Vec<Val>> = args
                .iter()
                .map(|arg| refs::to_wasmi(&mut store, arg))
                .collect();
            (args?, zeros(ty.results()))
        };
        let mut call = func.call_resumable(&mut *lock(&self.store), &args, &mut results);
        loop {
            match call {
                Ok(ResumableCall::Finished) => break,
                Ok(ResumableCall::OutOfFuel(_)) => {
                    lock(&self.store).set_fuel(0).unwrap();
                    return Err(error::out_of_fuel());
                }
                Ok(ResumableCall::HostTrap(trap)) => {
                    let call_of_host = trap.host_error().downcast_ref::<HostCall>().cloned();
                    let given = self.host(&call_of_host.unwrap())?;
                    call = trap.resume(&mut *lock(&self.store), &given, &mut results);
                }
                Err(error) => {
                    let mut store = lock(&self.store);
                    return Err(of_call(&error, &mut store));
                }
            }
        }
        let mut store = lock(&self.store);
        Ok(results
            .iter()
            .map(|value| refs::to_kiln(&mut store, value))
            .collect())
    }

    fn instance_id(&self, instance: u32) -> KilnResult<u32> {
        instance
            .checked_sub(FIRST)
            .ok_or(not_found("Instance not found"))
    }

    fn function_type(&self, instance: u32, index: u32) -> KilnResult<CoreFuncType> {
        let store = lock(&self.store);
        // An instance that failed has no handle.
        let found = instance
            .checked_sub(FIRST)
            .and_then(|id| store.data().func(id, index));
        let func = found.or_else(|| store.data().func(instance, index));
        let ty = func
            .ok_or(not_found("Function index not found"))?
            .ty(&*store);
        let types = |types: &[ValType]| types.iter().map(core_type).collect::<Vec<_>>();
        Ok(CoreFuncType::new(types(ty.params()), types(ty.results())))
    }

    fn memory_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnMemory>> {
        match self.export(instance, export) {
            Some(Extern::Memory(memory)) => Ok(Arc::new(TwinMemory(self.store.clone(), memory))),
            _ => Err(not_found("Memory export not found")),
        }
    }

    fn table_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnTable>> {
        match self.export(instance, export) {
            Some(Extern::Table(table)) => Ok(Arc::new(TwinTable(self.store.clone(), table))),
            _ => Err(not_found("Table export not found")),
        }
    }

    fn global_by_name(&self, instance: u32, export: &str) -> KilnResult<Arc<dyn KilnGlobal>> {
        match self.export(instance, export) {
            Some(Extern::Global(global)) => Ok(Arc::new(TwinGlobal(self.store.clone(), global))),
            _ => Err(not_found("Global export not found")),
        }
    }

    fn set_fuel(&mut self, fuel: u64) {
        lock(&self.store).set_fuel(fuel).unwrap();
    }

    fn remaining_fuel(&self) -> Option<u64> {
        lock(&self.store).get_fuel().ok()
    }
}

fn zeros(types: &[ValType]) -> Vec<Val> {
    types.iter().copied().map(Val::default_for_ty).collect()
}

fn core_type(ty: &ValType) -> CoreType {
    match ty {
        ValType::I32 => CoreType::I32,
        ValType::I64 => CoreType::I64,
        ValType::F32 => CoreType::F32,
        ValType::F64 => CoreType::F64,
        ValType::V128 => CoreType::V128,
        ValType::FuncRef => CoreType::FUNCREF,
        ValType::ExternRef => CoreType::EXTERNREF,
    }
}
