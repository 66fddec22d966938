//! `canon lower`: calls of lifted functions by guests.

use std::sync::Arc;

use seam_core::{CoreStore, Result};

use super::block::{Block, block};
use super::event::take_results;
use super::lift::begin_task;
use super::nested;
use super::steps::Steps;
use crate::state::{
    Caller, Entering, Entry, Kind, Lifted, LoweredCall, Running, Subtask, SubtaskState, Until,
    Waitable, WaitableId, Wake,
};

/// Calls a lifted function. Returns the core results.
///
/// # Errors
/// Traps and limits of guests, and of the canonical ABI. Those of [`block`].
pub(crate) fn call(
    store: &mut dyn CoreStore,
    callee: &Arc<Lifted>,
    entering: &Entering,
    call: &Arc<LoweredCall>,
    args: &[u64],
) -> Result<Steps<Vec<u64>>> {
    let instance = call.opts.instance;
    let running = Running::of(store)?;
    running.check_may_leave(instance)?;
    running.check_may_block(instance, call.is_async || !callee.ty.is_async)?;
    let caller = running.tasks.current;
    let id = running.add_subtask(call, args)?;
    let (call, is_async) = (call.clone(), call.is_async);
    let (task, _) = running.create_task(callee, Caller::Guest(id))?;
    running.tasks.subtask_mut(id)?.task = Some(task);
    let called = begin_task(store, task, entering, is_async)?;
    called.then(store, move |store, detached| {
        if let Some(caller) = caller.filter(|_| detached && !is_async) {
            let waited = nested::wait(store, caller, None)?;
            return waited.then(store, move |store, ()| {
                take_results(Running::of(store)?, id).map(Steps::Done)
            });
        }
        outcome(store, id, &call)
    })
}

/// Returns the core results of a call whose subtask has begun. Without the `async` option, waits until
/// it is resolved.
///
/// # Errors
/// Those of [`block`].
pub(super) fn outcome(
    store: &mut dyn CoreStore,
    id: WaitableId,
    call: &LoweredCall,
) -> Result<Steps<Vec<u64>>> {
    let running = Running::of(store)?;
    if call.is_async {
        let result = running.started(id, call.opts.instance)?;
        return Ok(Steps::Done(vec![result.into()]));
    }
    match running.tasks.subtask(id)?.resolved() {
        true => take_results(running, id).map(Steps::Done),
        false => block(store, Block::until(Until::Resolved(id)), Wake::Results(id)),
    }
}

impl Running {
    /// Adds the subtask of a call.
    pub(super) fn add_subtask(
        &mut self,
        call: &Arc<LoweredCall>,
        args: &[u64],
    ) -> Result<WaitableId> {
        let subtask = Subtask::new(call.clone(), args.to_vec());
        let waitable = Waitable::new(Kind::Subtask(subtask), call.opts.instance);
        self.tasks.add_waitable(waitable)
    }

    /// Returns the result of a function that is lowered with the `async` option.
    fn started(&mut self, id: WaitableId, instance: u32) -> Result<u32> {
        if self.tasks.subtask(id)?.resolved() {
            take_results(self, id)?;
            return Ok(SubtaskState::Returned as u32);
        }
        let index = self.handles(instance)?.add(Entry::Waitable(id))?;
        self.tasks.waitable_mut(id)?.index = index;
        Ok(self.tasks.subtask(id)?.state as u32 | index << 4)
    }
}
