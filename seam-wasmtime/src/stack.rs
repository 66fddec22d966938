//! Threads for guests that need a large stack.
//!
//! A synchronous call runs on the stack of the calling thread, and the engine assumes that it is as
//! large as the build says. For builds with more than the default, such calls run on a thread with a
//! stack of that size. Asynchronous calls have stacks of their own.

use seam_core::{Error, Result};

/// Bytes of stack that the engine assumes on every thread by default.
const DEFAULT: usize = 512 << 10;

/// Bytes of stack for host functions, in addition to the guest's.
pub(crate) const HOST: usize = 2 << 20;

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
}
