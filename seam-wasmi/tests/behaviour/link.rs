//! Imports that the world defines, that it stubs, and that are missing.

use seam_core::{
    Capability, CoreExtern, CoreFuncType, CoreItemKind, CorePath, CoreType, CoreValue, Error,
    ErrorKind, GlobalType, InstanceExt, Limits, MemoryType, RefType, Stub, SystemWasi, TableType,
    Trap, World,
};

use crate::{fixture, instance, kind, refused, s32, trap, wat};

#[test]
fn every_missing_import_is_named_with_its_type_and_a_way_out() {
    let artifact = wat(r#"(module
        (import "env" "f" (func (param i32) (result i64)))
        (import "env" "v" (func (param v128)))
        (import "env" "memory" (memory 1 2))
        (import "env" "table" (table 1 funcref))
        (import "env" "global" (global (mut i32))))"#);
    let error = refused(&artifact, &World::new());
    assert_eq!(*error.kind(), ErrorKind::Link);
    let text = error.to_string();
    for part in [
        "missing import `env#f` of type func(",
        "`env#v` of type (func (param v128))",
        "--stub trap",
        "`env#memory` of type (memory 1 2)",
        "`env#table` of type (table 1 funcref)",
        "`env#global` of type (global (mut i32))",
        "World::core_item",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
}

const SHARED: &str = r#"(module
    (import "env" "memory" (memory $m 1 4))
    (import "env" "memory" (memory $again 1))
    (import "env" "table" (table $t 2 funcref))
    (import "env" "count" (global $count (mut i64)))
    (import "env" "pi" (global $pi f64))
    (import "env" "none" (global $none externref))
    (func $f)
    (elem (table $t) (i32.const 1) func $f)
    (data (i32.const 8) "\2a")
    (export "memory" (memory $m)) (export "count" (global $count)) (export "pi" (global $pi))
    (func (export "again") (result i32) (i32.load8_u $again (i32.const 8)))
    (func (export "null") (result i32) (ref.is_null (global.get $none)))
    (func (export "bump") (global.set $count (i64.add (global.get $count) (i64.const 1)))))"#;

fn shared() -> World {
    let CoreType::Ref(element) = CoreType::FUNCREF else {
        panic!("a reference type");
    };
    let table = TableType {
        element,
        minimum: 2,
        maximum: None,
        table64: false,
    };
    let global =
        |content, mutable, value| CoreItemKind::Global(GlobalType::new(content, mutable), value);
    World::new()
        .core_item(
            "env",
            "memory",
            CoreItemKind::Memory(MemoryType::new(1, Some(2))),
        )
        .core_item("env", "table", CoreItemKind::Table(table))
        .core_item(
            "env",
            "count",
            global(CoreType::I64, true, CoreValue::I64(7)),
        )
        .core_item("env", "pi", global(CoreType::F64, false, 2.5f64.into()))
        .core_item(
            "env",
            "none",
            global(CoreType::EXTERNREF, false, CoreValue::ExternRef(None)),
        )
}

#[test]
fn the_world_gives_memories_tables_and_globals_to_each_instance_its_own() {
    for _ in 0..2 {
        // Provider modules do not count as instances.
        let world = shared().limits(Limits::new().with_instances(1));
        let mut given = instance(&wat(SHARED), &world);
        assert_eq!(given.call_blocking("again", &[]).unwrap(), Some(s32(42)));
        assert_eq!(given.call_blocking("null", &[]).unwrap(), Some(s32(1)));
        given.call_blocking("bump", &[]).unwrap();
        let snapshot = given.snapshot(&seam_core::Query::new()).unwrap();
        assert_eq!(snapshot.instances.len(), 1);
        let globals = &snapshot.instances[0].globals;
        assert_eq!(globals.get("count"), Some(&CoreValue::I64(8)));
        assert_eq!(globals.get("pi"), Some(&2.5f64.into()));
        let path = CorePath::new([0]);
        assert_eq!(given.read_memory(&path, "memory", 8, 1).unwrap(), [42]);
    }
}

