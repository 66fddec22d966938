//! Waitables, their sets, and the delivery of events.

use seam_core::{CanonTrap, CoreMemory, CoreStore, Error, Result};

use crate::abi::check_aligned;
use crate::state::{
    CopyResult, CopyState, Entry, Kind, Pending, Running, SetId, SubtaskState, Tasks, WaitableId,
    WaitableSet, wrong_kind,
};

/// An event: its code and its two parameters.
pub(crate) type Event = (u32, u32, u32);

/// `EventCode.NONE`
pub(super) const NONE: Event = (0, 0, 0);
/// `EventCode.TASK_CANCELLED`
pub(super) const TASK_CANCELLED: Event = (6, 0, 0);

impl Tasks {
    /// `WaitableSet.has_pending_event()`
    pub(crate) fn has_event(&self, set: SetId) -> Result<bool> {
        for id in &self.set(set)?.elems {
            if self.waitable(*id)?.pending.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Chooses a waitable of a set that has an event: the one that joined first, unless a seed says
    /// otherwise.
    fn with_event(&mut self, set: SetId) -> Result<Option<WaitableId>> {
        let mut with_event = Vec::new();
        for id in &self.set(set)?.elems {
            if self.waitable(*id)?.pending.is_some() {
                with_event.push(*id);
            }
        }
        Ok(self.order.choose(&with_event))
    }

    /// `Waitable.join`
    fn join(&mut self, id: WaitableId, set: Option<SetId>) -> Result<()> {
        let before = std::mem::replace(&mut self.waitable_mut(id)?.set, set);
        if let Some(before) = before {
            self.set_mut(before)?.elems.retain(|elem| *elem != id);
        }
        if let Some(set) = set {
            self.set_mut(set)?.elems.push(id);
        }
        Ok(())
    }

    /// Removes a waitable that is no longer in a table: `Waitable.drop`.
    pub(super) fn drop_waitable(&mut self, id: WaitableId) -> Result<()> {
        self.join(id, None)?;
        self.remove_waitable(id).map(drop)
    }
}

/// `canon waitable.join`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn join(running: &mut Running, instance: u32, waitable: u32, set: u32) -> Result<()> {
    running.check_may_leave(instance)?;
    let id = running.handles(instance)?.get(waitable)?.waitable()?;
    if running.tasks.waitable(id)?.has_sync_waiter {
        return Err(Error::trap(CanonTrap::InWaitableSet));
    }
    let set = match set {
        0 => None,
        index => Some(running.handles(instance)?.get(index)?.waitable_set()?),
    };
    running.tasks.join(id, set)
}

/// `canon subtask.drop`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn drop_subtask(running: &mut Running, instance: u32, index: u32) -> Result<()> {
    running.check_may_leave(instance)?;
    let id = running.handles(instance)?.remove(index)?.waitable()?;
    match &running.tasks.waitable(id)?.kind {
        Kind::Subtask(subtask) if subtask.lenders.is_none() => running.tasks.drop_waitable(id),
        Kind::Subtask(_) => Err(Error::trap(CanonTrap::SubtaskNotResolved)),
        Kind::End(_) => Err(wrong_kind()),
    }
}

/// `canon waitable-set.drop`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn drop_set(running: &mut Running, instance: u32, index: u32) -> Result<()> {
    running.check_may_leave(instance)?;
    let id = running.handles(instance)?.remove(index)?.waitable_set()?;
    let set = running.tasks.remove_set(id)?;
    match set.elems.is_empty() && set.num_waiting == 0 {
        true => Ok(()),
        false => Err(Error::trap(CanonTrap::WaitableSetInUse)),
    }
}

/// `canon waitable-set.new`
///
/// # Errors
/// Traps of the specification.
pub(crate) fn new_set(running: &mut Running, instance: u32) -> Result<u32> {
    running.check_may_leave(instance)?;
    let set = running.tasks.add_set(WaitableSet::default())?;
    running.handles(instance)?.add(Entry::WaitableSet(set))
}

/// `WaitableSet.poll`
///
/// # Errors
/// `Engine` outside any task, if the wait is `cancellable`.
pub(crate) fn poll(running: &mut Running, set: SetId, cancellable: bool) -> Result<Event> {
    if cancellable {
        let current = running.tasks.current()?;
        if running.deliver_pending_cancel(current)? {
            return Ok(TASK_CANCELLED);
        }
    }
    match running.tasks.has_event(set)? {
        true => running.next_event(set),
        false => Ok(NONE),
    }
}

/// Ends a wait for an event of a set. Writes its parameters to memory, and returns its code.
///
/// # Errors
/// Traps of an address that is unaligned or out of bounds.
pub(crate) fn event_of_set(
    store: &mut dyn CoreStore,
    set: SetId,
    memory: CoreMemory,
    ptr: u32,
    cancelled: bool,
) -> Result<u32> {
    let event = end_wait(Running::of(store)?, set, cancelled)?;
    unpack_event(store, memory, ptr, event)
}

