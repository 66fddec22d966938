//! Limits: each ends what exceeds it, and is never ignored.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use seam_core::{
    Capability, CoreExtern, CoreFuncType, CoreType, ErrorKind, HostCall, Instance, InstanceExt,
    Limit, Limits, OutputStream, ProgramExt, Value, World,
};

use super::capability::supported_or_not;
use crate::fixtures;
use crate::kit::expect::{fails, gives, gives_nothing, holds, limited, same, wat};
use crate::kit::watch::room;
use crate::kit::{Checked, Failure, Subject};

fn world(limits: Limits) -> World {
    World::new().limits(limits)
}

/// Returns a module whose start function loops this many times.
fn looping(rounds: u32) -> String {
    format!(
        "(module (func $f (local $n i32) (local.set $n (i32.const {rounds}))
            (loop $again (br_if $again
                (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
            (start $f))"
    )
}

const ENDLESS_START: &str = "(module (func $f (loop $again (br $again))) (start $f))";

pub(in crate::kit) fn limits_not_built_for_are_unsupported(subject: &Subject) -> Checked {
    let program = subject.load(&fixtures::calc()?)?;
    for (capability, limits) in [
        (Capability::Fuel, Limits::new().with_fuel(1_000_000)),
        (
            Capability::Deadline,
            Limits::new().with_deadline(Duration::from_secs(3600)),
        ),
        (Capability::MemoryLimit, Limits::new().with_memory(1 << 20)),
        (
            Capability::TableLimit,
            Limits::new().with_table_elements(1000),
        ),
        (Capability::InstanceLimit, Limits::new().with_instances(10)),
    ] {
        let result = program.instantiate_blocking(&world(limits)).map(drop);
        supported_or_not(subject, capability, result.map_err(Into::into))?;
    }
    Ok(())
}

pub(in crate::kit) fn fuel_ends_an_endless_loop(subject: &Subject) -> Checked {
    let step = subject.fuel_granularity();
    let fuel = 100_000 + 4 * step;
    let limits = Limits::new().with_fuel(fuel);
    let mut calc = subject.instantiate(&fixtures::calc()?, &world(limits))?;
    gives(&mut *calc, "add", &[2.into(), 3.into()], 5)?;
    let before = calc.fuel_consumed();
    limited("spin", calc.call_blocking("spin", &[]), Limit::Fuel)?;
    // Used fuel is never refilled.
    limited("fib", calc.call_blocking("fib", &[20.into()]), Limit::Fuel)?;
    let after = calc.fuel_consumed();
    holds(
        "little fuel used by an addition",
        before.is_some_and(|used| used < 100_000),
        (before, after),
    )?;
    holds(
        "all fuel used by the loop, to a step",
        after.is_some_and(|used| used <= fuel && used + step >= fuel),
        (fuel, after),
    )?;
    let mut unlimited = subject.instantiate(&fixtures::calc()?, &World::new())?;
    gives(&mut *unlimited, "fib", &[20.into()], 6765)?;
    same("fuel without a limit", unlimited.fuel_consumed(), None)
}

pub(in crate::kit) fn fuel_counts_instantiation(subject: &Subject) -> Checked {
    let used = |text: &str| -> Result<Option<u64>, Failure> {
        let limits = Limits::new().with_fuel(u64::MAX / 2);
        let instance = subject.instantiate(&wat("start", text)?, &world(limits))?;
        Ok(instance.fuel_consumed())
    };
    let step = u32::try_from(subject.fuel_granularity()).unwrap_or(u32::MAX / 2);
    let rounds = 10_000u32.saturating_add(step);
    let (short, long) = (used(&looping(10))?, used(&looping(rounds))?);
    holds("fuel used by start functions", short < long, (short, long))?;
    let program = subject.load(&wat("endless start", ENDLESS_START)?)?;
    let result = program.instantiate_blocking(&world(Limits::new().with_fuel(100_000)));
    limited("an endless start function", result, Limit::Fuel)
}

pub(in crate::kit) fn a_deadline_ends_an_endless_loop(subject: &Subject) -> Checked {
    let limits = Limits::new().with_deadline(Duration::from_millis(300));
    let mut calc = subject.instantiate(&fixtures::calc()?, &world(limits.clone()))?;
    for _ in 0..2 {
        limited("spin", calc.call_blocking("spin", &[]), Limit::Deadline)?;
        // Each call has the full deadline.
        gives(&mut *calc, "add", &[2.into(), 3.into()], 5)?;
    }
    let program = subject.load(&wat("endless start", ENDLESS_START)?)?;
    let result = program.instantiate_blocking(&world(limits));
    limited("an endless start function", result, Limit::Deadline)
}

pub(in crate::kit) fn memory_stops_growing_at_its_limit(subject: &Subject) -> Checked {
    let limits = || Limits::new().with_memory(2 * 65536);
    let mut calc = subject.instantiate(&fixtures::calc()?, &world(limits()))?;
    gives(&mut *calc, "grow", &[1.into()], 1)?;
    gives(&mut *calc, "grow", &[1.into()], -1)?;
    gives(&mut *calc, "grow", &[0.into()], 2)?;
    gives_nothing(&mut *calc, "store", &[131_068.into(), 9.into()])?;
    let mut free = subject.instantiate(&fixtures::calc()?, &World::new())?;
    gives(&mut *free, "grow", &[2.into()], 1)?;
    // The module's own maximum applies too.
    gives(&mut *free, "grow", &[1.into()], -1)?;
    let program = subject.load(&wat("three pages", "(module (memory 3))")?)?;
    let result = program.instantiate_blocking(&world(limits()));
    limited("three pages", result, Limit::Memory)?;
    // The limit applies to all memories of an instance together.
    let text = r#"(module (memory (export "a") 1) (func (export "grow") (param i32) (result i32)
        (memory.grow (local.get 0))))"#;
    let mut small = subject.instantiate(&wat("one page", text)?, &world(limits()))?;
    // Refused growth does not count.
    gives(&mut *small, "grow", &[2.into()], -1)?;
    gives(&mut *small, "grow", &[1.into()], 1)?;
    gives(&mut *small, "grow", &[1.into()], -1)
}

