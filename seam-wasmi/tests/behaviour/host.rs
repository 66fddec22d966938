//! Host functions over Rust types and over core values.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use seam_core::{
    BackendExt, CoreCaller, CoreExtern, CoreFunc, CoreFuncType, CoreType, CoreValue, Error,
    ErrorKind, InstanceExt, Limit, Limits, OutputStream, Result, Trap, Value, World,
};

use crate::{builds, fixture, instance, kind, limit, s32, trap, wat};

#[test]
fn raw_functions_read_the_memory_of_their_caller_also_during_start() {
    let log = |limit: u64| {
        World::new()
            .stub(seam_core::Stub::Default)
            .limits(Limits::new().with_output(limit))
            .core_func_with(
                "env",
                "log",
                CoreFuncType::new([CoreType::I32, CoreType::I32], []),
                || 0u32,
                |count, caller, args, _| {
                    *count += 1;
                    let [CoreValue::I32(at), CoreValue::I32(len)] = args else {
                        return Err(Error::host("expected two numbers"));
                    };
                    let Some(CoreExtern::Memory(memory)) = caller.caller_export("memory") else {
                        return Err(Error::host("expected a memory"));
                    };
                    let text = caller
                        .memory(memory)?
                        .read_vec(*at as u32 as u64, *len as u32 as usize)?;
                    let text = format!("{count}:{}", String::from_utf8_lossy(&text));
                    caller.memory(memory)?.write(100, text.as_bytes())
                },
            )
    };
    let mut imports = instance(&fixture("imports"), &log(100));
    let path = seam_core::CorePath::new([0]);
    let read =
        |i: &mut dyn seam_core::Instance, len| i.read_memory(&path, "memory", 100, len).unwrap();
    assert_eq!(read(&mut *imports, 10), b"1:starting");
    imports.call_blocking("say", &[]).unwrap();
    assert_eq!(read(&mut *imports, 8), b"2:called");
    // A region outside the memory is an error of the host function, not a panic.
    let found = imports.call_blocking("say_at", &[s32(-1), s32(-1)]);
    assert_eq!(kind(found), ErrorKind::Misuse);
    assert_eq!(read(&mut *imports, 8), b"2:called");
}

const CALLS: &str = r#"(module (import "env" "f" (func $f (param i32) (result i32)))
    (func (export "call") (param i32) (result i32) (call $f (local.get 0))))"#;

#[test]
fn narrow_types_are_flattened() {
    let world = World::new().func("env#f", |(byte,): (u8,)| Ok(byte > 100));
    let mut instance = instance(&wat(CALLS), &world.record(true));
    assert_eq!(
        instance.call_blocking("call", &[s32(0x1_80)]).unwrap(),
        Some(s32(1))
    );
    let call = &instance.observed().host_calls[0];
    assert_eq!(call.args, [Value::U8(0x80)]);
    assert_eq!(call.result, Ok(Some(Value::Bool(true))));
    let world = World::new().func("env#f", |(char,): (char,)| Ok(char as u32));
    let mut instance = crate::instance(&wat(CALLS), &world);
    assert_eq!(
        instance.call_blocking("call", &[s32(97)]).unwrap(),
        Some(s32(97))
    );
    let found = kind(instance.call_blocking("call", &[s32(0xd800)]));
    assert_eq!(found, trap(Trap::Canon(seam_core::CanonTrap::InvalidChar)));
}

#[test]
fn panics_and_errors_of_host_functions_come_out() {
    let raw = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    let worlds = [
        World::new().func("env#f", |(n,): (i32,)| -> seam_core::Result<i32> {
            panic!("oh {n}")
        }),
        World::new().core_func("env", "f", raw.clone(), |_, args, _| {
            panic!("oh {}", args[0])
        }),
    ];
    for world in worlds {
        let world = world.record(true);
        let mut instance = instance(&wat(CALLS), &world);
        for n in 0..3 {
            let error = instance.call_blocking("call", &[s32(n)]).unwrap_err();
            assert_eq!(*error.kind(), ErrorKind::Host);
            assert!(error.message().ends_with(&format!("oh {n}")), "{error}");
        }
        assert_eq!(instance.observed().host_calls.len(), 3);
    }
    for cause in [
        Error::host("a"),
        Error::exit(3),
        Error::trap(Trap::CastFailure),
        Error::limit(Limit::Output),
    ] {
        let kind = cause.kind().clone();
        let again = kind.clone();
        let world = World::new().core_func("env", "f", raw.clone(), move |_, _, _| {
            Err(Error::new(again.clone(), "why"))
        });
        let mut instance = instance(&wat(CALLS), &world);
        let error = instance.call_blocking("call", &[s32(1)]).unwrap_err();
        assert_eq!((error.kind(), error.message()), (&kind, "why"));
        assert_eq!(error.operation(), Some("host function env#f"));
    }
}

#[test]
fn results_of_another_type_are_the_host_functions_fault() {
    let raw = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    let world = World::new().core_func("env", "f", raw, |_, _, results| {
        results[0] = CoreValue::V128(1);
        Ok(())
    });
    let mut instance = instance(&wat(CALLS), &world);
    let error = instance.call_blocking("call", &[s32(1)]).unwrap_err();
    assert_eq!(*error.kind(), ErrorKind::Host);
    assert!(
        error.message().contains("expected i32, found v128"),
        "{error}"
    );
}

