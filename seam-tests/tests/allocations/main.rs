//! How often calls allocate: through the layer, on every core engine with a layered backend, and on
//! wasmtime's own component model.
//!
//! Unlike times, counts of allocations are the same on every machine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod counting;
mod growth;
mod guests;

use seam_core::{Backend, BackendExt, Func, Instance, InstanceExt, List, Value, World};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use counting::allocations;

/// The backends that run components on the layer, with their names.
fn backends() -> [(&'static str, Box<dyn Backend>); 2] {
    [
        ("wasmi", Box::new(Wasmi::new())),
        ("layered wasmtime", Box::new(Wasmtime::layered())),
    ]
}

/// These, and wasmtime's own component model.
fn all_backends() -> Vec<(&'static str, Box<dyn Backend>)> {
    let mut all: Vec<(_, Box<dyn Backend>)> = vec![("wasmtime", Box::new(Wasmtime::new()))];
    all.extend(backends());
    all
}

/// Returns an instance of the text, and its functions with these names.
fn instance<const N: usize>(
    backend: &dyn Backend,
    text: &str,
    world: &World,
    names: [&str; N],
) -> (Box<dyn Instance>, [Func; N]) {
    let artifact = seam_core::Artifact::from_wat("allocations", text).unwrap();
    let mut instance = backend.instantiate_blocking(&artifact, world).unwrap();
    let funcs = names.map(|name| instance.resolve(name).unwrap());
    (instance, funcs)
}

/// Returns the allocations of a call by values, after others that may have filled caches.
fn of_call(instance: &mut dyn Instance, func: &Func, args: &[Value], expected: &Value) -> u64 {
    for _ in 0..3 {
        instance.call_blocking(func, args).unwrap();
    }
    let (result, count) = allocations(|| instance.call_blocking(func, args));
    assert_eq!(result.unwrap().as_ref(), Some(expected));
    count
}

#[test]
fn a_call_by_values_allocates_only_its_result() {
    for (name, backend) in all_backends() {
        let names = ["add", "echo", "bytes", "numbers"];
        let (mut instance, [add, echo, bytes, numbers]) =
            instance(&*backend, guests::ECHO, &World::new(), names);
        let mut count =
            |func, args: &[Value], expected: &Value| of_call(&mut *instance, func, args, expected);
        let sum = [Value::U32(2), Value::U32(3)];
        assert_eq!(count(&add, &sum, &Value::U32(5)), 0, "add on {name}");
        for text in ["sixteen bytes...", ""] {
            let text = Value::from(text);
            let most = count(&echo, std::slice::from_ref(&text), &text);
            assert!(most <= 1, "{text} on {name}: {most} allocations");
        }
        for length in [64, 1 << 20] {
            let list = Value::List(List::U8(vec![7; length]));
            let found = count(&bytes, std::slice::from_ref(&list), &list);
            assert_eq!(found, 1, "{length} bytes on {name}");
        }
        let list = Value::List(List::U32((0..1000).collect()));
        let found = count(&numbers, std::slice::from_ref(&list), &list);
        assert_eq!(found, 1, "1000 numbers on {name}");
    }
}

#[test]
fn a_typed_call_allocates_only_its_result() {
    for (name, backend) in all_backends() {
        let (mut instance, [add, echo]) =
            instance(&*backend, guests::ECHO, &World::new(), ["add", "echo"]);
        let add = instance.typed::<(u32, u32), u32>(&add).unwrap();
        let echo = instance.typed::<(&str,), String>(&echo).unwrap();
        for round in 0..2 {
            let (sum, count) = allocations(|| add.call_blocking(&mut *instance, (2, 3)));
            assert_eq!(sum.unwrap(), 5);
            assert!(round == 0 || count == 0, "add on {name}: {count}");
            let (text, count) =
                allocations(|| echo.call_blocking(&mut *instance, ("sixteen bytes...",)));
            assert_eq!(text.unwrap(), "sixteen bytes...");
            assert!(round == 0 || count == 1, "echo on {name}: {count}");
        }
    }
}

/// Returns the allocations of one more call by the guest of what it calls.
fn of_inner_call(instance: &mut dyn Instance, func: &Func) -> f64 {
    // The functions of a core module have signed numbers.
    let signed = func.ty().result == Some(seam_core::Type::S32);
    let mut of = |times: u32| {
        let value = match signed {
            true => Value::S32(times as i32),
            false => Value::U32(times),
        };
        let args = [value];
        instance.call_blocking(func, &args).unwrap();
        let (result, count) = allocations(|| instance.call_blocking(func, &args));
        assert_eq!(result.unwrap().as_ref(), args.first());
        count as f64
    };
    (of(110) - of(10)) / 100.0
}

#[test]
fn a_host_function_over_rust_types_allocates_only_its_arguments_and_result() {
    let world = World::new()
        .func("plus", |(a, b): (u32, u32)| Ok(a + b))
        .func("same", |(text,): (String,)| Ok(text));
    for (name, backend) in all_backends() {
        let names = ["plus-often", "same-often"];
        let (mut instance, [plus, same]) = instance(&*backend, guests::IMPORTS, &world, names);
        let of_plus = of_inner_call(&mut *instance, &plus);
        assert_eq!(of_plus, 0.0, "a host call with numbers on {name}");
        let of_same = of_inner_call(&mut *instance, &same);
        assert_eq!(of_same, 1.0, "a host call with a string on {name}");
    }
}

#[test]
fn a_call_from_guest_to_guest_allocates_nothing() {
    for (name, backend) in backends() {
        let names = ["plus-often", "same-often"];
        let (mut instance, [plus, same]) =
            instance(&*backend, guests::NESTED, &World::new(), names);
        let of_plus = of_inner_call(&mut *instance, &plus);
        assert_eq!(of_plus, 0.0, "a call with numbers on {name}");
        let of_same = of_inner_call(&mut *instance, &same);
        assert_eq!(of_same, 0.0, "a call with a string on {name}");
    }
}

#[test]
fn a_core_module_with_its_host_functions_allocates_nothing() {
    let world = World::new().func("h#plus", |(a, b): (i32, i32)| Ok(a + b));
    for (name, backend) in backends() {
        let (mut instance, [add, plus]) =
            instance(&*backend, guests::CORE, &world, ["add", "plus-often"]);
        let args = [Value::S32(-2), Value::S64(5)];
        let count = of_call(&mut *instance, &add, &args, &Value::S64(3));
        assert_eq!(count, 0, "add on {name}");
        let of_plus = of_inner_call(&mut *instance, &plus);
        assert_eq!(of_plus, 0.0, "a host call on {name}");
    }
}
