//! Verdicts on real runs: on wasmi and wasmtime, and of artifacts that differ.

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests"
)]

use async_trait::async_trait;
use seam_core::{
    Artifact, Backend, BackendInfo, Limit, Limits, Program, Query, Stub, Value, World,
};
use seam_diff::{
    Attribution, Comparison, Ended, Open, Report, Run, Step, Verdict, attribute, compare, observe,
};
use seam_tests::fixtures;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

/// Runs one artifact on both runtimes.
fn both(artifact: &Artifact, world: &World, steps: &[Step]) -> Report {
    let (wasmi, wasmtime) = (
        Wasmi::builder().fuel().build(),
        Wasmtime::builder().fuel().inner_instances().build(),
    );
    let runs = [Run::new(artifact, &wasmtime), Run::new(artifact, &wasmi)];
    Report::of(&runs, world, steps)
}

fn open(verdict: &Verdict) -> Option<Open> {
    match verdict {
        Verdict::Inconclusive(why) => Some(why.reason),
        _ => None,
    }
}

fn number(value: i32) -> Value {
    value.into()
}

#[test]
fn two_runtimes_agree_on_results_traps_and_state() {
    let steps = [
        Step::invoke("add", [number(2), number(3)]),
        Step::invoke("store", [number(64), number(-1)]),
        Step::Snapshot(Query::new().with_prefix("__witness_counter_")),
        Step::invoke("div_s", [number(1), number(0)]),
        Step::invoke("add", [number(1), number(1)]),
    ];
    let report = both(&fixtures::calc().unwrap(), &World::new(), &steps);
    assert_eq!(report.verdict, Verdict::Match);
    for seen in &report.observations {
        // A core module can be called after a trap.
        let ended: Vec<String> = seen.steps[3..]
            .iter()
            .map(|seen| seen.ended.to_string())
            .collect();
        assert_eq!(ended, ["trap: integer divide by zero", "2"]);
        let counters = seen.state.as_ref().unwrap().counters("__witness_counter_");
        assert_eq!(counters.into_iter().collect::<Vec<_>>(), [(0, 2), (1, 1)]);
    }
}

#[test]
fn two_runtimes_agree_on_components_and_their_host_calls() {
    let greet = fixtures::greet().unwrap();
    let tags = Value::list(["a", "b"].map(Value::from));
    let steps = [
        Step::invoke("test:guest/strs#greet", ["bob".into(), tags]),
        Step::invoke("test:guest/strs#shout", ["stra\u{df}e".into()]),
    ];
    assert_eq!(both(&greet, &World::new(), &steps).verdict, Verdict::Match);

    let world = World::new()
        .stub(Stub::Trap)
        .func("test:host/math@1.2.0#add", |(a, b): (u32, u32)| Ok(a + b));
    let sum = Step::invoke("test:hosted/run@1.0.0#sum", [vec![1u32, 20, 300].into()]);
    let report = both(&fixtures::hosted().unwrap(), &world, &[sum]);
    assert_eq!(report.verdict, Verdict::Match);
    for seen in &report.observations {
        assert_eq!(seen.host_calls.len(), 3, "{}", seen.backend);
    }
}

#[test]
fn engine_specific_fuel_and_depth_are_inconclusive() {
    let calc = fixtures::calc().unwrap();
    let steps = [Step::invoke("fib", [number(20)])];
    let short = World::new().limits(Limits::new().with_fuel(500));
    let stopped = observe(&Wasmi::builder().fuel().build(), &calc, &short, &steps);
    let finished = observe(&Wasmtime::new(), &calc, &World::new(), &steps);
    assert_eq!(stopped.steps[0].ended, Ended::Limited(Limit::Fuel));
    let verdict = compare(&stopped, &finished, Comparison::SameArtifact);
    assert_eq!(open(&verdict), Some(Open::FuelPoint), "{verdict}");
    // It is no divergence if both run out of fuel, each at a point of its own.
    let spin = [Step::invoke("spin", [])];
    assert_eq!(both(&calc, &short, &spin).verdict, Verdict::Match);

    let module = r#"(module (global $n (export "n") (mut i32) (i32.const 0))
        (func $f (export "f") (result i32)
            (global.set $n (i32.add (global.get $n) (i32.const 1)))
            (i32.add (call $f) (i32.const 1))))"#;
    let deep = Artifact::from_wat("deep", module).unwrap();
    let report = both(&deep, &World::new(), &[Step::invoke("f", [])]);
    assert_eq!(
        open(&report.verdict),
        Some(Open::StackDepth),
        "{}",
        report.verdict
    );
}

