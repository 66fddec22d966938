//! `canon lift`: tasks, from their creation to their end.

use std::sync::Arc;

use seam_core::{CanonTrap, CoreFunc, CoreStore, Error, Result};

use super::event::{Event, NONE, TASK_CANCELLED, end_wait};
use super::schedule::resume;
use super::thread::{Called, call_core};
use crate::abi::{self, Cx, FlatBits, InTransit, Transfer, low};
use crate::machine::StoreMachine;
use crate::state::{
    Caller, Entering, Lifted, Origin, Outcome, Running, Scope, SetId, SubtaskState, Task, TaskId,
    TaskState, Thread, ThreadId, ThreadNext as Next, ThreadState, Until, WaitableId,
};
use seam_decode::types::{MAX_FLAT_ASYNC_PARAMS, MAX_FLAT_PARAMS, MAX_FLAT_RESULTS};

/// Calls a lifted function until it blocks, or until it has returned if its type is synchronous.
///
/// Returns the task, and whether its caller has blocked in the meantime below the callee.
///
/// # Errors
/// The trap `CannotEnter`. The trap `CannotBlock` if a function of a synchronous type blocks. Those of
/// [`resume`].
pub(super) fn call_lifted(
    store: &mut dyn CoreStore,
    lifted: &Arc<Lifted>,
    entering: &Entering,
    caller: Caller,
    is_async: bool,
) -> Result<(TaskId, bool)> {
    let running = Running::of(store)?;
    running.enter(entering)?;
    let instance = lifted.opts.instance;
    let subtask = match &caller {
        Caller::Guest(subtask) => Some(*subtask),
        Caller::Host(_) => None,
    };
    // A start function cannot wait for others, as a function of a synchronous type cannot.
    let is_start = subtask.is_some() && running.tasks.current.is_none();
    let only = (!lifted.ty.is_async || is_start).then_some(instance);
    let (id, thread) = running.create_task(lifted, caller)?;
    if let Some(subtask) = subtask {
        running.tasks.subtask_mut(subtask)?.task = Some(id);
    }
    let caller = running.tasks.current.zip(subtask);
    let origin = Origin::Call {
        caller,
        is_async,
        only,
    };
    running.tasks.push_level(origin, entering.clone());
    resume(store, thread, false)?;
    while !lifted.ty.is_async && !Running::of(store)?.is_resolved(id, subtask)? {
        let running = Running::of(store)?;
        let ready = running.ready_threads(Some(instance))?;
        match running.tasks.order.choose(&ready) {
            Some(ready) => resume(store, ready, false)?,
            None => return Err(Error::trap(CanonTrap::CannotBlock)),
        }
    }
    let detached = Running::of(store)?.pop_level()?;
    Ok((id, detached))
}

/// `task.enter_implicit_thread()`, until the task waits because of backpressure.
pub(super) fn begin(store: &mut dyn CoreStore, id: ThreadId) -> Result<Option<ThreadId>> {
    let running = Running::of(store)?;
    let (task, instance) = running.of_thread(id)?;
    if running.tasks.task(task)?.lifted.ty.is_async {
        // The official suite wants a thread that holds the instance and is ready to go on first. The
        // reference lets the new task wait.
        if let Some(holder) = running.ready_holder(task)? {
            resume(store, holder, false)?;
        }
        let running = Running::of(store)?;
        let waits = running.instance(instance)?.num_waiting_to_enter > 0;
        if waits || running.has_backpressure(task)? {
            running.instance(instance)?.num_waiting_to_enter += 1;
            let thread = running.tasks.thread_mut(id)?;
            thread.next = Next::Enter;
            thread.cancellable = true;
            running.start_waiting(id, Until::Entry)?;
            return Ok(None);
        }
    }
    start(store, id)
}

/// Goes on with `task.enter_implicit_thread()` after the wait for an instance without backpressure.
pub(super) fn enter(
    store: &mut dyn CoreStore,
    id: ThreadId,
    cancelled: bool,
) -> Result<Option<ThreadId>> {
    let running = Running::of(store)?;
    let (task, instance) = running.of_thread(id)?;
    let instance = running.instance(instance)?;
    instance.num_waiting_to_enter = instance.num_waiting_to_enter.saturating_sub(1);
    if !cancelled {
        return start(store, id);
    }
    running.cancelled(task)?;
    running.tasks.remove_thread(id)?;
    running.forget(task)?;
    Ok(None)
}

