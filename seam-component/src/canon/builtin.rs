//! Built-ins of the asynchronous part of the specification, as core functions.
//!
//! `context.get`, `context.set`, `backpressure.inc` and `backpressure.dec` work in every call. The
//! others need calls that are tasks.

use std::borrow::Cow;
use std::sync::Arc;

use seam_core::{
    CanonTrap, Capability, CoreMemory, CoreStore, CoreTable, Error, NumericFn, Result,
};
use seam_core::{CoreFuncType, CoreType, CoreValue};
use seam_decode::types::{MAX_FLAT_PARAMS, RecordTy};
use seam_decode::{CopyingTy, ThreadOp};

use crate::abi::{Cx, Options, Text, load_string_from_range, low, store_string_into_range};
use crate::machine::StoreMachine;
use crate::state::{Running, SetId, ThreadState, Until, Wake};
use crate::task::{self, Block, EndOf, InSteps, Steps};

/// What a built-in does.
pub(crate) enum Body {
    /// It calls no guest.
    Host(NumericFn),
    /// It may call guests.
    Guests(InSteps),
}

impl Body {
    /// Returns the host function that makes all calls itself.
    pub(crate) fn into_func(self) -> NumericFn {
        match self {
            Body::Host(func) => func,
            Body::Guests(body) => body.into_func(),
        }
    }
}

/// Creates a built-in from a function over the bits of its arguments and results.
fn func(
    body: impl Fn(&mut dyn CoreStore, &[u64]) -> Result<Vec<u64>> + Send + Sync + 'static,
) -> Body {
    let body = InSteps::new(move |store, args| body(store, args).map(Steps::Done));
    Body::Host(body.into_func())
}

/// Creates a built-in that may call guests from a function over the bits of its arguments and results.
fn guests(
    body: impl Fn(&mut dyn CoreStore, &[u64]) -> Result<Steps<Vec<u64>>> + Send + Sync + 'static,
) -> Body {
    Body::Guests(InSteps::new(body))
}

/// Creates a built-in that only changes the state of the running components, and returns at most one
/// value.
fn simple(
    body: impl Fn(&mut Running, &[u64]) -> Result<Option<u64>> + Send + Sync + 'static,
) -> Body {
    func(move |store, args| Ok(body(Running::of(store)?, args)?.into_iter().collect()))
}

/// `canon context.get` of a slot.
pub(crate) fn context_get(slot: u32) -> Body {
    simple(move |running, _| Ok(Some(*running.context(slot)?)))
}

/// `canon context.set` of a slot.
pub(crate) fn context_set(slot: u32, ty: &CoreFuncType) -> Body {
    let is_narrow = ty.params.first() == Some(&CoreType::I32);
    simple(move |running, args| {
        let value = arg(args, 0)?;
        let value = if is_narrow { low(value).into() } else { value };
        *running.context(slot)? = value;
        Ok(None)
    })
}

/// `canon backpressure.inc` or `canon backpressure.dec`.
pub(crate) fn backpressure(instance: u32, step: fn(u16) -> Option<u16>) -> Body {
    simple(move |running, _| {
        let instance = running.instance(instance)?;
        let count = step(instance.backpressure);
        instance.backpressure =
            count.ok_or_else(|| Error::trap(CanonTrap::BackpressureOverflow))?;
        Ok(None)
    })
}

/// `canon task.return` of a result of this type.
pub(crate) fn task_return(ty: Arc<RecordTy>, opts: Options) -> Body {
    guests(move |store, args| {
        let running = Running::of(store)?;
        running.check_may_leave(opts.instance)?;
        let task = running.async_task()?;
        let lifted = &running.tasks.task(task)?.lifted;
        // The official suite returns scalars without a memory.
        let is_same = opts.encoding == lifted.opts.encoding
            && (opts.memory.is_none() || opts.memory == lifted.opts.memory);
        if lifted.ty.result != *ty || !is_same {
            return Err(Error::trap(CanonTrap::WrongTaskReturn));
        }
        let returned = task::return_values(store, task, args, MAX_FLAT_PARAMS)?;
        returned.then(store, |_, ()| Ok(Steps::Done(Vec::new())))
    })
}

/// `canon task.cancel`
pub(crate) fn task_cancel(instance: u32) -> Body {
    simple(move |running, _| task::cancel_task(running, instance).map(|()| None))
}

/// `canon waitable-set.new`
pub(crate) fn waitable_set_new(instance: u32) -> Body {
    simple(move |running, _| Ok(Some(task::new_set(running, instance)?.into())))
}

