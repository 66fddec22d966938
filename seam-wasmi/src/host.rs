//! Calls of host functions.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{CoreFuncType, CoreValue, Error, Limit, Result, check_core_results};
use wasmi::{Caller, Val};

use crate::convert::{core_value, val};
use crate::state::{AnyStore, CoreState};

/// The store as a host function sees it, before the seam's traits are put on it.
pub(crate) type Calling<'a, 'b> = &'a mut Caller<'b, CoreState>;

/// Calls a host function for the guest; `run` gives it its view of the store.
///
/// The engine's native stack overflows, and aborts the process, some thousand calls host -> guest ->
/// host deep; so they are counted. A panic must not unwind through the engine.
///
/// # Errors
/// The host function's own error; `Host` if it panics or its results have other types;
/// `Limit(HostDepth)`, `Limit(Deadline)`.
pub(crate) fn call(
    mut caller: Calling<'_, '_>,
    ty: &CoreFuncType,
    args: &[Val],
    results: &mut [Val],
    run: impl FnOnce(Calling<'_, '_>, &[CoreValue], &mut [CoreValue]) -> Result<()>,
) -> Result<()> {
    let ctx = &mut caller;
    let state = ctx.state_mut();
    if state.depth >= state.limits.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    state.check_deadline()?;
    state.depth += 1;
    let mut values = mem::take(&mut state.scratch.values);
    values.clear();
    let outcome = call_values(ctx, ty, args, &mut values, run);
    let outcome = outcome.and_then(|()| {
        let found = values.get(args.len()..).unwrap_or_default();
        for (result, value) in results.iter_mut().zip(found) {
            *result = val(ctx, *value)?;
        }
        Ok(())
    });
    let state = ctx.state_mut();
    state.scratch.values = values;
    state.depth -= 1;
    outcome
}

/// Runs the function with `values` as room for its arguments and, after them, its results.
fn call_values(
    caller: &mut Calling<'_, '_>,
    ty: &CoreFuncType,
    args: &[Val],
    values: &mut Vec<CoreValue>,
    run: impl FnOnce(Calling<'_, '_>, &[CoreValue], &mut [CoreValue]) -> Result<()>,
) -> Result<()> {
    for arg in args {
        values.push(core_value(caller, arg)?);
    }
    for ty in &ty.results {
        values.push(CoreValue::default_of(*ty).unwrap_or(CoreValue::I32(0)));
    }
    let (args, results) = values.split_at_mut(args.len());
    let outcome = catch_unwind(AssertUnwindSafe(|| run(caller, args, results)));
    outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))?;
    check_core_results(&ty.results, results)
}
