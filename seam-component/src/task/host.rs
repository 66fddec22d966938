//! Calls by the host.

use std::sync::Arc;

use seam_core::{CanonTrap, CoreStore, Error, Result, Value};

use super::host_end::progress_of_host;
use super::lift::call_lifted;
use super::schedule::tick;
use crate::state::{Caller, HostCall, Lifted, Outcome, Running, TaskId};

/// How often threads may yield after a call has its outcome, until it ends.
const MAX_YIELDS: u32 = 100;

/// Starts a call, until it blocks or returns.
///
/// # Errors
/// Traps and limits of guests, and of the canonical ABI.
pub(crate) fn invoke(
    store: &mut dyn CoreStore,
    lifted: &Arc<Lifted>,
    args: Vec<Value>,
) -> Result<TaskId> {
    let running = Running::of(store)?;
    running.lifted = 0;
    running.begin_outermost();
    running.tasks.is_awaited = true;
    let call = HostCall {
        args,
        ..HostCall::default()
    };
    let caller = Caller::Host(call);
    let (task, _) = call_lifted(store, lifted, &lifted.entering, caller, true)?.done()?;
    Ok(task)
}

/// Lets threads run until a call has its outcome, and then until the function itself has ended, no
/// thread is ready, or threads only yield. What has not ended goes on in later calls.
///
/// # Errors
/// The trap `Deadlock` if no thread is ready before the call has its outcome. Those of the threads
/// that run.
pub(crate) fn drive(store: &mut dyn CoreStore, id: TaskId) -> Result<()> {
    Running::of(store)?.tasks.restart_clock();
    while outcome(Running::of(store)?, id)?.is_none() {
        if tick(store)?.is_none() && !progress_of_host(store)?.done()? {
            return Err(Error::trap(CanonTrap::Deadlock));
        }
    }
    Running::of(store)?.tasks.is_awaited = false;
    run_while(store, |running| running.is_implicit_alive(id)).map(drop)
}

/// Lets threads run until none is ready, or they only yield. Returns whether anything has happened.
///
/// # Errors
/// Those of the threads that run. Errors of sources and sinks.
pub(crate) fn progress(store: &mut dyn CoreStore) -> Result<bool> {
    let running = Running::of(store)?;
    running.begin_outermost();
    running.tasks.is_awaited = false;
    run_while(store, |_| Ok(true))
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

/// Ends a call whose outcome nobody wants. If it has none yet, its task goes on.
///
/// # Errors
/// `Engine` if the call is unknown.
pub(crate) fn give_up(store: &mut dyn CoreStore, id: TaskId) -> Result<()> {
    match outcome(Running::of(store)?, id)?.is_some() {
        true => take(store, id).map(drop),
        false => Ok(()),
    }
}

fn outcome(running: &mut Running, id: TaskId) -> Result<&mut Option<Outcome>> {
    Ok(&mut host_call(running, id)?.outcome)
}

fn host_call(running: &mut Running, id: TaskId) -> Result<&mut HostCall> {
    match &mut running.tasks.task_mut(id)?.caller {
        Caller::Host(call) => Ok(call),
        Caller::Guest(_) => Err(Error::engine("expected a call by the host")),
    }
}

impl Running {
    /// Returns whether the implicit thread of a task has not ended.
    fn is_implicit_alive(&self, id: TaskId) -> Result<bool> {
        let task = self.tasks.task(id)?;
        Ok(task
            .implicit
            .is_some_and(|implicit| task.threads.contains(&implicit)))
    }
}
