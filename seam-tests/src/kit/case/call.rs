//! Calls of core modules, with component-level values and with core values.

use seam_core::{
    CorePath, CoreValue, ErrorKind, Instance, InstanceExt, Query, Value, World, block_on,
};

use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, holds, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// Returns the path of the only instance of a core module.
pub(super) fn root() -> CorePath {
    CorePath::new([0])
}

fn calc(subject: &Subject) -> Result<Box<dyn Instance>, Failure> {
    subject.instantiate(&fixtures::calc()?, &World::new())
}

pub(in crate::kit) fn numbers_pass_unchanged(subject: &Subject) -> Checked {
    let mut instance = calc(subject)?;
    let calc = &mut *instance;
    gives(calc, "add", &[2.into(), 3.into()], 5)?;
    gives(calc, "add", &[i32::MAX.into(), 1.into()], i32::MIN)?;
    gives(calc, "sub", &[0.into(), 1.into()], -1)?;
    gives(
        calc,
        "mul64",
        &[i64::MAX.into(), 2i64.into()],
        i64::MAX.wrapping_mul(2),
    )?;
    gives(calc, "div_s", &[(-7).into(), 2.into()], -3)?;
    gives(calc, "fadd", &[0.1f32.into(), 0.2f32.into()], 0.1f32 + 0.2)?;
    gives(calc, "sqrt", &[2f64.into()], 2f64.sqrt())?;
    gives(calc, "trunc", &[(-1.9f32).into()], -1)?;
    gives(calc, "fac", &[20i64.into()], 2_432_902_008_176_640_000i64)?;
    gives(calc, "fib", &[15.into()], 610)?;
    gives(calc, "indirect", &[0.into()], 7)?;
    gives_nothing(calc, "store", &[64.into(), (-2).into()])?;
    gives(calc, "load", &[64.into()], -2)
}

/// Zeroes keep their signs, infinities and subnormal numbers pass, and all NaNs are equal.
pub(in crate::kit) fn floats_pass_as_bits(subject: &Subject) -> Checked {
    let mut instance = calc(subject)?;
    let calc = &mut *instance;
    gives(calc, "fadd", &[(-0f32).into(), (-0f32).into()], -0f32)?;
    gives(calc, "sqrt", &[(-0f64).into()], -0f64)?;
    gives(calc, "sqrt", &[(-1f64).into()], f64::NAN)?;
    gives(calc, "sqrt", &[f64::INFINITY.into()], f64::INFINITY)?;
    let tiny = f32::from_bits(1);
    gives(calc, "fadd", &[tiny.into(), 0f32.into()], tiny)
}

pub(in crate::kit) fn multiple_results_come_in_order(subject: &Subject) -> Checked {
    let mut instance = calc(subject)?;
    let expected = Value::Tuple(vec![Value::S64(2), Value::S32(1)]);
    gives(&mut *instance, "swap", &[1.into(), 2i64.into()], expected)?;
    let found = instance.call_core(&root(), "swap", &[1i32.into(), 2i64.into()])?;
    same("swap", found, [CoreValue::I64(2), CoreValue::I32(1)])
}

pub(in crate::kit) fn core_calls_take_every_number(subject: &Subject) -> Checked {
    let text = r#"(module
        (func (export "same") (param i32 i64 f32 f64) (result f64 f32 i64 i32)
            (local.get 3) (local.get 2) (local.get 1) (local.get 0))
        (func (export "none")))"#;
    let mut instance = subject.instantiate(&wat("same", text)?, &World::new())?;
    let args = [
        CoreValue::I32(i32::MIN),
        CoreValue::I64(i64::MIN),
        CoreValue::F32(0x8000_0000),
        CoreValue::F64(0x7ff0_0000_0000_0000),
    ];
    let found = instance.call_core(&root(), "same", &args)?;
    let reversed: Vec<CoreValue> = args.iter().rev().copied().collect();
    same("same", found, reversed)?;
    same("none", instance.call_core(&root(), "none", &[])?, [])
}

