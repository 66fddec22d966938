//! Components: decoding, instantiation, and instances.

mod current;
mod decode;
mod def;
mod handles;
mod import;
mod index;
mod instance;
mod instantiate;
mod name;
mod program;
mod size;
pub(crate) mod state;
mod typing;

pub(crate) use program::ComponentProgram;
