//! The order in which tasks run.

use std::collections::BTreeSet;

use seam_core::{Args, Instance, InstanceExt, ProgramExt, Value, World};

use crate::kit::expect::{holds, same};
use crate::kit::guest::{Guest, callback, component, lifted_sync};
use crate::kit::{Checked, Failure, Subject};

/// `step` yields, and then appends a digit to `log`.
const STEPS: Guest = Guest {
    builtins: &["task.return", "context.set i32 0", "context.get i32 0"],
    code: r#"
        (global $log (mut i32) (i32.const 0))
        (func (export "step") (param $digit i32) (result i32)
          (call $context.set (local.get $digit))
          (global.get $YIELD))
        (func (export "step-event") (param i32 i32 i32) (result i32)
          (global.set $log (i32.add
            (i32.mul (global.get $log) (i32.const 10))
            (call $context.get)))
          (call $task.return)
          (global.get $EXIT))
        (func (export "log") (result i32) (global.get $log))"#,
    exports: &[
        callback("step", r#"async (param "digit" u32)"#),
        lifted_sync("log", "(result u32)"),
    ],
    ..Guest::EMPTY
};

/// Returns the order in which four calls, made in the order of their digits, go on after they have
/// yielded.
fn order(instance: &mut dyn Instance) -> Result<Option<Value>, Failure> {
    let step = instance.resolve("step")?;
    let calls: Result<Vec<_>, _> = (1..=4u32)
        .map(|digit| instance.start(&step, Args::Values(&[digit.into()])))
        .collect();
    for call in calls? {
        instance.drive_blocking(&call)?;
        instance.take(call)?;
    }
    Ok(instance.call_blocking("log", &[])?)
}

pub(in crate::kit) fn a_seed_chooses_the_order_of_tasks(subject: &Subject) -> Checked {
    let program = subject.load(&component(&[("steps", STEPS)])?)?;
    let with = |world: &World| {
        let mut instance = program.instantiate_blocking(world)?;
        order(&mut *instance)
    };
    same("without a seed", with(&World::new())?, Some(1234u32.into()))?;
    let mut orders = BTreeSet::new();
    for seed in 0..16 {
        let world = World::new().schedule_seed(seed);
        let found = with(&world)?;
        same("the same seed again", with(&world)?, found.clone())?;
        let Some(Value::U32(found)) = found else {
            return Err(Failure::new("expected a log of digits"));
        };
        let mut digits: Vec<char> = found.to_string().chars().collect();
        digits.sort_unstable();
        same("the calls that ended", digits, vec!['1', '2', '3', '4'])?;
        orders.insert(found);
    }
    holds("several orders", orders.len() > 1, &orders)
}
