//! The core engine: stores, handles, links between instances.

use seam_core::{
    CoreEngine, CoreExtern, CoreFuncType, CoreModule, CoreStore, CoreType, CoreValue, Error,
    ErrorKind, HostState, Limit, Limits, Trap,
};
use seam_wasmi::{Wasmi, WasmiEngine};
use std::sync::Arc;

use crate::{fixture, kind, limit, trap, wat};

fn store(engine: &WasmiEngine) -> Box<dyn CoreStore> {
    engine.store(&Limits::new(), HostState::none()).unwrap()
}

fn compile(engine: &WasmiEngine, text: &str) -> CoreModule {
    seam_decode::compile(engine, wat(text).bytes()).unwrap()
}

#[test]
fn handles_of_another_store_are_misuse() {
    let engine = WasmiEngine::new();
    let module = seam_decode::compile(&engine, fixture("globals").bytes()).unwrap();
    let calc = seam_decode::compile(&engine, fixture("calc").bytes()).unwrap();
    let (mut ours, mut theirs) = (store(&engine), store(&engine));
    let globals = theirs.instantiate(&module, &[]).unwrap();
    let calc = theirs.instantiate(&calc, &[]).unwrap();
    let export = |store: &mut dyn CoreStore, of, name: &str| store.export(of, name).unwrap();
    assert!(ours.export(globals, "i32").is_none());
    let (add, memory) = (
        export(&mut *theirs, calc, "add"),
        export(&mut *theirs, calc, "memory"),
    );
    let (table, global) = (
        export(&mut *theirs, calc, "table"),
        export(&mut *theirs, globals, "mut-i32"),
    );
    let (CoreExtern::Func(add), CoreExtern::Memory(memory)) = (add, memory) else {
        panic!("expected a function and a memory");
    };
    let (CoreExtern::Table(table), CoreExtern::Global(global)) = (table, global) else {
        panic!("expected a table and a global");
    };
    let two = [CoreValue::I32(2), CoreValue::I32(3)];
    let mut out = [CoreValue::I32(9)];
    let misuse = ErrorKind::Misuse;
    assert_eq!(kind(ours.call(add, &two, &mut out)), misuse);
    assert_eq!(out, [CoreValue::I32(9)]);
    assert_eq!(kind(ours.func_type(add)), misuse);
    assert_eq!(kind(ours.memory(memory).map(drop)), misuse);
    assert_eq!(kind(ours.memory_type(memory)), misuse);
    assert_eq!(kind(ours.memory_grow(memory, 1)), misuse);
    assert_eq!(kind(ours.table_type(table)), misuse);
    assert_eq!(kind(ours.table_at(table, 0)), misuse);
    assert_eq!(kind(ours.global(global)), misuse);
    assert_eq!(kind(ours.set_global(global, CoreValue::I32(1))), misuse);
    let wants = compile(
        &engine,
        r#"(module (import "a" "b" (func (param i32 i32) (result i32))))"#,
    );
    assert_eq!(
        kind(ours.instantiate(&wants, &[CoreExtern::Func(add)])),
        misuse
    );
    let keeps = seam_decode::compile(&engine, fixture("globals").bytes()).unwrap();
    let keeps = ours.instantiate(&keeps, &[]).unwrap();
    let Some(CoreExtern::Global(own)) = ours.export(keeps, "mut-funcref") else {
        panic!("expected a global");
    };
    let foreign = CoreValue::FuncRef(Some(add));
    assert_eq!(kind(ours.set_global(own, foreign)), misuse);
    theirs
        .instantiate(&wants, &[CoreExtern::Func(add)])
        .unwrap();
}

