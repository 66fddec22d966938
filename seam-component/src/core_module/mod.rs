//! Core modules: linked with a world, and called with the types of their core signatures.
//!
//! | file | what it does |
//! |---|---|
//! | [`program`] | a compiled module; instantiation |
//! | [`link`] | creates the definition of each import |
//! | [`host_func`] | host functions of the world, in the form that an engine calls |
//! | [`provider`] | modules that define the memories, tables and globals of the world |
//! | [`scalar`] | numbers between component-level and core values |
//! | [`instance`] | calls and the canonical entry |

mod host_func;
mod instance;
mod link;
mod program;
mod provider;
mod scalar;
mod scalar_parts;

pub(crate) use link::Links;
pub(crate) use program::CoreProgram;
