//! Guests that break the canonical ABI, with exports and with calls of the host, by value and typed.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use seam_core::typed::{Liftable, Typed};
use seam_core::{
    CanonTrap, Error, ErrorKind, Instance, InstanceExt, Limit, Limits, Trap, Value, World,
};
use seam_wasmtime::Wasmtime;
use support::{instance, wat};

/// Makes a guest that passes any two words to the host as a value of the type `ty`: `give` returns it,
/// and `pass` passes it to the import `take`. `words` is the number of core values of the type.
fn guest(ty: &str, words: usize, encoding: &str) -> seam_core::Artifact {
    let (param, passed) = match words {
        1 => ("i32", "(local.get 0)"),
        _ => ("i32 i32", "(local.get 0) (local.get 1)"),
    };
    let given = match words {
        1 => "(local.get 0)",
        _ => "(i32.const 16)",
    };
    wat(&format!(
        r#"(component
  (import "take" (func $take (param "v" {ty})))
  (core module $memory
    (memory (export "memory") 1)
    ;; Four bytes that are no UTF-8, no character and no pointer.
    (data (i32.const 64) "\ff\ff\ff\ff\00\00\00\00")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
  (core instance $memory (instantiate $memory))
  (core func $take (canon lower (func $take) (memory (core memory $memory "memory")) {encoding}))
  (core module $m
    (import "memory" "memory" (memory 1))
    (import "host" "take" (func $take (param {param})))
    (func (export "give") (param i32 i32) (result i32)
      (i32.store (i32.const 16) (local.get 0))
      (i32.store (i32.const 20) (local.get 1))
      {given})
    (func (export "pass") (param i32 i32) (call $take {passed})))
  (core instance $m (instantiate $m
    (with "memory" (instance $memory))
    (with "host" (instance (export "take" (func $take))))))
  (func (export "give") (param "a" u32) (param "b" u32) (result {ty})
    (canon lift (core func $m "give") (memory (core memory $memory "memory")) {encoding}))
  (func (export "pass") (param "a" u32) (param "b" u32) (canon lift (core func $m "pass"))))"#
    ))
}

/// Counts the calls of a function that must never be called.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicU32>);

impl Calls {
    fn by_value(&self) -> World {
        let calls = self.clone();
        World::new().func_values("take", None, move |_, _| {
            calls.0.fetch_add(1, Ordering::Relaxed);
            Ok(None)
        })
    }

    fn typed<T: Liftable + Send + 'static>(&self) -> World {
        let calls = self.clone();
        World::new().func("take", move |(_,): (T,)| {
            calls.0.fetch_add(1, Ordering::Relaxed);
            Ok(())
        })
    }
}

/// Passes two words to the host in every way, each in a fresh instance. Returns how each call ended.
fn every_way<T>(ty: &str, words: usize, encoding: &str, a: u32, b: u32) -> Vec<Result<(), Error>>
where
    T: Liftable + Typed + Send + 'static,
{
    let artifact = guest(ty, words, encoding);
    let calls = Calls::default();
    let backend = Wasmtime::new();
    let by_value = |name: &str| {
        let mut guest = instance(&backend, &artifact, &calls.by_value());
        let called = guest.call_blocking(name, &[a.into(), b.into()]);
        called.map(drop)
    };
    let mut outcomes = vec![by_value("give"), by_value("pass")];
    let mut guest = instance(&backend, &artifact, &calls.typed::<T>());
    let given = guest.call_typed_blocking::<_, T>("give", (a, b));
    outcomes.push(given.map(drop));
    let mut guest = instance(&backend, &artifact, &calls.typed::<T>());
    outcomes.push(guest.call_typed_blocking("pass", (a, b)));
    let recorded = calls.typed::<T>().record(true);
    let mut guest = instance(&backend, &artifact, &recorded);
    outcomes.push(guest.call_typed_blocking("pass", (a, b)));
    let failed = outcomes.iter().filter(|outcome| outcome.is_err()).count();
    let called = calls.0.load(Ordering::Relaxed);
    assert_eq!(called, if failed == 0 { 3 } else { 0 }, "{ty}({a}, {b})");
    outcomes
}

fn traps<T>(ty: &str, words: usize, encoding: &str, a: u32, b: u32, trap: CanonTrap)
where
    T: Liftable + Typed + Send + 'static,
{
    for outcome in every_way::<T>(ty, words, encoding, a, b) {
        let error = outcome.expect_err(ty);
        assert_eq!(
            error.as_trap(),
            Some(&Trap::Canon(trap)),
            "{ty}({a}, {b}): {error:?}"
        );
    }
}

