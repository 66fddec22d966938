//! An instance in kiln's own runner.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    Args, Call, CanonTrap, Capability, CoreInstance, CorePath, CoreValue, Entry, Error, Exit,
    ExportName, Func, InFlight, Instance, Interface, Observed, Query, Resource, Result, Snapshot,
    Value, WorldState, token,
};

use super::accept;
use super::guard::{NAME, guarded};
use crate::error::{of_component_call, of_execution};
use crate::kiln::{KilnComponent, KilnValue};

/// An instance of a component in kiln's runner.
pub(super) struct RunnerInstance<C> {
    component: C,
    interface: Arc<Interface>,
    /// The command's `run` and the core export behind it, if the component is a command.
    entry: Option<(ExportName, String)>,
    owner: u64,
    world: WorldState,
    /// The arguments of the call, and then its result.
    in_flight: InFlight<(Vec<Value>, Option<Value>)>,
}

impl<C: KilnComponent> RunnerInstance<C> {
    /// Makes an instance, and checks that kiln found each of its functions.
    ///
    /// # Errors
    /// `Engine` if kiln did not find a function, or found another one.
    pub(super) fn new(component: C, interface: Arc<Interface>, world: WorldState) -> Result<Self> {
        let mut entry = None;
        let run = accept::entry(&interface);
        for (name, ty) in interface.export_funcs() {
            if Some(name) == run.as_ref() {
                let found = component.command_entry();
                let found = found.filter(|(export, _)| name.instance() == Some(export));
                let (_, core) = found.ok_or_else(|| lost(name))?;
                entry = Some((name.clone(), core));
                continue;
            }
            let wanted = (ty.params.len(), ty.result.iter().count());
            if component.direct_export(name.item()) != Some(wanted) {
                return Err(lost(name));
            }
        }
        Ok(Self {
            component,
            interface,
            entry,
            owner: token(),
            world,
            in_flight: InFlight::default(),
        })
    }

    fn begin(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        self.in_flight.clear()?;
        func.index(self.owner)?;
        let args = args.into_values(func.ty())?.into_owned();
        Ok(self.in_flight.start(func, (args, None)))
    }

    fn make(&mut self, call: &Call) -> Result<()> {
        let Some((args, result)) = self.in_flight.driving(call)? else {
            return Ok(());
        };
        let entry = self.entry.as_ref();
        let entry = entry.filter(|(name, _)| name == call.func().name());
        let made = match entry {
            Some((_, core)) => call_entry(&mut self.component, core),
            None => call_export(&mut self.component, call.func(), args),
        };
        let outcome = made.map(|made| *result = made);
        self.in_flight.driven(call, outcome)
    }

    fn named<T>(&self, result: Result<T>, func: &Func) -> Result<T> {
        result.map_err(|e| e.during(format!("call {}", func.name())).on(NAME))
    }
}

fn call_export<C: KilnComponent>(
    component: &mut C,
    func: &Func,
    args: &[Value],
) -> Result<Option<Value>> {
    let export = func.name().item();
    let mut found = guarded(of_component_call, || component.call_function(export, args))?;
    let result = found.pop();
    let checked = func.ty().check_result(result.as_ref());
    if !found.is_empty() || checked.is_err() {
        found.extend(result);
        return Err(Error::engine(format!(
            "expected a result of type {} from kiln, found {found:?}",
            func.ty()
        )));
    }
    Ok(result)
}

/// Calls a command's `run`, given the core export behind it.
fn call_entry<C: KilnComponent>(component: &mut C, core: &str) -> Result<Option<Value>> {
    guarded(of_execution, || component.execute(core)).and_then(outcome)
}

/// Lifts the result of `run`.
fn outcome(results: Vec<KilnValue>) -> Result<Option<Value>> {
    match results.as_slice() {
        [KilnValue::I32(0)] => Ok(Some(Value::ok(None))),
        [KilnValue::I32(1)] => Ok(Some(Value::err(None))),
        [KilnValue::I32(_)] => Err(Error::trap(CanonTrap::InvalidDiscriminant)),
        found => Err(Error::engine(format!(
            "expected an i32 from kiln for a command's run, found {found:?}"
        ))),
    }
}

fn lost(name: &ExportName) -> Error {
    Error::engine(format!(
        "expected kiln's runner to find the function behind `{name}`, found that it did not"
    ))
}

/// The error for a look inside a component, which kiln's runner does not allow.
fn inside<T>(operation: &str) -> Result<T> {
    let message = "expected no look at the core instances of a component, which kiln's runner does \
                   not show";
    let error = Error::unsupported(Capability::InnerGlobals, message);
    Err(error.during(operation.to_string()).on(NAME))
}

#[async_trait]
impl<C: KilnComponent> Instance for RunnerInstance<C> {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let (found, ty) = self.interface.func(name)?;
        Ok(Func::new(found.clone(), ty.clone(), self.owner, 0))
    }

    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        let call = self.begin(func, args);
        self.named(call, func)
    }

    fn drive_blocking(&mut self, call: &Call) -> Result<()> {
        let made = self.make(call);
        self.named(made, call.func())
    }

    fn take(&mut self, call: Call) -> Result<Option<Value>> {
        let taken = self.in_flight.take(&call).map(|(_, result)| result);
        self.named(taken, call.func())
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        let result =
            self.in_flight
                .clear()
                .and_then(|_| match (Entry::of(&self.interface)?, &self.entry) {
                    (Entry::Run(name), Some((_, core))) => {
                        let result = call_entry(&mut self.component, core);
                        result.map_err(|e| e.during(format!("call {name}")))
                    }
                    _ => Err(Error::engine("expected a command's entry, found another")),
                });
        let exit = result.map(|result| Exit::new(i32::from(result != Some(Value::ok(None)))));
        exit.map_err(|e| e.during("run").on(NAME))
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        inside("list core instances")
    }

    fn call_core(&mut self, _: &CorePath, _: &str, _: &[CoreValue]) -> Result<Vec<CoreValue>> {
        inside("call a core export")
    }

    fn read_memory(&mut self, _: &CorePath, _: &str, _: u64, _: usize) -> Result<Vec<u8>> {
        inside("read a memory")
    }

    fn write_memory(&mut self, _: &CorePath, _: &str, _: u64, _: &[u8]) -> Result<()> {
        inside("write a memory")
    }

    fn write_global(&mut self, _: &CorePath, _: &str, _: CoreValue) -> Result<()> {
        inside("write a global")
    }

    fn read_table(&mut self, _: &CorePath, _: &str, _: u64) -> Result<Option<CoreValue>> {
        inside("read a table")
    }

    fn write_table(&mut self, _: &CorePath, _: &str, _: u64, _: CoreValue) -> Result<()> {
        inside("write a table")
    }

    fn snapshot(&mut self, _: &Query) -> Result<Snapshot> {
        inside("take a snapshot")
    }

    fn observed(&mut self) -> &Observed {
        self.world.observed()
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let name = resource.ty().name();
        let message = format!("expected a resource of this instance, found a {name} of another");
        Err(Error::misuse(message)
            .during(format!("drop a {name}"))
            .on(NAME))
    }

    fn fuel_consumed(&self) -> Option<u64> {
        None
    }
}
