//! Glue: the number of modules that it takes, and that it does the same as direct calls.

use seam_component::Layered;
use seam_core::typed::{Lift, Liftable, Lower, Typed};
use seam_core::{
    BackendExt, CanonTrap, Instance, InstanceExt, ProgramExt, Resource, ResourceType, Result, Trap,
    Type, Value, World,
};

use crate::counting::Counting;
use crate::{builds, wat};

/// Makes an instance on each build. The second build has no re-entry, and uses so many glue modules.
fn guests(text: &str, world: &World, modules: usize) -> [Box<dyn Instance>; 2] {
    let mut found = Vec::new();
    let guests = builds().map(|wasmi| {
        let (engine, compiled) = Counting::new(wasmi);
        let program = Layered::new(engine).load_blocking(&wat(text)).unwrap();
        let guest = program.instantiate_blocking(world).unwrap();
        let own = text.matches("(core module ").count();
        found.push(compiled.count() - own);
        guest
    });
    assert_eq!(found, [0, modules]);
    guests
}

/// A memory, a `realloc` that never reuses memory, and a sum.
const LIBC: &str = r#"(core module $libc
    (memory (export "memory") 1)
    (global $next (mut i32) (i32.const 1024))
    (global $sum (mut i32) (i32.const 0))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32)
      (global.set $next (i32.and (i32.const -8) (i32.add (global.get $next) (i32.const 7))))
      (global.get $next)
      (global.set $next (i32.add (global.get $next) (local.get 3))))
    (func (export "add") (param i32)
      (global.set $sum (i32.add (global.get $sum) (local.get 0))))
    (func (export "sum") (result i32) (global.get $sum)))
  (core instance $libc (instantiate $libc))"#;

/// The canonical options for it.
const OPTIONS: &str =
    r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#;