#[test]
fn an_item_has_one_handle_however_it_is_found() {
    let engine = WasmiEngine::new();
    let maker = compile(
        &engine,
        r#"(module
            (table (export "table") 2 funcref)
            (elem (i32.const 0) $f $g)
            (memory (export "memory") 1)
            (func $f (export "f"))
            (func $g (export "g") (export "same")))"#,
    );
    let passer = compile(
        &engine,
        r#"(module
            (import "a" "memory" (memory 1))
            (import "a" "f" (func))
            (export "f" (func 0))
            (export "memory" (memory 0)))"#,
    );
    // Either the name is looked up first, or the element of the table.
    for by_name_first in [true, false] {
        let mut store = store(&engine);
        let made = store.instantiate(&maker, &[]).unwrap();
        let Some(CoreExtern::Table(table)) = store.export(made, "table") else {
            panic!("expected a table");
        };
        let (mut names, mut elements) = (Vec::new(), Vec::new());
        for by_name in [by_name_first, !by_name_first] {
            match by_name {
                true => names.extend(["f", "g", "same"].map(|name| store.export(made, name))),
                false => elements.extend([0, 1].map(|at| store.table_at(table, at).unwrap())),
            }
        }
        let element = |at: usize| match elements.get(at) {
            Some(Some(CoreValue::FuncRef(Some(func)))) => CoreExtern::Func(*func),
            other => panic!("expected a function, found {other:?}"),
        };
        let expected = [0, 1, 1].map(|at| Some(element(at)));
        assert_eq!(names, expected, "{by_name_first}");
        assert_ne!(element(0), element(1));
        let memory = store.export(made, "memory").unwrap();
        let passed = store.instantiate(&passer, &[memory, element(0)]).unwrap();
        assert_eq!(store.export(passed, "memory"), Some(memory));
        assert_eq!(store.export(passed, "f"), Some(element(0)));
        assert_eq!(store.export(passed, "g"), None);
    }
}

#[test]
fn modules_of_another_engine_are_misuse() {
    let (ours, theirs) = (WasmiEngine::new(), Wasmi::builder().fuel().build_engine());
    let module = compile(&theirs, "(module)");
    assert_eq!(
        kind(store(&ours).instantiate(&module, &[])),
        ErrorKind::Misuse
    );
    store(&theirs).instantiate(&module, &[]).unwrap();
}

#[test]
fn imports_are_checked() {
    let engine = WasmiEngine::new();
    let mut store = store(&engine);
    let wants = compile(&engine, r#"(module (import "a" "b" (func (param i32))))"#);
    let ty = CoreFuncType::new([CoreType::I64], []);
    let func = store.host_func(ty, Arc::new(|_, _, _| Ok(()))).unwrap();
    for imports in [
        &[][..],
        &[CoreExtern::Func(func)],
        &[CoreExtern::Func(func); 2],
    ] {
        assert_eq!(kind(store.instantiate(&wants, imports)), ErrorKind::Link);
    }
    let call = store.call(func, &[CoreValue::I32(1)], &mut []);
    assert_eq!(kind(call), ErrorKind::Misuse);
    let call = store.call(func, &[CoreValue::I64(1)], &mut [CoreValue::I32(1)]);
    assert_eq!(kind(call), ErrorKind::Misuse);
    store.call(func, &[CoreValue::I64(1)], &mut []).unwrap();
}

#[test]
fn host_functions_have_every_type_and_keep_what_they_are_given() {
    let engine = WasmiEngine::new();
    let mut store = engine
        .store(&Limits::new(), HostState::new(Vec::<CoreValue>::new()))
        .unwrap();
    let types = [
        CoreType::V128,
        CoreType::I32,
        CoreType::FUNCREF,
        CoreType::F64,
        CoreType::EXTERNREF,
        CoreType::F32,
        CoreType::I64,
    ];
    let ty = CoreFuncType::new(types, types);
    let same = store.host_func(
        ty,
        Arc::new(|caller, args, results| {
            let kept: &mut Vec<CoreValue> = caller.host().downcast_mut().unwrap();
            kept.extend_from_slice(args);
            results.copy_from_slice(args);
            Ok(())
        }),
    );
    let same = same.unwrap();
    let relay = compile(
        &engine,
        r#"(module
            (type $t (func (param v128 i32 funcref f64 externref f32 i64)
                (result v128 i32 funcref f64 externref f32 i64)))
            (import "host" "same" (func $same (type $t)))
            (func (export "relay") (type $t)
                (call $same (local.get 0) (local.get 1) (local.get 2) (local.get 3)
                    (local.get 4) (local.get 5) (local.get 6))))"#,
    );
    let relay = store
        .instantiate(&relay, &[CoreExtern::Func(same)])
        .unwrap();
    let Some(CoreExtern::Func(relay)) = store.export(relay, "relay") else {
        panic!("expected a function");
    };
    let args = [
        CoreValue::V128(u128::MAX - 1),
        CoreValue::I32(-1),
        CoreValue::FuncRef(Some(relay)),
        CoreValue::F64(0x7ff4_0000_0000_0001),
        CoreValue::ExternRef(Some(u64::MAX)),
        CoreValue::F32(0x7fa0_0001),
        CoreValue::I64(i64::MIN),
    ];
    let mut results = [CoreValue::I32(0); 7];
    for _ in 0..2 {
        store.call(relay, &args, &mut results).unwrap();
        assert_eq!(format!("{results:?}"), format!("{args:?}"));
    }
    let kept: &Vec<CoreValue> = store.host().downcast_ref().unwrap();
    assert_eq!(kept.len(), 14);
}