fn passes<T>(ty: &str, words: usize, encoding: &str, a: u32, b: u32)
where
    T: Liftable + Typed + Send + 'static,
{
    for outcome in every_way::<T>(ty, words, encoding, a, b) {
        outcome.unwrap_or_else(|error| panic!("{ty}({a}, {b}): {error:?}"));
    }
}

const END: u32 = 1 << 16;
const UTF8: &str = "string-encoding=utf8";
const UTF16: &str = "string-encoding=utf16";
const COMPACT: &str = "string-encoding=latin1+utf16";

#[test]
fn ranges_of_lists_are_checked_every_way() {
    use CanonTrap::{ListOutOfBounds, UnalignedPointer};
    passes::<Vec<u8>>("(list u8)", 2, "", END, 0);
    passes::<Vec<u32>>("(list u32)", 2, "", END - 4, 1);
    for (a, b) in [(END, 1), (u32::MAX, u32::MAX), (0, END + 1), (1, u32::MAX)] {
        traps::<Vec<u8>>("(list u8)", 2, "", a, b, ListOutOfBounds);
        traps::<Vec<bool>>("(list bool)", 2, "", a, b, ListOutOfBounds);
    }
    for (a, b) in [(END - 4, 2), (0, 1 << 30), (4, u32::MAX)] {
        traps::<Vec<u32>>("(list u32)", 2, "", a, b, ListOutOfBounds);
        traps::<Vec<char>>("(list char)", 2, "", a, b, ListOutOfBounds);
        traps::<Vec<String>>("(list string)", 2, "", a, b, ListOutOfBounds);
    }
    for a in [1, 2, 3] {
        traps::<Vec<u32>>("(list u32)", 2, "", a, 1, UnalignedPointer);
        traps::<Vec<f32>>("(list f32)", 2, "", a, 0, UnalignedPointer);
        traps::<Vec<Option<u32>>>("(list (option u32))", 2, "", a, 1, UnalignedPointer);
    }
    traps::<Vec<u64>>("(list u64)", 2, "", 4, 1, UnalignedPointer);
    passes::<Vec<f64>>("(list f64)", 2, "", 8, 1);
}

#[test]
fn elements_of_lists_are_checked_every_way() {
    use CanonTrap::{InvalidChar, InvalidDiscriminant, StringOutOfBounds};
    traps::<Vec<char>>("(list char)", 2, "", 64, 1, InvalidChar);
    traps::<Vec<String>>("(list string)", 2, "", 60, 1, StringOutOfBounds);
    traps::<Vec<Option<u8>>>("(list (option u8))", 2, "", 64, 1, InvalidDiscriminant);
    let ty = "(list (tuple u8 (result u8)))";
    traps::<Vec<(u8, Result<u8, ()>)>>(ty, 2, "", 63, 1, InvalidDiscriminant);
    // Any bits are a bool.
    passes::<Vec<bool>>("(list bool)", 2, "", 64, 8);
}

#[test]
fn strings_are_checked_every_way() {
    use CanonTrap::{InvalidString, StringOutOfBounds};
    let string = |encoding, a, b, trap| traps::<String>("string", 2, encoding, a, b, trap);
    let tag = 1 << 31;
    for encoding in [UTF8, UTF16, COMPACT] {
        passes::<String>("string", 2, encoding, 128, 8);
        string(encoding, END, 2, StringOutOfBounds);
        string(encoding, 0, u32::MAX, StringOutOfBounds);
    }
    string(UTF8, 64, 2, InvalidString);
    // U+FFFF is valid, a single half of a surrogate pair is not.
    passes::<String>("string", 2, UTF16, 64, 2);
    string(UTF16, 0, END / 2 + 1, StringOutOfBounds);
    passes::<String>("string", 2, COMPACT, 64, 4);
    passes::<String>("string", 2, COMPACT, 64, tag | 2);
    string(COMPACT, 0, tag | END, StringOutOfBounds);
}

#[test]
fn scalars_and_cases_are_checked_every_way() {
    use CanonTrap::{InvalidChar, InvalidDiscriminant};
    for bits in [0xd800, 0xdfff, 0x11_0000, u32::MAX] {
        traps::<char>("char", 1, "", bits, 0, InvalidChar);
    }
    passes::<char>("char", 1, "", 0x10_ffff, 0);
    passes::<bool>("bool", 1, "", u32::MAX, 0);
    for bits in [2, 0x100, u32::MAX] {
        traps::<Result<(), ()>>("(result)", 1, "", bits, 0, InvalidDiscriminant);
    }
    for bits in [2, 255] {
        traps::<Option<u32>>("(option u32)", 2, "", bits, 0, InvalidDiscriminant);
    }
    passes::<Option<u32>>("(option u32)", 2, "", 0, u32::MAX);
}

