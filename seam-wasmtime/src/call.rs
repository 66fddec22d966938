//! Calls of core functions, within the limits of the store.

use std::future::Future;
use std::time::{Duration, Instant};

use seam_core::{CoreFunc, CoreValue, Error, Result, block_on, check_core_bits, check_core_call};
use wasmtime::{AsContext, AsContextMut, RootScope, StoreContextMut, Val};

use crate::broken::{Broken, contained};
use crate::convert::{self, from_val, misfit, to_val};
use crate::deadline::{advance_epoch, until};
use crate::error::{Code, run_error};
use crate::runtime::InRuntime;
use crate::stack::{self, Begin};
use crate::state::HasCore;
use crate::types::has_refs;

/// Why a call ended without a result.
pub(crate) enum Stop {
    /// The engine's error.
    Guest(wasmtime::Error),
    /// The seam's own error, e.g. a deadline.
    Seam(Error),
}

impl Stop {
    /// Maps this to an error of the seam.
    pub(crate) fn error(self, code: &dyn Code) -> Error {
        match self {
            Stop::Guest(error) => run_error(error, code),
            Stop::Seam(error) => error,
        }
    }
}

/// What ends a call that can suspend, apart from its guest.
pub(crate) struct Bounds {
    deadline: Option<Instant>,
    broken: Broken,
}

/// Runs a call that can suspend until it ends or the deadline passes, within the private runtime. If
/// the engine panics, the store is broken.
pub(crate) async fn bounded<T>(
    bounds: Bounds,
    call: impl Future<Output = wasmtime::Result<T>>,
) -> Result<T, Stop> {
    let call = contained(&bounds.broken, call);
    let call = InRuntime::new(until(bounds.deadline, call)).map_err(Stop::Seam)?;
    match call.await {
        Ok(outcome) => outcome.map_err(Stop::Guest),
        Err(limit) => Err(Stop::Seam(limit)),
    }
}

/// Returns the bounds of the current call.
#[inline]
pub(crate) fn bounds<C>(ctx: &C) -> Bounds
where
    C: AsContext<Data: HasCore>,
{
    let ctx = ctx.as_context();
    let core = ctx.data().core_ref();
    Bounds {
        deadline: core.deadline,
        broken: core.broken.clone(),
    }
}

/// Whether a call has armed the deadline.
#[must_use = "it must be passed to `end`"]
pub(crate) struct Armed(bool);

/// Arms the deadline, if the store has one and this is an outermost call.
///
/// # Errors
/// `Engine` if the store is broken, or the deadline cannot be armed.
#[inline]
pub(crate) fn begin<C>(ctx: &mut C) -> Result<Armed>
where
    C: AsContextMut<Data: HasCore>,
{
    let mut ctx = ctx.as_context_mut();
    let core = ctx.data_mut().core();
    core.broken.check()?;
    match core.time {
        Some(time) if core.depth == 0 => arm(&mut ctx, time),
        _ => Ok(Armed(false)),
    }
}

#[inline(never)]
fn arm<C: HasCore>(ctx: &mut StoreContextMut<'_, C>, time: Duration) -> Result<Armed> {
    let Some(at) = Instant::now().checked_add(time) else {
        return Ok(Armed(false));
    };
    let alarm = advance_epoch(at, ctx.engine().weak())?;
    let core = ctx.data_mut().core();
    core.deadline = Some(at);
    core.alarm = Some(alarm);
    Ok(Armed(true))
}

/// Disarms the deadline.
#[inline]
pub(crate) fn end<C>(ctx: &mut C, Armed(armed): Armed)
where
    C: AsContextMut<Data: HasCore>,
{
    if armed {
        let mut ctx = ctx.as_context_mut();
        let core = ctx.data_mut().core();
        core.deadline = None;
        core.alarm = None;
    }
}

/// How guest code runs while the caller blocks.
pub(crate) enum Way {
    /// On the stack of the calling thread.
    Synchronous,
    /// On a stack of its own, as an asynchronous call of the engine. Deeply nested calls host ->
    /// guest -> host need more stack than the engine grants one stack, since it counts the host's
    /// frames as the guest's.
    Nested,
    /// As an asynchronous call of the engine, since the host may suspend it.
    Suspending,
}

impl Way {
    pub(crate) fn of<C: AsContext<Data: HasCore>>(ctx: &C) -> Self {
        let core = ctx.as_context().data().core_ref();
        match core.asynchronous {
            true => Way::Suspending,
            false if core.depth == 0 || core.begin.is_some_and(Begin::has_room) => Way::Synchronous,
            false => Way::Nested,
        }
    }
}