#[test]
fn types_that_the_engine_lacks_are_refused() {
    let mut store = store(&WasmiEngine::new());
    let any = CoreType::Ref(seam_core::RefType {
        nullable: true,
        heap: seam_core::HeapType::Any,
    });
    let found = kind(store.host_func(CoreFuncType::new([any], []), Arc::new(|_, _, _| Ok(()))));
    assert!(matches!(found, ErrorKind::Unsupported(_)), "{found:?}");
    let many = CoreFuncType::new(vec![CoreType::I32; 100_000], []);
    let found = kind(store.host_func(many, Arc::new(|_, _, _| Ok(()))));
    assert!(matches!(found, ErrorKind::Limit(_)), "{found:?}");
}

#[test]
fn failed_instantiations_keep_their_writes() {
    let engine = WasmiEngine::new();
    let mut store = store(&engine);
    let owner = compile(&engine, r#"(module (memory (export "m") 1))"#);
    let owner = store.instantiate(&owner, &[]).unwrap();
    let memory = store.export(owner, "m").unwrap();
    let writer = compile(
        &engine,
        r#"(module (import "a" "m" (memory 1)) (data (i32.const 0) "abc")
            (data (i32.const 65535) "xy"))"#,
    );
    let found = kind(store.instantiate(&writer, &[memory]));
    assert_eq!(found, trap(Trap::MemoryOutOfBounds));
    assert!(store.failed_instance().is_none());
    let CoreExtern::Memory(memory) = memory else {
        panic!("expected a memory");
    };
    assert_eq!(
        store.memory(memory).unwrap().read_vec(0, 3).unwrap(),
        b"abc"
    );
    let starts = compile(&engine, "(module (func $f unreachable) (start $f))");
    assert_eq!(
        kind(store.instantiate(&starts, &[])),
        trap(Trap::Unreachable)
    );
    assert!(store.failed_instance().is_some());
    assert!(store.failed_instance().is_none());
}

