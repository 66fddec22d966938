//! The conformance kit of **seam**, and the runner of the official test suites.
//!
//! The kit owns the list of cases. The whole test file of a backend is one line, which expands to
//! one named `#[test]` per case:
//!
//! ```ignore
//! seam_tests::conformance!(backend = Toy::new(), engine = ToyEngine::new());
//! ```
//!
//! - [`kit`] defines the cases and runs them, as tests or as data.
//! - [`clauses`] lists every clause of seam-core's traits with the cases that check it.
//! - `suite` (feature `wast`) runs the scripts of the official suites.
//! - [`kit::isolated`] runs each case of the kit in a
//!   process of its own, so a runtime that aborts loses one case.
//! - The feature `wasi` adds the area "hermetic wasi" to the kit, and the macro `conformance_wasi!`
//!   for its tests. They check that the fixtures print the same, change files in the same way and
//!   make the same host calls on every backend, in the one WASI of `seam-wasi`.
//! - [`process`] runs jobs in child processes, which may abort or hang.
//! - [`fixtures`] returns the artifacts that the cases use.
//!
//! # Rules
//! - If a case needs a [`Capability`](seam_core::Capability) that the backend lacks, the case still
//!   runs: the backend must return `Unsupported` with that capability, at the operation that needs
//!   it. No case returns early as a pass.
//! - A known failure runs and must fail. An unexpected pass is an error.

pub mod clauses;
pub mod fixtures;
pub mod kit;
pub mod pattern;
pub mod process;
#[cfg(feature = "wast")]
pub mod suite;

/// The examples of seam-derive, which cannot depend on the crates that they use.
#[cfg(doctest)]
#[doc = include_str!("../../seam-derive/README.md")]
struct DeriveExamples;
