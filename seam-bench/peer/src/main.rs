//! Compares seam with `wasm_component_layer`, the closest peer: both give the component model to wasmi, in
//! one process.
//!
//! ```sh
//! cargo run --release --manifest-path seam-bench/peer/Cargo.toml              # all rows
//! cargo run --release --manifest-path seam-bench/peer/Cargo.toml -- string   # rows whose names contain a word
//! cargo run --release --manifest-path seam-bench/peer/Cargo.toml -- --write  # rewrites docs/benchmarks-peer.md
//! ```
//!
//! The method is that of the crate `seam-bench`, whose sampler and guests this one uses. The peer's newest
//! wasmi is 0.40, and seam's is 2.0, so a part of each ratio is the engine's.

#[path = "../../src/failure.rs"]
mod failure;
#[path = "../../src/report/format.rs"]
#[allow(dead_code, reason = "the peer's rows have no goals")]
mod format;
#[path = "../../src/guest/mod.rs"]
#[allow(dead_code, unused_imports, reason = "the rows do not use all guests")]
mod guest;
#[path = "../../src/measure.rs"]
mod measure;
#[path = "../../src/options.rs"]
#[allow(dead_code, reason = "the peer has no profiles")]
mod options;
#[path = "../../src/processes.rs"]
mod processes;
#[path = "../../src/row.rs"]
#[allow(dead_code, reason = "the peer's rows have no goals")]
mod row;
#[path = "../../src/side.rs"]
#[allow(
    dead_code,
    reason = "the peer's rows convert the outcomes of seam's calls themselves"
)]
mod side;
#[path = "../../src/statistics.rs"]
mod statistics;

mod page;
mod peer;
mod rows;

use std::process::ExitCode;

use failure::Failure;
use options::{Format, Options};

fn main() -> ExitCode {
    match run(&Options::of_command_line()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the selected rows, and prints or writes what was measured.
fn run(options: &Options) -> Result<(), Failure> {
    if options.list {
        for (section, entry) in rows::all() {
            if options.selects(section, entry.name) {
                println!("{section}: {}", entry.name);
            }
        }
        return Ok(());
    }
    let measured = match options.processes() {
        1 => measure_all(options)?,
        processes => processes::measure_in(processes, options, |rows| rows)?,
    };
    match options.format {
        Format::Text => print!("{}", page::table(&measured)),
        Format::Json => println!("{}", serde_json::to_string_pretty(&measured)?),
    }
    if options.write {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/benchmarks-peer.md");
        std::fs::write(path, page::page(&measured))?;
    }
    Ok(())
}

fn measure_all(options: &Options) -> Result<Vec<measure::Measured>, Failure> {
    let mut measured = Vec::new();
    for (section, entry) in rows::all() {
        if !options.selects(section, entry.name) {
            continue;
        }
        let row = (entry.make)().map_err(|failure| failure.of_row(entry.name))?;
        let row = measure::measure(section, entry.name, row, options);
        measured.push(row.map_err(|failure| failure.of_row(entry.name))?);
        eprint!(".");
    }
    eprintln!();
    Ok(measured)
}
