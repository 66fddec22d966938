//! `Thread`: a line of execution within a task.

use seam_core::{CoreFunc, CoreMemory, Suspended};

use super::frame::ThreadStorage;
use super::ids::{SetId, TaskId, ThreadId, WaitableId};

/// A line of execution within a task.
#[derive(Debug)]
pub(crate) struct Thread {
    pub(crate) task: TaskId,
    /// The component instance of its task.
    pub(crate) instance: u32,
    /// Its index in the instance's table of threads, while it is registered.
    pub(crate) index: Option<u32>,
    pub(crate) state: ThreadState,
    /// Its place among the threads that wait, while it is one of them.
    pub(crate) place: Option<u64>,
    /// Whether a request to cancel the task may resume it.
    pub(crate) cancellable: bool,
    /// What it does when it is resumed.
    pub(crate) next: Next,
    /// What a host function that is about to suspend it returns later.
    pub(crate) wake: Option<Wake>,
    /// The thread to switch to when it is suspended.
    pub(crate) switch_to: Option<ThreadId>,
    /// Whether its native stack waits below another one, so that it cannot be resumed now.
    pub(crate) buried: bool,
    /// Whether its native stack cannot be suspended, even if the engine can suspend calls.
    pub(crate) is_pinned: bool,
    pub(super) storage: ThreadStorage,
}

/// Whether a thread runs, and what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ThreadState {
    Running,
    Suspended,
    Waiting(Until),
}

/// `Thread.ready_func`: what a waiting thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// Nothing: another thread may run first.
    Now,
    /// Its task may start, since the instance has no backpressure.
    Entry,
    /// No other thread of its instance is in an exclusive function.
    Exclusive,
    /// A subtask is resolved.
    Resolved(WaitableId),
    /// A waitable has an event.
    Event(WaitableId),
    /// A set has an event.
    SetEvent(SetId),
    /// A set has an event, and no other thread of the instance is in an exclusive function.
    ExclusiveSetEvent(SetId),
}

/// What a thread does when it is resumed.
#[derive(Debug)]
pub(crate) enum Next {
    /// It runs already.
    Running,
    /// It begins its task.
    Begin,
    /// It goes on to start its task, after the wait for an instance without backpressure.
    Enter,
    /// It calls the callback with an event: of this set, or `None` after a yield.
    Callback(Option<SetId>),
    /// It calls this function with one argument, whose bits these are.
    Spawned(CoreFunc, u64),
    /// It continues a suspended call with the values of the host function that suspended it.
    Stack(Suspended, Wake),
}

/// What a host function returns when the thread that it has blocked is resumed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wake {
    /// The flat results of a subtask, which has been resolved.
    Results(WaitableId),
    /// The payload of a waitable's event.
    Payload(WaitableId),
    /// The code of a set's event. Its payload goes to this address.
    SetEvent(SetId, CoreMemory, u32),
    /// Whether the task was asked to end.
    Cancelled,
}

impl Thread {
    /// Creates a thread that is suspended until it is resumed for the first time.
    pub(crate) fn new(task: TaskId, instance: u32, next: Next) -> Self {
        Self {
            task,
            instance,
            index: None,
            state: ThreadState::Suspended,
            place: None,
            cancellable: false,
            next,
            wake: None,
            switch_to: None,
            buried: false,
            is_pinned: false,
            storage: ThreadStorage::default(),
        }
    }
}
