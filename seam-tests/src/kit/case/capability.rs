//! The capabilities of a build, and its errors for capabilities that it lacks.

use seam_core::{
    Artifact, BackendExt, Capability, CorePath, CoreValue, ErrorKind, InstanceExt, ProgramExt,
    Trap, World,
};

use crate::fixtures;
use crate::kit::expect::{error, holds, same, wat};
use crate::kit::{Checked, Failure, Subject};

/// Proposals, each with a module that needs it and whose export `f` returns 42.
const PROPOSALS: &[(Capability, &str)] = &[
    (
        Capability::Simd,
        r#"(module (func (export "f") (result i32)
            (i32x4.extract_lane 2 (i32x4.splat (i32.const 42)))))"#,
    ),
    (
        Capability::RelaxedSimd,
        r#"(module (func (export "f") (result i32)
            (i8x16.extract_lane_u 0 (i8x16.relaxed_swizzle
                (i8x16.splat (i32.const 42)) (i8x16.splat (i32.const 0))))))"#,
    ),
    (
        Capability::MultiMemory,
        r#"(module (memory $a 1) (memory $b 1) (data (memory $b) (i32.const 0) "\2a")
            (func (export "f") (result i32) (i32.load $b (i32.const 0))))"#,
    ),
    (
        Capability::Memory64,
        r#"(module (memory i64 1) (data (i64.const 0) "\2a")
            (func (export "f") (result i32) (i32.load (i64.const 0))))"#,
    ),
    (
        Capability::TailCalls,
        r#"(module
            (func $down (param i32) (result i32)
                (if (result i32) (local.get 0)
                    (then (return_call $down (i32.sub (local.get 0) (i32.const 1))))
                    (else (i32.const 42))))
            (func (export "f") (result i32) (return_call $down (i32.const 1000000))))"#,
    ),
    (
        Capability::ExtendedConst,
        r#"(module (global $g i32 (i32.add (i32.const 40) (i32.const 2)))
            (func (export "f") (result i32) (global.get $g)))"#,
    ),
    (
        Capability::FunctionReferences,
        r#"(module (type $t (func (result i32)))
            (func $g (type $t) (i32.const 42)) (elem declare func $g)
            (func (export "f") (result i32) (call_ref $t (ref.func $g))))"#,
    ),
    (
        Capability::Gc,
        r#"(module (type $s (struct (field i32)))
            (func (export "f") (result i32) (struct.get $s 0 (struct.new $s (i32.const 42)))))"#,
    ),
    (
        Capability::Exceptions,
        r#"(module (tag $e (param i32))
            (func (export "f") (result i32)
                (block $caught (result i32)
                    (try_table (catch $e $caught) (throw $e (i32.const 42)))
                    (i32.const 0))))"#,
    ),
    (
        Capability::Threads,
        r#"(module (memory 1 1 shared)
            (func (export "f") (result i32)
                (drop (i32.atomic.rmw.add (i32.const 8) (i32.const 42)))
                (i32.atomic.load (i32.const 8))))"#,
    ),
    (
        Capability::CustomPageSizes,
        r#"(module (memory 42 (pagesize 1)) (func (export "f") (result i32) (memory.size)))"#,
    ),
    (
        Capability::WideArithmetic,
        r#"(module (func (export "f") (result i32)
            (i64.add128 (i64.const 40) (i64.const 0) (i64.const 2) (i64.const 0))
            (drop) (i32.wrap_i64)))"#,
    ),
];

