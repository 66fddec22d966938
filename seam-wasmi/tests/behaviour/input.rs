//! Malformed and invalid bytes.

use seam_core::{Artifact, Backend, BackendExt, Capability, ErrorKind, InstanceExt, Limit, World};
use seam_decode::compile;
use seam_wasmi::{Wasmi, WasmiEngine};

use crate::{everything_on, fixture, kind, limit, s32, wat};

#[test]
fn invalid_bytes_are_invalid_with_their_offset() {
    let artifact = wat("(module (func (result i32) (i64.const 0)))");
    let error = everything_on()
        .load_blocking(&artifact)
        .map(drop)
        .unwrap_err();
    let ErrorKind::Invalid {
        offset: Some(offset),
    } = *error.kind()
    else {
        panic!("expected an offset, found {error:?}");
    };
    assert!(
        offset > 8 && offset <= artifact.bytes().len() as u64,
        "{offset}"
    );
    assert!(
        error.to_string().starts_with("wasmi: load test: "),
        "{error}"
    );
}

#[test]
fn truncated_and_changed_bytes_do_not_panic() {
    let wasmi = everything_on();
    for name in ["calc", "start-trap", "imports", "globals"] {
        let artifact = fixture(name);
        let bytes = artifact.bytes();
        for len in 9..bytes.len() {
            let cut = Artifact::from_bytes("cut", &bytes[..len]).unwrap();
            if let Err(error) = wasmi.load_blocking(&cut) {
                assert!(
                    matches!(error.kind(), ErrorKind::Invalid { .. }),
                    "{error:?}"
                );
            }
        }
        for at in 8..bytes.len() {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = bytes.to_vec();
                changed[at] ^= change;
                let changed = Artifact::from_bytes("changed", changed).unwrap();
                if let Err(error) = wasmi.load_blocking(&changed) {
                    let engine = matches!(error.kind(), ErrorKind::Engine);
                    assert!(!engine, "{name} at {at}: {error:?}");
                }
            }
        }
    }
}

#[test]
fn components_are_no_core_modules() {
    let found = kind(compile(&WasmiEngine::new(), wat("(component)").bytes()));
    assert!(matches!(found, ErrorKind::Invalid { .. }), "{found:?}");
}

#[test]
fn proposals_that_wasmi_lacks_are_unsupported_by_name() {
    for (capability, text) in [
        (
            Capability::Gc,
            "(module (type (struct (field i32))) (func (param (ref null 0))))",
        ),
        (
            Capability::FunctionReferences,
            "(module (type $t (func)) (func (param (ref null $t))))",
        ),
        (
            Capability::Exceptions,
            "(module (tag $t) (func (throw $t)))",
        ),
        (Capability::Threads, "(module (memory 1 1 shared))"),
    ] {
        let wasmi = everything_on();
        assert!(!wasmi.info().capabilities.has(capability));
        let found = kind(wasmi.load_blocking(&wat(text)));
        assert_eq!(found, ErrorKind::Unsupported(capability), "{text}");
    }
}

#[test]
fn proposals_that_wasmi_has_are_on() {
    for (capability, text) in [
        (
            Capability::Simd,
            "(i32x4.extract_lane 2 (i32x4.splat (i32.const 42)))",
        ),
        (Capability::TailCalls, "(return_call $f (i32.const 42))"),
        (
            Capability::WideArithmetic,
            "(i64.add128 (i64.const 40) (i64.const 0) (i64.const 2) (i64.const 0))
                drop i32.wrap_i64",
        ),
        (Capability::ExtendedConst, "(global.get $g)"),
        (Capability::MultiMemory, "(memory.size $b)"),
        (Capability::CustomPageSizes, "(memory.size $b)"),
        (Capability::Memory64, "(i32.load $c (i64.const 0))"),
    ] {
        let artifact = wat(&format!(
            r#"(module (memory $a 1) (memory $b 42 (pagesize 1)) (memory $c i64 1)
                (data (memory $c) (i64.const 0) "\2a")
                (global $g i32 (i32.add (i32.const 40) (i32.const 2)))
                (func $f (param i32) (result i32) (local.get 0))
                (func (export "f") (result i32) {text}))"#
        ));
        let wasmi = Wasmi::new();
        assert!(wasmi.info().capabilities.has(capability));
        let mut instance = wasmi
            .instantiate_blocking(&artifact, &World::new())
            .unwrap();
        assert_eq!(
            instance.call_blocking("f", &[]).unwrap(),
            Some(s32(42)),
            "{capability}"
        );
    }
}

/// wasmi itself would overflow the native stack and abort the process.
#[test]
fn endless_constant_expressions_are_beyond_the_engine() {
    let sum = format!("i32.const 0{}", " i32.const 1 i32.add".repeat(200_000));
    let found = kind(everything_on().load_blocking(&wat(&format!("(module (global i32 {sum}))"))));
    assert_eq!(found, limit(Limit::EngineCapacity));
    let most = format!("i32.const 0{}", " i32.const 1 i32.add".repeat(249));
    let most = wat(&format!("(module (global (export \"g\") i32 {most}))"));
    let mut instance = crate::instance(&most, &World::new());
    let snapshot = instance.snapshot(&seam_core::Query::new()).unwrap();
    assert_eq!(snapshot.instances[0].globals.get("g"), Some(&249i32.into()));
}

#[test]
fn modules_nested_deep_do_not_overflow_the_stack() {
    let depth = 20_000;
    let text = format!(
        "(module (func {} {}))",
        "block ".repeat(depth),
        "end ".repeat(depth)
    );
    everything_on()
        .load_blocking(&wat(&text))
        .map(drop)
        .unwrap();
}
