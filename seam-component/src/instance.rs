//! A running instance, as users hold it.

use std::task::{Poll, Waker};

use async_trait::async_trait;
use seam_core::typed::LiftResult;
use seam_core::{
    Args, Call, CoreInstance, CorePath, CoreValue, Error, Exit, ExportName, Func, Handle, InFlight,
    Instance, Observed, Query, Resource, Result, Returns, Sink, Snapshot, Source, Value, contain,
};

use crate::inner::{Base, Inner};
use crate::poll::flip;
use crate::snapshot;

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

    /// Returns the store, for a look at the layer's state.
    #[cfg(test)]
    pub(crate) fn store(&mut self) -> &mut dyn seam_core::CoreStore {
        &mut *self.base.store
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

    fn call_in_one(
        &mut self,
        func: &Func,
        mut args: Args<'_>,
        mut returns: Returns<'_>,
    ) -> Result<()> {
        self.perform(operation(func), |base, inner, in_flight| {
            clear(base, inner, in_flight)?;
            inner.call_in_one(base, func, &mut args, &mut returns)
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
