//! The layer's own state in a store, and the code around every call of a host function.

use std::sync::Arc;

use seam_core::{
    CoreCaller, CoreStore, CoreValue, Error, HostFn, NumericFn, Result, States, WorldState,
    contain_host,
};

use crate::state::Running;

/// Returns the world in a store that the layer created.
///
/// A plain core module has nothing else there. A component or fused module has its running state.
///
/// # Errors
/// `Engine` if the engine has lost the state.
pub(crate) fn world_of<S: CoreStore + ?Sized>(store: &mut S) -> Result<&mut WorldState> {
    let state = store.host();
    if state.downcast_ref::<WorldState>().is_some() {
        return state.downcast_mut().ok_or_else(lost);
    }
    let running: Option<&mut Running> = state.downcast_mut();
    running.map(|running| &mut running.world).ok_or_else(lost)
}

/// Returns the state that the host functions of the instance share.
///
/// # Errors
/// Those of [`world_of`].
pub(crate) fn states_of(store: &mut dyn CoreStore) -> Result<&mut States> {
    Ok(world_of(store)?.states())
}

fn lost() -> Error {
    Error::engine("expected the store to keep the layer's state, found other data")
}

/// Wraps a host function for calls by a guest.
///
/// A call counts as one level of host recursion, and a panic becomes an error.
///
/// The layer counts the depth too, and not only the adapters, so that the limit is the same everywhere.
pub(crate) fn guarded<F>(body: F) -> HostFn
where
    F: Fn(&mut dyn CoreCaller, &[CoreValue], &mut [CoreValue]) -> Result<()>
        + Send
        + Sync
        + 'static,
{
    Arc::new(move |caller, args, results| counted(caller, |caller| body(caller, args, results)))
}

/// Like [`guarded`], for a host function over bits.
pub(crate) fn guarded_numeric<F>(body: F) -> NumericFn
where
    F: Fn(&mut dyn CoreCaller, &mut [u64]) -> Result<()> + Send + Sync + 'static,
{
    Arc::new(move |caller, bits| counted(caller, |caller| body(caller, bits)))
}

fn counted(
    caller: &mut dyn CoreCaller,
    body: impl FnOnce(&mut dyn CoreCaller) -> Result<()>,
) -> Result<()> {
    world_of(caller)?.begin_host_call()?;
    let outcome = contain_host(|| body(caller));
    world_of(caller)?.end_host_call();
    outcome
}
