//! Blocking on engines that cannot suspend calls.
//!
//! The native stack of a blocked thread stays where it is. Conceptually, control returns to whoever
//! resumed the thread. That is possible as long as this caller, and the caller of this caller, and so
//! on, would block too: down to the host, which lets any ready thread run, or to a call of a function
//! of a synchronous type, which lets only threads of the callee's instance run. The threads that
//! they choose run here, on top of the blocked stack. They are *buried* themselves if a thread that
//! runs on top of them blocks. A buried thread can go on when all stacks above it are gone.
//!
//! If a caller below would go on instead, or if only a buried thread is ready, a second native stack
//! is needed: `Unsupported(StackfulAsync)`.

use std::ops::ControlFlow;

use seam_core::{CanonTrap, Capability, CoreStore, Error, Result};

use super::lift::begin_next;
use super::progress::{progress_of_host, wait_for_call};
use super::schedule::{resume, run_ready};
use super::steps::{Steps, repeat};
use crate::state::{Origin, Running, ThreadId, Until};

/// Lets other threads run until a blocked thread is ready, and makes it run: one that has just
/// blocked, or that has blocked below the callee which has just returned to it.
///
/// # Errors
/// `Unsupported(StackfulAsync)` if that needs a second stack. The traps `CannotBlock` and `Deadlock`.
/// Those of the threads that run.
pub(super) fn wait(
    store: &mut dyn CoreStore,
    id: ThreadId,
    switch_to: Option<ThreadId>,
) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    running.tasks.thread_mut(id)?.buried = true;
    let switched = match switch_to {
        Some(other) => resume(store, other, false)?,
        None => Steps::Done(()),
    };
    switched.then(store, move |store, ()| {
        repeat(store, (), move |store, ()| turn(store, id))
    })
}

/// Lets one thread run, unless the blocked thread is chosen.
fn turn(store: &mut dyn CoreStore, id: ThreadId) -> Result<Steps<ControlFlow<()>>> {
    let running = Running::of(store)?;
    let only = running.detach()?;
    if only.is_none() && !running.tasks.not_begun.is_empty() {
        // The host would begin its next call now.
        let begun = begin_next(store)?;
        return begun.then(store, |_, _| Ok(Steps::Done(ControlFlow::Continue(()))));
    }
    let free = running.choose_ready(only, |ready, thread| ready == id || !thread.buried)?;
    let ran = match free {
        Some(free) if free == id => {
            running.unbury(id, only)?;
            return Ok(Steps::Done(ControlFlow::Break(())));
        }
        Some(free) if only.is_some() => resume(store, free, false)?,
        Some(free) => run_ready(store, free)?,
        None if running.has_ready(only)? => return Err(needs_a_second_stack()),
        None if only.is_some() => return Err(Error::trap(CanonTrap::CannotBlock)),
        None => {
            let went_on = progress_of_host(store)?;
            let went_on = went_on.then(store, |store, went_on| match went_on {
                true => Ok(Steps::Done(())),
                false => wait_for_host(store),
            })?;
            return went_on.then(store, |_, ()| Ok(Steps::Done(ControlFlow::Continue(()))));
        }
    };
    ran.then(store, |_, ()| Ok(Steps::Done(ControlFlow::Continue(()))))
}

/// Waits for the virtual time, or else for an asynchronous host function, which blocks the calling
/// thread.
///
/// # Errors
/// The trap `Deadlock` if nothing can go on before the host's call has its outcome.
/// `Unsupported(StackfulAsync)` if it has, or if nobody waits for an outcome: then the host must go on,
/// while the blocked thread waits. Those of [`wait_for_call`].
fn wait_for_host(store: &mut dyn CoreStore) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let Some(call) = running.tasks.awaited else {
        return Err(needs_a_second_stack());
    };
    if running.world.clock().advance_to_next() {
        return Ok(Steps::Done(()));
    }
    match running.tasks.pending_calls.is_empty() {
        true if running.has_outcome(call)? => Err(needs_a_second_stack()),
        true => Err(Error::trap(CanonTrap::Deadlock)),
        false => wait_for_call(store),
    }
}

impl Running {
    /// Blocks the callers of the running thread, as far as they would block. Returns the instance
    /// whose threads may run, or `None` if all may.
    fn detach(&mut self) -> Result<Option<u32>> {
        for index in (0..self.tasks.levels.len()).rev() {
            let Some(level) = self.tasks.levels.get_mut(index) else {
                break;
            };
            let (origin, detached) = (level.origin, level.detached);
            if let Origin::Call {
                only: only @ Some(_),
                ..
            } = origin
            {
                return Ok(only);
            }
            if !detached {
                self.check_blocks(origin)?;
            }
            let Some(level) = self.tasks.levels.get_mut(index) else {
                break;
            };
            level.detached = true;
            if let Some(entered) = level.entered.take() {
                self.leave(&entered)?;
            }
            match origin {
                Origin::Tick | Origin::Call { caller: None, .. } => return Ok(None),
                _ if detached => {}
                Origin::Call {
                    caller: Some((caller, subtask)),
                    ..
                } => {
                    self.bury(caller, Until::Resolved(subtask))?;
                }
                Origin::Cancel {
                    caller: (caller, subtask),
                    ..
                } => {
                    self.tasks.waitable_mut(subtask)?.has_sync_waiter = true;
                    self.bury(caller, Until::Event(subtask))?;
                }
            }
        }
        Ok(None)
    }

    /// Checks that the caller of a blocked thread blocks too.
    fn check_blocks(&self, origin: Origin) -> Result<()> {
        let goes_on = match origin {
            Origin::Tick | Origin::Call { caller: None, .. } => false,
            Origin::Call { is_async: true, .. } | Origin::Cancel { is_async: true, .. } => true,
            Origin::Call {
                caller: Some((_, subtask)),
                ..
            } => self.tasks.subtask(subtask)?.resolved(),
            Origin::Cancel {
                caller: (_, subtask),
                ..
            } => self.tasks.waitable(subtask)?.pending.is_some(),
        };
        match goes_on {
            true => Err(needs_a_second_stack()),
            false => Ok(()),
        }
    }

    /// Blocks a thread whose stack is below that of the running one.
    fn bury(&mut self, id: ThreadId, until: Until) -> Result<()> {
        self.start_waiting(id, until)?;
        let thread = self.tasks.thread_mut(id)?;
        thread.buried = true;
        thread.cancellable = false;
        Ok(())
    }

    /// Makes a thread run whose stack is on top again.
    fn unbury(&mut self, id: ThreadId, only: Option<u32>) -> Result<()> {
        self.stop_waiting(id)?;
        let thread = self.tasks.thread_mut(id)?;
        thread.buried = false;
        let instance = thread.instance;
        if only.is_none() {
            let all = self.enter_from_host(instance)?;
            if let Some(level) = self.tasks.levels.last_mut() {
                level.entered = Some(all);
            }
        }
        Ok(())
    }
}

/// Returns the error for a thread that needs a native stack of its own.
pub(super) fn needs_a_second_stack() -> Error {
    Error::unsupported(
        Capability::StackfulAsync,
        "expected calls that wait last in, first out, since the engine cannot suspend calls; found \
         a thread that must go on while a later one waits",
    )
}
