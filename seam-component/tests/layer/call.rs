//! Calls: the order of traps, and the state after them.

use seam_core::typed::{Lift, LiftResult, Lower, LowerArgs, Scalar};
use seam_core::{Args, CanonTrap, ErrorKind, InstanceExt, Resource, Result, Trap, Value, World};

use crate::{builds, instance, try_instance};

/// Passes a number where the type says a string, in either direction.
struct Wrong;

impl LowerArgs for Wrong {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        to.scalar(Scalar::U8(1))
    }
}

impl LiftResult for Wrong {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        from.scalar().map(drop)
    }
}

struct Text(String);

impl LowerArgs for Text {
    fn lower(&mut self, to: &mut dyn Lower) -> Result<()> {
        to.string(&self.0)
    }
}

impl LiftResult for Text {
    fn lift(&mut self, from: &mut dyn Lift) -> Result<()> {
        self.0 = from.string()?;
        Ok(())
    }
}

/// Echoes a string, and counts the calls of its post-return function.
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
    (func (export "posts") (result i32) (global.get $posts)))
  (core instance $i (instantiate $m))
  (func (export "echo") (param "s" string) (result string)
    (canon lift (core func $i "echo") (memory (core memory $i "memory"))
      (realloc (core func $i "realloc")) (post-return (core func $i "post"))))
  (func (export "posts") (result u32) (canon lift (core func $i "posts"))))"#;

#[test]
fn a_mistake_of_the_host_in_a_typed_call_closes_nothing() {
    for backend in builds() {
        let mut guest = instance(&backend, ECHO);
        let echo = guest.resolve("echo").unwrap();
        let mut text = Text("x".into());
        let error = guest.start(&echo, Args::Typed(&mut Wrong)).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        let call = guest.start(&echo, Args::Typed(&mut text)).unwrap();
        guest.drive_blocking(&call).unwrap();
        let error = guest.take_with(call, &mut Wrong).unwrap_err();
        assert_eq!(*error.kind(), ErrorKind::Misuse);
        // The second call returned, so its post-return function has run.
        assert_eq!(
            guest.call_blocking("posts", &[]).unwrap(),
            Some(Value::U32(1))
        );
        let args = Args::Typed(&mut Text("abc".into()));
        let call = guest.start(&echo, args).unwrap();
        guest.drive_blocking(&call).unwrap();
        guest.take_with(call, &mut text).unwrap();
        assert_eq!(text.0, "abc");
    }
}

