//! Calls that were started and not yet taken.

use seam_core::{
    Args, CanonTrap, Func, Instance, InstanceExt, ProgramExt, Returns, Trap, Value, World,
};

use crate::fixtures;
use crate::kit::expect::{gives, misuse, same, says, traps, wat};
use crate::kit::{Checked, Failure, Subject};

/// Starts `add(2, 3)`, drives it, and takes the result.
fn adds(calc: &mut dyn Instance) -> Checked {
    let add = calc.resolve("add")?;
    let call = calc.start(&add, Args::Values(&[2.into(), 3.into()]))?;
    calc.drive_blocking(&call)?;
    same("add", calc.take(call)?, Some(Value::S32(5)))
}

pub(in crate::kit) fn calls_are_started_driven_and_taken(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    let (store, trap) = (calc.resolve("store")?, calc.resolve("trap")?);
    let args = [64.into(), 7.into()];

    // Nothing runs before it is driven.
    let call = calc.start(&store, Args::Values(&args))?;
    same("the function", call.func().name(), store.name())?;
    let path = super::call::root();
    let before = calc.read_memory(&path, "memory", 64, 4)?;
    same("memory before driving", before, [0; 4])?;
    calc.drive_blocking(&call)?;
    let after = calc.read_memory(&path, "memory", 64, 4)?;
    same("memory after driving", after, [7, 0, 0, 0])?;
    calc.write_memory(&path, "memory", 64, &[0; 4])?;
    calc.drive_blocking(&call)?;
    let again = calc.read_memory(&path, "memory", 64, 4)?;
    same("memory after driving again", again, [0; 4])?;
    same("store", calc.take(call)?, None)?;

    let call = calc.start(&store, Args::Values(&args))?;
    let error = misuse("a call that was not driven", calc.take(call))?;
    says("a call that was not driven", &error, &["store", "driven"])?;

    let call = calc.start(&trap, Args::Values(&[]))?;
    traps("trap", calc.drive_blocking(&call), Trap::Unreachable)?;
    adds(&mut *calc)
}

pub(in crate::kit) fn foreign_calls_are_misuse(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::calc()?)?;
    let mut one = program.instantiate_blocking(&World::new())?;
    let mut other = program.instantiate_blocking(&World::new())?;
    let (add, sub) = (one.resolve("add")?, other.resolve("sub")?);
    let args = [2.into(), 3.into()];
    let theirs = one.start(&add, Args::Values(&args))?;
    let ours = other.start(&sub, Args::Values(&args))?;
    let error = misuse("driving", other.drive_blocking(&theirs))?;
    says("driving", &error, &["add"])?;
    one.drive_blocking(&theirs)?;
    misuse("taking", other.take(theirs))?;
    other.drive_blocking(&ours)?;
    same("sub", other.take(ours)?, Some(Value::S32(-1)))?;

    let trap = other.resolve("trap")?;
    let failed = other.start(&trap, Args::Values(&[]))?;
    traps("trap", other.drive_blocking(&failed), Trap::Unreachable)?;
    misuse("driving what failed", other.drive_blocking(&failed))?;
    misuse("taking what failed", other.take(failed)).map(drop)
}

pub(in crate::kit) fn a_second_call_in_flight_is_misuse(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    let (add, sub) = (calc.resolve("add")?, calc.resolve("sub")?);
    let args = [2.into(), 3.into()];
    let call = calc.start(&add, Args::Values(&args))?;
    let error = misuse("a second", calc.start(&sub, Args::Values(&args)))?;
    says("a second", &error, &["sub", "`add`", "in flight"])?;
    misuse("run", calc.run_blocking())?;
    calc.drive_blocking(&call)?;
    misuse("a second", calc.start(&sub, Args::Values(&args)))?;
    same("add", calc.take(call)?, Some(Value::S32(5)))?;
    gives(&mut *calc, "sub", &args, -1)
}

pub(in crate::kit) fn dropped_calls_are_given_up(subject: &Subject) -> Checked {
    let mut calc = subject.instantiate(&fixtures::calc()?, &World::new())?;
    let add = calc.resolve("add")?;
    let args = [1.into(), 1.into()];
    drop(calc.start(&add, Args::Values(&args))?);
    adds(&mut *calc)?;
    let call = calc.start(&add, Args::Values(&args))?;
    calc.drive_blocking(&call)?;
    drop(call);
    adds(&mut *calc)?;
    // A call that is over does not stand for the one in flight when it is dropped.
    let trap = calc.resolve("trap")?;
    let failed = calc.start(&trap, Args::Values(&[]))?;
    traps("trap", calc.drive_blocking(&failed), Trap::Unreachable)?;
    let call = calc.start(&add, Args::Values(&args))?;
    drop(failed);
    misuse("a second", calc.start(&add, Args::Values(&args)))?;
    calc.drive_blocking(&call)?;
    same("add", calc.take(call)?, Some(Value::S32(2)))
}

/// Makes a call in one.
fn in_one(
    instance: &mut dyn Instance,
    func: &Func,
    args: &[Value],
) -> seam_core::Result<Option<Value>> {
    // A function without a result must not leave what was there before.
    let mut value = Some(Value::Bool(true));
    instance.call_in_one(func, Args::Values(args), Returns::Value(&mut value))?;
    Ok(value)
}

