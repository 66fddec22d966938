//! Components: loading, instantiation according to the plan, and instances.
//!
//! A core module that was fused from components runs by such a plan too, with one core instance.
//! Three things differ:
//!
//! - The module has the memory that its imports use. A lowered import or a built-in therefore looks up
//!   memory and `realloc` among the exports of its caller, at its first call (`canon/caller.rs`). This
//!   works during start functions. On an engine without re-entry, an import that may call the module
//!   itself, and a built-in with a memory, calls through a shim that is filled after the instantiation
//!   (`late.rs`): if a start function calls it, it traps.
//! - Calls between its components are direct calls of core functions, which pass handles on as they
//!   are. Its components therefore share one handle table, and the layer sees no calls between them.
//! - Where the module keeps handles in a table of its own (`$ht_new_...`), the layer holds its
//!   handles as they are and calls its functions. The built-ins of that resource go there too, as
//!   meld sends them.

#[cfg(test)]
mod begin_tests;
mod builtin;
#[cfg(test)]
mod end_tests;
mod execute;
mod for_caller;
mod handles;
mod instance;
mod late;
mod lifts;
mod lookup;
mod prepared;
mod program;
#[cfg(test)]
mod tests;

pub(crate) use program::ComponentProgram;
