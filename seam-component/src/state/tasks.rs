//! The tasks of a store, with their threads and waitables.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use seam_core::{Alarm, Error, ErrorKind, Limit, Result};
use slab::Slab;

use super::copy::{CopyEnd, Shared};
use super::ids::{SetId, SharedId, TaskId, ThreadId, WaitableId};
use super::lifted::Entering;
use super::order::Order;
use super::pending_call::PendingCall;
use super::task::Task;
use super::thread::Thread;
use super::waitable::{Kind, Subtask, Waitable, WaitableSet};
use super::waiting::Waiting;

/// The tasks of a store.
#[derive(Debug, Default)]
pub(crate) struct Tasks {
    tasks: Slab<Task>,
    threads: Slab<Thread>,
    waitables: Slab<Waitable>,
    sets: Slab<WaitableSet>,
    shared: Slab<Shared>,
    /// The error contexts that one guest has lifted and another has yet to lower.
    error_contexts: Slab<Arc<str>>,
    /// Bytes of the messages of all error contexts in the tables.
    message_bytes: u64,
    pub(crate) waiting: Waiting<ThreadId>,
    /// Calls of asynchronous host functions that have not completed, oldest first.
    pub(crate) pending_calls: Vec<PendingCall>,
    /// The waker of whoever drives the current call of the host.
    pub(crate) waker: Option<Waker>,
    /// Calls of the host that have not begun, oldest first.
    pub(crate) not_begun: VecDeque<TaskId>,
    /// Streams and futures that wait for the host.
    waiting_for_host: Waiting<SharedId>,
    /// Whether calls are tasks: the artifact has asynchronous parts.
    pub(crate) is_concurrent: bool,
    /// The thread that runs. `None` while the host runs.
    pub(crate) current: Option<ThreadId>,
    /// Chooses among threads and events.
    pub(crate) order: Order,
    /// The time that a call of the host may take, and when the current one must have ended.
    deadline: (Option<Duration>, Option<Instant>),
    /// Wakes whoever drives a call at its deadline.
    alarm: Option<Alarm>,
    /// Whether the engine can suspend calls, and host functions can call back into the guest.
    pub(crate) suspends: bool,
    /// Whether glue must make the next call of a guest: in a host function of an engine that cannot
    /// re-enter.
    pub(crate) defers: bool,
    /// The call whose outcome the host waits for.
    pub(crate) awaited: Option<TaskId>,
    /// The calls that threads were resumed by, innermost last, if the engine cannot suspend calls.
    pub(crate) levels: Vec<Level>,
}

/// A call that a thread was resumed by.
#[derive(Debug)]
pub(crate) struct Level {
    pub(crate) origin: Origin,
    /// The instances that the thread has entered and that it leaves when it blocks. `None` while it is
    /// blocked.
    pub(crate) entered: Option<Entering>,
    /// Whether the thread that made the call has blocked in the meantime, below the running thread.
    pub(crate) detached: bool,
}

/// The reason why a thread was resumed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    /// The host lets a thread run that is ready.
    Tick,
    /// A call of a lifted function.
    Call {
        /// The thread and subtask of a guest. `None` for the host.
        caller: Option<(ThreadId, WaitableId)>,
        /// Whether the guest lowers the function with the `async` option.
        is_async: bool,
        /// The instance of a function whose type is synchronous: only its threads may run until the
        /// function has returned.
        only: Option<u32>,
    },
    /// A request to cancel a subtask.
    Cancel {
        caller: (ThreadId, WaitableId),
        /// Whether it is made with the `async` option.
        is_async: bool,
    },
}

macro_rules! kinds {
    ($( $kind:ident $kind_mut:ident $add:ident $remove:ident: $field:ident, $id:ident => $ty:ty; )*) => {
        #[allow(dead_code, reason = "every kind has the same operations")]
        impl Tasks {$(
            pub(crate) fn $kind(&self, id: $id) -> Result<&$ty> {
                self.$field.get(id.0).ok_or_else(|| gone(stringify!($kind)))
            }

            pub(crate) fn $kind_mut(&mut self, id: $id) -> Result<&mut $ty> {
                self.$field.get_mut(id.0).ok_or_else(|| gone(stringify!($kind)))
            }

            pub(crate) fn $add(&mut self, it: $ty) -> Result<$id> {
                match self.$field.len() < MOST {
                    true => Ok($id(self.$field.insert(it))),
                    false => Err(too_many(stringify!($kind))),
                }
            }

            pub(crate) fn $remove(&mut self, id: $id) -> Result<$ty> {
                self.$field.try_remove(id.0).ok_or_else(|| gone(stringify!($kind)))
            }
        )*}
    };
}

