//! A running component.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use async_trait::async_trait;
use seam_component::Cores;
use seam_core::typed::LiftResult;
use seam_core::{
    Args, Call, Capability, CoreInstance, CorePath, CoreValue, Error, Exit, ExportName, Func,
    Handle, InFlight, Instance, Observed, Query, Resource, Result, Returns, Sink, Snapshot, Source,
    Value, block_on,
};
use wasmtime::{AsContextMut, Store, component};

use crate::call;
use crate::component::begun::Begun;
use crate::component::ends;
use crate::component::func::Export;
use crate::component::held::HeldItem;
use crate::component::loaded::Loaded;
use crate::component::state::State;
use crate::store::WasmtimeStore;
use crate::wasi::Captured;

/// A component's instance. If its start function trapped, there is no instance of the engine's.
pub(crate) struct ComponentInstance {
    pub(super) program: Arc<Loaded>,
    pub(super) store: Store<State>,
    pub(super) instance: Option<component::Instance>,
    /// The functions that were resolved so far, by their indices.
    pub(super) exports: Vec<Option<Export>>,
    pub(super) in_flight: InFlight<Begun>,
    /// Whether several calls can be in flight, as tasks of the engine's event loop.
    pub(super) has_tasks: bool,
    /// Whether an error has ended a call of a task, so that no task can go on.
    pub(super) is_closed: bool,
    /// The core instances, once they have been needed.
    pub(super) cores: Option<Cores>,
    /// The output of the system's WASI, if the world has it.
    pub(super) captured: Option<Captured>,
}

impl ComponentInstance {
    pub(crate) fn new(
        program: Arc<Loaded>,
        store: Store<State>,
        instance: Option<component::Instance>,
        captured: Option<Captured>,
    ) -> Self {
        let has_tasks = program.is_concurrent() && program.interface.exports_async();
        let in_flight = match has_tasks {
            true => InFlight::of(&program.interface),
            false => InFlight::default(),
        };
        Self {
            program,
            store,
            instance,
            exports: Vec::new(),
            in_flight,
            has_tasks,
            is_closed: false,
            cores: None,
            captured,
        }
    }

    /// Returns the core instances and their store.
    ///
    /// # Errors
    /// `Unsupported(InnerGlobals)` if the build does not show them.
    pub(crate) fn inner(&mut self) -> Result<(&Cores, &mut Store<State>)> {
        if !self.program.sees_inside() {
            return Err(Error::unsupported(
                Capability::InnerGlobals,
                "only a build with `inner-globals` shows the core instances inside a component",
            ));
        }
        if self.cores.is_none() {
            let plan = &self.program.plan;
            self.cores = Some(plan.find(&mut self.store, &self.program.code.bytes)?);
        }
        self.store.data_mut().world.begin_outermost_call();
        let cores = self.cores.as_ref();
        let cores = cores.ok_or_else(|| Error::engine("the core instances were not listed"))?;
        Ok((cores, &mut self.store))
    }

    pub(super) fn resolve(&mut self, name: &ExportName) -> Result<Func> {
        let owner = self.store.data().held.owner();
        let func = Func::resolve(&self.program.interface, name, owner);
        let func = func.map_err(|error| self.program.not_exported(name, error))?;
        let index = func.index(owner)?;
        if self.exports.len() <= index {
            self.exports.resize(index + 1, None);
        }
        if let Some(export @ None) = self.exports.get_mut(index) {
            let instance = self.instance.as_ref().ok_or_else(|| {
                Error::misuse("expected an instance to call, found one whose start function failed")
            })?;
            let by_val = self.program.is_concurrent();
            let (store, name) = (&mut self.store, func.name());
            *export = Some(Export::find(store, instance, name, func.ty(), by_val)?);
        }
        Ok(func)
    }

    fn drop_any(&mut self, resource: &Resource) -> Result<()> {
        let Some(handle) = resource.handle() else {
            return self.drop_of_host(resource);
        };
        match self.store.data().held.at(handle)? {
            HeldItem::Resource(any, _) if any.owned() => {}
            _ => {
                return Err(Error::misuse(format!(
                    "expected an owned resource, found {handle:?}, which is borrowed"
                )));
            }
        }
        let HeldItem::Resource(any, _) = self.store.data_mut().held.take(handle)? else {
            return Ok(());
        };
        self.store.data_mut().world.begin_outermost_call();
        let armed = call::begin(&mut self.store)?;
        let outcome = if self.is_async() {
            let bounds = call::bounds(&self.store);
            block_on(call::bounded(
                bounds,
                any.resource_drop_async(&mut self.store),
            ))
        } else {
            call::synchronous(&mut self.store, |store| any.resource_drop(store))
        };
        call::end(&mut self.store, armed);
        outcome.map_err(|stop| stop.error(&*self.program.code))
    }

