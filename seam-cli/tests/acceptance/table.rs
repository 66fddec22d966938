//! The table of backends and areas, from the reports of the conformance kit.

use seam_tests::kit::{Report, Subject, Table, run_all};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// Every backend of the command, in the build that can do most and then in others.
fn subjects() -> [Vec<Subject>; 3] {
    let wasmtime = || Wasmtime::builder().fuel().deadline().inner_instances();
    let asynchronous = Wasmtime::builder().fuel().deadline().component_async();
    [
        vec![
            Subject::new(wasmtime().build()),
            Subject::new(asynchronous.build()),
        ],
        vec![Subject::new(wasmtime().build_layered())],
        vec![Subject::new(Wasmi::builder().fuel().deadline().build())],
    ]
}

/// Returns the table of these backends.
pub(crate) fn table() -> String {
    Table(&reports()).to_string()
}

fn reports() -> Vec<Report> {
    let subjects = subjects();
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let run = |builds: &'_ Vec<Subject>| {
            let (first, others) = builds.split_first().unwrap();
            let report = run_all(first, &[]);
            let reports = others.iter();
            reports.fold(report, |report, build| report.with_build(build, &[]))
        };
        let run = |builds| scope.spawn(move || run(builds));
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