/// Calls the guest's `down` until its argument is zero.
fn recursive() -> World {
    let ty = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    World::new().core_func("env", "f", ty, |caller, args, results| {
        let Some(CoreExtern::Func(down)) = caller.caller_export("call") else {
            return Err(Error::host("expected a function"));
        };
        match args {
            [CoreValue::I32(0)] => Ok(()),
            [CoreValue::I32(n)] => caller.call(down, &[CoreValue::I32(n - 1)], results),
            _ => Err(Error::host("expected a number")),
        }
    })
}

#[test]
fn calls_between_host_and_guest_nest_up_to_the_limit() {
    for wasmi in builds() {
        let world = recursive();
        let mut instance = wasmi.instantiate_blocking(&wat(CALLS), &world).unwrap();
        instance.call_blocking("call", &[s32(199)]).unwrap();
        for _ in 0..2 {
            let found = kind(instance.call_blocking("call", &[s32(200)]));
            assert_eq!(found, limit(Limit::HostDepth));
            instance.call_blocking("call", &[s32(199)]).unwrap();
        }
        // This must not depend on the stack of the caller's thread.
        let world = recursive().limits(Limits::new().with_host_depth(2000));
        let mut instance = wasmi.instantiate_blocking(&wat(CALLS), &world).unwrap();
        instance.call_blocking("call", &[s32(1999)]).unwrap();
        let found = kind(instance.call_blocking("call", &[s32(2000)]));
        assert_eq!(found, limit(Limit::HostDepth));
        let world = recursive().limits(Limits::new().with_host_depth(3));
        let mut instance = wasmi.instantiate_blocking(&wat(CALLS), &world).unwrap();
        instance.call_blocking("call", &[s32(2)]).unwrap();
        let found = kind(instance.call_blocking("call", &[s32(3)]));
        assert_eq!(found, limit(Limit::HostDepth));
    }
}

/// A quarter of a thread's default stack.
#[test]
fn the_default_depth_of_host_recursion_needs_little_stack_of_the_caller() {
    for wasmi in builds() {
        let mut instance = wasmi
            .instantiate_blocking(&wat(CALLS), &recursive())
            .unwrap();
        let small = std::thread::Builder::new().stack_size(512 << 10);
        let run = move || kind(instance.call_blocking("call", &[s32(200)]));
        let found = small.spawn(run).unwrap().join().unwrap();
        assert_eq!(found, limit(Limit::HostDepth));
    }
}

type Call = fn(&mut dyn CoreCaller, CoreFunc, CoreValue, &mut [CoreValue]) -> Result<()>;

/// The ways in which a host function calls the guest.
const WAYS: [Call; 2] = [
    |store, func, arg, results| store.call(func, &[arg], results),
    |store, func, arg, results| {
        let suspended = store.call_suspendable(func, &[arg], results)?;
        suspended.map_or(Ok(()), |_| Err(Error::host("expected a call that ends")))
    },
];

/// Returns the threads on which a host function runs that calls itself this often. Each call uses
/// this much stack.
fn threads<const STACK: usize>(calls: i32, call: Call) -> HashSet<ThreadId> {
    let seen: Arc<Mutex<HashSet<ThreadId>>> = Arc::default();
    let threads = seen.clone();
    let ty = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    let world = World::new().core_func("env", "f", ty, move |caller, args, results| {
        threads.lock().unwrap().insert(thread::current().id());
        let room = std::hint::black_box([0u8; STACK]);
        let Some(CoreExtern::Func(down)) = caller.caller_export("call") else {
            return Err(Error::host("expected a function"));
        };
        if let [CoreValue::I32(n @ 1..)] = args {
            call(caller, down, CoreValue::I32(n - 1), results)?;
        }
        std::hint::black_box(room);
        Ok(())
    });
    let mut instance = instance(&wat(CALLS), &world);
    instance.call_blocking("call", &[s32(calls)]).unwrap();
    seen.lock().unwrap().clone()
}

#[test]
fn nested_calls_change_the_thread_when_its_stack_is_used_up() {
    for call in WAYS {
        let here = HashSet::from([thread::current().id()]);
        assert_eq!(threads::<1>(2, call), here);
        let small = threads::<1>(6, call).len();
        let large = threads::<{ 64 << 10 }>(6, call).len();
        assert!(large > small, "{small} threads, then {large}");
    }
}

#[test]
fn async_functions_are_polled_in_place() {
    let world = World::new().func_async("env#f", None, |args| async move {
        std::future::ready(()).await;
        Ok(args.into_iter().next())
    });
    let mut instance = instance(&wat(CALLS), &world);
    assert_eq!(
        instance.call_blocking("call", &[s32(5)]).unwrap(),
        Some(s32(5))
    );
}

#[test]
fn output_is_captured_up_to_its_limit() {
    let world = World::new()
        .limits(Limits::new().with_output(5))
        .func_values("env#f", None, |call, args| {
            call.output(OutputStream::Stdout, b"abc")?;
            Ok(args.first().cloned())
        });
    let mut instance = instance(&wat(CALLS), &world);
    instance.call_blocking("call", &[s32(1)]).unwrap();
    let found = kind(instance.call_blocking("call", &[s32(1)]));
    assert_eq!(found, limit(Limit::Output));
    assert_eq!(instance.observed().stdout, b"abc");
}
