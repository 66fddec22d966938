//! What random runs did not call, or could not compare, is said with its reason.

use std::time::Duration;

use seam_core::{Artifact, Limits, World};
use seam_diff::random::{self, Options, Stopped};
use seam_diff::{Attribution, Loaded, Open, Verdict};
use seam_tests::fixtures;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::{diff, steps};

#[test]
fn inner_functions_run_on_the_backends_that_can_call_them() {
    let composed = fixtures::fused_chain_composed().unwrap();
    let fused = fixtures::fused_chain()
        .unwrap()
        .with_interface_of(&composed);
    let (native, layered, wasmi) = (Wasmtime::new(), Wasmtime::layered(), Wasmi::new());
    let options = Options::calls(120).seed(1);
    let report = diff(&[&composed, &fused], &[&native, &layered, &wasmi], &options);
    assert_eq!(report.verdict, Verdict::Match, "{:#?}", report.found);
    assert_eq!(report.not_called, []);
    let inner = report
        .called
        .iter()
        .filter(|func| seam_decode::is_inner(&func.name));
    let inner: Vec<_> = inner.collect();
    assert!(inner.len() > 5, "{inner:#?}");
    assert!(
        inner
            .iter()
            .all(|func| func.backends == ["wasmi", "wasmtime-layered"])
    );
    let outer = report
        .called
        .iter()
        .filter(|func| !seam_decode::is_inner(&func.name));
    for func in outer {
        assert_eq!(func.backends, ["wasmi", "wasmtime", "wasmtime-layered"]);
    }
}

#[test]
fn an_inner_function_that_one_run_alone_can_call_is_not_called() {
    let composed = fixtures::fused_chain_composed().unwrap();
    let (native, wasmi) = (Wasmtime::new(), Wasmi::new());
    let report = diff(&[&composed], &[&native, &wasmi], &Options::calls(40));
    assert_eq!(report.verdict, Verdict::Match);
    let inner = report
        .not_called
        .iter()
        .filter(|func| seam_decode::is_inner(&func.name));
    let inner: Vec<_> = inner.collect();
    assert!(inner.len() > 5, "{inner:#?}");
    for func in inner {
        let expected = format!(
            "only {} on wasmi can call it, so there is nothing to compare",
            composed.name()
        );
        assert_eq!(func.reason, expected);
    }
}

