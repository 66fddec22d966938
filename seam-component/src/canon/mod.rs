//! Canonical definitions, like the reference interpreter's section with this name.

pub(crate) mod builtin;
pub(crate) mod caller;
mod host_result;
pub(crate) mod lift;
pub(crate) mod lower;
mod lower_host;
pub(crate) mod options;
pub(crate) mod resource;
pub(crate) mod signature;

pub(crate) use host_result::HostResult;
