//! Core engines: compilation, and the isolation of stores.

use seam_core::{
    Artifact, Capability, CoreExternType, CoreModule, CoreModuleType, CoreValue, ErrorKind,
    HostState, Limits,
};
use seam_decode::compile;

use super::bad_input::mutated;
use super::core_call::{call, func, global, made};
use crate::fixtures;
use crate::kit::expect::{error, holds, invalid, misuse, same, wat};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn core_compile_judges_raw_bytes(subject: &Subject) -> Checked {
    let engine = subject.engine()?;
    compile(engine, fixtures::calc()?.bytes())?;
    for (what, bytes) in [
        ("nothing", &b""[..]),
        ("text", b"(module)"),
        ("half a header", b"\0asm\x01"),
        ("a component", fixtures::greet()?.bytes()),
        ("a section longer than the file", b"\0asm\x01\0\0\0\x01\x7f"),
    ] {
        invalid(what, compile(engine, bytes))?;
        if engine.info().validates {
            invalid(
                format_args!("{what}, by the engine alone"),
                engine.compile(bytes),
            )?;
        }
    }
    for text in [
        "(module (func (result i32) (i64.const 0)))",
        "(module (func (call 7)))",
        "(module (func (drop)))",
        "(module (memory 2 1))",
    ] {
        let module = wat("invalid", text)?;
        invalid(text, compile(engine, module.bytes()))?;
        if engine.info().validates {
            let alone = engine.compile(module.bytes());
            invalid(format_args!("{text} by the engine alone"), alone)?;
        }
    }
    Ok(())
}

pub(in crate::kit) fn core_module_types_are_read(subject: &Subject) -> Checked {
    for artifact in [
        fixtures::calc()?,
        fixtures::imports()?,
        fixtures::start_trap()?,
    ] {
        let module = subject.compile(&artifact)?;
        let expected = seam_decode::validate(&artifact)?;
        let expected = expected
            .core_instances()
            .first()
            .map(|core| core.module.clone());
        same(artifact.name(), Some(module.ty()?), expected.as_ref())?;
    }
    let text = r#"(module $named (import "a" "b" (func (param i64) (result f32)))
        (memory (export "m") 1 2) (global (export "g") (mut f64) (f64.const 0)))"#;
    let module = subject.compile(&wat("types", text)?)?;
    let CoreModuleType {
        name,
        imports,
        exports,
    } = &**module.ty()?;
    same("name", name.as_deref(), Some("named"))?;
    let imports: Vec<_> = imports
        .iter()
        .map(|(a, b, ty)| format!("{a} {b} {ty}"))
        .collect();
    same("imports", imports.len(), 1)?;
    let kinds: Vec<_> = exports
        .iter()
        .map(|(name, ty)| match ty {
            CoreExternType::Memory(ty) => format!("{name} {} {:?}", ty.minimum, ty.maximum),
            CoreExternType::Global(ty) => format!("{name} {:?} {}", ty.content, ty.mutable),
            other => format!("{name} {other}"),
        })
        .collect();
    same("exports", kinds, ["m 1 Some(2)", "g F64 true"])
}

pub(in crate::kit) fn core_instances_share_nothing(subject: &Subject) -> Checked {
    let module = subject.compile(&fixtures::calc()?)?;
    // Two instances in one store, and one in another.
    let mut here = subject.store(&Limits::new())?;
    let mut there = subject.store(&Limits::new())?;
    let one = here.instantiate(&module, &[])?;
    let two = here.instantiate(&module, &[])?;
    let three = there.instantiate(&module, &[])?;
    call(&mut *here, one, "store", &[64.into(), 7.into()])?;
    call(&mut *here, one, "add", &[1.into(), 1.into()])?;
    same(
        "load",
        call(&mut *here, one, "load", &[64.into()])?,
        [7.into()],
    )?;
    same(
        "load",
        call(&mut *here, two, "load", &[64.into()])?,
        [0.into()],
    )?;
    same(
        "load",
        call(&mut *there, three, "load", &[64.into()])?,
        [0.into()],
    )?;
    let adds = global(&mut *here, two, "__witness_counter_0")?;
    same("the other's counter", here.global(adds)?, CoreValue::I64(0))
}

pub(in crate::kit) fn core_limits_not_built_for_are_unsupported(subject: &Subject) -> Checked {
    let engine = subject.engine()?;
    for (capability, limits) in [
        (Capability::Fuel, Limits::new().with_fuel(1000)),
        (
            Capability::Deadline,
            Limits::new().with_deadline(std::time::Duration::from_secs(3600)),
        ),
        (Capability::MemoryLimit, Limits::new().with_memory(1 << 20)),
        (
            Capability::TableLimit,
            Limits::new().with_table_elements(100),
        ),
        (Capability::InstanceLimit, Limits::new().with_instances(1)),
    ] {
        let result = engine.store(&limits, HostState::none());
        if subject.engine_has(capability) {
            result?;
            continue;
        }
        let found = error(capability, result)?;
        let expected = ErrorKind::Unsupported(capability);
        holds(
            format_args!("{expected:?}"),
            *found.kind() == expected,
            &found,
        )?;
    }
    Ok(())
}

pub(in crate::kit) fn core_foreign_module_is_misuse(subject: &Subject) -> Checked {
    // A module that no engine compiled.
    let foreign = CoreModule::new("another engine's").with_type(CoreModuleType::default());
    let mut store = subject.store(&Limits::new())?;
    misuse(
        "a module of another engine",
        store.instantiate(&foreign, &[]),
    )?;
    let instance = made(subject, &mut *store, "(module (func (export \"f\")))")?;
    func(&mut *store, instance, "f").map(drop)
}

pub(in crate::kit) fn core_hostile_input_does_not_panic(subject: &Subject) -> Checked {
    let engine = subject.engine()?;
    let mut rejected = 0u32;
    for artifact in [fixtures::calc()?, fixtures::imports()?] {
        for round in 0..200 {
            let bytes = mutated(artifact.bytes(), round);
            rejected += u32::from(compile(engine, &bytes).is_err());
        }
    }
    holds(
        "many of 400 changed modules to be rejected",
        rejected > 100,
        rejected,
    )?;
    let nothing = Artifact::from_bytes("empty", &b"\0asm\x01\0\0\0"[..])?;
    let module = subject.compile(&nothing)?;
    let mut store = subject.store(&Limits::new())?;
    let instance = store.instantiate(&module, &[])?;
    same("no export", store.export(instance, ""), None)
}
