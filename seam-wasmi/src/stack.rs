//! The native stack that nested calls share.
//!
//! Calls host -> guest -> host nest on the native stack, whose size depends on the caller's thread.
//! What they have used of it is measured. A call that finds too much of it used continues on a
//! thread of its own, while this thread waits.

use std::ptr;
use std::thread;

use seam_core::{Error, ErrorKind, Limit, Result};

use crate::error::of_panic;
use crate::state::AnyStore;

/// The stack in bytes that nested calls may use on the caller's thread. Every thread has more.
const CALLERS: usize = 768 << 10;

/// The stack in bytes of each additional thread, and how much of it nested calls may use.
const STACK: usize = 4 << 20;
const OWN: usize = 3 << 20;

/// The stack of the thread that runs the innermost call.
#[derive(Clone, Copy, Default)]
pub(crate) struct Stack {
    /// An address at its beginning.
    begin: usize,
    /// The bytes that nested calls may use.
    room: usize,
}

impl Stack {
    fn new(room: usize) -> Self {
        let begin = address();
        Self { begin, room }
    }
}

/// Returns an address on the stack of the caller.
#[inline(never)]
fn address() -> usize {
    let mark = 0u8;
    ptr::from_ref(std::hint::black_box(&mark)).addr()
}

/// Runs a call of a guest where there is enough stack.
///
/// # Errors
/// Those of `run`. `Limit(EngineCapacity)` if a thread is needed and cannot be started.
pub(crate) fn on_enough<C: AnyStore>(
    ctx: &mut C,
    run: impl FnOnce(&mut C) -> Result<()> + Send,
) -> Result<()> {
    let state = ctx.state_mut();
    if state.depth == 0 {
        state.stack = Stack::new(CALLERS);
        return run(ctx);
    }
    let stack = state.stack;
    if stack.begin.abs_diff(address()) < stack.room {
        return run(ctx);
    }
    let outcome = on_a_thread(ctx, run);
    ctx.state_mut().stack = stack;
    outcome
}

fn on_a_thread<C: AnyStore>(
    ctx: &mut C,
    run: impl FnOnce(&mut C) -> Result<()> + Send,
) -> Result<()> {
    let depth = ctx.state().depth;
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let called = thread.spawn_scoped(scope, || {
            ctx.state_mut().stack = Stack::new(OWN);
            run(ctx)
        });
        let called = called.map_err(|error| {
            let message = format!("expected a thread for call level {depth}: {error}");
            Error::new(ErrorKind::Limit(Limit::EngineCapacity), message).with_source(error)
        })?;
        called.join().unwrap_or_else(|panic| Err(of_panic(&*panic)))
    })
}
