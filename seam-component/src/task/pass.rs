//! The values of a task: its arguments, and what it returns.

use std::sync::Arc;

use seam_core::{CanonTrap, CoreStore, Error, ErrorKind, Result};

use super::steps::{Steps, call_guest};
use crate::abi::{self, Cx, FlatBits, InTransit, Machine, Transfer, low};
use crate::machine::{StoreMachine, lifting, reads_memory};
use crate::replay::{Log, Replay};
use crate::state::{
    Caller, Lifted, Outcome, Running, Scope, SubtaskState, TaskId, TaskState, WaitableId,
};
use seam_decode::types::{MAX_FLAT_PARAMS, RecordTy, Ty};

/// `on_start`, and the lowering of the arguments.
///
/// # Errors
/// Traps of the specification. Traps and limits of `realloc`.
pub(super) fn lower_args(
    store: &mut dyn CoreStore,
    id: TaskId,
    lifted: &Arc<Lifted>,
) -> Result<Steps<FlatBits>> {
    let lifted = lifted.clone();
    let subtask = match &mut Running::of(store)?.tasks.task_mut(id)?.caller {
        Caller::Guest(subtask) => *subtask,
        Caller::Host(call) => {
            let args = std::mem::take(&mut call.args);
            let scope = Scope {
                task: Some(id),
                subtask: None,
            };
            return lower(store, Some(scope), move |machine, flat| {
                let cx = &mut Cx::new(machine, &lifted.opts);
                let params = &lifted.ty.params;
                abi::lower_flat_values(cx, MAX_FLAT_PARAMS, &args, params, None, flat)
            });
        }
    };
    let running = Running::of(store)?;
    running.on_progress(subtask)?;
    let state = running.tasks.subtask_mut(subtask)?;
    state.state = SubtaskState::Started;
    let (call, args) = (state.call.clone(), state.args.clone());
    let scope = Scope {
        task: Some(id),
        subtask: Some(subtask),
    };
    let max = call.max_flat().0;
    let reps = in_scope(store, Some(scope), |store| {
        let ((args, _), params) = (call.split(&args), &lifted.ty.params);
        lifting(store, &call.opts, reads_memory(max, params), |cx| {
            Ok(InTransit::lift(cx, max, args, params)?.into_reps())
        })
    })?;
    lower(store, Some(scope), move |machine, flat| {
        let (from, to) = (&call.opts, &lifted.opts);
        let (args, _) = call.split(&args);
        let passed = InTransit::new(max, args, &lifted.ty.params, &*reps)?;
        Transfer { machine, from, to }.lower(passed, MAX_FLAT_PARAMS, None, flat)
    })
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
) -> Result<Steps<()>> {
    let task = Running::of(store)?.tasks.task(id)?;
    let lifted = task.lifted.clone();
    let returned = match task.caller {
        Caller::Host(_) => {
            return_to_host(store, id, &lifted, flat, max_flat)?;
            Steps::Done(())
        }
        Caller::Guest(subtask) => return_to_guest(store, id, lifted, subtask, flat, max_flat)?,
    };
    returned.then(store, move |store, ()| {
        Running::of(store)?.tasks.task_mut(id)?.state = TaskState::Resolved;
        Ok(Steps::Done(()))
    })
}

fn return_to_host(
    store: &mut dyn CoreStore,
    id: TaskId,
    lifted: &Lifted,
    flat: &[u64],
    max_flat: usize,
) -> Result<()> {
    let scope = Scope {
        task: Some(id),
        subtask: None,
    };
    let value = in_scope(store, Some(scope), |store| {
        let machine = &mut StoreMachine(store);
        let cx = &mut Cx::new(machine, &lifted.opts);
        abi::lift_flat_value(cx, max_flat, flat, &lifted.ty.result)
    })?;
    let running = Running::of(store)?;
    running.check_may_return(id)?;
    running.resolve_host_call(id, Outcome::Returned(value))
}

