//! Built-ins of the asynchronous part: from the plan to core functions.

use seam_core::{CoreExtern, CoreFuncType, CoreMemory, Result};
use seam_decode::{Builtin, CopyingOp, EventOptions};

use super::execute::{Execution, missing};
use crate::canon::builtin::{self, Body};
use crate::task::EndOf;

impl Execution<'_> {
    /// Creates the function of a built-in for a component instance.
    ///
    /// # Errors
    /// Those of the options.
    pub(super) fn builtin(
        &mut self,
        builtin: &Builtin,
        ty: &CoreFuncType,
        instance: u32,
    ) -> Result<Body> {
        Ok(match builtin {
            Builtin::ContextGet(slot) => builtin::context_get(*slot),
            Builtin::ContextSet(slot) => builtin::context_set(*slot, ty),
            Builtin::BackpressureInc => builtin::backpressure(instance, |n| n.checked_add(1)),
            Builtin::BackpressureDec => builtin::backpressure(instance, |n| n.checked_sub(1)),
            Builtin::Unsupported(name) => builtin::unsupported(name.clone(), instance),
            Builtin::TaskReturn(ty, options) => {
                builtin::task_return(ty.clone(), self.options(options)?)
            }
            Builtin::TaskCancel => builtin::task_cancel(instance),
            Builtin::WaitableSetNew => builtin::waitable_set_new(instance),
            Builtin::WaitableSetWait(options) => {
                let memory = self.event_memory(options)?;
                builtin::waitable_set_wait(instance, options.cancellable, memory)
            }
            Builtin::WaitableSetPoll(options) => {
                let memory = self.event_memory(options)?;
                builtin::waitable_set_poll(instance, options.cancellable, memory)
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
                    CopyingOp::Read(options) => {
                        let of = end(false, options.is_async);
                        builtin::copying_start(of, self.options(options)?)
                    }
                    CopyingOp::Write(options) => {
                        let of = end(true, options.is_async);
                        builtin::copying_start(of, self.options(options)?)
                    }
                    CopyingOp::CancelRead(is_async) => {
                        builtin::copying_cancel(end(false, *is_async))
                    }
                    CopyingOp::CancelWrite(is_async) => {
                        builtin::copying_cancel(end(true, *is_async))
                    }
                    CopyingOp::DropReadable => builtin::copying_drop(end(false, false)),
                    CopyingOp::DropWritable => builtin::copying_drop(end(true, false)),
                }
            }
            Builtin::Thread(op, cancellable) => builtin::thread(instance, *op, *cancellable),
            Builtin::ThreadNewIndirect(table) => match self.import(*table)? {
                CoreExtern::Table(table) => builtin::thread_new_indirect(instance, table, ty),
                _ => return Err(missing()),
            },
            Builtin::ThreadIndex => builtin::thread_index(instance),
            Builtin::ThreadResumeLater => builtin::thread_resume_later(instance),
            Builtin::ErrorContextNew(options) => builtin::error_context_new(self.options(options)?),
            Builtin::ErrorContextDebugMessage(options) => {
                builtin::error_context_debug_message(self.options(options)?)
            }
            Builtin::ErrorContextDrop => builtin::error_context_drop(instance),
        })
    }

    fn event_memory(&mut self, options: &EventOptions) -> Result<CoreMemory> {
        match self.import(options.memory)? {
            CoreExtern::Memory(memory) => Ok(memory),
            _ => Err(missing()),
        }
    }
}