/// Ends a wait for an event of a set: the second half of `WaitableSet.wait_for_event_and`.
pub(super) fn end_wait(running: &mut Running, set: SetId, cancelled: bool) -> Result<Event> {
    let event = match cancelled {
        true => TASK_CANCELLED,
        false => running.next_event(set)?,
    };
    let set = running.tasks.set_mut(set)?;
    set.num_waiting = set.num_waiting.saturating_sub(1);
    Ok(event)
}

/// `unpack_event`
///
/// # Errors
/// Traps of an address that is unaligned or out of bounds.
pub(crate) fn unpack_event(
    store: &mut dyn CoreStore,
    memory: CoreMemory,
    ptr: u32,
    (code, first, second): (u32, u32, u32),
) -> Result<u32> {
    check_aligned(ptr, 4)?;
    let mut memory = store.memory(memory)?;
    let [a, b, c, d] = first.to_le_bytes();
    let [e, f, g, h] = second.to_le_bytes();
    let written = memory.write(ptr.into(), &[a, b, c, d, e, f, g, h]);
    written.map_err(|_| Error::trap(CanonTrap::PointerOutOfBounds))?;
    Ok(code)
}

/// Returns the payload of a waitable's event, which is delivered now.
///
/// # Errors
/// `Engine` if it has no event.
pub(crate) fn payload(running: &mut Running, id: WaitableId) -> Result<u32> {
    let (_, _, payload) = running.get_pending_event(id)?;
    Ok(payload)
}

/// Returns the flat results of a subtask that is not in a table, and removes it.
///
/// # Errors
/// `Engine` if it is unknown.
pub(super) fn take_results(running: &mut Running, id: WaitableId) -> Result<Vec<u64>> {
    running.deliver_resolve(id)?;
    let results = std::mem::take(&mut running.tasks.subtask_mut(id)?.flat_results);
    running.tasks.remove_waitable(id)?;
    Ok(results)
}

impl Running {
    /// `WaitableSet.get_pending_event()`, of a set that has one.
    pub(super) fn next_event(&mut self, set: SetId) -> Result<Event> {
        match self.tasks.with_event(set)? {
            Some(id) => self.get_pending_event(id),
            None => Err(no_event()),
        }
    }

    /// `Waitable.get_pending_event()`
    fn get_pending_event(&mut self, id: WaitableId) -> Result<Event> {
        let waitable = self.tasks.waitable_mut(id)?;
        let index = waitable.index;
        match waitable.pending.take().ok_or_else(no_event)? {
            Pending::Subtask => {
                if self.tasks.subtask(id)?.resolved() {
                    self.deliver_resolve(id)?;
                }
                Ok((1, index, self.tasks.subtask(id)?.state as u32))
            }
            Pending::Copy(result, reclaim) => self.end_copy(id, index, result, reclaim),
        }
    }

    /// `stream_event` or `future_event`
    fn end_copy(
        &mut self,
        id: WaitableId,
        index: u32,
        result: CopyResult,
        reclaim: bool,
    ) -> Result<Event> {
        let shared = self.tasks.end(id)?.shared;
        let shared = self.tasks.shared_mut(shared)?;
        let is_future = shared.ty.is_future;
        if reclaim {
            shared.pending = None;
        }
        let end = self.tasks.end_mut(id)?;
        let is_done = match result {
            CopyResult::Dropped => true,
            CopyResult::Completed => is_future,
            CopyResult::Cancelled => false,
        };
        end.state = match is_done {
            true => CopyState::Done,
            false => CopyState::Idle,
        };
        let progress = end.buffer.take().map_or(0, |buffer| buffer.progress);
        let progress = if is_future { 0 } else { progress << 4 };
        let code = 2 + 2 * u32::from(is_future) + u32::from(end.is_writable);
        Ok((code, index, result as u32 | progress))
    }

    /// `Subtask.deliver_resolve`
    pub(super) fn deliver_resolve(&mut self, id: WaitableId) -> Result<()> {
        for loan in self
            .tasks
            .subtask_mut(id)?
            .lenders
            .take()
            .unwrap_or_default()
        {
            self.end_loan(loan)?;
        }
        Ok(())
    }

    /// `on_progress`: a subtask that is in a table has an event.
    pub(super) fn on_progress(&mut self, id: WaitableId) -> Result<()> {
        let waitable = self.tasks.waitable_mut(id)?;
        if waitable.index != 0 {
            waitable.pending = Some(Pending::Subtask);
        }
        Ok(())
    }

    /// Resolves a subtask, which has the given state from now on.
    pub(super) fn resolve(
        &mut self,
        id: WaitableId,
        state: SubtaskState,
        flat_results: Vec<u64>,
    ) -> Result<()> {
        let subtask = self.tasks.subtask_mut(id)?;
        subtask.state = state;
        subtask.flat_results = flat_results;
        Ok(())
    }
}

fn no_event() -> Error {
    Error::engine("expected a waitable that has an event")
}