pub(in crate::kit) fn vectors_pass_through_core_calls(subject: &Subject) -> Checked {
    let text = r#"(module
        (func (export "same") (param v128) (result v128) (local.get 0))
        (func (export "splat") (param i32) (result v128) (i32x4.splat (local.get 0))))"#;
    let mut instance = subject.instantiate(&wat("vectors", text)?, &World::new())?;
    let vector = CoreValue::V128(0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100);
    let found = instance.call_core(&root(), "same", &[vector])?;
    same("same", found, [vector])?;
    let found = instance.call_core(&root(), "splat", &[7i32.into()])?;
    let expected = CoreValue::V128(0x0000_0007_0000_0007_0000_0007_0000_0007);
    same("splat", found, [expected])
}

pub(in crate::kit) fn references_pass_through_core_calls(subject: &Subject) -> Checked {
    let text = r#"(module
        (type $t (func (result i32)))
        (global $kept (mut externref) (ref.null extern))
        (table $t 1 funcref)
        (func $seven (type $t) (i32.const 7)) (elem declare func $seven)
        (func (export "keep") (param externref) (global.set $kept (local.get 0)))
        (func (export "kept") (result externref) (global.get $kept))
        (func (export "seven") (result funcref) (ref.func $seven))
        (func (export "is-null") (param funcref) (result i32) (ref.is_null (local.get 0)))
        (func (export "call") (param funcref) (result i32)
            (table.set $t (i32.const 0) (local.get 0))
            (call_indirect $t (type $t) (i32.const 0))))"#;
    let mut instance = subject.instantiate(&wat("references", text)?, &World::new())?;
    let mut call = |name: &str, args: &[CoreValue]| instance.call_core(&root(), name, args);
    same("kept", call("kept", &[])?, [CoreValue::ExternRef(None)])?;
    for host in [0, 7, u64::MAX] {
        call("keep", &[CoreValue::ExternRef(Some(host))])?;
        let expected = CoreValue::ExternRef(Some(host));
        same("kept", call("kept", &[])?, [expected])?;
    }
    let null = call("is-null", &[CoreValue::FuncRef(None)])?;
    same("is-null", null, [CoreValue::I32(1)])?;
    let seven = call("seven", &[])?;
    holds(
        "a function reference",
        matches!(seven.as_slice(), [CoreValue::FuncRef(Some(_))]),
        &seven,
    )?;
    same("call", call("call", &seven)?, [CoreValue::I32(7)])?;
    traps(
        "call of null",
        call("call", &[CoreValue::FuncRef(None)]),
        seam_core::Trap::UninitializedElement,
    )
}

pub(in crate::kit) fn typed_calls_agree_with_values(subject: &Subject) -> Checked {
    let mut calc = calc(subject)?;
    same(
        "add",
        calc.call_typed_blocking::<_, i32>("add", (2i32, 3i32))?,
        5,
    )?;
    same(
        "sqrt",
        calc.call_typed_blocking::<_, f64>("sqrt", (9f64,))?,
        3.0,
    )?;
    calc.call_typed_blocking::<_, ()>("store", (8i32, 9i32))?;
    same(
        "load",
        calc.call_typed_blocking::<_, i32>("load", (8i32,))?,
        9,
    )?;
    let swapped: (i64, i32) = calc.call_typed_blocking("swap", (1i32, 2i64))?;
    same("swap", swapped, (2, 1))?;
    let error = misuse(
        "a string",
        calc.call_typed_blocking::<_, i32>("add", ("a", 3i32)),
    )?;
    says("a string", &error, &["add", "string", "s32"])?;
    misuse(
        "no result",
        calc.call_typed_blocking::<_, ()>("add", (2i32, 3i32)),
    )?;
    traps(
        "div_s",
        calc.call_typed_blocking::<_, i32>("div_s", (1i32, 0i32)),
        seam_core::Trap::IntegerDivideByZero,
    )
}

