//! Asynchronous calls do the same with and without re-entry: values that `realloc` makes room for pass
//! by every way, and threads go on whose functions were made after the glue.

use seam_component::Layered;
use seam_core::{
    BackendExt, CanonTrap, Instance, InstanceExt, Limits, ProgramExt, Trap, Value, World,
};

use crate::counting::Counting;
use crate::{builds, instance, try_instance, wat};

/// A memory, and a `realloc` that never reuses memory.
const LIBC: &str = r#"(core module $libc
    (memory (export "memory") 1)
    (table (export "table") 1 funcref)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and (i32.const -8) (i32.add (global.get $next) (i32.const 7))))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $libc (instantiate $libc))"#;

/// The canonical options for it.
const OPTIONS: &str =
    r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#;

/// A component whose functions return at once, after they have let others run, and without a task of
/// their own. `take` reads a stream.
fn callee() -> String {
    format!(
        r#"(component $callee
    {LIBC}
    (type $st (stream string))
    (core func $return (canon task.return (result string) (memory (core memory $libc "memory"))))
    (core func $return32 (canon task.return (result u32)))
    (core func $read (canon stream.read $st async {OPTIONS}))
    (core func $set (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core module $m
      (import "" "memory" (memory 1))
      (import "" "return" (func $return (param i32 i32)))
      (import "" "return32" (func $return32 (param i32)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (global $ptr (mut i32) (i32.const 0))
      (global $len (mut i32) (i32.const 0))
      (global $posts (mut i32) (i32.const 0))
      (func (export "now") (param i32 i32) (result i32)
        (call $return (local.get 0) (local.get 1))
        (i32.const 0 (; EXIT ;)))
      (func (export "none") (param i32 i32 i32) (result i32) unreachable)
      (func (export "later") (param i32 i32) (result i32)
        (global.set $ptr (local.get 0))
        (global.set $len (local.get 1))
        (i32.const 1 (; YIELD ;)))
      (func (export "return") (param i32 i32 i32) (result i32)
        (call $return (global.get $ptr) (global.get $len))
        (i32.const 0))
      (func (export "plain") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        (i32.const 16))
      (func (export "post") (param i32)
        (global.set $posts (i32.add (global.get $posts) (local.get 0))))
      (func (export "posts") (result i32) (global.get $posts))
      (func (export "take") (param $s i32) (result i32)
        (local $set i32) (local $read i32)
        (local.set $set (call $set))
        (call $join (local.get $s) (local.get $set))
        (local.set $read (call $read (local.get $s) (i32.const 64) (i32.const 3)))
        (if (i32.ne (local.get $read) (i32.const -1 (; BLOCKED ;)))
          (then (return (call $end (local.get $read)))))
        (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (local.get $set) (i32.const 4))))
      (func (export "taken") (param i32 i32 i32) (result i32)
        (if (i32.ne (local.get 0) (i32.const 2 (; STREAM_READ ;))) (then unreachable))
        (call $end (local.get 2)))
      (func $end (param $payload i32) (result i32)
        (call $return32 (i32.add
          (i32.mul (i32.const 1000) (local.get $payload))
          (i32.add
            (i32.mul (i32.const 10) (i32.load (i32.const 68)))
            (i32.sub (i32.load8_u (i32.load (i32.const 72))) (i32.const 97 (; a ;))))))
        (i32.const 0))
      (func (export "yield") (param i32) (result i32)
        (global.set $len (local.get 0))
        (i32.const 1))
      (func (export "yielded") (param i32 i32 i32) (result i32)
        (global.set $ptr (i32.add (global.get $ptr) (i32.const 1)))
        (if (i32.lt_u (global.get $ptr) (global.get $len)) (then (return (i32.const 1))))
        (call $return32 (global.get $ptr))
        (i32.const 0)))
    (core instance $m (instantiate $m (with "" (instance
      (export "memory" (memory $libc "memory"))
      (export "return" (func $return)) (export "return32" (func $return32))
      (export "read" (func $read)) (export "set" (func $set)) (export "join" (func $join))))))
    (func (export "now") async (param "s" string) (result string)
      (canon lift (core func $m "now") async (callback (core func $m "none")) {OPTIONS}))
    (func (export "later") async (param "s" string) (result string)
      (canon lift (core func $m "later") async (callback (core func $m "return")) {OPTIONS}))
    (func (export "plain") (param "s" string) (result string)
      (canon lift (core func $m "plain") {OPTIONS} (post-return (core func $m "post"))))
    (func (export "posts") (result u32) (canon lift (core func $m "posts")))
    (func (export "yield") async (param "n" u32) (result u32)
      (canon lift (core func $m "yield") async (callback (core func $m "yielded"))))
    (func (export "take") async (param "s" (stream string)) (result u32)
      (canon lift (core func $m "take") async (callback (core func $m "taken")) {OPTIONS})))
  (instance $callee (instantiate $callee))"#
    )
}

/// A component that calls it.
fn caller() -> String {
    format!(
        r#"(component
  {callee}
  {LIBC}
  (type $st (stream string))
  (core func $return (canon task.return (result string) (memory (core memory $libc "memory"))))
  (core func $return32 (canon task.return (result u32)))
  (core func $now (canon lower (func $callee "now") async {OPTIONS}))
  (core func $later (canon lower (func $callee "later") {OPTIONS}))
  (core func $plain (canon lower (func $callee "plain") {OPTIONS}))
  (core func $yield (canon lower (func $callee "yield")))
  (core func $take (canon lower (func $callee "take") async {OPTIONS}))
  (core func $new (canon stream.new $st))
  (core func $write (canon stream.write $st async (memory (core memory $libc "memory"))))
  (core func $set (canon waitable-set.new))
  (core func $join (canon waitable.join))
  (core func $drop (canon subtask.drop))
  (core func $error (canon error-context.new (memory (core memory $libc "memory"))))
  (core func $message (canon error-context.debug-message {OPTIONS}))
  (core type $start (func (param i32)))
  (core func $spawn (canon thread.new-indirect $start (core table $libc "table")))
  (core func $resume (canon thread.resume-later))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "table" (table 1 funcref))
    (import "" "return" (func $return (param i32 i32)))
    (import "" "return32" (func $return32 (param i32)))
    (import "" "now" (func $now (param i32 i32 i32) (result i32)))
    (import "" "later" (func $later (param i32 i32 i32)))
    (import "" "plain" (func $plain (param i32 i32 i32)))
    (import "" "yield" (func $yield (param i32) (result i32)))
    (import "" "take" (func $take (param i32 i32) (result i32)))
    (import "" "new" (func $new (result i64)))
    (import "" "write" (func $write (param i32 i32 i32) (result i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "drop" (func $drop (param i32)))
    (import "" "error" (func $error (param i32 i32) (result i32)))
    (import "" "message" (func $message (param i32 i32)))
    (import "" "spawn" (func $spawn (param i32 i32) (result i32)))
    (import "" "resume" (func $resume (param i32)))
    (global $sum (mut i32) (i32.const 0))
    (elem (i32.const 0) func $add)
    (func $add (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (data (i32.const 200) "\e8\00\00\00\03\00\00\00\eb\00\00\00\05\00\00\00")
    (data (i32.const 232) "abcdefgh")
    (func (export "none") (param i32 i32 i32) (result i32) unreachable)
    (func (export "pass") (param i32 i32) (result i32)
      (if (i32.ne (call $now (local.get 0) (local.get 1) (i32.const 32)) (i32.const 2))
        (then unreachable))
      (call $later (i32.load (i32.const 32)) (i32.load (i32.const 36)) (i32.const 40))
      (call $plain (i32.load (i32.const 40)) (i32.load (i32.const 44)) (i32.const 48))
      (call $message
        (call $error (i32.load (i32.const 48)) (i32.load (i32.const 52))) (i32.const 56))
      (call $return (i32.load (i32.const 56)) (i32.load (i32.const 60)))
      (i32.const 0))
    (func (export "wait") (param i32) (result i32)
      (call $return32 (call $yield (local.get 0)))
      (i32.const 0))
    (func (export "stream") (result i32)
      (local $ends i64) (local $task i32) (local $set i32)
      (local.set $ends (call $new))
      (local.set $task (call $take (i32.wrap_i64 (local.get $ends)) (i32.const 80)))
      (if (i32.ne (i32.and (local.get $task) (i32.const 15)) (i32.const 1 (; STARTED ;)))
        (then unreachable))
      (if (i32.ne
          (call $write
            (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
            (i32.const 200) (i32.const 2))
          (i32.const 32 (; two elements, COMPLETED ;)))
        (then unreachable))
      (local.set $set (call $set))
      (call $join (i32.shr_u (local.get $task) (i32.const 4)) (local.get $set))
      (i32.or (i32.const 2) (i32.shl (local.get $set) (i32.const 4))))
    (func (export "streamed") (param i32 i32 i32) (result i32)
      (if (i32.ne (local.get 0) (i32.const 1 (; SUBTASK ;))) (then unreachable))
      (call $drop (local.get 1))
      (call $return32 (i32.load (i32.const 80)))
      (i32.const 0))
    (func (export "spawn") (result i32)
      (call $resume (call $spawn (i32.const 0) (i32.const 5)))
      (call $resume (call $spawn (i32.const 0) (i32.const 37)))
      (i32.const 1))
    (func (export "spawned") (param i32 i32 i32) (result i32)
      (call $return32 (global.get $sum))
      (i32.const 0)))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory")) (export "table" (table $libc "table"))
    (export "return" (func $return)) (export "return32" (func $return32))
    (export "now" (func $now)) (export "later" (func $later)) (export "plain" (func $plain))
    (export "yield" (func $yield)) (export "take" (func $take)) (export "new" (func $new)) (export "write" (func $write))
    (export "set" (func $set)) (export "join" (func $join)) (export "drop" (func $drop))
    (export "error" (func $error)) (export "message" (func $message))
    (export "spawn" (func $spawn)) (export "resume" (func $resume))))))
  (func (export "pass") async (param "s" string) (result string)
    (canon lift (core func $m "pass") async (callback (core func $m "none")) {OPTIONS}))
  (func (export "wait") async (param "n" u32) (result u32)
    (canon lift (core func $m "wait") async (callback (core func $m "none"))))
  (func (export "stream") async (result u32)
    (canon lift (core func $m "stream") async (callback (core func $m "streamed"))))
  (func (export "spawn") async (result u32)
    (canon lift (core func $m "spawn") async (callback (core func $m "spawned"))))
  (export "take" (func $callee "take"))
  (export "posts" (func $callee "posts")))"#,
        callee = callee()
    )
}

