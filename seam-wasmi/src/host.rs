//! Calls of host functions.

use std::mem;

use seam_core::{CoreFuncType, CoreValue, Error, Limit, Result, check_core_results, contain_host};
use wasmi::{Caller, Val};

use crate::convert::{core_value, val};
use crate::state::CoreState;

/// The store as a host function sees it, before the seam's traits are put on it.
pub(crate) type Calling<'a, 'b> = &'a mut Caller<'b, CoreState>;

/// Runs a host function for the guest, with its view of the store.
///
/// The engine's native stack overflows, and aborts the process, some thousand calls host -> guest ->
/// host deep; so they are counted. A panic must not unwind through the engine.
///
/// # Errors
/// The host function's own error; `Host` if it panics; `Limit(HostDepth)`, `Limit(Deadline)`.
#[inline]
pub(crate) fn guarded(
    caller: Calling<'_, '_>,
    run: impl FnOnce(Calling<'_, '_>) -> Result<()>,
) -> Result<()> {
    let state = caller.data_mut();
    if state.depth >= state.limits.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    state.check_deadline()?;
    state.depth += 1;
    let outcome = contain_host(|| run(caller));
    caller.data_mut().depth -= 1;
    outcome
}

/// Calls a host function over core values for the guest; `run` gives it its view of the store.
///
/// # Errors
/// Those of [`guarded`]; `Host` if the results have other types.
pub(crate) fn call(
    caller: Calling<'_, '_>,
    ty: &CoreFuncType,
    args: &[Val],
    results: &mut [Val],
    run: impl FnOnce(Calling<'_, '_>, &[CoreValue], &mut [CoreValue]) -> Result<()>,
) -> Result<()> {
    let mut values = mem::take(&mut caller.data_mut().scratch.values);
    values.clear();
    let outcome = call_values(caller, ty, args, results, &mut values, run);
    caller.data_mut().scratch.values = values;
    outcome
}

/// Runs the function with `values` as room for its arguments and, after them, its results.
fn call_values(
    mut caller: Calling<'_, '_>,
    ty: &CoreFuncType,
    args: &[Val],
    results: &mut [Val],
    values: &mut Vec<CoreValue>,
    run: impl FnOnce(Calling<'_, '_>, &[CoreValue], &mut [CoreValue]) -> Result<()>,
) -> Result<()> {
    for arg in args {
        values.push(core_value(&mut caller, arg)?);
    }
    for ty in ty.results.iter() {
        values.push(CoreValue::default_of(*ty).unwrap_or(CoreValue::I32(0)));
    }
    let (args, found) = values.split_at_mut(args.len());
    guarded(caller, |caller| run(caller, args, found))?;
    check_core_results(&ty.results, found)?;
    for (result, value) in results.iter_mut().zip(found) {
        *result = val(&mut caller, *value)?;
    }
    Ok(())
}
