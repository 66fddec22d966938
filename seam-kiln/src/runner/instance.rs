//! An instance in kiln's own runner.

use std::sync::Arc;

use async_trait::async_trait;
use seam_core::{
    CanonTrap, Capability, CoreInstance, CorePath, CoreValue, Entry, Error, Exit, ExportName, Func,
    Instance, Interface, Observed, Query, Resource, Result, Snapshot, Value, WorldState, token,
};

use super::{NAME, accept, guarded};
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
        })
    }

    fn call_values(&mut self, func: &Func, args: &[Value]) -> Result<Option<Value>> {
        func.index(self.owner)?;
        func.ty().check_args(args)?;
        let is_entry = |entry: &(ExportName, String)| entry.0 == *func.name();
        if self.entry.as_ref().is_some_and(is_entry) {
            return self.call_entry();
        }
        let (component, export) = (&mut self.component, func.name().item());
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

    /// Calls the command's `run`.
    fn call_entry(&mut self) -> Result<Option<Value>> {
        let Some((_, core)) = &self.entry else {
            return Err(Error::engine("expected a command's entry, found none"));
        };
        let component = &mut self.component;
        guarded(of_execution, || component.execute(core)).and_then(outcome)
    }
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

    fn call_blocking(&mut self, func: &Func, args: &[Value], out: &mut Vec<Value>) -> Result<()> {
        out.clear();
        let result = self.call_values(func, args);
        let named = result.map_err(|e| e.during(format!("call {}", func.name())).on(NAME));
        out.extend(named?);
        Ok(())
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        let result = match Entry::of(&self.interface) {
            Ok(Entry::Run(name)) => {
                let result = self.call_entry();
                result.map_err(|e| e.during(format!("call {name}")))
            }
            Ok(_) => Err(Error::engine("expected a command's entry, found another")),
            Err(error) => Err(error),
        };
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
