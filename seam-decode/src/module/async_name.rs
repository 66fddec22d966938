//! The names and core types of imported asynchronous built-ins, as `wit-component` gives them.

use seam_core::{CoreFuncType, CoreType};

use crate::plan::{Builtin, ThreadOp};
use crate::types::{MAX_FLAT_PARAMS, RecordTy, StringEncoding, spills};

/// An asynchronous built-in that a core module imports.
#[derive(Clone, Debug)]
pub(crate) enum AsyncName<'a> {
    /// A built-in that needs no more than its name says, of this core type.
    Plain(Builtin, CoreFuncType),
    /// `[task-return]F`: `task.return` of the result of the function `F`.
    TaskReturn(&'a str),
    /// `[waitable-set-wait]`, with or without `[cancellable]`.
    WaitableSetWait { cancellable: bool },
    /// `[waitable-set-poll]`, with or without `[cancellable]`.
    WaitableSetPoll { cancellable: bool },
    /// `[stream-read-N]F` and its like.
    Copying(CopyingName<'a>),
    /// `[thread-new-indirect-v0]`
    ThreadNewIndirect,
    /// `[error-context-new-E]`
    ErrorContextNew(StringEncoding),
    /// `[error-context-debug-message-E]`
    ErrorContextDebugMessage(StringEncoding),
}

/// A built-in of streams or futures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CopyingName<'a> {
    pub(crate) is_future: bool,
    pub(crate) op: CopyingOpName,
    /// Whether it returns instead of waiting: `[async-lower]`.
    pub(crate) is_async: bool,
    /// The position of the type among the stream and future types of the function. `None` for the type
    /// without an element.
    pub(crate) position: Option<u32>,
    /// The function that has the type.
    pub(crate) func: &'a str,
}

/// An operation on a stream or future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyingOpName {
    New,
    Read,
    Write,
    CancelRead,
    CancelWrite,
    DropReadable,
    DropWritable,
}

impl<'a> AsyncName<'a> {
    /// Takes the name of an import apart, if it is an asynchronous built-in.
    pub(crate) fn of(field: &'a str) -> Option<Self> {
        let (is_async, rest) = flag(field, "[async-lower]");
        let (cancellable, rest) = flag(rest, "[cancellable]");
        let (name, func) = rest.strip_prefix('[')?.split_once(']')?;
        match (is_async, cancellable) {
            (_, false) => {
                if let Some(copying) = CopyingName::of(name, func, is_async) {
                    return Some(Self::Copying(copying));
                }
            }
            (true, true) => return None,
            (false, true) => {}
        }
        if name == "task-return" {
            return (!is_async && !cancellable).then_some(Self::TaskReturn(func));
        }
        if !func.is_empty() {
            return None;
        }
        match (is_async, cancellable) {
            (true, _) => match name {
                "subtask-cancel" => Some(plain(Builtin::SubtaskCancel(true), 1, 1)),
                _ => None,
            },
            (false, true) => waiting(name, true),
            (false, false) => waiting(name, false).or_else(|| immediate(name)),
        }
    }

    /// Returns the core type, where it does not depend on a function.
    pub(crate) fn core_type(&self) -> Option<CoreFuncType> {
        Some(match self {
            Self::Plain(_, ty) => ty.clone(),
            Self::TaskReturn(_) => return None,
            Self::WaitableSetWait { .. } | Self::WaitableSetPoll { .. } => of(2, 1),
            Self::Copying(copying) => copying.core_type(),
            Self::ThreadNewIndirect | Self::ErrorContextNew(_) => of(2, 1),
            Self::ErrorContextDebugMessage(_) => of(2, 0),
        })
    }
}

impl<'a> CopyingName<'a> {
    fn of(name: &str, func: &'a str, is_async: bool) -> Option<Self> {
        let kinds = [("stream-", false), ("future-", true)];
        let mut kinds = kinds.into_iter();
        let (rest, is_future) =
            kinds.find_map(|(kind, is_future)| Some((name.strip_prefix(kind)?, is_future)))?;
        let (op, payload) = rest.rsplit_once('-')?;
        let op = match op {
            "new" => CopyingOpName::New,
            "read" => CopyingOpName::Read,
            "write" => CopyingOpName::Write,
            "cancel-read" => CopyingOpName::CancelRead,
            "cancel-write" => CopyingOpName::CancelWrite,
            "drop-readable" => CopyingOpName::DropReadable,
            "drop-writable" => CopyingOpName::DropWritable,
            _ => return None,
        };
        let position = match payload {
            "unit" => None,
            digits => Some(digits.parse().ok()?),
        };
        (op.waits() || !is_async).then_some(Self {
            is_future,
            op,
            is_async,
            position,
            func,
        })
    }

