//! A running preview1 module, presented as the core module that it is.
//!
//! A module with component-level types is called with the types of its component.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::typed::{LiftResult, result_from_value};
use seam_core::{
    Args, Call, CoreInstance, CoreInstanceType, CorePath, CoreValue, Entry, Error, Exit,
    ExportName, Func, InFlight, Instance, Interface, Observed, Origin, Query, Resource, Result,
    Snapshot, Value, token,
};

/// How core instances of the component are presented.
///
/// Each entry has the path in the component, the presented path and the origin. `None` means that
/// the component's instance already presents them this way.
pub(crate) struct Shown(Option<Vec<(CorePath, CorePath, Origin)>>);

impl Shown {
    /// Takes the core instances of a wrapped module, as
    /// [`Wrapped::cores`](crate::Wrapped::cores) lists them.
    pub(crate) fn new(cores: Vec<(CoreInstanceType, CorePath, Origin)>) -> Self {
        let cores = cores.into_iter();
        let cores = cores.map(|(core, path, origin)| (core.path, path, origin));
        Self(Some(cores.collect()))
    }

    pub(crate) fn as_they_are() -> Self {
        Self(None)
    }

    /// Returns the path in the component of the instance that is presented at `shown`.
    fn inside<'a>(&'a self, shown: &'a CorePath) -> Result<&'a CorePath> {
        let Some(cores) = &self.0 else {
            return Ok(shown);
        };
        let found = cores.iter().find(|(_, path, _)| path == shown);
        found.map(|(inside, ..)| inside).ok_or_else(|| {
            let known: Vec<_> = cores.iter().map(|(_, path, _)| path.to_string()).collect();
            let known = known.join(", ");
            Error::misuse(format!(
                "expected a core instance ({known}), found `{shown}`"
            ))
        })
    }

    /// Returns how an instance is presented, given its path and origin in the component.
    fn outside(&self, inside: &CorePath, origin: Origin) -> Option<(CorePath, Origin)> {
        let Some(cores) = &self.0 else {
            return Some((inside.clone(), origin));
        };
        let found = cores.iter().find(|(path, ..)| path == inside);
        found.map(|(_, path, origin)| (path.clone(), *origin))
    }
}

/// A preview1 module that runs inside its component.
pub(crate) struct Preview1Instance {
    inner: Box<dyn Instance>,
    /// The interface of the module, or `None` if it is called with the types of the component.
    core: Option<Arc<Interface>>,
    shown: Arc<Shown>,
    backend: String,
    token: u64,
    in_flight: InFlight<ModuleCall>,
}

/// A call of an export of the module.
struct ModuleCall {
    export: String,
    args: Vec<CoreValue>,
    results: Vec<CoreValue>,
}

impl Preview1Instance {
    pub(crate) fn new(
        inner: Box<dyn Instance>,
        core: Option<Arc<Interface>>,
        shown: Arc<Shown>,
        backend: String,
    ) -> Self {
        Self {
            inner,
            core,
            shown,
            backend,
            token: token(),
            in_flight: InFlight::default(),
        }
    }

    fn begin(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        self.in_flight.clear()?;
        func.index(self.token)?;
        let args = args.into_values(func.ty())?;
        let args = args.iter().map(to_core).collect::<Result<Vec<_>>>()?;
        let call = ModuleCall {
            export: func.name().to_string(),
            args,
            results: Vec::new(),
        };
        Ok(self.in_flight.start(func, call))
    }

    fn make(&mut self, call: &Call) -> Result<()> {
        // The presented path of the guest's own module.
        let main = CorePath::new([0]);
        let main = self.shown.inside(&main)?;
        let Some(state) = self.in_flight.driving(call)? else {
            return Ok(());
        };
        let results = self.inner.call_core(main, &state.export, &state.args);
        let outcome = results.map(|results| state.results = results);
        self.in_flight.driven(call, outcome)
    }

    fn result(&mut self, call: Call) -> Result<Option<Value>> {
        let mut results = self.in_flight.take(&call)?.results;
        match results.len() {
            0 => Ok(None),
            1 => results.pop().map(from_core).transpose(),
            _ => {
                let values = results.into_iter().map(from_core);
                Ok(Some(Value::Tuple(values.collect::<Result<_>>()?)))
            }
        }
    }

    fn named<T>(&self, result: Result<T>, func: &Func) -> Result<T> {
        result.map_err(|e| {
            let operation = format!("call {}", func.name());
            e.during(operation).on(self.backend.clone())
        })
    }