kinds! {
    task task_mut add_task remove_task: tasks, TaskId => Task;
    thread thread_mut add_thread remove_thread: threads, ThreadId => Thread;
    waitable waitable_mut add_waitable remove_waitable: waitables, WaitableId => Waitable;
    set set_mut add_set remove_set: sets, SetId => WaitableSet;
    shared shared_mut add_shared take_shared: shared, SharedId => Shared;
}

impl Tasks {
    /// Creates the tasks of a store. The seed decides the order in which threads run.
    pub(crate) fn new(seed: Option<u64>, deadline: Option<Duration>) -> Self {
        Self {
            order: Order::new(seed),
            deadline: (deadline, None),
            alarm: None,
            ..Self::default()
        }
    }

    pub(crate) fn subtask(&self, id: WaitableId) -> Result<&Subtask> {
        match &self.waitable(id)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(gone("subtask")),
        }
    }

    pub(crate) fn subtask_mut(&mut self, id: WaitableId) -> Result<&mut Subtask> {
        match &mut self.waitable_mut(id)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(gone("subtask")),
        }
    }

    pub(crate) fn end(&self, id: WaitableId) -> Result<&CopyEnd> {
        match &self.waitable(id)?.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(gone("end")),
        }
    }

    pub(crate) fn end_mut(&mut self, id: WaitableId) -> Result<&mut CopyEnd> {
        match &mut self.waitable_mut(id)?.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(gone("end")),
        }
    }

    /// Makes a stream or future wait for the host, behind all others that do.
    pub(crate) fn wait_for_host(&mut self, id: SharedId) -> Result<()> {
        self.stop_waiting_for_host(id)?;
        let place = self.waiting_for_host.push(id);
        self.shared_mut(id)?.place = Some(place);
        Ok(())
    }

    /// Returns the first stream or future that waits for the host at a place before `end`, which no
    /// longer waits.
    pub(crate) fn next_waiting_for_host(&mut self, end: u64) -> Result<Option<SharedId>> {
        match self.waiting_for_host.at_or_behind(0) {
            Some((id, behind)) if behind <= end => {
                self.stop_waiting_for_host(id)?;
                Ok(Some(id))
            }
            _ => Ok(None),
        }
    }

    /// Returns the place behind all streams and futures that wait for the host.
    pub(crate) fn end_of_waiting_for_host(&self) -> u64 {
        self.waiting_for_host.end()
    }

    fn stop_waiting_for_host(&mut self, id: SharedId) -> Result<()> {
        if let Some(place) = self.shared_mut(id)?.place.take() {
            self.waiting_for_host.remove(place);
        }
        Ok(())
    }

    /// Removes what two ends have shared.
    pub(crate) fn remove_shared(&mut self, id: SharedId) -> Result<Shared> {
        self.stop_waiting_for_host(id)?;
        self.take_shared(id)
    }

    /// Counts an error context that is added to a table.
    ///
    /// # Errors
    /// `Limit(Lifted)` if all messages together have more than `limit` bytes.
    pub(crate) fn add_message(&mut self, message: &str, limit: u64) -> Result<()> {
        self.message_bytes = self.message_bytes.saturating_add(message.len() as u64);
        match self.message_bytes <= limit {
            true => Ok(()),
            false => Err(Error::limit(Limit::Lifted)),
        }
    }

    /// Counts an error context that was dropped.
    pub(crate) fn drop_message(&mut self, message: &str) {
        self.message_bytes = self.message_bytes.saturating_sub(message.len() as u64);
    }

    /// Keeps an error context that was lifted, and returns its number.
    pub(crate) fn lift_error_context(&mut self, message: Arc<str>) -> usize {
        self.error_contexts.insert(message)
    }

    /// Returns the error context that was lifted with this number.
    pub(crate) fn lower_error_context(&mut self, number: usize) -> Result<Arc<str>> {
        let message = self.error_contexts.try_remove(number);
        message.ok_or_else(|| gone("error context"))
    }

    /// Begins a call that resumes a thread which has entered these instances.
    pub(crate) fn push_level(&mut self, origin: Origin, entered: Entering) {
        self.levels.push(Level {
            origin,
            entered: Some(entered),
            detached: false,
        });
    }

    /// Forgets what runs, because the host begins something new. A call that failed leaves it behind.
    pub(super) fn begin_outermost(&mut self) {
        self.current = None;
        self.levels.clear();
        self.restart_clock();
    }

    /// Gives the threads that run next the time that a call may take. Returns when they must have
    /// ended.
    pub(crate) fn restart_clock(&mut self) -> Option<Instant> {
        let (limit, end) = &mut self.deadline;
        *end = limit.and_then(|limit| Instant::now().checked_add(limit));
        *end
    }

    /// Gives the threads that run next this time.
    pub(crate) fn set_deadline(&mut self, end: Option<Instant>) {
        self.deadline.1 = end;
    }

    /// Returns when the threads that run must have ended.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadline.1
    }

    /// Wakes whoever drives a call of the host at its deadline, if it waits until then.
    ///
    /// # Errors
    /// Those of [`Alarm::new`].
    pub(crate) fn wake_at_deadline(&mut self, waker: &Waker) -> Result<()> {
        self.alarm = match self.deadline.1 {
            Some(end) => {
                let waker = waker.clone();
                Some(Alarm::new(end, move || waker.wake())?)
            }
            None => None,
        };
        Ok(())
    }

    /// Checks the time before a thread runs. The engine checks it while a thread runs.
    ///
    /// # Errors
    /// `Limit(Deadline)`.
    pub(crate) fn check_deadline(&self) -> Result<()> {
        match self.deadline {
            (_, Some(end)) if Instant::now() >= end => Err(Error::limit(Limit::Deadline)),
            _ => Ok(()),
        }
    }

    /// Returns the running thread.
    ///
    /// # Errors
    /// `Engine` if there is none.
    pub(crate) fn current(&self) -> Result<ThreadId> {
        self.current.ok_or_else(|| gone("running thread"))
    }
}

