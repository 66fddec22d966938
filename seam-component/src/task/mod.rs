//! Asynchronous calls: tasks, their threads, and what they wait for.
//!
//! Calls are tasks if the artifact has asynchronous parts. Then every call of a lifted function, also
//! of a synchronous one, is a task with at least one thread. All other artifacts call by
//! `canon/lift` and `canon/lower`, without any of this.
//!
//! | file | section of the reference interpreter |
//! |---|---|
//! | `schedule` | Thread State; `Store.tick` |
//! | `thread` | what a thread does when it is resumed |
//! | `lift` | `canon lift` |
//! | `lifetime` | Task State: creation, registration of threads, end |
//! | `pass` | `on_start`; `Task.return_` |
//! | `core_call` | tasks of start functions and destructors |
//! | `lower` | `canon lower` |
//! | `cancel` | `Task.request_cancellation` |
//! | `event` | Waitable State; Subtask State |
//! | `copy` | Buffer, Stream and Future State |
//! | `host_end` | none: streams and futures that the host reads or writes |
//! | `block` | `Thread.wait_until`, `Thread.suspend` |
//! | `nested` | none: blocking on engines that cannot suspend calls |
//! | `host_call` | none: asynchronous host functions |
//! | `progress` | none: what goes on when the host has something for the guests |
//! | `host` | `Store.invoke`, for the host |
//! | `steps` | none: operations that call guests, where glue must make the calls |
//!
//! # Order
//! The reference chooses at random among ready threads, and among the events of a set. Here the
//! thread that began to wait first runs first, and the waitable that joined the set first delivers
//! its event first. A thread that yields always lets the others run. So the same calls have the
//! same observations on every engine. A seed ([`World::schedule_seed`](seam_core::World::schedule_seed))
//! permutes the choices.
//!
//! # Where the official scripts differ from the reference
//! Then the scripts decide, and wasmtime agrees with them:
//! - A synchronous task traps before an operation that may block, not only when it blocks.
//! - A copy of some elements that is cancelled before its event was delivered counts as cancelled.
//! - If a ready thread holds the instance that a new task must hold, the thread goes on first, and the
//!   task need not wait.
//! - `task.return` without a memory fits a function that is lifted with one.
//! - During a call of a function of a synchronous type, no thread runs that must hold the instance.
//!
//! A script that forbids calls between a component and one nested in it does not decide.
//!
//! # Calls of the host
//! A call begins when the host drives one. All calls that have not begun then begin, in the order in which
//! they were made, before any thread goes on.
//!
//! When no thread is ready, the host's sides of streams and futures go on, then the asynchronous host
//! functions that have completed, oldest call first. If none has, the virtual time advances to the next
//! point that a host function waits for. If none waits for it, the driver waits until a host function
//! may have completed. If there is none either, the call ends with the trap `Deadlock`.
//!
//! # After a call of the host
//! A call ends when its task has returned and the function itself has ended. If the function waits or
//! keeps yielding, the call ends too, and the thread goes on in later calls. So do threads that the
//! function has created. A call that the host has dropped before it had its outcome is asked to end.
//!
//! # Blocking
//! A thread without a callback blocks in the middle of its core function. An engine with
//! [`SuspendedCalls`](seam_core::Capability::SuspendedCalls) keeps its stack: the host function that
//! blocks suspends the call, and the thread resumes it. On any other engine the host function lets
//! other threads run on top of the blocked stack, as long as nothing below it must go on first. If
//! something must, the call ends with `Unsupported(StackfulAsync)`: `nested` has the rules.
//!
//! # Without re-entry
//! On an engine without [`Reentrant`](seam_core::Capability::Reentrant), host functions only decide
//! what is next, and glue calls the guests. Therefore an operation that calls guests returns
//! [`Steps`]: either it is done, or it names the next call and what follows. On other engines the same
//! functions make the calls themselves and are always done.
//!
//! # Traps
//! A trap ends the outermost call of the host. The instances that were entered stay closed, and the
//! root is among them, so no thread of the store runs again.

mod block;
mod cancel;
mod copy;
mod core_call;
mod event;
mod host;
mod host_call;
mod host_end;
mod lifetime;
mod lift;
mod lower;
mod nested;
mod pass;
mod progress;
mod schedule;
mod steps;
#[cfg(test)]
mod tests;
mod thread;

pub(crate) use block::{Block, block};
pub(crate) use cancel::{cancel_subtask, cancel_task};
pub(crate) use copy::{EndOf, cancel_copy, drop_end, new_ends, start_copy};
pub(crate) use core_call::CoreCall;
pub(crate) use event::{drop_set, drop_subtask, join, new_set, poll, unpack_event};
pub(crate) use host::{drive, give_up, invoke, poll_drive, progress, take};
pub(crate) use host_call::call_host;
pub(crate) use host_end::{connect_ends, drop_held};
pub(crate) use lift::spawn;
pub(crate) use lower::call;
pub(crate) use pass::{lower, return_values};
pub(crate) use steps::{After, InSteps, Steps};
