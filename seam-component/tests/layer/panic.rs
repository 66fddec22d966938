//! Panics of an engine are errors of the engine, and nothing else is harmed.

use std::sync::atomic::Ordering;

use seam_component::Layered;
use seam_core::{
    BackendExt, CorePath, Error, ErrorKind, Instance, InstanceExt, ProgramExt, Query, Result, World,
};

use crate::panicking::{Panicking, Stage};
use crate::wat;

const COMPONENT: &str = r#"(component
  (core module $m (func (export "f") (result i32) (i32.const 7)))
  (core instance $m (instantiate $m))
  (func (export "f") (result u32) (canon lift (core func $m "f"))))"#;

const MODULE: &str = r#"(module (func (export "f") (result i32) (i32.const 7)))"#;

/// Checks that an error is the engine's panic at this stage.
fn panicked(error: &Error, stage: &str) {
    assert_eq!(*error.kind(), ErrorKind::Engine, "{error}");
    let text = format!("the engine panicked: no more ideas at {stage}");
    assert!(error.message().contains(&text), "{error}");
    assert_eq!(error.backend(), Some("double"), "{error}");
}

/// Checks that an error refuses the use of an instance whose engine has panicked.
fn closed(error: &Error) {
    assert_eq!(*error.kind(), ErrorKind::Engine, "{error}");
    assert!(
        error.message().contains("whose engine has panicked"),
        "{error}"
    );
}

fn call(instance: &mut dyn Instance) -> Result<String> {
    let result = instance.call_blocking("f", &[])?;
    Ok(result.map(|value| value.to_string()).unwrap_or_default())
}

#[test]
fn a_panic_in_compile_fails_the_load_alone() {
    for text in [COMPONENT, MODULE] {
        let engine = Panicking::new("double", Stage::Compile);
        let broken = engine.broken();
        let backend = Layered::new(engine);
        for _ in 0..2 {
            panicked(&backend.load_blocking(&wat(text)).err().unwrap(), "compile");
        }
        broken.store(false, Ordering::Relaxed);
        let program = backend.load_blocking(&wat(text)).unwrap();
        let mut instance = program.instantiate_blocking(&World::new()).unwrap();
        assert_eq!(call(&mut *instance).unwrap(), "7");
    }
}

#[test]
fn a_panic_in_instantiate_fails_this_instance_alone() {
    for text in [COMPONENT, MODULE] {
        let engine = Panicking::new("double", Stage::Instantiate);
        let broken = engine.broken();
        let program = Layered::new(engine).load_blocking(&wat(text)).unwrap();
        for _ in 0..2 {
            let failed = program.instantiate_blocking(&World::new()).err().unwrap();
            panicked(&failed.error, "instantiate");
        }
        broken.store(false, Ordering::Relaxed);
        let mut instance = program.instantiate_blocking(&World::new()).unwrap();
        assert_eq!(call(&mut *instance).unwrap(), "7");
    }
}

#[test]
fn a_panic_in_a_call_closes_the_instance_alone() {
    for text in [COMPONENT, MODULE] {
        let engine = Panicking::new("double", Stage::Call);
        let broken = engine.broken();
        let program = Layered::new(engine).load_blocking(&wat(text)).unwrap();
        let instantiate = || program.instantiate_blocking(&World::new()).unwrap();
        let (mut instance, mut other) = (instantiate(), instantiate());
        panicked(&call(&mut *instance).unwrap_err(), "call");
        broken.store(false, Ordering::Relaxed);
        // The engine would work again, but the state of this instance is unknown.
        closed(&call(&mut *instance).unwrap_err());
        closed(&instance.snapshot(&Query::default()).unwrap_err());
        let at = CorePath::new([0]);
        closed(&instance.call_core(&at, "f", &[]).unwrap_err());
        assert!(instance.observed().host_calls.is_empty());
        for instance in [&mut other, &mut instantiate()] {
            assert_eq!(call(&mut **instance).unwrap(), "7");
        }
    }
}