fn return_to_guest(
    store: &mut dyn CoreStore,
    id: TaskId,
    lifted: Arc<Lifted>,
    subtask: WaitableId,
    flat: &[u64],
    max_flat: usize,
) -> Result<Steps<()>> {
    let running = Running::of(store)?;
    // A task that has returned has no subtask any more.
    running.check_not_resolved(id)?;
    let state = running.tasks.subtask(subtask)?;
    let (call, args) = (state.call.clone(), state.args.clone());
    let (opts, result) = (&lifted.opts, &lifted.ty.result);
    let reps = lifting(store, opts, reads_memory(max_flat, result), |cx| {
        Ok(InTransit::lift(cx, max_flat, flat, result)?.into_reps())
    })?;
    let running = Running::of(store)?;
    running.check_may_return(id)?;
    running.on_progress(subtask)?;
    let flat = flat.to_vec();
    let lowered = lower(store, None, move |machine, results| {
        let passed = InTransit::new(max_flat, &flat, &lifted.ty.result, &*reps)?;
        let (from, to) = (&lifted.opts, &call.opts);
        let ((_, max), (_, out_param)) = (call.max_flat(), call.split(&args));
        Transfer { machine, from, to }.lower(passed, max, out_param, results)
    })?;
    lowered.then(store, move |store, results| {
        let results = results.as_slice().to_vec();
        Running::of(store)?.resolve(subtask, SubtaskState::Returned, results)?;
        Ok(Steps::Done(()))
    })
}

/// Lowers values that were lifted, and returns the core values. Handles are lent for a task, if any.
///
/// If glue must call `realloc`, the lowering starts again after each of its calls.
///
/// # Errors
/// Those of `lowering`. Traps and limits of `realloc`.
pub(crate) fn lower(
    store: &mut dyn CoreStore,
    scope: Option<Scope>,
    lowering: impl Fn(&mut dyn Machine, &mut FlatBits) -> Result<()> + Send + 'static,
) -> Result<Steps<FlatBits>> {
    if Running::of(store)?.tasks.defers {
        return lower_from(store, scope, Log::default(), lowering);
    }
    let mut flat = FlatBits::default();
    in_scope(store, scope, |store| {
        lowering(&mut StoreMachine(store), &mut flat)
    })?;
    Ok(Steps::Done(flat))
}

/// Goes on with a lowering that has got as far as the log says.
fn lower_from(
    store: &mut dyn CoreStore,
    scope: Option<Scope>,
    mut log: Log,
    lowering: impl Fn(&mut dyn Machine, &mut FlatBits) -> Result<()> + Send + 'static,
) -> Result<Steps<FlatBits>> {
    let mut flat = FlatBits::default();
    let request = in_scope(store, scope, |store| {
        let lowering = |machine: &mut dyn Machine| lowering(machine, &mut flat);
        Replay::run(StoreMachine(store), &mut log, lowering)
    })?;
    let Some(request) = request else {
        return Ok(Steps::Done(flat));
    };
    let args = request.args.map(u64::from);
    let called = call_guest(store, &request.realloc, &args)?;
    called.then(store, move |store, results| {
        let ptr = results.first().copied().unwrap_or_default();
        log.reallocated(Running::of(store)?, request.instance, low(ptr))?;
        lower_from(store, scope, log, lowering)
    })
}

/// Returns the error of lowering what the host has passed, which is at fault if the type or the handle
/// tables do not allow it.
pub(super) fn at_fault(error: Error, what: &str) -> Error {
    match error.kind() {
        ErrorKind::Misuse => Error::host(format!("{what}: {}", error.message())),
        _ => error,
    }
}

/// Returns the type of `n` consecutive elements in memory.
pub(super) fn elements(element: &Ty, n: u32) -> RecordTy {
    let elements = Ty::fixed_length_list(element.clone(), n);
    RecordTy::new([("0".into(), elements)])
}

/// Lifts or lowers values, while handles are lent for a task, if any.
pub(super) fn in_scope<T>(
    store: &mut dyn CoreStore,
    scope: Option<Scope>,
    pass: impl FnOnce(&mut dyn CoreStore) -> Result<T>,
) -> Result<T> {
    Running::of(store)?.scope = scope;
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
