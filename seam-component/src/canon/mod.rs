//! Canonical definitions, like the reference interpreter's section with this name.

pub(crate) mod builtin;
pub(crate) mod caller;
pub(crate) mod lift;
pub(crate) mod lower;
mod lower_host;
pub(crate) mod options;
pub(crate) mod resource;
pub(crate) mod signature;