/// Makes an instance of the caller on each build.
fn callers() -> impl Iterator<Item = Box<dyn Instance>> {
    let text = caller();
    builds()
        .into_iter()
        .map(move |build| instance(&build, &text))
}

#[test]
fn strings_pass_through_calls_of_every_kind() {
    for mut guest in callers() {
        for text in ["", "a", "zweiundvierzig"] {
            let found = guest.call_blocking("pass", &[text.into()]).unwrap();
            assert_eq!(found, Some(text.into()));
        }
        // The post-return has got the address of the result each time.
        let posts = guest.call_blocking("posts", &[]).unwrap();
        assert_eq!(posts, Some(Value::U32(3 * 16)));
    }
}

/// Two elements were read, of which the first has three bytes, and the second begins with a `d`.
const TAKEN: Option<Value> = Some(Value::U32(1000 * (2 << 4) + 10 * 3 + 3));

#[test]
fn strings_are_copied_from_one_end_of_a_stream_to_the_other() {
    for mut guest in callers() {
        for _ in 0..3 {
            assert_eq!(guest.call_blocking("stream", &[]).unwrap(), TAKEN);
        }
    }
}

#[test]
fn strings_of_the_host_are_read() {
    for mut guest in callers() {
        let (mut writer, stream) = guest.stream::<String>().unwrap();
        writer.write(&["abc".into(), "defgh".into()]).unwrap();
        assert_eq!(
            guest.call_blocking("take", &[stream.into_value()]).unwrap(),
            TAKEN
        );
    }
}

