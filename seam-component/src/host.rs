//! The layer's own state in a store, and what is done around every function of the host.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{CoreCaller, CoreStore, CoreValue, Error, HostFn, Result, WorldState};

/// What the layer keeps in each store: the host's side of the instance.
pub(crate) struct Host {
    /// The world, made afresh for the instance.
    pub(crate) world: WorldState,
}

impl Host {
    /// The layer's state in a store that the layer made.
    ///
    /// # Errors
    /// `Engine` if the engine has lost it.
    pub(crate) fn of<S: CoreStore + ?Sized>(store: &mut S) -> Result<&mut Self> {
        store.host().downcast_mut().ok_or_else(|| {
            Error::engine("expected the store to keep the layer's state, found other data")
        })
    }
}

/// A function of the host as a guest may call it: one level of host recursion, and a panic in it is
/// an error.
///
/// The depth is counted here and not in the engines, so that it is the same everywhere.
pub(crate) fn guarded<F>(body: F) -> HostFn
where
    F: Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
        + Send
        + Sync
        + 'static,
{
    std::sync::Arc::new(move |caller, args, results| {
        Host::of(caller)?.world.enter()?;
        let outcome = caught(|| body(caller, args, results));
        Host::of(caller)?.world.leave();
        outcome
    })
}

/// Runs code of the host; a panic in it is its error.
pub(crate) fn caught<T>(body: impl FnOnce() -> Result<T>) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(body));
    outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))
}
