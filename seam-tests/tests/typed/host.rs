//! Host functions over Rust types, synchronous and asynchronous: layered backends build no value for their
//! calls.

use std::cell::RefCell;

use seam_core::typed::{Lift, Liftable, Lower, Scalar, Typed};
use seam_core::{
    Artifact, Backend, BackendExt, CanonTrap, Capability, Error, ErrorKind, HostCall, Instance,
    InstanceExt, Result, Trap, Type, World,
};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

thread_local! {
    /// What a Rust type saw of each part.
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn see<T: std::fmt::Debug>(part: Result<T>) -> Result<T> {
    SEEN.with_borrow_mut(|seen| match &part {
        Ok(part) => seen.push(format!("{part:?}")),
        Err(error) => seen.push(error.message().to_owned()),
    });
    part
}

/// A pair of strings that notes each part as it passes.
struct Pair(String, String);

impl Typed for Pair {
    fn ty() -> Type {
        Type::tuple([Type::String, Type::String])
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        see(to.string(&self.0))?;
        see(to.string(&self.1))
    }
}

impl Liftable for Pair {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        Ok(Self(see(from.string())?, see(from.string())?))
    }
}

/// The memory of the components below, with an allocator that traps when nothing is `left`.
macro_rules! libc {
    () => {
        r#"  (core module $libc
    (memory (export "memory") 1)
    (data (i32.const 0) "ab")
    (global $left (export "left") (mut i32) (i32.const 100))
    (global $next (mut i32) (i32.const 1024))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (if (i32.eqz (global.get $left)) (then unreachable))
      (global.set $left (i32.sub (global.get $left) (i32.const 1)))
      (global.set $next (i32.add (global.get $next) (local.get 3)))
      (i32.sub (global.get $next) (local.get 3))))
  (core instance $libc (instantiate $libc))"#
    };
}

/// Calls `f` with a pair: `good`, `bad` with a second string out of bounds, and `full` where the
/// second `realloc` for the result traps.
const PAIRS: &str = concat!(
    r#"(component
  (import "f" (func $f (param "v" (tuple string string)) (result (tuple string string))))"#,
    libc!(),
    r#"
  (core func $f (canon lower (func $f) (memory (core memory $libc "memory"))
    (realloc (core func $libc "realloc"))))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "libc" "left" (global $left (mut i32)))
    (import "host" "f" (func $f (param i32 i32 i32 i32 i32)))
    (func $call (param i32) (result i32)
      (call $f (i32.const 0) (i32.const 1) (local.get 0) (i32.const 1) (i32.const 64))
      (i32.const 64))
    (func (export "good") (result i32) (call $call (i32.const 1)))
    (func (export "bad") (result i32) (call $call (i32.const -1)))
    (func (export "full") (result i32)
      (global.set $left (i32.const 1))
      (call $call (i32.const 1))))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc))
    (with "host" (instance (export "f" (func $f))))))
  (func (export "good") (result (tuple string string))
    (canon lift (core func $m "good") (memory (core memory $libc "memory"))))
  (func (export "bad") (result (tuple string string))
    (canon lift (core func $m "bad") (memory (core memory $libc "memory"))))
  (func (export "full") (result (tuple string string))
    (canon lift (core func $m "full") (memory (core memory $libc "memory")))))"#,
);

/// Like [`PAIRS`], with functions of an asynchronous type. `f` is called with the option `async`, and has
/// returned when the call of it does.
const ASYNC_PAIRS: &str = concat!(
    r#"(component
  (import "f" (func $f async (param "v" (tuple string string)) (result (tuple string string))))"#,
    libc!(),
    r#"
  (core func $f (canon lower (func $f) async (memory (core memory $libc "memory"))
    (realloc (core func $libc "realloc"))))
  (core func $return (canon task.return (result (tuple string string))
    (memory (core memory $libc "memory"))))
  (core module $m
    (import "libc" "memory" (memory 1))
    (import "libc" "left" (global $left (mut i32)))
    (import "host" "f" (func $f (param i32 i32 i32 i32 i32) (result i32)))
    (import "host" "return" (func $return (param i32 i32 i32 i32)))
    (func $call (param i32) (result i32)
      (if (i32.ne (i32.const 2)
            (call $f (i32.const 0) (i32.const 1) (local.get 0) (i32.const 1) (i32.const 64)))
        (then unreachable))
      (call $return (i32.load (i32.const 64)) (i32.load (i32.const 68)) (i32.load (i32.const 72))
        (i32.load (i32.const 76)))
      (i32.const 0))
    (func (export "callback") (param i32 i32 i32) (result i32) unreachable)
    (func (export "good") (result i32) (call $call (i32.const 1)))
    (func (export "bad") (result i32) (call $call (i32.const -1)))
    (func (export "full") (result i32)
      (global.set $left (i32.const 1))
      (call $call (i32.const 1))))
  (core instance $m (instantiate $m
    (with "libc" (instance $libc))
    (with "host" (instance (export "f" (func $f)) (export "return" (func $return))))))
  (func (export "good") async (result (tuple string string)) (canon lift (core func $m "good")
    async (callback (core func $m "callback")) (memory (core memory $libc "memory"))))
  (func (export "bad") async (result (tuple string string)) (canon lift (core func $m "bad")
    async (callback (core func $m "callback")) (memory (core memory $libc "memory"))))
  (func (export "full") async (result (tuple string string)) (canon lift (core func $m "full")
    async (callback (core func $m "callback")) (memory (core memory $libc "memory")))))"#,
);

