//! A running core module, as users hold it.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::core::{CoreExtern, CoreFunc, CoreInstanceId, CoreStore, CoreValue};
use seam_core::{
    CoreInstance, CorePath, Entry, Error, ErrorKind, Exit, ExportName, Func, Instance, Interface,
    Observed, Query, Resource, Result, Snapshot, Value, token,
};

use super::scalar::{lift_results, lower};
use crate::cores::Cores;
use crate::host::Host;
use crate::snapshot;

/// An instance of a core module over a core engine's store.
pub(super) struct CoreModuleInstance {
    store: Box<dyn CoreStore>,
    interface: Arc<Interface>,
    backend: Arc<str>,
    /// Names of the exported functions, in the order of [`Interface::export_funcs`].
    exports: Arc<[String]>,
    /// The same functions, as far as they have been resolved.
    funcs: Vec<Option<Resolved>>,
    cores: Cores,
    id: CoreInstanceId,
    state: State,
    owner: u64,
    /// What [`Instance::observed`] shows if the engine has lost the layer's state.
    lost: Observed,
}

#[derive(Clone, Copy)]
struct Resolved {
    func: CoreFunc,
    results: usize,
}

/// How far an instance has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its start function trapped: it is there to be looked at.
    Failed,
    /// It is made; a reactor has not been initialised.
    Ready,
    /// A reactor has been initialised, or there was nothing to initialise.
    Initialised,
}

impl CoreModuleInstance {
    pub(super) fn new(
        store: Box<dyn CoreStore>,
        interface: Arc<Interface>,
        backend: Arc<str>,
        exports: Arc<[String]>,
        cores: Cores,
        id: CoreInstanceId,
        state: State,
    ) -> Self {
        let funcs = vec![None; exports.len()];
        Self {
            store,
            interface,
            backend,
            exports,
            funcs,
            cores,
            id,
            state,
            owner: token(),
            lost: Observed::default(),
        }
    }

    /// What has to happen before the export of this name runs: a reactor is initialised by its first
    /// call, once, whatever comes of it.
    fn enter(&mut self, export: &str) -> Result<()> {
        match self.state {
            State::Initialised => return Ok(()),
            State::Failed => {
                return Err(Error::misuse(
                    "expected an instance that has started, found one whose start function trapped",
                ));
            }
            State::Ready => self.state = State::Initialised,
        }
        let initializer = Entry::initializer(&self.interface);
        let Some(name) = initializer.filter(|name| *name != export) else {
            return Ok(());
        };
        let Some(CoreExtern::Func(func)) = self.store.export(self.id, name) else {
            return Ok(());
        };
        let ty = self.store.func_type(func)?;
        if !ty.params.is_empty() || !ty.results.is_empty() {
            // Some function of that name, and not a reactor's.
            return Ok(());
        }
        let initialised = self.store.call(func, &[], &mut []);
        initialised.map_err(|e| e.during(format!("call {name}")))
    }

    fn resolved(&mut self, index: usize) -> Result<Resolved> {
        if let Some(Some(resolved)) = self.funcs.get(index) {
            return Ok(*resolved);
        }
        let name = self.exports.get(index).map_or("", String::as_str);
        let Some(CoreExtern::Func(func)) = self.store.export(self.id, name) else {
            return Err(Error::engine(format!(
                "expected an exported function `{name}`, found none"
            )));
        };
        let results = self.store.func_type(func)?.results.len();
        let resolved = Resolved { func, results };
        if let Some(slot) = self.funcs.get_mut(index) {
            *slot = Some(resolved);
        }
        Ok(resolved)
    }

    fn call_values(&mut self, func: &Func, args: &[Value]) -> Result<Option<Value>> {
        let index = func.index(self.owner)?;
        func.ty().check_args(args)?;
        let exports = self.exports.clone();
        self.enter(exports.get(index).map_or("", String::as_str))?;
        let Resolved {
            func: core,
            results,
        } = self.resolved(index)?;
        let args: Result<Vec<CoreValue>> = args.iter().map(lower).collect();
        let mut results = vec![CoreValue::I32(0); results];
        self.store.call(core, &args?, &mut results)?;
        lift_results(func.ty(), &results)
    }

    /// Calls the entry; its result says how the program ended.
    fn run_entry(&mut self, name: &ExportName) -> Result<Exit> {
        let func = self.func(name)?;
        match self.call_values(&func, &[]) {
            // The flattened discriminant of a `result`; of a command, nothing.
            Ok(Some(Value::S32(0)) | None) => Ok(Exit::new(0)),
            Ok(Some(_)) => Ok(Exit::new(1)),
            Err(error) => match error.kind() {
                ErrorKind::Exit(code) => Ok(Exit::new(*code)),
                _ => Err(error.during(format!("call {name}"))),
            },
        }
    }

    fn named<T>(&self, result: Result<T>, operation: impl FnOnce() -> String) -> Result<T> {
        result.map_err(|e| e.during(operation()).on(self.backend.to_string()))
    }
}

#[async_trait]
impl Instance for CoreModuleInstance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let (found, ty) = self.interface.func(name)?;
        let exports = self.interface.export_funcs();
        let index = exports.iter().position(|(export, _)| export == found);
        let index = index.and_then(|index| u32::try_from(index).ok());
        let index = index
            .ok_or_else(|| Error::engine(format!("expected an index for `{found}`, found none")))?;
        Ok(Func::new(found.clone(), ty.clone(), self.owner, index))
    }

    fn call_blocking(&mut self, func: &Func, args: &[Value], out: &mut Vec<Value>) -> Result<()> {
        out.clear();
        let result = self.call_values(func, args);
        out.extend(self.named(result, || format!("call {}", func.name()))?);
        Ok(())
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        let entry = match Entry::of(&self.interface) {
            Ok(Entry::Run(name)) => Ok(name),
            Ok(Entry::Start) => Ok(ExportName::root("_start")),
            Ok(other) => Err(Error::engine(format!(
                "expected a known entry, found {other:?}"
            ))),
            Err(error) => Err(error),
        };
        let exit = entry.and_then(|name| self.run_entry(&name));
        self.named(exit, || "run".into())
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        Ok(self.cores.list())
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let store = &mut *self.store;
        let result = self.cores.check(store, at, export, args);
        let result = result.and_then(|()| self.enter(export));
        let store = &mut *self.store;
        let result = result.and_then(|()| self.cores.call(store, at, export, args));
        self.named(result, || format!("call {export} of core instance {at}"))
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        let memory = self.cores.memory(&mut *self.store, at, export);
        let bytes = memory.and_then(|memory| memory.read_vec(offset, len));
        self.named(bytes, || {
            format!("read memory {export} of core instance {at}")
        })
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let memory = self.cores.memory(&mut *self.store, at, export);
        let written = memory.and_then(|mut memory| memory.write(offset, bytes));
        self.named(written, || {
            format!("write memory {export} of core instance {at}")
        })
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        let taken = snapshot::take(&self.cores, &mut *self.store, query);
        self.named(taken, || "take a snapshot".into())
    }

    fn observed(&mut self) -> &Observed {
        match Host::of(&mut *self.store) {
            Ok(host) => host.world.observed(),
            Err(_) => &self.lost,
        }
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let name = resource.ty().name();
        let foreign = Error::misuse(format!(
            "expected a resource of this instance, found a {name} of another: a core module has none"
        ));
        self.named(Err(foreign), || format!("drop a {name}"))
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.store.fuel_consumed()
    }
}
