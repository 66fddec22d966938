//! Host functions: arguments, results, memory, errors, panics and linking.

use std::sync::{Arc, Mutex};

use seam_core::{
    CoreCaller, CoreExtern, CoreFuncType, CoreHostFunc, CoreItemKind, CoreType, CoreValue, Error,
    GlobalType, HostCall, InstanceExt, MemoryType, ProgramExt, TableType, Trap, Value, World,
};

use super::call::root;
use crate::fixtures;
use crate::kit::expect::{gives, gives_nothing, misuse, same, wat};
use crate::kit::{Checked, Subject};

const LOG: [CoreType; 2] = [CoreType::I32, CoreType::I32];

/// The texts that `env.log` received in a world that [`saying`] made.
pub(super) type Heard = Arc<Mutex<Vec<String>>>;

/// Returns the texts received so far.
pub(super) fn said(heard: &Heard) -> Vec<String> {
    heard.lock().map(|said| said.clone()).unwrap_or_default()
}

/// Creates a world for the fixture `imports`.
///
/// `log` reads its text from the caller's memory, `next` counts from 1, and `mix` returns its first
/// argument.
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

/// Returns the text at an address in the caller's memory.
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
        (import "env" "push-raw" (func $push_raw (param i32)))
        (import "by-rule" "push$1" (func $push_by_rule (param i32)))
        (import "env" "sum" (func $sum (result i32)))
        (func (export "push") (param i32)
            (call $push (local.get 0))
            (call $push_raw (i32.mul (local.get 0) (i32.const 1000)))
            (call $push_by_rule (i32.mul (local.get 0) (i32.const 1000000))))
        (func (export "sum") (result i32) (call $sum)))"#;
    let raw = || {
        let ty = CoreFuncType::new([CoreType::I32], []);
        CoreHostFunc::sharing(ty, |pushed: &mut Vec<i32>, _, args, _| {
            if let [CoreValue::I32(value)] = args {
                pushed.push(*value);
            }
            Ok(())
        })
    };
    let world = World::new()
        .state(Vec::<i32>::new)
        .core_item("env", "push-raw", CoreItemKind::Func(raw()))
        .core_funcs("by-rule", move |field, _| Ok((field == "push$1").then(raw)))
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
    gives(&mut *instance, "sum", &[], 321_321_321)
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
        instance.call_blocking("say_at", &[65530.into(), 7.into()]),
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
    // Calls `triple` twice. If it traps, the host returns -2 and the guest continues.
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
        (global (export "copied") i64 (global.get $fixed))
        (export "memory" (memory 0)) (export "fixed" (global $fixed))
        (func (export "count") (result i32)
            (global.set $count (i32.add (global.get $count) (i32.const 1)))
            (i32.store (i32.const 8) (global.get $count))
            (global.get $count))
        (func (export "stored") (result i32) (i32.load (i32.const 8)))
        (func (export "is-null") (result i32) (ref.is_null (table.get (i32.const 1))))
        (func (export "size") (result i32) (table.size)))"#;
    let table = TableType {
        element: seam_core::RefType {
            nullable: true,
            heap: seam_core::HeapType::Func,
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
    // Twice, because they are made for each instance.
    for _ in 0..2 {
        let mut instance = program.instantiate_blocking(&world)?;
        gives(&mut *instance, "stored", &[], 0)?;
        gives(&mut *instance, "count", &[], 42)?;
        gives(&mut *instance, "stored", &[], 42)?;
        gives(&mut *instance, "is-null", &[], 1)?;
        gives(&mut *instance, "size", &[], 2)?;
        let snapshot = instance.snapshot(&seam_core::Query::new())?;
        same("core instances", snapshot.instances.len(), 1)?;
        let globals = snapshot.instances.first().map(|i| &i.globals);
        for name in ["fixed", "copied"] {
            let found = globals.and_then(|globals| globals.get(name));
            same(name, found, Some(&CoreValue::I64(-7)))?;
        }
    }
    Ok(())
}
