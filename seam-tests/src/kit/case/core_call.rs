//! Core stores: calls, traps and host functions.

use std::sync::Arc;

use seam_core::{
    Capability, CoreExtern, CoreFunc, CoreFuncType, CoreGlobal, CoreInstanceId, CoreMemory,
    CoreStore, CoreTable, CoreType, CoreValue, Error, ErrorKind, HostFn, HostState, Limit, Limits,
    Trap,
};

use crate::fixtures;
use crate::kit::expect::{fails, holds, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Stage, Subject};

/// Creates an instance of the text, which has no imports.
pub(super) fn made(
    subject: &Subject,
    store: &mut dyn CoreStore,
    text: &str,
) -> Result<CoreInstanceId, Failure> {
    let module = subject.compile(&wat("module", text)?)?;
    Ok(store.instantiate(&module, &[])?)
}

/// Returns an export, which must exist.
pub(super) fn export(
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
    name: &str,
) -> Result<CoreExtern, Failure> {
    let found = store.export(instance, name);
    found.ok_or_else(|| Failure::new(format!("expected an export `{name}`, found none")))
}

/// Defines functions that each return an export of one kind, which must exist.
macro_rules! exports {
    ($( $what:literal $name:ident: $Kind:ident($Handle:ident) )*) => { $(
        #[doc = concat!("Returns an exported ", $what, ", which must exist.")]
        pub(super) fn $name(
            store: &mut dyn CoreStore,
            instance: CoreInstanceId,
            name: &str,
        ) -> Result<$Handle, Failure> {
            match store.export(instance, name) {
                Some(CoreExtern::$Kind(found)) => Ok(found),
                found => Err(Failure::new(format!(
                    concat!("expected a ", $what, " `{}`, found {:?}"),
                    name, found
                ))),
            }
        }
    )* };
}

exports! {
    "function" func: Func(CoreFunc)
    "memory" memory: Memory(CoreMemory)
    "table" table: Table(CoreTable)
    "global" global: Global(CoreGlobal)
}

/// Calls an export, which must return.
pub(super) fn call(
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
    name: &str,
    args: &[CoreValue],
) -> Result<Vec<CoreValue>, Failure> {
    tried(store, instance, name, args)?.map_err(|e| Failure::from(e).about(name))
}

/// Calls an export, and returns whatever the call returns.
pub(super) fn tried(
    store: &mut dyn CoreStore,
    instance: CoreInstanceId,
    name: &str,
    args: &[CoreValue],
) -> Result<seam_core::Result<Vec<CoreValue>>, Failure> {
    let func = func(store, instance, name)?;
    let count = store.func_type(func)?.results.len();
    let mut results = vec![CoreValue::I32(0); count];
    Ok(store.call(func, args, &mut results).map(|()| results))
}

/// Creates a host function in the store.
pub(super) fn host_func(
    store: &mut dyn CoreStore,
    params: &[CoreType],
    results: &[CoreType],
    body: HostFn,
) -> Result<CoreExtern, Failure> {
    let ty = CoreFuncType::new(params, results);
    Ok(CoreExtern::Func(store.host_func(ty, body)?))
}

fn calc(subject: &Subject) -> Result<(Box<dyn CoreStore>, CoreInstanceId), Failure> {
    let module = subject.compile(&fixtures::calc()?)?;
    let mut store = subject.store(&Limits::new())?;
    let instance = store.instantiate(&module, &[])?;
    Ok((store, instance))
}

pub(in crate::kit) fn core_arguments_are_checked(subject: &Subject) -> Checked {
    let (mut store, calc) = calc(subject)?;
    let add = func(&mut *store, calc, "add")?;
    let [one, wide] = [CoreValue::I32(1), CoreValue::I64(1)];
    for args in [
        &[][..],
        &[one],
        &[one, one, one],
        &[one, wide],
        &[wide, one],
    ] {
        let mut results = [CoreValue::I32(77)];
        misuse(
            format_args!("add{args:?}"),
            store.call(add, args, &mut results),
        )?;
        same("results after misuse", results, [CoreValue::I32(77)])?;
    }
    let two = [one, CoreValue::I32(2)];
    for len in [0, 2] {
        let mut results = vec![CoreValue::I32(77); len];
        misuse("the number of results", store.call(add, &two, &mut results))?;
    }
    let div = func(&mut *store, calc, "div_s")?;
    let mut results = [CoreValue::I32(77)];
    let result = store.call(div, &[1.into(), 0.into()], &mut results);
    traps("div_s", result, Trap::IntegerDivideByZero)?;
    same("results after a trap", results, [CoreValue::I32(77)])?;
    store.call(add, &two, &mut results)?;
    same("add", results, [CoreValue::I32(3)])?;
    let adds = global(&mut *store, calc, "__witness_counter_0")?;
    same("calls that arrived", store.global(adds)?, CoreValue::I64(1))
}

