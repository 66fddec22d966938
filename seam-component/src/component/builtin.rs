//! Built-ins of the asynchronous part: from the plan to what they do.

use seam_core::{CoreExtern, CoreFuncType, Result};
use seam_decode::{Builtin, CopyingOp};

use crate::canon::builtin::{self, Body};
use crate::canon::options::{Items, memory, options, wrong};
use crate::task::EndOf;

/// Returns what a built-in of a component instance does.
///
/// # Errors
/// Those of the options.
pub(super) fn body(
    builtin: &Builtin,
    ty: &CoreFuncType,
    instance: u32,
    items: &mut dyn Items,
) -> Result<Body> {
    Ok(match builtin {
        Builtin::ContextGet(slot) => builtin::context_get(*slot),
        Builtin::ContextSet(slot) => builtin::context_set(*slot, ty),
        Builtin::BackpressureInc => builtin::backpressure(instance, |n| n.checked_add(1)),
        Builtin::BackpressureDec => builtin::backpressure(instance, |n| n.checked_sub(1)),
        Builtin::Unsupported(name) => builtin::unsupported(name.clone(), instance),
        Builtin::TaskReturn(ty, given) => builtin::task_return(ty.clone(), options(given, items)?),
        Builtin::TaskCancel => builtin::task_cancel(instance),
        Builtin::WaitableSetNew => builtin::waitable_set_new(instance),
        Builtin::WaitableSetWait(given) => {
            let memory = memory(given.memory, items)?;
            builtin::waitable_set_wait(instance, given.cancellable, memory)
        }
        Builtin::WaitableSetPoll(given) => {
            let memory = memory(given.memory, items)?;
            builtin::waitable_set_poll(instance, given.cancellable, memory)
        }
        Builtin::WaitableSetDrop => builtin::waitable_set_drop(instance),
        Builtin::WaitableJoin => builtin::waitable_join(instance),
        Builtin::SubtaskCancel(is_async) => builtin::subtask_cancel(instance, *is_async),
        Builtin::SubtaskDrop => builtin::subtask_drop(instance),
        Builtin::Copying(ty, op) => {
            let end = |is_writable, is_async| EndOf {
                ty: ty.clone(),
                instance,
                is_writable,
                is_async,
            };
            match op {
                CopyingOp::New => builtin::copying_new(instance, ty.clone()),
                CopyingOp::Read(given) => {
                    let of = end(false, given.is_async);
                    builtin::copying_start(of, options(given, items)?)
                }
                CopyingOp::Write(given) => {
                    let of = end(true, given.is_async);
                    builtin::copying_start(of, options(given, items)?)
                }
                CopyingOp::CancelRead(is_async) => builtin::copying_cancel(end(false, *is_async)),
                CopyingOp::CancelWrite(is_async) => builtin::copying_cancel(end(true, *is_async)),
                CopyingOp::DropReadable => builtin::copying_drop(end(false, false)),
                CopyingOp::DropWritable => builtin::copying_drop(end(true, false)),
            }
        }
        Builtin::Thread(op, cancellable) => builtin::thread(instance, *op, *cancellable),
        Builtin::ThreadNewIndirect(table) => match items.item(*table)? {
            CoreExtern::Table(table) => builtin::thread_new_indirect(instance, table, ty),
            _ => return Err(wrong("a table")),
        },
        Builtin::ThreadIndex => builtin::thread_index(instance),
        Builtin::ThreadResumeLater => builtin::thread_resume_later(instance),
        Builtin::ErrorContextNew(given) => builtin::error_context_new(options(given, items)?),
        Builtin::ErrorContextDebugMessage(given) => {
            builtin::error_context_debug_message(options(given, items)?)
        }
        Builtin::ErrorContextDrop => builtin::error_context_drop(instance),
    })
}
