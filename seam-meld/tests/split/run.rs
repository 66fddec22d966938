//! Split modules move bytes between the right memories.

use seam_core::{Artifact, BackendExt, ErrorKind, Instance, World};
use seam_meld::{AsyncIntrinsics, IntrinsicCalls, Split};
use seam_wasmi::Wasmi;
use seam_wasmtime::Wasmtime;

use crate::module::{Entry, MADE_BY_MELD, call, fused, import, imports, memories, split};

fn on_each(split: &Split, test: impl Fn(&mut dyn Instance, &IntrinsicCalls)) {
    let calls = IntrinsicCalls::new();
    let world = || {
        let intrinsics = AsyncIntrinsics::new().memories(split.memories.clone());
        intrinsics
            .log(&calls)
            .add_to(World::new())
            .func("env#tick", |(): ()| Ok(()))
    };
    let wasmi = Wasmi::new().instantiate_blocking(&split.artifact, &world());
    test(&mut *wasmi.unwrap(), &calls);
    calls.clear();
    let wasmtime = Wasmtime::new().instantiate_blocking(&split.artifact, &world());
    test(&mut *wasmtime.unwrap(), &calls);
}

/// Two components, `a` and `b`. Each can write its own four bytes and read four bytes.
fn two() -> Artifact {
    let new = import("stream_new");
    let (write, read) = (import("stream_write"), import("stream_read"));
    let component = |letter: char, memory: u32| {
        format!(
            r#"(func ${letter}-write (export "{letter}-write") (param i32) (result i32)
                (i32.store {memory} (i32.const 16) (i32.load {memory} (i32.const 8)))
                (call $stream_write
                    (local.get 0) (i32.const 16) (i32.const 4) (i32.const 0)))
            (func ${letter}-read (export "{letter}-read") (param i32) (result i32)
                (drop (call $stream_read
                    (local.get 0) (i32.const 100) (i32.const 4) (i32.const 0)))
                (i32.load {memory} (i32.const 100)))"#
        )
    };
    let (a, b) = (component('a', 0), component('b', 1));
    let text = format!(
        r#"{new} (import "env" "tick" (func $tick)) {write} {read}
        (memory (export "memory") 1) (memory (export "memory$1") 1)
        (data (memory 0) (i32.const 8) "aaaa") (data (memory 1) (i32.const 8) "bbbb")
        (func $a-new (export "new") (result i64) (call $stream_new))
        {a} {b}
        (global $started (export "started") (mut i32) (i32.const 0))
        (func $start (call $tick) (global.set $started (i32.const 7)))
        (func (export "by-table") (param i32) (result i32)
            (call_indirect (param i32) (result i32) (local.get 0) (i32.const 1)))
        (table 4 funcref) (elem (i32.const 1) $b-write)
        (start $start)"#
    );
    let entries: [Entry; 7] = [
        (4, "a", 3),
        (5, "a", 4),
        (6, "a", 5),
        (7, "b", 2),
        (8, "b", 3),
        (9, "b", 4),
        (10, "b", 5),
    ];
    fused(&text, &entries)
}

fn word(text: &[u8; 4]) -> i64 {
    i32::from_le_bytes(*text).into()
}

#[test]
fn each_component_gets_its_own_imports_and_its_own_memory() {
    let split = split(&two());
    assert_eq!(
        imports(&split.artifact),
        [
            "stream_new$a",
            "tick",
            "stream_write$a",
            "stream_read$a",
            "stream_write$b",
            "stream_read$b"
        ]
        .map(|name| name.to_string())
    );
    assert_eq!(
        memories(&split),
        [
            ("stream_read$a", "memory"),
            ("stream_read$b", "memory$1"),
            ("stream_write$a", "memory"),
            ("stream_write$b", "memory$1"),
        ]
    );
    on_each(&split, |instance, calls| {
        assert_eq!(call(instance, "new", &[]), 0x2_0000_0001);
        for (writer, reader, expected) in [
            ("a-write", "b-read", b"aaaa"),
            ("b-write", "a-read", b"bbbb"),
            ("a-write", "a-read", b"aaaa"),
            ("b-write", "b-read", b"bbbb"),
            ("by-table", "a-read", b"bbbb"),
        ] {
            assert_eq!(call(instance, writer, &[2]), 4);
            assert_eq!(
                call(instance, reader, &[1]),
                word(expected),
                "{writer} {reader}"
            );
        }
        // The calls are told apart by their component.
        let fields: Vec<_> = calls
            .all()
            .iter()
            .map(|call| call.field.to_string())
            .collect();
        assert_eq!(
            fields[..3],
            ["stream_new$a", "stream_write$a", "stream_read$b"]
        );
    });
}

