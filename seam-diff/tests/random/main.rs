//! Random calls find what differs, and shrink it to the call that a person would have written.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

mod corrupt;
mod coverage;
mod sequences;

use std::time::Duration;

use seam_core::{Artifact, Backend, Value, World};
use seam_diff::random::{self, Options, RandomReport, Stopped};
use seam_diff::{Loaded, Verdict};
use seam_tests::fixtures;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use corrupt::Corrupting;

/// Runs each artifact on each backend.
fn diff(artifacts: &[&Artifact], backends: &[&dyn Backend], options: &Options) -> RandomReport {
    let runs = artifacts.iter().flat_map(|artifact| {
        let on = backends.iter();
        on.map(|backend| Loaded::new(*backend, artifact, &World::new()))
    });
    let runs: Vec<Loaded> = runs.collect();
    random::run(&runs, options, |_| {}).unwrap()
}

/// Returns the steps that a report shrank its divergence to.
fn steps(report: &RandomReport) -> Vec<String> {
    let found = report.found.as_ref().expect("a divergence");
    assert!(found.reproducible);
    found.steps.iter().map(ToString::to_string).collect()
}

/// Finds what a corrupting backend does with the fixture of every type.
fn corrupted(seed: u64, corrupt: corrupt::Corrupt) -> RandomReport {
    let types = fixtures::types().unwrap();
    let (wasmi, corrupting) = (Wasmi::new(), Corrupting::new(corrupt));
    let options = Options::calls(5000).seed(seed);
    let report = diff(&[&types], &[&wasmi, &corrupting], &options);
    assert!(
        matches!(report.verdict, Verdict::Diverged(_)),
        "{}",
        report.verdict
    );
    assert_eq!(report.stopped, Stopped::Divergence);
    assert!(report.calls <= 5000);
    report
}

/// Returns the arguments of the only call.
fn only_call(report: &RandomReport) -> String {
    let steps = steps(report);
    let [call] = steps.as_slice() else {
        panic!("expected one call, found {steps:?}")
    };
    let (_, args) = call.split_once('(').unwrap();
    args.to_string()
}

#[test]
fn a_class_of_numbers_is_found_and_shrunk_to_the_smallest() {
    for seed in 0..4 {
        let report = corrupted(seed, |value| {
            if let Value::U32(number @ 0x8000_0000..) = value {
                *number &= 0x7fff_ffff;
            }
        });
        let args = only_call(&report);
        let words = args.split(|c: char| !c.is_ascii_alphanumeric());
        let numbers: Vec<u64> = words.filter_map(|word| word.parse().ok()).collect();
        let numbers: Vec<u64> = numbers.into_iter().filter(|number| *number > 0).collect();
        assert_eq!(numbers, [1 << 31], "seed {seed}: {args}");
    }
}

#[test]
fn a_class_of_strings_is_found_and_shrunk_to_one_character() {
    for seed in 0..4 {
        let report = corrupted(seed, |value| {
            if let Value::String(text) = value
                && text.chars().any(|c| c > '\u{ffff}')
            {
                *text = text.replace(|c| c > '\u{ffff}', "?").into();
            }
        });
        let args = only_call(&report);
        let strings = args.split('"').skip(1).step_by(2);
        let strings: Vec<&str> = strings.filter(|text| !text.is_empty()).collect();
        assert_eq!(strings, ["\u{10000}"], "seed {seed}: {args}");
    }
}

#[test]
fn two_engines_agree_on_every_type_and_all_functions_are_covered() {
    let types = fixtures::types().unwrap();
    let (wasmtime, wasmi) = (Wasmtime::new(), Wasmi::new());
    let options = Options::calls(400).seed(1);
    let report = diff(&[&types], &[&wasmtime, &wasmi], &options);
    assert_eq!(report.verdict, Verdict::Match, "{:#?}", report.found);
    assert_eq!((report.calls, report.stopped), (400, Stopped::Count));
    assert_eq!(report.not_called, []);
    let exports = seam_decode::interface(&types).unwrap().export_funcs().len();
    assert_eq!(report.called.len(), exports);
    assert!(report.called.iter().all(|func| func.compared == func.calls));
    let all: usize = report.called.iter().map(|func| func.calls).sum();
    assert_eq!(all, 400);
}

#[test]
fn the_same_seed_makes_the_same_calls() {
    let report = |seed| {
        corrupted(seed, |value| {
            if let Value::Char(c @ '\u{e000}'..) = value {
                *c = '?';
            }
        })
    };
    let first = report(7);
    assert_eq!(first, report(7));
    assert_ne!(first.found, report(8).found);
}

#[test]
fn no_call_is_made_after_the_time() {
    let types = fixtures::types().unwrap();
    let wasmi = Wasmi::new();
    let options = Options::calls(1000).time(Duration::ZERO);
    let report = diff(&[&types], &[&wasmi, &wasmi], &options);
    assert_eq!((report.calls, report.stopped), (0, Stopped::Time));
    // Nothing was compared, so it is no match.
    assert!(matches!(report.verdict, Verdict::Inconclusive(_)));
    assert!(report.called.is_empty());
    let reason = "the time was over before its turn";
    assert!(
        report
            .not_called
            .iter()
            .all(|func| func.reason == reason && func.reachable)
    );
}

#[test]
fn a_report_is_one_json_document() {
    let report = corrupted(1, |value| {
        if let Value::U64(number @ 1..) = value {
            *number = 0;
        }
    });
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        (&json["verdict"], &json["seed"]),
        (&"diverged".into(), &1.into())
    );
    assert_eq!(json["calls"], report.calls);
    assert_eq!(json["stopped"], "divergence");
    let step = json["found"]["steps"][0].as_str().unwrap();
    assert_eq!(step, steps(&report)[0]);
    assert_eq!(json["found"]["report"]["verdict"], "diverged");
    assert!(json["called"][0]["compared"].is_number());
}
