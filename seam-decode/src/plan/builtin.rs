//! Built-ins of the asynchronous part.

use std::sync::Arc;

use seam_core::Result;
use wasmparser::component_types::ComponentAnyTypeId;
use wasmparser::{CanonicalFunction, CanonicalOption, ComponentValType};

use super::def::{Builtin, CopyingOp, CopyingTy, EventOptions, Options, ThreadOp};
use super::scope::at;
use super::ty::primitive;
use super::walk::Walk;
use crate::pass::{CoreSort, canon_options, unknown};
use crate::types::{FuncTy, Ty};

impl Walk<'_, '_, '_> {
    /// Converts a built-in of a component instance, which is at this index.
    ///
    /// # Errors
    /// `Engine` if it refers to something that is not there. `Limit` for large types.
    pub(super) fn builtin(&mut self, scope: usize, canon: &CanonicalFunction) -> Result<Builtin> {
        use CanonicalFunction as Canon;
        let thread = |op, cancellable: &bool| Ok(Builtin::Thread(op, *cancellable));
        match canon {
            Canon::ContextGet { slot, .. } => Ok(Builtin::ContextGet(*slot)),
            Canon::ContextSet { slot, .. } => Ok(Builtin::ContextSet(*slot)),
            Canon::BackpressureInc => Ok(Builtin::BackpressureInc),
            Canon::BackpressureDec => Ok(Builtin::BackpressureDec),
            Canon::TaskReturn { result, options } => {
                let result = result.as_ref().map(|ty| self.value_type(scope, ty));
                let result = FuncTy::result(result.transpose()?);
                let options = self.given(scope, options)?;
                Ok(Builtin::TaskReturn(Arc::new(result), options))
            }
            Canon::TaskCancel => Ok(Builtin::TaskCancel),
            Canon::WaitableSetNew => Ok(Builtin::WaitableSetNew),
            Canon::WaitableSetWait {
                cancellable,
                memory,
            } => {
                let options = self.event_options(scope, *cancellable, *memory)?;
                Ok(Builtin::WaitableSetWait(options))
            }
            Canon::WaitableSetPoll {
                cancellable,
                memory,
            } => {
                let options = self.event_options(scope, *cancellable, *memory)?;
                Ok(Builtin::WaitableSetPoll(options))
            }
            Canon::WaitableSetDrop => Ok(Builtin::WaitableSetDrop),
            Canon::WaitableJoin => Ok(Builtin::WaitableJoin),
            Canon::SubtaskCancel { async_ } => Ok(Builtin::SubtaskCancel(*async_)),
            Canon::SubtaskDrop => Ok(Builtin::SubtaskDrop),
            Canon::ThreadIndex => Ok(Builtin::ThreadIndex),
            Canon::ThreadNewIndirect { table_index, .. } => {
                let table = self
                    .scope(scope)?
                    .core_item(CoreSort::Table, *table_index)?;
                Ok(Builtin::ThreadNewIndirect(table))
            }
            Canon::ThreadResumeLater => Ok(Builtin::ThreadResumeLater),
            Canon::ThreadSuspend { cancellable } => thread(ThreadOp::Suspend, cancellable),
            Canon::ThreadYield { cancellable } => thread(ThreadOp::Yield, cancellable),
            Canon::ThreadSuspendThenResume { cancellable } => {
                thread(ThreadOp::SuspendThenResume, cancellable)
            }
            Canon::ThreadYieldThenResume { cancellable } => {
                thread(ThreadOp::YieldThenResume, cancellable)
            }
            Canon::ThreadSuspendThenPromote { cancellable } => {
                thread(ThreadOp::SuspendThenPromote, cancellable)
            }
            Canon::ThreadYieldThenPromote { cancellable } => {
                thread(ThreadOp::YieldThenPromote, cancellable)
            }
            Canon::ErrorContextNew { options } => {
                Ok(Builtin::ErrorContextNew(self.given(scope, options)?))
            }
            Canon::ErrorContextDebugMessage { options } => {
                let options = self.given(scope, options)?;
                Ok(Builtin::ErrorContextDebugMessage(options))
            }
            Canon::ErrorContextDrop => Ok(Builtin::ErrorContextDrop),
            other => self.copying(scope, other),
        }
    }

    /// Converts a built-in of streams or futures.
    fn copying(&mut self, scope: usize, canon: &CanonicalFunction) -> Result<Builtin> {
        use CanonicalFunction as Canon;
        let (ty, op) = match canon {
            Canon::StreamNew { ty } | Canon::FutureNew { ty } => (ty, CopyingOp::New),
            Canon::StreamRead { ty, options } | Canon::FutureRead { ty, options } => {
                (ty, CopyingOp::Read(self.given(scope, options)?))
            }
            Canon::StreamWrite { ty, options } | Canon::FutureWrite { ty, options } => {
                (ty, CopyingOp::Write(self.given(scope, options)?))
            }
            Canon::StreamCancelRead { ty, async_ } | Canon::FutureCancelRead { ty, async_ } => {
                (ty, CopyingOp::CancelRead(*async_))
            }
            Canon::StreamCancelWrite { ty, async_ } | Canon::FutureCancelWrite { ty, async_ } => {
                (ty, CopyingOp::CancelWrite(*async_))
            }
            Canon::StreamDropReadable { ty } | Canon::FutureDropReadable { ty } => {
                (ty, CopyingOp::DropReadable)
            }
            Canon::StreamDropWritable { ty } | Canon::FutureDropWritable { ty } => {
                (ty, CopyingOp::DropWritable)
            }
            other => return Ok(Builtin::Unsupported(name(other))),
        };
        let (is_future, element) = match self.defined_type(scope, *ty)? {
            Ty::Stream(element) => (false, element),
            Ty::Future(element) => (true, element),
            _ => return Err(unknown()),
        };
        Ok(Builtin::Copying(CopyingTy { is_future, element }, op))
    }

    fn event_options(
        &mut self,
        scope: usize,
        cancellable: bool,
        memory: u32,
    ) -> Result<EventOptions> {
        let memory = self.scope(scope)?.core_item(CoreSort::Memory, memory)?;
        Ok(EventOptions {
            cancellable,
            memory,
        })
    }

    fn value_type(&mut self, scope: usize, ty: &ComponentValType) -> Result<Ty> {
        match ty {
            ComponentValType::Primitive(ty) => Ok(primitive(*ty)),
            ComponentValType::Type(index) => self.defined_type(scope, *index),
        }
    }

    fn defined_type(&mut self, scope: usize, index: u32) -> Result<Ty> {
        match *at(&self.component_of(scope)?.types, index)? {
            ComponentAnyTypeId::Defined(id) => self.defined(scope, id),
            _ => Err(unknown()),
        }
    }

    fn given(&mut self, scope: usize, options: &[CanonicalOption]) -> Result<Options> {
        self.options(scope, &canon_options(options))
    }
}

/// Returns the definition's name in kebab-case, e.g. `task-return`.
fn name(canon: &CanonicalFunction) -> String {
    let debug = format!("{canon:?}");
    let variant = debug.split([' ', '(', '{']).next().unwrap_or_default();
    let mut name = String::new();
    for c in variant.chars() {
        if c.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(c.to_lowercase());
    }
    name
}
