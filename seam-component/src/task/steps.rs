//! Operations that call guests, in steps.
//!
//! On an engine whose host functions can call back into the guest, an operation performs its calls
//! itself, and is done when its function returns. So are the operations of the host, when no guest is
//! running. In a host function of any other engine, an operation stops at each call. Glue makes the
//! call, and the operation goes on with the results.

use std::ops::ControlFlow;
use std::sync::Arc;

use seam_core::{CoreStore, Error, NumericFn, NumericFunc, Result};

use crate::state::Running;

/// An operation that may call guests.
#[must_use]
pub(crate) enum Steps<T> {
    /// It is done.
    Done(T),
    /// Glue must make this call. Then the operation goes on.
    Call(GuestCall, After<T>),
}

/// A call of a core function.
pub(crate) struct GuestCall {
    pub(crate) func: NumericFunc,
    pub(crate) args: Vec<u64>,
}

type Continuation<T> = dyn FnOnce(&mut dyn CoreStore, Vec<u64>) -> Result<Steps<T>> + Send;

/// The steps after a call, which get its results.
pub(crate) struct After<T>(Box<Continuation<T>>);

impl<T: 'static> After<T> {
    fn new(
        after: impl FnOnce(&mut dyn CoreStore, Vec<u64>) -> Result<Steps<T>> + Send + 'static,
    ) -> Self {
        Self(Box::new(after))
    }

    /// Goes on with the results of the call.
    ///
    /// # Errors
    /// Those of the operation.
    pub(crate) fn go_on(self, store: &mut dyn CoreStore, results: Vec<u64>) -> Result<Steps<T>> {
        (self.0)(store, results)
    }
}

impl<T: 'static> Steps<T> {
    /// Continues with another operation, which gets the value of this one.
    ///
    /// # Errors
    /// Those of `next`, if this operation is done.
    pub(crate) fn then<U: 'static>(
        self,
        store: &mut dyn CoreStore,
        next: impl FnOnce(&mut dyn CoreStore, T) -> Result<Steps<U>> + Send + 'static,
    ) -> Result<Steps<U>> {
        match self {
            Steps::Done(value) => next(store, value),
            Steps::Call(call, after) => {
                let after = move |store: &mut dyn CoreStore, results| {
                    after.go_on(store, results)?.then(store, next)
                };
                Ok(Steps::Call(call, After::new(after)))
            }
        }
    }

    /// Returns the value of an operation of the host, while no guest is running.
    ///
    /// # Errors
    /// `Engine` if the operation has stopped at a call.
    pub(crate) fn done(self) -> Result<T> {
        match self {
            Steps::Done(value) => Ok(value),
            Steps::Call(..) => Err(Error::engine(
                "expected the host to make a call itself, found one that waits for glue",
            )),
        }
    }
}

type Start = dyn Fn(&mut dyn CoreStore, &[u64]) -> Result<Steps<Vec<u64>>> + Send + Sync;

/// The body of a core function that may call guests: from the bits of its arguments to those of its
/// results.
#[derive(Clone)]
pub(crate) struct InSteps(Arc<Start>);

impl InSteps {
    pub(crate) fn new(
        start: impl Fn(&mut dyn CoreStore, &[u64]) -> Result<Steps<Vec<u64>>> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(start))
    }

    /// Begins a call.
    ///
    /// # Errors
    /// Those of the operation.
    pub(crate) fn start(&self, store: &mut dyn CoreStore, args: &[u64]) -> Result<Steps<Vec<u64>>> {
        (self.0)(store, args)
    }

    /// Returns the host function that makes all calls itself.
    pub(crate) fn into_func(self) -> NumericFn {
        Arc::new(move |caller, bits| {
            let results = self.start(caller.as_store(), bits)?.done()?;
            let room = bits.get_mut(..results.len());
            let room = room.ok_or_else(|| {
                Error::engine("expected the results of a core function, found too few")
            })?;
            room.copy_from_slice(&results);
            Ok(())
        })
    }
}

/// Repeats an operation until it breaks. Each turn gets the value that the one before has returned.
///
/// # Errors
/// Those of the operation.
pub(super) fn repeat<S: 'static, T: 'static>(
    store: &mut dyn CoreStore,
    mut state: S,
    turn: impl Fn(&mut dyn CoreStore, S) -> Result<Steps<ControlFlow<T, S>>> + Send + 'static,
) -> Result<Steps<T>> {
    loop {
        match turn(store, state)? {
            Steps::Done(ControlFlow::Continue(next)) => state = next,
            Steps::Done(ControlFlow::Break(value)) => return Ok(Steps::Done(value)),
            waits => {
                return waits.then(store, move |store, flow| match flow {
                    ControlFlow::Continue(next) => repeat(store, next, turn),
                    ControlFlow::Break(value) => Ok(Steps::Done(value)),
                });
            }
        }
    }
}

/// Calls a core function. The operation gets its results.
///
/// # Errors
/// Traps and limits of the guest, if the host makes the call itself.
pub(crate) fn call_guest(
    store: &mut dyn CoreStore,
    func: &NumericFunc,
    args: &[u64],
) -> Result<Steps<Vec<u64>>> {
    if Running::of(store)?.tasks.defers {
        let call = GuestCall {
            func: func.clone(),
            args: args.to_vec(),
        };
        let after = After::new(|_, results| Ok(Steps::Done(results)));
        return Ok(Steps::Call(call, after));
    }
    let mut room = vec![0; func.len()];
    let copied = room
        .get_mut(..args.len())
        .map(|room| room.copy_from_slice(args));
    copied.ok_or_else(|| Error::engine("expected the arguments of the core function"))?;
    store.call_numeric(func, &mut room)?;
    room.truncate(func.ty().results.len());
    Ok(Steps::Done(room))
}
