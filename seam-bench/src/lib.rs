//! Benchmarks of seam. Every row compares seam with the engine's own API, in the same process and
//! build.
//!
//! ```sh
//! cargo run --release -p seam-bench                      # all rows, as a table
//! cargo run --release -p seam-bench -- add string        # rows whose names contain a word
//! cargo run --release -p seam-bench -- --quick add       # fewer samples
//! cargo run --release -p seam-bench -- --format json     # one JSON document
//! cargo run --release -p seam-bench -- --processes 5     # medians of five processes
//! cargo run --release -p seam-bench -- --write           # rewrites docs/benchmarks.md
//! ```
//!
//! # What a row is
//! A row has sides that do the same work: its bounds, which use an engine's own API, and its
//! subjects, which use seam. Each subject is compared with one of the bounds. A goal is a ratio to
//! this bound, or a time. A unit test runs every side of every row once and checks that all of them
//! compute the same answer.
//!
//! The bounds of wasmi are written by hand over its core API: they lower and lift strings, lists
//! and records, and link modules with host functions. They are what a careful embedder of wasmi
//! would write.
//!
//! # Method
//! Samples are interleaved: each round takes one sample of every side of a row, in rotating order.
//! Before each sample the work is repeated without being timed, so that no side pays for what the one
//! before it has left in the caches and in the branch predictor: eight times, or for about 1 ms if that
//! is shorter, but at least once. So a row shows what work costs that is repeated. The first time in a
//! process costs more, and there the ratios differ.
//! A sample repeats the work until it takes about 0.25 ms, which is shorter than a time slice of
//! the operating system. Most samples therefore run undisturbed even on a busy machine, and the
//! median ignores the others. The ratio of a subject is the median of the ratios within the rounds,
//! so a change of the machine's speed affects both sides of a ratio. The spread is the median
//! absolute deviation, in percent of the median.
//!
//! The same build differs by up to a tenth from process to process: code and data lie elsewhere, and so
//! other parts of both get into each other's way in the caches. `--processes` measures in several
//! processes and combines them: the medians of their medians, with the deviations between them. `--write`
//! takes five.
//!
//! Criterion measures one function after another, and takes minutes for what is a round here. It
//! cannot pair the samples of two functions, which is why this crate has its own sampler. The
//! sampler uses the median and the median absolute deviation, as criterion does.
//!
//! # The closest peer
//! `peer` in this folder is a crate outside the workspace, with its own lock file. It compares seam on wasmi
//! with `wasm_component_layer` on wasmi, with this sampler and these guests, and rewrites
//! `docs/benchmarks-peer.md`.
//!
//! # Profile a row
//! `--repeat` does the work of one side and measures nothing. callgrind counts the instructions of
//! this work alone, repeatably and on any machine:
//!
//! ```sh
//! cargo build --release -p seam-bench
//! valgrind --tool=callgrind --toggle-collect='*seam_bench::side::Work>::time' \
//!     target/release/seam-bench 'add(u32, u32), dynamic' --repeat 1000 --side wasmi
//! ```
//!
//! # Add a row
//! Write a function that returns a `Row` in a file of `rows`, and list it in that file's `ROWS`.

#![cfg_attr(test, allow(clippy::unwrap_used, reason = "tests"))]

mod engine;
mod failure;
mod guest;
mod measure;
mod options;
mod processes;
mod report;
mod row;
mod rows;
mod side;
mod statistics;

pub use failure::Failure;

/// Runs the benchmarks that the command line selects, and prints or writes the report.
///
/// # Errors
/// A row that cannot be set up or whose sides fail, and files that cannot be written.
pub fn main() -> Result<(), Failure> {
    report::run(&options::Options::of_command_line())
}