/// Returns the set and the address that are the arguments of a wait.
fn set_and_address(running: &mut Running, instance: u32, args: &[u64]) -> Result<(SetId, u32)> {
    running.check_may_leave(instance)?;
    let set = running.handles(instance)?.get(arg32(args, 0)?)?;
    Ok((set.waitable_set()?, arg32(args, 1)?))
}

/// `canon waitable-set.wait`
pub(crate) fn waitable_set_wait(instance: u32, cancellable: bool, memory: CoreMemory) -> Body {
    guests(move |store, args| {
        let running = Running::of(store)?;
        let (set, ptr) = set_and_address(running, instance, args)?;
        running.tasks.set_mut(set)?.num_waiting += 1;
        let how = Block {
            cancellable,
            ..Block::until(Until::SetEvent(set))
        };
        task::block(store, how, Wake::SetEvent(set, memory, ptr))
    })
}

/// `canon waitable-set.poll`
pub(crate) fn waitable_set_poll(instance: u32, cancellable: bool, memory: CoreMemory) -> Body {
    func(move |store, args| {
        let running = Running::of(store)?;
        let (set, ptr) = set_and_address(running, instance, args)?;
        let event = task::poll(running, set, cancellable)?;
        let code = task::unpack_event(store, memory, ptr, event)?;
        Ok(vec![code.into()])
    })
}

/// `canon waitable-set.drop`
pub(crate) fn waitable_set_drop(instance: u32) -> Body {
    simple(move |running, args| task::drop_set(running, instance, arg32(args, 0)?).map(|()| None))
}

/// `canon waitable.join`
pub(crate) fn waitable_join(instance: u32) -> Body {
    simple(move |running, args| {
        task::join(running, instance, arg32(args, 0)?, arg32(args, 1)?).map(|()| None)
    })
}

/// `canon subtask.cancel`
pub(crate) fn subtask_cancel(instance: u32, is_async: bool) -> Body {
    guests(move |store, args| task::cancel_subtask(store, instance, arg32(args, 0)?, is_async))
}

/// `canon subtask.drop`
pub(crate) fn subtask_drop(instance: u32) -> Body {
    simple(move |running, args| {
        task::drop_subtask(running, instance, arg32(args, 0)?).map(|()| None)
    })
}

/// `canon stream.new` or `canon future.new`
pub(crate) fn copying_new(instance: u32, ty: CopyingTy) -> Body {
    simple(move |running, _| task::new_ends(running, &ty, instance).map(Some))
}

/// `canon stream.read`, `stream.write`, `future.read` or `future.write`
pub(crate) fn copying_start(of: EndOf, opts: Options) -> Body {
    guests(move |store, args| {
        let length = match of.ty.is_future {
            true => 1,
            false => arg32(args, 2)?,
        };
        let place = (arg32(args, 1)?, length);
        task::start_copy(store, &of, &opts, arg32(args, 0)?, place)
    })
}

/// `canon stream.cancel-read` and its like.
pub(crate) fn copying_cancel(of: EndOf) -> Body {
    guests(move |store, args| task::cancel_copy(store, &of, arg32(args, 0)?))
}

/// `canon stream.drop-readable` and its like.
pub(crate) fn copying_drop(of: EndOf) -> Body {
    simple(move |running, args| task::drop_end(running, &of, arg32(args, 0)?).map(|()| None))
}

/// `canon thread.index`
pub(crate) fn thread_index(instance: u32) -> Body {
    simple(move |running, _| {
        running.check_may_leave(instance)?;
        let current = running.tasks.current()?;
        let index = running.tasks.thread(current)?.index;
        let index = index.ok_or_else(|| Error::engine("expected a registered thread"))?;
        Ok(Some(index.into()))
    })
}

/// `canon thread.new-indirect`
pub(crate) fn thread_new_indirect(instance: u32, table: CoreTable, ty: &CoreFuncType) -> Body {
    let start = CoreFuncType::new(
        ty.params.get(1).copied().into_iter().collect::<Vec<_>>(),
        [],
    );
    func(move |store, args| {
        Running::of(store)?.check_may_leave(instance)?;
        // The index is an `i32` for a table with 64-bit indices too.
        let (index, argument) = (arg32(args, 0)?.into(), arg(args, 1)?);
        let wrong = || Error::trap(CanonTrap::WrongThreadFunc);
        let Some(CoreValue::FuncRef(Some(func))) = store.table_at(table, index)? else {
            return Err(wrong());
        };
        if store.func_type(func)? != start {
            return Err(wrong());
        }
        Ok(vec![
            task::spawn(Running::of(store)?, func, argument)?.into(),
        ])
    })
}