pub(in crate::kit) fn core_traps_map_to_their_cause(subject: &Subject) -> Checked {
    let (mut store, calc) = calc(subject)?;
    // One cause stays one cause where several instances of a store have the same instructions.
    store.instantiate(&subject.compile(&fixtures::calc()?)?, &[])?;
    let float = |value: f32| vec![CoreValue::F32(value.to_bits())];
    for (export, args, trap) in [
        ("trap", vec![], Trap::Unreachable),
        ("div_s", vec![1.into(), 0.into()], Trap::IntegerDivideByZero),
        (
            "div_s",
            vec![i32::MIN.into(), (-1).into()],
            Trap::IntegerOverflow,
        ),
        ("trunc", float(f32::NAN), Trap::BadConversionToInteger),
        ("trunc", float(2_147_483_648.0), Trap::IntegerOverflow),
        ("load", vec![65536.into()], Trap::MemoryOutOfBounds),
        ("load", vec![(-1).into()], Trap::MemoryOutOfBounds),
        (
            "store",
            vec![65533.into(), 1.into()],
            Trap::MemoryOutOfBounds,
        ),
        ("indirect", vec![1.into()], Trap::BadSignature),
        ("indirect", vec![2.into()], Trap::UninitializedElement),
        ("indirect", vec![3.into()], Trap::UndefinedElement),
        ("call_null", vec![], Trap::UninitializedElement),
        ("recurse", vec![1.into()], Trap::StackExhausted),
    ] {
        let what = format!("{export}{args:?}");
        traps(what, tried(&mut *store, calc, export, &args)?, trap)?;
    }
    Ok(())
}

pub(in crate::kit) fn core_store_survives_a_trap(subject: &Subject) -> Checked {
    let (mut store, calc) = calc(subject)?;
    for round in 1..4i32 {
        traps(
            "trap",
            tried(&mut *store, calc, "trap", &[])?,
            Trap::Unreachable,
        )?;
        let found = call(&mut *store, calc, "add", &[2.into(), 3.into()])?;
        same("add", found, [CoreValue::I32(5)])?;
        let result = tried(&mut *store, calc, "div_s", &[1.into(), 0.into()])?;
        traps("div_s", result, Trap::IntegerDivideByZero)?;
        let divs = global(&mut *store, calc, "__witness_counter_1")?;
        same("divisions", store.global(divs)?, CoreValue::I32(round))?;
        let memory = memory(&mut *store, calc, "memory")?;
        same("memory", store.memory(memory)?.read_vec(16, 5)?, b"hello")?;
    }
    let other = made(
        subject,
        &mut *store,
        r#"(module (func (export "f") (result i32) (i32.const 1)))"#,
    )?;
    same(
        "another instance",
        call(&mut *store, other, "f", &[])?,
        [CoreValue::I32(1)],
    )
}

