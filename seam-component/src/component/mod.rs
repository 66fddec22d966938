//! Components: loading, instantiation by their plan, and instances.

mod execute;
mod handles;
mod instance;
mod program;

pub(crate) use program::ComponentProgram;
