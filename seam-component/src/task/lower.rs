//! `canon lower`: calls of lifted functions by guests.

use std::sync::Arc;

use seam_core::{CoreStore, Result};

use super::block::{Block, block};
use super::event::take_results;
use super::lift::call_lifted;
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
    let subtask = Subtask::new(call.clone(), args.to_vec());
    let waitable = Waitable::new(Kind::Subtask(subtask), instance);
    let id = running.tasks.add_waitable(waitable)?;
    let is_async = call.is_async;
    let called = call_lifted(store, callee, entering, Caller::Guest(id), is_async)?;
    called.then(store, move |store, (_, detached)| {
        let running = Running::of(store)?;
        if is_async {
            let result = running.started(id, instance)?;
            return Ok(Steps::Done(vec![result.into()]));
        }
        if let Some(caller) = caller.filter(|_| detached) {
            let waited = nested::wait(store, caller, None)?;
            return waited.then(store, move |store, ()| {
                take_results(Running::of(store)?, id).map(Steps::Done)
            });
        }
        if running.tasks.subtask(id)?.resolved() {
            return take_results(running, id).map(Steps::Done);
        }
        block(store, Block::until(Until::Resolved(id)), Wake::Results(id))
    })
}

impl Running {
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
