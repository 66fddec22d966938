//! Components: loading, instantiation according to the plan, and instances.

mod execute;
mod handles;
mod instance;
mod program;

pub(crate) use program::ComponentProgram;
