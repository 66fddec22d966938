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

/// A row for each area, a column for each backend: how many of the area's cases pass.
pub(crate) fn table() -> String {
    let reports: Vec<Report> = subjects()
        .iter()
        .map(|subject| run_all(subject, &[]))
        .collect();
    let mut table = "| area |".to_string();
    for report in &reports {
        write!(
            table,
            " {} {} |",
            report.backend.name, report.backend.version
        )
        .unwrap();
    }
    table += "\n|---|";
    table += &"---|".repeat(reports.len());
    let areas: Vec<_> = reports.iter().map(Report::areas).collect();
    for (row, (area, ..)) in areas[0].iter().enumerate() {
        write!(table, "\n| {area} |").unwrap();
        for report in &areas {
            let (same, passed, all) = report[row];
            assert_eq!(same, *area);
            write!(table, " {passed}/{all} |").unwrap();
        }
    }
    table + "\n"
}
