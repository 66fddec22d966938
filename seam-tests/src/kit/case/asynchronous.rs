//! Asynchronous components: tasks, subtasks, streams, cancellation.

use seam_core::{CanonTrap, InstanceExt, Trap, World};

use crate::kit::expect::{gives, traps, wat};
use crate::kit::{Checked, Subject};

/// A component whose host function may or may not be asynchronous, for an import that is.
const IMPORT: &str = r#"(component
  (import "add" (func $add async (param "a" u32) (param "b" u32) (result u32)))
  (core module $memory (memory (export "m") 1))
  (core instance $memory (instantiate $memory))
  (core func $add (canon lower (func $add) async (memory (core memory $memory "m"))))
  (core func $return (canon task.return (result u32)))
  (core module $m
    (import "" "add" (func $add (param i32 i32 i32) (result i32)))
    (import "" "return" (func $return (param i32)))
    (import "" "m" (memory 1))
    (func (export "f") (result i32)
      (if (i32.ne (call $add (i32.const 30) (i32.const 12) (i32.const 8)) (i32.const 2 (; RETURNED ;)))
        (then unreachable))
      (call $return (i32.load (i32.const 8)))
      (i32.const 0 (; EXIT ;)))
    (func (export "event") (param i32 i32 i32) (result i32) unreachable))
  (core instance $m (instantiate $m (with "" (instance
    (export "add" (func $add))
    (export "return" (func $return))
    (export "m" (memory $memory "m"))))))
  (func (export "f") async (result u32)
    (canon lift (core func $m "f") async (callback (core func $m "event")))))"#;

pub(in crate::kit) fn host_functions_define_asynchronous_imports(subject: &Subject) -> Checked {
    let artifact = wat("import", IMPORT)?;
    let world = World::new().func("add", |(a, b): (u32, u32)| Ok(a + b));
    gives(
        &mut *subject.instantiate(&artifact, &world)?,
        "f",
        &[],
        42u32,
    )
}

/// Two components: `caller` calls asynchronous functions of `callee`.
const SUBTASKS: &str = r#"(component
  (component $callee
    (core func $return (canon task.return (result u32)))
    (core func $cancel (canon task.cancel))
    (core func $set (canon waitable-set.new))
    (core module $m
      (import "" "return" (func $return (param i32)))
      (import "" "cancel" (func $cancel))
      (import "" "set" (func $set (result i32)))
      (func (export "late") (result i32) (i32.const 1 (; YIELD ;)))
      (func (export "late-event") (param i32 i32 i32) (result i32)
        (call $return (i32.const 7))
        (i32.const 0 (; EXIT ;)))
      (func (export "never") (result i32)
        (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (call $set) (i32.const 4))))
      (func (export "never-event") (param $event i32) (param i32 i32) (result i32)
        (if (i32.ne (local.get $event) (i32.const 6 (; TASK_CANCELLED ;))) (then unreachable))
        (call $cancel)
        (i32.const 0 (; EXIT ;))))
    (core instance $m (instantiate $m (with "" (instance
      (export "return" (func $return))
      (export "cancel" (func $cancel))
      (export "set" (func $set))))))
    (func (export "late") async (result u32)
      (canon lift (core func $m "late") async (callback (core func $m "late-event"))))
    (func (export "never") async (result u32)
      (canon lift (core func $m "never") async (callback (core func $m "never-event")))))
  (component $caller
    (import "late" (func $late async (result u32)))
    (import "never" (func $never async (result u32)))
    (core module $memory (memory (export "m") 1))
    (core instance $memory (instantiate $memory))
    (core func $late (canon lower (func $late) async (memory (core memory $memory "m"))))
    (core func $never (canon lower (func $never) async (memory (core memory $memory "m"))))
    (core func $return (canon task.return (result u32)))
    (core func $set (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $drop (canon subtask.drop))
    (core func $cancel (canon subtask.cancel async))
    (core module $m
      (import "" "late" (func $late (param i32) (result i32)))
      (import "" "never" (func $never (param i32) (result i32)))
      (import "" "return" (func $return (param i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "cancel" (func $cancel (param i32) (result i32)))
      (import "" "m" (memory 1))
      (global $left (mut i32) (i32.const 2))
      (func $start (param $called i32) (result i32)
        (if (i32.ne (i32.and (local.get $called) (i32.const 15)) (i32.const 1 (; STARTED ;)))
          (then unreachable))
        (i32.shr_u (local.get $called) (i32.const 4)))
      (func (export "both") (result i32)
        (local $set i32)
        (local.set $set (call $set))
        (call $join (call $start (call $late (i32.const 8))) (local.get $set))
        (call $join (call $start (call $late (i32.const 12))) (local.get $set))
        (i32.store (i32.const 0) (local.get $set))
        (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (local.get $set) (i32.const 4))))
      (func (export "both-event") (param $event i32) (param $subtask i32) (param $state i32) (result i32)
        (if (i32.ne (local.get $event) (i32.const 1 (; SUBTASK ;))) (then unreachable))
        (if (i32.ne (local.get $state) (i32.const 2 (; RETURNED ;))) (then unreachable))
        (call $drop (local.get $subtask))
        (global.set $left (i32.sub (global.get $left) (i32.const 1)))
        (if (global.get $left)
          (then (return
            (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (i32.load (i32.const 0)) (i32.const 4))))))
        (call $return (i32.add (i32.load (i32.const 8)) (i32.load (i32.const 12))))
        (i32.const 0 (; EXIT ;)))
      (func (export "cancel") (result i32)
        (local $subtask i32)
        (local.set $subtask (call $start (call $never (i32.const 8))))
        (call $return (call $cancel (local.get $subtask)))
        (call $drop (local.get $subtask))
        (i32.const 0 (; EXIT ;)))
      (func (export "wait") (result i32)
        (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (call $set) (i32.const 4))))
      (func (export "no-event") (param i32 i32 i32) (result i32) unreachable))
    (core instance $m (instantiate $m (with "" (instance
      (export "late" (func $late))
      (export "never" (func $never))
      (export "return" (func $return))
      (export "set" (func $set))
      (export "join" (func $join))
      (export "drop" (func $drop))
      (export "cancel" (func $cancel))
      (export "m" (memory $memory "m"))))))
    (func (export "both") async (result u32)
      (canon lift (core func $m "both") async (callback (core func $m "both-event"))))
    (func (export "cancel") async (result u32)
      (canon lift (core func $m "cancel") async (callback (core func $m "no-event"))))
    (func (export "wait") async
      (canon lift (core func $m "wait") async (callback (core func $m "no-event")))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller
    (with "late" (func $callee "late"))
    (with "never" (func $callee "never"))))
  (export "both" (func $caller "both"))
  (export "cancel" (func $caller "cancel"))
  (export "wait" (func $caller "wait")))"#;

