//! Host functions: arguments, results, memory, errors, panics, and how they are linked.

use std::sync::{Arc, Mutex};

use seam_core::core::{
    CoreCaller, CoreExtern, CoreFuncType, CoreType, CoreValue, GlobalType, MemoryType, TableType,
};
use seam_core::{
    Capability, CoreItemKind, Error, ErrorKind, HostCall, InstanceExt, Limit, ProgramExt, Trap,
    Value, World, block_on,
};

use super::call::root;
use crate::fixtures;
use crate::kit::expect::{fails, gives, gives_nothing, holds, misuse, same, says, wat};
use crate::kit::{Checked, Failure, Subject};

const LOG: [CoreType; 2] = [CoreType::I32, CoreType::I32];

/// What `env.log` of a world that [`saying`] made was told.
pub(super) type Heard = Arc<Mutex<Vec<String>>>;

/// What was heard so far.
pub(super) fn said(heard: &Heard) -> Vec<String> {
    heard.lock().map(|said| said.clone()).unwrap_or_default()
}

/// A world for the fixture `imports`: `log` reads its text from the caller's memory, `next` counts
/// from 1, `mix` gives its first argument.
pub(super) fn saying(heard: &Heard) -> World {
    let heard = heard.clone();
    World::new()
        .core_func(
            "env",
            "log",
            CoreFuncType::new(LOG, []),
            move |caller, args, _| {
                let text = text(caller, args)?;
                if let Ok(mut heard) = heard.lock() {
                    heard.push(text);
                }
                Ok(())
            },
        )
        .func_with(
            "env#next",
            || 0i64,
            |count: &mut i64, (): ()| {
                *count += 1;
                Ok(*count)
            },
        )
        .func("env#mix", |(a, ..): (i32, i64, f32, f64)| Ok(a))
}

/// The text at an address and of a length in the caller's memory.
fn text(caller: &mut dyn CoreCaller, args: &[CoreValue]) -> Result<String, Error> {
    let [CoreValue::I32(at), CoreValue::I32(len)] = args else {
        return Err(Error::host("expected an address and a length"));
    };
    let Some(CoreExtern::Memory(memory)) = caller.caller_export("memory") else {
        return Err(Error::host("expected an export `memory`, found none"));
    };
    let (at, len) = (u64::from(at.unsigned_abs()), len.unsigned_abs() as usize);
    let bytes = caller.memory(memory)?.read_vec(at, len)?;
    String::from_utf8(bytes).map_err(|_| Error::host("expected text"))
}

pub(in crate::kit) fn host_functions_get_arguments_in_order(subject: &Subject) -> Checked {
    let seen = Arc::new(Mutex::new(None));
    let to = seen.clone();
    let world = saying(&Heard::default()).func("env#mix", move |args: (i32, i64, f32, f64)| {
        if let Ok(mut seen) = to.lock() {
            *seen = Some((args.0, args.1, args.2.to_bits(), args.3.to_bits()));
        }
        Ok(-5i32)
    });
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    for (a, b, c, d) in [
        (1, 2i64, 3.5f32, 4.25f64),
        (i32::MIN, i64::MAX, -0f32, f64::INFINITY),
        (-1, i64::MIN, f32::MIN_POSITIVE, f64::from_bits(1)),
    ] {
        let args = [a.into(), b.into(), c.into(), d.into()];
        gives(&mut *instance, "mix", &args, -5)?;
        let found = seen.lock().map(|seen| *seen).unwrap_or_default();
        let expected = Some((a, b, c.to_bits(), d.to_bits()));
        same("what the host saw", found, expected)?;
    }
    Ok(())
}

pub(in crate::kit) fn host_functions_are_reached_every_way(subject: &Subject) -> Checked {
    let world = saying(&Heard::default());
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    // Directly, twice; through a table; re-exported, by both kinds of call.
    gives(&mut *instance, "step", &[], 1i64)?;
    gives(&mut *instance, "next_by_table", &[], 3i64)?;
    gives(&mut *instance, "next", &[], 4i64)?;
    let found = instance.call_core(&root(), "next", &[])?;
    same("next", found, [CoreValue::I64(5)])
}

pub(in crate::kit) fn host_functions_share_state(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "push" (func $push (param i32)))
        (import "env" "sum" (func $sum (result i32)))
        (func (export "push") (param i32) (call $push (local.get 0)))
        (func (export "sum") (result i32) (call $sum)))"#;
    let world = World::new()
        .state(Vec::<i32>::new)
        .func_values(
            "env#push",
            None,
            |call: &mut HostCall<'_>, args: &[Value]| {
                if let [Value::S32(value)] = args {
                    call.state::<Vec<i32>>()?.push(*value);
                }
                Ok(None)
            },
        )
        .func_values("env#sum", None, |call: &mut HostCall<'_>, _: &[Value]| {
            Ok(Some(Value::S32(call.state::<Vec<i32>>()?.iter().sum())))
        });
    let mut instance = subject.instantiate(&wat("state", text)?, &world)?;
    for value in [1, 20, 300] {
        gives_nothing(&mut *instance, "push", &[value.into()])?;
    }
    gives(&mut *instance, "sum", &[], 321)
}

