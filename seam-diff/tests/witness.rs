//! The harness of witness, on every backend.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

use seam_core::{Artifact, Backend, BackendExt, Error, ErrorKind, Result, Trap, World};
use seam_diff::Step;
use seam_diff::witness::{Measured, Record, Schema, discover, measure};
use seam_wasmi::Wasmi;
use seam_wasmtime::{Wasmtime, WasmtimeEngine};

/// An instrumented module: `leap` has one condition, whose value it also writes to the trace.
const MODULE: &str = r#"
    (global $c (export "__witness_counter_0") (mut i64) (i64.const 0))
    (global $v (export "__witness_brval_0") (mut i32) (i32.const 0))
    (global $n (export "__witness_brcnt_0") (mut i32) (i32.const 0))
    (memory (export "memory") 1)
    (memory $trace (export "__witness_trace") 1 1)
    (func (export "__witness_row_reset") (global.set $v (i32.const 0)) (global.set $n (i32.const 0)))
    (func (export "__witness_trace_reset")
        (i32.store $trace (i32.const 0) (i32.const 16))
        (i32.store $trace (i32.const 4) (i32.const 65520)))
    (func $leap (export "leap") (param i32) (result i32) (local $at i32)
        (global.set $c (i64.add (global.get $c) (i64.const 1)))
        (global.set $n (i32.add (global.get $n) (i32.const 1)))
        (global.set $v (i32.eqz (i32.and (local.get 0) (i32.const 3))))
        (local.set $at (i32.load $trace (i32.const 0)))
        (i32.store8 $trace offset=2 (local.get $at) (global.get $v))
        (i32.store $trace (i32.const 0) (i32.add (local.get $at) (i32.const 4)))
        (global.get $v))
    (func (export "fail") (unreachable))
    (func (export "once") (result i32) (call $leap (i32.const 8)))"#;

fn module() -> Artifact {
    Artifact::from_wat("leap.wasm", &format!("(module {MODULE})")).unwrap()
}

fn component() -> Artifact {
    let text = format!(
        r#"(component
            (core module $m {MODULE})
            (core instance $i (instantiate $m))
            (func (export "leap") (param "year" u32) (result bool) (canon lift (core func $i "leap")))
            (func (export "once") (result bool) (canon lift (core func $i "once")))
            (func (export "fail") (canon lift (core func $i "fail"))))"#
    );
    Artifact::from_wat("leap.component.wasm", &text).unwrap()
}

fn backends() -> Vec<Box<dyn Backend>> {
    let layered = seam_component::Layered::new(WasmtimeEngine::new());
    vec![
        Box::new(Wasmtime::new()),
        Box::new(layered),
        Box::new(Wasmi::new()),
    ]
}

/// Measures on all backends that can look inside, which must agree.
fn measured(
    artifact: &Artifact,
    rows: &[Measured],
    schema: Option<Schema>,
) -> Result<Record, Error> {
    let mut found = Vec::new();
    for backend in backends() {
        let record = backend
            .instantiate_blocking(artifact, &World::new())
            .and_then(|mut instance| measure(&mut *instance, rows, schema));
        match record {
            Err(error) if matches!(error.kind(), ErrorKind::Unsupported(_)) => {}
            record => found.push(record),
        }
    }
    assert!(found.len() >= 2, "{found:?}");
    let first = found.remove(0);
    for other in found {
        match (&first, other) {
            (Ok(first), Ok(other)) => assert_eq!(*first, other),
            (Err(first), Err(other)) => assert_eq!(first.kind(), other.kind()),
            (first, other) => panic!("{first:?} {other:?}"),
        }
    }
    first
}

fn calls(years: &[u32], component: bool) -> Vec<Measured> {
    let call = |year: &u32| {
        let arg = match component {
            true => (*year).into(),
            false => i32::try_from(*year).unwrap().into(),
        };
        Measured::new(format!("leap({year})"), Step::invoke("leap", [arg]))
    };
    years.iter().map(call).collect()
}

#[test]
fn a_row_has_the_values_of_its_own_call_and_counters_are_of_all_calls() {
    for (artifact, component) in [(module(), false), (component(), true)] {
        let record = measured(&artifact, &calls(&[4, 5], component), None).unwrap();
        assert_eq!(record.schema, Schema::V2);
        assert_eq!(record.counters, [(0, 2)].into());
        let [first, second] = &record.rows[..] else {
            panic!("{record:?}");
        };
        assert_eq!((&*first.name, &*second.name), ("leap(4)", "leap(5)"));
        assert_eq!((first.outcome, second.outcome), (Some(1), Some(0)));
        assert_eq!(first.brvals, [(0, 1)].into());
        assert_eq!(second.brvals, [(0, 0)].into());
        assert_eq!(second.brcnts, [(0, 1)].into());
        // The header: end 20, capacity 65520. Then one record: branch 0, value 1 or 0.
        assert_eq!(first.trace_b64, "FAAAAPD/AAAAAAAAAAAAAAAAAQA=");
        assert_eq!(second.trace_b64, "FAAAAPD/AAAAAAAAAAAAAAAAAAA=");
    }
}

