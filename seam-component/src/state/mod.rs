//! The state of the running components in a store. Everything else in this crate is built on it, except
//! `abi`: lifting and lowering need no state, and the state keeps their canonical options.
//!
//! | file | section of the reference interpreter |
//! |---|---|
//! | `running` | Store and Component Instance State |
//! | `entering` | the entering set of a call, of the same section |
//! | `frame`, `call` | Task State (synchronous calls) |
//! | `task`, `thread` | Task State; Thread State |
//! | `waitable` | Waitable State; Subtask State |
//! | `copy` | Buffer, Stream and Future State |
//! | `waiting` | `Store.waiting` |
//! | `tasks`, `ids` | none: what a store keeps of these, and the levels of native stacks |
//! | `table`, `entry`, `resource` | Table State; Resource State |
//! | `held`, `held_end` | none: handles that the host holds |
//! | `order` | none: the choice that the reference makes at random |
//! | `lifted` | none: lifted functions, as data |
//! | `pending_call`, `host_result` | none: calls of asynchronous host functions; results of host functions |
//! | `job` | none: lowered calls that glue carries out |

mod call;
mod copy;
mod entering;
mod entry;
mod frame;
mod held;
mod held_end;
mod host_result;
mod ids;
mod job;
mod lifted;
mod lowered;
mod order;
mod pending_call;
mod perform;
mod resource;
mod running;
mod slots;
mod table;
mod task;
mod tasks;
mod thread;
mod waitable;
mod waiting;

pub(crate) use copy::{Buffer, CopyEnd, CopyState, HostEnd, Shared};
pub(crate) use entry::{Entry, wrong_kind};
pub(crate) use frame::{Depth, Loan};
pub(crate) use held_end::HeldEnd;
pub(crate) use host_result::{HostResult, lift_host_args};
pub(crate) use ids::{SetId, SharedId, TaskId, ThreadId, WaitableId};
pub(crate) use job::{Job, Next};
pub(crate) use lifted::{Entering, FuncInst, Lifted, Shape};
pub(crate) use lowered::LoweredCall;
pub(crate) use pending_call::{CallFuture, Completed, HostFunc, PendingCall};
pub(crate) use perform::Perform;
#[cfg(test)]
pub(crate) use resource::BorrowScope;
pub(crate) use resource::{ResourceHandle, ResourceImpl, ResourceInfo, TableFuncs};
pub(crate) use running::Running;
#[cfg(test)]
pub(crate) use table::Table;
pub(crate) use task::{Caller, HostTask, Outcome, Scope, Task, TaskState};
pub(crate) use tasks::{Level, Origin, Tasks};
pub(crate) use thread::{Next as ThreadNext, Thread, ThreadState, Until, Wake};
pub(crate) use waitable::{
    CopyResult, Kind, Pending, Subtask, SubtaskState, Waitable, WaitableSet,
};
