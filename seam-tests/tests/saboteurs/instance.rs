//! Instances with a fault.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use async_trait::async_trait;
use seam_core::{
    Args, Call, CanonTrap, CoreInstance, CorePath, CoreValue, Error, ErrorKind, Exit, ExportName,
    Func, Globals, Handle, InFlight, Instance, Limit, Observed, Program, ProgramExt, Query,
    Resource, Result, Returns, Sink, Snapshot, Source, Trap, Value, World,
};

use crate::fault::Fault;

/// An instance that several wrappers may hold.
pub(crate) type Shared = Arc<Mutex<Box<dyn Instance>>>;

/// An instance with a fault.
pub(crate) struct SabotagedInstance {
    inner: Shared,
    fault: Fault,
    component: bool,
    /// The program and world for another instance.
    again: (Arc<dyn Program>, World),
    made_at: Instant,
    trapped: bool,
    /// The first resource that it returned.
    first: Option<Resource>,
    observed: Observed,
    /// A started call that is withheld from the caller.
    kept: Option<Call>,
    /// The number of calls that were started and not taken.
    in_flight: u32,
    /// Whether a call is being driven, or its driving was interrupted.
    driving: bool,
}

impl SabotagedInstance {
    pub(crate) fn new(
        inner: Shared,
        fault: Fault,
        component: bool,
        again: (Arc<dyn Program>, World),
    ) -> Self {
        Self {
            inner,
            fault,
            component,
            again,
            made_at: Instant::now(),
            trapped: false,
            first: None,
            observed: Observed::default(),
            kept: None,
            in_flight: 0,
            driving: false,
        }
    }

    fn inner(&self) -> MutexGuard<'_, Box<dyn Instance>> {
        self.inner.lock().unwrap()
    }

    /// Returns the arguments with handles of other instances replaced.
    fn replace_handles(&self, args: &[Value]) -> Vec<Value> {
        let own = |resource: &Resource| match (&self.first, resource.handle()) {
            (Some(first), Some(handle))
                if first.handle().map(|h| h.owner()) != Some(handle.owner()) =>
            {
                first.clone()
            }
            _ => resource.clone(),
        };
        args.iter()
            .map(|arg| match arg {
                Value::Own(resource) => Value::Own(own(resource)),
                Value::Borrow(resource) => Value::Borrow(own(resource)),
                other => other.clone(),
            })
            .collect()
    }

    /// Changes an error according to the fault.
    fn blame(&mut self, error: Error) -> Error {
        self.trapped |= error.as_trap().is_some();
        match (self.fault, error.kind()) {
            (Fault::ForgetsThePath, ErrorKind::Misuse) => Error::misuse("a type is wrong"),
            (Fault::ForgetsTheCause, ErrorKind::Trap(_)) => {
                Error::trap(Trap::Other("something trapped".into()))
            }
            (Fault::BlamesTheEngineForPanics, ErrorKind::Host) => Error::engine("a panic"),
            (Fault::CallsLimitsTraps, ErrorKind::Limit(_)) => Error::trap(Trap::Unreachable),
            _ => error,
        }
    }

    /// Replaces the instance by a new one.
    fn reopen(&mut self) -> Result<()> {
        let (program, world) = &self.again;
        let made = program.instantiate_blocking(world)?;
        self.inner = Arc::new(Mutex::new(made));
        self.trapped = false;
        Ok(())
    }
}

fn says_in_flight(error: &Error) -> bool {
    *error.kind() == ErrorKind::Misuse && error.message().contains("in flight")
}

fn changed(value: Value) -> Value {
    match value {
        Value::S32(value) => Value::S32(value.wrapping_add(1)),
        Value::U8(value) => Value::U8(value.wrapping_add(1)),
        Value::Bool(value) => Value::Bool(!value),
        Value::F32(value) => Value::F32(-value),
        Value::F64(value) => Value::F64(-value),
        other => other,
    }
}

