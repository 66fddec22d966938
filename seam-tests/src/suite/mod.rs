//! The official suites: `.wast` scripts that run over the seam's own traits.
//!
//! The core suite runs on a [`CoreEngine`](seam_core::CoreEngine), the component model's suite on a
//! [`Backend`](seam_core::Backend). The scripts are not part of this crate: [`Suite::find`] finds
//! them in a folder, and [`run`] runs them on [`Target`]s and returns a [`Report`].
//!
//! # What is counted
//! - Engines judge raw bytes themselves; no other validator runs before them. The crate `wast`
//!   first encodes modules in text form. If its parser rejects a text that the script asserts to be
//!   malformed or invalid, no engine is involved and the directive is **not counted**.
//! - Every other directive **passes**, **fails**, or is **unsupported**. Unsupported means that the
//!   engine or backend returned [`Unsupported`](seam_core::ErrorKind::Unsupported), or that the
//!   directive depends on a module or instance for which it did. A missing capability never counts
//!   as a failure.
//! - Causes of traps are compared with [`Trap::matches`](seam_core::Trap::matches). The reasons for
//!   which a module is invalid, malformed or unlinkable have no agreed spelling and are not
//!   compared.
//! - If no directive of a script passed or failed, the report says that nothing executed.
//!
//! # Processes
//! Each script runs in a child process, because an abort cannot be caught, and a guest that hangs
//! cannot be stopped from inside. The child is the running program itself: its `main` begins with
//! [`serve`]. If a child dies or exceeds a deadline, the current directive fails and the rest of
//! its script is lost.

mod child;
mod component;
mod core;
mod directive;
mod folder;
mod message;
mod names;
mod options;
mod outcome;
mod process;
mod report;
mod runner;
mod script;
mod target;

pub use child::{is_child, serve};
pub use folder::{Kind, Suite};
pub use options::Options;
pub use process::run_here;
pub use report::{Failure, FileReport, Report, SuiteReport};
pub use runner::{Progress, run};
pub use target::Target;
