//! Calls of asynchronous host functions by guests.
//!
//! Such a call is a subtask. While the future of the host function is pending, only the thread that waits
//! for it is blocked.

use std::sync::Arc;
use std::task::{Context, Poll};

use seam_core::{CoreStore, HostFuture, Result, Started, StartedTyped};

use super::lower::outcome;
use super::pass::in_scope;
use super::progress::complete;
use super::steps::Steps;
use crate::machine::{lifting, reads_memory};
use crate::state::{
    CallFuture, HostFunc, LoweredCall, PendingCall, Running, Scope, SubtaskState, WaitableId,
    lift_host_args,
};

/// Calls an asynchronous host function. Returns the core results.
///
/// # Errors
/// Any error of the host function. Traps and limits of the canonical ABI. Those of
/// [`block`](super::block()).
pub(crate) fn call_host(
    store: &mut dyn CoreStore,
    callee: &HostFunc,
    call: &Arc<LoweredCall>,
    args: &[u64],
) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    let instance = call.opts.instance;
    running.check_may_leave(instance)?;
    running.check_may_block(instance, call.is_async)?;
    let subtask = running.add_subtask(call, args)?;
    running.tasks.subtask_mut(subtask)?.state = SubtaskState::Started;
    let future = start(store, callee, call, args, subtask)?;
    let mut pending = PendingCall {
        subtask,
        callee: callee.clone(),
        future,
    };
    let running = Running::of(store)?;
    let waker = running.tasks.waker();
    let completed = match pending.future.poll(&mut Context::from_waker(&waker)) {
        Poll::Ready(completed) => complete(store, pending, completed)?,
        Poll::Pending => {
            running.tasks.pending_calls.push(pending);
            Steps::Done(())
        }
    };
    let call = call.clone();
    completed.then(store, move |store, ()| outcome(store, subtask, &call))
}

/// Lifts the arguments from the caller, and starts the host function. The subtask keeps the loans.
///
/// Arguments of a host function over Rust types are lifted without building values, unless the world
/// records host calls.
fn start(
    store: &mut dyn CoreStore,
    callee: &HostFunc,
    call: &LoweredCall,
    args: &[u64],
    subtask: WaitableId,
) -> Result<CallFuture> {
    let scope = Scope {
        task: None,
        subtask: Some(subtask),
    };
    let (max, params) = (call.max_flat().0, &callee.ty.params);
    let args = call.split(args).0;
    let mut typed = Running::of(store)?.world.begin_typed(callee.index);
    let values = in_scope(store, Some(scope), |store| {
        lifting(store, &call.opts, reads_memory(max, params), |cx| {
            lift_host_args(cx, max, args, params, typed.as_mut())
        })
    })?;
    let world = &mut Running::of(store)?.world;
    let Some(typed) = typed else {
        let future: HostFuture = match world.start(callee.index, &values)? {
            Started::Done(result) => Box::pin(std::future::ready(result)),
            Started::Pending(future) => future,
        };
        return Ok(CallFuture::Values(values, future));
    };
    Ok(CallFuture::Typed(match world.start_typed(typed)? {
        StartedTyped::Done(call) => Box::pin(std::future::ready(Ok(call))),
        StartedTyped::Pending(future) => future,
    }))
}

impl Running {
    /// Cancels a call whose host function has not completed: its future is dropped.
    ///
    /// # Errors
    /// `Engine` if the subtask is unknown.
    pub(super) fn cancel_host_call(&mut self, id: WaitableId) -> Result<()> {
        self.tasks.pending_calls.retain(|call| call.subtask != id);
        self.on_progress(id)?;
        self.resolve(id, SubtaskState::CancelledBeforeReturned, Vec::new())
    }
}
