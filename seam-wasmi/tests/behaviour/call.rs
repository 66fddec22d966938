//! Calls with values and with core values, and traps.

use seam_core::{CorePath, CoreValue, ErrorKind, InstanceExt, Trap, Value, World};

use crate::{builds, everything_on, fixture, instance, kind, s32, trap, wat};
use seam_core::BackendExt;

#[test]
fn numbers_pass_by_the_core_signature() {
    for wasmi in builds() {
        let mut calc = wasmi
            .instantiate_blocking(&fixture("calc"), &World::new())
            .unwrap();
        assert_eq!(
            calc.call_blocking("add", &[s32(2), s32(3)]).unwrap(),
            Some(s32(5))
        );
        let fac = calc.call_blocking("fac", &[Value::S64(20)]).unwrap();
        assert_eq!(fac, Some(Value::S64(2_432_902_008_176_640_000)));
        let swap = calc
            .call_blocking("swap", &[s32(1), Value::S64(2)])
            .unwrap();
        assert_eq!(swap, Some(Value::Tuple(vec![Value::S64(2), s32(1)])));
        assert_eq!(
            calc.call_blocking("store", &[s32(0), s32(0)]).unwrap(),
            None
        );
        assert_eq!(
            calc.call_typed_blocking::<_, f64>("sqrt", (9f64,)).unwrap(),
            3.0
        );
    }
}

#[test]
fn traps_are_their_cause_and_leave_the_instance_open() {
    let f32 = Value::F32;
    for (export, args, cause) in [
        ("trap", vec![], Trap::Unreachable),
        ("div_s", vec![s32(1), s32(0)], Trap::IntegerDivideByZero),
        ("div_s", vec![s32(i32::MIN), s32(-1)], Trap::IntegerOverflow),
        ("trunc", vec![f32(f32::NAN)], Trap::BadConversionToInteger),
        ("trunc", vec![f32(2e9 * 2.0)], Trap::IntegerOverflow),
        ("load", vec![s32(65533)], Trap::MemoryOutOfBounds),
        ("indirect", vec![s32(1)], Trap::BadSignature),
        ("indirect", vec![s32(2)], Trap::UninitializedElement),
        ("indirect", vec![s32(3)], Trap::UndefinedElement),
        ("recurse", vec![s32(1)], Trap::StackExhausted),
    ] {
        for wasmi in builds() {
            let mut calc = wasmi
                .instantiate_blocking(&fixture("calc"), &World::new())
                .unwrap();
            for _ in 0..2 {
                let found = calc.call_blocking(export, &args);
                assert_eq!(kind(found), trap(cause.clone()), "{export}({args:?})");
            }
            assert_eq!(
                calc.call_blocking("add", &[s32(2), s32(3)]).unwrap(),
                Some(s32(5))
            );
        }
    }
}

#[test]
fn accesses_past_the_end_of_a_table_are_no_calls() {
    let artifact = wat(r#"(module (table $t 1 funcref) (elem $e func)
        (func (export "get") (drop (table.get $t (i32.const 1))))
        (func (export "init")
            (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 1))))"#);
    let mut instance = instance(&artifact, &World::new());
    for export in ["get", "init"] {
        let found = kind(instance.call_blocking(export, &[]));
        assert_eq!(found, trap(Trap::TableOutOfBounds), "{export}");
    }
}

#[test]
fn deep_recursion_is_fine_until_the_build_says_otherwise() {
    let artifact = wat(
        r#"(module (func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0)
            (then (i32.add (i32.const 1)
                (call $down (i32.sub (local.get 0) (i32.const 1)))))
            (else (i32.const 0)))))"#,
    );
    let mut deep = everything_on()
        .instantiate_blocking(&artifact, &World::new())
        .unwrap();
    assert_eq!(
        deep.call_blocking("down", &[s32(9000)]).unwrap(),
        Some(s32(9000))
    );
    let shallow = seam_wasmi::Wasmi::builder().frames(100).build();
    let mut shallow = shallow
        .instantiate_blocking(&artifact, &World::new())
        .unwrap();
    assert_eq!(
        shallow.call_blocking("down", &[s32(50)]).unwrap(),
        Some(s32(50))
    );
    let found = kind(shallow.call_blocking("down", &[s32(200)]));
    assert_eq!(found, trap(Trap::StackExhausted));
}

