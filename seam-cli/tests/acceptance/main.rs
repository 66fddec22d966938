//! The `seam` command as its users see it: arguments in; stdout, stderr and exit status out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod backends;
mod bad_input;
mod component_type;
mod compose;
mod conformance;
mod diff;
mod doubles;
mod fused;
mod inspect;
mod invoke;
mod limit;
mod page;
mod preview1;
mod random;
mod readme;
mod run;
mod scenario;
mod stream;
mod support;
mod table;
mod toy;
mod witness;