/// Makes a guest whose `realloc` returns what was passed to `room`. `keep` takes a value of the type,
/// and `ask` asks the host for one.
fn careless(ty: &str) -> seam_core::Artifact {
    wat(&format!(
        r#"(component
  (import "make" (func $make (result {ty})))
  (core module $memory
    (memory (export "memory") 1)
    (global $room (mut i32) (i32.const 1024))
    (func (export "room") (param i32) (global.set $room (local.get 0)))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $room)))
  (core instance $memory (instantiate $memory))
  (core func $make (canon lower (func $make)
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "host" "make" (func $make (param i32)))
    (func (export "ask") (param i32) (call $make (local.get 0)))
    (func (export "keep") (param i32 i32)))
  (core instance $m (instantiate $m (with "host" (instance (export "make" (func $make))))))
  (func (export "room") (param "at" u32) (canon lift (core func $memory "room")))
  (func (export "ask") (param "at" u32) (canon lift (core func $m "ask")))
  (func (export "keep") (param "v" {ty})
    (canon lift (core func $m "keep")
      (memory (core memory $memory "memory")) (realloc (core func $memory "realloc")))))"#
    ))
}

/// Passes a value to the guest in every way, after `realloc` was told to return `room`.
fn careless_ways<T>(ty: &str, value: &T, room: u32, at: u32) -> Vec<Result<(), Error>>
where
    T: Liftable + Typed + Clone + Send + Sync + 'static,
    Value: From<T>,
{
    let artifact = careless(ty);
    let backend = Wasmtime::new();
    let (made, typed) = (value.clone(), value.clone());
    let worlds = [
        World::new().func_values("make", None, move |_, _| Ok(Some(made.clone().into()))),
        World::new().func("make", move |(): ()| Ok(typed.clone())),
    ];
    let start = |world| {
        let mut guest = instance(&backend, &artifact, world);
        guest.call_blocking("room", &[room.into()]).unwrap();
        guest
    };
    let mut outcomes: Vec<_> = worlds
        .iter()
        .map(|world| start(world).call_blocking("ask", &[at.into()]).map(drop))
        .collect();
    let [world, _] = &worlds;
    let kept = start(world).call_blocking("keep", &[value.clone().into()]);
    outcomes.push(kept.map(drop));
    outcomes.push(start(world).call_typed_blocking("keep", (value.clone(),)));
    outcomes
}

#[test]
fn what_realloc_returns_is_checked_every_way() {
    let fine = |outcomes: Vec<Result<(), Error>>| outcomes.into_iter().for_each(|o| o.unwrap());
    let trap = |outcomes: Vec<Result<(), Error>>, trap| {
        for outcome in outcomes {
            let error = outcome.expect_err("a bad address");
            assert_eq!(error.as_trap(), Some(&Trap::Canon(trap)), "{error:?}");
        }
    };
    let text = "hello".to_string();
    fine(careless_ways("string", &text, END - 5, 8));
    for room in [END - 4, END, u32::MAX] {
        trap(
            careless_ways("string", &text, room, 8),
            CanonTrap::ReallocOutOfBounds,
        );
    }
    let words = vec![1u32, 2];
    fine(careless_ways("(list u32)", &words, END - 8, 8));
    trap(
        careless_ways("(list u32)", &words, END - 4, 8),
        CanonTrap::ReallocOutOfBounds,
    );
    trap(
        careless_ways("(list u32)", &words, 1025, 8),
        CanonTrap::UnalignedPointer,
    );
    // The host writes its result where the guest says.
    for (at, expected) in [
        (END - 4, CanonTrap::PointerOutOfBounds),
        (9, CanonTrap::UnalignedPointer),
    ] {
        let mut outcomes = careless_ways("string", &text, 1024, at);
        outcomes.truncate(2);
        trap(outcomes, expected);
    }
}

/// Sixteen words and a string, which pass through memory.
const MANY: &str = r#"(component
  (type $eight (tuple u64 u64 u64 u64 u64 u64 u64 u64))
  (type $words (tuple $eight $eight))
  (import "take" (func $take (param "w" $words) (param "s" string) (result $words)))
  (core module $memory
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3)))))
  (core instance $memory (instantiate $memory))
  (core func $take (canon lower (func $take)
    (memory (core memory $memory "memory")) (realloc (core func $memory "realloc"))))
  (core module $m
    (import "memory" "memory" (memory 1))
    (import "host" "take" (func $take (param i32 i32)))
    (func (export "pass") (param i32) (result i32)
      (call $take (local.get 0) (i32.const 256))
      (i32.const 256))
    (func (export "raw") (param i32 i32) (call $take (local.get 0) (local.get 1))))
  (core instance $m (instantiate $m
    (with "memory" (instance $memory))
    (with "host" (instance (export "take" (func $take))))))
  (func (export "pass") (param "w" $words) (param "s" string) (result $words)
    (canon lift (core func $m "pass") (memory (core memory $memory "memory"))
      (realloc (core func $memory "realloc"))))
  (func (export "raw") (param "args" u32) (param "result" u32) (canon lift (core func $m "raw"))))"#;