fn layered() -> [Box<dyn Backend>; 2] {
    [Box::new(Wasmi::new()), Box::new(Wasmtime::layered())]
}

fn all() -> Vec<Box<dyn Backend>> {
    let glued = Wasmi::builder().without_reentry().build();
    let asynchronous = Wasmtime::builder().component_async().build();
    let mut all: Vec<Box<dyn Backend>> = vec![
        Box::new(Wasmtime::new()),
        Box::new(asynchronous),
        Box::new(glued),
    ];
    all.extend(layered());
    all
}

/// Each of these with each backend that runs it.
fn on_all<T: Clone>(texts: &[(&'static str, T)]) -> Vec<(Box<dyn Backend>, &'static str, T)> {
    let mut runs = Vec::new();
    for (text, of) in texts {
        for backend in all() {
            let runs_async = backend.info().capabilities.has(Capability::ComponentAsync);
            if *text == PAIRS || runs_async {
                runs.push((backend, *text, of.clone()));
            }
        }
    }
    assert_eq!(runs.len(), 2 * 5 + 2 * 4);
    runs
}

fn instance(backend: &dyn Backend, text: &str, world: &World) -> Box<dyn Instance> {
    let artifact = Artifact::from_wat("host.wat", text).unwrap();
    backend.instantiate_blocking(&artifact, world).unwrap()
}

/// Swaps pairs of strings, in a synchronous and in an asynchronous host function. Both are called by
/// components whose functions are of a synchronous and of an asynchronous type.
fn swaps() -> [(&'static str, World); 4] {
    let swap = World::new().func("f", |(Pair(a, b),): (Pair,)| Ok(Pair(b, a)));
    let later = World::new().func_call_async("f", |_: &mut HostCall<'_>, (pair,): (Pair,)| {
        let Pair(a, b) = pair;
        async move { Ok(Pair(b, a)) }
    });
    [
        (PAIRS, swap.clone()),
        (PAIRS, later.clone()),
        (ASYNC_PAIRS, swap),
        (ASYNC_PAIRS, later),
    ]
}

/// What the Rust type saw during a call, and how the call ended.
fn seen(
    backend: &dyn Backend,
    (text, world): (&str, &World),
    function: &str,
) -> (Vec<String>, Result<(String, String)>) {
    let mut instance = instance(backend, text, world);
    SEEN.take();
    let result = instance.call_typed_blocking(function, ());
    (SEEN.take(), result)
}

#[test]
fn arguments_are_lifted_straight_from_guest_memory() {
    for (backend, (text, world)) in layered().iter().flat_map(|it| swaps().map(|of| (it, of))) {
        let (parts, result) = seen(&**backend, (text, &world), "good");
        assert_eq!(parts, ["\"a\"", "\"b\"", "()", "()"]);
        assert_eq!(result.unwrap(), ("b".to_owned(), "a".to_owned()));
        // By value, all arguments are lifted before the Rust type sees the first.
        let (parts, result) = seen(&**backend, (text, &world), "bad");
        let trap = Trap::Canon(CanonTrap::StringOutOfBounds);
        assert_eq!(parts, ["\"a\"".to_owned(), trap.to_string()]);
        assert_eq!(result.unwrap_err().as_trap(), Some(&trap));
        let (parts, result) = seen(&**backend, (text, &world.record(true)), "bad");
        assert_eq!(parts, [""; 0]);
        assert_eq!(result.unwrap_err().as_trap(), Some(&trap));
    }
}

#[test]
fn results_are_lowered_straight_into_guest_memory() {
    for (backend, (text, world)) in layered().iter().flat_map(|it| swaps().map(|of| (it, of))) {
        let (parts, result) = seen(&**backend, (text, &world), "full");
        assert_eq!(parts[..3], ["\"a\"", "\"b\"", "()"]);
        assert_eq!(parts[3], Trap::Unreachable.to_string());
        assert_eq!(result.unwrap_err().as_trap(), Some(&Trap::Unreachable));
        // By value, the Rust type passes all parts before `realloc` is called.
        let (parts, result) = seen(&**backend, (text, &world.record(true)), "full");
        assert_eq!(parts, ["\"a\"", "\"b\"", "()", "()"]);
        assert_eq!(result.unwrap_err().as_trap(), Some(&Trap::Unreachable));
    }
}

/// Natively, wasmtime reads and writes the memory, so only what passes is the same.
#[test]
fn all_backends_pass_the_same() {
    for (backend, text, world) in on_all(&swaps()) {
        let name = &backend.info().name;
        let (mut parts, result) = seen(&*backend, (text, &world), "good");
        // Without re-entry, the result is lowered again after each `realloc`.
        parts.retain(|part| part.starts_with('"'));
        assert_eq!(parts, ["\"a\"", "\"b\""], "{name}");
        assert_eq!(result.unwrap(), ("b".to_owned(), "a".to_owned()), "{name}");
        for (function, trap) in [
            ("bad", Trap::Canon(CanonTrap::StringOutOfBounds)),
            ("full", Trap::Unreachable),
        ] {
            let (_, result) = seen(&*backend, (text, &world), function);
            assert_eq!(result.unwrap_err().as_trap(), Some(&trap), "{name}");
        }
    }
}

/// A pair of strings whose code is faulty.
struct Faulty;

thread_local! {
    static FAULT: RefCell<&'static str> = const { RefCell::new("") };
}

impl Typed for Faulty {
    fn ty() -> Type {
        Pair::ty()
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        to.string("a")?;
        match FAULT.take() {
            "lower another part" => to.scalar(Scalar::U8(1)),
            "lower no part" => Ok(()),
            "lower with an error" => Err(Error::invalid("no")),
            "lower with a panic" => panic!("no"),
            _ => to.string("b"),
        }
    }
}

impl Liftable for Faulty {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        from.string()?;
        match FAULT.with_borrow(|fault| *fault) {
            "lift another part" => from.scalar().map(|_| Faulty),
            "lift no part" => Ok(Faulty),
            "lift with an error" => Err(Error::invalid("no")),
            "lift with a panic" => panic!("no"),
            _ => from.string().map(|_| Faulty),
        }
    }
}

#[test]
fn faulty_rust_types_are_errors_of_the_host_everywhere() {
    let world = World::new().func("f", |(faulty,): (Faulty,)| Ok(faulty));
    let later = World::new()
        .func_call_async("f", |_: &mut HostCall<'_>, (faulty,): (Faulty,)| async {
            Ok(faulty)
        });
    let worlds = [
        (PAIRS, world.clone()),
        (PAIRS, later.clone()),
        (ASYNC_PAIRS, world),
        (ASYNC_PAIRS, later),
    ];
    for (backend, text, world) in on_all(&worlds) {
        for record in [false, true] {
            for (fault, kind, message) in [
                ("lift another part", ErrorKind::Misuse, "expected "),
                ("lift no part", ErrorKind::Misuse, "all parts"),
                (
                    "lift with an error",
                    ErrorKind::Invalid { offset: None },
                    "no",
                ),
                ("lift with a panic", ErrorKind::Host, "panicked: no"),
                (
                    "lower another part",
                    ErrorKind::Host,
                    "result: expected string, found u8",
                ),
                ("lower no part", ErrorKind::Host, "result: expected "),
                ("lower with an error", ErrorKind::Host, "result: no"),
                ("lower with a panic", ErrorKind::Host, "panicked: no"),
            ] {
                let mut instance = instance(&*backend, text, &world.clone().record(record));
                FAULT.set(fault);
                let called = instance.call_typed_blocking::<_, (String, String)>("good", ());
                let error = called.unwrap_err();
                let name = &backend.info().name;
                assert_eq!(*error.kind(), kind, "{name}, {fault}: {error}");
                assert!(
                    error.message().contains(message),
                    "{name}, {fault}: {error}"
                );
                assert_eq!(
                    error.operation(),
                    Some("host function f"),
                    "{name}, {fault}"
                );
            }
        }
    }
}

