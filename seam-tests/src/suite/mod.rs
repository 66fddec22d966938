//! The official suites: `.wast` scripts, run over the seam's own traits.
//!
//! The core suite runs on a [`CoreEngine`](seam_core::CoreEngine), the component model's on a
//! [`Backend`](seam_core::Backend). The scripts are not part of this crate: [`Suite::find`] takes a
//! folder, [`run`] runs what it found on [`Target`]s and gives a [`Report`].
//!
//! # What is counted
//! - Engines judge raw bytes themselves; nothing validates in front of them. Modules in text form
//!   are encoded by the crate `wast` first. Where its parser rejects a text that the script asserts
//!   to be malformed or invalid, no engine is involved and the directive is **not counted**.
//! - Every other directive **passes**, **fails**, or is **unsupported**: the engine or backend
//!   answered [`Unsupported`](seam_core::ErrorKind::Unsupported), or the directive depends on a
//!   module or instance that came to that. A lack never becomes a failure.
//! - The causes of traps are compared through [`Trap::matches`](seam_core::Trap::matches). What
//!   makes a module invalid, malformed or unlinkable has no agreed spelling and is not compared.
//! - A script in which nothing passed or failed is reported as one in which nothing executed.
//!
//! # Processes
//! Each script runs in a child process, because an abort cannot be caught and a guest that hangs
//! cannot be stopped from inside. The child is the running program itself: its `main` begins with
//! [`serve`]. A child that dies or passes a deadline costs the directive that was under way, and
//! the rest of its script.

mod child;
mod component;
mod core;
mod directive;
mod folder;
mod message;
mod names;
mod outcome;
mod process;
mod report;
mod runner;
mod script;
mod target;

pub use child::{is_child, serve};
pub use folder::{Kind, Suite};
pub use report::{Failure, FileReport, Report, SuiteReport};
pub use runner::{Options, Progress, run};
pub use target::Target;
