//! kiln's faults as switches of the twin: each fails the cases that the table says, and no others.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "tests; a missing member of a JSON value reads as null"
)]

mod twin;

use seam_core::core::{CoreEngine, HostState};
use seam_core::{Artifact, BackendExt, Capability, ErrorKind, Limit, Limits, Stub, World};
use seam_kiln::{Fault, Kiln, KilnBackend, KilnEngine};
use seam_tests::kit::{Case, KnownFailure, Outcome, Subject, Verdict, run_all};

use twin::{Faults, Twin};

fn subject(faults: Faults) -> Subject {
    let make = move || Twin::with(faults);
    Subject::new(KilnBackend::new(make).unwrap()).with_engine(KilnEngine::new(make).unwrap())
}

/// The cases that fail.
fn failed(faults: Faults) -> Vec<&'static str> {
    let report = run_all(&subject(faults), &[]);
    report.faults().map(|outcome| outcome.case).collect()
}

/// The faults as known failures of the twin, under the name that its backend has.
fn known_failures(backend: &'static str) -> Vec<KnownFailure> {
    let shown = |fault: &&Fault| !BEYOND_THE_TWIN.iter().any(|(beyond, _)| beyond == *fault);
    let faults = Fault::ALL.iter().filter(shown);
    faults
        .flat_map(|fault| {
            let known = |case: &&'static str| KnownFailure::new(case, backend, fault.reason());
            fault.cases().iter().map(known)
        })
        .collect()
}

/// Faults that need a proposal which the twin's engine lacks.
const BEYOND_THE_TWIN: &[(Fault, Capability)] = &[(Fault::UnsharedWait, Capability::Threads)];

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
    let further_results = [
        "core_floats_pass_as_bits",
        "core_host_functions_have_every_type",
    ];
    let exported_again = ["core_host_state_is_kept"];
    assert_eq!(failed, [&further_results[..], &exported_again].concat());
}

#[test]
fn a_cap_is_reached_as_a_limit_that_names_it() {
    let engine = KilnEngine::new(Twin::new).unwrap();
    let empty = Artifact::from_wat("empty", "(module)").unwrap();
    let module = engine.compile(empty.bytes()).unwrap();
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
const REPORTS: [(&str, &str, bool); 2] = [
    ("kiln", include_str!("../reports/kiln-0.4.4.json"), false),
    (
        "kiln-direct",
        include_str!("../reports/kiln-0.4.4-direct.json"),
        true,
    ),
];

/// The twin with all its faults goes as kiln itself went, wherever its engine has the proposals.
#[test]
fn the_twin_with_all_faults_goes_as_kiln_went() {
    for (name, report, direct) in REPORTS {
        let report: serde_json::Value = serde_json::from_str(report).unwrap();
        assert_eq!(report["backend"]["name"], name);
        assert_eq!(report["backend"]["version"], seam_kiln::VERSION);
        let engine = || {
            let engine = KilnEngine::new(|| Twin::with(Faults::of(Fault::ALL))).unwrap();
            if direct {
                engine.direct_imports()
            } else {
                engine
            }
        };
        let subject = Subject::new(KilnBackend::of(engine())).with_engine(engine());
        let known = known_failures(name);
        let (mut compared, mut apart) = (0, Vec::new());
        for outcome in run_all(&subject, &known).outcomes {
            let of_kiln = report["outcomes"].as_array().unwrap().iter();
            let mut of_kiln = of_kiln.filter(|other| other["case"] == outcome.case);
            // A case that is newer than the report.
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
}

/// The word for a verdict.
fn kind(verdict: &serde_json::Value) -> String {
    match verdict {
        serde_json::Value::String(kind) => kind.clone(),
        serde_json::Value::Object(object) => object.keys().cloned().collect(),
        other => other.to_string(),
    }
}
