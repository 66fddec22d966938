//! kiln's own runner for components, bound by `bind_component!`.

use seam_core::{
    Artifact, Backend, BackendExt, CanonTrap, Capability, Error, ErrorKind, InstanceExt, Limit,
    Limits, Query, Trap, Value, World,
};
use seam_kiln::{Fault, Kiln as _, KilnComponent as _, KilnEngine, KilnRunner};
use seam_tests::kit::Subject;

use crate::twin::report::{compare, known_failures};
use crate::twin::{Faults, Twin};

use super::{
    Double, engine, kiln_component, kiln_decoder, kiln_error, kiln_foundation, kiln_runtime,
};

seam_kiln::bind_component!(
    /// The double's component.
    pub(crate) struct DoubleComponent
);

fn runner() -> KilnRunner<Double, DoubleComponent> {
    KilnRunner::of(engine().unwrap())
}

mod kit {
    use super::super::{KNOWN_FAILURES_OF_RUNNER, engine};
    use super::runner;

    seam_tests::conformance!(
        backend = runner(),
        engine = engine().unwrap().without(seam_core::Capability::Fuel),
        known_failures = KNOWN_FAILURES_OF_RUNNER,
    );
    seam_tests::conformance_wasi!();
}

/// The report is of a run on kiln itself, with `Fault` and `RUN` as the known failures.
#[test]
fn the_runner_has_the_verdicts_of_kiln() {
    let engine = || KilnEngine::new(|| Twin::with(Faults::of(Fault::ALL))).unwrap();
    let runner = KilnRunner::<_, DoubleComponent>::of(engine());
    let subject = Subject::new(runner).with_engine(engine());
    let mut known = known_failures("kiln-runner");
    known.push(super::RUN);
    let report = include_str!("../../reports/kiln-0.4.4-runner.json");
    compare(report, &subject, &known);
}

/// Returns a component whose export `f` lifts the function `core` of a core module.
fn lifting(core: &str, ty: &str) -> Artifact {
    let text = format!(
        r#"(component
            (core module $m {core})
            (core instance $i (instantiate $m))
            (func $f {ty} (canon lift (core func $i "core")))
            (export "f" (func $f)))"#
    );
    Artifact::from_wat("lifting", &text).unwrap()
}

fn invoke(artifact: &Artifact, args: &[Value]) -> seam_core::Result<Option<Value>> {
    let mut instance = runner().instantiate_blocking(artifact, &World::new())?;
    instance.call_blocking("f", args)
}

