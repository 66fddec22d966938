//! Binds the asynchronous built-ins that a core module imports.

use std::sync::Arc;

use seam_core::{CoreExternType, CoreFuncType};

use super::export::{memory, realloc};
use super::world::{Side as Of, World, WorldFunc, name};
use crate::module::{
    AsyncName, Chosen, CopyingName, CopyingOpName, Later, Need, Scan, copied_type, task_return_type,
};
use crate::plan::{Builtin, CopyingOp, CopyingTy, CoreItem, EventOptions, Options};
use crate::types::StringEncoding;

/// The table from which `thread.new-indirect` takes functions.
const TABLE: &str = "__indirect_function_table";

/// An import that is an asynchronous built-in.
pub(super) struct AsyncImport<'a> {
    pub(super) scan: &'a Scan,
    pub(super) world: &'a World,
    /// Whether the built-in is about exported functions or about imported ones.
    pub(super) side: Of,
    /// The interface of these functions, or `$root`.
    pub(super) interface: &'a str,
    pub(super) ty: &'a CoreFuncType,
}

impl AsyncImport<'_> {
    /// Returns the built-in with this name.
    ///
    /// # Errors
    /// A message that says what was expected and what was found.
    pub(super) fn item(&self, name: AsyncName<'_>, later: &mut Later) -> Result<CoreItem, String> {
        if let Some(wanted) = name.core_type() {
            self.check_type(&wanted)?;
        }
        let builtin = match name {
            AsyncName::Plain(builtin, _) => builtin,
            AsyncName::TaskReturn(func) => self.task_return(func, later)?,
            AsyncName::WaitableSetWait { cancellable } => {
                Builtin::WaitableSetWait(self.event_options(cancellable, later)?)
            }
            AsyncName::WaitableSetPoll { cancellable } => {
                Builtin::WaitableSetPoll(self.event_options(cancellable, later)?)
            }
            AsyncName::Copying(copying) => self.copying(&copying, later)?,
            AsyncName::ThreadNewIndirect => Builtin::ThreadNewIndirect(self.table(later)?),
            AsyncName::ErrorContextNew(encoding) => {
                Builtin::ErrorContextNew(self.options(encoding, Need::memory(false), later)?)
            }
            AsyncName::ErrorContextDebugMessage(encoding) => Builtin::ErrorContextDebugMessage(
                self.options(encoding, Need::memory(true), later)?,
            ),
        };
        Ok(CoreItem::builtin(builtin, self.ty.clone(), 0))
    }

    fn check_type(&self, wanted: &CoreFuncType) -> Result<(), String> {
        match self.ty == wanted {
            true => Ok(()),
            false => Err(format!("expected type {wanted}, found {}", self.ty)),
        }
    }

    fn func(&self, func: &str) -> Result<&WorldFunc, String> {
        let found = self.world.find(self.side, &name(self.interface, func));
        let (_, found) = found.ok_or_else(|| {
            format!("expected a built-in of a function that the section describes, found `{func}`")
        })?;
        Ok(found)
    }

    fn task_return(&self, func: &str, later: &mut Later) -> Result<Builtin, String> {
        let func = self.func(func)?;
        let result = &func.ty.result;
        self.check_type(&task_return_type(result))?;
        let need = Need::of_task_return(result);
        let options = self.options(func.encoding, need, later)?;
        Ok(Builtin::TaskReturn(result.clone().into(), options))
    }

    fn copying(&self, copying: &CopyingName<'_>, later: &mut Later) -> Result<Builtin, String> {
        let (ty, encoding) = self.copied(copying)?;
        let mut options = |reads| {
            let options = self.options(encoding, Need::of_copy(&ty, reads), later)?;
            Ok::<_, String>(Options {
                is_async: copying.is_async,
                ..options
            })
        };
        let op = match copying.op {
            CopyingOpName::New => CopyingOp::New,
            CopyingOpName::Read => CopyingOp::Read(options(true)?),
            CopyingOpName::Write => CopyingOp::Write(options(false)?),
            CopyingOpName::CancelRead => CopyingOp::CancelRead(copying.is_async),
            CopyingOpName::CancelWrite => CopyingOp::CancelWrite(copying.is_async),
            CopyingOpName::DropReadable => CopyingOp::DropReadable,
            CopyingOpName::DropWritable => CopyingOp::DropWritable,
        };
        Ok(Builtin::Copying(ty, op))
    }

    /// Returns the stream or future type of a built-in, and the encoding of strings in its elements.
    fn copied(&self, copying: &CopyingName<'_>) -> Result<(CopyingTy, StringEncoding), String> {
        let kind = |is_future| if is_future { "future" } else { "stream" };
        let Some(position) = copying.position else {
            let ty = CopyingTy {
                is_future: copying.is_future,
                element: None,
            };
            return Ok((ty, StringEncoding::Utf8));
        };
        let func = self.func(copying.func)?;
        match copied_type(&func.ty, position) {
            Some(ty) if ty.is_future == copying.is_future => Ok((ty, func.encoding)),
            found => Err(format!(
                "expected a {} as stream or future {position} of `{}`, found {}",
                kind(copying.is_future),
                copying.func,
                found.map_or("none", |ty| kind(ty.is_future)),
            )),
        }
    }

    fn event_options(&self, cancellable: bool, later: &mut Later) -> Result<EventOptions, String> {
        match memory(self.scan, true)? {
            Some(memory) => Ok(EventOptions {
                cancellable,
                memory: later.item(&memory.export),
            }),
            None => Err("expected an exported memory, found none".to_string()),
        }
    }

    fn table(&self, later: &mut Later) -> Result<usize, String> {
        let is_table = |(name, ty): &(Arc<str>, CoreExternType)| {
            **name == *TABLE && matches!(ty, CoreExternType::Table(_))
        };
        match self.scan.ty.exports.iter().any(is_table) {
            true => Ok(later.item(TABLE)),
            false => Err(format!("expected an exported table `{TABLE}`, found none")),
        }
    }

    /// Returns options, with a memory and a `realloc` if they are needed.
    fn options(
        &self,
        encoding: StringEncoding,
        need: Need,
        later: &mut Later,
    ) -> Result<Options, String> {
        let memory = memory(self.scan, need.memory)?;
        let realloc = realloc(self.scan, need.realloc, self.side)?;
        Ok(options(encoding, memory.as_ref(), realloc.as_ref(), later))
    }
}

/// Returns the options of a synchronous function of the module.
pub(super) fn options(
    encoding: StringEncoding,
    memory: Option<&Chosen>,
    realloc: Option<&Chosen>,
    later: &mut Later,
) -> Options {
    Options {
        instance: 0,
        memory: memory.map(|it| later.item(&it.export)),
        realloc: realloc.map(|it| later.item(&it.export)),
        encoding,
        is_async: false,
        gc: false,
    }
}