/// Starts a task: lowers its arguments and calls its core function.
fn start(store: &mut dyn CoreStore, id: ThreadId) -> Result<Option<ThreadId>> {
    let running = Running::of(store)?;
    let (task, instance) = running.of_thread(id)?;
    let lifted = running.tasks.task(task)?.lifted.clone();
    if lifted.ty.is_async && lifted.needs_exclusive() {
        running.instance(instance)?.exclusive = Some(id);
    }
    running.register_thread(id)?;
    running.tasks.task_mut(task)?.state = TaskState::Started;
    let args = lower_args(store, task, &lifted)?;
    match call_core(store, id, &lifted.core, args.as_slice())? {
        Called::Returned(results) => after_core(store, id, results),
        Called::Blocked(switch_to) => Ok(switch_to),
    }
}

/// `on_start`, and the lowering of the arguments.
fn lower_args(store: &mut dyn CoreStore, id: TaskId, lifted: &Lifted) -> Result<FlatBits> {
    let running = Running::of(store)?;
    let params = &lifted.ty.params;
    let mut flat = FlatBits::default();
    let caller = &mut running.tasks.task_mut(id)?.caller;
    let subtask = match caller {
        Caller::Guest(subtask) => *subtask,
        Caller::Host(call) => {
            let args = std::mem::take(&mut call.args);
            running.scope = Some(Scope {
                task: id,
                subtask: None,
            });
            let machine = &mut StoreMachine(store);
            let cx = &mut Cx::new(machine, &lifted.opts);
            abi::lower_flat_values(cx, MAX_FLAT_PARAMS, &args, params, None, &mut flat)?;
            Running::of(store)?.scope = None;
            return Ok(flat);
        }
    };
    running.on_progress(subtask)?;
    let state = running.tasks.subtask_mut(subtask)?;
    state.state = SubtaskState::Started;
    let (call, args) = (state.call.clone(), state.args.clone());
    let max = match call.is_async {
        true => MAX_FLAT_ASYNC_PARAMS,
        false => MAX_FLAT_PARAMS,
    };
    running.scope = Some(Scope {
        task: id,
        subtask: Some(subtask),
    });
    let mut transfer = Transfer {
        machine: &mut StoreMachine(store),
        from: &call.opts,
        to: &lifted.opts,
    };
    let args = call.args(&args).0;
    let passed = transfer.lift(max, args, params)?;
    transfer.lower(passed, MAX_FLAT_PARAMS, None, &mut flat)?;
    Running::of(store)?.scope = None;
    Ok(flat)
}

/// Goes on after the core function of a thread, or its callback, has returned.
pub(super) fn after_core(
    store: &mut dyn CoreStore,
    id: ThreadId,
    results: Vec<u64>,
) -> Result<Option<ThreadId>> {
    let running = Running::of(store)?;
    let (task, _) = running.of_thread(id)?;
    let known = running.tasks.task(task)?;
    if known.implicit != Some(id) {
        running.unregister_thread(id)?;
        return Ok(None);
    }
    let lifted = known.lifted.clone();
    if !lifted.is_async {
        return_values(store, task, &results, MAX_FLAT_RESULTS)?;
        post_return(store, &lifted, results)?;
        Running::of(store)?.exit_implicit_thread(id)?;
        return Ok(None);
    }
    match lifted.callback {
        Some(_) => after_callback(store, id, &lifted, results),
        None => {
            running.exit_implicit_thread(id)?;
            Ok(None)
        }
    }
}

/// Does what the callback's result says, until the thread waits or ends.
fn after_callback(
    store: &mut dyn CoreStore,
    id: ThreadId,
    lifted: &Lifted,
    mut results: Vec<u64>,
) -> Result<Option<ThreadId>> {
    loop {
        let packed = low(results.first().copied().unwrap_or_default());
        let Some(event) = Running::of(store)?.unpack_callback_result(id, packed)? else {
            return Ok(None);
        };
        match deliver(store, id, lifted, event)? {
            Called::Returned(next) => results = next,
            Called::Blocked(switch_to) => return Ok(switch_to),
        }
    }
}

/// Calls the callback with the event that a thread has waited for.
pub(super) fn call_back(
    store: &mut dyn CoreStore,
    id: ThreadId,
    set: Option<SetId>,
    cancelled: bool,
) -> Result<Option<ThreadId>> {
    let running = Running::of(store)?;
    let event = match set {
        Some(set) => end_wait(running, set, cancelled)?,
        None if cancelled => TASK_CANCELLED,
        None => NONE,
    };
    let (task, _) = running.of_thread(id)?;
    let lifted = running.tasks.task(task)?.lifted.clone();
    match deliver(store, id, &lifted, event)? {
        Called::Returned(results) => after_callback(store, id, &lifted, results),
        Called::Blocked(switch_to) => Ok(switch_to),
    }
}