    fn core_type(&self) -> CoreFuncType {
        match self.op {
            CopyingOpName::New => CoreFuncType::new([], [CoreType::I64]),
            CopyingOpName::Read | CopyingOpName::Write => of(if self.is_future { 2 } else { 3 }, 1),
            CopyingOpName::CancelRead | CopyingOpName::CancelWrite => of(1, 1),
            CopyingOpName::DropReadable | CopyingOpName::DropWritable => of(1, 0),
        }
    }
}

impl CopyingOpName {
    /// Returns whether the operation may wait, and so can be `async`.
    fn waits(self) -> bool {
        matches!(
            self,
            Self::Read | Self::Write | Self::CancelRead | Self::CancelWrite
        )
    }
}

/// Returns the core type of `task.return` of a result.
pub(crate) fn task_return_type(result: &RecordTy) -> CoreFuncType {
    let params = match spills(MAX_FLAT_PARAMS, result) {
        true => vec![CoreType::I32],
        false => result.flat.core_types(),
    };
    CoreFuncType::new(params, [])
}

/// Returns a built-in that waits, which can be cancellable.
fn waiting(name: &str, cancellable: bool) -> Option<AsyncName<'static>> {
    let thread = |op, params| Some(plain(Builtin::Thread(op, cancellable), params, 1));
    match name {
        "waitable-set-wait" | "waitable-set-wait-i32" => {
            Some(AsyncName::WaitableSetWait { cancellable })
        }
        "waitable-set-poll" | "waitable-set-poll-i32" => {
            Some(AsyncName::WaitableSetPoll { cancellable })
        }
        "thread-suspend" => thread(ThreadOp::Suspend, 0),
        "thread-yield" => thread(ThreadOp::Yield, 0),
        "thread-suspend-then-resume" => thread(ThreadOp::SuspendThenResume, 1),
        "thread-yield-then-resume" => thread(ThreadOp::YieldThenResume, 1),
        "thread-suspend-then-promote" => thread(ThreadOp::SuspendThenPromote, 1),
        "thread-yield-then-promote" => thread(ThreadOp::YieldThenPromote, 1),
        _ => None,
    }
}

/// Returns a built-in that never waits.
fn immediate(name: &str) -> Option<AsyncName<'static>> {
    Some(match name {
        "backpressure-inc" => plain(Builtin::BackpressureInc, 0, 0),
        "backpressure-dec" => plain(Builtin::BackpressureDec, 0, 0),
        "task-cancel" => plain(Builtin::TaskCancel, 0, 0),
        "waitable-set-new" => plain(Builtin::WaitableSetNew, 0, 1),
        "waitable-set-drop" => plain(Builtin::WaitableSetDrop, 1, 0),
        "waitable-join" => plain(Builtin::WaitableJoin, 2, 0),
        "subtask-cancel" => plain(Builtin::SubtaskCancel(false), 1, 1),
        "subtask-drop" => plain(Builtin::SubtaskDrop, 1, 0),
        "thread-index" => plain(Builtin::ThreadIndex, 0, 1),
        "thread-new-indirect-v0" => AsyncName::ThreadNewIndirect,
        "thread-resume-later" => plain(Builtin::ThreadResumeLater, 1, 0),
        "error-context-drop" => plain(Builtin::ErrorContextDrop, 1, 0),
        other => return context(other).or_else(|| error_context(other)),
    })
}

/// `context-get-N` and `context-set-N`, with or without the type of the slot before `N`.
fn context(name: &str) -> Option<AsyncName<'static>> {
    let (gets, slot) = match name.strip_prefix("context-get-") {
        Some(slot) => (true, slot),
        None => (false, name.strip_prefix("context-set-")?),
    };
    let (ty, slot) = match slot.split_once('-') {
        Some(("i32", slot)) => (CoreType::I32, slot),
        Some(("i64", slot)) => (CoreType::I64, slot),
        Some(_) => return None,
        None => (CoreType::I32, slot),
    };
    // The specification has two slots.
    let slot = slot.parse().ok().filter(|slot| *slot < 2)?;
    Some(match gets {
        true => AsyncName::Plain(Builtin::ContextGet(slot), CoreFuncType::new([], [ty])),
        false => AsyncName::Plain(Builtin::ContextSet(slot), CoreFuncType::new([ty], [])),
    })
}