/// `canon thread.resume-later`
pub(crate) fn thread_resume_later(instance: u32) -> Body {
    simple(move |running, args| {
        running.check_may_leave(instance)?;
        let other = *running.instance_threads(instance)?.get(arg32(args, 0)?)?;
        if running.tasks.thread(other)?.state != ThreadState::Suspended {
            return Err(Error::trap(CanonTrap::ThreadNotSuspended));
        }
        running.start_waiting(other, Until::Now)?;
        Ok(None)
    })
}

/// `canon thread.suspend`, `thread.yield` and their combinations.
pub(crate) fn thread(instance: u32, op: ThreadOp, cancellable: bool) -> Body {
    guests(move |store, args| {
        let running = Running::of(store)?;
        running.check_may_leave(instance)?;
        let yields = matches!(
            op,
            ThreadOp::Yield | ThreadOp::YieldThenResume | ThreadOp::YieldThenPromote
        );
        let other = match op {
            ThreadOp::Suspend | ThreadOp::Yield => None,
            _ => Some(*running.instance_threads(instance)?.get(arg32(args, 0)?)?),
        };
        let switch_to = match (op, other) {
            (ThreadOp::SuspendThenResume | ThreadOp::YieldThenResume, Some(other)) => {
                if running.tasks.thread(other)?.state != ThreadState::Suspended {
                    return Err(Error::trap(CanonTrap::ThreadNotSuspended));
                }
                Some(other)
            }
            (_, Some(other)) if running.is_ready(other)? => Some(other),
            _ => None,
        };
        let how = Block {
            until: yields.then_some(Until::Now),
            cancellable,
            switch_to,
        };
        task::block(store, how, Wake::Cancelled)
    })
}

/// `canon error-context.new`
pub(crate) fn error_context_new(opts: Options) -> Body {
    func(move |store, args| {
        Running::of(store)?.check_may_leave(opts.instance)?;
        let machine = &mut StoreMachine(store);
        let cx = &mut Cx::new(machine, &opts);
        let message = load_string_from_range(cx, arg32(args, 0)?, arg32(args, 1)?)?;
        let running = Running::of(store)?;
        let index = running.add_error_context(opts.instance, message.into())?;
        Ok(vec![index.into()])
    })
}

/// `canon error-context.debug-message`
pub(crate) fn error_context_debug_message(opts: Options) -> Body {
    guests(move |store, args| {
        let running = Running::of(store)?;
        running.check_may_leave(opts.instance)?;
        let handles = running.handles(opts.instance)?;
        let message = handles.get(arg32(args, 0)?)?.error_context()?;
        let (opts, ptr) = (opts.clone(), arg32(args, 1)?);
        let lowered = task::lower(store, None, move |machine, _| {
            let cx = &mut Cx::new(machine, &opts);
            let range = store_string_into_range(cx, &Text::Utf8(Cow::Borrowed(&message)))?;
            cx.store_range(range, ptr.into())
        })?;
        lowered.then(store, |_, _| Ok(Steps::Done(Vec::new())))
    })
}

/// `canon error-context.drop`
pub(crate) fn error_context_drop(instance: u32) -> Body {
    simple(move |running, args| {
        running.check_may_leave(instance)?;
        let dropped = running.handles(instance)?.remove(arg32(args, 0)?)?;
        running.tasks.drop_message(&dropped.error_context()?);
        Ok(None)
    })
}

/// A built-in that cannot be called here.
pub(crate) fn unsupported(name: String, instance: u32) -> Body {
    func(move |store, _| {
        Running::of(store)?.check_may_leave(instance)?;
        Err(Error::unsupported(
            Capability::ComponentAsync,
            format!("expected no asynchronous built-in to be called, found a call of `{name}`"),
        ))
    })
}

fn arg(args: &[u64], index: usize) -> Result<u64> {
    let arg = args.get(index).copied();
    arg.ok_or_else(|| mistyped("arguments"))
}

fn arg32(args: &[u64], index: usize) -> Result<u32> {
    arg(args, index).map(low)
}

fn mistyped(what: &str) -> Error {
    Error::engine(format!("expected the {what} of a built-in, found too few"))
}