fn deliver(
    store: &mut dyn CoreStore,
    id: ThreadId,
    lifted: &Lifted,
    (code, first, second): Event,
) -> Result<Called> {
    Running::of(store)?
        .instance(lifted.opts.instance)?
        .exclusive = Some(id);
    let callback = lifted.callback.as_ref();
    let callback = callback.ok_or_else(|| Error::engine("expected a function with a callback"))?;
    call_core(store, id, callback, &[code, first, second].map(u64::from))
}

fn post_return(store: &mut dyn CoreStore, lifted: &Lifted, results: Vec<u64>) -> Result<()> {
    let Some(post_return) = &lifted.post_return else {
        return Ok(());
    };
    let mut room = results;
    room.resize(post_return.len().max(room.len()), 0);
    Running::of(store)?
        .instance(lifted.opts.instance)?
        .may_leave = false;
    store.call_numeric(post_return, &mut room)?;
    Running::of(store)?
        .instance(lifted.opts.instance)?
        .may_leave = true;
    Ok(())
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
    let running = Running::of(store)?;
    let task = running.tasks.task(id)?;
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
    let scope = Scope {
        task: id,
        subtask: None,
    };
    Running::of(store)?.scope = Some(scope);
    let machine = &mut StoreMachine(store);
    let cx = &mut Cx::new(machine, &lifted.opts);
    let value = abi::lift_flat_value(cx, max_flat, flat, &lifted.ty.result)?;
    let running = Running::of(store)?;
    running.scope = None;
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
    let mut transfer = Transfer {
        machine: &mut StoreMachine(store),
        from: &lifted.opts,
        to: &call.opts,
    };
    let reps = transfer.lift(max_flat, flat, result)?.into_reps();
    let running = Running::of(store)?;
    running.check_may_return(id)?;
    running.on_progress(subtask)?;
    let passed = InTransit::new(max_flat, flat, result, reps)?;
    let (out_param, max) = match call.is_async {
        true => (call.args(&args).1, 0),
        false => (call.args(&args).1, MAX_FLAT_RESULTS),
    };
    let mut results = FlatBits::default();
    let mut transfer = Transfer {
        machine: &mut StoreMachine(store),
        from: &lifted.opts,
        to: &call.opts,
    };
    transfer.lower(passed, max, out_param, &mut results)?;
    let results = results.as_slice().to_vec();
    Running::of(store)?.resolve(subtask, SubtaskState::Returned, results)
}

/// `canon thread.new-indirect`, of a function that has the right type.
///
/// # Errors
/// `Engine` outside any task.
pub(crate) fn spawn(running: &mut Running, func: CoreFunc, argument: u64) -> Result<u32> {
    let (task, instance) = running.of_thread(running.tasks.current()?)?;
    let thread = Thread::new(task, instance, Next::Spawned(func, argument));
    let id = running.tasks.add_thread(thread)?;
    running.register_thread(id)
}

impl Running {
    fn create_task(&mut self, lifted: &Arc<Lifted>, caller: Caller) -> Result<(TaskId, ThreadId)> {
        let task = self.tasks.add_task(Task {
            lifted: lifted.clone(),
            caller,
            state: TaskState::Initial,
            num_borrows: 0,
            implicit: None,
            threads: Vec::new(),
        })?;
        let thread = Thread::new(task, lifted.opts.instance, Next::Begin);
        let thread = self.tasks.add_thread(thread)?;
        self.tasks.task_mut(task)?.implicit = Some(thread);
        Ok((task, thread))
    }

    /// Returns the task and the instance of a thread.
    pub(super) fn of_thread(&self, id: ThreadId) -> Result<(TaskId, u32)> {
        let thread = self.tasks.thread(id)?;
        Ok((thread.task, thread.instance))
    }

    /// Returns whether a task has returned or was cancelled.
    pub(super) fn is_resolved(&self, id: TaskId, subtask: Option<WaitableId>) -> Result<bool> {
        match subtask {
            Some(subtask) => Ok(self.tasks.subtask(subtask)?.resolved()),
            None => Ok(self.tasks.task(id)?.state == TaskState::Resolved),
        }
    }

    /// Returns the thread that alone keeps a task from starting, if it is ready.
    fn ready_holder(&mut self, task: TaskId) -> Result<Option<ThreadId>> {
        let lifted = self.tasks.task(task)?.lifted.clone();
        let instance = self.instance(lifted.opts.instance)?;
        let is_free = instance.backpressure == 0 && instance.num_waiting_to_enter == 0;
        let holder = instance.exclusive;
        match holder.filter(|_| is_free && lifted.needs_exclusive()) {
            Some(holder) => Ok(self.is_ready(holder)?.then_some(holder)),
            None => Ok(None),
        }
    }

