//! The cases, a file for each area.

pub(super) mod bad_input;
pub(super) mod call;
pub(super) mod capability;
pub(super) mod compose;
pub(super) mod core_call;
pub(super) mod core_engine;
pub(super) mod core_limit;
pub(super) mod core_link;
pub(super) mod core_object;
pub(super) mod entry;
pub(super) mod host;
pub(super) mod hostile;
pub(super) mod isolation;
pub(super) mod limit;
pub(super) mod name;
pub(super) mod resource;
pub(super) mod snapshot;
pub(super) mod start;
pub(super) mod stub;
pub(super) mod trap;
pub(super) mod value;
pub(super) mod wasi;