#[test]
fn a_fusion_that_changes_a_result_is_reported_and_attributed() {
    let module = |name: &str, result: i32| {
        let text = format!(
            r#"(module (global (export "__witness_counter_0") (mut i64) (i64.const 0))
                (func (export "f") (param i32) (result i32) (i32.const {result})))"#
        );
        Artifact::from_wat(name, &text).unwrap()
    };
    let (unfused, fused) = (module("unfused", 1), module("fused", 2));
    let (wasmi, wasmtime) = (Wasmi::new(), Wasmtime::new());
    let (world, steps) = (World::new(), [Step::invoke("f", [number(7)])]);
    let runs = [Run::new(&unfused, &wasmtime), Run::new(&fused, &wasmtime)];
    let report = Report::of(&runs, &world, &steps);
    assert_eq!(report.comparisons[0].by, Comparison::Fusion);
    let text = report.verdict.to_string();
    assert_eq!(text, "diverged at step 1, f(7): 1 | 2");
    let seen = [
        observe(&wasmtime, &unfused, &world, &steps),
        observe(&wasmtime, &fused, &world, &steps),
        observe(&wasmi, &unfused, &world, &steps),
        observe(&wasmi, &fused, &world, &steps),
    ];
    let [a, b, c, d] = &seen;
    assert_eq!(attribute(a, b, c, d), Attribution::Fusion);
    assert_eq!(attribute(a, a, c, c), Attribution::None);
    assert_eq!(attribute(a, a, d, d), Attribution::Backend);
    assert_eq!(attribute(a, a, c, d), Attribution::FusionOnBackend);
    assert_eq!(attribute(a, a, d, c), Attribution::Artifact);
}

#[test]
fn a_backend_that_lacks_a_capability_is_inconclusive_and_named() {
    let text = r#"(module (type $s (struct (field i32)))
        (func (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 42)))))"#;
    let gc = Artifact::from_wat("gc", text).unwrap();
    let report = both(&gc, &World::new(), &[Step::invoke("f", [])]);
    let lacking = report
        .observations
        .iter()
        .find_map(|seen| seen.unsupported());
    let (lacking, _) = lacking.expect("wasmi has no garbage collection");
    assert_eq!(open(&report.verdict), Some(Open::Unsupported(lacking)));
}

#[test]
fn a_report_is_one_json_document() {
    let steps = [Step::invoke("add", [number(2), number(3)])];
    let report = both(&fixtures::calc().unwrap(), &World::new(), &steps);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["observations"][0]["backend"], "wasmtime");
    assert_eq!(json["observations"][1]["steps"][0]["step"], "add(2, 3)");
    assert_eq!(
        json["observations"][1]["steps"][0]["ended"]["returned"],
        "5"
    );
    assert_eq!(json["comparisons"][0]["verdict"], "match");
}

/// A backend that panics instead of loading anything.
struct Panicking(BackendInfo);

#[async_trait]
impl Backend for Panicking {
    fn info(&self) -> &BackendInfo {
        &self.0
    }

    async fn load(&self, _: &Artifact) -> seam_core::Result<Box<dyn Program>> {
        panic!("no more ideas")
    }
}

#[test]
fn a_panic_of_a_backend_is_observed_and_the_other_runs_stay() {
    let panicking = Panicking(BackendInfo::new("panicking", "1", []));
    let (calc, wasmi) = (fixtures::calc().unwrap(), Wasmi::new());
    let runs = [Run::new(&calc, &wasmi), Run::new(&calc, &panicking)];
    let steps = [Step::invoke("add", [number(2), number(3)])];
    let report = Report::of(&runs, &World::new(), &steps);
    assert_eq!(report.observations[0].steps[0].ended.to_string(), "5");
    let failed = report.observations[1].failed.as_ref().unwrap();
    let expected = "engine: the engine panicked: no more ideas";
    assert_eq!(failed.to_string(), expected);
    assert_eq!(report.observations[1].steps[0].ended, Ended::NotRun);
    assert!(matches!(report.verdict, Verdict::Diverged(_)));
}

#[test]
fn streams_in_results_are_compared_by_what_guests_write() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../seam-tests/fixtures/core/writers.wat"
    );
    let text = std::fs::read_to_string(path).unwrap();
    let artifact = |text: &str| Artifact::from_wat("writers", text).unwrap();
    let (one, other) = (
        artifact(&text),
        artifact(&text.replace(r"\03\00\00\00", r"\04\00\00\00")),
    );
    let wasmi = Wasmi::new();
    let steps = [Step::invoke("count", []), Step::invoke("never", [])];
    let seen = |artifact| observe(&wasmi, artifact, &World::new(), &steps);
    let (left, right) = (seen(&one), seen(&other));
    let written = |elements: [u32; 3]| {
        Value::record([
            ("elements", Value::from(elements.to_vec())),
            ("ended", true.into()),
            ("failed", Value::none()),
        ])
    };
    assert_eq!(left.artefacts["step 1, stream<#0>"], written([1, 2, 3]));
    assert_eq!(right.artefacts["step 1, stream<#0>"], written([1, 2, 4]));
    assert_eq!(
        compare(&left, &seen(&one), Comparison::SameArtifact),
        Verdict::Match
    );
    let Verdict::Diverged(divergence) = compare(&left, &right, Comparison::SameArtifact) else {
        panic!("expected a difference");
    };
    let text = format!("{divergence:?}");
    assert!(text.contains("stream<#0>"), "{text}");
}