#[test]
fn without_the_split_the_module_does_not_link() {
    let world = AsyncIntrinsics::new()
        .add_to(World::new())
        .func("env#tick", |(): ()| Ok(()));
    let failed = Wasmi::new()
        .instantiate_blocking(&two(), &world)
        .map(|_| ());
    let failed = failed.unwrap_err();
    assert_eq!(*failed.kind(), ErrorKind::Link);
    assert!(failed.message().contains("split_async_imports"), "{failed}");
}

#[test]
fn a_split_module_stays_as_it_is_when_split_again() {
    let once = split(&two());
    let twice = split(&once.artifact);
    assert_eq!(twice.artifact.bytes(), once.artifact.bytes());
    assert_eq!(twice.memories, once.memories);
}

/// wit-component calls imports through a table, which an active segment fills.
#[test]
fn an_import_in_a_table_belongs_to_the_component_that_uses_the_table() {
    let (new, read, write) = (
        import("stream_new"),
        import("stream_read"),
        import("stream_write"),
    );
    let component = |letter: char, memory: u32, table: u32| {
        format!(
            r#"(func (export "{letter}-write") (param i32) (result i32)
                (i32.store {memory} (i32.const 8) (i32.const 0x{letter}{letter}))
                (call_indirect {table} (param i32 i32 i32 i32) (result i32)
                    (local.get 0) (i32.const 8) (i32.const 4) (i32.const 0) (i32.const 2)))
            (func (export "{letter}-read") (param i32) (result i32)
                (drop (call_indirect {table} (param i32 i32 i32 i32) (result i32)
                    (local.get 0) (i32.const 100) (i32.const 4) (i32.const 0) (i32.const 1)))
                (i32.load {memory} (i32.const 100)))"#
        )
    };
    let (a, b) = (component('a', 0, 0), component('b', 1, 1));
    let text = format!(
        r#"{new} {read} {write}
        (memory (export "memory") 1) (memory (export "memory$1") 1)
        (table 3 funcref) (table 3 funcref)
        (func (export "new") (result i64) (call $stream_new))
        {a} {b}
        (elem (table 0) (i32.const 1) func $stream_read $stream_write)
        (elem (table 1) (i32.const 1) funcref (ref.func $stream_read) (ref.func $stream_write))"#
    );
    let entries: [Entry; 5] = [
        (3, "a", 0),
        (4, "a", 1),
        (5, "a", 2),
        (6, "b", 0),
        (7, "b", 1),
    ];
    let split = split(&fused(&text, &entries));
    assert_eq!(
        imports(&split.artifact),
        [
            "stream_new$a",
            "stream_read$a",
            "stream_write$a",
            "stream_read$b",
            "stream_write$b"
        ]
        .map(|name| name.to_string())
    );
    on_each(&split, |instance, _| {
        call(instance, "new", &[]);
        for (writer, reader, expected) in [("a-write", "b-read", 0xaa), ("b-write", "a-read", 0xbb)]
        {
            assert_eq!(call(instance, writer, &[2]), 4);
            assert_eq!(call(instance, reader, &[1]), expected);
        }
    });
}

