//! References into the guest's heap, and exceptions, as the host sees them.

use std::sync::Arc;

use seam_core::{
    AnyRef, CoreInstanceId, CoreStore, CoreType, CoreValue, ErrorKind, HeapType, HostFn, Limits,
    RefType, Trap,
};

use super::core_call::{call, global, host_func, tried};
use crate::kit::expect::{fails, holds, misuse, same, traps, wat};
use crate::kit::{Checked, Failure, Subject};

const OBJECTS: &str = r#"(module
    (import "h" "f" (func $f (param anyref) (result anyref)))
    (type $s (struct (field (mut i32))))
    (type $a (array (mut i32)))
    (global (export "kept") (mut anyref) (ref.null any))
    (func (export "i31") (param i32) (result anyref) (ref.i31 (local.get 0)))
    (func (export "struct") (param i32) (result anyref) (struct.new $s (local.get 0)))
    (func (export "array") (param i32) (result anyref)
        (array.new $a (local.get 0) (i32.const 3)))
    (func (export "host") (param anyref) (result anyref) (call $f (local.get 0)))
    (func (export "read") (param anyref) (result i32)
        (if (ref.test (ref i31) (local.get 0))
            (then (return (i31.get_s (ref.cast (ref i31) (local.get 0))))))
        (if (ref.test (ref $s) (local.get 0))
            (then (return (struct.get $s 0 (ref.cast (ref $s) (local.get 0))))))
        (array.get $a (ref.cast (ref $a) (local.get 0)) (i32.const 2)))
    (func (export "write") (param anyref i32)
        (struct.set $s 0 (ref.cast (ref $s) (local.get 0)) (local.get 1)))
    (func (export "same") (param anyref anyref) (result i32)
        (ref.eq (ref.cast eqref (local.get 0)) (ref.cast eqref (local.get 1))))
    (func (export "only-i31") (param i31ref) (result i32) (i31.get_s (local.get 0)))
    (func (export "inside") (param externref) (result anyref)
        (any.convert_extern (local.get 0)))
    (func (export "outside") (param anyref) (result externref)
        (extern.convert_any (local.get 0))))"#;

/// Creates an instance whose host function `f`, of one parameter and one result, returns its
/// argument.
fn echoing(
    subject: &Subject,
    store: &mut dyn CoreStore,
    text: &str,
    [param, result]: [HeapType; 2],
) -> Result<CoreInstanceId, Failure> {
    let module = subject.compile(&wat("references", text)?)?;
    let of = |heap| {
        CoreType::Ref(RefType {
            nullable: true,
            heap,
        })
    };
    let echo: HostFn = Arc::new(|_, args, results| {
        results.copy_from_slice(args);
        Ok(())
    });
    let import = host_func(store, &[of(param)], &[of(result)], echo)?;
    Ok(store.instantiate(&module, &[import])?)
}

/// Calls an export that has one result.
fn one(
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
    name: &str,
    args: &[CoreValue],
) -> Result<CoreValue, Failure> {
    match call(store, instance, name, args)?[..] {
        [result] => Ok(result),
        ref found => Err(Failure::new(format!(
            "expected one result, found {found:?}"
        ))),
    }
}

pub(in crate::kit) fn core_guest_references_pass(subject: &Subject) -> Checked {
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let any = [HeapType::Any, HeapType::Any];
    let objects = echoing(subject, store, OBJECTS, any)?;
    for number in [0, 1, -1, -5, 0x3fff_ffff, -0x4000_0000] {
        let expected = CoreValue::AnyRef(Some(AnyRef::I31(number)));
        let found = one(store, objects, "i31", &[number.into()])?;
        same("an i31", found, expected)?;
        let found = one(store, objects, "host", &[expected])?;
        same("an i31 through the host", found, expected)?;
        let found = one(store, objects, "read", &[expected])?;
        same("what the guest reads", found, number.into())?;
    }
    let made =
        |store: &mut dyn CoreStore, name, number: i32| one(store, objects, name, &[number.into()]);
    let all = [
        (made(store, "struct", 11)?, 11),
        (made(store, "struct", 22)?, 22),
        (made(store, "array", 33)?, 33),
        (made(store, "array", 44)?, 44),
    ];
    let kinds = all.map(|(object, _)| match object {
        CoreValue::AnyRef(Some(AnyRef::Struct(_))) => "struct",
        CoreValue::AnyRef(Some(AnyRef::Array(_))) => "array",
        _ => "another value",
    });
    same("kinds", kinds, ["struct", "struct", "array", "array"])?;
    for (object, number) in all {
        let back = one(store, objects, "host", &[object])?;
        let read = one(store, objects, "read", &[back])?;
        same("an object through the host", read, number.into())?;
        for (other, of_other) in all {
            let found = one(store, objects, "same", &[back, other])?;
            let expected = i32::from(number == of_other);
            same("whether objects are the same", found, expected.into())?;
        }
    }
    // The host holds the object itself, not a copy.
    let [(object, _), ..] = all;
    call(store, objects, "write", &[object, 55.into()])?;
    let found = one(store, objects, "read", &[object])?;
    same("the object after a write", found, 55.into())?;
    let null = CoreValue::AnyRef(None);
    same("null", one(store, objects, "host", &[null])?, null)?;
    globals_keep_them(store, objects, all[2].0)?;
    for number in [0, 7, u64::MAX] {
        let host = CoreValue::ExternRef(Some(number));
        let inside = one(store, objects, "inside", &[host])?;
        let expected = CoreValue::AnyRef(Some(AnyRef::Host(number)));
        same("a host reference inside", inside, expected)?;
        let found = one(store, objects, "outside", &[inside])?;
        same("a host reference outside", found, host)?;
    }
    // The other store has objects at the same places.
    let mut other = subject.store(&Limits::new())?;
    let other = &mut *other;
    let others = echoing(subject, other, OBJECTS, any)?;
    for (object, number) in all {
        let kind = if number < 33 { "struct" } else { "array" };
        one(other, others, kind, &[number.into()])?;
        misuse("a foreign object", tried(other, others, "host", &[object])?)?;
    }
    Ok(())
}

