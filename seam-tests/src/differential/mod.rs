//! The same steps on several artifacts and backends, and whether they were seen to do the same.
//!
//! [`observe`] performs [`Step`]s on one artifact and one backend in one world and gives an
//! [`Observation`]; [`compare`] gives the [`Verdict`] on two of them; [`Report::of`] does both for
//! any number of runs, each compared with the first.
//!
//! ```no_run
//! use seam_core::{Artifact, Backend, World};
//! use seam_tests::differential::{Report, Run, Step};
//!
//! # fn example(one: &dyn Backend, other: &dyn Backend) -> seam_core::Result<()> {
//! let artifact = Artifact::from_file("greet.wasm")?;
//! let steps = [Step::invoke("test:guest/strs#shout", ["hello".into()])];
//! let runs = [Run::new(&artifact, one), Run::new(&artifact, other)];
//! let report = Report::of(&runs, &World::new(), &steps);
//! println!("{}", report.verdict());
//! # Ok(())
//! # }
//! ```
//!
//! # What is compared
//! One artifact on two backends: how loading and each step ended with values and causes of traps,
//! output, host calls with their values, unused stubs, and the exported globals and memories of all
//! core instances. Causes that an engine has one code for count as one (wasmi: a call and an access
//! past the end of a table). Two artifacts, of which one was fused from the other: results, whether it
//! trapped, exit codes, output, host calls by interface track, and exported globals by name. Fuel
//! is shown and never compared.
//!
//! # What is inconclusive
//! Differences that the specification leaves open are no divergence: the depth at which the stack
//! is exhausted, the point where fuel or time runs out, the bits of a NaN, memory that an engine
//! cannot allocate. So is a backend that cannot do what is asked for.

mod attribution;
mod compare;
mod nan;
mod observation;
mod report;
mod state;
mod step;
mod verdict;

pub use attribution::{Attribution, attribute};
pub use compare::{Comparison, compare};
pub use observation::{Ended, Observation, Seen, observe};
pub use report::{Compared, Report, Run};
pub use step::Step;
pub use verdict::{Divergence, Inconclusive, Open, Verdict};
