//! Host functions and host-defined resources of components.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Poll, Waker};

use seam_core::{
    ErrorKind, ExportName, HostCall, InstanceExt, Resource, ResourceType, Result, Stub, Trap,
    Value, World, block_on,
};
use seam_wasmtime::Wasmtime;
use support::{fixture, instance, refusal, wat};

const STORE: &str = "test:host/store@1.2.0";

/// The items of one instance, by name, and how many of them were dropped.
#[derive(Default)]
struct Items {
    made: Vec<(String, Vec<u8>)>,
    dropped: Vec<u32>,
}

fn item_type() -> ResourceType {
    ResourceType::new(format!("{STORE}#item"))
}

fn rep(value: &Value) -> Result<u32> {
    match value {
        Value::Own(item) | Value::Borrow(item) => item.rep(),
        other => panic!("expected an item, found {other:?}"),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.to_string(),
        other => panic!("expected a string, found {other:?}"),
    }
}

fn make(call: &mut HostCall<'_>, name: String) -> Result<Value> {
    let items = call.state::<Items>()?;
    items.made.push((name, Vec::new()));
    let rep = u32::try_from(items.made.len()).unwrap();
    Ok(Value::Own(Resource::host(item_type(), rep)))
}

fn item<'a>(call: &'a mut HostCall<'_>, value: &Value) -> Result<&'a mut (String, Vec<u8>)> {
    let index = rep(value)? as usize - 1;
    Ok(&mut call.state::<Items>()?.made[index])
}

/// The world of the fixture `hosted`.
fn world() -> World {
    let store = |name: &str| format!("{STORE}#{name}");
    World::new()
        .state(Items::default)
        .resource(&store("item"), |call, rep| {
            call.state::<Items>()?.dropped.push(rep);
            Ok(())
        })
        .func_values(&store("[constructor]item"), None, |call, args| {
            make(call, text(&args[0])).map(Some)
        })
        .func_values(&store("[method]item.name"), None, |call, args| {
            let (name, _) = item(call, &args[0])?;
            Ok(Some(Value::from(name.as_str())))
        })
        .func_values(&store("[method]item.set"), None, |call, args| {
            let Value::List(list) = &args[1] else {
                panic!("expected bytes");
            };
            item(call, &args[0])?.1 = vec![0; list.len()];
            Ok(None)
        })
        .func_values(&store("[method]item.size"), None, |call, args| {
            let (_, bytes) = item(call, &args[0])?;
            Ok(Some(Value::U32(u32::try_from(bytes.len()).unwrap())))
        })
        .func_values(&store("lookup"), None, |call, args| {
            let name = text(&args[0]);
            let found = name.starts_with("known").then(|| make(call, name));
            Ok(Some(Value::Option(found.transpose()?.map(Box::new))))
        })
        .func_values(&store("total"), None, |call, args| {
            let Value::List(items) = &args[0] else {
                panic!("expected items");
            };
            let mut total = 0;
            for borrowed in items.iter() {
                total += item(call, &borrowed)?.1.len();
            }
            Ok(Some(Value::U32(u32::try_from(total).unwrap())))
        })
        .func_values("test:host/log@1.2.0#log", None, |_, _| Ok(None))
        .func("test:host/math@1.2.0#add", |(a, b): (u32, u32)| {
            Ok(a.wrapping_add(b))
        })
        .func("test:host/math@1.2.0#div", |(a, b): (i32, i32)| {
            Ok(a.checked_div(b).ok_or_else(|| "no quotient".to_string()))
        })
        .func_values("test:host/math@1.2.0#mirror", None, |_, args| {
            let Value::Record(fields) = &args[0] else {
                panic!("expected a point");
            };
            let swapped = [("x", fields[1].1.clone()), ("y", fields[0].1.clone())];
            Ok(Some(Value::record(swapped)))
        })
        .func_values("test:host/math@1.2.0#scale", None, |_, args| {
            Ok(Some(args[0].clone()))
        })
}

fn numbers(numbers: impl IntoIterator<Item = u32>) -> Value {
    Value::from(numbers.into_iter().collect::<Vec<u32>>())
}