#[test]
fn objects_have_their_current_types() {
    let engine = WasmiEngine::new();
    let mut store = store(&engine);
    let module = compile(
        &engine,
        r#"(module (memory (export "m") 1 3) (memory (export "bytes") i64 5 (pagesize 1))
            (memory (export "pages") 0)
            (table (export "t") 2 9 externref) (global (export "g") f32 (f32.const 1)))"#,
    );
    let instance = store.instantiate(&module, &[]).unwrap();
    for (name, ty) in &module.ty().unwrap().exports {
        use seam_core::CoreExternType as Type;
        let found = match store.export(instance, name).unwrap() {
            CoreExtern::Memory(memory) => Type::Memory(store.memory_type(memory).unwrap()),
            CoreExtern::Table(table) => Type::Table(store.table_type(table).unwrap()),
            CoreExtern::Global(global) => Type::Global(store.global_type(global).unwrap()),
            other => panic!("unexpected {other:?}"),
        };
        assert_eq!(found, *ty, "{name}");
    }
    let Some(CoreExtern::Memory(memory)) = store.export(instance, "m") else {
        panic!("expected a memory");
    };
    assert_eq!(store.memory_grow(memory, 1).unwrap(), Some(1));
    assert_eq!(store.memory_grow(memory, 2).unwrap(), None);
    assert_eq!(store.memory_grow(memory, u64::MAX).unwrap(), None);
    assert_eq!(store.memory_type(memory).unwrap().minimum, 2);
    let Some(CoreExtern::Table(table)) = store.export(instance, "t") else {
        panic!("expected a table");
    };
    assert_eq!(
        store.table_at(table, 1).unwrap(),
        Some(CoreValue::ExternRef(None))
    );
    assert_eq!(store.table_at(table, 2).unwrap(), None);
    let Some(CoreExtern::Global(global)) = store.export(instance, "g") else {
        panic!("expected a global");
    };
    assert_eq!(
        kind(store.set_global(global, CoreValue::F32(0))),
        ErrorKind::Misuse
    );
}

#[test]
fn errors_of_the_host_pass_through_several_guests_unchanged() {
    let engine = WasmiEngine::new();
    let mut store = store(&engine);
    let nothing = CoreFuncType::new([], []);
    let fail = store.host_func(
        nothing,
        Arc::new(|_, _, _| Err(Error::host("why").during("what"))),
    );
    let mut func = fail.unwrap();
    for tail in ["call", "return_call"] {
        let text =
            format!(r#"(module (import "a" "f" (func $f)) (func (export "f") ({tail} $f)))"#);
        let module = compile(&engine, &text);
        let instance = store
            .instantiate(&module, &[CoreExtern::Func(func)])
            .unwrap();
        let Some(CoreExtern::Func(next)) = store.export(instance, "f") else {
            panic!("expected a function");
        };
        func = next;
        let error = store.call(func, &[], &mut []).unwrap_err();
        assert_eq!(error.to_string(), "what: why");
        assert_eq!(*error.kind(), ErrorKind::Host);
    }
}

#[test]
fn long_copies_between_memories_leave_the_instances_of_the_limit() {
    let engine = WasmiEngine::new();
    let mut limits = Limits::new();
    limits.instances = Some(4);
    let mut store = engine.store(&limits, HostState::none()).unwrap();
    let usual = compile(&engine, r#"(module (memory (export "memory") 2))"#);
    let wide = compile(&engine, r#"(module (memory (export "memory") i64 2))"#);
    let mut memory = |module| {
        let made = store.instantiate(module, &[]).unwrap();
        match store.export(made, "memory") {
            Some(CoreExtern::Memory(memory)) => memory,
            other => panic!("expected a memory, found {other:?}"),
        }
    };
    let (one, two, wide) = (memory(&usual), memory(&usual), memory(&wide));
    let bytes: Vec<u8> = (0..=250u8).cycle().take(100_000).collect();
    for (from, to) in [(one, two), (two, one), (one, wide), (wide, two), (one, two)] {
        store.memory(from).unwrap().write(7, &bytes).unwrap();
        store.memory_copy((from, 7), (to, 11), 100_000).unwrap();
        let copied = store.memory(to).unwrap().read_vec(11, 100_000).unwrap();
        assert!(copied == bytes, "from {from:?} to {to:?}");
    }
    store.instantiate(&usual, &[]).unwrap();
    let found = kind(store.instantiate(&usual, &[]));
    assert_eq!(found, limit(Limit::Instances));
}