/// Values of many types pass through functions of the host and of a component, and a resource has a
/// destructor, all in one run of definitions.
#[test]
fn functions_of_every_kind_share_a_module() {
    let text = format!(
        r#"(component
  (import "mixed" (func $mixed (param "a" u64) (param "b" f32) (param "c" f64) (param "d" string)
    (result (tuple s64 f32 f64 string))))
  (import "float" (func $float (param "a" (list f64)) (result f64)))
  (import "words" (func $words (param "n" u32) (result (list string))))
  (component $other
    {LIBC}
    (type $thing' (resource (rep i32) (dtor (core func $libc "add"))))
    (core func $new (canon resource.new $thing'))
    (core module $m
      (import "" "new" (func $new (param i32) (result i32)))
      (import "" "memory" (memory 1))
      (global $posts (mut i32) (i32.const 0))
      (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
      (func (export "turned") (param i32 i32 f64 f32 i64) (result i32)
        (i64.store (i32.const 16) (local.get 4))
        (f32.store (i32.const 24) (local.get 3))
        (f64.store (i32.const 32) (local.get 2))
        (i32.store (i32.const 40) (local.get 0))
        (i32.store (i32.const 44) (local.get 1))
        (i32.const 16))
      (func (export "post") (param i32)
        (global.set $posts (i32.add (global.get $posts) (i32.const 1))))
      (func (export "posts") (result i32) (global.get $posts)))
    (core instance $m (instantiate $m (with "" (instance
      (export "new" (func $new)) (export "memory" (memory $libc "memory"))))))
    (export $thing "thing" (type $thing'))
    (func (export "make") (param "rep" u32) (result (own $thing))
      (canon lift (core func $m "make")))
    (func (export "turned") (param "s" string) (param "c" f64) (param "b" f32) (param "a" s64)
      (result (tuple s64 f32 f64 string))
      (canon lift (core func $m "turned") {OPTIONS} (post-return (core func $m "post"))))
    (func (export "posts") (result u32) (canon lift (core func $m "posts")))
    (func (export "dropped") (result u32) (canon lift (core func $libc "sum"))))
  (instance $other (instantiate $other))
  (alias export $other "thing" (type $thing))
  {LIBC}
  (core func $mixed (canon lower (func $mixed) {OPTIONS}))
  (core func $float (canon lower (func $float) {OPTIONS}))
  (core func $words (canon lower (func $words) {OPTIONS}))
  (core func $turned (canon lower (func $other "turned") {OPTIONS}))
  (core func $make (canon lower (func $other "make")))
  (core func $posts (canon lower (func $other "posts")))
  (core func $dropped (canon lower (func $other "dropped")))
  (core func $drop (canon resource.drop $thing))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "mixed" (func $mixed (param i64 f32 f64 i32 i32 i32)))
    (import "" "float" (func $float (param i32 i32) (result f64)))
    (import "" "words" (func $words (param i32 i32)))
    (import "" "turned" (func $turned (param i32 i32 f64 f32 i64 i32)))
    (import "" "make" (func $make (param i32) (result i32)))
    (import "" "posts" (func $posts (result i32)))
    (import "" "dropped" (func $dropped (result i32)))
    (import "" "drop" (func $drop (param i32)))
    (func (export "mixed") (param i64 f32 f64 i32 i32) (result i32)
      (call $mixed (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
        (i32.const 16))
      (i32.const 16))
    (func (export "float") (param i32 i32) (result f64) (call $float (local.get 0) (local.get 1)))
    (func (export "words") (param i32) (result i32)
      (call $words (local.get 0) (i32.const 16))
      (i32.const 16))
    (func (export "turned") (param i32 i32 f64 f32 i64) (result i32)
      (call $turned (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
        (i32.const 16))
      (i32.const 16))
    (func (export "drops") (param i32) (result i32)
      (call $drop (call $make (local.get 0)))
      (i32.add (call $posts) (call $dropped))))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory"))
    (export "mixed" (func $mixed)) (export "float" (func $float)) (export "words" (func $words))
    (export "turned" (func $turned)) (export "make" (func $make)) (export "posts" (func $posts))
    (export "dropped" (func $dropped)) (export "drop" (func $drop))))))
  (func (export "mixed") (param "a" u64) (param "b" f32) (param "c" f64) (param "d" string)
    (result (tuple s64 f32 f64 string)) (canon lift (core func $m "mixed") {OPTIONS}))
  (func (export "float") (param "a" (list f64)) (result f64)
    (canon lift (core func $m "float") {OPTIONS}))
  (func (export "words") (param "n" u32) (result (list string))
    (canon lift (core func $m "words") {OPTIONS}))
  (func (export "turned") (param "s" string) (param "c" f64) (param "b" f32) (param "a" s64)
    (result (tuple s64 f32 f64 string)) (canon lift (core func $m "turned") {OPTIONS}))
  (func (export "drops") (param "rep" u32) (result u32) (canon lift (core func $m "drops"))))"#
    );
    let world = World::new()
        .func("mixed", |(a, b, c, d): (u64, f32, f64, String)| {
            Ok((-i64::try_from(a).unwrap(), b + 1.0, c * 2.0, d + "!"))
        })
        .func("float", |(all,): (Vec<f64>,)| Ok(all.iter().sum::<f64>()))
        .func("words", |(n,): (u32,)| {
            Ok((0..n).map(|i| format!("word {i}")).collect::<Vec<_>>())
        });
    for mut guest in guests(&text, &world, 1) {
        let tuple = |a: i64, b: f32, c: f64, d: &str| {
            Some(Value::Tuple(vec![a.into(), b.into(), c.into(), d.into()]))
        };
        for _ in 0..3 {
            let args = [
                (1u64 << 40).into(),
                0.5f32.into(),
                0.25f64.into(),
                "ä".into(),
            ];
            let result = guest.call_blocking("mixed", &args).unwrap();
            assert_eq!(result, tuple(-1 << 40, 1.5, 0.5, "ä!"));
            let args = [
                "turned".into(),
                0.25f64.into(),
                0.5f32.into(),
                (-7i64).into(),
            ];
            let result = guest.call_blocking("turned", &args).unwrap();
            assert_eq!(result, tuple(-7, 0.5, 0.25, "turned"));
        }
        let numbers = Value::List(vec![1.5f64, 2.0].into());
        assert_eq!(
            guest.call_blocking("float", &[numbers]).unwrap(),
            Some(3.5f64.into())
        );
        let words = Value::List(vec![Value::from("word 0"), "word 1".into()].into());
        assert_eq!(
            guest.call_blocking("words", &[2u32.into()]).unwrap(),
            Some(words)
        );
        // Three post-returns, and the argument of the destructor.
        assert_eq!(
            guest.call_blocking("drops", &[40u32.into()]).unwrap(),
            Some(43u32.into())
        );
        assert_eq!(
            guest.call_blocking("drops", &[7u32.into()]).unwrap(),
            Some(50u32.into())
        );
    }
}

/// Pending functions are made when something other than an import needs them.
#[test]
fn functions_that_wait_are_made_when_they_are_used() {
    let text = format!(
        r#"(component
  (import "name" (func $name (result string)))
  (component $other
    (core module $m
      (func (export "one") (result i32) (i32.const 1))
      (func (export "add") (param i32))
      (func (export "four") (param i32 i32 i32 i32) (result i32) (i32.const 64)))
    (core instance $m (instantiate $m))
    (func (export "one") (result u32) (canon lift (core func $m "one")))
    (func (export "add") (param "n" u32) (canon lift (core func $m "add")))
    (func (export "four") (param "a" u32) (param "b" u32) (param "c" u32) (param "d" u32)
      (result u32) (canon lift (core func $m "four"))))
  (instance $other (instantiate $other))
  {LIBC}
  ;; Lifted again.
  (core func $one (canon lower (func $other "one")))
  (func (export "one") (result u32) (canon lift (core func $one)))
  ;; A destructor.
  (core func $add (canon lower (func $other "add")))
  (type $thing (resource (rep i32) (dtor (core func $add))))
  (core func $new (canon resource.new $thing))
  (core func $drop (canon resource.drop $thing))
  ;; A `realloc`, which may not leave its instance.
  (core func $four (canon lower (func $other "four")))
  (core func $name (canon lower (func $name) (memory (core memory $libc "memory"))
    (realloc (core func $four))))
  ;; Renamed, and passed on.
  (core instance $some (export "drop" (func $drop)) (export "name" (func $name)))
  (alias core export $some "drop" (core func $drop2))
  (alias core export $some "name" (core func $name2))
  (core module $m
    (import "a" "drop" (func $drop (param i32)))
    (import "b" "drop" (func $drop2 (param i32)))
    (import "b" "name" (func $name (param i32)))
    (import "b" "new" (func $new (param i32) (result i32)))
    (func (export "drop") (param i32)
      (call $drop (call $new (local.get 0)))
      (call $drop2 (call $new (local.get 0))))
    (func (export "name") (call $name (i32.const 16))))
  (core instance $m (instantiate $m (with "a" (instance $some)) (with "b" (instance
    (export "drop" (func $drop2)) (export "name" (func $name2)) (export "new" (func $new))))))
  (func (export "drop") (param "rep" u32) (canon lift (core func $m "drop")))
  (func (export "name") (canon lift (core func $m "name")))
  ;; A post-return, which may not leave either.
  (core module $text (func (export "text") (param i32) (result i32) (i32.const 0)))
  (core instance $text (instantiate $text))
  (core func $drop3 (canon resource.drop $thing))
  (func (export "text") (param "rep" u32) (result string) (canon lift (core func $text "text")
    (memory (core memory $libc "memory")) (post-return (core func $drop3)))))"#
    );
    let world = World::new().func("name", |()| Ok(String::from("name")));
    // For the lifted function, the destructor, the `realloc`, the instance, and the post-return.
    for mut guest in guests(&text, &world, 5) {
        assert_eq!(guest.call_blocking("one", &[]).unwrap(), Some(1u32.into()));
        guest.call_blocking("drop", &[5u32.into()]).unwrap();
        let error = guest.call_blocking("text", &[5u32.into()]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::Canon(CanonTrap::CannotLeave)));
    }
    for mut guest in guests(&text, &world, 5) {
        let error = guest.call_blocking("name", &[]).unwrap_err();
        assert_eq!(error.as_trap(), Some(&Trap::Canon(CanonTrap::CannotLeave)));
    }
}

