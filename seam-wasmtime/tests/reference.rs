//! References of types that the engine tells apart and the seam does not.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::sync::Arc;

use seam_core::{
    AnyRef, CoreEngine, CoreExtern, CoreFunc, CoreFuncType, CoreStore, CoreType, CoreValue,
    ErrorKind, HeapType, HostState, Limits, RefType,
};
use seam_wasmtime::Wasmtime;
use support::wat;

fn store() -> (Box<dyn CoreStore>, Wasmtime) {
    let backend = Wasmtime::new();
    let store = backend.engine().store(&Limits::new(), HostState::none());
    (store.unwrap(), backend)
}

fn func(store: &mut dyn CoreStore, on: &Wasmtime, text: &str, imports: &[CoreExtern]) -> CoreFunc {
    let module = seam_decode::compile(on.engine(), wat(text).bytes()).unwrap();
    let instance = store.instantiate(&module, imports).unwrap();
    match store.export(instance, "f") {
        Some(CoreExtern::Func(func)) => func,
        other => panic!("expected a function, found {other:?}"),
    }
}

#[test]
fn arguments_of_another_type_are_misuse() {
    let (mut store, backend) = store();
    let i31 = CoreValue::AnyRef(Some(AnyRef::I31(5)));
    let host = CoreValue::AnyRef(Some(AnyRef::Host(5)));
    for (types, ty, wrong) in [
        ("", "structref", i31),
        ("", "eqref", host),
        ("", "i31ref", host),
        ("", "nullref", i31),
        ("", "nullexternref", CoreValue::ExternRef(Some(1))),
        ("(type $s (struct))", "(ref null $s)", i31),
        ("(type $s (struct))", "(ref $s)", host),
    ] {
        let text = format!(r#"(module {types} (func (export "f") (param i32 {ty})))"#);
        let func = func(&mut *store, &backend, &text, &[]);
        let error = store.call(func, &[1.into(), wrong], &mut []).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse, "{ty}: {error:?}");
        assert!(error.message().starts_with("argument 2: "), "{error}");
    }
}

#[test]
fn functions_of_another_type_are_misuse() {
    let (mut store, backend) = store();
    let text =
        r#"(module (type $t (func (result i32))) (func (export "f") (param (ref null $t))))"#;
    let takes = func(&mut *store, &backend, text, &[]);
    let other = CoreValue::FuncRef(Some(takes));
    let error = store.call(takes, &[other], &mut []).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    let null = CoreValue::FuncRef(None);
    store.call(takes, &[null], &mut []).unwrap();
}

#[test]
fn results_of_another_type_are_the_host_functions_fault() {
    let (mut store, backend) = store();
    let (nullable, heap) = (true, HeapType::Struct);
    let ty = CoreFuncType::new([], [CoreType::Ref(RefType { nullable, heap })]);
    let gives = store.host_func(
        ty,
        Arc::new(|_, _, results| {
            results[0] = CoreValue::AnyRef(Some(AnyRef::I31(5)));
            Ok(())
        }),
    );
    let gives = gives.unwrap();
    let text = r#"(module (import "h" "f" (func $f (result structref)))
        (func (export "f") (result i32) (ref.is_null (call $f))))"#;
    let guest = func(&mut *store, &backend, text, &[CoreExtern::Func(gives)]);
    for called in [guest, gives] {
        let mut out = [CoreValue::I32(9)];
        let error = store.call(called, &[], &mut out).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Host, "{error:?}");
        assert!(error.message().starts_with("result 1: "), "{error}");
        assert_eq!(out, [CoreValue::I32(9)]);
    }
}
