//! Calls: run to their end, or in slices of fuel with a look at the clock in between.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use seam_core::{Error, ErrorKind, Limit, Result};
use wasmi::{Func, ResumableCall, Store, Val};

use crate::error::{HostFailure, of_execution, of_panic};
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

/// Levels of host recursion that share a native stack, and the bytes of each additional stack.
const LEVELS: u32 = 16;
const STACK: usize = 4 << 20;

/// Calls a function. If the engine panics, that is an `Engine` error.
///
/// Calls host -> guest -> host nest on the native stack, whose size depends on the caller's thread.
/// So a deep call continues in a thread of its own, while this thread waits.
///
/// # Errors
/// Traps, limits, and the errors of host functions.
pub(crate) fn call<C: AnyStore>(
    ctx: &mut C,
    func: Func,
    args: &[Val],
    results: &mut [Val],
) -> Result<()> {
    let depth = ctx.state().depth;
    if depth == 0 || depth % LEVELS != 0 {
        return run(ctx, func, args, results);
    }
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let called = thread.spawn_scoped(scope, || run(ctx, func, args, results));
        let called = called.map_err(|error| {
            let message = format!("expected a thread for call level {depth}: {error}");
            Error::new(ErrorKind::Limit(Limit::EngineCapacity), message).with_source(error)
        })?;
        called.join().unwrap_or_else(|panic| Err(of_panic(&*panic)))
    })
}

fn run<C: AnyStore>(ctx: &mut C, func: Func, args: &[Val], results: &mut [Val]) -> Result<()> {
    let sliced = ctx.state().deadline.is_some();
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        if sliced {
            return in_slices(ctx, func, args, results);
        }
        let called = func.call(&mut *ctx, args, results);
        called.map_err(|error| of_execution(error, || ctx.state().calls_indirectly()))
    }));
    let outcome = outcome.unwrap_or_else(|panic| Err(of_panic(&*panic)));
    if let Err(error) = &outcome {
        if ctx.state().limits.fuel.is_some() && is_out_of_fuel(error) {
            // The rest may be enough for a cheaper instruction, but the store's fuel is used up.
            give(ctx, 0, 0);
        }
    }
    outcome
}

fn is_out_of_fuel(error: &Error) -> bool {
    *error.kind() == ErrorKind::Limit(Limit::Fuel)
}

fn in_slices<C: AnyStore>(
    ctx: &mut C,
    func: Func,
    args: &[Val],
    results: &mut [Val],
) -> Result<()> {
    ctx.state().check_deadline()?;
    let all = fuel(ctx);
    give(ctx, all, SLICE);
    let mut state = func.call_resumable(&mut *ctx, args, results);
    loop {
        let failed = |error| of_execution(error, || ctx.state().calls_indirectly());
        match state.map_err(failed)? {
            ResumableCall::Finished => return Ok(()),
            ResumableCall::HostTrap(trap) => {
                return Err(failed(trap.into_host_error()));
            }
            ResumableCall::OutOfFuel(out) => {
                let broken_off = std::mem::take(&mut ctx.state_mut().limiter.broken_off);
                let (all, required) = (fuel(ctx), out.required_fuel());
                if all < required {
                    return Err(Error::limit(Limit::Fuel));
                }
                if broken_off {
                    return Err(Error::engine(
                        "expected to resume the guest, found a `table.grow` that ran out of its \
                         slice of fuel, which this engine cannot resume",
                    ));
                }
                ctx.state().check_deadline()?;
                give(ctx, all, SLICE.max(required));
                state = out.resume(&mut *ctx, results);
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

/// Wraps an error of the host in one of the engine's, which carries it out unchanged.
pub(crate) fn carried(error: Error) -> wasmi::Error {
    wasmi::Error::from(HostFailure(error))
}
