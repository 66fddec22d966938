//! `canon lift`: what the implicit thread of a task does.

use std::ops::ControlFlow;
use std::sync::Arc;

use seam_core::{CanonTrap, CoreFunc, CoreStore, Error, Result};

use super::event::{Event, NONE, TASK_CANCELLED, end_wait};
use super::pass::{lower_args, return_values};
use super::schedule::resume;
use super::steps::{Steps, call_guest, repeat};
use super::thread::{Called, call_core};
use crate::abi::low;
use crate::state::{
    Caller, Entering, Lifted, Origin, Running, SetId, TaskId, Thread, ThreadId, ThreadNext as Next,
    Until, WaitableId,
};
use seam_decode::types::MAX_FLAT_RESULTS;

/// Begins the task of a call, and runs it until it blocks, or until it has returned if its type is
/// synchronous.
///
/// Returns whether its caller has blocked in the meantime below the callee.
///
/// # Errors
/// The trap `CannotEnter`. The trap `CannotBlock` if a function of a synchronous type blocks. Those of
/// [`resume`].
pub(super) fn begin_task(
    store: &mut dyn CoreStore,
    id: TaskId,
    entering: &Entering,
    is_async: bool,
) -> Result<Steps<bool>> {
    let running = Running::of(store)?;
    running.enter(entering)?;
    let task = running.tasks.task(id)?;
    let (is_sync, instance) = (!task.lifted.ty.is_async, task.lifted.opts.instance);
    let thread = task
        .implicit
        .ok_or_else(|| Error::engine("expected a new task"))?;
    let subtask = match task.caller {
        Caller::Guest(subtask) => Some(subtask),
        Caller::Host(_) => None,
    };
    let origin = Origin::Call {
        caller: running.tasks.current.zip(subtask),
        is_async,
        only: is_sync.then_some(instance),
    };
    running.tasks.push_level(origin, entering.clone());
    let resumed = resume(store, thread, false)?;
    let returned = resumed.then(store, move |store, ()| match is_sync {
        true => until_resolved(store, id, subtask, instance),
        false => Ok(Steps::Done(())),
    })?;
    returned.then(store, |store, ()| {
        Running::of(store)?.pop_level().map(Steps::Done)
    })
}

/// Begins the oldest call of the host that has not begun. Returns whether there was one.
///
/// # Errors
/// Those of [`begin_task`].
pub(super) fn begin_next(store: &mut dyn CoreStore) -> Result<Steps<bool>> {
    let running = Running::of(store)?;
    let Some(id) = running.tasks.not_begun.pop_front() else {
        return Ok(Steps::Done(false));
    };
    running.lifted = 0;
    let entering = running.tasks.task(id)?.lifted.entering.clone();
    let begun = begin_task(store, id, &entering, true)?;
    begun.then(store, |_, _| Ok(Steps::Done(true)))
}

/// Lets threads of an instance run until a task of it has returned or was cancelled.
fn until_resolved(
    store: &mut dyn CoreStore,
    id: TaskId,
    subtask: Option<WaitableId>,
    instance: u32,
) -> Result<Steps<()>> {
    repeat(store, (), move |store, ()| {
        let running = Running::of(store)?;
        if running.is_resolved(id, subtask)? {
            return Ok(Steps::Done(ControlFlow::Break(())));
        }
        let ready = running.choose_ready(Some(instance), |_, _| true)?;
        let ready = ready.ok_or_else(|| Error::trap(CanonTrap::CannotBlock))?;
        let resumed = resume(store, ready, false)?;
        resumed.then(store, |_, ()| Ok(Steps::Done(ControlFlow::Continue(()))))
    })
}

/// `task.enter_implicit_thread()`, until the task waits because of backpressure.
pub(super) fn begin(store: &mut dyn CoreStore, id: ThreadId) -> Result<Steps<Option<ThreadId>>> {
    let running = Running::of(store)?;
    let (task, instance) = running.of_thread(id)?;
    if !running.tasks.task(task)?.lifted.ty.is_async {
        return start(store, id);
    }
    // The official suite wants a thread that holds the instance and is ready to go on first. The
    // reference lets the new task wait.
    let resumed = match running.ready_holder(task)? {
        Some(holder) => resume(store, holder, false)?,
        None => Steps::Done(()),
    };
    resumed.then(store, move |store, ()| {
        let running = Running::of(store)?;
        let waits = running.instance(instance)?.num_waiting_to_enter > 0;
        if waits || running.has_backpressure(task)? {
            running.instance(instance)?.num_waiting_to_enter += 1;
            running.wait_for(id, Until::Entry, Next::Enter)?;
            return Ok(Steps::Done(None));
        }
        start(store, id)
    })
}

/// Goes on with `task.enter_implicit_thread()` after the wait for an instance without backpressure.
pub(super) fn enter(
    store: &mut dyn CoreStore,
    id: ThreadId,
    cancelled: bool,
) -> Result<Steps<Option<ThreadId>>> {
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
    Ok(Steps::Done(None))
}