/// Proposals of the component model, each with a component that needs it.
///
/// The export `f` returns if the proposal is supported. A backend may accept built-ins until they
/// are called.
const COMPONENT_PROPOSALS: &[(Capability, &str)] = &[
    (
        Capability::FixedLengthLists,
        r#"(component
            (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "m") 1))
            (core instance $i (instantiate $m))
            (func (export "f") (result (list u8 4))
                (canon lift (core func $i "f") (memory (core memory $i "m")))))"#,
    ),
    (
        Capability::Maps,
        r#"(component
            (core module $m (func (export "f") (result i32) (i32.const 0)) (memory (export "m") 1))
            (core instance $i (instantiate $m))
            (func (export "f") (result (map u32 string))
                (canon lift (core func $i "f") (memory (core memory $i "m")))))"#,
    ),
    (
        Capability::ComponentAsync,
        r#"(component
            (type $s (stream u8))
            (core func $new (canon stream.new $s))
            (core module $m (import "s" "new" (func $new (result i64)))
                (func (export "f") (drop (call $new))))
            (core instance $s (export "new" (func $new)))
            (core instance $i (instantiate $m (with "s" (instance $s))))
            (func (export "f") (canon lift (core func $i "f"))))"#,
    ),
];

pub(in crate::kit) fn proposals_do_what_they_say(subject: &Subject) -> Checked {
    for (capability, text) in PROPOSALS {
        if !subject.has(*capability) {
            // `lacking_capabilities_answer_unsupported` has these.
            continue;
        }
        let mut instance = subject.instantiate(&wat(capability.name(), text)?, &World::new())?;
        let found = instance
            .call_core(&CorePath::new([0]), "f", &[])
            .map_err(|e| Failure::from(e).about(capability))?;
        same(capability, found, [CoreValue::I32(42)])?;
    }
    Ok(())
}

pub(in crate::kit) fn lacking_capabilities_answer_unsupported(subject: &Subject) -> Checked {
    for (capability, text) in PROPOSALS {
        loads_or_lacks(subject, *capability, &wat(capability.name(), text)?)?;
    }
    loads_or_lacks(subject, Capability::Components, &fixtures::greet()?)?;
    if subject.has(Capability::Components) {
        for (capability, text) in COMPONENT_PROPOSALS {
            let artifact = wat(capability.name(), text)?;
            let backend = subject.backend();
            let result = backend.instantiate_blocking(&artifact, &World::new());
            let result = result.and_then(|mut instance| instance.call_blocking("f", &[]));
            supported_or_not(subject, *capability, result.map(drop))?;
        }
    }
    // The limits have their own case. This tests everything else that a world can require.
    let wasi = World::new().system_wasi(seam_core::SystemWasi::new());
    let program = subject.load(&fixtures::calc()?)?;
    let result = program.instantiate_blocking(&wasi).map(drop);
    supported_or_not(subject, Capability::SystemWasi, result.map_err(Into::into))
}

fn loads_or_lacks(subject: &Subject, capability: Capability, artifact: &Artifact) -> Checked {
    let result = subject.backend().load_blocking(artifact).map(drop);
    supported_or_not(subject, capability, result)
}

/// Checks that the capability works, or that the backend returns `Unsupported` with it.
pub(super) fn supported_or_not(
    subject: &Subject,
    capability: Capability,
    result: seam_core::Result<()>,
) -> Checked {
    if subject.has(capability) {
        return result.map_err(|e| Failure::from(e).about(capability));
    }
    let found = error(capability, result)?;
    let expected = ErrorKind::Unsupported(capability);
    holds(
        format_args!("{expected:?}"),
        *found.kind() == expected,
        &found,
    )
}

pub(in crate::kit) fn traps_carry_frames_where_the_backend_has_them(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&fixtures::calc()?, &World::new())?;
    let error = error("call_null", instance.call_blocking("call_null", &[]))?;
    same(
        "the cause",
        error.as_trap(),
        Some(&Trap::UninitializedElement),
    )?;
    if !subject.has(Capability::Frames) {
        return holds("no frames", error.frames().is_empty(), error.frames());
    }
    // By function index: `call_null` calls `indirect`.
    let found: Vec<u32> = error
        .frames()
        .iter()
        .map(|frame| frame.func_index)
        .collect();
    same("the frames, innermost first", found, [11, 12])
}