pub(in crate::kit) fn async_calls_agree_with_blocking_ones(subject: &Subject) -> Checked {
    let mut instance = calc(subject)?;
    let (add, trap) = (instance.resolve("add")?, instance.resolve("trap")?);
    let found = block_on(instance.call(&add, &[2.into(), 3.into()]))?;
    same("add", found, Some(Value::S32(5)))?;
    let result = block_on(instance.call(&trap, &[]));
    traps("trap", result, seam_core::Trap::Unreachable)?;
    let found: i32 = block_on(instance.call_typed("add", (2i32, 3i32)))?;
    same("add, typed", found, 5)?;
    let result = block_on(instance.call_typed::<_, ()>("trap", ()));
    traps("trap, typed", result, seam_core::Trap::Unreachable)?;
    let result = block_on(instance.run());
    misuse("run", result).map(drop)
}

pub(in crate::kit) fn instances_move_between_threads(subject: &Subject) -> Checked {
    let mut instance = calc(subject)?;
    gives(&mut *instance, "add", &[1.into(), 1.into()], 2)?;
    let thread = std::thread::spawn(move || {
        gives(&mut *instance, "add", &[2.into(), 3.into()], 5)?;
        Ok(instance)
    });
    let joined: Result<Box<dyn Instance>, Failure> = thread
        .join()
        .map_err(|_| Failure::new("expected no panic in a thread, found one"))?;
    let counters = joined?
        .snapshot(&Query::new())?
        .counters("__witness_counter_");
    same("additions", counters.get(&0), Some(&2))
}

pub(in crate::kit) fn ill_typed_arguments_name_their_path(subject: &Subject) -> Checked {
    let mut calc = calc(subject)?;
    for (args, parts) in [
        (vec![2.into()], &["2", "1"][..]),
        (vec![2.into(), 3.into(), 4.into()], &["2", "3"]),
        (vec![2.into(), "x".into()], &["argument 2", "s32", "string"]),
        (vec![2u32.into(), 3.into()], &["argument 1", "s32", "u32"]),
        (vec![2.into(), 3i64.into()], &["argument 2", "s32", "s64"]),
    ] {
        let what = format!("add({args:?})");
        says(
            &what,
            &misuse(&what, calc.call_blocking("add", &args))?,
            parts,
        )?;
    }
    let counters = calc.snapshot(&Query::new())?.counters("__witness_counter_");
    same("additions the guest saw", counters.get(&0), Some(&0))
}

pub(in crate::kit) fn core_calls_check_path_export_and_arguments(subject: &Subject) -> Checked {
    let mut calc = calc(subject)?;
    let two = [CoreValue::I32(2), CoreValue::I32(3)];
    same(
        "add",
        calc.call_core(&root(), "add", &two)?,
        [CoreValue::I32(5)],
    )?;
    for path in [CorePath::new([1]), CorePath::new([0, 0]), CorePath::new([])] {
        let what = format!("path `{path}`");
        misuse(what, calc.call_core(&path, "add", &two))?;
    }
    for (export, args) in [
        ("ad", &two[..]),
        ("memory", &[]),
        ("add", &[]),
        ("add", &[CoreValue::I32(1)]),
        ("add", &[CoreValue::I32(1), CoreValue::I64(1)]),
        ("add", &[CoreValue::I32(1), CoreValue::F32(1)]),
    ] {
        let what = format!("{export}({args:?})");
        misuse(what, calc.call_core(&root(), export, args))?;
    }
    let result = calc.call_core(&root(), "div_s", &[1i32.into(), 0i32.into()]);
    let kind = ErrorKind::Trap(seam_core::Trap::IntegerDivideByZero);
    crate::kit::expect::fails("div_s", result, &kind).map(drop)
}
