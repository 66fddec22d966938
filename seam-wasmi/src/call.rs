//! Calls: run to their end, or in slices of fuel with a look at the clock in between.

use std::panic::{AssertUnwindSafe, catch_unwind};

use seam_core::{Error, ErrorKind, Limit, Result};
use wasmi::{Func, ResumableCall, ResumableCallHostTrap, Store, Val};

use crate::error::{of_execution, of_panic};
use crate::numeric::Typed;
use crate::stack::{Stack, on_a_thread};
use crate::state::{AnyStore, CoreState};

/// Fuel between two looks at the clock: well under a millisecond of plain instructions.
const SLICE: u64 = 100_000;

/// Gives the engine the fuel of a new store.
pub(crate) fn fill(store: &mut Store<CoreState>) {
    if store.data().metered {
        let fuel = store.data().limits.fuel.unwrap_or(u64::MAX);
        give(store, fuel, 0);
    }
}

/// Calls a function. If the engine panics, that is an `Engine` error.
///
/// # Errors
/// Traps, limits, and the errors of host functions.
pub(crate) fn call<C: AnyStore>(
    ctx: &mut C,
    func: Func,
    args: &[Val],
    results: &mut [Val],
) -> Result<()> {
    on_enough(ctx, |ctx| {
        let sliced = ctx.state().deadline.is_some();
        run(ctx, |ctx| {
            if sliced {
                let state = begin(ctx, func, args, results)?;
                return match in_slices(ctx, state, results)? {
                    None => Ok(()),
                    Some(trap) => Err(failed(ctx, trap.into_host_error())),
                };
            }
            let called = func.call(&mut *ctx, args, results);
            called.map_err(|error| failed(ctx, error))
        })
    })
}

/// Calls a function over bits, in a store without a deadline.
///
/// # Errors
/// Those of [`call`].
#[inline]
pub(crate) fn call_typed<C: AnyStore>(ctx: &mut C, func: Typed, bits: &mut [u64]) -> Result<()> {
    on_enough(ctx, |ctx| {
        run(ctx, |ctx| {
            let called = func.call(&mut *ctx, bits);
            called.map_err(|error| failed(ctx, error))
        })
    })
}

/// Runs a call where there is enough stack.
///
/// # Errors
/// Those of `run`. `Limit(EngineCapacity)` if a thread is needed and cannot be started.
#[inline]
pub(crate) fn on_enough<C: AnyStore, T: Send>(
    ctx: &mut C,
    run: impl FnOnce(&mut C) -> Result<T> + Send,
) -> Result<T> {
    let (depth, stack) = (ctx.state().depth, ctx.state().stack);
    match depth == 0 {
        true => ctx.state_mut().stack = Stack::of_caller(),
        false if stack.has_room() => {}
        false => return on_another(ctx, run),
    }
    run(ctx)
}

/// Runs a nested call on a thread of its own.
#[cold]
fn on_another<C: AnyStore, T: Send>(
    ctx: &mut C,
    run: impl FnOnce(&mut C) -> Result<T> + Send,
) -> Result<T> {
    let (depth, stack) = (ctx.state().depth, ctx.state().stack);
    let outcome = on_a_thread(depth, |own| {
        ctx.state_mut().stack = own;
        run(ctx)
    });
    ctx.state_mut().stack = stack;
    outcome
}

/// Returns the error of a call.
#[cold]
pub(crate) fn failed(ctx: &impl AnyStore, error: wasmi::Error) -> Error {
    of_execution(error, || ctx.state().calls_indirectly())
}

/// Runs a call that cannot be suspended.
fn run<C: AnyStore>(ctx: &mut C, body: impl FnOnce(&mut C) -> Result<()>) -> Result<()> {
    guarded(ctx, body).map_err(Error::without_suspension)
}

/// Runs a call. A panic of the engine becomes an error.
#[inline]
pub(crate) fn guarded<C: AnyStore, T>(
    ctx: &mut C,
    body: impl FnOnce(&mut C) -> Result<T>,
) -> Result<T> {
    let outcome = catch_unwind(AssertUnwindSafe(|| body(ctx)));
    let outcome = outcome.unwrap_or_else(|panic| Err(of_panic(&*panic)));
    if let Err(error) = &outcome {
        use_up_fuel(ctx, error);
    }
    outcome
}

/// Takes the fuel that is left after a call that ran out of it.
#[cold]
fn use_up_fuel(ctx: &mut impl AnyStore, error: &Error) {
    if ctx.state().limits.fuel.is_some() && is_out_of_fuel(error) {
        // The rest may be enough for a cheaper instruction, but the store's fuel is used up.
        give(ctx, 0, 0);
    }
}

fn is_out_of_fuel(error: &Error) -> bool {
    *error.kind() == ErrorKind::Limit(Limit::Fuel)
}

/// Begins a call that runs in slices.
///
/// # Errors
/// Those of [`call`].
pub(crate) fn begin<C: AnyStore>(
    ctx: &mut C,
    func: Func,
    args: &[Val],
    results: &mut [Val],
) -> Result<ResumableCall> {
    ctx.state().check_deadline()?;
    next_slice(ctx, 0);
    let begun = func.call_resumable(&mut *ctx, args, results);
    begun.map_err(|error| failed(ctx, error))
}

/// Gives the engine the fuel of the next slice, if the store has a deadline.
pub(crate) fn next_slice(ctx: &mut impl AnyStore, required: u64) {
    if ctx.state().deadline.is_some() {
        let all = fuel(ctx);
        give(ctx, all, SLICE.max(required));
    }
}

/// Continues a call, with a look at the clock after each slice, until it ends or a host function
/// ends it with an error.
///
/// # Errors
/// Those of [`call`], apart from the errors of host functions.
pub(crate) fn in_slices<C: AnyStore>(
    ctx: &mut C,
    mut state: ResumableCall,
    results: &mut [Val],
) -> Result<Option<ResumableCallHostTrap>> {
    loop {
        match state {
            ResumableCall::Finished => return Ok(None),
            ResumableCall::HostTrap(trap) => return Ok(Some(trap)),
            ResumableCall::OutOfFuel(out) => {
                let broken_off = std::mem::take(&mut ctx.state_mut().limiter.broken_off);
                let required = out.required_fuel();
                if fuel(ctx) < required {
                    return Err(Error::limit(Limit::Fuel));
                }
                if broken_off {
                    return Err(Error::engine(
                        "expected to resume the guest, found a `table.grow` that ran out of its \
                         slice of fuel, which this engine cannot resume",
                    ));
                }
                ctx.state().check_deadline()?;
                next_slice(ctx, required);
                let resumed = out.resume(&mut *ctx, results);
                state = resumed.map_err(|error| failed(ctx, error))?;
            }
        }
    }
}

/// Returns the fuel that the store has left.
pub(crate) fn fuel(ctx: &impl AnyStore) -> u64 {
    let given = ctx.as_context().get_fuel().unwrap_or(0);
    given.saturating_add(ctx.state().reserve)
}

/// Gives the engine at most `slice` of the store's fuel, or all of it if `slice` is 0.
fn give(ctx: &mut impl AnyStore, all: u64, slice: u64) {
    let given = if slice == 0 { all } else { slice.min(all) };
    ctx.state_mut().reserve = all - given;
    // An engine that does not count fuel rejects this. `store` has rejected fuel limits there.
    let _ = ctx.as_context_mut().set_fuel(given);
}
