//! A kiln that behaves in a way the adapter does not know is refused.

#![allow(clippy::unwrap_used, reason = "tests")]

mod twin;

use seam_core::{Artifact, BackendExt, Error, ErrorKind, InstanceExt, Value, World};
use seam_kiln::{
    Kiln, KilnBackend, KilnComponent, KilnEngine, KilnResult, KilnRunner, KilnValue, Order,
};

use twin::Twin;
use twin::odd::{Odd, OddTwin};

fn odd(odd: Odd) -> seam_core::Result<KilnEngine<OddTwin>> {
    KilnEngine::new(move || Ok(OddTwin(Twin::new()?, odd)))
}

/// The message with which the probe refuses a kiln.
fn refused<K: Kiln>(make: impl Fn() -> KilnResult<K> + Send + Sync + 'static) -> String {
    let error = KilnEngine::new(make).map(drop).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Engine);
    error.to_string()
}

#[test]
fn the_probe_accepts_reversed_arguments_and_says_so() {
    let engine = KilnEngine::new(Twin::new).unwrap();
    assert_eq!(engine.probed().order, Order::Reversed);
    assert!(engine.probed().fuel);
}

#[test]
fn the_probe_refuses_arguments_in_no_known_order() {
    let text = refused(|| Ok(OddTwin(Twin::new()?, Odd::Rotated)));
    let expected =
        "probe kiln: expected kiln to call the host's `direct` once, with [I32(1), I64(2), ";
    assert!(text.starts_with(expected), "{text}");
    // They arrived reversed, and then rotated.
    assert!(text.contains("found [(\"direct\", [F32("), "{text}");
}

/// kiln's feature `wasi` makes the order depend on how a host function is called.
#[test]
fn the_probe_refuses_an_order_that_depends_on_the_call() {
    let text = "probe kiln: expected the same order of arguments for direct and indirect calls of a \
                host function from kiln, found last parameter first for a direct call and first \
                parameter first for an indirect one; the feature `wasi` of `kiln-runtime` has this \
                effect, so build it without";
    assert_eq!(refused(Twin::with_feature_wasi), text);
}

#[test]
fn the_probe_refuses_indirect_calls_that_do_not_reach_the_host() {
    let text = "probe kiln: the result of a call of `indirect`: expected [I32(41)] from kiln, found \
                [I32(0)]";
    let found = refused(|| Ok(OddTwin(Twin::new()?, Odd::NoIndirectCall)));
    assert_eq!(found, text);
}

#[test]
fn the_probe_refuses_results_that_do_not_arrive() {
    let text = "probe kiln: the result of a call of `direct`: expected [I32(42)] from kiln, found \
                [I32(1)]";
    assert_eq!(refused(|| Ok(OddTwin(Twin::new()?, Odd::NoResult))), text);
}

#[test]
fn an_error_of_the_host_that_kiln_swallows_is_an_error_of_the_engine() {
    let backend = KilnBackend::of(odd(Odd::NoError).unwrap());
    let text = r#"(module (import "env" "tick" (func $tick))
        (func (export "run") (call $tick)))"#;
    let artifact = Artifact::from_wat("tick", text).unwrap();
    let world = World::new().func("env#tick", |()| Err::<(), _>(Error::host("no tick today")));
    let mut instance = backend.instantiate_blocking(&artifact, &world).unwrap();
    let error = instance.call_blocking("run", &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Engine);
    let text = "expected an error of the host to end the call, found that kiln went on";
    assert_eq!(error.message(), text);
    let source = std::error::Error::source(&error).map(ToString::to_string);
    assert!(source.is_some_and(|source| source.contains("no tick today")));
}

/// What a runner finds and returns that does not fit the component's interface.
mod found {
    pub(super) const NOTHING: u8 = 0;
    pub(super) const OTHER_ARITY: u8 = 1;
    pub(super) const NO_RESULT: u8 = 2;
    pub(super) const OTHER_TYPE: u8 = 3;
    pub(super) const PANIC: u8 = 4;
}

/// A runner that reports success whatever happened.
struct Guessing<const FOUND: u8>;

impl<const FOUND: u8> KilnComponent for Guessing<FOUND> {
    fn instantiate(_: &[u8]) -> KilnResult<Self> {
        Ok(Self)
    }

    fn direct_export(&self, _: &str) -> Option<(usize, usize)> {
        match FOUND {
            found::NOTHING => None,
            found::OTHER_ARITY => Some((1, 1)),
            _ => Some((0, 1)),
        }
    }

    fn command_entry(&self) -> Option<(String, String)> {
        Some(("wasi:cli/run@0.2.9".into(), "run".into()))
    }

    fn call_function(&mut self, _: &str, _: &[Value]) -> KilnResult<Vec<Value>> {
        assert_ne!(FOUND, found::PANIC, "kiln fell over");
        Ok(match FOUND {
            found::OTHER_TYPE => vec![Value::S32(3)],
            _ => Vec::new(),
        })
    }

    fn execute(&mut self, _: &str) -> KilnResult<Vec<KilnValue>> {
        Ok(Vec::new())
    }
}

fn guessed<const FOUND: u8>(export: &str) -> String {
    let text = format!(
        r#"(component
            (core module $m (func (export "three") (result i32) i32.const 3))
            (core instance $i (instantiate $m))
            (func $three (result u32) (canon lift (core func $i "three")))
            (func $run (result (result)) (canon lift (core func $i "three")))
            (instance $r (export "run" (func $run)))
            {export})"#
    );
    let artifact = Artifact::from_wat("guess", &text).unwrap();
    let backend = KilnRunner::<_, Guessing<FOUND>>::new(Twin::new).unwrap();
    let result = backend
        .instantiate_blocking(&artifact, &World::new())
        .and_then(|mut instance| instance.call_blocking("three", &[]));
    let error = result.unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Engine);
    assert_eq!(error.backend(), Some("kiln-runner"));
    error.message().to_string()
}

/// kiln's runner reports success for functions that it did not find and never ran.
#[test]
fn a_runner_that_did_not_find_a_function_is_refused() {
    let three = r#"(export "three" (func $three))"#;
    let lost = "expected kiln's runner to find the function behind `three`, found that it did not";
    assert_eq!(guessed::<{ found::NOTHING }>(three), lost);
    assert_eq!(guessed::<{ found::OTHER_ARITY }>(three), lost);
    let run = r#"(export "wasi:cli/run@0.2.6" (instance $r))"#;
    assert_eq!(
        guessed::<{ found::NO_RESULT }>(run),
        "expected kiln's runner to find the function behind `wasi:cli/run@0.2.6#run`, found that \
         it did not"
    );
}

#[test]
fn a_runner_that_returns_something_else_is_refused() {
    let three = r#"(export "three" (func $three))"#;
    assert_eq!(
        guessed::<{ found::NO_RESULT }>(three),
        "expected a result of type func() -> u32 from kiln, found []"
    );
    assert_eq!(
        guessed::<{ found::OTHER_TYPE }>(three),
        "expected a result of type func() -> u32 from kiln, found [S32(3)]"
    );
    let text = guessed::<{ found::PANIC }>(three);
    assert!(
        text.contains("kiln panicked") && text.contains("kiln fell over"),
        "{text}"
    );
}