/// A component whose functions start again at a lower index consists of two core modules.
#[test]
fn two_modules_of_a_component_are_told_apart() {
    let (new, write) = (import("stream_new"), import("stream_write"));
    let module = |name: &str, memory: u32| {
        format!(
            r#"(func (export "{name}-load") (result i32) (i32.load {memory} (i32.const 8)))
            (func (export "{name}-write") (param i32) (result i32)
                (call $stream_write (local.get 0) (i32.const 8) (i32.const 4) (i32.const 0)))"#
        )
    };
    let (left, right) = (module("left", 0), module("right", 1));
    let text = format!(
        r#"{new} {write}
        (memory (export "left-memory") 1) (memory (export "right-memory") 1) {left} {right}"#
    );
    let entries: [Entry; 4] = [
        (2, "twins", 2),
        (3, "twins", 3),
        (4, "twins", 2),
        (5, "twins", 3),
    ];
    let split = split(&fused(&text, &entries));
    assert_eq!(
        memories(&split),
        [
            ("stream_write$twins.0", "left-memory"),
            ("stream_write$twins.1", "right-memory")
        ]
    );
    // Nobody calls `stream_new`.
    let expected = ["stream_new", "stream_write$twins.0", "stream_write$twins.1"];
    assert_eq!(
        imports(&split.artifact),
        expected.map(|name| name.to_string())
    );
}

/// A module may have one function, with the index of the one before it.
#[test]
fn modules_of_one_function_are_told_apart() {
    let write = import("stream_write");
    let module = |memory: u32| {
        format!(
            r#"(func (i32.store {memory} (i32.const 8) (call $stream_write
                (i32.const 2) (i32.const 8) (i32.const 4) (i32.const 0))))"#
        )
    };
    let text = format!(
        r#"{write} (memory (export "memory") 1) (memory (export "memory$1") 1) {} {}"#,
        module(0),
        module(1)
    );
    let split = split(&fused(&text, &[(1, "twins", 1), (2, "twins", 1)]));
    assert_eq!(
        memories(&split),
        [
            ("stream_write$twins.0", "memory"),
            ("stream_write$twins.1", "memory$1")
        ]
    );
}

/// Which memory an exported import means depends on the caller, which is outside of the module.
#[test]
fn an_exported_import_is_not_bound() {
    let text = format!(
        r#"{} {} (memory (export "memory") 1)
        (export "write" (func $stream_write))
        (func (drop (i32.load (i32.const 8))))"#,
        import("stream_write"),
        import("stream_read"),
    );
    let split = split(&fused(&text, &[(2, "a", 2)]));
    // Nobody uses the other one.
    assert_eq!(memories(&split), [("stream_read", "memory")]);
}

/// meld's bridge is a function for each component that uses the component's memory and its own.
#[test]
fn a_function_that_meld_made_belongs_to_its_component() {
    let (new, write) = (import("stream_new"), import("stream_write"));
    let own = |name: &str, memory: u32| {
        format!(r#"(func (export "{name}") (result i32) (i32.load {memory} (i32.const 8)))"#)
    };
    let bridge = |name: &str, memory: u32| {
        format!(
            r#"(func (export "{name}") (param i32) (result i32)
                (memory.copy 2 {memory} (i32.const 0) (i32.const 8) (i32.const 4))
                (call $stream_write (local.get 0) (i32.const 8) (i32.const 4) (i32.const 0)))"#
        )
    };
    let text = format!(
        r#"{new} {write}
        (memory (export "memory") 1) (memory (export "memory$1") 1) (memory 1)
        {} {} {} {} {}"#,
        own("a-load", 0),
        own("b-load", 1),
        own("b2-load", 0),
        bridge("b-write", 1),
        bridge("a-write", 0),
    );
    let entries: [Entry; 5] = [
        (2, "a", 2),
        (3, "b", 2),
        (4, "b", 1),
        (5, "b", MADE_BY_MELD),
        (6, "a", MADE_BY_MELD),
    ];
    let split = split(&fused(&text, &entries));
    assert_eq!(
        memories(&split),
        [
            ("stream_write$a", "memory"),
            ("stream_write$b.0", "memory$1")
        ]
    );
}

