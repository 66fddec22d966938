//! Scenarios as data: artifacts, a world, steps and what is expected, in a file that needs no Rust.
//!
//! A file `NAME.scenario.toml` says what to run, and `NAME.golden.json` beside it what was seen when
//! the scenario was blessed. [`Scenario::read`] reads the file, [`Scenario::prepare`] reads the artifacts
//! and checks every step, and [`Prepared::run`] runs them on backends and judges the runs: against the
//! expectations, the golden, and each other. [`json_schema`] describes the file for editors.
//!
//! ```
//! use seam_core::Backend;
//! use seam_diff::scenario::{Judged, Options, Scenario};
//! use seam_wasmi::Wasmi;
//!
//! # fn main() -> seam_core::Result<()> {
//! # let folder = std::env::temp_dir().join(format!("seam-scenario-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).expect("a folder");
//! let module = r#"(module (func (export "half") (param i32) (result i32)
//!     (i32.div_s (local.get 0) (i32.const 2))))"#;
//! let scenario = r#"
//!     schema = 1
//!     [[artifact]]
//!     file = "half.wat"
//!     [[step]]
//!     invoke = "half(42)"
//!     expect = "21"
//! "#;
//! std::fs::write(folder.join("half.wat"), module).expect("a file");
//! std::fs::write(folder.join("half.scenario.toml"), scenario).expect("a file");
//!
//! let wasmi = Wasmi::new();
//! let prepared = Scenario::read(folder.join("half.scenario.toml"))?.prepare()?;
//! let outcome = prepared.run(&[&wasmi as &dyn Backend], &Options::default(), |_| {});
//! assert_eq!(outcome.verdict, Judged::Failed);
//! assert!(outcome.reason.starts_with("expected the golden file "), "{}", outcome.reason);
//! # std::fs::remove_dir_all(&folder).expect("a folder");
//! # Ok(())
//! # }
//! ```
//!
//! # Goldens
//! A golden has what must be the same on every machine: how steps ended, output, host calls, files,
//! resources that the host holds, exported globals and sizes of memories. It vouches for the first
//! artifact; the others are compared with the first in the same runs, as fusions of it.
//!
//! With [`Bless::Agreement`], a golden is made only if two independent backends agree: their core
//! engines differ, and for a component, or a preview1 module that runs as one, their component models
//! differ too. With [`Bless::Oracle`], one backend is taken at its word, and the golden says so.

mod against;
mod artifact;
mod bless;
mod check;
mod core_value;
mod file;
mod golden;
mod judge;
mod limit;
mod outcome;
mod read;
mod recorded;
mod run;
mod schema;
mod shape;
mod steps;
mod text;
mod world;

pub use bless::Bless;
pub use file::{SUFFIX, Scenario};
pub use golden::GOLDEN;
pub use outcome::{Cell, Judged, Outcome, Word};
pub use run::{Event, Options, Prepared};
pub use schema::json_schema;
pub use shape::SCHEMA;