#[test]
fn host_functions_are_called_with_typed_values() {
    let mut hosted = instance(&Wasmtime::new(), &fixture("hosted/hosted.wasm"), &world());
    let sum = hosted.call_blocking("test:hosted/run@1.0.0#sum", &[numbers([1, 2, 3])]);
    assert_eq!(sum.unwrap(), Some(Value::U32(6)));
    let mut div = |a, b| {
        let args = [Value::S32(a), Value::S32(b)];
        hosted
            .call_blocking("test:hosted/run@1.0.0#try-div", &args)
            .unwrap()
    };
    assert_eq!(div(7, 2), Some(Value::ok(Some(Value::S32(3)))));
    assert_eq!(div(7, 0), Some(Value::err(Some("no quotient".into()))));
    let point = Value::record([("x", Value::S32(1)), ("y", Value::S32(2))]);
    let mirrored = hosted.call_blocking("test:hosted/run@1.0.0#mirror", &[point]);
    let expected = Value::record([("x", Value::S32(2)), ("y", Value::S32(1))]);
    assert_eq!(mirrored.unwrap(), Some(expected));
}

#[test]
fn resources_of_the_host_are_made_lent_and_dropped() {
    let mut hosted = instance(&Wasmtime::new(), &fixture("hosted/hosted.wasm"), &{
        let dropped = |call: &mut HostCall<'_>, _: &[Value]| {
            let dropped = &call.state::<Items>()?.dropped;
            Ok(Some(Value::U32(u32::try_from(dropped.len()).unwrap())))
        };
        world().func_values("test:host/math@1.2.0#add", None, dropped)
    });
    let names = Value::list(["a", "bc"].map(Value::from));
    let total = hosted.call_blocking("test:hosted/run@1.0.0#use-items", &[names]);
    assert!(matches!(total, Ok(Some(Value::U32(_)))), "{total:?}");
    let dropped = hosted.call_blocking("test:hosted/run@1.0.0#sum", &[numbers([0])]);
    assert_eq!(dropped.unwrap(), Some(Value::U32(2)), "destructors ran");
}

#[test]
fn an_item_survives_between_calls() {
    let mut hosted = instance(&Wasmtime::new(), &fixture("hosted/hosted.wasm"), &world());
    for name in ["known-1", "other"] {
        let forgotten = hosted.call_blocking("test:hosted/run@1.0.0#forget-item", &[name.into()]);
        assert_eq!(forgotten.unwrap(), None);
        let recalled = hosted
            .call_blocking("test:hosted/run@1.0.0#recall", &[])
            .unwrap();
        assert_eq!(recalled, Some(Value::some(name.into())));
    }
}

/// A future that is pending until another thread wakes it.
fn elsewhere<T: Send + 'static>(value: T) -> impl Future<Output = T> + Send {
    let done = Arc::new(AtomicBool::new(false));
    let mut value = Some(value);
    let mut started = false;
    std::future::poll_fn(move |cx| {
        if done.load(Ordering::Acquire) {
            return Poll::Ready(value.take().unwrap());
        }
        if !std::mem::replace(&mut started, true) {
            let (waker, done) = (cx.waker().clone(), done.clone());
            std::thread::spawn(move || {
                done.store(true, Ordering::Release);
                waker.wake();
            });
        }
        Poll::Pending
    })
}

fn asynchronous() -> World {
    world().func_async("test:host/math@1.2.0#add", None, |args| async move {
        let sum = args.iter().map(|arg| match arg {
            Value::U32(n) => *n,
            other => panic!("expected a number, found {other:?}"),
        });
        Ok(Some(Value::U32(elsewhere(sum.sum()).await)))
    })
}

#[test]
fn an_asynchronous_host_function_can_be_waited_for() {
    let fixture = fixture("hosted/hosted.wasm");
    let mut hosted = instance(&Wasmtime::new(), &fixture, &asynchronous());
    let sum = hosted.call_blocking("test:hosted/run@1.0.0#sum", &[numbers(1..=10)]);
    assert_eq!(sum.unwrap(), Some(Value::U32(55)));
    // Synchronous functions and resources work in the same world.
    let names = Value::list(["a", "bc"].map(Value::from));
    let total = hosted.call_blocking("test:hosted/run@1.0.0#use-items", &[names]);
    assert!(matches!(total, Ok(Some(Value::U32(_)))), "{total:?}");
}

