//! The table of backends and areas, from the reports of the conformance kit.

use std::fmt::Write;

use seam_tests::kit::{Report, Subject, run_all};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// Every backend of the command in the build that can do most, with its engine.
fn subjects() -> Vec<Subject> {
    let wasmtime = || Wasmtime::builder().fuel().deadline().inner_instances();
    let (native, layered) = (wasmtime().build(), wasmtime().build_layered());
    let wasmi = || Wasmi::builder().fuel().deadline();
    let engines = (native.engine().clone(), layered.engine().clone());
    vec![
        Subject::new(native).with_engine(engines.0),
        Subject::new(layered).with_engine(engines.1),
        Subject::new(wasmi().build()).with_engine(wasmi().build_engine()),
    ]
}

/// A row for each area, a column for each backend: how many of the area's cases pass, of how many,
/// and how many fail; a backend lacks what the others need, and says so.
pub(crate) fn table() -> String {
    let reports = reports();
    let mut table = "| area |".to_string();
    for report in &reports {
        let (name, version) = (&report.backend.name, &report.backend.version);
        write!(table, " {name} {version} |").unwrap();
    }
    table += "\n|---|";
    table += &"---|".repeat(reports.len());
    for (area, ..) in reports[0].areas() {
        write!(table, "\n| {area} |").unwrap();
        for report in &reports {
            write!(table, " {} |", cell(report, area)).unwrap();
        }
    }
    table + "\n"
}

fn reports() -> Vec<Report> {
    let subjects = subjects();
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let run = |subject| scope.spawn(move || run_all(subject, &[]));
        let running: Vec<_> = subjects.iter().map(run).collect();
        let ended = running.into_iter().map(|report| report.join().unwrap());
        ended.collect()
    });
    for report in &reports {
        for fault in report.faults() {
            println!(
                "{} {}: {:?}",
                report.backend.name, fault.case, fault.verdict
            );
        }
    }
    reports
}

fn cell(report: &Report, area: &str) -> String {
    let areas = report.areas();
    let (_, passed, all) = areas.iter().find(|(name, ..)| *name == area).unwrap();
    let failed = report.faults().filter(|fault| fault.area == area).count();
    match failed {
        0 => format!("{passed}/{all}"),
        _ => format!("{passed}/{all}, {failed} fail"),
    }
}
