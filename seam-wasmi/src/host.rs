//! Calls of host functions.

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{CoreFuncType, CoreValue, Error, HostFn, Limit, Result, check_core_results};
use wasmi::{Caller, Val};

use crate::convert::{core_value, val};
use crate::state::{Context, Data};
use crate::store::Guest;

/// Runs a host function for the guest.
///
/// The engine's native stack overflows, and takes the process with it, some thousand calls host ->
/// guest -> host deep; so they are counted. A panic must not unwind through the engine.
///
/// # Errors
/// What the host function returns; `Host` if it panics or its results are of other types;
/// `Limit(HostDepth)`, `Limit(Deadline)`.
pub(crate) fn enter(
    caller: &mut &mut Caller<'_, Data>,
    ty: &CoreFuncType,
    func: &HostFn,
    args: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let state = caller.state_mut();
    if state.depth >= state.limits.host_depth {
        return Err(Error::limit(Limit::HostDepth));
    }
    state.check_deadline()?;
    state.depth += 1;
    let mut values = mem::take(&mut state.scratch.values);
    values.clear();
    let outcome = run(caller, ty, func, args, &mut values);
    let outcome = outcome.and_then(|()| {
        let found = values.get(args.len()..).unwrap_or_default();
        for (result, value) in results.iter_mut().zip(found) {
            *result = val(caller, *value)?;
        }
        Ok(())
    });
    let state = caller.state_mut();
    state.scratch.values = values;
    state.depth -= 1;
    outcome
}

/// Calls the function with `values` as room for arguments and results, one after the other.
fn run(
    caller: &mut &mut Caller<'_, Data>,
    ty: &CoreFuncType,
    func: &HostFn,
    args: &[Val],
    values: &mut Vec<CoreValue>,
) -> Result<()> {
    for arg in args {
        values.push(core_value(caller, arg)?);
    }
    for ty in &ty.results {
        values.push(CoreValue::default_of(*ty).unwrap_or(CoreValue::I32(0)));
    }
    let (args, results) = values.split_at_mut(args.len());
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        func(&mut Guest(&mut **caller), args, results)
    }));
    outcome.unwrap_or_else(|panic| Err(Error::panicked(&*panic)))?;
    check_core_results(&ty.results, results)
}
