//! The cases, and the code that runs them.

mod case;
mod excuse;
mod expect;
mod failure;
#[macro_use]
mod generate;
mod guest;
#[cfg(feature = "wasi")]
mod hermetic;
mod html;
pub mod isolated;
#[macro_use]
mod list;
mod named;
mod report;
mod script;
mod subject;
mod table;
mod verdict;
mod watch;

pub use failure::{Checked, Failure, Stage};
pub use list::cases;
pub use named::{Case, On};
pub use report::{Outcome, Report, run_all};
pub use subject::Subject;
pub use table::Table;
pub use verdict::{KnownFailure, Verdict, check, check_known_failures};
pub use watch::{PATIENCE, STACK};