#[test]
fn items_that_do_not_fit_are_link_errors() {
    let wrong: [(&str, CoreItemKind); 4] = [
        ("memory", CoreItemKind::Memory(MemoryType::new(1, None))),
        ("memory", CoreItemKind::Memory(MemoryType::new(0, Some(2)))),
        (
            "count",
            CoreItemKind::Global(GlobalType::new(CoreType::I64, false), CoreValue::I64(0)),
        ),
        (
            "count",
            CoreItemKind::Global(GlobalType::new(CoreType::I32, true), CoreValue::I32(0)),
        ),
    ];
    for (field, kind) in wrong {
        let error = refused(&wat(SHARED), &shared().core_item("env", field, kind));
        assert_eq!(*error.kind(), ErrorKind::Link);
        assert!(
            error.to_string().contains(&format!("`env#{field}`")),
            "{error}"
        );
    }
    let huge = CoreItemKind::Memory(MemoryType::new(70_000, Some(70_000)));
    let artifact = wat(r#"(module (import "env" "memory" (memory 1)))"#);
    let error = refused(&artifact, &World::new().core_item("env", "memory", huge));
    assert_eq!(*error.kind(), ErrorKind::Link);
    let wrong_value = CoreItemKind::Global(GlobalType::new(CoreType::I64, true), CoreValue::I32(0));
    let error = refused(
        &wat(SHARED),
        &shared().core_item("env", "count", wrong_value),
    );
    assert_eq!(*error.kind(), ErrorKind::Link);
    let ty = RefType {
        nullable: false,
        heap: seam_core::HeapType::Concrete(3),
    };
    let odd = CoreItemKind::Global(GlobalType::new(CoreType::Ref(ty), true), CoreValue::I32(0));
    assert_eq!(
        *refused(&wat(SHARED), &shared().core_item("env", "count", odd)).kind(),
        ErrorKind::Link
    );
}

#[test]
fn host_functions_of_another_type_fail_at_instantiation() {
    let artifact = wat(r#"(module (import "env" "f" (func (param i32) (result i32))))"#);
    let typed = World::new().func("env#f", |(text,): (String,)| Ok(text.len() as u32));
    let error = refused(&artifact, &typed);
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(error.to_string().contains("string"), "{error}");
    let ty = CoreFuncType::new([CoreType::I64], [CoreType::I32]);
    let raw = World::new().core_func("env", "f", ty, |_, _, _| Ok(()));
    let error = refused(&artifact, &raw);
    assert_eq!(*error.kind(), ErrorKind::Link);
    assert!(
        error
            .to_string()
            .contains("(func (param i64) (result i32))"),
        "{error}"
    );
}

#[test]
fn stubs_trap_or_give_zeroes_and_unused_ones_are_listed() {
    let artifact = wat(r#"(module
        (import "env" "f" (func $f (param i32) (result i64)))
        (import "env" "v" (func $v (param v128) (result v128 externref)))
        (func (export "f") (result i64) (call $f (i32.const 1)))
        (func (export "v") (result i64)
            (call $v (v128.const i64x2 1 1)) drop (i64x2.extract_lane 0)))"#);
    let mut zeroes = instance(&artifact, &World::new().stub(Stub::Default));
    let unused = |i: &mut dyn seam_core::Instance| {
        let names = i.observed().unused_stubs.iter();
        names.map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(unused(&mut *zeroes), ["env#f", "env#v"]);
    assert_eq!(zeroes.call_typed_blocking::<_, i64>("f", ()).unwrap(), 0);
    assert_eq!(unused(&mut *zeroes), ["env#v"]);
    assert_eq!(zeroes.call_typed_blocking::<_, i64>("v", ()).unwrap(), 0);
    assert!(unused(&mut *zeroes).is_empty());
    let world = World::new().stub_for("env", Stub::Trap);
    let mut traps = instance(&artifact, &world);
    for name in ["f", "v"] {
        let import = format!("env#{name}");
        let expected = trap(Trap::StubbedImport(import.as_str().into()));
        assert_eq!(kind(traps.call_blocking(name, &[])), expected);
    }
}

#[test]
fn one_name_can_be_imported_with_several_types() {
    let artifact = wat(r#"(module
        (import "env" "f" (func $a (param i32) (result i32)))
        (import "other" "f" (func $o (result i32)))
        (import "env" "f" (func $b (param i32 i32) (result i32)))
        (func (export "a") (result i32) (call $a (i32.const 1)))
        (func (export "b") (result i32) (call $b (i32.const 1) (i32.const 2)))
        (func (export "o") (result i32) (call $o)))"#);
    let world = World::new()
        .func_values("env#f", None, |_, args| Ok(Some(s32(args.len() as i32))))
        .func("other#f", |(): ()| Ok(9));
    let mut instance = instance(&artifact, &world);
    for (export, expected) in [("a", 1), ("b", 2), ("o", 9)] {
        assert_eq!(
            instance.call_blocking(export, &[]).unwrap(),
            Some(s32(expected))
        );
    }
}

#[test]
fn the_systems_wasi_is_not_there() {
    let wasi = World::new().system_wasi(SystemWasi::new());
    let found = refused(&fixture("calc"), &wasi);
    assert_eq!(
        *found.kind(),
        ErrorKind::Unsupported(Capability::SystemWasi)
    );
}

#[test]
fn shared_state_is_used_by_one_function_at_a_time_and_survives_a_panic() {
    let artifact = wat(r#"(module
        (import "env" "call" (func $call))
        (import "env" "count" (func $count (result i32)))
        (import "env" "panic" (func $panic))
        (func (export "inner") (result i32) (call $count))
        (func (export "call") (call $call))
        (func (export "panic") (call $panic)))"#);
    let number = CoreFuncType::new([], [CoreType::I32]);
    let none = CoreFuncType::new([], []);
    let world = World::new()
        .state(|| 0i32)
        .core_func_sharing(
            "env",
            "call",
            none.clone(),
            |state: &mut i32, caller, _, _| {
                *state += 10;
                let Some(CoreExtern::Func(inner)) = caller.caller_export("inner") else {
                    return Err(Error::host("expected an export `inner`"));
                };
                caller.call(inner, &[], &mut [CoreValue::I32(0)])
            },
        )
        .core_func_sharing("env", "count", number, |state: &mut i32, _, _, results| {
            *state += 1;
            results.fill(CoreValue::I32(*state));
            Ok(())
        })
        .core_func_sharing("env", "panic", none, |state: &mut i32, _, _, _| {
            *state += 100;
            panic!("on purpose")
        });
    let mut instance = instance(&artifact, &world);
    let error = instance.call_blocking("call", &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Host);
    assert!(error.message().contains("in use"), "{error}");
    assert_eq!(instance.call_blocking("inner", &[]).unwrap(), Some(s32(11)));
    let error = instance.call_blocking("panic", &[]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Host);
    assert_eq!(
        instance.call_blocking("inner", &[]).unwrap(),
        Some(s32(112))
    );
}