    /// Returns the store of a build for asynchronous components.
    fn with_ends(&mut self) -> Result<&mut Store<State>> {
        match self.program.is_concurrent() {
            true => Ok(&mut self.store),
            false => Err(Error::without_ends()),
        }
    }

    /// See [`ends::run_what_waits`].
    fn run_what_waits(&mut self) -> Result<bool> {
        self.clear()?;
        if !self.program.is_concurrent() {
            return Ok(false);
        }
        ends::run_what_waits(&mut self.store, &*self.program.code)
    }

    /// Drops a resource that the host defines: this only runs the world's destructor.
    fn drop_of_host(&mut self, resource: &Resource) -> Result<()> {
        let rep = resource.rep()?;
        let state = self.store.data_mut();
        let types = state.types.clone();
        let name = types
            .number(resource.ty().name())
            .and_then(|number| types.world_name(number));
        let name = name.ok_or_else(|| {
            Error::misuse(format!(
                "expected a resource of this instance, found {} {rep}",
                resource.ty().name()
            ))
        })?;
        state.world.drop_resource(name, rep)
    }

    /// Adds the operation and the backend to an error.
    fn at<T>(&self, outcome: Result<T>, operation: impl FnOnce() -> String) -> Result<T> {
        outcome.map_err(|e| e.during(operation()).on(self.program.info.name.clone()))
    }
}

fn operation(func: &Func) -> String {
    format!("call {}", func.name())
}

