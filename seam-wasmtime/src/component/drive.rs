//! How a component's calls begin, are driven, and end.

use seam_core::{
    Args, Call, CanonTrap, Entry, Error, ErrorKind, Func, Result, Returns, Value, block_on,
};
use wasmtime::Store;

use crate::component::func::Export;
use crate::component::instance::ComponentInstance;
use crate::component::state::State;
use crate::state::HasCore;

impl ComponentInstance {
    pub(super) fn begin(&mut self, func: &Func, args: Args<'_>) -> Result<Call> {
        self.clear()?;
        let export = export(&self.exports, &self.store, func)?;
        let args = args.into_values(func.ty())?;
        let begun = export.begin(&mut self.store, args.into_owned())?;
        Ok(self.in_flight.start(func, begun))
    }

    pub(super) fn call(&mut self, func: &Func, args: Args<'_>, returns: Returns<'_>) -> Result<()> {
        if self.is_async() {
            let call = self.begin(func, args)?;
            self.make_blocking(&call)?;
            return self.result(&call, returns);
        }
        self.clear()?;
        let export = export(&self.exports, &self.store, func)?;
        export.call(&mut self.store, args, returns, &*self.program.code)
    }

    /// Gives up a call that was dropped, so that another can start.
    #[inline]
    pub(super) fn clear(&mut self) -> Result<()> {
        self.give_up_dropped();
        self.in_flight.check_room()
    }

    /// Gives up the calls that were dropped. The engine has no way to ask their tasks to end.
    #[inline]
    pub(super) fn give_up_dropped(&mut self) {
        while let Some(mut dropped) = self.in_flight.next_dropped() {
            dropped.give_up(&mut self.store);
        }
    }

    pub(super) async fn make(&mut self, call: &Call) -> Result<()> {
        // Futures of calls that suspend are large, and other calls would move them into the box that
        // `drive` returns.
        match self.has_tasks {
            true => Box::pin(self.make_task(call)).await,
            false => self.make_alone(call).await,
        }
    }

    /// Makes a call that cannot go on if it is interrupted.
    pub(super) async fn make_alone(&mut self, call: &Call) -> Result<()> {
        let asynchronous = self.is_async();
        let Some(begun) = self.in_flight.driving(call)? else {
            return Ok(());
        };
        let (store, code) = (&mut self.store, &*self.program.code);
        let outcome = if asynchronous {
            Box::pin(begun.make_async(store, code)).await
        } else {
            begun.make(store, code)
        };
        self.in_flight.driven(call, outcome)
    }

    /// Lets all calls in flight run until one of them has ended.
    pub(super) async fn make_task(&mut self, call: &Call) -> Result<()> {
        self.give_up_dropped();
        if self.in_flight.driving(call)?.is_none() {
            return Ok(());
        }
        if self.is_closed {
            return self
                .in_flight
                .driven(call, Err(Error::trap(CanonTrap::CannotEnter)));
        }
        for begun in self.in_flight.states() {
            begun.spawn(&mut self.store)?;
        }
        let Some(begun) = self.in_flight.driving(call)? else {
            return Ok(());
        };
        let outcome = begun.make_task(&mut self.store, &*self.program.code).await;
        if let Err(error) = &outcome {
            let deadlock = ErrorKind::Trap(CanonTrap::Deadlock.into());
            self.is_closed |= *error.kind() != deadlock;
        }
        self.in_flight.driven(call, outcome)
    }

    pub(super) fn make_blocking(&mut self, call: &Call) -> Result<()> {
        // A task of the event loop ends a bit later than a call that is awaited, so that more of what else
        // waits runs during the call.
        let others = self.in_flight.states().count() > 1;
        if self.has_tasks && (others || self.in_flight.states().any(|call| call.is_spawned())) {
            return block_on(self.make_task(call));
        }
        if self.is_async() {
            return block_on(self.make_alone(call));
        }
        let Some(begun) = self.in_flight.driving(call)? else {
            return Ok(());
        };
        let outcome = begun.make(&mut self.store, &*self.program.code);
        self.in_flight.driven(call, outcome)
    }

    pub(super) fn result(&mut self, call: &Call, returns: Returns<'_>) -> Result<()> {
        self.in_flight.take(call)?.result(&mut self.store, returns)
    }

    pub(super) fn value(&mut self, call: &Call) -> Result<Option<Value>> {
        let mut value = None;
        self.result(call, Returns::Value(&mut value))?;
        Ok(value)
    }

    pub(super) fn is_async(&self) -> bool {
        self.store.data().core_ref().asynchronous
    }

    pub(super) fn start_entry(&mut self) -> Result<Call> {
        let func = match Entry::of(&self.program.interface)? {
            Entry::Run(name) => self.resolve(&name)?,
            other => {
                return Err(Error::engine(format!(
                    "expected a component to start at `run`, found {other:?}"
                )));
            }
        };
        self.begin(&func, Args::Values(&[]))
    }
}

/// Returns a function that was resolved.
///
/// # Errors
/// `Misuse` for a function of another instance.
fn export<'e>(
    exports: &'e [Option<Export>],
    store: &Store<State>,
    func: &Func,
) -> Result<&'e Export> {
    let index = func.index(store.data().held.owner())?;
    let export = exports.get(index).and_then(Option::as_ref);
    export.ok_or_else(|| Error::misuse("expected a function of this instance, found another"))
}