    /// Fails if the module is not a command that starts at `_start`.
    fn check_entry(&self) -> Result<()> {
        let Some(core) = &self.core else {
            return Ok(());
        };
        let entry = Entry::of(core).and_then(|entry| match entry {
            Entry::Start => Ok(()),
            other => Err(Error::misuse(format!(
                "expected a preview1 command that starts at `_start`, found {other:?}"
            ))),
        });
        entry.map_err(|e| e.during("run").on(self.backend.clone()))
    }
}

/// Converts a number to its core value. Exports of a core module have no other parameters.
fn to_core(value: &Value) -> Result<CoreValue> {
    Ok(match value {
        Value::S32(value) => CoreValue::I32(*value),
        Value::S64(value) => CoreValue::I64(*value),
        Value::F32(value) => CoreValue::F32(value.to_bits()),
        Value::F64(value) => CoreValue::F64(value.to_bits()),
        other => {
            let message = format!(
                "expected a number for a core function, found {}",
                other.kind()
            );
            return Err(Error::misuse(message));
        }
    })
}

fn from_core(value: CoreValue) -> Result<Value> {
    Ok(match value {
        CoreValue::I32(value) => Value::S32(value),
        CoreValue::I64(value) => Value::S64(value),
        CoreValue::F32(bits) => Value::F32(f32::from_bits(bits)),
        CoreValue::F64(bits) => Value::F64(f64::from_bits(bits)),
        other => {
            let message = format!(
                "expected a number from a core function, found {}",
                other.kind()
            );
            return Err(Error::engine(message));
        }
    })
}

#[async_trait]
impl Instance for Preview1Instance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let Some(core) = &self.core else {
            return self.inner.func(name);
        };
        let resolved = Func::resolve(core, name, self.token);
        resolved.map_err(|e| e.during(format!("resolve {name}")).on(self.backend.clone()))
    }

    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        if self.core.is_none() {
            return self.inner.start(func, args);
        }
        let call = self.begin(func, args);
        self.named(call, func)
    }

    async fn drive(&mut self, call: &Call) -> Result<()> {
        match self.core {
            None => self.inner.drive(call).await,
            Some(_) => self.drive_blocking(call),
        }
    }

    fn drive_blocking(&mut self, call: &Call) -> Result<()> {
        if self.core.is_none() {
            return self.inner.drive_blocking(call);
        }
        let made = self.make(call);
        self.named(made, call.func())
    }

    fn take(&mut self, call: Call) -> Result<Option<Value>> {
        if self.core.is_none() {
            return self.inner.take(call);
        }
        let func = call.func().clone();
        let result = self.result(call);
        self.named(result, &func)
    }

    fn take_with(&mut self, call: Call, lift: &mut dyn LiftResult) -> Result<()> {
        if self.core.is_none() {
            return self.inner.take_with(call, lift);
        }
        let ty = call.func().ty().clone();
        let value = self.take(call)?;
        result_from_value(&ty, value, lift)
    }

    async fn run(&mut self) -> Result<Exit> {
        self.in_flight.clear()?;
        self.check_entry()?;
        self.inner.run().await
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        self.in_flight.clear()?;
        self.check_entry()?;
        self.inner.run_blocking()
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        let cores = self.inner.cores()?.into_iter().filter_map(|core| {
            let (path, origin) = self.shown.outside(&core.path, core.origin)?;
            Some(CoreInstance {
                path,
                origin,
                ..core
            })
        });
        let mut cores: Vec<_> = cores.collect();
        cores.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(cores)
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        self.inner.call_core(self.shown.inside(at)?, export, args)
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        let at = self.shown.inside(at)?;
        self.inner.read_memory(at, export, offset, len)
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let at = self.shown.inside(at)?;
        self.inner.write_memory(at, export, offset, bytes)
    }

    fn write_global(&mut self, at: &CorePath, export: &str, value: CoreValue) -> Result<()> {
        let at = self.shown.inside(at)?;
        self.inner.write_global(at, export, value)
    }

    fn read_table(&mut self, at: &CorePath, export: &str, index: u64) -> Result<Option<CoreValue>> {
        let at = self.shown.inside(at)?;
        self.inner.read_table(at, export, index)
    }

    fn write_table(
        &mut self,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()> {
        let at = self.shown.inside(at)?;
        self.inner.write_table(at, export, index, value)
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        let mut snapshot = self.inner.snapshot(query)?;
        snapshot
            .instances
            .retain_mut(|core| match self.shown.outside(&core.path, core.origin) {
                Some((path, origin)) => {
                    (core.path, core.origin) = (path, origin);
                    query.all_origins || origin == Origin::Main
                }
                None => false,
            });
        snapshot.instances.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(snapshot)
    }

    fn observed(&mut self) -> &Observed {
        self.inner.observed()
    }

    fn held(&mut self) -> Vec<Resource> {
        self.inner.held()
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        self.inner.drop_resource(resource)
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.inner.fuel_consumed()
    }
}
