//! `canon subtask.cancel` and `canon task.cancel`.

use seam_core::{CanonTrap, CoreStore, Error, Result};

use super::block::wait_for_event;
use super::copy::BLOCKED;
use super::event::payload;
use super::nested;
use super::schedule::resume;
use super::steps::Steps;
use crate::state::{
    Kind, Origin, Running, TaskId, TaskState, ThreadId, ThreadState, WaitableId, wrong_kind,
};

/// `canon subtask.cancel`
///
/// # Errors
/// Traps of the specification. Those of [`block`](super::block()).
pub(crate) fn cancel_subtask(
    store: &mut dyn CoreStore,
    instance: u32,
    index: u32,
    is_async: bool,
) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    running.check_may_leave(instance)?;
    running.check_may_block(instance, is_async)?;
    let id = running.handles(instance)?.get(index)?.waitable()?;
    let waitable = running.tasks.waitable_mut(id)?;
    let is_joined = waitable.set.is_some();
    let Kind::Subtask(subtask) = &mut waitable.kind else {
        return Err(wrong_kind());
    };
    if subtask.lenders.is_none() || subtask.cancellation_requested {
        return Err(Error::trap(CanonTrap::CannotCancelSubtask));
    }
    if is_joined && !is_async {
        return Err(Error::trap(CanonTrap::InWaitableSet));
    }
    if subtask.resolved() {
        return Ok(Steps::Done(vec![payload(running, id)?.into()]));
    }
    subtask.cancellation_requested = true;
    let task = subtask.task;
    let caller = running.tasks.current.map(|caller| (caller, id));
    let requested = match task {
        Some(task) => request_cancellation(store, task, Some(instance), caller, is_async)?,
        None => {
            running.cancel_host_call(id)?;
            Steps::Done(false)
        }
    };
    let caller = caller.map(|(caller, _)| caller);
    let gone_on = requested.then(store, move |store, detached| {
        let Some(caller) = caller.filter(|_| detached) else {
            return Ok(Steps::Done(()));
        };
        let waited = nested::wait(store, caller, None)?;
        waited.then(store, move |store, ()| {
            let running = Running::of(store)?;
            running.tasks.waitable_mut(id)?.has_sync_waiter = false;
            Ok(Steps::Done(()))
        })
    })?;
    gone_on.then(store, move |store, ()| {
        let running = Running::of(store)?;
        match running.tasks.subtask(id)?.resolved() {
            true => Ok(Steps::Done(vec![payload(running, id)?.into()])),
            false if is_async => Ok(Steps::Done(vec![BLOCKED.into()])),
            false => wait_for_event(store, id),
        }
    })
}

/// `canon task.cancel`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn cancel_task(running: &mut Running, instance: u32) -> Result<()> {
    running.check_may_leave(instance)?;
    let task = running.async_task()?;
    running.cancelled(task)
}

/// `Task.request_cancellation`, by a guest or by the host. Returns whether the caller has blocked in the
/// meantime, below the task.
pub(super) fn request_cancellation(
    store: &mut dyn CoreStore,
    id: TaskId,
    caller_instance: Option<u32>,
    caller: Option<(ThreadId, WaitableId)>,
    is_async: bool,
) -> Result<Steps<bool>> {
    let running = Running::of(store)?;
    let task = running.tasks.task(id)?;
    if task.state == TaskState::Initial {
        let implicit = task.implicit;
        running.tasks.task_mut(id)?.state = TaskState::CancelDelivered;
        let resumed = match implicit {
            Some(implicit) => resume(store, implicit, true)?,
            None => Steps::Done(()),
        };
        return resumed.then(store, |_, ()| Ok(Steps::Done(false)));
    }
    let instance = task.lifted.opts.instance;
    let entering = running.entering(instance, caller_instance)?;
    let candidate = running.cancellable_thread(id)?;
    let candidate = candidate.filter(|_| running.enter(&entering).is_ok());
    let Some(thread) = candidate else {
        running.tasks.task_mut(id)?.state = TaskState::PendingCancel;
        return Ok(Steps::Done(false));
    };
    running.tasks.task_mut(id)?.state = TaskState::CancelDelivered;
    let origin = match caller {
        Some(caller) => Origin::Cancel { caller, is_async },
        None => Origin::Tick,
    };
    running.tasks.push_level(origin, entering);
    let resumed = resume(store, thread, true)?;
    resumed.then(store, |store, ()| {
        Running::of(store)?.pop_level().map(Steps::Done)
    })
}

impl Running {
    /// Returns the thread of a task that a request to cancel it resumes, if any.
    fn cancellable_thread(&mut self, id: TaskId) -> Result<Option<ThreadId>> {
        let task = self.tasks.task(id)?;
        let (implicit, threads) = (task.implicit, task.threads.clone());
        let (exclusive, instance) = (task.lifted.needs_exclusive(), task.lifted.opts.instance);
        let holder = self.instance(instance)?.exclusive;
        let waits_for_another = exclusive && holder.is_some() && holder != implicit;
        for id in threads {
            let thread = self.tasks.thread(id)?;
            let is_blocked = thread.state != ThreadState::Running;
            if is_blocked && thread.cancellable && !(waits_for_another && implicit == Some(id)) {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    /// Returns the running task, which must be lifted with the `async` option.
    ///
    /// # Errors
    /// The trap `WrongTaskReturn`.
    pub(crate) fn async_task(&self) -> Result<TaskId> {
        let wrong = || Error::trap(CanonTrap::WrongTaskReturn);
        let thread = self.tasks.current.ok_or_else(wrong)?;
        let (task, _) = self.of_thread(thread)?;
        match self.tasks.task(task)?.lifted.is_async {
            true => Ok(task),
            false => Err(wrong()),
        }
    }
}
