//! The state of the running components in a store. Everything else in this crate is built on it.
//!
//! | file | section of the reference interpreter |
//! |---|---|
//! | `running` | Store and Component Instance State |
//! | `entering` | the entering set of a call, of the same section |
//! | `frame`, `call` | Task State (synchronous calls) |
//! | `table`, `resource` | Table State; Resource State |
//! | `held` | none: handles that the host holds |
//! | `job` | none: lowered calls that glue carries out |

mod call;
mod entering;
mod frame;
mod held;
mod job;
mod resource;
mod running;
mod table;

pub(crate) use entering::Entering;
pub(crate) use frame::{Depth, Loan};
pub(crate) use job::{Job, Next};
pub(crate) use resource::{ResourceHandle, ResourceImpl, ResourceInfo, TableFuncs};
pub(crate) use running::Running;
#[cfg(test)]
pub(crate) use table::Table;