pub(in crate::kit) fn core_floats_pass_as_bits(subject: &Subject) -> Checked {
    let text = r#"(module (import "h" "same" (func $same (param f32 f64) (result f32 f64)))
        (func (export "guest") (param f32 f64) (result f32 f64) (local.get 0) (local.get 1))
        (func (export "host") (param f32 f64) (result f32 f64)
            (call $same (local.get 0) (local.get 1))))"#;
    let module = subject.compile(&wat("floats", text)?)?;
    let mut store = subject.store(&Limits::new())?;
    let floats = [CoreType::F32, CoreType::F64];
    let same_back: HostFn = Arc::new(|_, args, results| {
        results.copy_from_slice(args);
        Ok(())
    });
    let import = host_func(&mut *store, &floats, &floats, same_back)?;
    let instance = store.instantiate(&module, &[import])?;
    for (narrow, wide) in [
        (0x7fa0_0001, 0x7ff4_0000_0000_0001),
        (0xffc0_0000, 0xfff8_0000_0000_0000),
        (0x8000_0000, 0x8000_0000_0000_0000),
        (1, 1),
    ] {
        let args = [CoreValue::F32(narrow), CoreValue::F64(wide)];
        for export in ["guest", "host"] {
            // Values with different NaNs are equal, so the texts with the bits are compared.
            let found = call(&mut *store, instance, export, &args)?;
            same(export, format!("{found:?}"), format!("{args:?}"))?;
        }
    }
    Ok(())
}

pub(in crate::kit) fn core_host_errors_pass_unchanged(subject: &Subject) -> Checked {
    let text = r#"(module (import "h" "fail" (func $fail (param i32)))
        (table 1 funcref) (elem (i32.const 0) $fail)
        (func (export "fail") (param i32) (call $fail (local.get 0)))
        (func (export "by-table") (param i32) (call_indirect (param i32) (local.get 0) (i32.const 0))))"#;
    fn error(n: i32) -> Error {
        match n {
            0 => Error::host("out of paper").during("print"),
            1 => Error::trap(Trap::IntegerOverflow),
            2 => Error::exit(3),
            3 => Error::limit(Limit::Output),
            4 => Error::misuse("expected less"),
            _ => Error::unsupported(Capability::Gc, "expected no gc"),
        }
    }
    let module = subject.compile(&wat("fails", text)?)?;
    let mut store = subject.store(&Limits::new())?;
    let fail: HostFn = Arc::new(|_, args, _| match args {
        [CoreValue::I32(n)] => Err(error(*n)),
        _ => Ok(()),
    });
    let import = host_func(&mut *store, &[CoreType::I32], &[], fail)?;
    let instance = store.instantiate(&module, &[import])?;
    for n in 0..6 {
        for export in ["fail", "by-table"] {
            let expected = error(n);
            let result = tried(&mut *store, instance, export, &[n.into()])?;
            let found = fails(n, result, expected.kind())?;
            says(n, &found, &[expected.message()])?;
            if let Some(operation) = expected.operation() {
                same("operation", found.operation(), Some(operation))?;
            }
        }
    }
    Ok(())
}

pub(in crate::kit) fn core_host_functions_have_every_type(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "h" "all" (func $all (param i32 i64 f32 f64 externref) (result i64)))
        (import "h" "two" (func $two (param i32 i64) (result i64 i32)))
        (import "h" "none" (func $none))
        (func (export "all") (param i32 i64 f32 f64 externref) (result i64)
            (call $all (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)))
        (func (export "two") (param i32 i64) (result i64 i32)
            (call $two (local.get 0) (local.get 1)))
        (func (export "none") (call $none)))"#;
    let module = subject.compile(&wat("types", text)?)?;
    let mut store = subject.store(&Limits::new())?;
    let numbers = [
        CoreType::I32,
        CoreType::I64,
        CoreType::F32,
        CoreType::F64,
        CoreType::EXTERNREF,
    ];
    let expected = [
        CoreValue::I32(-1),
        CoreValue::I64(i64::MIN),
        CoreValue::F32(1.5f32.to_bits()),
        CoreValue::F64((-0f64).to_bits()),
        CoreValue::ExternRef(Some(9)),
    ];
    let all: HostFn = Arc::new(move |_, args, results| {
        let right = args == expected;
        results
            .iter_mut()
            .for_each(|slot| *slot = CoreValue::I64(i64::from(right)));
        Ok(())
    });
    let two: HostFn = Arc::new(|_, args, results| {
        for (slot, arg) in results.iter_mut().zip(args.iter().rev()) {
            *slot = *arg;
        }
        Ok(())
    });
    let none: HostFn = Arc::new(|_, args, results| {
        assert!(
            args.is_empty() && results.is_empty(),
            "expected empty slices"
        );
        Ok(())
    });
    let pair = [CoreType::I32, CoreType::I64];
    let swapped = [CoreType::I64, CoreType::I32];
    let imports = [
        host_func(&mut *store, &numbers, &[CoreType::I64], all)?,
        host_func(&mut *store, &pair, &swapped, two)?,
        host_func(&mut *store, &[], &[], none)?,
    ];
    let instance = store.instantiate(&module, &imports)?;
    same(
        "all",
        call(&mut *store, instance, "all", &expected)?,
        [CoreValue::I64(1)],
    )?;
    let found = call(&mut *store, instance, "two", &[1.into(), 2i64.into()])?;
    same("two", found, [CoreValue::I64(2), CoreValue::I32(1)])?;
    same("none", call(&mut *store, instance, "none", &[])?, [])?;
    // The host can call a host function like any other function.
    if let [_, CoreExtern::Func(two), _] = imports {
        let ty = store.func_type(two)?;
        same("its type", ty, CoreFuncType::new(pair, swapped))?;
        let mut results = [CoreValue::I64(0), CoreValue::I32(0)];
        store.call(two, &[3.into(), 4i64.into()], &mut results)?;
        same(
            "called by the host",
            results,
            [CoreValue::I64(4), CoreValue::I32(3)],
        )?;
    }
    // The results of a host function are checked.
    let lies: HostFn = Arc::new(|_, _, results| {
        results
            .iter_mut()
            .for_each(|slot| *slot = CoreValue::I32(1));
        Ok(())
    });
    let text = r#"(module (import "h" "f" (func $f (result i64)))
        (func (export "f") (result i64) (call $f)))"#;
    let module = subject.compile(&wat("lies", text)?)?;
    let import = host_func(&mut *store, &[], &[CoreType::I64], lies)?;
    let instance = store.instantiate(&module, &[import])?;
    let result = tried(&mut *store, instance, "f", &[])?;
    fails("an i32 for an i64", result, &ErrorKind::Host).map(drop)
}

