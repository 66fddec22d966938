//! Handles: the reference interpreter's "Table State" and "Resource State", and the host's
//! counterpart.

mod host;
mod resource;
mod table;

pub(crate) use host::{Held, HostTable};
pub(crate) use resource::{ResourceHandle, ResourceImpl, ResourceInfo};
pub(crate) use table::Table;
