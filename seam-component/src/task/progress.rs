//! What goes on without a thread, when the host has something for the guests.

use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker};

use seam_core::{CoreStore, Error, Limit, Result, block_on_until};

use super::host_end::{connect_ends, progress_of_copies};
use super::pass::lower;
use super::steps::{Steps, repeat};
use crate::abi::Cx;
use crate::state::{Completed, HostFunc, HostResult, PendingCall, Running, SubtaskState, Tasks};

/// Lets everything go on that waited for the host: connections of ends, copies, and calls of
/// asynchronous host functions. Returns whether anything has happened.
///
/// # Errors
/// Those of [`connect_ends`], [`progress_of_copies`] and [`progress_of_calls`].
pub(super) fn progress_of_host(store: &mut dyn CoreStore) -> Result<Steps<bool>> {
    let connected = connect_ends(store)?;
    let copied = progress_of_copies(store)?;
    copied.then(store, move |store, copied| {
        let returned = progress_of_calls(store)?;
        returned.then(store, move |_, returned| {
            Ok(Steps::Done(connected | copied | returned))
        })
    })
}

/// Lets calls return that have completed. Returns whether there were any.
///
/// # Errors
/// Any error of a host function, which closes the components that have called it. Traps and limits of
/// the canonical ABI.
fn progress_of_calls(store: &mut dyn CoreStore) -> Result<Steps<bool>> {
    repeat(store, false, |store, any| {
        let tasks = &mut Running::of(store)?.tasks;
        let waker = tasks.waker();
        match tasks.next_completed(&mut Context::from_waker(&waker)) {
            None => Ok(Steps::Done(ControlFlow::Break(any))),
            Some((call, result)) => {
                let returned = return_later(store, call, result)?;
                returned.then(store, |_, ()| Ok(Steps::Done(ControlFlow::Continue(true))))
            }
        }
    })
}

/// Blocks the calling thread until a call has completed, and lets it return.
///
/// # Errors
/// `Limit(Deadline)`. Those of [`progress_of_calls`].
pub(super) fn wait_for_call(store: &mut dyn CoreStore) -> Result<Steps<()>> {
    let tasks = &mut Running::of(store)?.tasks;
    let deadline = tasks.deadline();
    let waiting = tasks.pending_calls.first().map(|call| call.subtask);
    let completed = std::future::poll_fn(|cx| match tasks.next_completed(cx) {
        Some(completed) => Poll::Ready(completed),
        None => Poll::Pending,
    });
    match block_on_until(deadline, completed) {
        Some((call, result)) => return_later(store, call, result),
        None => {
            let running = Running::of(store)?;
            let waiting = waiting.ok_or_else(|| Error::engine("expected a call that waits"))?;
            let instance = running.tasks.waitable(waiting)?.instance;
            Err(running.late(instance)?)
        }
    }
}

/// Lets a call return while no guest runs.
fn return_later(
    store: &mut dyn CoreStore,
    call: PendingCall,
    completed: Completed,
) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    let instance = running.tasks.waitable(call.subtask)?.instance;
    // An error leaves the instance entered, so that it is closed.
    let entered = running.enter_from_host(instance)?;
    let completed = complete(store, call, completed)?;
    completed.then(store, move |store, ()| {
        Running::of(store)?.leave(&entered).map(Steps::Done)
    })
}

/// Lowers the result of a host function into its caller, and resolves the subtask.
///
/// # Errors
/// Those of [`progress_of_calls`].
pub(super) fn complete(
    store: &mut dyn CoreStore,
    call: PendingCall,
    completed: Completed,
) -> Result<Steps<()>> {
    let PendingCall {
        subtask: id,
        callee: HostFunc { index, ty },
        ..
    } = call;
    let running = Running::of(store)?;
    let result = match completed {
        Completed::Values(args, result) => HostResult::Values(
            running
                .world
                .finish(index, &args, result)?
                .into_iter()
                .collect(),
        ),
        Completed::Typed(call) => HostResult::Typed(call?),
    };
    let result = match running.tasks.defers {
        true => result.replayable(running, &ty)?,
        false => result,
    };
    let subtask = running.tasks.subtask(id)?;
    let (call, args) = (subtask.call.clone(), subtask.args.clone());
    let lowered = lower(store, None, move |machine, flat| {
        let cx = &mut Cx::new(machine, &call.opts);
        let ((_, max), (_, out_param)) = (call.max_flat(), call.split(&args));
        result.lower(cx, max, &ty.result, out_param, flat)
    })?;
    lowered.then(store, move |store, results| {
        let running = Running::of(store)?;
        running.on_progress(id)?;
        running.resolve(id, SubtaskState::Returned, results.as_slice().to_vec())?;
        connect_ends(store).map(|_| Steps::Done(()))
    })
}

impl Running {
    /// Closes a component whose call has exceeded its deadline while only the host could let it go on.
    /// Returns the error of the call.
    pub(super) fn late(&mut self, instance: u32) -> Result<Error> {
        self.enter_from_host(instance)?;
        Ok(Error::limit(Limit::Deadline))
    }
}

impl Tasks {
    /// Returns the waker of whoever drives the current call of the host.
    pub(super) fn waker(&self) -> Waker {
        self.waker.clone().unwrap_or_else(|| Waker::noop().clone())
    }

    /// Removes and returns the oldest call that has completed, with the output of its future.
    fn next_completed(&mut self, cx: &mut Context<'_>) -> Option<(PendingCall, Completed)> {
        let mut calls = self.pending_calls.iter_mut().enumerate();
        let completed = calls.find_map(|(index, call)| match call.future.poll(cx) {
            Poll::Ready(completed) => Some((index, completed)),
            Poll::Pending => None,
        });
        completed.map(|(index, completed)| (self.pending_calls.remove(index), completed))
    }
}
