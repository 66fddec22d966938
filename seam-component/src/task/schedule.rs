//! Which threads are ready, and which of them runs next.

use std::ops::ControlFlow;

use seam_core::{CoreStore, Result};

use super::steps::{Steps, repeat};
use super::thread::run;
use crate::state::{Entering, Origin, Running, TaskId, Thread, ThreadId, ThreadState, Until};

impl Running {
    /// `has_backpressure()` of a task that has not started.
    pub(super) fn has_backpressure(&mut self, task: TaskId) -> Result<bool> {
        let lifted = &self.tasks.task(task)?.lifted;
        let (exclusive, instance) = (lifted.needs_exclusive(), lifted.opts.instance);
        let instance = self.instance(instance)?;
        Ok(instance.backpressure > 0 || (exclusive && instance.exclusive.is_some()))
    }

    /// `Thread.ready()`
    pub(crate) fn is_ready(&mut self, id: ThreadId) -> Result<bool> {
        match self.tasks.thread(id)?.state {
            ThreadState::Waiting(until) => self.is_met(id, until),
            _ => Ok(false),
        }
    }

    /// Returns whether what a thread waits for has happened.
    pub(super) fn is_met(&mut self, id: ThreadId, until: Until) -> Result<bool> {
        let thread = self.tasks.thread(id)?;
        let (task, instance) = (thread.task, thread.instance);
        let is_free = self.instance(instance)?.exclusive.is_none();
        Ok(match until {
            Until::Now => true,
            Until::Entry => !self.has_backpressure(task)?,
            Until::Exclusive => is_free,
            Until::Resolved(subtask) => self.tasks.subtask(subtask)?.resolved(),
            Until::Event(waitable) => self.tasks.waitable(waitable)?.pending.is_some(),
            Until::SetEvent(set) => self.tasks.has_event(set)?,
            Until::ExclusiveSetEvent(set) => is_free && self.tasks.has_event(set)?,
        })
    }

    /// Chooses a ready thread: the one that began to wait first, unless a seed says otherwise. If
    /// `only` is given, one of this instance that may run during a call of a function of a
    /// synchronous type. Threads that do not satisfy the condition are left out.
    pub(super) fn choose_ready(
        &mut self,
        only: Option<u32>,
        is_free: impl Fn(ThreadId, &Thread) -> bool,
    ) -> Result<Option<ThreadId>> {
        let all = self.tasks.order.is_seeded();
        let ready = self.ready_threads(only, is_free, all)?;
        Ok(self.tasks.order.choose(&ready))
    }

    /// Returns whether a thread is ready, of all or of those of an instance.
    pub(super) fn has_ready(&mut self, only: Option<u32>) -> Result<bool> {
        Ok(!self.ready_threads(only, |_, _| true, false)?.is_empty())
    }

    /// Returns all ready threads, or only the first, in the order in which they began to wait.
    ///
    /// During a call of a function of a synchronous type, the reference leaves out the thread that
    /// holds the instance. The official suite leaves out every thread that must hold it to run.
    fn ready_threads(
        &mut self,
        only: Option<u32>,
        is_free: impl Fn(ThreadId, &Thread) -> bool,
        all: bool,
    ) -> Result<Vec<ThreadId>> {
        let (mut ready, mut place) = (Vec::new(), 0);
        while let Some((id, behind)) = self.tasks.waiting.at_or_behind(place) {
            place = behind;
            let thread = self.tasks.thread(id)?;
            if !is_free(id, thread) {
                continue;
            }
            if let Some(instance) = only {
                if thread.instance != instance || self.must_hold(id)? {
                    continue;
                }
            }
            if self.is_ready(id)? {
                ready.push(id);
                if !all {
                    break;
                }
            }
        }
        Ok(ready)
    }

    /// Returns whether a thread must hold its instance to run.
    fn must_hold(&self, id: ThreadId) -> Result<bool> {
        let task = self.tasks.task(self.tasks.thread(id)?.task)?;
        let lifted = &task.lifted;
        Ok(task.implicit == Some(id) && lifted.needs_exclusive())
    }

    /// `Thread.start_waiting_internal`
    pub(crate) fn start_waiting(&mut self, id: ThreadId, until: Until) -> Result<()> {
        let place = self.tasks.waiting.push(id);
        let thread = self.tasks.thread_mut(id)?;
        thread.state = ThreadState::Waiting(until);
        thread.place = Some(place);
        Ok(())
    }

    /// Makes a thread run that was waiting or suspended.
    pub(super) fn stop_waiting(&mut self, id: ThreadId) -> Result<()> {
        let thread = self.tasks.thread_mut(id)?;
        thread.state = ThreadState::Running;
        if let Some(place) = thread.place.take() {
            self.tasks.waiting.remove(place);
        }
        Ok(())
    }

    /// Enters an instance from the host: the instance and all around it.
    pub(super) fn enter_from_host(&mut self, instance: u32) -> Result<Entering> {
        let all = self.entering(instance, None)?;
        self.enter(&all)?;
        Ok(all)
    }
}

/// `Thread.resume`, until the thread and those that it switches to block or end.
///
/// # Errors
/// Traps and limits of guests, and everything that ends a call.
pub(super) fn resume(
    store: &mut dyn CoreStore,
    id: ThreadId,
    cancelled: bool,
) -> Result<Steps<()>> {
    repeat(store, (id, cancelled), |store, (id, cancelled)| {
        let running = Running::of(store)?;
        if running.tasks.thread(id)?.buried {
            return Err(super::nested::needs_a_second_stack());
        }
        running.tasks.check_deadline()?;
        running.stop_waiting(id)?;
        running.resume_context(id)?;
        let outer = running.tasks.current.replace(id);
        let ran = run(store, id, cancelled)?;
        ran.then(store, move |store, switch_to| {
            let running = Running::of(store)?;
            running.keep_context(id);
            running.tasks.current = outer;
            Ok(Steps::Done(match switch_to {
                Some(other) => ControlFlow::Continue((other, false)),
                None => ControlFlow::Break(()),
            }))
        })
    })
}

/// `Store.tick`: lets a ready thread run. Returns whether the thread had only let others run, or `None`
/// if no thread was ready.
///
/// # Errors
/// Those of [`resume`].
pub(super) fn tick(store: &mut dyn CoreStore) -> Result<Option<bool>> {
    let running = Running::of(store)?;
    let Some(id) = running.choose_ready(None, |_, _| true)? else {
        return Ok(None);
    };
    let state = running.tasks.thread(id)?.state;
    run_ready(store, id)?.done()?;
    Ok(Some(matches!(
        state,
        ThreadState::Waiting(Until::Now | Until::Exclusive)
    )))
}

/// Lets a ready thread run, as the host does.
pub(super) fn run_ready(store: &mut dyn CoreStore, id: ThreadId) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let instance = running.tasks.thread(id)?.instance;
    let all = running.enter_from_host(instance)?;
    running.tasks.push_level(Origin::Tick, all);
    let resumed = resume(store, id, false)?;
    resumed.then(store, |store, ()| {
        Running::of(store)?.pop_level()?;
        Ok(Steps::Done(()))
    })
}