#[cfg(test)]
impl Tasks {
    /// Returns how much is kept for calls, of each kind.
    pub(crate) fn left(&self) -> [(&'static str, usize); 11] {
        [
            ("tasks", self.tasks.len()),
            ("threads", self.threads.len()),
            ("waitables", self.waitables.len()),
            ("sets", self.sets.len()),
            ("streams and futures", self.shared.len()),
            ("error contexts in transit", self.error_contexts.len()),
            ("bytes of messages", self.message_bytes as usize),
            ("waiting threads", self.waiting.len()),
            ("pending calls", self.pending_calls.len()),
            ("calls that have not begun", self.not_begun.len()),
            ("what waits for the host", self.waiting_for_host.len()),
        ]
    }
}

/// The most tasks that a store has at a time, and threads, waitables and so on.
///
/// The table of an instance has room for 2^28 of them, which is more than the host should keep.
const MOST: usize = 100_000;

fn too_many(what: &str) -> Error {
    let limit = ErrorKind::Limit(Limit::EngineCapacity);
    Error::new(
        limit,
        format!("expected at most {MOST} of each kind, found one more: a {what}"),
    )
}

fn gone(what: &str) -> Error {
    Error::engine(format!("expected a {what} of this store, found none"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn there_are_at_most_so_many_of_a_kind() {
        let mut tasks = Tasks::default();
        let first = tasks.add_set(WaitableSet::default()).unwrap();
        for _ in 1..MOST {
            tasks.add_set(WaitableSet::default()).unwrap();
        }
        let error = tasks.add_set(WaitableSet::default()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        tasks.remove_set(first).unwrap();
        tasks.add_set(WaitableSet::default()).unwrap();
    }

    #[test]
    fn messages_have_at_most_so_many_bytes() {
        let mut tasks = Tasks::default();
        tasks.add_message("four", 9).unwrap();
        tasks.add_message("fifth", 9).unwrap();
        assert!(tasks.add_message("", 9).is_ok());
        tasks.drop_message("four");
        tasks.add_message("4444", 9).unwrap();
        let error = tasks.add_message("1", 9).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::Lifted));
    }
}
