//! Fuel, deadlines and store limits.

use std::time::Duration;

use seam_core::{
    Backend, BackendExt, Capabilities, Capability, ErrorKind, InstanceExt, Limit, Limits, Stub,
    World,
};
use seam_wasmi::Wasmi;

use crate::{everything_on, fixture, instance, kind, limit, limited, refused, s32, soon, wat};

#[test]
fn a_deadline_ends_an_endless_loop_and_starts_anew_with_each_call() {
    for wasmi in [Wasmi::builder().deadline().build(), everything_on()] {
        let world = limited(Limits::new().with_deadline(soon()));
        let mut calc = wasmi
            .instantiate_blocking(&fixture("calc"), &world)
            .unwrap();
        for _ in 0..2 {
            assert_eq!(
                kind(calc.call_blocking("spin", &[])),
                limit(Limit::Deadline)
            );
            assert_eq!(
                calc.call_blocking("add", &[s32(1), s32(2)]).unwrap(),
                Some(s32(3))
            );
        }
        assert_eq!(calc.fuel_consumed(), None);
    }
}

#[test]
fn fuel_and_a_deadline_go_together() {
    let hour = Duration::from_secs(3600);
    let world = limited(Limits::new().with_deadline(hour).with_fuel(1_000_000));
    let mut calc = instance(&fixture("calc"), &world);
    assert_eq!(kind(calc.call_blocking("spin", &[])), limit(Limit::Fuel));
    assert_eq!(calc.fuel_consumed(), Some(1_000_000));
}

/// The guest is stopped and resumed many times, also within bulk operations and host calls.
#[test]
fn slices_of_fuel_do_not_change_what_the_guest_computes() {
    let artifact = wat(r#"(module
        (import "env" "one" (func $one (result i64)))
        (memory 1 400)
        (table $t 0 funcref)
        (func $fib (param i64) (result i64)
            (if (result i64) (i64.lt_u (local.get 0) (i64.const 2))
                (then (local.get 0))
                (else (i64.add
                    (call $fib (i64.sub (local.get 0) (i64.const 1)))
                    (call $fib (i64.sub (local.get 0) (i64.const 2)))))))
        (func (export "work") (result i64) (local $sum i64) (local $n i32)
            (loop $again
                (local.set $sum (i64.add (local.get $sum) (call $fib (i64.const 20))))
                (local.set $sum (i64.add (local.get $sum) (call $one)))
                (drop (memory.grow (i32.const 100)))
                (memory.fill (i32.const 0) (i32.const 7) (i32.mul (memory.size) (i32.const 65536)))
                (drop (table.grow $t (ref.null func) (i32.const 1)))
                (local.set $n (i32.add (local.get $n) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $n) (i32.const 20))))
            (i64.add (local.get $sum) (i64.extend_i32_u (i32.add (memory.size) (table.size $t))))))"#);
    let world = |limits| limited(limits).func("env#one", |(): ()| Ok(1i64));
    let limits = Limits::new().with_deadline(Duration::from_secs(3600));
    let sliced = instance(&artifact, &world(limits))
        .call_blocking("work", &[])
        .unwrap();
    let whole = Wasmi::new().instantiate_blocking(&artifact, &world(Limits::new()));
    assert_eq!(sliced, whole.unwrap().call_blocking("work", &[]).unwrap());
    assert_eq!(
        sliced,
        Some(seam_core::Value::S64(20 * 6765 + 20 + 301 + 20))
    );
}

/// wasmi itself would resume at another place in the guest.
#[test]
fn a_table_that_outgrows_its_slice_of_fuel_is_an_error() {
    let artifact = wat(r#"(module (table $t 0 funcref)
        (func (export "grow") (param i32) (result i32)
            (table.grow $t (ref.null func) (local.get 0))))"#);
    let hour = Limits::new().with_deadline(Duration::from_secs(3600));
    let mut sliced = instance(&artifact, &limited(hour));
    assert_eq!(
        sliced.call_blocking("grow", &[s32(7)]).unwrap(),
        Some(s32(0))
    );
    assert_eq!(
        kind(sliced.call_blocking("grow", &[s32(2_000_000)])),
        ErrorKind::Engine
    );
    assert_eq!(
        sliced.call_blocking("grow", &[s32(1)]).unwrap(),
        Some(s32(7))
    );
    let mut whole = instance(&artifact, &limited(Limits::new().with_fuel(1_000_000)));
    assert_eq!(
        whole.call_blocking("grow", &[s32(2_000_000)]).unwrap(),
        Some(s32(0))
    );
    let mut short = instance(&artifact, &limited(Limits::new().with_fuel(1_000)));
    assert_eq!(
        kind(short.call_blocking("grow", &[s32(2_000_000)])),
        limit(Limit::Fuel)
    );
}