pub(in crate::kit) fn tables_stop_growing_at_their_limit(subject: &Subject) -> Checked {
    let text = r#"(module (table $t 3 funcref) (func (export "grow") (param i32) (result i32)
        (table.grow $t (ref.null func) (local.get 0))))"#;
    let program = subject.load(&wat("table", text)?)?;
    let elements = |n| world(Limits::new().with_table_elements(n));
    let mut instance = program.instantiate_blocking(&elements(5))?;
    gives(&mut *instance, "grow", &[2.into()], 3)?;
    gives(&mut *instance, "grow", &[1.into()], -1)?;
    let result = program.instantiate_blocking(&elements(2));
    limited("three elements", result, Limit::TableElements)?;
    instance = program.instantiate_blocking(&World::new())?;
    gives(&mut *instance, "grow", &[100.into()], 3)?;
    // The limit applies to all tables of an instance together.
    let text = "(module (table 3 funcref) (table 3 funcref))";
    let program = subject.load(&wat("two tables", text)?)?;
    program.instantiate_blocking(&elements(6))?;
    let result = program.instantiate_blocking(&elements(5));
    limited("six elements", result, Limit::TableElements)
}

pub(in crate::kit) fn instances_are_bounded(subject: &Subject) -> Checked {
    let program = subject.load(&wat("one instance", r#"(module (func (export "f")))"#)?)?;
    let instances = |n| world(Limits::new().with_instances(n));
    let mut one = program.instantiate_blocking(&instances(1))?;
    gives_nothing(&mut *one, "f", &[])?;
    // Each instance of the program has its own limit.
    program.instantiate_blocking(&instances(1))?;
    let result = program.instantiate_blocking(&instances(0));
    limited("an instance", result, Limit::Instances)
}

/// Counts the core modules that the artifact instantiates, including those of components inside it.
pub(in crate::kit) fn instances_inside_components_are_counted(subject: &Subject) -> Checked {
    let artifact = fixtures::nested()?;
    let count = seam_decode::interface(&artifact)?.core_instances().len() as u64;
    let program = subject.load(&artifact)?;
    let instances = |n| world(Limits::new().with_instances(n));
    let mut nested = program.instantiate_blocking(&instances(count))?;
    gives(&mut *nested, "bump-deep", &[], 1u32)?;
    for fewer in [count - 1, 0] {
        let result = program.instantiate_blocking(&instances(fewer));
        limited(format_args!("{fewer} instances"), result, Limit::Instances)?;
    }
    Ok(())
}

/// Time that passes between calls does not count.
pub(in crate::kit) fn a_deadline_starts_anew_with_each_call(subject: &Subject) -> Checked {
    let limits = Limits::new().with_deadline(Duration::from_secs(1));
    let mut calc = subject.instantiate(&fixtures::calc()?, &world(limits))?;
    std::thread::sleep(Duration::from_millis(1200));
    gives(&mut *calc, "add", &[2.into(), 3.into()], 5)
}

/// A guest that calls the host, which calls the guest again, until `left` is 0.
fn recursing(
    subject: &Subject,
    limits: Limits,
) -> Result<(Box<dyn Instance>, Arc<AtomicU32>), Failure> {
    let text = r#"(module
        (import "env" "again" (func $again (param i32) (result i32)))
        (func (export "enter") (param i32) (result i32)
            (i32.add (call $again (local.get 0)) (i32.const 1))))"#;
    let entered = Arc::new(AtomicU32::new(0));
    let count = entered.clone();
    let ty = CoreFuncType::new([CoreType::I32], [CoreType::I32]);
    let world = world(limits).core_func("env", "again", ty, move |caller, args, results| {
        count.fetch_add(1, Ordering::Relaxed);
        room()?;
        let Some(CoreExtern::Func(enter)) = caller.caller_export("enter") else {
            return Err(seam_core::Error::host(
                "expected an export `enter`, found none",
            ));
        };
        match args {
            [seam_core::CoreValue::I32(0)] => Ok(()),
            [seam_core::CoreValue::I32(left)] => caller.call(enter, &[(left - 1).into()], results),
            _ => Err(seam_core::Error::host("expected an i32")),
        }
    });
    let instance = subject.instantiate(&wat("recursing", text)?, &world)?;
    Ok((instance, entered))
}

pub(in crate::kit) fn host_recursion_is_bounded(subject: &Subject) -> Checked {
    let (mut guest, entered) = recursing(subject, Limits::new().with_host_depth(10))?;
    gives(&mut *guest, "enter", &[9.into()], 10)?;
    same("levels that fit", entered.swap(0, Ordering::Relaxed), 10)?;
    limited(
        "enter",
        guest.call_blocking("enter", &[10.into()]),
        Limit::HostDepth,
    )?;
    same(
        "levels before the limit",
        entered.swap(0, Ordering::Relaxed),
        10,
    )?;
    // The levels are free again.
    gives(&mut *guest, "enter", &[9.into()], 10)?;
    let (mut none, entered) = recursing(subject, Limits::new().with_host_depth(0))?;
    let result = none.call_blocking("enter", &[0.into()]);
    limited("a host depth of 0", result, Limit::HostDepth)?;
    same(
        "levels at a host depth of 0",
        entered.load(Ordering::Relaxed),
        0,
    )?;
    // The default limit is reached before the host's own stack is exhausted.
    let (mut guest, entered) = recursing(subject, Limits::new())?;
    let result = guest.call_blocking("enter", &[i32::MAX.into()]);
    limited("enter", result, Limit::HostDepth)?;
    same("levels by default", entered.load(Ordering::Relaxed), 200)
}

pub(in crate::kit) fn captured_output_is_bounded(subject: &Subject) -> Checked {
    let text = r#"(module (import "env" "print" (func $print (param i32)))
        (func (export "print") (param i32) (call $print (local.get 0))))"#;
    let print = |call: &mut HostCall<'_>, args: &[Value]| {
        let stream = match args {
            [Value::S32(1)] => OutputStream::Stdout,
            _ => OutputStream::Stderr,
        };
        call.output(stream, b"hello")?;
        Ok(None)
    };
    let world = world(Limits::new().with_output(12)).func_values("env#print", None, print);
    let mut guest = subject.instantiate(&wat("print", text)?, &world)?;
    gives_nothing(&mut *guest, "print", &[1.into()])?;
    gives_nothing(&mut *guest, "print", &[2.into()])?;
    limited(
        "print",
        guest.call_blocking("print", &[1.into()]),
        Limit::Output,
    )?;
    same("stdout", &guest.observed().stdout, b"hello")?;
    same("stderr", &guest.observed().stderr, b"hello")
}