#[test]
fn the_first_schema_has_counters_only() {
    let record = measured(&component(), &calls(&[4, 5, 6], true), Some(Schema::V1)).unwrap();
    assert_eq!(record.counters, [(0, 3)].into());
    assert!(record.rows.is_empty());
}

#[test]
fn a_trap_leaves_no_record() {
    let mut steps = calls(&[4], true);
    steps.push(Measured::new("fail", Step::invoke("fail", [])));
    let error = measured(&component(), &steps, None).unwrap_err();
    assert_eq!(error.as_trap(), Some(&Trap::Unreachable));
}

#[test]
fn exports_without_parameters_are_found() {
    for artifact in [module(), component()] {
        let interface = seam_decode::validate(&artifact).unwrap();
        let found: Vec<String> = discover(&interface)
            .iter()
            .map(ToString::to_string)
            .collect();
        let mut found: Vec<&str> = found.iter().map(String::as_str).collect();
        found.sort_unstable();
        assert_eq!(found, ["fail", "once"]);
    }
    let text =
        r#"(module (func (export "_start")) (func (export "_initialize")) (func (export "f")))"#;
    let artifact = Artifact::from_wat("entries", text).unwrap();
    let found = discover(&seam_decode::validate(&artifact).unwrap());
    assert_eq!(found.len(), 1, "{found:?}");
}

fn refused(text: &str, schema: Option<Schema>) -> Error {
    let artifact = Artifact::from_wat("refused", text).unwrap();
    measured(&artifact, &[], schema).unwrap_err()
}

#[test]
fn an_artifact_that_is_not_instrumented_is_refused() {
    let error = refused(r#"(module (global (export "g") i32 (i32.const 0)))"#, None);
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert!(
        error.message().contains("`__witness_counter_<number>`"),
        "{error}"
    );
    // Not a counter, though its name is one.
    let text = r#"(module (func (export "__witness_counter_0")))"#;
    assert_eq!(*refused(text, None).kind(), ErrorKind::Misuse);
}

#[test]
fn a_counter_of_another_type_is_invalid() {
    let text = r#"(module (global (export "__witness_counter_0") f32 (f32.const 0)))"#;
    let error = refused(text, None);
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    assert!(
        error
            .message()
            .contains("expected global `__witness_counter_0`"),
        "{error}"
    );
}

#[test]
fn rows_need_an_artifact_that_resets_them() {
    let text = r#"(module (global (export "__witness_counter_0") i64 (i64.const 7)))"#;
    let artifact = Artifact::from_wat("old", text).unwrap();
    // Without a schema, the first one is enough.
    let record = measured(&artifact, &[], None).unwrap();
    assert_eq!((record.schema, record.counters[&0]), (Schema::V1, 7));
    let steps = [Measured::new("run", Step::Run)];
    let error = measured(&artifact, &steps, Some(Schema::V2)).unwrap_err();
    assert!(error.message().contains("`__witness_row_reset`"), "{error}");
}

/// A component with two core modules that have counters of these numbers.
fn two(first: u32, second: u32, same: bool) -> String {
    let module = |name: &str, id: u32, value: u32| {
        format!(
            r#"(core module ${name}
                (global (export "__witness_counter_{id}") i64 (i64.const {value})))"#
        )
    };
    let second_module = if same { "a" } else { "b" };
    format!(
        "(component {} {} (core instance (instantiate $a)) (core instance (instantiate ${second_module})))",
        module("a", first, 1),
        module("b", second, 2)
    )
}

#[test]
fn counters_are_added_up_over_instances_of_one_module_only() {
    let record = |text: &str| {
        let artifact = Artifact::from_wat("two", text).unwrap();
        measured(&artifact, &[], None)
    };
    assert_eq!(
        record(&two(0, 1, false)).unwrap().counters,
        [(0, 1), (1, 2)].into()
    );
    assert_eq!(record(&two(0, 1, true)).unwrap().counters, [(0, 2)].into());
    let error = record(&two(0, 0, false)).unwrap_err();
    assert!(
        error
            .message()
            .contains("expected one module with counter 0"),
        "{error}"
    );
}

#[test]
fn a_trace_that_ends_outside_its_memory_is_invalid() {
    let text = format!(
        r#"(module {} (func (export "break") (i32.store $trace (i32.const 0) (i32.const 65540))))"#,
        MODULE
    );
    let artifact = Artifact::from_wat("broken", &text).unwrap();
    let steps = [Measured::new("break", Step::invoke("break", []))];
    let error = measured(&artifact, &steps, None).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
    assert!(error.message().contains("found end 65540"), "{error}");
}
