//! kiln's faults as switches of the twin: each fails the cases that `Fault` names, and no others.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests; a missing member of a JSON value reads as null"
)]

mod twin;

use seam_kiln::{Fault, Kiln, KilnBackend, KilnEngine};
use seam_tests::kit::{Case, Outcome, Subject, Verdict, run_all};

use twin::report::{compare, known_failures};
use twin::{BEYOND_THE_TWIN, Faults, Twin};

fn subject(faults: Faults) -> Subject {
    let make = move || Twin::with(faults);
    Subject::new(KilnBackend::new(make).unwrap()).with_engine(KilnEngine::new(make).unwrap())
}

/// Returns the cases that fail.
fn failed(faults: Faults) -> Vec<&'static str> {
    let report = run_all(&subject(faults), &[]);
    report.faults().map(|outcome| outcome.case).collect()
}

#[test]
fn each_fault_fails_its_cases_and_no_others() {
    for (faults, fault) in [
        (Faults::of(&[Fault::ZeroedBytes]), Fault::ZeroedBytes),
        (
            Faults::of(&[Fault::DeferredGlobals]),
            Fault::DeferredGlobals,
        ),
        (
            Faults::of(&[Fault::DataBeforeElements]),
            Fault::DataBeforeElements,
        ),
        (Faults::of(&[Fault::NarrowGrowth]), Fault::NarrowGrowth),
    ] {
        assert_eq!(failed(faults), fault.cases(), "{fault}");
    }
}

#[test]
fn all_faults_together_are_the_table_of_known_failures() {
    let known = known_failures("kiln");
    let report = run_all(&subject(Faults::of(Fault::ALL)), &known);
    let wrong: Vec<&Outcome> = report.faults().collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let found = report
        .outcomes
        .iter()
        .filter(|outcome| matches!(outcome.verdict, Verdict::KnownFailure(_)));
    assert_eq!(found.count(), known.len());
}

/// The twin says which faults it cannot show, because wasmi lacks the proposal.
#[test]
fn the_twin_shows_every_fault_that_its_engine_has_the_proposals_for() {
    for (fault, proposal) in BEYOND_THE_TWIN {
        assert!(!Twin::shows(*fault));
        assert!(!Twin::proposals().has(*proposal), "{fault}");
        for case in fault.cases() {
            let verdict = Case::named(case).unwrap().verdict(&subject(Faults::none()));
            assert_eq!(verdict, Verdict::Unsupported(*proposal), "{case}");
        }
    }
}

/// Without providers, the calls that do not reach kiln's handler show.
#[test]
fn direct_imports_show_what_providers_hide() {
    let engine = || KilnEngine::new(Twin::new).unwrap().direct_imports();
    let subject = Subject::new(KilnBackend::of(engine())).with_engine(engine());
    assert_eq!(subject.name(), "kiln-direct");
    let report = run_all(&subject, &[]);
    let failed: Vec<_> = report.faults().map(|outcome| outcome.case).collect();
    // Results after the first are lost. A host function is not called if the call goes through
    // another instance's table, as in commands and wherever wit-component adapts, or through a
    // re-export.
    let of_kiln: serde_json::Value = serde_json::from_str(DIRECT).unwrap();
    let all_of_kiln = of_kiln["outcomes"].as_array().unwrap().iter();
    let of_kiln = all_of_kiln.clone();
    let of_kiln = of_kiln.filter(|outcome| outcome["verdict"]["failed"].is_string());
    let of_kiln: Vec<_> = of_kiln
        .map(|outcome| outcome["case"].as_str().unwrap())
        .collect();
    // Cases that are newer than the report are not compared.
    let in_report = |case: &&&str| {
        all_of_kiln
            .clone()
            .any(|outcome| outcome["case"] == ***case)
    };
    let compared: Vec<_> = failed.iter().filter(in_report).copied().collect();
    assert_eq!(compared, of_kiln);
    for shown in [
        "core_host_functions_have_every_type",
        "core_host_state_is_kept",
        "components_call_typed_hosts",
        "hermetic_commands_see_args_env_and_stdin",
    ] {
        assert!(failed.contains(&shown), "{shown}");
    }
}

/// Reports of runs on kiln itself, with `Fault` as the known failures.
const PROVIDED: &str = include_str!("../reports/kiln-0.4.4.json");
const DIRECT: &str = include_str!("../reports/kiln-0.4.4-direct.json");
const REPORTS: [(&str, &str, bool); 2] = [("kiln", PROVIDED, false), ("kiln-direct", DIRECT, true)];

/// The twin with all faults has the verdicts that kiln itself had, unless wasmi lacks a proposal.
#[test]
fn the_twin_with_all_faults_has_the_verdicts_of_kiln() {
    for (name, report, direct) in REPORTS {
        let engine = || {
            let engine = KilnEngine::new(|| Twin::with(Faults::of(Fault::ALL))).unwrap();
            if direct {
                engine.direct_imports()
            } else {
                engine
            }
        };
        let subject = Subject::new(KilnBackend::of(engine())).with_engine(engine());
        assert_eq!(subject.name(), name);
        compare(report, &subject, &known_failures(name));
    }
}
