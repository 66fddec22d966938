//! What all core modules with component-level types share.
//!
//! | file | what it has |
//! |---|---|
//! | `typed` | a core module with component-level types |
//! | `bound` | what its functions use of it, and why |
//! | `scan` | index spaces of a core module; what function bodies use |
//! | `builtin` | names and types of imported resource built-ins |
//! | `async_name` | names and types of imported asynchronous built-ins |
//! | `payload` | the stream and future types of a function |
//! | `later` | exports that imported functions use |
//! | `need` | whether a function type needs a memory and a `realloc` |
//! | `message` | messages about what cannot be bound |

mod async_name;
mod bound;
mod builtin;
mod later;
mod message;
mod need;
mod payload;
mod scan;
mod typed;

pub use bound::{BoundExport, BoundImport, Chosen, ExportChoice, Reason};
pub use typed::TypedModule;

pub(crate) use async_name::{AsyncName, CopyingName, CopyingOpName, task_return_type};
pub(crate) use builtin::{Op, OpName, suffix};
pub(crate) use later::Later;
pub(crate) use message::{link, list};
pub(crate) use need::{Need, callback_type, need, realloc_type};
pub(crate) use payload::copied_type;
pub(crate) use scan::Scan;
pub(crate) use typed::Parts;
