//! kiln's faults as switches of the twin: each fails the cases that the table says, and no others.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests; a missing member of a JSON value reads as null"
)]

mod twin;

use seam_core::{
    Artifact, BackendExt, CoreEngine, ErrorKind, HostState, Limit, Limits, Stub, World,
};
use seam_kiln::{Fault, Kiln, KilnBackend, KilnEngine};
use seam_tests::kit::{Case, Outcome, Subject, Verdict, run_all};

use twin::report::{compare, known_failures};
use twin::{BEYOND_THE_TWIN, Faults, Twin};

fn subject(faults: Faults) -> Subject {
    let make = move || Twin::with(faults);
    Subject::new(KilnBackend::new(make).unwrap()).with_engine(KilnEngine::new(make).unwrap())
}

/// The cases that fail.
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

/// What the twin cannot show it is open about: its engine has not the proposal.
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

/// Without providers, what kiln's handler does not get shows.
#[test]
fn direct_imports_show_what_providers_hide() {
    let engine = || KilnEngine::new(Twin::new).unwrap().direct_imports();
    let subject = Subject::new(KilnBackend::of(engine())).with_engine(engine());
    assert_eq!(subject.name(), "kiln-direct");
    let report = run_all(&subject, &[]);
    let failed: Vec<_> = report.faults().map(|outcome| outcome.case).collect();
    // Results beyond the first are lost; and a host function that is called through another
    // instance's table, as in commands and wherever wit-component adapts, or that is exported
    // again, is not called.
    let of_kiln: serde_json::Value = serde_json::from_str(DIRECT).unwrap();
    let of_kiln = of_kiln["outcomes"].as_array().unwrap().iter();
    let of_kiln = of_kiln.filter(|outcome| outcome["verdict"]["failed"].is_string());
    let of_kiln: Vec<_> = of_kiln
        .map(|outcome| outcome["case"].as_str().unwrap())
        .collect();
    assert_eq!(failed, of_kiln);
    for shown in [
        "core_host_functions_have_every_type",
        "core_host_state_is_kept",
        "components_call_typed_hosts",
        "hermetic_commands_see_args_env_and_stdin",
    ] {
        assert!(failed.contains(&shown), "{shown}");
    }
}

#[test]
fn a_cap_is_reached_as_a_limit_that_names_it() {
    let engine = KilnEngine::new(Twin::new).unwrap();
    let empty = Artifact::from_wat("empty", "(module)").unwrap();
    let module = seam_decode::compile(&engine, empty.bytes()).unwrap();
    let mut store = engine.store(&Limits::new(), HostState::none()).unwrap();
    for _ in 0..32 {
        store.instantiate(&module, &[]).unwrap();
    }
    let error = store.instantiate(&module, &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
    let text = "kiln has room for 32 modules in an engine, generated ones among them, found 33";
    assert_eq!(error.to_string(), text);
}

#[test]
fn own_names_of_imports_that_kiln_has_no_room_for_are_a_limit() {
    let engine = KilnEngine::new(Twin::new).unwrap().direct_imports();
    let backend = KilnBackend::of(engine);
    let nothing = |count: usize, field: usize| {
        let import = |index: usize| format!("(import \"m\" \"{index:0field$}\" (func))");
        let text: String = (0..count).map(import).collect();
        let artifact = Artifact::from_wat("imports", &format!("(module {text})")).unwrap();
        let world = World::new().stub(Stub::Trap);
        backend.instantiate_blocking(&artifact, &world).map(drop)
    };
    nothing(256, 113).unwrap();
    for (count, field, text) in [
        (
            257,
            3,
            "256 functions imported under one module name, found 257",
        ),
        (1, 114, "113 bytes in the name of an import, found 114"),
    ] {
        let error = nothing(count, field).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Limit(Limit::EngineCapacity));
        assert!(error.message().ends_with(text), "{error}");
    }
}

/// Reports of real runs, with `Fault` as the known failures.
const PROVIDED: &str = include_str!("../reports/kiln-0.4.4.json");
const DIRECT: &str = include_str!("../reports/kiln-0.4.4-direct.json");
const REPORTS: [(&str, &str, bool); 2] = [("kiln", PROVIDED, false), ("kiln-direct", DIRECT, true)];

/// The twin with all its faults goes as kiln itself went, wherever its engine has the proposals.
#[test]
fn the_twin_with_all_faults_goes_as_kiln_went() {
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
