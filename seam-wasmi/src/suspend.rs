//! Calls that a host function suspends.

use std::sync::Arc;

use seam_core::{
    CoreFunc, CoreFuncType, CoreType, CoreValue, Error, Result, Suspended, check_core_args,
    check_core_call,
};
use wasmi::{ResumableCallHostTrap, Val};

use crate::call::{begin, guarded, in_slices, next_slice};
use crate::convert::{core_value, func, val};
use crate::error::{HostFailure, of_execution};
use crate::state::AnyStore;
use crate::types::core_func_type;

/// What is needed to resume a call.
struct State {
    trap: ResumableCallHostTrap,
    /// The type of the function that was called.
    ty: Arc<CoreFuncType>,
}

/// Calls a function that a host function may suspend.
pub(crate) fn call<C: AnyStore>(
    ctx: &mut C,
    handle: CoreFunc,
    args: &[CoreValue],
    results: &mut [CoreValue],
) -> Result<Option<Suspended>> {
    let entry = func(ctx, handle)?;
    let (native, ty) = (entry.func, entry.ty.clone());
    check_core_call(&ty, args, results)?;
    ctx.state_mut().start_clock();
    let args = args.iter().map(|arg| val(ctx, *arg));
    let args: Vec<Val> = args.collect::<Result<_>>()?;
    let mut vals = vec![Val::I32(0); results.len()];
    let trap = guarded(ctx, |ctx| {
        let state = begin(ctx, native, &args, &mut vals)?;
        in_slices(ctx, state, &mut vals)
    })?;
    ended(ctx, trap, ty, &vals, results)
}

/// Continues a suspended call.
pub(crate) fn resume<C: AnyStore>(
    ctx: &mut C,
    suspended: Suspended,
    values: &[CoreValue],
    results: &mut [CoreValue],
) -> Result<Option<Suspended>> {
    check_core_args(suspended.results(), values)?;
    let State { trap, ty } = suspended.into_state(ctx.state().number)?;
    if results.len() != ty.results.len() {
        let (expected, found) = (ty.results.len(), results.len());
        return Err(Error::misuse(format!(
            "expected room for {expected} results, found {found}"
        )));
    }
    ctx.state_mut().start_clock();
    let values = values.iter().map(|value| val(ctx, *value));
    let values: Vec<Val> = values.collect::<Result<_>>()?;
    let mut vals = vec![Val::I32(0); results.len()];
    let trap = guarded(ctx, |ctx| {
        next_slice(ctx, 0);
        let resumed = trap.resume(&mut *ctx, &values, &mut vals);
        let indirect = || ctx.state().calls_indirectly();
        let state = resumed.map_err(|error| of_execution(error, indirect))?;
        in_slices(ctx, state, &mut vals)
    })?;
    ended(ctx, trap, ty, &vals, results)
}

/// Returns the results, or the call if a host function has suspended it.
fn ended<C: AnyStore>(
    ctx: &mut C,
    trap: Option<ResumableCallHostTrap>,
    ty: Arc<CoreFuncType>,
    vals: &[Val],
    results: &mut [CoreValue],
) -> Result<Option<Suspended>> {
    let Some(trap) = trap else {
        let found = vals.iter().map(|val| core_value(ctx, val));
        let found: Vec<CoreValue> = found.collect::<Result<_>>()?;
        results.copy_from_slice(&found);
        return Ok(None);
    };
    let host_error = trap.host_error().downcast_ref::<HostFailure>();
    if !host_error.is_some_and(|HostFailure(error)| error.suspends()) {
        let indirect = || ctx.state().calls_indirectly();
        return Err(of_execution(trap.into_host_error(), indirect));
    }
    let host = core_func_type(&trap.host_func().ty(&*ctx));
    let awaited: Vec<CoreType> = host.results;
    let number = ctx.state().number;
    Ok(Some(Suspended::new(number, awaited, State { trap, ty })))
}