#[test]
fn slow_host_functions_count_for_the_deadline() {
    let artifact = wat(r#"(module (import "env" "nap" (func $nap))
        (func (export "naps") (loop $again (call $nap) (br $again))))"#);
    let world = limited(Limits::new().with_deadline(soon())).func("env#nap", |(): ()| {
        std::thread::sleep(Duration::from_millis(5));
        Ok(())
    });
    let mut instance = instance(&artifact, &world);
    assert_eq!(
        kind(instance.call_blocking("naps", &[])),
        limit(Limit::Deadline)
    );
}

#[test]
fn start_functions_have_fuel_and_a_deadline_too() {
    let spin = wat("(module (func $f (loop $again (br $again))) (start $f))");
    let fuel = limited(Limits::new().with_fuel(10_000));
    assert_eq!(*refused(&spin, &fuel).kind(), limit(Limit::Fuel));
    let deadline = limited(Limits::new().with_deadline(soon()));
    assert_eq!(*refused(&spin, &deadline).kind(), limit(Limit::Deadline));
}

#[test]
fn memories_stop_growing_at_their_limit() {
    let two_pages = limited(Limits::new().with_memory(2 * 65536));
    let mut calc = instance(&fixture("calc"), &two_pages);
    assert_eq!(
        calc.call_blocking("grow", &[s32(2)]).unwrap(),
        Some(s32(-1))
    );
    assert_eq!(calc.call_blocking("grow", &[s32(1)]).unwrap(), Some(s32(1)));
    assert_eq!(
        calc.call_blocking("grow", &[s32(1)]).unwrap(),
        Some(s32(-1))
    );
    let none = limited(Limits::new().with_memory(65535));
    assert_eq!(
        *refused(&fixture("calc"), &none).kind(),
        limit(Limit::Memory)
    );
}

#[test]
fn tables_and_instances_are_bounded() {
    let artifact = wat(r#"(module (table $t 2 funcref)
        (func (export "grow") (result i32)
            (table.grow $t (ref.null func) (i32.const 1))))"#);
    let mut three = instance(&artifact, &limited(Limits::new().with_table_elements(3)));
    assert_eq!(three.call_blocking("grow", &[]).unwrap(), Some(s32(2)));
    assert_eq!(three.call_blocking("grow", &[]).unwrap(), Some(s32(-1)));
    let one = limited(Limits::new().with_table_elements(1));
    assert_eq!(
        *refused(&artifact, &one).kind(),
        limit(Limit::TableElements)
    );
    let none = limited(Limits::new().with_instances(0));
    assert_eq!(*refused(&artifact, &none).kind(), limit(Limit::Instances));
    instance(&artifact, &limited(Limits::new().with_instances(1)));
}

#[test]
fn limits_that_a_build_lacks_are_unsupported() {
    for (limits, capability) in [
        (Limits::new().with_fuel(1), Capability::Fuel),
        (Limits::new().with_deadline(soon()), Capability::Deadline),
    ] {
        let found = Wasmi::new().instantiate_blocking(&fixture("calc"), &limited(limits.clone()));
        assert_eq!(kind(found), ErrorKind::Unsupported(capability));
        let wanted = Capabilities::from([capability]);
        let built = Wasmi::new().rebuilt_with(&wanted).unwrap().unwrap();
        assert!(built.info().capabilities.has(capability));
        let deadline = Limits::new().with_fuel(1_000_000);
        let limits = if capability == Capability::Fuel {
            deadline
        } else {
            limits
        };
        built
            .instantiate_blocking(&fixture("calc"), &limited(limits))
            .unwrap();
    }
    let components = Capabilities::from([Capability::Gc]);
    assert!(Wasmi::new().rebuilt_with(&components).is_none());
}

/// A module that asks for more memory than the machine has does no harm.
#[test]
fn a_few_bytes_cannot_take_the_whole_machine() {
    let text = "(module (memory i64 200000) (func (export \"f\")))";
    let world = World::new().stub(Stub::Deny);
    assert_eq!(
        *refused(&wat(text), &world).kind(),
        limit(Limit::EngineCapacity)
    );
    let grow = wat(r#"(module (table $t 0 funcref)
        (func (export "grow") (result i32)
            (table.grow $t (ref.null func) (i32.const 0x7fffffff))))"#);
    assert_eq!(
        instance(&grow, &world).call_blocking("grow", &[]).unwrap(),
        Some(s32(-1))
    );
}