#[test]
fn arguments_are_checked_before_the_guest_runs() {
    let mut calc = instance(&fixture("calc"), &World::new());
    let error = calc
        .call_blocking("add", &[s32(2), Value::U32(3)])
        .unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    let text = error.to_string();
    assert!(text.starts_with("wasmi: call add: argument 2"), "{text}");
    let error = calc.call_blocking("ad", &[]).unwrap_err();
    assert!(error.to_string().contains("`add`"), "{error}");
    let path = CorePath::new([0]);
    let wrong = [CoreValue::I32(1), CoreValue::F32(1)];
    assert_eq!(
        kind(calc.call_core(&path, "add", &wrong)),
        ErrorKind::Misuse
    );
    let vector = calc.snapshot(&seam_core::Query::new()).unwrap();
    assert_eq!(vector.counters("__witness_counter_")[&0], 0);
}

#[test]
fn bits_of_nans_pass_in_both_directions() {
    let artifact = wat(r#"(module
        (func (export "f32") (param f32) (result f32) (local.get 0))
        (func (export "f64") (param f64) (result f64) (local.get 0))
        (func (export "v128") (param v128) (result v128) (local.get 0)))"#);
    for wasmi in builds() {
        let mut instance = wasmi
            .instantiate_blocking(&artifact, &World::new())
            .unwrap();
        let path = CorePath::new([0]);
        let mut same =
            |export: &str, value| instance.call_core(&path, export, &[value]).unwrap()[0];
        for bits in [0x7fa0_0001, 0xffc0_0000] {
            assert!(matches!(same("f32", CoreValue::F32(bits)), CoreValue::F32(b) if b == bits));
        }
        let bits = 0xfff4_0000_0000_0001;
        assert!(matches!(same("f64", CoreValue::F64(bits)), CoreValue::F64(b) if b == bits));
        let bits = 0x0f0e_0d0c_0b0a_0908_0706_0504_0302_0100;
        assert!(matches!(same("v128", CoreValue::V128(bits)), CoreValue::V128(b) if b == bits));
    }
}

#[test]
fn functions_of_another_instance_are_misuse() {
    let mut a = instance(&fixture("calc"), &World::new());
    let mut b = instance(&fixture("calc"), &World::new());
    let add = a.resolve("add").unwrap();
    let found = b.call_blocking(&add, &[s32(1), s32(2)]);
    assert_eq!(kind(found), ErrorKind::Misuse);
}

#[test]
fn the_entry_runs_and_nothing_else_does() {
    let run = |text: &str| instance(&wat(text), &World::new()).run_blocking();
    let code = |text: &str| run(text).unwrap().code;
    assert_eq!(code(r#"(module (func (export "_start")))"#), 0);
    let fused = |value| {
        format!(
            r#"(module (func (export "wasi:cli/run@0.2.3#run") (result i32) (i32.const {value})))"#
        )
    };
    assert_eq!(code(&fused(0)), 0);
    assert_eq!(code(&fused(1)), 1);
    let error = run(r#"(module (func (export "main")))"#).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert!(error.to_string().contains("`main`"), "{error}");
    let trapped = run(r#"(module (func (export "_start") unreachable))"#);
    assert_eq!(kind(trapped), trap(Trap::Unreachable));
}

#[test]
fn exit_codes_of_host_functions_are_the_exit() {
    let artifact = wat(r#"(module (import "env" "exit" (func $exit (param i32)))
        (func (export "_start") (call $exit (i32.const 7)) unreachable))"#);
    let world = World::new().func("env#exit", |(code,): (i32,)| -> seam_core::Result<()> {
        Err(seam_core::Error::exit(code))
    });
    assert_eq!(instance(&artifact, &world).run_blocking().unwrap().code, 7);
}

#[test]
fn reactors_are_initialised_once_by_their_first_call() {
    let artifact = wat(r#"(module
        (global $count (mut i32) (i32.const 0))
        (func (export "_initialize")
            (global.set $count (i32.add (global.get $count) (i32.const 1))))
        (func (export "_start"))
        (func (export "count") (result i32) (global.get $count)))"#);
    let mut by_value = instance(&artifact, &World::new());
    assert_eq!(kind(by_value.run_blocking()), ErrorKind::Misuse);
    for _ in 0..2 {
        assert_eq!(by_value.call_blocking("count", &[]).unwrap(), Some(s32(1)));
    }
    let mut by_core = instance(&artifact, &World::new());
    let count = by_core
        .call_core(&CorePath::new([0]), "count", &[])
        .unwrap();
    assert_eq!(count, [CoreValue::I32(1)]);
    let mut by_hand = instance(&artifact, &World::new());
    by_hand.call_blocking("_initialize", &[]).unwrap();
    assert_eq!(by_hand.call_blocking("count", &[]).unwrap(), Some(s32(1)));
}
