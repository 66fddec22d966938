//! Calls by the host.

use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Instant;

use seam_core::{CanonTrap, CoreStore, Error, Result, Value, block_on_until};

use super::cancel::request_cancellation;
use super::lift::begin_next;
use super::progress::progress_of_host;
use super::schedule::tick;
use crate::poll::flip;
use crate::state::{Caller, HostTask, Lifted, Outcome, Running, TaskId};

/// How often threads may yield after a call has its outcome, until it ends.
const MAX_YIELDS: u32 = 100;

/// Makes the task of a call, which begins when the host drives a call.
///
/// # Errors
/// `Limit(EngineCapacity)`.
pub(crate) fn invoke(
    running: &mut Running,
    lifted: &Arc<Lifted>,
    args: Vec<Value>,
) -> Result<TaskId> {
    let call = HostTask {
        args,
        ..HostTask::default()
    };
    let (task, _) = running.create_task(lifted, Caller::Host(call))?;
    running.tasks.not_begun.push_back(task);
    Ok(task)
}

/// Lets threads run until a call has its outcome, and then until the function itself has ended, no
/// thread is ready, or threads only yield. What has not ended goes on in later calls.
///
/// Pending if the threads wait for asynchronous host functions. The waker is woken when one of them may
/// have completed.
///
/// # Errors
/// The trap `Deadlock` if nothing can go on before the call has its outcome. The trap `CannotEnter` if
/// its component was closed. `Limit(Deadline)`. Those of the threads that run.
pub(crate) fn poll_drive(store: &mut dyn CoreStore, id: TaskId, waker: &Waker) -> Result<Poll<()>> {
    let running = Running::of(store)?;
    running.begin_outermost();
    running.tasks.awaited = Some(id);
    running.tasks.waker = Some(waker.clone());
    running.resume_clock(id)?;
    while begin_next(store)?.done()? {}
    while outcome(Running::of(store)?, id)?.is_none() {
        if tick(store)?.is_some() || progress_of_host(store)?.done()? {
            continue;
        }
        if Running::of(store)?.world.clock().advance_to_next() {
            continue;
        }
        let running = Running::of(store)?;
        let instance = running.check_open(id)?;
        if running.tasks.pending_calls.is_empty() {
            return Err(Error::trap(CanonTrap::Deadlock));
        }
        return match running.tasks.check_deadline() {
            Ok(()) => {
                running.tasks.wake_at_deadline(waker)?;
                Ok(Poll::Pending)
            }
            Err(_) => Err(running.late(instance)?),
        };
    }
    Running::of(store)?.tasks.awaited = None;
    run_while(store, |running| running.is_implicit_alive(id))?;
    Ok(Poll::Ready(()))
}

/// Drives a call, and blocks the calling thread while it waits for asynchronous host functions.
///
/// # Errors
/// `Limit(Deadline)`. Those of [`poll_drive`].
pub(crate) fn drive(store: &mut dyn CoreStore, id: TaskId) -> Result<()> {
    let running = Running::of(store)?;
    let deadline = running.resume_clock(id)?;
    let instance = running.tasks.task(id)?.lifted.opts.instance;
    let driven = std::future::poll_fn(|cx| flip(poll_drive(store, id, cx.waker())));
    match block_on_until(deadline, driven) {
        Some(driven) => driven,
        None => Err(Running::of(store)?.late(instance)?),
    }
}

/// Lets threads run until none is ready, or they only yield. The virtual time advances, as often as
/// threads may yield. Returns whether anything has happened.
///
/// # Errors
/// Those of the threads that run. Errors of sources and sinks.
pub(crate) fn progress(store: &mut dyn CoreStore) -> Result<bool> {
    let running = Running::of(store)?;
    running.begin_outermost();
    running.tasks.awaited = None;
    let mut any = false;
    for _ in 0..MAX_YIELDS {
        any |= run_while(store, |_| Ok(true))?;
        if !Running::of(store)?.world.clock().advance_to_next() {
            break;
        }
        any = true;
    }
    Ok(any)
}