#[async_trait]
impl Instance for ComponentInstance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let resolved = self.resolve(name);
        self.at(resolved, || format!("resolve {name}"))
    }

    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        let call = self.begin(func, args);
        self.at(call, || operation(func))
    }

    async fn drive(&mut self, call: &Call) -> Result<()> {
        let made = self.make(call).await;
        self.at(made, || operation(call.func()))
    }

    fn drive_blocking(&mut self, call: &Call) -> Result<()> {
        let made = self.make_blocking(call);
        self.at(made, || operation(call.func()))
    }

    fn take(&mut self, call: Call) -> Result<Option<Value>> {
        let taken = self.value(&call);
        let value = self.at(taken, || operation(call.func()))?;
        self.in_flight.recycle(call);
        Ok(value)
    }

    fn take_with(&mut self, call: Call, lift: &mut dyn LiftResult) -> Result<()> {
        let taken = self.result(&call, Returns::Typed(lift));
        self.at(taken, || operation(call.func()))?;
        self.in_flight.recycle(call);
        Ok(())
    }

    fn call_in_one(&mut self, func: &Func, args: Args<'_>, returns: Returns<'_>) -> Result<()> {
        let called = self.call(func, args, returns);
        self.at(called, || operation(func))
    }

    async fn run(&mut self) -> Result<Exit> {
        let outcome = match self.start_entry() {
            Ok(call) => match self.make(&call).await {
                Ok(()) => self.value(&call),
                Err(error) => Err(error),
            },
            Err(error) => Err(error),
        };
        self.at(Exit::of_run(outcome), || "run".into())
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        let outcome = self.start_entry().and_then(|call| {
            self.make_blocking(&call)?;
            self.value(&call)
        });
        self.at(Exit::of_run(outcome), || "run".into())
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        let listed = self.inner().map(|(cores, _)| cores.list());
        self.at(listed, || "list core instances".into())
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let called = self.inner().and_then(|(cores, store)| {
            let call = || cores.call(&mut WasmtimeStore(store), at, export, args);
            // In a build for asynchronous components, the engine panics if code outside a task of the
            // component calls an import.
            catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|_| {
                Err(Error::engine(
                    "an inner function that calls an import cannot be called in a build with \
                     `component-async`",
                ))
            })
        });
        self.at(called, || format!("call {at} {export}"))
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        let read = self.inner().and_then(|(cores, store)| {
            let mut store = WasmtimeStore(store);
            cores.memory(&mut store, at, export)?.read_vec(offset, len)
        });
        self.at(read, || format!("read memory {at} {export}"))
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let written = self.inner().and_then(|(cores, store)| {
            let mut store = WasmtimeStore(store);
            cores.memory(&mut store, at, export)?.write(offset, bytes)
        });
        self.at(written, || format!("write memory {at} {export}"))
    }

    fn write_global(&mut self, at: &CorePath, export: &str, value: CoreValue) -> Result<()> {
        let written = self.inner().and_then(|(cores, store)| {
            cores.write_global(&mut WasmtimeStore(store), at, export, value)
        });
        self.at(written, || format!("write global {at} {export}"))
    }

    fn read_table(&mut self, at: &CorePath, export: &str, index: u64) -> Result<Option<CoreValue>> {
        let read = self
            .inner()
            .and_then(|(cores, store)| cores.element(&mut WasmtimeStore(store), at, export, index));
        self.at(read, || format!("read table {at} {export}"))
    }

    fn write_table(
        &mut self,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()> {
        let written = self.inner().and_then(|(cores, store)| {
            cores.set_element(&mut WasmtimeStore(store), at, export, index, value)
        });
        self.at(written, || format!("write table {at} {export}"))
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        let taken = self
            .inner()
            .and_then(|(cores, store)| cores.snapshot(&mut WasmtimeStore(store), query));
        self.at(taken, || "take a snapshot".into())
    }

    fn observed(&mut self) -> &Observed {
        let world = &mut self.store.data_mut().world;
        if let Some(captured) = &self.captured {
            captured.drain(world.observed_mut());
        }
        world.observed()
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let dropped = self.drop_any(resource);
        self.at(dropped, || format!("drop {}", resource.ty().name()))
    }

    fn create_end(&mut self, source: Box<dyn Source>) -> Result<Handle> {
        let world = self.with_ends().map(|store| &mut store.data_mut().world);
        let created = world.map(|world| world.create_end(source));
        self.at(created, || "create the end of a stream or future".into())
    }

    fn connect(&mut self, end: &Value, sink: Box<dyn Sink>) -> Result<()> {
        let connected = self.with_ends().and_then(|store| {
            store.data_mut().world.connect_end(end, sink)?;
            ends::settle(&mut store.as_context_mut())
        });
        self.at(connected, || format!("connect a {}", end.kind()))
    }

    fn drop_end(&mut self, end: &Value) -> Result<()> {
        let dropped = self.with_ends();
        let dropped = dropped.and_then(|store| ends::drop_end(&mut store.as_context_mut(), end));
        self.at(dropped, || format!("drop a {}", end.kind()))
    }

    fn progress(&mut self) -> Result<bool> {
        let progressed = self.run_what_waits();
        self.at(progressed, || "let threads run".into())
    }

    fn held(&mut self) -> Vec<Resource> {
        self.store.data().held.owned()
    }

    fn fuel_consumed(&self) -> Option<u64> {
        call::fuel_consumed(&self.store)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;
    use crate::Wasmtime;
    use crate::component::{CorePlan, instantiate};
    use seam_core::{Artifact, Backend, InstanceExt, World};

    #[test]
    fn resolving_by_name_again_and_again_grows_no_table() {
        let text = r#"(component
            (core module $m
                (func (export "one") (result i32) (i32.const 1))
                (func (export "two") (result i32) (i32.const 2)))
            (core instance $m (instantiate $m))
            (func (export "one") (result u32) (canon lift (core func $m "one")))
            (func (export "two") (result u32) (canon lift (core func $m "two"))))"#;
        let artifact = Artifact::from_wat("numbers", text).unwrap();
        let backend = Wasmtime::new();
        let info = Arc::new(backend.info().clone());
        let loaded = Loaded::new(backend.engine(), info, &artifact, CorePlan::of).unwrap();
        let made = block_on(instantiate(&Arc::new(loaded), &World::new()));
        let mut instance = made.unwrap_or_else(|failed| unreachable!("{failed}"));
        for _ in 0..1000 {
            let one = instance.call_blocking("one", &[]).unwrap();
            let two = instance.call_blocking("two", &[]).unwrap();
            assert_eq!((one, two), (Some(Value::U32(1)), Some(Value::U32(2))));
        }
        assert_eq!(instance.exports.len(), 2);
    }
}