#[async_trait]
impl Instance for SabotagedInstance {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let func = self.inner().func(name);
        match (self.fault, func) {
            (Fault::ListsNoMatches, Err(_)) => Err(Error::misuse("there is no such export")),
            (Fault::MatchesVersionsExactly, Ok(func)) if func.name() != name => {
                Err(Error::misuse("the names differ"))
            }
            (_, func) => func,
        }
    }

    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        if self.trapped && self.fault == Fault::ClosesAfterATrap {
            return Err(Error::trap(CanonTrap::CannotEnter));
        }
        if self.in_flight > 0 && self.fault == Fault::RefusesASecondCall {
            return Err(Error::misuse("another call is in flight"));
        }
        let deadline = self.again.1.limits_of_instances().deadline;
        let late = deadline.is_some_and(|deadline| self.made_at.elapsed() > deadline);
        if late && self.fault == Fault::NeverStartsTheClockAnew {
            return Err(Error::limit(Limit::Deadline));
        }
        let mut func = func.clone();
        if self.trapped && self.component && self.fault == Fault::ReopensComponents {
            self.reopen()?;
            func = self.inner().func(func.name())?;
        }
        if self.fault == Fault::TakesAnyFunction {
            func = self.inner().func(func.name())?;
        }
        let started = match args {
            Args::Values(values) if self.fault == Fault::TakesAnyHandle => {
                let values = self.replace_handles(values);
                self.inner().start(&func, Args::Values(&values))
            }
            args => self.inner().start(&func, args),
        };
        self.in_flight += u32::from(started.is_ok());
        let nowhere = || InFlight::default().start(&func, ());
        match (self.fault, started) {
            (Fault::StartsASecondCall, Err(error)) if says_in_flight(&error) => Ok(nowhere()),
            (Fault::KeepsDroppedCalls, Ok(call)) => {
                self.kept = Some(call);
                Ok(nowhere())
            }
            (_, started) => started.map_err(|error| self.blame(error)),
        }
    }

    async fn drive(&mut self, call: &Call) -> Result<()> {
        if self.driving && self.fault == Fault::ForgetsInterruptedCalls {
            return Err(Error::misuse("the driving of the call was interrupted"));
        }
        self.driving = true;
        let driven = std::future::poll_fn(|cx| {
            let mut inner = self.inner();
            pin!(inner.drive(self.kept.as_ref().unwrap_or(call))).poll(cx)
        });
        let driven = driven.await;
        self.driving = false;
        driven.map_err(|error| self.blame(error))
    }

    fn drive_blocking(&mut self, call: &Call) -> Result<()> {
        if self.driving && self.fault == Fault::ForgetsInterruptedCalls {
            return Err(Error::misuse("the driving of the call was interrupted"));
        }
        let driven = self
            .inner()
            .drive_blocking(self.kept.as_ref().unwrap_or(call));
        match (self.fault, driven) {
            (Fault::TakesAnyCall, Err(error)) if *error.kind() == ErrorKind::Misuse => Ok(()),
            (_, driven) => driven.map_err(|error| self.blame(error)),
        }
    }

    fn take(&mut self, call: Call) -> Result<Option<Value>> {
        let call = self.kept.take().unwrap_or(call);
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.fault == Fault::TakesCallsEarly {
            self.inner().drive_blocking(&call)?;
        }
        let taken = self.inner().take(call);
        let value = match (self.fault, taken) {
            (Fault::TakesAnyCall, Err(error)) if *error.kind() == ErrorKind::Misuse => None,
            (_, taken) => taken.map_err(|error| self.blame(error))?,
        };
        if let Some(Value::Own(resource)) = &value {
            self.first.get_or_insert_with(|| resource.clone());
        }
        Ok(match self.fault {
            Fault::ChangesResults => value.map(changed),
            _ => value,
        })
    }

    fn call_in_one(&mut self, func: &Func, args: Args<'_>, returns: Returns<'_>) -> Result<()> {
        let call = self.start(func, args)?;
        self.drive_blocking(&call)?;
        match returns {
            Returns::Value(value) => {
                let taken = self.take(call)?;
                *value = taken.filter(|_| self.fault != Fault::ForgetsResultsInOne);
            }
            Returns::Typed(lift) => self.take_with(call, lift)?,
        }
        Ok(())
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        if self.fault == Fault::RunsNothing {
            return Ok(Exit::new(0));
        }
        let exit = self.inner().run_blocking();
        match (self.fault, exit) {
            (Fault::GuessesAnEntry, Err(error)) if *error.kind() == ErrorKind::Misuse => {
                Ok(Exit::new(0))
            }
            (_, exit) => exit.map_err(|error| self.blame(error)),
        }
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        let mut cores = self.inner().cores()?;
        if self.fault == Fault::ShowsAnInstanceTooMany {
            cores.extend(cores.first().cloned());
        }
        Ok(cores)
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let result = self.inner().call_core(at, export, args);
        result.map_err(|error| self.blame(error))
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        self.inner().read_memory(at, export, offset, len)
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        self.inner().write_memory(at, export, offset, bytes)
    }

    fn write_global(&mut self, at: &CorePath, export: &str, value: CoreValue) -> Result<()> {
        self.inner().write_global(at, export, value)
    }

    fn read_table(&mut self, at: &CorePath, export: &str, index: u64) -> Result<Option<CoreValue>> {
        self.inner().read_table(at, export, index)
    }

    fn write_table(
        &mut self,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()> {
        self.inner().write_table(at, export, index, value)
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        if self.trapped && self.fault == Fault::IsBlindAfterATrap {
            return Err(Error::engine("it trapped"));
        }
        if self.fault == Fault::ForgetsTheQuery {
            return self.inner().snapshot(&Query::new());
        }
        let mut snapshot = self.inner().snapshot(query)?;
        if self.fault == Fault::ShowsNoGlobals {
            let instances = snapshot.instances.iter_mut();
            instances.for_each(|instance| instance.globals = Globals::default());
        }
        Ok(snapshot)
    }

    fn observed(&mut self) -> &Observed {
        let mut observed = self.inner().observed().clone();
        if self.fault == Fault::RecordsNothing {
            observed.host_calls.clear();
        }
        self.observed = observed;
        &self.observed
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let dropped = self.inner().drop_resource(resource);
        match (self.fault, dropped) {
            (Fault::ForgivesMovedResources, Err(error)) if *error.kind() == ErrorKind::Misuse => {
                Ok(())
            }
            (_, dropped) => dropped,
        }
    }

    fn held(&mut self) -> Vec<Resource> {
        let mut held = self.inner().held();
        if self.fault == Fault::ForgetsTheOrder {
            held.reverse();
        }
        held
    }

    fn create_end(&mut self, source: Box<dyn Source>) -> Result<Handle> {
        self.inner().create_end(source)
    }

    fn connect(&mut self, end: &Value, sink: Box<dyn Sink>) -> Result<()> {
        self.inner().connect(end, sink)
    }

    fn drop_end(&mut self, end: &Value) -> Result<()> {
        self.inner().drop_end(end)
    }

    fn progress(&mut self) -> Result<bool> {
        self.inner().progress()
    }

    fn fuel_consumed(&self) -> Option<u64> {
        self.inner().fuel_consumed()
    }
}
