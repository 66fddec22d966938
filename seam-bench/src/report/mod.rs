//! Running the rows, and reports of what was measured.

mod chart;
mod format;
mod machine;
mod page;
mod text;

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::measure::{Measured, measure};
use crate::options::{Format, Options};
use crate::processes::measure_in;
use crate::rows::{OBSERVING, SECTIONS};
use machine::Machine;

/// What was measured, and where.
#[derive(Deserialize, Serialize)]
struct Report {
    machine: Machine,
    rows: Vec<Measured>,
}

/// Runs the selected rows, and prints or writes what was measured.
///
/// # Errors
/// A row that cannot be set up or whose sides fail; files that cannot be written; words that select
/// no row.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.list {
        list(options);
        return Ok(());
    }
    if let Some(times) = options.repeat {
        return repeat(options, times);
    }
    let rows = match options.processes() {
        1 => measure_all(options)?,
        processes => measure_in(processes, options, |report: Report| report.rows)?,
    };
    if rows.is_empty() {
        return Err("no row has such a name; `--list` shows them".into());
    }
    let machine = Machine::this();
    match options.format {
        Format::Text => println!("\n{}", text::table(&machine, &rows)),
        Format::Json => {
            let report = Report {
                machine: machine.clone(),
                rows: rows.clone(),
            };
            println!("{}", serde_json::to_string_pretty(&report)?);
        }
    }
    if options.write {
        write(&machine, &rows, options.processes())?;
    }
    Ok(())
}

fn list(options: &Options) {
    for (section, entries) in SECTIONS {
        for entry in *entries {
            if options.selects(section, entry.name) {
                println!("{section}: {}", entry.name);
            }
        }
    }
}

/// Does the work of the selected sides this many times.
///
/// # Errors
/// A row that cannot be set up or whose sides fail; no selected side.
fn repeat(options: &Options, times: u32) -> Result<(), Failure> {
    let mut found = false;
    for (section, entries) in SECTIONS {
        for entry in *entries {
            if !options.selects(section, entry.name) {
                continue;
            }
            let mut row = (entry.make)().map_err(|e| e.of_row(entry.name))?;
            for (name, side) in row.sides() {
                if options.selects_side(name) {
                    found = true;
                    side.answer()?;
                    side.time(times)?;
                }
            }
        }
    }
    match found {
        true => Ok(()),
        false => Err("no row or side has such a name".into()),
    }
}

fn measure_all(options: &Options) -> Result<Vec<Measured>, Failure> {
    let mut rows = Vec::new();
    for (section, entries) in SECTIONS {
        for entry in *entries {
            if !options.selects(section, entry.name) {
                continue;
            }
            eprintln!("{section}: {}", entry.name);
            let measured =
                (entry.make)().and_then(|row| measure(section, entry.name, row, options));
            rows.push(measured.map_err(|e| e.of_row(entry.name))?);
        }
    }
    Ok(rows)
}

/// Rewrites the pages and charts in `docs/`.
fn write(machine: &Machine, rows: &[Measured], processes: u32) -> Result<(), Failure> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let (observing, others): (Vec<_>, Vec<_>) = rows
        .iter()
        .cloned()
        .partition(|row| row.section == OBSERVING);
    fs::write(
        docs.join("benchmarks.md"),
        page::benchmarks(machine, &others, processes),
    )?;
    fs::write(docs.join("benchmarks.svg"), chart::ratios(&others))?;
    fs::write(
        docs.join("observing.md"),
        page::observing(machine, &observing),
    )?;
    Ok(())
}
