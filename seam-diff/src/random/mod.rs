//! Calls that nobody had to write: random values, sequences in one instance, shrunk divergences.
//!
//! [`run`] calls every function that the artifacts export, and those that only components inside a
//! composition export, in all runs, and compares the runs of each sequence. Resources are made by
//! constructors and other functions that return them, and passed on. The first sequence that diverges
//! is shrunk: to fewer calls, then to smaller values.
//!
//! The same seed makes the same calls of the same artifacts, on every machine.
//!
//! ```
//! use seam_core::{Artifact, World};
//! use seam_diff::{Loaded, random};
//! use seam_wasmi::Wasmi;
//! use seam_wasmtime::Wasmtime;
//!
//! # fn main() -> seam_core::Result<()> {
//! let module = |name: &str, op: &str| {
//!     let text = format!(
//!         "(module (func (export \"half\") (param i32) (result i32)
//!             (i32.{op} (local.get 0) (i32.const 1))))"
//!     );
//!     Artifact::from_wat(name, &text)
//! };
//! let (right, wrong) = (module("right", "shr_s")?, module("wrong", "shr_u")?);
//! let wasmi = Wasmi::new();
//! let runs = [&right, &wrong].map(|artifact| Loaded::new(&wasmi, artifact, &World::new()));
//! let report = random::run(&runs, &random::Options::calls(100), |_| {})?;
//! let found = report.found.expect("they differ for negative numbers");
//! assert_eq!(found.steps[0].to_string(), "half(-1)");
//! # Ok(())
//! # }
//! ```

mod boundary;
mod func;
mod options;
mod report;
mod rng;
mod run;
mod sequence;
mod shrink;
mod tier;
mod values;

pub use options::{Options, Phase, Progress};
pub use report::{Covered, Found, NotCalled, RandomReport, Stopped, Uncompared};
pub use run::run;
pub use values::Values;