pub(in crate::kit) fn lifted_values_are_bounded(subject: &Subject) -> Checked {
    let limits = Limits::new().with_lifted(1000);
    let mut greet = subject.instantiate(&fixtures::greet()?, &world(limits))?;
    let bytes = |len: usize| Value::from(vec![7u8; len]);
    let reverse = "test:guest/strs#reverse";
    gives(&mut *greet, reverse, &[bytes(900)], bytes(900))?;
    let result = greet.call_blocking(reverse, &[bytes(100_000)]);
    fails("reverse", result, &ErrorKind::Limit(Limit::Lifted)).map(drop)
}

/// A component whose core module loops and grows.
const BUSY: &str = r#"(component
    (core module $m (memory 1)
        (func (export "fine"))
        (func (export "spin") (loop $again (br $again)))
        (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))
    (core instance $i (instantiate $m))
    (func (export "fine") (canon lift (core func $i "fine")))
    (func (export "spin") (canon lift (core func $i "spin")))
    (func (export "grow") (param "n" s32) (result s32) (canon lift (core func $i "grow"))))"#;

pub(in crate::kit) fn fuel_ends_loops_in_components(subject: &Subject) -> Checked {
    let step = subject.fuel_granularity();
    let limits = Limits::new().with_fuel(100_000 + 4 * step);
    let mut busy = subject.instantiate(&wat("busy", BUSY)?, &world(limits))?;
    gives_nothing(&mut *busy, "fine", &[])?;
    let before = busy.fuel_consumed();
    limited("spin", busy.call_blocking("spin", &[]), Limit::Fuel)?;
    let after = busy.fuel_consumed();
    holds("fuel used by the loop", before < after, (before, after))
}

pub(in crate::kit) fn deadlines_end_loops_in_components(subject: &Subject) -> Checked {
    let limits = Limits::new().with_deadline(Duration::from_millis(300));
    let mut busy = subject.instantiate(&wat("busy", BUSY)?, &world(limits))?;
    gives_nothing(&mut *busy, "fine", &[])?;
    limited("spin", busy.call_blocking("spin", &[]), Limit::Deadline)
}

pub(in crate::kit) fn memory_is_bounded_in_components(subject: &Subject) -> Checked {
    let limits = Limits::new().with_memory(3 * 65536);
    let mut busy = subject.instantiate(&wat("busy", BUSY)?, &world(limits))?;
    gives(&mut *busy, "grow", &[2.into()], 1)?;
    gives(&mut *busy, "grow", &[1.into()], -1)
}
