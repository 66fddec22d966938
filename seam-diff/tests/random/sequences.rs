//! Sequences of calls in one instance, with state and resources.

use seam_core::Artifact;
use seam_diff::Verdict;
use seam_diff::random::Options;
use seam_tests::fixtures;
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::{diff, steps};

#[test]
fn a_difference_in_state_is_shrunk_to_the_calls_that_show_it() {
    let module = |name: &str, wrong: &str| {
        let text = format!(
            r#"(module (global $n (mut i32) (i32.const 0))
                (func (export "set") (param i32) (global.set $n (local.get 0)))
                (func (export "other") (param i32 i64) (result i64) (local.get 1))
                (func (export "noise") (result i32) (i32.const 7))
                (func (export "get") (result i32)
                    (if (i32.gt_s (global.get $n) (i32.const 99)) (then {wrong}))
                    (global.get $n)))"#
        );
        Artifact::from_wat(name, &text).unwrap()
    };
    let right = module("right", "");
    let wrong = module("wrong", "(return (i32.const -1))");
    let report = diff(
        &[&right, &wrong],
        &[&Wasmi::new()],
        &Options::calls(500).seed(3),
    );
    assert_eq!(steps(&report), ["set(100)", "get()"]);
    let found = report.found.unwrap();
    let expected = "diverged at step 2, get(): 100 | -1";
    assert_eq!(found.report.verdict.to_string(), expected);
}

/// A component with a resource whose representation is its value, and a function that takes it.
fn counter(name: &str, get: &str) -> Artifact {
    let text = format!(
        r#"(component
            (type $r' (resource (rep i32)))
            (core func $new (canon resource.new $r'))
            (core module $m
                (import "" "new" (func $new (param i32) (result i32)))
                (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
                (func (export "get") (param i32) (result i32) {get})
                (func (export "set") (param i32 i32))
                (func (export "merge") (param i32 i32) (result i32) (call $new (i32.const 3))))
            (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
            (export $r "counter" (type $r'))
            (func (export "[constructor]counter") (param "n" u32) (result (own $r))
                (canon lift (core func $m "make")))
            (func (export "[method]counter.get") (param "self" (borrow $r)) (result u32)
                (canon lift (core func $m "get")))
            (func (export "[method]counter.set") (param "self" (borrow $r)) (param "n" u32)
                (canon lift (core func $m "set")))
            (func (export "[static]counter.merge") (param "a" (own $r)) (param "b" (own $r))
                (result (own $r)) (canon lift (core func $m "merge"))))"#
    );
    Artifact::from_wat(name, &text).unwrap()
}

#[test]
fn resources_are_made_passed_on_and_named_in_what_is_found() {
    let right = counter("right", "(local.get 0)");
    let wrong = counter(
        "wrong",
        "(select (i32.const 0) (local.get 0) (i32.gt_u (local.get 0) (i32.const 9)))",
    );
    for seed in 0..3 {
        let options = Options::calls(500).seed(seed);
        let report = diff(&[&right, &wrong], &[&Wasmi::new()], &options);
        let expected = [
            "$counter = [constructor]counter(10)",
            "[method]counter.get($counter)",
        ];
        let found = steps(&report);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].ends_with("[constructor]counter(10)"), "{found:?}");
        assert!(
            found[1].starts_with("[method]counter.get($counter"),
            "{found:?}"
        );
        assert!(
            seed != 0 || found == expected || found[0].contains("$counter-"),
            "{found:?}"
        );
    }
}

#[test]
fn every_method_of_a_resource_is_called_on_all_backends() {
    let counter = counter("counter", "(local.get 0)");
    let (native, layered, wasmi) = (Wasmtime::new(), Wasmtime::layered(), Wasmi::new());
    let options = Options::calls(120).seed(2);
    let report = diff(&[&counter], &[&native, &layered, &wasmi], &options);
    assert_eq!(report.verdict, Verdict::Match, "{:#?}", report.found);
    assert_eq!(report.called.len(), 4, "{:#?}", report.called);
    assert_eq!(report.not_called, []);
    assert!(report.called.iter().all(|func| func.calls > 10));
}

#[test]
fn lists_of_resources_are_passed_between_components() {
    let composed = fixtures::fused_lists_composed().unwrap();
    let fused = fixtures::fused_lists()
        .unwrap()
        .with_interface_of(&composed);
    let (wasmtime, wasmi) = (Wasmtime::new(), Wasmi::new());
    let options = Options::calls(150).seed(5);
    let report = diff(&[&composed, &fused], &[&wasmtime, &wasmi], &options);
    assert_eq!(report.verdict, Verdict::Match, "{:#?}", report.found);
    let never: Vec<_> = report
        .not_called
        .iter()
        .filter(|func| !func.reachable)
        .collect();
    assert!(never.is_empty(), "{never:#?}");
}
