//! Handles inside other values.

use seam_core::{Instance, InstanceExt, List, Resource, ResourceType, Value, World};

use crate::kit::expect::{gives, misuse, same, wat};
use crate::kit::{Checked, Failure, Subject};

/// `make(n)` returns `n` records, whose resources have the representations 10, 11, 12, ... `take` drops
/// the resources of its records, and returns the sum of `id` times representation.
const GUEST: &str = r#"
    (component
      (type $r' (resource (rep i32)))
      (export $r "r" (type $r'))
      (type $entry' (record (field "id" u32) (field "r" (own $r))))
      (export $entry "entry" (type $entry'))
      (core func $new (canon resource.new $r))
      (core func $rep (canon resource.rep $r))
      (core func $drop (canon resource.drop $r))
      (core module $m
        (import "" "new" (func $new (param i32) (result i32)))
        (import "" "rep" (func $rep (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (memory (export "memory") 1)
        (global $end (mut i32) (i32.const 16))
        (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32)
          (global.get $end)
          (global.set $end (i32.add (global.get $end) (local.get 3))))
        (func (export "make") (param $n i32) (result i32)
          (local $at i32) (local $i i32)
          (local.set $at
            (call $realloc
              (i32.const 0) (i32.const 0) (i32.const 4) (i32.shl (local.get $n) (i32.const 3))))
          (i32.store (i32.const 0) (local.get $at))
          (i32.store (i32.const 4) (local.get $n))
          (loop $next
            (if (i32.lt_u (local.get $i) (local.get $n)) (then
              (i32.store (local.get $at) (local.get $i))
              (i32.store offset=4 (local.get $at)
                (call $new (i32.add (local.get $i) (i32.const 10))))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (local.set $i (i32.add (local.get $i) (i32.const 1)))
              (br $next))))
          (i32.const 0))
        (func (export "take") (param $at i32) (param $n i32) (result i32)
          (local $sum i32) (local $r i32)
          (loop $next
            (if (local.get $n) (then
              (local.set $r (i32.load offset=4 (local.get $at)))
              (local.set $sum
                (i32.add (local.get $sum)
                  (i32.mul (i32.load (local.get $at)) (call $rep (local.get $r)))))
              (call $drop (local.get $r))
              (local.set $at (i32.add (local.get $at) (i32.const 8)))
              (local.set $n (i32.sub (local.get $n) (i32.const 1)))
              (br $next))))
          (local.get $sum)))
      (core instance $i
        (instantiate $m
          (with "" (instance
            (export "new" (func $new)) (export "rep" (func $rep)) (export "drop" (func $drop))))))
      (func (export "make") (param "n" u32) (result (list $entry))
        (canon lift (core func $i "make") (memory $i "memory")))
      (func (export "take") (param "entries" (list $entry)) (result u32)
        (canon lift (core func $i "take")
          (memory $i "memory") (realloc (func $i "realloc")))))"#;

fn entry(id: u32, resource: &Resource) -> Value {
    Value::record([("id", id.into()), ("r", Value::Own(resource.clone()))])
}

/// Returns the resources of the records that the guest makes.
fn made(guest: &mut dyn Instance, count: u32) -> Result<Vec<Resource>, Failure> {
    let found = guest.call_blocking("make", &[count.into()])?;
    let Some(Value::List(list)) = &found else {
        return Err(Failure::new(format!(
            "make: expected a list, found {found:?}"
        )));
    };
    let made = list
        .iter()
        .flat_map(|record| record.owned().into_iter().cloned().collect::<Vec<_>>());
    let made: Vec<_> = made.collect();
    let ids = (0..).zip(&made);
    let expected = Value::list(ids.map(|(id, resource)| entry(id, resource)));
    same("make", &found, &Some(expected))?;
    same("made", made.len(), count as usize)?;
    Ok(made)
}

pub(in crate::kit) fn handles_in_lists_of_records_move(subject: &Subject) -> Checked {
    let mut instance = subject.instantiate(&wat("records with handles", GUEST)?, &World::new())?;
    let guest = &mut *instance;
    let resources = made(guest, 4)?;
    let [a, b, c, d] = &*resources else {
        return Err(Failure::new("expected four resources"));
    };
    // However the list is stored.
    let stored: [fn(Vec<Value>) -> Value; 2] = [
        |values| Value::list(values),
        |values| Value::List(List::Values(values)),
    ];
    for list in stored {
        let twice = list(vec![entry(1, a), entry(2, b), entry(3, a)]);
        misuse("take", guest.call_blocking("take", &[twice]))?;
        let retyped = ResourceType::new("other");
        let retyped = a.handle().map(|handle| Resource::guest(retyped, handle));
        let retyped = retyped.ok_or_else(|| Failure::new("expected a handle of the guest's"))?;
        misuse(
            "take",
            guest.call_blocking("take", &[list(vec![entry(1, &retyped)])]),
        )?;
    }
    // What was refused has not moved.
    same("held", guest.held(), &*resources)?;
    for (list, [one, other], sum) in [
        (stored[0], [a, b], 10u32 + 22),
        (stored[1], [c, d], 12 + 26),
    ] {
        let both = [list(vec![entry(1, one), entry(2, other)])];
        gives(guest, "take", &both, sum)?;
        misuse("take", guest.call_blocking("take", &both))?;
    }
    misuse("drop", guest.drop_resource(a))?;
    same("held at last", guest.held(), [])
}