/// Instantiations of other components do not matter, nor do unused functions.
#[test]
fn functions_wait_for_what_uses_them_alone() {
    let text = format!(
        r#"(component
  (import "name" (func $name (result string)))
  {LIBC}
  (core func $first (canon lower (func $name) {OPTIONS}))
  (component $other
    (core module $m (func (export "f")))
    (core instance $m (instantiate $m))
    (func (export "f") (canon lift (core func $m "f"))))
  (instance $other (instantiate $other))
  (core module $still (func (export "f")))
  (core instance (instantiate $still))
  (core func $second (canon lower (func $other "f")))
  USE)"#
    );
    let world = World::new().func("name", |()| Ok(String::from("name")));
    guests(&text.replace("USE", ""), &world, 0);
    let both = r#"
  (core module $m
    (import "" "first" (func $first (param i32)))
    (import "" "second" (func $second))
    (func (export "f") (result i32)
      (call $second)
      (call $first (i32.const 16))
      (i32.const 16)))
  (core instance $m (instantiate $m (with "" (instance
    (export "first" (func $first)) (export "second" (func $second))))))
  (func (export "f") (result string)
    (canon lift (core func $m "f") (memory (core memory $libc "memory"))))"#;
    for mut guest in guests(&text.replace("USE", both), &world, 1) {
        assert_eq!(guest.call_blocking("f", &[]).unwrap(), Some("name".into()));
    }
}