pub(in crate::kit) fn raw_host_functions_reach_memory(subject: &Subject) -> Checked {
    let heard = Heard::default();
    let mut instance = subject.instantiate(&fixtures::imports()?, &saying(&heard))?;
    gives_nothing(&mut *instance, "say", &[])?;
    gives_nothing(&mut *instance, "say_at", &[8.into(), 5.into()])?;
    gives_nothing(&mut *instance, "say_at", &[65536.into(), 0.into()])?;
    same("said", said(&heard), ["starting", "called", "start", ""])?;
    misuse(
        "past the end",
        instance.invoke("say_at", &[65530.into(), 7.into()]),
    )?;

    let ty = CoreFuncType::new(LOG, []);
    let world = saying(&heard).core_func("env", "log", ty, |caller, args, _| {
        let Some(CoreExtern::Memory(memory)) = caller.caller_export("memory") else {
            return Err(Error::host("expected an export `memory`, found none"));
        };
        if let [CoreValue::I32(at), _] = args {
            let at = u64::from(at.unsigned_abs());
            caller.memory(memory)?.write(at, b"written!")?;
        }
        Ok(())
    });
    let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
    let found = instance.read_memory(&root(), "memory", 8, 8)?;
    same("written during start", found, b"written!")
}

pub(in crate::kit) fn host_functions_call_back(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "twice" (func $twice (param i32) (result i32)))
        (func (export "triple") (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (unreachable)))
            (i32.mul (local.get 0) (i32.const 3)))
        (func (export "run") (param i32) (result i32)
            (i32.add (call $twice (local.get 0)) (i32.const 1))))"#;
    let ty = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    // Calls `triple` twice; where that traps, the host answers -2 and the guest goes on.
    let world = World::new().core_func("env", "twice", ty, |caller, args, results| {
        let Some(CoreExtern::Func(triple)) = caller.caller_export("triple") else {
            return Err(Error::host("expected an export `triple`, found none"));
        };
        let mut once = [CoreValue::I32(0)];
        match caller.call(triple, args, &mut once) {
            Ok(()) => caller.call(triple, &once, results),
            Err(error) if error.as_trap() == Some(&Trap::Unreachable) => {
                results
                    .iter_mut()
                    .for_each(|slot| *slot = CoreValue::I32(-2));
                Ok(())
            }
            Err(error) => Err(error),
        }
    });
    let mut instance = subject.instantiate(&wat("call back", text)?, &world)?;
    gives(&mut *instance, "run", &[5.into()], 46)?;
    gives(&mut *instance, "run", &[0.into()], -1)?;
    gives(&mut *instance, "run", &[1.into()], 10)
}

pub(in crate::kit) fn the_host_gives_memories_tables_and_globals(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "memory" (memory 1 2))
        (import "env" "table" (table 2 funcref))
        (import "env" "fixed" (global $fixed i64))
        (import "env" "count" (global $count (mut i32)))
        (export "memory" (memory 0)) (export "fixed" (global $fixed))
        (func (export "count") (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (i32.store (i32.const 8) (global.get $count))
            (global.get $count))
        (func (export "stored") (result i32) (i32.load (i32.const 8)))
        (func (export "is-null") (result i32) (ref.is_null (table.get (i32.const 1))))
        (func (export "size") (result i32) (table.size)))"#;
    let table = TableType {
        element: seam_core::core::RefType {
            nullable: true,
            heap: seam_core::core::HeapType::Func,
        },
        minimum: 2,
        maximum: Some(4),
        table64: false,
    };
    let world = World::new()
        .core_item(
            "env",
            "memory",
            CoreItemKind::Memory(MemoryType::new(1, Some(2))),
        )
        .core_item("env", "table", CoreItemKind::Table(table))
        .core_item(
            "env",
            "fixed",
            CoreItemKind::Global(GlobalType::new(CoreType::I64, false), CoreValue::I64(-7)),
        )
        .core_item(
            "env",
            "count",
            CoreItemKind::Global(GlobalType::new(CoreType::I32, true), CoreValue::I32(41)),
        );
    let program = subject.load(&wat("given", text)?)?;
    // Twice: they are made for each instance.
    for _ in 0..2 {
        let mut instance = program.instantiate_blocking(&world)?;
        gives(&mut *instance, "stored", &[], 0)?;
        gives(&mut *instance, "count", &[], 42)?;
        gives(&mut *instance, "stored", &[], 42)?;
        gives(&mut *instance, "is-null", &[], 1)?;
        gives(&mut *instance, "size", &[], 2)?;
        let snapshot = instance.snapshot(&seam_core::Query::new())?;
        same("core instances", snapshot.instances.len(), 1)?;
        let fixed = snapshot
            .instances
            .first()
            .and_then(|i| i.globals.get("fixed"));
        same("fixed", fixed, Some(&CoreValue::I64(-7)))?;
    }
    Ok(())
}