/// Runs guest code that never suspends, on a thread with enough stack.
#[inline]
pub(crate) fn synchronous<C, R>(
    ctx: &mut C,
    run: impl FnOnce(&mut C) -> wasmtime::Result<R> + Send,
) -> Result<R, Stop>
where
    C: AsContextMut<Data: HasCore> + Send,
    R: Send,
{
    let core = ctx.as_context().data().core_ref();
    if core.depth > 0 {
        return run(ctx).map_err(Stop::Guest);
    }
    let outcome = stack::with(core.stack, || {
        ctx.as_context_mut().data_mut().core().begin = Some(Begin::here());
        run(ctx)
    });
    outcome.map_err(Stop::Seam)?.map_err(Stop::Guest)
}

/// Runs guest code as an asynchronous call of the engine, which has a stack of its own.
pub(crate) fn apart<C, R>(ctx: &mut C, run: impl FnOnce(&mut C) -> R) -> R
where
    C: AsContextMut<Data: HasCore>,
{
    let begin = ctx.as_context_mut().data_mut().core().begin.take();
    let outcome = run(ctx);
    ctx.as_context_mut().data_mut().core().begin = begin;
    outcome
}

/// Calls a core function and blocks until it is done.
pub(crate) fn call<C>(
    ctx: &mut C,
    func: CoreFunc,
    args: &[CoreValue],
    results: &mut [CoreValue],
) -> Result<()>
where
    C: AsContextMut<Data: HasCore> + Send,
{
    let entry = convert::func(ctx, func)?.clone();
    check_core_call(&entry.ty, args, results)?;
    let mut scope = RootScope::new(&mut *ctx);
    let mut vals = lower(&mut scope, args, results.len())?;
    let (params, out) = vals.split_at_mut(args.len());
    if has_refs(&entry.ty.params) {
        let types = entry.func.ty(&scope);
        if let Some(misfit) = misfit(&scope, types.params(), params)? {
            return Err(Error::misuse(format!("argument {misfit}")));
        }
    }
    let armed = begin(&mut scope)?;
    let way = Way::of(&scope);
    let outcome = match way {
        Way::Synchronous => synchronous(&mut scope, |scope| entry.func.call(scope, params, out)),
        Way::Nested => apart(&mut scope, |scope| {
            block_on(entry.func.call_async(scope, params, out)).map_err(Stop::Guest)
        }),
        Way::Suspending => {
            let bounds = bounds(&scope);
            block_on(bounded(
                bounds,
                entry.func.call_async(&mut scope, params, out),
            ))
        }
    };
    end(&mut scope, armed);
    let lifted = match outcome {
        Ok(()) => lift(&mut scope, out, results),
        Err(stop) => Err(stop.error(scope.as_context().data().code())),
    };
    vals.clear();
    scope.as_context_mut().data_mut().core().scratch = vals;
    lifted
}

/// Calls a function over numbers and blocks until it is done. Returns `None` if the call must take
/// the way over values, because the function is not over numbers or runs on another stack.
pub(crate) fn call_numeric<C>(ctx: &mut C, func: CoreFunc, bits: &mut [u64]) -> Result<Option<()>>
where
    C: AsContextMut<Data: HasCore> + Send,
{
    let numeric = convert::func(ctx, func)?.numeric;
    let (Some(numeric), Way::Synchronous) = (numeric, Way::of(ctx)) else {
        return Ok(None);
    };
    check_core_bits(numeric.len(), bits)?;
    let armed = begin(ctx)?;
    let outcome = synchronous(ctx, |ctx| numeric.call(ctx, bits));
    end(ctx, armed);
    let outcome = outcome.map_err(|stop| stop.error(ctx.as_context().data().code()));
    outcome.map(Some)
}

/// Returns the arguments as the engine's values, followed by room for the results.
pub(crate) fn lower<C>(ctx: &mut C, args: &[CoreValue], results: usize) -> Result<Vec<Val>>
where
    C: AsContextMut<Data: HasCore>,
{
    let mut vals = std::mem::take(&mut ctx.as_context_mut().data_mut().core().scratch);
    for arg in args {
        vals.push(to_val(ctx, *arg)?);
    }
    vals.resize(args.len() + results, Val::I32(0));
    Ok(vals)
}

/// Writes all results, or none if one of them has no value of the seam.
pub(crate) fn lift<C>(ctx: &mut C, vals: &[Val], results: &mut [CoreValue]) -> Result<()>
where
    C: AsContextMut<Data: HasCore>,
{
    let values = vals.iter().map(|val| from_val(ctx, *val));
    let values: Vec<CoreValue> = values.collect::<Result<_>>()?;
    results.copy_from_slice(&values);
    Ok(())
}

/// Returns the fuel used so far; `None` if it is not limited.
pub(crate) fn fuel_consumed<C>(ctx: &C) -> Option<u64>
where
    C: AsContext<Data: HasCore>,
{
    let ctx = ctx.as_context();
    let limit = ctx.data().core_ref().fuel?;
    Some(limit.saturating_sub(ctx.get_fuel().ok()?))
}