#[test]
fn functions_that_cannot_be_called_are_listed_with_reasons() {
    let text = r#"(component
        (core module $m (func (export "f") (param i32) (result i32) local.get 0)
            (func (export "take") (param i32)))
        (core instance $m (instantiate $m))
        (type $r' (resource (rep i32)))
        (export $r "thing" (type $r'))
        (func (export "plain") (param "n" u8) (result u8) (canon lift (core func $m "f")))
        (func (export "take") (param "t" (own $r)) (canon lift (core func $m "take"))))"#;
    let unmade = Artifact::from_wat("unmade", text).unwrap();
    let wasmi = Wasmi::new();
    let report = diff(&[&unmade], &[&wasmi, &wasmi], &Options::calls(30));
    assert_eq!(report.verdict, Verdict::Match);
    let [take] = report.not_called.as_slice() else {
        panic!("{:#?}", report.not_called)
    };
    assert_eq!(take.name.to_string(), "take");
    assert_eq!(take.reason, "no call returned the `thing` that it needs");
    assert!(!take.reachable);

    let text = r#"(module (func (export "v") (param v128)) (func (export "i") (param i32)))"#;
    let vectors = Artifact::from_wat("vectors", text).unwrap();
    let report = diff(&[&vectors], &[&wasmi, &wasmi], &Options::calls(5));
    assert_eq!(report.verdict, Verdict::Match);
    let [v] = report.not_called.as_slice() else {
        panic!("{:#?}", report.not_called)
    };
    assert_eq!(v.name.to_string(), "v");
    assert!(
        v.reason.contains("core type") && v.reason.contains("v128"),
        "{}",
        v.reason
    );

    let with = |name: &str, exports: &str| {
        Artifact::from_wat(name, &format!("(module {exports})")).unwrap()
    };
    let (f, g) = (r#"(func (export "f"))"#, r#"(func (export "g"))"#);
    let (one, two) = (with("one", f), with("two", &format!("{f}{g}")));
    let report = diff(&[&one, &two], &[&wasmi], &Options::calls(5));
    assert_eq!(report.verdict, Verdict::Match);
    assert_eq!(report.not_called.len(), 1);
    let reason = "only two on wasmi can call it, so there is nothing to compare";
    assert_eq!(report.not_called[0].reason, reason);
}

#[test]
fn exports_of_a_fused_module_that_are_not_decided_are_listed() {
    let file = |name: &str| {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../seam-tests/fixtures/fused/score"
        );
        Artifact::from_file(format!("{folder}/{name}.wasm")).unwrap()
    };
    let composed = file("composed");
    let fused = file("shared").with_interface_of(&composed);
    let report = diff(&[&composed, &fused], &[&Wasmi::new()], &Options::calls(120));
    assert_eq!(report.verdict, Verdict::Match, "{:#?}", report.found);
    let listed = |name: &str| {
        let mut listed = report.not_called.iter();
        let name = format!("test:score/board@0.1.0#{name}");
        listed.find(|func| func.name.to_string() == name).unwrap()
    };
    let judge = listed("judge");
    assert!(judge.reason.contains("realloc"), "{}", judge.reason);
    assert!(!judge.reachable);
    let count = "test:score/board@0.1.0#count";
    let count = report
        .called
        .iter()
        .find(|func| func.name.to_string() == count);
    assert!(count.unwrap().compared > 0);
}

#[test]
fn without_a_function_there_is_nothing_to_compare() {
    let empty = Artifact::from_wat("empty", "(module)").unwrap();
    let wasmi = Wasmi::new();
    let report = diff(&[&empty], &[&wasmi, &wasmi], &Options::calls(30));
    assert_eq!(report.stopped, Stopped::NothingToCall);
    let Verdict::Inconclusive(why) = &report.verdict else {
        panic!("{}", report.verdict)
    };
    assert_eq!(why.reason, Open::NothingToCompare);
}

#[test]
fn an_endless_loop_ends_at_the_deadline_and_is_not_compared() {
    let text = r#"(module
        (func (export "spin") (param i32) (loop (br 0)))
        (func (export "one") (result i32) (i32.const 1)))"#;
    let spin = Artifact::from_wat("spin", text).unwrap();
    let world = World::new().limits(Limits::new().with_deadline(Duration::from_millis(20)));
    let (wasmtime, wasmi) = (
        Wasmtime::builder().deadline().build(),
        Wasmi::builder().deadline().build(),
    );
    let runs = [
        Loaded::new(&wasmtime, &spin, &world),
        Loaded::new(&wasmi, &spin, &world),
    ];
    let report = random::run(&runs, &Options::calls(60), |_| {}).unwrap();
    assert!(report.found.is_none());
    let called = |name: &str| {
        let mut called = report.called.iter();
        called.find(|func| func.name.item() == name).unwrap()
    };
    // After some calls it is called no more, because each takes as long as it may.
    assert_eq!((called("spin").calls, called("spin").compared), (3, 0));
    assert!(called("one").compared > 0);
}

#[test]
fn what_differs_at_instantiation_needs_no_call() {
    let module = |name: &str, start: &str| {
        let text = format!(r#"(module (func (export "f")) (func $s {start}) (start $s))"#);
        Artifact::from_wat(name, &text).unwrap()
    };
    let (right, wrong) = (module("right", ""), module("wrong", "unreachable"));
    let wasmi = Wasmi::new();
    let report = diff(&[&right, &wrong], &[&wasmi], &Options::calls(30));
    assert!(steps(&report).is_empty());
    assert_eq!(report.calls, 0);
    let report = diff(&[&wrong], &[&wasmi, &wasmi], &Options::calls(30));
    let Verdict::Inconclusive(why) = &report.verdict else {
        panic!("{}", report.verdict)
    };
    assert_eq!(why.detail, "instantiation: trap: unreachable");
}

#[test]
fn a_trap_on_all_sides_is_no_divergence_and_calls_start_anew() {
    let text = r#"(component
        (core module $m
            (func (export "div") (param i32 i32) (result i32)
                (i32.div_u (local.get 0) (local.get 1))))
        (core instance $m (instantiate $m))
        (func (export "div") (param "a" u32) (param "b" u32) (result u32)
            (canon lift (core func $m "div"))))"#;
    let div = Artifact::from_wat("div", text).unwrap();
    let (wasmtime, wasmi) = (Wasmtime::new(), Wasmi::new());
    let report = diff(&[&div], &[&wasmtime, &wasmi], &Options::calls(100));
    assert_eq!(report.verdict, Verdict::Match);
    assert_eq!(report.calls, 100);
    // Every call was compared, so none was made in an instance that had trapped.
    assert_eq!(report.called[0].compared, 100);
    assert!(report.sequences > 10);
}

#[test]
fn a_fault_of_the_fusion_is_attributed_to_it() {
    let module = |name: &str, op: &str| {
        let text = format!(
            r#"(module (func (export "f") (param i32) (result i32) (i32.{op} (local.get 0) (i32.const 3))))"#
        );
        Artifact::from_wat(name, &text).unwrap()
    };
    let (unfused, fused) = (module("unfused", "div_s"), module("fused", "div_u"));
    let (wasmtime, wasmi) = (Wasmtime::new(), Wasmi::new());
    let options = Options::calls(100);
    let report = diff(&[&unfused, &fused], &[&wasmtime, &wasmi], &options);
    assert_eq!(steps(&report), ["f(-1)"]);
    let attributions = report.found.unwrap().report.attributions;
    assert_eq!(attributions[0].attribution, Attribution::Fusion);
}