fn globals_keep_them(
    store: &mut dyn CoreStore,
    objects: CoreInstanceId,
    object: CoreValue,
) -> Checked {
    let kept = global(store, objects, "kept")?;
    let null = CoreValue::AnyRef(None);
    same("a global of null", store.global(kept)?, null)?;
    store.set_global(kept, object)?;
    let found = store.global(kept)?;
    let same_object = one(store, objects, "same", &[found, object])?;
    same("the object in a global", same_object, 1.into())
}

/// A reference must be of the function's own type. Its family is not enough.
pub(in crate::kit) fn core_references_fit_their_exact_type(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "h" "f" (func $f (param anyref) (result i31ref)))
        (type $s (struct))
        (func (export "struct") (result anyref) (struct.new $s))
        (func (export "host") (param anyref) (result i31ref) (call $f (local.get 0)))
        (func (export "take") (param i31ref) (result i32) (ref.is_null (local.get 0))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let types = [HeapType::Any, HeapType::I31];
    let instance = echoing(subject, store, text, types)?;
    let object = one(store, instance, "struct", &[])?;
    let fine = [
        CoreValue::AnyRef(Some(AnyRef::I31(-5))),
        CoreValue::AnyRef(None),
    ];
    for value in fine {
        same("a result", one(store, instance, "host", &[value])?, value)?;
    }
    let result = tried(store, instance, "host", &[object])?;
    fails("a struct for an i31", result, &ErrorKind::Host)?;
    misuse(
        "a struct for an i31",
        tried(store, instance, "take", &[object])?,
    )?;
    let null = i32::from(true);
    let found = one(store, instance, "take", &[CoreValue::AnyRef(None)])?;
    same("take", found, null.into())
}

pub(in crate::kit) fn core_exception_references_pass(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "h" "f" (func $f (param exnref) (result exnref)))
        (tag $t (param i32))
        (func (export "caught") (param i32) (result exnref)
            (block $caught (result exnref)
                (try_table (catch_all_ref $caught) (throw $t (local.get 0)))
                (unreachable)))
        (func (export "payload") (param exnref) (result i32)
            (block $caught (result i32)
                (try_table (catch $t $caught) (throw_ref (local.get 0)))
                (unreachable)))
        (func (export "host") (param exnref) (result exnref) (call $f (local.get 0))))"#;
    let mut store = subject.store(&Limits::new())?;
    let store = &mut *store;
    let exn = [HeapType::Exn, HeapType::Exn];
    let instance = echoing(subject, store, text, exn)?;
    let mut caught = Vec::new();
    for number in [11, 22, 33] {
        caught.push((one(store, instance, "caught", &[number.into()])?, number));
    }
    for (exception, number) in caught.iter().chain(&caught).copied() {
        let is_exception = matches!(exception, CoreValue::ExnRef(Some(_)));
        holds("a caught exception", is_exception, exception)?;
        let back = one(store, instance, "host", &[exception])?;
        for exception in [exception, back] {
            let found = one(store, instance, "payload", &[exception])?;
            same("its payload", found, number.into())?;
        }
    }
    // The other store has exceptions at the same places.
    let mut other = subject.store(&Limits::new())?;
    let other = &mut *other;
    let others = echoing(subject, other, text, exn)?;
    for (foreign, number) in caught {
        one(other, others, "caught", &[number.into()])?;
        let result = tried(other, others, "payload", &[foreign])?;
        misuse("a foreign exception", result)?;
    }
    let null = CoreValue::ExnRef(None);
    same("null", one(store, instance, "host", &[null])?, null)?;
    let result = tried(store, instance, "payload", &[null])?;
    traps("throwing null", result, Trap::NullReference)
}