/// `keep` keeps its borrow, and returns a `char` with arbitrary bits.
const KEEPER: &str = r#"(component
  (component $keeper
    (import "thing" (type $thing (sub resource)))
    (core module $m (func (export "keep") (param i32 i32) (result i32) (local.get 1)))
    (core instance $m (instantiate $m))
    (func (export "keep") (param "a" (borrow $thing)) (param "bits" u32) (result char)
      (canon lift (core func $m "keep"))))
  (component $user
    (import "thing" (type $thing (sub resource)))
    (import "keep" (func $keep (param "a" (borrow $thing)) (param "bits" u32) (result char)))
    (import "make" (func $make (result (own $thing))))
    (core func $keep (canon lower (func $keep)))
    (core func $make (canon lower (func $make)))
    (core module $m
      (import "" "keep" (func $keep (param i32 i32) (result i32)))
      (import "" "make" (func $make (result i32)))
      (func (export "keep") (param i32) (drop (call $keep (call $make) (local.get 0)))))
    (core instance $m (instantiate $m (with "" (instance
      (export "keep" (func $keep)) (export "make" (func $make))))))
    (func (export "keep") (param "bits" u32) (canon lift (core func $m "keep"))))
  (component $owner
    (type $thing' (resource (rep i32)))
    (export $thing "thing" (type $thing'))
    (core func $new (canon resource.new $thing'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (func (export "make") (result i32) (call $new (i32.const 1))))
    (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
    (func (export "make") (result (own $thing)) (canon lift (core func $m "make"))))
  (instance $owner (instantiate $owner))
  (alias export $owner "thing" (type $thing))
  (instance $keeper (instantiate $keeper (with "thing" (type $thing))))
  (instance $user (instantiate $user (with "thing" (type $thing))
    (with "make" (func $owner "make")) (with "keep" (func $keeper "keep"))))
  (export "keep" (func $user "keep")))"#;

#[test]
fn a_result_is_lifted_before_borrows_are_checked() {
    for (bits, trap) in [
        (0x41u32, CanonTrap::BorrowsNotDropped),
        (0xd800, CanonTrap::InvalidChar),
    ] {
        for backend in builds() {
            let mut guest = instance(&backend, KEEPER);
            let error = guest.call_blocking("keep", &[bits.into()]).unwrap_err();
            assert_eq!(error.as_trap(), Some(&Trap::Canon(trap)));
        }
    }
}

/// `two` returns the handles at any two indices; the parameter is the body of its post-return.
fn giver(post: &str) -> String {
    format!(
        r#"(component
  (type $thing' (resource (rep i32)))
  (export $thing "thing" (type $thing'))
  (core func $new (canon resource.new $thing'))
  (core module $m
    (import "" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "make") (result i32) (call $new (i32.const 1)))
    (func (export "two") (param i32 i32) (result i32)
      (i32.store (i32.const 0) (local.get 0))
      (i32.store (i32.const 4) (local.get 1))
      (i32.const 0))
    (func (export "post") (param i32) {post}))
  (core instance $m (instantiate $m (with "" (instance (export "new" (func $new))))))
  (func (export "make") (result (own $thing)) (canon lift (core func $m "make")))
  (func (export "count") (result u32) (canon lift (core func $m "make")))
  (func (export "two") (param "a" u32) (param "b" u32) (result (tuple (own $thing) (own $thing)))
    (canon lift (core func $m "two") (memory (core memory $m "memory"))
      (post-return (core func $m "post")))))"#
    )
}

#[test]
fn what_a_trapped_call_would_have_given_is_not_held() {
    for (post, second) in [("nop", 9u32), ("unreachable", 2)] {
        for backend in builds() {
            let mut guest = instance(&backend, &giver(post));
            for _ in 0..2 {
                guest.call_blocking("count", &[]).unwrap();
            }
            let Some(Value::Own(made)) = guest.call_blocking("make", &[]).unwrap() else {
                panic!("expected a resource");
            };
            assert_eq!(guest.held(), std::slice::from_ref(&made));
            let error = guest.call_blocking("two", &[1u32.into(), second.into()]);
            assert!(error.unwrap_err().as_trap().is_some());
            assert_eq!(guest.held(), std::slice::from_ref(&made));
            let error = guest.drop_resource(&made).unwrap_err();
            assert_eq!(error.as_trap(), Some(&Trap::Canon(CanonTrap::CannotEnter)));
        }
    }
}

#[test]
fn nothing_of_a_failed_instantiation_can_be_entered() {
    let text = r#"(component
      (import "give" (func $give (param "n" u32)))
      (core func $give (canon lower (func $give)))
      (core module $m
        (import "" "give" (func $give (param i32)))
        (func $start (call $give (i32.const 1)) unreachable)
        (start $start))
      (core instance (instantiate $m (with "" (instance (export "give" (func $give))))))
      (core module $late (func (export "f")))
      (core instance $late (instantiate $late))
      (func (export "f") (canon lift (core func $late "f"))))"#;
    let world = World::new().func_values("give", None, |_, _| Ok(None));
    for backend in builds() {
        let failed = try_instance(&backend, text, &world).err().unwrap();
        assert_eq!(failed.error.as_trap(), Some(&Trap::Unreachable));
        let mut left = failed.instance.unwrap();
        assert!(left.call_blocking("f", &[]).is_err());
        assert_eq!(left.held(), Vec::<Resource>::new());
    }
}

#[test]
fn a_function_of_the_host_is_lowered_asynchronously() {
    let text = r#"(component
      (import "add" (func $add async (param "a" u32) (param "b" u32) (result u32)))
      (core module $memory (memory (export "m") 1))
      (core instance $memory (instantiate $memory))
      (core func $add (canon lower (func $add) async (memory (core memory $memory "m"))))
      (core module $m
        (import "" "add" (func $add (param i32 i32 i32) (result i32)))
        (import "" "m" (memory 1))
        (func (export "f") (result i32)
          (if (i32.ne (call $add (i32.const 30) (i32.const 12) (i32.const 8)) (i32.const 2))
            (then unreachable))
          (i32.load (i32.const 8))))
      (core instance $m (instantiate $m (with "" (instance
        (export "add" (func $add))
        (export "m" (memory $memory "m"))))))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))"#;
    let add = |(a, b): (u32, u32)| Ok(a + b);
    let (now, later) = (World::new(), World::new());
    let now = now.func("add", add);
    let later = later.func_call_async("add", move |_, args| async move { add(args) });
    for (backend, world) in builds().iter().flat_map(|one| [(one, &now), (one, &later)]) {
        let mut guest = try_instance(backend, text, world)
            .map_err(|e| e.error)
            .unwrap();
        let found = guest.call_blocking("f", &[]).unwrap();
        assert_eq!(found, Some(Value::U32(42)));
    }
}

#[test]
fn a_synchronous_task_cannot_wait_for_an_asynchronous_one() {
    let text = r#"(component
      (component $callee
        (core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func (export "f") async (canon lift (core func $m "f"))))
      (instance $callee (instantiate $callee))
      (core func $f (canon lower (func $callee "f")))
      (core module $m
        (import "" "f" (func $f))
        (func (export "call") (call $f))
        (func (export "other") (result i32) (i32.const 7)))
      (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "call") (canon lift (core func $m "call")))
      (func (export "other") (result u32) (canon lift (core func $m "other"))))"#;
    for backend in builds() {
        let mut guest = instance(&backend, text);
        assert_eq!(
            guest.call_blocking("other", &[]).unwrap(),
            Some(Value::U32(7))
        );
        let error = guest.call_blocking("call", &[]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&CanonTrap::CannotBlock.into()));
    }
}

/// A component calls a nested one. The reference allows this, although some engines reject it.
#[test]
fn a_component_may_call_one_nested_in_it_and_be_called_by_it() {
    let text = r#"(component
      (core module $low (func (export "f") (result i32) (i32.const 20)))
      (core instance $low (instantiate $low))
      (func $own (result u32) (canon lift (core func $low "f")))
      (component $child
        (import "own" (func $own (result u32)))
        (core func $own (canon lower (func $own)))
        (core module $m
          (import "" "own" (func $own (result i32)))
          (func (export "f") (result i32) (i32.add (call $own) (i32.const 1))))
        (core instance $m (instantiate $m (with "" (instance (export "own" (func $own))))))
        (func (export "f") (result u32) (canon lift (core func $m "f"))))
      (instance $child (instantiate $child (with "own" (func $own))))
      (core func $f (canon lower (func $child "f")))
      (core module $m
        (import "" "f" (func $f (result i32)))
        (func (export "f") (result i32) (i32.add (call $f) (call $f))))
      (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
      (func (export "f") (result u32) (canon lift (core func $m "f"))))"#;
    for backend in builds() {
        let mut guest = instance(&backend, text);
        for _ in 0..2 {
            assert_eq!(guest.call_blocking("f", &[]).unwrap(), Some(Value::U32(42)));
        }
    }
}
