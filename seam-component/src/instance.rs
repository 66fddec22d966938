//! A running instance, as users hold it.

use std::sync::Arc;
use std::task::{Poll, Waker};

use async_trait::async_trait;
use seam_core::typed::{LiftResult, result_from_value};
use seam_core::{
    Args, Call, CoreInstance, CorePath, CoreStore, CoreValue, Error, Exit, ExportName, Func,
    Handle, InFlight, Instance, Interface, Observed, Query, Resource, Result, Returns, Sink,
    Snapshot, Source, Value, WorldState, contain,
};

use crate::cores::Cores;
use crate::snapshot;

/// The operations that differ between components and core modules. Errors have no operation and
/// backend yet.
pub(crate) trait Inner: Send {
    /// A call in progress.
    type Call: Send;

    /// Starts a call of an exported function: [`Instance::start`].
    fn start(&mut self, base: &mut Base, func: &Func, args: Args<'_>) -> Result<Self::Call>;

    /// Drives a call until its result is ready. If it fails, the call has ended.
    fn drive(&mut self, base: &mut Base, call: &mut Self::Call) -> Result<()>;

    /// Like [`Inner::drive`], but pending while the call waits for asynchronous host functions. The waker
    /// is woken when it may go on. The default blocks the calling thread instead.
    fn poll_drive(
        &mut self,
        base: &mut Base,
        call: &mut Self::Call,
        _waker: &Waker,
    ) -> Poll<Result<()>> {
        Poll::Ready(self.drive(base, call))
    }

    /// Takes the result of a call that was driven, if the function has one.
    fn take(&mut self, base: &mut Base, func: &Func, call: Self::Call) -> Result<Option<Value>>;

    /// Like [`Inner::take`], for [`Instance::take_with`].
    fn take_with(
        &mut self,
        base: &mut Base,
        func: &Func,
        call: Self::Call,
        lift: &mut dyn LiftResult,
    ) -> Result<()> {
        let value = self.take(base, func, call)?;
        result_from_value(func.ty(), value, lift)
    }

    /// Ends a call that was dropped, driven or not. The default is for calls that leave no trace in
    /// the guest.
    fn give_up(&mut self, _base: &mut Base, _call: Self::Call) -> Result<()> {
        Ok(())
    }

    /// Makes a whole call. The default starts, drives and takes it.
    fn call_in_one(
        &mut self,
        base: &mut Base,
        func: &Func,
        args: Args<'_>,
        returns: Returns<'_>,
    ) -> Result<()> {
        call_in_steps(self, base, func, args, returns)
    }

    /// Calls a function without arguments.
    fn call_entry(&mut self, base: &mut Base, func: &Func) -> Result<Option<Value>> {
        let mut result = None;
        let returns = Returns::Value(&mut result);
        self.call_in_one(base, func, Args::Values(&[]), returns)?;
        Ok(result)
    }

    /// Resolves a function that the interface does not have. The default is for instances without
    /// inner components.
    fn inner_func(&mut self, _base: &Base, _name: &ExportName) -> Option<Result<Func>> {
        None
    }

    /// Starts the canonical entry.
    fn run(&mut self, base: &mut Base) -> Result<Exit>;

    /// Returns the canonical entry if it is an asynchronous function, whose result is the program's exit.
    /// The default is for instances whose entry blocks.
    fn async_entry(&mut self, _base: &Base) -> Result<Option<Func>> {
        Ok(None)
    }

    /// Calls an exported function of a core instance.
    fn call_core(
        &mut self,
        base: &mut Base,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>>;

    /// Returns the world that the layer keeps in the instance's store.
    fn world(store: &mut dyn CoreStore) -> Result<&mut WorldState>;

    /// Drops a resource that the host owns.
    fn drop_resource(&mut self, base: &mut Base, resource: &Resource) -> Result<()>;

    /// Creates a readable end: [`Instance::create_end`].
    fn create_end(&mut self, _base: &mut Base, _source: Box<dyn Source>) -> Result<Handle> {
        Err(Error::without_ends())
    }

    /// Connects a readable end to a sink: [`Instance::connect`].
    fn connect(&mut self, _base: &mut Base, _end: &Value, _sink: Box<dyn Sink>) -> Result<()> {
        Err(Error::without_ends())
    }

    /// Drops a readable end: [`Instance::drop_end`].
    fn drop_end(&mut self, _base: &mut Base, _end: &Value) -> Result<()> {
        Err(Error::without_ends())
    }

    /// Lets threads run: [`Instance::progress`].
    fn progress(&mut self, _base: &mut Base) -> Result<bool> {
        Ok(false)
    }

    /// Returns the guest-defined resources that the host owns. The default is for instances without
    /// resources.
    fn held(&self, _base: &mut Base) -> Vec<Resource> {
        Vec::new()
    }
}

/// Starts, drives and takes a call.
///
/// # Errors
/// Those of the steps.
pub(crate) fn call_in_steps<I: Inner + ?Sized>(
    inner: &mut I,
    base: &mut Base,
    func: &Func,
    args: Args<'_>,
    returns: Returns<'_>,
) -> Result<()> {
    let mut call = inner.start(base, func, args)?;
    inner.drive(base, &mut call)?;
    match returns {
        Returns::Value(value) => *value = inner.take(base, func, call)?,
        Returns::Typed(lift) => inner.take_with(base, func, call, lift)?,
    }
    Ok(())
}

/// The common part of every instance.
pub(crate) struct Base {
    pub(crate) store: Box<dyn CoreStore>,
    pub(crate) interface: Arc<Interface>,
    pub(crate) backend: Arc<str>,
    pub(crate) cores: Cores,
    /// The instance's token, which its functions and handles carry.
    pub(crate) owner: u64,
}

impl Base {
    /// Resolves an exported function. Its index is that in [`Interface::export_funcs`].
    ///
    /// # Errors
    /// `Misuse` that lists near matches.
    pub(crate) fn func(&self, name: &ExportName) -> Result<Func> {
        Func::resolve(&self.interface, name, self.owner)
    }
}

/// An instance in a core engine's store.
pub(crate) struct LayeredInstance<I: Inner> {
    base: Base,
    inner: I,
    /// Whether the engine has panicked. Its state is then unknown, and only the world can still be
    /// read.
    broken: bool,
    in_flight: InFlight<I::Call>,
    /// The result of [`Instance::observed`] if the engine has lost the layer's state.
    lost: Observed,
}

impl<I: Inner> LayeredInstance<I> {
    pub(crate) fn new(base: Base, inner: I) -> Self {
        let in_flight = InFlight::of(&base.interface);
        Self {
            base,
            inner,
            broken: false,
            in_flight,
            lost: Observed::default(),
        }
    }

    /// Performs an operation, and names the operation and the backend in its error.
    ///
    /// If the engine panics, this operation and every later one return an error.
    fn perform<T>(
        &mut self,
        operation: impl FnOnce() -> String,
        body: impl FnOnce(&mut Base, &mut I, &mut InFlight<I::Call>) -> Result<T>,
    ) -> Result<T> {
        let Self {
            base,
            inner,
            in_flight,
            broken,
            ..
        } = self;
        let outcome = if *broken {
            Err(Error::engine(
                "expected an instance in a known state, found one whose engine has panicked",
            ))
        } else {
            *broken = true;
            contain(|| {
                let outcome = body(base, inner, in_flight);
                *broken = false;
                outcome
            })
        };
        outcome.map_err(|e| e.during(operation()).on(base.backend.to_string()))
    }
}

#[async_trait]
impl<I: Inner> Instance for LayeredInstance<I> {
    fn func(&mut self, name: &ExportName) -> Result<Func> {
        let found = self.base.func(name);
        match found {
            Err(error) => self
                .inner
                .inner_func(&self.base, name)
                .unwrap_or(Err(error)),
            found => found,
        }
    }

    fn start(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        self.perform(operation(func), |base, inner, in_flight| {
            clear(base, inner, in_flight)?;
            let call = inner.start(base, func, args)?;
            Ok(in_flight.start(func, call))
        })
    }

    async fn drive(&mut self, call: &Call) -> Result<()> {
        let driven = std::future::poll_fn(|cx| {
            flip(
                self.perform(operation(call.func()), |base, inner, in_flight| {
                    give_up_dropped(base, inner, in_flight)?;
                    poll_drive(base, inner, in_flight, call, cx.waker())
                }),
            )
        });
        driven.await
    }

    fn drive_blocking(&mut self, call: &Call) -> Result<()> {
        self.perform(operation(call.func()), |base, inner, in_flight| {
            give_up_dropped(base, inner, in_flight)?;
            let Some(state) = in_flight.driving(call)? else {
                return Ok(());
            };
            let outcome = inner.drive(base, state);
            in_flight.driven(call, outcome)
        })
    }

    fn take(&mut self, call: Call) -> Result<Option<Value>> {
        let taken = self.perform(operation(call.func()), |base, inner, in_flight| {
            let state = in_flight.take(&call)?;
            inner.take(base, call.func(), state)
        });
        self.in_flight.recycle(call);
        taken
    }

    fn take_with(&mut self, call: Call, lift: &mut dyn LiftResult) -> Result<()> {
        let taken = self.perform(operation(call.func()), |base, inner, in_flight| {
            let state = in_flight.take(&call)?;
            inner.take_with(base, call.func(), state, lift)
        });
        self.in_flight.recycle(call);
        taken
    }

    fn call_in_one(&mut self, func: &Func, args: Args<'_>, returns: Returns<'_>) -> Result<()> {
        self.perform(operation(func), |base, inner, in_flight| {
            clear(base, inner, in_flight)?;
            inner.call_in_one(base, func, args, returns)
        })
    }

    async fn run(&mut self) -> Result<Exit> {
        let operation = || "run".to_string();
        let started = self.perform(operation, |base, inner, in_flight| {
            clear(base, inner, in_flight)?;
            let Some(func) = inner.async_entry(base)? else {
                return Ok(None);
            };
            let call = inner.start(base, &func, Args::Values(&[]))?;
            Ok(Some(in_flight.start(&func, call)))
        })?;
        let Some(call) = started else {
            return self.run_blocking();
        };
        let driven = std::future::poll_fn(|cx| {
            flip(self.perform(operation, |base, inner, in_flight| {
                poll_drive(base, inner, in_flight, &call, cx.waker())
            }))
        });
        let outcome = match driven.await {
            Ok(()) => self.perform(operation, |base, inner, in_flight| {
                let state = in_flight.take(&call)?;
                inner.take(base, call.func(), state)
            }),
            Err(error) => Err(error),
        };
        Exit::of_run(outcome)
    }

    fn run_blocking(&mut self) -> Result<Exit> {
        self.perform(
            || "run".into(),
            |base, inner, in_flight| {
                clear(base, inner, in_flight)?;
                inner.run(base)
            },
        )
    }

    fn cores(&mut self) -> Result<Vec<CoreInstance>> {
        Ok(self.base.cores.list())
    }

    fn call_core(
        &mut self,
        at: &CorePath,
        export: &str,
        args: &[CoreValue],
    ) -> Result<Vec<CoreValue>> {
        let operation = || format!("call {export} of core instance {at}");
        self.perform(operation, |base, inner, _| {
            inner.call_core(base, at, export, args)
        })
    }

    fn read_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        len: usize,
    ) -> Result<Vec<u8>> {
        let operation = || format!("read memory {export} of core instance {at}");
        self.perform(operation, |base, _, _| {
            let memory = base.cores.memory(&mut *base.store, at, export)?;
            memory.read_vec(offset, len)
        })
    }

    fn write_memory(
        &mut self,
        at: &CorePath,
        export: &str,
        offset: u64,
        bytes: &[u8],
    ) -> Result<()> {
        let operation = || format!("write memory {export} of core instance {at}");
        self.perform(operation, |base, _, _| {
            let mut memory = base.cores.memory(&mut *base.store, at, export)?;
            memory.write(offset, bytes)
        })
    }

    fn write_global(&mut self, at: &CorePath, export: &str, value: CoreValue) -> Result<()> {
        let operation = || format!("write global {export} of core instance {at}");
        self.perform(operation, |base, _, _| {
            base.cores.write_global(&mut *base.store, at, export, value)
        })
    }

    fn read_table(&mut self, at: &CorePath, export: &str, index: u64) -> Result<Option<CoreValue>> {
        let operation = || format!("read table {export} of core instance {at}");
        self.perform(operation, |base, _, _| {
            base.cores.element(&mut *base.store, at, export, index)
        })
    }

    fn write_table(
        &mut self,
        at: &CorePath,
        export: &str,
        index: u64,
        value: CoreValue,
    ) -> Result<()> {
        let operation = || format!("write table {export} of core instance {at}");
        self.perform(operation, |base, _, _| {
            let store = &mut *base.store;
            base.cores.set_element(store, at, export, index, value)
        })
    }

    fn snapshot(&mut self, query: &Query) -> Result<Snapshot> {
        let operation = || "take a snapshot".into();
        self.perform(operation, |base, _, _| {
            snapshot::take(&base.cores, &mut *base.store, query)
        })
    }

    fn observed(&mut self) -> &Observed {
        match contain(|| I::world(&mut *self.base.store)) {
            Ok(world) => world.observed(),
            Err(_) => &self.lost,
        }
    }

    fn drop_resource(&mut self, resource: &Resource) -> Result<()> {
        let operation = || format!("drop a {}", resource.ty().name());
        self.perform(operation, |base, inner, _| {
            inner.drop_resource(base, resource)
        })
    }

    fn create_end(&mut self, source: Box<dyn Source>) -> Result<Handle> {
        let operation = || "create the end of a stream or future".to_string();
        self.perform(operation, |base, inner, _| inner.create_end(base, source))
    }

    fn connect(&mut self, end: &Value, sink: Box<dyn Sink>) -> Result<()> {
        let operation = || format!("connect a {}", end.kind());
        self.perform(operation, |base, inner, _| inner.connect(base, end, sink))
    }

    fn drop_end(&mut self, end: &Value) -> Result<()> {
        let operation = || format!("drop a {}", end.kind());
        self.perform(operation, |base, inner, _| inner.drop_end(base, end))
    }

    fn progress(&mut self) -> Result<bool> {
        let operation = || "let threads run".to_string();
        self.perform(operation, |base, inner, in_flight| {
            clear(base, inner, in_flight)?;
            inner.progress(base)
        })
    }

    fn held(&mut self) -> Vec<Resource> {
        let held = self.perform(String::new, |base, inner, _| Ok(inner.held(base)));
        held.unwrap_or_default()
    }

    fn fuel_consumed(&self) -> Option<u64> {
        contain::<_, Error>(|| Ok(self.base.store.fuel_consumed())).ok()?
    }
}

fn operation(func: &Func) -> impl FnOnce() -> String {
    move || format!("call {}", func.name())
}

/// Turns a step that may be pending into the poll of a future.
pub(crate) fn flip<T>(step: Result<Poll<T>>) -> Poll<Result<T>> {
    match step {
        Ok(polled) => polled.map(Ok),
        Err(error) => Poll::Ready(Err(error)),
    }
}

/// Drives a call until it is done or waits for the host.
fn poll_drive<I: Inner>(
    base: &mut Base,
    inner: &mut I,
    in_flight: &mut InFlight<I::Call>,
    call: &Call,
    waker: &Waker,
) -> Result<Poll<()>> {
    let Some(state) = in_flight.driving(call)? else {
        return Ok(Poll::Ready(()));
    };
    match inner.poll_drive(base, state, waker) {
        Poll::Pending => Ok(Poll::Pending),
        Poll::Ready(outcome) => in_flight.driven(call, outcome).map(Poll::Ready),
    }
}

/// Clears the state for a new call.
#[inline]
fn clear<I: Inner>(
    base: &mut Base,
    inner: &mut I,
    in_flight: &mut InFlight<I::Call>,
) -> Result<()> {
    give_up_dropped(base, inner, in_flight)?;
    in_flight.check_room()
}

/// Gives up the calls that were dropped.
#[inline]
fn give_up_dropped<I: Inner>(
    base: &mut Base,
    inner: &mut I,
    in_flight: &mut InFlight<I::Call>,
) -> Result<()> {
    while let Some(dropped) = in_flight.next_dropped() {
        inner.give_up(base, dropped)?;
    }
    Ok(())
}
