//! How host functions end: late, with an error, in a panic, or with an ill-typed result.

use seam_core::{
    Capability, CoreFuncType, CoreType, CoreValue, Error, ErrorKind, HostCall, InstanceExt, Limit,
    ProgramExt, Trap, Value, World, block_on,
};

use super::host::{Heard, saying};
use crate::fixtures;
use crate::kit::expect::{fails, gives, gives_nothing, holds, same, says, wat};
use crate::kit::{Checked, Subject};

pub(in crate::kit) fn async_host_functions_give_their_result(subject: &Subject) -> Checked {
    let text = r#"(module
        (import "env" "later" (func $later (param i32) (result i32)))
        (func (export "run") (param i32) (result i32)
            (i32.add (call $later (local.get 0)) (i32.const 1))))"#;
    let world = World::new().func_async("env#later", None, |args: Vec<Value>| {
        let mut polled = false;
        std::future::poll_fn(move |cx| {
            if !std::mem::replace(&mut polled, true) {
                // Another thread wakes the future, because the calling thread may be parked.
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
    let found = block_on(instance.call(&run, &[5.into()]))?;
    same("run", found, Some(Value::S32(51)))?;
    let result = block_on(instance.call(&run, &[0.into()]));
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
        let result = instance.call_blocking(export, &[7.into()]);
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
            let found = fails(
                n,
                instance.call_blocking("fail", &[n.into()]),
                expected.kind(),
            )?;
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
        ("nothing", None, &["s64", "found none"]),
    ] {
        let world = saying(&Heard::default()).func_values(
            "env#next",
            None,
            move |_: &mut HostCall<'_>, _: &[Value]| Ok(value.clone()),
        );
        let mut instance = subject.instantiate(&fixtures::imports()?, &world)?;
        let result = instance.call_blocking("next_by_table", &[]);
        says(what, &fails(what, result, &ErrorKind::Host)?, parts)?;
    }
    let something = |_: &mut HostCall<'_>, _: &[Value]| Ok(Some(Value::S32(1)));
    let text = r#"(module (import "env" "none" (func $none)) (func (export "run") (call $none)))"#;
    let world = World::new().func_values("env#none", None, something);
    let mut instance = subject.instantiate(&wat("none", text)?, &world)?;
    let result = instance.call_blocking("run", &[]);
    fails("something", result, &ErrorKind::Host).map(drop)
}