/// Each turn of a wait is a step of its own, and takes no more native stack than the one before.
#[test]
fn a_caller_waits_for_any_number_of_turns() {
    for mut guest in callers() {
        let turns = Value::U32(20_000);
        let found = guest
            .call_blocking("wait", std::slice::from_ref(&turns))
            .unwrap();
        assert_eq!(found, Some(turns));
    }
}

#[test]
fn a_destructor_cannot_wait() {
    let text = r#"(component
      (component $inner
        (core module $memory (memory (export "m") 1))
        (core instance $memory (instantiate $memory))
        (core func $set (canon waitable-set.new))
        (core func $wait (canon waitable-set.wait (memory (core memory $memory "m"))))
        (core module $drop
          (import "" "set" (func $set (result i32)))
          (import "" "wait" (func $wait (param i32 i32) (result i32)))
          (func (export "drop") (param i32)
            (if (i32.eqz (local.get 0))
              (then (drop (call $wait (call $set) (i32.const 0)))))))
        (core instance $drop (instantiate $drop (with "" (instance
          (export "set" (func $set)) (export "wait" (func $wait))))))
        (type $thing' (resource (rep i32) (dtor (core func $drop "drop"))))
        (core func $new (canon resource.new $thing'))
        (core module $m
          (import "" "new" (func $new (param i32) (result i32)))
          (func (export "make") (param i32) (result i32) (call $new (local.get 0))))
        (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
        (export $thing "thing" (type $thing'))
        (func (export "make") (param "rep" u32) (result (own $thing))
          (canon lift (core func $m "make"))))
      (instance $inner (instantiate $inner))
      (alias export $inner "thing" (type $thing))
      (core func $make (canon lower (func $inner "make")))
      (core func $drop (canon resource.drop $thing))
      (core func $return (canon task.return (result u32)))
      (core module $m
        (import "" "make" (func $make (param i32) (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (import "" "return" (func $return (param i32)))
        (func (export "f") (param i32) (result i32)
          (call $drop (call $make (local.get 0)))
          (call $return (local.get 0))
          (i32.const 0))
        (func (export "none") (param i32 i32 i32) (result i32) unreachable))
      (core instance $m (instantiate $m (with "" (instance
        (export "make" (func $make)) (export "drop" (func $drop))
        (export "return" (func $return))))))
      (func (export "f") async (param "rep" u32) (result u32)
        (canon lift (core func $m "f") async (callback (core func $m "none")))))"#;
    for build in builds() {
        let mut guest = instance(&build, text);
        // The thread that has dropped the resource goes on.
        let found = guest.call_blocking("f", &[Value::U32(3)]).unwrap();
        assert_eq!(found, Some(Value::U32(3)));
        let error = guest.call_blocking("f", &[Value::U32(0)]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&CanonTrap::CannotBlock.into()));
    }
}

#[test]
fn functions_of_new_threads_are_called() {
    for mut guest in callers() {
        for calls in 1..3 {
            let found = guest.call_blocking("spawn", &[]).unwrap();
            assert_eq!(found, Some(Value::U32(calls * 42)));
        }
    }
}

/// Several functions share a glue module, and all share the function that calls guests.
#[test]
fn one_more_module_calls_guests() {
    let text = caller();
    let found = builds().map(|build| {
        let (engine, compiled) = Counting::new(build);
        let program = Layered::new(engine).load_blocking(&wat(&text)).unwrap();
        program.instantiate_blocking(&World::new()).unwrap();
        compiled.count() - text.matches("(core module ").count()
    });
    // The callee's glue, the caller's, and the module that calls guests.
    assert_eq!(found, [0, 3]);
}

/// The levels of host recursion that a trap has ended no longer count.
#[test]
fn calls_that_trapped_are_no_level_of_recursion() {
    let text = r#"(component
      (component $callee
        (core module $m
          (func (export "f") (result i32) unreachable)
          (func (export "none") (param i32 i32 i32) (result i32) unreachable))
        (core instance $m (instantiate $m))
        (func (export "f") async
          (canon lift (core func $m "f") async (callback (core func $m "none")))))
      (instance $callee (instantiate $callee))
      (core func $f (canon lower (func $callee "f") async))
      (core module $m
        (import "" "f" (func $f (result i32)))
        (func (export "call") (drop (call $f))))
      (core instance $m (instantiate $m (with "" (instance (export "f" (func $f)))))))"#;
    let mut limits = Limits::default();
    limits.host_depth = 1;
    for build in builds() {
        let world = World::new().limits(limits.clone());
        let mut guest = try_instance(&build, text, &world).unwrap();
        let caller = "0".parse().unwrap();
        let mut trap = || {
            let error = guest.call_core(&caller, "call", &[]).unwrap_err();
            error.as_trap().cloned()
        };
        assert_eq!(trap(), Some(Trap::Unreachable));
        assert_eq!(trap(), Some(CanonTrap::CannotEnter.into()));
    }
}