#[test]
fn a_memory_that_is_not_exported_is_exported() {
    for exports in [r#"(export "new" (func $new))"#, ""] {
        let text = format!(
            r#"{} {}
            (memory 1) (memory 1)
            (func $new (result i64) (call $stream_new))
            (func $load (result i32) (i32.load 1 (i32.const 8)))
            (func $write (call $load) (drop) (drop (call $stream_write
                (i32.const 2) (i32.const 8) (i32.const 4) (i32.const 0))))
            (func $start (drop (call $new)) (call $write))
            (data (memory 1) (i32.const 8) "text")
            (start $start) {exports}"#,
            import("stream_new"),
            import("stream_write"),
        );
        let entries: [Entry; 4] = [(2, "a", 2), (3, "a", 3), (4, "a", 4), (5, "a", 5)];
        let split = split(&fused(&text, &entries));
        assert_eq!(memories(&split), [("stream_write$a", "seam:memory.1")]);
        on_each(&split, |instance, calls| {
            let written = &calls.all()[1];
            assert_eq!(written.result, Ok(Some(seam_core::CoreValue::I32(4))));
            let path = seam_core::CorePath::new([0]);
            let found = instance.read_memory(&path, "seam:memory.1", 8, 4);
            assert_eq!(found.unwrap(), b"text");
        });
    }
}

/// The functions of a component that only passes bytes on use no memory.
#[test]
fn the_memory_that_nobody_uses_belongs_to_the_component_that_uses_none() {
    let passes = |number: u32| {
        let call = "(call $stream_write (i32.const 2) (i32.const 8) (i32.const 4) (i32.const 0))";
        format!(
            r#"(func (drop {call}))
            (func (drop (i32.load {number} (i32.const 8))))"#
        )
    };
    let text = |more: &str| {
        format!(
            r#"{} {} (memory (export "memory") 1) (memory (export "memory$1") 1)
            (memory (export "memory$2") 1) {more} {} {}
            (func (drop (call $stream_write
                (i32.const 2) (i32.const 8) (i32.const 4) (i32.const 0))))"#,
            import("stream_write"),
            import("stream_read"),
            passes(0),
            passes(2),
        )
    };
    let entries: [Entry; 5] = [
        (2, "a", 2),
        (3, "a", 3),
        (4, "c", 2),
        (5, "c", 3),
        (6, "relay", 2),
    ];
    let split_once = split(&fused(&text(""), &entries));
    assert_eq!(
        memories(&split_once),
        [
            // Nobody calls this one.
            ("stream_read", "memory"),
            ("stream_write$a", "memory"),
            ("stream_write$c", "memory$2"),
            ("stream_write$relay", "memory$1"),
        ]
    );
    // Of two unused memories, either could be the relay's.
    let split_once = split(&fused(&text("(memory 1)"), &entries));
    assert!(!split_once.memories.contains_key("stream_write$relay"));
}

/// A component whose functions use two memories leaves the choice to the user, and so do two
/// components whose functions use none.
#[test]
fn what_is_not_decided_is_left_out() {
    let text = format!(
        r#"{} (memory (export "memory") 1) (memory (export "memory$1") 1)
        (func (memory.copy 0 1 (i32.const 0) (i32.const 0) (i32.const 0)))
        (func (drop (call $stream_write
            (i32.const 2) (i32.const 8) (i32.const 4) (i32.const 0))))
        (func (drop (call $stream_write
            (i32.const 2) (i32.const 8) (i32.const 4) (i32.const 0))))"#,
        import("stream_write"),
    );
    let entries: [Entry; 3] = [(1, "both", 1), (2, "both", 2), (3, "none", 1)];
    let split = split(&fused(&text, &entries));
    assert_eq!(memories(&split), []);
    let expected = ["stream_write$both", "stream_write$none"].map(|name| name.to_string());
    assert_eq!(imports(&split.artifact), expected);
    let link = |intrinsics: AsyncIntrinsics| {
        let made =
            Wasmi::new().instantiate_blocking(&split.artifact, &intrinsics.add_to(World::new()));
        made.map(|_| ())
    };
    let error = link(AsyncIntrinsics::new().memory_of("stream_write$none", "memory")).unwrap_err();
    assert!(error.message().contains("`stream_write$both`"), "{error}");
    link(AsyncIntrinsics::new().memory("memory")).unwrap();
}
