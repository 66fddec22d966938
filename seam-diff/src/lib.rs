//! Runs the same steps on several artifacts and backends, and compares the runs.
//!
//! [`observe`] performs [`Step`]s on one artifact and one backend in one world and returns an
//! [`Observation`]. [`compare`] returns the [`Verdict`] on two observations. [`Report::of`] does
//! both for any number of runs, compares each with the first that was made, and attributes
//! differences: [`attribute`] says which of the fusion, the backend and the artifact is to blame.
//!
//! Compare two backends on one artifact:
//!
//! ```
//! use seam_core::{Artifact, World};
//! use seam_diff::{Report, Run, Step};
//! use seam_wasmi::Wasmi;
//! use seam_wasmtime::Wasmtime;
//!
//! # fn main() -> seam_core::Result<()> {
//! let text = r#"(module (func (export "half") (param i32) (result i32)
//!     (i32.div_s (local.get 0) (i32.const 2))))"#;
//! let artifact = Artifact::from_wat("half.wat", text)?;
//! let steps = [Step::invoke("half", [42.into()])];
//! let (wasmtime, wasmi) = (Wasmtime::new(), Wasmi::new());
//! let runs = [Run::new(&artifact, &wasmtime), Run::new(&artifact, &wasmi)];
//! let report = Report::of(&runs, &World::new(), &steps);
//! assert!(report.verdict.is_match(), "{}", report.verdict);
//! # Ok(())
//! # }
//! ```
//!
//! [`Call`] reads steps from text. [`random::run`] needs no steps: it makes up calls of all functions,
//! and shrinks the first divergence. [`Report::shown`] and [`Report::blame`] describe a divergence
//! for a person.
//!
//! # What is compared
//! Runs of one artifact on two backends are compared in everything except fuel: how loading and
//! each step ended, with values and causes of traps; output; host calls with their values; unused
//! stubs; the resources that the host still owns; the exported globals and memories of all core
//! instances. If an engine has one code for
//! two causes of traps, the two causes count as equal (wasmi: a call and an access beyond the end
//! of a table).
//!
//! Runs of two artifacts, one fused from the other, are compared in what a fusion must preserve:
//! results, whether the guest trapped, exit codes, output, host calls by interface track, the
//! resources that the host still owns, and exported globals by name.
//!
//! # What is inconclusive
//! A difference that the specification leaves open is not a divergence: the depth at which the
//! stack is exhausted, the point at which fuel or time runs out, the bits of a NaN, and memory that
//! an engine cannot allocate. If a core module was fused from components and has no
//! [interface](seam_core::Artifact::with_interface_of), its results have only core types. They are
//! not compared with values of other types. If it is not decided which function, memory or `realloc`
//! an export of a fused module uses, the export is not called.
//!
//! If a run cannot be made because the backend lacks a capability, it is inconclusive and never a
//! match. A run that the user did not name can be [optional](Run::optional): it is left out if its
//! artifact runs on another backend.

//!
//! # Coverage
//! [`witness`] calls an artifact that the tool witness has instrumented, and returns what was counted.
//!
//! # Scenarios
//! With the feature `scenario`, the module `scenario` runs what files describe. [`page`] shows reports as
//! HTML.
//!
//! # Composition
//! With the feature `compose`, `compose` makes the un-fused composition of separate components.

mod attribution;
pub mod build;
mod call;
mod compare;
#[cfg(feature = "compose")]
mod compose;
mod ended;
mod nan;
mod observation;
mod observe;
pub mod page;
pub mod random;
mod report;
#[cfg(feature = "scenario")]
pub mod scenario;
mod scope;
mod show;
mod state;
mod step;
#[cfg(test)]
mod testing;
pub mod units;
mod variables;
mod verdict;
pub mod witness;
mod written;

pub use attribution::{Attribution, attribute};
pub use call::Call;
pub use compare::{Comparison, compare};
#[cfg(feature = "compose")]
pub use compose::compose;
pub use ended::Ended;
pub use observation::{Observation, Seen};
pub use observe::{Loaded, observe};
pub use report::{Attributed, Compared, LeftOut, Report, Run};
pub use scope::Scope;
pub use show::{Shown, Side};
pub use step::Step;
pub use variables::Variables;
pub use verdict::{Divergence, Inconclusive, Open, Verdict};
pub use written::{Written, read_all};