pub(in crate::kit) fn calls_in_one_agree_with_calls_in_steps(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::calc()?)?;
    let mut calc = program.instantiate_blocking(&World::new())?;
    let (add, store, trap) = (
        calc.resolve("add")?,
        calc.resolve("store")?,
        calc.resolve("trap")?,
    );
    let args = [2.into(), 3.into()];
    let sum = in_one(&mut *calc, &add, &args)?;
    same("add", sum, Some(Value::S32(5)))?;
    same(
        "store",
        in_one(&mut *calc, &store, &[64.into(), 7.into()])?,
        None,
    )?;
    let bytes = calc.read_memory(&super::call::root(), "memory", 64, 4)?;
    same("memory", bytes, [7, 0, 0, 0])?;

    let error = misuse(
        "a string",
        in_one(&mut *calc, &add, &["x".into(), 3.into()]),
    )?;
    says("a string", &error, &["argument 1", "string"])?;
    let call = calc.start(&add, Args::Values(&args))?;
    let error = misuse("a second", in_one(&mut *calc, &add, &args))?;
    says("a second", &error, &["`add`", "in flight"])?;
    drop(call);
    let mut other = program.instantiate_blocking(&World::new())?;
    misuse("a foreign function", in_one(&mut *other, &add, &args))?;

    traps("trap", in_one(&mut *calc, &trap, &[]), Trap::Unreachable)?;
    adds(&mut *calc)
}

pub(in crate::kit) fn component_calls_in_one_agree_with_calls_in_steps(
    subject: &Subject,
) -> Checked {
    let mut echo = subject.instantiate(&wat("echo", ECHO)?, &World::new())?;
    let (func, posts, trap) = (
        echo.resolve("echo")?,
        echo.resolve("posts")?,
        echo.resolve("trap")?,
    );
    let hello = in_one(&mut *echo, &func, &["hello".into()])?;
    same("echo", hello, Some("hello".into()))?;
    same(
        "posts",
        in_one(&mut *echo, &posts, &[])?,
        Some(Value::U32(1)),
    )?;
    let typed: String = echo.typed(&func)?.call_blocking(&mut *echo, ("bye",))?;
    same("echo, typed", typed.as_str(), "bye")?;
    same(
        "posts",
        in_one(&mut *echo, &posts, &[])?,
        Some(Value::U32(2)),
    )?;
    misuse("a number", in_one(&mut *echo, &func, &[1.into()]))?;
    traps("trap", in_one(&mut *echo, &trap, &[]), Trap::Unreachable)?;
    let again = in_one(&mut *echo, &func, &["hello".into()]);
    traps("echo after a trap", again, CanonTrap::CannotEnter)
}

/// `echo` gives its string back; `posts` counts the calls of its post-return.
const ECHO: &str = r#"(component
  (core module $m
    (memory (export "memory") 1)
    (global $posts (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
    (func (export "echo") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0))
    (func (export "post") (param i32)
      (global.set $posts (i32.add (global.get $posts) (i32.const 1))))
    (func (export "posts") (result i32) (global.get $posts))
    (func (export "trap") (unreachable)))
  (core instance $i (instantiate $m))
  (func (export "echo") (param "s" string) (result string)
    (canon lift (core func $i "echo") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")) (post-return (core func $i "post"))))
  (func (export "posts") (result u32) (canon lift (core func $i "posts")))
  (func (export "trap") (canon lift (core func $i "trap"))))"#;

pub(in crate::kit) fn component_calls_in_flight_keep_the_rules(subject: &Subject) -> Checked {
    let mut guest = subject.instantiate(&wat("echo", ECHO)?, &World::new())?;
    let guest = &mut *guest;
    let echo = guest.resolve("echo")?;
    let args = ["abc".into()];
    let start = |guest: &mut dyn Instance| guest.start(&echo, Args::Values(&args));

    let call = start(guest)?;
    let error = misuse("a second", start(guest))?;
    says("a second", &error, &["`echo`", "in flight"])?;
    guest.drive_blocking(&call)?;
    same("echo", guest.take(call)?, Some("abc".into()))?;
    gives(guest, "posts", &[], 1u32)?;

    // A call that was dropped before it was driven has not run, and one that was driven is freed.
    drop(start(guest)?);
    gives(guest, "posts", &[], 1u32)?;
    let call = start(guest)?;
    guest.drive_blocking(&call)?;
    drop(call);
    gives(guest, "posts", &[], 2u32)?;

    let call = start(guest)?;
    misuse("a call that was not driven", guest.take(call))?;
    gives(guest, "posts", &[], 2u32)?;

    let trap = guest.resolve("trap")?;
    let call = guest.start(&trap, Args::Values(&[]))?;
    traps("trap", guest.drive_blocking(&call), Trap::Unreachable)?;
    let closed: Result<_, Failure> = start(guest).map_err(Into::into).and_then(|call| {
        guest.drive_blocking(&call)?;
        Ok(guest.take(call)?)
    });
    match closed {
        Err(failure) if failure.to_string().contains("enter") => Ok(()),
        other => Err(Failure::new(format!(
            "after a trap: expected that the component cannot be entered, found {other:?}"
        ))),
    }
}
