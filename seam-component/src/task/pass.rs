//! The values of a task: its arguments, and what it returns.

use seam_core::{CanonTrap, CoreStore, Error, Result};

use crate::abi::{self, Cx, FlatBits, InTransit, Transfer};
use crate::machine::StoreMachine;
use crate::state::{
    Caller, Lifted, Outcome, Running, Scope, SubtaskState, TaskId, TaskState, WaitableId,
};
use seam_decode::types::MAX_FLAT_PARAMS;

/// `on_start`, and the lowering of the arguments.
///
/// # Errors
/// Traps of the specification. Traps and limits of `realloc`.
pub(super) fn lower_args(
    store: &mut dyn CoreStore,
    id: TaskId,
    lifted: &Lifted,
) -> Result<FlatBits> {
    let mut flat = FlatBits::default();
    match &mut Running::of(store)?.tasks.task_mut(id)?.caller {
        Caller::Host(call) => {
            let args = std::mem::take(&mut call.args);
            in_scope(store, id, None, |store| {
                let machine = &mut StoreMachine(store);
                let cx = &mut Cx::new(machine, &lifted.opts);
                let params = &lifted.ty.params;
                abi::lower_flat_values(cx, MAX_FLAT_PARAMS, &args, params, None, &mut flat)
            })?;
        }
        Caller::Guest(subtask) => {
            let subtask = *subtask;
            in_scope(store, id, Some(subtask), |store| {
                args_of_guest(store, lifted, subtask, &mut flat)
            })?;
        }
    }
    Ok(flat)
}

fn args_of_guest(
    store: &mut dyn CoreStore,
    lifted: &Lifted,
    subtask: WaitableId,
    flat: &mut FlatBits,
) -> Result<()> {
    let running = Running::of(store)?;
    running.on_progress(subtask)?;
    let state = running.tasks.subtask_mut(subtask)?;
    state.state = SubtaskState::Started;
    let (call, args) = (state.call.clone(), state.args.clone());
    let (machine, from, to) = (&mut StoreMachine(store), &call.opts, &lifted.opts);
    let mut transfer = Transfer { machine, from, to };
    let (args, _) = call.split(&args);
    let passed = transfer.lift(call.max_flat().0, args, &lifted.ty.params)?;
    transfer.lower(passed, MAX_FLAT_PARAMS, None, flat)
}

/// `task.return_`: lifts the result from at most `max_flat` core values, and resolves the task.
///
/// # Errors
/// Traps of the specification.
pub(crate) fn return_values(
    store: &mut dyn CoreStore,
    id: TaskId,
    flat: &[u64],
    max_flat: usize,
) -> Result<()> {
    let task = Running::of(store)?.tasks.task(id)?;
    let lifted = task.lifted.clone();
    match task.caller {
        Caller::Host(_) => return_to_host(store, id, &lifted, flat, max_flat)?,
        Caller::Guest(subtask) => return_to_guest(store, id, &lifted, subtask, flat, max_flat)?,
    }
    Running::of(store)?.tasks.task_mut(id)?.state = TaskState::Resolved;
    Ok(())
}

fn return_to_host(
    store: &mut dyn CoreStore,
    id: TaskId,
    lifted: &Lifted,
    flat: &[u64],
    max_flat: usize,
) -> Result<()> {
    let value = in_scope(store, id, None, |store| {
        let machine = &mut StoreMachine(store);
        let cx = &mut Cx::new(machine, &lifted.opts);
        abi::lift_flat_value(cx, max_flat, flat, &lifted.ty.result)
    })?;
    let running = Running::of(store)?;
    running.check_may_return(id)?;
    if let Caller::Host(call) = &mut running.tasks.task_mut(id)?.caller {
        call.outcome = Some(Outcome::Returned(value));
    }
    Ok(())
}

fn return_to_guest(
    store: &mut dyn CoreStore,
    id: TaskId,
    lifted: &Lifted,
    subtask: WaitableId,
    flat: &[u64],
    max_flat: usize,
) -> Result<()> {
    let running = Running::of(store)?;
    // A task that has returned has no subtask any more.
    running.check_not_resolved(id)?;
    let state = running.tasks.subtask(subtask)?;
    let (call, args) = (state.call.clone(), state.args.clone());
    let result = &lifted.ty.result;
    let (machine, from, to) = (&mut StoreMachine(store), &lifted.opts, &call.opts);
    let passed = Transfer { machine, from, to }.lift(max_flat, flat, result)?;
    let reps = passed.into_reps();
    let running = Running::of(machine.0)?;
    running.check_may_return(id)?;
    running.on_progress(subtask)?;
    let passed = InTransit::new(max_flat, flat, result, reps)?;
    let ((_, max), (_, out_param)) = (call.max_flat(), call.split(&args));
    let mut results = FlatBits::default();
    Transfer { machine, from, to }.lower(passed, max, out_param, &mut results)?;
    let results = results.as_slice().to_vec();
    Running::of(machine.0)?.resolve(subtask, SubtaskState::Returned, results)
}

/// Lifts or lowers values, while handles are lent for a task.
fn in_scope<T>(
    store: &mut dyn CoreStore,
    task: TaskId,
    subtask: Option<WaitableId>,
    pass: impl FnOnce(&mut dyn CoreStore) -> Result<T>,
) -> Result<T> {
    Running::of(store)?.scope = Some(Scope { task, subtask });
    let passed = pass(store)?;
    Running::of(store)?.scope = None;
    Ok(passed)
}

impl Running {
    fn check_not_resolved(&self, id: TaskId) -> Result<()> {
        match self.tasks.task(id)?.state {
            TaskState::Resolved => Err(Error::trap(CanonTrap::AlreadyResolved)),
            _ => Ok(()),
        }
    }

    /// The checks of `Task.return_`.
    fn check_may_return(&self, id: TaskId) -> Result<()> {
        self.check_not_resolved(id)?;
        match self.tasks.task(id)?.num_borrows {
            0 => Ok(()),
            _ => Err(Error::trap(CanonTrap::BorrowsNotDropped)),
        }
    }
}
