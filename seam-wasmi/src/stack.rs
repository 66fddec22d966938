//! The native stack that nested calls share.
//!
//! Calls host -> guest -> host nest on the native stack, whose size depends on the caller's thread.
//! What they have used of it is measured. A call that finds too much of it used continues on a
//! thread of its own, while this thread waits.

use std::ptr;
use std::thread;

use seam_core::{Error, ErrorKind, Limit, Result};

use crate::error::of_panic;

/// The stack in bytes that nested calls may use on the caller's thread. Even small threads have
/// twice as much.
const CALLERS: usize = 256 << 10;

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

    /// Returns the stack of the caller's thread, on which the outermost call begins.
    pub(crate) fn of_caller() -> Self {
        Self::new(CALLERS)
    }

    /// Returns whether one more nested call fits.
    pub(crate) fn has_room(self) -> bool {
        self.begin.abs_diff(address()) < self.room
    }
}

/// Returns an address on the stack of the caller.
#[inline]
fn address() -> usize {
    let mark = 0u8;
    ptr::from_ref(std::hint::black_box(&mark)).addr()
}

/// Runs a call on a thread of its own, while this thread waits. `depth` is the number of calls
/// around it.
///
/// # Errors
/// Those of `run`. `Limit(EngineCapacity)` if the thread cannot be started.
pub(crate) fn on_a_thread<T: Send>(
    depth: u32,
    run: impl FnOnce(Stack) -> Result<T> + Send,
) -> Result<T> {
    thread::scope(|scope| {
        let thread = thread::Builder::new().stack_size(STACK);
        let called = thread.spawn_scoped(scope, || run(Stack::new(OWN)));
        let called = called.map_err(|error| {
            let message = format!("expected a thread for call level {depth}: {error}");
            Error::new(ErrorKind::Limit(Limit::EngineCapacity), message).with_source(error)
        })?;
        called.join().unwrap_or_else(|panic| Err(of_panic(&*panic)))
    })
}
