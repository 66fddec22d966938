//! `Thread.wait_until` and `Thread.suspend`, in the middle of a core function.

use seam_core::{CanonTrap, CoreStore, Error, Result};

use super::event::{event_of_set, payload, take_results};
use super::nested;
use super::steps::Steps;
use crate::state::{Running, TaskState, ThreadId, ThreadState, Until, WaitableId, Wake};

/// How a host function blocks the running thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// What the thread waits for. `None` if another thread must resume it.
    pub(crate) until: Option<Until>,
    /// Whether a request to cancel the task ends the wait.
    pub(crate) cancellable: bool,
    /// The suspended thread to switch to.
    pub(crate) switch_to: Option<ThreadId>,
}

impl Block {
    /// Waits for this, whatever happens to the task.
    pub(crate) fn until(until: Until) -> Self {
        Self {
            until: Some(until),
            cancellable: false,
            switch_to: None,
        }
    }
}

/// Blocks the running thread. Returns the values that the host function returns afterwards.
///
/// # Errors
/// An error that suspends the call, if the engine can: then the thread computes the values when it is
/// resumed. The trap `CannotBlock` outside any task. Everything that ends a call.
pub(crate) fn block(store: &mut dyn CoreStore, how: Block, wake: Wake) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    let Some(id) = running.tasks.current else {
        return Err(Error::trap(CanonTrap::CannotBlock));
    };
    if how.cancellable && running.deliver_pending_cancel(id)? {
        return woken(store, wake, true).map(Steps::Done);
    }
    // The reference may let other threads run first, and so may a thread that yields.
    let until = how.until.filter(|until| *until != Until::Now);
    if let (Some(until), None) = (until, how.switch_to) {
        if running.is_met(id, until)? {
            return woken(store, wake, false).map(Steps::Done);
        }
    }
    match how.until {
        Some(until) => running.start_waiting(id, until)?,
        None => running.tasks.thread_mut(id)?.state = ThreadState::Suspended,
    }
    let suspends = running.tasks.suspends;
    let thread = running.tasks.thread_mut(id)?;
    let suspends = suspends && !thread.is_pinned;
    thread.cancellable = how.cancellable;
    if suspends {
        thread.wake = Some(wake);
        thread.switch_to = how.switch_to;
        return Err(Error::suspend());
    }
    let waited = nested::wait(store, id, how.switch_to)?;
    waited.then(store, move |store, ()| {
        woken(store, wake, false).map(Steps::Done)
    })
}

/// Blocks the running thread until a waitable has an event. Returns the payload of the event.
///
/// # Errors
/// Those of [`block`].
pub(super) fn wait_for_event(store: &mut dyn CoreStore, id: WaitableId) -> Result<Steps<Vec<u64>>> {
    Running::of(store)?.tasks.waitable_mut(id)?.has_sync_waiter = true;
    block(store, Block::until(Until::Event(id)), Wake::Payload(id))
}

/// Returns the values of a host function whose thread was resumed.
///
/// # Errors
/// `Engine` if what it waited for is gone.
pub(super) fn woken(store: &mut dyn CoreStore, wake: Wake, cancelled: bool) -> Result<Vec<u64>> {
    match wake {
        Wake::Results(subtask) => take_results(Running::of(store)?, subtask),
        Wake::Payload(waitable) => {
            let running = Running::of(store)?;
            running.tasks.waitable_mut(waitable)?.has_sync_waiter = false;
            Ok(vec![payload(running, waitable)?.into()])
        }
        Wake::SetEvent(set, memory, ptr) => {
            event_of_set(store, set, memory, ptr, cancelled).map(|code| vec![code.into()])
        }
        Wake::Cancelled => Ok(vec![cancelled.into()]),
    }
}

impl Running {
    /// Checks that the running thread may wait, unless the operation returns instead.
    ///
    /// A synchronous task cannot block before it has returned, unless another thread of its instance
    /// is ready. The reference traps when the task blocks. The official suite and wasmtime trap before
    /// an operation that may block, and so do we.
    ///
    /// # Errors
    /// The trap `CannotBlock`.
    pub(crate) fn check_may_block(&mut self, instance: u32, returns: bool) -> Result<()> {
        if returns {
            return Ok(());
        }
        if let Some(thread) = self.tasks.current {
            let task = self.tasks.task(self.tasks.thread(thread)?.task)?;
            if task.lifted.ty.is_async || task.state == TaskState::Resolved {
                return Ok(());
            }
        }
        match self.has_ready(Some(instance))? {
            true => Ok(()),
            false => Err(Error::trap(CanonTrap::CannotBlock)),
        }
    }

    /// `Task.deliver_pending_cancel`, of a thread's task.
    pub(crate) fn deliver_pending_cancel(&mut self, id: ThreadId) -> Result<bool> {
        let task = self.tasks.thread(id)?.task;
        let task = self.tasks.task_mut(task)?;
        let delivered = task.state == TaskState::PendingCancel;
        if delivered {
            task.state = TaskState::CancelDelivered;
        }
        Ok(delivered)
    }
}
