//! The conformance kit of **seam**, and the runner of the official suites.
//!
//! The kit owns the list of cases; the whole test file of a backend is one line, which makes one
//! named `#[test]` per case:
//!
//! ```ignore
//! seam_tests::conformance!(backend = Toy::new(), engine = ToyEngine::new());
//! ```
//!
//! - [`kit`] has the cases and runs them, as tests or as data.
//! - [`clauses`] names every clause of seam-core's traits and the cases that check it.
//! - `suite` (feature `wast`) runs the scripts of the official suites.
//! - The feature `wasi` adds the area "hermetic wasi" to the kit, and `conformance_wasi!` the tests of
//!   it: what the fixtures print, do to files and call in the one WASI of `seam-wasi` is the same on
//!   every backend.
//! - [`fixtures`] are the artifacts that the cases use.
//!
//! # Rules
//! - A case that needs a [`Capability`](seam_core::Capability) that the backend lacks is run all
//!   the same: the backend must answer `Unsupported` with that capability, at the operation that
//!   needs it. No case returns early as a pass.
//! - A known failure is run and must fail; an unexpected pass is an error.

pub mod clauses;
pub mod fixtures;
pub mod kit;
#[cfg(feature = "wast")]
pub mod suite;
