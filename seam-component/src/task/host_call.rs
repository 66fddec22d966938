//! Calls of asynchronous host functions by guests.
//!
//! Such a call is a subtask. While the future of the host function is pending, only the thread that waits
//! for it is blocked.

use std::sync::Arc;
use std::task::{Context, Poll};

use seam_core::{CoreStore, Result, Started, Value};

use super::lower::outcome;
use super::pass::in_scope;
use super::progress::complete;
use super::steps::Steps;
use crate::abi;
use crate::machine::{lifting, reads_memory};
use crate::state::{HostFunc, LoweredCall, PendingCall, Running, Scope, SubtaskState, WaitableId};

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
    let values = lift_args(store, callee, call, args, subtask)?;
    let running = Running::of(store)?;
    let started = running.world.start(callee.index, &values)?;
    let mut pending = PendingCall {
        subtask,
        callee: callee.clone(),
        args: values,
        future: match started {
            Started::Done(result) => Box::pin(std::future::ready(result)),
            Started::Pending(future) => future,
        },
    };
    let waker = running.tasks.waker();
    let completed = match pending
        .future
        .as_mut()
        .poll(&mut Context::from_waker(&waker))
    {
        Poll::Ready(result) => complete(store, pending, result)?,
        Poll::Pending => {
            running.tasks.pending_calls.push(pending);
            Steps::Done(())
        }
    };
    let call = call.clone();
    completed.then(store, move |store, ()| outcome(store, subtask, &call))
}

/// Lifts the arguments from the caller. The subtask keeps the loans.
fn lift_args(
    store: &mut dyn CoreStore,
    callee: &HostFunc,
    call: &LoweredCall,
    args: &[u64],
    subtask: WaitableId,
) -> Result<Vec<Value>> {
    let scope = Scope {
        task: None,
        subtask: Some(subtask),
    };
    in_scope(store, Some(scope), |store| {
        let (max, params) = (call.max_flat().0, &callee.ty.params);
        lifting(store, &call.opts, reads_memory(max, params), |cx| {
            abi::lift_flat_values(cx, max, call.split(args).0, params)
        })
    })
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