type Eight = (u64, u64, u64, u64, u64, u64, u64, u64);
type Words = (Eight, Eight);

#[test]
fn arguments_in_memory_reach_the_host_and_the_guest() {
    let artifact = wat(MANY);
    let changed = |(mut first, mut last): Words, text: &str| {
        first.0 = text.len() as u64;
        last.7 += first.1;
        (first, last)
    };
    let typed = World::new().func("take", move |(words, text): (Words, String)| {
        Ok(changed(words, &text))
    });
    let by_value = World::new().func_values("take", None, |_, args| {
        let [Value::Tuple(words), Value::String(text)] = args else {
            panic!("expected words and a text, found {args:?}");
        };
        let mut words = words.clone();
        let [Value::Tuple(first), Value::Tuple(last)] = &mut words[..] else {
            panic!("expected eight words twice, found {words:?}");
        };
        let (Value::U64(second), Value::U64(sum)) = (&first[1], &mut last[7]) else {
            panic!("expected words, found {words:?}");
        };
        *sum += second;
        first[0] = (text.len() as u64).into();
        Ok(Some(Value::Tuple(words)))
    });
    let words: Words = (
        (1, 2, 3, 4, 5, 6, 7, 8),
        (9, 10, 11, 12, 13, 14, 15, u64::MAX - 9),
    );
    let expected = changed(words, "six by");
    let backend = Wasmtime::new();
    for world in [typed, by_value] {
        let mut guest = instance(&backend, &artifact, &world);
        let found: Words = guest
            .call_typed_blocking("pass", (words, "six by"))
            .unwrap();
        assert_eq!(found, expected);
        for (args, result) in [
            (END, 256),
            (END - 128, 256),
            (u32::MAX - 7, 256),
            (1024, END - 8),
        ] {
            let mut guest = instance(&backend, &artifact, &world);
            let error = guest.call_typed_blocking::<_, ()>("raw", (args, result));
            let error = error.expect_err("an address out of bounds");
            let trap = Trap::Canon(CanonTrap::PointerOutOfBounds);
            assert_eq!(error.as_trap(), Some(&trap), "{args} {result}: {error:?}");
        }
    }
}

#[test]
fn what_is_lifted_is_bounded_every_way() {
    let limits = Limits::new().with_lifted(1000);
    let limited = |guest: &mut dyn Instance, typed: bool, len: u32| -> Result<(), Error> {
        match typed {
            true => guest.call_typed_blocking("pass", (64u32, len)),
            false => guest
                .call_blocking("give", &[64u32.into(), len.into()])
                .map(drop),
        }
    };
    for (ty, few, many) in [
        ("(list u8)", 900, 1001),
        ("(list bool)", 20, 100),
        ("string", 0, 1001),
    ] {
        let artifact = guest(ty, 2, "");
        let world = World::new().func_values("take", None, |_, _| Ok(None));
        let world = world.limits(limits.clone());
        for typed in [true, false] {
            let mut guest = instance(&Wasmtime::new(), &artifact, &world);
            limited(&mut *guest, typed, few).unwrap();
            // Only what one call lifts counts.
            limited(&mut *guest, typed, few).unwrap();
            let error = limited(&mut *guest, typed, many).expect_err(ty);
            assert_eq!(
                *error.kind(),
                ErrorKind::Limit(Limit::Lifted),
                "{ty}: {error:?}"
            );
        }
    }
}

#[test]
fn a_lying_type_harms_nothing() {
    struct Liar;

    impl Typed for Liar {
        fn ty() -> seam_core::Type {
            seam_core::Type::String
        }

        fn lower(&self, to: &mut dyn seam_core::typed::Lower) -> seam_core::Result<()> {
            to.list(1)
        }
    }

    let world = World::new().func("make", |(): ()| Ok(String::new()));
    let mut guest = instance(&Wasmtime::new(), &careless("string"), &world);
    for _ in 0..3 {
        let error = guest.call_typed_blocking::<_, ()>("keep", (Liar,));
        let error = error.expect_err("a list for a string");
        assert_eq!(*error.kind(), ErrorKind::Misuse, "{error:?}");
        guest
            .call_typed_blocking::<_, ()>("keep", ("fine",))
            .unwrap();
    }
}