/// One module has room for 190 functions with one `realloc`. Of the three modules here, the first two
/// are equal, so they are compiled once.
#[test]
fn more_functions_than_a_module_has_room_for_take_several() {
    const COUNT: u32 = 400;
    let all = |each: &dyn Fn(u32) -> String| (0..COUNT).map(each).collect::<String>();
    let text = format!(
        r#"(component
  (import "words" (func $words (param "n" u32) (result (list string))))
  {LIBC}
  {}
  (core module $m
    {}
    (func (export "words") (param i32 i32) (result i32) {} (i32.const 16)))
  (core instance $m (instantiate $m (with "" (instance {}))))
  (func (export "words") (param "which" u32) (param "n" u32) (result (list string))
    (canon lift (core func $m "words") (memory (core memory $libc "memory")))))"#,
        all(&|i| format!("(core func $f{i} (canon lower (func $words) {OPTIONS}))")),
        all(&|i| format!(r#"(import "" "{i}" (func $f{i} (param i32 i32)))"#)),
        all(&|i| format!(
            "(if (i32.eq (local.get 0) (i32.const {i}))
              (then (call $f{i} (local.get 1) (i32.const 16))))"
        )),
        all(&|i| format!(r#"(export "{i}" (func $f{i}))"#)),
    );
    let world = World::new().func("words", |(n,): (u32,)| {
        Ok((0..n).map(|i| i.to_string()).collect::<Vec<_>>())
    });
    for mut guest in guests(&text, &world, 2) {
        for which in [0, 1, 189, 190, 379, 380, COUNT - 1] {
            let words: Vec<Value> = (0..which % 5)
                .map(|i| i.to_string().as_str().into())
                .collect();
            let result = guest.call_blocking("words", &[which.into(), (which % 5).into()]);
            assert_eq!(result.unwrap(), Some(Value::List(words.into())));
        }
    }
}

/// Each element needs calls of `realloc`, from the host and from guest to guest. Lowering must continue
/// where a call interrupted it. If it started again each time, the time would grow with the square of
/// the number of elements.
#[test]
fn long_lists_of_strings_are_lowered_once() {
    const COUNT: u32 = 20_000;
    let libc = LIBC.replace(
        r#"(memory (export "memory") 1)"#,
        r#"(memory (export "memory") 400)"#,
    );
    let text = format!(
        r#"(component
  (import "r" (type $r (sub resource)))
  (type $word (tuple string (option string) (list (list u8)) (own $r)))
  (import "words" (func $words (param "n" u32) (result (list (tuple string (option string) (list (list u8)) (own $r))))))
  (component $other
    (import "r" (type $r (sub resource)))
    {libc}
    (core module $m
      (import "" "memory" (memory 1))
      (func (export "pass") (param i32 i32) (result i32)
        (i32.store (i32.const 16) (local.get 0))
        (i32.store (i32.const 20) (local.get 1))
        (i32.const 16)))
    (core instance $m (instantiate $m (with "" (instance $libc))))
    (func (export "pass") (param "words" (list (tuple string (option string) (list (list u8)) (own $r))))
      (result (list (tuple string (option string) (list (list u8)) (own $r))))
      (canon lift (core func $m "pass") {OPTIONS})))
  (instance $other (instantiate $other (with "r" (type $r))))
  {libc}
  (core func $words (canon lower (func $words) {OPTIONS}))
  (core func $pass (canon lower (func $other "pass") {OPTIONS}))
  (core module $m
    (import "" "memory" (memory 1))
    (import "" "words" (func $words (param i32 i32)))
    (import "" "pass" (func $pass (param i32 i32 i32)))
    (func (export "f") (param i32) (result i32)
      (call $words (local.get 0) (i32.const 16))
      (call $pass (i32.load (i32.const 16)) (i32.load (i32.const 20)) (i32.const 24))
      (i32.const 24)))
  (core instance $m (instantiate $m (with "" (instance
    (export "memory" (memory $libc "memory"))
    (export "words" (func $words)) (export "pass" (func $pass))))))
  (func (export "f") (param "n" u32)
    (result (list (tuple string (option string) (list (list u8)) (own $r))))
    (canon lift (core func $m "f") (memory (core memory $libc "memory")))))"#
    );
    let word = |i: u32| {
        Value::Tuple(vec![
            Value::from(i.to_string()),
            match i % 3 {
                0 => Value::none(),
                _ => Value::some(Value::from(format!("tag {i}"))),
            },
            Value::list((0..i % 3).map(|n| Value::list((0..n).map(|n| Value::U8(n as u8))))),
            Value::Own(Resource::host(ResourceType::new("r"), i)),
        ])
    };
    let world =
        World::new()
            .resource("r", |_, _| Ok(()))
            .func_values("words", None, move |_, args| match args {
                [Value::U32(n)] => Ok(Some(Value::list((0..*n).map(word)))),
                other => panic!("{other:?}"),
            });
    let [mut direct, mut glued] = guests(&text, &world, 1);
    let expected = Value::list((0..5).map(word));
    for guest in [&mut direct, &mut glued] {
        let found = guest.call_blocking("f", &[5u32.into()]).unwrap();
        assert_eq!(found.as_ref(), Some(&expected));
    }
    assert_eq!(
        direct.call_blocking("f", &[COUNT.into()]).unwrap(),
        glued.call_blocking("f", &[COUNT.into()]).unwrap()
    );
}

thread_local! {
    static LOWERED: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

/// A string that counts how often it is lowered.
struct Word(String);

impl Typed for Word {
    fn ty() -> Type {
        Type::String
    }

    fn lower(&self, to: &mut dyn Lower) -> Result<()> {
        LOWERED.set(LOWERED.get() + 1);
        to.string(&self.0)
    }
}

impl Liftable for Word {
    fn lift(from: &mut dyn Lift) -> Result<Self> {
        from.string().map(Self)
    }
}

/// Lowering starts again after each `realloc`. Rust values in a list must not be lowered each time.
#[test]
fn a_list_of_rust_strings_is_lowered_once() {
    const COUNT: u32 = 1000;
    let text = format!(
        r#"(component
  (import "words" (func $words (param "n" u32) (result (list string))))
  {LIBC}
  (core func $words (canon lower (func $words) {OPTIONS}))
  (core module $m
    (import "" "words" (func $words (param i32 i32)))
    (func (export "f") (param i32) (result i32)
      (call $words (local.get 0) (i32.const 16))
      (i32.const 16)))
  (core instance $m (instantiate $m (with "" (instance (export "words" (func $words))))))
  (func (export "f") (param "n" u32) (result (list string))
    (canon lift (core func $m "f") (memory (core memory $libc "memory")))))"#
    );
    let world = World::new().func("words", |(n,): (u32,)| {
        Ok((0..n).map(|i| Word(i.to_string())).collect::<Vec<_>>())
    });
    for mut guest in guests(&text, &world, 1) {
        LOWERED.set(0);
        let found: Vec<String> = guest.call_typed_blocking("f", (COUNT,)).unwrap();
        assert_eq!(found.len(), COUNT as usize);
        assert_eq!(found.last().unwrap(), &(COUNT - 1).to_string());
        assert_eq!(LOWERED.get(), COUNT);
    }
}