#[test]
fn an_asynchronous_host_function_suspends_the_guest() {
    let fixture = fixture("hosted/hosted.wasm");
    let world = world().func_async("test:host/math@1.2.0#add", None, |_| {
        std::future::pending::<Result<Option<Value>>>()
    });
    let mut hosted = instance(&Wasmtime::new(), &fixture, &world);
    let sum = hosted.resolve("test:hosted/run@1.0.0#sum").unwrap();
    let args = [numbers([1])];
    let mut call = pin!(hosted.call(&sum, &args));
    let polled = call
        .as_mut()
        .poll(&mut std::task::Context::from_waker(Waker::noop()));
    assert!(polled.is_pending(), "the calling thread is free");
}

#[test]
fn asynchronous_calls_can_be_awaited() {
    let fixture = fixture("hosted/hosted.wasm");
    let mut hosted = instance(&Wasmtime::new(), &fixture, &asynchronous());
    let sum = hosted.resolve("test:hosted/run@1.0.0#sum").unwrap();
    let found = block_on(hosted.call(&sum, &[numbers([4, 5])])).unwrap();
    assert_eq!(found, Some(Value::U32(9)));
}

#[test]
fn a_host_functions_error_comes_out_as_it_was() {
    let fixture = fixture("hosted/hosted.wasm");
    let world = world().func("test:host/math@1.2.0#add", |(_, _): (u32, u32)| {
        Err::<u32, _>(seam_core::Error::exit(9))
    });
    let mut hosted = instance(&Wasmtime::new(), &fixture, &world);
    let sum = hosted.call_blocking("test:hosted/run@1.0.0#sum", &[numbers([1])]);
    assert_eq!(*sum.unwrap_err().kind(), ErrorKind::Exit(9));
}

#[test]
fn missing_imports_are_named_with_their_types() {
    let error = refusal(
        &Wasmtime::new(),
        &fixture("hosted/hosted.wasm"),
        &World::new(),
    );
    assert_eq!(*error.kind(), ErrorKind::Link);
    let text = error.to_string();
    let log =
        "`test:host/log@1.2.0#log` of type func(level: enum { debug, info, error }, msg: string)";
    assert!(text.contains(log), "{text}");
    assert!(
        text.contains("and 5 more (`seam inspect` lists all)"),
        "{text}"
    );
}

#[test]
fn a_host_function_of_another_type_fails_at_instantiation() {
    let world = world().func("test:host/math@1.2.0#add", |(a, _): (u64, u64)| Ok(a));
    let error = refusal(&Wasmtime::new(), &fixture("hosted/hosted.wasm"), &world);
    assert_eq!(*error.kind(), ErrorKind::Link);
}

#[test]
fn stubbed_imports_give_zero_or_trap_by_name() {
    let artifact = fixture("hosted/hosted.wasm");
    let sum = |stub| {
        let world = World::new().stub(stub);
        let mut hosted = instance(&Wasmtime::new(), &artifact, &world);
        let sum = hosted.call_blocking("test:hosted/run@1.0.0#sum", &[numbers([1])]);
        (sum, hosted.observed().unused_stubs.clone())
    };
    let (zero, unused) = sum(Stub::Default);
    assert_eq!(zero.unwrap(), Some(Value::U32(0)));
    let add: ExportName = "test:host/math@1.2.0#add".parse().unwrap();
    assert!(!unused.contains(&add) && !unused.is_empty());
    let (trap, _) = sum(Stub::Trap);
    let trap = trap.unwrap_err();
    let name = "test:host/math@1.2.0#add".into();
    assert_eq!(trap.as_trap(), Some(&Trap::StubbedImport(name)));
}

#[test]
fn an_asynchronous_component_runs_in_the_build_for_it() {
    let artifact = wat(r#"(component
          (import "later" (func $later (param "n" u32) (result u32)))
          (core func $later (canon lower (func $later)))
          (core module $m
            (import "" "later" (func $later (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (call $later (local.get 0))))
          (core instance $i (instantiate $m
            (with "" (instance (export "later" (func $later))))))
          (func (export "run") (param "n" u32) (result u32)
            (canon lift (core func $i "run"))))"#);
    let world = World::new().func_async("later", None, |args| async move {
        Ok(Some(elsewhere(args[0].clone()).await))
    });
    let backend = Wasmtime::builder().component_async().build();
    let mut guest = instance(&backend, &artifact, &world);
    let seven = guest.call_blocking("run", &[Value::U32(7)]);
    assert_eq!(seven.unwrap(), Some(Value::U32(7)));
}