pub(in crate::kit) fn async_host_functions_give_their_result(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "later" (func $later (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
            (i32.add (call $later (local.get 0)) (i32.const 1))))"#;
    let world = World::new().func_async("env#later", None, |args: Vec<Value>| {
        let mut polled = false;
        std::future::poll_fn(move |cx| {
            if !std::mem::replace(&mut polled, true) {
                // Another thread wakes it: the one that calls may be parked.
                let waker = cx.waker().clone();
                std::thread::spawn(move || waker.wake());
                return std::task::Poll::Pending;
            }
            std::task::Poll::Ready(match args.as_slice() {
                [Value::S32(0)] => Err(Error::host("nothing to wait for")),
                [Value::S32(value)] => Ok(Some(Value::S32(value * 10))),
                _ => Err(Error::host("expected an s32")),
            })
        })
    });
    let program = subject.load(&wat("later", text)?)?;
    let made = program.instantiate_blocking(&world);
    let (suspends, blocks) = (Capability::AsyncHostSuspends, Capability::AsyncHostBlocks);
    if !subject.has(suspends) && !subject.has(blocks) {
        let error = crate::kit::expect::error("an async host function", made)?;
        let lacking = [suspends, blocks].map(ErrorKind::Unsupported);
        return holds("Unsupported", lacking.contains(error.kind()), error.kind());
    }
    let mut instance = made?;
    gives(&mut *instance, "run", &[4.into()], 41)?;
    let run = instance.resolve("run")?;
    let mut out = Vec::new();
    block_on(instance.call(&run, &[5.into()], &mut out))?;
    same("run", &out, &vec![Value::S32(51)])?;
    let result = block_on(instance.call(&run, &[0.into()], &mut out));
    let error = fails("run", result, &ErrorKind::Host)?;
    says("run", &error, &["nothing to wait for"])
}

pub(in crate::kit) fn a_panicking_host_function_is_caught(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "typed" (func $typed (param i32)))
        (import "env" "raw" (func $raw (param i32)))
        (func (export "typed") (param i32) (call $typed (local.get 0)))
        (func (export "raw") (param i32) (call $raw (local.get 0)))
        (func (export "fine") (result i32) (i32.const 1)))"#;
    let ty = CoreFuncType::new([CoreType::I32], []);
    let world = World::new()
        .func("env#typed", |(n,): (i32,)| {
            assert!(n == 0, "typed and {n}");
            Ok(())
        })
        .core_func("env", "raw", ty, |_, args, _| {
            assert!(args == [CoreValue::I32(0)], "raw and {args:?}");
            Ok(())
        });
    let mut instance = subject.instantiate(&wat("panics", text)?, &world)?;
    for (export, says_so) in [("typed", "typed and 7"), ("raw", "raw and [I32(7)]")] {
        gives_nothing(&mut *instance, export, &[0.into()])?;
        let result = instance.invoke(export, &[7.into()]);
        let error = fails(export, result, &ErrorKind::Host)?;
        says(export, &error, &["panicked", says_so])?;
        gives(&mut *instance, "fine", &[], 1)?;
    }
    Ok(())
}

pub(in crate::kit) fn errors_of_host_functions_come_out(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "fail" (func $fail (param i32)))
        (func $in (param i32) (call $fail (local.get 0)))
        (func (export "fail") (param i32) (call $in (local.get 0))))"#;
    fn error(n: i32) -> Error {
        match n {
            0 => Error::host("out of paper"),
            1 => Error::trap(Trap::IntegerOverflow),
            2 => Error::exit(3),
            3 => Error::limit(Limit::Output),
            4 => Error::misuse("expected less"),
            _ => Error::unsupported(Capability::Gc, "expected no gc"),
        }
    }
    let ty = CoreFuncType::new([CoreType::I32], []);
    let code = |args: &[CoreValue]| match args {
        [CoreValue::I32(n)] => *n,
        _ => -1,
    };
    let typed = World::new().func("env#fail", |(n,): (i32,)| Err::<(), _>(error(n)));
    let raw = World::new().core_func("env", "fail", ty, move |_, args, _| Err(error(code(args))));
    let program = subject.load(&wat("fails", text)?)?;
    for world in [typed, raw] {
        let mut instance = program.instantiate_blocking(&world)?;
        for n in 0..6 {
            let expected = error(n);
            let found = fails(n, instance.invoke("fail", &[n.into()]), expected.kind())?;
            says(n, &found, &[expected.message()])?;
        }
    }
    Ok(())
}