/// Lets threads run while a condition holds, until none is ready, or they only yield. Returns whether
/// anything has happened.
fn run_while(
    store: &mut dyn CoreStore,
    goes_on: impl Fn(&Running) -> Result<bool>,
) -> Result<bool> {
    let (mut any, mut yields) = (false, 0);
    while yields < MAX_YIELDS && goes_on(Running::of(store)?)? {
        match tick(store)? {
            Some(yielded) => yields += u32::from(yielded),
            None if progress_of_host(store)?.done()? => {}
            None => break,
        }
        any = true;
    }
    Ok(any)
}

/// Takes the outcome of a call, and ends its loans.
///
/// # Errors
/// `Engine` if it has none.
pub(crate) fn take(store: &mut dyn CoreStore, id: TaskId) -> Result<Outcome> {
    let running = Running::of(store)?;
    let call = host_call(running, id)?;
    let loans = std::mem::take(&mut call.lenders);
    let outcome = call.outcome.take();
    let outcome = outcome.ok_or_else(|| Error::engine("expected a call that has ended"))?;
    for loan in loans {
        running.end_loan(loan)?;
    }
    running.forget(id)?;
    Ok(outcome)
}

/// Ends a call whose outcome nobody wants. If it has not begun, it never does. If it has begun and has
/// no outcome, it is asked to end.
///
/// # Errors
/// `Engine` if the call is unknown. Those of the threads that run.
pub(crate) fn give_up(store: &mut dyn CoreStore, id: TaskId) -> Result<()> {
    let running = Running::of(store)?;
    if outcome(running, id)?.is_some() {
        return take(store, id).map(drop);
    }
    let not_begun = running.tasks.not_begun.len();
    running.tasks.not_begun.retain(|task| *task != id);
    if running.tasks.not_begun.len() < not_begun {
        return running.remove_unbegun(id);
    }
    host_call(running, id)?.is_given_up = true;
    running.begin_outermost();
    running.tasks.awaited = None;
    request_cancellation(store, id, None, None, true)?
        .done()
        .map(drop)
}

fn outcome(running: &mut Running, id: TaskId) -> Result<&mut Option<Outcome>> {
    Ok(&mut host_call(running, id)?.outcome)
}

fn host_call(running: &mut Running, id: TaskId) -> Result<&mut HostTask> {
    match &mut running.tasks.task_mut(id)?.caller {
        Caller::Host(call) => Ok(call),
        Caller::Guest(_) => Err(Error::engine("expected a call by the host")),
    }
}

impl Running {
    /// Lets the time of a call go on. Returns when it must have ended, if there is a deadline.
    fn resume_clock(&mut self, id: TaskId) -> Result<Option<Instant>> {
        let deadline = match host_call(self, id)?.deadline {
            Some(deadline) => deadline,
            None => self.tasks.restart_clock(),
        };
        host_call(self, id)?.deadline = Some(deadline);
        self.tasks.set_deadline(deadline);
        Ok(deadline)
    }

    /// Checks that no trap has closed the component of a call. Returns the instance.
    fn check_open(&mut self, id: TaskId) -> Result<u32> {
        let instance = self.tasks.task(id)?.lifted.opts.instance;
        let entered = self.enter_from_host(instance)?;
        self.leave(&entered)?;
        Ok(instance)
    }

    /// Ends a call of the host: its outcome is there. If the host has given it up, its loans end.
    ///
    /// # Errors
    /// `Engine` if the call is unknown.
    pub(super) fn resolve_host_call(&mut self, id: TaskId, outcome: Outcome) -> Result<()> {
        let call = host_call(self, id)?;
        if !call.is_given_up {
            call.outcome = Some(outcome);
            return Ok(());
        }
        let loans = std::mem::take(&mut call.lenders);
        loans.into_iter().try_for_each(|loan| self.end_loan(loan))
    }

    /// Removes the task of a call that has not begun.
    fn remove_unbegun(&mut self, id: TaskId) -> Result<()> {
        if let Some(thread) = self.tasks.remove_task(id)?.implicit {
            self.tasks.remove_thread(thread)?;
        }
        Ok(())
    }

    /// Returns whether a call of the host has its outcome.
    pub(super) fn has_outcome(&mut self, id: TaskId) -> Result<bool> {
        Ok(outcome(self, id)?.is_some())
    }

    /// Returns whether the implicit thread of a task has not ended.
    fn is_implicit_alive(&self, id: TaskId) -> Result<bool> {
        let task = self.tasks.task(id)?;
        Ok(task
            .implicit
            .is_some_and(|implicit| task.threads.contains(&implicit)))
    }
}
