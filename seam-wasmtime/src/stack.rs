//! The native stack of guests: what nested calls have used of it, and threads with a larger one.
//!
//! Calls host -> guest -> host nest on one native stack. The engine counts the host's frames there as
//! the guest's. So what they have used is measured, and a call that finds too much of it used runs on
//! a stack of its own.
//!
//! A synchronous call runs on the stack of the calling thread, and the engine assumes that it is as
//! large as the build says. For builds with more than the default, such calls run on a thread with a
//! stack of that size. Asynchronous calls have stacks of their own.

use std::ptr;

use seam_core::{Error, Result};

/// Bytes of stack that the engine assumes on every thread by default.
const DEFAULT: usize = 512 << 10;

/// Bytes of stack for host functions, in addition to the guest's.
pub(crate) const HOST: usize = 2 << 20;

/// Bytes of stack that nested calls may use together, before the innermost guest runs on a stack of
/// its own. This leaves three quarters of the engine's default to the guest.
const TOGETHER: usize = DEFAULT / 4;

/// Where the outermost call began on the stack of the thread that runs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Begin(usize);

impl Begin {
    /// Returns the place where the caller is now.
    pub(crate) fn here() -> Self {
        Self(address())
    }

    /// Returns whether one more nested call fits on the same stack.
    pub(crate) fn has_room(self) -> bool {
        self.0.abs_diff(address()) < TOGETHER
    }
}

/// Returns an address on the stack of the caller.
#[inline(never)]
fn address() -> usize {
    let mark = 0u8;
    ptr::from_ref(std::hint::black_box(&mark)).addr()
}

/// Returns the stack that a thread needs for such guests; `None` if every thread has enough.
pub(crate) fn needed(guest: Option<usize>) -> Option<usize> {
    let guest = guest.filter(|bytes| *bytes > DEFAULT)?;
    Some(guest.saturating_add(HOST))
}

/// Runs guest code on a thread with so many bytes of stack; on the calling thread for `None`.
///
/// # Errors
/// `Engine` if a thread with such a stack cannot be started.
#[inline]
pub(crate) fn with<R: Send>(bytes: Option<usize>, run: impl FnOnce() -> R + Send) -> Result<R> {
    let Some(bytes) = bytes else {
        return Ok(run());
    };
    std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("seam-guest".into());
        let thread = builder.stack_size(bytes).spawn_scoped(scope, run);
        let thread = thread.map_err(|e| {
            Error::engine(format!(
                "a thread with {bytes} bytes of stack could not be started: {e}"
            ))
        })?;
        thread.join().map_err(|panic| Error::panicked(&*panic))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_more_than_the_default_needs_a_thread() {
        assert_eq!(needed(None), None);
        assert_eq!(needed(Some(DEFAULT)), None);
        assert_eq!(needed(Some(DEFAULT + 1)), Some(DEFAULT + 1 + HOST));
    }

    #[test]
    fn what_runs_on_a_thread_borrows_from_the_caller() {
        let mut seen = 0;
        let ran = with(Some(1 << 20), || seen += 1);
        assert!(ran.is_ok());
        assert_eq!(seen, 1);
    }

    #[test]
    fn what_a_call_has_used_of_its_stack_is_measured() {
        /// Uses some kilobytes of stack for each level.
        fn deeper(levels: usize, begin: Begin) -> bool {
            let room = std::hint::black_box([0u8; 4096]);
            match levels {
                0 => begin.has_room(),
                _ => deeper(levels - 1, begin) && room.first() == Some(&0),
            }
        }
        assert!(deeper(1, Begin::here()));
        assert!(!deeper(TOGETHER / 4096 + 1, Begin::here()));
    }
}
