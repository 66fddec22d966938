//! `Waitable`, `WaitableSet` and `Subtask`.

use std::sync::Arc;

use super::copy::CopyEnd;
use super::frame::Loan;
use super::ids::{SetId, TaskId, WaitableId};
use super::lowered::LoweredCall;

/// A subtask, or an end of a stream or future.
#[derive(Debug)]
pub(crate) struct Waitable {
    pub(crate) kind: Kind,
    /// The component instance whose table it is in.
    pub(crate) instance: u32,
    /// Its index in the table. 0 for a subtask that is not there, and may never be.
    pub(crate) index: u32,
    pub(crate) pending: Option<Pending>,
    pub(crate) set: Option<SetId>,
    pub(crate) has_sync_waiter: bool,
}

/// The kinds of waitables.
#[derive(Debug)]
pub(crate) enum Kind {
    Subtask(Subtask),
    End(CopyEnd),
}

/// An event that has not been delivered. Its payload is computed when it is delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pending {
    Subtask,
    /// The end of a copy with this result. The flag says whether the buffer is still in use until
    /// the event is delivered.
    Copy(CopyResult, bool),
}

/// `CopyResult`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyResult {
    Completed = 0,
    Dropped = 1,
    Cancelled = 2,
}

/// A call of a lowered function.
#[derive(Debug)]
pub(crate) struct Subtask {
    pub(crate) state: SubtaskState,
    /// The task of a guest's function, which can be cancelled.
    pub(crate) task: Option<TaskId>,
    /// `None` after its end was delivered to the caller.
    pub(crate) lenders: Option<Vec<Loan>>,
    pub(crate) cancellation_requested: bool,
    pub(crate) call: Arc<LoweredCall>,
    /// The core arguments.
    pub(crate) args: Vec<u64>,
    pub(crate) flat_results: Vec<u64>,
}

/// `Subtask.State`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubtaskState {
    Starting = 0,
    Started = 1,
    Returned = 2,
    CancelledBeforeStarted = 3,
    CancelledBeforeReturned = 4,
}

/// `WaitableSet`
#[derive(Debug, Default)]
pub(crate) struct WaitableSet {
    pub(crate) elems: Vec<WaitableId>,
    pub(crate) num_waiting: u32,
}

impl Waitable {
    pub(crate) fn new(kind: Kind, instance: u32) -> Self {
        Self {
            kind,
            instance,
            index: 0,
            pending: None,
            set: None,
            has_sync_waiter: false,
        }
    }
}

impl Subtask {
    pub(crate) fn new(call: Arc<LoweredCall>, args: Vec<u64>) -> Self {
        Self {
            state: SubtaskState::Starting,
            task: None,
            lenders: Some(Vec::new()),
            cancellation_requested: false,
            call,
            args,
            flat_results: Vec::new(),
        }
    }

    pub(crate) fn resolved(&self) -> bool {
        !matches!(self.state, SubtaskState::Starting | SubtaskState::Started)
    }
}
