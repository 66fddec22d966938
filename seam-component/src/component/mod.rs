//! Components: loading, instantiation according to the plan, and instances.

mod execute;
mod handles;
mod instance;
mod late;
mod program;

pub(crate) use program::ComponentProgram;