    /// `Task.register_thread`
    fn register_thread(&mut self, id: ThreadId) -> Result<u32> {
        let (task, instance) = self.of_thread(id)?;
        let index = self.instance_threads(instance)?.add(id)?;
        self.tasks.thread_mut(id)?.index = Some(index);
        self.tasks.task_mut(task)?.threads.push(id);
        Ok(index)
    }

    /// `Task.unregister_thread`
    fn unregister_thread(&mut self, id: ThreadId) -> Result<()> {
        let (task, instance) = self.of_thread(id)?;
        let known = self.tasks.task_mut(task)?;
        known.threads.retain(|thread| *thread != id);
        if known.threads.is_empty() && known.state != TaskState::Resolved {
            return Err(Error::trap(CanonTrap::NoAsyncResult));
        }
        if let Some(index) = self.tasks.thread(id)?.index {
            self.instance_threads(instance)?.remove(index)?;
        }
        self.tasks.remove_thread(id)?;
        self.forget(task)
    }

    /// Forgets a task that has ended, unless the host has yet to take its outcome.
    pub(super) fn forget(&mut self, id: TaskId) -> Result<()> {
        let task = self.tasks.task(id)?;
        let is_awaited = match &task.caller {
            Caller::Host(call) => call.outcome.is_some(),
            Caller::Guest(_) => false,
        };
        if task.threads.is_empty() && !is_awaited {
            self.tasks.remove_task(id)?;
        }
        Ok(())
    }

    /// `Task.exit_implicit_thread`
    fn exit_implicit_thread(&mut self, id: ThreadId) -> Result<()> {
        let (task, instance) = self.of_thread(id)?;
        let lifted = self.tasks.task(task)?.lifted.clone();
        self.unregister_thread(id)?;
        if lifted.ty.is_async && lifted.needs_exclusive() {
            self.instance(instance)?.exclusive = None;
        }
        Ok(())
    }

    /// `unpack_callback_result`, and the wait that it asks for. Returns an event that is delivered at
    /// once, or `None` if the thread waits or has ended.
    fn unpack_callback_result(&mut self, id: ThreadId, packed: u32) -> Result<Option<Event>> {
        let (_, instance) = self.of_thread(id)?;
        let (code, index) = (packed & 0xf, packed >> 4);
        let (until, set) = match code {
            0 => {
                self.exit_implicit_thread(id)?;
                return Ok(None);
            }
            1 => (Until::Exclusive, None),
            2 => {
                self.instance(instance)?.exclusive = None;
                let set = self.handles(instance)?.get(index)?.waitable_set()?;
                (Until::ExclusiveSetEvent(set), Some(set))
            }
            _ => return Err(Error::trap(CanonTrap::UnsupportedCallbackCode)),
        };
        self.instance(instance)?.exclusive = None;
        if self.deliver_pending_cancel(id)? {
            return Ok(Some(TASK_CANCELLED));
        }
        if let Some(set) = set {
            self.tasks.set_mut(set)?.num_waiting += 1;
        }
        let thread = self.tasks.thread_mut(id)?;
        thread.next = Next::Callback(set);
        thread.cancellable = true;
        thread.state = ThreadState::Suspended;
        self.start_waiting(id, until)?;
        Ok(None)
    }

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

    /// `Task.cancel`
    ///
    /// # Errors
    /// Traps of the specification.
    pub(super) fn cancelled(&mut self, id: TaskId) -> Result<()> {
        let task = self.tasks.task_mut(id)?;
        if task.state != TaskState::CancelDelivered {
            return Err(Error::trap(CanonTrap::NotCancelled));
        }
        if task.num_borrows > 0 {
            return Err(Error::trap(CanonTrap::BorrowsNotDropped));
        }
        task.state = TaskState::Resolved;
        match &mut task.caller {
            Caller::Host(call) => {
                call.outcome = Some(Outcome::Cancelled);
                Ok(())
            }
            Caller::Guest(subtask) => {
                let subtask = *subtask;
                self.on_progress(subtask)?;
                let state = match self.tasks.subtask(subtask)?.state {
                    SubtaskState::Starting => SubtaskState::CancelledBeforeStarted,
                    _ => SubtaskState::CancelledBeforeReturned,
                };
                self.resolve(subtask, state, Vec::new())
            }
        }
    }
}