pub(in crate::kit) fn ill_typed_results_of_host_functions_are_host_errors(
    subject: &Subject,
) -> Checked {
    for (what, value, parts) in [
        ("another number", Some(Value::S32(1)), &["s64", "s32"][..]),
        ("text", Some("x".into()), &["s64", "string"]),
        ("nothing", None, &["s64", "nothing"]),
    ] {
        let world = saying(&Heard::default()).func_values(
            "env#next",
            None,
            move |_: &mut HostCall<'_>, _: &[Value]| Ok(value.clone()),
        );
        let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
        let result = instance.invoke("next_by_table", &[]);
        says(what, &fails(what, result, &ErrorKind::Host)?, parts)?;
    }
    let something = |_: &mut HostCall<'_>, _: &[Value]| Ok(Some(Value::S32(1)));
    let text = r#"(module (import "env" "none" (func $none)) (func (export "run") (call $none)))"#;
    let world = World::new().func_values("env#none", None, something);
    let mut instance = subject.instantiate(&wat("none", text)?, &world)?;
    let result = instance.invoke("run", &[]);
    fails("something", result, &ErrorKind::Host).map(drop)
}

pub(in crate::kit) fn wrong_host_types_fail_at_instantiation(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::imports()?)?;
    let base = || saying(&Heard::default());
    let core = |params: &[CoreType], results: &[CoreType]| CoreFuncType::new(params, results);
    let i32s = |n| vec![CoreType::I32; n];
    for (what, world, parts) in [
        (
            "another result",
            base().func("env#next", |()| Ok(1i32)),
            &["env#next", "s64", "s32"][..],
        ),
        (
            "text",
            base().func("env#next", |()| Ok(String::new())),
            &["env#next", "string"],
        ),
        (
            "no result",
            base().func("env#next", |()| Ok(())),
            &["env#next"],
        ),
        (
            "another order",
            base().func("env#mix", |_: (i64, i32, f32, f64)| Ok(1i32)),
            &["env#mix"],
        ),
        (
            "too few",
            base().func("env#mix", |_: (i32, i64, f32)| Ok(1i32)),
            &["env#mix"],
        ),
        (
            "a raw function of another type",
            base().core_func("env", "log", core(&i32s(3), &[]), |_, _, _| Ok(())),
            &["env", "log"],
        ),
        (
            "a global for a function",
            base().core_item(
                "env",
                "log",
                CoreItemKind::Global(GlobalType::new(CoreType::I32, false), CoreValue::I32(0)),
            ),
            &["log"],
        ),
    ] {
        let error = fails(what, program.instantiate_blocking(&world), &ErrorKind::Link)?;
        says(what, &error, parts)?;
    }
    program
        .instantiate_blocking(&base())
        .map(drop)
        .map_err(Failure::from)
}

pub(in crate::kit) fn missing_imports_are_named(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::imports()?)?;
    let result = program.instantiate_blocking(&World::new());
    let error = fails("nothing is defined", result, &ErrorKind::Link)?;
    let parts = ["env#log", "env#next", "env#mix", "s64", "stub"];
    says("nothing is defined", &error, &parts)?;
    // Only what is missing is named.
    let some = World::new().func("env#next", |()| Ok(1i64));
    let error = fails(
        "two are missing",
        program.instantiate_blocking(&some),
        &ErrorKind::Link,
    )?;
    says("two are missing", &error, &["env#log", "env#mix"])?;
    let named = error.to_string().contains("env#next");
    holds("an error without `env#next`", !named, &error)?;
    // What is no function has no stub, and is named as well.
    for (text, parts) in [
        (
            r#"(module (import "env" "memory" (memory 1)))"#,
            &["env", "memory"][..],
        ),
        (
            r#"(module (import "env" "table" (table 1 funcref)))"#,
            &["env", "table"],
        ),
        (
            r#"(module (import "env" "global" (global i32)))"#,
            &["env", "global"],
        ),
    ] {
        let program = subject.load(&wat("missing", text)?)?;
        for world in [World::new(), World::new().stub(seam_core::Stub::Default)] {
            let error = fails(text, program.instantiate_blocking(&world), &ErrorKind::Link)?;
            says(text, &error, parts)?;
        }
    }
    Ok(())
}
