//! Tasks and their threads, from their creation to their end.

use std::sync::Arc;

use seam_core::{CanonTrap, Error, Result};

use crate::state::{
    Caller, Lifted, Outcome, Running, SubtaskState, Task, TaskId, TaskState, Thread, ThreadId,
    ThreadNext as Next, WaitableId,
};

impl Running {
    pub(super) fn create_task(
        &mut self,
        lifted: &Arc<Lifted>,
        caller: Caller,
    ) -> Result<(TaskId, ThreadId)> {
        let task = self.tasks.add_task(Task {
            lifted: lifted.clone(),
            caller,
            state: TaskState::Initial,
            num_borrows: 0,
            implicit: None,
            threads: Vec::new(),
        })?;
        let thread = Thread::new(task, lifted.opts.instance, Next::Begin);
        let thread = self.tasks.add_thread(thread)?;
        self.tasks.task_mut(task)?.implicit = Some(thread);
        Ok((task, thread))
    }

    /// Returns the task and the instance of a thread.
    pub(super) fn of_thread(&self, id: ThreadId) -> Result<(TaskId, u32)> {
        let thread = self.tasks.thread(id)?;
        Ok((thread.task, thread.instance))
    }

    /// Returns whether a task has returned or was cancelled.
    pub(super) fn is_resolved(&self, id: TaskId, subtask: Option<WaitableId>) -> Result<bool> {
        match subtask {
            Some(subtask) => Ok(self.tasks.subtask(subtask)?.resolved()),
            None => Ok(self.tasks.task(id)?.state == TaskState::Resolved),
        }
    }

    /// Lets a task start, whose implicit thread this is.
    pub(super) fn start_task(&mut self, implicit: ThreadId) -> Result<()> {
        self.register_thread(implicit)?;
        let (task, _) = self.of_thread(implicit)?;
        self.tasks.task_mut(task)?.state = TaskState::Started;
        Ok(())
    }

    /// `Task.register_thread`
    pub(super) fn register_thread(&mut self, id: ThreadId) -> Result<u32> {
        let (task, instance) = self.of_thread(id)?;
        let index = self.instance_threads(instance)?.add(id)?;
        self.tasks.thread_mut(id)?.index = Some(index);
        self.tasks.task_mut(task)?.threads.push(id);
        Ok(index)
    }

    /// `Task.unregister_thread`
    pub(super) fn unregister_thread(&mut self, id: ThreadId) -> Result<()> {
        let (task, instance) = self.of_thread(id)?;
        let known = self.tasks.task_mut(task)?;
        known.threads.retain(|thread| *thread != id);
        if known.threads.is_empty() && known.state != TaskState::Resolved {
            return Err(Error::trap(CanonTrap::NoAsyncResult));
        }
        if let Some(index) = self.tasks.thread(id)?.index {
            self.instance_threads(instance)?.remove(index)?;
        }
        self.tasks.remove_thread(id)?;
        self.forget(task)
    }

    /// Forgets a task that has ended, unless the host has yet to take its outcome.
    pub(super) fn forget(&mut self, id: TaskId) -> Result<()> {
        let task = self.tasks.task(id)?;
        let is_awaited = match &task.caller {
            Caller::Host(call) => call.outcome.is_some(),
            Caller::Guest(_) => false,
        };
        if task.threads.is_empty() && !is_awaited {
            self.tasks.remove_task(id)?;
        }
        Ok(())
    }

    /// `Task.exit_implicit_thread`
    pub(super) fn exit_implicit_thread(&mut self, id: ThreadId) -> Result<()> {
        let (task, instance) = self.of_thread(id)?;
        let lifted = self.tasks.task(task)?.lifted.clone();
        self.unregister_thread(id)?;
        if lifted.needs_exclusive() {
            self.instance(instance)?.exclusive = None;
        }
        Ok(())
    }

    /// `Task.cancel`
    ///
    /// # Errors
    /// Traps of the specification.
    pub(super) fn cancelled(&mut self, id: TaskId) -> Result<()> {
        let task = self.tasks.task_mut(id)?;
        if task.state != TaskState::CancelDelivered {
            return Err(Error::trap(CanonTrap::NotCancelled));
        }
        if task.num_borrows > 0 {
            return Err(Error::trap(CanonTrap::BorrowsNotDropped));
        }
        task.state = TaskState::Resolved;
        match task.caller {
            Caller::Host(_) => self.resolve_host_call(id, Outcome::Cancelled),
            Caller::Guest(subtask) => {
                self.on_progress(subtask)?;
                let state = match self.tasks.subtask(subtask)?.state {
                    SubtaskState::Starting => SubtaskState::CancelledBeforeStarted,
                    _ => SubtaskState::CancelledBeforeReturned,
                };
                self.resolve(subtask, state, Vec::new())
            }
        }
    }
}
