//! Compares verdicts with the reports of runs on kiln.

use seam_tests::kit::{KnownFailure, Subject, Verdict, run_all};

use super::{Fault, Twin};

/// Runs the kit, and compares each verdict with the report of a run on kiln. Cases that need a
/// proposal which wasmi lacks are left out.
pub(crate) fn compare(report: &str, subject: &Subject, known: &[KnownFailure]) {
    let report: serde_json::Value = serde_json::from_str(report).unwrap();
    let name = subject.name();
    assert_eq!(report["backend"]["name"], name);
    assert_eq!(report["backend"]["version"], seam_kiln::VERSION);
    let (mut compared, mut apart) = (0, Vec::new());
    for outcome in run_all(subject, known).outcomes {
        let of_kiln = report["outcomes"].as_array().unwrap().iter();
        let mut of_kiln = of_kiln.filter(|other| other["case"] == outcome.case);
        // The case is newer than the report.
        let Some(of_kiln) = of_kiln.next() else {
            continue;
        };
        let found = kind(&serde_json::to_value(&outcome.verdict).unwrap());
        let expected = kind(&of_kiln["verdict"]);
        if matches!(outcome.verdict, Verdict::Unsupported(_)) && found != expected {
            continue;
        }
        compared += 1;
        if found != expected {
            apart.push((outcome.case, found, expected));
        }
    }
    assert!(apart.is_empty(), "{name}: case, twin, kiln: {apart:?}");
    assert!(compared > 120, "{name}: only {compared} cases compared");
}

/// Returns the word for a verdict.
fn kind(verdict: &serde_json::Value) -> String {
    match verdict {
        serde_json::Value::String(kind) => kind.clone(),
        serde_json::Value::Object(object) => object.keys().cloned().collect(),
        other => other.to_string(),
    }
}

/// Returns the faults that the twin shows as known failures of a backend.
pub(crate) fn known_failures(backend: &'static str) -> Vec<KnownFailure> {
    let faults = Fault::ALL.iter().filter(|fault| Twin::shows(**fault));
    faults
        .flat_map(|fault| {
            let known = |case: &&'static str| KnownFailure::new(case, backend, fault.reason());
            fault.cases().iter().map(known)
        })
        .collect()
}