fn error_context(name: &str) -> Option<AsyncName<'static>> {
    let (is_new, encoding) = match name.strip_prefix("error-context-new-") {
        Some(encoding) => (true, encoding),
        None => (false, name.strip_prefix("error-context-debug-message-")?),
    };
    let encoding = match encoding {
        "utf8" => StringEncoding::Utf8,
        "utf16" => StringEncoding::Utf16,
        "latin1+utf16" => StringEncoding::Latin1Utf16,
        _ => return None,
    };
    Some(match is_new {
        true => AsyncName::ErrorContextNew(encoding),
        false => AsyncName::ErrorContextDebugMessage(encoding),
    })
}

fn plain(builtin: Builtin, params: usize, results: usize) -> AsyncName<'static> {
    AsyncName::Plain(builtin, of(params, results))
}

/// A core type over `i32`.
fn of(params: usize, results: usize) -> CoreFuncType {
    let all = |count| vec![CoreType::I32; count];
    CoreFuncType::new(all(params), all(results))
}

fn flag<'a>(name: &'a str, flag: &str) -> (bool, &'a str) {
    match name.strip_prefix(flag) {
        Some(rest) => (true, rest),
        None => (false, name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn copying(field: &str) -> CopyingName<'_> {
        match AsyncName::of(field) {
            Some(AsyncName::Copying(copying)) => copying,
            other => unreachable!("{field}: {other:?}"),
        }
    }

    #[test]
    fn the_name_of_a_copy_is_taken_apart() {
        let read = CopyingName {
            is_future: false,
            op: CopyingOpName::Read,
            is_async: true,
            position: Some(12),
            func: "[method]r.m",
        };
        assert_eq!(copying("[async-lower][stream-read-12][method]r.m"), read);
        let cancel = CopyingName {
            is_future: true,
            op: CopyingOpName::CancelWrite,
            is_async: false,
            position: None,
            func: "",
        };
        assert_eq!(copying("[future-cancel-write-unit]"), cancel);
        assert_eq!(copying("[future-read-0]f").core_type(), of(2, 1));
        assert_eq!(copying("[stream-write-0]f").core_type(), of(3, 1));
    }

    #[test]
    fn a_name_that_is_none_of_a_builtin_is_not_taken_for_one() {
        for name in [
            "f",
            "[method]r.m",
            "[async-lower]f",
            "[async-lower][stream-new-0]f",
            "[async-lower][waitable-set-wait]",
            "[cancellable][waitable-join]",
            "[cancellable][task-return]f",
            "[async-lower][cancellable][thread-yield]",
            "[waitable-set-wait-i64]",
            "[waitable-set-new]f",
            "[context-get-2]",
            "[context-get-f32-0]",
            "[stream-read-x]f",
            "[stream-read]f",
            "[error-context-new-ascii]",
        ] {
            assert!(AsyncName::of(name).is_none(), "{name}");
        }
    }

    #[test]
    fn flags_and_widths_are_part_of_the_builtin() {
        let Some(AsyncName::Plain(Builtin::ContextSet(1), ty)) =
            AsyncName::of("[context-set-i64-1]")
        else {
            unreachable!("a slot of 64 bits");
        };
        assert_eq!(ty, CoreFuncType::new([CoreType::I64], []));
        let cancellable = |name| match AsyncName::of(name) {
            Some(AsyncName::WaitableSetPoll { cancellable }) => Some(cancellable),
            _ => None,
        };
        assert_eq!(cancellable("[waitable-set-poll]"), Some(false));
        assert_eq!(cancellable("[cancellable][waitable-set-poll]"), Some(true));
        let waits = |name| match AsyncName::of(name) {
            Some(AsyncName::Plain(Builtin::SubtaskCancel(is_async), _)) => Some(is_async),
            _ => None,
        };
        assert_eq!(waits("[async-lower][subtask-cancel]"), Some(true));
        assert_eq!(waits("[subtask-cancel]"), Some(false));
    }
}
