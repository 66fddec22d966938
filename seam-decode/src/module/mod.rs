//! What all core modules with component-level types share.
//!
//! | file | what it has |
//! |---|---|
//! | `typed` | a core module with component-level types |
//! | `bound` | what its functions use of it, and why |
//! | `scan` | index spaces of a core module; what function bodies use |
//! | `builtin` | names and types of imported resource built-ins |
//! | `need` | whether a function type needs a memory and a `realloc` |
//! | `message` | messages about what cannot be bound |

mod bound;
mod builtin;
mod message;
mod need;
mod scan;
mod typed;

pub use bound::{BoundExport, BoundImport, Chosen, ExportChoice, Reason};
pub use typed::TypedModule;

pub(crate) use builtin::{Op, OpName, suffix};
pub(crate) use message::{link, list};
pub(crate) use need::{need, realloc_type};
pub(crate) use scan::Scan;
pub(crate) use typed::Parts;
