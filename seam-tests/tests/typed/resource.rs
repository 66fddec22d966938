//! Resources as typed handles.

use seam_core::typed::{Borrow, Liftable, Own, ResourceName, Typed};
use seam_core::{ErrorKind, Instance, InstanceExt, World};

use crate::{instances, of_text};

struct Counter;

impl ResourceName for Counter {
    const NAME: &'static str = "test:guest-res/counters@0.2.0#counter";
}

/// The same resource in a compatible version of its interface.
struct Newer;

impl ResourceName for Newer {
    const NAME: &'static str = "test:guest-res/counters@0.2.9#counter";
}

struct Other;

impl ResourceName for Other {
    const NAME: &'static str = "test:guest-res/counters@0.2.0#other";
}

fn named(function: &str) -> String {
    format!("test:guest-res/counters@0.2.0#{function}")
}

fn counters() -> Vec<Box<dyn Instance>> {
    instances(&seam_tests::fixtures::counters().unwrap(), &World::new())
}

fn counter(instance: &mut dyn Instance, start: u32) -> Own<Counter> {
    instance
        .call_typed_blocking(&named("[constructor]counter"), (start,))
        .unwrap()
}

#[test]
fn resources_are_made_lent_passed_and_dropped() {
    for mut instance in counters() {
        let instance = &mut *instance;
        let (five, ten) = (counter(instance, 5), counter(instance, 10));
        let value: u32 = instance
            .call_typed_blocking(&named("[method]counter.increment"), (five.borrow(),))
            .unwrap();
        assert_eq!(value, 6);
        let both = (five, ten.borrow());
        let merged: Own<Counter> = instance
            .call_typed_blocking(&named("[static]counter.merge"), both)
            .unwrap();
        assert_eq!(instance.held().len(), 2);
        instance.drop_own(ten).unwrap();
        let live: u32 = instance.call_typed_blocking(&named("live"), ()).unwrap();
        assert_eq!(live, 1);
        let value: u32 = instance
            .call_typed_blocking(&named("consume"), (merged,))
            .unwrap();
        assert_eq!(value, 16);
        assert_eq!(instance.held(), []);
    }
}

#[test]
fn resources_are_lifted_in_lists() {
    for mut instance in counters() {
        let made: Vec<Own<Counter>> = instance
            .call_typed_blocking(&named("make"), (3u32,))
            .unwrap();
        let values = made.iter().map(|counter| {
            let counter = (counter.borrow(),);
            instance
                .call_typed_blocking(&named("peek"), counter)
                .unwrap()
        });
        let values: Vec<u32> = values.collect();
        assert_eq!(values, [0, 1, 2]);
    }
}

#[test]
fn a_handle_that_is_dropped_in_rust_stays_held() {
    for mut instance in counters() {
        drop(counter(&mut *instance, 5));
        let mut held = instance.held();
        assert_eq!(held.len(), 1);
        let error = Own::<Other>::new(held[0].clone()).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        assert_eq!(
            error.message(),
            format!(
                "expected a resource of type {}, found one of type {}",
                Other::NAME,
                Counter::NAME
            )
        );
        let again = Own::<Counter>::new(held.remove(0)).unwrap();
        instance.drop_own(again).unwrap();
        assert_eq!(instance.held(), []);
    }
}

#[test]
fn a_handle_that_was_passed_by_reference_is_used_up() {
    for mut instance in counters() {
        let five = counter(&mut *instance, 5);
        let value: u32 = instance
            .call_typed_blocking(&named("consume"), (&five,))
            .unwrap();
        assert_eq!(value, 5);
        let again = instance.call_typed_blocking::<_, u32>(&named("peek"), (five.borrow(),));
        assert_eq!(*again.unwrap_err().kind(), ErrorKind::Misuse);
        assert_eq!(
            *instance.drop_own(five).unwrap_err().kind(),
            ErrorKind::Misuse
        );
    }
}

#[test]
fn resources_of_another_name_are_misuse() {
    for mut instance in counters() {
        let made =
            instance.call_typed_blocking::<_, Own<Other>>(&named("[constructor]counter"), (1u32,));
        let error = made.unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        let message = error.message();
        assert!(
            message.contains("other") && message.contains("counter"),
            "{message}"
        );
        let made =
            instance.call_typed_blocking::<_, Own<Newer>>(&named("[constructor]counter"), (1u32,));
        assert_eq!(made.unwrap().resource().ty().name(), Counter::NAME);
    }
}

struct File;

impl ResourceName for File {
    const NAME: &'static str = "file";
}

#[derive(Typed, Liftable)]
enum Opened {
    File(Own<File>),
    Missing,
}

/// Opens a file of the host, asks for its size and drops it.
const HOSTED: &str = r#"(component
  (import "file" (type $file (sub resource)))
  (type $opened' (variant (case "file" (own $file)) (case "missing")))
  (import "opened" (type $opened (eq $opened')))
  (import "open" (func $open (param "n" u32) (result $opened)))
  (import "size" (func $size (param "f" (borrow $file)) (result u32)))
  (core module $libc (memory (export "memory") 1))
  (core instance $libc (instantiate $libc))
  (core func $open' (canon lower (func $open) (memory (core memory $libc "memory"))))
  (core func $size' (canon lower (func $size)))
  (core func $drop' (canon resource.drop $file))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "open" (func $open (param i32 i32)))
    (import "" "size" (func $size (param i32) (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "run") (param i32) (result i32)
      (local $size i32)
      (call $open (local.get 0) (i32.const 0))
      (if (i32.load8_u (i32.const 0)) (then (return (i32.const -1))))
      (local.set $size (call $size (i32.load (i32.const 4))))
      (call $drop (i32.load (i32.const 4)))
      (local.get $size)))
  (core instance $i (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory"))
    (export "open" (func $open')) (export "size" (func $size')) (export "drop" (func $drop'))))))
  (func (export "run") (param "n" u32) (result s32) (canon lift (core func $i "run"))))"#;

#[test]
fn host_functions_take_and_return_typed_handles() {
    let world = World::new()
        .resource("file", |_, _| Ok(()))
        .func("open", |(n,): (u32,)| {
            Ok(match n {
                0 => Opened::Missing,
                n => Opened::File(Own::host(n)),
            })
        })
        .func("size", |(file,): (Borrow<'static, File>,)| {
            Ok(file.rep()? * 100)
        });
    for mut instance in of_text(HOSTED, &world) {
        for (n, size) in [(0u32, -1), (7, 700)] {
            let found: i32 = instance.call_typed_blocking("run", (n,)).unwrap();
            assert_eq!(found, size);
        }
    }
}