/// Starts a task: lowers its arguments and calls its core function.
fn start(store: &mut dyn CoreStore, id: ThreadId) -> Result<Steps<Option<ThreadId>>> {
    let running = Running::of(store)?;
    let (task, instance) = running.of_thread(id)?;
    let lifted = running.tasks.task(task)?.lifted.clone();
    if lifted.needs_exclusive() {
        running.instance(instance)?.exclusive = Some(id);
    }
    running.start_task(id)?;
    let args = lower_args(store, task, &lifted)?;
    let called = args.then(store, move |store, args| {
        call_core(store, id, &lifted.core, args.as_slice())
    })?;
    called.then(store, move |store, called| after_core(store, id, called))
}

/// Goes on after a call of the core function of a thread, or of its callback. Returns the thread to
/// switch to, if any.
///
/// # Errors
/// Traps and limits of guests, and of the canonical ABI.
pub(super) fn after_core(
    store: &mut dyn CoreStore,
    id: ThreadId,
    called: Called,
) -> Result<Steps<Option<ThreadId>>> {
    let results = match called {
        Called::Returned(results) => results,
        Called::Blocked(switch_to) => return Ok(Steps::Done(switch_to)),
    };
    let running = Running::of(store)?;
    let (task, _) = running.of_thread(id)?;
    let known = running.tasks.task(task)?;
    if known.implicit != Some(id) {
        running.unregister_thread(id)?;
        return Ok(Steps::Done(None));
    }
    let lifted = known.lifted.clone();
    if !lifted.is_async {
        let returned = return_values(store, task, &results, MAX_FLAT_RESULTS)?;
        let freed = returned.then(store, move |store, ()| {
            post_return(store, &lifted, &results)
        })?;
        return freed.then(store, move |store, ()| {
            Running::of(store)?.exit_implicit_thread(id)?;
            Ok(Steps::Done(None))
        });
    }
    match lifted.callback {
        Some(_) => after_callback(store, id, lifted, Called::Returned(results)),
        None => {
            running.exit_implicit_thread(id)?;
            Ok(Steps::Done(None))
        }
    }
}

/// Does what the callback's result says, until the thread waits or ends.
fn after_callback(
    store: &mut dyn CoreStore,
    id: ThreadId,
    lifted: Arc<Lifted>,
    called: Called,
) -> Result<Steps<Option<ThreadId>>> {
    repeat(store, called, move |store, called| {
        let results = match called {
            Called::Returned(results) => results,
            Called::Blocked(switch_to) => return Ok(Steps::Done(ControlFlow::Break(switch_to))),
        };
        let packed = low(results.first().copied().unwrap_or_default());
        let Some(event) = Running::of(store)?.unpack_callback_result(id, packed)? else {
            return Ok(Steps::Done(ControlFlow::Break(None)));
        };
        let called = deliver(store, id, &lifted, event)?;
        called.then(store, |_, called| {
            Ok(Steps::Done(ControlFlow::Continue(called)))
        })
    })
}

/// Calls the callback with the event that a thread has waited for.
pub(super) fn call_back(
    store: &mut dyn CoreStore,
    id: ThreadId,
    set: Option<SetId>,
    cancelled: bool,
) -> Result<Steps<Option<ThreadId>>> {
    let running = Running::of(store)?;
    let event = match set {
        Some(set) => end_wait(running, set, cancelled)?,
        None if cancelled => TASK_CANCELLED,
        None => NONE,
    };
    let (task, _) = running.of_thread(id)?;
    let lifted = running.tasks.task(task)?.lifted.clone();
    let called = deliver(store, id, &lifted, event)?;
    called.then(store, move |store, called| {
        after_callback(store, id, lifted, called)
    })
}

fn deliver(
    store: &mut dyn CoreStore,
    id: ThreadId,
    lifted: &Lifted,
    (code, first, second): Event,
) -> Result<Steps<Called>> {
    Running::of(store)?
        .instance(lifted.opts.instance)?
        .exclusive = Some(id);
    let callback = lifted.callback.as_ref();
    let callback = callback.ok_or_else(|| Error::engine("expected a function with a callback"))?;
    call_core(store, id, callback, &[code, first, second].map(u64::from))
}

fn post_return(store: &mut dyn CoreStore, lifted: &Lifted, results: &[u64]) -> Result<Steps<()>> {
    let Some(post_return) = &lifted.post_return else {
        return Ok(Steps::Done(()));
    };
    let instance = lifted.opts.instance;
    Running::of(store)?.instance(instance)?.may_leave = false;
    let called = call_guest(store, post_return, results)?;
    called.then(store, move |store, _| {
        Running::of(store)?.instance(instance)?.may_leave = true;
        Ok(Steps::Done(()))
    })
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
        self.wait_for(id, until, Next::Callback(set))?;
        Ok(None)
    }

    /// Makes a thread wait, which does this when it is resumed. A request to cancel its task resumes
    /// it too.
    fn wait_for(&mut self, id: ThreadId, until: Until, next: Next) -> Result<()> {
        let thread = self.tasks.thread_mut(id)?;
        thread.next = next;
        thread.cancellable = true;
        self.start_waiting(id, until)
    }
}