/// A `char` that notes whether it passes.
struct Letter(char);

impl Typed for Letter {
    fn ty() -> Type {
        Type::Char
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        to.scalar(Scalar::Char(self.0))
    }
}

impl Liftable for Letter {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        see(char::lift(from)).map(Self)
    }
}

/// Calls `f` with these bits.
const LETTERS: &str = r#"(module
  (import "env" "f" (func $f (param i32 i64) (result i64 i32)))
  (func (export "call") (param i32) (result i64)
    (local i32)
    (call $f (local.get 0) (i64.const 7))
    (local.set 1)
    (i64.add (i64.extend_i32_u (local.get 1)))))"#;

#[test]
fn host_functions_of_core_modules_take_scalars_straight() {
    let world = World::new().func("env#f", |(letter, n): (Letter, u64)| {
        Ok((n, Letter(letter.0.to_ascii_uppercase())))
    });
    for backend in layered() {
        for record in [false, true] {
            let mut letters = instance(&*backend, LETTERS, &world.clone().record(record));
            SEEN.take();
            let found: i64 = letters.call_typed_blocking("call", ('a' as i32,)).unwrap();
            assert_eq!(found, 7 + i64::from(b'A'));
            assert_eq!(SEEN.take(), ["'a'"]);
            let called = letters.call_typed_blocking::<_, i64>("call", (0xd800,));
            let trap = Trap::Canon(CanonTrap::InvalidChar);
            assert_eq!(called.unwrap_err().as_trap(), Some(&trap));
            let parts = if record {
                vec![]
            } else {
                vec![trap.to_string()]
            };
            assert_eq!(SEEN.take(), parts);
        }
    }
}