#[test]
fn scalars_of_every_type_pass() {
    for (ty, core, value) in [
        ("bool", "i32", Value::Bool(true)),
        ("s8", "i32", Value::S8(i8::MIN)),
        ("u8", "i32", Value::U8(u8::MAX)),
        ("s16", "i32", Value::S16(i16::MIN)),
        ("u16", "i32", Value::U16(u16::MAX)),
        ("s32", "i32", Value::S32(i32::MIN)),
        ("u32", "i32", Value::U32(u32::MAX)),
        ("s64", "i64", Value::S64(i64::MIN)),
        ("u64", "i64", Value::U64(u64::MAX)),
        ("f32", "f32", Value::F32(-0.0)),
        ("f64", "f64", Value::F64(f64::MIN_POSITIVE)),
        ("char", "i32", Value::Char('\u{10ffff}')),
    ] {
        let core =
            format!(r#"(func (export "core") (param i32 {core}) (result {core}) (local.get 1))"#);
        let ty = format!(r#"(param "a" u32) (param "b" {ty}) (result {ty})"#);
        let found = invoke(&lifting(&core, &ty), &[Value::U32(1), value.clone()]);
        assert_eq!(found.unwrap(), Some(value));
    }
}

#[test]
fn functions_without_results_and_traps_are_told_apart() {
    let trap = lifting(r#"(func (export "core") unreachable)"#, "");
    let error = invoke(&trap, &[]).unwrap_err();
    assert_eq!(error.as_trap(), Some(&Trap::Unreachable));
    assert_eq!(error.backend(), Some("kiln-runner"));
    let nothing = lifting(r#"(func (export "core"))"#, "");
    assert_eq!(invoke(&nothing, &[]).unwrap(), None);
    let surrogate = lifting(
        r#"(func (export "core") (result i32) (i32.const 0xd800))"#,
        "(result char)",
    );
    let error = invoke(&surrogate, &[]).unwrap_err();
    assert_eq!(error.as_trap(), Some(&CanonTrap::InvalidChar.into()));
}

#[test]
fn arguments_of_other_types_never_reach_kiln() {
    let id = lifting(
        r#"(func (export "core") (param i32) (result i32) (local.get 0))"#,
        r#"(param "a" u32) (result u32)"#,
    );
    for args in [&[][..], &[Value::S32(1)], &[Value::U32(1), Value::U32(2)]] {
        let error = invoke(&id, args).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse, "{args:?}");
    }
}

/// kiln's own call of a command's `run` drops the result.
#[test]
fn a_command_says_whether_it_failed() {
    use seam_tests::fixtures::{run_err, run_only};
    for (artifact, code) in [(run_only(), 0), (run_err(), 1)] {
        let artifact = artifact.unwrap();
        let mut instance = runner()
            .instantiate_blocking(&artifact, &World::new())
            .unwrap();
        assert_eq!(instance.run_blocking().unwrap().code, code);
        let result = instance
            .call_blocking("wasi:cli/run@0.2.3#run", &[])
            .unwrap();
        let expected = if code == 0 {
            Value::ok(None)
        } else {
            Value::err(None)
        };
        assert_eq!(result, Some(expected));
    }
}

/// kiln's runner reports success for a function that it did not run, and so does the double.
#[test]
fn a_component_for_which_kiln_reports_a_false_success_is_refused() {
    let text = r#"(component
        (core module $m (func (export "core") (result i32) unreachable))
        (core instance $i (instantiate $m))
        (func $f (result u32) (canon lift (core func $i "core")))
        (instance $x (export "f" (func $f)))
        (export "test:a/b" (instance $x)))"#;
    let artifact = Artifact::from_wat("interface", text).unwrap();
    let mut double = DoubleComponent::instantiate(artifact.bytes()).unwrap();
    assert_eq!(double.call_function("test:a/b", &[]).unwrap(), []);
    let refused = |result: seam_core::Result<()>, lacking| {
        let error = result.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Unsupported(lacking), "{error}");
    };
    refused(
        runner().load_blocking(&artifact).map(drop),
        Capability::Components,
    );
}

#[test]
fn the_runner_refuses_what_it_lacks() {
    let artifact = lifting(r#"(func (export "core"))"#, "");
    let lacking = |result: Result<(), Error>| match result.unwrap_err().kind() {
        ErrorKind::Unsupported(capability) => *capability,
        other => panic!("expected Unsupported, found {other:?}"),
    };
    let world = World::new().limits(Limits::new().with_fuel(10));
    let fuel = runner().instantiate_blocking(&artifact, &world).map(drop);
    assert_eq!(lacking(fuel), Capability::Fuel);
    let world = World::new().limits(Limits::new().with_instances(0));
    let error = runner().instantiate_blocking(&artifact, &world).map(drop);
    let limit = ErrorKind::Limit(Limit::Instances);
    assert_eq!(*error.unwrap_err().kind(), limit);
    let world = World::new().limits(Limits::new().with_instances(1));
    let mut instance = runner().instantiate_blocking(&artifact, &world).unwrap();
    let snapshot = instance.snapshot(&Query::default()).map(drop);
    assert_eq!(lacking(snapshot), Capability::InnerGlobals);
    assert_eq!(
        lacking(instance.cores().map(drop)),
        Capability::InnerGlobals
    );
    let error = instance.run_blocking().unwrap_err();
    assert_eq!(
        *error.kind(),
        ErrorKind::Misuse,
        "the component has no entry"
    );
    let invalid = Artifact::from_wat(
        "ill-typed",
        r#"(component (core module (func (export "f") (result i32) (i64.const 1))))"#,
    );
    let error = runner()
        .load_blocking(&invalid.unwrap())
        .map(drop)
        .unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Invalid { .. }), "{error}");
}

#[test]
fn core_modules_run_on_the_core_engine() {
    let artifact = Artifact::from_wat(
        "core",
        r#"(module (func (export "f") (result i32) (i32.const 3)))"#,
    );
    assert_eq!(
        invoke(&artifact.unwrap(), &[]).unwrap(),
        Some(Value::S32(3))
    );
    assert_eq!(runner().info().name, "kiln-runner");
    assert_eq!(Double::version(), runner().info().version);
}