pub(in crate::kit) fn subtasks_run_at_the_same_time(subject: &Subject) -> Checked {
    let artifact = wat("subtasks", SUBTASKS)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    gives(&mut *instance, "both", &[], 14u32)
}

pub(in crate::kit) fn subtasks_are_cancelled(subject: &Subject) -> Checked {
    let artifact = wat("subtasks", SUBTASKS)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    // CANCELLED_BEFORE_RETURNED
    gives(&mut *instance, "cancel", &[], 4u32)?;
    gives(&mut *instance, "cancel", &[], 4u32)
}

pub(in crate::kit) fn a_wait_that_nothing_ends_is_a_deadlock(subject: &Subject) -> Checked {
    let artifact = wat("subtasks", SUBTASKS)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    let called = instance.call_blocking("wait", &[]);
    traps(
        "a wait for nothing",
        called,
        Trap::Canon(CanonTrap::Deadlock),
    )
}

/// `writer` writes three bytes, which `reader` reads in two pieces.
const STREAM: &str = r#"(component
  (type $s (stream u8))
  (component $reader
    (type $s (stream u8))
    (core module $memory (memory (export "m") 1))
    (core instance $memory (instantiate $memory))
    (core func $read (canon stream.read $s async (memory (core memory $memory "m"))))
    (core module $m
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "m" (memory 1))
      (global $s (mut i32) (i32.const 0))
      (func (export "take") (param i32) (global.set $s (local.get 0)))
      (func (export "read") (result i32)
        (if (i32.ne (call $read (global.get $s) (i32.const 0) (i32.const 2)) (i32.const 0x20))
          (then unreachable))
        (i32.load16_u (i32.const 0)))
      (func (export "rest") (result i32)
        (if (i32.ne (call $read (global.get $s) (i32.const 0) (i32.const 2)) (i32.const 0x10))
          (then unreachable))
        (i32.load8_u (i32.const 0))))
    (core instance $m (instantiate $m (with "" (instance
      (export "read" (func $read))
      (export "m" (memory $memory "m"))))))
    (func (export "take") (param "s" $s) (canon lift (core func $m "take")))
    (func (export "read") (result u32) (canon lift (core func $m "read")))
    (func (export "rest") (result u32) (canon lift (core func $m "rest"))))
  (component $writer
    (type $s (stream u8))
    (import "take" (func $take (param "s" $s)))
    (import "read" (func $read (result u32)))
    (import "rest" (func $rest (result u32)))
    (core module $memory (memory (export "m") 1) (data (i32.const 0) "\01\02\03"))
    (core instance $memory (instantiate $memory))
    (core func $new (canon stream.new $s))
    (core func $write (canon stream.write $s async (memory (core memory $memory "m"))))
    (core func $drop (canon stream.drop-writable $s))
    (core func $set (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $poll (canon waitable-set.poll (memory (core memory $memory "m"))))
    (core func $take (canon lower (func $take)))
    (core func $read (canon lower (func $read)))
    (core func $rest (canon lower (func $rest)))
    (core module $m
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "poll" (func $poll (param i32 i32) (result i32)))
      (import "" "take" (func $take (param i32)))
      (import "" "read" (func $read (result i32)))
      (import "" "rest" (func $rest (result i32)))
      (import "" "m" (memory 1))
      (func (export "f") (result i32)
        (local $ends i64) (local $writable i32) (local $set i32) (local $sum i32)
        (local.set $ends (call $new))
        (local.set $writable (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
        (call $take (i32.wrap_i64 (local.get $ends)))
        (if (i32.ne (call $write (local.get $writable) (i32.const 0) (i32.const 3)) (i32.const -1))
          (then unreachable))
        (local.set $sum (i32.add (call $read) (call $rest)))
        (local.set $set (call $set))
        (call $join (local.get $writable) (local.get $set))
        (if (i32.ne (call $poll (local.get $set) (i32.const 16)) (i32.const 3 (; STREAM_WRITE ;)))
          (then unreachable))
        (if (i32.ne (i32.load (i32.const 20)) (i32.const 0x30)) (then unreachable))
        (call $drop (local.get $writable))
        (local.get $sum)))
    (core instance $m (instantiate $m (with "" (instance
      (export "new" (func $new))
      (export "write" (func $write))
      (export "drop" (func $drop))
      (export "set" (func $set))
      (export "join" (func $join))
      (export "poll" (func $poll))
      (export "take" (func $take))
      (export "read" (func $read))
      (export "rest" (func $rest))
      (export "m" (memory $memory "m"))))))
    (func (export "f") (result u32) (canon lift (core func $m "f"))))
  (instance $reader (instantiate $reader))
  (instance $writer (instantiate $writer
    (with "take" (func $reader "take"))
    (with "read" (func $reader "read"))
    (with "rest" (func $reader "rest"))))
  (export "f" (func $writer "f")))"#;

pub(in crate::kit) fn streams_are_read_in_pieces(subject: &Subject) -> Checked {
    let artifact = wat("stream", STREAM)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    gives(&mut *instance, "f", &[], 0x0201u32 + 3)
}

/// `callee` reads a future and waits for it in the middle of its core function. Meanwhile `caller`
/// goes on, and writes the future.
const STACKFUL: &str = r#"(component
  (type $f (future u32))
  (component $callee
    (type $f (future u32))
    (core module $memory (memory (export "m") 1))
    (core instance $memory (instantiate $memory))
    (core func $read (canon future.read $f (memory (core memory $memory "m"))))
    (core module $m
      (import "" "read" (func $read (param i32 i32) (result i32)))
      (import "" "m" (memory 1))
      (func (export "get") (param $f i32) (result i32)
        (if (call $read (local.get $f) (i32.const 4)) (then unreachable))
        (i32.load (i32.const 4))))
    (core instance $m (instantiate $m (with "" (instance
      (export "read" (func $read))
      (export "m" (memory $memory "m"))))))
    (func (export "get") async (param "f" $f) (result u32) (canon lift (core func $m "get"))))
  (component $caller
    (type $f (future u32))
    (import "get" (func $get async (param "f" $f) (result u32)))
    (core module $memory (memory (export "m") 1) (data (i32.const 32) "\2a"))
    (core instance $memory (instantiate $memory))
    (core func $get (canon lower (func $get) async (memory (core memory $memory "m"))))
    (core func $new (canon future.new $f))
    (core func $write (canon future.write $f async (memory (core memory $memory "m"))))
    (core func $set (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $wait (canon waitable-set.wait (memory (core memory $memory "m"))))
    (core module $m
      (import "" "get" (func $get (param i32 i32) (result i32)))
      (import "" "new" (func $new (result i64)))
      (import "" "write" (func $write (param i32 i32) (result i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (import "" "m" (memory 1))
      (func (export "f") (result i32)
        (local $ends i64) (local $called i32) (local $set i32)
        (local.set $ends (call $new))
        (local.set $called (call $get (i32.wrap_i64 (local.get $ends)) (i32.const 8)))
        (if (i32.ne (i32.and (local.get $called) (i32.const 15)) (i32.const 1 (; STARTED ;)))
          (then unreachable))
        (if (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))) (i32.const 32))
          (then unreachable))
        (local.set $set (call $set))
        (call $join (i32.shr_u (local.get $called) (i32.const 4)) (local.get $set))
        (if (i32.ne (call $wait (local.get $set) (i32.const 16)) (i32.const 1 (; SUBTASK ;)))
          (then unreachable))
        (if (i32.ne (i32.load (i32.const 20)) (i32.const 2 (; RETURNED ;))) (then unreachable))
        (i32.load (i32.const 8))))
    (core instance $m (instantiate $m (with "" (instance
      (export "get" (func $get))
      (export "new" (func $new))
      (export "write" (func $write))
      (export "set" (func $set))
      (export "join" (func $join))
      (export "wait" (func $wait))
      (export "m" (memory $memory "m"))))))
    (func (export "f") async (result u32) (canon lift (core func $m "f"))))
  (instance $callee (instantiate $callee))
  (instance $caller (instantiate $caller (with "get" (func $callee "get"))))
  (export "f" (func $caller "f")))"#;

pub(in crate::kit) fn a_blocked_call_lets_its_caller_go_on(subject: &Subject) -> Checked {
    let artifact = wat("stackful", STACKFUL)?;
    let mut instance = subject.instantiate(&artifact, &World::new())?;
    gives(&mut *instance, "f", &[], 42u32)
}