pub(in crate::kit) fn core_host_functions_call_back(subject: &Subject) -> Checked {
    let text = r#"(module (import "h" "f" (func $f (param i32) (result i32)))
        (global $depth (export "depth") (mut i32) (i32.const 0))
        (func (export "down") (param i32) (result i32)
            (global.set $depth (i32.add (global.get $depth) (i32.const 1)))
            (if (i32.eqz (local.get 0)) (then (return (i32.const 100))))
            (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (i32.const 1))))"#;
    let module = subject.compile(&wat("calls back", text)?)?;
    let mut store = subject.store(&Limits::new())?;
    let down: HostFn = Arc::new(|caller, args, results| {
        let Some(CoreExtern::Func(down)) = caller.caller_export("down") else {
            return Err(Error::host("expected an export `down`, found none"));
        };
        caller.call(down, args, results)
    });
    let import = host_func(&mut *store, &[CoreType::I32], &[CoreType::I32], down)?;
    let instance = store.instantiate(&module, &[import])?;
    let result = tried(&mut *store, instance, "down", &[5.into()])?;
    let found = result.map_err(|e| Failure::of(Stage::Use, e))?;
    same("down", found, [CoreValue::I32(105)])?;
    let depth = global(&mut *store, instance, "depth")?;
    same("depth", store.global(depth)?, CoreValue::I32(6))
}

pub(in crate::kit) fn core_host_state_is_kept(subject: &Subject) -> Checked {
    let engine = subject.engine()?;
    let mut store = engine.store(&Limits::new(), HostState::new(vec![1u8]))?;
    let text = r#"(module (import "h" "f" (func $f)) (start $f) (export "f" (func $f)))"#;
    let module = subject.compile(&wat("state", text)?)?;
    let push: HostFn = Arc::new(|caller, _, _| {
        let state = caller.host().downcast_mut::<Vec<u8>>();
        let state = state.ok_or_else(|| Error::host("expected the layer's data"))?;
        state.push(2);
        Ok(())
    });
    let import = host_func(&mut *store, &[], &[], push)?;
    let instance = store.instantiate(&module, &[import])?;
    call(&mut *store, instance, "f", &[])?;
    let found = store.host().downcast_ref::<Vec<u8>>();
    same("the layer's data", found, Some(&vec![1, 2, 2]))?;
    let other = store.host().downcast_ref::<String>();
    holds("no data of another type", other.is_none(), other)
}
