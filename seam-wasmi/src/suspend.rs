//! Calls that a host function suspends.

use seam_core::{
    CoreFunc, CoreType, CoreValue, Result, Suspended, check_core_args, check_core_call,
    check_core_room,
};
use wasmi::{ResumableCallHostTrap, Val};

use crate::call::{begin, failed, guarded, in_slices, next_slice, on_enough};
use crate::convert::{core_value, func, val};
use crate::error::HostFailure;
use crate::state::AnyStore;
use crate::types::core_func_type;

/// What is needed to resume a call.
struct State {
    trap: ResumableCallHostTrap,
    /// The number of results of the function that was called.
    results: usize,
}

/// Calls a function that a host function may suspend.
pub(crate) fn call<C: AnyStore>(
    ctx: &mut C,
    handle: CoreFunc,
    args: &[CoreValue],
    results: &mut [CoreValue],
) -> Result<Option<Suspended>> {
    let entry = func(ctx, handle)?;
    let native = entry.func;
    check_core_call(entry.ty(ctx), args, results)?;
    ctx.state_mut().start_clock();
    let args = args.iter().map(|arg| val(ctx, *arg));
    let args: Vec<Val> = args.collect::<Result<_>>()?;
    let mut vals = vec![Val::I32(0); results.len()];
    let trap = on_enough(ctx, |ctx| {
        guarded(ctx, |ctx| {
            let state = begin(ctx, native, &args, &mut vals)?;
            in_slices(ctx, state, &mut vals)
        })
    })?;
    ended(ctx, trap, &vals, results)
}

/// Continues a suspended call.
pub(crate) fn resume<C: AnyStore>(
    ctx: &mut C,
    suspended: Suspended,
    values: &[CoreValue],
    results: &mut [CoreValue],
) -> Result<Option<Suspended>> {
    check_core_args(suspended.results(), values)?;
    let state: State = suspended.into_state(ctx.state().number)?;
    check_core_room(state.results, results)?;
    ctx.state_mut().start_clock();
    let values = values.iter().map(|value| val(ctx, *value));
    let values: Vec<Val> = values.collect::<Result<_>>()?;
    let mut vals = vec![Val::I32(0); results.len()];
    let trap = on_enough(ctx, |ctx| {
        guarded(ctx, |ctx| {
            next_slice(ctx, 0);
            let resumed = state.trap.resume(&mut *ctx, &values, &mut vals);
            let state = resumed.map_err(|error| failed(ctx, error))?;
            in_slices(ctx, state, &mut vals)
        })
    })?;
    ended(ctx, trap, &vals, results)
}

/// Returns the results, or the call if a host function has suspended it.
fn ended<C: AnyStore>(
    ctx: &mut C,
    trap: Option<ResumableCallHostTrap>,
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
        return Err(failed(ctx, trap.into_host_error()));
    }
    let host = core_func_type(&trap.host_func().ty(&*ctx));
    let awaited: Vec<CoreType> = host.results.to_vec();
    let (number, results) = (ctx.state().number, results.len());
    Ok(Some(Suspended::new(
        number,
        awaited,
        State { trap, results },
    )))
}
