//! Resources of the guest that the host holds.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use seam_core::{ErrorKind, Instance, InstanceExt, Resource, ResourceType, Value, World};
use seam_wasmtime::Wasmtime;
use support::{fixture, instance};

const COUNTERS: &str = "test:guest-res/counters@0.2.0";

fn counters() -> Box<dyn Instance> {
    let artifact = fixture("counters/counters.wasm");
    instance(&Wasmtime::new(), &artifact, &World::new())
}

fn invoke(guest: &mut Box<dyn Instance>, name: &str, args: &[Value]) -> Option<Value> {
    try_invoke(guest, name, args).unwrap()
}

fn try_invoke(
    guest: &mut Box<dyn Instance>,
    name: &str,
    args: &[Value],
) -> seam_core::Result<Option<Value>> {
    guest.call_blocking(&format!("{COUNTERS}#{name}"), args)
}

fn counter(guest: &mut Box<dyn Instance>, start: u32) -> Resource {
    match invoke(guest, "[constructor]counter", &[Value::U32(start)]) {
        Some(Value::Own(counter)) => counter,
        other => panic!("expected a counter, found {other:?}"),
    }
}

fn live(guest: &mut Box<dyn Instance>) -> Option<Value> {
    invoke(guest, "live", &[])
}

#[test]
fn methods_borrow_and_functions_take() {
    let mut guest = counters();
    let a = counter(&mut guest, 3);
    let method = "[method]counter.increment";
    for expected in [4, 5] {
        let value = invoke(&mut guest, method, &[Value::Borrow(a.clone())]);
        assert_eq!(value, Some(Value::U32(expected)));
    }
    let b = counter(&mut guest, 10);
    let args = [Value::Own(a), Value::Borrow(b.clone())];
    let Some(Value::Own(merged)) = invoke(&mut guest, "[static]counter.merge", &args) else {
        panic!("expected a counter");
    };
    let peeked = invoke(&mut guest, "peek", &[Value::Borrow(merged.clone())]);
    assert_eq!(peeked, Some(Value::U32(15)));
    let consumed = invoke(&mut guest, "consume", &[Value::Own(merged)]);
    assert_eq!(consumed, Some(Value::U32(15)));
    guest.drop_resource(&b).unwrap();
    assert_eq!(live(&mut guest), Some(Value::U32(0)));
}

#[test]
fn a_list_of_resources_is_numbered_in_order() {
    let mut guest = counters();
    let Some(Value::List(list)) = invoke(&mut guest, "make", &[Value::U32(3)]) else {
        panic!("expected counters");
    };
    for (start, counter) in list.iter().enumerate() {
        let Value::Own(counter) = counter else {
            panic!("expected a counter");
        };
        assert_eq!(counter.ordinal() as usize, start);
        let value = invoke(&mut guest, "peek", &[Value::Borrow(counter)]);
        assert_eq!(value, Some(Value::U32(u32::try_from(start).unwrap())));
    }
}

#[test]
fn a_moved_or_dropped_resource_is_misuse_before_the_guest_runs() {
    let mut guest = counters();
    let (moved, dropped) = (counter(&mut guest, 1), counter(&mut guest, 2));
    invoke(&mut guest, "consume", &[Value::Own(moved.clone())]);
    guest.drop_resource(&dropped).unwrap();
    for gone in [moved, dropped] {
        for (name, arg) in [
            ("peek", Value::Borrow(gone.clone())),
            ("consume", Value::Own(gone.clone())),
        ] {
            let error = try_invoke(&mut guest, name, &[arg]).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Misuse, "{error}");
        }
        let error = guest.drop_resource(&gone).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
    }
    assert_eq!(
        live(&mut guest),
        Some(Value::U32(0)),
        "the guest is open still"
    );
}

#[test]
fn a_resource_of_another_instance_is_misuse() {
    let (mut guest, mut other) = (counters(), counters());
    counter(&mut guest, 1);
    let foreign = counter(&mut other, 1);
    let error = try_invoke(&mut guest, "peek", &[Value::Borrow(foreign.clone())]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    let error = guest.drop_resource(&foreign).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    assert_eq!(live(&mut guest), Some(Value::U32(1)));
}

#[test]
fn a_resource_cannot_be_given_and_lent_in_one_call() {
    let mut guest = counters();
    let a = counter(&mut guest, 1);
    let args = [Value::Own(a.clone()), Value::Borrow(a.clone())];
    let error = try_invoke(&mut guest, "[static]counter.merge", &args).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse);
    let peeked = invoke(&mut guest, "peek", &[Value::Borrow(a)]);
    assert_eq!(peeked, Some(Value::U32(1)), "nothing was moved");
}

#[test]
fn a_resource_of_the_host_is_not_taken_for_the_guests() {
    let mut guest = counters();
    let ty = ResourceType::new(format!("{COUNTERS}#counter"));
    let made_up = Value::Borrow(Resource::host(ty, 1));
    let error = try_invoke(&mut guest, "peek", &[made_up]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Misuse, "{error}");
    assert_eq!(live(&mut guest), Some(Value::U32(0)));
}
