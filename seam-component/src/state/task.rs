//! `Task`: a call of a lifted function, in an artifact with asynchronous parts.

use std::sync::Arc;
use std::time::Instant;

use seam_core::Value;

use super::frame::Loan;
use super::ids::{TaskId, ThreadId, WaitableId};
use super::lifted::Lifted;

/// A call of a lifted function.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) lifted: Arc<Lifted>,
    pub(crate) caller: Caller,
    pub(crate) state: TaskState,
    /// The number of borrowed handles that the callee must still drop.
    pub(crate) num_borrows: u32,
    pub(crate) implicit: Option<ThreadId>,
    /// The registered threads, oldest first.
    pub(crate) threads: Vec<ThreadId>,
}

/// The caller of a task.
#[derive(Debug)]
pub(crate) enum Caller {
    /// A guest, with this subtask.
    Guest(WaitableId),
    Host(HostTask),
}

/// The host's side of a task.
#[derive(Debug, Default)]
pub(crate) struct HostTask {
    /// The arguments, until the task starts.
    pub(crate) args: Vec<Value>,
    pub(crate) lenders: Vec<Loan>,
    pub(crate) outcome: Option<Outcome>,
    /// Whether nobody wants the outcome.
    pub(crate) is_given_up: bool,
    /// When it must have ended, if there is a deadline. Set when it is driven for the first time.
    pub(crate) deadline: Option<Option<Instant>>,
}

/// How a task ended, for the host.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It has returned this value, if the function has a result.
    Returned(Option<Value>),
    Cancelled,
}

/// `Task.State`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaskState {
    Initial,
    Started,
    PendingCancel,
    CancelDelivered,
    Resolved,
}

/// `LiftLowerContext.borrow_scope`: the call that handles are lent for while values are passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scope {
    /// The task that receives borrowed handles, and must drop them. `None` for a host function.
    pub(crate) task: Option<TaskId>,
    /// The subtask that keeps the loans. `None` if the task itself keeps those of the host.
    pub(crate) subtask: Option<WaitableId>,
}
