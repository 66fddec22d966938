//! Components for the counts.

use std::fmt::Write;

/// A core module that echoes a pointer and a length, and adds numbers.
///
/// Its memory is used again from the beginning by each call.
macro_rules! echo_module {
    () => {
        r#"
    (core module $echo
        (memory (export "memory") 48)
        (global $next (mut i32) (i32.const 1024))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
            (global.set $next (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
        (func (export "echo") (param i32 i32) (result i32)
            (global.set $next (i32.const 1024))
            (i32.store (i32.const 16) (local.get 0))
            (i32.store (i32.const 20) (local.get 1))
            (i32.const 16))
        (func (export "add") (param i32 i32) (result i32)
            (i32.add (local.get 0) (local.get 1))))"#
    };
}

/// Adds numbers, and returns strings and lists as they are.
pub(crate) const ECHO: &str = concat!(
    "(component",
    echo_module!(),
    r#"
    (core instance $i (instantiate $echo))
    (alias core export $i "memory" (core memory $memory))
    (alias core export $i "realloc" (core func $realloc))
    (alias core export $i "echo" (core func $echo))
    (alias core export $i "add" (core func $add))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $add)))
    (func (export "echo") (param "s" string) (result string)
        (canon lift (core func $echo) (memory $memory) (realloc (core func $realloc))))
    (func (export "bytes") (param "l" (list u8)) (result (list u8))
        (canon lift (core func $echo) (memory $memory) (realloc (core func $realloc))))
    (func (export "numbers") (param "l" (list u32)) (result (list u32))
        (canon lift (core func $echo) (memory $memory) (realloc (core func $realloc))))
    (func (export "strings") (param "l" (list string)) (result (list string))
        (canon lift (core func $echo) (memory $memory) (realloc (core func $realloc)))))"#
);

/// A component type of the functions that the callers call, and the caller's modules.
macro_rules! caller {
    () => {
        r#"
    (core module $memory
        (memory (export "memory") 2) (data (i32.const 8) "sixteen bytes...")
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
    (core module $caller
        (import "m" "memory" (memory 1))
        (import "h" "plus" (func $plus (param i32 i32) (result i32)))
        (import "h" "same" (func $same (param i32 i32 i32)))
        (func (export "plus") (param $n i32) (result i32)
            (local $i i32)
            (loop $again
                (local.set $i (call $plus (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
            (local.get $i))
        (func (export "same") (param $n i32) (result i32)
            (local $i i32)
            (loop $again
                (call $same (i32.const 8) (i32.const 16) (i32.const 64))
                (if (i32.ne (i32.load (i32.const 68)) (i32.const 16)) (then (unreachable)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
            (local.get $i)))
    (core instance $m (instantiate $memory))
    (alias core export $m "memory" (core memory $memory))
    (alias core export $m "realloc" (core func $realloc))
    (core func $plus (canon lower (func $plus)))
    (core func $same (canon lower (func $same) (memory $memory) (realloc (core func $realloc))))
    (core instance $h (export "plus" (func $plus)) (export "same" (func $same)))
    (core instance $i (instantiate $caller
        (with "m" (instance $m)) (with "h" (instance $h))))
    (func (export "plus-often") (param "n" u32) (result u32)
        (canon lift (core func $i "plus")))
    (func (export "same-often") (param "n" u32) (result u32)
        (canon lift (core func $i "same"))))"#
    };
}

/// Calls functions of the host.
pub(crate) const IMPORTS: &str = concat!(
    r#"(component
    (import "plus" (func $plus (param "a" u32) (param "b" u32) (result u32)))
    (import "same" (func $same (param "s" string) (result string)))"#,
    caller!()
);

/// Calls functions of a component inside it.
pub(crate) const NESTED: &str = concat!(
    "(component (component $inner",
    echo_module!(),
    r#"
    (core instance $i (instantiate $echo))
    (alias core export $i "memory" (core memory $memory))
    (alias core export $i "realloc" (core func $realloc))
    (alias core export $i "echo" (core func $echo))
    (alias core export $i "add" (core func $add))
    (func (export "plus") (param "a" u32) (param "b" u32) (result u32)
        (canon lift (core func $add)))
    (func (export "same") (param "s" string) (result string)
        (canon lift (core func $echo) (memory $memory) (realloc (core func $realloc)))))
    (instance $inner (instantiate $inner))
    (alias export $inner "plus" (func $plus))
    (alias export $inner "same" (func $same))"#,
    caller!()
);

/// A core module that adds numbers, and calls a function of the host.
pub(crate) const CORE: &str = r#"(module
    (import "h" "plus" (func $plus (param i32 i32) (result i32)))
    (func (export "add") (param i32 i64) (result i64)
        (i64.add (i64.extend_i32_s (local.get 0)) (local.get 1)))
    (func (export "plus-often") (param $n i32) (result i32)
        (local $i i32)
        (loop $again
            (local.set $i (call $plus (local.get $i) (i32.const 1)))
            (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
        (local.get $i)))"#;

/// A component with this many exported functions.
pub(crate) fn exports(count: usize) -> String {
    let mut text = String::from(
        r#"(component (core module $m (func (export "f") (result i32) (i32.const 7)))
        (core instance $i (instantiate $m))"#,
    );
    for n in 0..count {
        let lift = r#"(result u32) (canon lift (core func $i "f"))"#;
        write!(text, r#"(func (export "f{n}") {lift})"#).unwrap();
    }
    text + ")"
}

/// A component with a core module that has this many exported globals.
pub(crate) fn globals(count: usize) -> String {
    let mut text = String::from("(component (core module $m");
    for n in 0..count {
        write!(
            text,
            r#"(global (export "g{n}") (mut i32) (i32.const {n}))"#
        )
        .unwrap();
    }
    text + ") (core instance (instantiate $m)))"
}

/// A component with components nested this deep, whose innermost function every one exports.
pub(crate) fn nested(depth: usize) -> String {
    let mut text = String::from(
        r#"(component $c (core module $m (func (export "f") (result i32) (i32.const 7)))
        (core instance $i (instantiate $m))
        (func (export "f") (result u32) (canon lift (core func $i "f"))))"#,
    );
    for _ in 0..depth {
        text = format!(
            r#"(component $c {text} (instance $i (instantiate $c)) (export "f" (func $i "f")))"#
        );
    }
    text
}

/// A component that makes this many resources for the host, which it keeps in one list.
pub(crate) const RESOURCES: &str = r#"(component
    (type $r' (resource (rep i32)))
    (export $r "r" (type $r'))
    (core module $m
        (import "h" "new" (func $new (param i32) (result i32)))
        (memory (export "memory") 2)
        (func (export "make") (param $n i32) (result i32)
            (local $i i32)
            (i32.store (i32.const 0) (i32.const 16))
            (i32.store (i32.const 4) (local.get $n))
            (loop $again
                (i32.store
                    (i32.add (i32.const 16) (i32.mul (local.get $i) (i32.const 4)))
                    (call $new (local.get $i)))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $again (i32.lt_u (local.get $i) (local.get $n))))
            (i32.const 0)))
    (core func $new (canon resource.new $r'))
    (core instance $h (export "new" (func $new)))
    (core instance $i (instantiate $m (with "h" (instance $h))))
    (alias core export $i "memory" (core memory $memory))
    (func (export "make") (param "n" u32) (result (list (own $r)))
        (canon lift (core func $i "make") (memory $memory))))"#;
